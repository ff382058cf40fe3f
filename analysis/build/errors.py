"""Refusals and failures of a build, told to the person who started it."""

from __future__ import annotations

from analysis.study.errors import ReadableError

REFUSED = 2
FAILED = 1


class BuildError(ReadableError):
    """What stopped a build; `status` is the exit status of the command."""

    def __init__(self, message: str, status: int = FAILED) -> None:
        super().__init__(message)
        self.status = status

"""The root of every error whose message is for the person at the keyboard."""

from __future__ import annotations


class ReadableError(Exception):
    """Something that a person can mend; the message says what, where and how.

    The command line prints the message alone and ends with `status`. Whatever is not of this kind
    is a fault of the project, and keeps its traceback.
    """

    status = 2

    def _render_traceback_(self) -> list[str]:
        """Give what IPython shows of it in place of a traceback: the message alone."""
        return str(self).splitlines()

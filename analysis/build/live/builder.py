"""The process that builds while `make live` serves: it stays, and so do the libraries it imported.

It is asked in lines of JSON, and answers in such lines. Code that was changed is known to a new
process alone, so that `live` starts another one then.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from analysis.build.assembly import How
from analysis.build.guard import GUARD
from analysis.build.project import Project
from analysis.build.report import build_report
from analysis.study.errors import ReadableError

BUILD, CANCEL = "build", "cancel"
# More changed numbers than these are counted, not listed.
_LISTED = 40


class Builder:
    """Builds the report of a dataset whenever it is asked to, and says what became of it."""

    def __init__(
        self, project: Project, folder: Path, given: Mapping[str, Any], how: How, out: TextIO
    ) -> None:
        self._project = project
        self._folder = folder
        self._given = given
        self._how = how
        self._out = out
        self._before: tuple[Any, pd.DataFrame] | None = None

    def build(self, first: str) -> None:
        """Build, the page `first` before the others, and tell of it."""
        try:
            self._numbers()
            how = replace(self._how, first=first, done=self._done)
            built = build_report(self._project, self._folder, self._given, how)
        except ReadableError as error:
            self._tell("failed", words=str(error))
        except Exception:
            # A fault of the project itself, which whoever changes its code wants to see whole.
            self._tell("failed", words=traceback.format_exc())
        else:
            self._tell("built", report=built.name, reason=built.reason or "")

    def _done(self, page: str, path: Path) -> None:
        self._tell("page", page=page, path=str(path))

    def _numbers(self) -> None:
        """Tell which numbers are others, before any page is made."""
        from analysis.build.asked import answered
        from analysis.build.inputs import Source
        from analysis.build.live.numbers import changes
        from analysis.estimates import whole

        sources = [Source(self._project, self._project.notebook(n))
                   for n in self._project.with_choices()]  # fmt: skip
        cohort = answered(self._project, sources, self._folder, self._given).cohort
        assert cohort is not None
        now = cohort, whole.estimate(cohort, cohort.parameters)
        if self._before is not None:
            found = changes(self._before, now)
            self._tell("numbers", changes=found[:_LISTED], count=len(found))
        self._before = now

    def _tell(self, kind: str, **what: Any) -> None:
        self._out.write(json.dumps({"kind": kind, **what}) + "\n")
        self._out.flush()


def serve(project: Project, folder: Path, given: Mapping[str, Any], how: How) -> None:
    """Build what standard input asks for, until it ends; nothing is left then."""
    # What a library prints is no answer.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    many = replace(project, ahead=(*project.ahead, *project.ahead_of_many))
    builder = Builder(many, folder, given, how, out)
    waiting = threading.Semaphore(0)
    asked: list[str] = []

    def listen() -> None:
        from analysis.build.kernels import end_all

        for line in sys.stdin:
            request = json.loads(line)
            if request["kind"] == CANCEL:
                end_all()
            else:
                asked.append(request["first"])
                waiting.release()
        GUARD.end()
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        waiting.acquire()
        builder.build(asked.pop(0))

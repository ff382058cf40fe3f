"""The project's command, and the one place that says which study the engine is given."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from analysis.build.project import Project

if TYPE_CHECKING:
    from analysis.study.study import Study


def study() -> Study:
    # Imported when it is asked for: a report that is up to date need not wait for pandas.
    from analysis.zhai_2025.study import STUDY

    return STUDY


PROJECT = Project(
    study,
    ahead=("analysis.zhai_2025.ahead",),
    ahead_of_many=("analysis.zhai_2025.estimated",),
)

if __name__ == "__main__":
    # Until the command is there to say so, Ctrl-C ends it without a trace.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    import analysis.build.unneeded  # noqa: F401
    from analysis.build.cli import main

    raise SystemExit(main(PROJECT))

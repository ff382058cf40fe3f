"""The project's command, and the one place that says which study the engine is given."""

from __future__ import annotations

from analysis.build.cli import main
from analysis.build.project import Project
from analysis.study.study import Study


def study() -> Study:
    # Imported when it is asked for: a report that is up to date need not wait for it.
    from analysis.zhai_2025.study import STUDY

    return STUDY


PROJECT = Project(study)

if __name__ == "__main__":
    raise SystemExit(main(PROJECT))

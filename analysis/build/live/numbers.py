"""Which numbers are others than a moment ago, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.display.sensitivity import words
from analysis.estimates.rows import KEY
from analysis.sensitivity.compare import compare
from analysis.sensitivity.run import with_factors
from analysis.sensitivity.variants import BASE

State = tuple[Cohort, pd.DataFrame]


def changes(before: State, now: State) -> list[str]:
    """Say which estimates differ between two states of a report: 'OS, median: 17.0 → 16.2'.

    What crosses a line (`sensitivity.compare`) comes first.
    """
    parts = [
        with_factors(estimates.drop_duplicates(KEY), cohort).assign(variant=name)
        for name, (cohort, estimates) in ((BASE, before), ("now", now))
    ]
    found = compare(pd.concat(parts, ignore_index=True))
    differing = found[found["differs"]]
    ordered = differing.sort_values("conclusion", key=lambda c: c == "", kind="stable")
    return [_said(cell, before[0], now[0]) for cell in ordered.to_dict("records")]


def _said(cell: Mapping[Any, Any], before: Cohort, now: Cohort) -> str:
    kind, unit = cell["statistic"], cell["unit"]
    old = words.shown(
        kind, unit, cell["base"], cell["base_lower"], cell["base_upper"], cell["base_note"]
    )
    new = words.shown(kind, unit, cell["value"], cell["lower"], cell["upper"], cell["note"])
    line = f"; {cell['conclusion']}" if cell["conclusion"] else ""
    return f"{words.subject(cell, before.study, now.study)}: {old} → {new}{line}"

"""Exact states as tables: days, kinds, bounds and labels of patients, by position.

What is stored so can be walked on from, without the search that found it. Patients have positions
here and no names: the tables of a dataset are filled in around them (`search.Plan.fill`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.synthesis.curves import Gap, Histories
from analysis.synthesis.kernels import Ints
from analysis.synthesis.search import State

_DAY, _KIND, _LABEL, _LEAST, _MOST, _VISIT = "day", "kind", "label", "least", "most", "visit"
_BETWEEN = ":"


def to_table(state: State) -> pd.DataFrame:
    """Give a state as a table of whole numbers, a row a patient.

    Columns are named by what they hold: `day:contact`, `kind:died`, `label:smoker`,
    `least:contact:imaging` (days at least from one record to the other). A record that is made on
    working days is `visit:`, not `day:`.
    """
    histories = state.histories
    columns: dict[str, Ints] = {}
    for k, record in enumerate(histories.records):
        what = _VISIT if record in histories.visits else _DAY
        columns[_named(what, record)] = histories.days[:, k]
    for kind, those in histories.kinds.items():
        columns[_named(_KIND, kind)] = those.astype(np.int64)
    everybody = np.ones(len(histories.days), dtype=np.int64)
    for gap in histories.gaps:
        columns[_named(_LEAST, gap.record, gap.since)] = gap.least * everybody
        columns[_named(_MOST, gap.record, gap.since)] = gap.most * everybody
    for factor, labels in state.labels.items():
        columns[_named(_LABEL, factor)] = labels
    return pd.DataFrame(columns).astype(np.int64)


def from_table(table: pd.DataFrame) -> State:
    """Give the state that a table of `to_table` holds."""
    held: dict[str, dict[str, Ints]] = {}
    for column in table.columns:
        what, _, name = str(column).partition(_BETWEEN)
        values: Ints = table[column].to_numpy(dtype=np.int64)
        held.setdefault(_DAY if what == _VISIT else what, {})[name] = values
    days = held[_DAY]
    gaps = []
    for name, least in held[_LEAST].items():
        record, _, since = name.partition(_BETWEEN)
        gaps.append(Gap(record, since, least, held[_MOST][name]))
    histories = Histories(
        kinds={name: those == 1 for name, those in held[_KIND].items()},
        records=tuple(days),
        days=np.column_stack(list(days.values())),
        gaps=gaps,
        visits=tuple(name for name in days if _named(_VISIT, name) in table),
    )
    return State(histories, held[_LABEL])


def _named(*parts: str) -> str:
    return _BETWEEN.join(parts)

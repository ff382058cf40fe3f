"""Counts of patients by endpoint, group, day and how the day ended, which add up.

Kaplan-Meier and Aalen-Johansen curves, log-rank and Gray's tests, restricted means and the Cox
regression of one factor need no more of the patients. What is counted of parts of the patients and
added is what is counted of all of them: a sum in any order, and none of nobody.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort import derive
from analysis.cohort.description import Description
from analysis.cohort.model import Cohort, Dataset
from analysis.counts.about import UNKNOWN, About, about, added
from analysis.estimates.compared import compared_times
from analysis.estimates.weights import N, counted
from analysis.study.parameters import Parameters
from analysis.study.variables import Factor

# All patients, in place of a group of them.
ALL = ""
EVENT, CENSORED, COMPETING = "event", "censored", "competing"
ENDED = (CENSORED, EVENT, COMPETING)
KEY = ["endpoint", "factor", "level", "days", "ended"]
COLUMNS = [*KEY, N]


def _nobody() -> pd.DataFrame:
    return pd.DataFrame(columns=COLUMNS).astype({"days": np.float64, N: np.int64})


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts of patients, and what they rest on.

    Attributes
    ----------
    table
        One row for each `endpoint`, `factor` (the key of one, `ALL` for no grouping), `level`
        (`UNKNOWN`: not recorded), `days` (from time zero, from the landmark where there is one) and
        `ended` (`EVENT`, `CENSORED` or `COMPETING`), with `n` patients, 1 or more; in this order.
    about
        What they rest on.
    """

    table: pd.DataFrame = field(default_factory=_nobody)
    about: About = field(default_factory=About)

    def __eq__(self, other: object) -> bool:
        """Tell whether two counts are the same, and rest on the same."""
        if not isinstance(other, Counts):
            return NotImplemented
        return self.about == other.about and self.table.equals(other.table)

    def digest(self) -> str:
        """Give the SHA-256 of what is counted, whatever the file is called."""
        rests_on = self.about.model_dump(mode="json", exclude={"sites"})
        digest = hashlib.sha256(json.dumps(rests_on, sort_keys=True).encode())
        for name in COLUMNS:
            column = self.table[name]
            texts = column.dtype == object
            digest.update("\0".join(column).encode() if texts else column.to_numpy().tobytes())
        return digest.hexdigest()


NOTHING = Counts()


def count_dataset(dataset: Dataset, parameters: Parameters) -> Counts:
    """Derive the cohort of a dataset and count it.

    Raises
    ------
    DatasetFaults
        As `derive.cohort` does.
    """
    # How many days were imputed is added up as a number, where a cohort has words.
    cohort = derive.cohort(replace(dataset, imputed={}), parameters)
    return count(cohort, dataset.description, dataset.imputed)


def count(
    cohort: Cohort, description: Description, imputed: Mapping[str, int] | None = None
) -> Counts:
    """Count the patients of a cohort by day and group.

    Parameters
    ----------
    cohort
        Derived without the `imputed` of its dataset.
    description, imputed
        Those of the dataset.
    """
    parts = []
    factors = {factor.key: factor for factor in reversed(cohort.study.factors)}
    for endpoint in cohort.endpoints():
        times = cohort.times(endpoint)
        parts.append(_tallied(times, endpoint))
        if cohort.study.compares_by(endpoint):
            for factor in factors.values():
                parts += _by_factor(cohort, times, factor, endpoint)
    return Counts(_summed(parts), about(cohort, description, imputed or {}))


def add(*counts: Counts) -> Counts:
    """Give the counts of several sets of patients together; `NOTHING` of none.

    Raises
    ------
    about.Apart
        Where they do not go together, with what differs.
    """
    rests_on = About()
    for each in counts:
        rests_on = added(rests_on, each.about)
    return Counts(_summed(each.table for each in counts), rests_on)


def _by_factor(cohort: Cohort, times: pd.DataFrame, factor: Factor, endpoint: str) -> list[Any]:
    if factor.column not in cohort.patients:
        return [_tallied(times, endpoint, factor.key)]
    levels = cohort.patients[factor.column].reindex(times["patient_id"].to_numpy()).array
    unknown = times[np.asarray(levels.isna())]
    known = compared_times(cohort, factor, endpoint, cohort.parameters)
    found = [_tallied(unknown, endpoint, factor.key)]
    if len(known):
        codes = known["level"].astype(pd.CategoricalDtype(list(factor.groups)))
        found.append(_tallied(known, endpoint, factor.key, codes))
    return found


def _tallied(
    times: pd.DataFrame, endpoint: str, factor: str = ALL, levels: pd.Series | None = None
) -> pd.DataFrame:
    """Count times by level, day and how they ended."""
    given = {name: times[name].to_numpy() for name in ("days", "event", "competing")}
    found = counted(pd.DataFrame(given if levels is None else given | {"level": levels.array}))
    ended = np.where(found["event"], 1, 2 * found["competing"])
    return pd.DataFrame(
        {
            "endpoint": endpoint,
            "factor": factor,
            "level": UNKNOWN if levels is None else found["level"].astype(object),
            "days": found["days"].astype(np.float64),
            "ended": np.array(ENDED, dtype=object)[ended],
            N: found[N],
        }
    )


def _summed(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    there = [part for part in parts if len(part)]
    if not there:
        return _nobody()
    rows = pd.concat(there, ignore_index=True)
    found = rows.groupby(KEY, sort=True, as_index=False, observed=True)[N].sum()
    return pd.DataFrame(found[COLUMNS]).astype({"days": np.float64, N: np.int64})

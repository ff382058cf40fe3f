"""Two reports side by side: the cells that both have, and those of one alone.

Nothing is estimated here. Rows come from the estimates of two reports that were built, of a base
and a variant or of two datasets, and are held against each other as variants are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.estimates.fatal_events import CASE
from analysis.estimates.rows import KEY, pick
from analysis.estimates.standing import STATUS
from analysis.sensitivity.compare import ABSENT, compare
from analysis.sensitivity.run import with_factors
from analysis.sensitivity.variants import BASE
from analysis.study.keys import Statistic
from analysis.study.study import Study

ESTIMATES, MANIFEST = "estimates.parquet", "manifest.json"

# Without these two numbers of patients cannot be read.
OF_TIMES = (Statistic.N, Statistic.EVENTS, Statistic.MEDIAN, Statistic.RATE)


@dataclass(frozen=True)
class Side:
    """One of two reports.

    Attributes
    ----------
    name
        What the page calls it: base, variant, or the name of a dataset.
    report
        The name of its folder, beside that of the comparison.
    cohort
        Its patients, under its parameters.
    estimates
        All of its estimates, as its pages print them.
    """

    name: str
    report: str
    cohort: Cohort
    estimates: pd.DataFrame

    @property
    def study(self) -> Study:
        """The study under the parameters of this side."""
        return self.cohort.study


def read_side(name: str, report: Path | str, dataset: Path | str, study: Study) -> Side:
    """Read a report that was built.

    Parameters
    ----------
    name
        What the page calls it.
    report
        Its folder, with its estimates and its manifest.
    dataset
        The folder of its dataset.
    study
        The study that the project's notebooks are written for.

    Raises
    ------
    OSError
        When there is no such report.
    analysis.cohort.faults.DatasetFaults
        With all that is wrong with the dataset.
    """
    folder = Path(report)
    changed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["parameters"]
    return Side(
        name, folder.name, load(dataset, study, changed), pd.read_parquet(folder / ESTIMATES)
    )


@dataclass(frozen=True)
class Pair:
    """Two reports, cell by cell.

    Attributes
    ----------
    first, second
        The sides.
    variant
        The name under which the second is compared: that of a declared variant, if it is one.
    """

    first: Side
    second: Side
    variant: str = "variant"

    @property
    def of_one_dataset(self) -> bool:
        """Whether both are about the same records, under other parameters."""
        return self.first.cohort.name == self.second.cohort.name

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both sides, in their order."""
        return self.first, self.second

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The cells of both, as `compare.compare` gives them.

        With further columns: `base_n` and `n`, the patients that either is computed from;
        `base_status` and `status`, what stands behind either if its patients are synthetic
        (`estimates.standing`), else "". What figures draw is not compared by cells.
        """
        parts = [
            _own(side).assign(variant=name)
            for side, name in ((self.first, BASE), (self.second, self.variant))
        ]
        found = compare(pd.concat(parts, ignore_index=True))
        for part, before, group in ((parts[0], "base_", "group"), (parts[1], "", "variant_group")):
            known = part[[*KEY, "n", STATUS]].rename(columns={"n": f"{before}n"})
            known = known.rename(columns={STATUS: f"{before}{STATUS}", "group": "_group"})
            keys = ["_group" if name == "group" else name for name in KEY]
            found = found.assign(_group=found[group]).merge(known, on=keys, how="left")
        return found.drop(columns="_group").fillna({f"base_{STATUS}": "", STATUS: ""})

    @property
    def both(self) -> pd.DataFrame:
        """The cells of `rows` that both reports have."""
        return self.rows[~self._lacks("base_note") & ~self._lacks("note")]

    def alone(self, side: Side) -> pd.DataFrame:
        """Give the cells that only one side has; months of a longer axis are none."""
        note = "note" if side is self.first else "base_note"
        known = self.rows["statistic"] != Statistic.AT_RISK
        return self.rows[self._lacks(note) & known]

    def _lacks(self, note: str) -> pd.Series:
        return self.rows[note] == ABSENT


def _own(side: Side) -> pd.DataFrame:
    """Give the estimates that are compared, each once, with the names of their factors."""
    analysis = side.estimates["analysis_id"]
    compared = analysis.isin(list(side.study.titles)) | analysis.str.startswith(CASE)
    own = with_factors(side.estimates[compared].drop_duplicates(KEY), side.cohort)
    return own if STATUS in own else own.assign(**{STATUS: ""})


def is_key(rows: pd.DataFrame) -> pd.Series:
    """Tell which cells a reader looks at first.

    Of all patients: numbers, events, medians and rates of the endpoints, follow-up, rates of
    response and of disease control, adverse events of grade 3 or more; hazard ratios and p values
    of the factors.
    """
    statistic, level = rows["statistic"], rows["variable_level"]
    times = rows["analysis_id"].eq("survival") & rows["group"].eq("") & statistic.isin(OF_TIMES)
    responses = (
        rows["analysis_id"].eq("response")
        & statistic.eq(Statistic.PERCENT)
        & level.isin(["ORR", "DCR"])
    )
    events = (
        rows["analysis_id"].eq("adverse_events")
        & rows["group"].eq("")
        & statistic.eq(Statistic.PERCENT)
        & level.eq(">=3")
    )
    effects = (
        rows["analysis_id"].eq("prognosis")
        & level.eq("")
        & statistic.isin([Statistic.HAZARD_RATIO, Statistic.P_VALUE])
    )
    return times | responses | events | effects


def endpoints(pair: Pair, analysis_id: str) -> list[str]:
    """Give the endpoints of which both reports have the curve, in the order of the first."""
    of_second = set(pick(pair.second.estimates, analysis_id=analysis_id)["variable"])
    of_first = pick(pair.first.estimates, analysis_id=analysis_id)["variable"]
    return [name for name in dict.fromkeys(of_first) if name in of_second]

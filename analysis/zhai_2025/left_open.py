"""What the article leaves open, for its page: of one cohort, an ensemble, witnesses and proofs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.audit.comparison import compare
from analysis.cohort.folder import ENSEMBLE
from analysis.cohort.model import Cohort
from analysis.estimates import characteristics, survival
from analysis.estimates.ensemble import (
    MULTIVARIABLE,
    MULTIVARIABLE_OF_WITNESSES,
    OF_WITNESSES,
    WITNESSES,
    changed_choices,
    choices,
    ledger_digest,
    read_ensemble,
)
from analysis.estimates.rows import KEY
from analysis.estimates.spread import MEMBER
from analysis.study.keys import Statistic
from analysis.synthesis import left_open
from analysis.synthesis.bounds import matters, run
from analysis.synthesis.bounds.form import CurveProved, Proved
from analysis.synthesis.bounds.questions import on_days
from analysis.synthesis.pushed import ESTIMATES
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.synthesis.pushed import PUSHED

_MODEL = {"factor_model": "multivariable"}
_NOBODY = pd.DataFrame(columns=[MEMBER, *KEY, "value"])


@dataclass(frozen=True)
class LeftOpen:
    """What the page shows.

    Attributes
    ----------
    ratios
        As `left_open.hazard_ratios` gives them.
    others
        As `left_open.others` gives them.
    estimates
        The estimates of the cohort among these, each with its `parameters`.
    matters
        As `matters.summary` gives it; empty without proofs.
    curves
        As `left_open.curves` gives them; empty without proofs.
    missing
        A sentence for each part that is lacking: what, and how it is made.
    """

    ratios: pd.DataFrame
    others: pd.DataFrame
    estimates: pd.DataFrame
    matters: pd.DataFrame
    curves: pd.DataFrame
    missing: tuple[str, ...]


def of(cohort: Cohort, own: pd.DataFrame, folder: Path = ENSEMBLE) -> LeftOpen:
    """Give what the page of a synthetic cohort shows.

    Parameters
    ----------
    own
        The cohort's estimates of prognostic factors.
    """
    article = cohort.study.article
    assert article is not None
    ledger = read_ledger(article / CLAIMS.name)
    missing: list[str] = []
    beside = _beside(cohort, ledger, own, folder, missing)
    ratios = left_open.hazard_ratios(
        own,
        beside.members,
        beside.pushed,
        beside.proved,
        Targets(ledger),
        cohort.parameters.confidence,
        beside.exact,
    )
    mine, members, pushed = _of_others(cohort, beside.named, folder)
    others = left_open.others(mine, members, pushed, _without_ratios(beside.named), beside.exact)
    mine = mine.merge(others[[*KEY, "parameters"]], on=[*KEY, "parameters"])
    curves = left_open.curves(beside.curves)
    others = left_open.with_limits(others, beside.proved, curves)
    return LeftOpen(ratios, others, mine, _matters(folder, beside.proved), curves, tuple(missing))


@dataclass(frozen=True)
class _Beside:
    """What a cohort stands beside: exact cohorts, the names of those pushed, and proofs.

    `exact` tells whether it is itself such a cohort, under the choices of these.
    """

    members: pd.DataFrame = field(default_factory=lambda: _NOBODY)
    named: pd.DataFrame = field(default_factory=pd.DataFrame)
    pushed: pd.DataFrame = field(default_factory=lambda: _NOBODY)
    proved: tuple[Proved, ...] = ()
    curves: tuple[CurveProved, ...] = ()
    exact: bool = False


def _beside(
    cohort: Cohort, ledger: pd.DataFrame, own: pd.DataFrame, folder: Path, missing: list[str]
) -> _Beside:
    """Give what a cohort stands beside, and say in `missing` what is lacking, and why."""
    if others := _other_choices(cohort):
        # A ratio after a landmark, or of a model of many factors, is another quantity.
        missing.append(others)
        return _Beside()
    found = read_ensemble(ledger, cohort.parameters, folder)
    if isinstance(found, str):
        missing.append(found)
        members, named, pushed = _NOBODY, pd.DataFrame(), _NOBODY
    else:
        members, (named, pushed) = found.estimates, _pushed(folder, missing)
    proved, curves = _proved(cohort, ledger, folder, missing)
    missed = _missed(cohort, ledger, own)
    if missed:
        missing.append(
            f"{missed} of the article’s numbers come out otherwise in these patients: what was "
            "attained, and what is proved, is of cohorts that have them all, and this one only "
            "stands beside it."
        )
    return _Beside(members, named, pushed, proved, curves, exact=not missed)


def _other_choices(cohort: Cohort) -> str:
    """Say which choices are others than those of the article, which all else here is under."""
    changed = changed_choices(choices(cohort.study.parameters()), cohort.parameters)
    if not changed:
        return ""
    listed = ", ".join(f"{name} = {value}" for name, value in changed.items())
    return (
        "What other cohorts attain, and what is proved, is under the article’s own choices, and so "
        f"is not shown; this report has others: {listed}."
    )


def _pushed(folder: Path, missing: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the cohorts that were pushed down and up: their names, and estimates of them."""
    try:
        named = pd.read_csv(folder / WITNESSES, dtype=str, keep_default_na=False)
        return named, pd.read_parquet(folder / OF_WITNESSES)
    except (OSError, ValueError):
        missing.append(
            "No cohorts were pushed down and up yet, so that what was attained is that of the "
            "ensemble alone; `make witnesses` finds them."
        )
        return pd.DataFrame(), _NOBODY


def _missed(cohort: Cohort, ledger: pd.DataFrame, own: pd.DataFrame) -> int:
    """Give how many published numbers that proofs rest on a cohort has otherwise."""
    of_it = (part.estimate(cohort, cohort.parameters) for part in (characteristics, survival))
    compared = compare(ledger, pd.concat([own, *of_it], ignore_index=True))
    # Proofs rest on counts: of these some percentages are printed wrong.
    rested_on = compared["estimated"] & (compared["statistic"] != Statistic.PERCENT)
    return int((rested_on & ~compared["agrees"]).sum())


def _proved(
    cohort: Cohort, ledger: pd.DataFrame, folder: Path, missing: list[str]
) -> tuple[tuple[Proved, ...], tuple[CurveProved, ...]]:
    """Give the bounds of this ledger; those on given days only where they are of this cohort."""
    command = "`make bounds` proves them."
    try:
        file = run.read(folder / run.FILE)
    except OSError:
        missing.append(f"Nothing is proved yet; {command}")
        return (), ()
    except ValidationError:
        missing.append(f"The file of proofs cannot be read; {command}")
        return (), ()
    if file.ledger != ledger_digest(ledger):
        missing.append(f"The proofs are of other published numbers than these; {command}")
        return (), ()
    days = {}
    for endpoint in {each.question.endpoint for each in file.proved}:
        times = cohort.times(endpoint)
        days[endpoint] = on_days(
            times["days"].to_numpy(dtype="int64"), times["event"].to_numpy(dtype="int64")
        )
    kept = tuple(
        each
        for each in file.proved
        if not each.question.days or each.question.days == days[each.question.endpoint]
    )
    if len(kept) < len(file.proved):
        missing.append(
            "Proofs on given days are of another cohort, and are not shown; "
            "`make bounds DATASET=…` proves those of this one."
        )
    return kept, file.curves


def _matters(folder: Path, proved: tuple[Proved, ...]) -> pd.DataFrame:
    """Give which printed number matters, where there are proofs on the days of the cohort."""
    if not any(each.question.days for each in proved):
        return pd.DataFrame()
    try:
        found = pd.read_csv(folder / matters.FILE)
    except (OSError, ValueError):
        return pd.DataFrame()
    return matters.summary(found)


def _without_ratios(named: pd.DataFrame) -> pd.DataFrame:
    """Give the witnesses of statistics that have no bound: all but the ratios of one factor."""
    if named.empty:
        return pd.DataFrame(columns=["name", *KEY, "parameters", "direction", "value"])
    return named[named["parameters"] != ""].astype({"value": float})


def _of_others(
    cohort: Cohort, named: pd.DataFrame, folder: Path
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Give the estimates of this cohort, of members and of witnesses, by set of parameters."""
    nothing = pd.DataFrame(columns=[*KEY, "value", "parameters"])
    mine = [nothing]
    for words in dict.fromkeys(named.get("parameters", ())):
        chosen = next((one for one in PUSHED if words and one.words == words), None)
        if chosen is not None:
            given = cohort.parameters.model_dump() | dict(chosen.parameters)
            options = Parameters.model_validate(given)
            own = ESTIMATES[chosen.key.analysis_id](cohort, options)
            mine.append(own.assign(parameters=words))
    if named.empty:
        return nothing, nothing, nothing
    model = next(one.words for one in PUSHED if one.parameters == _MODEL)
    members, pushed = (
        pd.read_parquet(folder / name).assign(parameters=model)
        for name in (MULTIVARIABLE, MULTIVARIABLE_OF_WITNESSES)
    )
    return pd.concat(mine[1:] or mine), members, pushed

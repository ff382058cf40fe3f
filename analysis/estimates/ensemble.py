"""The estimates of an ensemble: of many cohorts, each of which meets every published number."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.article.ledger import observed
from analysis.cohort.folder import ENSEMBLE
from analysis.estimates.rows import KEY
from analysis.estimates.spread import MEMBER, spread
from analysis.study.parameters import Parameters

COMMAND = "make ensemble N=100"
# What the folder holds for readers of estimates; `analysis.synthesis.ensemble` writes it.
ABOUT = "ensemble.json"
ESTIMATES = "estimates.parquet"
MULTIVARIABLE = "estimates_multivariable.parquet"
# And of cohorts at the ends of what was reached; `analysis.synthesis.witnesses` writes it.
WITNESSES = "witnesses.csv"
OF_WITNESSES = "witnesses_estimates.parquet"
MULTIVARIABLE_OF_WITNESSES = "witnesses_multivariable.parquet"
COLUMNS = [MEMBER, *KEY, "value", "unit"]
# These choices move no estimate that members have: what figures show, at which months rates are
# given, and samples of an interval that is by formula.
_NO_MATTER = frozenset(
    {
        "at_risk_every_months",
        "figure_months",
        "rate_months",
        "curves_of",
        "show_censored",
        "bootstrap_replicates",
        "bootstrap_seed",
    }
)
_MODEL = {"factor_model": "multivariable"}


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The estimates of all members, under one set of choices; equal to itself alone.

    Attributes
    ----------
    members
        How many there are.
    estimates
        `COLUMNS`: a row a member and statistic.
    """

    members: int
    estimates: pd.DataFrame

    @cached_property
    def spread(self) -> pd.DataFrame:
        """One row a statistic, with its range over the members (see `spread.spread`)."""
        return spread(self.estimates)


def read_ensemble(
    ledger: pd.DataFrame, chosen: Parameters, folder: Path = ENSEMBLE
) -> Ensemble | str:
    """Read the estimates of the members, or say in a sentence why there are none for a report.

    Parameters
    ----------
    ledger
        The numbers that the members must meet, as `article.ledger.read_ledger` gives them.
    chosen
        The choices of the report.
    """
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        claims, members, made = about["claims"], int(about["members"]), dict(about["parameters"])
    except FileNotFoundError:
        return f"There is no ensemble of cohorts yet; `{COMMAND}` finds one."
    except (OSError, ValueError, KeyError, TypeError):
        return f"The ensemble of cohorts cannot be read; `{COMMAND}` makes it anew."
    if claims != ledger_digest(ledger):
        return (
            "The ensemble of cohorts was found for other published numbers than these; "
            f"`{COMMAND}` makes it anew."
        )
    changed = changed_choices(made, chosen)
    stored = ESTIMATES
    if changed == _MODEL:
        stored, changed = MULTIVARIABLE, {}
    if changed:
        listed = ", ".join(f"{name} = {value}" for name, value in changed.items())
        return (
            "The ensemble of cohorts is estimated under the article's own choices; this report has "
            f"others: {listed}."
        )
    try:
        return _ensemble(members, (folder / stored).read_bytes())
    except (OSError, ValueError):
        return f"The ensemble of cohorts cannot be read; `{COMMAND}` makes it anew."


# Every page of a synthetic cohort asks for it, and kernels are forked from a process that has it.
@lru_cache(maxsize=2)
def _ensemble(members: int, content: bytes) -> Ensemble:
    return Ensemble(members, pd.read_parquet(io.BytesIO(content), columns=COLUMNS))


def ledger_digest(ledger: pd.DataFrame) -> str:
    """Give the SHA-256 of what a ledger asks of patients: keys, printed strings, comparators."""
    asked = observed(ledger)[["claim_id", *KEY, "printed", "comparator"]].astype(str)
    lines = ["\x1f".join(row) for row in asked.itertuples(index=False)]
    return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()


def choices(parameters: Parameters) -> dict[str, Any]:
    """Give the choices that move an estimate, as JSON holds them."""
    dumped = parameters.model_dump(mode="json")
    return {name: value for name, value in dumped.items() if name not in _NO_MATTER}


def changed_choices(made: Mapping[str, Any], chosen: Parameters) -> dict[str, Any]:
    """Give the choices that are others than those something was `made` under (`choices`)."""
    return {name: value for name, value in choices(chosen).items() if made.get(name) != value}

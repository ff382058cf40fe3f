"""Cohorts whose results are released in tests, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.disclosure.protect import Protected, protect
from analysis.disclosure.rules import RULE_SETS
from analysis.zhai_2025.study import STUDY

DATA = Path(__file__).parents[2] / "data"


@cache
def cohort(name: str) -> Cohort:
    return load(DATA / name, STUDY, STUDY.parameters())


@cache
def protected(name: str, rules: str = "OpenSAFELY") -> Protected:
    return protect(cohort(name), RULE_SETS[rules])


def of(rows: pd.DataFrame, **keys: str) -> pd.DataFrame:
    for column, wanted in keys.items():
        rows = rows[rows[column] == wanted]
    return rows

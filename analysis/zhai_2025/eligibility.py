"""The eligibility criteria of Methods 2.2, in their order."""

from __future__ import annotations

import pandas as pd

from analysis.study.declarations import Criterion
from analysis.study.keys import Statistic

_MIN, _MAX = Statistic.THRESHOLD_MIN, Statistic.THRESHOLD_MAX

CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "age_years",
        lambda p: f"Age {p.age_min} to {p.age_max} years",
        ("age_years",),
        lambda d, p: d["age_years"].between(p.age_min, p.age_max),
        lambda p: ((_MIN, p.age_min, "years"), (_MAX, p.age_max, "years")),
    ),
    Criterion(
        "stage",
        lambda p: "Stage IV (AJCC 8th edition) or recurrent HCC",
        ("ajcc_stage", "recurrent"),
        # Who is known to be neither fails; one of the two not recorded may be what admits.
        lambda d, p: (
            _known(d["ajcc_stage"].isin(["IVA", "IVB"]), d["ajcc_stage"])
            | _known(d["recurrent"] == "yes", d["recurrent"])
        ),
    ),
    Criterion(
        "measurable_lesions",
        lambda p: "At least one measurable lesion",
        ("measurable_lesions",),
        lambda d, p: d["measurable_lesions"] >= 1,
        lambda p: ((_MIN, 1, "lesions"),),
    ),
    Criterion(
        "ecog",
        lambda p: f"ECOG performance status 0 to {p.ecog_max}",
        ("ecog",),
        lambda d, p: d["ecog"] <= p.ecog_max,
        lambda p: ((_MIN, 0, ""), (_MAX, p.ecog_max, "")),
    ),
    Criterion(
        "child_pugh_score",
        lambda p: f"Child-Pugh {_class(5)} to {_class(p.child_pugh_max)}",
        ("child_pugh_score",),
        lambda d, p: d["child_pugh_score"] <= p.child_pugh_max,
        lambda p: ((_MIN, 5, ""), (_MAX, p.child_pugh_max, "")),
    ),
    Criterion(
        "interval_weeks",
        lambda p: (
            "Radiotherapy and PD-1/PD-L1 inhibitor, concurrent or at most "
            f"{p.interval_max_weeks:g} weeks apart"
        ),
        ("interval_days",),
        lambda d, p: _known(d["interval_days"] <= 7 * p.interval_max_weeks, d["interval_days"]),
        lambda p: ((_MAX, p.interval_max_weeks, "weeks"),),
    ),
    Criterion(
        "enrolment_year",
        lambda p: f"Treated from {p.enrolment_first_year} to {p.enrolment_last_year}",
        ("enrolment_date",),
        lambda d, p: _known(
            d["enrolment_date"].dt.year.between(p.enrolment_first_year, p.enrolment_last_year),
            d["enrolment_date"],
        ),
        lambda p: ((_MIN, p.enrolment_first_year, ""), (_MAX, p.enrolment_last_year, "")),
    ),
    Criterion(
        "records_complete",
        lambda p: "Complete medical records",
        ("records_complete",),
        lambda d, p: _known(d["records_complete"] == "yes", d["records_complete"]),
    ),
)


def _known(holds: pd.Series, values: pd.Series) -> pd.Series:
    return holds.astype("boolean").mask(values.isna())


def _class(score: int) -> str:
    return f"{'A' if score <= 6 else 'B' if score <= 9 else 'C'}{score}"

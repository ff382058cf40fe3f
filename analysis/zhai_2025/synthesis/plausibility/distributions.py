"""Rules about distributions: what lies between the published points looks drawn from life.

The bounds are lenient: a cohort of real patients would keep them nearly always, values bunched
to meet a median or an interval would not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.cohort.schema import CRITERIA
from analysis.synthesis.plausibility.rule import COHORT, Found, Known, Rule

# Largest vertical distance (Kolmogorov-Smirnov) of a sample from a smooth curve through its own
# quartiles. Of samples of 108 from the curve itself, one in a thousand is farther than 0.13.
FARTHEST = 0.15
# Below this probability a pattern of weekdays is not chance.
RARE = 1e-4
# Largest share of patients with the same value.
SHARES: dict[str, float] = {
    "age_years": 0.12,
    "afp_before": 0.03,
    "afp_after": 0.03,
    "largest_tumour_cm": 0.08,
    "afp_change_percent": 0.03,
    "tumour_count": 0.35,
    "measurable_lesions": 0.5,
    "ici_cycles": 0.2,
}
# A quarter of an order of magnitude holds no more of the AFP values than this.
AFP_WINDOW, AFP_WINDOW_SHARE = 0.25, 0.2
REGIMEN_SHARE, LEAST_REGIMENS = 0.25, 12
YEAR_SHARE, MONTH_SHARE = (0.12, 0.45), 0.1
EVENT_DAY_SHARE = 0.08
# Sums of whole mm make a third or a half of small ones common.
CHANGE_SHARE = 0.1


def _smooth(values: pd.Series, what: str) -> Iterator[Found]:
    """Compare values with the normal distribution that has their median and quartiles."""
    numbers = values.dropna().astype("float64").to_numpy()
    if len(numbers) == 0:
        yield COHORT, f"{what}: not recorded"
        return
    first, middle, third = np.quantile(numbers, [0.25, 0.5, 0.75])
    spread = (third - first) / (2 * stats.norm.ppf(0.75))
    if not spread > 0:
        yield COHORT, f"{what}: half of the values are the same"
        return
    distance = stats.kstest(numbers, stats.norm(middle, spread).cdf).statistic
    if distance > FARTHEST:
        yield (
            COHORT,
            f"{what}: {distance:.2f} from a smooth curve, where {FARTHEST} is the most",
        )


def _common(values: pd.Series, most: float, what: str) -> Iterator[Found]:
    """Name every value that more than a share `most` of the patients have."""
    counts = values.value_counts()
    for value, count in counts.loc[counts.gt(most * len(values))].items():
        yield COHORT, f"{what}: {count} patients have {value}"


def _logarithm(values: pd.Series) -> pd.Series:
    numbers = values.astype("float64")
    return numbers.where(numbers > 0).map(math.log, na_action="ignore")


def _afp(known: Known) -> Iterator[Found]:
    for column, words in (("afp_before", "AFP before"), ("afp_after", "AFP after treatment")):
        logarithms = _logarithm(known.patients[column])
        yield from _smooth(logarithms, words)
        values = np.sort(logarithms.dropna().to_numpy())
        ends = np.searchsorted(values, values + AFP_WINDOW * math.log(10), "right")
        count = max(ends - np.arange(len(values)), default=0)
        if count > AFP_WINDOW_SHARE * len(known.patients):
            yield COHORT, f"{words}: {count} patients within a factor of {10**AFP_WINDOW:.1f}"


def _sizes(known: Known) -> Iterator[Found]:
    yield from _smooth(_logarithm(known.patients["largest_tumour_cm"]), "largest tumour")
    rows = known.recorded["assessments"]
    rows = rows[(rows["criterion"] == CRITERIA[0]) & (rows["region"] == "overall")]
    yield from _smooth(_logarithm(rows["baseline_sum_mm"]), "sum of diameters at baseline")


def _ages(known: Known) -> Iterator[Found]:
    yield from _smooth(known.patients["age_years"], "age")


def _repeats(known: Known) -> Iterator[Found]:
    for column, most in SHARES.items():
        yield from _common(known.patients[column], most, column)


def _regimens(known: Known) -> Iterator[Found]:
    dose, fractions = known.patients["rt_dose_gy"], known.patients["rt_fractions"]
    regimens = dose.astype(str) + " Gy in " + fractions.astype(str)
    yield from _common(regimens, REGIMEN_SHARE, "regimens")
    if regimens.nunique() < LEAST_REGIMENS:
        yield COHORT, f"{regimens.nunique()} regimens of radiotherapy"


def _enrolment(known: Known) -> Iterator[Found]:
    days, n = known.patients["enrolment_date"], len(known.patients)
    first, last = known.parameters.enrolment_first_year, known.parameters.enrolment_last_year
    for year in range(first, last + 1):
        count = int((days.dt.year == year).sum())
        if not YEAR_SHARE[0] * n <= count <= YEAR_SHARE[1] * n:
            yield COHORT, f"{count} patients enrolled in {year}"
    months = days.dt.strftime("%Y-%m")
    for end in (f"{first}-01", f"{last}-12"):
        if not (months == end).any():
            yield COHORT, f"nobody enrolled in {end}"
    yield from _common(months, MONTH_SHARE, "month of enrolment")


def _weekdays(dates: pd.Series, days: int, what: str) -> Iterator[Found]:
    counts = np.bincount(dates.dropna().dt.weekday, minlength=7)[:days]
    if counts.sum() and stats.chisquare(counts).pvalue < RARE:
        yield COHORT, f"{what}, Monday first: {', '.join(map(str, counts))}"


def _deaths(known: Known) -> Iterator[Found]:
    yield from _weekdays(known.patients["death_date"], 7, "deaths by weekday")


def _visits(known: Known) -> Iterator[Found]:
    patients = known.patients
    alive = patients["death_date"].isna()
    for dates, what in (
        (patients["enrolment_date"], "enrolment by weekday"),
        (known.start, "first treatment by weekday"),
        (patients["progression_date"], "progression by weekday"),
        (patients["last_imaging_date"], "last imaging by weekday"),
        (patients.loc[alive, "last_contact_date"], "last contact of the living by weekday"),
    ):
        yield from _weekdays(dates, 5, what)


def _times(known: Known) -> Iterator[Found]:
    for endpoint, rows in known.cohort.time_to_event.groupby("endpoint"):
        yield from _common(rows["days"], EVENT_DAY_SHARE, f"{endpoint}, days")


def _changes(known: Known) -> Iterator[Found]:
    rows: Any = known.cohort.assessments.groupby(["criterion", "region"])
    for (criterion, region), group in rows:
        partial = group["change_percent"][group["best_sum_mm"] > 0].round(1)
        yield from _common(partial, CHANGE_SHARE, f"{criterion}, {region}, change in %")


RULES = (
    Rule(
        "AFP is log-normal",
        "AFP before and after treatment spreads over the orders of magnitude like a log-normal "
        "variable, without spikes.",
        _afp,
    ),
    Rule(
        "tumour sizes are log-normal",
        "The largest tumour and the sum of diameters are spread like a log-normal variable.",
        _sizes,
    ),
    Rule("ages are bell-shaped", "Age is spread like a normal variable.", _ages),
    Rule(
        "no value repeated too often",
        "No age, AFP, size, number of tumours or of cycles is that of more patients than chance "
        "and rounding explain.",
        _repeats,
    ),
    Rule(
        "many regimens",
        "Radiotherapy has a dozen regimens or more, none of them in over a quarter of patients.",
        _regimens,
    ),
    Rule(
        "enrolment goes on",
        "Enrolment lasts from the first January to the last December of the study; every year has "
        "a fair share, and no month more than a tenth of patients.",
        _enrolment,
    ),
    Rule("deaths on any weekday", "Deaths are spread over the seven days of the week.", _deaths),
    Rule(
        "visits on any working day",
        "Enrolment, treatment, imaging and last contact are spread over the five working days.",
        _visits,
    ),
    Rule(
        "no common day of events",
        f"No more than {EVENT_DAY_SHARE:.0%} of patients have an event or are censored after the "
        "same number of days.",
        _times,
    ),
    Rule(
        "no common change",
        f"No more than {CHANGE_SHARE:.0%} of partial changes in diameter are the same to a tenth "
        "of a percent.",
        _changes,
    ),
)

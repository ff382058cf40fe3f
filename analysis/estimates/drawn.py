"""What figures say of patients who are drawn one by one, as rows of estimates.

The marks of single patients come from their records; whatever a figure counts, summarises or piles
up into bars is here, so that it shows no number that is not in the table of estimates. As
`estimates.points`: variants of the parameters are not compared by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.cohort.model import Cohort
from analysis.cohort.schema import CRITERIA, REGION_VARIABLES
from analysis.estimates.counts import share_rows
from analysis.estimates.response import responses
from analysis.estimates.rows import row, to_table
from analysis.study.keys import NO, YES, Statistic
from analysis.study.limits import exact
from analysis.study.months import months
from analysis.study.printed import plain

WATERFALL = "waterfall"
COURSES = "courses"
BEFORE_AFTER = "before_after"
HISTOGRAM = "histogram"
REGIMENS = "regimens"
CALENDAR = "calendar"

TUMOUR_CHANGE = "tumour_change"
NOT_ASSESSED = "not assessed"
# A fall of 30% for partial response, a rise of 20% for progressive disease (RECIST 1.1,
# Eisenhauer 2009).
RECIST_LINES = (-30.0, 20.0)
# Bars longer than this many percent are cut; the longest of them are told.
LONGEST = 500.0
_TOLD = 6
# Widths of the bars of histograms, in years and in Gy.
AGES = {"age_years": 5.0}
DOSES = {"rt_dose_gy": 5.0, "bed_gy": 5.0, "eqd2_gy": 5.0}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Rows = list[dict[str, Any]]
Numbers = npt.NDArray[np.float64]


# Waterfall plots -------------------------------------------------------------------------------


def of_response(cohort: Cohort) -> pd.DataFrame:
    """Give what the waterfall plots of tumours and of the marker say, and of its two levels."""
    assessed, marker = cohort.assessments, cohort.study.marker
    rows: Rows = []
    for criterion in CRITERIA:
        chosen = assessed[(assessed["criterion"] == criterion) & (assessed["region"] == "overall")]
        chosen = chosen.set_index("patient_id")
        if chosen["change_percent"].notna().any():
            rows += change_rows(
                TUMOUR_CHANGE,
                chosen["change_percent"],
                chosen["response"],
                RECIST_LINES,
                group="criterion",
                group_level=criterion,
            )
    if marker is not None and cohort.records(marker.change):
        rows += change_rows(
            f"{marker.name}_change",
            cohort.patients[marker.change],
            best_responses(cohort),
            clip=LONGEST,
        )
    if marker is not None and cohort.records(marker.before, marker.after):
        rows += before_after_rows(
            cohort.patients, marker.before, marker.after, marker.decrease, marker.unit
        )
    # Changes are counted by category of response, for which another source may stand in.
    instead = cohort.stand_ins.get(REGION_VARIABLES["overall"], "")
    changes = [TUMOUR_CHANGE, *([f"{marker.name}_change"] if marker is not None else [])]
    return to_table(rows, of_response, dict.fromkeys(changes, instead) if instead else None)


def best_responses(cohort: Cohort) -> pd.Series | None:
    """Give the best response of each patient by RECIST 1.1, where it is recorded."""
    if not cohort.has("assessments.criterion", "assessments.region"):
        return None
    return responses(cohort, "overall").get("RECIST 1.1")


def change_rows(
    variable: str,
    values: pd.Series,
    categories: pd.Series | None = None,
    lines: Iterable[float] = (),
    *,
    clip: float | None = None,
    **keys: Any,
) -> Rows:
    """Give how many patients are drawn, the extremes and the median, and counts of their changes.

    Parameters
    ----------
    values
        Change in percent, one value a patient (-100 is a complete fall).
    categories
        A category of each patient on the same index; who has none is `NOT_ASSESSED`.
    lines
        Changes in percent: those below zero count who is there or lower, others who is there or
        higher.
    clip
        Changes above this count, and the six largest of them have a row each.
    """
    known = values.dropna().astype("float64").sort_values(ascending=False, kind="stable")
    n = len(known)
    keys = {"n": n, **keys}

    def count(level: str, patients: int) -> dict[str, Any]:
        return row(
            WATERFALL,
            variable,
            Statistic.COUNT,
            patients,
            variable_level=level,
            unit="patients",
            **keys,
        )

    rows = _drawn_rows(WATERFALL, variable, n, len(values) - n, **keys)
    rows += _summary_rows(WATERFALL, variable, known, "%", **keys)
    rows.append(count("<0", int((known < 0).sum())))
    for line in lines:
        beyond = known <= line if line < 0 else known >= line
        rows.append(count(f"{'<=' if line < 0 else '>='}{line:g}", int(beyond.sum())))
    if categories is not None:
        named = categories.reindex(known.index).astype(object)
        named = named.where(named.notna(), NOT_ASSESSED)
        rows += [count(str(level), int(n)) for level, n in named.value_counts(sort=False).items()]
    if clip is not None:
        longest = known[known > clip]
        rows.append(count(f">{clip:g}", len(longest)))
        rows += [
            row(
                WATERFALL,
                variable,
                Statistic.VALUE,
                value,
                variable_level=place,
                unit="%",
                note="among the longest bars, which are cut",
                **keys,
            )
            for place, value in enumerate(longest.head(_TOLD), start=1)
        ]
    return rows


def _count_row(
    analysis: str, variable: str, level: object, patients: int, n: int
) -> dict[str, Any]:
    keys: dict[str, Any] = {"variable_level": level, "unit": "patients", "n": n}
    return row(analysis, variable, Statistic.COUNT, patients, **keys)


def _drawn_rows(analysis: str, variable: str, shown: int, absent: int, **keys: Any) -> Rows:
    """Give how many patients are drawn, and how many are not since nothing is recorded."""
    return [
        row(analysis, variable, Statistic.N, shown, unit="patients", **keys),
        row(analysis, variable, Statistic.EXCLUDED, absent, unit="patients", **keys),
    ]


def _summary_rows(analysis: str, variable: str, known: pd.Series, unit: str, **keys: Any) -> Rows:
    """Give median, minimum and maximum of what is drawn; of nobody, no rows."""
    if known.empty:
        return []
    return [
        row(analysis, variable, statistic, value, unit=unit, **keys)
        for statistic, value in (
            (Statistic.MEDIAN, known.median()),
            (Statistic.MIN, known.min()),
            (Statistic.MAX, known.max()),
        )
    ]


# A marker before and after -----------------------------------------------------------------------


def positive_pairs(patients: pd.DataFrame, before: str, after: str) -> pd.DataFrame:
    """Give both values of the patients in whom both are measured and above zero."""
    pairs = pd.DataFrame(
        {name: pd.to_numeric(exact(patients, name)).astype("float64") for name in (before, after)}
    )
    return pairs[(pairs > 0).all(axis=1)]


def before_after_rows(
    patients: pd.DataFrame, before: str, after: str, decrease: str, unit: str
) -> Rows:
    """Give both medians of the patients drawn, and in how many the value fell.

    Patients without both values, or with one that a logarithmic axis cannot show, are not drawn.
    """
    pairs = positive_pairs(patients, before, after)
    n = len(pairs)
    fell = int((pairs[after] < pairs[before]).sum())
    rows = _drawn_rows(BEFORE_AFTER, decrease, n, len(patients) - n, n=n)
    for name in (before, after) if n else ():
        rows += _summary_rows(BEFORE_AFTER, name, pairs[name], unit, n=n)
    for level, count in ((YES, fell), (NO, n - fell)):
        rows += share_rows(BEFORE_AFTER, decrease, count, n, variable_level=level)
    return rows


# Courses of patients -----------------------------------------------------------------------------


def of_courses(cohort: Cohort) -> pd.DataFrame:
    """Give what the swimmer plot says: length of observation, outcomes, modes of treatment."""
    if not has_courses(cohort):
        return to_table([], of_courses)
    patients = cohort.patients
    progressed = patients["progression_date"].notna()
    end = patients["death_date"].fillna(patients["last_contact_date"])
    return to_table(
        course_rows(
            (end - patients["time_zero"]).dt.days.map(months, na_action="ignore"),
            died=patients["death_date"].notna(),
            progressed=progressed if cohort.has("progression_date") else None,
            modes=patients["treatment_mode"],
        ),
        of_courses,
    )


def has_courses(cohort: Cohort) -> bool:
    """Tell whether it is known when treatment began, and whether patients died or live."""
    return cohort.records("rt_start", "ici_start", "last_contact_date") and cohort.has("death")


def course_rows(
    observed: pd.Series, *, died: pd.Series, progressed: pd.Series | None, modes: pd.Series
) -> Rows:
    """Give how long patients were observed (months), and counts of outcomes and of modes.

    Whoever did not die and was observed counts as alive at last contact (`death`, no). Where no
    progression is recorded (None), none is counted.
    """
    known, n = observed.dropna().astype("float64"), len(observed)

    def count(variable: str, level: str, patients: int) -> dict[str, Any]:
        return _count_row(COURSES, variable, level, patients, n)

    given = modes.dropna().astype(str).value_counts()
    return [
        *_drawn_rows(COURSES, "follow_up", n, n - len(known), n=n),
        *_summary_rows(COURSES, "follow_up", known, "months", n=len(known)),
        *([] if progressed is None else [count("progression", YES, int(progressed.sum()))]),
        count("death", YES, int(died.sum())),
        count("death", NO, int((~died & observed.notna()).sum())),
        *(count("treatment_mode", mode, int(given[mode])) for mode in sorted(given.index)),
    ]


# Histograms ------------------------------------------------------------------------------------


def histograms(
    cohort: Cohort,
    quantities: Mapping[str, float | None],
    analysis_id: str = HISTOGRAM,
    *,
    log: bool = False,
) -> pd.DataFrame:
    """Give bars, median and range of quantities of the patients that are recorded.

    `quantities` has the width of the bars of each, in its unit; see `histogram_rows`.
    """
    rows: Rows = []
    for name, width in quantities.items():
        if cohort.records(name):
            unit = cohort.study.variable(name).unit
            values = cohort.patients[name]
            rows += histogram_rows(name, values, width, analysis_id=analysis_id, unit=unit, log=log)
    return to_table(rows, histograms)


def histograms_of_times(
    cohort: Cohort, endpoints: Sequence[str], width: float, analysis_id: str = HISTOGRAM
) -> pd.DataFrame:
    """Give the bars of the times to an event, `group` event yes, and of those censored, no."""
    rows: Rows = []
    for name in endpoints:
        times = cohort.times(name)
        for level, ended in ((YES, True), (NO, False)) if len(times) else ():
            lengths = times["days"][times["event"] == ended].map(months)
            rows += histogram_rows(
                name,
                lengths,
                width,
                analysis_id=analysis_id,
                unit="months",
                group="event",
                group_level=level,
            )
    return to_table(rows, histograms_of_times)


def histogram_rows(
    variable: str,
    values: pd.Series,
    width: float | None = None,
    *,
    log: bool = False,
    analysis_id: str = HISTOGRAM,
    unit: str = "",
    **keys: Any,
) -> Rows:
    """Give the bars of a histogram, `variable_level` from one edge to the other; median and range.

    Parameters
    ----------
    values
        One value a patient; missing values, and on a logarithmic axis values of zero or less, are
        not shown, and counted (`excluded`).
    width
        Of the bars, which start at a multiple of it; chosen from the data when None. On a
        logarithmic axis there are four bars to a factor of ten.
    """
    shown = usable(values, log)
    keys = {"n": len(shown), **keys}
    rows = _drawn_rows(analysis_id, variable, len(shown), len(values) - len(shown), **keys)
    rows += _summary_rows(analysis_id, variable, shown, unit, **keys)
    if shown.empty:
        return rows
    edges = _edges(shown, width, log)
    counts, _ = np.histogram(shown, edges)
    return rows + [
        row(
            analysis_id,
            variable,
            Statistic.COUNT,
            int(count),
            variable_level=f"{plain(low)} to {plain(high)}",
            unit="patients",
            **keys,
        )
        for low, high, count in zip(edges, edges[1:], counts, strict=False)
    ]


def usable(values: pd.Series, log: bool) -> pd.Series:
    """Give the values that a histogram shows."""
    known = pd.to_numeric(values).dropna().astype("float64")
    return known[known > 0] if log else known


def bars(rows: pd.DataFrame) -> tuple[Numbers, npt.NDArray[np.int64]]:
    """Give the edges of the bars that `histogram_rows` wrote, and the patients in each."""
    counted = rows[rows["statistic"] == Statistic.COUNT]
    ends = [tuple(map(float, level.split(" to "))) for level in counted["variable_level"]]
    edges = np.array([low for low, _ in ends] + [high for _, high in ends[-1:]])
    return edges, counted["value"].to_numpy(dtype=np.int64)


def _edges(values: pd.Series, width: float | None, log: bool) -> Numbers:
    if log:
        first = np.floor(np.log10(values.min()))
        last = max(np.ceil(np.log10(values.max())), first + 1)
        return np.logspace(first, last, int(last - first) * 4 + 1)
    step = width or _round_step((values.max() - values.min()) / 12)
    first = np.floor(values.min() / step) * step
    count = int(np.floor((values.max() - first) / step)) + 1
    return np.asarray(first + step * np.arange(count + 1))


def _round_step(step: float) -> float:
    """Give 1, 2 or 5 times a power of ten, the first that is no less than `step`."""
    if step <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(step))
    return float(next(power * m for m in (1, 2, 5, 10) if power * m >= step * (1 - 1e-9)))


# Regimens and dates ------------------------------------------------------------------------------


def of_regimens(cohort: Cohort) -> pd.DataFrame:
    """Give how many patients were given each regimen of radiotherapy."""
    if not cohort.records("rt_dose_gy", "rt_fractions"):
        return to_table([], of_regimens)
    return to_table(regimen_rows(cohort.patients), of_regimens)


def regimen_rows(patients: pd.DataFrame) -> Rows:
    """Give the patients of each regimen, `variable_level` Gy / fractions, by fractions and dose."""
    given = patients[["rt_fractions", "rt_dose_gy"]].dropna().astype("float64")
    n = len(given)
    rows = [row(REGIMENS, "rt_dose_gy", Statistic.N, n, unit="patients", n=n)]
    for _, alike in given.groupby(["rt_fractions", "rt_dose_gy"]):
        fractions, dose = (plain(value) for value in alike.iloc[0])
        rows.append(
            row(
                REGIMENS,
                "rt_dose_gy",
                Statistic.COUNT,
                len(alike),
                variable_level=f"{dose}/{fractions}",
                unit="patients",
                n=n,
            )
        )
    return rows


def of_dates(cohort: Cohort) -> pd.DataFrame:
    """Give enrolment by month and year, and the days of the week of visits and deaths."""
    if not cohort.records("enrolment_date", "last_contact_date"):
        return to_table([], of_dates)
    patients = cohort.patients
    alive = patients["death_date"].isna()
    return to_table(
        calendar_rows(
            patients["enrolment_date"],
            {
                "death_date": patients["death_date"],
                "progression_date": patients["progression_date"],
                "last_imaging_date": patients["last_imaging_date"],
                "last_contact_date": patients["last_contact_date"].where(alive),
                "time_zero": patients["time_zero"],
            },
        ),
        of_dates,
    )


def calendar_rows(enrolled: pd.Series, events: Mapping[str, pd.Series]) -> Rows:
    """Give patients by month and by year of enrolment, and events by the day of the week.

    `variable_level` is 2018-02, 2018 and Mon. The months are those of whole years.
    """
    days = enrolled.dropna()
    rows: Rows = []

    n = len(days)
    rows.append(row(CALENDAR, "enrolment_date", Statistic.N, n, unit="patients", n=n))
    if n:
        first, last = f"{days.min().year}-01", f"{days.max().year}-12"
        by_month = days.dt.to_period("M").value_counts()
        by_month = by_month.reindex(pd.period_range(first, last, freq="M"), fill_value=0)
        by_year = by_month.groupby([month.year for month in by_month.index]).sum()
        for counts in (by_month, by_year):
            rows += [
                _count_row(CALENDAR, "enrolment_date", at, int(k), n) for at, k in counts.items()
            ]
    for name, dates in events.items():
        known = dates.dropna()
        rows.append(row(CALENDAR, name, Statistic.N, len(known), unit="patients", n=len(known)))
        rows += [
            _count_row(CALENDAR, name, day, int((known.dt.weekday == place).sum()), len(known))
            for place, day in enumerate(WEEKDAYS)
        ]
    return rows

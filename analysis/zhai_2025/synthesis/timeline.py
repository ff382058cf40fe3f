"""Calendar dates: enrolment, courses of treatment, imaging, last contact, death.

Outcomes come as days from the first treatment. Visits and treatment fall on working days,
deaths on any day of the week.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.synthesis.curves import NONE
from analysis.synthesis.kernels import Floats, Ints
from analysis.synthesis.quantities import Unreachable, draw, middle_pair
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.synthesis.description import DATA_CUTOFF
from analysis.zhai_2025.synthesis.irradiation import Regimen
from analysis.zhai_2025.synthesis.outcomes import FISTULA, Outcomes

_DAY = datetime.timedelta(days=1)
_WEEK, CYCLE = 7, 21
# A checkpoint inhibitor may go on until the visit after a progression.
_AFTER_PROGRESSION = 14
_LONG = 300


@dataclass
class Course:
    """One patient's treatment, in days from its first day.

    `missed` are working days without a fraction that radiotherapy lost.
    """

    rt_start: int
    missed: int
    ici_start: int
    ici_latest: int
    cycles: int = 1
    ici_end: int = 0
    rt_end: int = 0


def first_days(
    outcomes: Outcomes, targets: Targets, rng: np.random.Generator
) -> tuple[list[datetime.date], Ints]:
    """Give each patient's first day of treatment, and the day of last imaging.

    The weekday is such that progression, relapse and last contact of the living fall on
    working days; last imaging is moved by a few days to one, never past the day of an event,
    so that no curve changes.

    Raises
    ------
    Unreachable
        When a patient has no such weekday.
    """
    first_year = int(targets.value("eligibility", "enrolment_year", "threshold_min"))
    last_year = int(targets.value("eligibility", "enrolment_year", "threshold_max"))
    # Enrolment is up to seven working days before the first treatment.
    opening, closing = datetime.date(first_year, 1, 15), datetime.date(last_year, 12, 30)
    # Days on which a curve that is censored at last imaging steps down: IRFS, and ORFS too in
    # patients without progression.
    in_field_steps = np.unique(outcomes.in_field[outcomes.in_field >= 0])
    steps = np.union1d(outcomes.progression[outcomes.progression >= 0], in_field_steps)
    starts: list[datetime.date] = []
    bounds: list[datetime.date] = []
    imaging = outcomes.imaging.copy()
    for i in range(targets.n):
        visits = [0, *(int(d) for d in (outcomes.progression[i], outcomes.in_field[i]) if d >= 0)]
        if not outcomes.died[i]:
            visits.append(int(outcomes.time[i]))
        for weekday in rng.permutation(5):
            if any((weekday + day) % _WEEK > 4 for day in visits):
                continue
            seen = steps if outcomes.progression[i] == NONE else in_field_steps
            moved = _imaging_day(outcomes, i, int(weekday), seen, rng)
            if moved is not None:
                imaging[i] = moved
                break
        else:
            raise Unreachable("a patient's visits do not fall on working days")
        latest = min(closing, DATA_CUTOFF - _DAY * int(outcomes.time[i]))
        # Most of the living were seen in the last months before the cut-off, and a programme
        # enrols more patients once it is known.
        near_cutoff = latest < closing and not outcomes.died[i] and rng.random() < 0.75
        span = min((latest - opening).days, 120) if near_cutoff else (latest - opening).days
        day = latest - _DAY * int((span + 1) * rng.beta(1.0, 1.15))
        day -= _DAY * ((day.weekday() - int(weekday)) % _WEEK)
        starts.append(max(day, opening + _DAY * ((int(weekday) - opening.weekday()) % _WEEK)))
        bounds.append(latest)
    _to_both_ends(starts, bounds, opening, closing)
    return starts, imaging


def _to_both_ends(
    starts: list[datetime.date],
    latest: list[datetime.date],
    opening: datetime.date,
    closing: datetime.date,
) -> None:
    """Move the first patient to the opening, and the last who can to the closing, by weeks."""
    first = int(np.argmin([day.toordinal() for day in starts]))
    starts[first] -= _DAY * ((starts[first] - opening).days // _WEEK * _WEEK)
    able = [i for i, day in enumerate(latest) if day == closing and i != first]
    last = max(able, key=lambda i: starts[i])
    starts[last] += _DAY * ((closing - starts[last]).days // _WEEK * _WEEK)


def _imaging_day(
    outcomes: Outcomes, i: int, weekday: int, steps: Ints, rng: np.random.Generator
) -> int | None:
    """Give a working day near to a patient's last imaging, on the same side of all steps."""
    day, last = int(outcomes.imaging[i]), int(outcomes.time[i])
    earliest = max(int(outcomes.progression[i]), int(outcomes.in_field[i]), 1)
    # Not simply the nearest: every weekend would go to a Friday or a Monday.
    shifts = np.arange(-30, 31)
    for shift in shifts[np.argsort(np.abs(shifts) + rng.uniform(0, _WEEK, len(shifts)))]:
        moved = day + int(shift)
        if not earliest <= moved <= last - int(outcomes.died[i]) or (weekday + moved) % _WEEK > 4:
            continue
        if np.searchsorted(steps, moved, "right") == np.searchsorted(steps, day, "right"):
            return moved
    return None


def courses(
    profile: pd.DataFrame,
    regimens: list[Regimen],
    outcomes: Outcomes,
    starts: list[datetime.date],
    targets: Targets,
    options: Parameters,
    rng: np.random.Generator,
) -> list[Course]:
    """Give each patient's courses: overlapping when concurrent, else at most 8 weeks apart.

    Cycles fit the time to progression or last contact, and their median and range are exact.
    """
    planned = [
        _plan(
            profile["treatment_mode"].iloc[i] == "concurrent",
            regimens[i].fractions,
            starts[i],
            _treated_until(outcomes, targets, i),
            i == FISTULA,
            round(options.interval_max_weeks * _WEEK),
            rng,
        )
        for i in range(targets.n)
    ]
    most = np.array([1 + (c.ici_latest - c.ici_start) // CYCLE for c in planned], dtype=float)
    switched = (profile["ici_switched"] == "yes").to_numpy()
    cycles = _cycles(most, switched, targets, rng)
    for i, course in enumerate(planned):
        course.cycles = int(cycles[i])
        _finish(course, profile["treatment_mode"].iloc[i] == "concurrent", starts[i], options, rng)
        first = starts[i] + _DAY * course.rt_start
        last = last_fraction(first, regimens[i].fractions, course.missed)
        course.rt_end = (last - starts[i]).days
    return planned


def _treated_until(outcomes: Outcomes, targets: Targets, i: int) -> int:
    until = int(outcomes.time[i]) - 5
    if i == FISTULA:
        # It came in maintenance therapy, which ended with it.
        event = targets.printed("grade5_case_2", "months_to_event", "value")
        until = min(until, event.whole_days()[0])
    if outcomes.progression[i] != NONE:
        until = min(until, int(outcomes.progression[i]) + _AFTER_PROGRESSION)
    return until


def _plan(
    concurrent: bool,
    fractions: int,
    start: datetime.date,
    until: int,
    radiotherapy_first: bool,
    longest_gap: int,
    rng: np.random.Generator,
) -> Course:
    """Lay out which treatment comes first; days are from the first of them."""
    missed = int(rng.binomial(2, 0.2))
    days = (last_fraction(start, fractions, missed) - start).days
    if concurrent:
        if radiotherapy_first or rng.random() < 0.4:
            # The day after: what starts together may have its radiotherapy put off (`_finish`).
            soonest = int(radiotherapy_first)
            inside = [d for d in range(soonest, days + 1) if _is_working(start, d)]
            return Course(0, missed, int(rng.choice(inside[: max(1, len(inside) - 1)])), until)
        # Radiotherapy starts later, while cycles go on; `_finish` says when.
        return Course(0, missed, 0, until)
    room = until - days - CYCLE
    # Some cycles first, then radiotherapy; seldom in those whose treatment goes on for long, or
    # too few patients would reach the median number of cycles.
    cycles_first = rng.random() < (0.5 if until < _LONG else 0.1)
    if not radiotherapy_first and cycles_first and room > CYCLE:
        latest = min(room - 7, 7 * CYCLE)
        return Course(NONE, missed, 0, max(0, latest))
    gap = int(min(longest_gap, 1 + rng.gamma(2.0, 9.0), max(1, until - days - 1)))
    return Course(0, missed, _working(start, days + gap, days + 1, days + longest_gap), until)


def _cycles(
    most: Floats, switched: np.ndarray, targets: Targets, rng: np.random.Generator
) -> Floats:
    fewest, longest = (int(targets.value("treatment", "ici_cycles", s)) for s in ("min", "max"))
    if most.max() < longest:
        raise Unreachable(f"nobody is treated long enough for {longest} cycles")
    low = np.where(switched, 2.0, float(fewest))
    most = np.maximum(np.minimum(most, longest), low)
    low[FISTULA] = most[FISTULA]
    middle = middle_pair(targets.printed("treatment", "ici_cycles", "median"), 0, 1)
    shape = np.maximum(most * 0.75, 1.5)
    cycles = draw(stats.norm(shape, most * 0.3 + 0.5), low, most, middle, 0, rng)
    cycles[np.argmax(most + cycles / 100)] = longest
    able = np.flatnonzero(~switched & (cycles < middle[0]))
    cycles[able[np.argmin(cycles[able])]] = fewest
    return cycles


def _finish(
    course: Course,
    concurrent: bool,
    start: datetime.date,
    options: Parameters,
    rng: np.random.Generator,
) -> None:
    """Fill in last cycles, with the odd week of delay, and the start of radiotherapy after ICI."""
    shortest = CYCLE * (course.cycles - 1)
    spare = max(0, course.ici_latest - course.ici_start - shortest) // _WEEK
    delays = int(min(spare, rng.binomial(course.cycles - 1, 0.06))) if course.cycles > 1 else 0
    course.ici_end = course.ici_start + shortest + _WEEK * delays
    if concurrent and course.ici_start == 0 and course.ici_end > 0:
        soon = int(rng.integers(0, min(course.ici_end, 42) + 1))
        course.rt_start = _working(start, soon, 0, course.ici_end)
    elif course.rt_start == NONE:
        longest = round(options.interval_max_weeks * _WEEK)
        gap = int(min(longest, 1 + rng.gamma(2.0, 7.0)))
        course.rt_start = _working(
            start, course.ici_end + gap, course.ici_end + 1, course.ici_end + longest
        )


def last_fraction(first: datetime.date, fractions: int, missed: int) -> datetime.date:
    """Give the day of the last fraction: five a week, of five or fewer every other day."""
    every = 2 if fractions <= 5 else 1
    return _working_days_later(first, every * (fractions - 1) + missed)


def _working_days_later(day: datetime.date, days: int) -> datetime.date:
    return pd.Timestamp(np.busday_offset(np.datetime64(day, "D"), days, roll="forward")).date()


def _is_working(start: datetime.date, day: int) -> bool:
    return (start.weekday() + day) % _WEEK < 5


def _working(start: datetime.date, day: int, earliest: int, latest: int) -> int:
    """Give the working day nearest to a day, from earliest to latest."""
    near: Iterator[int] = iter(sorted(range(earliest, latest + 1), key=lambda d: abs(d - day)))
    for candidate in near:
        if _is_working(start, candidate):
            return candidate
    return earliest


def working_day_before(day: datetime.date, days: int) -> datetime.date:
    """Give the working day that is so many working days before a working day."""
    return _working_days_later(day, -days)


def birth_date(day: datetime.date, age: int, rng: np.random.Generator) -> datetime.date:
    """Give a date of birth of somebody who is `age` completed years old on a day."""
    latest = day.replace(year=day.year - age, day=min(day.day, 28))
    return latest - _DAY * int(rng.integers(0, 360))

"""What happens to the patients of this article: records, curves, and where the search begins.

For each patient there are the last contact (or death), the progression, the last imaging and the
in-field relapse. Who dies and who progresses is fixed beforehand from the published counts; the
search (`analysis.synthesis.curves`) then moves days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.synthesis.curves import (
    NONE,
    UNBOUNDED,
    Asked,
    Band,
    Curve,
    Gap,
    Histories,
    Search,
    asked_of,
    day_of,
)
from analysis.synthesis.kernels import Flags, Ints
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.synthesis import steady
from analysis.zhai_2025.synthesis.steady import EARLIEST_IMAGING

RATE_MONTHS = ("12", "24")
RECORDS = ("contact", "progression", "imaging", "in-field relapse")
# Imaging is moved to a working day afterwards, where no curve sees it (`timeline.first_days`).
VISITS = ("contact", "progression", "in-field relapse")
# In-field and out-of-field relapse are censored at the last imaging; every progression is (also)
# out of field. Follow-up is reverse Kaplan-Meier (Schemper and Smith 1996).
CURVES = (
    Curve("OS", {"died": "contact"}, "contact", limits=True, rates=RATE_MONTHS, compared=True),
    Curve(
        "PFS",
        {"progressed": "progression", "died": "contact"},
        "contact",
        limits=True,
        rates=RATE_MONTHS,
        compared=True,
    ),
    Curve("ORFS", {"progressed": "progression"}, "imaging", limits=True, rates=RATE_MONTHS),
    Curve("IRFS", {"relapsed in field": "in-field relapse"}, "imaging", rates=RATE_MONTHS),
    Curve("follow_up", {"alive": "contact"}, "contact"),
)
CAUSES = ("adverse event", "other disease", "tumour")
# Positions of the two patients with a fatal adverse event (Discussion).
FISTULA, DIARRHOEA = 0, 1
# From progression to death of the tumour, and from any last imaging to death, days.
SHORTEST_AFTER_PROGRESSION = 21
SHORTEST_AFTER_IMAGING = 3
LONGEST_AFTER_IMAGING = 185
# Radiotherapy, two weeks of it, may start some weeks after the first treatment, and a fistula
# kills within weeks.
FISTULA_TO_DEATH = (20, 75)
LATEST_DIARRHOEA = 365


@dataclass(frozen=True)
class Outcomes:
    """What happened to each patient, in whole days from the first treatment.

    Arrays have one entry a patient. `progression` is -1 without one, `in_field` is -1 without
    an in-field relapse; a progression is always (also) out of field. `cause` is "" in the
    living.
    """

    time: Ints
    died: Ints
    progression: Ints
    imaging: Ints
    in_field: Ints
    cause: tuple[str, ...]


def outcomes(targets: Targets, histories: Histories) -> Outcomes:
    """Give the outcomes that the search has found, with the causes of death."""
    return Outcomes(
        time=histories.of("contact"),
        died=histories.kinds["died"].astype(np.int64),
        progression=histories.of("progression"),
        imaging=histories.of("imaging"),
        in_field=histories.of("in-field relapse"),
        cause=_causes(targets),
    )


def _causes(targets: Targets) -> tuple[str, ...]:
    """Give the causes of death, those who die first."""
    deaths = {cause: targets.count("survival", "cause_of_death", cause) for cause in CAUSES}
    died = [cause for cause, count in deaths.items() for _ in range(count)]
    return tuple(died + [""] * (targets.n - len(died)))


def asked(targets: Targets, factors: Sequence[str]) -> tuple[Asked, ...]:
    """Give what the ledger asks of every curve, and that the first year runs steadily."""
    within = steady.TOLERANCE - steady.MARGIN
    bands = [
        Band(
            point.variable,
            point.day,
            point.survival - within,
            point.survival + within,
            f"a steady {point.variable} until day {point.day}",
        )
        for point in steady.steady(targets)
    ]
    return asked_of(targets, CURVES, factors, bands)


@dataclass(frozen=True)
class _Spans:
    """Stretches of days that the article's numbers single out.

    `quiet` are days on which ORFS has no room for two progressions, `second_year` the days
    between the two printed rates, `deaths` those on which a printed median of PFS needs an event
    though there is no room for a progression.
    """

    shortest: range
    longest: range
    quiet: range
    second_year: range
    deaths: list[tuple[int, int]]


def _spans(targets: Targets, asked: Sequence[Asked]) -> _Spans:
    first, second = (day_of(month) for month in RATE_MONTHS)
    orfs = targets.printed("survival", "ORFS", "median")
    quiet = range(first + 1, orfs.whole_days()[0] if orfs.is_reached else first + 1)
    pfs = next(one for one in asked if one.curve.name == "PFS")
    return _Spans(
        shortest=targets.printed("survival", "follow_up", "min").whole_days(),
        longest=targets.printed("survival", "follow_up", "max").whole_days(),
        quiet=quiet,
        second_year=range(first + 1, second + 1),
        deaths=[days for days in pfs.stretches() if days[0] in quiet],
    )


def begin(targets: Targets, asked: Sequence[Asked], rng: np.random.Generator) -> Search:
    """Draw who dies and who progresses, and days to begin with, that look like such patients'."""
    spans = _spans(targets, asked)
    # Some who die of another disease have progressed before.
    deaths = targets.count("survival", "death")
    of_tumour = targets.count("survival", "cause_of_death", "tumour")
    without = deaths - of_tumour - int(rng.integers(0, 3))
    kinds = _kinds(targets, without)
    limits = _limits(targets, spans, kinds, without)
    histories = Histories(
        kinds, RECORDS, _first_days(spans, kinds, limits, rng), _gaps(spans, kinds, limits), VISITS
    )
    return Search(histories, asked, rng)


def _kinds(targets: Targets, without: int) -> dict[str, Flags]:
    """Say who dies and who progresses; the first `without` die without a progression."""
    patients = np.arange(targets.n)
    deaths = targets.count("survival", "death")
    progressed = targets.count("survival", "progression")
    relapsed = targets.count("survival", "in_field_relapse")
    return {
        "died": patients < deaths,
        "alive": patients >= deaths,
        "progressed": (patients >= without) & (patients < without + progressed),
        "relapsed in field": (patients >= deaths) & (patients < deaths + relapsed),
    }


@dataclass(frozen=True)
class _Limits:
    """Between which days a patient's last contact may lie, and how late a progression."""

    earliest_contact: Ints
    latest_contact: Ints
    latest_progression: Ints


def _limits(targets: Targets, spans: _Spans, kinds: dict[str, Flags], without: int) -> _Limits:
    n = targets.n
    earliest, latest = np.full(n, spans.shortest[0]), np.full(n, spans.longest[-1])
    progression = latest.copy()
    # The last two are the shortest and the longest follow-up, both still alive.
    latest[n - 2] = spans.shortest[-1]
    earliest[n - 1] = spans.longest[0]
    # No relapse in the field within a year of treatment, all of them within two.
    relapsed = kinds["relapsed in field"]
    progression[relapsed] = spans.second_year[0]
    earliest[relapsed] = int(np.mean(spans.second_year))

    event = targets.printed("grade5_case_2", "months_to_event", "value").whole_days()
    earliest[FISTULA] = event[0] + FISTULA_TO_DEATH[0]
    latest[FISTULA] = event[-1] + FISTULA_TO_DEATH[1]
    latest[DIARRHOEA] = LATEST_DIARRHOEA
    # Medians of PFS on days without room for a progression are deaths without one; so is
    # most of what PFS loses beyond ORFS in the second year.
    at = spans.deaths
    others = [i for i in range(without) if i not in (FISTULA, DIARRHOEA)]
    if at and earliest[FISTULA] <= at[-1][0] and at[-1][1] <= latest[FISTULA]:
        others.insert(len(at) - 1, FISTULA)
    for i, days in zip(others, at, strict=False):
        earliest[i], latest[i] = days
    earliest[[i for i in others[len(at) :] if i != FISTULA]] = spans.quiet.stop
    return _Limits(earliest, latest, progression)


def _gaps(spans: _Spans, kinds: dict[str, Flags], limits: _Limits) -> list[Gap]:
    died, followed = kinds["died"], spans.longest[-1]
    to_death = np.where(died, SHORTEST_AFTER_PROGRESSION, -UNBOUNDED)
    return [
        Gap("contact", least=limits.earliest_contact, most=limits.latest_contact),
        Gap(
            "contact",
            since="imaging",
            least=np.where(died, SHORTEST_AFTER_IMAGING, 0),
            most=LONGEST_AFTER_IMAGING,
        ),
        Gap("imaging", least=EARLIEST_IMAGING, most=followed),
        Gap("progression", least=EARLIEST_IMAGING, most=limits.latest_progression),
        Gap("imaging", since="progression", least=0),
        Gap("contact", since="progression", least=to_death),
        Gap("in-field relapse", most=followed),
        Gap("in-field relapse", since="progression", least=0),
        Gap("imaging", since="in-field relapse", least=0),
    ]


def _first_days(
    spans: _Spans, kinds: dict[str, Flags], limits: _Limits, rng: np.random.Generator
) -> Ints:
    """Draw days within the limits, that look like those of such patients."""
    n, year = len(limits.earliest_contact), spans.second_year[0]
    dying = np.where(
        rng.random(n) < 0.5,
        rng.uniform(spans.shortest[-1], year, n),
        year + rng.gamma(2.0, 90, n),
    )
    followed = spans.shortest[-1] + rng.weibull(1.2, n) * 480
    contact = np.clip(
        np.where(kinds["died"], dying, followed).astype(np.int64),
        limits.earliest_contact,
        limits.latest_contact,
    )
    unseen = np.minimum(rng.integers(SHORTEST_AFTER_IMAGING, 90, n), contact - EARLIEST_IMAGING)
    imaging = contact - unseen
    latest = np.minimum(imaging, contact - SHORTEST_AFTER_PROGRESSION)
    progression = np.clip(
        (latest * rng.beta(2, 1.2, n)).astype(np.int64),
        EARLIEST_IMAGING,
        limits.latest_progression,
    )
    in_field = (progression + imaging) // 2
    return np.column_stack(
        [
            contact,
            np.where(kinds["progressed"], progression, NONE),
            imaging,
            np.where(kinds["relapsed in field"], in_field, NONE),
        ]
    )

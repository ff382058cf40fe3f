"""All bounds of an article: every factor and endpoint, on any days and on those of one cohort."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import joblib

from analysis.synthesis.bounds import checker, curve, finder
from analysis.synthesis.bounds.form import CurveProved, Data, Day, Proved, Question
from analysis.synthesis.bounds.questions import Counted, on_days, question
from analysis.synthesis.kernels import Ints
from analysis.synthesis.targets import MissingClaim, Targets

Interval = tuple[float, float]
Curves = tuple[Ints, Ints]


class File(Data):
    """What stands in a file of bounds: which ledger they are of, and the bounds."""

    ledger: str
    proved: tuple[Proved, ...]
    curves: tuple[CurveProved, ...]


FILE = "bounds.json"
INFINITE = float("inf")


def prove(
    targets: Targets,
    counted: Counted,
    factors: Sequence[str],
    curves: Mapping[str, Curves] | None = None,
    workers: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Proved, ...]:
    """Give what can be proved of every hazard ratio; the same for any number of workers.

    Parameters
    ----------
    curves
        By endpoint, days and events (1) of all patients of a cohort: bounds on its days are given
        too, after those on any days.
    """
    asked = []
    for days in (None, *([curves] if curves else [])):
        for factor in factors:
            for endpoint in counted.compared:
                try:
                    asked.append(
                        question(
                            targets,
                            counted,
                            factor,
                            endpoint,
                            None if days is None else days[endpoint],
                        )
                    )
                except MissingClaim as missing:
                    progress(f"{factor}, {endpoint}: {missing}")
    found = joblib.Parallel(n_jobs=workers or joblib.cpu_count(), return_as="generator")(
        joblib.delayed(finder.bounds)(one) for one, _ in asked
    )
    everything = []
    for (one, claims), bounds in zip(asked, found, strict=True):
        everything.append(Proved(question=one, bounds=bounds, claims=claims))
        on = "on the days of the cohort" if one.days else "on any days"
        known = " or ".join(f"{low:.2f} to {high:.2f}" for low, high in intervals(everything[-1]))
        progress(f"{one.factor}, {one.endpoint}, {on}: {known}")
    return tuple(everything)


def prove_curves(
    targets: Targets, counted: Counted, months: Sequence[float]
) -> tuple[CurveProved, ...]:
    """Give the limits of survival, events and patients at risk of every endpoint at months.

    What is printed is given too, as it is printed.
    """
    return tuple(
        bound
        for endpoint in counted.events
        for what in curve.ASKED
        for month in months
        for bound in curve.bounds(targets, counted, endpoint, what, month)
    )


def intervals(proved: Proved) -> list[Interval]:
    """Give the stretches in which the hazard ratio lies, in order; apart where a sign is ruled out.

    Of each branch there is a least and a greatest ratio; of those without the factor they are
    turned round. A branch of which the least is above the greatest has no cohort.

    Examples
    --------
    >>> from analysis.synthesis.bounds.form import Question, Bound
    >>> asked = Question(factor="a", endpoint="OS", patients=9, sizes=(4, 4), events=(5, 5),
    ...                  z=(1.0, 1.1), points=(), most_a_day=1, most_tied=0)
    >>> bounds = tuple(
    ...     Bound(branch=branch, side="at least", ratio=1.25, parts=())
    ...     for branch in ("above 1", "below 1")
    ... )
    >>> intervals(Proved(question=asked, bounds=bounds, claims={}))
    [(0.0, 0.8), (1.25, inf)]
    """
    ends = {(bound.branch, bound.side): bound.ratio for bound in proved.bounds}
    found = []
    for branch in ("below 1", "above 1"):
        least = ends.get((branch, "at least"), 0.0)
        most = ends.get((branch, "at most"), INFINITE)
        if least > most:
            continue
        if branch == "below 1":
            least, most = 1 / most, 1 / least if least > 0 else INFINITE
        found.append((least, most))
    if len(found) == 2 and found[0][1] >= found[1][0]:
        return [(min(found[0][0], found[1][0]), max(found[0][1], found[1][1]))]
    return found


def holds(found: Iterable[Interval], ratio: float) -> bool:
    """Tell whether a hazard ratio lies in one of the stretches."""
    return any(low <= ratio <= high for low, high in found)


def write(
    path: Path,
    everything: Sequence[Proved],
    ledger: str,
    curves: Sequence[CurveProved] = (),
) -> None:
    """Write bounds and their proofs as JSON, whole or not at all.

    `ledger` says of which published numbers they are (`estimates.ensemble.ledger_digest`).
    """
    body = File(ledger=ledger, proved=tuple(everything), curves=tuple(curves)).model_dump_json()
    new = path.with_name(path.name + ".new")
    new.write_text(body + "\n", encoding="utf-8")
    new.replace(path)


def read(path: Path) -> File:
    """Read what `write` has written.

    Raises
    ------
    pydantic.ValidationError
        When it is something else.
    """
    return File.model_validate_json(path.read_bytes())


def check(
    everything: Iterable[Proved],
    ledger: Path,
    curves: Mapping[str, Curves] | None = None,
    of_curves: Iterable[CurveProved] = (),
) -> int:
    """See that every bound holds, and give how many there are.

    Raises
    ------
    checker.Rejected
        At the first that does not.
    """
    with ledger.open(encoding="utf-8", newline="") as file:
        claims = {row["claim_id"]: row for row in csv.DictReader(file)}
    days: dict[str, Sequence[Day]] = {
        endpoint: on_days(*both) for endpoint, both in (curves or {}).items()
    }
    checked = 0
    for proved in everything:
        asked: Question = proved.question
        try:
            checker.check(proved, claims, days.get(asked.endpoint, ()))
        except checker.Rejected as reason:
            raise checker.Rejected(f"{asked.factor}, {asked.endpoint}: {reason}") from None
        checked += len(proved.bounds)
    for limit in of_curves:
        try:
            checker.check_curve(limit, claims)
        except checker.Rejected as reason:
            raise checker.Rejected(f"{limit.question.endpoint}: {reason}") from None
        checked += 1
    return checked

"""Proved bounds of hazard ratios: no cohort lies outside, and what is no proof is refused."""

from __future__ import annotations

import csv
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.estimates import curves
from analysis.estimates.log_rank import log_rank
from analysis.estimates.one_factor import hazard_ratio
from analysis.study.parameters import Parameters
from analysis.synthesis.bounds import checker, curve, finder, lattice, means, run
from analysis.synthesis.bounds.form import Point, Proved, Question
from analysis.synthesis.bounds.questions import on_days, question
from analysis.synthesis.bounds.rows import rows
from analysis.synthesis.targets import MissingClaim, Targets
from analysis.zhai_2025.synthesis.bounds import COUNTED
from analysis.zhai_2025.synthesis.factors import NAMES
from benchmarks import printed_cohorts

BOUNDS = CLAIMS.parents[1] / "ensemble" / "bounds.json"


@pytest.fixture(scope="module")
def claims() -> dict[str, dict[str, str]]:
    with CLAIMS.open(encoding="utf-8", newline="") as file:
        return {row["claim_id"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def pvtt(claims: dict[str, dict[str, str]]) -> Proved:
    asked, names = question(Targets(read_ledger(CLAIMS)), COUNTED, "pvtt", "OS")
    return Proved(question=asked, bounds=finder.bounds(asked), claims=names)


def _path(truth: printed_cohorts.Truth, asked: Question) -> np.ndarray:
    """Give the path of a cohort as the lattice does: at risk with and without, step, phase."""
    times, kinds = truth.times, lattice.steps(1, 1, asked.most_a_day, 2).kinds.tolist()
    own = (times["level"] == "yes").to_numpy()
    days, event = times["days"].to_numpy(), times["event"].to_numpy()
    a, c = int(own.sum()), int((~own).sum())
    path = []
    for day in np.unique(days):
        phase = sum(day >= point for point in asked.times())
        dead = [int((event & (days == day) & one).sum()) for one in (own, ~own)]
        gone = [int((~event & (days == day) & one).sum()) for one in (own, ~own)]
        if sum(dead):
            path.append((a, c, kinds.index(dead), phase))
            a, c = a - dead[0], c - dead[1]
        for _ in range(gone[0]):
            path.append((a, c, -1, phase))
            a -= 1
        for _ in range(gone[1]):
            path.append((a, c, -2, phase))
            c -= 1
    return np.array(path)


@given(seed=st.integers(0, 10**6), shares=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_path_of_a_cohort_keeps_to_every_row_that_is_printed_of_it(
    seed: int, shares: Any
) -> None:
    truth = printed_cohorts.draw(seed, 12, 30)
    targets = _targets(printed_cohorts.printed(truth))
    asked, _ = question(targets, printed_cohorts.COUNTED, "treated", "OS")
    excess = _sums(asked, _path(truth, asked), 1.0)["excess"]
    if excess < 0:
        asked = asked.of_others()
        truth = printed_cohorts.Truth(
            truth.times.assign(level=truth.times["level"].map({"yes": "no", "no": "yes"})),
            1 / truth.ratio,
        )
    path = _path(truth, asked)
    variance = _sums(asked, path, 1.0)["variance"]
    for side, ratio in (("at least", truth.ratio * 1.000001), ("at most", truth.ratio / 1.000001)):
        paths = finder.Paths(asked)
        lines = rows(asked, side, (variance * 0.9, variance * 1.1))  # type: ignore[arg-type]
        score = lattice.score(*paths._shape, paths._steps.kinds, math.log(ratio))
        sums = finder._with_score(path, paths._sums_of(path), score)
        for row in lines:
            value = float(paths._line(row) @ sums + row.constant)
            assert value > -1e-7, (side, row.name, value)
        # No weights make the sum of this path more than the greatest.
        weights = np.array([shares.random() for _ in lines])
        line = weights @ np.array([paths._line(row) for row in lines])
        greatest, best = paths._greatest(line, score)
        assert greatest >= line @ sums - 1e-9
        reached = line @ finder._with_score(best, paths._sums_of(best), score)
        assert greatest == pytest.approx(float(reached), abs=1e-6)


def _targets(printed: list[dict[str, str]]) -> Targets:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "claims.csv"
        pd.DataFrame(printed).to_csv(path, index=False)
        return Targets(read_ledger(path))


def _sums(asked: Question, path: np.ndarray, ratio: float) -> dict[str, float]:
    paths = finder.Paths(asked)
    score = lattice.score(*paths._shape, paths._steps.kinds, math.log(ratio))
    found = finder._with_score(path, paths._sums_of(path), score)
    return dict(zip(paths._places, found.tolist(), strict=False))


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_sums_of_a_path_are_the_log_rank_test_and_the_score_of_cox(seed: int) -> None:
    truth = printed_cohorts.draw(seed, 12, 30)
    asked, _ = question(
        _targets(printed_cohorts.printed(truth)), printed_cohorts.COUNTED, "treated", "OS"
    )
    path = _path(truth, asked)
    sums = _sums(asked, path, 1.0)
    test = log_rank(truth.times)
    assert sums["excess"] ** 2 / sums["variance"] == pytest.approx(test.statistic, rel=1e-9)
    # The estimate is where the score is 0, with ties after Efron.
    assert _sums(asked, path, truth.ratio)["score"] == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_a_true_ratio_is_within_its_bounds(seed: int) -> None:
    truth, found = printed_cohorts.prove(seed, least=14, most=24)
    for proved in found:
        assert run.holds(run.intervals(proved), truth.ratio)
    # That of its own days is part of that of any days, but for their rounding.
    for low, high in run.intervals(found[1]):
        assert any(
            low >= least - 0.02 and high <= most + 0.02 for least, most in run.intervals(found[0])
        )


@given(seed=st.integers(0, 10**6), month=st.sampled_from([3, 9, 18, 30]))
@settings(max_examples=6, deadline=None)
def test_a_true_curve_is_within_its_bounds(seed: int, month: int) -> None:
    truth = printed_cohorts.draw(seed, 12, 30)
    rows = printed_cohorts.printed(truth)
    targets = _targets(rows)
    ledger = targets.ledger.astype(str).to_dict("records")
    claims = {row["claim_id"]: {str(k): v for k, v in row.items()} for row in ledger}
    day, times = month * 30.4375, truth.times
    estimated = curves.curve(times, Parameters())
    true = {
        "survival": 100 * estimated[estimated["days"] <= day]["survival"].iloc[-1],
        "events": float((times["event"] & (times["days"] <= day)).sum()),
        "at risk": float((times["days"] >= day).sum()),
    }
    for what in curve.ASKED:
        for proved in curve.bounds(targets, printed_cohorts.COUNTED, "OS", what, month):
            checker.check_curve(proved, claims)
            bound = proved.bound
            if bound.side == "at least":
                assert true[what] >= bound.value - 1e-9
            else:
                assert true[what] <= bound.value + 1e-9


def test_a_limit_of_a_curve_is_accepted_and_none_that_is_changed(
    claims: dict[str, dict[str, str]],
) -> None:
    targets = Targets(read_ledger(CLAIMS))
    for what, month in (("survival", 18.0), ("events", 12.0), ("at risk", 24.0)):
        for proved in curve.bounds(targets, COUNTED, "OS", what, month):  # type: ignore[arg-type]
            checker.check_curve(proved, claims)
            bound = proved.bound
            away = 1.0 if bound.side == "at least" else -1.0
            changed_by: tuple[dict[str, Any], ...] = (
                {"value": bound.value + away},
                {"month": month + 6},
                {"weights": {name: -weight for name, weight in bound.weights.items()}},
                {"weights": {}},
            )
            for changes in changed_by:
                changed = proved.model_copy(update={"bound": bound.model_copy(update=changes)})
                with pytest.raises(checker.Rejected):
                    checker.check_curve(changed, claims)


@given(
    heights=st.lists(st.floats(0, 1), min_size=1, max_size=12),
    place=st.integers(0, 11),
    days=st.integers(1, 14),
)
def test_a_restricted_mean_is_within_the_limits_of_its_points(
    heights: list[float], place: int, days: int
) -> None:
    falling = sorted(heights, reverse=True)
    height = falling[min(place, len(falling) - 1)]
    at = float(min(place, len(falling) - 1) + 1)
    # Survival falls to each height at the end of a day; a point says between what it is.
    point = Point(of="all", claim="", before=at, low=max(0, height - 0.01), high=height + 0.01)
    steps = [*falling, *[falling[-1]] * days]
    true = sum(steps[:days])
    low, high = means.mean([point], "all", float(days))
    assert low - 1e-9 <= true <= high + 1e-9


def test_every_labelling_of_given_days_is_within_the_bounds_on_these_days() -> None:
    truth = printed_cohorts.draw(3, 11, 13)
    own = int((truth.times["level"] == "yes").sum())
    targets = _targets(printed_cohorts.printed(truth))
    asked, _ = question(targets, printed_cohorts.COUNTED, "treated", "OS", truth.curves())
    found = run.intervals(Proved(question=asked, bounds=finder.bounds(asked), claims={}))
    low, high = (math.erfc(z / math.sqrt(2)) for z in reversed(asked.z))
    reached = []
    for those in itertools.combinations(range(len(truth.times)), own):
        level = np.where(np.isin(np.arange(len(truth.times)), those), "yes", "no")
        times = truth.times.assign(level=level)
        if low <= log_rank(times).p_value <= high:
            ratio = hazard_ratio(times, "yes", Parameters()).ratio.value
            if ratio == ratio and _keeps_medians(times, asked):
                reached.append(ratio)
    assert len(reached) >= 1
    assert all(run.holds(found, ratio) for ratio in reached)


def _keeps_medians(times: pd.DataFrame, asked: Question) -> bool:
    for point in asked.points:
        group = times[times["level"] == point.of]
        estimated = curves.curve(group, Parameters())
        below = estimated[estimated["days"] < point.before]["survival"].iloc[-1]
        if not point.low - 1e-9 <= below <= point.high + 1e-9:
            return False
    return True


def test_a_proof_is_accepted_and_none_that_is_changed(
    pvtt: Proved, claims: dict[str, dict[str, str]]
) -> None:
    checker.check(pvtt, claims)
    for name, changed in _tampered(pvtt):
        assert _is_rejected(changed, claims), name


def _is_rejected(proved: Proved, claims: dict[str, dict[str, str]]) -> bool:
    try:
        checker.check(proved, claims)
    except checker.Rejected:
        return True
    return False


def _tampered(proved: Proved) -> list[tuple[str, Proved]]:
    asked, bound = proved.question, proved.bounds[0]
    assert bound.side == "at least"

    def with_question(**changes: Any) -> Proved:
        return proved.model_copy(update={"question": asked.model_copy(update=changes)})

    def with_bound(**changes: Any) -> Proved:
        return proved.model_copy(update={"bounds": (bound.model_copy(update=changes),)})

    def with_points(place: int, **changes: Any) -> Proved:
        points = list(asked.points)
        points[place] = points[place].model_copy(update=changes)
        return with_question(points=tuple(points))

    first, *others = bound.parts
    heavy = {name: weight * 1.5 for name, weight in first.weights.items() if name == "score"}
    found = [
        ("a greater ratio", with_bound(ratio=bound.ratio + 0.1)),
        ("the other side", with_bound(side="at most")),
        ("a part left out", with_bound(parts=tuple(others))),
        ("the last part left out", with_bound(parts=bound.parts[:-1])),
        ("no part", with_bound(parts=())),
        (
            "another weight",
            with_bound(
                parts=(first.model_copy(update={"weights": first.weights | heavy}), *others)
            ),
        ),
        (
            "a weight below 0",
            with_bound(
                parts=(
                    first.model_copy(update={"weights": first.weights | {"tied": -1.0}}),
                    *others,
                )
            ),
        ),
        (
            "a row that there is not",
            with_bound(
                parts=(
                    first.model_copy(update={"weights": first.weights | {"luck": 1.0}}),
                    *others,
                )
            ),
        ),
        (
            "a stretch that says it is longer",
            with_bound(
                parts=(
                    first.model_copy(update={"variance": (0.001, first.variance[1])}),
                    *others,
                )
            ),
        ),
        ("fewer patients", with_question(patients=107)),
        ("another size", with_question(sizes=(60, 60))),
        ("fewer events", with_question(events=(48, 48))),
        ("a narrower p", with_question(z=(asked.z[0] + 0.01, asked.z[1]))),
        ("a smaller p", with_question(z=(asked.z[0], asked.z[1] - 0.01))),
        ("another factor", with_question(factor="vp4")),
        ("another endpoint", with_question(endpoint="PFS")),
        (
            "the claim of another p",
            proved.model_copy(update={"claims": proved.claims | {"p": "t5-vp4-os-p"}}),
        ),
        ("no such claim", proved.model_copy(update={"claims": proved.claims | {"p": "none"}})),
    ]
    for place, point in enumerate(asked.points):
        # At least so high until later, or at most so high from earlier on.
        day = 17.0 if point.high < 1 else 2000.0
        found.append((f"point {place} on another day", with_points(place, before=day)))
        if point.low > 0:
            found.append((f"point {place} higher", with_points(place, low=point.low + 0.02)))
        if point.high < 1:
            found.append((f"point {place} lower", with_points(place, high=point.high - 0.02)))
        other = "no" if point.of == "yes" else "yes"
        found.append((f"point {place} of others", with_points(place, of=other)))
    return found


def test_what_is_not_printed_makes_the_question_wider() -> None:
    ledger = read_ledger(CLAIMS)
    whole, _ = question(Targets(ledger), COUNTED, "pvtt", "OS")
    lacking = ledger[~ledger["claim_id"].str.contains("death|pvtt-yes-n|os-rate|follow-up")]
    less, claims = question(Targets(lacking), COUNTED, "pvtt", "OS")
    assert (whole.sizes, less.sizes) == ((69, 69), (1, 107))
    assert (whole.events, less.events) == ((49, 49), (1, 108))
    assert {point.of for point in whole.points} == {"all", "yes", "no", "left", "limit"}
    assert {point.of for point in less.points} == {"all", "yes", "no", "limit"}
    assert "with" not in claims
    no_p = ledger[ledger["claim_id"] != "t5-pvtt-os-p"]
    with pytest.raises(MissingClaim):
        question(Targets(no_p), COUNTED, "pvtt", "OS")


def test_a_median_that_is_not_reached_is_asked_for_at_the_end() -> None:
    asked, _ = question(Targets(read_ledger(CLAIMS)), COUNTED, "targeted_therapy", "OS")
    assert Point(of="no", claim="t5-targeted-therapy-os-no", before=1e9, low=0.5, high=1.0) in (
        asked.points
    )
    # Nothing happens after the end.
    assert asked.phases() == len(asked.times())


def test_bounds_are_written_and_read_back(pvtt: Proved, tmp_path: Path) -> None:
    run.write(tmp_path / "bounds.json", [pvtt], "of these numbers")
    found = run.read(tmp_path / "bounds.json")
    assert (found.proved, found.ledger) == ((pvtt,), "of these numbers")
    assert not list(tmp_path.glob("*.new"))


def test_the_order_and_the_name_of_groups_change_nothing() -> None:
    truth = printed_cohorts.draw(5, 14, 20)
    asked, _ = question(
        _targets(printed_cohorts.printed(truth)),
        printed_cohorts.COUNTED,
        "treated",
        "OS",
        truth.curves(),
    )
    whole = run.intervals(Proved(question=asked, bounds=finder.bounds(asked), claims={}))
    turned = asked.of_others()
    other = run.intervals(Proved(question=turned, bounds=finder.bounds(turned), claims={}))
    back = [(1 / high, 1 / low if low else math.inf) for low, high in reversed(other)]
    assert np.array(back) == pytest.approx(np.array(whole))


@pytest.mark.skipif(not BOUNDS.exists(), reason="no bounds are there; 'make bounds' writes them")
def test_the_bounds_of_the_article_hold_of_its_cohort(claims: dict[str, dict[str, str]]) -> None:
    from analysis.zhai_2025.synthesis.prove import curves_of

    everything = run.read(BOUNDS).proved
    assert {(each.question.factor, each.question.endpoint) for each in everything} == {
        (factor, endpoint) for factor in NAMES for endpoint in ("OS", "PFS")
    }
    curves = curves_of("synthetic")
    some = [each for each in everything if each.question.factor in ("pvtt", "prior_ici", "male")]
    assert run.check(some, CLAIMS, curves) == sum(len(each.bounds) for each in some)
    assert on_days(*curves["OS"]) == next(
        each.question.days
        for each in everything
        if each.question.days and each.question.endpoint == "OS"
    )


@pytest.mark.skipif(not BOUNDS.exists(), reason="no bounds are there; 'make bounds' writes them")
def test_the_bounds_that_are_stored_are_those_that_are_found() -> None:
    """Of some ratios; weights of proofs may be others on another processor, limits are not."""
    stored = {
        (each.question.factor, each.question.endpoint): each
        for each in run.read(BOUNDS).proved
        if not each.question.days
    }
    targets = Targets(read_ledger(CLAIMS))
    for factor, endpoint in (("sbrt", "OS"), ("sbrt", "PFS"), ("concurrent", "PFS")):
        asked, _ = question(targets, COUNTED, factor, endpoint)
        kept = stored[factor, endpoint]
        assert asked == kept.question
        found = [(each.branch, each.side, each.ratio) for each in finder.bounds(asked)]
        assert found == [(each.branch, each.side, each.ratio) for each in kept.bounds]

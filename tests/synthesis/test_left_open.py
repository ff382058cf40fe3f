"""What an article leaves open: ranges of what was attained, beside what is proved."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import pytest
from scipy import stats

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.display.pages import left_open as shown
from analysis.estimates.rows import KEY
from analysis.estimates.spread import MEMBER
from analysis.study.keys import Statistic
from analysis.synthesis import left_open
from analysis.synthesis.bounds import run
from analysis.synthesis.bounds.form import (
    Bound,
    Branch,
    CurveBound,
    CurveProved,
    Proved,
    Question,
    Side,
)
from analysis.synthesis.left_open import Openness
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.study import STUDY

Z = float(stats.norm.isf(0.025))


@pytest.fixture(scope="module")
def targets() -> Targets:
    return Targets(read_ledger(CLAIMS))


def _rows(ratio: float, error: float, member: int | None = None) -> pd.DataFrame:
    """Give the estimates of PVTT and overall survival of a cohort."""
    values = {
        ("", Statistic.HAZARD_RATIO): ratio,
        ("", Statistic.HR_LOWER): ratio * math.exp(-Z * error),
        ("", Statistic.HR_UPPER): ratio * math.exp(Z * error),
        ("yes", Statistic.N): 69.0,
        ("no", Statistic.N): 39.0,
        ("yes", Statistic.EVENTS): 34.0,
        ("no", Statistic.EVENTS): 15.0,
    }
    rows = [
        dict(zip(KEY, ("prognosis", "pvtt", level, "OS", "", name.value), strict=True))
        | {"value": value}
        for (level, name), value in values.items()
    ]
    table = pd.DataFrame(rows)
    return table if member is None else table.assign(**{MEMBER: member})


def _members(ratios: Sequence[float]) -> pd.DataFrame:
    nobody = pd.DataFrame(columns=[MEMBER, *KEY, "value"])
    parts = [_rows(ratio, 0.3 + place / 100, place) for place, ratio in enumerate(ratios)]
    return pd.concat(parts) if parts else nobody


def _proved(*bounds: tuple[Branch, Side, float]) -> Proved:
    asked = Question(
        factor="pvtt",
        endpoint="OS",
        patients=108,
        sizes=(69, 69),
        events=(49, 49),
        z=(1.6, 1.7),
        points=(),
        most_a_day=3,
        most_tied=10,
    )
    limits = tuple(
        Bound(branch=branch, side=side, ratio=ratio, parts=()) for branch, side, ratio in bounds
    )
    return Proved(question=asked, bounds=limits, claims={})


BOTH = _proved(("above 1", "at least", 1.47), ("below 1", "at least", 1.47))


def test_a_ratio_stands_beside_what_was_attained_and_what_is_proved(targets: Targets) -> None:
    found = left_open.hazard_ratios(
        _rows(1.66, 0.31), _members([1.64, 1.67]), _members([1.61, 1.70]), [BOTH], targets
    ).iloc[0]
    assert (found["cohorts"], found["above_1"]) == (2, 2)
    assert found["attained"] == [(1.61, 1.70)]
    assert found["any_days"] == [(0.0, pytest.approx(1 / 1.47)), (1.47, math.inf)]
    assert found["own_days"] is None
    assert found["openness"] == Openness.DETERMINED
    assert found["error"] == pytest.approx(0.31)
    assert (found["error_low"], found["error_high"]) == (pytest.approx(0.30), pytest.approx(0.31))
    assert found["log_ratio_high"] == pytest.approx(math.log(1.70))
    # V = 49 x 69 x 39 / 108^2, z of p 0.102; a shorter median with the factor, a greater hazard.
    variance = 49 * 69 * 39 / 108**2
    z = float(stats.norm.isf(0.051))
    assert found["usual_log_ratio"] == pytest.approx(z / math.sqrt(variance))
    assert found["usual_error"] == pytest.approx(1 / math.sqrt(variance))


@pytest.mark.parametrize(
    ("members", "openness"),
    [
        ([], Openness.UNKNOWN),
        ([1.62, 1.70], Openness.DETERMINED),
        ([1.62, 1.80], Openness.DIRECTION),
        ([0.60, 0.61, 1.62], Openness.SIZE),
        ([0.50, 1.62], Openness.SIZE),
        ([0.50, 0.60, 1.62], Openness.OPEN),
    ],
)
def test_what_was_attained_says_how_much_is_open(
    members: list[float], openness: Openness, targets: Targets
) -> None:
    nobody = _members([])
    found = left_open.hazard_ratios(_rows(1.66, 0.3), _members(members), nobody, [], targets)
    assert found["openness"].tolist() == [openness]


def test_a_ratio_about_1_is_determined_though_it_lies_on_both_sides(targets: Targets) -> None:
    found = left_open.hazard_ratios(
        _rows(1.002, 0.3), _members([0.98, 1.03]), _members([]), [], targets
    ).iloc[0]
    assert (found["attained"], found["openness"]) == ([(0.98, 1.03)], Openness.DETERMINED)


@pytest.mark.parametrize("attained", [1.46, 1.0, 0.69])
def test_nothing_is_shown_that_was_attained_outside_of_what_is_proved(
    attained: float, targets: Targets
) -> None:
    with pytest.raises(left_open.Violation, match="pvtt, OS: a hazard ratio of"):
        left_open.hazard_ratios(
            _rows(1.66, 0.3), _members([1.6]), _members([attained]), [BOTH], targets
        )


def test_a_branch_that_no_cohort_has_is_no_stretch() -> None:
    refuted = _proved(("above 1", "at least", 1.9), ("above 1", "at most", 3.2),
                      ("below 1", "at least", 20.0), ("below 1", "at most", 1.9))  # fmt: skip
    assert run.intervals(refuted) == [(1.9, 3.2)]


def test_others_are_attained_by_members_and_witnesses() -> None:
    key = dict(zip(KEY, ("prognosis", "pvtt", "", "OS", "", "hazard_ratio"), strict=True))
    words = "factor_model=multivariable"

    def table(*values: float) -> pd.DataFrame:
        return pd.DataFrame([key | {"value": value, "parameters": words} for value in values])

    named = pd.DataFrame(
        [
            key | {"name": "low", "parameters": words, "direction": "min", "value": 0.8},
            key | {"name": "high", "parameters": words, "direction": "max", "value": 2.0},
        ]
    )
    found = left_open.others(table(1.1), table(1.2, 2.5), table(0.8, 2.0), named).iloc[0]
    assert (found["low"], found["high"], found["cohorts"]) == (0.8, 2.5, 2)
    # A member reaches farther than the witness that was pushed up.
    assert (found["lowest"], found["highest"]) == ("low", "")


def test_the_table_for_meta_analyses_has_numbers_and_no_sign_of_infinity(targets: Targets) -> None:
    ratios = left_open.hazard_ratios(
        _rows(1.66, 0.31), _members([1.64]), _members([]), [BOTH], targets
    )
    found = shown.meta_csv(ratios).iloc[0]
    assert found["log_hazard_ratio"] == pytest.approx(math.log(1.66))
    assert found["standard_error"] == pytest.approx(0.31)
    assert math.isnan(found["proved_any_days_low"])
    assert math.isnan(found["proved_any_days_high"])
    assert found["proved_any_days"] == "≤ 0.69 or ≥ 1.47"


def test_limits_of_curves_stand_in_the_row_of_their_endpoint_and_month() -> None:
    asked = Question(
        factor="", endpoint="OS", patients=9, sizes=(0, 0), events=(5, 5), z=(0, 40), points=(),
        most_a_day=1, most_tied=0,
    )  # fmt: skip

    def limit(endpoint: str, what: str, month: float, side: str, value: float) -> CurveProved:
        bound = CurveBound.model_validate(
            {"what": what, "month": month, "side": side, "value": value, "weights": {}}
        )
        question = asked.model_copy(update={"endpoint": endpoint})
        return CurveProved(question=question, bound=bound, claims={})

    found = left_open.curves(
        [
            limit("PFS", "survival", 36, "at most", 21.0),
            limit("PFS", "survival", 12, "at least", 51.4),
            limit("PFS", "events", 12, "at most", 52),
            limit("OS", "at risk", 24, "at most", 65),
        ]
    )
    assert found[["endpoint", "month"]].to_numpy().tolist() == [
        ["PFS", 12], ["PFS", 36], ["OS", 24],
    ]  # fmt: skip
    assert found["survival low"].tolist()[0] == 51.4
    assert found["events high"].tolist()[0] == 52
    assert found["survival high"].tolist()[1] == 21.0
    assert found["at risk high"].tolist()[2] == 65
    assert found.drop(columns=["endpoint", "month"]).count().sum() == 4


def test_page_and_figure_sort_by_how_much_is_open(targets: Targets) -> None:
    one = left_open.hazard_ratios(
        _rows(1.66, 0.31), _members([1.64, 1.67]), _members([]), [BOTH], targets
    )
    other = one.assign(factor="male", openness=Openness.OPEN)
    both = pd.concat([other, one], ignore_index=True)
    assert shown.sorted_rows(both, "OS")["factor"].tolist() == ["pvtt", "male"]
    alt = shown.figure(both, STUDY.under(STUDY.parameters()), "OS").alt
    assert alt.index("PVTT") < alt.index("Male")
    cells = shown.table(both, STUDY.under(STUDY.parameters())).cells
    assert cells["attained‡"].tolist() == ["1.64–1.67"] * 2
    assert cells["above‡"].tolist() == ["2 of 2"] * 2

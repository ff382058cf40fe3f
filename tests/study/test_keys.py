"""Statistics know their limits, and which of them are p values; keys are read by people."""

from __future__ import annotations

import pytest

from analysis.study.keys import KEY, Key, Statistic

P_VALUES = {
    Statistic.P_VALUE,
    Statistic.P_ASSOCIATION,
    Statistic.P_PAIRED,
    Statistic.HR_P,
    Statistic.PROPORTIONALITY_P,
    Statistic.NONLINEARITY_P,
    Statistic.EXACT_P,
    Statistic.HR_EXACT_P,
}


@pytest.mark.parametrize("statistic", Statistic)
def test_a_limit_is_the_limit_of_one_statistic(statistic: Statistic) -> None:
    limits = [name for one in Statistic for name in limits_of(one)]
    is_limit = statistic.value.endswith(("_lower", "_upper"))
    assert limits.count(statistic) == int(is_limit)


def limits_of(statistic: Statistic) -> tuple[Statistic, ...]:
    try:
        return statistic.limits
    except ValueError:
        return ()


def test_limits_whose_names_are_not_their_estimates() -> None:
    assert Statistic.HAZARD_RATIO.limits == (Statistic.HR_LOWER, Statistic.HR_UPPER)
    assert Statistic.PERCENT.limits == (Statistic.CI_LOWER, Statistic.CI_UPPER)
    assert Statistic.RATE.limits == (Statistic.RATE_LOWER, Statistic.RATE_UPPER)


def test_a_statistic_without_an_interval_has_no_limits() -> None:
    with pytest.raises(ValueError, match="count_lower"):
        _ = Statistic.COUNT.limits


def test_p_values_are_those_of_tests() -> None:
    assert {statistic for statistic in Statistic if statistic.is_p} == P_VALUES


def test_a_key_is_shown_by_what_it_has() -> None:
    key = Key("prognosis", "afp_before<1000", "yes", "PFS", "", Statistic.MEDIAN)
    assert str(key) == "prognosis / afp_before<1000 / yes / PFS / median"
    assert KEY == (
        "analysis_id",
        "group",
        "group_level",
        "variable",
        "variable_level",
        "statistic",
    )


def test_a_statistic_is_its_text() -> None:
    assert Statistic("hr_p") is Statistic.HR_P == "hr_p"
    with pytest.raises(ValueError, match="hr_q"):
        Statistic("hr_q")

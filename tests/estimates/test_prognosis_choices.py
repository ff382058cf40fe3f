"""`prognosis.estimate` under every choice of population, test and model, against R.

The functions behind it are held to R one by one; here it is seen that a parameter reaches the right
one, of the right patients, and that the keys of the rows stay.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats import norm

from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.cohort.recording import Recording
from analysis.cohort.schema import TABLE_KEYS
from analysis.estimates import (
    bootstrap,
    cox_regression,
    factors,
    follow_up,
    multiplicity,
    prognosis,
    ratios,
    remembered,
)
from analysis.estimates.rows import KEY, pick, rounded, value_of
from analysis.study.months import DAYS_PER_MONTH
from analysis.zhai_2025.factors import ICI_REGIMEN
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.estimates.sensitivity import REFERENCE, STORED
from tests.estimates.strict import STRICT

PARAMETERS = Parameters()
VETERAN = pd.read_csv(REFERENCE / "veteran.csv")
AFP = STUDY.factor("afp").key

pytestmark = STRICT


def r(analysis: str, **keys: Any) -> dict[str, Any]:
    """Give R's values of the veterans that the keys choose."""
    wanted = {"analysis": analysis, "data": "veteran"} | keys
    found = [one for one in STORED["records"] if wanted.items() <= one.items()]
    assert len(found) == 1, (wanted, len(found))
    values: dict[str, Any] = found[0]["values"]
    return values


def yes_no(answer: Any) -> pd.Categorical:
    return pd.Categorical(np.where(answer, "yes", "no"), ["no", "yes"], ordered=True)


def veterans(rows: pd.DataFrame = VETERAN, **columns: Any) -> Cohort:
    """Lung cancer patients as a cohort: treatment is `concurrent`, earlier treatment `pvtt`."""
    ids = pd.Index([f"V{number:03d}" for number in rows.index], name="patient_id")
    # Entered on day 7 * row mod 60, as in sensitivity.R.
    second = pd.Timestamp("2020-01-01") + pd.to_timedelta(7 * (rows.index + 1) % 60, "D")
    given = {
        "factor_concurrent": yes_no(rows["treatment"] == 2),
        "factor_pvtt": yes_no(rows["prior"] == 10),
        "factor_vp4": yes_no(rows["cell"] == "squamous"),
        "time_zero": pd.Timestamp("2020-01-01"),
        "rt_start": pd.Timestamp("2020-01-01"),
        "ici_start": second,
        **columns,
    }
    nothing = pd.DataFrame()
    return Cohort(
        name="veteran",
        study=STUDY.under(PARAMETERS),
        title="Veterans",
        notice="",
        synthetic=False,
        patients=pd.DataFrame(given, index=ids),
        radiotherapy=nothing,
        immunotherapy=nothing,
        assessments=nothing,
        adverse_events=nothing,
        organ_doses=nothing,
        time_to_event=pd.DataFrame(
            {
                "patient_id": ids,
                "endpoint": "OS",
                "days": rows["days"].to_numpy(),
                "event": rows["event"].astype(bool).to_numpy(),
                "competing": False,
            }
        ),
        screening=nothing,
        recording=Recording(frozenset(TABLE_KEYS), frozenset(), {}),
        unrecorded={},
        stand_ins={},
        read=len(ids),
    )


def value(table: pd.DataFrame, group: str, statistic: str, **keys: Any) -> float:
    found = {"group_level": "", "variable_level": ""} | keys
    return value_of(table, group=group, statistic=statistic, **found)


def ratio(table: pd.DataFrame, group: str) -> list[float]:
    names = ("hazard_ratio", "hr_lower", "hr_upper", "hr_p")
    return [value(table, group, name) for name in names]


def limits(coefficient: float, variance: float) -> list[float]:
    half = norm.ppf(0.975) * math.sqrt(variance)
    return [math.exp(coefficient + by) for by in (0, -half, half)]


@pytest.mark.parametrize(("months", "day"), [(2, 61), (3, 91), (6, 183)])
def test_landmark(months: int, day: int) -> None:
    table = prognosis.estimate(veterans(), Parameters(landmark_months=months))
    expected = r("landmark", group="prior", day=day)
    assert value(table, "pvtt", "p_value") == pytest.approx(expected["p_value"], rel=1e-9)
    names = ("hazard_ratio", "hr_lower", "hr_upper", "hr_p")
    assert ratio(table, "pvtt") == pytest.approx([expected[name] for name in names], rel=1e-9)
    patients = [value(table, "pvtt", "n", group_level=level) for level in ("yes", "no")]
    assert sum(patients) == expected["n"]
    assert set(pick(table, statistic="hr_p")["method"]) == {
        f"Cox regression, Efron ties, from month {months}"
    }
    # The mode of whoever has the second treatment later is not known by then.
    at_risk = VETERAN["days"] > day
    known = 7 * (VETERAN.index + 1) % 60 <= day
    of_mode = pick(table, group="concurrent", statistic="n")["value"].sum()
    assert of_mode == (at_risk & known).sum()


@pytest.mark.parametrize(
    ("test", "weighting"), [("Gehan-Wilcoxon", "wilcoxon"), ("Peto-Peto", "peto")]
)
def test_weighted_tests(test: Any, weighting: str) -> None:
    table = prognosis.estimate(veterans(), Parameters(factor_test=test))
    chisq = r("weighted_log_rank", group="prior", weighting=weighting)["chisq"]
    assert value(table, "pvtt", "p_value") == pytest.approx(2 * norm.sf(math.sqrt(chisq)), rel=1e-9)


def test_stratified_test() -> None:
    cohort = veterans(factor_vp4=pd.Categorical(VETERAN["cell"]))
    choices = Parameters(factor_test="stratified log-rank", strata=("vp4", "cirrhosis"))
    tests = pick(prognosis.estimate(cohort, choices), group="pvtt", statistic="p_value")
    chisq = r("stratified_log_rank", group="prior", weighting="none")["chisq"]
    assert tests["value"].item() == pytest.approx(2 * norm.sf(math.sqrt(chisq)), rel=1e-9)
    assert tests["method"].item() == "log-rank test, stratified by VP4"


def test_a_factor_is_no_stratum_of_itself() -> None:
    choices = Parameters(factor_test="stratified log-rank", strata=("pvtt",))
    tests = pick(prognosis.estimate(veterans(), choices), statistic="p_value").set_index("group")
    assert tests.loc["pvtt", "method"] == "log-rank test, no stratum recorded"
    assert tests.loc["vp4", "method"] == "log-rank test, stratified by PVTT"
    plain = prognosis.estimate(veterans(), PARAMETERS)
    assert tests.loc["pvtt", "value"] == value(plain, "pvtt", "p_value")


def test_strata_of_patients_in_whom_they_are_recorded() -> None:
    stratum = pd.Series(yes_no(VETERAN["cell"] == "squamous")).where(VETERAN.index >= 20)
    choices = Parameters(factor_test="stratified log-rank", strata=("vp4",))
    table = prognosis.estimate(veterans(factor_vp4=stratum.to_numpy()), choices)
    assert pick(table, group="pvtt", statistic="p_value")["n"].item() == len(VETERAN) - 20


def test_restricted_means() -> None:
    choices = Parameters(factor_test="restricted mean", restricted_months=12)
    table = prognosis.estimate(veterans(), choices)
    expected = r("rmst", group="prior", month=12)
    means, errors = np.array(expected["days"]), np.array(expected["standard_error"])
    levels = ["no", "yes"]
    keys: dict[str, Any] = {"variable_level": 12}
    for level, days, error in zip(levels, means, errors, strict=True):
        found = [
            value(table, "pvtt", f"rmst{end}", group_level=level, **keys)
            for end in ("", "_lower", "_upper")
        ]
        half = norm.ppf(0.975) * error
        assert np.multiply(found, DAYS_PER_MONTH) == pytest.approx(
            np.array([days, days - half, days + half]), rel=1e-9
        )
    apart = means[1] - means[0]
    assert value(table, "pvtt", "rmst_difference", **keys) == pytest.approx(apart / DAYS_PER_MONTH)
    p_value = 2 * norm.sf(abs(apart) / np.hypot(*errors))
    assert value(table, "pvtt", "p_value") == pytest.approx(p_value, rel=1e-9)
    # Nobody was followed for so long who did not die.
    far = prognosis.estimate(veterans(), choices.model_copy(update={"restricted_months": 240}))
    missing = pick(far, statistic="rmst", group="pvtt", group_level="yes")
    assert missing["value"].isna().all() == missing["note"].ne("").all()


@pytest.mark.parametrize("method", ["Holm", "Benjamini-Hochberg"])
def test_adjusted_tests_are_one_family_without_the_regimen(method: Any) -> None:
    cohort = load("synthetic", STUDY, PARAMETERS)
    plain, found = (
        pick(prognosis.estimate(cohort, choices), statistic="p_value")
        for choices in (PARAMETERS, Parameters(p_adjustment=method))
    )
    of_factor = plain["group"] != ICI_REGIMEN.key
    assert of_factor.sum() == 32
    expected = plain["value"].mask(of_factor)
    adjusted = multiplicity.adjusted(plain.loc[of_factor, "value"], method)
    expected[of_factor] = [rounded(value) for value in adjusted]
    assert found["value"].tolist() == expected.tolist()
    assert found["method"].eq(f"log-rank test, {method} adjustment for 32 tests").sum() == 32


MODELS = [("multivariable", 0.0, 0), ("penalised", 2.0, 2), ("penalised", 20.0, 20)]


@pytest.mark.parametrize(("model", "penalty", "theta"), MODELS)
def test_all_factors_in_one_model(model: Any, penalty: float, theta: int) -> None:
    choices = Parameters(factor_model=model, penalty=penalty or 2.0)
    table = prognosis.estimate(veterans(), choices)
    # The order of R's model: treatment, earlier treatment, squamous cells.
    expected = r("cox", ridge=theta)
    variances = np.diag(np.array(expected["covariances"]).reshape(3, 3))
    for place, group in enumerate(("concurrent", "pvtt", "vp4")):
        assert ratio(table, group)[:3] == pytest.approx(
            limits(expected["coefficients"][place], variances[place]), rel=1e-6
        )
        test = pick(table, group=group, statistic="proportionality_p")
        if theta:
            assert test["note"].item() == "no test of a model with a penalty"
        else:
            assert test["value"].item() == pytest.approx(
                expected["proportionality"][place], rel=1e-7
            )
    assert value(table, ratios.ALL_FACTORS, "n") == len(VETERAN)
    assert value(table, ratios.ALL_FACTORS, "events") == VETERAN["event"].sum()
    plain = prognosis.estimate(veterans(), PARAMETERS)
    assert value(table, "pvtt", "p_value") == value(plain, "pvtt", "p_value")


def test_a_factor_that_all_have_is_left_out_of_the_model() -> None:
    cohort = veterans(factor_male=yes_no(np.ones(len(VETERAN), dtype=bool)))
    table = prognosis.estimate(cohort, Parameters(factor_model="multivariable"))
    male = pick(table, group="male", statistic="hazard_ratio")
    assert male["value"].isna().all()
    assert male["note"].item() == ratios.ALIKE
    expected = prognosis.estimate(veterans(), Parameters(factor_model="multivariable"))
    assert ratio(table, "pvtt") == ratio(expected, "pvtt")


def test_mode_over_time() -> None:
    table = prognosis.estimate(veterans(), Parameters(mode_over_time=True))
    expected = r("time_varying", group="treatment")
    found = ratio(table, "concurrent")[:3]
    assert found == pytest.approx(
        limits(expected["coefficients"], expected["covariances"]), rel=1e-9
    )
    plain = prognosis.estimate(veterans(), PARAMETERS)
    # Mantel and Byar's test is the score test of the same model: not far from Wald's.
    p_value = value(table, "concurrent", "p_value")
    assert p_value == pytest.approx(value(table, "concurrent", "hr_p"), abs=0.01)
    assert p_value != value(plain, "concurrent", "p_value")
    assert ratio(table, "pvtt") == ratio(plain, "pvtt")
    together = prognosis.estimate(
        veterans(), Parameters(mode_over_time=True, factor_model="multivariable")
    )
    assert value(together, "concurrent", "hazard_ratio") != pytest.approx(found[0])


def test_two_remedies_of_immortal_time_are_refused() -> None:
    with pytest.raises(ValidationError, match="choose one of them"):
        Parameters(landmark_months=3, mode_over_time=True)


def test_afp_as_a_spline() -> None:
    afp = 1.3 ** (1 + 7 * (VETERAN.index + 1) % 37)
    cohort = veterans(afp_before=afp.astype(float).to_numpy(), factor_afp=yes_no(afp < 1000))
    table = prognosis.estimate(cohort, Parameters(afp_model="spline"))
    expected = r("afp_spline")
    found = {name: value(table, AFP, name) for name in ("p_value", "nonlinearity_p")}
    assert found == pytest.approx({name: expected[name] for name in found}, rel=1e-7)
    assert np.isnan(ratio(table, AFP)).all()
    at_ten = [
        value(table, AFP, name, variable_level="10")
        for name in ("hazard_ratio", "hr_lower", "hr_upper")
    ]
    place = expected["afp"].index(10)
    assert at_ten == pytest.approx(
        limits(expected["log_ratio"][place], expected["error"][place] ** 2), rel=1e-7
    )
    assert value(table, AFP, "hazard_ratio", variable_level="1000") == 1


def test_proportional_hazards() -> None:
    table = prognosis.estimate(veterans(), PARAMETERS)
    expected = r("schoenfeld", group="prior")["proportionality"]
    assert value(table, "pvtt", "proportionality_p") == pytest.approx(expected, rel=1e-7)


def test_bootstrap_limits_are_percentiles_of_fits_of_samples() -> None:
    choices = Parameters(interval_source="bootstrap", bootstrap_replicates=100, confidence=0.9)
    table = prognosis.estimate(veterans(), choices)
    cohort = veterans()
    times = factors.times_by(cohort, "factor_pvtt", "OS")

    def coefficient(sample: pd.DataFrame) -> Any:
        yes = pd.DataFrame({"yes": sample["level"].eq("yes")})
        fitted = cox_regression.cox(follow_up.intervals_of(sample, yes))
        assert fitted is not None
        return fitted.coefficients

    samples = bootstrap.replicates(times, coefficient, choices)
    lower, upper = bootstrap.percentiles(samples[:, np.newaxis], choices)
    found = ratio(table, "pvtt")
    assert found[1:3] == pytest.approx(np.exp([lower.item(), upper.item()]), rel=1e-8)
    plain = prognosis.estimate(veterans(), PARAMETERS)
    assert found[0] == value(plain, "pvtt", "hazard_ratio")
    method = pick(table, group="pvtt", statistic="hr_lower")["method"].item()
    assert method.endswith("90% percentile interval of 100 bootstrap samples")


def test_samples_without_an_estimate_are_left_out_and_told() -> None:
    few = yes_no(VETERAN.index < 2)
    choices = Parameters(interval_source="bootstrap", bootstrap_replicates=100)
    table = prognosis.estimate(veterans(factor_pvtt=few), choices)
    upper = pick(table, group="pvtt", statistic="hr_upper")
    assert "not estimable in" in upper["note"].item()
    assert pick(table, group="pvtt", statistic="hazard_ratio")["note"].item() == ""


VARIED: list[dict[str, Any]] = [
    {"landmark_months": 3},
    {"factor_test": "Gehan-Wilcoxon"},
    {"factor_test": "stratified log-rank"},
    {"factor_test": "restricted mean"},
    {"factor_test": "restricted mean", "restricted_months": 12},
    {"p_adjustment": "Holm"},
    {"factor_model": "multivariable"},
    {"factor_model": "penalised"},
    {"mode_over_time": True},
    {"interval_source": "bootstrap", "bootstrap_replicates": 100},
    {"interval_source": "bootstrap", "bootstrap_replicates": 100, "bootstrap_seed": 2},
    {"ci_type": "plain"},
    {"confidence": 0.9},
]


@pytest.mark.parametrize("choices", VARIED, ids=str)
def test_keys_stay_order_does_not_matter_and_nothing_is_remembered_wrongly(
    choices: dict[str, Any],
) -> None:
    parameters = Parameters(**choices)
    base = prognosis.estimate(veterans(), PARAMETERS)
    warm = prognosis.estimate(veterans(), parameters)
    assert set(map(tuple, base[KEY].to_numpy())) <= set(map(tuple, warm[KEY].to_numpy()))
    unknown = warm["value"].isna() & ~warm["statistic"].str.startswith("median")
    assert (warm.loc[unknown, "note"] != "").all()
    remembered.forget()
    pd.testing.assert_frame_equal(prognosis.estimate(veterans(), parameters), warm)
    shuffled = prognosis.estimate(shuffled_veterans(), parameters)
    pd.testing.assert_frame_equal(shuffled, warm, rtol=1e-8)


def shuffled_veterans() -> Cohort:
    cohort = veterans()
    order = np.random.default_rng(4).permutation(len(VETERAN))
    return Cohort(
        **{
            **vars(cohort),
            "patients": cohort.patients.iloc[order],
            "time_to_event": cohort.time_to_event.iloc[order[::-1]],
        }
    )


@pytest.mark.parametrize(
    "choices", [{}, {"factor_model": "multivariable"}, {"factor_test": "restricted mean"}], ids=str
)
def test_the_other_answer_inverts_the_hazard_ratio(choices: dict[str, Any]) -> None:
    parameters = Parameters(**choices)
    one, other = (
        prognosis.estimate(veterans(factor_pvtt=yes_no(prior)), parameters)
        for prior in (VETERAN["prior"] == 10, VETERAN["prior"] != 10)
    )
    ratio_, lower, upper, p_value = ratio(one, "pvtt")
    assert ratio(other, "pvtt") == pytest.approx([1 / ratio_, 1 / upper, 1 / lower, p_value])
    assert value(other, "pvtt", "p_value") == pytest.approx(value(one, "pvtt", "p_value"))
    assert ratio(other, "vp4") == pytest.approx(ratio(one, "vp4"))


def test_what_cannot_be_hashed_cannot_be_remembered() -> None:
    @remembered.remembered
    def total(numbers: Any) -> int:
        return sum(numbers)

    with pytest.raises(TypeError, match="list cannot be remembered"):
        total([1, 2])
    assert total((1, 2)) == 3

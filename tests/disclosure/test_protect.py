"""Estimates as they may leave: of the committed cohorts, and of such with traps in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.disclosure.protect import RELEASED, SUPPRESSED, protect
from analysis.disclosure.rules import OPENSAFELY, Rule
from analysis.estimates import whole
from analysis.estimates.rows import KEY
from analysis.study.variables import Factor, Variable
from tests.disclosure.cohorts import cohort, of, protected

COHORTS = ("hepatocellular", "synthetic")


@pytest.mark.parametrize("name", COHORTS)
@pytest.mark.parametrize("rules", ["OpenSAFELY", "ACRO"])
def test_no_small_count_is_there(name: str, rules: str) -> None:
    few = {"OpenSAFELY": 7, "ACRO": 9}[rules]
    rows = protected(name, rules).rows
    counts = rows[rows["unit"] == "patients"]["value"].dropna()
    assert (counts > few).all()
    assert (counts % 5 == 0).all()
    assert (rows["n"].dropna() > few).all()
    assert rows.loc[rows["status"] == SUPPRESSED, "value"].isna().all()
    assert not rows.duplicated(KEY).any()


@pytest.mark.parametrize("name", COHORTS)
def test_what_is_released_is_the_estimate_but_for_the_rule(name: str) -> None:
    rows, exact = protected(name).rows, whole.estimate(cohort(name), cohort(name).parameters)
    both = rows[rows["status"] == RELEASED].merge(exact, on=KEY, suffixes=("", "_exact"))
    assert len(both) > 300
    assert set(rows["status"]) == {"released", "suppressed", "not reached"}
    off = (both["value"] - both["value_exact"]).abs()
    by_rule = {
        Rule.ROUNDED: 2.0,
        Rule.TIME: 0.25,
        Rule.TEST: 0.05 * both["value_exact"].abs() + 0.005,
        Rule.QUANTITY: 0.05 * both["value_exact"].abs() + 1e-9,
        Rule.DECLARED: 0.0,
    }
    for rule, most in by_rule.items():
        assert (off <= most + 1e-9)[both["rule"] == rule].all(), rule


def test_a_percentage_is_that_of_the_rounded_counts() -> None:
    rows = of(protected("hepatocellular").rows, analysis_id="characteristics", variable="sex")
    men = of(rows, variable_level="male").set_index("statistic")
    assert (men.loc["count", "value"], men.loc["percent", "n"]) == (195, 225)
    assert men.loc["percent", "value"] == 86.7


def test_quartiles_stand_where_the_extremes_were() -> None:
    ages = cohort("hepatocellular").patients["age_years"].to_numpy(dtype=float)
    rows = of(protected("hepatocellular").rows, analysis_id="characteristics", variable="age_years")
    found = rows.set_index("statistic")["value"]
    assert found["lower_quartile"] == round(np.quantile(ages, 0.25))
    assert found["upper_quartile"] == round(np.quantile(ages, 0.75))
    assert not {"min", "max"} & set(rows["statistic"])


def test_a_median_that_is_not_reached_is_not_a_suppressed_one() -> None:
    rows = of(protected("hepatocellular").rows, analysis_id="survival", statistic="median")
    assert of(rows, variable="OS")["status"].item() == "not reached"
    rows = of(protected("synthetic").rows, analysis_id="survival", statistic="median")
    assert of(rows, variable="IRFS")["status"].item() == SUPPRESSED


def test_a_test_beside_a_suppressed_count_is_suppressed() -> None:
    rows = of(protected("synthetic").rows, analysis_id="prognosis", group="male", variable="OS")
    assert set(of(rows, statistic="p_value")["status"]) == {SUPPRESSED}
    assert set(of(rows, statistic="hazard_ratio")["status"]) == {SUPPRESSED}


def test_cases_one_by_one_are_withheld() -> None:
    found = protected("synthetic")
    assert not found.rows["analysis_id"].str.startswith("grade5").any()
    assert "of single patients" in set(found.withheld["rule"])


def test_names_of_patients_and_the_order_of_rows_change_nothing() -> None:
    base = cohort("hepatocellular")
    order = np.random.default_rng(1).permutation(len(base.patients))
    names = {old: f"Anna Meier {new}" for old, new in zip(base.patients["patient_id"], order,
                                                        strict=True)}  # fmt: skip
    patients = base.patients.assign(patient_id=base.patients["patient_id"].map(names))
    patients = patients.iloc[order].set_index("patient_id", drop=False)
    times = base.time_to_event.assign(patient_id=base.time_to_event["patient_id"].map(names))
    other = replace(base, patients=patients, time_to_event=times.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(protect(other, OPENSAFELY).rows, protected("hepatocellular").rows)


def test_a_text_of_few_patients_is_not_named() -> None:
    base = cohort("synthetic")
    events = base.adverse_events.copy()
    events.loc[events.index[0], ["term", "group"]] = "Fell off Herr Meier's ladder"
    rows = protect(replace(base, adverse_events=events), OPENSAFELY).rows
    assert not rows.astype(str).apply(lambda column: column.str.contains("Meier")).to_numpy().any()


def test_a_group_of_few_patients_is_not_named_by_a_text_of_the_data() -> None:
    """A factor as it is recorded has the texts of the data for levels: a ward, a doctor."""
    base = cohort("hepatocellular")
    ward = Factor("ward", Variable("ward", "Ward"), as_recorded=True)
    names = ["Ward of Dr Meier"] * 5 + ["North"] * 110 + ["South"] * (len(base.patients) - 115)
    patients = base.patients.assign(ward=names)
    ward = ward.among(patients)
    patients = patients.assign(**{ward.column: ward.values(patients)})
    study = replace(base.study, factors=(*base.study.factors, ward))
    rows = protect(replace(base, patients=patients, study=study), OPENSAFELY).rows
    of_ward = of(rows, group="ward", analysis_id="prognosis")
    assert set(of_ward["group_level"]) <= {"", "North", "South"}
    # Where one group alone is small, the next one is not seen either, and both are texts.
    assert "South" in set(of_ward["group_level"])

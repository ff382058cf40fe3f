"""Everything in the article is derived from records: ages, doses, responses, endpoints."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort.derive import (
    best_response,
    biologically_effective_dose,
    completed_years,
    equivalent_dose_2gy,
)
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.study.variables import Grouped
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import (
    AFP_GROUPS,
    AFP_SECOND_GROUPS,
    STUDY,
    TUMOUR_COUNT_GROUPS,
)
from tests import datasets
from tests.datasets import write_dataset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "four")


@pytest.fixture
def cohort(folder: Path) -> Cohort:
    return load(folder, STUDY)


def column(cohort: Cohort, name: str) -> list[object]:
    return cohort.patients[name].to_list()


def test_age_counts_completed_years(cohort: Cohort) -> None:
    # A1 is enrolled the day before the birthday, A2 on it.
    assert column(cohort, "age_years") == [58, 59, 70, 50]


@given(st.dates(dt.date(1910, 1, 1), dt.date(2025, 1, 1)), st.integers(0, 36000))
def test_age_is_that_of_the_calendar(birth: object, days: int) -> None:
    born = pd.Timestamp(birth)  # type: ignore[arg-type]
    day = born + pd.Timedelta(days=days)
    years = completed_years(pd.Series([born]), pd.Series([day])).iloc[0]
    assert born + pd.DateOffset(years=int(years)) <= day
    # 29 February has its birthday on 1 March where there is no 29 February.
    assert born + pd.DateOffset(years=int(years) + 1, days=1) > day


def groups(cohort: Cohort, grouped: Grouped) -> list[str]:
    return list(grouped.values(cohort.patients))


def test_groups(cohort: Cohort) -> None:
    assert column(cohort, "hepatitis") == ["HBV", "HCV", "none", "HBV"]
    assert groups(cohort, AFP_GROUPS) == [">=1000", "<1000", "<1000", "<1000"]
    assert groups(cohort, AFP_SECOND_GROUPS) == [">=400", ">=400", "<400", ">=400"]
    assert column(cohort, "afp_decrease") == ["yes", "no", "no", "yes"]
    assert groups(cohort, TUMOUR_COUNT_GROUPS) == ["<5", ">=5", "<5", "<5"]
    assert column(cohort, "pvtt") == ["no", "yes", "yes", "no"]
    assert column(cohort, "vp4") == ["no", "yes", "no", "no"]
    assert column(cohort, "therapy_line_group") == ["1", "2", ">=3", ">=3"]
    assert column(cohort, "targeted_therapy") == ["yes", "no", "yes", "yes"]


def test_treatment(cohort: Cohort) -> None:
    assert column(cohort, "treatment_mode") == [
        "concurrent",  # overlapping
        "sequential",  # ICI the day after the last fraction
        "sequential",  # eight weeks later
        "concurrent",  # ICI first, its last dose within radiotherapy
    ]
    assert column(cohort, "interval_days") == [0, 1, 56, 0]
    assert column(cohort, "ici_cycles") == [8, 5, 4, 3]
    assert column(cohort, "ici_switched") == ["yes", "no", "no", "no"]
    assert column(cohort, "ici_regimen") == ["toripalimab", "sintilimab", "other", "toripalimab"]
    assert column(cohort, "sbrt") == ["no", "yes", "no", "no"]
    assert column(cohort, "rt_on_intrahepatic") == ["yes", "yes", "no", "yes"]
    assert column(cohort, "factor_eqd2") == ["no", "yes", "yes", "yes"]


def test_dose_is_that_of_the_site_with_the_highest_eqd2(cohort: Cohort) -> None:
    assert column(cohort, "rt_dose_gy") == [60, 25, 50, 55]
    assert column(cohort, "bed_gy") == pytest.approx([72, 37.5, 62.5, 70.125])
    assert column(cohort, "eqd2_gy") == pytest.approx([60, 31.25, 52.0833333, 58.4375])


@given(
    st.floats(1, 100), st.integers(1, 40), st.floats(1, 20)
)  # fmt: skip
def test_eqd2_in_2_gy_fractions_is_the_dose(dose: float, fractions: int, alpha_beta: float) -> None:
    doses, count = pd.Series([2.0 * fractions, dose]), pd.Series([fractions, fractions])
    assert equivalent_dose_2gy(doses, count, alpha_beta).iloc[0] == pytest.approx(2 * fractions)
    bed = biologically_effective_dose(doses, count, alpha_beta)
    assert (bed >= doses).all()


@pytest.mark.parametrize(
    ("baseline", "best", "new_lesion", "expected"),
    [
        (100, 0, "no", "CR"),
        (100, 70, "no", "PR"),
        (100, 70.1, "no", "SD"),
        (100, 120, "no", "PD"),
        (100, 119.9, "no", "SD"),
        (20, 24.9, "no", "SD"),  # 20 % but not 5 mm
        (20, 25, "no", "PD"),
        (100, 0, "yes", "PD"),
        (0.3, 0.21, "no", "PR"),  # 30 % exactly, whatever binary fractions make of it
        (None, None, "yes", "PD"),
        (None, 10, "no", None),
    ],
)
def test_best_response(
    baseline: float | None, best: float | None, new_lesion: str, expected: str | None
) -> None:
    found = best_response(
        pd.Series([baseline], dtype=float), pd.Series([best], dtype=float), pd.Series([new_lesion])
    ).iloc[0]
    assert (None if pd.isna(found) else found) == expected


def test_recorded_responses_agree_or_are_marked(folder: Path) -> None:
    assert not load(folder, STUDY).assessments["disagrees"].any()
    text = datasets.ASSESSMENTS.replace("A1,RECIST 1.1,overall,100,70,no,PR",
                                        "A1,RECIST 1.1,overall,100,70,no,SD")  # fmt: skip
    write_dataset(folder, assessments=text)
    derived, recorded = (
        load(folder, STUDY),
        load(folder, STUDY, Parameters(response_source="recorded")),
    )
    assert derived.assessments["disagrees"].sum() == 1
    assert derived.assessments["response"].iloc[0] == "PR"
    assert recorded.assessments["response"].iloc[0] == "SD"


def times(cohort: Cohort, endpoint: str) -> list[tuple[int, bool, str]]:
    rows = cohort.time_to_event[cohort.time_to_event["endpoint"] == endpoint]
    sources = rows["event_source"].where(rows["event"], rows["censor_source"])
    return list(zip(rows["days"], rows["event"], sources, strict=True))


def test_endpoints_state_their_event_and_censoring(cohort: Cohort) -> None:
    assert times(cohort, "OS") == [
        (380, True, "death_date"),
        (567, False, "last_contact_date"),
        (206, True, "death_date"),
        (547, False, "last_contact_date"),
    ]
    assert times(cohort, "PFS") == [
        (212, True, "progression_date"),
        (231, True, "progression_date"),
        (206, True, "death_date"),
        (547, False, "last_contact_date"),
    ]
    assert times(cohort, "IRFS") == [
        (350, False, "last_imaging_date"),
        (350, True, "in_field_relapse_date"),
        (176, False, "last_imaging_date"),
        (398, False, "last_imaging_date"),
    ]
    assert times(cohort, "ORFS")[:2] == [
        (212, True, "out_field_relapse_date"),
        (231, True, "out_field_relapse_date"),
    ]


def test_censoring_and_time_zero_are_choices(folder: Path) -> None:
    contact = load(folder, STUDY, Parameters(relapse_censoring="last contact"))
    assert times(contact, "IRFS")[2] == (206, False, "last_contact_date")
    imaging = load(folder, STUDY, Parameters(pfs_censoring="last imaging"))
    assert times(imaging, "PFS")[3] == (398, False, "last_imaging_date")
    ici = load(folder, STUDY, Parameters(time_zero="immunotherapy"))
    assert times(ici, "OS")[0][0] == 377


@pytest.mark.parametrize("censoring", ["last imaging", "last contact"])
def test_death_without_relapse_is_a_choice(folder: Path, censoring: str) -> None:
    """A death counts on its day, with either censoring of the living; relapse comes first."""
    choices = {"relapse_censoring": censoring}
    event = load(folder, STUDY, Parameters.model_validate({**choices, "relapse_death": "event"}))
    living = times(event, "IRFS")[3]
    assert times(event, "IRFS")[:3] == [
        (380, True, "death_date"),
        (350, True, "in_field_relapse_date"),
        (206, True, "death_date"),
    ]
    assert not event.time_to_event["competing"].any()
    competing = load(
        folder, STUDY, Parameters.model_validate({**choices, "relapse_death": "competing"})
    )
    assert times(competing, "IRFS") == [
        (380, False, "death_date"),
        (350, True, "in_field_relapse_date"),
        (206, False, "death_date"),
        living,
    ]
    assert living[1:] == (False, f"{censoring.replace(' ', '_')}_date")
    died = competing.time_to_event.query("competing")
    assert set(died["patient_id"]) == {"A1", "A3"}
    assert set(died["endpoint"]) == {"IRFS", "ORFS"}
    for endpoint in ("OS", "PFS"):
        assert (
            times(event, endpoint)
            == times(competing, endpoint)
            == times(load(folder, STUDY), endpoint)
        )


@pytest.mark.parametrize(
    ("population", "kept"),
    [
        ("without earlier ICI", ["A1", "A3", "A4"]),
        ("without targeted therapy", ["A2"]),
        ("first line", ["A1"]),
    ],
)
def test_a_population_is_a_step_of_its_own(folder: Path, population: str, kept: list[str]) -> None:
    everybody = load(folder, STUDY)
    assert "population" not in set(everybody.screening["name"])
    cohort = load(folder, STUDY, Parameters.model_validate({"population": population}))
    assert list(cohort.patients.index) == kept
    assert set(cohort.time_to_event["patient_id"]) == set(kept)
    step = cohort.screening.iloc[-1]
    assert step["name"] == "population"
    assert (step["entered"], step["excluded"], step["remaining"]) == (4, 4 - len(kept), len(kept))
    # A population is asked for with or without the criteria of eligibility.
    choices = {"population": population, "apply_eligibility": False}
    assert list(load(folder, STUDY, Parameters.model_validate(choices)).patients.index) == kept


def test_who_has_no_record_is_not_in_a_population(folder: Path) -> None:
    text = datasets.PATIENTS.replace("no,1,no,no,VMAT", "no,,no,no,VMAT")
    with pytest.raises(DatasetFaults, match=r"therapy_line.*one patient at least"):
        load(write_dataset(folder, patients=text), STUDY, Parameters(population="first line"))


def without_lines(folder: Path) -> Path:
    """Write the four patients without their line of therapy."""
    text = datasets.FILES["dataset.yaml"] + "not_recorded: {patients: [therapy_line]}\n"
    patients = pd.read_csv(io.StringIO(datasets.PATIENTS), dtype=str)
    kept = patients.drop(columns="therapy_line").to_csv(index=False)
    return write_dataset(folder, dataset=text, patients=kept)


def test_a_population_that_nobody_is_in_or_nothing_records_is_refused(folder: Path) -> None:
    text = datasets.PATIENTS.replace("none,yes,yes\n", "sorafenib,yes,yes\n")
    asked = Parameters(population="without targeted therapy")
    with pytest.raises(DatasetFaults, match=r"targeted_therapy.*one patient at least"):
        load(write_dataset(folder, patients=text), STUDY, asked)
    with pytest.raises(DatasetFaults, match=r"therapy_line.*to be recorded.*leave population"):
        load(without_lines(folder), STUDY, Parameters(population="first line"))


def test_criteria_are_applied_in_order_and_counted(folder: Path) -> None:
    patients = datasets.PATIENTS.replace("A1,male,1960-06-15", "A1,male,1940-06-15")
    patients = patients.replace("IIIB,yes", "IIIB,no")
    cohort = load(write_dataset(folder, patients=patients), STUDY)
    steps = cohort.screening.set_index("name")
    assert list(steps["excluded"]) == [1, 1, 0, 0, 0, 0, 0, 0]
    assert list(cohort.patients.index) == ["A3", "A4"]
    assert set(cohort.time_to_event["patient_id"]) == {"A3", "A4"}
    assert set(cohort.radiotherapy["patient_id"]) == {"A3", "A4"}
    everyone = load(folder, STUDY, Parameters(apply_eligibility=False))
    assert len(everyone.patients) == 4
    assert not everyone.screening["assessed"].any()


def test_gap_of_more_than_eight_weeks_is_excluded(folder: Path) -> None:
    text = datasets.IMMUNOTHERAPY.replace(
        "A3,tislelizumab,2020-05-29", "A3,tislelizumab,2020-05-30"
    )
    cohort = load(write_dataset(folder, immunotherapy=text), STUDY)
    assert cohort.screening.set_index("name").loc["interval_weeks", "excluded"] == 1
    assert "A3" not in cohort.patients.index


def test_row_order_does_not_matter(folder: Path, cohort: Cohort) -> None:
    for path in folder.glob("*.csv"):
        header, *rows = path.read_text("utf-8").splitlines()
        path.write_text("\n".join([header, *reversed(rows)]) + "\n", "utf-8")
    turned = load(folder, STUDY)
    pd.testing.assert_frame_equal(
        turned.patients.sort_index(), cohort.patients.sort_index(), check_like=True
    )
    key = ["endpoint", "patient_id"]
    pd.testing.assert_frame_equal(
        turned.time_to_event.sort_values(key, ignore_index=True),
        cohort.time_to_event.sort_values(key, ignore_index=True),
    )

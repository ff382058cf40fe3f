"""ADaM tables give the estimates of the same patients in the project's own columns."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.cohort.faults import DatasetFaults
from analysis.cohort.model import Cohort
from analysis.cohort.read import load, read_dataset
from analysis.estimates import whole
from analysis.estimates.rows import KEY
from analysis.zhai_2025.study import STUDY
from tests.cohort.intake.adam import ARMS, PRESET, tables, write_adam, write_same


def estimated(folder: Path) -> tuple[Cohort, pd.DataFrame]:
    cohort = load(folder, STUDY)
    return cohort, whole.estimate(cohort, cohort.parameters)


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return estimated(write_same(tmp_path_factory.mktemp("adam") / "same"))[1]


@pytest.mark.parametrize("suffix", [".xpt", ".csv"])
def test_every_estimate_is_that_of_the_same_patients(
    tmp_path: Path, suffix: str, same: pd.DataFrame
) -> None:
    cohort, found = estimated(write_adam(tmp_path, suffix))
    assert cohort.study.name == "own"
    assert set(cohort.patients["treatment"]) == set(ARMS)
    columns = [*KEY, "value"]
    pd.testing.assert_frame_equal(
        found[columns].reset_index(drop=True), same[columns].reset_index(drop=True), rtol=1e-9
    )
    assert any("further episodes" in remark for remark in cohort.remarks)


def test_cnsr_is_turned_round_and_other_reasons_are_censored(tmp_path: Path) -> None:
    times = read_dataset(write_adam(tmp_path, ".csv"), STUDY).tables["time_to_event"]
    adtte = tables()["adtte"]
    for code, of in adtte.groupby("PARAMCD"):
        found = times[times["endpoint"] == code]
        assert (found["event"] == "yes").sum() == (of["CNSR"] == 0).sum()
        assert set(found["event"]) == {"yes", "no"}


def test_cnsr_of_other_programs_is_the_same_number(tmp_path: Path) -> None:
    """What R writes is 0, what pandas writes is 0.0; read as text, nobody had an event."""
    adtte = tables()["adtte"]
    assert adtte["CNSR"].dtype == float
    whole_numbers = adtte.assign(CNSR=adtte["CNSR"].astype(int))
    found = [
        read_dataset(write_adam(tmp_path / name, ".csv", adtte=frame), STUDY)
        for name, frame in (("float", adtte), ("int", whole_numbers))
    ]
    first, second = (each.tables["time_to_event"]["event"] for each in found)
    assert first.tolist() == second.tolist()


def test_columns_of_adsl_that_are_compared_keep_their_names(tmp_path: Path) -> None:
    declared = PRESET + "factors: [{column: SITEGR1}, {column: BMIBL, cut: '>= 25'}]\n"
    more = tables()["adsl"].assign(SITEGR1="A", BMIBL=[20.5, 31.25] * 54)
    patients = read_dataset(write_adam(tmp_path, ".xpt", declared, adsl=more), STUDY).tables[
        "patients"
    ]
    assert set(patients["SITEGR1"]) == {"A"}
    assert patients["BMIBL"].tolist() == [20.5, 31.25] * 54


def test_one_treatment_is_no_arm(tmp_path: Path) -> None:
    folder = write_adam(tmp_path, ".csv", adsl=tables()["adsl"].assign(TRT01P=ARMS[0]))
    assert read_dataset(folder, STUDY).study.arm is None


def test_no_adverse_event_happened(tmp_path: Path) -> None:
    folder = write_adam(tmp_path, ".csv", adae=tables()["adae"].head(0))
    found = read_dataset(folder, STUDY)
    assert found.tables["adverse_events"].empty
    assert not found.description.lacks("adverse_events")


def test_what_is_declared_besides_is_preferred(tmp_path: Path) -> None:
    declared = PRESET + (
        "tables:\n  time_to_event:\n    - source: {sheet: adtte}\n      where: {PARAMCD: OS}\n"
        "      patient_id: USUBJID\n      endpoint: {constant: Death}\n      days: AVAL\n"
        "      event: {from: CNSR, is: 0}\n"
    )
    times = read_dataset(write_adam(tmp_path, ".csv", declared), STUDY).tables["time_to_event"]
    assert set(times["endpoint"]) == {"Death"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"adtte": {"PARAM": "Survival", "AVALU": None}}, "the unit of AVAL in AVALU or PARAM"),
        ({"adtte": {"CNSR": None}}, "the columns CNSR of ADTTE"),
        ({"adsl": {"TWICE": 1}}, "adsl.csv: found 'USUBJID'; expected each column once"),
        ({"adrs": {"AVALC": "better"}}, "one of the codes CR, PR, SD"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    tmp_path: Path, changed: dict[str, dict[str, object]], said: str
) -> None:
    frames = {}
    for name, columns in changed.items():
        gone = [column for column, value in columns.items() if value is None]
        kept = {column: value for column, value in columns.items() if value is not None}
        frame = tables()[name].assign(**kept).drop(columns=gone)
        frames[name] = frame.rename(columns={"TWICE": "USUBJID"})
    folder = write_adam(tmp_path / "trial", ".csv", **frames)
    with pytest.raises(DatasetFaults) as caught:
        read_dataset(folder, STUDY)
    _, *lines = str(caught.value).splitlines()
    assert len(lines) == 1, lines
    assert said in lines[0]


def test_a_folder_without_adsl_says_what_there_is(tmp_path: Path) -> None:
    folder = write_adam(tmp_path / "trial", ".csv")
    (folder / "adam" / "adsl.csv").unlink()
    with pytest.raises(DatasetFaults, match="ADSL, with a row a subject, among: adae, adrs, adtte"):
        read_dataset(folder, STUDY)

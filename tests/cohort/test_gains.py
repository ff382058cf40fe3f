"""What one more column would add is true: it is what its absence takes away, and nothing else."""

from __future__ import annotations

import dataclasses
import io
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from analysis.cohort import derive
from analysis.cohort.gains import MOST_LINES, gains, offers
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read import load, read_dataset
from analysis.cohort.recording import NEEDS
from analysis.cohort.schema import asked_for
from analysis.cohort.summary import summary
from analysis.zhai_2025.study import STUDY
from tests.ablation import IDENTIFIER, without
from tests.datasets import FOLLOW_UP, write_dataset

AGE = ("patients.birth_date", "patients.enrolment_date")
# Of which no table, factor or endpoint is made.
OF_NO_USE = {
    "patients.ajcc_stage",
    "patients.recurrent",
    "patients.measurable_lesions",
    "patients.records_complete",
    "adverse_events.onset_date",
    # Told again by the date of progression.
    "assessments.criterion",
    "assessments.region",
    # A category is derived from sums, and the other way round.
    "assessments.category",
    "assessments.new_lesion",
}


@cache
def synthetic() -> Dataset:
    return read_dataset("synthetic", STUDY)


def lacking(*gone: str) -> Cohort:
    dataset = without(synthetic(), *gone)
    return derive.cohort(dataset, dataset.study.parameters())


def words_of(cohort: Cohort) -> set[str]:
    return {offer.words for offer in offers(cohort)}


def test_of_everything_nothing_more_is_to_be_had() -> None:
    assert gains(load("synthetic", STUDY)) == []


@pytest.mark.parametrize(
    "column", sorted(column for columns in asked_for(STUDY).values() for column in columns)
)
def test_every_column_that_something_is_made_of_is_told(column: str) -> None:
    if column.endswith(f".{IDENTIFIER}"):
        return
    said = gains(lacking(column))
    # Age has two sources, of which both dates are one.
    column = "patients.age_years" if column in AGE else column
    if column in OF_NO_USE:
        assert said == []
    else:
        (sentence,) = said
        assert sentence.startswith(f"With {column} the report would add ")


@pytest.mark.parametrize("endpoint", STUDY.endpoints, ids=lambda endpoint: endpoint.name)
def test_an_endpoint_is_promised_by_each_column_that_it_lacks_alone(endpoint: object) -> None:
    assert dataclasses.is_dataclass(endpoint)
    for column in endpoint.needs(STUDY.chosen) if endpoint.events else ():
        cohort = lacking(f"follow_up.{column}")
        assert endpoint.name in cohort.unrecorded
        (sentence,) = gains(cohort)
        assert str(endpoint.words)[1:] in sentence


def test_what_needs_two_columns_is_promised_by_neither() -> None:
    two = lacking("follow_up.last_imaging_date", "follow_up.in_field_relapse_date")
    said = " ".join(gains(two))
    assert "in-field relapse-free survival" not in said
    assert "With follow_up.last_imaging_date the report would add out-of-field" in said


def test_a_table_is_one_line_and_most_gain_comes_first() -> None:
    gone = ("follow_up.death_date", "adverse_events", "patients.ecog", "radiotherapy.fractions")
    said = gains(lacking(*gone))
    assert [line.split(" the report")[0] for line in said] == [
        "With follow_up.death_date",
        "With a table adverse_events",
        "With radiotherapy.fractions",
        "With patients.ecog",
    ]
    columns = [f"patients.{name}" for name in STUDY.variables if name in STUDY.patient_columns]
    assert len(gains(lacking(*columns))) == MOST_LINES


def test_what_is_recorded_otherwise_is_not_promised() -> None:
    """Overall survival was recorded as a duration, and a table of dates was to add it."""
    said = gains(load("hepatocellular", STUDY))
    assert not any("overall survival" in line for line in said)
    assert not any("radiotherapy" in line or "immunotherapy" in line for line in said)
    assert any("With a table adverse_events" in line for line in said)


def test_every_derived_column_that_is_shown_is_offered_by_its_words() -> None:
    everything = tuple(dict.fromkeys(source for needs in NEEDS.values() for source in needs))
    cohort = lacking(*(source for source in everything if "." in source))
    for name in ("rt_dose_gy", "eqd2_gy", "ici_cycles", "treatment_mode", "failure_pattern"):
        assert STUDY.variable(name).words in words_of(cohort)


def test_the_check_says_it(tmp_path: Path) -> None:
    text = "title: Four\nnot_recorded: {follow_up: [last_imaging_date]}\n"
    frame = pd.read_csv(io.StringIO(FOLLOW_UP), dtype=str).drop(columns="last_imaging_date")
    folder = write_dataset(tmp_path, dataset=text, follow_up=frame.to_csv(index=False))
    lines = summary(load(folder, STUDY))
    place = lines.index("One more column or table would add:")
    assert lines[place + 1] == (
        "  With follow_up.last_imaging_date the report would add in-field relapse-free survival "
        "and out-of-field relapse-free survival."
    )

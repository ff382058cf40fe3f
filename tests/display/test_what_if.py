"""What a panel offers follows from the study; what it carries stays on the screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read import load, read_dataset
from analysis.display.documents.content import content
from analysis.display.html import Report, to_html
from analysis.display.what_if.offered import Section, is_allowed, offered
from analysis.display.what_if.panel import MOST_PATIENTS, panel
from analysis.display.what_if.script import SCRIPT, SOURCES, engine
from analysis.estimates import survival
from analysis.zhai_2025.study import STUDY
from tests.own import write_own

SECTIONS = (Section.ENDPOINTS,)


@pytest.fixture(scope="module")
def recorded() -> Dataset:
    return read_dataset("synthetic", STUDY)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return load("synthetic", STUDY)


def test_fields_have_the_limits_and_words_of_the_model(cohort: Cohort) -> None:
    fields = {field["name"]: field for field in offered(cohort, tuple(Section))}
    model = type(cohort.parameters).model_fields
    for name, field in fields.items():
        assert field["help"] == model[name].description
        assert field["base"] == cohort.parameters.model_dump(mode="json")[name]
        for stop in field.get("stops", []):
            assert is_allowed(stop, field)
            type(cohort.parameters)(**{name: stop})
        for choice in field.get("choices", []):
            type(cohort.parameters)(**{name: choice})
    assert fields["afp_cutoff"]["label"] == "AFP, cut-off"
    assert fields["afp_cutoff"]["low"] == {"value": 0.0, "open": True}
    assert fields["age_cutoff"]["whole"]
    assert fields["relapse_death"]["absent"] == ["competing"]
    # A page has the fields of what it shows, whose parameters its notebook names.
    of_table_5 = {field["name"] for field in offered(cohort, (Section.FACTORS,))}
    assert "relapse_death" not in of_table_5
    assert "landmark_months" in of_table_5
    assert "landmark_months" not in {field["name"] for field in offered(cohort, SECTIONS)}


def test_a_dataset_of_ones_own_has_its_own_cuts(tmp_path: Path) -> None:
    own = load(write_own(tmp_path / "own"), STUDY)
    (field,) = (one for one in offered(own, tuple(Section)) if one["name"] == "bilirubin_cutoff")
    assert (field["label"], field["unit"], field["base"]) == ("Bilirubin, cut-off", "µmol/L", 17)
    values = own.patients["bilirubin"]
    assert values.min() <= min(field["stops"]) <= max(field["stops"]) <= values.max()


def test_the_script_is_one_function_without_remarks() -> None:
    assert engine() == SCRIPT
    assert SCRIPT.startswith("(() => {\n'use strict';\n")
    assert not any(line.startswith("//") for line in SCRIPT.splitlines())
    assert "innerHTML" not in SCRIPT
    assert len(SOURCES) == len(set(SOURCES))


def test_what_is_carried_is_on_no_page_of_a_document(
    recorded: Dataset, cohort: Cohort, tmp_path: Path
) -> None:
    estimates = survival.estimate(cohort, cohort.parameters)
    shown = panel(recorded, cohort, estimates, SECTIONS)
    output = nbformat.v4.new_output("display_data", {"text/html": shown.data})
    cells = [
        nbformat.v4.new_markdown_cell("# Survival\n\nBefore it."),
        nbformat.v4.new_code_cell("", outputs=[output]),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    page = to_html(notebook, "04_survival", Report("Ours", "", ("04_survival",), {}, "1"))
    assert SCRIPT in page
    (tmp_path / "04_survival.html").write_text(page, encoding="utf-8")
    body = content(tmp_path, ["04_survival"]).body
    assert "Before it." in body
    assert "On a screen a panel stands here" in body
    assert "Move cut-offs" not in body
    assert "data-cohort" not in body
    plain = nbformat.v4.new_notebook(cells=cells[:1])
    report = Report("Ours", "", ("04_survival",), {}, "1")
    assert SCRIPT not in to_html(plain, "04_survival", report)


def test_of_more_patients_than_a_page_has_room_for_there_is_a_line(
    recorded: Dataset, cohort: Cohort
) -> None:
    many = pd.concat([cohort.patients] * (MOST_PATIENTS // len(cohort.patients) + 1))
    shown = panel(recorded, replace(cohort, patients=many), pd.DataFrame(), SECTIONS)
    assert "are more than a page carries" in shown.data

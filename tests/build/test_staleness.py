"""A page is made again when, and only when, something it is made from has other content."""

from __future__ import annotations

import pytest

from analysis.build.inputs import Inputs
from analysis.build.manifest import Made, Manifest
from analysis.build.staleness import page_should_be_rebuilt

INPUTS = Inputs(files={"notebooks/a.ipynb": "1", "analysis/b.py": "2"}, parameters={"age_max": 70})
OUTPUTS = {"a.csv": "3", "other.csv": "4"}
MANIFEST = Manifest(
    dataset="",
    notice="",
    title="",
    subtitle="",
    own=True,
    synthetic=True,
    credit=None,
    until="",
    place="",
    pages=("a",),
    parameters={},
    question="",
    facts=(),
    commit="",
    python="",
    packages={},
    made={"a": Made(inputs=tuple(INPUTS.files), parameters=INPUTS.parameters, outputs=("a.csv",))},
    inputs={**INPUTS.files, "analysis/unrelated.py": "5"},
    outputs=OUTPUTS,
)


def reason(inputs: Inputs = INPUTS, outputs: dict[str, str] = OUTPUTS) -> str | None:
    return page_should_be_rebuilt(MANIFEST, "a", inputs, outputs)


def test_the_same_inputs_and_outputs_are_up_to_date() -> None:
    assert reason() is None


def test_other_pages_and_what_they_are_made_from_are_no_reason() -> None:
    assert reason(outputs={"a.csv": "3", "other.csv": "edited"}) is None


def test_a_page_that_the_manifest_does_not_know_was_not_built() -> None:
    assert page_should_be_rebuilt(None, "a", INPUTS, OUTPUTS) == "it has not been built"
    assert page_should_be_rebuilt(MANIFEST, "z", INPUTS, OUTPUTS) == "it has not been built"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"notebooks/a.ipynb": "1", "analysis/b.py": "9"}, "analysis/b.py changed"),
        ({"notebooks/a.ipynb": "1"}, "analysis/b.py is gone"),
        ({**INPUTS.files, "analysis/c.py": "4"}, "analysis/c.py is new"),
        ({"notebooks/a.ipynb": "9"}, "notebooks/a.ipynb changed, and 1 more"),
    ],
)
def test_the_reason_names_the_file(files: dict[str, str], expected: str) -> None:
    assert reason(Inputs(files=files, parameters=INPUTS.parameters)) == expected


@pytest.mark.parametrize("parameters", [{}, {"age_max": 60}])
def test_other_parameters_are_named(parameters: dict[str, object]) -> None:
    assert reason(Inputs(files=INPUTS.files, parameters=parameters)) == "age_max changed"


@pytest.mark.parametrize("outputs", [{}, {"a.csv": "edited"}])
def test_a_file_that_was_removed_or_edited_is_made_again(outputs: dict[str, str]) -> None:
    said = reason(outputs=outputs)
    assert said is not None
    assert said.startswith("in the report, a.csv")

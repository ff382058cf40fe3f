"""A report is built again when, and only when, something it is made from has other content."""

from __future__ import annotations

import pytest

from analysis.build.manifest import Inputs, Manifest
from analysis.build.staleness import report_should_be_rebuilt

INPUTS = Inputs(files={"notebooks/a.ipynb": "1", "analysis/b.py": "2"}, parameters={})
OUTPUTS = {"index.html": "3"}
MANIFEST = Manifest(dataset="", notice="", pages=("index",), inputs=INPUTS, outputs=OUTPUTS)


def test_the_same_inputs_and_outputs_are_up_to_date() -> None:
    assert report_should_be_rebuilt(MANIFEST, INPUTS, OUTPUTS) is None


def test_a_report_without_manifest_was_not_built() -> None:
    assert report_should_be_rebuilt(None, INPUTS, OUTPUTS) == "it has not been built"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"notebooks/a.ipynb": "1", "analysis/b.py": "9"}, "analysis/b.py changed"),
        ({"notebooks/a.ipynb": "1"}, "analysis/b.py is gone"),
        ({**INPUTS.files, "analysis/c.py": "4"}, "analysis/c.py is new"),
    ],
)
def test_the_reason_names_the_file(files: dict[str, str], reason: str) -> None:
    inputs = Inputs(files=files, parameters={})
    assert report_should_be_rebuilt(MANIFEST, inputs, OUTPUTS) == reason


def test_other_parameters_are_another_report() -> None:
    inputs = Inputs(files=INPUTS.files, parameters={"ci_type": "plain"})
    assert report_should_be_rebuilt(MANIFEST, inputs, OUTPUTS) == "its parameters changed"


@pytest.mark.parametrize("outputs", [{}, {"index.html": "edited"}])
def test_a_page_that_was_removed_or_edited_is_built_again(outputs: dict[str, str]) -> None:
    reason = report_should_be_rebuilt(MANIFEST, INPUTS, outputs)
    assert reason is not None
    assert reason.startswith("in the report, index.html")

"""Parameters from the command line are typed, or refused in words that help."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from analysis.build.choices import changes, checked, read_given
from analysis.build.errors import BuildError
from analysis.build.project import ROOT
from analysis.study.parameters import Parameters as Engine
from analysis.zhai_2025.parameters import Parameters


def read(texts: list[str]) -> dict[str, Any]:
    """Give what differs from the study's parameters, as a build takes it."""
    return changes(checked(read_given(texts), Parameters))


def test_values_get_their_types() -> None:
    texts = ["afp_cutoff=200", "apply_eligibility=no", "time_zero=radiotherapy", "age_max=80"]
    assert read(texts) == {
        "afp_cutoff": 200.0,
        "apply_eligibility": False,
        "time_zero": "radiotherapy",
        "age_max": 80,
    }


def test_several_stand_in_one_text_with_spaces_in_values() -> None:
    line = "time_zero=first treatment rate_months=6, 12 pfs_censoring=last imaging age_max=80"
    assert read_given([line]) == {
        "time_zero": "first treatment",
        "rate_months": "6, 12",
        "pfs_censoring": "last imaging",
        "age_max": "80",
    }
    assert read([line]) == {
        "rate_months": [6, 12],
        "pfs_censoring": "last imaging",
        "age_max": 80,
    }


@pytest.mark.parametrize("text", ["rate_months=6,12", "rate_months=[6, 12]"])
def test_lists_may_be_written_with_commas(text: str) -> None:
    assert read([text]) == {"rate_months": [6, 12]}


def test_lists_of_one_and_of_none() -> None:
    assert read(["rate_months=12"]) == {"rate_months": [12]}
    assert read(["curves_of=pvtt"]) == {"curves_of": ["pvtt"]}
    assert read(["strata="]) == {"strata": []}


EXPRESSIONS = [
    "pvtt and afp_before >= 400",
    "pvtt and afp_before>=400",
    "sex == 'male'",
    "sex=='male'",
    'sex == "male" and age_years<=60',
    "ici_agent != 'camrelizumab' or not pvtt",
    "diagnosis == 'x ci_type=plain'",
    "therapy_line in [1, 2]",
    "without earlier ICI",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_an_expression_is_one_value_whatever_signs_are_in_it(expression: str, quote: str) -> None:
    if quote and quote in expression:
        pytest.skip("a person would take the other quotes")
    given = read_given([f"age_max=70 population={quote}{expression}{quote} ci_type=log"])
    assert list(given) == ["age_max", "population", "ci_type"]
    assert checked(given, Parameters).population == expression


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_make_hands_an_expression_on_as_it_is(expression: str, tmp_path: Path) -> None:
    # A stand-in for Python, which says what it was asked.
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "environment.yml").write_text("name: stand-in\n")
    (tmp_path / "notebooks").mkdir()
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nfor argument; do echo "$argument"; done\n')
    python.chmod(0o755)
    conda = {"CONDA_DEFAULT_ENV": "stand-in", "CONDA_PREFIX": str(tmp_path)}
    done = subprocess.run(
        ["make", f"PARAMS=population={expression}", "DATASET=a folder/of $mine"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **conda},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"--set=population={expression}" in done.stdout.splitlines()
    assert {path.name for path in tmp_path.iterdir()} == {
        "Makefile",
        "environment.yml",
        "notebooks",
        "bin",
    }


def test_what_the_article_chose_is_no_change() -> None:
    assert read(["ci_type=log-log", "rate_months=12,24"]) == {}


def test_files_hold_a_line_for_each(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("time_zero: radiotherapy\nci_type: plain\npopulation: afp_before >= 400\n")
    expected = {
        "population": "afp_before >= 400",
        "time_zero": "radiotherapy",
        "ci_type": "plain",
    }
    assert read([str(file)]) == expected
    # In the order of the model, however they are written.
    assert list(read([str(file)])) == list(expected)
    assert read([str(file), "ci_type=log"])["ci_type"] == "log"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ci_typ=plain", "Did you mean 'ci_type'?"),
        ("zzz=1", "There are: apply_eligibility"),
        ("ci_type", "not of the form name=value"),
        ("=1", "not of the form name=value"),
        ("ci_type=wald", "ci_type=wald: input should be 'log-log', 'log' or 'plain'"),
        ("age_max=old", "age_max=old: input should be a valid integer"),
        ("age_max=-1", "Oldest age admitted"),
        ("age_max={", "age_max={"),
        ("population=pvtt and", "cannot be read"),
        ("population=__import__('os')", "is not understood"),
        ("curves_of=pvt", "did you mean 'pvtt'?"),
    ],
)
def test_refusals_say_what_is_possible(text: str, words: str) -> None:
    with pytest.raises(BuildError) as refused:
        read([text])
    assert words in str(refused.value)
    assert refused.value.status == 2


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BuildError, match=r"(?s)confidence.*age_max"):
        read(["age_max=-1", "confidence=2"])
    with pytest.raises(BuildError, match=r"(?s)ci_type.*age_max"):
        read(["ci_typ=log", "age_mx=2"])


def test_a_study_refuses_what_only_another_has() -> None:
    assert checked({"ci_type": "log"}, Engine).ci_type == "log"
    with pytest.raises(BuildError, match="There is no parameter 'afp_cutoff'"):
        checked({"afp_cutoff": "400"}, Engine)

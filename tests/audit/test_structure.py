"""What a structure is called by: its own names above those of the study; faults for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.article.ledger import read_ledger
from analysis.audit.finders.evidence import Evidence, Quantity
from analysis.audit.structure import (
    Structure,
    StructureFaults,
    read_structure,
    structure_of,
    unknown_names,
)
from analysis.study.errors import ReadableError

OF_THE_STUDY = {"afp_high": "AFP, high", "ecog": "ECOG PS"}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "structure.yaml"
    path.write_text("names:\n  afp_high: α-fetoprotein\n", encoding="utf-8")
    return path


def words(names: dict[str, str]) -> list[str]:
    """Give words for three variables, of which the last has no name."""
    evidence = Evidence((), Structure(names=names))
    variables = ("afp_high", "ecog", "child_pugh")
    return [evidence.name(Quantity("", "", "", variable, "yes")) for variable in variables]


def test_names_of_the_file_stand_above_those_of_the_study(written: Path) -> None:
    assert words(read_structure(written).names) == ["α-fetoprotein", "ecog", "child pugh"]
    named = ["α-fetoprotein", "ECOG PS", "child pugh"]
    assert words(read_structure(written, OF_THE_STUDY).names) == named
    assert words(structure_of(written, written, OF_THE_STUDY).names) == named
    beside = written.with_name("claims.csv")
    assert words(structure_of(beside, names=OF_THE_STUDY).names) == named


def test_a_ledger_without_structure_has_the_names_of_the_study(tmp_path: Path) -> None:
    found = structure_of(tmp_path / "claims.csv", names=OF_THE_STUDY)
    assert found.title == "claims.csv"
    assert words(found.names) == ["AFP, high", "ECOG PS", "child pugh"]


def test_faults_of_a_structure_are_for_people(written: Path) -> None:
    written.write_text("name: {}\ncuts: 3\n", encoding="utf-8")
    with pytest.raises(ReadableError, match="2 fault") as raised:
        read_structure(written)
    assert isinstance(raised.value, StructureFaults)
    assert len(raised.value.faults) == 2


NAMES = sorted(
    {
        "patients",
        "exclusive.0.variables.0",
        "exclusive.1.levels.0",
        "exclusive.5.of",
        "one_at_most.0.variables.3",
        "several.0.variable",
        "several.0.more",
        "sums.0.whole",
        "sums.0.parts.1",
        "unions.0.parts.2",
        "at_least.0.whole",
        "subsets.0.part",
        "subsets.0.whole",
        "whole_numbers.0",
        "cuts.0.variable",
        "cuts.0.level",
        "doses.0.bed",
        "p_values.0.values.0.claim",
        "p_values.0.values.0.margins.1",
        "survival.overall",
        "survival.follow_up",
        "survival.shared.0.rest",
        "survival.groups",
    }
)


def test_the_article_names_nothing_that_it_does_not_print() -> None:
    assert unknown_names(read_structure(), read_ledger().to_dict("records")) == []


@pytest.mark.parametrize("place", NAMES)
def test_a_name_that_is_misspelt_is_told(place: str) -> None:
    raw = read_structure().model_dump(mode="json")
    inner, *path = raw, *place.split(".")
    for step in path[:-1]:
        inner = inner[int(step)] if step.isdigit() else inner[step]
    last: int | str = int(path[-1]) if path[-1].isdigit() else path[-1]
    wrong = str(inner[last]) + "x"
    inner[last] = wrong
    told = unknown_names(Structure.model_validate(raw), read_ledger().to_dict("records"))
    assert told
    assert all(repr(wrong) in line or wrong.partition("=")[2] in line for line in told)


def test_names_of_events_are_checked_too() -> None:
    raw = read_structure().model_dump(mode="json")
    raw["survival"]["events"] = {"OS": "death=yess", "IFRS": "in_field_relapse=yes"}
    told = unknown_names(Structure.model_validate(raw), read_ledger().to_dict("records"))
    assert len(told) == 2
    assert "did you mean 'death=yes'?" in " ".join(told)
    assert "did you mean 'IRFS'?" in " ".join(told)

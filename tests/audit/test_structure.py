"""What a structure is called by: its own names above those of the study; faults for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.audit.structure import (
    Quantity,
    StructureFaults,
    read_structure,
    structure_of,
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
    return [Quantity("", "", "", v, "yes").words(names) for v in ("afp_high", "ecog", "child_pugh")]


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

"""The audit as a user starts it: built once, refused whole, the last good one kept."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.__main__ import PROJECT
from analysis.article.ledger import CLAIMS, read_ledger
from analysis.audit import checker, records
from analysis.audit.finders.evidence import Evidence
from analysis.audit.form import Verdict
from analysis.audit.structure import StructureFaults, read_structure
from analysis.build.audit import audit_name, own_ledger
from analysis.build.cli import main
from analysis.build.inputs import hashes_in
from analysis.build.project import AUDIT_NOTEBOOK, ROOT, Project

LEDGERS = ROOT / "data" / "ledgers"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = replace(PROJECT, notebooks=tmp_path / "notebooks", reports=tmp_path / "reports")
    project.notebooks.mkdir()
    shutil.copy(PROJECT.notebook(AUDIT_NOTEBOOK), project.notebook(AUDIT_NOTEBOOK))
    return project


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Give a ledger of one's own: the template."""
    shutil.copytree(LEDGERS / "template", tmp_path / "mine")
    return tmp_path / "mine" / "claims.csv"


def run(project: Project, ledger: Path) -> int:
    return main(project, ["audit", "--ledger", str(ledger)])


def test_an_audit_is_built_once_and_shows_no_path(
    project: Project, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, ledger) == 0
    folder = project.report("audit-mine")
    said = capsys.readouterr().out
    assert "17 numbers, 17 of them covered by a rule\n   1  a likely explanation\n" in said
    assert {path.name for path in folder.iterdir()} == {
        "index.html",
        "findings.csv",
        "findings.json",
        "summary.txt",
        "notebooks",
        "manifest.json",
    }
    for path in folder.rglob("*.*"):
        assert str(ledger.parent).encode() not in path.read_bytes(), path
    assert "Zhai" not in (folder / "index.html").read_text(encoding="utf-8")
    listing = (project.reports / "index.html").read_text(encoding="utf-8")
    assert "audit-mine/index.html" in listing
    assert "audit-mine/findings.json" in listing

    before = hashes_in(folder)
    assert run(project, ledger) == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert hashes_in(folder) == before


def test_a_faulty_ledger_is_told_whole_and_the_last_audit_stays(
    project: Project, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, ledger) == 0
    good = hashes_in(project.reports)
    text = ledger.read_text(encoding="utf-8")
    ledger.write_text(
        text.replace("65.0,65.0,1,=", "65.0,66.0,1,~").replace("61.5,61.5,1", "61.5,61.5,0"),
        encoding="utf-8",
    )
    capsys.readouterr()
    assert run(project, ledger) == 2
    said = capsys.readouterr().err
    for part in ("claims.csv: ", "row 4, column value", "row 4, column comparator",
                 "row 7, column decimals"):  # fmt: skip
        assert part in said
    assert hashes_in(project.reports) == good


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("patients: abs-patients", "patients: abs-patient", "no claim 'abs-patient'"),
        ("whole_numbers: [age]", "whole_number: [age]", "whole_number: unknown"),
        ("exclusive:\n", "exclusive: 3\nother:\n", "other: unknown"),
        ("title: a", "title: [a", "not YAML"),
    ],
)
def test_a_faulty_structure_is_refused(
    project: Project,
    ledger: Path,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    said: str,
) -> None:
    path = ledger.with_name("structure.yaml")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert run(project, ledger) == 2
    assert said in capsys.readouterr().err
    assert not project.reports.exists() or not any(project.reports.iterdir())


def test_a_ledger_or_structure_that_is_not_there(
    project: Project, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, ledger.with_name("none.csv")) == 2
    assert "There is no ledger at" in capsys.readouterr().err
    missing = str(ledger.with_name("none.yaml"))
    assert main(project, ["audit", "--ledger", str(ledger), "--structure", missing]) == 2
    assert "There is no structure of the ledger at" in capsys.readouterr().err


def test_without_a_structure_what_needs_none_is_checked(
    project: Project, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger.with_name("structure.yaml").unlink()
    text = ledger.read_text(encoding="utf-8").replace("65.0,65.0", "56.0,56.0")
    ledger.write_text(text.replace("Table 1: Sex", "<script>alert(1)</script>"), encoding="utf-8")
    assert run(project, ledger) == 0
    assert "1  possible under another reading" in capsys.readouterr().out
    page = (project.report("audit-mine") / "index.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_a_notebook_that_fails_is_kept_and_the_last_audit_too(
    project: Project, ledger: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, ledger) == 0
    good = hashes_in(project.report("audit-mine"))
    path = project.notebook(AUDIT_NOTEBOOK)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("shown.rules(found)", "shown.rule(found)"), encoding="utf-8")
    assert run(project, ledger) == 1
    said = capsys.readouterr().err
    assert "08_audit failed in cell" in said
    kept = project.reports / "failed" / "audit-mine" / "08_audit.ipynb"
    assert str(kept) in said
    assert hashes_in(project.report("audit-mine")) == good
    path.write_text(whole, encoding="utf-8")
    text = ledger.read_text(encoding="utf-8").replace("14.2,14.2", "14.3,14.3")
    ledger.write_text(text, encoding="utf-8")
    assert run(project, ledger) == 0
    assert not kept.exists()


def test_a_published_table_of_another_article(project: Project) -> None:
    ledger = LEDGERS / "doll_hill_1950" / "claims.csv"
    assert run(project, ledger) == 0
    text = (project.report("audit-doll_hill_1950") / "findings.json").read_text(encoding="utf-8")
    findings = records.from_json(text)
    assert json.loads(text)
    assert {finding.verdict for finding in findings} == {Verdict.LIKELY}
    men = next(finding for finding in findings if finding.subject == ("t4-men-p",))
    assert men.allowed == ("Fisher one-sided, comparison of separate groups",)
    structure = read_structure(ledger.with_name("structure.yaml"))
    rows = Evidence.of(read_ledger(ledger), structure).rows
    read = checker.Ledger(rows, structure)
    assert all(checker.faults(finding, read) == [] for finding in findings)


def test_names_of_audits(tmp_path: Path) -> None:
    own = own_ledger(PROJECT)
    assert own == CLAIMS
    assert audit_name(CLAIMS, own) == "audit"
    assert audit_name(CLAIMS) == "audit-article"
    assert audit_name(tmp_path / "smith.csv", own) == "audit-smith"


def test_a_dataset_cannot_take_the_place_of_an_audit(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(project, ["report", "--dataset", str(tmp_path / "audit")]) != 0
    assert "give its folder another name" in capsys.readouterr().err


def test_a_structure_that_is_no_mapping(tmp_path: Path) -> None:
    path = tmp_path / "structure.yaml"
    path.write_text("- a\n- b\n", encoding="utf-8")
    with pytest.raises(StructureFaults, match="1 fault"):
        read_structure(path)

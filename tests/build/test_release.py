"""`make release`: what is written, what is refused, and what no byte of it says."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import PROJECT
from analysis.build.cli import main
from analysis.build.errors import BuildError
from analysis.build.project import ROOT, Project
from analysis.build.release import build_release
from analysis.build.report import NOT_FOR_RELEASE
from analysis.disclosure.scan import leaks
from tests.datasets import write_dataset
from tests.disclosure.cohorts import cohort

COHORTS = ("hepatocellular", "synthetic")


def copied(name: str, folder: Path, **changes: str) -> Path:
    """Copy a committed dataset, with other lines in its description."""
    target = folder / name
    shutil.copytree(ROOT / "data" / name, target)
    described = target / "dataset.yaml"
    text = described.read_text(encoding="utf-8")
    for key, value in changes.items():
        text = re.sub(rf"^{key}:.*\n", "", text, flags=re.MULTILINE) + f"{key}: {value}\n"
    described.write_text(text, encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("released")
    return replace(PROJECT, reports=folder / "reports", releases=folder / "release")


@pytest.fixture(scope="module", params=COHORTS)
def bundle(
    request: pytest.FixtureRequest, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give the release of a committed cohort, taken for real patients."""
    name = request.param
    folder = tmp_path_factory.mktemp("data")
    dataset = copied(name, folder, synthetic="false", what_if="true")
    said = build_release(project, dataset, {})
    patients = {"hepatocellular": 227, "synthetic": 108}[name]
    assert f"Patients who could be told by a small count: {patients} before, 0 after." in said
    return project.releases / name


def test_no_byte_of_it_names_a_patient_a_day_or_a_small_count(bundle: Path) -> None:
    ids = cohort(bundle.name).patients["patient_id"].astype(str)
    assert leaks(bundle, set(ids), 7) == []
    everything = b"".join(path.read_bytes() for path in bundle.rglob("*") if path.is_file())
    # What the pages carry of these patients, so that settings can be moved in them, stays.
    assert b"data-cohort" not in everything
    assert b"SYN-" not in everything
    assert not [path for path in bundle.rglob("*") if path.name.startswith(("swimmer", "."))]


def test_every_file_is_listed_for_the_output_checker(bundle: Path) -> None:
    listed = pd.read_csv(bundle / "files.csv")
    there = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert set(listed["file"]) == there - {"files.csv"}
    assert listed["holds"].notna().all()
    page = (bundle / "index.html").read_text(encoding="utf-8")
    assert "Under disclosure control" in page
    assert "OpenSAFELY" in page
    assert NOT_FOR_RELEASE not in page


def test_every_step_of_a_curve_is_at_the_end_of_a_month(bundle: Path) -> None:
    rows = pd.read_csv(bundle / "estimates.csv", keep_default_na=False)
    points = rows[(rows["analysis_id"] == "curve") & (rows["statistic"] == "survival")]
    overall = points[points["group"] == ""]
    lasts = [
        int(one["variable_level"].astype(int).max())
        for _, one in overall.groupby("variable", sort=False)
    ]
    svg = (bundle / "figures/curves.svg").read_text(encoding="utf-8")
    paths = [
        [float(x) for x in re.findall(r"[ML] ([\d.]+) ", found)]
        for found in re.findall(r'<path d="((?:[ML] [\d.]+ [\d.]+\s*)+)"', svg)
    ]
    steps = [xs for xs in paths if len(xs) > 8]
    assert len(steps) == len(lasts)
    for xs, last in zip(steps, lasts, strict=True):
        months = [(x - xs[0]) / (xs[-1] - xs[0]) * last for x in xs]
        assert max(abs(month - round(month)) for month in months) < 0.01


def test_the_last_look_finds_what_was_put_there(bundle: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt"
    shutil.copytree(bundle, spoilt)
    (spoilt / "figures/curves.svg").write_text("<!-- SYN-007 -->", encoding="utf-8")
    (spoilt / "tables/survival.csv").write_text("endpoint,Patients,Events\nOS,110,3\n", "utf-8")
    page = spoilt / "index.html"
    page.write_text(page.read_text("utf-8") + "<td>4</td> on 2021-03-04", encoding="utf-8")
    assert leaks(spoilt, {"SYN-007"}, 7) == [
        "figures/curves.svg: a patient's name (SYN-007)",
        "index.html: a date (2021-03-04)",
        "index.html: a count of 4",
        "tables/survival.csv: a count of 3",
    ]


def test_what_would_give_patients_away_is_not_written(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = copied("hepatocellular", tmp_path)
    (project.releases / "hepatocellular").mkdir(parents=True, exist_ok=True)
    before = sorted((project.releases / "hepatocellular").rglob("*"))
    monkeypatch.setattr("analysis.build.release.attacked", lambda *_: (5, ["sex / male: 3"]))
    with pytest.raises(BuildError, match="some patients can be told"):
        build_release(project, dataset, {})
    monkeypatch.setattr("analysis.build.release.attacked", lambda *_: (5, []))
    monkeypatch.setattr("analysis.disclosure.scan.leaks", lambda *_: ["index.html: a count of 3"])
    with pytest.raises(BuildError, match="a last look"):
        build_release(project, dataset, {})
    assert sorted((project.releases / "hepatocellular").rglob("*")) == before


def test_of_few_patients_nothing_is_released(project: Project, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="of so few nothing may be released"):
        build_release(project, write_dataset(tmp_path / "four"), {})
    assert not (project.releases / "four").exists()


def test_rules_are_chosen_by_a_word_and_no_other(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = build_release(project, copied("hepatocellular", tmp_path / "a", disclosure="ACRO"), {})
    assert "(ACRO)" in said[0]
    dataset = copied("hepatocellular", tmp_path / "b", disclosure="off")
    assert main(project, ["release", "--dataset", str(dataset)]) == 2
    assert "disclosure" in capsys.readouterr().err


def test_without_control_the_report_is_copied_and_that_is_said(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = copied("hepatocellular", tmp_path, disclosure="none")
    report = project.report("hepatocellular")
    report.mkdir(parents=True)
    (report / "index.html").write_text("the report", encoding="utf-8")
    monkeypatch.setattr("analysis.build.release.build_report", lambda *_: None)
    said = build_release(project, dataset, {})
    assert "No disclosure control" in said[0]
    assert (project.releases / "hepatocellular/index.html").read_text() == "the report"


def test_pages_that_carry_real_patients_are_not_copied(project: Project, tmp_path: Path) -> None:
    dataset = copied("hepatocellular", tmp_path, disclosure="none", what_if="true")
    with pytest.raises(BuildError, match="what_if: true"):
        build_release(project, dataset, {})

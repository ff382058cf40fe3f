"""From somebody's own files to the pages that are read: reports, built as `make` builds them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import PROJECT
from analysis.build.cli import main
from tests.cohort.intake import adam, hospital

SETS: dict[str, Callable[[Path], object]] = {
    "hospital": hospital.write_workbook,
    "trial": lambda folder: adam.write_adam(folder, ".xpt"),
}


def words(page: Path) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("name", "title", "pages", "said"),
    [
        ("hospital", "Our hospital, 108 patients",
         {"01_cohort", "02_treatment", "03_response", "04_survival", "05_toxicity"},
         ("AFP", "Camrelizumab", "108")),
        ("trial", "A trial", {"01_cohort", "03_response", "04_survival", "05_toxicity"},
         ("Xanomeline High Dose", "Planned Treatment for Period 01", "108")),
    ],
)  # fmt: skip
def test_a_report_is_built_of_them(
    tmp_path: Path,
    name: str,
    title: str,
    pages: set[str],
    said: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / name
    SETS[name](folder)
    project = replace(PROJECT, reports=tmp_path / "reports")
    assert main(project, ["report", "--dataset", str(folder)]) == 0, capsys.readouterr().err
    report = project.report(name)
    manifest = json.loads((report / "manifest.json").read_text())
    assert pages <= set(manifest["pages"])
    # What is compared with the article is another matter.
    assert not {"07_replication", "10_comparators"} & set(manifest["pages"])
    whole = " ".join(words(page) for page in report.glob("*.html"))
    assert title in whole
    for word in said:
        assert word.casefold() in whole.casefold(), word
    assert "Zhai" not in words(report / "index.html")
    rows = pd.concat(map(pd.read_parquet, report.rglob("*.parquet")))
    assert {"survival", "adverse_events"} <= set(rows["analysis_id"])
    # Files beside dataset.yaml are inputs of the report: it is up to date until they change.
    assert main(project, ["report", "--dataset", str(folder)]) == 0
    assert "is up to date" in capsys.readouterr().out

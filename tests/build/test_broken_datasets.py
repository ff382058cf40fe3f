"""Ten kinds of broken dataset: told with place and value, exit not 0, the last report kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import PROJECT
from analysis.build.cli import main
from analysis.build.inputs import hashes_in
from tests import datasets
from tests.datasets import write_dataset

# Each entry: what is wrong, the file, its text, and what the message says of it.
BROKEN = {
    "missing file": ("follow_up", None, ["follow_up.csv", "expected this file"]),
    "missing column": ("patients", ("ecog,", ""), ["patients.csv", "ecog"]),
    "unknown category": (
        "patients",
        ("A3,male", "A3,man"),
        ["patients.csv, row 4, column sex: found 'man'; expected one of: male, female"],
    ),
    "wrong type": (
        "radiotherapy",
        ("60,30", "sixty,30"),
        ["radiotherapy.csv, row 2, column dose_gy: found 'sixty'; expected a number"],
    ),
    "duplicate patient": (
        "patients",
        ("A3,male", "A1,male"),
        ["patients.csv, row 4, column patient_id: found 'A1'", "row 2 has it already"],
    ),
    "orphan row": (
        "radiotherapy",
        ("A2,PVTT", "A9,PVTT"),
        ["radiotherapy.csv, row 4, column patient_id: found 'A9'"],
    ),
    "death before treatment": (
        "follow_up",
        ("2020-09-01,2020-10-01,2020-10-01", "2020-03-01,2020-03-02,2020-03-02"),
        [
            "2 cells (follow_up.csv, columns death_date, last_contact_date, row 4)",
            "found '2020-03-02'; expected a day on or after the first treatment",
        ],
    ),
    "progression after last contact": (
        "follow_up",
        ("A1,2020-01-15,,2020-01-15", "A1,2020-07-02,,2020-07-02"),
        ["follow_up.csv, row 2, column progression_date: found '2020-07-02'", "2020-07-01"],
    ),
    "negative value": (
        "patients",
        (",12,12,2,", ",-12,12,2,"),
        ["patients.csv, row 4, column afp_before: found '-12'"],
    ),
    "absurd value": (
        "immunotherapy",
        (",7\n", ",7000\n"),
        ["immunotherapy.csv, row 3, column cycles: found '7000'"],
    ),
    "empty table": ("assessments", "", ["assessments.csv; expected at least one row"]),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_dataset(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, change, told = BROKEN[kind]
    folder = write_dataset(tmp_path / "cohort")
    file = folder / f"{table}.csv"
    if change is None:
        file.unlink()
    elif change == "":
        file.write_text(file.read_text().splitlines()[0] + "\n")
    elif kind == "missing column":
        pd.read_csv(file, dtype=str).drop(columns="ecog").to_csv(file, index=False)
    else:
        old, new = change
        assert old in datasets.FILES[file.name]
        file.write_text(file.read_text().replace(old, new))
    project = replace(PROJECT, reports=tmp_path / "reports")
    last = project.report("cohort") / "index.html"
    last.parent.mkdir(parents=True)
    last.write_text("the last good report")
    before = hashes_in(project.reports)

    status = main(project, ["report", "--dataset", str(folder)])

    assert status != 0
    said = capsys.readouterr()
    for words in told:
        assert words in said.err
    assert "runs" not in said.out + said.err
    assert hashes_in(project.reports) == before

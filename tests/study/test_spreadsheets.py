"""No text of a data file is run by the spreadsheet that a CSV of the report is opened in."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from great_tables import GT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.build.join import write_estimates
from analysis.display.page import Page
from analysis.display.tables import Table
from analysis.study.spreadsheets import as_text, write_csv

SIGNS = tuple("=+-@\t\r\n＝＋－＠")
ROOT = Path(__file__).parents[2]
FORMULAS = ['=HYPERLINK("http://example.org","x")', "+1+1", "-1+1", "@SUM(1)", "\t=1", "\n=1",
            "＝1+1", "-3.5 to 2"]  # fmt: skip


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def cells_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [cell for row in csv.reader(file) for cell in row]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_a_text_in_every_csv_of_a_report(tmp_path: Path, text: str) -> None:
    rows = pd.DataFrame({"term": [text, "Nausea"], "value": [-1.5, 2.0], text: [text, None]})
    page = Page("05_toxicity", tmp_path)
    page.records("records", rows)
    page.table("table_4", Table(lambda: GT(rows), rows), "A table")
    write_estimates(rows, tmp_path)
    written = sorted(tmp_path.rglob("*.csv"))
    assert [path.name for path in written] == ["estimates.csv", "records.csv", "table_4.csv"]
    for path in written:
        cells = cells_of(path)
        assert f"'{text}" in cells
        assert not [cell for cell in cells if cell[:1] in SIGNS and not is_number(cell)]
    # Parquet is read by programs, which run nothing.
    stored = pd.read_parquet(tmp_path / "estimates.parquet")
    pd.testing.assert_frame_equal(stored, rows)


@given(st.lists(st.text(alphabet=st.sampled_from("=+-@\t\r\n'\"a,;1.5e ＝－")), min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_text_begins_like_a_formula(tmp_path: Path, texts: list[str]) -> None:
    path = tmp_path / "any.csv"
    write_csv(pd.DataFrame({"n": range(len(texts)), "text": texts}), path)
    with path.open(encoding="utf-8", newline="") as file:
        back = [row[1] for row in csv.reader(file)][1:]
    for text, cell in zip(texts, back, strict=True):
        assert cell == as_text(text)
        # A sign alone is no formula.
        assert cell[:1] not in SIGNS or is_number(cell) or len(cell) == 1


def test_what_is_no_text_stays_as_it_is(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "number": [-1.5, np.nan],
            "day": pd.to_datetime(["2019-01-01", None]),
            "yes": [True, False],
            "level": pd.Categorical(["=1", "b"]),
            "mixed": [-1, "-1"],
        }
    )
    write_csv(frame, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines() == [
        "number,day,yes,level,mixed",
        "-1.5,2019-01-01,True,'=1,-1",
        ",,False,b,-1",
    ]


def test_whatever_writes_a_csv_for_people_writes_it_so() -> None:
    """The synthetic cohort is data; a table of a database is hashed."""
    others = {"study/spreadsheets.py", "cohort/save.py", "cohort/written.py"}
    writers = {
        path.relative_to(ROOT / "analysis").as_posix()
        for path in (ROOT / "analysis").rglob("*.py")
        if "to_csv(" in path.read_text(encoding="utf-8")
    }
    assert writers == others

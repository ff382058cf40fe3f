"""No number of a synthetic report stands unmarked that the article does not print, wherever.

The walker of `tests.marks` knows digits of the ledger alone. What it does not know, a mark has to
say; faults that are put into a report are found by it.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from lxml import html
from pyarrow import parquet

from analysis.display.beyond import DETERMINED, LEGEND, MARK
from tests import marks

PAGE, TABLE = "06_prognostic_factors.html", "tables/table_5_hazards.csv"


def test_no_number_of_a_synthetic_report_stands_unmarked(report: Path) -> None:
    assert marks.of_report(report) == []
    looked = [path for path in report.rglob("*") if path.suffix in {".csv", ".parquet", ".svg"}]
    assert len(looked) > 50


def test_every_table_of_verdicts_says_what_the_numbers_rest_on(report: Path) -> None:
    verdicts = pd.read_csv(report / "verdicts.csv")
    assert (verdicts["synthetic"] == "yes").all()
    told = verdicts[verdicts["estimated"]]
    assert set(told["status"]) <= marks.STATUS
    exact = told[told["agrees"] & told["comparator"].eq("=")]
    assert set(exact["status"]) == {"published"}
    assert verdicts.loc[~verdicts["estimated"], "status"].isna().all()


def test_parquet_says_synthetic_in_its_schema(report: Path) -> None:
    for path in [*report.glob("estimates/*.parquet"), report / "estimates.parquet"]:
        said = parquet.read_schema(path).metadata
        assert said[b"synthetic"].startswith(b"yes"), path.name
        assert b"published" in said[b"status"], path.name


def test_pages_say_what_their_marks_mean(report: Path) -> None:
    known = re.sub(r"[*]", "", LEGEND)[:40], "What the article does not print is marked"
    for path in report.glob("*.html"):
        page = html.fromstring(path.read_text(encoding="utf-8"))
        text = page.text_content()
        if path.stem != "index":
            assert any(words in text for words in known), path.stem
        # A table has its own note, in whatever file it stands alone.
        for table in page.xpath('//table[contains(@class, "gt_table")]'):
            foot = "".join(table.xpath("./tfoot//text()"))
            body = table.text_content()
            for sign in (MARK, DETERMINED):
                assert (sign in body) == (f"{sign} Not printed by the article" in foot)


# Faults ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def part(report: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a report of one page, with its exports, to put faults into."""
    folder = tmp_path_factory.mktemp("part")
    for name in (PAGE, TABLE, "tables/table_5_hazards.html", "figures/forest.svg",
                 "estimates.csv", "estimates.parquet"):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(report / name, folder / name)
    assert marks.of_report(folder) == []
    return folder


def _text(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert old.encode() in content
        return content.replace(old.encode(), new.encode())

    return change


def _first(pattern: str, new: str) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        changed, count = re.subn(pattern, new, content.decode(), count=1, flags=re.DOTALL)
        assert count
        return changed.encode()

    return change


def _csv(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        rows = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
        return change(rows).to_csv(index=False).encode()

    return changed


def _parquet(content: bytes) -> bytes:
    rows = pd.read_parquet(io.BytesIO(content))
    return rows.drop(columns="status").to_parquet(index=False)


FAULTS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "the mark of a column": (PAGE, _text(f"HR (95% CI){MARK}", "HR (95% CI)")),
    "the mark of a cell": (PAGE, _first(rf"(\d+[.]\d</a>)[{MARK}{DETERMINED}][)]", r"\1)")),
    "a number in a sentence": (PAGE, _first("(32 tests [(]log-rank)", r"A ratio of 1.6789. \1")),
    "a number in a caption": (
        PAGE, _text("Hazard ratios, and whether", "Hazard ratios, 1.6789, and whether")
    ),
    "a number in a note": (PAGE, _text("HR, hazard ratio, yes", "HR 1.6789, yes")),
    "a figure without its mark": (PAGE, _text("Drawn of synthetic patients", "Drawn of patients")),
    "an alternative text": (PAGE, _text('alt="Synthetic patients. ', 'alt="')),
    "the notice of a page": (PAGE, _first('(class="notice".*?)Synthetic(.*?)ynthetic', r"\1S\2S")),
    "the mark of a column in CSV": (TABLE, _text(f"HR (95% CI){MARK}", "HR (95% CI)")),
    "a CSV that is of anybody": (TABLE, _csv(lambda rows: rows.drop(columns="synthetic"))),
    "a row that is of anybody": (TABLE, _first(",yes\n", ",\n")),
    "a table that stands alone": (
        "tables/table_5_hazards.html", _text("Synthetic patients.", "")
    ),
    "estimates without a status": (
        "estimates.csv", _csv(lambda rows: rows.drop(columns="status"))
    ),
    "a row without a status": ("estimates.csv", _first(",published,", ",,")),
    "an open number as published": (
        "estimates.csv",
        _csv(lambda rows: rows.assign(
            status=rows["status"].where(rows["statistic"] != "hazard_ratio", "published")
        )),
    ),
    "Parquet without a status": ("estimates.parquet", _parquet),
    "the title of a figure": ("figures/forest.svg", _text("Synthetic patients. ", "")),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, part: Path, tmp_path: Path) -> None:
    name, change = FAULTS[fault]
    shutil.copytree(part, tmp_path / "part")
    path = tmp_path / "part" / name
    path.write_bytes(change(path.read_bytes()))
    found = marks.of_report(tmp_path / "part")
    assert found
    assert {file for file, _ in found} == {path.name}


# Real patients -----------------------------------------------------------------------------------


def test_of_real_patients_nothing_of_it_is_said(any_report: Path) -> None:
    if any_report.name == "synthetic":
        pytest.skip("These patients are not real.")
    count = 0
    for path in any_report.rglob("*"):
        if path.suffix == ".svg":
            found = marks.of_svg(path.read_bytes())
            assert found == ["the title does not say synthetic", "no description"], path.name
        elif path.suffix == ".parquet":
            assert not _columns(pd.read_parquet(path)), path.name
            assert b"synthetic" not in (parquet.read_schema(path).metadata or {})
        elif path.suffix == ".csv":
            assert not _columns(pd.read_csv(path)), path.name
            assert not _words(path.read_text(encoding="utf-8")), path.name
        elif path.suffix == ".html":
            page = html.fromstring(path.read_bytes())
            # Code says how, not what.
            for aside in page.xpath('//details[contains(@class, "code")]|//style|//script'):
                aside.getparent().remove(aside)
            said = page.text_content() + " ".join(page.xpath("//@alt"))
            assert not _words(said), path.name
            assert not page.xpath('//details[@class="ranges"]'), path.name
        else:
            continue
        count += 1
    assert count > 20


def _columns(rows: pd.DataFrame) -> set[str]:
    told = {"status", "synthetic", "ensemble_members", "ensemble_lowest", "ensemble_highest"}
    return told & set(rows.columns)


def _words(text: str) -> list[str]:
    return re.findall(rf"[{MARK}{DETERMINED}]|[Ss]ynthetic|[Ee]nsemble|In \d+ cohorts", text)

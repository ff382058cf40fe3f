"""Documents of a report, opened by other programs: pandoc, LibreOffice, a PDF reader, a browser."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import jsonschema
import lxml.html
import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser

from analysis.__main__ import PROJECT
from analysis.build.documents import build_documents
from analysis.build.files import hash_of_file
from analysis.cohort.folder import dataset_folder
from analysis.cohort.read import load
from analysis.display.documents import methods, onefile, standards, typeset, word, workbook
from analysis.display.documents.content import Content, content, tables
from analysis.display.page import Page
from analysis.display.pages import arms as by_arm
from analysis.estimates import arms, characteristics
from analysis.zhai_2025.study import STUDY
from tests import own
from tests.browser.conftest import HOSTILE, OWN, built

pypandoc = pytest.importorskip("pypandoc")
pdfium = pytest.importorskip("pypdfium2")
openpyxl = pytest.importorskip("openpyxl")

REFERENCE = Path(__file__).parents[1] / "reference"
TABLES = tuple(f"table_{number}" for number in range(1, 6))


def pages_of(report: Path) -> list[str]:
    return json.loads((report / "manifest.json").read_text(encoding="utf-8"))["pages"]


@pytest.fixture(scope="module", params=[OWN, "hostile"])
def any_report(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Give the two reports that are farthest from each other."""
    return built(request.param, tmp_path_factory)


@pytest.fixture(scope="module")
def found(any_report: Path) -> Content:
    return content(any_report, pages_of(any_report))


def rows_of(table: lxml.html.HtmlElement) -> list[list[str]]:
    return [
        [" ".join(" ".join(cell.itertext()).split()) for cell in row.xpath("./td | ./th")]
        for row in table.iter("tr")
    ]


def cells_of(report: Path, name: str) -> Counter[str]:
    """Give the cells of a table that are numbers, as its CSV has them."""
    with (report / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Counter(
        cell.removeprefix("'")
        for row in rows
        for key, cell in row.items()
        if cell and key not in {"synthetic", "status"} and re.match(r"[\d<>≥≤]", cell)
    )


def read_back(path: Path) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(pypandoc.convert_file(str(path), "html", format="docx"))


@pytest.fixture(scope="module")
def document(found: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("word") / "report.docx"
    word.write_report(found, path)
    return path


@pytest.fixture(scope="module")
def read_from_word(document: Path) -> list[Counter[str]]:
    """Give the cells of each table of the Word document, as pandoc reads them."""
    return [
        Counter(cell for row in rows_of(table) for cell in row)
        for table in read_back(document).iter("table")
    ]


@pytest.mark.parametrize("name", TABLES)
def test_pandoc_reads_every_number_back_from_word(
    any_report: Path, read_from_word: list[Counter[str]], name: str
) -> None:
    if not (any_report / "tables" / f"{name}.csv").is_file():
        pytest.skip("not recorded")
    wanted = cells_of(any_report, name)
    assert any(not wanted - cells for cells in read_from_word), wanted - max(
        read_from_word, key=lambda cells: (wanted & cells).total()
    )


def test_each_table_is_a_word_document_with_caption_and_notes(
    any_report: Path, found: Content, tmp_path: Path
) -> None:
    names = word.write_tables(found, tmp_path)
    assert len(names) == len(set(names)) == sum(1 for page in found.pages for _ in tables(page))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    back = read_back(tmp_path / "table_1.docx")
    (table,) = back.iter("table")
    said = back.text_content()
    assert "Table 1" in said
    for notice in found.notices:
        assert " ".join(notice.split())[:60] in " ".join(said.split())
    assert not cells_of(any_report, "table_1") - Counter(
        cell for row in rows_of(table) for cell in row
    )


def test_a_table_by_arm_goes_to_word_as_it_stands(tmp_path: Path) -> None:
    """With its tests and differences, and rows of what is not recorded."""
    folder = own.write_own(tmp_path / "ours")
    path = folder / "patients.csv"
    patients = pd.read_csv(path, dtype=str, keep_default_na=False, comment="#")
    patients.loc[:9, "bilirubin"] = ""
    patients.loc[5:24, "sex"] = ""
    patients.to_csv(path, index=False)
    cohort = load(folder, STUDY)
    rows = arms.estimate(cohort, cohort.parameters, (characteristics.estimate,))
    table = by_arm.table_1(rows, cohort.study)
    assert table is not None
    shown = Page("01_cohort").table("table_1_by_arm", table, "Characteristics by arm.").data
    (tmp_path / "01_cohort.html").write_text(
        "<html><head><meta charset='utf-8'></head><body><p class='report'>Ours</p>"
        "<main id='content'>"
        f"<h1 id='cohort'>Cohort</h1>{shown}</main></body></html>"
    )
    (tmp_path / "word").mkdir()
    word.write_tables(content(tmp_path, ["01_cohort"]), tmp_path / "word")
    (there,) = read_back(tmp_path / "word" / "table_1_by_arm.docx").iter("table")
    back = Counter(cell for row in rows_of(there) for cell in row if cell)
    group = table.layout["group"]
    wanted = Counter(
        str(cell)
        for name in table.cells.columns
        for cell in (dict.fromkeys(table.cells[name]) if name == group else table.cells[name])
        if cell
    )
    assert "Not recorded" in wanted
    assert not wanted - back, wanted - back
    heads = " ".join(cell for row in rows_of(there)[:2] for cell in row)
    for word_ in ("ICI alone", "Radiotherapy and ICI", "p", "SMD"):
        assert word_ in heads


@pytest.mark.parametrize("name", TABLES)
def test_latex_has_every_number(any_report: Path, name: str) -> None:
    path = any_report / "tables" / f"{name}.tex"
    if not path.is_file():
        pytest.skip("not recorded")
    source = path.read_text(encoding="utf-8")
    assert source.startswith("%")
    # Pandoc knows tabular, and not tabular* of a width.
    body = source[source.index(r"\begin{tabular*}") : source.index(r"\end{tabular*}")]
    cells = {
        cell.strip().replace(r"\textless{}", "<").replace(r"\%", "%")
        for line in body.splitlines()
        for cell in line.removesuffix(r"\\").strip().removesuffix(r"\\").split("&")
    }
    for cell in cells_of(any_report, name):
        assert any(cell in each for each in cells), cell
    assert "\\input" not in source
    assert "\\write" not in source


def test_a_word_document_asks_for_nothing_outside_and_runs_nothing(document: Path) -> None:
    with zipfile.ZipFile(document) as parts:
        for name in parts.namelist():
            assert not name.endswith((".bin", ".ole"))
            if name.endswith(".rels"):
                for target in re.findall(
                    r"<Relationship [^>]*External[^>]*>", str(parts.read(name))
                ):
                    assert "hyperlink" in target
        said = parts.read("word/document.xml").decode()
    assert "hacked = true</script>" not in said
    if HOSTILE[:20] in said.replace("&lt;", "<").replace("&gt;", ">"):
        assert "&lt;script&gt;" in said


def test_libreoffice_opens_the_word_document(document: Path, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("There is no LibreOffice: install it (apt install libreoffice-writer).")
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless",
         "--convert-to", "pdf", "--outdir", str(tmp_path), str(document)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    text = text_of(pdfium.PdfDocument(tmp_path / "report.pdf"))
    assert "Table 1." in text


def text_of(pdf: pdfium.PdfDocument) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pdf)


@pytest.fixture(scope="module")
def pdf(found: Content, tmp_path_factory: pytest.TempPathFactory) -> pdfium.PdfDocument:
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    typeset.write_pdf(found, path)
    assert [each.name for each in path.parent.iterdir()] == ["report.pdf"]
    return pdfium.PdfDocument(path)


def test_a_pdf_is_tagged_and_has_bookmarks_for_every_page(
    found: Content, pdf: pdfium.PdfDocument
) -> None:
    assert pdf.is_tagged()
    marks = [mark.get_title() for mark in pdf.get_toc(max_depth=1)]
    headings = [" ".join(page.xpath("string(.//h1)").split()) for page in found.pages]
    assert [mark for mark in marks if mark != "Contents"] == headings


def test_a_pdf_has_every_cell_of_every_table(found: Content, pdf: pdfium.PdfDocument) -> None:
    # Words are broken where there is no room, at hyphens.
    broken = re.compile(r"\s|\ufffe|\u00ad|-")
    text = broken.sub("", text_of(pdf))
    for page in found.pages:
        for table in tables(page):
            for row in rows_of(table):
                for part in " ".join(row).split():
                    assert broken.sub("", part) in text, (table.get("id"), part)


def test_no_page_of_a_pdf_is_half_blank(pdf: pdfium.PdfDocument) -> None:
    # Between the margins, above the number of the page.
    assert half_blank(pdf, 20, 273) == []


def test_no_page_that_a_browser_prints_is_half_blank(
    browser: Browser, report: Path, tmp_path: Path
) -> None:
    page = browser.new_page()
    sides = dict.fromkeys(("top", "bottom", "left", "right"), "15mm")
    for source in sorted(report.glob("*.html")):
        page.goto(source.as_uri())
        path = tmp_path / f"{source.stem}.pdf"
        page.pdf(path=path, format="A4", margin=sides)
        assert half_blank(pdfium.PdfDocument(path), 15, 282) == [], source.stem
    page.close()


def half_blank(pdf: pdfium.PdfDocument, top_mm: float, bottom_mm: float) -> list[tuple[int, float]]:
    """Give the pages of which half lies blank between two heights of an A4 sheet, and how much."""
    found = []
    for number, page in enumerate(pdf, start=1):
        shade = np.asarray(page.render(scale=0.5, grayscale=True).to_pil())
        shade = shade[int(len(shade) * top_mm / 297) : int(len(shade) * bottom_mm / 297)]
        inked = np.flatnonzero((shade < 250).any(axis=1))
        ends = [len(shade)] if number < len(pdf) else []
        gap = float(np.diff(np.array([0, *inked, *ends])).max()) / len(shade)
        if gap >= 0.5:
            found.append((number, round(gap, 2)))
    return found


def test_a_workbook_has_numbers_as_numbers_and_runs_nothing(
    any_report: Path, found: Content, tmp_path: Path
) -> None:
    path = tmp_path / "tables.xlsx"
    estimates = pd.read_parquet(any_report / "estimates.parquet")
    workbook.write_workbook(found, estimates, path)
    book = openpyxl.load_workbook(path)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in "ns", (sheet.title, cell.coordinate, cell.value)
                assert not getattr(cell, "is_date", False)
    values = [cell.value for cell in book["table_1"]["B"] if isinstance(cell.value, int | float)]
    wanted = [cell for cell in cells_of(any_report, "table_1").elements() if cell.isdigit()]
    assert not Counter(map(int, wanted)) - Counter(values + [c.value for c in book["table_1"]["A"]])
    sheet = book["estimates"]
    assert sheet.max_row == len(estimates) + 1
    place = list(estimates.columns).index("value") + 1
    stored = [sheet.cell(row, place).value for row in range(2, sheet.max_row + 1)]
    both = zip(stored, estimates["value"], strict=True)
    assert all(np.isnan(real) if one is None else one == real for one, real in both)


def test_estimates_are_an_analysis_results_standard(any_report: Path) -> None:
    estimates = pd.read_parquet(any_report / "estimates.parquet")
    event = standards.reporting_event(estimates, any_report.name, "A title", ["A notice"], [])
    # Of CDISC's analysis-results-standard (MIT), project/jsonschema/ars_ldm.schema.json.
    schema = json.loads((REFERENCE / "ars_ldm.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(json.loads(json.dumps(event)))] == []
    operations = {
        each["id"]: each["name"] for method in event["methods"] for each in method["operations"]
    }
    named = {
        group["id"]
        for grouping in event["analysisGroupings"]
        for group in grouping.get("groups", [])
    }
    assert len(named) == sum(len(each.get("groups", [])) for each in event["analysisGroupings"])
    results = [each for analysis in event["analyses"] for each in analysis["results"]]
    assert len(results) == len(estimates)
    known = Counter(repr(float(value)) for value in estimates["value"].dropna())
    assert Counter(each["rawValue"] for each in results if "rawValue" in each) == known
    assert {each["operationId"] for each in results} == operations.keys()
    used = {group["groupId"] for each in results for group in each.get("resultGroups", [])
            if "groupId" in group}  # fmt: skip
    assert used == named
    flat = standards.ard(estimates)
    pd.testing.assert_series_equal(flat["stat"], estimates["value"], check_names=False)


def test_the_methods_are_those_of_the_pages_and_most_of_strobe_is_filled(
    any_report: Path, found: Content
) -> None:
    about = json.loads((any_report / "manifest.json").read_text(encoding="utf-8"))
    made = methods.Made("0.1.0", about["python"], about["packages"], "", {})
    estimates = pd.read_parquet(any_report / "estimates.parquet")
    html = methods.write_up(found, estimates, made)
    told = " ".join(lxml.html.fromstring(f"<div>{html}</div>").text_content().split())
    pages = " ".join(found.body.split())
    for name in ("lifelines", "scipy"):
        assert f"{name} {about['packages'][name]}" in told
    lists = methods.checklists(found, estimates, made)
    assert [len(items) for items in lists.values()] == [22, 11, 20]
    strobe = next(items for title, items in lists.items() if title.startswith("STROBE"))
    if any_report.name == OWN:
        assert sum(item.filled for item in strobe) >= 14
        assert "log-rank test" in told
    # Nothing is filled by what is not there, and what is not filled is the authors'.
    none = methods.checklists(found, estimates.head(0), made)
    assert not any(item.filled for items in none.values() for item in items)
    for items in lists.values():
        for item in items:
            assert item.filled or item.yours == "all of it"
            for quoted in re.findall("“(.+?)”", item.where):
                assert html_text(quoted) in pages


def html_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def test_a_report_is_a_workflow_run_crate(report: Path, tmp_path: Path) -> None:
    project = replace(PROJECT, reports=report.parent, documents=tmp_path / "documents")
    build_documents(project, dataset_folder(OWN), {}, "crate")
    crate = tmp_path / "documents" / OWN / "crate"
    graph = json.loads((crate / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    entities = {each["@id"]: each for each in graph}
    assert len(entities) == len(graph)
    files = {p.relative_to(crate).as_posix() for p in crate.rglob("*") if p.is_file()}
    parts = {each["@id"] for each in entities["./"]["hasPart"]}
    assert parts == files - {"ro-crate-metadata.json"}
    for name in parts:
        assert entities[name]["sha256"] == hash_of_file(crate / name)
    # Whatever is pointed at within the crate is there.
    pointed = re.findall(r'"@id": "(#[^"]+)"', json.dumps(graph))
    assert set(pointed) <= entities.keys()
    python = os.environ.get("CRATE_PYTHON")
    if python is None:
        pytest.skip("roc-validator has an environment of its own: CRATE_PYTHON names its Python")
    script = REFERENCE / "validate_crate.py"
    told = subprocess.run([python, str(script), str(crate)], capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr[-2000:]
    entities["./"].pop("license")
    (crate / "ro-crate-metadata.json").write_text(
        json.dumps({"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph})
    )
    told = subprocess.run([python, str(script), str(crate)], capture_output=True, text=True)
    assert told.returncode == 1


def test_one_file_needs_nothing_beside_it(
    any_report: Path, tmp_path: Path, browser: Browser
) -> None:
    path = tmp_path / "report.html"
    onefile.write_one_file(any_report, pages_of(any_report), path)
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    try:
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert said == []
        assert page.evaluate("window.hacked") is None
        ids = page.eval_on_selector_all("[id]", "all => all.map(each => each.id)")
        assert len(ids) == len(set(ids))
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
        assert all(link.startswith(("#", "https://", "http://")) for link in links)
        headings = page.eval_on_selector_all("h1", "all => all.length")
        assert headings == len(pages_of(any_report))
    finally:
        page.close()

"""What a notebook asks for is written under its name, and shown in a figure with a caption."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from great_tables import GT
from matplotlib.figure import Figure
from PIL import Image

from analysis.display import theme
from analysis.display.figures.drawing import Drawing, notice
from analysis.display.page import Page, label
from analysis.display.tables import Table
from analysis.estimates.rows import row, to_table
from analysis.study.keys import Statistic

HOSTILE = '"><script>window.hacked = true</script>'


def table(text: str = "Male") -> Table:
    cells = pd.DataFrame({"Characteristic": [text, "Female"], "n": ["95", "13"]})
    return Table(lambda: GT(cells, rowname_col="Characteristic"), cells)


def drawing(alt: str = "A line that rises.") -> Drawing:
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([0, 1], [0, 1])
    return Drawing(figure, alt)


def written(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_tables_figures_and_estimates_are_written_under_their_names(tmp_path: Path) -> None:
    page = Page("01_cohort", tmp_path)
    page.estimates(to_table([row("survival", "OS", Statistic.MEDIAN, 1)], table))
    page.table("table_1", table(), "Characteristics.")
    page.figure("figure_2a", drawing(), "Survival.")
    assert written(tmp_path) == [
        "estimates/01_cohort.parquet",
        "figures/figure_2a.svg",
        "tables/table_1.csv",
        "tables/table_1.html",
        "tables/table_1.tex",
    ]
    csv = (tmp_path / "tables/table_1.csv").read_bytes()
    assert csv == b"Characteristic,n\nMale,95\nFemale,13\n"
    # Text of the file is text, for who edits it; the page has outlines.
    assert b"<text" in (tmp_path / "figures/figure_2a.svg").read_bytes()


def test_a_picture_of_dots_is_made_where_it_is_asked_for(tmp_path: Path) -> None:
    page = Page("release", tmp_path, synthetic=True, pictures=True)
    shown = page.figure("figure_2a", drawing(), "Survival.").data
    assert 'href="figures/figure_2a.png"' in shown
    with Image.open(tmp_path / "figures/figure_2a.png") as image:
        assert [round(dots) for dots in image.info["dpi"]] == [300, 300]
        assert "Software" not in image.info
        assert image.info["Title"] == "Synthetic patients. Figure 2A"
        assert image.info["Description"] == "Survival."


def test_the_same_results_are_the_same_bytes(tmp_path: Path) -> None:
    shown = []
    for name in ("a", "b"):
        page = Page("01_cohort", tmp_path / name)
        shown.append(page.table("table_1", table(), "Characteristics.").data)
        shown.append(page.figure("figure_2a", drawing(), "Survival.").data)
    assert shown[:2] == shown[2:]
    for path in written(tmp_path / "a"):
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()


def test_without_output_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = Page("01_cohort", "")
    page.estimates(to_table([], table))
    shown = page.table("table_1", table(), "Characteristics.").data
    shown += page.figure("figure_2a", drawing(), "Survival.").data
    assert written(tmp_path) == []
    assert "href=" not in shown


def test_numbered_tables_and_figures_are_labelled(tmp_path: Path) -> None:
    page = Page("01_cohort", tmp_path)
    assert "<strong>Table 1.</strong> Sex." in page.table("table_1", table(), "Sex.").data
    assert "<strong>" not in page.table("numbers", table(), "Sex.").data
    assert label("supplementary_table_1") == "Supplementary Table 1"
    assert label("figure_1b") == "Figure 1B"
    assert label("table_5_detail") == label("swimmer") == ""


@pytest.mark.parametrize(
    ("name", "source", "caption", "words"),
    [
        (
            "table_3",
            "Response assessments",
            "Response.",
            "Table 3: not recorded in this dataset (response assessments).",
        ),
        (
            "afp_levels",
            "AFP after treatment",
            "AFP of section 3.3. Ranges follow.",
            "AFP of section 3.3: not recorded in this dataset (AFP after treatment).",
        ),
        ("age", "", "Age", "Age: not recorded in this dataset."),
    ],
)
def test_what_is_not_recorded_is_one_honest_line(
    tmp_path: Path, name: str, source: str, caption: str, words: str
) -> None:
    page = Page("03_response", tmp_path)
    assert words in page.table(name, None, caption, source=source).data
    assert words in page.figure(name, None, caption, source=source).data
    assert written(tmp_path) == []


def test_text_is_escaped(tmp_path: Path) -> None:
    page = Page("01_cohort", tmp_path)
    shown = [
        page.table("table_1", table(HOSTILE), HOSTILE).data,
        page.figure("figure_1a", drawing(HOSTILE), HOSTILE).data,
        page.not_recorded("table_2", HOSTILE).data,
        (tmp_path / "tables/table_1.html").read_text(encoding="utf-8"),
    ]
    for text in shown:
        assert "<script>" not in text
        assert "&lt;script&gt;" in text


def test_a_figure_keeps_its_proportions_on_screen() -> None:
    shown = Page("01_cohort").figure("figure_1a", drawing(), "A line.").data
    assert 'width="360" height="240"' in shown


def test_a_figure_says_which_signs_its_fonts_lack() -> None:
    page = Page("05_toxicity")
    assert "lacks" not in page.figure("adverse_events", notice("Nausea é µ ≥ α"), "A line.").data
    told = page.figure("adverse_events", notice("구역 Nausea"), "A line.").data
    assert "A line. The font of figures lacks 구 역: boxes stand there." in told


def test_chinese_terms_are_shown() -> None:
    """By a font that comes with a package: those of a machine would make other bytes on others."""
    pytest.importorskip("pylopdf_fonts_zh_cn")
    terms = "恶心 惡心 肝癌 がん Nausea"
    assert "lacks" not in Page("05_toxicity").figure("adverse_events", notice(terms), "").data
    assert theme.FONTS == ["DejaVu Sans", "Noto Sans SC"]

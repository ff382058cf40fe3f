"""Pages are complete in themselves, and text from a dataset is never more than text."""

from __future__ import annotations

import re
from dataclasses import replace

import nbformat
import pytest
from nbformat import NotebookNode

from analysis.display.html import Report, to_html
from analysis.display.templates import Listed, listing, page_title
from analysis.study.credit import Credit

HOSTILE = "<script>window.hacked = true</script>"
ESCAPED = "&lt;script&gt;window.hacked = true&lt;/script&gt;"

REPORT = Report(
    dataset="Four patients",
    notice="Nobody is in here.",
    pages=("index", "01_cohort", "06_prognostic_factors"),
    changed={},
    version="1.2.3",
)


def markdown(source: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source)


def code(source: str = "", *outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def shows(**data: str) -> NotebookNode:
    kinds = {"html": "text/html", "markdown": "text/markdown", "plain": "text/plain"}
    bundle = {kinds[name]: text for name, text in data.items()}
    return nbformat.v4.new_output("execute_result", bundle, execution_count=1)


def page(*cells: NotebookNode, report: Report = REPORT, name: str = "01_cohort") -> str:
    return to_html(nbformat.v4.new_notebook(cells=list(cells)), name, report)


def test_pages_are_linked_and_the_current_one_is_marked() -> None:
    html = page(markdown("# Cohort"))
    assert re.findall(r'<li><a (?:aria-current="page" )?href="([^"]+)"', html) == [
        "index.html",
        "01_cohort.html",
        "06_prognostic_factors.html",
    ]
    assert 'aria-current="page" href="01_cohort.html"' in html
    assert page_title("06_prognostic_factors") == "Prognostic factors"
    assert "<title>Cohort – Four patients</title>" in html
    assert '<html lang="en">' in html
    assert 'name="viewport"' in html


def test_headings_get_one_place_each_in_the_contents() -> None:
    html = page(markdown("# Top\n\n## Result\n\n### By *sex*\n\n## Result\n\n## χ"))
    contents = html[html.index("contents wide") : html.index("<main")]
    linked = re.findall(r'href="#([^"]+)"', contents)
    # Once beside the text, where there is room, and once above it.
    assert linked == ["result", "by-sex", "result-2", "section"] * 2
    for slug in linked:
        assert html.count(f'id="{slug}"') == 1


def test_a_short_page_has_no_contents() -> None:
    assert "On this page" not in page(markdown("# Top\n\n## One"))


def test_nothing_is_fetched() -> None:
    html = page(markdown("# Top\n\n$x$\n\n```mermaid\ngraph\n```"), code("import numpy"))
    assert re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=\"(?!data:)", html) == []
    for name in ("cdnjs", "mathjax", "require.js", "jquery", "unpkg"):
        assert name not in html.lower()
    assert "default-src 'none'" in html


@pytest.mark.parametrize(
    ("source", "display"),
    [
        (r"$\frac{a}{b}$", "inline"),
        (r"$$\frac{a}{b}$$", "block"),
        (r"\begin{align} a &= b \end{align}", "block"),
    ],
)
def test_formulas_are_mathml(source: str, display: str) -> None:
    html = page(markdown(source))
    assert f'display="{display}"' in html
    assert "frac{" not in html


@pytest.mark.parametrize("formula", ["a_", r"\nosuchcommand"])
def test_a_formula_that_cannot_be_shown_is_an_error(formula: str) -> None:
    with pytest.raises(ValueError, match="cannot be shown"):
        page(markdown(f"${formula}$"))


def test_code_is_folded_and_named() -> None:
    html = page(
        code("age_max = 75", tags=("parameters",)),
        code("x = 1"),
        code("   "),
    )
    assert re.findall(r"<details class=\"code[^>]*>\s*<summary>([^<]+)", html) == [
        "Parameters",
        "Code",
    ]
    assert "<details open" not in html


def test_parameters_of_this_report_are_shown_where_they_differ() -> None:
    injected = code("ci_type = 'plain'", tags=("injected-parameters",))
    assert "Parameters of this report" not in page(injected)
    changed = Report("Four", "", ("index",), {"ci_type": "plain"}, "1")
    html = page(injected, report=changed, name="index")
    assert "Parameters of this report" in html
    assert "ci_type = plain" in html
    assert "Not the article’s analysis:" in html


def test_every_page_says_of_what_day_its_data_are_and_by_what_code_it_was_made() -> None:
    dated = replace(
        REPORT, until="Data until 30 June 2023.", code="commit 0123456789 of 2026-11-26"
    )
    foot = page(markdown("# Cohort"), report=dated).partition('<footer class="foot">')[2]
    assert "Dataset: Four patients. Data until 30 June 2023." in foot
    assert "Made by hcc-replication 1.2.3, commit 0123456789 of 2026-11-26." in foot
    assert "To cite it, name this and the dataset." in foot
    assert "commit" not in page(markdown("# Cohort"))


def test_a_study_without_an_article_does_not_speak_of_one() -> None:
    own = replace(REPORT, changed={"ci_type": "plain"}, own=False)
    own = replace(own, title="My patients", subtitle="By us")
    html = page(markdown("# Cohort"), report=own)
    assert '<p class="report">My patients</p>' in html
    assert '<p class="subtitle">By us</p>' in html
    assert "Other than the default choices:" in html
    assert "article" not in html[html.index("<body>") :].replace("<article", "")
    assert "doi" not in html


def test_the_publication_is_credited_where_there_is_one() -> None:
    credit = Credit(f"Us & {HOSTILE}", "10.1/x", "CC BY 4.0", "https://example.org/by")
    html = page(markdown("# Cohort"), report=replace(REPORT, credit=credit))
    assert f"<p>After Us &amp; {ESCAPED} " in html
    assert '<a href="https://doi.org/10.1/x">doi:10.1/x</a>' in html
    assert "doi.org" not in page(markdown("# Cohort"))


@pytest.mark.parametrize("notice", ["", "Made by a search."])
def test_synthetic_patients_are_said_to_be_so_whatever_the_notice(notice: str) -> None:
    said = "Synthetic: no real patient is in this dataset."
    report = replace(REPORT, notice=notice, synthetic=True)
    assert said in page(markdown("# Cohort"), report=report)
    assert said not in page(markdown("# Cohort"), report=replace(report, synthetic=False))
    entry = Listed("four", "Four patients", notice, ("index",), {}, synthetic=True)
    assert said in listing([entry], "1")
    assert said not in listing([replace(entry, synthetic=False)], "1")
    # Not twice, where the notice says it itself.
    assert said not in listing([replace(entry, notice="Synthetic: none is real.")], "1")


def test_the_list_of_reports_says_of_each_what_it_is_about() -> None:
    entries = [
        Listed("a", "Of livers", "", ("index",), {"x": 1}),
        Listed("b", "Of lungs", "", ("index",), {"x": 1}, own=False),
    ]
    shown = listing(entries, "1")
    assert '<a href="a/index.html">Of livers</a>' in shown
    assert '<a href="b/index.html">Of lungs</a>' in shown
    assert "Other than the default choices:" in shown
    assert "Not the article’s analysis:" in shown
    assert "hepatocellular" not in shown


def test_results_are_shown_and_warnings_are_not() -> None:
    html = page(
        code(
            "f()",
            nbformat.v4.new_output("stream", name="stdout", text="4 patients <5\n"),
            nbformat.v4.new_output("stream", name="stderr", text="FutureWarning"),
            shows(html="<b>bold</b>", plain="plain"),
        )
    )
    assert "4 patients &lt;5" in html
    assert "FutureWarning" not in html
    assert "<b>bold</b>" in html
    assert ">plain<" not in html


def test_text_of_a_dataset_is_text() -> None:
    hostile = Report(HOSTILE, HOSTILE, ("index",), {"ci_type": HOSTILE}, "1")
    html = page(
        code(
            "",
            nbformat.v4.new_output("stream", name="stdout", text=HOSTILE),
            shows(plain=HOSTILE),
            shows(
                markdown=f"{HOSTILE}\n\n![picture](//example.org/p.png) [go](javascript:alert(1))"
            ),
        ),
        report=hostile,
        name="index",
    )
    assert HOSTILE not in html
    assert html.count(ESCAPED) >= 7
    assert "example.org" not in html
    assert "javascript:" not in html
    assert HOSTILE not in listing([Listed("<a>", HOSTILE, HOSTILE, ("index",), {})], "1")


def test_style_of_great_tables_gives_way_to_the_pages() -> None:
    table = '<div id="t"><style>\n#t .gt_row { color: #333333 }\n</style>\n<table class="gt_table">'
    html = page(code("", shows(html=table)))
    assert "#333333" not in html
    assert '<table class="gt_table">' in html


def test_scripts_of_a_notebook_do_not_reach_the_page() -> None:
    html = page(code("", shows(html=f"<p>kept</p>{HOSTILE}<SCRIPT src='//example.org'></SCRIPT >")))
    assert "<p>kept</p>" in html
    assert "hacked" not in html
    assert "example.org" not in html

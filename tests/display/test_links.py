"""Links within a report: numbers to rows and back; one that leads nowhere is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from analysis.display.addresses import Addresses, address
from analysis.display.beyond import Marks
from analysis.display.linked import table_markup
from analysis.display.links import broken, complete
from analysis.display.page import Page
from analysis.display.sources import Claim
from analysis.display.tables import journal, plain_table
from analysis.estimates.rows import row
from analysis.study.keys import Key, Statistic
from analysis.zhai_2025.study import STUDY

PARTS = st.text(max_size=6)
KEYS = st.builds(
    Key, PARTS, PARTS, PARTS, PARTS, PARTS, st.sampled_from([Statistic.N, Statistic.MEDIAN])
)

# Addresses ----------------------------------------------------------------------------------------


@given(st.lists(KEYS, unique=True, max_size=30))
def test_no_two_rows_of_a_page_have_one_address(keys: list[Key]) -> None:
    given_ = Addresses()
    found = [given_.of(key) for key in keys]
    assert len(set(found)) == len(keys)
    assert [given_.of(key) for key in keys] == found


@given(KEYS)
def test_an_address_can_stand_in_html_and_in_markdown(key: Key) -> None:
    assert not set(address(key)) & set(" \t\n\"'<>&()[]#%?/\\")
    assert address(key).endswith(str(key.statistic)) or key.variable_level


def test_an_address_hangs_on_its_key_alone() -> None:
    one = Key("survival", "", "", "OS", "12", Statistic.RATE)
    other = Key("prognosis", "a", "yes", "OS", "", Statistic.N)
    first, second = Addresses(), Addresses()
    assert (first.of(one), first.of(other)) == ("OS.rate.12", "a.yes.OS.n")
    assert (second.of(other), second.of(one)) == ("a.yes.OS.n", "OS.rate.12")


@given(st.lists(st.tuples(KEYS, st.sampled_from(["", "a=1", "a-1"])), unique=True, max_size=20))
def test_a_row_under_other_parameters_has_an_address_of_its_own(
    rows: list[tuple[Key, str]],
) -> None:
    given_ = Addresses()
    assert len({given_.of(*row) for row in rows}) == len(rows)
    key = Key("prognosis", "sex", "", "OS", "", Statistic.HAZARD_RATIO)
    assert Addresses().of(key, "factor_model=penalised") == (
        "factor_model-penalised.sex.OS.hazard_ratio"
    )


def test_nothing_is_said_of_a_row_under_other_parameters_that_holds_for_its_own() -> None:
    """No verdict, and no standing: an article or an ensemble has another number."""
    key = Key("prognosis", "pvtt", "", "OS", "", Statistic.HAZARD_RATIO)
    rows = [
        row("prognosis", "OS", Statistic.HAZARD_RATIO, value, group="pvtt", n=9)
        for value in (1.7, 1.3)
    ]
    frame = pd.DataFrame(rows).assign(function="nobody.knows", parameters=["", "model=all"])
    cells = pd.DataFrame({"a": ["x"], "own": ["1.7"], "other": ["1.3"]})
    table = replace(
        plain_table(cells, stub="a"),
        keys={("cell", 0, 1): (key,), ("cell", 0, 2): (key,)},
        under={("cell", 0, 2): "model=all"},
    )
    marks = Marks(
        lambda rows: pd.Series(True, rows.index),
        published=lambda rows: {key: [Claim("1.7", True, "07_replication.html#claim-a")]},
    )
    linked = marks.known(table, frame)
    assert linked.links == {
        ("cell", 0, 1): ("pvtt.OS.hazard_ratio",),
        ("cell", 0, 2): ("model-all.pvtt.OS.hazard_ratio",),
    }
    own, other = html.fromstring(marks.rows(STUDY).data).xpath("//tr[@id]")
    assert [cell.text_content() for cell in own.xpath("td")] == [
        "1.7",
        "9",
        "1.7 ✓",
        "as published",
    ]
    assert [cell.text_content() for cell in other.xpath("td")] == ["1.3", "9", "", "open"]
    assert other.xpath("string(th/*[@class='under'])") == "model=all"


# Tables -------------------------------------------------------------------------------------------


def test_what_a_table_shows_is_the_same_with_links_and_without() -> None:
    cells = pd.DataFrame(
        {"group": ["p = 0.1", "p = 0.1"], "row": ["a", "b < 5"], "n": ["1 <2>", "12.6 (NR–3)"]}
    )
    plain = journal(cells, stub="row", group="group", notes=["Of 108."], headings={"n": "N = 7"})
    linked = replace(
        plain,
        columns=tuple(cells.columns),
        links={
            ("cell", 0, 0): ("p.1",),
            ("cell", 1, 0): ("p.1",),
            ("cell", 0, 2): ("a.n", None),
            ("cell", 1, 2): ("b.median", "b.low", None, "b.high"),
            ("head", 0, 2): ("c.n",),
            ("note", 0, 0): ("d.n",),
        },
    )
    with_links, without = table_markup("t", linked)
    parsed = html.fromstring(with_links)
    found = [(link.text, link.get("href")) for link in parsed.xpath("//a")]
    assert found == [
        ("7", "#c.n"), ("0.1", "#p.1"), ("1", "#a.n"), ("12.6", "#b.median"), ("NR", "#b.low"),
        ("3", "#b.high"), ("108", "#d.n"),
    ]  # fmt: skip
    assert parsed.text_content() == html.fromstring(without).text_content()
    assert not html.fromstring(without).xpath("//a")
    alone, _ = table_markup("t", plain)
    assert html.fromstring(alone).text_content() == html.fromstring(without).text_content()


def test_what_is_read_in_one_line_is_so_with_links() -> None:
    cells = pd.DataFrame({"row": ["a"], "ends": ["0.72–0.73 or 1.36"], "n": ["5"]})
    table = journal(cells, stub="row", left=["ends"], in_one_line=["ends"])
    linked = replace(table, columns=tuple(cells), links={("cell", 0, 2): ("a.n",)})
    for markup in table_markup("t", linked):
        styles = [cell.get("style", "") for cell in html.fromstring(markup).xpath("//tbody/tr/td")]
        assert ["nowrap" in style for style in styles] == [True, False]


def test_signs_of_links_in_a_dataset_are_no_links() -> None:
    hostile = "\ue0000\ue001x\ue002 \ue0007\ue001<script>\ue002"
    cells = pd.DataFrame({"row": [hostile], "n": [f"5 {hostile}"]})
    table = plain_table(cells, stub="row")
    linked = replace(table, columns=("row", "n"), links={("cell", 0, 1): ("a.n", None, None)})
    markup, plain = table_markup("t", linked)
    for text in (markup, plain):
        assert "<script>" not in text
        assert not set("\ue000\ue001\ue002") & set(text)
    assert [link.text for link in html.fromstring(markup).xpath("//a")] == ["5"]


def test_files_of_a_table_have_no_links(tmp_path: Path) -> None:
    table = plain_table(pd.DataFrame({"a": ["x"], "n": ["12"]}), stub="a")
    linked = replace(table, columns=("a", "n"), links={("cell", 0, 1): ("x.n",)})
    shown = Page("01_cohort", tmp_path).table("table_1", linked, "Patients.")
    assert 'href="#x.n"' in shown.data
    for suffix in ("csv", "html", "tex"):
        assert "x.n" not in (tmp_path / f"tables/table_1.{suffix}").read_text(encoding="utf-8")


# Pages --------------------------------------------------------------------------------------------

ROWS = (
    '<section class="rows"><details id="rows"><table><thead><tr><th>Number</th></tr></thead>'
    '<tbody><tr class="how"><th>Counted</th></tr>'
    '<tr class="same" id="a.n"><th>A</th><td>12</td>'
    '<td><a href="07_other.html#claim-a">12</a> ✓, <a href="07_other.html#claim-b">13</a> ≠</td>'
    '</tr><tr id="unused"><th>U</th><td>1</td></tr></tbody>'
    '<tbody><tr class="how"><th>Nobody asks</th></tr><tr id="b.n"><th>B</th></tr></tbody>'
    "</table></details></section>"
)
TABLE = '<figure class="table" id="table_1"><a class="n" href="#a.n">12</a> of 3</figure>'
TEXT = '<p>In <a href="#a.n">12</a> and <a href="#a.n">12</a> patients</p>'


def test_rows_lead_back_to_where_they_are_shown() -> None:
    page = html.fromstring(complete(f"<main>{TABLE}{TEXT}{ROWS}</main>", "01", ["01", "07_other"]))
    (row,) = page.xpath('//section//tr[@id="a.n"]')
    back = {link.text: link.get("href") for link in row.xpath("./td[last()]/a")}
    assert back == {"Table 1": "#table_1", "Text": "#a.n@text"}
    assert len(page.xpath('//p/a[@id="a.n@text"]')) == 1
    assert page.xpath('//tr[@id="unused"] | //tr[@id="b.n"]') == []
    assert "Nobody asks" not in page.text_content()
    assert {link.get("class") for link in page.xpath('//a[@href="#a.n"]')} == {"n same"}
    signs = page.xpath('//a[@class="other"]')
    assert {link.get("href") for link in signs} == {"07_other.html#claim-b"}
    assert signs[0].get("aria-label") == "The article prints 13: the verdict"


def test_a_verdict_is_of_the_value_of_a_row_and_of_no_number_of_patients_beside_it() -> None:
    shown = '<p><a href="#a.n">12</a>%§ of n = <a href="#a.n">108</a></p>'
    page = html.fromstring(complete(f"<main>{shown}{ROWS}</main>", "01", ["01", "07_other"]))
    (text,) = page.xpath("//p")
    # What belongs to the number stands before the sign.
    assert text.text_content() == "12%§≠ of n = 108"
    assert [link.get("class") for link in text.xpath("./a")] == ["n same", "other", "n"]


def test_a_link_to_a_page_that_is_not_there_is_its_words() -> None:
    made = complete(f"<main>{TABLE}{ROWS}</main>", "01", ["01"])
    assert "07_other" not in made
    assert "≠" in html.fromstring(made).xpath('//tr[@id="a.n"]')[0].text_content()


def test_the_page_of_verdicts_has_no_sign_that_leads_to_itself() -> None:
    made = complete(f"<main>{TABLE}{ROWS}</main>", "07_other", ["07_other"])
    assert not html.fromstring(made).xpath('//a[@class="other"]')


def test_a_page_without_rows_stays_as_it_is() -> None:
    assert complete(TABLE, "01", ["01"]) == TABLE


def write(folder: Path, **pages: str) -> list[str]:
    for name, content in pages.items():
        text = f"<!DOCTYPE html><html><body><main id='content'>{content}</main></body></html>"
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return list(pages)


def test_whole_links_are_no_fault(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/t.csv").touch()
    names = write(
        tmp_path,
        a='<p id="one.n"><a href="#one.n">1</a> <a href="b.html#zwei-%C3%A4">2</a></p>'
        '<a href="tables/t.csv">CSV</a> <a href="../index.html">all</a> <a href="b.html">b</a>'
        '<a href="https://doi.org/x">doi</a>',
        b='<p id="zwei-ä">2</p>',
    )
    assert broken(tmp_path, names) == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ('<a href="#gone.n">7</a>', "a.html: the link “7” in t leads nowhere: #gone.n"),
        ('<a href="b.html#gone">see</a>', "a.html: the link “see” in t leads nowhere: b.html#gone"),
        ('<a href="c.html">c</a>', "a.html: the link “c” in t leads nowhere: c.html"),
        ('<a href="t.csv">CSV</a>', "a.html: the link “CSV” in t leads nowhere: t.csv"),
        ('<b id="t"></b>', "a.html: two places are called “t”."),
    ],
)  # fmt: skip
def test_a_broken_link_is_named_with_its_page_and_place(
    link: str, said: str, tmp_path: Path
) -> None:
    names = write(tmp_path, a=f'<div id="t">{link}</div>', b="")
    assert broken(tmp_path, names) == [said]

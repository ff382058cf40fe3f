"""Files that are broken or mean harm: refused with a reason, and nothing is left of them."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import docx
import pytest

from analysis.__main__ import PROJECT
from analysis.article.draft.answers import AnswerFaults, Answers, read_answers
from analysis.article.draft.drafted import draft
from analysis.article.draft.paper import UnreadablePaper
from analysis.article.draft.read import read_paper
from analysis.article.ledger import read_ledger
from analysis.build.cli import main

PAPER = Path(__file__).parent / "papers" / "two_arms.xml"

TABLE = """<article><front><article-title>A trial of 40 patients</article-title></front><body>
<table-wrap><label>Table 1</label><caption><p>Baseline</p></caption>
<table><thead><tr>
<th>{head}</th><th>All (n = 40)</th></tr></thead><tbody>
<tr><td>{stub}</td><td>{cell}</td></tr></tbody></table>
</table-wrap></body></article>"""


def made(tmp_path: Path, content: str | bytes, name: str = "paper.xml") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def table(**parts: str) -> str:
    return TABLE.format(**{"head": "Variable", "stub": "Male, n (%)", "cell": "26 (65.0)", **parts})


BOMB = "<!DOCTYPE a [<!ENTITY a 'x'>" + "".join(
    f"<!ENTITY {chr(98 + i)} '{f'&{chr(97 + i)};' * 10}'>" for i in range(9)
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BOMB + "]><article>&j;</article>", "declares entities"),
        (
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><article>&x;</article>',
            "declares entities",
        ),
        ("<article><body></article>", "not XML"),
        ("<book/>", "no <article>"),
        ("<article/>", "no number"),
        ("", "neither JATS XML"),
        ("just words", "neither JATS XML"),
        (b"\x00\x01\x02", "neither JATS XML"),
        ("<a>" * 5000, "not XML"),
    ],
    ids=["bomb", "external", "broken", "other", "empty", "nothing", "text", "binary", "deep"],
)
def test_xml_that_is_no_article_is_refused_at_once(tmp_path, content, reason):
    started = time.perf_counter()
    with pytest.raises(UnreadablePaper, match=reason) as raised:
        draft(made(tmp_path, content))
    assert "paper.xml" in str(raised.value)
    assert time.perf_counter() - started < 5


def test_an_entity_of_the_doctype_alone_is_no_harm(tmp_path):
    path = made(tmp_path, '<!DOCTYPE article SYSTEM "http://example.org/jats.dtd">' + table())
    assert "26" in set(draft(path).rows["printed"])


def test_spans_that_would_fill_the_memory_are_refused(tmp_path):
    wide = table().replace("<td>26", '<td colspan="9999" rowspan="9999">26')
    assert len(draft(made(tmp_path, wide)).rows) < 10
    many = table().replace("</tbody>", "<tr><td>x</td><td>1</td></tr>" * 4000 + "</tbody>")
    with pytest.raises(UnreadablePaper, match="more than 3000 rows"):
        draft(made(tmp_path, many))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("word/document.xml", b"0" * 300_000_000)
    started = time.perf_counter()
    with pytest.raises(UnreadablePaper, match="unpacks to 300 MB"):
        draft(made(tmp_path, packed.getvalue(), "paper.docx"))
    assert time.perf_counter() - started < 5


def test_entities_in_a_word_file_are_refused(tmp_path):
    document = docx.Document()
    document.add_paragraph("26 patients")
    document.save(str(tmp_path / "whole.docx"))
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(tmp_path / "whole.docx") as whole,
        zipfile.ZipFile(packed, "w") as file,
    ):
        for name in whole.namelist():
            content = whole.read(name)
            if name == "word/document.xml":
                content = b'<!DOCTYPE a [<!ENTITY a "b">]>' + content.partition(b"?>")[2]
            file.writestr(name, content)
    with pytest.raises(UnreadablePaper, match="declares entities"):
        draft(made(tmp_path, packed.getvalue(), "paper.docx"))


@pytest.mark.parametrize("name", ["paper.docx", "paper.zip"])
def test_a_zip_file_that_is_no_word_file_is_refused(tmp_path, name):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("a.txt", "26 (65.0%)")
    with pytest.raises(UnreadablePaper, match="no Word file"):
        draft(made(tmp_path, packed.getvalue(), name))


def test_a_pdf_that_is_none_is_refused(tmp_path):
    with pytest.raises(UnreadablePaper, match="not a PDF that can be read"):
        draft(made(tmp_path, b"%PDF-1.7 and nothing more", "paper.pdf"))


def test_scripts_and_styles_of_a_page_are_not_read(tmp_path):
    page = (
        "<html><body><h1>A trial</h1><script>document.write('<p>99 patients (99.9%)</p>')</script>"
        "<style>p:after {content: '88 (88.8%)'}</style><h2>Results</h2>"
        "<p onclick='alert(77)'>26 patients (65.0%) were men.</p></body></html>"
    )
    printed = set(draft(made(tmp_path, page, "paper.html")).rows["printed"])
    assert printed == {"26", "65.0"}


def test_texts_that_a_spreadsheet_would_compute_are_texts(tmp_path):
    formula = '=HYPERLINK("http://example.org", "x")'
    path = made(tmp_path, table(stub=f"{formula.replace('<', '')}, n (%)", cell="26 (65.0)"))
    out = tmp_path / "out"
    assert main(PROJECT, ["ledger", "--from", str(path), "--name", str(out)]) == 0
    for line in (out / "claims.csv").read_text().splitlines():
        assert not any(cell.startswith(("=H", '"=')) for cell in line.split(","))
    assert len(read_ledger(out / "claims.csv")) == 4


# ------------------------------------------------------------------------ commands


def test_a_draft_is_written_whole_with_what_to_do_next(tmp_path, capsys):
    out = tmp_path / "mine"
    assert main(PROJECT, ["ledger", "--from", str(PAPER), "--name", str(out)]) == 0
    said = capsys.readouterr().out
    assert "133 numbers: 104 of 3 tables, 29 of the text" in said
    assert f"make audit LEDGER={out / 'claims.csv'}" in said
    assert sorted(file.name for file in out.iterdir()) == [
        "claims.csv",
        "draft.json",
        "structure.yaml",
    ]
    assert len(read_ledger(out / "claims.csv")) == 133
    text = (out / "structure.yaml").read_text()
    assert "#? exclusive:" in text
    assert "title: " in text


def test_an_untouched_draft_is_made_anew_and_a_changed_one_is_not(tmp_path, capsys):
    out = tmp_path / "mine"
    command = ["ledger", "--from", str(PAPER), "--name", str(out)]
    assert main(PROJECT, command) == main(PROJECT, command) == 0
    (out / "answers.yaml").write_text(
        'claims:\n  - {where: "Table 1: Sex / *", set: {variable: s}}\n'
    )
    assert main(PROJECT, command) == 0
    assert (read_ledger(out / "claims.csv")["variable"] == "s").sum() == 8
    assert (out / "answers.yaml").exists()
    with (out / "claims.csv").open("a") as file:
        file.write("mine\n")
    before = (out / "claims.csv").read_bytes()
    assert main(PROJECT, command) == 2
    assert "not written over" in capsys.readouterr().err
    assert (out / "claims.csv").read_bytes() == before


def test_a_ledger_of_other_origin_is_not_written_over(tmp_path, capsys):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "claims.csv").write_text("mine")
    assert main(PROJECT, ["ledger", "--from", str(PAPER), "--name", str(out)]) == 2
    assert (out / "claims.csv").read_text() == "mine"


@pytest.mark.parametrize("source", ["nowhere.xml", "."])
def test_what_cannot_be_read_leaves_nothing(tmp_path, capsys, source):
    out = tmp_path / "mine"
    path = str(tmp_path / source)
    assert main(PROJECT, ["ledger", "--from", path, "--name", str(out)]) == 2
    assert "no such file" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_none_is_refused(tmp_path, capsys):
    assert main(PROJECT, ["ledger", "--from", str(PAPER), "--name", ".."]) == 2
    assert "no name for a ledger" in capsys.readouterr().err


# ------------------------------------------------------------------------- answers


def test_answers_that_say_nothing_known_are_refused(tmp_path):
    path = tmp_path / "answers.yaml"
    for text, fault in (
        ("claims: [{where: x, set: {value: 3}}]", "value"),
        ("claims: [{set: {}}]", "where"),
        ("other: 1", "unknown"),
        ("- a", "expected `claims:`"),
        ("a: [", "not readable as YAML"),
    ):
        path.write_text(text)
        with pytest.raises(AnswerFaults, match=fault):
            read_answers(path)


def test_an_answer_about_no_row_is_a_fault(tmp_path):
    answers = Answers.model_validate({"claims": [{"where": "Table 9: *", "drop": "no"}]})
    with pytest.raises(AnswerFaults, match="no row of the draft is “Table 9"):
        draft(PAPER, answers)


def test_answers_may_name_what_a_star_stood_for_and_change_a_number():
    answers = Answers.model_validate(
        {
            "claims": [
                {"where": "Table 1: Sex / * / * / *", "set": {"variable_level": "{1}!"}},
                {
                    "where": "Table 1: Previous ablation / *",
                    "printed": "0",
                    "set": {"printed": "·5"},
                },
                {"where": "Table 3: *", "drop": "of no interest"},
            ],
            "structure": {"title": "mine"},
        }
    )
    drafted = draft(PAPER, answers)
    assert {"Men!", "Women!"} <= set(drafted.rows["variable_level"])
    assert not drafted.rows["locator"].str.startswith("Table 3").any()
    assert drafted.structure.endswith("title: mine\n")
    assert "·5" in set(drafted.rows["printed"])


def test_readers_are_chosen_by_what_a_file_is(tmp_path):
    page = made(tmp_path, "<!DOCTYPE html><p>Of 26 patients (65.0%) one died.</p>", "page.xml")
    assert read_paper(page).paragraphs

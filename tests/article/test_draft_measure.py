"""How much of an article the draft of its ledger has, and that nothing wrong goes unasked.

The goals: 95 % of the numbers of tables, 85 % of the text's own, no wrong value that is not
asked about, 5 s an article.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from analysis.article.draft.answers import read_answers
from analysis.article.draft.drafted import ASKS, Drafted, draft
from analysis.article.draft.jats import read_jats
from analysis.article.ledger import KEY, read_ledger
from analysis.audit.engine import audit
from analysis.audit.structure import read_structure
from analysis.study.spreadsheets import write_csv
from tests.article.papers_as import as_html, as_pdf, as_word

PAPERS = Path(__file__).parent / "papers"
ARTICLE = PAPERS / "zhai_2025.xml"
MADE_UP = ["two_arms", "registry", "prognosis"]
FACTS = ["group_level", "variable", "variable_level", "statistic", "printed", "denominator"]


def place(locator: str) -> str:
    found = re.match(r"Table \w+|Title|Abstract|(?:Methods|Results) \d\.\d|[A-Z][a-z]+", locator)
    return found[0] if found else locator


def plain(printed: str) -> str:
    return re.sub(r"^[<>≤≥]+|[\s\u2009\u00a0]", "", printed)


def counted(rows: pd.DataFrame, tables: bool) -> Counter[tuple[str, str]]:
    """Count the numbers of tables, or of the text, by where they stand."""
    chosen = rows[rows["locator"].str.match(r"Table \w+:") == tables]
    places = chosen["locator"].map(place)
    return Counter(zip(places, chosen["printed"].map(plain), strict=True))


@pytest.fixture(scope="module")
def article() -> Drafted:
    started = time.perf_counter()
    drafted = draft(ARTICLE)
    assert time.perf_counter() - started < 5
    return drafted


@pytest.fixture(scope="module")
def ledger() -> pd.DataFrame:
    return read_ledger()


@pytest.mark.parametrize(("tables", "least"), [(True, 0.95), (False, 0.85)])
def test_the_draft_has_the_numbers_of_the_articles_ledger(article, ledger, tables, least):
    expected, found = counted(ledger, tables), counted(article.rows, tables)
    assert (expected & found).total() / expected.total() >= least


def test_no_value_of_a_table_is_wrong(article, ledger):
    assert counted(article.rows, True) == counted(ledger, True)


def test_what_is_not_asked_is_the_articles_number_under_its_denominator(article, ledger):
    """Number, statistic and patients of every row that asks nothing are those of the ledger."""
    columns = ["place", "printed", "statistic", "denominator"]
    rows = article.rows.assign(place=article.rows["locator"].map(place))
    sure = rows[~rows["note"].str.startswith(ASKS)]
    known = ledger.assign(
        place=ledger["locator"].map(place),
        denominator=ledger["denominator"].astype("string").fillna(""),
        # The article's kinds of p value are told apart by hand.
        statistic=ledger["statistic"].replace({"p_association": "p_value"}),
    )
    left = Counter(sure[columns].itertuples(index=False, name=None))
    left -= Counter(known[columns].itertuples(index=False, name=None))
    assert not left


def test_numbers_of_other_studies_and_references_are_left_out(article):
    text = article.rows[~article.rows["locator"].str.startswith("Table")]
    assert not text["locator"].str.startswith("Introduction").any()
    others = ["24.1", "28", "22", "15.8", "7.6", "5.4", "78.7", "1.7", "2.1", "4.9", "68"]
    discussed = text[text["locator"].str.startswith("Discussion")]
    assert not set(others) & set(discussed["printed"])


@pytest.mark.parametrize("name", MADE_UP)
def test_made_up_articles_are_drafted_to_the_letter(name):
    started = time.perf_counter()
    rows = draft(PAPERS / f"{name}.xml").rows
    assert time.perf_counter() - started < 5
    truth = pd.read_csv(PAPERS / f"{name}.csv", dtype=str, keep_default_na=False)
    rows["table"] = rows["locator"].map(place)
    rows["printed"] = rows["printed"].str.replace(r"[\s\u2009\u00a0]+", " ", regex=True)
    in_tables = truth[truth["statistic"].ne("")]
    columns = ["table", *FACTS]
    drafted = rows[rows["table"].str.startswith("Table")]
    assert Counter(drafted[columns].itertuples(index=False, name=None)) == Counter(
        in_tables[columns].itertuples(index=False, name=None)
    )
    said = truth[truth["statistic"].eq("")]
    expected = Counter(zip(said["table"], said["printed"].map(plain), strict=True))
    places = rows["table"].str.partition(" ")[0]
    found = Counter(zip(places, rows["printed"].map(plain), strict=True))
    assert not expected - found


def facts(rows: pd.DataFrame) -> Counter[tuple[str, ...]]:
    tables = rows[rows["locator"].str.startswith("Table")]
    return Counter(tables[FACTS].itertuples(index=False, name=None))


@pytest.mark.parametrize("name", [*MADE_UP, "zhai_2025"])
@pytest.mark.parametrize(("write", "suffix"), [(as_html, ".html"), (as_word, ".docx")])
def test_the_same_article_in_another_form_is_the_same_ledger(name, write, suffix, tmp_path):
    paper = read_jats(PAPERS / f"{name}.xml")
    write(paper, tmp_path / f"paper{suffix}")
    drafted = draft(tmp_path / f"paper{suffix}")
    assert facts(drafted.rows) == facts(draft(PAPERS / f"{name}.xml").rows)
    assert "99.9" not in set(drafted.rows["printed"])


@pytest.mark.parametrize("name", [*MADE_UP, "zhai_2025"])
def test_of_a_pdf_every_number_is_asked(name, tmp_path):
    as_pdf(read_jats(PAPERS / f"{name}.xml"), tmp_path / "paper.pdf")
    rows = draft(tmp_path / "paper.pdf").rows
    tables = rows[rows["locator"].str.startswith("Table")]
    assert tables["note"].str.startswith(ASKS).all()
    expected = counted(draft(PAPERS / f"{name}.xml").rows, True)
    found = Counter({(p, plain(n)): c for (p, n), c in counted(rows, True).items()})
    assert (expected & found).total() / expected.total() >= 0.95


def test_with_its_questions_answered_the_draft_has_the_findings_of_the_ledger(tmp_path, ledger):
    answers = read_answers(PAPERS / "zhai_2025.answers.yaml")
    drafted = draft(ARTICLE, answers)
    assert drafted.questions == 0
    write_csv(drafted.rows, tmp_path / "claims.csv")
    mine = read_ledger(tmp_path / "claims.csv")
    of_draft, of_ledger = (
        set(rows[[*KEY, "printed"]].itertuples(index=False, name=None)) for rows in (mine, ledger)
    )
    assert of_draft <= of_ledger
    structure = read_structure()

    def findings(claims: pd.DataFrame) -> Counter[tuple[str, str, tuple[str, ...]]]:
        # A title also says where a number stands, and that is told otherwise in a draft.
        return Counter(
            (str(found.verdict), found.rule, tuple(re.findall(r"“([<\d.]+)”", found.title)))
            for found in audit(claims, structure).findings
        )

    assert findings(mine) == findings(ledger)

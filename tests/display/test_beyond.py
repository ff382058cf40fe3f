"""Numbers of a synthetic cohort that the article does not print are marked, and no others."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.display import Markdown

from analysis.article.ledger import read_ledger
from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.display import numbers, statements
from analysis.display.beyond import CAPTION, LEGEND, MARK, NOTE, Marks, mark_text
from analysis.display.pages import cohort as cohort_page
from analysis.display.pages import overview, prognosis, response, survival, toxicity, treatment
from analysis.display.tables import Table, plain_table
from analysis.estimates import whole
from analysis.study.keys import Statistic
from analysis.study.parameters import Parameters as Any_Parameters
from analysis.study.printed import half_up
from analysis.zhai_2025 import earlier_trials
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.printed import marks, printed
from analysis.zhai_2025.study import STUDY
from tests.datasets import write_dataset

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
Make = tuple[Callable[..., Table | None], tuple[Any, ...]]


@pytest.fixture(scope="module")
def article() -> Cohort:
    return load("synthetic", STUDY)


@pytest.fixture(scope="module")
def estimates(article: Cohort) -> pd.DataFrame:
    return whole.estimate(article, article.parameters)


def tables(cohort: Cohort, rows: pd.DataFrame) -> dict[str, Make]:
    """Give what makes each table of the pages, with what it is made of."""
    study = cohort.study
    own: dict[str, Callable[..., Table | None]] = {
        "table_1": cohort_page.table_1,
        "table_2": treatment.table_2,
        "table_3": response.table_3,
        "marker_and_response": response.marker_table,
        "survival": survival.table,
        "relapse_factors": survival.relapse_table,
        "table_4": toxicity.table_4,
        "grade_5": toxicity.grade_5_table,
        "table_5": prognosis.table_5,
        "table_5_detail": prognosis.table_5_detail,
        "table_5_hazards": prognosis.table_5_hazards,
        "overview": overview.table,
    }
    made: dict[str, Make] = {name: (make, (rows, study)) for name, make in own.items()}
    made |= {name: (numbers.of_study, (study, name, rows)) for name in study.lines}
    made |= {
        factor.name: (prognosis.levels_table, (rows, study, factor))
        for factor in prognosis.other_factors(rows, study)
    }
    return made


def of_data(table: Table) -> list[str]:
    """Give the cells that hold numbers of patients, without labels of rows."""
    named = {table.layout["stub"], table.layout["group"]}
    return [
        str(cell)
        for name in table.cells.columns
        if name not in named and not name.endswith(MARK)
        for cell in table.cells[name]
    ]


def unmarked(table: Table) -> list[str]:
    """Give the numbers of a table that have no mark, neither of their own nor of their column.

    A mark is of all numbers that are read as one: a range, events of patients.
    """
    one = re.compile(rf"{NUMBER.pattern}%?(?:(?:–| to |/){NUMBER.pattern}%?)*{MARK}")
    return [number for cell in of_data(table) for number in NUMBER.findall(one.sub("", cell))]


# What is marked ----------------------------------------------------------------------------------


def known_numbers() -> set[str]:
    """Give every number of the article, and what its counts and percentages are of 108."""
    ledger = read_ledger()
    known = {text.strip("<>=").replace(",", "") for text in ledger["printed"]}
    for claim in ledger[ledger["variable_level"] != ""].to_dict("records"):
        if claim["statistic"] == Statistic.COUNT:
            known |= {f"{half_up(100 * claim['value'] / 108, 1)}", f"{108 - claim['value']:.0f}"}
        elif claim["statistic"] == Statistic.PERCENT and claim["comparator"] == "=":
            known |= {f"{half_up(1.08 * claim['value'], 0)}", f"{half_up(claim['value'], 1)}"}
    # As they are written here with other decimals: 12.0 months, 100.0 %.
    return known | {f"{float(number):.1f}" for number in known if number.replace(".", "").isdigit()}


def test_a_number_without_a_mark_is_one_of_the_article(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    """By the digits alone, which the marks do not go by."""
    known, strangers, count = known_numbers(), {}, 0
    for name, (make, given) in tables(article, estimates).items():
        table = marks(article).table(make, *given)
        assert table is not None
        free = [number.replace(",", "") for number in unmarked(table)]
        count += len(free)
        strangers[name] = [number for number in free if number not in known]
    assert {name: found for name, found in strangers.items() if found} == {}
    assert count > 450


@pytest.mark.parametrize("name", ["table_1", "table_2", "table_4"])
def test_tables_that_the_article_has_in_full_have_no_mark(
    name: str, article: Cohort, estimates: pd.DataFrame
) -> None:
    make, given = tables(article, estimates)[name]
    table = marks(article).table(make, *given)
    assert table is not None
    assert MARK not in table.cells.to_csv() + "".join(table.cells.columns)
    assert MARK not in table.shown.as_raw_html()


def test_what_is_marked_in_tables_that_the_article_has_in_part(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    made = tables(article, estimates)
    shown = {name: marks(article).table(*make[:1], *make[1]) for name, make in made.items()}
    table_3, table_5, detail = shown["table_3"], shown["table_5"], shown["table_5_detail"]
    assert table_3 is not None
    assert table_5 is not None
    assert detail is not None
    assert [name for name in table_3.cells.columns if MARK in name] == [
        f"RECIST: 95% CI{MARK}",
        f"mRECIST: 95% CI{MARK}",
        f"p: paired{MARK}",
    ]
    # Exact p values stand where the article has those of the log-rank test, 0.205 and 0.300.
    marked = table_5.cells.set_index("factor").map(lambda cell: MARK in cell)
    assert marked.to_numpy().sum() == 2
    assert marked.loc["Male", ["OS: p", "PFS: p"]].all()
    first = detail.cells.iloc[0]
    assert first["Yes: median (95% CI)"] == f"17.2 (16.0–20.5{MARK})"
    assert f"Yes: events/n{MARK}" in detail.cells.columns
    for table in (table_3, table_5, detail):
        assert table.shown.as_raw_html().count(NOTE) == 1


def test_every_number_of_a_table_is_marked_where_none_is_printed(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    """No table takes a number from elsewhere than the estimates that are given to it."""
    nothing = Marks(lambda rows: pd.Series(False, index=rows.index))
    for name, (make, given) in tables(article, estimates).items():
        table = nothing.table(make, *given)
        assert table is not None
        assert unmarked(table) == [], name


def test_of_a_part_of_the_patients_next_to_nothing_is_printed(estimates: pd.DataFrame) -> None:
    """The article's keys with other digits are not its numbers; what agrees does so by chance."""
    cohort = load("synthetic", STUDY, Parameters(population="pvtt"))
    ledger = read_ledger()
    told = printed(ledger, whole.estimate(cohort, cohort.parameters))
    assert told.mean() < 0.25 < printed(ledger, estimates).mean()


def test_sentences_are_marked_number_by_number(article: Cohort, estimates: pd.DataFrame) -> None:
    of_all = marks(article)
    for name in article.study.sentences:
        said = of_all.text(statements.of_study, article.study, name, estimates)
        assert MARK not in str(said.data)
    nothing = Marks(lambda rows: pd.Series(False, index=rows.index))
    said = nothing.text(statements.of_study, article.study, "survival", estimates)
    assert f"Median overall survival was 17.0{MARK} (95% CI 15.6–18.0{MARK}) months." in said.data
    tests = nothing.text(prognosis.significant_factors, estimates, article.study)
    assert MARK in str(tests.data)


# Where nothing is marked -------------------------------------------------------------------------


def test_real_patients_have_no_mark(tmp_path: Path) -> None:
    real = load(write_dataset(tmp_path, dataset="title: t\ncompare_with_article: true\n"), STUDY)
    assert real.study.article is not None
    of_none = marks(real)
    assert of_none == Marks()
    rows = whole.estimate(real, real.parameters)
    made = 0
    for make, given in tables(real, rows).values():
        table = of_none.table(make, *given)
        made += table is not None
        if table is not None:
            assert MARK not in table.shown.as_raw_html()
    assert made > 5
    assert of_none.caption("Age.") == "Age."
    assert of_none.legend().data == ""
    assert MARK not in str(of_none.text(statements.of_study, real.study, "cohort", rows).data)


def test_a_synthetic_cohort_without_an_article_has_no_mark(tmp_path: Path) -> None:
    assert marks(load(write_dataset(tmp_path, dataset="title: t\nsynthetic: true\n"), STUDY)) == (
        Marks()
    )


# How ---------------------------------------------------------------------------------------------


def test_captions_are_marked_unless_all_that_is_drawn_is_printed(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    of_all = marks(article)
    assert of_all.caption("Age.") == f"Age. {CAPTION}"
    assert of_all.caption("Medians.", earlier_trials.drawn(estimates)) == "Medians."
    assert of_all.caption("All.", estimates) == f"All. {CAPTION}"
    assert of_all.legend().data == LEGEND


@pytest.mark.parametrize(
    ("shown", "other", "marked"),
    [
        ("17.0", "17.0", "17.0"),
        ("17.0 (15.6–NR)", "17.0 (1,015.6–NR)", "17.0 (15.6–NR)".replace("15.6", f"15.6{MARK}")),
        ("<0.001", "0.500", f"<0.001{MARK}"),
        ("–", "3", f"–{MARK}"),
        ("1,234 of 5", "2,234 of 5", f"1,234{MARK} of 5"),
        ("−0.5 to 1.5", "−1,000.5 to 1,001.5", f"−0.5 to 1.5{MARK}"),
        ("Table 3: 5", "Table 3: 6", f"Table 3: 5{MARK}"),
    ],
)
def test_numbers_that_are_others_are_marked(shown: str, other: str, marked: str) -> None:
    assert mark_text(shown, other) == marked


def test_a_table_of_other_rows_is_marked_at_every_heading() -> None:
    rows = pd.DataFrame(
        {"analysis_id": ["a", "a"], "statistic": ["count", "count"], "value": [1.0, 2.0]}
    )

    def make(given: pd.DataFrame) -> Table:
        small = given[given["value"] < 10]
        return plain_table(
            pd.DataFrame({"x": ["all"], "n": [str(len(small))], "m": ["2"]}), stub="x"
        )

    other = Marks(lambda given: pd.Series([True, False], index=given.index))
    table = other.table(make, rows)
    assert table is not None
    assert list(table.cells.columns) == ["x", f"n{MARK}", "m"]
    empty = other.table(lambda given: make(given) if len(given[given["value"] < 3]) > 1 else None,
                        rows)  # fmt: skip
    assert empty is not None
    assert list(empty.cells.columns) == ["x", f"n{MARK}", f"m{MARK}"]


def test_prose_of_other_words_is_marked_at_its_end_if_it_has_numbers() -> None:
    rows = pd.DataFrame({"analysis_id": ["a"], "statistic": ["p_value"], "value": [0.01]})
    other = Marks(lambda given: pd.Series(False, index=given.index))

    def make(given: pd.DataFrame, words: str) -> Markdown:
        return Markdown(words if given["value"].iloc[0] < 0.05 else "none")

    assert other.text(make, rows, "few, 2").data == f"few, 2{MARK}"
    assert other.text(make, rows, "few").data == "few"


def test_what_is_printed_is_told_by_key_and_digits(article: Cohort) -> None:
    ledger = read_ledger()
    keys = {"analysis_id": "adverse_events", "group": "", "group_level": "", "note": ""}
    rows = pd.DataFrame(
        [
            keys | {"variable": "any_event", "variable_level": ">=3", "statistic": s, "value": v}
            for s, v in [("percent", 30.5555), ("count", 33.0), ("percent", 29.0)]
        ]
    )
    assert printed(ledger, rows.iloc[:2]).tolist() == [True, True]
    # The same key with other digits is not the article's number, nor is its count.
    assert printed(ledger, rows.iloc[[2]]).tolist() == [False]
    assert isinstance(article.parameters, Any_Parameters)

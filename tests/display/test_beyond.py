"""Numbers of a synthetic cohort that the article does not print are marked, and no others."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.display import Markdown
from lxml import html

from analysis.article.ledger import read_ledger
from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.display import numbers, statements
from analysis.display.beyond import (
    BESIDE,
    CAPTION,
    CAPTION_DETERMINED,
    DETERMINED,
    LEADS,
    LEGEND,
    MARK,
    NOTE,
    Marks,
    Version,
    mark_text,
    marked,
)
from analysis.display.page import Page
from analysis.display.pages import cohort as cohort_page
from analysis.display.pages import overview, prognosis, response, survival, toxicity, treatment
from analysis.display.tables import Table, plain_table
from analysis.estimates import whole
from analysis.estimates.ensemble import Ensemble
from analysis.study.parameters import Parameters as Any_Parameters
from analysis.zhai_2025 import earlier_trials
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.printed import marks as marks_of
from analysis.zhai_2025.printed import printed
from analysis.zhai_2025.study import STUDY
from tests.datasets import write_dataset
from tests.marks import KNOWN, of_estimates, of_table

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
PRINTED = partial(printed, read_ledger())
Make = tuple[Callable[..., Table | None], tuple[Any, ...]]


@pytest.fixture(scope="module")
def article() -> Cohort:
    return load("synthetic", STUDY)


@pytest.fixture(scope="module")
def estimates(article: Cohort) -> pd.DataFrame:
    return whole.estimate(article, article.parameters)


def marks(cohort: Cohort) -> Marks:
    """Give the marks of a cohort without an ensemble, whatever there is in data/ensemble."""
    assert cohort.synthetic
    return Marks(PRINTED)


@pytest.fixture(scope="module")
def ensemble(estimates: pd.DataFrame) -> Ensemble:
    """Give four cohorts: alike, but for the hazard ratios, the p values and the medians' limits.

    These differ by more than they are shown with, beyond all that the article prints.
    """
    moved = estimates["statistic"].isin(
        ["hazard_ratio", "hr_lower", "hr_upper", "hr_p", "median_lower", "median_upper"]
    )
    # Of one factor nothing moves: its numbers are determined.
    moved &= ~estimates["group"].eq("pvtt")
    members = []
    for number in range(4):
        value = estimates["value"].where(~moved, estimates["value"] * (1 - 0.1 * number))
        members.append(estimates.assign(member=number, value=value))
    return Ensemble(4, pd.concat(members, ignore_index=True))


def tables(cohort: Cohort, rows: pd.DataFrame) -> dict[str, Make]:
    """Give what makes each table of the pages, with what it is made of."""
    study = cohort.study
    own: dict[str, Callable[..., Table | None]] = {
        "table_1": cohort_page.table_1,
        "table_2": treatment.table_2,
        "table_3": response.table_3,
        "table_3_detail": response.table_3_detail,
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


def unlinked(said: Markdown) -> str:
    """Give a text without its links to rows."""
    return re.sub(r"\[([^]]+)]\(#[^)]+\)", r"\1", str(said.data))


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


def test_a_number_without_a_mark_is_one_of_the_article(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    """By the digits alone, which the marks do not go by."""
    strangers, count = {}, 0
    for name, (make, given) in tables(article, estimates).items():
        table = marks(article).table(make, *given)
        assert table is not None
        free = [number.replace(",", "") for number in unmarked(table)]
        count += len(free)
        strangers[name] = [number for number in free if number not in KNOWN]
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
    table_3_detail = shown["table_3_detail"]
    assert table_3 is not None
    assert table_3_detail is not None
    assert table_5 is not None
    assert detail is not None
    # All of Table 3 is printed.
    assert MARK not in table_3.cells.to_csv() + "".join(table_3.cells.columns)
    assert [name for name in table_3_detail.cells.columns if MARK in name] == [
        f"RECIST: 95% CI{MARK}",
        f"mRECIST: 95% CI{MARK}",
        f"p: paired{MARK}",
    ]
    # Exact p values stand where the article has those of the log-rank test, 0.205 and 0.300.
    marked = table_5.cells.set_index("factor").map(lambda cell: MARK in cell)
    assert marked.to_numpy().sum() == 2
    assert marked.loc["Male", ["OS: p", "PFS: p"]].all()
    first = detail.cells.iloc[0]
    assert first["Yes: median (95% CI)"] == f"17.2 (15.9–20.5{MARK})"
    assert f"Yes: events/n{MARK}" in detail.cells.columns
    for table in (table_3_detail, table_5, detail):
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
    words = f"Median overall survival was 17.0{MARK} (95% CI 15.6–18.0{MARK}) months."
    assert words in unlinked(said)
    tests = nothing.text(prognosis.significant_factors, estimates, article.study)
    assert MARK in str(tests.data)


# Where nothing is marked -------------------------------------------------------------------------


def test_real_patients_have_no_mark(tmp_path: Path) -> None:
    real = load(write_dataset(tmp_path, dataset="title: t\ncompare_with_article: true\n"), STUDY)
    assert real.study.article is not None
    of_none = marks_of(real)
    assert (of_none.printed, of_none.ensemble, of_none.missing) == (None, None, "")
    rows = whole.estimate(real, real.parameters)
    made = 0
    for make, given in tables(real, rows).values():
        table = of_none.table(make, *given)
        made += table is not None
        if table is not None:
            assert MARK not in table.shown.as_raw_html()
    assert made > 5
    assert of_none.caption("Age.") == "Age."
    assert of_none.legend().data == f"{LEADS} {BESIDE}"
    assert MARK not in str(of_none.text(statements.of_study, real.study, "cohort", rows).data)
    assert of_none.estimates(rows) is rows
    assert of_none.of_part() == of_none
    assert of_none.of_model("Ratios.", real.study) == "Ratios."


def test_a_synthetic_cohort_without_an_article_has_no_mark(tmp_path: Path) -> None:
    cohort = load(write_dataset(tmp_path, dataset="title: t\nsynthetic: true\n"), STUDY)
    assert marks_of(cohort) == Marks()


# How ---------------------------------------------------------------------------------------------


def test_captions_are_marked_unless_all_that_is_drawn_is_printed(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    of_all = marks(article)
    assert of_all.caption("Age.") == f"Age. {CAPTION}"
    assert of_all.caption("Medians.", earlier_trials.drawn(estimates)) == "Medians."
    assert of_all.caption("All.", estimates) == f"All. {CAPTION}"
    assert LEGEND in str(of_all.legend().data)
    missing = Marks(of_all.printed, missing="There is none: make it.")
    assert str(missing.legend().data).endswith("is not known here. There is none: make it.")


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


# With an ensemble ---------------------------------------------------------------------------------


def test_the_estimates_of_a_cohort_say_what_they_rest_on(
    article: Cohort, estimates: pd.DataFrame, ensemble: Ensemble
) -> None:
    told = Marks(marks(article).printed, ensemble).estimates(estimates)
    assert of_estimates(told.assign(synthetic="yes")) == []
    ratios = told[told["statistic"] == "hazard_ratio"].set_index("group")["status"]
    assert set(ratios["pvtt"]) == {"determined"}
    assert set(ratios.drop("pvtt")) == {"open"}
    assert (told["status"] == "published").sum() > 400
    # What no other cohort is known to have is open.
    alone = marks(article).estimates(estimates)
    assert set(alone["status"]) == {"published", "open"}
    assert alone["ensemble_members"].isna().all()


def test_every_number_of_a_page_is_of_the_article_or_signed(
    article: Cohort, estimates: pd.DataFrame, ensemble: Ensemble
) -> None:
    """As the pages show them, by the walker that looks over whole reports."""
    page = Page("06_prognostic_factors", synthetic=True)
    own = Marks(marks(article).printed, ensemble)
    found, folded = {}, 0
    made = tables(article, estimates)
    for name in ("survival", "relapse_factors", "table_5_hazards", "table_3_detail", "ici_regimen"):
        make, given = made[name]
        more = (ensemble,) if name in {"table_5_hazards", "relapse_factors"} else ()
        shown = page.table(name, own.table(make, *given, *more), "Numbers.").data
        tree = html.fromstring(shown)
        folded += len(tree.xpath('//details[@class="ranges"]'))
        found[name] = [one for table in tree.xpath('//table[contains(@class, "gt_table")]')
                       for one in of_table(table)]  # fmt: skip
    assert {name: numbers for name, numbers in found.items() if numbers} == {}
    assert folded >= 2


def test_ratios_that_are_determined_are_signed_apart_from_those_that_are_open(
    article: Cohort, estimates: pd.DataFrame, ensemble: Ensemble
) -> None:
    own = Marks(marks(article).printed, ensemble)
    table = own.table(prognosis.table_5_hazards, estimates, article.study, ensemble)
    assert table is not None
    cells = table.cells.set_index(["endpoint", "factor"]).loc["Overall survival"]
    assert list(cells.columns) == [
        f"HR (95% CI){MARK}",
        "HR in 4 cohorts",
        f"p{MARK}",
        "p < 0.05 in 4 cohorts",
        f"Proportional hazards: p{DETERMINED}",
    ]
    # One sign of the limits, which are read as one; the ratio has its own.
    assert cells.loc["PVTT"].iloc[0] == f"1.67{DETERMINED} (0.90–3.11{DETERMINED})"
    assert cells.loc["PVTT"].iloc[1] == "1.67"
    assert cells.loc["ICI before"].iloc[0] == "2.21 (1.09–4.48)"
    assert cells.loc["ICI before"].iloc[1] == "1.55–2.21"
    assert cells.loc["VP4"].iloc[1] == "0.97–1.38, above 1 in 3"
    assert cells.loc["ICI before"].iloc[3] == "4"
    text = html.fromstring(table.below).text_content()
    assert "ICI beforeHR (95% CI)2.21 (1.09–4.48)1.55" in text
    assert "PVTT" not in text
    notes = table.layout["notes"]
    assert [note[0] for note in notes if note[0] in MARK + DETERMINED] == [DETERMINED, MARK]


def test_text_of_a_dataset_is_escaped_below_a_table() -> None:
    rows = pd.DataFrame(
        {
            **dict.fromkeys(("group", "group_level", "variable", "variable_level"), ""),
            "analysis_id": ["a"],
            "statistic": ["count"],
            "value": [5.0],
        }
    )
    members = pd.concat([rows.assign(member=1), rows.assign(member=2, value=7.0)])
    nothing = Marks(lambda given: pd.Series(False, index=given.index), Ensemble(2, members))

    def make(given: pd.DataFrame) -> Table:
        cells = {"<b>x</b>": ["<script>"], "n": [f"{given['value'].iloc[0]:.0f}"]}
        return plain_table(pd.DataFrame(cells), stub="<b>x</b>")

    table = nothing.table(make, rows)
    assert table is not None
    assert "<script>" not in table.below
    assert "&lt;script&gt;" in table.below
    assert '5</td><td class="number">5</td><td class="number">7<' in table.below


@pytest.mark.parametrize(
    ("version", "text", "ends"),
    [
        # Alike, and written the same at both ends.
        (("1.6", "9.6", "1.6", "1.6", "1.6"), f"1.6{DETERMINED}", ("1.6", "1.6")),
        # Written the same, but not alike: 0.999 and 1.001.
        (("1.0", "9.6", "9.6", "1.0", "1.0"), f"1.0{MARK}", ("1.0", "1.0")),
        # Alike to fewer digits than are shown.
        (("1.61", "9.6", "1.61", "1.60", "1.62"), f"1.61{MARK}", ("1.60", "1.62")),
        # No cohort has it.
        (("1.6", "9.6", "9.6", "9.6", "9.6"), f"1.6{MARK}", ("?", "?")),
        # The numbers of a range have one sign, the open one if there is one.
        (
            ("2 (1.0–3.0)", "2 (9.0–9.1)", "2 (1.0–9.1)", "2 (1.0–2.9)", "2 (1.0–3.3)"),
            f"2 (1.0–3.0{MARK})",
            ("2 (1.0–2.9)", "2 (1.0–3.3)"),
        ),
        # Of some cohorts the median is not reached.
        (("17.0", "99.0", "99.0", "16.0", "NR"), f"17.0{MARK}", ("16.0", "NR")),
        (("<0.001", "0.500", "<0.001", "<0.001", "<0.001"), f"<0.001{DETERMINED}", None),
        (("17.0", "17.0", "17.0", "17.0", "17.0"), "17.0", ("", "")),
    ],
)
def test_a_number_is_determined_or_open(
    version: tuple[str, ...], text: str, ends: tuple[str, str] | None
) -> None:
    made = marked(Version(*version))
    assert made.text == text
    if ends is not None:
        assert (made.lowest, made.highest) == ends


def test_prose_has_the_ranges_of_its_open_numbers(
    article: Cohort, estimates: pd.DataFrame, ensemble: Ensemble
) -> None:
    own = Marks(marks(article).printed, ensemble)

    def make(rows: pd.DataFrame) -> Markdown:
        chosen = rows[rows["group"].eq("prior_ici") & rows["statistic"].eq("hazard_ratio")]
        return Markdown(f"The ratio is {chosen['value'].iloc[0]:.2f}.")

    assert unlinked(own.text(make, estimates)) == (
        f"The ratio is 2.21{MARK}. Over 4 cohorts that give every printed number, 2.21{MARK} is "
        "1.55–2.21."
    )
    said = prognosis.over_cohorts(estimates, article.study, ensemble).data
    assert said.startswith(
        "**Over 4 cohorts** that give every number the article prints: of the 32"
    )
    assert prognosis.over_cohorts(estimates, article.study, None).data == ""


def test_captions_say_where_all_that_is_drawn_is_determined(
    article: Cohort, estimates: pd.DataFrame, ensemble: Ensemble
) -> None:
    own = Marks(marks(article).printed, ensemble)
    ratios = estimates[estimates["statistic"] == "hazard_ratio"]
    assert own.caption("x.", ratios[ratios["group"] == "pvtt"]) == f"x. {CAPTION_DETERMINED}"
    assert own.caption("x.", ratios) == f"x. {CAPTION}"
    many = load("synthetic", STUDY, Parameters(factor_model="multivariable")).study
    assert "over 4 cohorts" in own.of_model("Ratios.", many)
    assert "does not determine it" in marks(article).of_model("Ratios.", many)
    assert own.of_model("Ratios.", article.study) == "Ratios."


def test_of_a_part_of_the_patients_nothing_is_printed(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    assert set(marks(article).of_part().estimates(estimates)["status"]) == {"open"}


def test_a_percentage_that_the_article_prints_otherwise_is_not_printed(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    """Its count is printed, and so is another percentage of it, which no patients have."""
    told = marks(article).estimates(estimates)
    hepatitis = told[told["variable"].eq("viral_hepatitis") & told["statistic"].eq("percent")]
    assert "open" in set(hepatitis["status"])

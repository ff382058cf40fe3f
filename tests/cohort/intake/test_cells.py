"""Days, numbers and answers are read as they are declared, and never guessed."""

from __future__ import annotations

import datetime
import re

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.cohort.intake.cells import (
    USUAL,
    Conventions,
    answers,
    days,
    decimal_comma,
    numbers,
    partial,
    span,
    why_no_format,
    without_missing,
)
from analysis.cohort.intake.sheet import text_of

FORMATS = [
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%y", "%d%b%Y", "%d/%b/%Y", "%d-%b-%y",
    "%d %B %Y", "%B %d, %Y", "%Y%m%d", "%d%m%Y", "%Y.%m.%d", "%d.%m.%Y %H:%M", "%j.%Y",
]  # fmt: skip
DAYS = st.dates(datetime.date(1970, 1, 1), datetime.date(2068, 12, 31))


def texts(*cells: str | None) -> pd.Series:
    return pd.Series([pd.NA if cell is None else cell for cell in cells], dtype=object)


def read(*cells: str | None, **how: object) -> list[str]:
    """Give days as text, with the flag of what was imputed; '' where nothing was read."""
    found = days(texts(*cells), Conventions(**how))  # type: ignore[arg-type]
    return [
        "" if pd.isna(row.day) else f"{row.day:%Y-%m-%d}{row.imputed or ''}"
        for row in found.astype(object).where(found.notna(), None).itertuples()
    ]


# Days --------------------------------------------------------------------------------------------


@given(st.lists(DAYS, min_size=1, max_size=5), st.sampled_from(FORMATS))
def test_days_come_back_under_each_format(found: list[datetime.date], written: str) -> None:
    cells = [day.strftime(written) for day in found]
    assert read(*cells, dates=(written,)) == [day.isoformat() for day in found]


@given(DAYS, st.sampled_from(["-", "/", "."]), st.booleans())
def test_a_year_before_a_month_before_a_day_needs_no_format(
    day: datetime.date, mark: str, padded: bool
) -> None:
    numbers = [f"{day:%Y}", f"{day:%m}", f"{day:%d}"]
    plain = numbers if padded else [str(int(each)) for each in numbers]
    assert read(mark.join(plain), f"{day.year}年{day.month}月{day.day}日") == [day.isoformat()] * 2


@settings(max_examples=60)
@given(st.integers(1, 99), st.integers(1, 99), st.integers(0, 9999),
       st.sampled_from([".", "/", "-", " ", ""]), st.booleans())  # fmt: skip
def test_what_could_be_either_is_never_read_without_a_format(
    first: int, second: int, year: int, mark: str, padded: bool
) -> None:
    """Day or month first: 03.04.2019 is the 3rd of April to one, the 4th of March to another."""
    width = 2 if padded else 1
    for shown in (f"{year:04}", f"{year % 100:02}"):
        text = f"{first:0{width}}{mark}{second:0{width}}{mark}{shown}"
        # 19.12.25 has no year of four digits before it.
        assert read(text) == [""], text


@settings(max_examples=30)
@given(DAYS)
def test_the_first_format_that_fits_is_meant(day: datetime.date) -> None:
    text = f"{day:%d.%m.%Y}"
    assert read(text, dates=("%d.%m.%Y", "%m.%d.%Y")) == [day.isoformat()]
    assert read(text, dates=("%d/%m/%Y", "%d.%m.%Y")) == [day.isoformat()]


@settings(max_examples=30)
@given(st.dates(datetime.date(1930, 1, 1), datetime.date(2100, 12, 31)))
def test_days_of_excel_come_back(day: datetime.date) -> None:
    windows = (day - datetime.date(1899, 12, 30)).days
    mac = (day - datetime.date(1904, 1, 1)).days
    assert read(str(windows), dates=("excel",)) == [day.isoformat()]
    assert read(f"{windows}.0", dates=("excel",)) == [day.isoformat()]
    # The least days of a Mac look like years.
    assume(mac > 9999)
    assert read(str(mac), dates=("excel1904",)) == [day.isoformat()]
    assert read(str(windows)) == [""]


def test_a_year_is_no_day_of_excel() -> None:
    """1964 is day 1,964 of Excel, 17 May 1905."""
    assert read("1964", "23513", dates=("excel",)) == ["1964-06-30M", "1964-05-16"]


def test_figures_that_are_too_few_are_not_parted_somehow() -> None:
    """Python takes 201912 under %Y%m%d for 2 January 2019, and 2019 under %y%m%d for 9 January."""
    assert read("201912", "20191202", dates=("%Y%m%d",)) == ["", "2019-12-02"]
    assert read("2019", "191202", dates=("%y%m%d",)) == ["2019-06-30M", "2019-12-02"]


@pytest.mark.parametrize(
    "text",
    ["2019-02-30", "2019-13-01", "31.04.2019", "29.02.2019", "0000-01-01", "9999-99-99", "never",
     "2019-03-04T10:00", "2019-03-04 00:00:01", "12:30", "1.5", "1e3", "2019-03-04 5", "20190304"],
)  # fmt: skip
def test_what_is_no_day_is_left_unread(text: str) -> None:
    assert read(text, dates=("%d.%m.%Y",)) == [""]


@pytest.mark.parametrize(
    "text", ["2019-03-04 00:00:00", "2019-03-04T00:00", "2019-03-04 00:00:00.000000",
             "2019-03-04T00:00:00+08:00"],
)  # fmt: skip
def test_midnight_is_the_day_that_it_begins(text: str) -> None:
    assert read(text) == ["2019-03-04"]


# Formats -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [*FORMATS, "excel", "excel1904"])
def test_a_format_has_a_day_a_month_and_a_year(written: str) -> None:
    assert why_no_format(written) == ""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        # These would make the first of the month of any date.
        ("%m/%Y", ""), ("%Y", ""), ("%b %Y", ""), ("%d.%m.", ""), ("%H:%M", ""),
        # A day before its month after a year is read as ISO without any format.
        ("%Y-%d-%m", ""),
        ("%Y-%m-%d %H:%M:%S%z", ""), ("%Q", ""), ("%", ""), ("", ""), ("%x", ""),
        ("DD.MM.YYYY", "did you mean '%d.%m.%Y'?"), ("dd/mm/yy", "did you mean '%d/%m/%y'?"),
        ("yyyymmdd", "did you mean '%Y%m%d'?"),
    ],
)  # fmt: skip
def test_what_is_no_format_says_why(written: str, said: str) -> None:
    words = why_no_format(written)
    assert words.startswith("a format with %d, %m and %Y, or excel")
    assert said in words


# Dates of which the day is not known -------------------------------------------------------------


@given(st.integers(1900, 2099), st.integers(1, 12),
       st.sampled_from(["{y}-{m:02}", "{m:02}/{y}", "{m}.{y}", "UN/{b}/{y}", "{b} {y}",
                        "{y}年{m}月", "un-{m:02}-{y}", "{y}-{m:02}-UN", "xx.{m:02}.{y}",
                        "{y}/{m}/??"]),
       st.sampled_from(["first", "mid", "last"]))  # fmt: skip
def test_a_month_is_imputed_within_it(year: int, month: int, shape: str, rule: str) -> None:
    text = shape.format(y=year, m=month, b=f"{datetime.date(2000, month, 1):%b}")
    found = days(texts(text), Conventions(partial=rule, dates=("%d.%m.%Y",))).iloc[0]
    assert (found["day"].year, found["day"].month) == (year, month)
    assert found["imputed"] == "D"
    assert found["day"].day in {"first": {1}, "mid": {15}, "last": {28, 29, 30, 31}}[rule]
    first, last = span(found["day"], "D")
    assert first <= found["day"] <= last
    assert (first.day, (last + pd.Timedelta(days=1)).day) == (1, 1)


@given(st.integers(1900, 2099), st.sampled_from(["{y}", "UN/UN/{y}", "{y}-??", "{y}年"]),
       st.sampled_from(["first", "mid", "last"]))  # fmt: skip
def test_a_year_is_imputed_within_it(year: int, shape: str, rule: str) -> None:
    found = days(texts(shape.format(y=year)), Conventions(partial=rule)).iloc[0]
    expected = {"first": f"{year}-01-01", "mid": f"{year}-06-30", "last": f"{year}-12-31"}[rule]
    assert (f"{found['day']:%Y-%m-%d}", found["imputed"]) == (expected, "M")


@pytest.mark.parametrize(
    "text", ["5/UN/2019", "2019-UN-05", "03/04", "13/2019", "2019-00", "00.03.2019", "2019-2020",
             "UN", "un/un/un", "201903", "May 19", "5", "12 May", "2019 May 5 6"],
)  # fmt: skip
def test_what_says_too_little_or_too_much_is_no_month(text: str) -> None:
    assert partial(text) is None
    assert read(text, dates=("%d.%m.%Y",)) == [""]


def test_none_leaves_unknown_and_says_so() -> None:
    found = days(texts("2019-03", "2019-03-04", None, "?"), Conventions(partial="none"))
    assert found["unknown"].tolist() == [True, False, False, False]
    assert found["day"].notna().tolist() == [False, True, False, False]


# Numbers -----------------------------------------------------------------------------------------

POINT, COMMA, BOTH = (Conventions(decimal=marks) for marks in ((".",), (",",), (".", ",")))
DECIMALS = st.decimals(-1_000_000, 1_000_000, places=3)


@settings(max_examples=40)
@given(DECIMALS)
def test_numbers_come_back_under_each_mark(value: object) -> None:
    plain = f"{value}"
    comma = plain.replace(".", ",")
    thousands = f"{value:,}"
    german = thousands.translate(str.maketrans(",.", ".,"))
    expected = float(value)  # type: ignore[arg-type]
    for text, conventions in (
        (plain, Conventions()), (plain, POINT), (plain, BOTH), (comma, COMMA),
        (thousands, POINT), (german, COMMA),
    ):  # fmt: skip
        assert numbers(texts(text), conventions)["value"].tolist() == [expected], text
    # Where both marks are declared, 1,084 may be either.
    found = numbers(texts(comma), BOTH)["value"]
    either = re.fullmatch(r"-?[1-9]\d{0,2},\d{3}", comma)
    assert found.isna().all() if either else found.tolist() == [expected], comma


def test_a_number_that_the_file_has_typed_parts_no_thousands() -> None:
    """1.084 of a workbook was read as 1084 where texts beside it have decimal commas."""
    assert numbers(texts(text_of(1.084), "63,5"), COMMA)["value"].tolist() == [1.084, 63.5]
    assert numbers(texts("1.084", "63,5"), COMMA)["value"].tolist() == [1084, 63.5]


@given(DECIMALS)
def test_a_comma_is_not_guessed_cell_by_cell(value: object) -> None:
    """1,084 is one thousand to one and one and a bit to another."""
    found = numbers(texts(f"{value}".replace(".", ",")), Conventions())["value"]
    assert found.isna().all()


@given(
    st.floats(0, 1e9), st.sampled_from(["<", ">", "<=", ">=", "≤", "≥"]), st.sampled_from(["", " "])
)
def test_a_limit_stays_one(value: float, sign: str, space: str) -> None:
    found = numbers(texts(f"{sign}{space}{value}"), Conventions()).iloc[0]
    assert found["value"] == value
    assert found["limit"] == {"≤": "<=", "≥": ">="}.get(sign, sign)


@pytest.mark.parametrize(
    "text", ["", "1.2*", "1 084", "abc", "nan", "inf", "-inf", "0x10", "1_000", "<", "<>5", "5<",
             "1,2,3", "1.2.3", "--5", "=1+1", "5 mg", "1/2", "<<5", "~5"],
)  # fmt: skip
def test_what_is_no_number_is_left_unread(text: str) -> None:
    for conventions in (Conventions(), POINT, COMMA, BOTH):
        assert numbers(texts(text), conventions)["value"].isna().all(), (text, conventions)


def test_figures_of_a_chinese_keyboard_are_figures() -> None:
    assert numbers(texts("１２"), Conventions())["value"].tolist() == [12]


@pytest.mark.parametrize(
    ("cells", "is_one"),
    [
        (["5,5", "1,084"], True), (["0,123"], True), (["1084,5"], True), (["5,5", None], True),
        # Nothing here shows what commas are, or something shows the other.
        (["1,084"], False), (["1,084", "12,345"], False), (["5,5", "1.5"], False),
        (["1,084.5"], False), (["5", "6"], False), ([None], False), (["5,5", "a,b"], False),
    ],
)  # fmt: skip
def test_a_column_shows_what_its_commas_are(cells: list[str | None], is_one: bool) -> None:
    assert decimal_comma(texts(*cells)) == is_one


# Not recorded, yes and no ------------------------------------------------------------------------


@given(st.lists(st.sampled_from([*sorted(USUAL), "5", "a"]), min_size=1, max_size=9))
def test_nothing_is_missing_that_is_not_declared(cells: list[str]) -> None:
    column = texts(*cells)
    assert without_missing(column, "AFP", Conventions()).tolist() == cells
    elsewhere = Conventions(missing={"other": frozenset(USUAL)})
    assert without_missing(column, "AFP", elsewhere).tolist() == cells


@given(st.lists(st.sampled_from(["NA", "-9", "5", "na"]), min_size=1, max_size=9))
def test_what_is_declared_is_blank_and_nothing_else(cells: list[str]) -> None:
    conventions = Conventions(missing={"*": frozenset({"NA"}), "AFP": frozenset({"-9"})})
    for column, blank in (("AFP", {"NA", "-9"}), ("ECOG", {"NA"})):
        found = without_missing(texts(*cells), column, conventions)
        assert found.isna().tolist() == [cell in blank for cell in cells]


def test_a_code_that_is_labelled_so_is_blank() -> None:
    conventions = Conventions(missing={"*": frozenset({"unknown"})})
    found = without_missing(texts("1", "9"), "sex", conventions, {"1": "male", "9": "unknown"})
    assert found.isna().tolist() == [False, True]


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["Yes", "NO", "是", "Y", "y", "1", "2", "perhaps"]), min_size=1))
def test_answers_are_those_that_are_declared(cells: list[str]) -> None:
    conventions = Conventions(yes=frozenset({"是", "Y", "1"}), no=frozenset({"2"}))
    known = {"Yes": "yes", "NO": "no", "是": "yes", "Y": "yes", "y": "yes", "1": "yes", "2": "no"}
    assert answers(texts(*cells), conventions).tolist() == [known.get(c, c) for c in cells]

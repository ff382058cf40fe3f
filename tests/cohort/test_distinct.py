"""What is done once to each distinct text is what would be done cell by cell."""

from __future__ import annotations

import datetime
import math
from typing import Any

import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis.cohort.by_patient import in_words
from analysis.cohort.description import Description
from analysis.cohort.intake.cells import Conventions, numbers, with_point
from analysis.cohort.intake.mapping import Written
from analysis.cohort.intake.sheet import text_of, typed_frame
from analysis.cohort.intake.texts import Texts
from analysis.cohort.schema import tables_of
from analysis.cohort.typed import Typed, typed
from analysis.zhai_2025.study import STUDY

PATIENTS = tables_of(STUDY)["patients"]
# Columns of each kind, and what people write in them. A spelling is that of most rows, so that of
# open lists and free texts no cell can be read alone.
WRITTEN: dict[str, list[str]] = {
    "patient_id": ["P1", "P2", " P 3", "P  4", "café", "cafe\u0301", "x\u200by", "a\nb", "NA"],
    "sex": ["male", "Male", "FEMALE", "m", "NA", "2"],
    "cirrhosis": ["yes", "No", "1", "0", "?"],
    "birth_date": ["1960-05-01", "1960/5/1", "1960-05", "1960", "05.01.1960", "1850-01-01", "NA"],
    "ecog": ["0", "1", "7", "1.0", "1.5", "<2", "x", "-9"],
    "afp_before": ["1.5", "<1.2", "1,084", "1e3", "-1", "1.0840", "٣", "nan", "Infinity", "999"],
}


def tables() -> st.SearchStrategy[pd.DataFrame]:
    """Give rows of the table of patients as text, blank cells among them."""
    cells = {
        name: st.sampled_from([None, *texts]) if name != "patient_id" else st.sampled_from(texts)
        for name, texts in WRITTEN.items()
    }
    return st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=9).map(
        lambda rows: pd.DataFrame(rows, columns=list(WRITTEN), dtype=object).set_axis(
            range(2, 2 + len(rows))
        )
    )


def read(frame: pd.DataFrame) -> Typed:
    asked = {"title": "x", "decimal": ".", "yes": ["1"], "no": ["0"], "partial_dates": "first"}
    described = Description.model_validate({**asked, "not_recorded": {}})
    return typed(Written("patients.csv", frame), PATIENTS, described)


def plain(found: Typed) -> list[dict[str, Any]]:
    """Give rows with everything that was read of them."""
    frame = in_words(found.frame).astype(object)
    more = {f"{name} limit": signs for name, signs in found.limits.items()}
    more |= {f"{name} imputed": found.imputed[name] for name in found.imputed}
    whole = frame.assign(**more)
    return [
        {name: value for name, value in row.items() if not pd.isna(value)}
        for row in whole.to_dict("records")
    ]


@settings(max_examples=25)
@given(tables())
def test_a_column_is_read_as_its_cells_are_read_one_by_one(frame: pd.DataFrame) -> None:
    whole = read(frame)
    alone = [read(frame.loc[[row]]) for row in frame.index]
    assert plain(whole) == [row for each in alone for row in plain(each)]
    assert sorted(of_cells(whole)) == sorted(fault for each in alone for fault in of_cells(each))


def of_cells(found: Typed) -> list[tuple[int, str, str, str]]:
    """Give what is wrong with cells; how to mend it names all texts of the column."""
    return [
        (fault.row, fault.column, fault.value, fault.expected.partition("; or say what")[0])
        for fault in found.faults
        if fault.row
    ]


@settings(max_examples=10)
@given(tables())
def test_texts_in_codes_are_read_as_texts(frame: pd.DataFrame) -> None:
    of_texts, of_codes = read(frame), read(frame.astype("category"))
    pd.testing.assert_frame_equal(in_words(of_codes.frame), in_words(of_texts.frame))
    assert of_codes.faults == of_texts.faults
    assert of_codes.notes == of_texts.notes
    assert list(of_codes.frame.dtypes.astype(str)) == list(of_texts.frame.dtypes.astype(str))


@given(st.lists(st.one_of(st.none(), st.sampled_from("abc"))))
def test_texts_of_a_column_are_those_that_it_holds_in_the_order_they_are_met(
    cells: list[str | None],
) -> None:
    column = pd.Series(cells, dtype=object, name="x")
    for each in (column, column.astype(pd.CategoricalDtype(list("dcba")))):
        found = Texts.of(each)
        assert found.texts.tolist() == list(dict.fromkeys(filter(None, cells)))
        assert found.counts.tolist() == [cells.count(text) for text in found.texts]
        assert list(found.rows(found.texts == "b")) == [
            (row, "b") for row, cell in enumerate(cells) if cell == "b"
        ]
        assert found.known() == sum(cell is not None for cell in cells)
        assert found.words().astype(object).where(column.notna(), None).tolist() == cells


# Of 0 there is one text.
@given(st.lists(st.floats().map(lambda value: value + 0.0), max_size=5))
@example([0.0, 1e16, 1e-7, 123.456, -123.456, 1234.567, 5e-324, math.inf])
def test_numbers_are_written_as_one_by_one_and_read_as_they_were(values: list[float]) -> None:
    frame = typed_frame("x", pd.DataFrame({"a": [*values, 1.0]}))[0]["a"].astype(object)
    texts = [text_of(value) for value in values]
    assert [frame.get(2 + i) for i in range(len(values))] == [text or None for text in texts]
    known = pd.Series([text for text in texts if text], dtype=object)
    back = numbers(known, Conventions())["value"].tolist()
    expected = [value for value in values if not math.isnan(value)]
    assert [value for value in back if not math.isnan(value)] == [
        value for value in expected if math.isfinite(value)
    ]


@given(
    st.lists(st.from_regex(r"\A[<>]?=?[-+]?[0-9.,]{0,9}(e[0-9])?\Z"), max_size=6),
    st.sampled_from([(), (".",), (",",), (".", ",")]),
)
def test_numbers_are_those_that_python_reads(texts: list[str], decimal: tuple[str, ...]) -> None:
    conventions = Conventions(decimal=decimal)
    found = numbers(pd.Series(texts, dtype=object), conventions)
    for text, value in zip(texts, found["value"], strict=True):
        number = with_point(text.lstrip("<>="), conventions)
        if not pd.isna(value):
            assert value == float(number)


def test_dates_and_numbers_of_a_file_with_types_are_those_of_its_text() -> None:
    day = datetime.date(2018, 1, 16)
    frame = pd.DataFrame({"d": [day, None, day], "n": [1.5, None, 2.0], "b": [True, None, False]})
    text, dated = typed_frame("x", frame)
    assert dated == {"d"}
    found = text.astype(object).where(text.notna(), None).to_numpy().tolist()
    assert found == [["2018-01-16", "1.5", "yes"], ["2018-01-16", "2", "no"]]
    assert list(text.index) == [2, 4]

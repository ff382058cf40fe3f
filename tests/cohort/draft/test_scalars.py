"""Whatever a file holds, the draft is the YAML that was meant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analysis.cohort.draft.scalars import flow, remark, scalar
from analysis.cohort.intake.fields import read_yaml

# Files are read as text: halves of surrogate pairs do not come in.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(TEXTS, TEXTS)
def test_texts_are_read_back_anywhere(key: str, value: str) -> None:
    assert read_yaml(f"a: {scalar(value)}  # remark") == {"a": value}
    assert read_yaml(f"a: {flow({key: [value, key], 'b': {'c': value}})}") == {
        "a": {key: [value, key], "b": {"c": value}}
    }


@given(TEXTS)
def test_a_remark_is_one_line_that_can_be_printed(text: str) -> None:
    told = remark(text)
    assert told.isprintable()
    assert len(told) <= 240
    assert read_yaml(f"a: b  # {told}") == {"a": "b"}

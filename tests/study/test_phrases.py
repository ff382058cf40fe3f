"""Choices in clinicians' words: every parameter has some, and its values have other ones."""

from __future__ import annotations

from typing import Literal, get_args, get_origin

import pytest

from analysis.sensitivity.variants import read_variants
from analysis.study.phrases import Phrase, phrase, phrases
from analysis.zhai_2025.parameters import Parameters

FIELDS = Parameters.model_fields


@pytest.mark.parametrize("name", FIELDS)
def test_every_parameter_has_words_that_tell_its_values_apart(name: str) -> None:
    field = FIELDS[name]
    assert any(isinstance(mark, Phrase) for mark in field.metadata)
    if get_origin(field.annotation) is Literal:
        values = list(get_args(field.annotation))
    elif field.annotation is bool:
        values = [False, True]
    elif field.annotation in (int, float):
        values = [5, 7]
    else:
        return
    said = [phrase(name, value, Parameters) for value in values]
    assert len(set(said)) == len(values)
    for text in said:
        assert "_" not in text
        assert "{" not in text
        assert text[0].isalnum()


def test_no_two_variants_have_the_same_words() -> None:
    said = [phrases(variant.changes, Parameters) for variant in read_variants(Parameters())]
    assert len(said) > 80
    assert len(set(said)) == len(said)


def test_the_words_are_a_clinicians() -> None:
    for changes, words in (
        ({"time_zero": "radiotherapy"}, "time counted from the first day of radiotherapy"),
        ({"afp_cutoff": 400.0}, "patients with AFP of 400 ng/mL or more against less"),
        ({"afp_cutoff": 2000.0}, "patients with AFP of 2,000 ng/mL or more against less"),
        ({"enrolment_last_year": 2019}, "patients enrolled in 2019 or earlier"),
        ({"population": "first line"}, "patients limited to “first line”"),
    ):
        assert phrases(changes, Parameters) == words

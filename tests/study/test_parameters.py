"""The machinery of parameters, without any study's choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from analysis.study.parameters import Parameters, refusals, unknown_name
from analysis.zhai_2025 import parameters as article


class Own(Parameters):
    """Parameters of a study with two factors and a subgroup."""

    FACTORS = ("age", "stage")
    SUBGROUPS: ClassVar[Mapping[str, str]] = {"Late stage": "stage == 'C'"}


def refused(model: type[Parameters], **given: Any) -> list[str]:
    with pytest.raises(ValidationError) as error:
        model(**given)
    return refusals(error.value, given, model)


def test_factors_are_those_of_the_study() -> None:
    assert Own(strata=("age",), curves_of=("stage", "age")).strata == ("age",)
    (told,) = refused(Own, strata=("stag",))
    assert told.startswith("strata=('stag',): 'stag' is no factor (did you mean 'stage'?); ")
    assert "there are: age, stage" in told
    (told,) = refused(article.Parameters, curves_of=("afp_under_1000",))
    assert "'afp_under_1000' is no factor" in told


@pytest.mark.parametrize(
    "population", ["all", "Late stage", "age >= 60", "not stage == 'C' and age < 60"]
)
def test_a_population_is_everybody_a_subgroup_or_an_expression(population: str) -> None:
    assert Own(population=population).population == population


@pytest.mark.parametrize("population", ["late stage", "", "age >", "age.max()", "age ="])
def test_a_population_that_cannot_be_read_is_refused_before_anything_runs(population: str) -> None:
    (told,) = refused(Own, population=population)
    assert told.startswith(f"population={population}: ")
    assert "or one of: 'all', 'Late stage'" in told


def test_what_a_notebook_calls_a_parameter_is_one() -> None:
    assert Own.of({"ci_type": "log", "page": object(), "_ci_typ": "x"}).ci_type == "log"
    with pytest.raises(ValueError, match="There is no parameter 'confidenc'; is it 'confidence'"):
        Own.of({"confidenc": 0.9})


def test_what_differs_is_told_with_both_values() -> None:
    assert Own().changed() == {}
    assert Own(confidence=0.9, ci_type="log-log").changed() == {"confidence": (0.95, 0.9)}


def test_parameters_cannot_be_changed_by_the_way() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Own().confidence = 0.9  # type: ignore[misc]


def test_an_unknown_name_is_told_with_what_may_be_meant() -> None:
    assert unknown_name("confidenze", Own).endswith("Did you mean 'confidence'?")
    assert "There are: apply_eligibility" in unknown_name("zzzz", Own)


def test_sections_hold_every_parameter_once() -> None:
    for model in (Parameters, article.Parameters):
        named = [name for section in model.SECTIONS for name in section.model_fields]
        assert sorted(named) == sorted(model.model_fields), model

"""What a choice means, as a clinician says it: "time counted from the first day of radiotherapy".

A parameter has its phrase where it is declared. Lists of reports, comparisons and sensitivity
analyses name a variant by the phrases of what it changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from analysis.study.printed import plain

_VALUE = "{value}"


@dataclass(frozen=True)
class Unit:
    """The unit of a parameter."""

    name: str


@dataclass(frozen=True)
class Phrase:
    """The words for a value of a parameter, a phrase that goes on in a list.

    Attributes
    ----------
    text
        With ``{value}`` where the value stands, as `shown` writes it.
    of
        The phrases of single values, by what `shown` gives; they come before `text`.
    """

    text: str = ""
    of: Mapping[str, str] = field(default_factory=dict)


def phrase(name: str, value: Any, model: type[BaseModel]) -> str:
    """Give a choice in words; one without a phrase has its name and its value.

    >>> from analysis.study.parameters import Parameters
    >>> phrase("time_zero", "radiotherapy", Parameters)
    'time counted from the first day of radiotherapy'
    >>> phrase("landmark_months", 3, Parameters)
    'patients still at risk at 3 months'
    """
    known = model.model_fields.get(name)
    marks = known.metadata if known is not None else []
    unit = next((mark.name for mark in marks if isinstance(mark, Unit)), "")
    words = next((mark for mark in marks if isinstance(mark, Phrase)), Phrase())
    text = shown(value, unit)
    said = words.of.get(text) or words.text
    return said.replace(_VALUE, text) if said else f"{name.replace('_', ' ')} {text} {unit}".strip()


def phrases(changes: Mapping[str, Any], model: type[BaseModel]) -> str:
    """Give several choices in words, as one phrase.

    >>> from analysis.study.parameters import Parameters
    >>> phrases({"relapse_death": "event", "relapse_censoring": "last contact"}, Parameters)
    'death without relapse as an event, relapse censored at last contact'
    """
    return ", ".join(phrase(name, value, model) for name, value in changes.items())


def shown(value: Any, unit: str = "") -> str:
    """Give a value as a sentence has it.

    >>> shown(5000.0, "ng/mL"), shown(2019, "year"), shown(True), shown((12, 24))
    ('5,000', '2019', 'yes', '12 and 24')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return plain(value) if unit == "year" or abs(value) < 1000 else f"{value:,.10g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        *first, last = [shown(each, unit).replace("_", " ") for each in value] or ["none"]
        return f"{', '.join(first)} and {last}" if first else last
    return str(value)

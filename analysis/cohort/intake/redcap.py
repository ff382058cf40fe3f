"""Exports of REDCap: what its data dictionary says of codes, checkboxes and repeats.

An export has a row a record, event and repeated instrument; a field of several choices has a column
a choice, `field___code`, with 1 where it is ticked. The dictionary says what codes stand for
(`1, Male | 2, Female`), by the names of its own export or of the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from analysis.cohort.intake.sheet import Sheet, Unreadable, check_names

INSTRUMENT = "redcap_repeat_instrument"
_NAMES: Mapping[str, tuple[str, ...]] = {
    "name": ("Variable / Field Name", "field_name"),
    "kind": ("Field Type", "field_type"),
    "words": ("Field Label", "field_label"),
    "choices": (
        "Choices, Calculations, OR Slider Labels",
        "select_choices_or_calculations",
        "Choices OR Calculations",
    ),
}
_TICKED = {"1": "yes", "0": "no", "Checked": "yes", "Unchecked": "no"}
_CHOSEN = ("radio", "dropdown")


def labelled(sheet: Sheet, dictionary: Sheet) -> Sheet:
    """Give an export with what its dictionary says of its columns.

    Raises
    ------
    Unreadable
        For a dictionary without the names and kinds of fields.
    """
    check_names(dictionary)
    fields = dictionary.frame.astype(object)
    columns = {}
    for key, names in _NAMES.items():
        there = [name for name in names if name in fields.columns]
        if not there:
            words = f"a data dictionary of REDCap, with a column {names[0]}"
            raise Unreadable(dictionary.name, 0, "", words)
        columns[key] = fields[there[0]].fillna("")
    labels = dict(sheet.labels)
    titles = dict(sheet.titles)
    described = pd.DataFrame(columns)
    for field in described.itertuples(index=False):
        kind, choices = str(field.kind).lower(), choices_in(str(field.choices))
        for column in map(str, sheet.frame.columns):
            if column == field.name:
                titles[column] = str(field.words)
                if kind in _CHOSEN:
                    labels[column] = choices
                elif kind in ("yesno", "truefalse"):
                    labels[column] = {"1": "yes", "0": "no"}
            elif kind == "checkbox" and column.startswith(f"{field.name}___"):
                code = column.removeprefix(f"{field.name}___")
                # A minus of a code is written as a fourth bar.
                code = f"-{code[1:]}" if code.startswith("_") else code
                titles[column] = f"{field.words}: {choices.get(code, code)}"
                labels[column] = _TICKED
    return replace(sheet, labels=labels, titles=titles)


def choices_in(text: str) -> dict[str, str]:
    """Give code to words of the choices of a field.

    Examples
    --------
    >>> choices_in("1, Male | 2, Female, or other")
    {'1': 'Male', '2': 'Female, or other'}
    """
    found = {}
    for choice in text.split("|"):
        code, comma, words = choice.partition(",")
        if comma and code.strip():
            found[code.strip()] = words.strip()
    return found

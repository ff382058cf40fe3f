"""Sources that follow a standard: ADaM, whose columns need no guess, and exports of REDCap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.cohort.draft.scalars import flow, remark, scalar
from analysis.cohort.draft.write import Draft
from analysis.cohort.intake import adam, redcap
from analysis.cohort.intake.sheet import Sheet, Unreadable

Found = tuple[Sheet, dict[str, Any]]
_FIELD_NAMES = {"Variable / Field Name", "field_name"}
_FIELD_KINDS = {"Field Type", "field_type"}


def of_adam(found: Sequence[Found], title: str, shown: str) -> Draft | None:
    """Give the draft of ADaM tables; None where there is no ADSL among several.

    Parameters
    ----------
    found
        Sheets, each with the keys of `source` that name it.
    title, shown
        Of the dataset, and what its source is called.
    """
    sheets = [sheet for sheet, _ in found]
    of_subjects = [sheet for sheet in sheets if "USUBJID" in sheet.frame.columns]
    if not any(_stem(sheet) == "adsl" for sheet in of_subjects):
        return None
    asked = ""
    proposed = 0
    try:
        tables = adam.tables(sheets)
        proposed = sum(
            len({made.source for made in part.made.values() if made.source})
            for parts in tables.values()
            for part in parts[:1]
        )
    except Unreadable as error:
        asked = f"  # ? {remark(str(error.fault))}"
    columns = sum(sheet.frame.shape[1] for sheet in sheets)
    place = {key: found[0][1][key] for key in ("file", "sql") if key in found[0][1]}
    names = ", ".join(sorted(_stem(sheet).upper() for sheet in of_subjects))
    lines = [
        f"# A draft of `make import`, made from {remark(shown)}.",
        f"title: {scalar(title)}",
        "synthetic: false",
        f"preset: adam  # {remark(names)}: their columns are those of the standard",
        f"source: {flow(place)}{asked}",
    ]
    return Draft("\n".join(lines) + "\n", proposed, columns, int(bool(asked)))


def _stem(sheet: Sheet) -> str:
    name = sheet.name.split(", ")[-1].removeprefix("sheet ").removeprefix("table ")
    return name.rsplit(".", 1)[0].lower()


def with_dictionary(found: Sequence[Found]) -> list[Found]:
    """Give the sheets of a REDCap export with what the data dictionary among them says."""
    told = [
        (sheet, where)
        for sheet, where in found
        if _FIELD_NAMES & set(sheet.frame.columns) and _FIELD_KINDS & set(sheet.frame.columns)
    ]
    if len(told) != 1 or "file" not in told[0][1]:
        return list(found)
    dictionary, where = told[0]
    return [
        (redcap.labelled(sheet, dictionary), {**keys, "dictionary": _path(where)})
        for sheet, keys in found
        if sheet is not dictionary
    ]


def _path(where: Mapping[str, Any]) -> str:
    """Give the path of a file that is named as a sheet of its folder."""
    file, sheet = str(where["file"]), str(where.get("sheet", ""))
    return f"{file}/{sheet}" if sheet.lower().endswith((".csv", ".tsv", ".txt")) else file


def by_instrument(sheet: Sheet) -> list[tuple[Sheet, Mapping[str, tuple[str, ...]]]]:
    """Give the rows of patients of a REDCap export, and those of each repeated instrument.

    Returns
    -------
    list
        Sheets of some rows, each with the `where` that chooses them; the sheet alone, with none,
        where nothing is repeated.
    """
    if redcap.INSTRUMENT not in sheet.frame.columns:
        return [(sheet, {})]
    frame = sheet.frame.astype(object)
    of = frame[redcap.INSTRUMENT].fillna("")
    parts: list[tuple[Sheet, Mapping[str, tuple[str, ...]]]] = []
    for name in ["", *sorted(set(of) - {""})]:
        rows = frame[of == name]
        # Columns of other instruments are blank in these rows.
        kept = rows.loc[:, rows.notna().any()]
        kept = kept.drop(columns=[c for c in kept if str(c).startswith("redcap_repeat_")])
        shown = f"{sheet.name}, table {name}" if name else sheet.name
        where = {redcap.INSTRUMENT: (name,)} if name else {}
        parts.append((replace(sheet, name=shown, frame=kept), where))
    return parts

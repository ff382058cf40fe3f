"""Tables of ADaM, the analysis data model of CDISC: which of their columns are those of the schema.

ADSL has a row a subject; ADTTE a row a subject and parameter, where CNSR is 0 at an event and
greater when censored; ADRS holds responses, ADAE adverse events (ADaM implementation guide 1.3;
ADaM basic data structure for time-to-event analyses 1.0).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from analysis.cohort.intake.declaration import MappedColumn, Part, Source
from analysis.cohort.intake.sheet import Sheet, Unreadable, check_names

_UNITS = ("days", "weeks", "months", "years")
# Parameters of best overall response, the confirmed one after the other.
_BEST = ("BOR", "BESTRESP", "BRSP", "OVRLBOR", "CBOR", "CBRSP")
_CATEGORIES = {
    "CR": "CR",
    "PR": "PR",
    "SD": "SD",
    "NON-CR/NON-PD": "SD",
    "PD": "PD",
    "NE": "NE",
    "NOT EVALUABLE": "NE",
    "MISSING": "NE",
    "COMPLETE RESPONSE": "CR",
    "PARTIAL RESPONSE": "PR",
    "STABLE DISEASE": "SD",
    "PROGRESSIVE DISEASE": "PD",
}
_SEXES = {"M": "male", "F": "female", "Male": "male", "Female": "female", "U": "", "UNKNOWN": ""}
ARM = "treatment"
_ARMS = ("TRT01P", "ARM", "TRT01A", "ACTARM")


def tables(sheets: Sequence[Sheet], wanted: Sequence[str] = ()) -> dict[str, list[Part]]:
    """Give the parts that make tables of the schema of the tables of ADaM that there are.

    Parameters
    ----------
    sheets
        The tables of ADaM.
    wanted
        Columns of ADSL that are compared, which keep their names.

    Raises
    ------
    Unreadable
        Where a time has no unit, or there is no ADSL.
    """
    there = {_name(sheet): sheet for sheet in sheets}
    adsl = there.get("adsl")
    if adsl is None:
        words = "ADSL, with a row a subject, among: " + (", ".join(sorted(there)) or "no table")
        raise Unreadable("source", 0, "", words)
    for name, sheet in there.items():
        if name == "adsl" or name.startswith(("adtte", "adrs", "adae")):
            check_names(sheet)
    made: dict[str, list[Part]] = {"patients": [_patients(adsl, wanted)]}
    times = [part for name in there if name.startswith("adtte") for part in _times(there[name])]
    if times:
        made["time_to_event"] = times
    else:
        made |= _contacts(adsl)
    if "adrs" in there and (responses := _responses(there["adrs"])):
        made["assessments"] = responses
    if "adae" in there:
        made["adverse_events"] = [_events(there["adae"])]
    return made


def arms(sheets: Sequence[Sheet]) -> tuple[str, str] | None:
    """Give the column of planned treatment and its words, where there are several treatments."""
    adsl = next(sheet for sheet in sheets if _name(sheet) == "adsl")
    column = _first(adsl, _ARMS)
    if column is None or adsl.frame[column].nunique() < 2:
        return None
    return ARM, adsl.titles.get(column, "Planned treatment")


def _name(sheet: Sheet) -> str:
    name = sheet.name.split(", ")[-1].removeprefix("sheet ").removeprefix("table ")
    return Path(name).stem.lower()


def _first(sheet: Sheet, columns: Sequence[str]) -> str | None:
    return next((column for column in columns if column in sheet.frame.columns), None)


def _part(sheet: Sheet, made: Mapping[str, object], **rows: object) -> Part:
    """Give a part of the columns that there are."""
    columns = {}
    for name, given in made.items():
        column = MappedColumn.model_validate(given) if given is not None else None
        if column is not None and (column.source is None or column.source in sheet.frame.columns):
            columns[name] = column
    return Part.model_validate({"source": Source(sheet=_name(sheet)), "made": columns, **rows})


def _id(sheet: Sheet) -> str:
    return _first(sheet, ("USUBJID", "SUBJID")) or "USUBJID"


def _patients(adsl: Sheet, wanted: Sequence[str]) -> Part:
    years = adsl.frame.get("AGEU")
    in_years = years is None or set(years.dropna().str.upper()) <= {"YEARS"}
    unit = {} if in_years or years is None else {"unit": str(years.dropna().iloc[0]).lower()}
    return _part(
        adsl,
        {
            "patient_id": _id(adsl),
            "sex": {"from": "SEX", "values": _SEXES, "otherwise": "same"},
            "birth_date": _first(adsl, ("BRTHDT",)),
            "age_years": {"from": "AGE", **unit} if "AGE" in adsl.frame.columns else None,
            "enrolment_date": _first(adsl, ("RANDDT", "ENRLDT", "TRTSDT")),
            # Of one treatment there is nothing to compare.
            ARM: _first(adsl, _ARMS) if arms([adsl]) or ARM in wanted else None,
            **{name: name for name in wanted if name in adsl.frame.columns},
        },
    )


def _times(adtte: Sheet) -> list[Part]:
    frame = adtte.frame
    missing = [name for name in ("PARAMCD", "AVAL", "CNSR") if name not in frame.columns]
    if missing:
        raise Unreadable(adtte.name, 0, "", f"the columns {' and '.join(missing)} of ADTTE")
    return [
        _part(
            adtte,
            {
                "patient_id": _id(adtte),
                "endpoint": {"constant": code},
                "days": {"from": "AVAL", "unit": _unit(adtte, code)},
                "event": {"from": "CNSR", "is": "0"},
            },
            where={"PARAMCD": (code,)},
        )
        for code in frame["PARAMCD"].dropna().unique()
    ]


def _unit(adtte: Sheet, code: str) -> str:
    rows = adtte.frame[adtte.frame["PARAMCD"] == code]
    for column in ("AVALU", "PARAM"):
        if column in rows.columns:
            told = " ".join(rows[column].dropna().unique()).lower()
            found = [unit for unit in _UNITS if re.search(rf"\b{unit[:-1]}s?\b", told)]
            if len(found) == 1:
                return found[0]
    title = adtte.titles.get("AVAL", "").lower()
    found = [unit for unit in _UNITS if unit in title]
    if len(found) == 1:
        return found[0]
    words = (
        "the unit of AVAL in AVALU or PARAM; or a part for it in dataset.yaml: `time_to_event: "
        f"[{{where: {{PARAMCD: {code}}}, days: {{from: AVAL, unit: months}}, …}}]`"
    )
    raise Unreadable(adtte.name, int(rows.index[0]), code, words)


def _contacts(adsl: Sheet) -> dict[str, list[Part]]:
    part = _part(
        adsl,
        {
            "patient_id": _id(adsl),
            "last_contact_date": _first(adsl, ("LSTALVDT", "EOSDT")),
            "death_date": _first(adsl, ("DTHDT",)),
        },
    )
    return {"follow_up": [part]} if len(part.made) > 1 else {}


def _responses(adrs: Sheet) -> list[Part]:
    frame = adrs.frame
    if not {"PARAMCD", "AVALC"} <= set(frame.columns):
        return []
    codes = set(frame["PARAMCD"].dropna())
    code = next((code for code in _BEST if code in codes), None)
    if code is None:
        return []
    told = " ".join(frame.loc[frame["PARAMCD"] == code].get("PARAM", frame["PARAMCD"]).dropna())
    criterion = "mRECIST" if "mrecist" in told.lower() else "RECIST 1.1"
    category = {"from": "AVALC", "values": _CATEGORIES}
    made = {
        "patient_id": _id(adrs),
        "criterion": {"constant": criterion},
        "region": {"constant": "overall"},
        "category": category,
    }
    return [_part(adrs, made, where={"PARAMCD": (code,)})]


def _events(adae: Sheet) -> Part:
    grade = _first(adae, ("ATOXGRN", "AETOXGRN", "ATOXGR", "AETOXGR"))
    emergent = {"where": {"TRTEMFL": ("Y",)}} if "TRTEMFL" in adae.frame.columns else {}
    return _part(
        adae,
        {
            "patient_id": _id(adae),
            "term": _first(adae, ("AEDECOD", "AETERM")),
            "grade": {"from": grade, "take": r"(\d)"} if grade else None,
            "onset_date": _first(adae, ("ASTDT", "AESTDT", "AESTDTC")),
        },
        **emergent,
    )

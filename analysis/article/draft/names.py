"""What things are called in a ledger: endpoints, levels, grades, variables and units."""

from __future__ import annotations

import re

from analysis.article.draft.claim import slug
from analysis.article.draft.meaning import without_kind

_ENDPOINTS = (
    ("OS", r"\bOS\b|\bmOS\b|\bMST\b|(?i:\boverall survival)|(?i:\bmedian survival)"),
    ("PFS", r"\bm?PFS\b|(?i:\bprogression[- ]free)"),
    ("DFS", r"\bDFS\b|(?i:\bdisease[- ]free)"),
    ("RFS", r"\bRFS\b|(?i:\b(?:relapse|recurrence)[- ]free)"),
    ("EFS", r"\bEFS\b|(?i:\bevent[- ]free)"),
    ("TTP", r"\bTTP\b|(?i:\btime to progression)"),
    ("DMFS", r"\bDMFS\b|(?i:\bmetastasis[- ]free)"),
    ("LRFS", r"\bLRFS\b|(?i:\blocoregional)"),
    ("CSS", r"\bCSS\b|(?i:\bcancer[- ]specific)"),
    ("DOR", r"\bDo?OR\b|(?i:\bduration of response)"),
)
_UNITS = re.compile(
    r"(?i)(?:[,(\[–—-]\s*|\bin\s+)((?!(?:m/f|f/m|y/n|l/r|r/l)\b)(?:×?\s?10\^?\d+\s?|[a-zµμ]{1,5}|"
    r"[a-z]{1,3}[0-9]*)/[a-z0-9.^]{1,7}|years?|yrs?|yr|y|months?|mos?|mo|weeks?|"
    r"wks?|days?|d|hours?|h|"
    r"minutes|Gy|cGy|cm|mm|mL|ml|cc|kg|g|mg|µg|ng/m[lL]|mg/d[lL]|g/d[lL]|g/[lL]|U/[lL]|IU/[lL]|"
    r"kg/m\^?2|mm\s?Hg|µmol/[lL]|mmol/[lL]|×?\s?10\^?\d+/[lL]|%)\s*[)\],;]?(?:$|\W)"
)
_UNIT_NAMES = {"y": "years", "yr": "years", "yrs": "years", "year": "years", "mo": "months",
               "mos": "months", "month": "months", "d": "days", "day": "days", "week": "weeks",
               "wk": "weeks", "wks": "weeks", "h": "hours", "hour": "hours"}  # fmt: skip


def endpoint_in(words: str) -> str:
    """Name the endpoint that some words name, '' where they name none or several."""
    found = [name for name, form in _ENDPOINTS if re.search(form, words)]
    return found[0] if len(found) == 1 else ""


_TIME = re.compile(r"(?i)\b(\d+|one|two|three|four|five|ten)[- ]?(years?|yrs?|y|months?|mos?)\b")
_WRITTEN = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}


def months_in(words: str) -> str:
    """Give the time that some words name, in months, '' where they name none.

    >>> months_in("1-year OS, %"), months_in("18 months"), months_in("Overall survival")
    ('12', '18', '')
    """
    found = _TIME.search(words)
    if found is None:
        return ""
    number = _WRITTEN.get(found[1].lower()) or int(found[1][:6])
    return str(number * 12 if found[2][0] in "yY" else number)


def unit_in(words: str) -> str:
    """Give the unit that a heading names, '' where it names none.

    >>> unit_in("Age, years"), unit_in("CRP (mg/L)"), unit_in("Sex")
    ('years', 'mg/L', '')
    """
    unit = _UNITS.search(words)
    return _UNIT_NAMES.get(unit[1].lower(), unit[1]) if unit and unit[1] != "%" else ""


def bare(words: str) -> str:
    """Give the name of a thing without what is printed of it and its unit.

    >>> bare("Age, years"), bare("Body-mass index (kg/m^2), mean (SD)"), bare("≥65 years")
    ('Age', 'Body-mass index', '≥65 years')
    """
    text = without_kind(words)
    unit = _UNITS.search(text)
    if unit and re.search(r"[^\W\d]", text[: unit.start()]):
        text = f"{text[: unit.start()]} {text[unit.end() :]}"
    return without_kind(text)


def variable_of(words: str) -> str:
    """Name the variable that a heading of rows is about."""
    return endpoint_in(words) or slug(bare(words)) or slug(words)


def level_of(label: str) -> str:
    """Give a level as people type it: cut-offs with signs, all else in small letters.

    >>> level_of("≥ 1,000"), level_of("Male"), level_of("HBV")
    ('>=1000', 'male', 'HBV')
    """
    text = label.replace("≥", ">=").replace("≤", "<=").replace("＞", ">").replace("＜", "<")
    if re.match(r"[<>]=?\s*[\d.·,]+", text):
        return re.sub(r"(?<=\d),(?=\d{3})", "", re.sub(r"([<>]=?)\s+", r"\1", text))
    return text.lower() if re.match(r"[A-Z][a-z]", text) else text


def grade(words: str) -> str:
    """Give a grade as a level: `3`, `>=3`, `1–2`, `any`."""
    text = re.sub(r"(?i)^grades?\s*", "", words.replace("≥", ">=").replace("≤", "<=")).strip()
    if re.match(r"(?i)(?:all|any)", text):
        return "any"
    higher = re.match(r"(\d)\s*(?:\+|or )", text)
    return f">={higher[1]}" if higher else re.sub(r"\s+", "", text)

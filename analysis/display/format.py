"""Numbers as the report prints them: half up, en dashes for ranges, words for what is missing.

Statistics stay numbers until here. How they are rounded is in `study.printed`.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.study.printed import exactly, half_up

MISSING = "–"
NOT_REACHED = "NR"
NOT_ESTIMABLE = "not estimable"
# As British official statistics have it: Government Analysis Function, symbols in tables.
CONFIDENTIAL = "[c]"

# The line between p values that readers go by.
SIGNIFICANCE = 0.05

_EN_DASH = "–"
_MINUS = "−"


def data_until(day: datetime.date | None) -> str:
    """Say until which day data are known, as a sentence.

    >>> data_until(datetime.date(2023, 6, 30)), data_until(None)
    ('Data until 30 June 2023.', 'It does not say until which day its data are known.')
    """
    if day is None:
        return "It does not say until which day its data are known."
    return f"Data until {day.day} {day:%B %Y}."


def fixed(value: Any, decimals: int = 1, *, missing: str = MISSING) -> str:
    """Give a number with a fixed count of decimals, or `missing` where there is none."""
    return _written(value, decimals, missing, grouping="")


def thousands(value: Any, decimals: int = 0, *, missing: str = MISSING) -> str:
    """Give a number with commas between thousands: 178376 gives '178,376'."""
    return _written(value, decimals, missing, grouping=",")


def level(value: Any) -> str:
    """Give a laboratory value with the decimals that its size deserves: 178,376, 44.0, 1.51."""
    if is_missing(value):
        return MISSING
    return thousands(value, 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2)


def percent(value: Any, decimals: int = 1) -> str:
    """Give a percentage (0 to 100, not a fraction) with its sign: 75 gives '75.0%'."""
    return with_unit(fixed(value, decimals), "%")


def signed_percent(value: Any, decimals: int = 0) -> str:
    """Give a change in percent with its direction: '+20%', '−30%', '0%'."""
    text = percent(value, decimals)
    rises = not is_missing(value) and half_up(value, decimals) > 0
    return f"+{text}" if rises else text


def count_percent(count: Any, share: Any, decimals: int = 1) -> str:
    """Give a count with its percentage: '81 (75.0%)'."""
    if is_missing(count):
        return MISSING
    return f"{thousands(count)} ({percent(share, decimals)})"


def months(value: Any, decimals: int = 1) -> str:
    """Give a median survival time in months; one that is not reached is 'NR'."""
    not_reached = is_missing(value) or math.isinf(value)
    return NOT_REACHED if not_reached else fixed(value, decimals)


def interval(low: Any, high: Any, decimals: int = 1, *, missing: str = MISSING) -> str:
    """Give a range: '14.9–20.5'.

    A bound below zero brings the word 'to', since a dash beside a minus sign misleads. `missing`
    stands for a bound that does not exist, and alone when neither does.
    """
    if is_missing(low) and is_missing(high):
        return missing
    between = " to " if any(_is_negative(bound) for bound in (low, high)) else _EN_DASH
    return between.join(fixed(bound, decimals, missing=missing) for bound in (low, high))


def estimate(value: Any, low: Any, high: Any, decimals: int = 2) -> str:
    """Give a ratio with its interval, '1.23 (0.81–1.87)', or 'not estimable'.

    A limit has as many decimals as show on which side of 1 it lies.

    >>> estimate(0.7, 0.49, 0.998), estimate(0.7, 0.49, 1.0)
    ('0.70 (0.49–0.998)', '0.70 (0.49–1.00)')
    """
    if any(is_missing(number) or math.isinf(number) for number in (value, low, high)):
        return NOT_ESTIMABLE
    limits = _EN_DASH.join(beside(limit, 1, decimals) for limit in (low, high))
    return f"{fixed(value, decimals)} ({limits})"


def median_months(
    median: Any, low: Any, high: Any, decimals: int = 1, *, patients: Any = None, level: str = ""
) -> str:
    """Give a median survival with its interval: '17.0 (14.9–NR)', 'NR (16.1–NR)', 'NR'.

    Of no patients it is a dash: there is no curve that could come down to one half, or not. The
    `level` of the interval is for where no heading gives it.

    >>> median_months(17.0, 14.9, None, level="95%"), median_months(None, None, None, patients=0)
    ('17.0 (95% CI 14.9–NR)', '–')
    >>> median_months(0.2, None, None)
    '0.2 (–)'
    """
    if patients == 0:
        return MISSING
    bounds = [months(bound, decimals) for bound in (low, high)]
    middle = months(median, decimals)
    if middle == NOT_REACHED and set(bounds) == {NOT_REACHED}:
        return NOT_REACHED
    named = f"{level} CI " if level else ""
    if middle != NOT_REACHED and set(bounds) == {NOT_REACHED}:
        # Of one patient, or of patients with the event on one day, there is no interval.
        bounds = [MISSING]
    return f"{middle} ({named}{_EN_DASH.join(bounds)})"


def p_value(p: Any) -> str:
    """Give a p value to three decimals: '0.088', '<0.001' below that.

    Near 0.05 it has as many as show on which side it lies.

    >>> p_value(0.0498), p_value(0.0502), p_value(0.05), p_value(0.0495)
    ('0.0498', '0.0502', '0.050', '0.0495')
    """
    if is_missing(p):
        return MISSING
    return "<0.001" if p < 0.001 else beside(p, SIGNIFICANCE, 3)


def beside(value: float, line: float, decimals: int) -> str:
    """Give a number with decimals enough to show on which side of a line it lies.

    >>> beside(0.9996, 1, 2), beside(1.004, 1, 2), beside(0.994, 1, 2), beside(1, 1, 2)
    ('0.9996', '1.004', '0.99', '1.00')
    """
    at = half_up(line, decimals)
    while half_up(value, decimals) == at and exactly(value) != exactly(line) and decimals < 12:
        decimals += 1
    return fixed(value, decimals)


def confidence_level(confidence: float) -> str:
    """Give the level of an interval: '95%'.

    >>> confidence_level(0.95), confidence_level(0.975)
    ('95%', '97.5%')
    """
    return f"{100 * confidence:g}%"


def p_text(p: Any) -> str:
    """Give a p value as it stands in a sentence: 'p = 0.088', 'p < 0.001'."""
    text = p_value(p)
    return f"p < {text[1:]}" if text.startswith("<") else f"p = {text}"


def counted(count: int, one: str) -> str:
    """Give a number of things in words.

    >>> counted(1, "event"), counted(1080, "event")
    ('1 event', '1,080 events')
    """
    return f"{thousands(count)} {one}{'' if count == 1 else 's'}"


def patients(count: int) -> str:
    """Give a number of patients in words: '1 patient', '108 patients'."""
    return counted(count, "patient")


# Spellings of CTCAE, which is American, and those of British English; what is British stays.
_BRITISH = (
    (r"iarrhea", "iarrhoea"),
    (r"racheoesophag", "racheo-oesophag"),
    (r"(?<!o)esophag", "oesophag"),
    (r"\bEsophag", "Oesophag"),
    (r"(?<!a)emorrhag", "aemorrhag"),
    (r"(?<=[nck])emia\b", "aemia"),
    (r"(?<=[rl])emia\b", "aemia"),
    (r"(?<!o)edema\b", "oedema"),
    (r"\bEdema\b", "Oedema"),
    (r"umor\b", "umour"),
)


def british(term: str) -> str:
    """Give a term of CTCAE in British spelling, as the rest of a page is written.

    >>> british("Diarrhea"), british("Esophageal hemorrhage"), british("Hyperglycemia")
    ('Diarrhoea', 'Oesophageal haemorrhage', 'Hyperglycaemia')
    >>> british("Lip oedema"), british("Hypokalemia"), british("Haemorrhage")
    ('Lip oedema', 'Hypokalaemia', 'Haemorrhage')
    """
    for american, said in _BRITISH:
        term = re.sub(american, said, term)
    return term


def listed(words: Sequence[str]) -> str:
    """Give words as they stand in a sentence.

    >>> listed(["OS"]), listed(["OS", "PFS"]), listed(["OS", "PFS", "TTP"])
    ('OS', 'OS and PFS', 'OS, PFS and TTP')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def mid_sentence(text: str) -> str:
    """Give a label without its capital, unless it is an abbreviation such as AFP."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def with_unit(text: str, unit: str) -> str:
    """Give a formatted number with its unit; what is missing takes none."""
    if not unit or text in {MISSING, NOT_REACHED, NOT_ESTIMABLE}:
        return text
    return f"{text}{unit}" if unit == "%" else f"{text} {unit}"


def is_missing(value: Any) -> bool:
    """Say whether a scalar is None, NaN or NA."""
    return bool(pd.isna(value))


def _is_negative(value: Any) -> bool:
    return not is_missing(value) and value < 0


def _written(value: Any, decimals: int, missing: str, grouping: str) -> str:
    if is_missing(value):
        return missing
    if math.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    rounded = half_up(value, decimals)
    sign = _MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):{grouping}.{decimals}f}"


def escaped(text: str) -> str:
    """Give text of a dataset for Markdown, in which nothing of it is markup."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!" else c for c in text)

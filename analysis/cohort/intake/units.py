"""Units that people record in, and what they are of the units of the schema.

A table, since pint's month is 30.436875 days and it has no opinion on AFP; a month is 30.4375 days
here as everywhere. Factors are exact decimals, so that 17.3 cm are 173 mm and no less.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

# Each list: unit to how many of the first it is.
_KINDS: tuple[Mapping[str, str], ...] = (
    {"mm": "1", "cm": "10", "m": "1000", "dm": "100", "inches": "25.4"},
    {
        "days": "1",
        "weeks": "7",
        "months": "30.4375",
        "years": "365.25",
        "hours": str(Decimal(1) / Decimal(24)),
    },
    {"Gy": "1", "cGy": "0.01", "rad": "0.01"},
    # One international unit of AFP is 1.21 ng of the WHO's first standard (72/225).
    {
        "ng/mL": "1",
        "µg/L": "1",
        "pg/mL": "0.001",
        "ng/L": "0.001",
        "ng/dL": "0.01",
        "µg/dL": "10",
        "µg/mL": "1000",
        "mg/L": "1000",
        "IU/mL": "1.21",
        "kIU/L": "1.21",
    },
    {"mL": "1", "cm³": "1", "cc": "1", "L": "1000", "mm³": "0.001"},
    {"g/L": "1", "g/dL": "10", "mg/mL": "1"},
    {"percent": "1", "fraction": "100"},
)
_SAME = {
    "d": "days",
    "day": "days",
    "week": "weeks",
    "wk": "weeks",
    "wks": "weeks",
    "month": "months",
    "mo": "months",
    "mos": "months",
    "mth": "months",
    "year": "years",
    "yr": "years",
    "yrs": "years",
    "y": "years",
    "hour": "hours",
    "h": "hours",
    "inch": "inches",
    "ug/l": "µg/L",
    "ug/ml": "µg/mL",
    "ug/dl": "µg/dL",
    "mcg/l": "µg/L",
    "iu/ml": "IU/mL",
    "%": "percent",
    "cm3": "cm³",
    "mm3": "mm³",
    "ml": "mL",
}


def factor(unit: str, wanted: str) -> Decimal | None:
    """Give by how much numbers in one unit are multiplied to be in another; None if not known.

    Examples
    --------
    >>> factor("cm", "mm"), factor("Months", "days"), factor("mg/dL", "mm")
    (Decimal('10'), Decimal('30.4375'), None)
    """
    old, new = _named(unit), _named(wanted)
    if old == new:
        return Decimal(1)
    for kind in _KINDS:
        if old in kind and new in kind:
            return Decimal(kind[old]) / Decimal(kind[new])
    return None


def known(wanted: str) -> list[str]:
    """Give the units that can be changed into one."""
    return [unit for kind in _KINDS if _named(wanted) in kind for unit in kind]


def _named(unit: str) -> str:
    plain = unit.strip().replace("μ", "µ")
    lower = plain.lower()
    if lower in _SAME:
        return _SAME[lower]
    names = {name.lower(): name for kind in _KINDS for name in kind}
    return names.get(lower, plain)

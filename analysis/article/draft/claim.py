"""One drafted claim: a number, the key under which it may be, and what is not sure of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# What cannot be named without an answer is printed under statistics that no check is made of.
VALUE, VALUE_LOWER, VALUE_UPPER, VALUE_SECOND = "value", "value_lower", "value_upper", "value_2"


@dataclass(frozen=True)
class Claim:
    """A row of the ledger to be.

    Attributes
    ----------
    printed
        The number as printed, without its unit.
    comparator
        A sign that stands in words only, as in "more than 40%".
    questions
        What is not sure, each as a question.
    remarks
        What a reader of the row should know, and need not answer.
    """

    analysis_id: str
    group: str
    group_level: str
    variable: str
    variable_level: str
    statistic: str
    printed: str
    locator: str
    unit: str = ""
    denominator: str = ""
    comparator: str = ""
    questions: tuple[str, ...] = field(default=())
    remarks: tuple[str, ...] = field(default=())

    @property
    def key(self) -> tuple[str, str, str, str, str, str]:
        """What the number is about."""
        return (
            self.analysis_id,
            self.group,
            self.group_level,
            self.variable,
            self.variable_level,
            self.statistic,
        )


def slug(words: str, longest: int = 48) -> str:
    """Give words as a name: small letters, digits and underscores.

    >>> slug("Age < 60 years"), slug("CRP ≥ 1,000 mg/L")
    ('age_lt_60_years', 'crp_ge_1000_mg_l')
    """
    text = re.sub(r"(?<=\d),(?=\d{3})", "", words)
    for sign, name in (
        ("≥", "ge"),
        (">=", "ge"),
        ("≤", "le"),
        ("<=", "le"),
        ("<", "lt"),
        (">", "gt"),
    ):
        text = text.replace(sign, f" {name} ")
    text = text.replace("+", " plus ") if re.search(r"\+$", text.strip()) else text
    name = re.sub(r"[^a-z0-9α-ωà-ÿ]+", "_", text.lower()).strip("_")
    return name if len(name) <= longest else name[:longest].rsplit("_", 1)[0].rstrip("_")

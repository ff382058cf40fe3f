"""Sets of rules that places which hold patients' data release results by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class RuleSet:
    """Thresholds of disclosure control, and whose they are.

    Attributes
    ----------
    name
        As `dataset.yaml` names it, under `disclosure`.
    suppress_up_to
        Counts of so many patients or fewer, zero included, are suppressed.
    round_to
        Other counts are rounded to the nearest multiple.
    midpoint
        Cumulative counts behind a Kaplan-Meier curve are rounded up to a multiple of it, less half
        of it, so that a step of the curve stands for so many patients.
    source
        Where the thresholds are from.
    """

    name: str
    suppress_up_to: int
    round_to: int
    midpoint: int
    source: str

    def __post_init__(self) -> None:
        if self.round_to % 2 == 0 or self.midpoint % 2:
            raise ValueError(
                "Counts are rounded to an odd multiple, which has no halves, and steps to an even "
                "one, which has a middle."
            )


# What is released is read by others than those who know the patients.
OPENSAFELY = RuleSet(
    "OpenSAFELY",
    suppress_up_to=7,
    round_to=5,
    midpoint=6,
    source="OpenSAFELY: updated disclosure control guidance (Bennett Institute, Oxford, 2023); "
    "midpoint 6 rounding, as in its action kaplan-meier-function",
)
ACRO = RuleSet(
    "ACRO",
    suppress_up_to=9,
    round_to=5,
    midpoint=10,
    source="ACRO 1.0.2, default.yaml (SACRO project): safe_threshold 10, zeros are disclosive, "
    "safe_round_base 5, survival_safe_threshold 10",
)
RULE_SETS = {rules.name: rules for rules in (OPENSAFELY, ACRO)}

# What `dataset.yaml` says for no control at all. A word that nobody types by mistake.
UNCONTROLLED = "none"

# A quartile has a quarter of the patients on one side, a median half of them.
_PARTS_OF_MEDIAN, _PARTS_OF_QUARTILE = 2, 4

# Significant digits of quantities and of hazard ratios; decimals of p values.
DIGITS = 2
P_DECIMALS = 2
# Medians of times are given to the nearest half of a month.
MONTHS_TO = 0.5


class Rule(StrEnum):
    """What was done to a row, or why it is not there."""

    DECLARED = "declared"
    ROUNDED = "rounded"
    SMALL = "suppressed count"
    PERCENT = "from rounded counts"
    MIDPOINT = "midpoint rounding"
    QUANTITY = "significant digits"
    QUARTILE = "quartile, not extreme"
    TIME = "half months"
    TEST = "two decimals"
    FEW = "too few patients"
    BESIDE = "beside a suppressed count"
    TEXT = "text of few patients"
    SINGLE = "of single patients"
    NO_RULE = "no rule"


def words(rule: Rule, rules: RuleSet) -> str:
    """Say in a sentence what a rule is, for an output checker."""
    few = rules.suppress_up_to
    return {
        Rule.DECLARED: "A choice of the analysis, such as a limit of age; no patient is in it.",
        Rule.ROUNDED: f"Counts of more than {few} patients are rounded to the nearest "
        f"{rules.round_to}.",
        Rule.SMALL: f"Counts of {few} patients or fewer are suppressed, and so are counts of all "
        f"but {few} or fewer of the patients they are of. The next smaller count of the same "
        "patients is suppressed too where one alone would be, or where those suppressed are "
        f"{few} or fewer together.",
        Rule.PERCENT: "Percentages and their intervals are computed from the rounded counts.",
        Rule.MIDPOINT: "Curves, and what is read off them, are estimated from cumulative counts "
        f"by whole months, rounded up to a multiple of {rules.midpoint} less "
        f"{rules.midpoint // 2}, and end where {few} or fewer are at risk; a step stands for "
        f"{rules.midpoint} patients and for no day.",
        Rule.QUANTITY: f"Quantities have {DIGITS} significant digits.",
        Rule.QUARTILE: "Quartiles stand in place of the smallest and the largest value, which are "
        "those of single patients.",
        Rule.TIME: "Medians of times to an event are given to the nearest half of a month.",
        Rule.TEST: f"P values have {P_DECIMALS} decimals, hazard ratios {DIGITS} significant "
        "digits.",
        Rule.FEW: f"A median needs {least_for_median(rules)} patients and a quartile "
        f"{least_for_quartile(rules)}, so that more than {few} lie on either side.",
        Rule.BESIDE: "What is computed from a suppressed count is suppressed too.",
        Rule.TEXT: "A text of the data, such as a rare adverse event, is not named where its count "
        "is suppressed.",
        Rule.SINGLE: "What shows patients one by one is not released.",
        Rule.NO_RULE: "For this kind of number there is no rule here, so that it is not released.",
    }[rule]


def least_for_median(rules: RuleSet) -> int:
    """Give how many patients a median needs, so that enough lie on either side of it."""
    return _PARTS_OF_MEDIAN * (rules.suppress_up_to + 1)


def least_for_quartile(rules: RuleSet) -> int:
    """Give how many patients a quartile needs, so that enough lie on either side of it."""
    return _PARTS_OF_QUARTILE * (rules.suppress_up_to + 1)

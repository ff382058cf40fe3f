"""The form of findings and their proofs: plain data, which is all that finders and checker share.

A finder gives certificates, each the complete result of one computation from printed numbers; the
first is what the finding is about, the others support it. The checker computes every figure again
and writes all that is said: rule, verdict, title, readings, explanations, steps. The same form
stands in findings.json.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Comparison = Literal["paired", "unpaired", "association"]
Convention = Literal["half up", "half even", "truncated", "rounded up", "rounded twice"]
# What a percentage can be of: the number printed with it, fewer (of whom some have no value), more,
# or patients of whom each can count more than once.
Whole = Literal["printed", "fewer", "another", "events"]


class Data(BaseModel):
    """Plain data that cannot be changed, and holds nothing but what is declared."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Quoted(Data):
    """A claim as the ledger states it."""

    claim_id: str
    printed: str
    comparator: str
    denominator: int | None
    locator: str

    def __str__(self) -> str:
        return f"“{self.printed}” ({self.locator})"


Quotes = dict[str, Quoted]


class Verdict(StrEnum):
    """What a finding says."""

    IMPOSSIBLE = "impossible under every reading"
    READING = "possible under another reading"
    RESTATED = "a different statement of the same fact"
    NARROW = "narrow"
    LIKELY = "a likely explanation"
    UNDECIDED = "not decided"


# What is declared about counts ---------------------------------------------------------------


class Term(Data):
    """A count in a sum: its sign, the claims that state it, and what they allow.

    With `of` the count is the denominator that the claims are printed with.
    """

    sign: Literal[-1, 1]
    about: tuple[str, ...]
    of: bool = False
    low: int
    high: int


class Relation(Data):
    """One place where counts are declared to add up, and its counts.

    `part` and `place` say where in the structure it is declared. Where it is `equal` the sum of
    sign × count is 0, and else at least 0.
    """

    part: Literal[
        "exclusive", "one_at_most", "several", "sums", "unions", "at_least", "subsets", "arms"
    ]
    place: int
    equal: bool
    terms: tuple[Term, ...]


# Counts and percentages ----------------------------------------------------------------------


class Parts(Data):
    """Parts of a declared sum, by its place in the structure: each one count, and their total."""

    place: int
    parts: tuple[tuple[str, ...], ...]
    total: int


class Counts(Data):
    """All counts that the claims about one quantity, printed of one number, allow.

    Attributes
    ----------
    sum : the parts of a declared sum that give the count, where it is not printed.
    of : the number that the claims are printed of, None where none is printed.
    fits : under `printed`, the least and the greatest count; else counts and the numbers that they
        are of, those with the number nearest to `of` first, at most three.
    """

    kind: Literal["counts"] = "counts"
    about: tuple[str, ...]
    sum: Parts | None = None
    conventions: tuple[Convention, ...]
    whole: Whole
    of: int | None
    fits: tuple[tuple[int, int], ...]


class Restated(Data):
    """Two statements of one statistic that no number can stand behind together."""

    kind: Literal["restated"] = "restated"
    first: str
    second: str
    conventions: tuple[Convention, ...]
    gap: Fraction


class SumOfPrinted(Data):
    """A printed percentage that is the sum of printed percentages of its parts."""

    kind: Literal["sum of printed"] = "sum of printed"
    place: int
    whole: str
    parts: tuple[str, ...]


class Habit(Data):
    """Percentages of one ledger that fit a count in one way of rounding, and in no plain one."""

    kind: Literal["habit"] = "habit"
    convention: Convention
    cells: tuple[tuple[str, str], ...]


# Sums ------------------------------------------------------------------------------------------


class Bounds(Data):
    """Least and greatest value of a declared sum of counts."""

    kind: Literal["bounds"] = "bounds"
    relation: Relation
    conventions: tuple[Convention, ...]
    low: int
    high: int


class Infeasible(Data):
    """Declared sums that no whole numbers satisfy together; without any one of them there are."""

    kind: Literal["infeasible"] = "infeasible"
    relations: tuple[Relation, ...]
    conventions: tuple[Convention, ...]


# Quantities ------------------------------------------------------------------------------------


class Order(Data):
    """Two numbers of which the first cannot be above the second."""

    kind: Literal["order"] = "order"
    smaller: str
    larger: str
    conventions: tuple[Convention, ...]
    least_of_smaller: Fraction | None
    greatest_of_larger: Fraction | None


class Limits(Data):
    """A statistic that can only lie between two numbers, and what is printed."""

    kind: Literal["limits"] = "limits"
    claim: str
    conventions: tuple[Convention, ...]
    least: Fraction | None
    most: Fraction | None
    low: Fraction | None
    high: Fraction | None


class Grid(Data):
    """A statistic of `n` whole numbers, which can only be a multiple of a step.

    `fits` are the multiples, at most four, that the printed number can stand for, and `fewer` the
    greatest number of patients below `n` whose step would fit, None without any.
    """

    kind: Literal["grid"] = "grid"
    claim: str
    patients: tuple[str, ...]
    conventions: tuple[Convention, ...]
    n: int
    step: Fraction
    fits: tuple[Fraction, ...]
    fewer: int | None


class Cut(Data):
    """A median against the number of patients on one side of a cut-off.

    `low` and `high` are the least and greatest number of patients at or beyond the cut-off, `least`
    and `most` those that the printed median leaves room for.
    """

    kind: Literal["cut"] = "cut"
    median: str
    level: tuple[str, ...]
    place: int
    conventions: tuple[Convention, ...]
    n: int
    low: int
    high: int
    median_low: Fraction
    median_high: Fraction
    least: int
    most: int


class Scaled(Data):
    """A number against another that a definition makes a multiple of it."""

    kind: Literal["scaled"] = "scaled"
    product: str
    base: str
    factor: Fraction
    conventions: tuple[Convention, ...]
    product_low: Fraction
    product_high: Fraction
    scaled_low: Fraction
    scaled_high: Fraction
    low: Fraction | None
    high: Fraction | None


# Means, deviations, intervals, effects ----------------------------------------------------------


class Spread(Data):
    """A standard deviation against what a range allows, and a mean within it, as variances."""

    kind: Literal["spread"] = "spread"
    sd: str
    min: str
    max: str
    mean: str | None
    patients: tuple[str, ...]
    conventions: tuple[Convention, ...]
    n: int
    variance_low: Fraction
    variance_high: Fraction
    least: Fraction
    most: Fraction


class Squares(Data):
    """A mean and a standard deviation of `n` whole numbers, which have a whole sum of squares.

    `fits` is a sum and a sum of squares that give both, None without any; `fewer` the greatest
    number of patients below `n` that has some.
    """

    kind: Literal["squares"] = "squares"
    mean: str
    sd: str
    patients: tuple[str, ...]
    conventions: tuple[Convention, ...]
    n: int
    fits: tuple[int, int] | None
    fewer: int | None


class Counted(Data):
    """A mean or a median of a number that is also printed as a table of counts."""

    kind: Literal["counted"] = "counted"
    claim: str
    levels: tuple[tuple[str, ...], ...]
    conventions: tuple[Convention, ...]
    value: Fraction


class RatioInterval(Data):
    """A ratio against the geometric middle of its confidence limits, as squares."""

    kind: Literal["ratio interval"] = "ratio interval"
    estimate: str
    lower: str
    upper: str
    conventions: tuple[Convention, ...]
    square_low: Fraction
    square_high: Fraction
    product_low: Fraction
    product_high: Fraction


class WaldP(Data):
    """A p value against that of a ratio and its 95% confidence limits, within `factor` of z."""

    kind: Literal["wald p"] = "wald p"
    claim: str
    estimate: str
    lower: str
    upper: str
    conventions: tuple[Convention, ...]
    factor: Fraction
    p_low: str
    p_high: str


class Proportion(Data):
    """Confidence limits of a proportion under every usual method, and those that give them.

    `fits` are pairs of a method and a level of confidence in per cent.
    """

    kind: Literal["proportion"] = "proportion"
    about: tuple[str, ...]
    lower: str
    upper: str
    conventions: tuple[Convention, ...]
    count: int
    of: int
    fits: tuple[tuple[str, int], ...]


class Effect(Data):
    """An odds ratio, a relative risk or a difference against the counts of two groups."""

    kind: Literal["effect"] = "effect"
    claim: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    conventions: tuple[Convention, ...]
    values: tuple[Fraction, ...]


class StatisticP(Data):
    """A p value against that of a test statistic that is printed with it.

    `freedom` are the least and the greatest degrees of freedom that are tried (a second pair, of
    the denominator, for F), `p_low` and `p_high` the ends of all p values, one- or two-sided.
    """

    kind: Literal["statistic p"] = "statistic p"
    claim: str
    statistic: str
    stated: tuple[str, ...]
    conventions: tuple[Convention, ...]
    freedom: tuple[Fraction, ...]
    p_low: str
    p_high: str


class Share(Data):
    """A survival rate against the share of patients who are still at risk."""

    kind: Literal["share"] = "share"
    rate: str
    at_risk: str
    patients: tuple[str, ...]
    conventions: tuple[Convention, ...]
    n: int
    share: Fraction
    rate_high: Fraction


class Width(Data):
    """The confidence limits of a survival rate against the least that so many patients have."""

    kind: Literal["width"] = "width"
    rate: str
    lower: str
    upper: str
    patients: tuple[str, ...]
    conventions: tuple[Convention, ...]
    n: int
    width_high: Fraction
    square_least: Fraction


class Difference(Data):
    """A difference against the two numbers that it is declared to be of."""

    kind: Literal["difference"] = "difference"
    claim: str
    first: str
    second: str
    conventions: tuple[Convention, ...]
    low: Fraction
    high: Fraction


class Zero(Data):
    """A p value that is printed as nothing but zeros."""

    kind: Literal["zero"] = "zero"
    claim: str


# P values --------------------------------------------------------------------------------------


class Table(Data):
    """A two-by-two table by its first cell and its margins, and p values to six digits.

    For an association `first` counts the patients in both margins; for a paired comparison, the
    patients in the first margin only; unpaired there is one table, and `first` is the first
    margin.
    """

    margins: tuple[int, int]
    first: int
    p: dict[str, str]


class Tables(Data):
    """Every two-by-two table that two margins allow, with its p value under every test.

    `digits` is the claim whose printed digits are looked for; it is not `claim` where labels are
    exchanged. `margins` are the claims that state each margin, `sizes` the numbers of patients they
    are of. `fits` are the tests and tables (margins, first cell) that give the digits.
    """

    kind: Literal["tables"] = "tables"
    claim: str
    digits: str
    margins: tuple[tuple[str, ...], tuple[str, ...]]
    comparison: Comparison
    conventions: tuple[Convention, ...]
    sizes: tuple[int, int]
    tables: tuple[Table, ...]
    fits: tuple[tuple[str, tuple[int, int], int], ...]


class Identified(Data):
    """The tests that give every p value of a family, as they stand or with two labels exchanged.

    The tables of each of `values` are among the certificates that support it; `tests` are pairs of
    a comparison and a test.
    """

    kind: Literal["identified"] = "identified"
    family: str
    values: tuple[str, ...]
    exchanged: tuple[str, str] | None
    tests: tuple[tuple[Comparison, str], ...]


class CrossTable(Data):
    """A table of counts, row by row, and its p values to six digits."""

    cells: tuple[tuple[int, ...], ...]
    p: dict[str, str]


class Contingency(Data):
    """Every table of several rows and columns that the claims allow, with its p values.

    `rows` are the claims that count each cell; with `margins`, those that count the totals of
    rows and of columns. `fits` are tests and places in `tables` that give the printed digits,
    `untried` the tests that are too long to compute.
    """

    kind: Literal["contingency"] = "contingency"
    claim: str
    rows: tuple[tuple[tuple[str, ...], ...], ...]
    margins: bool
    conventions: tuple[Convention, ...]
    tables: tuple[CrossTable, ...]
    fits: tuple[tuple[str, int], ...]
    untried: tuple[str, ...]


class Untried(Data):
    """Claims for which there are too many cases to try; `because` says of what."""

    kind: Literal["untried"] = "untried"
    rule: str
    about: tuple[str, ...]
    because: Literal["tables", "events", "sums"]
    cases: int


# Survival --------------------------------------------------------------------------------------


class Steps(Data):
    """Heights that a Kaplan-Meier curve with few events can have, as numbers at risk.

    `fits` are the numbers at risk at the events, in order, that give the printed rate.
    """

    kind: Literal["steps"] = "steps"
    rate: str
    events: str
    patients: tuple[str, ...]
    conventions: tuple[Convention, ...]
    n: int
    count: int
    fits: tuple[tuple[int, ...], ...]


class FollowUp(Data):
    """Observation times beyond a median of survival: how many there can be, and must be."""

    kind: Literal["follow-up"] = "follow-up"
    follow_up: str
    median: str
    deaths: str
    patients: tuple[str, ...]
    conventions: tuple[Convention, ...]
    n: int
    events: int
    median_high: Fraction
    follow_up_low: Fraction
    needed: int


class FollowUpWitness(Data):
    """Patients in whom the median of survival and reverse Kaplan-Meier follow-up are as printed.

    `groups` are equal patients: how many, months of observation, died at the end.
    """

    kind: Literal["follow-up witness"] = "follow-up witness"
    follow_up: str
    median: str
    deaths: str
    patients: tuple[str, ...]
    conventions: tuple[Convention, ...]
    groups: tuple[tuple[int, Fraction, bool], ...]


class SharedEvents(Data):
    """Two curves that share their events up to a time, both censored at last contact."""

    kind: Literal["shared events"] = "shared events"
    all: str
    part: str
    rest: str
    patients: tuple[str, ...]
    conventions: tuple[Convention, ...]
    n: int
    least_rest: Fraction
    ratio_low: Fraction
    ratio_high: Fraction


class SharedWitness(Data):
    """Patients in whom both rates are as printed when relapse is censored at last imaging.

    `groups` are equal patients: how many, months to relapse (or None), to death (or None), to last
    imaging and to last contact, which are told until the relapse only.
    """

    kind: Literal["shared witness"] = "shared witness"
    all: str
    part: str
    patients: tuple[str, ...]
    months: Fraction
    conventions: tuple[Convention, ...]
    groups: tuple[tuple[int, Fraction | None, Fraction | None, Fraction, Fraction], ...]


class GroupMedians(Data):
    """Medians of two groups that make up the whole, and the median of the whole outside them."""

    kind: Literal["group medians"] = "group medians"
    overall: str
    first: str
    second: str
    conventions: tuple[Convention, ...]
    overall_low: Fraction
    overall_high: Fraction
    low: Fraction
    high: Fraction


class RateAndMedian(Data):
    """A rate above one half at a time that the median does not come after, or the reverse."""

    kind: Literal["rate and median"] = "rate and median"
    rate: str
    median: str
    time: Fraction
    margin: Fraction
    conventions: tuple[Convention, ...]
    above_half: bool
    below_half: bool
    median_low: Fraction
    median_high: Fraction


AnyCertificate = Annotated[
    Counts
    | Restated
    | SumOfPrinted
    | Habit
    | Bounds
    | Infeasible
    | Order
    | Limits
    | Grid
    | Cut
    | Scaled
    | Spread
    | Squares
    | Counted
    | RatioInterval
    | WaldP
    | Proportion
    | Effect
    | StatisticP
    | Share
    | Width
    | Difference
    | Zero
    | Tables
    | Identified
    | Contingency
    | Untried
    | Steps
    | FollowUp
    | FollowUpWitness
    | SharedEvents
    | SharedWitness
    | GroupMedians
    | RateAndMedian,
    Field(discriminator="kind"),
]
Certificates = tuple[AnyCertificate, ...]


class Proof(Data):
    """The claims used, the derivation in numbered steps, and the certificates behind it."""

    claims: tuple[Quoted, ...]
    steps: tuple[str, ...]
    certificates: Certificates


class Finding(Data):
    """What a rule has found; all but the certificates is written by the checker.

    Attributes
    ----------
    subject : the claims that the verdict is about; none where it is open which of several
        claims would have to differ.
    excluded, allowed : readings under which it cannot and can hold, in words.
    declared : what was taken from structure.yaml for it, in words.
    explanations : how the printed number could have come about, the likeliest first.
    """

    rule: str
    verdict: Verdict
    title: str
    subject: tuple[str, ...]
    excluded: tuple[str, ...]
    allowed: tuple[str, ...]
    declared: tuple[str, ...]
    explanations: tuple[str, ...]
    proof: Proof

    @property
    def name(self) -> str:
        """A short name that is the same as long as its certificates are."""
        return f"finding-{sha256(self.proof.model_dump_json().encode()).hexdigest()[:10]}"

    @property
    def reason(self) -> str:
        """The finding in one line: what, under which reading otherwise, the likeliest cause."""
        parts = [self.title]
        if self.allowed:
            parts.append(f"possible if: {self.allowed[0]}")
        if self.explanations:
            parts.append(f"perhaps {self.explanations[0]}")
        return "; ".join(parts)

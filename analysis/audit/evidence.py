"""The ledger as the rules of the audit read it: claims by what they are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from typing import Any

import pandas as pd

from analysis.article.ledger import KEY
from analysis.audit.certificate import Quoted, Quotes
from analysis.audit.structure import Quantity, Relation, Structure, quantity_of, relations
from analysis.study.keys import NOT_REACHED
from analysis.study.printed import EVERY, ROUNDED, Convention, Interval, values


@dataclass(frozen=True)
class Claim:
    """A row of the ledger."""

    claim_id: str
    key: tuple[str, ...]
    quantity: Quantity
    statistic: str
    printed: str
    comparator: str
    denominator: int | None
    locator: str

    @property
    def is_number(self) -> bool:
        """Whether the claim prints a number (a median may be 'not reached')."""
        return self.comparator != NOT_REACHED

    def values(self, conventions: Iterable[Convention] = EVERY) -> Interval:
        """Give what the printed number can stand for, in its own unit."""
        return values(self.printed, self.comparator, tuple(conventions))

    def quoted(self) -> Quoted:
        """Give the claim as proofs quote it."""
        return Quoted(
            claim_id=self.claim_id,
            printed=self.printed,
            comparator=self.comparator,
            denominator=self.denominator,
            locator=self.locator,
        )


@dataclass(frozen=True)
class Evidence:
    """Claims, structure, and the convention of rounding that the percentages show.

    Attributes
    ----------
    rows : rows of the ledger as mappings, all of them.
    dropped : claims that a rule has proved impossible, which later rules do not build on.
    """

    rows: tuple[dict[str, Any], ...]
    structure: Structure
    dropped: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, ledger: pd.DataFrame, structure: Structure) -> Evidence:
        """Read a ledger (as `article.ledger.read_ledger` gives it)."""
        return cls(tuple({str(k): v for k, v in row.items()} for row in ledger.to_dict("records")),
                   structure)  # fmt: skip

    def without(self, claims: Iterable[str]) -> Evidence:
        """Give the evidence without some claims."""
        return replace(self, dropped=self.dropped | set(claims))

    @cached_property
    def claims(self) -> dict[str, Claim]:
        """All claims that are not dropped, by claim_id, in the order of the ledger."""
        return {
            row["claim_id"]: Claim(
                row["claim_id"],
                tuple(str(row[name]) for name in KEY),
                quantity_of(row),
                row["statistic"],
                row["printed"],
                row["comparator"],
                None if pd.isna(row["denominator"]) else int(row["denominator"]),
                row["locator"],
            )
            for row in self.rows
            if row["claim_id"] not in self.dropped
        }

    def name(self, quantity: Quantity) -> str:
        """Give words for a quantity."""
        return quantity.words(self.structure.names)

    @cached_property
    def quotes(self) -> Quotes:
        """Claims as proofs quote them."""
        return {name: claim.quoted() for name, claim in self.claims.items()}

    @cached_property
    def relations(self) -> list[Relation]:
        """Linear relations between counts, of those that are not dropped."""
        kept = [row for row in self.rows if row["claim_id"] in self.claims]
        return relations(self.structure, kept)

    @cached_property
    def about(self) -> dict[Quantity, list[Claim]]:
        """Claims of a count or a percentage, by the quantity they are about."""
        found: dict[Quantity, list[Claim]] = {}
        for claim in self.claims.values():
            if claim.statistic in {"count", "percent"}:
                found.setdefault(claim.quantity, []).append(claim)
        return found

    @cached_property
    def by_key(self) -> dict[tuple[str, ...], list[Claim]]:
        """Claims by the statistic they state."""
        found: dict[tuple[str, ...], list[Claim]] = {}
        for claim in self.claims.values():
            found.setdefault(claim.key, []).append(claim)
        return found

    @cached_property
    def patients(self) -> Claim | None:
        """The claim that says how many patients there are."""
        return self.claims.get(self.structure.patients or "")

    @property
    def n(self) -> int | None:
        """The number of patients, where it is printed as one number."""
        return None if self.patients is None else exact_count(self.patients)

    @cached_property
    def fitting(self) -> dict[Convention, int]:
        """How many percentages beside a printed count fit each convention, of all that fit one."""
        fits: dict[Convention, int] = dict.fromkeys(EVERY, 0)
        for count, percent in self._pairs():
            exact = Fraction(100 * count, percent.denominator or 1)
            if exact in percent.values():
                for convention in EVERY:
                    fits[convention] += exact in percent.values([convention])
        return fits

    @cached_property
    def own(self) -> tuple[Convention, ...]:
        """The conventions that the article's percentages show: rounded, unless they are cut off."""
        fits = self.fitting
        return ("truncated",) if fits["truncated"] > max(fits[c] for c in ROUNDED) else ROUNDED

    def _pairs(self) -> list[tuple[int, Claim]]:
        return [
            (count, percent)
            for claims in self.about.values()
            for percent in claims
            if percent.statistic == "percent" and percent.denominator and percent.comparator == "="
            for count in [next((c for c in map(exact_count, claims) if c is not None), None)]
            if count is not None
        ]

    def counts(
        self, quantity: Quantity, conventions: Iterable[Convention] = EVERY
    ) -> list[int] | None:
        """Give the counts that claims about a quantity allow; None where nothing bounds them."""
        claims = self.about.get(quantity, [])
        return allowed_counts(claims, tuple(conventions))

    def numbers(self, statistic: str, variable: str) -> list[Claim]:
        """Give the claims of a statistic of a variable that print a number."""
        return [
            claim
            for claim in self.claims.values()
            if claim.statistic == statistic
            and claim.quantity.variable == variable
            and claim.is_number
        ]


def exact_count(claim: Claim) -> int | None:
    """Give the count that a claim prints, None if it prints none or says only 'more than'."""
    if claim.statistic != "count" or claim.comparator != "=":
        return None
    low = claim.values(()).low
    return int(low) if low is not None and low.denominator == 1 else None


def allowed_counts(claims: list[Claim], conventions: tuple[Convention, ...]) -> list[int] | None:
    """Give all counts that claims about one quantity allow, each of its own denominator.

    Counts are printed whole: conventions of rounding concern percentages only. None where
    neither a count nor a denominator bounds them.
    """
    denominators = [claim.denominator for claim in claims if claim.denominator]
    exact = [count for count in map(exact_count, claims) if count is not None]
    if not denominators and not exact:
        return None
    last = min(denominators) if denominators else max(exact)
    allowed = Interval(Fraction(0), Fraction(last), True, True)
    for claim in claims:
        if claim.statistic == "count":
            own = claim.values(())
        elif claim.denominator is None:
            continue
        else:
            own = claim.values(conventions).scaled(Fraction(claim.denominator, 100))
        if not allowed.meets(own):
            return []
        allowed = allowed.common(own)
    assert allowed.low is not None
    assert allowed.high is not None
    tried = range(ceil(allowed.low), floor(allowed.high) + 1)
    return [count for count in tried if count in allowed]

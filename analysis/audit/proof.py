"""Findings and their proofs as plain data: what was used, what follows, step by step.

A proof holds the claims it uses, as they are printed, and certificates (see `certificate`), of the
kinds that the families of rules have. `checker` computes every figure again, by other means.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from analysis.audit.certificate import Data, Quoted, Quotes
from analysis.audit.families.contingency import certificates as contingency
from analysis.audit.families.p_values import certificates as p_values
from analysis.audit.families.percentages import certificates as percentages
from analysis.audit.families.quantities import certificates as quantities
from analysis.audit.families.sums import certificates as sums
from analysis.audit.families.survival import certificates as survival


class Verdict(StrEnum):
    """What a finding says."""

    IMPOSSIBLE = "impossible under every reading"
    READING = "impossible under one reading, possible under another"
    RESTATED = "a different statement of the same fact"
    NARROW = "narrow"
    LIKELY = "a likely explanation"
    UNDECIDED = "not decided"


AnyCertificate = Annotated[
    percentages.AnyOf
    | sums.AnyOf
    | quantities.AnyOf
    | p_values.AnyOf
    | contingency.AnyOf
    | survival.AnyOf,
    Field(discriminator="kind"),
]


class Proof(Data):
    """The claims used, the derivation in numbered steps, and the certificates behind it."""

    claims: tuple[Quoted, ...]
    steps: tuple[str, ...]
    certificates: tuple[AnyCertificate, ...]


class Finding(Data):
    """What a rule has found.

    Attributes
    ----------
    subject : the claims that the verdict is about; none where it is open which of several
        claims would have to differ.
    excluded, allowed : readings under which it cannot and can hold, in words.
    explanations : how the printed number could have come about, the likeliest first.
    """

    rule: str
    verdict: Verdict
    title: str
    subject: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    explanations: tuple[str, ...] = ()
    proof: Proof

    @property
    def reason(self) -> str:
        """The finding in one line: what, under which reading otherwise, the likeliest cause."""
        parts = [self.title]
        if self.allowed:
            parts.append(f"possible if: {self.allowed[0]}")
        if self.explanations:
            parts.append(f"perhaps {self.explanations[0]}")
        return "; ".join(parts)


def prove(quotes: Quotes, *certificates: AnyCertificate) -> Proof:
    """Put a proof together: quote the claims that the certificates use, and write their steps."""
    used = dict.fromkeys(claim for item in certificates for claim in item.claims())
    return Proof(
        claims=tuple(quotes[claim] for claim in used),
        steps=written(quotes, certificates),
        certificates=certificates,
    )


def written(quotes: Quotes, certificates: tuple[AnyCertificate, ...]) -> tuple[str, ...]:
    """Give the steps of a proof, from its certificates."""
    return tuple(step for item in certificates for step in item.steps(quotes))

"""What a rule of the audit is, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from analysis.audit.evidence import Evidence
from analysis.audit.proof import AnyCertificate, Finding, Verdict, prove
from analysis.study.printed import EVERY, Convention


@dataclass(frozen=True)
class Check:
    """One thing that was checked: the claims it covers, and what was found, if anything.

    `says` tells what holds where nothing was found.
    """

    claims: tuple[str, ...]
    finding: Finding | None = None
    says: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule: its name, the question it asks of a ledger, where it comes from, how it looks."""

    name: str
    question: str
    source: str
    find: Callable[[Evidence], Iterator[Check]]


def in_words(conventions: Iterable[Convention]) -> str:
    """Name conventions of rounding as readings of a number."""
    chosen = set(conventions)
    if chosen == set(EVERY):
        return "however it is rounded or cut off"
    return "cut off" if chosen == {"truncated"} else "rounded"


def other(conventions: tuple[Convention, ...]) -> tuple[Convention, ...]:
    """Give the conventions that are not among those given."""
    return tuple(convention for convention in EVERY if convention not in conventions)


def one_digit_apart(first: str, second: str) -> bool:
    """Tell whether two printed numbers differ in one digit, or in two neighbours exchanged."""
    differing = [place for place, pair in enumerate(zip(first, second, strict=False))
                 if pair[0] != pair[1]]  # fmt: skip
    if len(first) != len(second) or not differing:
        return False
    low, high = differing[0], differing[-1]
    exchanged = high == low + 1 and first[low : high + 1] == second[low : high + 1][::-1]
    return len(differing) == 1 or (len(differing) == 2 and exchanged)


def decide(
    rule: str,
    evidence: Evidence,
    certify: Callable[[tuple[Convention, ...]], AnyCertificate],
    title: str,
    subject: tuple[str, ...] = (),
    says: str = "",
) -> Check:
    """Check claims under every convention of rounding, then under the article's own.

    `certify` gives the certificate under some conventions. What no convention allows is
    impossible; what the article's own does not allow, but another does, is a matter of reading.
    """
    every = certify(EVERY)
    claims = tuple(dict.fromkeys(every.claims()))
    if every.refutes():
        proof = prove(evidence.quotes, every)
        finding = Finding(
            rule=rule,
            verdict=Verdict.IMPOSSIBLE,
            title=title,
            subject=subject,
            excluded=(in_words(EVERY),),
            proof=proof,
        )
        return Check(claims, finding)
    own = certify(evidence.own)
    if own.refutes():
        finding = Finding(
            rule=rule,
            verdict=Verdict.READING,
            title=title,
            subject=subject,
            excluded=(f"all {in_words(evidence.own)}",),
            allowed=(f"some {in_words(other(evidence.own))}",),
            proof=prove(evidence.quotes, own, every),
        )
        return Check(claims, finding)
    return Check(claims, says=says)

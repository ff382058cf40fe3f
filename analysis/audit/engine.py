"""The audit of a ledger: every rule, every finding by the checker, what passed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis.audit import checker
from analysis.audit.finders import (
    contingency,
    continuous,
    counts,
    effects,
    p_values,
    quantities,
    sums,
    survival,
)
from analysis.audit.finders.evidence import Evidence
from analysis.audit.finders.rules import Rule
from analysis.audit.form import AnyCertificate, Finding, Verdict
from analysis.audit.structure import Structure

RULES: tuple[Rule, ...] = (
    *counts.RULES,
    *sums.RULES,
    *quantities.RULES,
    *continuous.RULES,
    *effects.RULES,
    *p_values.RULES,
    *contingency.RULES,
    *survival.RULES,
)
# Verdicts after which other rules do not build on what they are about.
_AGAINST = {Verdict.IMPOSSIBLE, Verdict.READING}


@dataclass(frozen=True)
class Checked:
    """One thing that was checked: the claims, the finding about them, if any, or what holds."""

    claims: tuple[str, ...]
    finding: Finding | None = None
    says: str = ""


@dataclass(frozen=True)
class Audit:
    """What an audit of a ledger gave.

    Attributes
    ----------
    checks : by the name of a rule, all that it checked.
    rejected : certificates that the checker did not accept, with its reason; these are no
        findings, and there should be none.
    """

    ledger: pd.DataFrame
    structure: Structure
    checks: dict[str, tuple[Checked, ...]]
    rejected: tuple[tuple[tuple[AnyCertificate, ...], str], ...]

    @property
    def findings(self) -> list[Finding]:
        """All findings, the gravest first."""
        order = list(Verdict)
        found = [
            check.finding
            for checks in self.checks.values()
            for check in checks
            if check.finding is not None
        ]
        return sorted(found, key=lambda finding: order.index(finding.verdict))


def audit(
    ledger: pd.DataFrame,
    structure: Structure,
    *,
    clock: Callable[[str, float], None] | None = None,
) -> Audit:
    """Check a ledger by every rule; what a rule finds is written, or rejected, by the checker.

    Parameters
    ----------
    ledger
        As `article.ledger.read_ledger` gives it.
    structure
        As `read_structure` gives it.
    clock
        Called with the name of a rule, and at last with 'checker', and the seconds it took.

    Notes
    -----
    Claims that the rules of counts find not to hold are not built on by the rules after them, so
    that one digit does not spoil others.
    """
    evidence = Evidence.of(ledger, structure)
    read = checker.Ledger(evidence.rows, structure)
    checks: dict[str, tuple[Checked, ...]] = {}
    rejected: list[tuple[tuple[AnyCertificate, ...], str]] = []
    checking = 0.0
    for rule in RULES:
        start = time.perf_counter()
        found = list(rule.find(evidence))
        took = time.perf_counter() - start
        accepted = []
        start = time.perf_counter()
        for check in found:
            finding = None
            if check.certificates:
                try:
                    finding = checker.conclude(read, check.certificates)
                except checker.Rejected as error:
                    rejected.append((check.certificates, str(error)))
            accepted.append(Checked(check.claims, finding, check.says))
        checking += time.perf_counter() - start
        checks[rule.name] = tuple(accepted)
        if rule in counts.RULES:
            against = {
                claim
                for check in accepted
                if check.finding is not None and check.finding.verdict in _AGAINST
                for claim in check.finding.subject
            }
            evidence = evidence.without(against) if against else evidence
        if clock:
            clock(rule.name, took)
    if clock:
        clock("checker", checking)
    return Audit(ledger, structure, checks, tuple(rejected))


def answers(found: Audit) -> dict[str, Finding]:
    """Give, by claim_id, the findings about printed numbers that cannot stand as they are taken.

    These are numbers that are impossible under every reading, or under the one that the ledger
    takes: percentages rounded as the article's own are, a p value by the test of the counts it is
    printed with. A claim whose `reading` names one that a finding allows is taken so.
    """
    given: dict[str, Finding] = {}
    for finding in found.findings:
        impossible = finding.verdict == Verdict.IMPOSSIBLE
        as_taken = finding.verdict == Verdict.READING and not _taken_otherwise(found, finding)
        if impossible or as_taken:
            for claim in finding.subject:
                given.setdefault(claim, finding)
    return given


def answers_of(ledger: pd.DataFrame, structure: Structure) -> dict[str, Finding]:
    """Give what `answers` gives, of an audit that is made for it."""
    return answers(audit(ledger, structure))


def _taken_otherwise(found: Audit, finding: Finding) -> bool:
    """Tell whether the ledger takes the claims under a reading that the finding allows."""
    readings = found.ledger.set_index("claim_id")["reading"]
    taken = [str(readings[claim]).lower() for claim in finding.subject]
    return any(allowed.lower() in reading for allowed in finding.allowed for reading in taken)

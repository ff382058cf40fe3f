"""The audit of a ledger: every rule, every finding checked, what passed, what was covered."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from analysis.audit import checker
from analysis.audit.evidence import Evidence
from analysis.audit.families.contingency import rules as contingency
from analysis.audit.families.p_values import rules as p_values
from analysis.audit.families.percentages import rules as percentages
from analysis.audit.families.quantities import rules as quantities
from analysis.audit.families.sums import rules as sums
from analysis.audit.families.survival import rules as survival
from analysis.audit.proof import Finding, Verdict
from analysis.audit.rules import Check, Rule
from analysis.audit.structure import Structure

RULES: tuple[Rule, ...] = (
    *percentages.RULES,
    *sums.RULES,
    *quantities.RULES,
    *p_values.RULES,
    *contingency.RULES,
    *survival.RULES,
)


@dataclass(frozen=True)
class Audit:
    """What an audit of a ledger gave.

    Attributes
    ----------
    checks : by the name of a rule, all that it checked.
    rejected : findings whose proof the checker did not accept, with its reasons; these are no
        findings, and there should be none.
    """

    ledger: pd.DataFrame
    structure: Structure
    checks: dict[str, tuple[Check, ...]]
    rejected: tuple[tuple[Finding, tuple[str, ...]], ...]

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
    """Check a ledger by every rule, and every finding by the checker.

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
    Claims that a rule has proved impossible are not built on by the rules after it, so that one
    digit does not spoil others.
    """
    evidence = Evidence.of(ledger, structure)
    rows = list(evidence.rows)
    checks: dict[str, tuple[Check, ...]] = {}
    rejected: list[tuple[Finding, tuple[str, ...]]] = []
    checking = 0.0
    for rule in RULES:
        start = time.perf_counter()
        found = list(rule.find(evidence))
        took = time.perf_counter() - start
        accepted = []
        start = time.perf_counter()
        for check in found:
            faults = checker.faults(check.finding, rows, structure) if check.finding else []
            if check.finding and faults:
                rejected.append((check.finding, tuple(faults)))
                accepted.append(replace(check, finding=None, says="not decided"))
            else:
                accepted.append(check)
        checking += time.perf_counter() - start
        checks[rule.name] = tuple(accepted)
        evidence = evidence.without(
            claim
            for check in accepted
            if check.finding and check.finding.verdict in {Verdict.IMPOSSIBLE, Verdict.READING}
            for claim in check.finding.subject
            if rule in percentages.RULES
        )
        if clock:
            clock(rule.name, took)
    if clock:
        clock("checker", checking)
    return Audit(ledger, structure, checks, tuple(rejected))


def proved_claims(ledger: pd.DataFrame, structure: Structure) -> dict[str, Finding]:
    """Give, by claim_id, the published numbers that no cohort can give, with their findings.

    These are the claims that a finding is about, where it is impossible under every reading, or
    under the reading that the ledger takes: percentages rounded as the article's own are, a
    p value by the test of the counts it is printed with. Every proof has passed the checker.
    """
    return proved(audit(ledger, structure))


def proved(found: Audit) -> dict[str, Finding]:
    """Give what `proved_claims` gives, of an audit that was made."""
    answers: dict[str, Finding] = {}
    for finding in found.findings:
        impossible = finding.verdict == Verdict.IMPOSSIBLE
        as_taken = finding.verdict == Verdict.READING and not _taken_otherwise(found, finding)
        if impossible or as_taken:
            for claim in finding.subject:
                answers.setdefault(claim, finding)
    return answers


def _taken_otherwise(found: Audit, finding: Finding) -> bool:
    """Tell whether the ledger takes the claims under a reading that the finding allows."""
    readings = found.ledger.set_index("claim_id")["reading"]
    taken = [str(readings[claim]).lower() for claim in finding.subject]
    return any(allowed.lower() in reading for allowed in finding.allowed for reading in taken)

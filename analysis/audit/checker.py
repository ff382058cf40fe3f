"""The checker of proofs: computes every figure of a proof again from the printed numbers.

It shares no code with the rules that find things. It knows the ledger, the declared structure,
and the data of a proof; it reads printed numbers by rounding candidates and comparing (`context`),
works in whole numbers and fractions, and asks CP-SAT only whether whole numbers exist. How each
kind of certificate is checked stands beside it, in `families.<family>.checks`. A proof is accepted
when nothing in it differs from what is computed there, its words included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from analysis.audit.certificate import Certificate
from analysis.audit.context import Checks, Context, Rejected
from analysis.audit.families.contingency import checks as contingency
from analysis.audit.families.p_values import checks as p_values
from analysis.audit.families.percentages import checks as percentages
from analysis.audit.families.percentages.certificates import Restated
from analysis.audit.families.quantities import checks as quantities
from analysis.audit.families.sums import checks as sums
from analysis.audit.families.survival import checks as survival
from analysis.audit.proof import Finding, Verdict, written
from analysis.audit.structure import Structure

CHECKS: Checks = {
    **percentages.CHECKS,
    **sums.CHECKS,
    **quantities.CHECKS,
    **p_values.CHECKS,
    **contingency.CHECKS,
    **survival.CHECKS,
}


def faults(
    finding: Finding, ledger: Iterable[Mapping[str, Any]], structure: Structure
) -> list[str]:
    """Give everything in a finding that does not follow from the ledger; none if it is proved.

    Parameters
    ----------
    finding
        A finding with its proof.
    ledger
        Rows of the ledger, as mappings.
    structure
        What is declared about it.
    """
    context = Context(list(ledger), structure)
    found = _quotations(context, finding)
    if found:
        return found
    for number, certificate in enumerate(finding.proof.certificates, start=1):
        try:
            _expect(context, certificate)
        except (ValueError, LookupError, ArithmeticError) as error:
            found.append(f"certificate {number} ({certificate.kind}): {error}")
    if not found:
        quotes = {quoted.claim_id: quoted for quoted in finding.proof.claims}
        if finding.proof.steps != written(quotes, finding.proof.certificates):
            found.append("the steps do not say what the certificates show")
        found += _verdict(context, finding)
    return found


def _quotations(context: Context, finding: Finding) -> list[str]:
    found = []
    for quoted in finding.proof.claims:
        row = context.rows.get(quoted.claim_id)
        if row is None:
            found.append(f"{quoted.claim_id} is not in the ledger")
            continue
        for name in ("printed", "comparator", "denominator", "locator"):
            stated = row[name]
            if name == "denominator":
                stated = context.denominator(quoted.claim_id)
            if getattr(quoted, name) != stated:
                found.append(f"{quoted.claim_id}, {name}: the ledger has {stated!r}")
    quoted_ids = {quoted.claim_id for quoted in finding.proof.claims}
    used = {name for item in finding.proof.certificates for name in item.claims()}
    found += [f"{name} is used and not quoted" for name in sorted(used - quoted_ids)]
    known = set(context.rows)
    found += [f"{name} is not in the ledger" for name in finding.subject if name not in known]
    return found


def _expect(context: Context, certificate: Certificate) -> None:
    for name, value in CHECKS[type(certificate)].figures(context, certificate).items():
        stated = getattr(certificate, name)
        if stated != value:
            raise Rejected(f"{name} is {_short(stated)}, computed {_short(value)}")


def _verdict(context: Context, finding: Finding) -> list[str]:
    certificates = finding.proof.certificates
    refuting = [item for item in certificates if item.refutes()]
    match finding.verdict:
        case Verdict.IMPOSSIBLE:
            holds = any(CHECKS[type(item)].under_every_reading(item) for item in refuting)
        case Verdict.READING:
            holds = bool(refuting)
        case Verdict.RESTATED:
            holds = any(isinstance(item, Restated) for item in refuting)
        case Verdict.NARROW | Verdict.LIKELY:
            holds = bool(certificates) and not refuting
        case Verdict.UNDECIDED:
            holds = True
    if holds and finding.verdict in {Verdict.IMPOSSIBLE, Verdict.READING}:
        used = {name for item in refuting for name in item.claims()}
        keys = {context.key(name) for name in used}
        holds = all(context.key(name) in keys for name in finding.subject)
    return [] if holds else [f"the certificates do not show: {finding.verdict}"]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

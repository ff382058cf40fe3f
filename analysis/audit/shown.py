"""The audit as a page shows it: findings with their derivations, what passed, what was covered."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from IPython.display import HTML

from analysis.audit.checker import Ledger
from analysis.audit.checker.ledger import PLAIN_ENOUGH
from analysis.audit.engine import RULES, Audit
from analysis.audit.finders.evidence import Evidence
from analysis.audit.form import Finding, Verdict

# A finding quotes no more numbers than this outside its derivation.
_MOST_QUOTED = 12
_MOST_BESIDE = 4

_MEANING = {
    Verdict.IMPOSSIBLE: "No patients could give these numbers together, however they were rounded "
    "and whoever of them has no value.",
    Verdict.READING: "As the number is read here no patients could give it; under another reading "
    "they could. Which one was meant is not for arithmetic to say.",
    Verdict.RESTATED: "One fact is stated by two numbers.",
    Verdict.NARROW: "The numbers hold together in one small window, which says more than either.",
    Verdict.LIKELY: "A reading under which the numbers hold together.",
    Verdict.UNDECIDED: "Too many cases to try; nothing is said about these numbers.",
}


def summary(found: Audit) -> str:
    """Give the audit in a few lines: numbers, and findings by verdict."""
    findings = found.findings
    counts = [
        f"{sum(finding.verdict == verdict for finding in findings):4}  {verdict}"
        for verdict in Verdict
        if any(finding.verdict == verdict for finding in findings)
    ]
    first = f"{len(found.ledger)} numbers, {len(covered(found))} of them covered by a rule"
    return "\n".join([first, *(counts or ["   no finding"])])


def convention(found: Audit) -> HTML:
    """Say how the percentages that are printed beside a count were rounded."""
    evidence = Evidence.of(found.ledger, found.structure)
    counted = ", ".join(
        f"{count} {'cut off' if n == 'truncated' else n}" for n, count in evidence.fitting.items()
    )
    return HTML(
        '<section class="prose findings"><p>Percentages printed beside a count, by what gives '
        f"their digits: {escape(counted)}. All are read in the way that gives most of them, "
        "and in another only where that cannot be. "
        + (
            "Where five or more of an analysis are plainly those of a count, weights and imputed "
            "or rounded counts are no reading of its others."
            if Ledger(evidence.rows, found.structure).fitting.total() >= PLAIN_ENOUGH
            else "They are too few to tell whether they are of plain counts, so that weights and "
            "imputed or rounded counts are a reading of each."
        )
        + "</p></section>"
    )


def covered(found: Audit) -> set[str]:
    """Give the claims that at least one rule has looked at which could have failed for them."""
    rules = {rule.name for rule in RULES if rule.covers}
    return {
        claim
        for name, checks in found.checks.items()
        if name in rules
        for check in checks
        for claim in check.claims
    }


def rules(found: Audit) -> HTML:
    """Give what was checked: each rule, its source, its checks, and what it covers."""
    rows = []
    for rule in RULES:
        checks = found.checks[rule.name]
        claims = {claim for check in checks for claim in check.claims}
        raised = sum(check.finding is not None for check in checks)
        rows.append(
            f'<tr><th scope="row">{escape(rule.name)}</th><td>{escape(rule.question)}'
            f'<br><span class="reason">{escape(rule.source)}</span></td>'
            f'<td class="number">{len(checks)}</td><td class="number">{raised}</td>'
            f'<td class="number">{len(claims)}</td></tr>'
        )
    headings = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Rule", "What it asks, and its source", "Checks", "Findings", "Numbers")
    )
    return _table(
        "rules", "What was checked; numbers are those of the ledger that a rule covers.",
        headings, "".join(rows),
    )  # fmt: skip


def findings(found: Audit, *verdicts: Verdict) -> HTML:
    """Give the findings of some verdicts, each with its derivation; one line if there are none."""
    parts = []
    for verdict in verdicts:
        chosen = [finding for finding in found.findings if finding.verdict == verdict]
        parts.append(
            f"<h3>{escape(str(verdict).capitalize())}</h3><p>{escape(_MEANING[verdict])}</p>"
        )
        parts += [_finding(finding) for finding in chosen] or ["<p>None.</p>"]
    return HTML(f'<section class="prose findings">{"".join(parts)}</section>')


def proofs(chosen: Iterable[Finding]) -> HTML:
    """Give findings with their derivations, each once; one line if there are none."""
    parts = [
        _finding(finding) for finding in {finding.name: finding for finding in chosen}.values()
    ]
    return HTML(f'<section class="prose findings">{"".join(parts) or "<p>None.</p>"}</section>')


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _finding(finding: Finding) -> str:
    steps = "".join(f"<li>{escape(step)}</li>" for step in finding.proof.steps)
    quoted = {item.claim_id: item for item in finding.proof.claims}
    named = [quoted[claim] for claim in finding.subject if claim in quoted]
    # Where it is open which of them would have to differ, all that were used.
    where = [f"{item}" for item in named or list(quoted.values())]
    beside = [f"{item}" for item in quoted.values() if named and item not in named]
    more, others = len(where) - _MOST_QUOTED, len(beside) - _MOST_BESIDE
    sides = [
        (name, "; ".join(items))
        for name, items in (
            ("Where", where[:_MOST_QUOTED] + ([f"and {more} more"] if more > 0 else [])),
            ("Beside", beside[:_MOST_BESIDE] + ([f"and {others} more"] if others > 0 else [])),
            ("Cannot hold", finding.excluded),
            ("Possible if", finding.allowed),
            ("Taken from", finding.declared),
            ("How it may have come about", finding.explanations),
        )
        if items
    ]
    listed = "".join(f"<dt>{name}</dt><dd>{escape(words)}</dd>" for name, words in sides)
    derivation = (
        f"<details><summary>Derivation in {len(finding.proof.steps)} steps, checked</summary>"
        f"<ol>{steps}</ol></details>"
        if steps
        else ""
    )
    return (
        f'<article class="finding" id="{finding.name}">'
        f"<h3>{escape(_capital(finding.title))}</h3>"
        f"{f'<dl>{listed}</dl>' if listed else ''}{derivation}</article>"
    )


def passed(found: Audit) -> HTML:
    """Give what holds, by rule, folded away."""
    parts = []
    for name, checks in found.checks.items():
        says = list(dict.fromkeys(check.says for check in checks if check.says))
        if says:
            items = "".join(f"<li>{escape(text)}</li>" for text in says)
            parts.append(
                f"<details><summary>{escape(name)}: {len(says)} that hold</summary>"
                f"<ul>{items}</ul></details>"
            )
    return HTML(f'<section class="prose findings">{"".join(parts)}</section>')


def uncovered(found: Audit) -> HTML:
    """Give the numbers that no rule covers, folded away."""
    seen = covered(found)
    rows = found.ledger[~found.ledger["claim_id"].isin(seen)]
    items = "".join(
        f"<li>{escape(claim['locator'])}: {escape(claim['printed'])}</li>"
        for claim in rows.to_dict("records")
    )
    return HTML(
        '<section class="prose findings"><details>'
        f"<summary>{len(rows)} numbers that no rule covers</summary>"
        f"<ul>{items}</ul></details></section>"
    )


def rejected(found: Audit) -> HTML:
    """Give the findings whose proofs the checker did not accept; there should be none."""
    items = "".join(
        f"<li>{escape(certificates[0].kind)}: {escape(fault)}</li>"
        for certificates, fault in found.rejected
    )
    proofs = sum(len(finding.proof.certificates) for finding in found.findings)
    words = f"{len(found.findings)} findings rest on {proofs} certificates, all of them checked. "
    words += (
        f"{len(found.rejected)} more were found whose proof was not accepted, and are left out:"
        if items
        else "No proof was refused."
    )
    return HTML(f'<section class="prose findings"><p>{words}</p><ul>{items}</ul></section>')


def _table(name: str, caption: str, headings: str, rows: str) -> HTML:
    return HTML(
        f'<figure class="table verdicts" id="{name}"><figcaption id="{name}_caption">{caption}'
        f'</figcaption><div class="scroll" role="group" tabindex="0" '
        f'aria-labelledby="{name}_caption"><table><thead><tr>{headings}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></figure>"
    )

"""A verdict for every published number: reproduced by the dataset or not, and why not."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.audit.form import Finding, Verdict

REPRODUCED = "reproduced"
IMPOSSIBLE = "impossible (proved)"
READING = str(Verdict.READING)
MISSED = "missed"
NOT_ESTIMATED = "not estimated"

VERDICTS = (REPRODUCED, IMPOSSIBLE, READING, MISSED, NOT_ESTIMATED)

_OF_FINDINGS = {Verdict.IMPOSSIBLE: IMPOSSIBLE, Verdict.READING: READING}


def judge(comparison: pd.DataFrame, answers: Mapping[str, Finding]) -> pd.DataFrame:
    """Give the comparison with a verdict, a reason and the difference of every claim.

    Parameters
    ----------
    comparison
        Claims beside estimates (see `comparison.compare`).
    answers
        By claim_id, the findings of the audit about a number that cannot stand as the ledger takes
        it (see `engine.answers`).

    Returns
    -------
    The comparison with `verdict` (one of `VERDICTS`; what the dataset does not record, or what is
    cut elsewhere under the parameters, is not estimated, which is not missed), `reason`
    (empty for what is reproduced), `finding` (the name of the finding that it rests on, or empty)
    and `difference` (estimate minus published, in the claim's unit).
    """
    verdict = pd.Series(MISSED, index=comparison.index)
    verdict = verdict.mask(~comparison["estimated"], NOT_ESTIMATED)
    of_findings = {claim: _OF_FINDINGS[found.verdict] for claim, found in answers.items()}
    found = comparison["claim_id"].map(of_findings)
    verdict = verdict.mask(found.notna(), found)
    verdict = verdict.mask(comparison["agrees"], REPRODUCED)
    fallback = comparison["estimated"].map({True: "", False: "not estimated from this dataset"})
    reasons = {claim: finding.reason for claim, finding in answers.items()}
    names = {claim: finding.name for claim, finding in answers.items()}
    reason = comparison["claim_id"].map(reasons).fillna(fallback)
    name = comparison["claim_id"].map(names).fillna("")
    return comparison.assign(
        verdict=verdict,
        reason=reason.mask(verdict == REPRODUCED, ""),
        finding=name.mask(verdict == REPRODUCED, ""),
        difference=comparison["estimate"] - comparison["value"],
    )


def summary(verdicts: pd.DataFrame) -> str:
    """Give the last line of a verification."""
    counts = verdicts["verdict"].value_counts()
    every = {name: int(counts.get(name, 0)) for name in VERDICTS}
    absent = every.pop(NOT_ESTIMATED)
    said = "claims: " + ", ".join(f"{count} {name}" for name, count in every.items())
    return f"{said}, {absent} {NOT_ESTIMATED}" if absent else said


def unmet(verdicts: pd.DataFrame) -> list[str]:
    """Give one line a number that is not reproduced."""
    return [
        f"{claim['verdict']}: {claim['locator']}: printed {claim['printed']}, "
        f"this dataset {claim['reproduced']}" + (f" ({claim['reason']})" if claim["reason"] else "")
        for claim in verdicts[verdicts["verdict"] != REPRODUCED].to_dict("records")
    ]

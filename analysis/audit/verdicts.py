"""A verdict for every published number: reproduced by the dataset or not, and why not."""

from __future__ import annotations

import pandas as pd

REPRODUCED = "reproduced"
IMPOSSIBLE = "impossible (proved)"
MISSED = "missed"


def judge(
    comparison: pd.DataFrame, reasons: dict[str, str], proved: frozenset[str] = frozenset()
) -> pd.DataFrame:
    """Give the comparison with a verdict, a reason and the difference of every claim.

    Parameters
    ----------
    comparison
        Claims beside estimates (see `comparison.compare`).
    reasons
        By claim_id, why a number is not reproduced, in words.
    proved
        Claims that no cohort can meet, with a proof that was checked (see
        `engine.proved_claims`).

    Returns
    -------
    The comparison with `verdict` ('reproduced', 'impossible (proved)' or 'missed'), `reason`
    (empty for what is reproduced) and `difference` (estimate minus published, in the claim's
    unit).
    """
    verdict = pd.Series(MISSED, index=comparison.index)
    verdict = verdict.mask(comparison["claim_id"].isin(list(proved)), IMPOSSIBLE)
    verdict = verdict.mask(comparison["agrees"], REPRODUCED)
    fallback = comparison["estimated"].map({True: "", False: "not estimated from this dataset"})
    reason = comparison["claim_id"].map(reasons).fillna(fallback)
    return comparison.assign(
        verdict=verdict,
        reason=reason.mask(verdict == REPRODUCED, ""),
        difference=comparison["estimate"] - comparison["value"],
    )


def summary(verdicts: pd.DataFrame) -> str:
    """Give the last line of a verification."""
    counts = verdicts["verdict"].value_counts()
    reproduced, impossible, missed = (
        int(counts.get(name, 0)) for name in (REPRODUCED, IMPOSSIBLE, MISSED)
    )
    return f"claims: {reproduced} reproduced, {impossible} impossible (proved), {missed} missed"


def unmet(verdicts: pd.DataFrame) -> list[str]:
    """Give one line a number that is not reproduced."""
    return [
        f"{claim['verdict']}: {claim['locator']}: printed {claim['printed']}, "
        f"this dataset {claim['reproduced']}" + (f" ({claim['reason']})" if claim["reason"] else "")
        for claim in verdicts[verdicts["verdict"] != REPRODUCED].to_dict("records")
    ]

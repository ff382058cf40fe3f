"""A verdict for every published number: reproduced by the dataset or not, and why not."""

from __future__ import annotations

import pandas as pd

REPRODUCED = "reproduced"
IMPOSSIBLE = "impossible (proved)"
MISSED = "missed"
NOT_ESTIMATED = "not estimated"

VERDICTS = (REPRODUCED, IMPOSSIBLE, MISSED, NOT_ESTIMATED)


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
    The comparison with `verdict` (one of `VERDICTS`; what the dataset does not record, or what is
    cut elsewhere under the parameters, is not estimated, which is not missed), `reason`
    (empty for what is reproduced) and `difference` (estimate minus published, in the claim's
    unit).
    """
    verdict = pd.Series(MISSED, index=comparison.index)
    verdict = verdict.mask(~comparison["estimated"], NOT_ESTIMATED)
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
    reproduced, impossible, missed, absent = (int(counts.get(name, 0)) for name in VERDICTS)
    said = f"claims: {reproduced} reproduced, {impossible} impossible (proved), {missed} missed"
    return f"{said}, {absent} not estimated" if absent else said


def unmet(verdicts: pd.DataFrame) -> list[str]:
    """Give one line a number that is not reproduced."""
    return [
        f"{claim['verdict']}: {claim['locator']}: printed {claim['printed']}, "
        f"this dataset {claim['reproduced']}" + (f" ({claim['reason']})" if claim["reason"] else "")
        for claim in verdicts[verdicts["verdict"] != REPRODUCED].to_dict("records")
    ]

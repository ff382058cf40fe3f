"""True ledgers are never called impossible; seeded faults are found where exactness can."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from analysis.audit.engine import audit
from analysis.audit.proof import Finding, Verdict
from tests.audit.simulated import FAULTS, STRUCTURE, Simulated, simulate

LEDGERS = 200


def findings(made: Simulated) -> list[Finding]:
    found = audit(made.frame(), STRUCTURE)
    assert found.rejected == (), [faults for _, faults in found.rejected]
    return found.findings


def denies_the_truth(made: Simulated, finding: Finding) -> bool:
    """Tell whether a finding excludes the reading that the simulation took."""
    if finding.verdict == Verdict.IMPOSSIBLE:
        return True
    if finding.verdict != Verdict.READING:
        return False
    cut_off = made.convention == "truncated"
    words = " ".join(finding.excluded)
    return (
        ("rounded" in words and not cut_off)
        or ("cut off" in words and cut_off)
        or "every patient has a value" in words
        or ("association" in words and "sex" in " ".join(finding.subject))
        or ("paired comparison" in words)
        or ("last contact" in words and not made.orfs_at_last_imaging)
    )


@pytest.mark.parametrize("block", range(4))
def test_no_true_ledger_is_called_impossible(block: int) -> None:
    for seed in range(block * LEDGERS // 4, (block + 1) * LEDGERS // 4):
        made = simulate(seed)
        wrong = [finding for finding in findings(made) if denies_the_truth(made, finding)]
        assert wrong == [], (seed, made.n, made.convention, [finding.title for finding in wrong])


@pytest.mark.parametrize("kind", FAULTS)
def test_seeded_faults_are_found(kind: str, record_property: pytest.RecordProperty) -> None:
    shares: Counter[str] = Counter()
    for seed in range(1000, 1000 + LEDGERS // len(FAULTS) + 1):
        made = simulate(seed)
        shows = FAULTS[kind](made, np.random.default_rng(seed))
        found = any(finding.verdict == Verdict.IMPOSSIBLE for finding in findings(made))
        shares["seeded"] += 1
        shares["found"] += found
        shares["shown"] += shows
        # What shows in exact arithmetic is found, under every convention.
        assert found or not shows, (seed, kind)
    record_property("share found", f"{shares['found']}/{shares['seeded']}")
    print(f"{kind}: {shares['found']} of {shares['seeded']} found, {shares['shown']} show")
    assert shares["shown"] > 0

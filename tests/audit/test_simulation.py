"""True ledgers are never called impossible; seeded faults are found where exactness can."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from analysis.audit.engine import audit
from analysis.audit.form import Finding, Verdict
from benchmarks.simulated import FAULTS, Simulated, simulate
from benchmarks.truth import structure_for

# A thousand of them, and twelve of a kind, take six minutes: LEDGERS=1000 OF_A_KIND=12.
LEDGERS = int(os.environ.get("LEDGERS", "150"))
PARTS = 10
OF_A_KIND = int(os.environ.get("OF_A_KIND", "4"))
AGAINST = {Verdict.IMPOSSIBLE, Verdict.READING}
# Rules whose readings are asked for in any cohort that is measured so.
_BY_DEFINITION = {"medians of groups", "test identification"}


def findings(made: Simulated) -> list[Finding]:
    found = audit(made.frame(), structure_for(made))
    assert found.rejected == (), [fault for _, fault in found.rejected]
    return found.findings


def denies_the_truth(made: Simulated, finding: Finding) -> bool:
    """Tell whether a finding says that a number cannot be as it was printed, plainly."""
    if finding.verdict == Verdict.IMPOSSIBLE:
        return True
    if finding.verdict != Verdict.READING or finding.rule in _BY_DEFINITION:
        return False
    used = {quoted.claim_id for quoted in finding.proof.claims}
    if used & made.odd:
        return False
    if finding.rule == "curves that share events":
        return not made.orfs_at_last_imaging
    if finding.rule == "median follow-up":
        return False
    if "estimates in few patients at risk" in " ".join(finding.allowed):
        # With patients lost on the way, the estimates of two endpoints can cross.
        return False
    # Where the article's own way of rounding is not told, a reading names it.
    words = " ".join(finding.allowed)
    told = {
        "truncated": "cut off",
        "rounded up": "rounded up",
        "rounded twice": "rounded twice",
    }.get(made.convention)
    return told is None or not (told in words or "another way" in words or "cut off" in words)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_true_ledger_is_accused(part: int) -> None:
    for seed in range(part * LEDGERS // PARTS, (part + 1) * LEDGERS // PARTS):
        made = simulate(seed)
        wrong = [finding for finding in findings(made) if denies_the_truth(made, finding)]
        assert wrong == [], (
            seed,
            made.n,
            made.convention,
            [(finding.title, finding.allowed) for finding in wrong],
        )


@pytest.mark.parametrize("kind", FAULTS)
def test_seeded_faults_are_found(kind: str, record_property: pytest.RecordProperty) -> None:
    shares: Counter[str] = Counter()
    for seed in range(10_000, 10_000 + OF_A_KIND):
        made = simulate(seed)
        before = {finding.title for finding in findings(made)}
        shows = FAULTS[kind](made, np.random.default_rng(seed))
        found = any(
            finding.verdict in AGAINST and finding.title not in before for finding in findings(made)
        )
        shares["seeded"] += 1
        shares["found"] += found
        shares["shown"] += shows
        # What shows in exact arithmetic is found, under every convention.
        assert found or not shows, (seed, kind, made.n, made.convention)
    record_property("share found", f"{shares['found']}/{shares['seeded']}")
    print(f"{kind}: {shares['found']} of {shares['seeded']} found, {shares['shown']} show")
    assert shares["shown"] > 0


def test_the_order_of_rows_changes_nothing() -> None:
    made = simulate(7)
    rows = list(made.rows)
    np.random.default_rng(1).shuffle(rows)
    other = audit(pd.DataFrame(rows), structure_for(made)).findings
    words = {(finding.verdict, finding.rule) for finding in findings(made)}
    assert {(finding.verdict, finding.rule) for finding in other} == words

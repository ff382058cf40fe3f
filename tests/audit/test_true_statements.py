"""Nothing that is true is called impossible, and the reading in which it is true is named."""

from __future__ import annotations

import pytest

from analysis.audit.form import Verdict
from benchmarks.true_statements import CASES, Case

FALSE = {
    "two sums of one whole, of which one cannot be": 1,
    "one of many, twice over": 1,
    "a percentage that no count gives, of any number": 1,
    "p values that are none": 3,
    "sessions 4 × 1 and 8 × 2 have no mean of 1.5": 1,
    "quartiles in the wrong order, and a mean that no 28 whole numbers have": 1,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_the_audit_says_of_it(case: Case) -> None:
    found = case.audited()
    assert found.rejected == ()
    words = [f"{finding.title}; {'; '.join(finding.allowed)}" for finding in found.findings]
    left = list(words)
    for part in case.says:
        told = next((text for text in left if part in text), None)
        assert told is not None, (part, words)
        left.remove(told)
    assert left == []
    impossible = [f for f in found.findings if f.verdict == Verdict.IMPOSSIBLE]
    assert len(impossible) == FALSE.get(case.name, 0), [f.title for f in impossible]

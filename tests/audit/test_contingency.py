"""P values of larger tables: found, refused, or too many tables to try."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from analysis.article.ledger import COLUMNS
from analysis.audit import checker
from analysis.audit.engine import Audit, audit
from analysis.audit.finders.contingency import bound, p_values
from analysis.audit.form import Contingency, CrossTable, Verdict
from analysis.audit.structure import Structure

CELLS = ((9, 4, 2), (3, 6, 8))


def row(claim: str, statistic: str, printed: str, level: str = "", arm: str = "") -> dict[str, Any]:
    return dict.fromkeys(COLUMNS, "") | {
        "claim_id": claim,
        "analysis_id": "a",
        "group": "arm" if arm else "",
        "group_level": arm,
        "variable": "grade",
        "variable_level": level,
        "statistic": statistic,
        "printed": printed,
        "comparator": "=",
        "denominator": None,
        "locator": claim,
    }


def audited(p: str) -> Audit:
    ids = [[f"{arm}{level}" for level in range(3)] for arm in range(2)]
    rows = [
        row(ids[arm][level], "count", str(CELLS[arm][level]), str(level), str(arm))
        for arm in range(2)
        for level in range(3)
    ]
    structure = Structure.model_validate({"p_tables": [{"claim": "p", "rows": ids}]})
    return audit(pd.DataFrame([*rows, row("p", "p_value", p)]), structure)


@pytest.mark.parametrize("test", ["Pearson", "likelihood ratio", "Fisher-Freeman-Halton"])
def test_a_test_that_gives_the_digits_is_named(test: str) -> None:
    found = audited(f"{p_values(CELLS)[test]:.4f}")
    (check,) = found.checks["p value of a larger table"]
    assert check.finding is None
    assert test in check.says


def test_digits_that_no_test_gives_are_told_with_their_proof() -> None:
    found = audited("0.4444")
    (finding,) = found.findings
    assert finding.verdict == Verdict.READING
    assert finding.subject == ("p",)
    assert found.rejected == ()


def totals(rows: list[int], columns: list[int], p: str) -> Audit:
    ids = [[f"r{i}" for i in range(len(rows))], [f"c{i}" for i in range(len(columns))]]
    claims = [
        row(name, "count", str(count), name)
        for side, counts in zip(ids, (rows, columns), strict=True)
        for name, count in zip(side, counts, strict=True)
    ]
    declared = {"claim": "p", "rows": ids, "margins": True}
    structure = Structure.model_validate({"p_tables": [declared]})
    return audit(pd.DataFrame([*claims, row("p", "p_value", p)]), structure)


def test_every_table_that_margins_allow_is_tried() -> None:
    p = p_values(((3, 1, 1), (1, 2, 4)))["Pearson"]
    found = totals([5, 7], [4, 3, 5], f"{p:.5f}")
    (check,) = found.checks["p value of a larger table"]
    assert check.finding is None
    assert "Pearson" in check.says
    (finding,) = totals([5, 7], [4, 3, 5], "0.99999").findings
    (certificate,) = finding.proof.certificates
    assert isinstance(certificate, Contingency)
    # First row of 5 with at most 4, 3 and 5: 4 + 4 + 4 + 3 + 2 ways.
    assert len(certificate.tables) == 17


def test_too_many_tables_are_not_decided_and_the_bound_is_told() -> None:
    (finding,) = totals([40, 30, 38], [50, 30, 28], "0.25").findings
    assert finding.verdict == Verdict.UNDECIDED
    size = bound([[[40], [30], [38]], [[50], [30], [28]]], True)
    assert f"{size:,}" in finding.title


def test_a_table_left_out_is_noticed() -> None:
    found = totals([5, 7], [4, 3, 5], "0.99999")
    (finding,) = found.findings
    (certificate,) = finding.proof.certificates
    assert isinstance(certificate, Contingency)
    rows: list[dict[str, Any]] = found.ledger.to_dict("records")  # type: ignore[assignment]
    ledger = checker.Ledger(rows, found.structure)

    def rejected(**update: object) -> bool:
        try:
            checker.conclude(ledger, [certificate.model_copy(update=update)])
        except checker.Rejected:
            return True
        return False

    assert not rejected()
    assert rejected(tables=certificate.tables[1:])
    first = certificate.tables[0]
    wrong = CrossTable(cells=first.cells, p={**first.p, "Pearson": "0.5"})
    assert rejected(tables=(wrong, *certificate.tables[1:]))
    assert rejected(fits=(("Pearson", 0),))
    assert rejected(untried=("Fisher-Freeman-Halton",))
    assert Fraction(first.p["Pearson"]) != Fraction(1, 2)


def test_a_test_that_is_too_long_to_compute_leaves_it_undecided() -> None:
    cells = ((20, 30, 40), (30, 20, 25), (10, 30, 20))
    ids = [[f"{arm}{level}" for level in range(3)] for arm in range(3)]
    rows = [
        row(ids[arm][level], "count", str(cells[arm][level]), str(level), str(arm))
        for arm in range(3)
        for level in range(3)
    ]
    structure = Structure.model_validate({"p_tables": [{"claim": "p", "rows": ids}]})
    (finding,) = audit(pd.DataFrame([*rows, row("p", "p_value", "0.9")]), structure).findings
    assert finding.verdict == Verdict.UNDECIDED
    assert "Fisher-Freeman-Halton" in finding.title

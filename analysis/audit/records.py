"""Findings as files: a table for spreadsheets, and JSON with proofs that can be checked again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.audit.engine import Audit
from analysis.audit.form import Finding
from analysis.audit.shown import summary
from analysis.study.spreadsheets import write_csv

COLUMNS = [
    "verdict",
    "rule",
    "title",
    "subject",
    "excluded",
    "allowed",
    "declared",
    "explanations",
    "claims",
    "steps",
]


def to_table(findings: Iterable[Finding]) -> pd.DataFrame:
    """Give one row a finding, in `COLUMNS`; lists are joined, the steps numbered."""
    rows: list[dict[str, str]] = [
        {
            "verdict": str(finding.verdict),
            "rule": finding.rule,
            "title": finding.title,
            "subject": " ".join(finding.subject),
            "excluded": "; ".join(finding.excluded),
            "allowed": "; ".join(finding.allowed),
            "declared": "; ".join(finding.declared),
            "explanations": "; ".join(finding.explanations),
            "claims": " ".join(quoted.claim_id for quoted in finding.proof.claims),
            "steps": " ".join(
                f"{number}. {step}" for number, step in enumerate(finding.proof.steps, start=1)
            ),
        }
        for finding in findings
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def to_json(findings: Iterable[Finding]) -> str:
    """Give findings with their proofs as JSON; fractions are written as such ("1/3")."""
    data: list[dict[str, Any]] = [finding.model_dump(mode="json") for finding in findings]
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> list[Finding]:
    """Read findings that `to_json` wrote.

    Raises
    ------
    pydantic.ValidationError
        When something in it is no finding.
    """
    return [Finding.model_validate(item) for item in json.loads(text)]


def write(found: Audit, folder: Path | str) -> None:
    """Write `findings.csv`, `findings.json` and `summary.txt`; with a folder `""`, nothing."""
    if not str(folder):
        return
    target = Path(folder)
    write_csv(to_table(found.findings), target / "findings.csv")
    (target / "summary.txt").write_text(summary(found) + "\n", encoding="utf-8", newline="\n")
    (target / "findings.json").write_text(to_json(found.findings), encoding="utf-8", newline="\n")

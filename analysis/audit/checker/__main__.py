"""Check a file of proofs again, in a process that holds nothing of what found them."""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from analysis.audit.checker import Ledger, faults
from analysis.audit.form import Finding
from analysis.audit.structure import STRUCTURE, StructureFaults, structure_of

_NEEDED = ("claim_id", "analysis_id", "variable", "statistic", "printed", "locator")
_ALSO = ("group", "group_level", "variable_level")
_SIGN = re.compile(r"[<>]=?")


class Unreadable(Exception):
    """A file that is not what it should be, with what is wrong in one line."""


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read a ledger as plain rows; what a row leaves out follows from what it prints."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows: list[dict[str, Any]] = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"{path}: {error}") from error
    if not rows:
        raise Unreadable(f"{path}: no claims")
    missing = [name for name in _NEEDED if name not in rows[0]]
    if missing:
        raise Unreadable(f"{path}: no column {', '.join(missing)}")
    for row in rows:
        row |= {name: row.get(name) or "" for name in _ALSO}
        of = str(row.get("denominator") or "")
        row["denominator"] = int(of) if of.isdigit() else None
        row["comparator"] = row.get("comparator") or _comparator(str(row["printed"]))
    return rows


def _comparator(printed: str) -> str:
    sign = _SIGN.match(printed.strip().replace("≤", "<=").replace("≥", ">="))
    if sign:
        return sign[0]
    return "=" if re.search(r"\d", printed) else "not reached"


def read_findings(path: Path) -> list[Finding]:
    """Read findings with their proofs."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(raw, list):
            raise Unreadable(f"{path}: no list of findings")
        return [Finding.model_validate(item) for item in raw]
    except (OSError, ValueError, ValidationError) as error:
        first = str(error).splitlines()
        raise Unreadable(f"{path}: no findings: {' '.join(first[:3])}") from error


def main(given: list[str] | None = None) -> int:
    """Check every finding of a file; give 0 if all are proved, 1 if not, 2 if it cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m analysis.audit.checker", description=__doc__)
    parser.add_argument("--proofs", required=True, help="findings.json of an audit")
    parser.add_argument("--ledger", default="", help="its ledger, as CSV (default: the article's)")
    parser.add_argument("--structure", default="", help="default: structure.yaml beside the ledger")
    chosen = parser.parse_args(given)
    ledger = Path(chosen.ledger) if chosen.ledger else STRUCTURE.with_name("claims.csv")
    try:
        read = Ledger(read_rows(ledger), structure_of(ledger, chosen.structure))
        findings = read_findings(Path(chosen.proofs))
    except (Unreadable, StructureFaults, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    refused = 0
    for number, finding in enumerate(findings, start=1):
        found = faults(finding, read)
        refused += bool(found)
        for fault in found:
            print(f"finding {number} ({finding.title}): {fault}")
    proofs = sum(len(finding.proof.certificates) for finding in findings)
    said = f"{len(findings)} findings, {proofs} certificates: "
    print(said + (f"{refused} findings are refused" if refused else "all follow from the ledger"))
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())

"""The checker accepts every proof of the article, and none that was tampered with."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from analysis.article.ledger import read_ledger
from analysis.audit import checker, records
from analysis.audit.engine import Audit, audit
from analysis.audit.evidence import Evidence
from analysis.audit.proof import AnyCertificate, Finding, Verdict
from analysis.audit.structure import read_structure

# A statement of conventions may be weakened and stay true; `because` is a remark.
WORDS = {"because", "conventions"}
MOST = 60


@pytest.fixture(scope="module")
def found() -> Audit:
    return audit(read_ledger(), read_structure())


@pytest.fixture(scope="module")
def rows(found: Audit) -> list[dict[str, Any]]:
    return list(Evidence.of(found.ledger, found.structure).rows)


def leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every number and text, and of every list, within data."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key not in WORDS:
                yield from leaves(value, (*path, key))
    elif isinstance(data, list):
        if data:
            yield path
        for number, value in enumerate(data):
            yield from leaves(value, (*path, number))
    elif data is not None:
        yield path


def changed(value: Any) -> Any:
    """Change a number or a text a little; take the last element of a list away."""
    if isinstance(value, list):
        return value[:-1]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * 1.01 + 1
    if "/" in value and value.replace("/", "").replace("-", "").isdigit():
        top, bottom = value.split("/")
        return f"{int(top) + 1}/{bottom}"
    try:
        return f"{float(value) * 1.01 + 0.001:.6g}"
    except ValueError:
        return f"{value}x"


def tampered(finding: Finding, path: tuple[Any, ...]) -> Finding | None:
    data = copy.deepcopy(finding.model_dump(mode="json"))
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = changed(place[path[-1]])
    try:
        return Finding.model_validate(data)
    except ValidationError:
        return None


def test_no_proof_survives_a_change(found: Audit, rows: list[dict[str, Any]]) -> None:
    survived = []
    tried = 0
    for number, finding in enumerate(found.findings):
        if finding.verdict == Verdict.UNDECIDED:
            continue
        assert checker.faults(finding, rows, found.structure) == []
        every = [("proof", *path) for path in leaves(finding.model_dump(mode="json")["proof"])]
        chosen = random.Random(number).sample(every, min(MOST, len(every)))
        for path in chosen:
            other = tampered(finding, path)
            tried += 1
            if other is not None and not checker.faults(other, rows, found.structure):
                survived.append((finding.title, path))
    assert survived == []
    assert tried > 300


def test_a_verdict_cannot_be_raised(found: Audit, rows: list[dict[str, Any]]) -> None:
    for finding in found.findings:
        if finding.verdict in {Verdict.NARROW, Verdict.LIKELY, Verdict.READING}:
            graver = finding.model_copy(update={"verdict": Verdict.IMPOSSIBLE})
            assert checker.faults(graver, rows, found.structure) != [], finding.title


def test_another_claim_cannot_be_blamed(found: Audit, rows: list[dict[str, Any]]) -> None:
    for finding in found.findings:
        if finding.verdict in {Verdict.IMPOSSIBLE, Verdict.READING}:
            other = finding.model_copy(update={"subject": ("t1-sex-male-n",)})
            assert checker.faults(other, rows, found.structure) != [], finding.title


def test_a_ledger_that_differs_refuses_the_proof(found: Audit, rows: list[dict[str, Any]]) -> None:
    for finding in found.findings:
        for quoted in finding.proof.claims:
            altered = [
                {**row, "printed": "1" + row["printed"]}
                if row["claim_id"] == quoted.claim_id
                else row
                for row in rows
            ]
            assert checker.faults(finding, altered, found.structure) != []


def test_findings_survive_being_written_and_read(found: Audit, rows: list[dict[str, Any]]) -> None:
    read = records.from_json(records.to_json(found.findings))
    assert read == found.findings
    assert all(checker.faults(finding, rows, found.structure) == [] for finding in read)
    table = records.to_table(found.findings)
    assert list(table.columns) == records.COLUMNS
    assert len(table) == len(found.findings)


AUDIT = Path(str(checker.__file__)).parent
CHECKS = sorted(path.relative_to(AUDIT).as_posix() for path in AUDIT.glob("families/*/checks.py"))


def imported(path: Path) -> set[str]:
    """Give the modules of the audit, and of what it rests on, that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("analysis"):
            source = str(node.module)
            inner = [f"{source}.{alias.name}" for alias in node.names]
            found = [name for name in inner if file_of(name).is_file()]
            names |= set(found) or {source}
    return names


def file_of(module: str) -> Path:
    return AUDIT.parents[1].joinpath(*module.split(".")).with_suffix(".py")


@pytest.mark.parametrize("module", ["checker.py", "context.py", "exact.py", *CHECKS])
def test_what_checks_shares_no_code_with_what_finds(module: str) -> None:
    shared = {"certificate", "context", "exact", "proof", "structure"}
    parts = {f"families.{path.split('/')[1]}" for path in CHECKS}
    if module in CHECKS:
        parts = {module.removesuffix("/checks.py").replace("/", ".")}
    own = {f"{part}.{name}" for part in parts for name in ("certificates", "checks")}
    allowed = {f"analysis.audit.{name}" for name in shared | own}
    assert imported(AUDIT / module) <= allowed


def test_what_checks_reaches_nothing_that_finds() -> None:
    reached: set[str] = set()
    waiting = {"analysis.audit.checker"}
    while waiting:
        reached |= waiting
        waiting = {name for module in waiting for name in imported(file_of(module))} - reached
    finders = ("rules", "evidence", "engine", "tests2x2")
    assert {"analysis.audit.exact", "analysis.audit.certificate"} <= reached
    assert [name for name in reached if name.endswith(finders)] == []


def test_every_kind_of_certificate_has_a_check() -> None:
    union = get_args(get_args(AnyCertificate)[0])
    assert set(checker.CHECKS) == set(union)

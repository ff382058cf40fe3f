"""The checker accepts every proof, and none that was tampered with."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from analysis.article.ledger import read_ledger
from analysis.audit import checker, records
from analysis.audit.checker import KINDS, Ledger
from analysis.audit.engine import Audit, audit
from analysis.audit.finders.evidence import Evidence
from analysis.audit.form import AnyCertificate, Finding, Verdict
from analysis.audit.structure import read_structure
from benchmarks.true_statements import CASES

# Of one finding no more places are tried; a table of p values has thousands.
MOST = 260


@pytest.fixture(scope="module")
def article() -> Audit:
    return audit(read_ledger(), read_structure())


@pytest.fixture(scope="module")
def audits(article: Audit) -> list[Audit]:
    """Give audits that have a finding of nearly every kind."""
    return [article, *(case.audited() for case in CASES)]


def ledger_of(found: Audit) -> Ledger:
    return Ledger(Evidence.of(found.ledger, found.structure).rows, found.structure)


def leaves(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every number and text, and of every list, within data."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list):
        yield path
        for number, value in enumerate(data):
            yield from leaves(value, (*path, number))
    else:
        yield path


def changed(value: Any, draw: random.Random) -> Any:
    """Change a number or a text a little; take an element of a list away, or add one twice."""
    if value is None:
        return 1
    if isinstance(value, list):
        if not value:
            return ["x"]
        place = draw.randrange(len(value))
        return [*value[:place], *value[place + 1 :]] if draw.random() < 0.5 else [*value, value[0]]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + draw.choice([-1, 1])
    if isinstance(value, float):
        return value * 1.01 + 1
    if "/" in value and value.replace("/", "").replace("-", "").isdigit():
        top, bottom = value.split("/")
        return f"{int(top) + 1}/{bottom}"
    try:
        return f"{float(value) * 1.01 + 0.001:.6g}"
    except ValueError:
        return f"{value}x"


def tampered(finding: Finding, path: tuple[Any, ...], draw: random.Random) -> Finding | None:
    data = copy.deepcopy(finding.model_dump(mode="json"))
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = changed(place[path[-1]], draw)
    try:
        other = Finding.model_validate(data)
    except ValidationError:
        return None
    return None if other == finding else other


def at(finding: Finding, path: tuple[Any, ...]) -> Any:
    place = finding.model_dump(mode="json")
    for step in path:
        place = place[step]
    return place


def harmless(finding: Finding, other: Finding, path: tuple[Any, ...]) -> bool:
    """Tell whether a changed finding says the same, and is proved by fewer of the claims.

    A claim that a proof does not need may be left out of it: what is left proves the same.
    """
    names = ("rule", "verdict", "title", "subject", "excluded", "allowed", "declared")
    same = all(getattr(finding, name) == getattr(other, name) for name in names)
    before, after = at(finding, path), at(other, path)
    return same and isinstance(before, list) and set(after) < set(before)


def test_no_finding_survives_a_change(audits: list[Audit]) -> None:
    survived, tried = [], 0
    for found in audits:
        ledger = ledger_of(found)
        for number, finding in enumerate(found.findings):
            assert checker.faults(finding, ledger) == []
            every = list(leaves(finding.model_dump(mode="json")))
            draw = random.Random(number)
            for path in draw.sample(every, min(MOST, len(every))):
                other = tampered(finding, path, draw)
                if other is None:
                    continue
                tried += 1
                if not checker.faults(other, ledger) and not harmless(finding, other, path):
                    survived.append((finding.title, path))
    assert survived == []
    assert tried > 2_000


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_cannot_be_changed(audits: list[Audit], verdict: Verdict) -> None:
    for found in audits:
        ledger = ledger_of(found)
        for finding in found.findings:
            if finding.verdict != verdict:
                other = finding.model_copy(update={"verdict": verdict})
                assert checker.faults(other, ledger) != [], finding.title


@pytest.mark.parametrize("name", ["rule", "title", "subject", "excluded", "allowed", "declared",
                                  "explanations"])  # fmt: skip
def test_words_of_another_finding_are_refused(article: Audit, name: str) -> None:
    ledger = ledger_of(article)
    for one in article.findings:
        for two in article.findings:
            if getattr(one, name) != getattr(two, name):
                forged = one.model_copy(update={name: getattr(two, name)})
                assert checker.faults(forged, ledger) != [], one.title


def test_a_method_that_always_says_true_lets_nothing_pass(
    article: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a certificate says of itself is nothing to the checker: it has no say."""
    for kind in KINDS:
        assert not [name for name in vars(kind) if name in {"refutes", "check", "says", "steps"}]
    ledger = ledger_of(article)
    for finding in article.findings:
        for item in finding.proof.certificates:
            monkeypatch.setattr(type(item), "refutes", lambda _: True, raising=False)
        if len(finding.proof.certificates) > 1:
            with pytest.raises(checker.Rejected):
                # A certificate that only supports, put first, is no finding of its own.
                checker.conclude(ledger, finding.proof.certificates[-1:])


def test_a_ledger_that_differs_refuses_the_proof(article: Audit) -> None:
    rows = list(Evidence.of(article.ledger, article.structure).rows)
    for finding in article.findings:
        for quoted in finding.proof.claims:
            altered = [
                {**row, "printed": "1" + row["printed"]}
                if row["claim_id"] == quoted.claim_id
                else row
                for row in rows
            ]
            assert checker.faults(finding, Ledger(altered, article.structure)) != []


def test_findings_survive_being_written_and_read(article: Audit) -> None:
    read = records.from_json(records.to_json(article.findings))
    assert read == article.findings
    assert all(checker.faults(finding, ledger_of(article)) == [] for finding in read)
    table = records.to_table(article.findings)
    assert list(table.columns) == records.COLUMNS
    assert len(table) == len(article.findings)


def test_every_kind_of_certificate_has_a_check() -> None:
    assert set(KINDS) == set(get_args(get_args(AnyCertificate)[0]))


def test_every_rule_of_the_checker_is_one_that_finds(audits: list[Audit]) -> None:
    for found in audits:
        for name, checks in found.checks.items():
            assert {check.finding.rule for check in checks if check.finding} <= {
                name,
                # Rates are ordered by a rule for curves, with the order of other statistics.
                "order of statistics",
                "order on survival curves",
                "test identification",
            }

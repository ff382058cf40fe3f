"""How often the audit finds what is wrong, and accuses what is true: `make bench BENCH=truth`.

The ledgers lie in data/ledgers/benchmark, so that other tools can be run on the same files;
`python -m benchmarks.truth` writes those of them that are made.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from analysis.article.ledger import COLUMNS, read_ledger
from analysis.audit.engine import audit
from analysis.audit.form import Verdict
from analysis.audit.structure import Structure, structure_of
from benchmarks.simulated import FAULTS, STRUCTURE, Simulated, simulate
from benchmarks.true_statements import CASES

FOLDER = Path(__file__).resolve().parents[1] / "data" / "ledgers" / "benchmark"
EXPECTED = FOLDER / "expected.csv"
TRUE_LEDGERS, OF_A_KIND = 20, 3
AGAINST = {Verdict.IMPOSSIBLE, Verdict.READING, Verdict.RESTATED}


@dataclass(frozen=True)
class Expected:
    """A ledger of the benchmark and what is known of it.

    Attributes
    ----------
    ledger : its folder, within the benchmark's.
    kind : simulated, unusual, article, or the kind of fault that was seeded.
    wrong : claims of which one at least is not true; with several, any of them may be named.
    unusual : claims that are true and printed in an unusual way, of which a reading may be asked.
    """

    ledger: str
    kind: str
    wrong: tuple[str, ...]
    unusual: tuple[str, ...]


# Writing ----------------------------------------------------------------------------------------


def structure_for(made: Simulated) -> Structure:
    """Give what is declared of a simulated ledger: of its p values, those that it prints."""
    claims = {row["claim_id"] for row in made.rows}
    families = tuple(
        family
        for family in STRUCTURE.p_values
        if all(value.claim in claims for value in family.values)
    )
    return STRUCTURE.model_copy(update={"p_values": families})


def made() -> Iterator[tuple[Expected, pd.DataFrame, Structure]]:
    """Give the ledgers that are made: simulated, with seeded faults, and unusual ones."""
    for seed in range(TRUE_LEDGERS):
        one = simulate(seed)
        expected = Expected(f"simulated/{seed:02d}", "simulated", (), tuple(sorted(one.odd)))
        yield expected, one.frame(), structure_for(one)
    for kind, seed_fault in FAULTS.items():
        found, seed = 0, 20_000
        while found < OF_A_KIND:
            seed += 1
            one, before = simulate(seed), simulate(seed)
            if not seed_fault(one, np.random.default_rng(seed)):
                continue
            found += 1
            old = {row["claim_id"]: row["printed"] for row in before.rows}
            wrong = tuple(r["claim_id"] for r in one.rows if r["printed"] != old[r["claim_id"]])
            name = f"seeded/{kind.replace(' ', '_')}_{found}"
            expected = Expected(name, kind, wrong, tuple(sorted(one.odd)))
            yield expected, one.frame(), structure_for(one)
    for number, case in enumerate(CASES, start=1):
        structure = Structure.model_validate({"title": case.name, **case.declared})
        claims = tuple(row["claim_id"] for row in case.rows)
        # A name that every system of files has.
        words = re.sub(r"[^a-z0-9]+", "_", case.name.lower()).split("_")[:6]
        name = f"unusual/{number:02d}_{'_'.join(words)}"
        expected = Expected(name, "unusual", case.wrong, claims)
        yield expected, pd.DataFrame(case.rows), structure


def write(folder: Path = FOLDER) -> None:
    """Write the ledgers that are made, and what is known of them; articles stay as they are."""
    rows = [row for row in read_expected(folder) if row.kind == "article"]
    for part in ("simulated", "seeded", "unusual"):
        shutil.rmtree(folder / part, ignore_errors=True)
    for expected, claims, structure in made():
        target = folder / expected.ledger
        target.mkdir(parents=True)
        kept = [name for name in COLUMNS if name not in {"value", "decimals", "unit", "reading"}]
        kept.remove("note")
        cells = claims.reindex(columns=kept)
        cells["denominator"] = pd.to_numeric(cells["denominator"]).astype("Int64")
        cells.to_csv(target / "claims.csv", index=False, lineterminator="\n")
        declared = structure.model_dump(mode="json", exclude_defaults=True)
        text = yaml.safe_dump(declared, sort_keys=False, allow_unicode=True)
        (target / "structure.yaml").write_text(text, encoding="utf-8")
        rows.append(expected)
    with (folder / EXPECTED.name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["ledger", "kind", "wrong", "unusual"])
        for row in rows:
            writer.writerow([row.ledger, row.kind, " ".join(row.wrong), " ".join(row.unusual)])


def read_expected(folder: Path = FOLDER) -> list[Expected]:
    """Read what is known of the ledgers."""
    with (folder / EXPECTED.name).open(newline="", encoding="utf-8") as file:
        return [
            Expected(
                row["ledger"],
                row["kind"],
                tuple(row["wrong"].split()),
                tuple(row["unusual"].split()),
            )
            for row in csv.DictReader(file)
        ]


# Measuring --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What the audit says of a ledger: numbers of statements.

    Attributes
    ----------
    found : whether something is said of what is wrong.
    impossible, asked : findings about true statements alone, called impossible or possible under
        another reading; those of unusual ones are not counted among the second.
    """

    expected: Expected
    found: bool
    impossible: int
    asked: int


def measured(folder: Path = FOLDER) -> Iterator[Result]:
    """Audit every ledger of the benchmark."""
    for expected in read_expected(folder):
        path = folder / expected.ledger / "claims.csv"
        findings = audit(read_ledger(path), structure_of(path)).findings
        wrong, unusual = set(expected.wrong), set(expected.unusual)
        about = [
            (finding.verdict, {quoted.claim_id for quoted in finding.proof.claims})
            for finding in findings
            if finding.verdict in AGAINST
        ]
        yield Result(
            expected,
            found=any(claims & wrong for _, claims in about),
            impossible=sum(
                verdict == Verdict.IMPOSSIBLE and not claims & wrong for verdict, claims in about
            ),
            asked=sum(
                verdict == Verdict.READING and not claims & (wrong | unusual)
                for verdict, claims in about
            ),
        )


def rows(folder: Path = FOLDER) -> list[dict[str, object]]:
    """Give one row a kind: ledgers, those with something wrong, those found, and false findings."""
    results = list(measured(folder))
    kinds = list(dict.fromkeys(result.expected.kind for result in results))
    table: list[dict[str, object]] = []
    for kind in kinds:
        own = [result for result in results if result.expected.kind == kind]
        wrong = [result for result in own if result.expected.wrong]
        table.append(
            {
                "kind": kind,
                "ledgers": len(own),
                "wrong": len(wrong),
                "found": sum(result.found for result in wrong),
                "impossible": sum(result.impossible for result in own),
                "asked": sum(result.asked for result in own),
            }
        )
    return table


if __name__ == "__main__":
    write()

"""Make a synthetic cohort: python -m analysis.zhai_2025.synthesis --seed 7 --out data/synthetic."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from analysis.study.interruption import ended_by_signals
from analysis.zhai_2025.synthesis.description import SHIPPED


def main(arguments: list[str] | None = None) -> int:
    """Search, then write; nothing is written when the search fails."""
    parser = argparse.ArgumentParser(
        prog="python -m analysis.zhai_2025.synthesis", description=__doc__
    )
    parser.add_argument(
        "--seed", type=int, default=SHIPPED, help="another seed, another cohort (%(default)s)"
    )
    parser.add_argument("--out", type=Path, default=Path("data/synthetic"), help="folder to write")
    parser.add_argument("--ledger", type=Path, help="published numbers (CSV)")
    chosen = parser.parse_args(arguments)
    if chosen.seed < 0:
        parser.error(f"a seed is a whole number from 0 up, not {chosen.seed}")
    with ended_by_signals(f"Interrupted; {chosen.out}/ is whole."):
        return _make(chosen.seed, chosen.out, chosen.ledger)


def _make(seed: int, out: Path, ledger: Path | None) -> int:
    began = time.monotonic()

    def progress(words: str) -> None:
        print(f"[{time.monotonic() - began:6.1f} s] {words}", flush=True)

    # Imported here: it takes seconds, in which somebody may interrupt.
    from analysis.article.ledger import CLAIMS, LedgerFaults, read_ledger
    from analysis.audit.engine import answers_of
    from analysis.audit.structure import read_structure
    from analysis.cohort import save
    from analysis.synthesis import margins, search
    from analysis.synthesis.targets import MissingClaim, Targets
    from analysis.zhai_2025.synthesis import description
    from analysis.zhai_2025.synthesis.plan import plan

    try:
        targets = Targets(read_ledger(ledger or CLAIMS))
        # What is known of the article is excused, whatever else another ledger asks for.
        excused = answers_of(read_ledger(CLAIMS), read_structure())
        found = search.find(plan(), targets, seed, progress, excused)
    except (LedgerFaults, MissingClaim, margins.ConflictingClaims, search.NotReached) as failure:
        print(f"{failure}\n{out}/ is left as it was.", file=sys.stderr)
        return 1
    described = description.description(len(found.tables["patients"]), seed)
    remark = description.remark(seed)
    try:
        save.write_dataset(out, found.tables, described, remark)
    except OSError as error:
        where = error.filename or out
        print(f"Could not write {where}: {error.strerror or error}.", file=sys.stderr)
        return 1
    progress(
        f"every number is met after {found.attempts} attempts, {found.evaluations:,} evaluations; "
        f"written to {out}/"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

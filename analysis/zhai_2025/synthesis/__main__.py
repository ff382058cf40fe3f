"""Make a synthetic cohort: python -m analysis.zhai_2025.synthesis --seed 7 --out data/synthetic."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.study.interruption import ended_by_signals
from analysis.zhai_2025.synthesis.command import Progress, carried_out
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
        return carried_out(
            lambda progress: _make(chosen.seed, chosen.out, chosen.ledger, progress), chosen.out
        )


def _make(seed: int, out: Path, ledger: Path | None, progress: Progress) -> str:
    from analysis.article.ledger import CLAIMS, read_ledger
    from analysis.audit.engine import answers_of
    from analysis.audit.structure import read_structure
    from analysis.cohort import save
    from analysis.synthesis import search
    from analysis.synthesis.targets import Targets
    from analysis.zhai_2025.synthesis import description
    from analysis.zhai_2025.synthesis.plan import plan

    targets = Targets(read_ledger(ledger or CLAIMS))
    # What is known of the article is excused, whatever else another ledger asks for.
    excused = answers_of(read_ledger(CLAIMS), read_structure())
    found = search.find(plan(), targets, seed, progress, excused)
    described = description.description(len(found.tables["patients"]), seed)
    save.write_dataset(out, found.tables, described, description.remark(seed))
    return (
        f"every number is met after {found.attempts} attempts, {found.evaluations:,} evaluations; "
        f"written to {out}/"
    )


if __name__ == "__main__":
    raise SystemExit(main())

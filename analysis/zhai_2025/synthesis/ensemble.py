"""Find many cohorts: python -m analysis.zhai_2025.synthesis.ensemble --members 100."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.study.interruption import ended_by_signals
from analysis.zhai_2025.synthesis.command import Progress, carried_out


def main(arguments: list[str] | None = None) -> int:
    """Find members, keep each as it comes, and write them all."""
    parser = argparse.ArgumentParser(
        prog="python -m analysis.zhai_2025.synthesis.ensemble", description=__doc__
    )
    parser.add_argument("--members", type=int, default=100, metavar="N", help="how many cohorts")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the first; the others go on from it"
    )
    parser.add_argument("--out", type=Path, default=Path("data/ensemble"), help="folder to write")
    parser.add_argument("--ledger", default="", help="published numbers (CSV)")
    parser.add_argument("--workers", type=int, default=0, choices=range(0, 65), metavar="N")
    parser.add_argument("--scheduler", default="", metavar="ADDRESS", help="a Dask cluster")
    chosen = parser.parse_args(arguments)
    if chosen.seed < 0:
        parser.error(f"a seed is a whole number from 0 up, not {chosen.seed}")
    if not 1 <= chosen.members <= 100_000:
        parser.error(f"an ensemble has 1 to 100,000 members, not {chosen.members}")
    with ended_by_signals(
        f"Interrupted; members that were found are kept in {chosen.out}/, the next run goes on.",
    ):
        return carried_out(lambda progress: _find(chosen, progress), chosen.out)


def _find(chosen: argparse.Namespace, progress: Progress) -> str:
    from analysis.synthesis import ensemble
    from analysis.zhai_2025.synthesis.members import ways

    asked = ensemble.Asked(chosen.members, chosen.seed, ways, chosen.ledger)
    return ensemble.run(asked, chosen.out, progress, chosen.workers, chosen.scheduler)


if __name__ == "__main__":
    raise SystemExit(main())

"""Find witnesses of extremes: python -m analysis.zhai_2025.synthesis.witnesses."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.study.interruption import ended_by_signals
from analysis.zhai_2025.synthesis.command import Progress, carried_out


def main(arguments: list[str] | None = None) -> int:
    """Find witnesses, keep each as it comes, and write them all."""
    parser = argparse.ArgumentParser(
        prog="python -m analysis.zhai_2025.synthesis.witnesses", description=__doc__
    )
    parser.add_argument("--seed", type=int, default=1, help="of the ensemble, and of the search")
    parser.add_argument("--out", type=Path, default=Path("data/ensemble"), help="folder to write")
    parser.add_argument("--ledger", default="", help="published numbers (CSV)")
    parser.add_argument("--workers", type=int, default=0, choices=range(0, 65), metavar="N")
    parser.add_argument(
        "--of", default="", metavar="TEXT", help="only statistics whose names hold this"
    )
    chosen = parser.parse_args(arguments)
    if chosen.seed < 0:
        parser.error(f"a seed is a whole number from 0 up, not {chosen.seed}")
    with ended_by_signals(
        f"Interrupted; witnesses that were found are kept in {chosen.out}/, the next run goes on.",
    ):
        return carried_out(lambda progress: _find(chosen, progress), chosen.out)


def _find(chosen: argparse.Namespace, progress: Progress) -> str:
    from analysis.study.errors import ReadableError
    from analysis.synthesis import witnesses
    from analysis.zhai_2025.synthesis.members import ways
    from analysis.zhai_2025.synthesis.pushed import PUSHED

    pushed = [one for one in PUSHED if chosen.of in one.name]
    if not pushed:
        known = ", ".join(one.name for one in PUSHED[:3])
        raise ReadableError(f"No statistic is called like '{chosen.of}'; there are {known}, …")
    asked = witnesses.Asked(pushed, chosen.seed, ways, chosen.ledger)
    return witnesses.run(asked, chosen.out, progress, chosen.workers)


if __name__ == "__main__":
    raise SystemExit(main())

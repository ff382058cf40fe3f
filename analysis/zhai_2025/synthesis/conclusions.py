"""Count conclusions that change over the ensemble: make ensemble-conclusions MEMBERS=16."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.study.interruption import ended_by_signals
from analysis.zhai_2025.synthesis.command import Progress, carried_out


def main(arguments: list[str] | None = None) -> int:
    """Ask each member under every variant, keep each as it comes, and write what was found."""
    parser = argparse.ArgumentParser(
        prog="python -m analysis.zhai_2025.synthesis.conclusions", description=__doc__
    )
    parser.add_argument("--members", type=int, default=16, metavar="M", help="the first so many")
    parser.add_argument("--folder", type=Path, default=Path("data/ensemble"), help="the ensemble")
    parser.add_argument("--variants", default="", metavar="PATH", help="a folder, or a file")
    parser.add_argument("--workers", type=int, default=0, choices=range(0, 65), metavar="N")
    parser.add_argument("--scheduler", default="", metavar="ADDRESS", help="a Dask cluster")
    chosen = parser.parse_args(arguments)
    if chosen.members < 1:
        parser.error(f"at least one member is asked, not {chosen.members}")
    with ended_by_signals(
        f"Interrupted; members that were asked are kept in {chosen.folder}/, the next run goes on.",
    ):
        return carried_out(lambda progress: _count(chosen, progress), chosen.folder)


def _count(chosen: argparse.Namespace, progress: Progress) -> str:
    from analysis.article.ledger import CLAIMS, read_ledger
    from analysis.estimates.ensemble import ledger_digest
    from analysis.sensitivity import counting
    from analysis.sensitivity.variants import VARIANTS, read_variants
    from analysis.zhai_2025.study import STUDY

    base = STUDY.parameters()
    return counting.count(
        STUDY,
        ledger_digest(read_ledger(CLAIMS)),
        base,
        read_variants(base, chosen.variants or VARIANTS),
        chosen.members,
        progress,
        chosen.folder,
        chosen.workers,
        chosen.scheduler,
    )


if __name__ == "__main__":
    raise SystemExit(main())

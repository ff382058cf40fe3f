"""Count conclusions that change over the ensemble: make ensemble-conclusions MEMBERS=16."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import psutil

from analysis.study.interruption import ended_by_signals


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
        _end_workers,
    ):
        return _count(chosen)


def _end_workers() -> None:
    for child in psutil.Process().children(recursive=True):
        child.kill()


def _count(chosen: argparse.Namespace) -> int:
    began = time.monotonic()

    def progress(words: str) -> None:
        print(f"[{time.monotonic() - began:6.1f} s] {words}", flush=True)

    # Imported here: it takes seconds, in which somebody may interrupt.
    from analysis.article.ledger import CLAIMS, read_ledger
    from analysis.estimates.ensemble import ledger_digest
    from analysis.sensitivity import cohorts
    from analysis.sensitivity.variants import VARIANTS, read_variants
    from analysis.study.errors import ReadableError
    from analysis.zhai_2025.study import STUDY

    try:
        base = STUDY.parameters()
        said = cohorts.count(
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
    except ReadableError as failure:
        print(failure, file=sys.stderr)
        return failure.status
    except OSError as error:
        where = error.filename or chosen.folder
        print(f"Could not read or write {where}: {error.strerror or error}.", file=sys.stderr)
        return 1
    progress(said)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

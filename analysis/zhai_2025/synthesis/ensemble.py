"""Find many cohorts: python -m analysis.zhai_2025.synthesis.ensemble --members 100."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import psutil

from analysis.study.interruption import ended_by_signals


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
        _end_workers,
    ):
        return _make(chosen)


def _end_workers() -> None:
    for child in psutil.Process().children(recursive=True):
        child.kill()


def _make(chosen: argparse.Namespace) -> int:
    began = time.monotonic()

    def progress(words: str) -> None:
        print(f"[{time.monotonic() - began:6.1f} s] {words}", flush=True)

    # Imported here: it takes seconds, in which somebody may interrupt.
    from analysis.article.ledger import LedgerFaults
    from analysis.study.errors import ReadableError
    from analysis.synthesis import ensemble, margins
    from analysis.synthesis.targets import MissingClaim
    from analysis.zhai_2025.synthesis.members import ways

    asked = ensemble.Asked(chosen.members, chosen.seed, ways, chosen.ledger)
    try:
        progress(ensemble.run(asked, chosen.out, progress, chosen.workers, chosen.scheduler))
    except (LedgerFaults, MissingClaim, margins.ConflictingClaims) as failure:
        print(f"{failure}\n{chosen.out}/ is left as it was.", file=sys.stderr)
        return 1
    except ReadableError as failure:
        print(failure, file=sys.stderr)
        return failure.status
    except OSError as error:
        where = error.filename or chosen.out
        print(f"Could not read or write {where}: {error.strerror or error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

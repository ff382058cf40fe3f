"""What the commands of the search share: lines of progress, failures in words, how they end."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

Progress = Callable[[str], None]


def carried_out(work: Callable[[Progress], str], place: Path) -> int:
    """Do some work and print what it says; give the exit status.

    Parameters
    ----------
    work
        Is given what prints a line of progress with the seconds so far; gives the last line. It
        imports what it needs itself, which takes seconds in which somebody may interrupt.
    place
        What it writes, named where it fails.
    """
    began = time.monotonic()

    def progress(words: str) -> None:
        print(f"[{time.monotonic() - began:6.1f} s] {words}", flush=True)

    from analysis.article.ledger import LedgerFaults
    from analysis.study.errors import ReadableError
    from analysis.synthesis.margins import ConflictingClaims
    from analysis.synthesis.search import NotReached
    from analysis.synthesis.targets import MissingClaim

    try:
        progress(work(progress))
    except (LedgerFaults, MissingClaim, ConflictingClaims, NotReached) as failure:
        print(f"{failure}\n{place} is left as it was.", file=sys.stderr)
        return 1
    except ReadableError as failure:
        print(failure, file=sys.stderr)
        return failure.status
    except OSError as error:
        where = error.filename or place
        print(f"Could not read or write {where}: {error.strerror or error}.", file=sys.stderr)
        return 1
    return 0

"""Prove what the article says of hazard ratios that it does not print, or check the proofs.

python -m analysis.zhai_2025.synthesis.prove --out data/ensemble/bounds.json
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pydantic import ValidationError

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.cohort.read import load
from analysis.estimates.ensemble import ledger_digest
from analysis.study.errors import ReadableError
from analysis.study.interruption import ended_by_signals
from analysis.study.spreadsheets import write_csv
from analysis.synthesis.bounds import checker, matters, run
from analysis.synthesis.bounds.run import Curves
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.study import STUDY
from analysis.zhai_2025.synthesis.bounds import COUNTED, MONTHS
from analysis.zhai_2025.synthesis.command import Progress, carried_out
from analysis.zhai_2025.synthesis.factors import NAMES


def main(arguments: list[str] | None = None) -> int:
    """Write the bounds, each checked before it is written; or check those that are there."""
    parser = argparse.ArgumentParser(
        prog="python -m analysis.zhai_2025.synthesis.prove",
        description=__doc__.partition("\n")[0],
    )
    parser.add_argument("--out", type=Path, default=Path("data/ensemble") / run.FILE)
    parser.add_argument("--dataset", default="synthetic", help="on the days of which too")
    parser.add_argument("--ledger", type=Path, default=CLAIMS, help="published numbers (CSV)")
    parser.add_argument("--workers", type=int, default=0, help="processes; 0 is one a core")
    parser.add_argument("--check", action="store_true", help="only check what is there")
    chosen = parser.parse_args(arguments)
    with ended_by_signals(f"Interrupted; {chosen.out} is whole."):
        return carried_out(lambda progress: _prove(chosen, progress), chosen.out)


def _prove(chosen: argparse.Namespace, progress: Progress) -> str:
    curves = curves_of(chosen.dataset)
    if chosen.check:
        try:
            file = run.read(chosen.out)
            number = run.check(file.proved, chosen.ledger, curves, file.curves)
        except ValidationError:
            raise ReadableError(
                f"{chosen.out}: no file of bounds; 'make bounds' writes one."
            ) from None
        except checker.Rejected as reason:
            raise ReadableError(f"{chosen.out}: not proved: {reason}.") from None
        return f"{number} bounds hold"
    ledger = read_ledger(chosen.ledger)
    targets = Targets(ledger)
    everything = run.prove(targets, COUNTED, NAMES, curves, chosen.workers, progress)
    of_curves = run.prove_curves(targets, COUNTED, MONTHS)
    number = run.check(everything, chosen.ledger, curves, of_curves)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    run.write(chosen.out, everything, ledger_digest(ledger), of_curves)
    progress(f"{number} bounds are proved and checked; written to {chosen.out}")
    found = matters.table(targets, COUNTED, NAMES, curves, chosen.workers)
    beside = chosen.out.with_name(matters.FILE)
    new = beside.with_name(beside.name + ".new")
    write_csv(found, new)
    new.replace(beside)
    return f"which printed number matters for them; written to {beside}"


def curves_of(dataset: str) -> dict[str, Curves]:
    """Give days and events of a dataset's patients, by endpoint."""
    cohort = load(dataset, STUDY, {})
    times = {endpoint: cohort.times(endpoint) for endpoint in COUNTED.compared}
    return {
        endpoint: (each["days"].to_numpy(dtype="int64"), each["event"].to_numpy(dtype="int64"))
        for endpoint, each in times.items()
    }


if __name__ == "__main__":
    raise SystemExit(main())

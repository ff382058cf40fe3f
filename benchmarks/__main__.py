"""Print every figure of speed as Markdown: `make bench`."""

from __future__ import annotations

import os
import platform
import statistics
import sys

import lifelines
import numba
import numpy

from benchmarks import audit, cohorts, kernels

SEEDS = range(1, 11)


def main() -> int:
    """Run all benchmarks; progress goes to standard error, tables to standard output."""

    def progress(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    print(
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"numpy {numpy.__version__}, numba {numba.__version__}, lifelines {lifelines.__version__}\n"
    )
    _print_rates(kernels.rates(progress))
    _print_runs(cohorts.runs(SEEDS, progress))
    _print_audit(audit.seconds())
    return 0


def _print_rates(rates: dict[str, float]) -> None:
    incremental, *_, numpys, lifeline = rates.values()
    print("| evaluation of a factor of Table 5, one core | a second | kernel is faster by |")
    print("| --- | ---: | ---: |")
    for name, rate in rates.items():
        print(f"| {name} | {rate:,.0f} | {incremental / rate:,.0f} |")
    print(f"\nAgainst lifelines: {incremental / lifeline:,.0f} times (goal 5,000).")
    print(f"Against numpy: {incremental / numpys:,.0f} times (goal 20).\n")


def _print_runs(runs: list[cohorts.Run]) -> None:
    print("| seed | seconds | attempts | evaluations | numbers missed |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for run in runs:
        print(
            f"| {run.seed} | {run.seconds:.1f} | {run.attempts} | {run.evaluations:,} "
            f"| {run.missed} |"
        )
    exact = sum(run.missed == 0 for run in runs)
    median = statistics.median(run.seconds for run in runs)
    print(f"\nExact: {exact} of {len(runs)} seeds; median {median:.1f} s (goal 30).\n")


def _print_audit(seconds: dict[str, float]) -> None:
    print("| rule of the audit | seconds |")
    print("| --- | ---: |")
    for rule, taken in seconds.items():
        print(f"| {rule} | {taken:.2f} |")
    print(f"\nThe whole audit: {sum(seconds.values()):.1f} s (goal 60).")


if __name__ == "__main__":
    raise SystemExit(main())

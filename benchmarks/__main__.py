"""Print every figure of speed as Markdown: `make bench`, or `make bench BENCH=builds` for one."""

from __future__ import annotations

import math
import os
import platform
import statistics
import sys
from collections.abc import Callable

import lifelines
import numba
import numpy

from benchmarks import (
    audit,
    bounds,
    builds,
    cohorts,
    counts,
    ensemble,
    growth,
    kernels,
    libraries,
    live,
    million,
    truth,
    what_if,
)

SEEDS = range(1, 11)
PATIENTS = int(os.environ.get("BENCH_PATIENTS", "1000000"))
COUNTED = int(os.environ.get("BENCH_PATIENTS", "200000"))


def main(names: list[str]) -> int:
    """Run benchmarks; progress goes to standard error, tables to standard output."""

    def progress(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    parts: dict[str, Callable[[], None]] = {
        "search": lambda: _print_search(progress),
        "ensemble": lambda: _print_ensemble(ensemble.measure(4, 8, progress)),
        "bounds": lambda: _print_bounds(bounds.measure(100, progress)),
        "audit": lambda: _print_audit(audit.seconds()),
        "truth": lambda: _print_truth(truth.rows()),
        "builds": lambda: _print_builds(builds.seconds_of_builds(progress)),
        "live": lambda: print(*live.lines(live.measure(progress)), sep="\n"),
        "what_if": lambda: print(*what_if.lines(what_if.measure(progress)), sep="\n"),
        "counts": lambda: _print_counts(counts.measure(COUNTED, progress)),
        "million": lambda: _print_steps(million.steps(PATIENTS, progress)),
        "growth": lambda: _print_growth(growth.rows(progress)),
        "libraries": lambda: _print_libraries(libraries.rows(PATIENTS, progress)),
    }
    if unknown := set(names) - parts.keys():
        print(f"There is no benchmark {', '.join(unknown)}; there are {', '.join(parts)}.")
        return 2
    print(
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"numpy {numpy.__version__}, numba {numba.__version__}, lifelines {lifelines.__version__}\n"
    )
    # Asked for by name: it takes half an hour, and needs what the project does not.
    for name in names or [name for name in parts if name != "libraries"]:
        parts[name]()
    return 0


def _print_search(progress: Callable[[str], None]) -> None:
    _print_rates(kernels.rates(progress))
    _print_runs(cohorts.runs(SEEDS, progress))


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


def _print_bounds(result: bounds.Result) -> None:
    print("| bounds of what is not printed | |")
    print("| --- | ---: |")
    print(f"| proved on all cores, s (goal 60 on 2) | {result.prove:.0f} |")
    print(f"| checked on one, s | {result.check:.0f} |")
    print(f"| how many | {result.bounds} |")
    print(f"| true cohorts outside, of {result.cohorts} | {result.outside} |\n")


def _print_ensemble(result: ensemble.Result) -> None:
    print("| of an ensemble, one core | |")
    print("| --- | ---: |")
    print(f"| seconds a member that is searched for | {result.found:.1f} |")
    print(f"| seconds a member that is walked to | {result.walked:.1f} |")
    print(f"| members a minute by walking (goal 50) | {result.a_minute:.0f} |")
    print(f"| most patients that two members share | {result.shared} |")
    print(f"| spread of those walked to, of that of those found | {result.spread:.2f} |\n")


def _print_truth(rows: list[dict[str, object]]) -> None:
    print("| ledgers | how many | with a fault | found | true, called impossible | true, asked |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        print(f"| {' | '.join(map(str, row.values()))} |")
    print()


def _print_audit(seconds: dict[str, float]) -> None:
    print("| rule of the audit | seconds |")
    print("| --- | ---: |")
    for rule, taken in seconds.items():
        print(f"| {rule} | {taken:.2f} |")
    print(f"\nThe whole audit: {sum(seconds.values()):.1f} s (goal 60).\n")


def _print_builds(rows: list[builds.Row]) -> None:
    print("| build | seconds | ratio | goal |")
    print("| --- | ---: | ---: | ---: |")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
        print(f"| {row.name} | {row.seconds:.2f} | {ratio} | {row.goal} |")
    print()


def _print_steps(steps: list[million.Step]) -> None:
    print(f"| {PATIENTS:,} patients | seconds | peak, MB |")
    print("| --- | ---: | ---: |")
    for step in steps:
        peak = "" if math.isnan(step.peak_mb) else f"{step.peak_mb:,.0f}"
        print(f"| {step.name} | {step.seconds:,.2f} | {peak} |")
    print(f"| all of it | {sum(step.seconds for step in steps):,.2f} | |\n")


def _print_growth(rows: list[growth.Row]) -> None:
    sizes = " | ".join(f"{n:,}" for n in growth.SIZES)
    print(f"| seconds with patients | of | {sizes} | ten times as many take | value |")
    print(f"| --- | --- |{' ---: |' * (len(growth.SIZES) + 2)}")
    for row in rows:
        cells = " | ".join("over" if math.isnan(each) else f"{each:.3f}" for each in row.seconds)
        last, before = row.seconds[-1], row.seconds[-2]
        times = "" if math.isnan(last) else f"{last / before:.0f} times as long"
        print(f"| {row.step} | {row.program} | {cells} | {times} | {row.values[-1]:.8g} |")
    print()


def _print_counts(rows: list[counts.Row]) -> None:
    print(f"| {COUNTED:,} patients | seconds | of the processor | peak of a process, MB | |")
    print("| --- | ---: | ---: | ---: | --- |")
    for row in rows:
        print(
            f"| {row.name} | {row.seconds:.1f} | {row.processor:.1f} | {row.peak_mb:,.0f} "
            f"| {row.said} |"
        )
    print()


def _print_libraries(rows: list[libraries.Row]) -> None:
    print(f"| question | asked of | apart from R | ms a call | {PATIENTS:,} patients |")
    print("| --- | --- | ---: | ---: | ---: |")
    for row in sorted(rows, key=lambda row: row.question):
        answer = "no answer |" if math.isnan(row.apart) else f"{row.apart:.0e} |"
        taken = "" if math.isnan(row.milliseconds) else f"{row.milliseconds:.1f}"
        print(f"| {row.question} | {row.program} | {answer} {taken} | {row.million} |")
    print()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

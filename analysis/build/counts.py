"""Count the patients of a dataset by day and group, and add up the counts of several sites."""

from __future__ import annotations

import glob
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.asked import chosen, parameters_are_told
from analysis.build.errors import REFUSED, BuildError
from analysis.build.guard import GUARD
from analysis.build.inputs import Source
from analysis.build.project import Project
from analysis.build.report import name_of
from analysis.study.in_place import clear_away, staged

if TYPE_CHECKING:
    import pandas as pd

    from analysis.cohort.description import Description
    from analysis.counts.table import Counts
    from analysis.study.parameters import Parameters

COUNTS = "counts.parquet"
POOLED = "pooled"

Lines = list[str]
Progress = Callable[[str], None]


def build_counts(
    project: Project,
    folder: Path,
    given: Mapping[str, Any],
    partitions: int = 0,
    workers: int = 0,
    scheduler: str = "",
    disclosure: str = "",
    progress: Progress = lambda _: None,
) -> Lines:
    """Make `reports/<name>-counts/` of a dataset, and say what was counted, a line each.

    Parameters
    ----------
    project, folder, given
        As for a report.
    partitions
        In how many parts the dataset is read; 0: whole, in memory.
    workers
        Processes of this machine that count at a time, 0 for one a core.
    scheduler
        Address of a Dask cluster in place of this machine.
    disclosure
        Rules by which the counts are rounded so that they may leave, `none` for none; otherwise
        those of the dataset if its patients are real, and none if they are synthetic.
    progress
        Is told what is being done.

    Raises
    ------
    analysis.study.errors.ReadableError
        With all that is wrong with the dataset, or why it cannot be counted so. What was made
        before is as it was.
    """
    from analysis.cohort.description import read_description
    from analysis.counts import store
    from analysis.counts.counted import Counted
    from analysis.counts.estimates import NEEDS_PATIENTS, estimate
    from analysis.counts.safe import loss, safe
    from analysis.disclosure.rules import RULE_SETS, UNCONTROLLED

    name = f"{name_of(project, folder, given)}-counts"
    _refuse_to_replace(project, name)
    clear_away(project.reports)
    description = read_description(folder)
    rules = _rules(description, disclosure)
    sources = [Source(project, project.notebook(each)) for each in project.with_choices()]
    parameters = chosen(project, sources, folder, given)
    with parameters_are_told():
        counts = _counts(
            project, folder, parameters, name, partitions, workers, scheduler, progress
        )
    estimates = estimate(Counted.of(counts, project.study))
    lines = _told(counts)
    needing = int((estimates["note"] == NEEDS_PATIENTS).sum())
    if needing:
        lines.append(f"{needing} estimates need patients, and have no value.")
    kept = counts
    if rules == UNCONTROLLED:
        if not description.synthetic:
            lines.append(
                f"{COUNTS} is exact, as was asked: days of single patients are in it, and it must "
                "not leave."
            )
    else:
        kept = safe(counts, RULE_SETS[rules])
        rough = estimate(Counted.of(kept, project.study))
        lines.append(f"{COUNTS} may leave ({rules}); estimates are exact, and may not. Its loss:")
        lines += [f"  {line}" for line in loss(estimates, rough)]
    with staged(project.reports, name) as staging:
        store.write(kept, staging / COUNTS)
        _write(estimates, staging, description.synthetic)
    return [*lines, f"{project.shown(project.report(name))}/{COUNTS}"]


def build_pooled(project: Project, paths: Sequence[Path]) -> Lines:
    """Make `reports/pooled/` of the counts of several sites, and say what came of it, a line each.

    Raises
    ------
    analysis.study.errors.ReadableError
        With the file that cannot be added, and why. What was made before is as it was.
    """
    from analysis.counts import store
    from analysis.counts.counted import Counted
    from analysis.counts.estimates import estimate
    from analysis.counts.pooled import pool

    _refuse_to_replace(project, POOLED)
    clear_away(project.reports)
    counts = pool(paths)
    estimates = estimate(Counted.of(counts, project.study))
    facts = counts.about.facts
    with staged(project.reports, POOLED) as staging:
        store.write(counts, staging / COUNTS)
        _write(estimates, staging, facts is not None and facts.synthetic)
    lines = [f"{len(counts.about.sites)} sites.", *_told(counts)]
    if counts.about.rounded:
        lines.append(
            f"Counts are rounded ({', '.join(counts.about.disclosure)}): medians, rates and hazard "
            "ratios are those of rounded counts by month, and differ from those of the patients."
        )
    return [*lines, f"{project.shown(project.report(POOLED))}/estimates.csv"]


def _counts(
    project: Project,
    folder: Path,
    parameters: Parameters,
    name: str,
    partitions: int,
    workers: int,
    scheduler: str,
    progress: Progress,
) -> Counts:
    if not partitions:
        return _whole(project, folder, parameters)
    from analysis.counts.parts import count_parts
    from analysis.counts.split import split
    from analysis.study.cluster import reach

    if scheduler:
        reach(scheduler)
    # What was counted of a part stays when this is interrupted, and is taken by the next attempt.
    results = project.reports / f".{name}"
    # Parts hold every patient: they go with this process, whatever ends it.
    parts = f".building-{name}.parts-"
    place = project.reports / f"{parts}{os.getpid()}"
    place.mkdir(parents=True)
    GUARD.folder(place)
    try:
        found = split(folder, project.study, place, partitions)
        progress(f"{found.rows:,} rows in {partitions} parts of {_megabytes(found)} MB together.")
        whole = count_parts(found, project.study, parameters, results, workers, scheduler, progress)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    # Another process that counts the same dataset has its results there too, and removes them.
    if not any(project.reports.glob(f"{glob.escape(parts)}*")):
        shutil.rmtree(results, ignore_errors=True)
    return whole.counts


def _megabytes(found: Any) -> str:
    return f"{found.bytes / 1e6:,.1f}"


def _whole(project: Project, folder: Path, parameters: Parameters) -> Counts:
    from analysis.cohort.eligibility import nobody
    from analysis.cohort.faults import DatasetFaults
    from analysis.cohort.read import read_dataset
    from analysis.counts.about import screening_of
    from analysis.counts.table import count_dataset

    counts = count_dataset(read_dataset(folder, project.study), parameters)
    if not counts.about.patients:
        raise DatasetFaults(folder.name, [nobody(screening_of(counts.about), counts.about.read)])
    return counts


def _rules(description: Description, asked: str) -> str:
    from analysis.disclosure.rules import RULE_SETS, UNCONTROLLED

    known = (*RULE_SETS, UNCONTROLLED)
    if asked and asked not in known:
        raise BuildError(
            f"There are no rules '{asked}' of disclosure; there are {', '.join(known)}.", REFUSED
        )
    return asked or (UNCONTROLLED if description.synthetic else description.disclosure)


def _told(counts: Counts) -> Lines:
    """Say who was counted."""
    about, table = counts.about, counts.table
    lines = [f"{about.read:,} patients were read, {about.patients:,} are analysed."]
    lines += [
        f"  {step.excluded:,} left out: {step.criterion}"
        for step in about.screening
        if step.excluded
    ]
    lines += [
        f"  {name}: {n:,} left out, {reason}"
        for name, reasons in about.not_at_risk.items()
        for reason, n in reasons.items()
        if n
    ]
    endpoints, factors = (table[name].nunique() for name in ("endpoint", "factor"))
    lines.append(
        f"{len(table):,} counts of {endpoints} endpoints by day, of all patients and by the groups "
        f"of {factors - 1} factors."
    )
    return lines


def _refuse_to_replace(project: Project, name: str) -> None:
    report = project.report(name)
    if report.exists() and not (report / COUNTS).is_file():
        raise BuildError(
            f"{project.shown(report)} holds no counts, and is not replaced by some: give it "
            "another name.",
            REFUSED,
        )


def _write(estimates: pd.DataFrame, folder: Path, synthetic: bool) -> None:
    from analysis.display.exported import say_synthetic, write_parquet
    from analysis.study.spreadsheets import write_csv

    rows = say_synthetic(estimates) if synthetic else estimates
    write_csv(rows, folder / "estimates.csv")
    write_parquet(rows, folder / "estimates.parquet")

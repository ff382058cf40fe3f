"""Build the sensitivity analyses of a dataset: one page on many variants of its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.build.errors import REFUSED, BuildError
from analysis.build.inputs import hash_of_file, hashes_of_dataset
from analysis.build.project import SENSITIVITY, SENSITIVITY_NOTEBOOK, Project
from analysis.build.report import How, report_name
from analysis.build.single import Single, build_single
from analysis.cohort.read import load
from analysis.sensitivity.run import SchedulerError, reach
from analysis.sensitivity.variants import VARIANTS, VariantFaults, read_variants, variant_files
from analysis.study.parameters import Parameters


def sensitivity_name(folder: Path) -> str:
    """Give the name of the folder of the sensitivity analyses of a dataset.

    >>> sensitivity_name(Path("data/synthetic"))
    'sensitivity-synthetic'
    """
    return f"{SENSITIVITY}-{report_name(folder)}"


def build_sensitivity(
    project: Project,
    folder: Path,
    changed: Mapping[str, Any],
    variants: Path | None = None,
    how: How | None = None,
    scheduler: str = "",
) -> str | None:
    """Build the sensitivity analyses of a dataset if not up to date; give the reason, or None.

    Parameters
    ----------
    project
        Where notebooks and reports are.
    folder
        The folder of the dataset.
    changed
        Parameters of the base that differ from the article's.
    variants
        A folder of files of variants, or a file; the project's own unless told otherwise.
    how
        `workers` is the number of processes on this machine, None for one a core.
    scheduler
        Address of a Dask cluster that computes the variants in place of this machine.

    Raises
    ------
    analysis.cohort.faults.DatasetFaults
        With all that is wrong with the dataset; nothing has been run.
    BuildError
        With all that is wrong with the variants; when the cluster cannot be reached, nothing
        can be estimated under the base, or the notebook failed. The last page is as it was.
    """
    source = variants or VARIANTS
    try:
        read_variants(source, Parameters(**changed))
    except VariantFaults as faults:
        raise BuildError(str(faults), REFUSED) from None
    name = sensitivity_name(folder)
    cohort = load(folder, Parameters(**changed))
    own = source.resolve() == VARIANTS
    single = Single(
        name=name,
        notebook=SENSITIVITY_NOTEBOOK,
        title=f"Sensitivity analyses: {cohort.title}",
        notice=cohort.notice,
        files={
            **hashes_of_dataset(folder),
            **{f"variants/{path.name}": hash_of_file(path) for path in variant_files(source)},
        },
        changed=changed,
        private={
            "dataset": str(folder),
            "variants": "" if own else str(source.resolve()),
            "workers": how.workers or 0 if how else 0,
            "scheduler": scheduler,
            **changed,
        },
        public={"dataset": folder.name, "variants": "" if own else source.name, **changed},
    )

    def look() -> None:
        if scheduler:
            try:
                reach(scheduler)
            except SchedulerError as error:
                raise BuildError(str(error)) from None

    # A forked kernel is a daemon of multiprocessing, which must not start processes of its own.
    return build_single(project, single, replace(how or How(), warm=False), before=look)

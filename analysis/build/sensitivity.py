"""Build the sensitivity analyses of a dataset: one page on many variants of its report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.build.asked import answered, given_to
from analysis.build.assembly import How, Subject, build
from analysis.build.files import Files
from analysis.build.imports import Imports
from analysis.build.inputs import (
    CONCLUSIONS_FILES,
    ENSEMBLE_FILES,
    Source,
    hashes_of_dataset,
    hashes_of_ensemble,
)
from analysis.build.names import dataset_name, place_of, refuse_what_is_of_another, report_name
from analysis.build.plan import Run, plan
from analysis.build.project import INDEX, SENSITIVITY, SENSITIVITY_NOTEBOOK, Project
from analysis.build.report import differences_of, subject
from analysis.sensitivity.variants import VARIANTS, read_variants, variant_files
from analysis.study.cluster import reach
from analysis.study.in_place import clear_away


def sensitivity_name(folder: Path, changes: Mapping[str, Any] | None = None) -> str:
    """Give the name of the folder of the sensitivity analyses of a dataset, or of a variant of it.

    >>> sensitivity_name(Path("data/synthetic"))
    'sensitivity-synthetic'
    """
    return f"{SENSITIVITY}-{report_name(folder, '', changes)}"


def build_sensitivity(
    project: Project,
    folder: Path,
    given: Mapping[str, Any],
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
    given
        Parameters of the base, as `choices.read_given` reads them.
    variants
        A folder of files of variants, or a file; the project's own unless told otherwise.
    how
        `workers` is the number of processes on this machine, None for one a core.
    scheduler
        Address of a Dask cluster that computes the variants in place of this machine.

    Raises
    ------
    analysis.study.errors.ReadableError
        With all that is wrong with the dataset, the parameters or the variants, before anything is
        run; when the cluster cannot be reached, nothing can be estimated under the base, or the
        notebook failed. The last page is as it was.
    """
    name = sensitivity_name(folder, differences_of(project, folder, given))
    clear_away(project.reports)
    refuse_what_is_of_another(project, name, folder)
    files = Files()
    imports = Imports(project.root, files)
    where = variants or VARIANTS
    of_dataset = hashes_of_dataset(folder, files)
    for path in variant_files(where):
        files.watch(path)
    sources = [Source(project, project.notebook(n), imports) for n in project.with_choices()]
    asked = answered(project, sources, folder, given)
    cohort = asked.cohort
    assert cohort is not None
    if {"article", "synthetic"} <= asked.facts:
        read = (*ENSEMBLE_FILES, *CONCLUSIONS_FILES)
        of_dataset |= hashes_of_ensemble(project.root, files, read)
    read_variants(cohort.parameters, where)
    of_variants = {f"variants/{path.name}": files.hash(path) for path in variant_files(where)}
    own = where.resolve() == VARIANTS
    notebook = Source(project, project.notebook(SENSITIVITY_NOTEBOOK), imports)
    run = Run(
        notebook,
        # Variants are of all parameters, whichever its cell names.
        {
            **given_to(notebook, cohort.parameters, project.study.parameters),
            **asked.changed,
        },
        private={
            "dataset": str(folder),
            "variants": "" if own else str(where.resolve()),
            "workers": how.workers or 0 if how else 0,
            "scheduler": scheduler,
        },
        public={"dataset": dataset_name(folder), "variants": "" if own else where.name},
        shown=INDEX,
    )

    def look() -> Subject:
        if scheduler:
            reach(scheduler)
        return subject(cohort, project.study.parameters, "Sensitivity analyses: ")

    planned = plan(project, name, [run], imports, files, of_dataset | of_variants, asked.changed)
    return build(project, planned, look, place_of(project, folder), how)

"""What a report is asked for: the choices in force, what each notebook is given, the facts.

To know that takes the study and the dataset, which take seconds to read. The manifest of the last
report keeps the answer beside the question; the same question is not asked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.choices import changes, checked
from analysis.build.errors import REFUSED, BuildError
from analysis.build.files import Files
from analysis.build.imports import all_files
from analysis.build.inputs import Source, hash_of_json, hashes_of_dataset
from analysis.build.manifest import Manifest
from analysis.build.project import Project

if TYPE_CHECKING:
    from analysis.cohort.model import Cohort
    from analysis.study.parameters import Parameters

# What a fault names in place of a file when it is one of a parameter.
OF_PARAMETERS = "parameters"


@dataclass(frozen=True)
class Asked:
    """An answer to the question that a report is.

    Attributes
    ----------
    question
        SHA-256 of everything that the rest follows from.
    changed
        Parameters that differ from the study's, from the command line and from notebooks' cells.
    given
        Notebook to the parameters that it is run with.
    facts
        What the dataset has (`Cohort.facts`), on which it depends which pages there are.
    sources
        The notebooks that were asked for their choices.
    cohort
        The cohort, if it had to be derived to know this.
    """

    question: str
    changed: Mapping[str, Any]
    given: Mapping[str, Mapping[str, Any]]
    facts: frozenset[str]
    sources: Sequence[Source]
    cohort: Cohort | None = None


def question_of(
    project: Project,
    sources: Iterable[Source],
    folder: Path,
    given: Mapping[str, Any],
    files: Files,
) -> str:
    """Give the SHA-256 of what the choices, the facts and the pages of a report follow from."""
    return hash_of_json(
        [
            sorted(given.items()),
            sorted([source.name, source.cell, source.needs] for source in sources),
            hashes_of_dataset(folder, files),
            files.hashes(project.root, all_files(project.root)),
        ]
    )


def remembered(last: Manifest | None, question: str, sources: Sequence[Source]) -> Asked | None:
    """Give the answer that the last report was made from, None when the question is another."""
    if last is None or last.question != question:
        return None
    given = {name: made.parameters for name, made in last.made.items()}
    return Asked(question, last.parameters, given, frozenset(last.facts), sources)


def answered(
    project: Project,
    sources: Sequence[Source],
    folder: Path,
    given: Mapping[str, Any],
    question: str = "",
) -> Asked:
    """Find the choices in force and derive the cohort under them.

    Raises
    ------
    analysis.cohort.faults.DatasetFaults
        With all that is wrong with the dataset.
    BuildError
        For a parameter that is refused, or on which notebooks disagree.
    """
    parameters = chosen(project, sources, folder, given)
    cohort = cohort_of(project, folder, parameters)
    return Asked(
        question,
        changes(parameters),
        {s.name: given_to(s, parameters, project.study.parameters) for s in sources},
        cohort.facts(),
        sources,
        cohort,
    )


def chosen(
    project: Project, sources: Sequence[Source], folder: Path, given: Mapping[str, Any]
) -> Parameters:
    """Give the parameters in force for a dataset: as given, as edited in cells, as declared.

    Raises
    ------
    analysis.cohort.faults.DatasetFaults
        When what the dataset says of itself cannot be read.
    BuildError
        For a parameter that is refused, or on which notebooks disagree.
    """
    from analysis.build.cells import agreed, edited
    from analysis.cohort.read import read_study

    model = read_study(folder, project.study).parameters
    in_cells = {
        name: by_notebook
        for name, by_notebook in edited(project, sources).items()
        # A study of its own may have no such parameter, and what is given by name wins.
        if name in model.model_fields and name not in given
    }
    of_cells = agreed(in_cells)
    try:
        return checked({**of_cells, **given}, model)
    except BuildError as error:
        raise BuildError("\n".join([str(error), *_said(in_cells)]), REFUSED) from None


def differing(
    project: Project, sources: Sequence[Source], folder: Path, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Give those of the parameters given in which a report differs from the base, as JSON has them.

    The base is what is reported without them: the study's choices, and those that a reader has
    edited in the cells of notebooks. What is given as the base has it makes no variant.

    Raises
    ------
    analysis.cohort.faults.DatasetFaults
        When what the dataset says of itself cannot be read.
    BuildError
        For a parameter that is refused, or on which notebooks disagree.
    """
    if not given:
        return {}
    from analysis.build.cells import edited

    asked = chosen(project, sources, folder, given)
    defaults, in_cells = type(asked)(), edited(project, sources)
    values = asked.model_dump(mode="json")

    def is_base(name: str) -> bool:
        # Where notebooks disagree there is no base, and what is given decides.
        set_ = in_cells.get(name) or {"": getattr(defaults, name)}
        return all(value == getattr(asked, name) for value in set_.values())

    return {name: values[name] for name in given if not is_base(name)}


def _said(in_cells: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Say which notebook sets what."""
    return [
        f"{where} sets {name} = {value!r}."
        for name, by_notebook in in_cells.items()
        for where, value in by_notebook.items()
    ]


def cohort_of(project: Project, folder: Path, parameters: Parameters) -> Cohort:
    """Derive the cohort of a dataset under parameters.

    Raises
    ------
    analysis.cohort.faults.DatasetFaults
        With all that is wrong with the dataset.
    BuildError
        When it is a parameter that is wrong: an expression can be held to the variables of a
        dataset only once these are derived.
    """
    from analysis.cohort.read import load

    with parameters_are_told():
        return load(folder, project.study, parameters)


@contextmanager
def parameters_are_told() -> Iterator[None]:
    """Say what is wrong with a parameter as such, where a dataset was found not to go with it."""
    from analysis.cohort.faults import DatasetFaults

    try:
        yield
    except DatasetFaults as faults:
        refused = [fault for fault in faults.faults if fault.file == OF_PARAMETERS]
        if not refused:
            raise
        lines = [f"{fault.column}={fault.value}: expected {fault.expected}" for fault in refused]
        raise BuildError("\n".join(lines), REFUSED) from None


def given_to(
    source: Source, parameters: Parameters, written_for: type[Parameters]
) -> dict[str, Any]:
    """Give the parameters that a notebook is run with, beside those that it has anyhow.

    It depends on those of its parameters cell, or on all if it says so; on those that decide which
    patients are analysed, since pages of one report must not differ in who is in; and on those that
    a dataset declares besides the ones of the study that the notebook is `written_for`, which its
    cell cannot name.
    Of these it is given what is changed, and what its cell sets otherwise.
    """
    from analysis.build.cells import values_in
    from analysis.study.parameters import Patients

    model = type(parameters)
    patients = {
        name
        for section in model.SECTIONS
        if issubclass(section, Patients)
        for name in section.model_fields
    }
    declared = model.model_fields.keys() - written_for.model_fields.keys()
    depends = source.parameters | patients | declared
    if source.hangs_on_all:
        depends |= model.model_fields.keys()
    in_cell = values_in(source, model.model_fields)
    changed = changes(parameters)
    return {
        name: value
        for name, value in parameters.model_dump(mode="json").items()
        if name in depends
        and (name in changed or (name in in_cell and in_cell[name] != getattr(parameters, name)))
    }

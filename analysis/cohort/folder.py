"""Where a dataset is."""

from __future__ import annotations

import difflib
from pathlib import Path

from analysis.cohort.faults import DESCRIPTION
from analysis.study.errors import ReadableError

DATA = Path(__file__).resolve().parents[2] / "data"
# Many cohorts in few files; one of them is asked for as `ensemble/7`, and is then unpacked.
ENSEMBLE = DATA / "ensemble"
# In the environment of a process: the dataset that others, which are forked from it, will read.
AHEAD = "REPORT_DATASET"


class NoDataset(ReadableError):
    """There is no folder of that name."""


def dataset_folder(dataset: str | Path) -> Path:
    """Give the folder of a dataset: a name in `data/`, or a path to a folder.

    A member of the ensemble, `ensemble/7`, is unpacked first, or anew where it has changed.

    Raises
    ------
    collection.NoMember
        When the ensemble has no such member.
    """
    member = _member(dataset)
    if member is not None:
        # It takes half a second to import, for which who asks for no member need not wait.
        from analysis.cohort.collection import unpacked

        return unpacked(ENSEMBLE, member)
    named = DATA / str(dataset)
    if str(dataset) == Path(dataset).name and named.is_dir():
        return named
    return Path(dataset).expanduser()


def asked_as(name: str) -> str:
    """Give what a dataset of a name is asked for by; where it lies is told by nobody.

    >>> asked_as("synthetic"), asked_as("of a colleague")
    ('synthetic', 'path/to/of a colleague')
    """
    if (DATA / name).is_dir():
        return name
    room = f"{ENSEMBLE.name}/" if (ENSEMBLE / name).is_dir() else "path/to/"
    return f"{room}{name}"


def _member(dataset: str | Path) -> str | None:
    """Give the name of a member of the ensemble, where one is meant."""
    if isinstance(dataset, str) and "/" in dataset:
        room, _, name = dataset.partition("/")
        if room == ENSEMBLE.name and name and not Path(dataset).is_dir():
            return name.rstrip("/")
    path = Path(dataset).expanduser()
    if path.parent.absolute() == ENSEMBLE and path.name and not path.is_dir():
        return path.name
    return None


def existing_folder(dataset: str) -> Path:
    """Give the folder of a dataset as `dataset_folder` does, whole and only if there is one.

    Raises
    ------
    NoDataset
        When there is none, with the datasets that there are and the one that may have been meant.
    """
    folder = dataset_folder(dataset).resolve()
    if dataset and folder.is_dir():
        return folder
    there = sorted(path.parent.name for path in DATA.glob(f"*/{DESCRIPTION}"))
    near = difflib.get_close_matches(Path(dataset).name.lower(), there, n=1)
    shown = f"'{dataset}'" if dataset.isprintable() else ascii(dataset)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise NoDataset(
        f"There is no dataset {shown}.{meant} In data/ there are: {', '.join(there)}; or "
        "give the path of a folder."
    )

"""Where a dataset is."""

from __future__ import annotations

import difflib
from pathlib import Path

from analysis.cohort.faults import DESCRIPTION
from analysis.study.errors import ReadableError

DATA = Path(__file__).resolve().parents[2] / "data"


class NoDataset(ReadableError):
    """There is no folder of that name."""


def dataset_folder(dataset: str | Path) -> Path:
    """Give the folder of a dataset: a name in `data/`, or a path to a folder."""
    named = DATA / str(dataset)
    if str(dataset) == Path(dataset).name and named.is_dir():
        return named
    return Path(dataset).expanduser()


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

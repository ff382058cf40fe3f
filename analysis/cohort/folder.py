"""Where a dataset is."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data"


def dataset_folder(dataset: str | Path) -> Path:
    """Give the folder of a dataset: a name in `data/`, or a path to a folder."""
    named = DATA / str(dataset)
    if str(dataset) == Path(dataset).name and named.is_dir():
        return named
    return Path(dataset).expanduser()

"""The cohorts of an ensemble as datasets, read one after another."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from analysis.cohort import collection
from analysis.cohort.folder import ENSEMBLE
from analysis.cohort.model import Dataset
from analysis.cohort.read import read_dataset
from analysis.cohort.save import write_tables
from analysis.study.study import Study

# What is measured in between tells nobody's group and no time.
_APART = ("assessments", "adverse_events", "organ_doses")


def members(study: Study, folder: Path = ENSEMBLE) -> Iterator[Dataset]:
    """Read the members of an ensemble, in their order; none where there is no ensemble.

    They are not unpacked beside it: whoever reads one after another wants none to stay. Responses,
    adverse events and doses of organs are left out.
    """
    for name in collection.names(folder, "members"):
        about = json.loads((folder / collection.ABOUT).read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / name
            path.mkdir()
            tables = collection.tables_of(folder, "members", name, without=_APART)
            description = {**about["description"], "not_recorded": dict.fromkeys(_APART, "all")}
            write_tables(path, tables, description, "")
            yield read_dataset(path, study)

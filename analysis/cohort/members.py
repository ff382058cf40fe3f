"""The cohorts of an ensemble as datasets, of several cohorts each."""

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
# Read together: a dozen take little longer than one, and a page has no room for more.
AT_A_TIME = 12


def members(study: Study, folder: Path = ENSEMBLE, at_a_time: int = AT_A_TIME) -> Iterator[Dataset]:
    """Read the members of an ensemble, in their order, so many at a time as one dataset.

    `collection.whose` tells whose a patient is. There is none where there is no ensemble. They are
    not unpacked beside it: whoever reads one after another wants none to stay. Responses, adverse
    events and doses of organs are left out.
    """
    names = collection.names(folder, "members")
    for first in range(0, len(names), at_a_time):
        about = json.loads((folder / collection.ABOUT).read_text(encoding="utf-8"))
        several = names[first : first + at_a_time]
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "-".join(dict.fromkeys([several[0], several[-1]]))
            path.mkdir()
            tables = collection.together(folder, "members", several, without=_APART)
            description = {**about["description"], "not_recorded": dict.fromkeys(_APART, "all")}
            write_tables(path, tables, description, "")
            yield read_dataset(path, study)

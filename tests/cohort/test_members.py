"""Several cohorts of an ensemble read as one are what they are by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.cohort import collection
from analysis.cohort.carried import carried, of_members
from analysis.cohort.members import members
from analysis.cohort.read import read_dataset
from analysis.zhai_2025.study import STUDY
from tests.cohort.test_collection import as_made, write

Tables = dict[str, pd.DataFrame]


def of_some(tables: Tables, ids: set[str]) -> Tables:
    return {name: table[table["patient_id"].isin(ids)] for name, table in tables.items()}


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give cohorts that differ in who is in them, in what order, and in their sites."""
    place = tmp_path_factory.mktemp("members") / "ensemble"
    tables = as_made()
    ids = list(tables["patients"]["patient_id"])
    courses = tables["radiotherapy"].groupby("patient_id").size()
    one_site = {name for name in ids if courses.get(name, 0) == 1}
    assert 1 < len(one_site) < len(ids) - 1
    patients = tables["patients"]
    shuffled = patients["hepatitis_b"].sample(frac=1, random_state=1).to_numpy()
    others = tables | {"patients": patients.assign(hepatitis_b=shuffled)}
    write(
        place,
        "members",
        {
            1: tables,
            2: tables | {"patients": tables["patients"][::-1]},
            3: of_some(tables, one_site),
            4: of_some(tables, set(ids) - one_site),
            7: of_some(tables, set(ids[:3])),
            11: of_some(others, set(ids[::2])),
        },
    )
    return place


@pytest.mark.parametrize(
    "changes", [{}, {"alpha_beta": 3.0}, {"time_zero": "radiotherapy"}], ids=str
)
def test_a_page_carries_of_each_what_it_would_alone(
    ensemble: Path, changes: dict[str, Any]
) -> None:
    recorded = read_dataset("synthetic", STUDY)
    base = recorded.study.parameters()
    parameters = type(base).model_validate({**base.model_dump(), **changes})
    like = carried(recorded, parameters)

    def found(at_a_time: int) -> list[dict[str, Any]]:
        several = members(STUDY, ensemble, at_a_time)
        return [one for dataset in several for one in of_members(dataset, parameters, like)]

    alone = found(1)
    assert len({str(one) for one in alone}) == len(alone) == 6
    assert [len(one["sites"]["dose"]) for one in alone][2] == 1
    assert max(len(one["sites"]["dose"]) for one in alone) > 1
    assert found(4) == alone
    assert found(12) == alone


def test_whose_a_patient_is(ensemble: Path) -> None:
    (dataset,) = members(STUDY, ensemble)
    patients = dataset.tables["patients"]
    whose = collection.whose(pd.Index(patients["patient_id"].astype(str)))
    assert list(whose.unique()) == ["1", "2", "3", "4", "7", "11"]
    assert (whose == "7").sum() == 3
    for name, table in dataset.tables.items():
        assert set(table["patient_id"].astype(str)) <= set(patients["patient_id"].astype(str)), name


def test_where_no_ensemble_is_there_are_none(tmp_path: Path) -> None:
    assert list(members(STUDY, tmp_path / "ensemble")) == []

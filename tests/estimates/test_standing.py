"""What stands behind an estimate of synthetic patients, and tables as files have them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pyarrow import parquet

from analysis.display.exported import say_synthetic, write_parquet
from analysis.estimates.ensemble import Ensemble
from analysis.estimates.rows import COLUMNS, KEY
from analysis.estimates.standing import STANDING, over, with_standing


def rows(**values: float) -> pd.DataFrame:
    """Give estimates, a hazard ratio each, by the name of what is compared."""
    key = {"analysis_id": "prognosis", "group_level": "", "variable": "OS", "variable_level": ""}
    return pd.DataFrame(
        [
            {**key, "group": group, "statistic": "hazard_ratio", "value": value, "unit": ""}
            for group, value in values.items()
        ]
    )


def ensemble(*members: pd.DataFrame) -> Ensemble:
    told = [one.assign(member=place) for place, one in enumerate(members)]
    return Ensemble(len(members), pd.concat(told, ignore_index=True))


NAN = float("nan")
COHORTS = ensemble(
    rows(alike=1.641, apart=0.9, some=2.0, sides=0.999, none=NAN),
    rows(alike=1.644, apart=1.2, sides=1.001, none=NAN),
)


@pytest.mark.parametrize(
    ("name", "value", "status", "members"),
    [
        ("alike", 1.642, "determined", 2),
        # These patients need be none of the ensemble.
        ("alike", 1.7, "open", 2),
        ("apart", 1.0, "open", 2),
        ("some", 2.0, "open", 1),
        # Both are written 1.00, on two sides of 1.
        ("sides", 1.0, "open", 2),
        ("none", NAN, "determined", 2),
        ("none", 3.0, "open", 2),
        ("unknown", 3.0, "open", None),
    ],
)
def test_a_number_is_determined_where_all_cohorts_have_it_alike(
    name: str, value: float, status: str, members: int | None
) -> None:
    own = rows(**{name: value})
    told = with_standing(own, pd.Series([False]), COHORTS).iloc[0]
    assert told["status"] == status
    assert (told["ensemble_members"] == members) if members else pd.isna(told["ensemble_members"])
    assert with_standing(own, pd.Series([True]), COHORTS)["status"].tolist() == ["published"]
    assert with_standing(own, pd.Series([False]), None)["status"].tolist() == ["open"]


def test_the_range_is_of_the_key_whatever_the_order_and_the_index() -> None:
    own = rows(apart=1.0, alike=1.642).set_axis([7, 3])
    # As CSV and Parquet read an empty level.
    told = over(COHORTS, own.assign(group_level=None))
    assert told.index.tolist() == [7, 3]
    assert told["lowest"].tolist() == [0.9, 1.641]
    assert told["highest"].tolist() == [1.2, 1.644]
    empty = with_standing(own.iloc[:0], pd.Series([], dtype=bool), COHORTS)
    assert list(empty.columns) == [*own.columns, *STANDING]


def test_parquet_of_synthetic_patients_says_so_in_its_schema(tmp_path: Path) -> None:
    own = rows(alike=1.642).reindex(columns=COLUMNS)
    told = say_synthetic(with_standing(own, pd.Series([False]), COHORTS))
    write_parquet(told, tmp_path / "told.parquet")
    said = parquet.read_schema(tmp_path / "told.parquet").metadata
    assert said[b"synthetic"].startswith(b"yes")
    assert b"determined: not printed" in said[b"status"]
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "told.parquet"), told)
    write_parquet(own, tmp_path / "own.parquet")
    own.to_parquet(tmp_path / "plain.parquet", index=False)
    same = [(tmp_path / f"{name}.parquet").read_bytes() for name in ("own", "plain")]
    assert same[0] == same[1]
    assert COLUMNS[: len(KEY)] == KEY

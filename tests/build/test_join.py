"""Every printed number has one source."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import parquet

from analysis.build.errors import BuildError
from analysis.build.join import join_estimates, write_estimates
from analysis.display.exported import SYNTHETIC
from analysis.estimates.rows import COLUMNS, row, to_table
from analysis.estimates.standing import STANDING


def write_part(folder: Path, page: str, *names: str, told: Sequence[str] = ()) -> None:
    """Write estimates of a page; `told` are further columns, those of synthetic patients."""
    rows = [row("survival", name, "median", 1.25, unit="months", n=4) for name in names]
    table = to_table(rows, row).assign(**dict.fromkeys(told, "yes"))
    table.to_parquet(folder / f"{page}.parquet", index=False)


def test_pages_are_joined_in_order_and_may_have_nothing(tmp_path: Path) -> None:
    write_part(tmp_path, "02", "PFS")
    write_part(tmp_path, "01", "OS")
    write_part(tmp_path, "03")
    joined = join_estimates(tmp_path, ["01", "02", "03", "04"])
    assert list(joined["variable"]) == ["OS", "PFS"]
    assert list(joined.columns) == COLUMNS
    assert list(join_estimates(tmp_path, ["04"]).columns) == COLUMNS


def test_a_statistic_of_two_pages_is_refused(tmp_path: Path) -> None:
    write_part(tmp_path, "01", "OS", "PFS")
    write_part(tmp_path, "02", "PFS")
    with pytest.raises(BuildError, match=r"(?s)more than once.*01.*PFS.*02.*PFS"):
        join_estimates(tmp_path, ["01", "02"])


def test_other_columns_are_refused(tmp_path: Path) -> None:
    pd.DataFrame({"value": [1]}).to_parquet(tmp_path / "01.parquet")
    with pytest.raises(BuildError, match="The estimates of 01"):
        join_estimates(tmp_path, ["01"])


@pytest.mark.parametrize("told", [[SYNTHETIC], [*STANDING, SYNTHETIC]])
def test_what_stands_behind_a_number_is_joined_with_it(tmp_path: Path, told: list[str]) -> None:
    write_part(tmp_path, "01", "OS", told=told)
    write_part(tmp_path, "02", "PFS", told=told)
    joined = join_estimates(tmp_path, ["01", "02"])
    assert list(joined.columns) == [*COLUMNS, *told]
    write_estimates(joined, tmp_path)
    assert b"synthetic" in parquet.read_schema(tmp_path / "estimates.parquet").metadata


def test_pages_of_which_one_does_not_say_what_it_rests_on_are_refused(tmp_path: Path) -> None:
    write_part(tmp_path, "01", "OS", told=[*STANDING, SYNTHETIC])
    write_part(tmp_path, "02", "PFS", told=[SYNTHETIC])
    with pytest.raises(BuildError, match="The estimates of 02 have other columns"):
        join_estimates(tmp_path, ["01", "02"])


@pytest.mark.parametrize("told", [STANDING, [SYNTHETIC, *STANDING], ["another"]])
def test_further_columns_are_known_ones(tmp_path: Path, told: list[str]) -> None:
    write_part(tmp_path, "01", "OS", told=told)
    with pytest.raises(BuildError, match="The estimates of 01 have the columns"):
        join_estimates(tmp_path, ["01"])


def test_both_files_hold_the_same_numbers(tmp_path: Path) -> None:
    write_part(tmp_path, "01", "OS")
    joined = join_estimates(tmp_path, ["01"])
    write_estimates(joined, tmp_path)
    written = pd.read_csv(tmp_path / "estimates.csv", keep_default_na=False)
    assert list(written["value"]) == [1.25]
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "estimates.parquet"), joined)

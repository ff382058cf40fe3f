"""Every printed number has one source."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.build.errors import BuildError
from analysis.build.join import join_estimates, write_estimates
from analysis.estimates.rows import COLUMNS, row, to_table


def write_part(folder: Path, page: str, *names: str) -> None:
    rows = [row("survival", name, "median", 1.25, unit="months", n=4) for name in names]
    to_table(rows, row).to_parquet(folder / f"{page}.parquet", index=False)


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


def test_both_files_hold_the_same_numbers(tmp_path: Path) -> None:
    write_part(tmp_path, "01", "OS")
    joined = join_estimates(tmp_path, ["01"])
    write_estimates(joined, tmp_path)
    written = pd.read_csv(tmp_path / "estimates.csv", keep_default_na=False)
    assert list(written["value"]) == [1.25]
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "estimates.parquet"), joined)

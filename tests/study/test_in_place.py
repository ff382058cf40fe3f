"""A report is there whole, or the one before is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.study import in_place
from analysis.study.in_place import clear_away, staged


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    (tmp_path / "four").mkdir()
    (tmp_path / "four" / "index.html").write_text("old")
    return tmp_path


@pytest.fixture
def gone() -> int:
    """Give the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_complete_report_takes_the_place_of_the_last(reports: Path) -> None:
    with staged(reports, "four") as folder:
        (folder / "index.html").write_text("new")
        assert (reports / "four" / "index.html").read_text() == "old"
    assert (reports / "four" / "index.html").read_text() == "new"
    assert names(reports) == ["four"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_nothing_is_left(reports: Path, error: type[BaseException]) -> None:
    def build() -> None:
        with staged(reports, "four") as folder:
            (folder / "index.html").write_text("half")
            raise error

    with pytest.raises(error):
        build()
    assert (reports / "four" / "index.html").read_text() == "old"
    assert names(reports) == ["four"]


def test_leftovers_of_killed_builds_are_removed(reports: Path, gone: int) -> None:
    (reports / f".building-four-{gone}").mkdir()
    (reports / f".old-four-{gone}").mkdir()
    (reports / f".building-five-{os.getpid()}").mkdir()
    (reports / ".mine-1").mkdir()
    clear_away(reports)
    assert names(reports) == [f".building-five-{os.getpid()}", ".mine-1", "four"]


def test_a_build_killed_between_two_renames_loses_nothing(reports: Path, gone: int) -> None:
    (reports / "four").rename(reports / f".old-four-{gone}")
    clear_away(reports)
    assert (reports / "four" / "index.html").read_text() == "old"


def test_a_number_of_a_process_that_another_has_by_now_protects_nothing(reports: Path) -> None:
    left = reports / f".building-four-{os.getpid()}"
    left.mkdir()
    clear_away(reports)
    assert left.exists()
    # Nothing of this process is older than it.
    os.utime(left, (0, 0))
    clear_away(reports)
    assert names(reports) == ["four"]


def test_where_names_cannot_be_exchanged_two_renames_do(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_place, "_exchange", lambda one, other: False)
    test_a_complete_report_takes_the_place_of_the_last(reports)


def test_a_link_is_replaced_and_what_it_leads_to_is_kept(reports: Path, tmp_path: Path) -> None:
    (reports / "five").symlink_to(reports / "four")
    with staged(reports, "five") as folder:
        (folder / "index.html").write_text("new")
    assert (reports / "four" / "index.html").read_text() == "old"
    assert (reports / "five" / "index.html").read_text() == "new"
    assert names(reports) == ["five", "four"]

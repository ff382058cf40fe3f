"""The benchmark is as it is made, and the audit does on it what the README says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import truth


@pytest.fixture(scope="module")
def rows() -> list[dict[str, object]]:
    return truth.rows()


def test_what_is_wrong_is_found_and_nothing_true_is_called_impossible(
    rows: list[dict[str, object]],
) -> None:
    for row in rows:
        assert row["found"] == row["wrong"], row
        assert row["impossible"] == 0, row
    seeded = [row for row in rows if row["kind"] in truth.FAULTS]
    assert len(seeded) == len(truth.FAULTS)
    assert all(row["wrong"] == truth.OF_A_KIND for row in seeded)


def test_the_made_ledgers_are_those_that_are_made(tmp_path: Path) -> None:
    (tmp_path / truth.EXPECTED.name).write_bytes(truth.EXPECTED.read_bytes())
    truth.write(tmp_path)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    assert len(made) > 150
    for path in made:
        assert (tmp_path / path).read_bytes() == (truth.FOLDER / path).read_bytes(), path


def test_the_readme_counts_them() -> None:
    text = (truth.FOLDER / "README.md").read_text(encoding="utf-8")
    expected = truth.read_expected()
    for part in ("simulated", "seeded", "unusual", "articles"):
        (said,) = re.findall(rf"\| `{part}` \| (\d+) \|", text)
        assert int(said) == sum(row.ledger.startswith(f"{part}/") for row in expected)

"""R gives the stored values of the sensitivity analyses again.

Tolerance: 1e-9 is far below what the tests of `analysis.estimates` need, and leaves room for other
builds of R.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rscript import run_r

ROOT = Path(__file__).parents[2]
STORED = ROOT / "tests" / "reference" / "sensitivity.json"


def numbers(values: dict[str, Any]) -> list[float]:
    flat = [value if isinstance(value, list) else [value] for value in values.values()]
    return [float("nan") if number is None else number for part in flat for number in part]


@pytest.mark.filterwarnings("default")
def test_r_gives_the_stored_values_again(tmp_path: Path) -> None:
    output = tmp_path / "again.json"
    run_r("tests/reference/sensitivity.R", output, packages=("survival", "cmprsk"))
    again, stored = (json.loads(file.read_text(encoding="utf-8")) for file in (output, STORED))
    assert len(again["records"]) == len(stored["records"])
    for found, expected in zip(again["records"], stored["records"], strict=True):
        assert found | {"values": None} == expected | {"values": None}
        assert found["values"].keys() == expected["values"].keys()
        assert numbers(found["values"]) == pytest.approx(
            numbers(expected["values"]), rel=1e-9, abs=1e-12, nan_ok=True
        ), expected["call"]

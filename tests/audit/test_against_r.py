"""P values and limits of both sides of the audit against R's, as they are stored."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from analysis.audit.checker import exact
from analysis.audit.checker.effects import _is_limit
from analysis.audit.checker.ledger import Edges
from analysis.audit.finders import contingency
from analysis.audit.finders.effects import interval
from analysis.audit.finders.tests2x2 import p_values
from tests.rscript import run_r

REFERENCE = Path(__file__).parents[1] / "reference" / "audit.tsv"
ROWS = pd.read_csv(REFERENCE, sep="\t", dtype={"input": str, "r": str}).to_dict("records")


def numbers(row: dict[str, object]) -> list[float]:
    return [float(part) for part in str(row["input"]).split()]


def of(kind: str) -> list[dict[str, object]]:
    return [{str(k): v for k, v in row.items()} for row in ROWS if row["kind"] == kind]


@pytest.mark.parametrize("row", of("table"), ids=lambda row: f"{row['name']} {row['input']}")
def test_p_values_of_tables(row: dict[str, object]) -> None:
    height, *cells = (int(x) for x in numbers(row))
    width = len(cells) // height
    table = tuple(tuple(cells[at : at + width]) for at in range(0, len(cells), width))
    name, value = str(row["name"]), float(str(row["value"]))
    if len(cells) == 4:
        (a, b), (c, d) = table
        found = p_values("unpaired", (a, c), (a + b, c + d), a)[name]
        low, high = exact.independence(a, b, c, d)[name]
    else:
        found = contingency.p_values(table)[name]
        low, high = exact.contingency(table)[name]
    assert found == pytest.approx(value, rel=1e-7)
    assert float(low) == pytest.approx(value, rel=1e-7)
    assert high - low < Fraction(1, 10**20)


@pytest.mark.parametrize("row", of("proportion"), ids=lambda row: f"{row['name']} {row['input']}")
def test_limits_of_proportions(row: dict[str, object]) -> None:
    count, n, level, side = (int(x) for x in numbers(row))
    name, value = str(row["name"]), float(str(row["value"]))
    found = interval(name, count, n, level)[side - 1]
    assert min(max(found, 0.0), 1.0) == pytest.approx(value, abs=1e-9)
    near = Fraction(value) * 100
    for apart, inside in ((Fraction(1, 10**6), True), (Fraction(-1, 10**2), False)):
        middle = near if inside else near + Fraction(1, 10)
        edges = Edges(middle - abs(apart), middle + abs(apart), True, True)
        direction = -1 if side == 1 else 1
        assert _is_limit(name, count, n, level, direction, edges) == inside


@pytest.mark.parametrize("row", of("statistic"), ids=lambda row: f"{row['name']} {row['input']}")
def test_p_values_of_statistics(row: dict[str, object]) -> None:
    value, *freedom = (Fraction(str(x)) for x in str(row["input"]).split())
    bounds = {
        "t": lambda: exact.student(value, freedom[0]),
        "f": lambda: exact.f_ratio(value, freedom[0], freedom[1]),
        "chi2": lambda: exact.chi_square(value, int(freedom[0])),
    }[str(row["name"])]()
    assert float(bounds[0]) == pytest.approx(float(str(row["value"])), rel=1e-12)
    assert bounds[1] - bounds[0] < Fraction(1, 10**30)


def test_r_gives_what_is_stored(tmp_path: Path) -> None:
    run_r("tests/reference/audit.R", tmp_path / "audit.tsv", packages=("stats",))
    again = pd.read_csv(tmp_path / "audit.tsv", sep="\t")
    stored = pd.read_csv(REFERENCE, sep="\t")
    assert again["name"].tolist() == stored["name"].tolist()
    assert again["value"].tolist() == pytest.approx(stored["value"].tolist(), rel=1e-9)

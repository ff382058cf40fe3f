"""Base against variants: cells, what differs, and every kind of conclusion that changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.estimates.rows import KEY, row, to_table
from analysis.estimates.sparse import WARNING
from analysis.sensitivity.compare import (
    COLUMNS,
    INTERVAL_CROSSES,
    NOT_ESTIMABLE,
    NOW_ESTIMABLE,
    P_CROSSES,
    RANKING,
    cells,
    compare,
    conclusions,
    specifications,
)
from analysis.sensitivity.variants import BASE
from analysis.study.keys import NOT_REACHED


def sparse(
    exact: float | None, p: float = 0.001, ratio: tuple[float, float, float] = (4.0, 1.2, 13.0)
) -> list[dict[str, Any]]:
    """Give a factor of few events: an approximation that is small, and the exact test of it."""
    rows = factor(p=p, ratio=ratio)
    for one in rows:
        if one["statistic"] != "median":
            one["warning"] = WARNING
    test = row("prognosis", "OS", "exact_p", exact, group="pvtt", method="log-rank test, dealt")
    return [*rows, test]


def factor(
    *,
    p: float | None = 0.2,
    ratio: tuple[float | None, float | None, float | None] = (0.8, 0.5, 1.3),
    medians: tuple[float | None, float | None] = (10, 12),
    note: str = NOT_REACHED,
    group: str = "pvtt",
) -> list[dict[str, Any]]:
    key: dict[str, Any] = {"group": group, "method": "Cox"}
    return [
        *(
            row(
                "prognosis",
                "OS",
                "median",
                value,
                group=group,
                group_level=level,
                unit="months",
                note=note if value is None else "",
            )
            for level, value in zip(("yes", "no"), medians, strict=True)
        ),
        row("prognosis", "OS", "p_value", p, group=group, method="log-rank test"),
        *(
            row("prognosis", "OS", statistic, value, **key)
            for statistic, value in zip(
                ("hazard_ratio", "hr_lower", "hr_upper"), ratio, strict=True
            )
        ),
    ]


def estimates(*variants: list[dict[str, Any]]) -> pd.DataFrame:
    names = [BASE, *(f"variant {number}" for number in range(1, len(variants)))]
    return pd.concat(
        [
            to_table(rows, factor).assign(variant=name, factor=lambda table: table["group"])
            for name, rows in zip(names, variants, strict=True)
        ],
        ignore_index=True,
    )


def flags(base: list[dict[str, Any]], variant: list[dict[str, Any]]) -> dict[str, str]:
    found = conclusions(compare(estimates(base, variant)))
    return dict(zip(found["statistic"] + found["group_level"], found["conclusion"], strict=True))


def test_limits_stand_beside_their_estimates() -> None:
    found = cells(estimates(factor())).set_index("statistic")
    assert list(found.index) == ["median", "median", "p_value", "hazard_ratio"]
    assert list(found.loc["hazard_ratio", ["value", "lower", "upper"]]) == [0.8, 0.5, 1.3]
    assert np.isnan(found.loc["p_value", "lower"])


def test_nothing_differs_from_itself() -> None:
    missing = factor(p=None, ratio=(None, None, None), medians=(None, 3))
    for rows in (factor(), missing):
        found = compare(estimates(rows, rows))
        assert list(found.columns) == COLUMNS
        assert not found["differs"].any()
        assert conclusions(found).empty


def test_without_variants_there_is_nothing_to_compare() -> None:
    assert list(compare(estimates(factor())).columns) == COLUMNS
    assert compare(estimates(factor())).empty


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"p": 0.04}, {"p_value": P_CROSSES}),
        ({"p": 0.05}, {}),
        ({"p": None}, {"p_value": NOT_ESTIMABLE}),
        ({"ratio": (0.8, 0.7, 0.9)}, {"hazard_ratio": INTERVAL_CROSSES}),
        ({"ratio": (1.8, 1.7, 1.9)}, {"hazard_ratio": INTERVAL_CROSSES}),
        ({"ratio": (0.8, 0.7, 1.0)}, {}),
        ({"ratio": (0.8, None, None)}, {}),
        ({"ratio": (None, None, None)}, {"hazard_ratio": NOT_ESTIMABLE}),
        ({"medians": (13, 12)}, {"medianyes": RANKING}),
        ({"medians": (None, 12)}, {"medianyes": RANKING}),
        ({"medians": (12, 12)}, {}),
        ({"medians": (None, None)}, {}),
        ({"medians": (None, 12), "note": "no patients"}, {}),
        ({"medians": (1, 2)}, {}),
    ],
)
def test_each_conclusion_is_flagged_in_both_directions(
    changed: dict[str, Any], expected: dict[str, str]
) -> None:
    opposite = {NOT_ESTIMABLE: NOW_ESTIMABLE}
    assert flags(factor(), factor(**changed)) == expected
    assert flags(factor(**changed), factor()) == {
        key: opposite.get(flag, flag) for key, flag in expected.items()
    }


def test_ranking_is_that_of_its_own_factor_alone() -> None:
    base = [*factor(), *factor(group="vp4")]
    variant = [*factor(), *factor(group="vp4", medians=(20, 12))]
    found = conclusions(compare(estimates(base, variant, base)))
    assert list(found["group"]) == ["vp4"]
    assert list(found["variant"]) == ["variant 1"]


def test_three_levels_are_flagged_once() -> None:
    def levels(*medians: float) -> list[dict[str, Any]]:
        return [
            row("prognosis", "OS", "median", value, group="ici_regimen", group_level=level)
            for level, value in zip("abc", medians, strict=True)
        ]

    assert flags(levels(1, 2, 3), levels(1, 3, 2)) == {"medianb": RANKING}
    assert flags(levels(1, 2, 3), levels(3, 2, 1)) == {"mediana": RANKING}


def test_a_cell_that_only_one_side_has() -> None:
    extra = row("prognosis", "OS", "rmst_difference", 2.5, group="pvtt", unit="months")
    more = compare(estimates(factor(), [*factor(), extra])).iloc[-1]
    assert (more["statistic"], more["base_note"], more["unit"]) == (
        "rmst_difference",
        "none",
        "months",
    )
    assert more["differs"]
    assert more["conclusion"] == ""
    gone = compare(estimates(factor(), factor()[:2]))
    assert list(gone["conclusion"]) == ["", "", NOT_ESTIMABLE, NOT_ESTIMABLE]
    assert list(gone["note"]) == ["", "", "none", "none"]


def test_the_last_digits_of_another_sum_do_not_differ() -> None:
    same = factor(p=0.2 * (1 + 1e-14))
    assert not compare(estimates(factor(), same))["differs"].any()
    assert compare(estimates(factor(), factor(p=0.2001)))["differs"].sum() == 1
    assert compare(estimates(factor(), factor(ratio=(0.8, 0.5, 1.4))))["differs"].sum() == 1


def test_every_number_is_found_again_by_variant_and_key() -> None:
    table = estimates(factor(), factor(p=0.01, ratio=(0.5, 0.4, 0.6)), factor(medians=(None, 4)))
    known = table.set_index(["variant", *KEY])["value"]
    for cell in compare(table).itertuples():
        key = tuple(getattr(cell, name) for name in KEY)
        for found, variant in ((cell.base, BASE), (cell.value, cell.variant)):
            assert found == known[(variant, *key)] or np.isnan(known[(variant, *key)])


def test_specifications_hold_the_base_and_each_variant() -> None:
    spline = row("prognosis", "OS", "hazard_ratio", 2, group="pvtt", variable_level=400)
    found = specifications(estimates(factor(), [*factor(p=0.01), spline]))
    assert list(found["variant"]) == [BASE, "variant 1"]
    assert list(found["p_value"]) == [0.2, 0.01]
    assert list(found[["hazard_ratio", "lower", "upper"]].iloc[1]) == [0.8, 0.5, 1.3]
    assert list(found["test"].unique()) == ["log-rank test"]


def test_nothing_crosses_a_line_by_an_approximation_of_few_events() -> None:
    found = compare(estimates(factor(), sparse(0.10), sparse(0.02), sparse(None)))
    tests = found[found["statistic"] == "p_value"]
    assert tests["value"].tolist()[:2] == [0.10, 0.02]
    assert tests["conclusion"].tolist() == ["", P_CROSSES, NOT_ESTIMABLE]
    assert (tests["method"] == "log-rank test, dealt").all()
    assert not found["statistic"].isin(["exact_p"]).any()
    # The interval excludes 1 and that of the base does not: it is no conclusion either.
    assert (found["conclusion"] != INTERVAL_CROSSES).all()
    specified = specifications(estimates(factor(), sparse(0.10)))
    assert specified["sparse"].tolist() == [False, True]
    assert specified["p_value"].tolist() == [0.2, 0.10]

"""Cuts are read as they are written, part everybody once, and are shown as people write them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.study.printed import plain
from analysis.study.variables import Cut, Factor, Grouped, Sign, Variable, yes_no

SIGNS: tuple[Sign, ...] = ("<", "<=", ">=", ">")
cut_values = st.floats(0, 1e9, allow_nan=False).map(lambda value: round(value, 3))
cuts = st.builds(Cut, st.sampled_from(SIGNS), cut_values)
quantities = st.lists(st.none() | cut_values, min_size=1, max_size=20)
AFP = Variable("afp_before", "AFP", unit="ng/mL", quantity=True)
COUNT = Variable("tumour_count", "Number of tumours", least=1, quantity=True)


@given(cuts)
def test_a_cut_is_read_as_it_is_written(cut: Cut) -> None:
    assert Cut.read(str(cut)) == cut
    assert Cut.read(f"{cut.sign} {cut.value:,.3f}") == cut


@pytest.mark.parametrize(
    "text", ["", "yes", "<", "< many", ">=nan", "<inf", ">-inf", "=5", "5", "5 <", "<<5", "=>5"]
)
def test_what_is_no_cut_is_none(text: str) -> None:
    assert Cut.read(text) is None


@given(cuts, quantities)
def test_the_sides_exclude_each_other_and_part_everybody(
    cut: Cut, given_: list[float | None]
) -> None:
    # The cut itself, and its neighbours, are where a side is lost.
    values = pd.Series([*given_, cut.value, np.nextafter(cut.value, 0)], dtype="Float64")
    one, other = cut.holds(values), cut.other.holds(values)
    known = values.notna()
    assert (one[known] ^ other[known]).all()
    assert one[~known].isna().all()
    assert other[~known].isna().all()
    assert cut.other.other == cut
    assert cut.sides == (str(cut), str(cut.other))


@given(cuts, quantities)
def test_groups_are_the_sides_and_what_is_missing_stays_so(
    cut: Cut, given_: list[float | None]
) -> None:
    patients = pd.DataFrame({"afp_before": pd.Series(given_, dtype="Float64")})
    grouped = Grouped(AFP, cut).values(patients)
    factor = Factor("afp", AFP, cut=cut).values(patients)
    assert list(grouped.cat.categories) == list(cut.sides)
    assert list(factor.cat.categories) == ["yes", "no"]
    assert (grouped.isna() == patients["afp_before"].isna()).all()
    assert ((grouped == str(cut)) == (factor == "yes")).all()


def test_a_sum_of_decimals_is_on_the_side_of_the_decimal() -> None:
    doses = pd.Series([60 - 1e-12, 60 + 1e-12, 0.1 + 0.2])
    assert Cut("<", 60).holds(doses).tolist() == [False, False, True]
    assert Cut("<", 0.3).holds(doses).tolist() == [False, False, False]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("<5", "1–4"), (">=5", "≥ 5"), ("<2", "1"), (">=2", "≥ 2"), ("<1", "< 1"), ("<=3", "≤ 3"),
     ("<4.5", "1–4"), (">1234", "> 1,234"), ("many", "many"), ("yes", "Yes"), ("no", "No")],
)  # fmt: skip
def test_levels_of_whole_numbers(value: str, shown: str) -> None:
    assert COUNT.level(value) == shown


@given(st.integers(0, 3), st.integers(1, 40))
def test_a_range_of_whole_numbers_has_two_ends(least: int, more: int) -> None:
    """A cut of 2 of numbers from 1 on was shown as 1–1."""
    shown = Cut("<", least + more).shown(least)
    assert shown == (str(least) if more == 1 else f"{least}–{least + more - 1}")


@pytest.mark.parametrize(
    ("value", "label", "key"),
    [
        (1000, "AFP < 1,000 ng/mL", "afp_before<1000"),
        (1e6, "AFP < 1,000,000 ng/mL", "afp_before<1000000"),
        (12345.67, "AFP < 12,345.67 ng/mL", "afp_before<12345.67"),
        (0.5, "AFP < 0.5 ng/mL", "afp_before<0.5"),
    ],
)
def test_labels_and_keys_hold_every_digit_of_the_cut(value: float, label: str, key: str) -> None:
    factor = Factor("afp", AFP, cut=Cut("<", value))
    assert factor.label == label
    assert factor.key == key
    assert Grouped(AFP, Cut("<", value)).variable.level(key.removeprefix("afp_before")) in label


@given(cut_values)
def test_no_cut_is_shown_with_an_exponent_or_loses_a_digit(value: float) -> None:
    shown = Cut(">=", value).shown()
    assert shown.startswith("≥ ")
    assert shown.removeprefix("≥ ").replace(",", "") == plain(value)
    assert math.isclose(float(plain(value)), value, rel_tol=0)


def test_parameters_move_a_cut_and_its_key_with_it() -> None:
    class Chosen:
        afp_cutoff = 400

    factor = Factor("afp", AFP, cut=Cut("<", 1000, "afp_cutoff")).under(Chosen())
    assert (factor.name, factor.key, factor.column) == ("afp", "afp_before<400", "factor_afp")
    fixed = Factor("afp", AFP, cut=Cut("<", 1000)).under(Chosen())
    assert fixed.key == "afp_before<1000"


def test_a_factor_of_several_levels() -> None:
    stage = Variable("stage", "Stage", {"A": "Stage A", "B": "Stage B"})
    factor = Factor("stage", stage, levels=("B", "A"))
    patients = pd.DataFrame({"stage": ["A", None, "B", "C"]})
    assert factor.groups == ("B", "A")
    assert factor.values(patients).astype(object).where(lambda v: v.notna(), None).tolist() == [
        "A", None, "B", None,
    ]  # fmt: skip
    assert (factor.group("A"), factor.label, factor.is_binary) == ("Stage A", "Stage", False)
    recorded = Factor("stage", stage, as_recorded=True).among(patients)
    assert recorded.levels == ("A", "B", "C")


def test_a_level_makes_a_yes_or_no() -> None:
    sex = Variable("sex", "Sex", {"male": "Male", "female": "Female"})
    factor = Factor("male", sex, "Male", level="male")
    found = factor.values(pd.DataFrame({"sex": ["male", "female", None]}))
    assert found.astype(object).where(found.notna(), None).tolist() == ["yes", "no", None]
    assert (factor.label, factor.key, factor.group("yes")) == ("Male", "male", "Yes")


def test_answers_keep_what_is_not_known() -> None:
    found = yes_no(pd.Series([True, False, None], dtype="boolean"))
    assert found.tolist()[:2] == ["yes", "no"]
    assert found.isna().tolist() == [False, False, True]

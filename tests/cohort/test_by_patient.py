"""Patients in codes and patients in texts are the same patients."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort import derive, rules
from analysis.cohort.by_patient import (
    extreme,
    first_of_each,
    in_codes,
    in_words,
    met_in,
    of_each,
    of_rows,
    share_patients,
)
from analysis.cohort.derive import irradiation
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read import read_dataset
from analysis.zhai_2025.study import STUDY

PEOPLE = ["P1", "P2", "P3", "P4"]


@cache
def synthetic() -> Dataset:
    return read_dataset("synthetic", STUDY)


def rows() -> st.SearchStrategy[pd.DataFrame]:
    """Give rows of patients, some of whom nobody names, with days and numbers that may miss."""
    day = st.one_of(st.none(), st.integers(1, 9).map(lambda day: pd.Timestamp(2020, 1, day)))
    number = st.one_of(st.none(), st.integers(0, 5).map(float))
    row = st.tuples(st.sampled_from([*PEOPLE, None]), day, number)
    return st.lists(row, max_size=12).map(
        lambda each: pd.DataFrame(each, columns=["patient_id", "day", "n"]).astype(
            {"patient_id": object, "day": "datetime64[ns]", "n": "float64"}
        )
    )


def coded(*tables: pd.DataFrame) -> list[pd.DataFrame]:
    """Give tables with one list of patients, in no order of theirs."""
    parts = {
        str(i): table.assign(patient_id=table["patient_id"].astype("category"))
        for i, table in enumerate(tables)
    }
    return list(share_patients(parts).values())


def by_text(values: pd.Series) -> dict[str, object]:
    """Give what is known of whom; of others nothing is."""
    return {str(who): value for who, value in values.dropna().items()}


@given(rows(), rows(), st.sampled_from(["min", "max", "sum"]))
def test_patients_in_codes_are_those_in_texts(
    one: pd.DataFrame, other: pd.DataFrame, how: str
) -> None:
    a, b = coded(one, other)
    for name in ("day", "n"):
        if name == "day" and how == "sum":
            continue
        plain = one.groupby("patient_id")[name].agg(how)
        summed = of_each(a["patient_id"], a[name], how)
        assert by_text(summed) == by_text(plain)
        pd.testing.assert_series_equal(
            of_rows(b["patient_id"], summed), other["patient_id"].map(plain), check_names=False
        )
        first = one.dropna(subset=["patient_id"]).drop_duplicates("patient_id")
        assert by_text(first_of_each(a["patient_id"], a[name])) == by_text(
            first.set_index("patient_id")[name]
        )
    there = other["patient_id"].isin(one["patient_id"].dropna())
    assert met_in(b["patient_id"], a["patient_id"]).tolist() == there.tolist()
    if how != "sum":
        both = pd.concat([one, other]).groupby("patient_id")["n"].agg(how)
        found = extreme([of_each(each["patient_id"], each["n"], how) for each in (a, b)], how)
        assert by_text(found) == by_text(both)


@given(rows(), rows())
def test_tables_share_one_list_of_patients(one: pd.DataFrame, other: pd.DataFrame) -> None:
    shared = coded(one, other)
    assert shared[0]["patient_id"].cat.categories is shared[1]["patient_id"].cat.categories
    for before, after in zip((one, other), shared, strict=True):
        pd.testing.assert_frame_equal(
            in_words(after),
            before.assign(
                patient_id=before["patient_id"].where(before["patient_id"].notna(), np.nan)
            ),
        )


DOSES = st.sampled_from([None, 50.0, 60.0])


@given(st.lists(st.tuples(st.sampled_from(PEOPLE), DOSES, DOSES, st.sampled_from("abc"))))
def test_the_strongest_site_is_the_last_of_those_in_order(
    courses: list[tuple[str, float | None, float | None, str]],
) -> None:
    """By EQD2, then dose, then name, as tables are sorted; nobody's where one is not known."""
    table = pd.DataFrame(courses, columns=["patient_id", "eqd2_gy", "dose_gy", "site"])
    table = table.astype({"eqd2_gy": float, "dose_gy": float, "patient_id": object, "site": object})
    table["dose_gy"] = table["dose_gy"].where(table["eqd2_gy"].isna(), table["eqd2_gy"])
    table = table.assign(
        fractions=pd.Series(range(len(table)), dtype="Int64"),
        bed_gy=table["eqd2_gy"],
        start_date=pd.Timestamp("2020-01-01"),
        end_date=pd.Timestamp("2020-02-01"),
    )
    several = table["patient_id"].duplicated(keep=False)
    open_ = table.loc[several & table["eqd2_gy"].isna(), "patient_id"]
    in_order = table[~table["patient_id"].isin(open_)].sort_values(
        ["eqd2_gy", "dose_gy", "site"], kind="stable"
    )
    strongest = in_order.drop_duplicates("patient_id", keep="last").set_index("patient_id")
    ids = pd.Series(PEOPLE, index=PEOPLE, dtype=object)
    people, courses_in_codes = coded(pd.DataFrame({"patient_id": ids}), table)
    for who, given_ in ((ids, table), (people["patient_id"], courses_in_codes)):
        found = irradiation(who, given_)
        for made, column in (("rt_fractions", "fractions"), ("rt_dose_gy", "dose_gy")):
            assert by_text(found[made]) == by_text(strongest[column])


def sample(chance: np.random.Generator) -> Dataset:
    """Give some patients of the synthetic cohort, their rows in any order, some of them twice."""
    dataset = synthetic()
    who = chance.permutation(len(dataset.tables["patients"]))[:30]
    kept = dataset.tables["patients"]["patient_id"].iloc[who]
    tables = {}
    for name, table in dataset.tables.items():
        if table.empty:
            tables[name] = table
            continue
        own = table[met_in(table["patient_id"], kept)]
        tables[name] = own.iloc[chance.permutation(len(own))]
        tables[name].index = pd.RangeIndex(2, 2 + len(own))
    return replace(dataset, tables=tables)


def frames_of(cohort: Cohort) -> dict[str, pd.DataFrame]:
    names = (
        "patients", "radiotherapy", "immunotherapy", "assessments", "adverse_events",
        "organ_doses", "time_to_event", "screening", "not_at_risk",
    )  # fmt: skip
    return {name: getattr(cohort, name) for name in names}


@settings(max_examples=8)
@given(
    st.integers(0, 2**32),
    st.sampled_from([{}, {"relapse_death": "event"}, {"time_zero": "second treatment"},
                     {"delayed_entry": "second treatment"}]),
)  # fmt: skip
def test_a_cohort_is_the_same_of_codes_and_of_texts(seed: int, chosen: dict[str, str]) -> None:
    dataset = sample(np.random.default_rng(seed))
    assert in_codes(dataset.tables["patients"]["patient_id"])
    plain = replace(dataset, tables={n: in_words(t) for n, t in dataset.tables.items()})
    parameters = STUDY.parameters(**chosen)
    of_codes, of_texts = (frames_of(derive.cohort(d, parameters)) for d in (dataset, plain))
    for name, frame in of_codes.items():
        pd.testing.assert_frame_equal(frame, of_texts[name], check_exact=True)
        assert not [
            column
            for column in frame
            if isinstance(frame[column].dtype, pd.CategoricalDtype)
            and not frame[column].cat.ordered
        ]


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_rules_are_broken_alike_by_codes_and_by_texts(seed: int) -> None:
    """Rows of which the days are those of others, and ids that nobody has."""
    chance = np.random.default_rng(seed)
    dataset = sample(chance)
    tables = {}
    for name, table in dataset.tables.items():
        moved = table.copy()
        for column in moved.columns[moved.columns.str.endswith("_date")]:
            some = chance.random(len(moved)) < 0.1
            others = moved[column].sample(frac=1, random_state=int(chance.integers(99))).to_numpy()
            moved[column] = moved[column].mask(some, pd.Series(others, index=moved.index))
        tables[name] = moved[chance.random(len(moved)) < 0.97]
    plain = {name: in_words(table) for name, table in tables.items()}
    found = rules.broken(tables, dataset.description)
    assert found == rules.broken(plain, dataset.description)
    assert found or all(tables[name].equals(dataset.tables[name]) for name in tables)


@pytest.mark.parametrize("how", ["sum", "nunique"])
def test_of_nobody_there_is_no_sum(how: str) -> None:
    ids = pd.Series(["a", "a"], dtype=pd.CategoricalDtype(["a", "b"]))
    assert by_text(of_each(ids, pd.Series([1, 1]), how)).keys() == {"a"}

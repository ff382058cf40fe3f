"""Each number that hangs on an estimate is read back to its row; what hangs on none, to no row."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.display import Markdown

from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.display import statements
from analysis.display.format import estimate, median_months, p_text, p_value, thousands
from analysis.display.origins import Origins, of_table, of_text
from analysis.display.pages import arms as by_arm
from analysis.display.pages import prognosis
from analysis.display.sources import about
from analysis.display.tables import Table, plain_table, texts
from analysis.display.written import NUMBER
from analysis.estimates import arms, whole
from analysis.estimates.rows import COLUMNS
from analysis.study.keys import Key, Statistic
from analysis.study.printed import half_up
from analysis.zhai_2025.study import STUDY
from tests.display.test_beyond import tables
from tests.own import write_own

OWN, OTHER = "synthetic", "of one's own"


@pytest.fixture(scope="module", params=[OWN, OTHER])
def cohort(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    if request.param == OWN:
        return load(OWN, STUDY)
    return load(write_own(tmp_path_factory.mktemp("own")), STUDY)


@pytest.fixture(scope="module")
def estimates(cohort: Cohort) -> pd.DataFrame:
    return whole.estimate(cohort, cohort.parameters)


def everything(cohort: Cohort, rows: pd.DataFrame) -> dict[str, Any]:
    """Give what makes each table, those by arm too."""
    study, made = cohort.study, dict(tables(cohort, rows))
    if study.arm is not None:
        parts: dict[str, Callable[..., Table | None]] = {
            "table_1_by_arm": by_arm.table_1,
            "table_2_by_arm": by_arm.table_2,
            "table_3_by_arm": by_arm.table_3,
            "table_4_by_arm": by_arm.table_4,
            "survival_by_arm": by_arm.survival,
            "subgroups": by_arm.subgroups,
        }
        made |= {name: (make, (rows, study)) for name, make in parts.items()}
        name, level = study.arm.variable.name, study.arm.levels[0]
        made["table_5_arm"] = (prognosis.table_5, (arms.of_arm(rows, name, level), study))
    return made


def of(rows: pd.DataFrame, key: Key) -> pd.Series:
    """Give the one row of a key, by another way than the code has."""
    chosen = rows[[Key.of(row) == key for row in rows.to_dict("records")]]
    assert len(chosen) == 1
    return chosen.iloc[0]


def shows(text: str, row: pd.Series) -> bool:
    """Tell whether a text is the value of a row, or its number of patients."""
    digits = re.sub("[<>=, ]", "", text).replace("−", "-")
    if not re.search(r"\d", digits):
        return bool(pd.isna(row["value"]))
    places = len(digits.partition(".")[2])
    numbers = [value for value in (row["value"], row["n"]) if pd.notna(value)]
    below = text.startswith("<") and row["value"] < float(digits)
    return below or any(half_up(float(one), places) == half_up(float(digits), places)
                        for one in numbers)  # fmt: skip


def test_every_number_that_changes_with_an_estimate_has_its_row(
    cohort: Cohort, estimates: pd.DataFrame
) -> None:
    found = 0
    known = {Key.of(row): row for row in estimates.to_dict("records")}
    of_part = {}
    if cohort.study.arm is not None:
        arm = cohort.study.arm
        rows = arms.of_arm(estimates, arm.variable.name, arm.levels[0])
        of_part = {Key.of(row): row for row in rows.to_dict("records")}
    for name, (make, given_) in everything(cohort, estimates).items():
        table = make(*given_)
        if table is None:
            continue
        origins = of_table(table, make, given_)
        assert origins.unread == (), name
        said = texts(table)
        rows_of = of_part if name == "table_5_arm" else known
        for place, keys in origins.places.items():
            numbers = NUMBER.findall(said[place])
            for number, key in zip(numbers, keys, strict=True):
                if key is not None:
                    found += 1
                    assert shows(number, pd.Series(rows_of[key])), (name, place, number, str(key))
    assert found > 900


def test_what_has_no_row_is_the_same_whatever_the_estimates_are(
    cohort: Cohort, estimates: pd.DataFrame
) -> None:
    """Another table of other numbers tells what hangs on them, without codes."""
    random = np.random.default_rng(5)
    plain = estimates["value"].notna() & estimates["value"].gt(0)
    is_p = estimates["statistic"].str.contains(r"p_value|_p$|^p_")
    moved = estimates.assign(
        value=estimates["value"].where(~plain | is_p, 5000 + random.integers(1, 4000, len(plain)))
    )
    for name, (make, given_) in tables(cohort, estimates).items():
        table = make(*given_)
        if table is None:
            continue
        other = make(*(moved if one is estimates else one for one in given_))
        found, said, others = of_table(table, make, given_).places, texts(table), texts(other)
        for place, text in said.items():
            now, then = NUMBER.findall(text), NUMBER.findall(others[place])
            keys = found.get(place, (None,) * len(now))
            for number, also, key in zip(now, then, keys, strict=True):
                assert number == also or key is not None, (name, place, number)


def test_sentences_have_rows_too(cohort: Cohort, estimates: pd.DataFrame) -> None:
    study = cohort.study

    def make(*given_: Any) -> str:
        return str(statements.of_study(*given_).data)

    for name in study.sentences:
        said = make(study, name, estimates)
        keys, unread = of_text(said, make, (study, name, estimates))
        assert unread == []
        assert len(keys) == len(NUMBER.findall(said))

    def below(*given_: Any) -> str:
        return str(prognosis.significant_factors(*given_).data)

    said = below(estimates, study)
    keys, unread = of_text(said, below, (estimates, study))
    assert unread == []
    assert sum(key is not None for key in keys) == said.count("p = ") + said.count("p < ")


# Made up ------------------------------------------------------------------------------------------

VALUES = st.one_of(
    st.just(float("nan")),
    st.just(0.0),
    st.integers(1, 400).map(float),
    st.floats(0.1, 2e6, allow_nan=False).map(lambda value: float(f"{value:.12g}")),
)
P_VALUES = st.one_of(
    st.just(float("nan")), st.floats(1e-6, 1.0), st.sampled_from([0.05, 0.051, 0.0499, 0.999])
)


def rows_of(values: list[float], ps: list[float]) -> pd.DataFrame:
    """Give rows of endpoints: median with limits, a count, a p value of each."""
    rows = []
    for place, (value, p) in enumerate(zip(values, ps, strict=True)):
        for statistic, own in (
            (Statistic.MEDIAN, value),
            (Statistic.MEDIAN_LOWER, value * 0.7),
            (Statistic.MEDIAN_UPPER, value * 1.3),
            (Statistic.EVENTS, 0.0 if np.isnan(value) else float(round(value))),
            (Statistic.P_VALUE, p),
        ):
            rows.append(
                dict.fromkeys(COLUMNS, "")
                | {"analysis_id": "survival", "variable": f"E{place}", "statistic": str(statistic),
                   "value": own, "n": 90 + place}
            )  # fmt: skip
    return pd.DataFrame(rows).astype({"value": "float64", "n": "Int64"})


def made_up(rows: pd.DataFrame) -> Table:
    wide = rows.pivot(index="variable", columns="statistic", values="value")
    cells = pd.DataFrame(
        {
            "Endpoint 12": list(wide.index),
            "Median": [
                median_months(*one)
                for one in wide[["median", "median_lower", "median_upper"]].to_numpy()
            ],
            "Events": [thousands(one) for one in wide["events"]],
            "p": [p_value(one) for one in wide["p_value"]],
        }
    )
    return plain_table(cells, stub="Endpoint 12", notes=[f"Of {rows['n'].max()} patients, 95% CI."])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(VALUES, P_VALUES), min_size=1, max_size=60), st.randoms())
def test_any_values_are_read_back_in_any_order(
    numbers: list[tuple[float, float]], random: Any
) -> None:
    rows = rows_of([value for value, _ in numbers], [p for _, p in numbers])
    order = list(range(len(rows)))
    random.shuffle(order)
    rows = rows.iloc[order].reset_index(drop=True)
    table = made_up(rows)
    found = of_table(table, made_up, (rows,))
    assert found.unread == ()
    said = texts(table)
    for place, keys in found.places.items():
        for number, key in zip(NUMBER.findall(said[place]), keys, strict=True):
            if key is not None and place[0] == "cell":
                assert key.variable == table.cells.iloc[place[1], 0]
                assert shows(number, of(rows, key))
    # The first number of each median is that of the median, whether it is reached or not.
    for down in range(len(table.cells)):
        first = found.places["cell", down, 1][0]
        assert first is not None
        assert first.statistic is Statistic.MEDIAN
        (events,) = found.places["cell", down, 2]
        assert events is not None
        assert events.statistic is Statistic.EVENTS
        (p,) = found.places["cell", down, 3]
        assert p is not None
        assert p.statistic is Statistic.P_VALUE
    # Months and levels of intervals are of no row, the number of patients is.
    of_note = found.places["note", 0, 0]
    assert [key is None for key in of_note] == [False, True]


def test_a_number_that_is_not_that_of_its_row_is_not_believed() -> None:
    rows = rows_of([10.0, 20.0], [0.2, 0.3])

    def doubled(given_: pd.DataFrame) -> str:
        return f"twice: {thousands(2 * given_['value'].iloc[0])}"

    keys, unread = of_text(doubled(rows), doubled, (rows,))
    assert keys == (None,)
    assert unread == ["20 in “twice: 20”"]


def test_words_that_hang_on_a_p_value_stay() -> None:
    rows = rows_of([10.0, 20.0, 30.0], [0.0004, 0.3, 0.049])

    def below(given_: pd.DataFrame) -> str:
        tests = given_[given_["statistic"] == "p_value"]
        chosen = tests[tests["value"] < 0.05]
        return "; ".join(
            f"{row['variable']} ({p_text(row['value'])})" for row in chosen.to_dict("records")
        )

    assert below(rows) == "E0 (p < 0.001); E2 (p = 0.049)"
    keys, unread = of_text(below(rows), below, (rows,))
    assert [key.variable for key in keys if key] == ["E0", "E2"]
    assert unread == []


def test_without_estimates_there_is_nothing_to_find() -> None:
    table = plain_table(pd.DataFrame({"a": ["1"], "b": ["2.5"]}), stub="a")
    assert of_table(table, lambda: table, ()) == Origins()


def test_what_is_not_estimable_leads_to_the_ratio() -> None:
    rows = rows_of([10.0], [0.5])
    rows["statistic"] = ["hazard_ratio", "hr_lower", "hr_upper", "events", "hr_p"]
    rows.loc[:2, "value"] = float("nan")

    def make(given_: pd.DataFrame) -> Table:
        value, low, high = given_["value"].iloc[:3]
        return plain_table(pd.DataFrame({"a": ["x"], "HR": [estimate(value, low, high)]}), stub="a")

    (key,) = of_table(make(rows), make, (rows,)).places["cell", 0, 1]
    assert key is not None
    assert key.statistic is Statistic.HAZARD_RATIO


def test_a_row_is_named_by_its_key_wherever_the_study_cuts() -> None:
    row = rows_of([10.0], [0.5]).iloc[1].to_dict() | {"analysis_id": "prognosis"}
    row |= {"group": "afp_before<400", "group_level": "yes", "variable": "OS"}
    for cut in (400.0, 1000.0):
        study = STUDY.under(STUDY.parameters(afp_cutoff=cut))
        assert about(row, study) == "AFP < 400 ng/mL, OS, yes, median, lower limit"


def test_links_of_markdown_hold_their_numbers(tmp_path: Path) -> None:
    from analysis.display.beyond import Marks

    rows = rows_of([12.55, 20.0], [0.0004, 0.3])

    def said(given_: pd.DataFrame) -> Markdown:
        value, p = given_["value"].iloc[0], given_["value"].iloc[4]
        return Markdown(f"A median of {thousands(value, 1)} (95% CI, {p_text(p)})")

    assert Marks().text(said, rows).data == (
        "A median of [12.6](#E0.median) (95% CI, p [< 0.001](#E0.p_value))"
    )

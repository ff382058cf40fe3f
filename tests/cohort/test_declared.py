"""What a `dataset.yaml` declares is estimated, has words, moves with its parameters, or is a fault.

No code is written for it: the dataset is the synthetic cohort with columns of somebody's own.
"""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.declared import DERIVED, OUTCOMES
from analysis.cohort.folder import DATA
from analysis.cohort.model import Cohort
from analysis.cohort.read import DatasetFaults, load, read_dataset, read_study
from analysis.cohort.schema import FOLLOW_UP
from analysis.estimates import characteristics, prognosis, survival, treatment, whole
from analysis.estimates.factors import endpoints_of, factors_of
from analysis.estimates.one_factor import hazard_ratio
from analysis.estimates.rows import pick, value_of
from analysis.sensitivity.compare import compare, specifications
from analysis.sensitivity.run import Run, run
from analysis.sensitivity.variants import BASE, of_subgroups, read_variants
from analysis.study.expressions import holds
from analysis.study.months import DAYS_PER_MONTH
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests import datasets
from tests.datasets import write_dataset
from tests.own import DECLARED, write_own
from tests.words import wordless

HEAD = "title: Mine\nsynthetic: true\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_own(tmp_path_factory.mktemp("data") / "own")


@pytest.fixture(scope="module")
def cohort(folder: Path) -> Cohort:
    return load(folder, STUDY)


@pytest.fixture(scope="module")
def estimates(cohort: Cohort) -> pd.DataFrame:
    return whole.estimate(cohort, cohort.parameters)


# What is declared is estimated, and has words ---------------------------------------------------


def test_a_covariate_with_a_cut(cohort: Cohort, estimates: pd.DataFrame) -> None:
    factor = cohort.study.factor("bilirubin")
    assert (factor.key, factor.label) == ("bilirubin>=17", "Bilirubin ≥ 17 µmol/L")
    assert factor in factors_of(cohort)
    values = cohort.patients["bilirubin"]
    of_table_1 = pick(estimates, analysis_id="characteristics", variable="bilirubin", group="")
    assert value_of(of_table_1, statistic="median") == values.median()
    counted = value_of(of_table_1, variable_level=">=17", statistic="count")
    assert counted == (values >= 17).sum() > 0
    assert cohort.study.variable("bilirubin").level(">=17") == "≥ 17"
    times = pd.DataFrame(cohort.times("OS")).assign(
        level=lambda rows: np.where(rows["patient_id"].map(values) >= 17, "yes", "no")
    )
    of_os = pick(estimates, analysis_id="prognosis", group=factor.key, variable="OS")
    expected = hazard_ratio(times, "yes", cohort.parameters)
    assert value_of(of_os, statistic="hazard_ratio") == pytest.approx(expected.ratio.value)


def test_a_covariate_with_three_levels(cohort: Cohort, estimates: pd.DataFrame) -> None:
    factor = cohort.study.factor("bclc")
    assert (factor.key, factor.label, factor.groups) == ("bclc", "BCLC stage", ("B", "A", "C"))
    assert [factor.group(level) for level in factor.groups] == ["BCLC B", "BCLC A", "BCLC C"]
    of_table_1 = pick(estimates, analysis_id="characteristics", variable="bclc", statistic="count")
    counted = pick(of_table_1, group="").set_index("variable_level")["value"]
    assert counted.to_dict() == cohort.patients["bclc"].value_counts().to_dict()
    found = pick(estimates, analysis_id="prognosis", group="bclc", variable="PFS")
    ratios = pick(found, statistic="hazard_ratio").set_index("group_level")
    # Of each level against the reference, which has none.
    assert list(ratios.index) == ["A", "C"]
    assert ratios["value"].notna().all()
    assert ratios["method"].str.endswith("against BCLC B").all()
    assert list(pick(found, statistic="median")["group_level"]) == ["B", "A", "C"]


def test_an_endpoint_from_a_duration_with_codes(cohort: Cohort, estimates: pd.DataFrame) -> None:
    endpoint = cohort.study.endpoint("LPFS")
    assert endpoint.words == "Local progression-free survival"
    times = cohort.times("LPFS").set_index("patient_id")
    patients = cohort.patients
    # Not rounded: months stay what was recorded.
    days = patients["lpfs_months"] * DAYS_PER_MONTH
    assert times["days"].to_dict() == days.to_dict()
    assert times["event"].to_dict() == patients["lpfs_status"].eq("1").to_dict()
    assert times["competing"].to_dict() == patients["lpfs_status"].eq("2").to_dict()
    median = pick(estimates, analysis_id="survival", variable="LPFS", group="", statistic="median")
    assert median["method"].item() == "1 - Aalen-Johansen incidence of the event"
    tests = pick(estimates, analysis_id="prognosis", variable="LPFS", statistic="p_value")
    assert set(tests["method"]) == {"Gray's test"}


def test_an_endpoint_from_dates(cohort: Cohort, estimates: pd.DataFrame) -> None:
    times = cohort.times("TTP").set_index("patient_id")
    progressed = cohort.patients["progression_date"].notna()
    died = ~progressed & cohort.patients["death_date"].notna()
    assert times["event"].to_dict() == progressed.to_dict()
    assert times["competing"].to_dict() == died.to_dict()
    ends = cohort.patients["progression_date"].fillna(cohort.patients["death_date"])
    ends = ends.fillna(cohort.patients["last_imaging_date"])
    days = (ends - cohort.patients["time_zero"]).dt.days
    assert times["days"].to_dict() == days.to_dict()
    assert endpoints_of(cohort) == ["OS", "PFS", "LPFS", "TTP"]
    assert not pick(estimates, analysis_id="survival", variable="TTP", group="").empty


def test_a_time_zero_of_its_own(tmp_path: Path) -> None:
    text = HEAD + (
        "endpoints:\n"
        "  - {name: DoT, event: death_date, time_zero: rt_end}\n"
        "  - {name: Fixed, event: progression_date, time_zero: enrolment_date}\n"
    )
    found = load(write_own(tmp_path / "own", text, **NONE), STUDY)
    zero = {"DoT": "rt_end", "Fixed": "enrolment_date"}
    for name, column in zero.items():
        times = found.times(name).set_index("patient_id")
        event = {"DoT": "death_date", "Fixed": "progression_date"}[name]
        ended = found.patients[event].fillna(found.patients["last_contact_date"])
        days = (ended - found.patients[column]).dt.days
        assert times["days"].to_dict() == days.clip(lower=0).to_dict()


def test_an_arm(cohort: Cohort, estimates: pd.DataFrame) -> None:
    arm = cohort.study.arm
    assert arm is not None
    assert (arm.variable.words, arm.levels) == ("Treatment", ("ICI", "RT+ICI"))
    assert [arm.variable.level(level) for level in arm.levels] == [
        "ICI alone",
        "Radiotherapy and ICI",
    ]
    by_arm = pick(estimates, group="arm")
    assert {"characteristics", "treatment", "survival", "prognosis", "adverse_events"} <= set(
        by_arm["analysis_id"]
    )
    sizes = pick(by_arm, analysis_id="characteristics", variable="patients")
    assert sizes.set_index("group_level")["value"].to_dict() == (
        cohort.patients["arm"].value_counts().to_dict()
    )
    ratio = pick(by_arm, analysis_id="prognosis", variable="OS", statistic="hazard_ratio")
    assert ratio["method"].item().endswith("against ICI alone")


def test_agents(cohort: Cohort, estimates: pd.DataFrame) -> None:
    known = cohort.study.open_lists["immunotherapy.agent"]
    assert known[-2:] == ("durvalumab", "penpulimab")
    counted = pick(estimates, analysis_id="treatment", variable="ici_agent", statistic="count")
    counts = pick(counted, group="").set_index("variable_level")["value"]
    given = cohort.immunotherapy.groupby("agent")["patient_id"].nunique()
    assert counts["durvalumab"] == given["durvalumab"] > 0
    # Written as Penpulimab and Sintilimab.
    assert counts["penpulimab"] == given["penpulimab"] > 0
    assert counts["sintilimab"] > 0
    assert not {"Penpulimab", "Sintilimab"} & set(counts.index)


def test_subgroups(cohort: Cohort, estimates: pd.DataFrame) -> None:
    found = pick(estimates, analysis_id="subgroups", group="subgroup", variable="OS")
    sizes = pick(found, statistic="n").set_index("group_level")["value"]
    patients = cohort.patients
    assert sizes.to_dict() == {
        "High AFP and PVTT": (patients["pvtt"].eq("yes") & (patients["afp_before"] >= 400)).sum(),
        "Child-Pugh A": (patients["child_pugh_score"] <= 6).sum(),
    }
    of_arms = estimates[estimates["group"] == "subgroup & arm"]
    assert set(of_arms["group_level"]) == {f"{name} & RT+ICI" for name in sizes.index}
    assert set(of_arms["statistic"]) >= {"hazard_ratio", "hr_lower", "hr_upper"}


def test_whatever_is_declared_has_words_and_a_place(
    cohort: Cohort, estimates: pd.DataFrame
) -> None:
    assert wordless(cohort, estimates) == []


def test_the_article_is_estimated_as_without_what_is_declared(
    cohort: Cohort, estimates: pd.DataFrame, tmp_path: Path
) -> None:
    # Not compared with the article either, so that numbers at risk are counted in the same months.
    without = Path(shutil.copytree(DATA / "synthetic", tmp_path / "without"))
    (without / "dataset.yaml").write_text(f"{HEAD}data_cutoff: 2023-06-30\n", encoding="utf-8")
    plain = load(without, STUDY)
    for part in (characteristics, survival, prognosis):
        of_article = part.estimate(plain, plain.parameters)
        key = [*of_article.columns[:6]]
        beside = of_article.merge(estimates, on=key, how="left", suffixes=("", "_own"))
        assert beside["function_own"].notna().all()
        np.testing.assert_array_equal(beside["value"], beside["value_own"])


@pytest.mark.parametrize(
    ("label", "of_factor", "of_variable"),
    [
        # It is but the name of the column, as people write it: Yes and No of what?
        ("BCLC", "BCLC: B", "BCLC"),
        ("", "Bclc: B", "Bclc"),
        ("Intermediate stage", "Intermediate stage", "Bclc"),
    ],
)
def test_a_factor_of_one_level_says_which(
    tmp_path: Path, label: str, of_factor: str, of_variable: str
) -> None:
    labelled = f", label: {label}" if label else ""
    text = HEAD + f"factors:\n  - {{column: bclc, level: B{labelled}}}\n"
    columns = {**NONE, "bclc": pd.Series(["B", "C", "A"] * 36)}
    factor = load(write_own(tmp_path / "own", text, **columns), STUDY).study.factor("bclc")
    assert (factor.words, factor.variable.words) == (of_factor, of_variable)


def test_a_column_in_levels_that_are_numbers(tmp_path: Path) -> None:
    """A recorded whole number with levels was of no level at all."""
    text = HEAD + (
        "factors:\n  - {column: ecog, levels: {0: 'Nought', 1: 'One', 2: 'Two'}}\n"
        "  - {column: ecog, name: fit, level: 1, label: ECOG 1}\n"
        "  - {column: child_pugh_score}\n"
        "arm: {column: therapy_line}\n"
    )
    found = load(write_own(tmp_path / "own", text, **NONE), STUDY)
    patients = found.patients
    assert (patients["factor_ecog"].astype(int) == patients["ecog"]).all()
    assert (patients["factor_fit"].eq("yes") == patients["ecog"].eq(1)).all()
    assert found.study.factor("child_pugh_score").levels == ("5", "6", "7")
    assert patients["factor_child_pugh_score"].notna().all()
    assert found.study.arm is not None
    assert found.study.arm.levels == ("1", "2", "3", "4", "5", "6")
    assert patients["therapy_line"].notna().all()


@pytest.mark.parametrize(
    ("levels", "codes"),
    [
        ("[yes, no]", ["yes", "no"]),
        ("{yes: Given, no: Not given}", ["yes", "no"]),
        ("{1: One, 2: Two}", [1, 2]),
        ("[2, 1]", [1, 2]),
        ("[on, off]", ["on", "off"]),
    ],
)
def test_codes_that_yaml_reads_as_something_else(
    tmp_path: Path, levels: str, codes: list[object]
) -> None:
    text = HEAD + f"factors:\n  - {{column: bclc, levels: {levels}}}\n"
    columns = {**NONE, "bclc": pd.Series(codes * 54)}
    found = load(write_own(tmp_path / "own", text, **columns), STUDY)
    assert found.patients["factor_bclc"].notna().all()
    assert found.patients["factor_bclc"].nunique() == 2


# As parameters, and in sensitivity --------------------------------------------------------------


def test_a_parameter_moves_the_cut(folder: Path) -> None:
    study = read_study(folder, STUDY)
    added = set(study.parameters.model_fields) - set(Parameters.model_fields)
    assert added == {"bilirubin_cutoff"}
    assert study.parameters().model_dump()["bilirubin_cutoff"] == 17
    found = load(folder, STUDY, {"bilirubin_cutoff": 25.5})
    factor = found.study.factor("bilirubin")
    assert (factor.key, factor.label) == ("bilirubin>=25.5", "Bilirubin ≥ 25.5 µmol/L")
    table = characteristics.estimate(found, found.parameters)
    counted = value_of(table, variable="bilirubin", variable_level=">=25.5", statistic="count")
    assert counted == (found.patients["bilirubin"] >= 25.5).sum()
    assert found.parameters.changed() == {"bilirubin_cutoff": (17, 25.5)}
    asked = study.parameters(curves_of=("bclc", "bilirubin"), population="Child-Pugh A")
    assert len(load(folder, STUDY, asked).patients) < len(load(folder, STUDY).patients)


def test_parameters_that_a_dataset_adds_can_be_sent_to_a_worker(folder: Path) -> None:
    """Processes are given parameters as pickles, which know a class by where it stands."""
    import cloudpickle

    study = read_study(folder, STUDY)
    chosen = study.parameters(bilirubin_cutoff=20)  # type: ignore[call-arg]
    again = pickle.loads(cloudpickle.dumps(chosen))
    assert dict(again) == dict(chosen)
    assert again.changed() == chosen.changed()


VARIANTS = """\
title: Mine
question: Does the cut matter?
variants:
  - change: { bilirubin_cutoff: 20 }
"""


@pytest.fixture(scope="module")
def sensitivity(tmp_path_factory: pytest.TempPathFactory) -> Run:
    path = tmp_path_factory.mktemp("sensitivity")
    declared = DECLARED.replace(ARM, "")
    folder = write_own(path / "own", declared)
    frame = pd.read_csv(folder / "patients.csv", dtype=str)
    frame.drop(columns="arm").to_csv(folder / "patients.csv", index=False)
    (path / "mine.yaml").write_text(VARIANTS, encoding="utf-8")
    dataset = read_dataset(folder, STUDY)
    base = dataset.study.parameters()
    variants = [
        *read_variants(base, path / "mine.yaml"),
        *of_subgroups(dict(list(dataset.study.subgroups.items())[-1:]), base),
    ]
    return run(dataset, variants, base, workers=2)


def test_sensitivity_runs_in_other_processes(sensitivity: Run) -> None:
    assert sensitivity.failed == {}
    assert list(sensitivity.estimates["variant"].unique()) == [
        BASE,
        "bilirubin_cutoff=20",
        "population=Child-Pugh A",
    ]


def test_a_factor_stays_the_same_when_its_cut_moves(sensitivity: Run) -> None:
    found = compare(sensitivity.estimates)
    moved = found[(found["variant"] == "bilirubin_cutoff=20") & (found["factor"] == "bilirubin")]
    assert set(moved["group"]) == {"bilirubin>=17"}
    assert set(moved["variant_group"]) == {"bilirubin>=20"}
    counted = moved[moved["statistic"] == "n"]
    assert (counted["base"] != counted["value"]).any()
    others = found[(found["variant"] == "bilirubin_cutoff=20") & (found["factor"] == "afp")]
    assert not others["differs"].any()


def test_specifications_hold_what_is_declared(sensitivity: Run) -> None:
    found = specifications(sensitivity.estimates)
    levels = found[found["factor"] == "bclc"].groupby("variant")["level"].unique()
    assert all(list(each) == ["A", "C"] for each in levels)
    assert len(levels) == 3
    of_factor = found[(found["factor"] == "bilirubin") & (found["endpoint"] == "LPFS")]
    assert list(of_factor["variant"]) == list(sensitivity.estimates["variant"].unique())
    assert of_factor["hazard_ratio"].nunique() == 3


def test_subgroups_are_variants(cohort: Cohort) -> None:
    base = cohort.parameters
    found = of_subgroups(cohort.study.subgroups, base)
    assert [each.changes["population"] for each in found] == list(cohort.study.subgroups)
    assert "pvtt and afp_before >= 400" in next(
        each.why for each in found if each.name == "population=High AFP and PVTT"
    )
    asked = base.model_copy(update={"population": "Child-Pugh A"})
    assert "Child-Pugh A" not in {
        each.changes["population"] for each in of_subgroups(cohort.study.subgroups, asked)
    }
    members = holds("child_pugh_score <= 6", cohort.patients)
    assert members.any()


# Faults -----------------------------------------------------------------------------------------

# Columns that are not written.
NONE = dict.fromkeys(("bilirubin", "bclc", "arm", "lpfs_months", "lpfs_status"))
ARM = next(line for line in DECLARED.splitlines(keepends=True) if line.startswith("arm:"))


def told(folder: Path, text: str) -> list[str]:
    """Give the faults of the four patients with columns of their own, one line each."""
    patients = [line for line in datasets.PATIENTS.splitlines() if line]
    rows = ["stage,bili,group,months,status", "A,10.5,x,3.5,1", "B,20,y,4,0", "C,30,x,9,2"]
    rows.append("A,17,y,12,1")
    written = "\n".join(f"{one},{other}" for one, other in zip(patients, rows, strict=True))
    own = "factors: [{column: stage}, {column: bili, cut: 17}, {column: group}]\n"
    endpoint = "endpoints: [{name: Base, months: months, event: {column: status, is: 1}}]\n"
    dataset = datasets.FILES["dataset.yaml"]
    for key, line in (("factors:", own), ("endpoints:", endpoint)):
        head, _, entry = text.partition("\n  - ")
        if head == key:
            # Beside what has the columns read.
            dataset += line.replace("]\n", f", {entry}]\n")
            text = ""
        else:
            dataset += line
    path = write_dataset(folder, patients=written + "\n", dataset=dataset + text + "\n")
    with pytest.raises(DatasetFaults) as caught:
        load(path, STUDY)
    return [str(fault) for fault in caught.value.faults]


FACTOR, ENDPOINT = "factors:\n  - ", "endpoints:\n  - "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FACTOR + "{column: bili, name: b, cutt: 17}",
         "factors.4.cutt; expected did you mean `cut`? only"),
        (FACTOR + "{column: stage, name: s, cut: 3, levels: [A, B]}",
         "factors.4; expected stage: give one of cut, level, levels"),
        (FACTOR + "{column: bili, name: b, cut: high}",
         "cut is a number, or such as '< 60', not 'high'"),
        (FACTOR + "{column: bili, name: b, cut: .nan}", "cut is a number"),
        (FACTOR + "{column: bili, name: b, cut: yes}", "cut is a number"),
        (FACTOR + "{column: stage, name: s, levels: [A, B, C], reference: D}",
         "stage: reference 'D' is none of the levels: A, B, C"),
        (FACTOR + "{column: stage, name: s, reference: B}", "reference 'B' is none of the levels"),
        (FACTOR + "{column: stage, name: s, levels: [A]}", "stage: two levels or more"),
        (FACTOR + "{column: stage, name: s, level: Z}",
         "factors.4.level: found 'Z'; expected one of the values that there are: A, B, C"),
        (FACTOR + "{column: bili, cut: 25}",
         "factors.4.name: found 'bili'; expected a name of its own for each factor"),
        (FACTOR + "{column: bili, name: b, cut: 17}",
         "factors.4.cut: found '>=17'; expected another cut: Bili ≥ 17 is compared already"),
        (FACTOR + "{column: age_years, cut: '< 60'}",
         "Age < 60 years is compared already, as the factor age"),
        (FACTOR + "{column: bili, name: afp, cut: 25}",
         "factors.4.name: found 'afp'; expected a name of its own for each factor; "
         "this is that of AFP < 1,000 ng/mL"),
        (FACTOR + "{column: bili, name: afp_second, cut: 25}",
         "expected another name: the study has a parameter afp_second_cutoff already"),
        (FACTOR + "{column: sex, name: s, cut: 25}",
         "factors.4.cut: found '25'; expected a column of numbers"),
        (FACTOR + "{column: albumin, cut: 35}",
         "patients.csv, column albumin; expected this column, or its name under not_recorded"),
        (FACTOR + "{column: afp_befor, cut: 35}", "expected this column (there is afp_before), or"),
        (FACTOR + "{column: response_overall}",
         "patients.csv, column response_overall; expected this column, or its name under not"),
        (FACTOR + "{column: 'my column', cut: 3}",
         "found 'my column'; expected a name of letters"),
        (FACTOR + "{cut: 3}", "factors.4.column; expected this key"),
        ("factor: [{column: bili}]",
         "factor; expected did you mean `factors`? only the keys title,"),
        ("study: zhai", "study: found 'zhai'; expected zhai_2025 or own"),
        (ENDPOINT + "{name: TTX, event: sex}",
         "endpoints.2: found 'sex'; expected a column of dates, named …_date"),
        (ENDPOINT + "{name: TTX, event: progresion_date}",
         "column progresion_date; expected this column (there is progression_date)"),
        (ENDPOINT + "{name: TTX, event: progression_date, censored: ecog}",
         "found 'ecog'; expected a column of dates"),
        (ENDPOINT + "{name: TTX, event: progression_date, time_zero: ecog}",
         "found 'ecog'; expected a column of dates"),
        (ENDPOINT + "{name: Base, event: progression_date}",
         "endpoints.2.name: found 'Base'; expected a name of its own for each endpoint"),
        (ENDPOINT + "{name: TTX, event: {column: status, is: 1}}",
         "TTX: codes of an event go with a duration, such as days:"),
        (ENDPOINT + "{name: TTX, event: {column: status, is: 1}, days: months, months: months}",
         "TTX: give one duration, not days and months"),
        (ENDPOINT + "{name: TTX, event: {column: status, is: 7}, months: months}",
         "endpoints.2.event: found '7'; expected one of the values that there are: 0, 1, 2"),
        (ENDPOINT + "{name: TTX, event: status, months: months}",
         "endpoints.2.event: found 'yes'; expected one of the values that there are: 0, 1, 2"),
        (ENDPOINT + "{name: TTX, event: [a, b], months: months}",
         "TTX: a duration ends with one column of yes and no"),
        (ENDPOINT + "{name: TTX, event: {column: status, is: 1}, months: sex}",
         "endpoints.2: found 'sex'; expected a column of numbers"),
        (ENDPOINT + "{name: TTX, months: months}", "endpoints.2.event; expected this key"),
        (ENDPOINT + "{name: '2', event: death_date}",
         "found '2'; expected an abbreviation such as TTP"),
        ("arm: {column: group, level: x}", "arm.level; expected did you mean `levels`? only"),
        ("arm: {column: group, levels: {x: X}}", "arm; expected group: two levels or more"),
        ("arm: {column: groep}", "patients.csv, column groep; expected this column"),
        ("arm: {column: rt_foci}", "patients.csv, column rt_foci; expected this column"),
        ("subgroups: {Mine: pvt and bili >= 3}",
         "there is no variable `pvt`; did you mean `pvtt`?"),
        (FACTOR + "{column: death_date}",
         "found 'death_date'; expected a column other than of outcome"),
        (FACTOR + "{column: progression}",
         "found 'progression'; expected a column other than of out"),
        ("arm: {column: death}",
         "arm.column: found 'death'; expected a column other than of outcome"),
        ("subgroups: {Mine: death_date > 3}", "there is no variable `death_date`"),
        ("subgroups: {Mine: sex == 'man'}", "`sex` is never 'man'; there are: 'male', 'female'"),
        ("subgroups: {Mine: pvtt and}", "Mine: cannot be read; expected an expression such as"),
        ("subgroups: {Mine: open('x')}", "`open('x')` is not understood"),
        ("subgroups: {all: pvtt}", "all: another name; this one is that of everybody"),
        ("subgroups: [pvtt]", "subgroups; expected names and what they stand for"),
    ],
)  # fmt: skip
def test_a_misuse_is_one_line_with_what_to_mend(tmp_path: Path, text: str, said: str) -> None:
    (line,) = told(tmp_path, text)
    assert said in line
    assert "\n" not in line
    # None of the words of a library.
    for jargon in ("Value error", "Extra inputs", "Input should", "Field required", "tuple"):
        assert jargon not in line


def test_each_part_of_a_misuse_is_told_at_once(tmp_path: Path) -> None:
    text = ENDPOINT + "{name: TTX, event: {colum: status, is: 1}, months: months}"
    assert {line.partition("; ")[0] for line in told(tmp_path, text)} == {
        "dataset.yaml, endpoints.2.event.column",
        "dataset.yaml, endpoints.2.event.colum",
    }


def test_derived_columns_and_those_of_outcome_are_known_by_name() -> None:
    """Or a dataset could not have a column of such a name, or would have it overwritten."""
    found = load("synthetic", STUDY)
    made = set(found.patients.columns) - {factor.column for factor in STUDY.factors}
    made -= set(STUDY.patient_columns) - {"age_years"}
    made -= {name for name in FOLLOW_UP.schema.columns if name.endswith("_date")}
    assert made == {*DERIVED, *OUTCOMES, *STUDY.derived}


def test_an_event_may_have_the_name_of_what_is_derived(tmp_path: Path) -> None:
    """A recorded column was overwritten by the one that is derived from dates."""
    text = "title: x\nstudy: own\nendpoints:\n  - {name: OS, days: days, event: death}\n"
    (tmp_path / "dataset.yaml").write_text(text, encoding="utf-8")
    written = "patient_id,days,death\na,10,yes\nb,20,no\nc,5,yes\n"
    (tmp_path / "patients.csv").write_text(written, encoding="utf-8")
    times = load(tmp_path, STUDY).times("OS")
    assert times[["days", "event"]].to_numpy().tolist() == [[10, True], [20, False], [5, True]]


def test_levels_that_leave_a_code_out_name_its_rows(tmp_path: Path) -> None:
    text = HEAD + "factors:\n  - {column: bclc, levels: [A, B]}\n"
    columns = {**NONE, "bclc": pd.Series(["A"] * 100 + ["C"] * 8)}
    with pytest.raises(DatasetFaults) as caught:
        load(write_own(tmp_path / "own", text, **columns), STUDY)
    assert [str(fault) for fault in caught.value.faults] == [
        f"patients.csv, row {row}, column bclc: found 'C'; expected one of: A, B; or say what "
        "stands for them: `bclc: {from: bclc, values: {C: …}}` under tables"
        for row in range(102, 110)
    ]
    assert len(str(caught.value).splitlines()) == 2


def test_a_quantity_without_a_cut_is_not_a_group_for_each_value(tmp_path: Path) -> None:
    text = HEAD + "factors:\n  - {column: bilirubin}\n"
    columns = {name: column for name, column in NONE.items() if name != "bilirubin"}
    with pytest.raises(
        DatasetFaults, match=r"a cut, a level or levels, since it has \d+ different"
    ):
        load(write_own(tmp_path / "own", text, **columns), STUDY)
    with pytest.raises(DatasetFaults, match="arm: found 'age_years'; expected levels, since"):
        load(write_own(tmp_path / "arm", HEAD + "arm: {column: age_years}\n", **NONE), STUDY)


# Open lists -------------------------------------------------------------------------------------


def agents(folder: Path, agent: str, declared: str = "") -> Cohort:
    given = datasets.IMMUNOTHERAPY.replace("A2,sintilimab", f"A2,{agent}")
    text = datasets.FILES["dataset.yaml"] + declared
    return load(write_dataset(folder, immunotherapy=given, dataset=text), STUDY)


@pytest.mark.parametrize(
    ("agent", "read"),
    [
        ("durvalumab", "durvalumab"),
        ("penpulimab", "penpulimab"),
        ("Sintilimab", "sintilimab"),
        ("SINTILIMAB", "sintilimab"),
    ],
)
def test_agents_are_an_open_list(tmp_path: Path, agent: str, read: str) -> None:
    found = agents(tmp_path, agent)
    assert found.patients.loc["A2", "ici_agent"] == read
    table = pick(treatment.estimate(found, found.parameters), variable="ici_agent")
    assert value_of(table, variable_level=read, statistic="count") == 1


@pytest.mark.parametrize(
    ("agent", "meant"),
    [
        ("sintilimb", "sintilimab"),
        ("Toripalimap", "toripalimab"),
        ("pembrolizmab", "pembrolizumab"),
    ],
)
def test_a_slip_of_a_known_agent_is_a_fault(tmp_path: Path, agent: str, meant: str) -> None:
    with pytest.raises(DatasetFaults) as caught:
        agents(tmp_path, agent)
    (fault,) = map(str, caught.value.faults)
    assert fault == (
        f"immunotherapy.csv, row 4, column agent: found '{agent}'; expected {meant}, if that is "
        "meant; what is another is declared in dataset.yaml"
    )
    # Who means it says so.
    found = agents(tmp_path, agent, f"agents: [{agent}]\n")
    assert found.patients.loc["A2", "ici_agent"] == agent


@pytest.mark.parametrize("technique", ["SBRT", "3D-CRT", "proton therapy", "vmat"])
def test_techniques_are_an_open_list(tmp_path: Path, technique: str) -> None:
    patients = datasets.PATIENTS.replace("IMRT", technique)
    found = load(write_dataset(tmp_path, patients=patients), STUDY)
    read = {"vmat": "VMAT"}.get(technique, technique)
    assert found.patients.loc["A2", "rt_technique"] == read
    table = pick(treatment.estimate(found, found.parameters), variable="rt_technique")
    assert value_of(table, variable_level=read, statistic="count") == (3 if read == "VMAT" else 1)


@pytest.mark.parametrize(
    ("table", "old", "new", "variable"),
    [
        ("patients", "lenvatinib", "bevacizumab", "targeted_agent"),
        ("radiotherapy", "lymph node", "bone", "rt_site"),
    ],
)
def test_targeted_agents_and_sites_are_open_lists(
    tmp_path: Path, table: str, old: str, new: str, variable: str
) -> None:
    text = datasets.FILES[f"{table}.csv"].replace(old, new)
    found = load(write_dataset(tmp_path, **{table: text}), STUDY)
    rows = pick(treatment.estimate(found, found.parameters), variable=variable)
    assert value_of(rows, variable_level=new, statistic="count") == 1


# A study of its own -----------------------------------------------------------------------------


def test_a_study_of_its_own_has_nothing_of_the_article(tmp_path: Path) -> None:
    text = (
        "title: Gastric cancer\nquestion: Who relapses?\nstudy: own\nsynthetic: true\n"
        "factors:\n  - {column: stage, levels: {I: Stage I, II: Stage II}}\n"
        "  - {column: ca199, label: CA 19-9, unit: U/mL, cut: '>= 37'}\n"
        "endpoints:\n  - {name: DFS, label: Disease-free survival, days: days, event: relapsed}\n"
    )
    tmp_path.joinpath("dataset.yaml").write_text(text, encoding="utf-8")
    tmp_path.joinpath("patients.csv").write_text(
        "patient_id,stage,ca199,days,relapsed\n"
        "1,I,12,400,no\n2,II,80,200,yes\n3,I,37,300,yes\n4,II,5,90,no\n5,II,50,20,yes\n",
        encoding="utf-8",
    )
    found = load(tmp_path, STUDY)
    assert (found.study.title, found.study.question) == ("Gastric cancer", "Who relapses?")
    assert found.study.article is None
    assert found.study.marker is None
    assert [factor.key for factor in factors_of(found)] == ["stage", "ca199>=37"]
    assert endpoints_of(found) == ["DFS"]
    table = whole.estimate(found, found.parameters)
    assert set(table["analysis_id"]) == {"characteristics", "prognosis", "survival"}
    assert set(found.study.parameters.model_fields) & {"afp_cutoff", "eqd2_cutoff"} == set()
    assert "ca199_cutoff" in found.study.parameters.model_fields


def test_hepatocellular_is_such_a_study() -> None:
    found = load("hepatocellular", STUDY)
    assert found.study.name == "own"
    assert "hepatocellular carcinoma" in found.study.title.lower()
    names = [factor.name for factor in factors_of(found)]
    for name in ("tumour_size_group", "differentiation", "vascular_invasion", "afp_group"):
        assert name in names
    assert endpoints_of(found) == ["OS", "RFS"]

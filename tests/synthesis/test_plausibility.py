"""The committed cohort looks like patients, and each rule finds the fault that is made for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.article.ledger import read_ledger
from analysis.cohort import derive
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read import read_dataset
from analysis.display.pages.plausibility import rules_table
from analysis.synthesis.plausibility.rule import Known
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from analysis.zhai_2025.synthesis import plausibility
from tests.datasets import write_dataset

Tables = dict[str, pd.DataFrame]
DAY = pd.Timedelta(days=1)
TARGETS = Targets(read_ledger())
RULES = {rule.name: rule for rule in plausibility.RULES}


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return read_dataset("synthetic", STUDY)


@pytest.fixture(scope="module")
def cohort(dataset: Dataset) -> Cohort:
    return derive.cohort(dataset, Parameters())


@pytest.fixture(scope="module")
def before(dataset: Dataset, cohort: Cohort) -> set[plausibility.Breach]:
    return set(plausibility.check(dataset, cohort, TARGETS))


@pytest.mark.parametrize("rule", RULES)
def test_the_committed_cohort_keeps_the_rule(before: set[plausibility.Breach], rule: str) -> None:
    assert not [str(breach) for breach in before if breach.rule == rule]


# Seeded faults -------------------------------------------------------------------------------


class Copy:
    """Tables of the committed cohort to be spoiled; `who` picks a patient by what is recorded."""

    def __init__(self, dataset: Dataset, cohort: Cohort) -> None:
        self.tables: Tables = {name: frame.copy() for name, frame in dataset.tables.items()}
        self.patients = cohort.patients

    def who(self, query: str, nth: int = 0) -> str:
        return str(self.patients.query(query).index[nth])

    def put(self, table: str, patient_id: str, column: str, value: object, nth: int = 0) -> str:
        frame = self.tables[table]
        frame.loc[frame.index[frame["patient_id"] == patient_id][nth], column] = value
        return patient_id

    def of(self, patient_id: str, column: str) -> object:
        return self.patients.loc[patient_id, column]

    def day(self, patient_id: str, column: str) -> pd.Timestamp:
        return pd.Timestamp(self.patients.loc[patient_id, column])

    def all(self, table: str, column: str, values: object) -> None:
        self.tables[table][column] = values


Fault = Callable[[Copy], str | None]
FAULTS: list[tuple[str, Fault]] = []


def fault(rule: str) -> Callable[[Fault], Fault]:
    """Register a function that spoils a copy so that the rule is broken.

    It gives the patient at whom the rule must point, or None for the whole cohort.
    """

    def register(spoil: Fault) -> Fault:
        FAULTS.append((rule, spoil))
        return spoil

    return register


@fault("everyone treated and followed")
def no_assessment(copy: Copy) -> str:
    someone = copy.who("sex == 'male'")
    rows = copy.tables["assessments"]
    copy.tables["assessments"] = rows[rows["patient_id"] != someone]
    return someone


@fault("age")
def a_minor(copy: Copy) -> str:
    someone = copy.who("sex == 'male'")
    born = copy.day(someone, "enrolment_date") - 17 * 365 * DAY
    return copy.put("patients", someone, "birth_date", born)


@fault("liver function")
def child_pugh_b8(copy: Copy) -> str:
    return copy.put("patients", copy.who("cirrhosis == 'yes'"), "child_pugh_score", 8)


@fault("liver function")
def class_b_without_cirrhosis(copy: Copy) -> str:
    return copy.put("patients", copy.who("child_pugh_score == 7"), "cirrhosis", "no")


@fault("performance status")
def bedridden(copy: Copy) -> str:
    return copy.put("patients", copy.who("ecog == 2"), "ecog", 3)


@fault("years of enrolment")
def enrolled_before_the_study(copy: Copy) -> str:
    return copy.put(
        "patients", copy.who("sex == 'male'"), "enrolment_date", pd.Timestamp("2017-12-29")
    )


@fault("advanced disease")
def neither_recurrent_nor_stage_iv(copy: Copy) -> str:
    return copy.put("patients", copy.who("ajcc_stage == 'IIIB'"), "recurrent", "no")


@fault("stage")
def metastasis_of_stage_iii(copy: Copy) -> str:
    return copy.put(
        "patients", copy.who("ajcc_stage == 'IVB' and recurrent == 'yes'"), "ajcc_stage", "IIIB"
    )


@fault("stage")
def thrombus_of_stage_ii(copy: Copy) -> str:
    return copy.put("patients", copy.who("ajcc_stage == 'IIIB'"), "ajcc_stage", "II")


@fault("Vp4 within PVTT")
def one_vp4_more(copy: Copy) -> None:
    copy.put("patients", copy.who("pvtt_extent == 'none'"), "pvtt_extent", "main")


@fault("first line")
def first_line_after_progression(copy: Copy) -> str:
    return copy.put("patients", copy.who("therapy_line == 1"), "progressed_before", "yes")


@fault("first line")
def second_line_of_nothing(copy: Copy) -> str:
    return copy.put("patients", copy.who("therapy_line == 1"), "therapy_line", 2)


@fault("earlier ICI")
def ici_before_the_first_line(copy: Copy) -> str:
    return copy.put("patients", copy.who("therapy_line == 1"), "prior_ici", "yes")


@fault("antiviral therapy")
def hepatitis_untreated(copy: Copy) -> str:
    return copy.put("patients", copy.who("hepatitis_b == 'yes'"), "antiviral", "no")


@fault("measurable lesions")
def nothing_to_measure(copy: Copy) -> str:
    return copy.put("patients", copy.who("sex == 'male'"), "measurable_lesions", 0)


@fault("measurable lesions")
def more_lesions_than_tumours(copy: Copy) -> str:
    alone = "extrahepatic_metastasis == 'no' and tumour_count == 2 and ivc_thrombus == 'no'"
    nodes = copy.tables["radiotherapy"].query("site == 'lymph node'")["patient_id"]
    someone = next(i for i in copy.patients.query(alone).index if i not in set(nodes))
    return copy.put("patients", someone, "measurable_lesions", 5)


@fault("AFP change")
def sevenfold_afp(copy: Copy) -> str:
    someone = copy.who("afp_before < 400")
    return copy.put(
        "patients", someone, "afp_after", 7 * float(str(copy.of(someone, "afp_before")))
    )


@fault("no twins")
def the_same_patient_twice(copy: Copy) -> str:
    frame = copy.tables["patients"]
    one, other = frame.index[:2]
    columns = frame.columns.drop("patient_id")
    frame.loc[other, columns] = frame.loc[one, columns]
    return str(frame.loc[other, "patient_id"])


@fault("treatment after enrolment")
def treated_before_enrolment(copy: Copy) -> str:
    someone = copy.who("sex == 'male'")
    later = copy.day(someone, "time_zero") + 3 * DAY
    return copy.put("patients", someone, "enrolment_date", later)


def moved_site(copy: Copy, query: str, old: str, new: str) -> str:
    frame = copy.tables["radiotherapy"]
    ids = set(copy.patients.query(query).index)
    others = set(frame.loc[frame["site"] == new, "patient_id"])
    row = frame.index[
        (frame["site"] == old) & frame["patient_id"].isin(ids) & ~frame["patient_id"].isin(others)
    ][0]
    frame.loc[row, "site"] = new
    return str(frame.loc[row, "patient_id"])


@fault("PVTT irradiated")
def no_pvtt(copy: Copy) -> str:
    return moved_site(copy, "pvtt == 'no'", "primary tumour", "PVTT")


@fault("other tumour thrombus irradiated")
def no_caval_thrombus(copy: Copy) -> str:
    return moved_site(copy, "ivc_thrombus == 'no'", "primary tumour", "other tumour thrombus")


@fault("other metastasis irradiated")
def no_metastasis(copy: Copy) -> str:
    query = "extrahepatic_metastasis == 'no'"
    return moved_site(copy, query, "primary tumour", "other metastasis")


@fault("sites of radiotherapy")
def one_node_fewer(copy: Copy) -> None:
    frame = copy.tables["radiotherapy"]
    several = frame["patient_id"].duplicated(keep=False)
    copy.tables["radiotherapy"] = frame.drop(
        frame.index[several & (frame["site"] == "lymph node")][0]
    )


@fault("agents")
def another_ici(copy: Copy) -> None:
    copy.put("immunotherapy", copy.who("ici_agent == 'nivolumab'"), "agent", "pembrolizumab")


@fault("agents")
def another_targeted_agent(copy: Copy) -> None:
    copy.put("patients", copy.who("targeted_agent == 'apatinib'"), "targeted_agent", "sorafenib")


@fault("one switch")
def switched_back(copy: Copy) -> str:
    someone = copy.who("ici_switched == 'yes'")
    copy.put("immunotherapy", someone, "agent", "toripalimab", 0)
    return copy.put("immunotherapy", someone, "agent", "camrelizumab", 1)


@fault("one switch")
def nobody_switched(copy: Copy) -> None:
    copy.put("immunotherapy", copy.who("ici_switched == 'yes'"), "agent", "toripalimab", 0)
    frame = copy.tables["immunotherapy"]
    copy.tables["immunotherapy"] = frame.drop_duplicates(["patient_id", "agent"])


@fault("concurrent or sequential")
def years_apart(copy: Copy) -> None:
    someone = copy.who("treatment_mode == 'concurrent'")
    frame = copy.tables["radiotherapy"]
    theirs = frame["patient_id"] == someone
    frame.loc[theirs, ["start_date", "end_date"]] += 5 * 365 * DAY


@fault("cycles of ICI")
def more_cycles_than_time(copy: Copy) -> str:
    someone = copy.who("ici_cycles == 12")
    return copy.put("immunotherapy", someone, "cycles", 14)


@fault("cycles of ICI")
def hardly_any_cycle(copy: Copy) -> str:
    return copy.put("immunotherapy", copy.who("ici_cycles == 12"), "cycles", 3)


@fault("end of ICI")
def ici_long_after_progression(copy: Copy) -> str:
    someone = copy.who("progression == 'yes'")
    end = copy.day(someone, "progression_date") + 63 * DAY
    return copy.put("immunotherapy", someone, "end_date", end)


@fault("days of radiotherapy")
def thirty_fractions_in_two_days(copy: Copy) -> str:
    someone = copy.who("rt_fractions >= 25")
    first = copy.day(someone, "rt_start")
    return copy.put("radiotherapy", someone, "end_date", first + DAY)


@fault("regimens of radiotherapy")
def twelve_gray_a_fraction(copy: Copy) -> str:
    return copy.put("radiotherapy", copy.who("rt_dose_gy == 60"), "fractions", 5)


@fault("treatment on working days")
def ici_on_a_sunday(copy: Copy) -> str:
    someone = copy.who("ici_cycles > 5")
    start = copy.day(someone, "ici_start")
    return copy.put("immunotherapy", someone, "start_date", start + (6 - start.weekday()) * DAY)


@fault("one data cut-off")
def seen_after_the_cutoff(copy: Copy) -> str:
    return copy.put(
        "follow_up", copy.who("death == 'no'"), "last_contact_date", pd.Timestamp("2025-01-06")
    )


def assessment(copy: Copy, query: str, nth: int = 0) -> int:
    return int(copy.tables["assessments"].query(query).index[nth])


@fault("response and diameters")
def response_upgraded(copy: Copy) -> str:
    frame = copy.tables["assessments"]
    row = assessment(copy, "category == 'SD'")
    frame.loc[row, "category"] = "PR"
    return str(frame.loc[row, "patient_id"])


@fault("response by both criteria")
def worse_by_mrecist(copy: Copy) -> str:
    frame = copy.tables["assessments"]
    wanted = "criterion == 'RECIST 1.1' and region == 'overall' and category == 'PR'"
    someone = frame.loc[assessment(copy, wanted), "patient_id"]
    query = f"patient_id == '{someone}' and criterion == 'mRECIST' and region == 'overall'"
    frame.loc[assessment(copy, query), "category"] = "SD"
    return str(someone)


@fault("complete response and AFP")
def afp_rises_in_a_complete_response(copy: Copy) -> str:
    frame = copy.tables["assessments"]
    query = "category == 'CR' and criterion == 'RECIST 1.1' and region == 'overall'"
    someone = str(frame.loc[assessment(copy, query), "patient_id"])
    return copy.put(
        "patients", someone, "afp_after", float(str(copy.of(someone, "afp_before"))) + 1
    )


@fault("waterfall")
def trebled(copy: Copy) -> str:
    frame = copy.tables["assessments"]
    row = assessment(copy, "region == 'overall'")
    frame.loc[row, "best_sum_mm"] = 3 * frame.loc[row, "baseline_sum_mm"]
    return str(frame.loc[row, "patient_id"])


@fault("sums of diameters")
def a_metre_of_tumour(copy: Copy) -> str:
    frame = copy.tables["assessments"]
    row = assessment(copy, "criterion == 'RECIST 1.1' and region == 'overall'")
    frame.loc[row, ["baseline_sum_mm", "best_sum_mm"]] *= 12
    return str(frame.loc[row, "patient_id"])


@fault("sums of diameters")
def less_than_the_largest_tumour(copy: Copy) -> str:
    someone = copy.who("largest_tumour_cm < 6")
    return copy.put("patients", someone, "largest_tumour_cm", 23.0)


@fault("progression as best response")
def progressed_after_a_year(copy: Copy) -> str:
    frame = copy.tables["assessments"]
    someone = str(frame.loc[assessment(copy, "category == 'PD'"), "patient_id"])
    late = copy.day(someone, "time_zero") + 371 * DAY
    return copy.put("follow_up", someone, "progression_date", late)


@fault("visits on working days")
def imaged_on_a_saturday(copy: Copy) -> str:
    someone = copy.who("death == 'no'")
    day = copy.day(someone, "last_imaging_date")
    return copy.put("follow_up", someone, "last_imaging_date", day + (5 - day.weekday()) * DAY)


@fault("steady course")
def nobody_progresses_before_the_tenth_month(copy: Copy) -> None:
    rows = copy.tables["follow_up"].set_index("patient_id")
    start = copy.patients["time_zero"]
    for patient_id, day in (rows["progression_date"] - start).dt.days.items():
        if day < 280:
            late = start[patient_id] + 300 * DAY
            for column in ("progression_date", "out_field_relapse_date"):
                copy.put("follow_up", str(patient_id), column, late)


@fault("PFS within OS")
def progressed_after_the_last_contact(copy: Copy) -> str:
    someone = copy.who("death == 'no' and progression == 'yes'")
    earlier = copy.day(someone, "progression_date") - 7 * DAY
    return copy.put("follow_up", someone, "last_contact_date", earlier)


@fault("deaths of the tumour")
def died_without_progression(copy: Copy) -> str:
    someone = copy.who("cause_of_death == 'tumour'")
    copy.put("follow_up", someone, "out_field_relapse_date", pd.NaT)
    return copy.put("follow_up", someone, "progression_date", pd.NaT)


@fault("causes of death")
def another_cause(copy: Copy) -> None:
    copy.put("follow_up", copy.who("cause_of_death == 'other disease'"), "cause_of_death", "tumour")


@fault("causes of death")
def death_without_cause(copy: Copy) -> str:
    return copy.put("follow_up", copy.who("cause_of_death == 'tumour'"), "cause_of_death", None)


@fault("relapses")
def progression_nowhere(copy: Copy) -> str:
    someone = copy.who("progression == 'yes' and in_field_relapse == 'no'")
    return copy.put("follow_up", someone, "out_field_relapse_date", pd.NaT)


@fault("fatal adverse events")
def survived_grade_five(copy: Copy) -> str:
    frame = copy.tables["adverse_events"]
    row = frame.index[frame["grade"] == 5][0]
    frame.loc[row, "grade"] = 4
    return str(frame.loc[row, "patient_id"])


@fault("severe adverse events")
def graver_than_published(copy: Copy) -> None:
    frame = copy.tables["adverse_events"]
    mild = frame.groupby("patient_id")["grade"].max() < 3
    row = frame.index[frame["patient_id"].isin(mild.index[mild])][0]
    frame.loc[row, "grade"] = 3


@fault("onset of adverse events")
def ill_before_treatment(copy: Copy) -> str:
    frame = copy.tables["adverse_events"]
    someone = str(frame["patient_id"].iloc[0])
    return copy.put(
        "adverse_events", someone, "onset_date", copy.day(someone, "time_zero") - 30 * DAY
    )


@fault("attribution")
def blamed_without_being_given(copy: Copy) -> str:
    someone = copy.who("targeted_agent == 'none'")
    return copy.put("adverse_events", someone, "attribution", "targeted therapy")


@fault("fatal diarrhoea")
def another_dose(copy: Copy) -> str:
    someone = copy.who("cause_of_death == 'adverse event' and targeted_agent == 'lenvatinib'")
    for nth in (0, 1):
        copy.put("radiotherapy", someone, "dose_gy", 30.0, nth)
    return someone


@fault("fatal fistula")
def another_drug(copy: Copy) -> str:
    someone = copy.who("cause_of_death == 'adverse event' and targeted_agent == 'regorafenib'")
    return copy.put("patients", someone, "targeted_agent", "sorafenib")


@fault("fatal fistula")
def fistula_within_weeks(copy: Copy) -> str:
    someone = copy.who("cause_of_death == 'adverse event' and targeted_agent == 'regorafenib'")
    frame = copy.tables["adverse_events"]
    fatal = (frame["patient_id"] == someone) & (frame["grade"] == 5)
    frame.loc[fatal, "onset_date"] = copy.day(someone, "rt_end") + 30 * DAY
    return someone


@fault("AFP is log-normal")
def afp_bunched_at_the_median(copy: Copy) -> None:
    afp = copy.tables["patients"]["afp_before"]
    middle = afp.rank().between(30, 80)
    copy.all("patients", "afp_before", afp.mask(middle, 400 + np.arange(len(afp)) / 10))


@fault("tumour sizes are log-normal")
def sizes_bunched_at_the_median(copy: Copy) -> None:
    sizes = copy.tables["patients"]["largest_tumour_cm"]
    middle = sizes.rank().between(35, 75)
    copy.all("patients", "largest_tumour_cm", sizes.mask(middle, 8.2))


@fault("ages are bell-shaped")
def everybody_young_or_old(copy: Copy) -> None:
    frame = copy.tables["patients"]
    years = np.where(np.arange(len(frame)) % 2, 35, 72)
    days = pd.to_timedelta(years * 365.25 + np.arange(len(frame)) % 300, unit="D")
    copy.all("patients", "birth_date", (frame["enrolment_date"] - days).dt.normalize())


@fault("no value repeated too often")
def one_afp_for_six(copy: Copy) -> None:
    copy.tables["patients"].loc[:5, "afp_before"] = 321.5
    frame = copy.tables["patients"]
    frame.loc[frame.index[:6], "afp_before"] = 321.5


@fault("many regimens")
def one_regimen_for_half(copy: Copy) -> None:
    frame = copy.tables["radiotherapy"]
    half = frame["patient_id"].isin(copy.patients.index[::2])
    frame.loc[half, ["dose_gy", "fractions"]] = [55.0, 25]


@fault("enrolment goes on")
def nobody_enrolled_in_the_first_month(copy: Copy) -> None:
    day = copy.tables["patients"]["enrolment_date"]
    copy.all("patients", "enrolment_date", day.mask(day < "2018-02-01", pd.Timestamp("2018-02-05")))


@fault("enrolment goes on")
def enrolled_in_one_month(copy: Copy) -> None:
    frame = copy.tables["patients"]
    day = frame["enrolment_date"]
    copy.all(
        "patients", "enrolment_date", day.mask(day.dt.year == 2020, pd.Timestamp("2021-03-02"))
    )


def on_weekday(dates: pd.Series, weekday: int) -> pd.Series:
    return dates + pd.to_timedelta(weekday - dates.dt.weekday, unit="D")


@fault("deaths on any weekday")
def nobody_dies_at_weekends(copy: Copy) -> None:
    frame = copy.tables["follow_up"]
    days = frame["death_date"]
    copy.all("follow_up", "death_date", on_weekday(days, 4).where(days.dt.weekday > 1, days))


@fault("visits on any working day")
def everybody_is_imaged_on_fridays(copy: Copy) -> None:
    days = copy.tables["follow_up"]["last_imaging_date"]
    copy.all("follow_up", "last_imaging_date", on_weekday(days, 4))


@fault("no common day of events")
def ten_deaths_on_one_day(copy: Copy) -> None:
    dead = copy.patients.query("death == 'yes'")
    for someone in dead.index[:10]:
        day = copy.day(someone, "time_zero") + 517 * DAY
        copy.put("follow_up", someone, "death_date", day)
        copy.put("follow_up", someone, "last_contact_date", day)


@fault("no common change")
def twenty_times_the_same_change(copy: Copy) -> None:
    frame = copy.tables["assessments"]
    rows = frame.query("criterion == 'RECIST 1.1' and region == 'overall' and category == 'PR'")
    frame.loc[rows.index[:20], "best_sum_mm"] = frame.loc[rows.index[:20], "baseline_sum_mm"] * 0.6


@pytest.mark.parametrize(("rule", "spoil"), FAULTS, ids=[f.__name__ for _, f in FAULTS])
def test_the_rule_finds_the_fault(
    dataset: Dataset, cohort: Cohort, before: set[plausibility.Breach], rule: str, spoil: Fault
) -> None:
    copy = Copy(dataset, cohort)
    at_fault = spoil(copy)
    spoilt = replace(dataset, tables=copy.tables)
    known = Known.of(spoilt, derive.cohort(spoilt, Parameters()), TARGETS, Parameters())
    seen = {(breach.patient_id, breach.what) for breach in before if breach.rule == rule}
    found = set(RULES[rule].breaks(known)) - seen
    assert (at_fault or "") in {patient_id for patient_id, _ in found}


@pytest.mark.parametrize("column", ["sbrt", "factor_eqd2"])
def test_the_derived_groups_of_dose_are_held_to_dose_and_fractions(
    dataset: Dataset, cohort: Cohort, column: str
) -> None:
    patients = cohort.patients.copy()
    someone = patients.index[5]
    patients.loc[someone, column] = "no" if patients.loc[someone, column] == "yes" else "yes"
    after = plausibility.check(dataset, replace(cohort, patients=patients), TARGETS)
    assert someone in {b.patient_id for b in after if b.rule == "biological dose"}


def test_every_rule_is_shown_to_fail() -> None:
    assert {rule for rule, _ in FAULTS} | {"biological dose"} == set(RULES)


def test_a_few_patients_with_little_recorded_are_judged_all_the_same(tmp_path: Path) -> None:
    four = read_dataset(write_dataset(tmp_path / "four"), STUDY)
    breaches = plausibility.check(four, derive.cohort(four, Parameters()), TARGETS)
    assert "everyone treated and followed" in {breach.rule for breach in breaches}
    nothing = replace(four, tables={name: frame.head(0) for name, frame in four.tables.items()})
    assert plausibility.check(nothing, derive.cohort(nothing, Parameters()), TARGETS)


def test_rules_are_named_once_and_are_sentences() -> None:
    assert len(RULES) == len(plausibility.RULES)
    assert all(
        rule.sentence[0].isupper() and rule.sentence.endswith(".") for rule in RULES.values()
    )


def test_verdicts_count_the_breaches_of_each_rule() -> None:
    breaches = [plausibility.Breach("age", "SYN-001", "age: 17")] * 2
    table = plausibility.verdicts(breaches).set_index("name")
    assert list(table.index) == list(RULES)
    assert table.loc["age", "breaches"] == 2
    assert table["breaches"].sum() == 2
    cells = rules_table(table.reset_index()).cells.set_index("rule")
    assert cells.loc["Age", "verdict"] == "✗ broken 2 ×; SYN-001: age: 17"
    assert (cells["verdict"] == "✓ holds").sum() == len(RULES) - 1
    assert str(breaches[0]) == "age: SYN-001: age: 17"

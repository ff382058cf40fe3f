"""The panel of a page: its numbers are Python's, it works without a mouse, and it asks nobody."""

from __future__ import annotations

import math
import random
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import nbformat
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page

from analysis.build.choices import checked, read_given
from analysis.cohort import derive
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.folder import DATA
from analysis.cohort.model import Cohort, Dataset
from analysis.cohort.read import read_dataset
from analysis.display.html import Report, to_html
from analysis.display.what_if.offered import Section, is_allowed, offered
from analysis.display.what_if.panel import panel
from analysis.estimates import prognosis, relapse_factors, survival
from analysis.estimates.compared import compared_times, strata_of
from analysis.estimates.factors import endpoints_of, factors_of, times_by
from analysis.estimates.groups import group_rows
from analysis.estimates.ratios import ratio_rows
from analysis.estimates.rows import rounded
from analysis.estimates.survival import times_chosen
from analysis.study.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.browser.test_accessibility import AXE, PLAIN
from tests.own import write_own

PAGE = "12_what_if"
READY = ".what-if[data-ready]"
SAME = 1e-9
# Of the rows of the report, those that a panel has.
_WITH_LIMITS = {"median": "median", "rate": "rate", "hazard_ratio": "hr"}
SHOWN = {"n", "events", "at_risk", "p_value", "exact_p", "hr_p", "hr_exact_p", *_WITH_LIMITS}
SHOWN |= {f"{stem}_{side}" for stem in _WITH_LIMITS.values() for side in ("lower", "upper")}
Rows = dict[str, tuple[float, str]]


@dataclass(frozen=True)
class Held:
    """A dataset, and what a panel offers of it."""

    dataset: Dataset
    base: Parameters
    cohort: Cohort
    fields: list[dict[str, Any]]

    def under(self, settings: Mapping[str, Any]) -> Parameters:
        return type(self.base)(**{**self.base.model_dump(), **settings})


def held(dataset: Dataset) -> Held:
    cohort = derive.cohort(dataset, dataset.study.parameters())
    whole_family = not any(endpoint.competing for endpoint in cohort.study.endpoints)
    return Held(dataset, cohort.parameters, cohort, offered(cohort, tuple(Section), whole_family))


def page_of(one: Held, folder: Path) -> Path:
    """Write a page that has nothing but the panel."""
    parts = (survival, prognosis, relapse_factors)
    estimates = pd.concat([part.estimate(one.cohort, one.base) for part in parts])
    shown = panel(one.dataset, one.cohort, estimates, tuple(Section), folded=False)
    output = nbformat.v4.new_output("display_data", {"text/html": shown.data})
    cell = nbformat.v4.new_code_cell("", outputs=[output])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# What if?"), cell])
    path = folder / f"{PAGE}.html"
    path.write_text(to_html(notebook, PAGE, Report("Patients", "", (PAGE,), {}, "1")), "utf-8")
    return path


# Random settings --------------------------------------------------------------------------------


def expression(one: Held, chance: random.Random, patients: pd.DataFrame) -> str:
    """Give a part of the patients, of any columns that there are."""

    def comparison() -> str:
        name = chance.choice([str(name) for name in patients])
        values = patients[name]
        if isinstance(values.dtype, pd.CategoricalDtype):
            levels = [repr(str(level)) for level in values.cat.categories] or ["'none'"]
            level = chance.choice(levels)
            return chance.choice(
                [
                    f"{name} == {level}",
                    f"{name} != {level}",
                    f"{name} in ({level}, {chance.choice(levels)})",
                    f"{name} not in [{level}]",
                    name,
                ]
            )
        there = [float(value) for value in pd.to_numeric(values.dropna(), errors="coerce")]
        value = chance.choice(there or [1.0])
        return f"{name} {chance.choice(['<', '<=', '>', '>=', '==', '!='])} {value:g}"

    text = comparison()
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        text = f"({text}) {chance.choice(['and', 'or', 'and not'])} ({comparison()})"
    return text


def derived_settings(one: Held, chance: random.Random, patients: pd.DataFrame) -> dict[str, Any]:
    """Give settings that act on who is counted, and from when."""
    settings: dict[str, Any] = {}
    for field in one.fields:
        name = field["name"]
        if name in prognosis.COUNTING[3:] or name == "p_adjustment" or chance.random() < 0.4:
            continue
        if name == "population":
            names = list(one.cohort.study.subgroups)
            text = expression(one, chance, patients)
            settings[name] = chance.choice([text, text, text, *names])
        elif field["kind"] == "choice":
            settings[name] = chance.choice(field["choices"])
        elif field["stops"]:
            stop = chance.choice(field["stops"])
            beside = stop * chance.choice([1, 1, 0.9, 1.15])
            beside = round(beside) if field["whole"] else beside
            settings[name] = beside if is_allowed(beside, field) else stop
    return settings


def counting_settings(one: Held, chance: random.Random) -> dict[str, Any]:
    """Give settings that act on times which are counted."""
    chosen = {
        "ci_type": ["log-log", "log", "plain"],
        "confidence": [0.8, 0.9, 0.95, 0.99, 0.973],
        "landmark_months": [0, 0, 0, 1, 2, 3, 6, 8, 12],
        "factor_test": next(f for f in one.fields if f["name"] == "factor_test")["choices"],
    }
    return {name: chance.choice(values) for name, values in chosen.items()}


# What Python has --------------------------------------------------------------------------------


def keyed(rows: list[dict[str, Any]], cohort: Cohort) -> Rows:
    names = {factor.key: factor.name for factor in reversed(cohort.study.factors)}
    found = {}
    for row in rows:
        if row["statistic"] not in SHOWN or (row["analysis_id"] == "survival" and row["group"]):
            continue
        key = [row["analysis_id"], names.get(row["group"], ""), row["group_level"]]
        key += [row["variable"], row["variable_level"], row["statistic"]]
        found["|".join(map(str, key))] = (rounded(row["value"]), row["note"])
    return found


def some_rows(
    cohort: Cohort, parameters: Parameters, chance: random.Random, competing: set[str]
) -> Rows:
    """Give the rows of one endpoint, of a factor by an endpoint, and at times of one by relapse."""
    present = [name for name in cohort.endpoints() if name not in competing]
    compared = [name for name in endpoints_of(cohort) if name not in competing]
    study, factors = cohort.study, factors_of(cohort)
    rows: list[dict[str, Any]] = []
    if present:
        name = chance.choice(present)
        endpoint = study.endpoint(name)
        rows += survival.endpoint_rows(cohort.times(name), endpoint, parameters)
    counting = Parameters(**parameters.model_dump(include=set(prognosis.COUNTING)))
    for factor in chance.sample(factors, min(1, len(factors))) if compared else []:
        endpoint = study.endpoint(chance.choice(compared))
        times = compared_times(cohort, factor, endpoint.name, parameters)
        strata: tuple[Any, ...] = ()
        if parameters.factor_test == "stratified log-rank":
            strata = tuple(strata_of(cohort, factor, parameters))
        rows += group_rows(times, factor, endpoint, strata, counting)
        rows += ratio_rows(times, factor, endpoint, counting)
    relapses = [name for name in present if study.endpoint(name).death_choice]
    if relapses and factors and chance.random() < 0.3:
        name, factor = chance.choice(relapses), chance.choice(factors)
        times = times_by(cohort, factor.column, name)
        relapse = study.endpoint(name)
        choices = relapse.competes(parameters), times_chosen(relapse, parameters)
        rows += relapse_factors._factor_rows(times, factor, relapse, *choices)
    return keyed(rows, cohort)


def all_rows(cohort: Cohort, competing: set[str]) -> Rows:
    parts = (survival, prognosis, relapse_factors)
    rows = pd.concat([part.estimate(cohort, cohort.parameters) for part in parts])
    own = {factor.name for factor in factors_of(cohort)}
    found = keyed(rows.to_dict("records"), cohort)
    return {
        key: value
        for key, value in found.items()
        for _, factor, _, endpoint, *_ in [key.split("|")]
        if endpoint not in {"follow_up", *competing} and factor in {"", *own}
    }


def differences(python: Rows, page: Mapping[str, Any]) -> list[str]:
    """Say where a page has another number than Python, or says something else in its place."""
    found = []
    for key, (value, note) in python.items():
        if key not in page:
            found.append(f"{key}: {value} is not in the page")
            continue
        own = page[key]["value"]
        if own is None:
            # "Few events: exact test by make" stands there, and the report draws at random.
            assert key.endswith("exact_p")
            continue
        alike = math.isclose(own, value, rel_tol=SAME, abs_tol=SAME)
        if not (alike or (math.isnan(own) and math.isnan(value))):
            found.append(f"{key}: {value} is {own} in the page")
        about_curve = key.rpartition("|")[2].startswith(("median", "rate"))
        if about_curve and page[key]["note"] != note:
            found.append(f"{key}: “{note}” is “{page[key]['note']}” in the page")
    return found


@pytest.fixture(scope="module")
def synthetic() -> Held:
    return held(read_dataset("synthetic", STUDY))


def opened(browser: Browser, path: Path, fragment: str = "") -> Page:
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto(f"{path.as_uri()}{fragment}")
    page.wait_for_selector(READY, state="attached")
    return page


# The page answers all of them while Python is at work.
ASK = """settings => {
  const root = document.querySelector('.what-if');
  window.answers = (async () => {
    const found = [];
    for (const one of settings) {
      found.push(root.estimates(one));
      await new Promise(resume => setTimeout(resume));
    }
    return found;
  })();
}"""
# Of each answer what is asked for: all rows of a thousand are a gigabyte.
ANSWERS = """async keys => (await window.answers).map((found, at) =>
  "refused" in found || keys[at] === null ? found
    : Object.fromEntries(keys[at].filter(key => key in found).map(key => [key, found[key]])))"""


def asked(
    page: Page, settings: list[dict[str, Any]]
) -> Callable[[list[list[str] | None]], list[Any]]:
    page.evaluate(ASK, settings)
    return lambda keys: page.evaluate(ANSWERS, keys)


def random_settings_are_pythons(
    browser: Browser, path: Path, one: Held, derivations: int, each: int, whole: int
) -> int:
    """Hold random settings to Python, some with all of their numbers; give how many are refused."""
    chance = random.Random(20250611)
    competing = {endpoint.name for endpoint in one.cohort.study.endpoints if endpoint.competing}
    recorded = derive.admitted(one.dataset, one.base).patients
    columns = recorded.select_dtypes(exclude=["datetime"]).drop(columns=["patient_id"])
    columns = columns.loc[:, [not str(name).endswith("_limit") for name in columns]]
    groups = [derived_settings(one, chance, columns) for _ in range(derivations)]
    settings = [
        {**group, **counting_settings(one, chance)} for group in groups for _ in range(each)
    ]
    page = opened(browser, path)
    answers = asked(page, settings)
    python: list[Rows | None] = []
    for place, group in enumerate(groups):
        own = settings[each * place : each * (place + 1)]
        try:
            cohort = derive.cohort(one.dataset, one.under(group))
        except DatasetFaults:
            python += [None] * each
            continue
        for asked_for in own:
            parameters = one.under(asked_for)
            # What counts acts on times that are derived already.
            study = replace(cohort.study, chosen=parameters.model_copy())
            study.chosen._axis = tuple(one.base.axis)
            python.append(some_rows(replace(cohort, study=study), study.chosen, chance, competing))
    found_there = answers([list(rows or {}) for rows in python])
    for asked_for, rows, found in zip(settings, python, found_there, strict=True):
        if rows is None or "refused" in found:
            assert rows is None, (asked_for, found.get("refused"))
            assert "refused" in found, asked_for
            continue
        assert not differences(rows, found), asked_for
    family = {"p_adjustment": ["none", "Holm", "Benjamini-Hochberg"]}
    names = {field["name"] for field in one.fields}
    settings = [
        {**asked_for, **{name: chance.choice(v) for name, v in family.items() if name in names}}
        for asked_for, rows in zip(settings, python, strict=True)
        if rows
    ][:: max(1, derivations * each // (2 * whole))][:whole]
    answers = asked(page, settings)
    for asked_for, found in zip(settings, answers([None] * len(settings)), strict=True):
        cohort = derive.cohort(one.dataset, one.under(asked_for))
        cohort.parameters._axis = tuple(one.base.axis)
        rows = all_rows(cohort, competing)
        assert not differences(rows, found), asked_for
        assert found.keys() == rows.keys(), (asked_for, found.keys() ^ rows.keys())
    page.close()
    return sum(rows is None for rows in python)


def test_a_thousand_random_settings_are_pythons(
    browser: Browser, report: Path, synthetic: Held
) -> None:
    refused = random_settings_are_pythons(
        browser, report / f"{PAGE}.html", synthetic, derivations=50, each=20, whole=10
    )
    # Most of them are computed, and some are refused by both.
    assert 0 < refused < 400


def test_real_patients_who_are_asked_for(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "real"
    shutil.copytree(DATA / "hepatocellular", folder)
    described = (folder / "dataset.yaml").read_text("utf-8")
    assert not derive.cohort(
        read_dataset(folder, STUDY), read_dataset(folder, STUDY).study.parameters()
    ).what_if
    (folder / "dataset.yaml").write_text(f"{described}\nwhat_if: true\n", "utf-8")
    one = held(read_dataset(folder, STUDY))
    random_settings_are_pythons(browser, page_of(one, tmp_path), one, 8, 3, 2)


def test_a_dataset_of_ones_own(browser: Browser, tmp_path: Path) -> None:
    # Factors of several levels, a cut of its own, endpoints with which something competes.
    one = held(read_dataset(write_own(tmp_path / "own"), STUDY))
    assert "bilirubin_cutoff" in {field["name"] for field in one.fields}
    assert "p_adjustment" not in {field["name"] for field in one.fields}
    random_settings_are_pythons(browser, page_of(one, tmp_path), one, 6, 3, 2)


DURATIONS = """\
title: Times in months alone
study: own
what_if: true
source: {file: ../months.csv}
tables:
  patients:
    - {patient_id: id, sex: {from: sex, values: {f: female, m: male}}, age_years: age}
    - {patient_id: id, arm: arm, ldh: ldh, os_m: os_m, os_e: os_e}
factors:
  - {column: ldh, label: LDH, unit: U/L, cut: '>= 250'}
endpoints:
  - {name: OS, label: Overall survival, months: os_m, event: {column: os_e, is: 1}}
arm: {column: arm, label: Treatment, levels: {one: One agent, two: Two agents}}
"""


def test_a_study_whose_times_are_durations(browser: Browser, tmp_path: Path) -> None:
    """No time is counted from a date, and no dose is recorded: neither has a field."""
    drawn = random.Random(4)
    rows = [
        f"M{at},{drawn.choice('mf')},{drawn.randint(25, 88)},{drawn.choice(['one', 'two'])},"
        f"{drawn.choice(['', *range(120, 600)])},{drawn.uniform(0.2, 48):.1f},{drawn.randint(0, 1)}"
        for at in range(90)
    ]
    (tmp_path / "months.csv").write_text(
        "\n".join(["id,sex,age,arm,ldh,os_m,os_e", *rows]), "utf-8"
    )
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "dataset.yaml").write_text(DURATIONS, "utf-8")
    one = held(read_dataset(tmp_path / "own", STUDY))
    assert not {"time_zero", "alpha_beta"} & {field["name"] for field in one.fields}
    random_settings_are_pythons(browser, page_of(one, tmp_path), one, 6, 3, 2)


# What a reader does ------------------------------------------------------------------------------


@pytest.fixture
def at_page(browser: Browser, report: Path) -> Iterator[Callable[..., Page]]:
    """Open pages of the report that note errors and requests; at the end there were none."""
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    told: list[str] = []

    def open_at(name: str, fragment: str = "") -> Page:
        page = context.new_page()
        page.on("console", lambda message: told.append(message.text))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                told.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None
            ),
        )
        page.goto(f"{(report / name).as_uri()}.html{fragment}")
        page.wait_for_selector(READY, state="attached")
        return page

    yield open_at
    context.close()
    assert told == []


def crossed(page: Page) -> str:
    # A move is shown with the next frame.
    page.evaluate("new Promise(requestAnimationFrame)")
    return str(page.inner_text(".what-if .lines"))


def test_three_questions_are_answered_in_the_page(at_page: Callable[..., Page]) -> None:
    # ORFS at last contact?
    page = at_page("04_survival")
    page.get_by_text("What if? Move").click()
    page.get_by_label("Relapse censoring").select_option("last contact")
    page.get_by_label("Endpoint", exact=True).select_option("ORFS")
    crossed(page)
    assert "Other than in this report: relapse censoring last contact" in page.inner_text(".state")
    row = page.locator(".what-if tr", has_text="Out-of-field relapse-free survival: median").first
    now, before = row.locator("td").all_inner_texts()[1:3]
    assert now != before
    # OS by AFP 400 among PVTT
    page = at_page("06_prognostic_factors")
    page.get_by_text("What if? Move").click()
    page.get_by_label("AFP, cut-off, ng/mL", exact=True).fill("400")
    page.get_by_label("Population", exact=True).fill("pvtt")
    page.get_by_label("By", exact=True).select_option("afp")
    assert "69 patients" in crossed(page)
    caption = page.inner_text(".what-if figcaption")
    assert caption.startswith("Overall survival by AFP < 400 ng/mL.")
    # What if Table 5 used age 65?
    page.get_by_role("button", name="Reset").click()
    page.get_by_label("Age, cut-off, years", exact=True).fill("65")
    assert "No line is crossed" in crossed(page)
    assert page.locator(".what-if th", has_text="Age < 65 years").count() == 1


def test_what_is_crossed_is_what_the_sensitivity_analyses_call_so(
    at_page: Callable[..., Page], synthetic: Held
) -> None:
    from analysis.sensitivity.compare import INTERVAL_CROSSES, P_CROSSES, RANKING, conclusions
    from analysis.sensitivity.compare import compare as compared
    from analysis.sensitivity.run import run
    from analysis.sensitivity.variants import Variant

    settings = {"age_cutoff": 65, "afp_cutoff": 400.0, "time_zero": "immunotherapy"}
    variant = Variant("moved", "", "", "", "", settings)
    found = run(synthetic.dataset, [variant], synthetic.base, workers=1)
    changed = conclusions(compared(found.estimates))
    changed = changed[
        changed["analysis_id"].isin(["prognosis", "relapse_factors"])
        & changed["conclusion"].isin([P_CROSSES, INTERVAL_CROSSES, RANKING])
    ]
    own = {factor.name for factor in factors_of(synthetic.cohort)}
    changed = changed[changed["factor"].isin(own)]
    page = at_page(PAGE, "#age_cutoff=65&afp_cutoff=400&time_zero=immunotherapy")
    crossed(page)
    shown = page.evaluate(
        "() => document.querySelector('.what-if').crossed().map(one => [one.of, one.kind])"
    )
    mine = {(of.split("|")[0], of.split("|")[1], of.split("|")[3], kind) for of, kind in shown}
    theirs = set(
        changed[["analysis_id", "factor", "variable", "conclusion"]].itertuples(
            index=False, name=None
        )
    )
    kinds = {P_CROSSES, INTERVAL_CROSSES, RANKING}
    assert theirs
    assert {one for one in mine if one[3] in kinds} == theirs


def test_a_link_holds_the_state_and_the_command_makes_the_same_report(
    at_page: Callable[..., Page], synthetic: Held
) -> None:
    page = at_page(PAGE, "#afp_cutoff=400&population=not%20(pvtt%20and%20sex==%27male%27)")
    command = page.inner_text(".what-if .command code")
    assert command.startswith("make DATASET=synthetic PARAMS=")
    given = read_given([command.partition('PARAMS="')[2].removesuffix('"')])
    parameters = checked(given, type(synthetic.base))
    assert parameters.changed().keys() == {"afp_cutoff", "population"}
    cohort = derive.cohort(synthetic.dataset, parameters)
    assert f"{len(cohort.patients)} patients" in crossed(page)
    page.get_by_label("Time zero").select_option("radiotherapy")
    crossed(page)
    page.wait_for_url(re.compile("time_zero"))
    again = at_page(PAGE, "#" + page.url.partition("#")[2])
    assert again.inner_text(".what-if .state") == page.inner_text(".what-if .state")
    again.get_by_role("button", name="Reset").click()
    crossed(again)
    assert "All settings are those of this report." in again.inner_text(".what-if")
    again.wait_for_url(lambda url: "=" not in url)
    again.evaluate("location.hash = '#age_cutoff=65'")
    again.locator(".what-if .state", has_text="age, cut-off 65 (60)").wait_for()
    again.evaluate("location.hash = '#content'")
    again.evaluate("new Promise(requestAnimationFrame)")
    assert "age, cut-off 65 (60)" in again.inner_text(".what-if .state")


HOSTILE = "<img src=x onerror='window.hacked=1'>"


@pytest.mark.parametrize(
    ("fragment", "said"),
    [
        (f"#{HOSTILE}=1", "No setting of this panel"),
        (f"#population={HOSTILE}", "cannot be read"),
        ("#population=__proto__", "there is no variable `__proto__`"),
        ("#__proto__=1&constructor=2", "No setting of this panel"),
        ("#afp_cutoff=-1", "AFP, cut-off is more than 0."),
        ("#age_cutoff=60.5", "Age, cut-off is a whole number."),
        ("#age_cutoff=sixty", "Age, cut-off is a number."),
        ("#time_zero=birth", "Time zero is one of: first treatment"),
        ("#population=patient_id == 'P1'", "tells patients apart"),
        ("#population=age_year > 60", "did you mean `age_years`?"),
        ("#population=sex == 'none'", "`sex` is never 'none'; there are: 'male', 'female'"),
        ("#population=age_years > 200", "nobody of the patients admitted"),
        ("#population=%E0%A4%A", "No setting of this panel"),
    ],
)
def test_what_a_setting_cannot_be_is_refused_in_a_sentence(
    at_page: Callable[..., Page], fragment: str, said: str
) -> None:
    page = at_page(PAGE, fragment)
    crossed(page)
    assert said in page.inner_text(".what-if")
    assert page.evaluate("window.hacked") is None
    if "No setting" not in said:
        # No number is left that could be taken for the answer.
        assert page.inner_text(".what-if .results") == ""
        assert page.locator("[aria-invalid]").count() == 1


EXPRESSIONS = [
    "pvtt",
    "age_years",
    "sex == 1",
    "ecog < 'a'",
    "sex < 'male'",
    "nothing == 1",
    "pvtt and not (age_years >= 60.5 or sex in ['male'])",
    "afp_before >= 1e3 and afp_before <= 1_000_000",
    "ecog in (0, 1,)",
    "ecog not in {2}",
    "ecog in (1)",
    "ecog == -1",
    "ecog == +1",
    "1 < ecog",
    "0 < ecog < 2",
    "not not pvtt",
    "pvtt == not vp4",
    "pvtt or",
    "ecog == 01",
    "sex == 'm\\'ale'",
    "True",
    "sex.lower() == 'male'",
    "x" * 501,
    "pvtt if vp4 else sex",
    "  pvtt  ",
    "(pvtt)",
    "(ecog) == 1",
    "ecog is 1",
]


def test_expressions_are_read_as_the_report_reads_them(
    at_page: Callable[..., Page], synthetic: Held
) -> None:
    page = at_page(PAGE)
    for text in EXPRESSIONS:
        found = page.evaluate(
            "text => document.querySelector('.what-if').estimates({population: text})", text
        )
        said = ""
        try:
            derive.cohort(synthetic.dataset, synthetic.under({"population": text}))
        except (ValueError, DatasetFaults) as error:
            said = str(error)
        words = found.get("refused", "")
        if words.startswith(("cannot be read", "nobody")):
            # Python takes a name in brackets, and the page refuses it.
            assert said or text == "(ecog) == 1", text
        else:
            assert bool(said) == bool(words), text
            assert words in said, text


def test_everything_is_done_by_keyboard(at_page: Callable[..., Page]) -> None:
    page = at_page("06_prognostic_factors")
    page.locator("summary", has_text="What if?").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    reached = []
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "() => { const at = document.activeElement; "
                "return at.labels?.[0]?.innerText || at.ariaLabel || at.innerText; }"
            )
        )
    assert "AFP, cut-off, ng/mL, slider" in reached
    assert {"Time zero", "Factor test", "Reset", "Copy the link"} <= set(reached)
    slider = page.get_by_label("AFP, cut-off, ng/mL, slider")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    crossed(page)
    assert "AFP, cut-off" in page.inner_text(".what-if .state")
    assert slider.get_attribute("aria-valuetext") != "1000 ng/mL"
    tree = page.locator(".what-if").aria_snapshot()
    for name in ('slider "AFP, cut-off, ng/mL, slider"', 'img "Overall survival by', "status"):
        assert name in tree
    assert 'table "Prognostic factors, overall survival"' in tree


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1200)])
def test_axe_finds_nothing_in_an_open_panel(
    browser: Browser, report: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    for name, fragment in (("04_survival", "#relapse_death=event"), (PAGE, "#age_cutoff=60.5")):
        page.goto(f"{(report / name).as_uri()}.html{fragment}")
        page.wait_for_selector(READY)
        # All of it is to be judged, and not only what is in sight.
        page.add_style_tag(
            content=f"{PLAIN} .what-if * {{ content-visibility: visible !important; }}"
        )
        page.evaluate(AXE)
        found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        assert {each["id"]: each["nodes"][0]["html"] for each in found["violations"]} == {}
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_without_script_the_report_stands(browser: Browser, report: Path) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((report / f"{PAGE}.html").as_uri())
    assert "needs JavaScript" in page.inner_text(".what-if")
    page.context.close()


def test_real_patients_are_not_carried_unless_asked_for(tmp_path: Path) -> None:
    dataset = read_dataset("hepatocellular", STUDY)
    cohort = derive.cohort(dataset, dataset.study.parameters())
    shown = panel(dataset, cohort, pd.DataFrame(), (Section.FACTORS,))
    assert "data-cohort" not in shown.data
    assert "`what_if: true` in `dataset.yaml`" in shown.data
    assert "what_if" not in cohort.facts()


def test_no_identity_and_no_date_is_carried(synthetic: Held) -> None:
    from analysis.cohort.carried import carried

    found = str(carried(synthetic.dataset, synthetic.base))
    tables = synthetic.dataset.tables
    for name in tables["patients"]["patient_id"]:
        assert f"'{name}'" not in found
    for table in tables.values():
        for column in table.select_dtypes(include=["datetime"]):
            for day in table[column].dropna().unique()[:50]:
                assert str(pd.Timestamp(day).date()) not in found


@pytest.mark.parametrize(
    "settings",
    [
        {"delayed_entry": "second treatment"},
        {"interval_source": "bootstrap"},
        {"relapse_death": "competing"},
        {"factor_test": "restricted mean"},
        {"factor_model": "multivariable"},
        {"afp_model": "spline"},
        {"mode_over_time": True},
    ],
)
def test_a_setting_that_a_page_cannot_compute_is_named(
    synthetic: Held, settings: dict[str, Any]
) -> None:
    parameters = synthetic.under(settings)
    study = replace(synthetic.cohort.study, chosen=parameters)
    cohort = replace(synthetic.cohort, study=study)
    shown = panel(synthetic.dataset, cohort, pd.DataFrame(), tuple(Section))
    (name,) = settings
    assert name in shown.data
    assert "data-cohort" not in shown.data

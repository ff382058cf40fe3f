"""Tables by arm: each group a column with its N in the heading, a test, standardised differences.

After the CONSORT statement and R's gtsummary: numbers and percentages, medians with range.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from analysis.display.format import (
    MISSING,
    british,
    count_percent,
    estimate,
    fixed,
    interval,
    is_missing,
    p_value,
    thousands,
)
from analysis.display.tables import (
    EXACT_MARK,
    NOT_RECORDED,
    Table,
    abbreviations,
    exact_note,
    journal,
    median_range,
    median_with_limits,
    once_not_recorded,
    p_text_of,
    percent,
    rate_note,
    rate_with_limits,
    statistics,
)
from analysis.estimates.arms import AND
from analysis.estimates.exact_log_rank import SPARSE
from analysis.estimates.rows import pick
from analysis.study.keys import Statistic
from analysis.study.study import Study
from analysis.study.variables import Grouped, Row, Variable

_P, _SMD = "p", "SMD"


def table_1(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give Table 1 by arm."""
    return _characteristics(estimates, study, "characteristics", study.table_1, "Characteristic")


def table_2(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give Table 2 by arm, with the quantities of treatment."""
    quantities = [row for row in study.treatment if not isinstance(row, Grouped) and row.quantity]
    rows = (*study.table_2, *quantities)
    return _characteristics(estimates, study, "treatment", rows, "Treatment")


def _characteristics(
    estimates: pd.DataFrame, study: Study, analysis: str, rows: Sequence[Row], heading: str
) -> Table | None:
    if study.arm is None:
        return None
    arm = study.arm.variable
    chosen = pick(estimates, analysis_id=analysis)
    groups = {"": _heading("All", chosen, study)} | {
        level: _heading(arm.level(level), chosen, study, level) for level in study.arm.levels
    }
    cells = []
    for row in rows:
        if row.name == arm.name:
            continue
        variable = row.variable if isinstance(row, Grouped) else row
        own = pick(chosen, variable=row.name)
        cut = str(row.cut) if isinstance(row, Grouped) else ""
        lines = _lines(own, row, variable, groups, arm.name)
        if not lines:
            continue
        tests = pick(own, group=arm.name, variable_level=cut)
        lines[0][_P] = p_value(_one(pick(tests, group_level="", statistic=Statistic.P_VALUE)))
        apart = pick(tests, statistic=Statistic.SMD)["value"]
        lines[0][_SMD] = _differences(apart)
        label = variable.label if isinstance(row, Grouped) or row.quantity else variable.words
        cells += [{"variable": label, **line} for line in lines]
    if not cells:
        return None
    table = pd.DataFrame(once_not_recorded(cells)).fillna("")
    methods = pick(chosen, group=arm.name, statistic=Statistic.P_VALUE)["method"]
    said = "; ".join(dict.fromkeys(method for method in methods if method))
    notes = [
        "Numbers with percentages of the patients in whom it is recorded; medians with range.",
        f"p: {said}. SMD, standardised difference from {arm.level(study.arm.levels[0])}: of means, "
        "or of the distribution over all levels (Austin 2009; Yang and Dalton 2012).",
        abbreviations(study, [*table.to_numpy().ravel(), *groups.values()]),
    ]
    return journal(
        table[["variable", "level", *groups.values(), _P, _SMD]],
        stub="level",
        group="variable",
        headings={"level": heading},
        notes=notes,
    )


def _heading(words: str, chosen: pd.DataFrame, study: Study, level: str = "") -> str:
    assert study.arm is not None
    group = study.arm.variable.name if level else ""
    every = chosen[chosen["variable"] == "patients"]
    counted = every if not every.empty else chosen
    # Differences between arms are of the patients of both.
    described = counted[counted["statistic"].isin([Statistic.COUNT, Statistic.MEDIAN])]
    own = pick(described, group=group, group_level=level)["n"].dropna()
    return f"{words} (N = {thousands(own.max())})" if len(own) else words


def _lines(
    own: pd.DataFrame,
    row: Row,
    variable: Variable,
    groups: dict[str, str],
    arm: str,
) -> list[dict[str, str]]:
    """Give the lines of one variable: a level each, or the median."""
    if not isinstance(row, Grouped) and row.quantity:
        line = {"level": "Median (range)"}
        for level, heading in groups.items():
            of_group = pick(own, group=arm if level else "", group_level=level, variable_level="")
            line[heading] = median_range(of_group, row.decimals) or MISSING
        known = any(text != MISSING for text in line.values() if text != "Median (range)")
        return [line, *_not_recorded(own, groups, arm)] if known else []
    counts = own[own["statistic"].isin([Statistic.COUNT, Statistic.PERCENT])]
    sides = row.cut.sides if isinstance(row, Grouped) else None
    levels = dict.fromkeys(pick(counts, group="")["variable_level"])
    lines = []
    for name in levels:
        if sides is not None and name not in sides:
            continue
        line = {"level": variable.level(name)}
        for level, heading in groups.items():
            of_group = pick(counts, group=arm if level else "", group_level=level)
            values = pick(of_group, variable_level=name).set_index("statistic")["value"]
            line[heading] = count_percent(
                values.get(Statistic.COUNT), values.get(Statistic.PERCENT)
            )
        lines.append(line)
    return lines + _not_recorded(own, groups, arm) if lines else []


def _not_recorded(own: pd.DataFrame, groups: dict[str, str], arm: str) -> list[dict[str, str]]:
    """Give the line of those in whom a variable is not recorded, if there are any."""
    missing = pick(own, statistic=Statistic.NOT_RECORDED)
    if missing.empty:
        return []
    line = {"level": NOT_RECORDED}
    for level, heading in groups.items():
        of_group = pick(missing, group=arm if level else "", group_level=level)["value"]
        line[heading] = thousands(of_group.iloc[0] if len(of_group) else 0)
    return [line]


def _differences(values: Iterable[float]) -> str:
    shown = [MISSING if is_missing(value) else fixed(value, 2) for value in values]
    return ", ".join(shown) if shown else ""


def _one(rows: pd.DataFrame) -> float:
    return float(rows["value"].iloc[0]) if len(rows) == 1 else float("nan")


def table_3(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give Table 3 by arm: responses by criterion and region, with the test of the rates."""
    chosen = pick(estimates, analysis_id="response")
    if study.arm is None or chosen.empty:
        return None
    arm = study.arm.variable
    grouping = f"{arm.name}{AND}criterion"
    regions = list(dict.fromkeys(pick(chosen, group=grouping)["variable"]))
    criteria = [
        level for level in dict.fromkeys(pick(chosen, group="criterion")["group_level"]) if level
    ]
    rows = []
    for variable in regions:
        for criterion in criteria:
            own = pick(chosen, variable=variable)
            for level in dict.fromkeys(pick(own, group="criterion")["variable_level"]):
                cells = {
                    "region": f"{study.variable(variable).words}, {criterion}",
                    "response": level,
                }
                for group in study.arm.levels:
                    values = pick(
                        own,
                        group=grouping,
                        group_level=f"{group}{AND}{criterion}",
                        variable_level=level,
                    ).set_index("statistic")["value"]
                    limits = interval(
                        values.get(Statistic.CI_LOWER), values.get(Statistic.CI_UPPER), 1
                    )
                    share = count_percent(
                        values.get(Statistic.COUNT), values.get(Statistic.PERCENT)
                    )
                    cells[arm.level(group)] = share
                    cells[f"{arm.level(group)}, {percent(study.chosen)} CI"] = limits
                test = pick(
                    own,
                    group=grouping,
                    group_level=criterion,
                    variable_level=level,
                    statistic=Statistic.P_VALUE,
                )
                cells[_P] = p_value(_one(test)) if len(test) else ""
                rows.append(cells)
    if not rows:
        return None
    level = percent(study.chosen)
    notes = [
        f"CI, {level} confidence interval of the percentage. p: of the rate between the arms.",
        "CR, complete response; DCR, disease control rate; ORR, objective response rate; PD, "
        "progressive disease; PR, partial response; SD, stable disease.",
    ]
    return journal(pd.DataFrame(rows), stub="response", group="region",
                   headings={"response": "Response"}, notes=notes)  # fmt: skip


def table_4(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give Table 4 by arm: patients with each event, of any grade and of grade 3 or more."""
    chosen = pick(estimates, analysis_id="adverse_events")
    if study.arm is None or chosen.empty:
        return None
    arm = study.arm.variable
    tested = pick(chosen, group=arm.name, group_level="", statistic=Statistic.P_VALUE)
    rows = []
    spanners: dict[str, list[str]] = {}
    headings = {"event": "Adverse event"}
    for name in dict.fromkeys(tested["variable"]):
        named = british(study.event(name))
        words = study.variable(name).words if named == name and name in study.variables else named
        cells = {"event": words}
        for level, heading in (("any", "Any grade"), (">=3", "Grade ≥ 3")):
            columns = []
            for group in study.arm.levels:
                values = pick(
                    chosen,
                    variable=name,
                    group=arm.name,
                    group_level=group,
                    variable_level=level,
                ).set_index("statistic")["value"]
                column = f"{heading}: {arm.level(group)}"
                cells[column] = count_percent(
                    values.get(Statistic.COUNT), values.get(Statistic.PERCENT)
                )
                headings[column] = arm.level(group)
                columns.append(column)
            cells[f"{heading}: p"] = p_value(
                _one(pick(tested, variable=name, variable_level=level))
            )
            headings[f"{heading}: p"] = "p"
            spanners[heading] = [*columns, f"{heading}: p"]
        rows.append(cells)
    said = "; ".join(dict.fromkeys(m for m in tested["method"] if m))
    notes = [
        "Worst grade of each patient in each row, CTCAE version 5.0; percentages are of all "
        f"patients of the arm. p: {said}.",
    ]
    return journal(
        pd.DataFrame(rows), stub="event", headings=headings, spanners=spanners, notes=notes
    )


def survival(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give events, medians and rates by arm, with the hazard ratio and the test of the arms.

    `estimates` are those of survival by arm, and of prognosis, in which the arm is a factor.
    """
    if study.arm is None:
        return None
    arm = study.arm.variable
    factor = study.factor(arm.name)
    outcome = pick(estimates, analysis_id="survival", group=arm.name)
    compared = pick(estimates, analysis_id="prognosis", group=factor.key)
    level = percent(study.chosen)
    rows = []
    for endpoint in study.endpoints:
        own = pick(outcome, variable=endpoint.name)
        tests = pick(compared, variable=endpoint.name)
        if own.empty:
            continue
        for place, group in enumerate(study.arm.levels):
            of_arm = pick(own, group_level=group)
            plain = pick(of_arm, variable_level="").set_index("statistic")["value"]
            if plain.empty:
                continue
            cells = {
                "endpoint": f"{endpoint.words} ({endpoint.name})",
                "arm": arm.level(group),
                "n": thousands(plain[Statistic.N]),
                "Events": thousands(plain[Statistic.EVENTS]),
                f"Median, months ({level} CI)": median_with_limits(plain),
            }
            for month in study.chosen.rate_months:
                rate = pick(of_arm, variable_level=month).set_index("statistic")["value"]
                cells[f"{month} months, % ({level} CI)"] = rate_with_limits(rate)
            ratio = pick(tests, group_level=group).set_index("statistic")["value"]
            reference = "reference" if place == 0 and len(tests) else MISSING
            cells[f"HR ({level} CI)"] = (
                _ratio(ratio) if Statistic.HAZARD_RATIO in ratio else reference
            )
            cells[_P] = p_text_of(statistics(tests, "")) if place == 0 and len(tests) else ""
            rows.append(cells)
    if not rows:
        return None
    methods = dict.fromkeys(
        method
        for method in compared.loc[
            compared["statistic"].isin([Statistic.P_VALUE, Statistic.HAZARD_RATIO]), "method"
        ]
        if method
    )
    notes = [
        f"HR, hazard ratio; p and HR: {'; '.join(methods)}. NR, not reached.",
        rate_note(outcome),
        exact_note(compared),
    ]
    return journal(pd.DataFrame(rows), stub="arm", group="endpoint",
                   headings={"arm": arm.words}, notes=notes)  # fmt: skip


def subgroups(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give events, medians and rates of each declared subgroup, with an arm its hazard ratios."""
    chosen = pick(estimates, analysis_id="subgroups")
    if chosen.empty:
        return None
    level = percent(study.chosen)
    rows = []
    for endpoint in dict.fromkeys(chosen["variable"]):
        for name in study.reported:
            own = pick(chosen, variable=endpoint, group="subgroup", group_level=name)
            plain = pick(own, variable_level="").set_index("statistic")["value"]
            if plain.empty:
                continue
            cells = {
                "endpoint": f"{study.endpoint(endpoint).words} ({endpoint})",
                "subgroup": name,
                "n": thousands(plain[Statistic.N]),
                "Events": thousands(plain[Statistic.EVENTS]),
                f"Median, months ({level} CI)": median_with_limits(plain),
            }
            for month in study.chosen.rate_months:
                rate = pick(own, variable_level=month).set_index("statistic")["value"]
                cells[f"{month} months, % ({level} CI)"] = rate_with_limits(rate)
            if study.arm is not None:
                cells |= _ratios_within(chosen, study, endpoint, name, level)
            rows.append(cells)
    if not rows:
        return None
    held = [f"{name}: {study.subgroups[name]}" for name in study.reported]
    notes = [f"{'; '.join(held)}. NR, not reached.", rate_note(chosen)]
    if study.arm is not None:
        notes.append(
            "HR, hazard ratio within the subgroup, against "
            f"{study.arm.variable.level(study.arm.levels[0])}. A subgroup in which it differs is "
            "no proof that the arms differ there and not elsewhere."
        )
        if chosen["statistic"].eq(Statistic.HR_EXACT_P).any():
            few = f"{SPARSE[:1].upper()}{SPARSE[1:]}"
            notes.append(f"{EXACT_MARK} {few}: the interval is an approximation that may not hold.")
    return journal(pd.DataFrame(rows), stub="subgroup", group="endpoint",
                   headings={"subgroup": "Subgroup"}, notes=notes)  # fmt: skip


def _ratios_within(
    chosen: pd.DataFrame, study: Study, endpoint: str, name: str, confidence: str
) -> dict[str, str]:
    assert study.arm is not None
    arm = study.arm.variable
    cells = {}
    for group in study.arm.levels[1:]:
        ratio = pick(
            chosen,
            variable=endpoint,
            group=f"subgroup{AND}{arm.name}",
            group_level=f"{name}{AND}{group}",
        ).set_index("statistic")["value"]
        cells[f"HR of {arm.level(group)} ({confidence} CI)"] = _ratio(ratio)
    return cells


def _ratio(values: pd.Series) -> str:
    """Give a hazard ratio with its interval, marked where events are few."""
    text = estimate(
        values.get(Statistic.HAZARD_RATIO),
        values.get(Statistic.HR_LOWER),
        values.get(Statistic.HR_UPPER),
    )
    return text + EXACT_MARK if Statistic.HR_EXACT_P in values else text

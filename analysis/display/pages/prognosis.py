"""Page 06: prognostic factors, their tests, hazard ratios and curves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from IPython.display import Markdown

from analysis.display.cohorts import Across, how_often
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.forest import forests
from analysis.display.figures.kaplan_meier import MOST_CURVES, survival_figure
from analysis.display.format import (
    MISSING,
    SIGNIFICANCE,
    estimate,
    fixed,
    listed,
    months,
    p_text,
    p_value,
    thousands,
)
from analysis.display.pages.survival import counted_at, drawn_words
from analysis.display.tables import (
    EXACT_MARK,
    Table,
    abbreviations,
    by_endpoint,
    exact_note,
    journal,
    left_out_note,
    median_with_limits,
    p_text_of,
    percent,
    read_p,
    statistics,
    untested_note,
)
from analysis.estimates import curves
from analysis.estimates.ensemble import Ensemble
from analysis.estimates.exact_log_rank import SPARSE
from analysis.estimates.groups import ANALYSIS
from analysis.estimates.points import FACTOR_AT_RISK, FACTOR_CURVE
from analysis.estimates.ratios import EVENTS_PER_FACTOR
from analysis.estimates.rows import pick
from analysis.estimates.sparse import WARNING, as_read
from analysis.estimates.survival import at_risk_months
from analysis.study.keys import NO, YES, Statistic
from analysis.study.study import Study
from analysis.study.variables import Factor

_REFERENCES = {
    "log-rank": "the log-rank test (Mantel 1966; Peto and Peto 1972)",
    "Gehan-Wilcoxon": "the Gehan-Breslow-Wilcoxon test (1965, 1970)",
    "Peto-Peto": "the Peto-Peto test (1972)",
    "stratified log-rank": "the stratified log-rank test (Mantel 1966)",
    "restricted mean": "a test of restricted mean survival times (Royston and Parmar 2013)",
}
_ADJUSTED = {
    "none": "without adjustment for the number of tests",
    "Holm": "adjusted for the number of tests after Holm (1979)",
    "Benjamini-Hochberg": "adjusted for the number of tests after Benjamini and Hochberg (1995)",
}


# Who and how ----------------------------------------------------------------------------------


def shown_factors(estimates: pd.DataFrame, study: Study) -> list[Factor]:
    """Give the factors of Table 5 that have estimates, in its order."""
    present = set(pick(estimates, analysis_id=ANALYSIS)["group"])
    stand_ins = {factor.stand_in for factor in study.factors if factor.stand_in}
    return [
        factor
        for factor in study.factors
        if factor.key in present and (factor.in_table or factor.name in stand_ins)
    ]


def other_factors(estimates: pd.DataFrame, study: Study) -> list[Factor]:
    """Give the factors with a table of their own that have estimates."""
    shown = {factor.name for factor in shown_factors(estimates, study)}
    present = set(pick(estimates, analysis_id=ANALYSIS)["group"])
    return [f for f in study.factors if f.key in present and f.name not in shown]


def curves_of(study: Study) -> list[Factor]:
    """Give the factors whose curves are asked for; all of a study that names none, and its arm."""
    named = [study.factor(name) for name in study.chosen.curves_of]
    if study.arm is not None:
        named.insert(0, study.factor(study.arm.variable.name))
    found = named or [factor for factor in study.factors if factor.in_table]
    return list(dict.fromkeys(found))


def method(estimates: pd.DataFrame, study: Study) -> Markdown:
    """Say by which test, and with what adjustment, the factors are compared."""
    parameters = study.chosen
    chosen = pick(estimates, analysis_id=ANALYSIS, statistic=Statistic.P_VALUE)
    if chosen.empty:
        return Markdown("")
    text = (
        f"**Method.** Medians by Kaplan-Meier, and {_REFERENCES[parameters.factor_test]}, "
        f"two-sided, {_ADJUSTED[parameters.p_adjustment]}"
    )
    text += (
        " and without adjustment for other factors."
        if parameters.factor_test != "stratified log-rank"
        else "."
    )
    said = [text, since_landmark(study)]
    methods = _methods(estimates, study, Statistic.P_VALUE)
    said.append(f"Tests here: {methods}.")
    if not _tests(pick(estimates, analysis_id=ANALYSIS), shown_factors(estimates, study),
                  Statistic.EXACT_P).empty:  # fmt: skip
        said.append(
            f"With {SPARSE} while it is compared (criterion of Mantel and Fleiss 1980), the "
            f"chi-square is no good approximation: p is exact there ({EXACT_MARK})."
        )
    return Markdown(" ".join(part for part in said if part))


def hazards_method(estimates: pd.DataFrame, study: Study) -> Markdown:
    """Say which model gives the hazard ratios."""
    methods = _methods(estimates, study, Statistic.HR_UPPER)
    if not methods:
        return Markdown("")
    model = {
        "univariate": "Cox regression with the one factor (Cox 1972; ties after Efron 1977).",
        "multivariable": "Cox regression with all factors together, of the patients in whom all "
        "are recorded (Cox 1972; ties after Efron 1977).",
        "penalised": "Cox regression with all factors together and a ridge penalty (Cox 1972; "
        "Verweij and van Houwelingen 1994).",
    }[study.chosen.factor_model]
    against = (
        "A ratio above 1 means more events with the factor than without."
        if all(factor.is_binary for factor in shown_factors(estimates, study))
        else "A ratio above 1 means more events with the factor than without, or at a level than "
        "at the reference."
    )
    per = _events_per_coefficient(estimates, study)
    article = " The article has no hazard ratios." if study.article is not None else ""
    return Markdown(
        f"**Method.**{article} {model} {against} The intervals show what a p value hides: how "
        "large a difference these patients cannot rule out. One ratio for the whole of follow-up "
        "supposes that it stays the same; the last column tests this (Grambsch and Therneau 1994)."
        f"{per}"
    )


def _events_per_coefficient(estimates: pd.DataFrame, study: Study) -> str:
    """Say how many events there are for each coefficient of a model of many factors."""
    shares = pick(estimates, analysis_id=ANALYSIS, statistic=Statistic.EVENTS_PER_FACTOR)
    if shares.empty:
        return ""
    said = "; ".join(
        f"{study.endpoint(endpoint).words}: {fixed(share, 1)}"
        for endpoint, share in zip(shares["variable"], shares["value"], strict=True)
    )
    text = f" Events for each coefficient of the model: {said}."
    if (shares["value"] < EVENTS_PER_FACTOR).any():
        text += (
            f" **Fewer than {EVENTS_PER_FACTOR} bias the ratios and make their intervals too "
            "narrow** (Peduzzi 1995, 1996); more are no proof that they are enough (van Smeden "
            "2016)."
        )
    return text


def since_landmark(study: Study) -> str:
    """Say from when times of factors are counted, if there is a landmark."""
    at = study.chosen.landmark_months
    return f"Patients at risk at month {at}, time counted from it." if at else ""


def _methods(estimates: pd.DataFrame, study: Study, statistic: Statistic) -> str:
    """Give how a statistic of the factors of Table 5 was computed, in words, each way once.

    Without what each level is held against, which its line says.
    """
    against = {
        factor.key: f", against {factor.group(factor.groups[0])}"
        for factor in shown_factors(estimates, study)
    }
    chosen = pick(estimates, analysis_id=ANALYSIS, statistic=statistic, variable_level="")
    chosen = chosen[chosen["group"].isin(list(against)) & (chosen["method"] != "")]
    own = zip(chosen["method"], chosen["group"], strict=True)
    methods = [method.replace(against[group], "") for method, group in own]
    return "; ".join(by_endpoint(chosen.assign(method=methods)))


def _notes(study: Study, factors: Iterable[Factor]) -> list[str]:
    labels = [factor.label for factor in factors]
    note = abbreviations(study, labels)
    if "EQD2" in " ".join(labels):
        note += f" Alpha/beta {study.chosen.alpha_beta:g} Gy."
    return [since_landmark(study), note]


def endpoints_in(estimates: pd.DataFrame, study: Study) -> list[str]:
    """Give the endpoints that factors are compared by, in the study's order."""
    present = set(pick(estimates, analysis_id=ANALYSIS)["variable"])
    declared = [endpoint.name for endpoint in study.endpoints if endpoint.name in present]
    return [*declared, *sorted(present - set(declared))]


# Table 5 ----------------------------------------------------------------------------------------


def table_5(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give Table 5: median survival in the groups of each factor, and the p value of its test.

    As the article has it, yes beside no; with a factor of several levels, a line a level.
    """
    factors = shown_factors(estimates, study)
    if not factors:
        return None
    chosen = pick(estimates, analysis_id=ANALYSIS)
    notes = [
        f"Median survival in months (NR, not reached). P values: "
        f"{_methods(estimates, study, Statistic.P_VALUE)}.",
        exact_note(_tests(chosen, factors, Statistic.EXACT_P)),
        untested_note(_tests(chosen, factors, Statistic.P_VALUE)),
        left_out_note(chosen, factors),
        *_notes(study, factors),
    ]
    if all(factor.is_binary for factor in factors):
        return _wide(chosen, study, factors, notes)
    return _long(chosen, study, factors, notes)


def _wide(chosen: pd.DataFrame, study: Study, factors: Sequence[Factor], notes: list[str]) -> Table:
    headings = {"factor": "Prognostic factor"}
    spanners: dict[str, list[str]] = {}
    rows = []
    for factor in factors:
        cells = {"factor": factor.label}
        for endpoint in endpoints_in(chosen, study):
            one = pick(chosen, group=factor.key, variable=endpoint)
            if one.empty:
                continue
            texts = {
                factor.group(level): _median(statistics(one, level)) for level in factor.groups
            }
            texts["p"] = p_text_of(statistics(one, ""))
            for heading, text in texts.items():
                cells[f"{endpoint}: {heading}"] = text
                headings[f"{endpoint}: {heading}"] = heading
            spanners[study.endpoint(endpoint).words] = [f"{endpoint}: {name}" for name in texts]
        rows.append(cells)
    return journal(
        pd.DataFrame(rows), stub="factor", headings=headings, spanners=spanners, notes=notes
    )


def _long(chosen: pd.DataFrame, study: Study, factors: Sequence[Factor], notes: list[str]) -> Table:
    headings = {"level": "Prognostic factor"}
    spanners: dict[str, list[str]] = {}
    rows = []
    for factor in factors:
        for place, level in enumerate(factor.groups):
            cells = {"factor": factor.label, "level": factor.group(level)}
            for endpoint in endpoints_in(chosen, study):
                one = pick(chosen, group=factor.key, variable=endpoint)
                values = statistics(one, level)
                texts = {
                    "events/n": _events(values),
                    f"median ({percent(study.chosen)} CI)": median_with_limits(values),
                    "p": "" if place else p_text_of(statistics(one, "")),
                }
                for heading, text in texts.items():
                    cells[f"{endpoint}: {heading}"] = text
                    headings[f"{endpoint}: {heading}"] = heading
                spanners[study.endpoint(endpoint).words] = [f"{endpoint}: {name}" for name in texts]
            rows.append(cells)
    return journal(
        pd.DataFrame(rows),
        stub="level",
        group="factor",
        headings=headings,
        spanners=spanners,
        notes=notes,
    )


def _tests(chosen: pd.DataFrame, factors: Sequence[Factor], statistic: Statistic) -> pd.DataFrame:
    """Give the rows of a statistic of some factors."""
    return chosen[
        chosen["group"].isin([factor.key for factor in factors])
        & (chosen["statistic"] == statistic)
    ]


def _median(values: pd.Series) -> str:
    # Of nobody there is no median, reached or not.
    if not values.get(Statistic.N):
        return MISSING
    return months(values[Statistic.MEDIAN])


def _events(values: pd.Series) -> str:
    return f"{thousands(values.get(Statistic.EVENTS))}/{thousands(values.get(Statistic.N))}"


def table_5_detail(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give group sizes, events and medians with confidence intervals of every factor.

    None where Table 5 has them already, since it has a line a level.
    """
    factors = shown_factors(estimates, study)
    if not factors or not all(factor.is_binary for factor in factors):
        return None
    chosen = pick(estimates, analysis_id=ANALYSIS)
    headings = {"factor": "Prognostic factor"}
    level_of_ci = percent(study.chosen)
    rows = []
    for endpoint in endpoints_in(estimates, study):
        for factor in factors:
            one = pick(chosen, group=factor.key, variable=endpoint)
            if one.empty:
                continue
            cells = {"endpoint": study.endpoint(endpoint).words, "factor": factor.label}
            for level in factor.groups:
                values, word = statistics(one, level), factor.group(level)
                cells[f"{word}: events/n"] = _events(values)
                cells[f"{word}: median ({level_of_ci} CI)"] = median_with_limits(values)
            rows.append(cells)
    words = [factors[0].group(level) for level in (YES, NO)]
    columns = {word: [f"{word}: events/n", f"{word}: median ({level_of_ci} CI)"] for word in words}
    headings |= {name: name.partition(": ")[2] for pair in columns.values() for name in pair}
    source = "bootstrap" if study.chosen.interval_source == "bootstrap" else study.chosen.ci_type
    notes = [
        f"Medians in months with {percent(study.chosen)} confidence intervals ({source}). NR, not "
        "reached.",
        left_out_note(chosen, factors),
        *_notes(study, factors),
    ]
    return journal(
        pd.DataFrame(rows),
        stub="factor",
        group="endpoint",
        headings=headings,
        spanners=columns,
        notes=notes,
    )


# Hazard ratios ----------------------------------------------------------------------------------


def _ratios(estimates: pd.DataFrame, study: Study, endpoint: str) -> pd.DataFrame:
    """Give one row a hazard ratio: of yes against no, or of a level against the reference."""
    chosen = pick(estimates, analysis_id=ANALYSIS, variable=endpoint, variable_level="")
    rows = []
    seen: Counter[str] = Counter()
    for factor in shown_factors(estimates, study):
        # Rows are found by their label: a second factor of the same words is numbered.
        seen[factor.label] += 1
        words = factor.label
        if seen[words] > 1:
            words += f" ({seen[words]})"
        one = pick(chosen, group=factor.key)
        if one.empty:
            continue
        first, *others = factor.groups
        # Of yes and no the ratio is yes against no and stands under no group.
        for level in [first] if factor.is_binary else others:
            values = statistics(one, "" if factor.is_binary else level)
            against = others[0] if factor.is_binary else first
            label = words
            if not factor.is_binary:
                label += f": {factor.group(level)} v {factor.group(first)}"
            rows.append(
                {
                    "label": label,
                    "group": factor.key,
                    "level": "" if factor.is_binary else level,
                    "n_yes": statistics(one, level).get(Statistic.N),
                    "n_no": statistics(one, against).get(Statistic.N),
                    "hazard_ratio": values.get(Statistic.HAZARD_RATIO),
                    "lower": values.get(Statistic.HR_LOWER),
                    "upper": values.get(Statistic.HR_UPPER),
                    "p": read_p(values, Statistic.HR_P),
                    "p_text": p_text_of(values, Statistic.HR_P),
                    "exact": Statistic.HR_EXACT_P in values,
                    "proportionality": values.get(Statistic.PROPORTIONALITY_P),
                }
            )
    return pd.DataFrame(rows)


def table_5_hazards(
    estimates: pd.DataFrame, study: Study, ensemble: Ensemble | None = None
) -> Table | None:
    """Give hazard ratios of every factor beside the test that they are the same at all times.

    With an `ensemble`, the range of each ratio over its cohorts stands beside it, and beside p in
    how many of them it is below 0.05.
    """
    across = Across(ensemble, ANALYSIS) if ensemble else None
    many = f"{ensemble.members} cohorts" if ensemble else ""
    ranged = [f"HR in {many}"] if many else []
    columns = [
        f"HR ({percent(study.chosen)} CI)",
        *ranged,
        "p",
        *([f"p < {SIGNIFICANCE} in {many}"] if many else []),
        "Proportional hazards: p",
    ]
    rows = []
    for endpoint in endpoints_in(estimates, study):
        for ratio in _ratios(estimates, study, endpoint).to_dict("records"):
            ranges, below = _in_cohorts(across, ratio, endpoint)
            texts = (
                estimate(ratio["hazard_ratio"], ratio["lower"], ratio["upper"]),
                *ranges,
                ratio["p_text"],
                *below,
                p_value(ratio["proportionality"]),
            )
            rows.append(
                {"endpoint": study.endpoint(endpoint).words, "factor": ratio["label"]}
                | dict(zip(columns, texts, strict=True))
            )
    if not rows:
        return None
    chosen = pick(estimates, analysis_id=ANALYSIS)
    of_ratios = _tests(chosen, shown_factors(estimates, study), Statistic.HR_P)
    warnings = of_ratios["warning"].str.removesuffix(WARNING).str.removesuffix("; ")
    exact = exact_note(_tests(chosen, shown_factors(estimates, study), Statistic.HR_EXACT_P))
    if exact:
        exact += (
            f" The interval of a ratio with {EXACT_MARK} is an approximation that may not hold."
        )
    notes = [
        f"{_methods(estimates, study, Statistic.HR_UPPER)}. HR, hazard ratio, yes against no or as "
        f"named, with its {percent(study.chosen)} confidence interval. Proportional hazards: a "
        "small p value speaks against a ratio that is the same at all times (test of Grambsch and "
        "Therneau, as R's cox.zph).",
        exact,
        untested_note(of_ratios),
        *(f"{text[:1].upper() + text[1:]}." for text in dict.fromkeys(warnings) if text),
        *_notes(study, shown_factors(estimates, study)),
    ]
    return journal(
        pd.DataFrame(rows),
        stub="factor",
        group="endpoint",
        headings={"factor": "Prognostic factor"},
        notes=notes,
        left=ranged,
    )


def _in_cohorts(
    across: Across | None, ratio: Mapping[Hashable, Any], endpoint: str
) -> tuple[list[str], list[str]]:
    """Give the range of a ratio over cohorts, and in how many p is below 0.05; else nothing."""
    if across is None:
        return [], []
    about = (ratio["group"], ratio["level"], endpoint)
    return [across.ratio(*about)], [across.count(*about, Statistic.HR_P)]


def over_cohorts(estimates: pd.DataFrame, study: Study, ensemble: Ensemble | None) -> Markdown:
    """Say of which hazard ratios p is below 0.05 in all cohorts of an ensemble, and in some.

    Nothing without an ensemble.
    """
    if ensemble is None:
        return Markdown("")
    across = Across(ensemble, ANALYSIS)
    names, both = [], 0
    for endpoint in endpoints_in(estimates, study):
        for ratio in _ratios(estimates, study, endpoint).to_dict("records"):
            about = (ratio["group"], ratio["level"], endpoint)
            below = across.below(*about, Statistic.HR_P)
            if below is not None:
                words = f"{ratio['label']} for {_within(study.endpoint(endpoint).words)}"
                names.append((words, below))
                both += across.sides(*about)
    in_all, in_some, in_none = how_often(names, across.members)
    if not names:
        return Markdown("")
    model = "" if study.chosen.factor_model == "univariate" else " of the model of many factors"
    some = f", {len(in_some)} in some{_listed(in_some)}" if in_some else ""
    text = (
        f"**Over {across.members} cohorts** that give every number the article prints: of the "
        f"{len(names)} hazard ratios{model}, {len(in_all)} {'has' if len(in_all) == 1 else 'have'} "
        f"p below {SIGNIFICANCE} in all cohorts{_listed(in_all)}{some} and {in_none} in none. "
    )
    text += (
        f"{both} lie{'s' if both == 1 else ''} above 1 in some cohorts and below in others."
        if both
        else "Each lies on the same side of 1 in all of them."
    )
    return Markdown(text)


def _listed(names: Sequence[str]) -> str:
    return f" ({'; '.join(names)})" if names else ""


def forest(estimates: pd.DataFrame, study: Study, endpoints: Sequence[str]) -> Drawing | None:
    """Draw the hazard ratio of every factor (forest plot), one or two endpoints side by side."""
    panels = {
        study.endpoint(endpoint).words: ratios
        for endpoint in endpoints
        if not (ratios := _ratios(estimates, study, endpoint)).empty
    }
    if not panels:
        return None
    binary = all(factor.is_binary for factor in shown_factors(estimates, study))
    return forests(
        panels,
        confidence=study.chosen.confidence,
        groups=("yes", "no") if binary else ("with", "without"),
    )


def forest_caption(estimates: pd.DataFrame, study: Study) -> str:
    """Give the caption of `forest`, with the model when it is not that of one factor."""
    text = (
        "Hazard ratios with and without each factor."
        if all(factor.is_binary for factor in shown_factors(estimates, study))
        else "Hazard ratios with and without each factor, or of a level against the reference."
    )
    plain = study.chosen.factor_model == "univariate" and not study.chosen.landmark_months
    methods = _methods(estimates, study, Statistic.HR_UPPER)
    said = text if plain and ";" not in methods else f"{text} {methods}."
    exact = exact_note(
        _tests(
            pick(estimates, analysis_id=ANALYSIS),
            shown_factors(estimates, study),
            Statistic.HR_EXACT_P,
        )
    )
    return f"{said} {exact}".rstrip()


def spline_table(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give hazard ratios along a factor that is a spline, against its cut, at powers of ten."""
    rows = []
    notes = []
    for factor in shown_factors(estimates, study):
        if not factor.spline or factor.cut is None:
            continue
        chosen = pick(estimates, analysis_id=ANALYSIS, group=factor.key)
        label = factor.variable.label
        for endpoint in endpoints_in(estimates, study):
            one = pick(chosen, variable=endpoint, group_level="")
            p = one[one["variable_level"] == ""].set_index("statistic")["value"]
            along = one[one["variable_level"] != ""]
            for level, of_level in along.groupby("variable_level", sort=False):
                values = of_level.set_index("statistic")["value"]
                if round(float(str(level))) in (1, 10, 100, 1000, 10_000, 100_000):
                    rows.append(
                        {
                            "endpoint": f"{study.endpoint(endpoint).words}, "
                            f"p = {p_value(p[Statistic.P_VALUE])}, of a curve against a line "
                            f"{p_value(p[Statistic.NONLINEARITY_P])}",
                            label: thousands(float(str(level))),
                            f"HR ({percent(study.chosen)} CI)": estimate(
                                values[Statistic.HAZARD_RATIO],
                                values[Statistic.HR_LOWER],
                                values[Statistic.HR_UPPER],
                            ),
                        }
                    )
        notes.append(f"Hazard ratios against {factor.cut.shown()[2:]} {factor.variable.unit}.")
    if not rows:
        return None
    return journal(pd.DataFrame(rows), stub=list(rows[0])[1], group="endpoint", notes=notes)


# Curves -----------------------------------------------------------------------------------------


def factor_curves(
    estimates: pd.DataFrame, drawn: pd.DataFrame, study: Study, factor: Factor, endpoint: str
) -> Drawing | None:
    """Draw the curves of an endpoint by the groups of a factor.

    `drawn` holds points of curves and numbers at risk (`estimates.points.factor_curves`). None
    where there are none, or more groups than a figure can show.
    """
    keys = {"group": factor.key, "variable": endpoint}
    points = pick(drawn, analysis_id=FACTOR_CURVE, **keys)
    at_risk = pick(drawn, analysis_id=FACTOR_AT_RISK, **keys)
    present = [level for level in factor.groups if level in set(points["group_level"])]
    if not present or len(present) > MOST_CURVES:
        return None
    grid = at_risk_months(study.chosen)
    of = {level: pick(at_risk, group_level=level) for level in present}
    rows = pick(estimates, analysis_id=ANALYSIS, **keys)
    landmark = study.chosen.landmark_months
    names = {level: factor.group(level) for level in present}
    lower, upper = Statistic.MEDIAN.limits
    medians = {}
    for level in present:
        values = statistics(rows, level)
        medians[names[level]] = (values[Statistic.MEDIAN], values[lower], values[upper])
    competing = study.endpoint(endpoint).competes(study.chosen)
    return survival_figure(
        {names[level]: curves.of_rows(pick(points, group_level=level)) for level in present},
        {names[level]: counted_at(of[level], Statistic.AT_RISK, grid) for level in present},
        grid,
        censored={
            names[level]: counted_at(of[level], Statistic.CENSORED_BEFORE, grid)
            for level in present
        }
        if study.chosen.show_censored
        else {},
        medians=medians,
        ylabel=study.endpoint(endpoint).words,
        xlabel=f"Time from month {landmark} (months)" if landmark else "Time (months)",
        p_value=read_p(statistics(rows, "")),
        p_label=_test_words(rows, study, factor),
        title=factor.label,
        method="Aalen-Johansen" if competing else "Kaplan-Meier",
        confidence=study.chosen.confidence,
        width_mm=180,
    )


def _test_words(rows: pd.DataFrame, study: Study, factor: Factor) -> str:
    """Give the name of the test of a factor, as it stands before 'p = 0.04'."""
    exact = pick(rows, statistic=Statistic.EXACT_P)["method"]
    said = pick(rows, statistic=Statistic.P_VALUE)["method"]
    text = str(said.iloc[0]) if len(said) else ""
    name = text.partition(",")[0].removesuffix(" test")
    if len(exact) and exact.iloc[0]:
        name = f"Exact {name[:1].lower()}{name[1:]}".replace("gray", "Gray")
    if "Mantel-Byar" in text:
        name = "Mantel-Byar"
    if "spline" in text:
        name = "Spline"
    adjusted = study.chosen.p_adjustment
    if adjusted != "none" and f"{adjusted} adjustment" in text:
        name += f", {adjusted}"
    return name[:1].upper() + name[1:]


def factor_caption(study: Study, factor: Factor, endpoint: str) -> str:
    """Give the caption of `factor_curves`."""
    of = f"group, yes or no: {factor.label}" if factor.is_binary else factor.label
    parts = [
        f"{study.endpoint(endpoint).words} by {of}. {drawn_words(study)}",
        since_landmark(study),
    ]
    if factor.over_time and getattr(study.chosen, factor.over_time):
        parts.append("Curves by group in the end; the p value counts it from when it was known.")
    return " ".join(part for part in parts if part)


def levels_table(estimates: pd.DataFrame, study: Study, factor: Factor) -> Table | None:
    """Give patients, events and medians by the groups of one factor, with the p values."""
    chosen = pick(estimates, analysis_id=ANALYSIS, group=factor.key)
    if chosen.empty:
        return None
    rows = []
    for endpoint in endpoints_in(estimates, study):
        one = pick(chosen, variable=endpoint)
        if one.empty:
            continue
        test = _test_words(one, study, factor)
        heading = f"{study.endpoint(endpoint).words}, {test[:1].lower() + test[1:]} "
        for level in factor.groups:
            values = statistics(one, level)
            rows.append(
                {
                    "endpoint": heading + p_text(read_p(statistics(one, ""))),
                    factor.label: factor.group(level),
                    "n": thousands(values.get(Statistic.N)),
                    "Events": thousands(values.get(Statistic.EVENTS)),
                    f"Median, months ({percent(study.chosen)} CI)": median_with_limits(values),
                }
            )
    return journal(
        pd.DataFrame(rows),
        stub=factor.label,
        group="endpoint",
        notes=[_few(chosen, factor), left_out_note(chosen, [factor])],
    )


def _few(chosen: pd.DataFrame, factor: Factor) -> str:
    return exact_note(_tests(chosen, [factor], Statistic.EXACT_P)).removeprefix(f"{EXACT_MARK} ")


def significant_factors(estimates: pd.DataFrame, study: Study) -> Markdown:
    """Name the factors whose p value is below 0.05, and how many tests there were."""
    factors = {factor.key: factor for factor in shown_factors(estimates, study)}
    tests = pick(as_read(pick(estimates, analysis_id=ANALYSIS)), statistic=Statistic.P_VALUE)
    tests = tests[tests["group"].isin(list(factors)) & tests["value"].notna()]
    if tests.empty:
        return Markdown("")
    below = tests[tests["value"] < SIGNIFICANCE]
    named = "; ".join(
        f"{factors[row['group']].label} for {_within(study.endpoint(row['variable']).words)} "
        f"({'exact ' if row['warning'] == WARNING else ''}{p_text(row['value'])})"
        for row in below.to_dict("records")
    )
    found = f"below {SIGNIFICANCE}: {named}." if named else f"none below {SIGNIFICANCE}."
    adjusted = _ADJUSTED[study.chosen.p_adjustment]
    exact = int((tests["warning"] == WARNING).sum())
    few = f", {exact} of them exact since events are few" if exact else ""
    kinds = list(dict.fromkeys(tests["method"].str.split(",").str[0]))
    test = study.chosen.factor_test if len(kinds) == 1 else listed(kinds)
    return Markdown(f"{len(tests)} tests ({test}{few}), {adjusted}; {found}")


def _within(words: str) -> str:
    return words[:1].lower() + words[1:] if not words[1:2].isupper() else words

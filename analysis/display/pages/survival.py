"""Page 04: how long patients lived, how long without the events, and where it failed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from IPython.display import Markdown

from analysis.cohort.at_risk import RECORDED
from analysis.cohort.model import Cohort
from analysis.display.cohorts import Across
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.kaplan_meier import MOST_CURVES, survival_figure
from analysis.display.format import MISSING, SIGNIFICANCE, listed, thousands
from analysis.display.left_out import date_words, not_at_risk
from analysis.display.pages import recorded
from analysis.display.tables import (
    Table,
    abbreviations,
    by_endpoint,
    exact_note,
    journal,
    left_out_note,
    median_with_limits,
    p_text_of,
    percent,
    rate_note,
    rate_with_limits,
    statistics,
)
from analysis.estimates import curves
from analysis.estimates.ensemble import Ensemble
from analysis.estimates.exact_log_rank import SPARSE
from analysis.estimates.points import SURVIVAL_CURVE
from analysis.estimates.rows import pick, value_of
from analysis.estimates.survival import times_chosen
from analysis.study.endpoints import Endpoint
from analysis.study.keys import Statistic
from analysis.study.parameters import zero_words
from analysis.study.study import Study
from analysis.study.variables import Factor

_DEATHS = {
    "censored": "a death without it censors",
    "event": "a death without it is an event on its day",
    "competing": "a death without it competes with it",
}


def endpoints_method(cohort: Cohort) -> Markdown:
    """Say what each endpoint is, as it is chosen: its event, where it is censored, its methods."""
    study, parameters = cohort.study, cohort.parameters
    present = [study.endpoint(name) for name in cohort.endpoints()]
    since = cohort.stand_ins.get("time_zero", f"from {zero_words(parameters)}")
    by_date = any(endpoint.events for endpoint in present)
    said = [
        "**Method.** Survival is counted in days"
        + (f" {since}" if by_date and cohort.records("time_zero") else "")
        + (", and" if "," in since else " and")
        + " shown in months of 30.4375 days, by the method of Kaplan and Meier (1958)."
    ]
    if parameters.delayed_entry != "none":
        said[0] += (
            f" A patient counts as at risk from the {parameters.delayed_entry} (delayed entry): to "
            "be among these patients, one had to live until then, so that the days before it could "
            "hold no death (immortal time)."
        )
    if (cohort.time_to_event["days"] % 1 != 0).any():
        said[0] += (
            " Times that were recorded otherwise than in whole days, such as in months, are not "
            "rounded to them."
        )
    said.append(_endpoint_list(present, cohort))
    competing = [endpoint for endpoint in present if endpoint.competes(parameters)]
    if competing:
        names = listed([endpoint.name for endpoint in competing])
        said.append(
            f"Of {names}, the curve is 1 minus the cumulative incidence of the event (Aalen and "
            "Johansen 1978): whoever had what competes can have the event no more."
        )
    relapses = [endpoint for endpoint in present if endpoint.death_choice]
    if any(endpoint.censored_at(parameters) == "last_imaging_date" for endpoint in relapses):
        said.append(
            "A relapse has to be seen on imaging, so that a patient is at risk of it only until "
            "the last imaging."
        )
    if parameters.interval_source == "bootstrap":
        said.append(
            "Intervals hold the percentiles of "
            f"{thousands(parameters.bootstrap_replicates)} samples of patients drawn with "
            "replacement (Efron 1981)."
        )
    else:
        said.append(
            "Confidence intervals of medians follow Brookmeyer and Crowley (1982) on the "
            f"{parameters.ci_type} scale."
        )
    said.append(
        "Where a curve runs level at one half, the median is the middle of that stretch, as in R's "
        "`survival`."
    )
    return Markdown("\n\n".join([said[0], said[1], " ".join(said[2:])]))


def _endpoint_list(present: Sequence[Endpoint], cohort: Cohort) -> str:
    study = cohort.study
    lines = ["| endpoint | event | censored at |", "| --- | --- | --- |"]
    for endpoint in present:
        name = endpoint.words[:1].lower() + endpoint.words[1:]
        label = name if name == endpoint.name else f"{name} ({endpoint.name})"
        sources = cohort.times(endpoint.name)["censor_source"]
        # What was recorded as a duration was censored where its recorder had it.
        column = endpoint.censored_at(study.chosen)
        dated = bool(column) and not sources.eq(RECORDED).any()
        censored = date_words(column) if dated else "as recorded"
        event = endpoint.event_words or "as recorded"
        if endpoint.death_choice:
            event += f"; {_DEATHS[getattr(study.chosen, endpoint.death_choice)]}"
        # The values of a column may be codes, which say nothing.
        elif rivals := [name for name in endpoint.competing if not name.isdigit()]:
            event += f"; {' or '.join(map(date_words, rivals))} competes"
        lines.append(f"| {_cell(label)} | {_cell(event)} | {_cell(censored)} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def table(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give medians and rates with confidence intervals, one endpoint a row."""
    parameters = study.chosen
    chosen = pick(estimates, analysis_id="survival", group="")
    rows, shown = [], []
    for name in _endpoints(chosen, study):
        one = chosen[chosen["variable"] == name]
        plain = one[one["variable_level"] == ""].set_index("statistic")["value"]
        cells = {
            "endpoint": recorded.titled(study.endpoint(name)),
            "n": thousands(plain[Statistic.N]),
            "Events": thousands(plain[Statistic.EVENTS]),
            f"Median, months ({percent(parameters)} CI)": median_with_limits(plain),
        }
        for month in parameters.rate_months:
            rate = one[one["variable_level"] == str(month)].set_index("statistic")["value"]
            cells[f"{month} months, % ({percent(parameters)} CI)"] = rate_with_limits(rate)
        rows.append(cells)
        shown.append(name)
    if not rows:
        return None
    medians = pick(chosen, statistic=Statistic.MEDIAN)
    said = by_endpoint(medians[medians["variable"].isin(shown)])
    scale = (
        f"are percentiles of {parameters.bootstrap_replicates:,} bootstrap samples of patients"
        if parameters.interval_source == "bootstrap"
        else f"on the {parameters.ci_type} scale"
    )
    notes = [
        f"{'. '.join(said)}; confidence intervals {scale}. NR, not reached.",
        rate_note(chosen),
        *not_at_risk(estimates, study),
    ]
    return journal(
        pd.DataFrame(rows), stub="endpoint", headings={"endpoint": "Endpoint"}, notes=notes
    )


def _endpoints(chosen: pd.DataFrame, study: Study) -> list[str]:
    """Give the endpoints that have rows, in the study's order; others after them."""
    found = dict.fromkeys(pick(chosen, statistic=Statistic.EVENTS)["variable"])
    declared = [endpoint.name for endpoint in study.endpoints if endpoint.name in found]
    return [*declared, *(name for name in found if name not in declared)]


# Figures ------------------------------------------------------------------------------------------


def main_endpoints(study: Study, estimates: pd.DataFrame) -> list[str]:
    """Give the endpoints of Figure 2A: those of Table 5, and what stands in for one of them."""
    chosen = pick(estimates, analysis_id="survival", group="")
    relapses = relapse_endpoints(study, estimates)
    return [name for name in _endpoints(chosen, study) if name not in relapses]


def relapse_endpoints(study: Study, estimates: pd.DataFrame) -> list[str]:
    """Give the endpoints of Figure 2B: those with a choice of what death is."""
    chosen = pick(estimates, analysis_id="survival", group="")
    return [n for n in _endpoints(chosen, study) if study.endpoint(n).death_choice]


def in_figures(study: Study, endpoints: Sequence[str]) -> list[list[str]]:
    """Give the endpoints of each figure: at most four, and those that compete by themselves.

    More curves than four cannot be told apart, and 1 minus an incidence is no Kaplan-Meier curve.

    >>> from analysis.study.own import OWN
    >>> in_figures(OWN, ["OS", "PFS", "a", "b", "c"])
    [['OS', 'PFS', 'a', 'b'], ['c']]
    """
    parted: dict[bool, list[str]] = {False: [], True: []}
    for name in endpoints:
        parted[study.endpoint(name).competes(study.chosen)].append(name)
    return [
        names[start : start + MOST_CURVES]
        for names in parted.values()
        for start in range(0, len(names), MOST_CURVES)
    ] or [[]]


def figure(
    estimates: pd.DataFrame, drawn: pd.DataFrame, study: Study, endpoints: Sequence[str]
) -> Drawing | None:
    """Draw the curves of some endpoints with their numbers at risk.

    `drawn` holds the points of curves (`estimates.points.survival_curves`).

    Raises
    ------
    ValueError
        Of more than four endpoints; `in_figures` parts them.
    """
    points = pick(drawn, analysis_id=SURVIVAL_CURVE)
    present = [name for name in endpoints if name in set(points["variable"])]
    if not present:
        return None
    overall = pick(estimates, analysis_id="survival", group="")
    counted = pick(overall, statistic=Statistic.AT_RISK)["variable_level"]
    grid = sorted({int(month) for month in counted})
    of = {name: pick(overall, variable=name) for name in present}
    competing = all(study.endpoint(name).competes(study.chosen) for name in present)
    return survival_figure(
        {name: curves.of_rows(pick(points, variable=name)) for name in present},
        {name: counted_at(of[name], Statistic.AT_RISK, grid) for name in present},
        grid,
        censored={name: counted_at(of[name], Statistic.CENSORED_BEFORE, grid) for name in present}
        if study.chosen.show_censored
        else {},
        medians={name: _median(overall, name) for name in present},
        ylabel="Without the event, others competing"
        if competing
        else "Survival"
        if len(present) > 1
        else study.endpoint(present[0]).words,
        method="Aalen-Johansen" if competing else "Kaplan-Meier",
        confidence=study.chosen.confidence,
        width_mm=180,
    )


def counted_at(rows: pd.DataFrame, statistic: Statistic, months: Sequence[int]) -> list[int]:
    """Give the patients counted at each month, from the rows of one curve."""
    return [int(value_of(rows, statistic=statistic, variable_level=month)) for month in months]


def _median(estimates: pd.DataFrame, name: str) -> tuple[float, float, float]:
    lower, upper = Statistic.MEDIAN.limits
    value, low, high = (
        value_of(estimates, variable=name, statistic=statistic)
        for statistic in (Statistic.MEDIAN, lower, upper)
    )
    return value, low, high


def caption(study: Study, endpoints: Sequence[str]) -> str:
    """Give the caption of `figure`, with each choice that is not the study's.

    >>> from analysis.study.own import OWN
    >>> caption(OWN, ["OS", "RFS"])
    'Overall survival and recurrence-free survival. Bands, 95% CI; ticks, censored patients.'
    """
    named = [study.endpoint(name) for name in endpoints]
    if not named:
        return "Survival."
    words = [endpoint.words[:1].lower() + endpoint.words[1:] for endpoint in named]
    said = {endpoint.name: times_chosen(endpoint, study.chosen) for endpoint in named}
    chosen = [
        f"{text} ({name})" if text and len(set(said.values())) > 1 else text
        for name, text in said.items()
    ]
    text = listed(words)
    text = text[:1].upper() + text[1:] + "".join(dict.fromkeys(chosen))
    competing = [endpoint.name for endpoint in named if endpoint.competes(study.chosen)]
    if competing:
        text += ": 1 minus the Aalen-Johansen incidence of the event"
    if 0 < len(competing) < len(named):
        text += f" ({', '.join(competing)})"
    return f"{text}. {drawn_words(study)}"


def drawn_words(study: Study) -> str:
    """Say what a survival figure draws beside its curves."""
    bands = f"{percent(study.chosen)} CI"
    if study.chosen.interval_source == "bootstrap":
        bands += " (percentiles of bootstrap samples)"
    return f"Bands, {bands}; ticks, censored patients."


# Relapse by factor --------------------------------------------------------------------------------


def tells_relapse(study: Study) -> bool:
    """Tell whether the study has endpoints of relapse in a place, which death hides."""
    return any(endpoint.death_choice for endpoint in study.endpoints)


def relapse_method(estimates: pd.DataFrame) -> Markdown:
    """Say how relapse was compared between the groups of each factor."""
    tests = pick(estimates, analysis_id="relapse_factors", statistic=Statistic.P_VALUE)
    if tests.empty:
        return Markdown("")
    gray = tests["method"].str.startswith("Gray").any()
    test = (
        "by Gray's test (1988), which compares cumulative incidences where death competes"
        if gray
        else "by the log-rank test"
    )
    exact = pick(estimates, analysis_id="relapse_factors", statistic=Statistic.EXACT_P)
    few = (
        ""
        if exact.empty
        else f" With {SPARSE} while it is compared (Mantel and Fleiss 1980), p is exact."
    )
    return Markdown(
        f"**Method.** The groups of each factor of Table 5 are compared {test}, without adjustment "
        f"for the number of tests.{few}"
    )


def relapse_table(
    estimates: pd.DataFrame, study: Study, ensemble: Ensemble | None = None
) -> Table | None:
    """Give relapses in each group of every factor, and the p value of their comparison.

    With an `ensemble`, another column says in how many of its cohorts p is below 0.05.
    """
    chosen = pick(estimates, analysis_id="relapse_factors")
    across = Across(ensemble, "relapse_factors") if ensemble else None
    tests = pick(chosen, statistic=Statistic.P_VALUE)
    endpoints = list(dict.fromkeys(tests["variable"]))
    factors = [factor for factor in study.factors if factor.key in set(chosen["group"])]
    if not factors:
        return None
    notes = [
        f"p: {', '.join(dict.fromkeys(tests['method']))}. {MISSING}, no relapse could decide it. "
        "Not adjusted for the number of tests.",
        exact_note(chosen),
        left_out_note(chosen, factors),
        abbreviations(study, [factor.label for factor in factors]),
    ]
    if all(factor.is_binary for factor in factors):
        headings = {"factor": "Prognostic factor"}
        spanners: dict[str, list[str]] = {}
        rows = []
        for factor in factors:
            cells = {"factor": factor.label}
            for endpoint in endpoints:
                one = pick(chosen, group=factor.key, variable=endpoint)
                texts = {
                    f"{factor.group(level)}: events/n": _events(statistics(one, level))
                    for level in factor.groups
                }
                texts["p"] = p_text_of(statistics(one, ""))
                texts |= _below(across, factor, endpoint)
                for heading, text in texts.items():
                    cells[f"{endpoint}: {heading}"] = text
                    headings[f"{endpoint}: {heading}"] = heading
                spanners[study.endpoint(endpoint).words] = [f"{endpoint}: {name}" for name in texts]
            rows.append(cells)
        return journal(
            pd.DataFrame(rows), stub="factor", headings=headings, spanners=spanners, notes=notes
        )
    long = []
    for factor in factors:
        for place, level in enumerate(factor.groups):
            cells = {"factor": factor.label, "level": factor.group(level)}
            for endpoint in endpoints:
                one = pick(chosen, group=factor.key, variable=endpoint)
                cells[f"{endpoint}: events/n"] = _events(statistics(one, level))
                cells[f"{endpoint}: p"] = "" if place else p_text_of(statistics(one, ""))
                cells |= {
                    f"{endpoint}: {name}": "" if place else text
                    for name, text in _below(across, factor, endpoint).items()
                }
            long.append(cells)
    return journal(pd.DataFrame(long), stub="level", group="factor",
                   headings={"level": "Prognostic factor"}, notes=notes)  # fmt: skip


def _below(across: Across | None, factor: Factor, endpoint: str) -> dict[str, str]:
    """Give in how many cohorts p is below 0.05, under its heading; nothing without cohorts."""
    if across is None:
        return {}
    count = across.count(factor.key, "", endpoint, Statistic.P_VALUE)
    return {f"p < {SIGNIFICANCE} in {across.members} cohorts": count}


def _events(values: pd.Series) -> str:
    return f"{thousands(values.get(Statistic.EVENTS))}/{thousands(values.get(Statistic.N))}"


def follow_up_method(study: Study) -> Markdown:
    """Say how the length of follow-up was found."""
    said = {
        "reverse Kaplan-Meier": "The median follow-up is the reverse Kaplan-Meier one (Schemper "
        "and Smith 1996), in which a death ends follow-up as a censoring; its range is that of the "
        "times observed.",
        "all patients": "The median follow-up is that of the times of all patients; it is short "
        "where many died early.",
        "survivors": "The median follow-up is that of the times of those alive; it leaves out what "
        "is known of the dead.",
    }
    return Markdown(f"**Method.** {said[study.chosen.follow_up_definition]}")

"""The article's tables, drawn from the estimates table.

Each function takes estimates and gives a `Table`: what is shown (great_tables) and the same
cells as a plain data frame for CSV. A table whose estimates are missing is `None`; the notebook
then says that its source is not recorded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from great_tables import GT, loc, style

from analysis.display import labels
from analysis.display.format import (
    MISSING,
    estimate,
    fixed,
    half_up,
    interval,
    is_missing,
    median_months,
    months,
    p_value,
    thousands,
    with_unit,
)
from analysis.estimates.fatal_events import CASE
from analysis.estimates.rows import pick
from analysis.parameters import Parameters


@dataclass(frozen=True)
class Table:
    """A table to show (`shown`) and its cells as text (`cells`)."""

    shown: GT
    cells: pd.DataFrame


def _journal(
    cells: pd.DataFrame,
    *,
    stub: str,
    group: str | None = None,
    headings: dict[str, str] | None = None,
    spanners: dict[str, list[str]] | None = None,
    notes: Iterable[str] = (),
    left: Iterable[str] = (),
) -> Table:
    """Lay out cells of text as a journal would: rules above and below, numbers to the right."""
    shown: dict[str, Any] = {name: name for name in cells.columns if name != group}
    table = GT(cells, rowname_col=stub, groupname_col=group).cols_label(shown | (headings or {}))
    table = table.tab_stubhead(label=(headings or {}).get(stub, stub))
    for label, columns in (spanners or {}).items():
        table = table.tab_spanner(label=label, columns=columns)
    numbers = [name for name in cells.columns if name not in {stub, group, *left}]
    table = table.cols_align("right", columns=numbers)
    if left:
        table = table.cols_align("left", columns=list(left))
    for note in filter(None, notes):
        table = table.tab_source_note(note)
    table = table.tab_style(style.text(weight="bold"), loc.row_groups())
    table = table.tab_options(
        table_font_names=["inherit"],
        table_font_size="0.875em",
        data_row_padding="3px",
        row_group_padding="4px",
        column_labels_border_top_style="solid",
        column_labels_border_top_width="2px",
        table_body_hlines_style="none",
    )
    return Table(table, cells)


def number(value: float, decimals: int | None = None) -> str:
    """Give a quantity with the decimals asked for, else with as few as it needs, at most two."""
    if decimals is not None or is_missing(value):
        return thousands(value, decimals or 0)
    text = f"{half_up(value, 2):,f}"
    return text.rstrip("0").rstrip(".")


def median_range(estimates: pd.DataFrame, variable: str, decimals: int | None = None) -> str | None:
    """Give 'median (min–max)' of a quantity, or None when it is not recorded."""
    rows = pick(estimates, variable=variable, group="")
    if rows.empty:
        return None
    values = rows.set_index("statistic")["value"]
    low, high = (number(values[name], decimals) for name in ("min", "max"))
    return f"{number(values['median'], decimals)} ({low}–{high})"


# Tables 1 and 2 ------------------------------------------------------------------------------

TABLE_1 = (
    "sex",
    "age_years",
    "child_pugh_score",
    "hepatitis",
    "afp",
    "extrahepatic_metastasis",
    "ivc_thrombus",
    "ecog",
    "diagnosis",
    "cirrhosis",
    "alcohol_use",
    "tumour_count_group",
    "pvtt",
    "vp4",
)
TABLE_2 = (
    "treatment_mode",
    "therapy_line",
    "ici_agent",
    "rt_site",
    "targeted_agent",
    "rt_technique",
    "antiviral",
)
_ABBREVIATIONS = (
    "AFP, alpha-fetoprotein; ECOG, Eastern Cooperative Oncology Group; EHM, extrahepatic "
    "metastasis before enrolment; HBV, HCV, hepatitis B and C virus; IVTT, tumour thrombus in the "
    "inferior vena cava; PVTT, portal vein tumour thrombosis; VP4, tumour thrombus in the main "
    "portal vein."
)


def table_1(estimates: pd.DataFrame, parameters: Parameters) -> Table | None:
    """Give Table 1: characteristics of the patients."""
    names = [f"afp_{parameters.afp_cutoff:g}" if n == "afp" else n for n in TABLE_1]
    estimates = pick(estimates, analysis_id="characteristics")
    present = set(estimates["variable"])
    # What stands in where a dataset has only part of a variable of the article.
    if "hepatitis" not in present:
        names[names.index("hepatitis")] = "hepatitis_b"
    if f"afp_{parameters.afp_cutoff:g}" not in present:
        names[names.index(f"afp_{parameters.afp_cutoff:g}")] = "afp_group"
    return _counts_table(estimates, names, "Characteristic", [_ABBREVIATIONS])


def table_2(estimates: pd.DataFrame) -> Table | None:
    """Give Table 2: treatment given."""
    notes = [
        "A patient who changed the checkpoint inhibitor counts under both agents, and a patient "
        "counts under every site irradiated. Targeted therapy is that given with the checkpoint "
        "inhibitor.",
        "IMRT, intensity-modulated radiotherapy; PVTT, portal vein tumour thrombosis; TOMO, "
        "tomotherapy; TT, tumour thrombus; VMAT, volumetric modulated arc therapy.",
    ]
    return _counts_table(pick(estimates, analysis_id="treatment"), TABLE_2, "Treatment", notes)


def _counts_table(
    estimates: pd.DataFrame, names: Iterable[str], heading: str, notes: list[str]
) -> Table | None:
    rows = []
    left_out = []
    for name in names:
        chosen = pick(estimates, variable=name, group="")
        if chosen.empty:
            left_out.append(labels.variable(name))
            continue
        if "median" in set(chosen["statistic"]):
            rows.append(
                {
                    "variable": labels.variable(name),
                    "level": "Median (range)",
                    "No.": median_range(estimates, name),
                    "%": "",
                }
            )
            continue
        wide = chosen.pivot(index="variable_level", columns="statistic", values="value")
        for level in dict.fromkeys(chosen["variable_level"]):
            rows.append(
                {
                    "variable": labels.variable(name),
                    "level": labels.level(name, level),
                    "No.": thousands(wide.loc[level, "count"]),
                    "%": fixed(wide.loc[level, "percent"], 1),
                }
            )
    if not rows:
        return None
    if left_out:
        notes = [*notes, f"Not recorded in this dataset: {', '.join(left_out)}."]
    return _journal(
        pd.DataFrame(rows), stub="level", group="variable", headings={"level": heading}, notes=notes
    )


# Table 3 -------------------------------------------------------------------------------------


def table_3(estimates: pd.DataFrame) -> Table | None:
    """Give Table 3: response by criterion, for all and for in-field tumours, with two p values."""
    chosen = pick(estimates, analysis_id="response")
    if chosen.empty:
        return None
    regions = {"response_overall": "All tumours", "response_in_field": "In-field tumours only"}
    headings = {"response": "Response"}
    spanners: dict[str, list[str]] = {}
    rows = []
    for variable, region in regions.items():
        of_region = pick(chosen, variable=variable)
        for level in [*labels.RESPONSES] if not of_region.empty else []:
            one = pick(of_region, variable_level=level)
            cells = {"region": region, "response": level}
            for criterion, name in (("RECIST 1.1", "RECIST"), ("mRECIST", "mRECIST")):
                values = pick(one, group_level=criterion).set_index("statistic")["value"]
                texts = {
                    "No.": thousands(values.get("count")),
                    "%": fixed(values.get("percent"), 1),
                    "CI": interval(values.get("ci_lower"), values.get("ci_upper"), 1),
                }
                for heading, text in texts.items():
                    cells[f"{name}: {heading}"] = text
                    headings[f"{name}: {heading}"] = heading
                spanners[name] = [f"{name}: {heading}" for heading in texts]
            both = pick(one, group_level="").set_index("statistic")["value"]
            for statistic, heading in (("p_association", "association"), ("p_paired", "paired")):
                cells[f"p: {heading}"] = p_value(both.get(statistic))
                headings[f"p: {heading}"] = heading
            spanners["p"] = ["p: association", "p: paired"]
            rows.append(cells)
    notes = [
        "; ".join(f"{level}, {words}" for level, words in labels.RESPONSES.items()) + ".",
        f"CI, {_method(chosen, 'ci_lower')} confidence interval of the percentage. p, association: "
        "whether the two criteria go together in the same patients "
        f"({_method(chosen, 'p_association')}); p, paired: whether one criterion calls more "
        f"patients responders than the other ({_method(chosen, 'p_paired')}).",
    ]
    return _journal(
        pd.DataFrame(rows),
        stub="response",
        group="region",
        headings=headings,
        spanners=spanners,
        notes=notes,
    )


def _method(estimates: pd.DataFrame, statistic: str) -> str:
    """Give the words for how a statistic was computed; a dash where it was not."""
    found = pick(estimates, statistic=statistic)["method"]
    return str(found.iloc[0]) if len(found) else MISSING


# Table 4 -------------------------------------------------------------------------------------


def table_4(estimates: pd.DataFrame) -> Table | None:
    """Give Table 4: patients by adverse event and worst grade."""
    chosen = pick(estimates, analysis_id="adverse_events", statistic="count")
    if chosen.empty:
        return None
    graded = chosen[chosen["variable_level"].isin([str(grade) for grade in range(1, 6)])]
    names = [name for name in dict.fromkeys(graded["variable"]) if name != "any_event"]
    counts = graded.pivot(index="variable", columns="variable_level", values="value")
    shares = pick(estimates, analysis_id="adverse_events", statistic="percent").pivot(
        index="variable", columns="variable_level", values="value"
    )
    rows = []
    spanners: dict[str, list[str]] = {}
    headings = {"event": "Adverse event"}
    for name in names:
        cells = {"event": labels.event(name)}
        for grade in map(str, range(1, 6)):
            count, share = f"Grade {grade}: No.", f"Grade {grade}: %"
            cells[count] = thousands(counts.loc[name, grade])
            cells[share] = fixed(shares.loc[name, grade], 1)
            spanners[f"Grade {grade}"] = [count, share]
            headings |= {count: "No.", share: "%"}
        rows.append(cells)
    notes = ["Worst grade a patient and row, CTCAE version 5.0; adverse events from any cause."]
    return _journal(
        pd.DataFrame(rows), stub="event", headings=headings, spanners=spanners, notes=notes
    )


def plausibility_rules(verdicts: pd.DataFrame) -> Table:
    """Give the rules of plausibility with their verdicts, by section.

    `verdicts` has one row a rule: section, name, sentence, breaches (how often it is broken),
    and the first of them in words.
    """
    said = zip(verdicts["breaches"], verdicts["first"], strict=True)
    cells = pd.DataFrame(
        {
            "section": verdicts["section"],
            "rule": verdicts["name"].str[:1].str.upper() + verdicts["name"].str[1:],
            "sentence": verdicts["sentence"],
            "verdict": [f"✗ broken {n} ×; {first}" if n else "✓ holds" for n, first in said],
        }
    )
    headings = {"rule": "Rule", "sentence": "What must hold", "verdict": "Verdict"}
    left = ("sentence", "verdict")
    return _journal(cells, stub="rule", group="section", headings=headings, left=left)


# Survival and Table 5 ------------------------------------------------------------------------


def survival_table(estimates: pd.DataFrame, parameters: Parameters) -> Table | None:
    """Give medians and rates with confidence intervals, one endpoint a row."""
    chosen = pick(estimates, analysis_id="survival", group="")
    rows = []
    for name in labels.ENDPOINTS:
        one = chosen[chosen["variable"] == name]
        if one.empty:
            continue
        plain = one[one["variable_level"] == ""].set_index("statistic")["value"]
        cells = {
            "endpoint": f"{labels.endpoint(name)} ({name})",
            "n": thousands(plain["n"]),
            "Events": thousands(plain["events"]),
            "Median, months (95% CI)": median_months(
                plain["median"], plain["median_lower"], plain["median_upper"]
            ),
        }
        for month in parameters.rate_months:
            rate = one[one["variable_level"] == str(month)].set_index("statistic")["value"]
            cells[f"{month} months, % (95% CI)"] = (
                f"{fixed(rate['rate'], 1)} ({interval(rate['rate_lower'], rate['rate_upper'], 1)})"
            )
        rows.append(cells)
    if not rows:
        return None
    medians = pick(chosen, statistic="median")
    methods = medians[medians["variable"].isin(labels.ENDPOINTS)].groupby("method", sort=False)
    said = [
        f"{method}" if len(methods) == 1 else f"{', '.join(rows['variable'])}: {method}"
        for method, rows in methods
    ]
    scale = (
        f"are percentiles of {parameters.bootstrap_replicates:,} bootstrap samples of patients"
        if parameters.interval_source == "bootstrap"
        else f"on the {parameters.ci_type} scale"
    )
    notes = [f"{'. '.join(said)}; confidence intervals {scale}. NR, not reached."]
    frame = pd.DataFrame(rows)
    percent = f"{100 * parameters.confidence:g}%"
    frame = frame.rename(columns=lambda name: name.replace("95%", percent))
    return _journal(frame, stub="endpoint", headings={"endpoint": "Endpoint"}, notes=notes)


def relapse_table(estimates: pd.DataFrame, parameters: Parameters) -> Table | None:
    """Give relapses with and without each factor, and the p value of their comparison."""
    chosen = pick(estimates, analysis_id="relapse_factors")
    tests = pick(chosen, statistic="p_value")
    headings = {"factor": "Prognostic factor"}
    spanners: dict[str, list[str]] = {}
    rows = []
    for name, label in labels.factors(parameters).items():
        cells = {"factor": label}
        for endpoint in dict.fromkeys(tests["variable"]):
            one = pick(chosen, group=name, variable=endpoint)
            if one.empty:
                continue
            yes, no, both = (_statistics(one, level) for level in ("yes", "no", ""))
            texts = {
                f"{word}: events/n": f"{thousands(of['events'])}/{thousands(of['n'])}"
                for word, of in (("Yes", yes), ("No", no))
            }
            texts["p"] = p_value(both["p_value"])
            for heading, text in texts.items():
                cells[f"{endpoint}: {heading}"] = text
                headings[f"{endpoint}: {heading}"] = heading
            spanners[labels.endpoint(endpoint)] = [f"{endpoint}: {name}" for name in texts]
        if len(cells) > 1:
            rows.append(cells)
    if not rows:
        return None
    methods = ", ".join(dict.fromkeys(tests["method"]))
    notes = [
        f"p: {methods}. {MISSING}, no relapse could decide it. Not adjusted for the number of "
        "tests.",
        _factor_note(parameters),
    ]
    return _journal(
        pd.DataFrame(rows), stub="factor", headings=headings, spanners=spanners, notes=notes
    )


def table_5(
    estimates: pd.DataFrame, parameters: Parameters, endpoints: Iterable[str]
) -> Table | None:
    """Give Table 5: median survival with and without each factor, and the p value of its test."""
    chosen = pick(estimates, analysis_id="prognosis")
    headings = {"factor": "Prognostic factor"}
    spanners: dict[str, list[str]] = {}
    rows = []
    for name, label in labels.factors(parameters).items():
        cells = {"factor": label}
        for endpoint in endpoints:
            one = pick(chosen, group=name, variable=endpoint)
            if one.empty:
                continue
            yes, no, both = (_statistics(one, level) for level in ("yes", "no", ""))
            texts = {
                "Yes": months(yes["median"]),
                "No": months(no["median"]),
                "p": p_value(both["p_value"]),
            }
            for heading, text in texts.items():
                cells[f"{endpoint}: {heading}"] = text
                headings[f"{endpoint}: {heading}"] = heading
            spanners[labels.endpoint(endpoint)] = [f"{endpoint}: {name}" for name in texts]
        if len(cells) > 1:
            rows.append(cells)
    if not rows:
        return None
    tests = methods_of(estimates, "p_value")
    notes = [
        f"Median survival in months (NR, not reached). P values: {tests}.",
        labels.since_landmark(parameters),
        _factor_note(parameters),
    ]
    return _journal(
        pd.DataFrame(rows), stub="factor", headings=headings, spanners=spanners, notes=notes
    )


def table_5_detail(
    estimates: pd.DataFrame, parameters: Parameters, endpoints: Iterable[str]
) -> Table | None:
    """Give group sizes, events and medians with confidence intervals of every factor."""
    chosen = pick(estimates, analysis_id="prognosis")
    headings = {"factor": "Prognostic factor"}
    rows = []
    for endpoint in endpoints:
        for name, label in labels.factors(parameters).items():
            one = pick(chosen, group=name, variable=endpoint)
            if one.empty:
                continue
            cells = {"endpoint": labels.endpoint(endpoint), "factor": label}
            for level, word in labels.YES_NO.items():
                values = _statistics(one, level)
                cells[f"{word}: events/n"] = (
                    f"{thousands(values['events'])}/{thousands(values['n'])}"
                )
                cells[f"{word}: median (CI)"] = median_months(
                    values["median"], values["median_lower"], values["median_upper"]
                )
            rows.append(cells)
    if not rows:
        return None
    columns = {
        word: [f"{word}: events/n", f"{word}: median (CI)"] for word in labels.YES_NO.values()
    }
    headings |= {name: name.partition(": ")[2] for pair in columns.values() for name in pair}
    notes = [
        f"Medians in months with {100 * parameters.confidence:g}% confidence intervals "
        f"({parameters.ci_type}). NR, not reached.",
        labels.since_landmark(parameters),
        _factor_note(parameters),
    ]
    return _journal(
        pd.DataFrame(rows),
        stub="factor",
        group="endpoint",
        headings=headings,
        spanners=columns,
        notes=notes,
    )


def table_5_hazards(
    estimates: pd.DataFrame, parameters: Parameters, endpoints: Iterable[str]
) -> Table | None:
    """Give hazard ratios of every factor beside the test that they are the same at all times."""
    chosen = pick(estimates, analysis_id="prognosis", variable_level="")
    columns = ["HR (CI)", "p", "Proportional hazards: p"]
    rows = []
    for endpoint in endpoints:
        for name, label in labels.factors(parameters).items():
            one = pick(chosen, group=name, variable=endpoint)
            if one.empty:
                continue
            values = _statistics(one, "")
            texts = (
                estimate(values["hazard_ratio"], values["hr_lower"], values["hr_upper"]),
                p_value(values["hr_p"]),
                p_value(values["proportionality_p"]),
            )
            rows.append(
                {"endpoint": labels.endpoint(endpoint), "factor": label}
                | dict(zip(columns, texts, strict=True))
            )
    if not rows:
        return None
    notes = [
        f"{methods_of(estimates, 'hr_upper')}. HR, hazard ratio, yes against no, with its "
        f"{100 * parameters.confidence:g}% confidence interval. Proportional hazards: a small p "
        "value speaks against a ratio that is the same at all times (test of Grambsch and "
        "Therneau, as R's cox.zph).",
        labels.since_landmark(parameters),
        _factor_note(parameters),
    ]
    return _journal(
        pd.DataFrame(rows),
        stub="factor",
        group="endpoint",
        headings={"factor": "Prognostic factor"},
        notes=notes,
    )


def afp_spline_table(
    estimates: pd.DataFrame, parameters: Parameters, endpoints: Iterable[str]
) -> Table | None:
    """Give hazard ratios of AFP as a spline, against the cut-off, at powers of ten."""
    chosen = pick(estimates, analysis_id="prognosis", group="afp_under_1000")
    rows = []
    for endpoint in endpoints:
        one = pick(chosen, variable=endpoint)
        curve = one[one["variable_level"] != ""]
        p = one[one["variable_level"] == ""].set_index("statistic")["value"]
        for level, of_level in curve.groupby("variable_level", sort=False):
            values = of_level.set_index("statistic")["value"]
            if round(float(str(level))) in (1, 10, 100, 1000, 10_000, 100_000):
                rows.append(
                    {
                        "endpoint": f"{labels.endpoint(endpoint)}, p = {p_value(p['p_value'])}, "
                        f"of a curve against a line {p_value(p['nonlinearity_p'])}",
                        "AFP, ng/mL": thousands(float(str(level))),
                        "HR (CI)": estimate(
                            values["hazard_ratio"], values["hr_lower"], values["hr_upper"]
                        ),
                    }
                )
    if not rows:
        return None
    notes = [f"Hazard ratios against an AFP of {parameters.afp_cutoff:,g} ng/mL."]
    return _journal(pd.DataFrame(rows), stub="AFP, ng/mL", group="endpoint", notes=notes)


# The model of the article, whose name the captions leave out.
ONE_FACTOR = "Cox regression, Efron ties"


def methods_of(estimates: pd.DataFrame, statistic: str) -> str:
    """Give how a statistic of the factors was computed, in words, each way once.

    The ICI regimen is left out: it has a table of its own.
    """
    chosen = pick(estimates, analysis_id="prognosis", statistic=statistic, variable_level="")
    methods = dict.fromkeys(chosen.loc[chosen["group"] != "ici_regimen", "method"])
    return "; ".join(method.replace("_", " ") for method in methods if method)


def _statistics(estimates: pd.DataFrame, group_level: str) -> pd.Series:
    chosen = estimates[estimates["group_level"] == group_level]
    return chosen.set_index("statistic")["value"]


def _factor_note(parameters: Parameters) -> str:
    return (
        "AFP, alpha-fetoprotein; EHM, extrahepatic metastasis before enrolment; EQD2, equivalent "
        f"dose in 2 Gy fractions (alpha/beta {parameters.alpha_beta:g} Gy); ICI, immune checkpoint "
        "inhibitor; PVTT, portal vein tumour thrombosis; RIHL, radiotherapy for intrahepatic "
        "lesions; SBRT, stereotactic body radiotherapy; VP4, thrombus in the main portal vein."
    )


# Everything else -----------------------------------------------------------------------------


def plain_table(
    cells: pd.DataFrame,
    *,
    stub: str,
    notes: Iterable[str] = (),
    left: Iterable[str] = (),
    group: str | None = None,
) -> Table:
    """Give any table of text in the same layout."""
    return _journal(cells, stub=stub, notes=notes, left=left, group=group)


def afp_table(estimates: pd.DataFrame) -> Table | None:
    """Give responders whose AFP fell, by criterion, with Fisher's p value."""
    chosen = pick(estimates, analysis_id="afp_response", group="criterion")
    if chosen.empty:
        return None
    rows = []
    for criterion in dict.fromkeys(chosen["group_level"]):
        for level in ("ORR", "DCR"):
            one = pick(chosen, group_level=criterion, variable_level=level)
            values = one.set_index("statistic")["value"]
            rows.append(
                {
                    "Response": f"{criterion}: {labels.RESPONSES[level]}",
                    "AFP fell, with response": thousands(values["count"]),
                    "With response": thousands(values["responders"]),
                    "AFP fell, without response": thousands(values["count_without"]),
                    "Without response": thousands(values["non_responders"]),
                    "p": p_value(values["p_value"]),
                }
            )
    method = _method(chosen, "p_value")
    notes = [f"Patients with AFP before and after treatment; p, {method}."]
    return _journal(pd.DataFrame(rows), stub="Response", notes=notes)


def grade_5_table(estimates: pd.DataFrame) -> Table | None:
    """Give what is known of each patient with an event of grade 5; none is said in one row."""
    if pick(estimates, analysis_id="adverse_events").empty:
        return None
    rows = []
    cases = estimates[estimates["analysis_id"].str.startswith(CASE)]
    for name, case in cases.groupby("analysis_id", sort=False):
        event = pick(case, variable="event")["variable_level"].iloc[0]
        for entry in case[case["variable"] != "event"].to_dict("records"):
            rows.append(
                {
                    "case": f"Case {str(name).removeprefix(CASE)}: {event}",
                    "Quantity": labels.case_variable(entry["variable"]),
                    "Value": entry["variable_level"]
                    or with_unit(
                        number(entry["value"], 1 if entry["unit"] == "months" else None),
                        entry["unit"],
                    ),
                }
            )
    if not rows:
        cells = pd.DataFrame({"Quantity": ["Events of grade 5"], "Value": ["none"]})
        return _journal(cells, stub="Quantity", left=["Value"])
    notes = [
        "Events are CTCAE terms. Dose and fractions are those of the irradiated site with the "
        "highest EQD2; V with a number, the volume of the organ that had this dose in Gy or more. "
        "What is not recorded has no row."
    ]
    return _journal(pd.DataFrame(rows), stub="Quantity", group="case", left=["Value"], notes=notes)


def regimen_table(
    estimates: pd.DataFrame, parameters: Parameters, endpoints: Iterable[str]
) -> Table | None:
    """Give patients, events and medians by ICI regimen, with the p values of the test."""
    test = labels.factor_test(parameters, "ici_regimen")
    chosen = pick(estimates, analysis_id="prognosis", group="ici_regimen")
    if chosen.empty:
        return None
    rows = []
    for endpoint in endpoints:
        one = pick(chosen, variable=endpoint)
        p = one.loc[one["statistic"] == "p_value", "value"]
        for level in [name for name in dict.fromkeys(one["group_level"]) if name]:
            values = one[one["group_level"] == level].set_index("statistic")["value"]
            rows.append(
                {
                    "endpoint": f"{labels.endpoint(endpoint)}, {test} p = {p_value(p.iloc[0])}",
                    "ICI": labels.level("ici_agent", level),
                    "n": thousands(values["n"]),
                    "Events": thousands(values["events"]),
                    "Median, months (CI)": median_months(
                        values["median"], values["median_lower"], values["median_upper"]
                    ),
                }
            )
    return _journal(pd.DataFrame(rows), stub="ICI", group="endpoint")


def comparison_table(comparison: pd.DataFrame) -> Table:
    """Give published numbers beside the same estimates (see `audit.comparison`)."""
    cells = pd.DataFrame(
        {
            "Number": [_words(locator) for locator in comparison["locator"]],
            "Published": comparison["printed"],
            "This dataset": comparison["reproduced"],
            "Unit": comparison["unit"].fillna("").replace(["patients", "calendar year"], ""),
            "Same": comparison["agrees"].map({True: "yes", False: "no"}),
        }
    )
    return _journal(
        cells,
        stub="Number",
        left=["Unit", "Same"],
        notes=[
            "This dataset's numbers are written with the decimals that the article prints, rounded "
            f"half up. A dash ({MISSING}): not recorded in this dataset."
        ],
    )


def _words(locator: str) -> str:
    """Give what a claim is about: 'Abstract: median dose' gives 'Median dose'."""
    words = locator.partition(": ")[2].replace(">=", "≥ ").replace("<=", "≤ ")
    words = words.replace(" / No.", ", number").replace(" / %", ", percent")
    return words[:1].upper() + words[1:]

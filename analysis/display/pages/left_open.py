"""Page 11: what the article leaves open."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from IPython.display import Markdown

from analysis.display.beyond import CAPTION, MARK, NOTE
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.openness import openness
from analysis.display.format import MISSING, fixed, listed, percent
from analysis.display.tables import Place, Table, journal
from analysis.estimates.groups import ANALYSIS
from analysis.estimates.spread import decimals
from analysis.study.keys import NO, YES, Key, Statistic
from analysis.study.study import Study

Interval = tuple[float, float]
# Names of how much is open, and what each means, most settled first.
GROUPS = {
    "determined": "Determined to the second digit",
    "direction only": "Direction determined, size open",
    "size only": "Size determined, direction open",
    "open": "Open",
    "not known": "How much is open is not known",
}
_AT_LEAST = 100.0


def _own(
    rows: Sequence[Mapping[str, str]], keys: Sequence[Key], *names: str
) -> dict[Place, tuple[Key, ...]]:
    """Give where the numbers of the cohort of the report stand, and the row of each."""
    places = [place for place, name in enumerate(rows[0]) if name in names] if rows else []
    return {("cell", down, at): (key,) for down, key in enumerate(keys) for at in places}


def _ratio(row: Mapping[Any, Any]) -> Key:
    return Key(ANALYSIS, row["factor"], "", row["endpoint"], "", Statistic.HAZARD_RATIO)


def _marked(rows: Sequence[Mapping[str, str]], plain: Sequence[str], **layout: Any) -> Table:
    """Lay out rows, all columns but the plain ones marked, on the page and in its CSV."""
    cells = pd.DataFrame(rows)
    names = {name: name if name in plain else f"{name}{MARK}" for name in cells.columns}
    headings = layout.pop("headings")
    spanners = layout.pop("spanners", {})
    left = [names[name] for name in layout.pop("left", ())]
    return journal(
        cells.rename(columns=names),
        headings={
            names[name]: words if name in plain else f"{words}{MARK}"
            for name, words in headings.items()
        },
        spanners={words: [names[name] for name in of] for words, of in spanners.items()},
        left=left,
        in_one_line=left,
        notes=[*layout.pop("notes"), NOTE],
        **layout,
    )


def attained(found: Sequence[Interval]) -> str:
    """Write stretches of hazard ratios that cohorts have.

    >>> attained([(0.7213, 0.7349), (1.35, 1.35)])
    '0.72–0.73 or 1.35'
    """
    texts = [(fixed(low, 2), fixed(high, 2)) for low, high in found]
    return " or ".join(low if low == high else f"{low}–{high}" for low, high in texts) or MISSING


def stretches(found: Sequence[Interval] | None) -> str:
    """Write stretches of hazard ratios that are proved, rounded outwards.

    >>> stretches([(0.0, 0.641), (1.56, 2.5)]), stretches([(0.0, float("inf"))]), stretches(None)
    ('≤ 0.65 or 1.56–2.50', 'any', '–')
    """
    if found is None:
        return MISSING
    parts = []
    for low, high in found:
        below, above = low <= 1 / _AT_LEAST, high >= _AT_LEAST
        if below and above:
            parts.append("any")
        elif below:
            parts.append(f"≤ {_out(high, up=True)}")
        elif above:
            parts.append(f"≥ {_out(low, up=False)}")
        elif _out(low, up=False) == _out(high, up=True):
            parts.append(_out(low, up=False))
        else:
            parts.append(f"{_out(low, up=False)}–{_out(high, up=True)}")
    return " or ".join(parts) if parts else "none"


def _out(value: float, *, up: bool) -> str:
    """Write an end of a stretch with two decimals, rounded outwards."""
    # A number that is one of two decimals stays it.
    hundredths = round(value * 100, 6)
    return f"{(math.ceil(hundredths) if up else math.floor(hundredths)) / 100:.2f}"


def sorted_rows(ratios: pd.DataFrame, endpoint: str) -> pd.DataFrame:
    """Give the ratios of one endpoint, most settled first, else in their order."""
    own = ratios[ratios["endpoint"] == endpoint]
    rank = own["openness"].map({name: place for place, name in enumerate(GROUPS)})
    return own.assign(rank=rank).sort_values("rank", kind="stable").drop(columns="rank")


def figure(ratios: pd.DataFrame, study: Study, endpoint: str) -> Drawing:
    """Draw what is proved and attained of the hazard ratios of an endpoint."""
    labels = {factor.key: factor.label for factor in study.factors}
    own = sorted_rows(ratios, endpoint)
    return openness(
        pd.DataFrame(
            {
                "label": own["factor"].map(labels),
                "group": own["openness"].map(GROUPS),
                "ratio": own["ratio"],
                "attained": own["attained"],
                "any_days": own["any_days"],
                "own_days": own["own_days"],
                "text": own["attained"].map(attained),
            }
        ),
        name=study.endpoint(endpoint).words,
    )


def table(ratios: pd.DataFrame, study: Study) -> Table:
    """Give each hazard ratio of the cohort, what was attained, and what is proved."""
    labels = {factor.key: factor.label for factor in study.factors}
    rows, keys = [], []
    for endpoint in dict.fromkeys(ratios["endpoint"]):
        for row in sorted_rows(ratios, endpoint).to_dict("records"):
            keys.append(_ratio(row))
            rows.append(
                {
                    "endpoint": study.endpoint(endpoint).words,
                    "factor": labels[row["factor"]],
                    "is": str(row["openness"]).capitalize(),
                    "ratio": fixed(row["ratio"], 2),
                    "attained": attained(row["attained"]),
                    "above": f"{row['above_1']} of {row['cohorts']}" if row["cohorts"] else MISSING,
                    "own": stretches(row["own_days"]),
                    "any": stretches(row["any_days"]),
                }
            )
    made = _marked(
        rows,
        ("endpoint", "factor", "is"),
        stub="factor",
        group="endpoint",
        headings={
            "factor": "Prognostic factor",
            "is": "The article leaves it",
            "ratio": "This cohort",
            "attained": "Attained",
            "above": "Above 1 in",
            "own": "On this cohort's days",
            "any": "On any days",
        },
        spanners={"Proved": ["own", "any"]},
        notes=[
            "Hazard ratios with the factor against without, Cox regression, ties after Efron. "
            "Attained: the lowest and the highest of all cohorts that were found, each of which "
            "has every number of the article; below and above 1 apart. It is the range of what was "
            "found and no interval of confidence.",
            "Proved: no cohort with the printed p value, medians and sizes of the groups has "
            "another ratio; rounded outwards. On this cohort's days: the days of all patients are "
            "those of this cohort, and only who has the factor is open.",
        ],
        left=("is", "attained", "own", "any"),
    )
    return replace(made, keys=_own(rows, keys, "ratio"))


def summary(ratios: pd.DataFrame) -> Markdown:
    """Say in sentences how much is determined."""
    total = len(ratios)
    counts = ratios["openness"].value_counts()
    told = [
        f"{counts[name]} {words}"
        for name, words in (
            ("determined", "determined to the second digit"),
            ("direction only", "with a direction and no size"),
            ("size only", "with a size and no direction"),
            ("open", "open on both sides of 1"),
        )
        if name in counts
    ]
    one_side = sum(
        found is not None
        and (all(low > 1 for low, _ in found) or all(high < 1 for _, high in found))
        for found in ratios["own_days"]
    )
    away = sum(
        found is not None and not any(low <= 1 <= high for low, high in found)
        for found in ratios["any_days"]
    )
    cohorts = int(ratios["cohorts"].max()) if total else 0
    said = [f"The article prints none of the {total} hazard ratios of its prognostic factors."]
    if cohorts:
        said.append(
            f"Judged by {cohorts} cohorts that have every printed number, and by those that were "
            f"pushed as far as was reached, they are {listed(told)}."
        )
    said.append("A two-sided p value hides on which side of 1 a ratio lies.")
    if ratios["any_days"].notna().any():
        said.append(
            f"Whatever the days, {away} of {total} are proved not to be 1; proved to lie on one "
            f"side of it, on the days of this cohort: {one_side}."
        )
    return Markdown(" ".join(said))


def meta_table(ratios: pd.DataFrame, study: Study) -> Table:
    """Give log hazard ratios and standard errors for a meta-analysis."""
    labels = {factor.key: factor.label for factor in study.factors}
    rows, keys = [], []
    for row in ratios.to_dict("records"):
        keys.append(_ratio(row))
        rows.append(
            {
                "endpoint": study.endpoint(row["endpoint"]).words,
                "factor": labels[row["factor"]],
                "events_yes": _events(row["events_yes"], row["n_yes"]),
                "events_no": _events(row["events_no"], row["n_no"]),
                "log": fixed(row["log_ratio"], 3),
                "log_range": _range(row["log_ratio_low"], row["log_ratio_high"]),
                "error": fixed(row["error"], 3),
                "error_range": _range(row["error_low"], row["error_high"]),
                "usual": fixed(row["usual_log_ratio"], 3),
                "usual_error": fixed(row["usual_error"], 3),
            }
        )
    made = _marked(
        rows,
        ("endpoint", "factor"),
        stub="factor",
        group="endpoint",
        headings={
            "factor": "Prognostic factor",
            "events_yes": "With",
            "events_no": "Without",
            "log": "This cohort",
            "log_range": "Attained",
            "error": "This cohort",
            "error_range": "Attained",
            "usual": "Log HR",
            "usual_error": "SE",
        },
        spanners={
            "Events / patients": ["events_yes", "events_no"],
            "Log hazard ratio": ["log", "log_range"],
            "Standard error": ["error", "error_range"],
            "Usual approximation": ["usual", "usual_error"],
        },
        notes=[
            "Natural logarithms, with the factor against without. Attained: from the lowest to the "
            "highest, on both sides of 0 where both were reached. Usual approximation: from the "
            "printed p value, the events and the sizes of the groups of this cohort, log HR = "
            "z/√V and SE = 1/√V with V = events × n₁n₂/n² (Parmar 1998, Tierney 2007), its sign "
            "from the printed medians; a dash where they are alike.",
            "The CSV has one row a ratio for R's metafor (yi = log_hazard_ratio, sei = "
            "standard_error) or meta.",
        ],
    )
    # A logarithm and its standard error are of the row of the ratio and its limits.
    found = dict(_own(rows, keys, "log", "error"))
    for level in (YES, NO):
        of_level = [replace(key, group_level=level) for key in keys]
        for place in _own(rows, keys, f"events_{level}"):
            found[place] = tuple(
                replace(of_level[place[1]], statistic=statistic)
                for statistic in (Statistic.EVENTS, Statistic.N)
            )
    return replace(made, keys=found)


def meta_csv(ratios: pd.DataFrame) -> pd.DataFrame:
    """Give the columns for a meta-analysis, a row a hazard ratio."""

    def ends(column: str) -> tuple[list[float], list[float]]:
        """Give the lowest and the highest proved ratio; nan where there is no limit."""
        found = [pairs or [] for pairs in ratios[column]]
        low = [min((pair[0] for pair in pairs), default=math.nan) for pairs in found]
        high = [max((pair[1] for pair in pairs), default=math.nan) for pairs in found]
        return [one or math.nan for one in low], [
            math.nan if math.isinf(one) else one for one in high
        ]

    own_low, own_high = ends("own_days")
    any_low, any_high = ends("any_days")
    return pd.DataFrame(
        {
            "factor": ratios["factor"],
            "endpoint": ratios["endpoint"],
            "n_with": ratios["n_yes"],
            "n_without": ratios["n_no"],
            "events_with": ratios["events_yes"],
            "events_without": ratios["events_no"],
            "events": ratios["events_yes"] + ratios["events_no"],
            "log_hazard_ratio": ratios["log_ratio"],
            "standard_error": ratios["error"],
            "log_hazard_ratio_low": ratios["log_ratio_low"],
            "log_hazard_ratio_high": ratios["log_ratio_high"],
            "standard_error_low": ratios["error_low"],
            "standard_error_high": ratios["error_high"],
            "method": "Cox regression of an exact cohort, ties after Efron",
            "cohorts": ratios["cohorts"],
            "openness": ratios["openness"].map(str),
            "status": [
                "determined" if one == "determined" else "open" for one in ratios["openness"]
            ],
            "attained": ratios["attained"].map(attained),
            "proved_own_days": ratios["own_days"].map(stretches),
            "proved_own_days_low": own_low,
            "proved_own_days_high": own_high,
            "proved_any_days": ratios["any_days"].map(stretches),
            "proved_any_days_low": any_low,
            "proved_any_days_high": any_high,
            "usual_log_hazard_ratio": ratios["usual_log_ratio"],
            "usual_standard_error": ratios["usual_error"],
        }
    )


def _events(events: float, patients: float) -> str:
    return MISSING if math.isnan(events) else f"{events:.0f} / {patients:.0f}"


def _range(low: float, high: float) -> str:
    if math.isnan(low) or math.isnan(high):
        return MISSING
    return f"{fixed(low, 3)} to {fixed(high, 3)}"


_WORDS = {
    Statistic.RATE: "Survival at {level} months, %",
    Statistic.HAZARD_RATIO: "HR adjusted for all factors",
    Statistic.RMST_DIFFERENCE: "Difference of restricted mean at {level} months, months",
}


def others_table(others: pd.DataFrame, study: Study) -> Table | None:
    """Give what was attained of statistics for which no bound is proved."""
    if others.empty:
        return None
    labels = {factor.key: factor.label for factor in study.factors}
    rows, keys = [], []
    for row in others.to_dict("records"):
        keys.append(Key.of(row))
        statistic = Statistic(row["statistic"])
        unit = "%" if statistic is Statistic.RATE else ""
        places = decimals(row["statistic"], unit)
        what = _WORDS.get(statistic, statistic.value).format(level=row["variable_level"])
        rows.append(
            {
                "what": f"{study.endpoint(row['variable']).words}: {what}",
                "of": labels.get(row["group"], "All patients"),
                "value": fixed(row["value"], places),
                "range": f"{fixed(row['low'], places)} to {fixed(row['high'], places)}",
                "proved": _limits(row["proved_low"], row["proved_high"], places),
                "witnesses": listed([name for name in (row["lowest"], row["highest"]) if name])
                or MISSING,
            }
        )
    made = _marked(
        rows,
        ("what", "of", "witnesses"),
        stub="of",
        group="what",
        headings={
            "of": "Prognostic factor",
            "value": "This cohort",
            "range": "Attained",
            "proved": "Proved",
            "witnesses": "Cohorts at the ends",
        },
        notes=[
            "Attained by the cohorts of the ensemble and by cohorts that were pushed down and up. "
            "What was not attained is excluded only where a limit is proved; of the model of all "
            "factors none is known. A cohort at an end is loaded by its name: "
            "make DATASET=ensemble/NAME.",
        ],
        left=("witnesses",),
    )
    own = _own(rows, keys, "value")
    under = {place: str(others["parameters"].iloc[place[1]]) for place in own}
    return replace(made, keys=own, under=under)


def curves_table(curves: pd.DataFrame, study: Study) -> Table | None:
    """Give between what the curves of all patients must lie at months."""
    if curves.empty:
        return None
    rows = []
    for row in curves.to_dict("records"):
        cells = {"endpoint": study.endpoint(row["endpoint"]).words, "month": f"{row['month']:g}"}
        for what, places in (("survival", 1), ("events", 0), ("at risk", 0)):
            cells[what] = _between(row[f"{what} low"], row[f"{what} high"], places)
        rows.append(cells)
    return _marked(
        rows,
        ("endpoint", "month"),
        stub="month",
        group="endpoint",
        headings={
            "month": "Months",
            "survival": "Survival, %",
            "events": "Events until then",
            "at risk": "At risk",
        },
        spanners={"Proved for any days": ["survival", "events", "at risk"]},
        notes=[
            "Of all patients: limits that follow from printed rates, medians, confidence limits, "
            "counts of events and follow-up, rounded outwards. A printed rate has the "
            "limits of its rounding. At risk: just before the month.",
        ],
    )


def _between(low: float, high: float, places: int) -> str:
    if math.isnan(low) and math.isnan(high):
        return "any"
    if math.isnan(low):
        return f"≤ {fixed(high, places)}"
    if math.isnan(high):
        return f"≥ {fixed(low, places)}"
    least, most = fixed(low, places), fixed(high, places)
    return least if least == most else f"{least} to {most}"


def _limits(low: float, high: float, places: int) -> str:
    """Write proved limits, rounded outwards; "none" where there is none."""
    unit = 10**places
    if not math.isnan(low):
        low = math.floor(round(low * unit, 6)) / unit
    if not math.isnan(high):
        high = math.ceil(round(high * unit, 6)) / unit
    return "none" if math.isnan(low) and math.isnan(high) else _between(low, high, places)


def matters_table(summary_of: pd.DataFrame) -> Table | None:
    """Give how much less is proved when a kind of number is not printed."""
    if summary_of.empty:
        return None
    rows = [
        {
            "without": str(row["without"]).capitalize(),
            "bounded": f"{row['bounded']} of {row['ratios']}",
            "one_sided": f"{row['one_sided']} of {row['ratios']}",
            "width": "no limit"
            if math.isinf(row["width"])
            else f"{fixed(row['width'], 2)} ({percent(100 * (row['width'] - 1), 0)})",
        }
        for row in summary_of.to_dict("records")
    ]
    return _marked(
        rows,
        ("without",),
        stub="without",
        headings={
            "without": "The article",
            "bounded": "Limits at both ends",
            "one_sided": "On one side of 1",
            "width": "Highest over lowest, median",
        },
        notes=[
            "Hazard ratios proved on the days of this cohort. Highest over lowest: of the ratios "
            "on one side of 1 that are not excluded, the median over all factors and endpoints.",
        ],
    )


def caption(ratios: pd.DataFrame, study: Study, endpoint: str) -> str:
    """Say what the figure of an endpoint shows."""
    cohorts = int(ratios["cohorts"].max()) if len(ratios) else 0
    of = f"{cohorts} exact cohorts and of those that were pushed" if cohorts else "this cohort"
    return (
        f"{study.endpoint(endpoint).words}: hazard ratios that the article does not print. Bars: "
        f"the range of {of}, below and above 1 apart. Lines: what is proved; an arrow has no "
        f"limit. The point is the cohort of this report. Sorted by what was attained: what was not "
        f"is excluded only where a limit is proved. {CAPTION}"
    )


def what_is_missing(sentences: Sequence[str]) -> Markdown:
    """Say what is lacking, a line each."""
    return Markdown("\n".join(f"- {sentence}" for sentence in sentences))

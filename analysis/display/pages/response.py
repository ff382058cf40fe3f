"""Page 03: response by RECIST 1.1 and mRECIST, and a marker beside it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from IPython.display import Markdown

from analysis.cohort.model import Cohort
from analysis.cohort.schema import CRITERIA, REGION_VARIABLES
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.marker_before_after import before_after
from analysis.display.figures.waterfall import waterfall
from analysis.display.format import fixed, interval, p_value, thousands
from analysis.display.tables import Table, journal, method_of, percent
from analysis.estimates import drawn
from analysis.estimates.rows import pick
from analysis.study.clinical import RESPONSES
from analysis.study.keys import Statistic
from analysis.study.study import Study

_SHORT = {"RECIST 1.1": "RECIST", "mRECIST": "mRECIST"}
_REGIONS = {"response_overall": "All tumours", "response_in_field": "In-field tumours only"}


def response_method(estimates: pd.DataFrame, cohort: Cohort) -> Markdown:
    """Say how responses were categorised and compared."""
    parameters = cohort.parameters
    instead = cohort.stand_ins.get("response_overall", "")
    source = (
        "Categories follow from the sum of diameters of target lesions and from new lesions: "
        "complete response (CR) when all have disappeared, partial response (PR) from a fall of "
        "30%, progressive disease (PD) from a rise of 20% and 5 mm or a new lesion, and otherwise "
        "stable disease (SD) (RECIST 1.1: Eisenhauer 2009; mRECIST counts only viable, arterially "
        "enhancing tumour: Lencioni and Llovet 2010)."
        if parameters.response_source == "derived" and not instead
        else "Categories are those that were recorded; where none was, they follow from the sum of "
        "diameters and from new lesions (RECIST 1.1: Eisenhauer 2009; mRECIST: Lencioni and "
        "Llovet 2010)."
    )
    chosen = pick(estimates, analysis_id="response")
    if instead:
        source = f"{instead[:1].upper()}{instead[1:]}."
    said = [f"**Method.** {source}"]
    if not chosen.empty:
        limits = method_of(chosen, Statistic.CI_LOWER).removesuffix(f", {instead}")
        said.append(
            f"Rates have {percent(parameters)} confidence intervals ({limits}); they are of the "
            "patients who were assessed by the criterion."
        )
    if not pick(chosen, statistic=Statistic.P_PAIRED).empty:
        said.append(
            "\n\nTwo p values stand side by side. The *association* of the two criteria asks "
            "whether patients who respond by one also respond by the other; the same patients are "
            "judged twice, so it is nearly always small. The *paired* comparison asks what a "
            "reader expects from the column: does one criterion call more patients responders "
            "than the other?"
        )
    return Markdown(" ".join(said))


def table_3(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give Table 3: response by criterion, for all tumours beside those in the field."""
    chosen = pick(estimates, analysis_id="response")
    if chosen.empty:
        return None
    present = [name for name in CRITERIA if name in set(chosen["group_level"])]
    words = _levels(chosen)
    headings = {"response": "Response"}
    spanners: dict[str, list[str]] = {}
    rows = {level: {"response": level} for level in words}
    partly = []
    for variable in REGION_VARIABLES.values():
        of_region = pick(chosen, variable=variable)
        if of_region.empty:
            continue
        region = _REGIONS[variable]
        if assessed := _assessed(of_region):
            partly.append(f"{region}{assessed}.")
        for name in present:
            of_criterion = pick(of_region, group="criterion", group_level=name)
            columns = {
                f"{region}, {_SHORT[name]}: No.": (Statistic.COUNT, thousands, "No."),
                f"{region}, {_SHORT[name]}: %": (Statistic.PERCENT, fixed, "%"),
            }
            for column, (statistic, written, heading) in columns.items():
                values = _by_level(of_criterion, statistic)
                for level, cells in rows.items():
                    cells[column] = written(values.get(level))
                headings[column] = heading
            spanners[f"{region}: {_SHORT[name]}"] = list(columns)
        if len(present) > 1:
            both = pick(of_region, group="criterion", group_level="")
            values = _by_level(both, Statistic.P_ASSOCIATION)
            for level, cells in rows.items():
                cells[f"{region}: p"] = p_value(values.get(level))
            headings[f"{region}: p"] = "p"
    notes = [_explained(words), _whose(chosen), *partly]
    if len(present) > 1:
        notes.append(f"p, {_ASSOCIATION} ({method_of(chosen, Statistic.P_ASSOCIATION)}).")
    return journal(
        pd.DataFrame(rows.values()),
        stub="response",
        headings=headings,
        spanners=spanners,
        notes=notes,
    )


def _by_level(rows: pd.DataFrame, statistic: Statistic) -> pd.Series:
    return pick(rows, statistic=statistic).set_index("variable_level")["value"]


_ASSOCIATION = "whether the two criteria go together in the same patients"


def _levels(rows: pd.DataFrame) -> dict[str, str]:
    """Give the levels of response that there are, with their names.

    Not every cohort has patients whose response could not be evaluated.
    """
    there = set(rows["variable_level"])
    return {level: said for level, said in RESPONSES.items() if level in there}


def _explained(words: Mapping[str, str]) -> str:
    return "; ".join(f"{level}, {said}" for level, said in words.items()) + "."


def _whose(rows: pd.DataFrame) -> str:
    return f"N = {thousands(rows['n'].max())} patients; %, of those assessed by the criterion."


def table_3_detail(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give the intervals of Table 3, and the p values of both questions about two criteria."""
    chosen = pick(estimates, analysis_id="response")
    if chosen.empty:
        return None
    present = [name for name in CRITERIA if name in set(chosen["group_level"])]
    headings = {"response": "Response"}
    spanners: dict[str, list[str]] = {}
    rows = []
    words = _levels(chosen)
    for variable in REGION_VARIABLES.values():
        of_region = pick(chosen, variable=variable)
        for level in words if not of_region.empty else []:
            one = pick(of_region, variable_level=level)
            cells = {"region": _REGIONS[variable] + _assessed(of_region), "response": level}
            for criterion in present:
                name = _SHORT[criterion]
                of_criterion = pick(one, group="criterion", group_level=criterion)
                values = of_criterion.set_index("statistic")["value"]
                limits = (values.get(Statistic.CI_LOWER), values.get(Statistic.CI_UPPER))
                texts = {
                    "No.": thousands(values.get(Statistic.COUNT)),
                    "%": fixed(values.get(Statistic.PERCENT), 1),
                    f"{percent(study.chosen)} CI": interval(*limits, 1),
                }
                for heading, text in texts.items():
                    cells[f"{name}: {heading}"] = text
                    headings[f"{name}: {heading}"] = heading
                spanners[name] = [f"{name}: {heading}" for heading in texts]
            if len(present) > 1:
                both = pick(one, group="criterion", group_level="").set_index("statistic")["value"]
                for statistic, heading in (
                    (Statistic.P_ASSOCIATION, "association"),
                    (Statistic.P_PAIRED, "paired"),
                ):
                    cells[f"p: {heading}"] = p_value(both.get(statistic))
                    headings[f"p: {heading}"] = heading
                spanners["p"] = ["p: association", "p: paired"]
            rows.append(cells)
    notes = [
        _explained(words),
        f"{_whose(chosen)} CI, "
        # What stands in for sums or categories is told above the table.
        f"{method_of(chosen, Statistic.CI_LOWER).partition(',')[0]} {percent(study.chosen)} "
        "confidence interval of "
        "the percentage.",
    ]
    if len(present) > 1:
        notes[1] += (
            f" p, association: {_ASSOCIATION} "
            f"({method_of(chosen, Statistic.P_ASSOCIATION)}); p, paired: whether one criterion "
            f"calls more patients responders than the other "
            f"({method_of(chosen, Statistic.P_PAIRED)})."
        )
    return journal(
        pd.DataFrame(rows),
        stub="response",
        group="region",
        headings=headings,
        spanners=spanners,
        notes=notes,
    )


def _assessed(of_region: pd.DataFrame) -> str:
    """Say how many patients were assessed, where it is not all of them."""
    missing = pick(of_region, statistic=Statistic.NOT_RECORDED)
    if missing.empty:
        return ""
    total = int(missing["n"].iloc[0])
    known = {
        str(criterion): int(own["n"].min())
        for criterion, own in pick(of_region, statistic=Statistic.COUNT).groupby(
            "group_level", sort=False
        )
    }
    counts = set(known.values())
    if len(counts) == 1:
        return f": {counts.pop()} of {total} patients assessed"
    each = ", ".join(f"{count} by {_SHORT[name]}" for name, count in known.items())
    return f": of {total} patients assessed {each}"


def tumour_change(cohort: Cohort, said: pd.DataFrame, criterion: str) -> Drawing | None:
    """Draw the best change of the sum of diameters of each patient (Figure 1A).

    `said` is what figures say of them, here and below (`estimates.drawn.of_response`).
    """
    chosen = cohort.assessments[
        (cohort.assessments["criterion"] == criterion) & (cohort.assessments["region"] == "overall")
    ].set_index("patient_id")
    if not chosen["change_percent"].notna().any():
        return None
    return waterfall(
        chosen["change_percent"],
        chosen["response"],
        pick(said, analysis_id=drawn.WATERFALL, group_level=criterion),
        ylabel=f"Change in sum of diameters ({criterion})",
    )


def change_caption(cohort: Cohort) -> str:
    """Give the caption of `marker_change`, with what its colours are."""
    words = cohort.study.marker.words if cohort.study.marker else "Tumour marker"
    caption = f"Percentage change of {words} from baseline."
    if drawn.best_responses(cohort) is not None:
        caption += " Colours, best response by RECIST 1.1."
    return caption


def marker_change(cohort: Cohort, said: pd.DataFrame) -> Drawing | None:
    """Draw the change of the marker of each patient (Figure 1B), coloured by response if known."""
    marker = cohort.study.marker
    if marker is None or not cohort.records(marker.change):
        return None
    return waterfall(
        cohort.patients[marker.change],
        drawn.best_responses(cohort),
        pick(said, analysis_id=drawn.WATERFALL, variable=f"{marker.name}_change"),
        ylabel=f"Change in {marker.words}",
    )


def marker_levels(cohort: Cohort, said: pd.DataFrame) -> Drawing | None:
    """Draw the marker before and after treatment."""
    marker = cohort.study.marker
    if marker is None or not cohort.records(marker.before, marker.after):
        return None
    return before_after(cohort.patients, marker, pick(said, analysis_id=drawn.BEFORE_AFTER))


def marker_method(estimates: pd.DataFrame, study: Study) -> Markdown:
    """Say how the fall of the marker was held against response."""
    if study.marker is None:
        return Markdown("")
    words = study.marker.words
    chosen = pick(estimates, analysis_id=study.marker.analysis_id, statistic=Statistic.P_VALUE)
    said = f"**Method.** {words} decreased if the value after treatment was below that before it."
    if not chosen.empty:
        method = method_of(chosen, Statistic.P_VALUE)
        said += f" Its association with response was tested by: {method}."
    return Markdown(said)


def marker_table(estimates: pd.DataFrame, study: Study) -> Table | None:
    """Give responders whose marker fell, by criterion, with the p value."""
    marker = study.marker
    if marker is None:
        return None
    chosen = pick(estimates, analysis_id=marker.analysis_id, group="criterion")
    if chosen.empty:
        return None
    fell = f"{marker.words} decreased"
    rows = []
    for criterion in dict.fromkeys(chosen["group_level"]):
        for level in dict.fromkeys(chosen["variable_level"]):
            one = pick(chosen, group_level=criterion, variable_level=level)
            values = one.set_index("statistic")["value"]
            rows.append(
                {
                    "Response": f"{criterion}: {RESPONSES[level]}",
                    f"{fell}, with response": thousands(values[Statistic.COUNT]),
                    "With response": thousands(values[Statistic.RESPONDERS]),
                    f"{fell}, without response": thousands(values[Statistic.COUNT_WITHOUT]),
                    "Without response": thousands(values[Statistic.NON_RESPONDERS]),
                    "p": p_value(values[Statistic.P_VALUE]),
                }
            )
    method = method_of(chosen, Statistic.P_VALUE)
    notes = [
        f"Patients with {marker.words} before and after treatment (n = "
        f"{thousands(chosen['n'].max())}); p, {method}."
    ]
    return journal(pd.DataFrame(rows), stub="Response", notes=notes)

"""The panel: what a page carries for it, and its place in the page."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from IPython.display import HTML, Markdown

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.cohort.carried import Carried, carried, of_members
from analysis.cohort.folder import asked_as
from analysis.cohort.model import Cohort, Dataset
from analysis.display.beyond import MARK
from analysis.display.format import listed, patients
from analysis.display.what_if.offered import NOT_IN_A_PAGE, Section, offered
from analysis.display.what_if.script import PANEL_STYLE, SCRIPT
from analysis.estimates.rows import KEY
from analysis.study.parameters import Parameters
from analysis.study.study import Study

TITLE = "What if?"
ASK = "what_if: true"
# What a panel adds to a page, script, style and patients.
MOST_BYTES = 150_000
# More are not even packed to see how much they would add.
MOST_PATIENTS = 5_000
_WITHOUT_SCRIPT = (
    "The panel needs JavaScript. Without it the tables above are this report’s own analysis."
)
_OF_PANEL = {
    Section.ENDPOINTS: "survival",
    Section.FACTORS: "prognosis",
    Section.RELAPSE: "relapse_factors",
}


def panel(
    recorded: Dataset,
    cohort: Cohort,
    estimates: pd.DataFrame,
    sections: Sequence[Section],
    folded: bool = True,
    members: Iterable[Dataset] | str = "",
) -> HTML | Markdown:
    """Give the panel of a page, or a sentence why there is none.

    Parameters
    ----------
    recorded, cohort
        The dataset, and what was derived from it under the report's parameters.
    estimates
        Rows of the page: what the panel shows as the report's own, and is held to.
    sections
        What the panel shows.
    folded
        Whether it is opened by the reader.
    members
        Other cohorts that give the same published numbers, several a dataset (`cohort.members`);
        as many are carried as a page has room for. Or a sentence why there are none.
    """
    if not cohort.what_if:
        return Markdown(_not_asked_for(cohort))
    if why := not_offered(cohort, sections):
        return Markdown(f"**{TITLE}** The panel in which settings are moved is not here: {why}.")
    if len(cohort.patients) > MOST_PATIENTS:
        return Markdown(_too_many(cohort))
    held = _held(recorded, cohort, estimates, sections)
    if len(packed(held)) > _room():
        return Markdown(_too_many(cohort))
    if not held["carried"]["endpoints"]:
        return Markdown("")
    held |= {"members": [], "why": members if isinstance(members, str) else ""}
    if not isinstance(members, str):
        held["members"] = _with_room(held, members, cohort.parameters)
    inner = (
        f'<section class="what-if" aria-label="{TITLE}" data-cohort="{packed(held)}">'
        f'<p class="without">{_WITHOUT_SCRIPT}</p></section>'
    )
    if folded:
        words = "Move cut-offs, patients, endpoints and methods, here in the page"
        inner = f'<details class="what-if-fold"><summary>{TITLE} {words}</summary>{inner}</details>'
    return HTML(inner)


def _with_room(held: Carried, members: Iterable[Dataset], parameters: Parameters) -> list[Carried]:
    """Give as many members as a page may carry beside all else of the panel."""
    room = _room()
    kept: list[Carried] = []
    for dataset in members:
        for member in of_members(dataset, parameters, held["carried"]):
            if member["dates"] == held["carried"]["dates"]:
                # The cohort of the report is a member too, and no other one.
                continue
            more = [*kept, member]
            if len(packed({**held, "members": more})) > room:
                return kept
            kept = more
    return kept


def _room() -> int:
    """Give how many bytes are left for the patients."""
    return MOST_BYTES - len(SCRIPT.encode()) - len(PANEL_STYLE.encode())


def _too_many(cohort: Cohort) -> str:
    return (
        f"**{TITLE}** The panel in which settings are moved is not here: "
        f"{patients(len(cohort.patients))} are more than a page carries beside it "
        f"({MOST_BYTES // 1000} kB)."
    )


def packed(held: Carried) -> str:
    """Give what a panel carries as text: JSON, deflated, in base64."""
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


def not_offered(cohort: Cohort, sections: Sequence[Section]) -> str:
    """Say which setting of the report a page cannot compute; nothing where it can."""
    study, parameters = cohort.study, cohort.parameters
    said = []
    if parameters.delayed_entry != "none":
        said.append("patients enter late (delayed_entry)")
    if parameters.interval_source != "formula":
        said.append("intervals are of bootstrap samples (interval_source)")
    deaths = {one.death_choice for one in study.endpoints if one.death_choice}
    if Section.ENDPOINTS in sections:
        competing = [name for name in sorted(deaths) if getattr(parameters, name) == "competing"]
        said += [f"death competes ({name})" for name in competing]
    if Section.FACTORS in sections:
        said += [
            f"{name} is “{value}”"
            for name, absent in NOT_IN_A_PAGE.items()
            for value in [getattr(parameters, name)]
            if value in absent
        ]
        if parameters.factor_model != "univariate":
            said.append("factors are in one model (factor_model)")
        for factor in study.factors:
            if factor.spline and getattr(parameters, factor.spline, "") == "spline":
                said.append(f"{factor.variable.words} is a curve ({factor.spline})")
            if factor.over_time and getattr(parameters, factor.over_time, False):
                said.append(f"groups change on the way ({factor.over_time})")
        if parameters.p_adjustment != "none" and _competing(study):
            said.append("p values are adjusted for tests that it does not have (p_adjustment)")
    return f"this report has it that {listed(said)}, which only `make` computes" if said else ""


def _not_asked_for(cohort: Cohort) -> str:
    if cohort.synthetic:
        return ""
    return (
        f"**{TITLE}** A panel can stand here in which cut-offs, parts of the patients, endpoints "
        f"and methods are moved. It would embed what is analysed of each of the "
        f"{patients(len(cohort.patients))}, without identity and dates, and is left out, since "
        f"they are real. `{ASK}` in `dataset.yaml` asks for it; what `make release` writes never "
        "has it."
    )


def _competing(study: Study) -> list[str]:
    return [endpoint.name for endpoint in study.endpoints if endpoint.competing]


def _held(
    recorded: Dataset, cohort: Cohort, estimates: pd.DataFrame, sections: Sequence[Section]
) -> dict[str, Any]:
    study, parameters = cohort.study, cohort.parameters
    kept = carried(recorded, parameters)
    if Section.ENDPOINTS not in sections:
        # Whose settings are not among those of the page.
        kept["endpoints"] = [one for one in kept["endpoints"] if not one["deathChoice"]]
    if Section.TABLE_1 not in sections:
        kept["tableOne"] = []
    left_out = [name for name in _competing(study) if name in cohort.endpoints()]
    rates = list(parameters.rate_months) if Section.ENDPOINTS in sections else []
    kept |= {"rateMonths": rates, "axis": list(parameters.axis)}
    return {
        "carried": kept,
        "fields": offered(cohort, sections, not left_out),
        "constants": _constants(parameters, sections, kept["endpoints"]),
        "sections": [section.value for section in sections],
        "base": base_rows(estimates, study, sections, [one["name"] for one in kept["endpoints"]]),
        "leftOut": left_out,
        "chosen": {
            "factor": next((name for name in parameters.curves_of), "")
            if Section.FACTORS in sections
            else ""
        },
        "dataset": asked_as(cohort.name),
        "mark": MARK if cohort.synthetic and study.article is not None else "",
        "article": study.article is not None,
        "synthetic": cohort.synthetic,
    }


def _constants(
    parameters: Parameters, sections: Sequence[Section], endpoints: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Give what the engine asks of the report's settings, be there a field for it or not.

    Where no time is counted from a date, or no dose is recorded, there is none.
    """
    names = ["time_zero", "alpha_beta"]
    names += [one[choice] for one in endpoints for choice in ("censoringChoice", "deathChoice")]
    names += ["strata"] if Section.FACTORS in sections else []
    every = parameters.model_dump(mode="json")
    return {name: every[name] for name in dict.fromkeys(names) if name}


def base_rows(
    estimates: pd.DataFrame, study: Study, sections: Sequence[Section], endpoints: Sequence[str]
) -> dict[str, list[Any]]:
    """Give the report's rows under the keys of a panel: value, note, and what the article prints.

    A factor stands under its name, wherever its cut lies. Of rows of other than the endpoints that
    are carried, such as of follow-up, a panel knows nothing.
    """
    analyses = {_OF_PANEL[section] for section in sections if section in _OF_PANEL}
    published = _published(study)
    names = {factor.key: factor.name for factor in reversed(study.factors)}
    found: dict[str, list[Any]] = {}
    rows = estimates[estimates["analysis_id"].isin(analyses)]
    for one in rows[rows["variable"].isin(endpoints)].to_dict("records"):
        if one["analysis_id"] == "survival" and one["group"]:
            continue
        if one["analysis_id"] != "survival" and one["group"] not in names:
            continue
        printed = published.get(tuple(str(one[name]) for name in KEY), "")
        key = [one["analysis_id"], names.get(one["group"], ""), one["group_level"]]
        key += [one["variable"], one["variable_level"], one["statistic"]]
        value = None if pd.isna(one["value"]) else one["value"]
        found["|".join(key)] = [value, one["note"], printed]
    return found


def _published(study: Study) -> dict[tuple[str, ...], str]:
    if study.article is None:
        return {}
    ledger = read_ledger(study.article / CLAIMS.name)
    keys = ledger[KEY].fillna("").astype(str).itertuples(index=False, name=None)
    found: dict[tuple[str, ...], str] = {}
    for key, printed in zip(keys, ledger["printed"], strict=True):
        found.setdefault(key, str(printed))
    return found

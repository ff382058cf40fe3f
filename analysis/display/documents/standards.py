"""Estimates in the forms of standards: CDISC's Analysis Results Standard, and a flat ARD.

ARS 1.0 (CDISC, 2024) has a reporting event with its analyses, each with a method of operations
and a result per operation and group. ARD (analysis results data) is the same as one flat table,
with the columns that the R package cards gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

# Why an analysis was made, and for what, is not recorded; the standard asks for a term.
_UNKNOWN = "NOT STATED"
_REASON, _PURPOSE = "TERM.REASON.NOT_STATED", "TERM.PURPOSE.NOT_STATED"
_SET, _LEVEL = "SET.ANALYSED", "GF.LEVEL"
_SIGNS = re.compile(r"[^A-Za-z0-9_]+")
# "<60" and ">=60" must not have one name.
_SPELT = {"<": "_LT_", ">": "_GT_", "=": "_EQ_", "&": "_AND_", "|": "_OR_", "+": "_PLUS_"}


def ard(estimates: pd.DataFrame) -> pd.DataFrame:
    """Give estimates as analysis results data, one row a statistic.

    Returns
    -------
    DataFrame
        `analysis_id`, `group1`, `group1_level`, `variable`, `variable_level`, `context` (how it was
        computed), `stat_name`, `stat_label`, `stat`, `unit`, `n`, `note`, `warning`.
    """
    return pd.DataFrame(
        {
            "analysis_id": estimates["analysis_id"],
            "group1": estimates["group"],
            "group1_level": estimates["group_level"],
            "variable": estimates["variable"],
            "variable_level": estimates["variable_level"],
            "context": estimates["method"],
            "stat_name": estimates["statistic"],
            "stat_label": estimates["statistic"].map(_label),
            **{name: estimates[name] for name in ("unit", "n", "note", "warning")},
        }
    ).assign(stat=estimates["value"])


def reporting_event(
    estimates: pd.DataFrame, name: str, title: str, notices: Iterable[str], files: Iterable[str]
) -> dict[str, Any]:
    """Give a reporting event of CDISC's Analysis Results Standard, to be written as JSON.

    Parameters
    ----------
    estimates
        Columns of `estimates.rows`.
    name, title, notices
        Of the report.
    files
        Tables of the report, by their path in it: the outputs.
    """
    analyses, methods = [], []
    for analysis_id, rows in estimates.groupby("analysis_id", sort=False):
        method = f"MTH.{_name(analysis_id)}"
        methods.append(_method(method, str(analysis_id), rows))
        for (group, variable), one in rows.groupby(["group", "variable"], sort=False):
            analyses.append(_analysis(method, str(analysis_id), str(group), str(variable), one))
    outputs = [_output(path) for path in sorted(files)]
    items = [
        {"name": one["name"], "level": 1, "order": order, key: one["id"]}
        for order, (one, key) in enumerate(
            [
                *((one, "analysisId") for one in analyses),
                *((one, "outputId") for one in outputs),
            ],
            start=1,
        )
    ]
    return {
        "id": f"RE.{_name(name)}",
        "name": title,
        "description": " ".join(notices),
        "mainListOfContents": {"name": "Analyses", "contentsList": {"listItems": items}},
        "terminologyExtensions": [
            {
                "id": f"{term}.LIST",
                "enumeration": enumeration,
                "sponsorTerms": [{"id": term, "submissionValue": _UNKNOWN}],
            }
            for term, enumeration in (
                (_REASON, "AnalysisReasonEnum"),
                (_PURPOSE, "AnalysisPurposeEnum"),
            )
        ],
        "analysisSets": [{"id": _SET, "name": "Patients analysed", "level": 1, "order": 1}],
        "analysisGroupings": [*_groupings(estimates)],
        "methods": methods,
        "analyses": analyses,
        "outputs": outputs,
    }


def _method(name: str, analysis_id: str, rows: pd.DataFrame) -> dict[str, Any]:
    how = "; ".join(dict.fromkeys(str(each) for each in rows["method"] if each))
    return {
        "id": name,
        "name": _label(analysis_id),
        "description": how or "Counts and percentages",
        "operations": [
            {"id": f"{name}.{_name(each)}", "name": _label(each), "order": order}
            for order, each in enumerate(dict.fromkeys(rows["statistic"]), start=1)
        ],
    }


def _analysis(
    method: str, analysis_id: str, group: str, variable: str, rows: pd.DataFrame
) -> dict[str, Any]:
    names = [_label(part) for part in (analysis_id, variable, group) if part]
    found: dict[str, Any] = {
        "id": ".".join(["AN", *(_name(part) or "ALL" for part in (analysis_id, group, variable))]),
        "name": ", ".join(names),
        "reason": {"sponsorTermId": _REASON},
        "purpose": {"sponsorTermId": _PURPOSE},
        "methodId": method,
        "analysisSetId": _SET,
        "variable": variable,
        "results": [_result(method, row) for row in rows.to_dict("records")],
    }
    if group:
        found["orderedGroupings"] = [
            {"order": 1, "groupingId": f"GF.{_name(group)}", "resultsByGroup": True}
        ]
    function = next((each for each in rows["function"] if each), "") if "function" in rows else ""
    if function:
        found["programmingCode"] = {"context": "Python", "code": function}
    return found


def _result(method: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"operationId": f"{method}.{_name(row['statistic'])}"}
    if pd.notna(row["value"]):
        # The shortest text that is this number and no other.
        found["rawValue"] = repr(float(row["value"]))
    elif row["note"]:
        found["formattedValue"] = str(row["note"])
    groups = []
    if row["group_level"]:
        group = f"GF.{_name(row['group'])}"
        groups.append({"groupingId": group, "groupId": f"{group}.{_name(row['group_level'])}"})
    if row["variable_level"]:
        groups.append({"groupingId": _LEVEL, "groupValue": str(row["variable_level"])})
    return {**found, "resultGroups": groups} if groups else found


def _groupings(estimates: pd.DataFrame) -> Iterable[dict[str, Any]]:
    yield {"id": _LEVEL, "name": "Level of the variable, or month", "dataDriven": True}
    for group, rows in estimates[estimates["group"] != ""].groupby("group", sort=False):
        levels = [level for level in dict.fromkeys(rows["group_level"]) if level]
        yield {
            "id": f"GF.{_name(group)}",
            "name": str(group),
            "groupingVariable": str(group),
            "dataDriven": False,
            "groups": [
                {
                    "id": f"GF.{_name(group)}.{_name(level)}",
                    "name": str(level),
                    "level": 1,
                    "order": order,
                }
                for order, level in enumerate(levels, start=1)
            ],
        }


def _output(path: str) -> dict[str, Any]:
    stem = path.rpartition("/")[2].partition(".")[0]
    return {
        "id": f"OUT.{_name(stem)}",
        "name": _label(stem),
        "displays": [],
        "fileSpecifications": [{"name": path.rpartition("/")[2], "location": path}],
    }


def _label(name: object) -> str:
    words = str(name).replace("_", " ")
    return words[:1].upper() + words[1:]


def _name(text: object) -> str:
    spelt = "".join(_SPELT.get(sign, sign) for sign in str(text))
    return _SIGNS.sub("_", spelt).strip("_")

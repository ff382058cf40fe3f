"""A draft of `structure.yaml`: what the tables suggest, to be put in force by who knows it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pandas as pd

from analysis.article.draft.paper import Paper


def suggested(paper: Paper, rows: pd.DataFrame, source: str) -> str:
    """Write a structure of which only the title is in force.

    Parameters
    ----------
    paper
        The article.
    rows
        Of the draft of its ledger.
    source
        What the file of the article is called.
    """
    title = " ".join(paper.title.split()) or "the published numbers"
    lines = [
        f"# A draft of `make ledger`, made from {_remark(source)}.",
        '# What begins with "#?" is a question and not in force: take it away where it is so.',
        "# data/article/README.md lists what can be declared.",
        f"title: {json.dumps(title, ensure_ascii=False)}",
    ]
    lines += ["", *_patients(rows), *_exclusive(rows), *_p_values(rows), *_survival(rows)]
    return "\n".join(lines).rstrip() + "\n"


def _remark(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _scalar(text: object) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def _patients(rows: pd.DataFrame) -> Iterator[str]:
    """Ask which claim says how many patients there are."""
    counts = rows[rows["statistic"].eq("count") & rows["group"].eq("")]
    text = counts[counts["locator"].str.startswith(("Title", "Abstract"))]
    named = counts[counts["variable"].eq("patients")]
    first = pd.concat([named, text]).head(1)
    for _, row in first.iterrows():
        yield f"#? patients: {_scalar(row['claim_id'])}  # {row['printed']}: are these all of them?"


def _exclusive(rows: pd.DataFrame) -> Iterator[str]:
    """Ask of variables whose counts add up to those that they are out of, and of the others."""
    counts = rows[
        rows["statistic"].eq("count")
        & rows["locator"].str.startswith("Table")
        & ~rows["variable_level"].isin(["", "any"])
        & rows["denominator"].ne("")
    ]
    adding: list[tuple[str, pd.Series, pd.Series]] = []
    short: list[tuple[str, pd.Series, pd.Series]] = []
    for variable, part in counts.groupby("variable", sort=False):
        levels = part.drop_duplicates(["analysis_id", "group", "group_level", "variable_level"])
        if levels["variable_level"].nunique() < 2:
            continue
        value = pd.to_numeric(levels["value"])
        sums = value.groupby([levels["group_level"], levels["denominator"]]).sum()
        wholes = pd.to_numeric(sums.index.get_level_values(1).to_series(index=sums.index))
        (adding if (sums == wholes).all() else short).append((str(variable), sums, wholes))
    if adding:
        yield "# Counts of these add up to the patients: is each patient in exactly one level?"
        yield "#? exclusive:"
        yield f"#?   - variables: [{', '.join(_scalar(name) for name, _, _ in adding)}]"
    below = [name for name, sums, wholes in short if (sums < wholes).all()]
    if below:
        yield "# Counts of these fall short of the patients: one level at most, or unknown in some?"
        yield "#? one_at_most:"
        yield f"#?   - variables: [{', '.join(_scalar(name) for name in below)}]"
    above = [name for name, sums, wholes in short if (sums > wholes).any()]
    if above:
        yield "# Counts of these are more than the patients: may a patient be in several levels?"
        yield "#? several:"
        for name in above:
            yield f"#?   - {{variable: {_scalar(name)}}}"


def _p_values(rows: pd.DataFrame) -> Iterator[str]:
    """Ask which counts the p values of tables compare."""
    printed = rows[
        rows["statistic"].eq("p_value")
        & rows["locator"].str.startswith("Table")
        & rows["variable_level"].eq("")
    ]
    counts = rows[rows["statistic"].eq("count") & rows["locator"].str.startswith("Table")]
    found = []
    for _, p in printed.iterrows():
        compared = counts[
            counts["variable"].eq(p["variable"])
            & counts["analysis_id"].eq(p["analysis_id"])
            & counts["group_level"].ne("")
        ]
        levels = compared["variable_level"].unique()
        groups = compared["group_level"].unique()
        if len(groups) < 2 or len(levels) < 2 or len(compared) != len(levels) * len(groups):
            continue
        table = [
            "["
            + ", ".join(
                _scalar(name) for name in compared[compared["variable_level"] == level]["claim_id"]
            )
            + "]"
            for level in levels
        ]
        found.append(f"#?   - {{claim: {_scalar(p['claim_id'])}, rows: [{', '.join(table)}]}}")
    if found:
        yield "# Do these p values compare these counts, in these groups?"
        yield "#? p_tables:"
        yield from found


def _survival(rows: pd.DataFrame) -> Iterator[str]:
    endpoints = set(rows["variable"])
    if "OS" in endpoints:
        yield "#? survival: {overall: OS}  # is OS overall survival?"

"""Published numbers with their verdicts: a list that can be filtered, and the article's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
from IPython.display import HTML, Markdown

from analysis.audit.comparison import compare
from analysis.audit.engine import answers_of
from analysis.audit.form import Finding
from analysis.audit.structure import read_structure
from analysis.audit.verdicts import (
    IMPOSSIBLE,
    MISSED,
    NOT_ESTIMATED,
    READING,
    REPRODUCED,
    judge,
)
from analysis.display.beyond import MARK, SIGNS
from analysis.display.format import MISSING, fixed, is_missing, listed
from analysis.display.sources import Given, Sources
from analysis.display.tables import Table, journal
from analysis.estimates.rows import KEY
from analysis.estimates.standing import STATUS, Status
from analysis.study.keys import Key
from analysis.zhai_2025.readings import claim_anchor, reasoned

# How many of the parts of a locator ("Table 1: Sex / Male / No.") name the row; the rest names
# the column. In Table 3 the row comes third.
_ROW_PARTS = {"Table 1": 2, "Table 2": 2, "Table 4": 1, "Table 5": 1}
_MARKS = {REPRODUCED: "✓", IMPOSSIBLE: "∅", READING: "◇", MISSED: "✗", NOT_ESTIMATED: "–"}
# A page that begins with more sentences than this on what is missed says nothing.
_MOST_MISSED = 10

ABSTRACT_CAPTION = (
    "Numbers of the abstract: published in the article, and estimated from this dataset."
)


def abstract_method() -> Markdown:
    """Say what stands beside what in `abstract`."""
    return Markdown(
        "**The abstract, published and reproduced.** Each number of the article's abstract beside "
        "the same estimate from this dataset, written with the decimals that the article prints "
        "(half up)."
    )


def abstract(ledger: pd.DataFrame, estimates: pd.DataFrame) -> Table:
    """Give the numbers of the abstract beside the estimates of a dataset."""
    numbers = ledger[ledger["locator"].str.startswith("Abstract:")]
    return comparison_table(compare(numbers, estimates))


def judged(
    ledger: pd.DataFrame, rows: pd.DataFrame, answers: Mapping[str, Finding] | None = None
) -> pd.DataFrame:
    """Give each published number with its verdict (`audit.verdicts.judge`) on these estimates.

    `answers` are those of the audit, where they are there already.
    """
    if answers is None:
        answers = answers_of(ledger, read_structure())
    return reasoned(judge(compare(ledger, rows), answers))


def in_short(verdicts: pd.DataFrame) -> Markdown:
    """Say on the first page how many published numbers come out, and where each is."""
    counts = verdicts["verdict"].value_counts()
    of = int(counts.sum() - counts.get(NOT_ESTIMATED, 0))
    others = [
        f"{counts[name]} {words}"
        for name, words in (
            (IMPOSSIBLE, "cannot be true together with the others (proved)"),
            (READING, "possible only if read otherwise (proved)"),
            (MISSED, "missed"),
        )
        if counts.get(name, 0)
    ]
    return Markdown(
        f"**{counts.get(REPRODUCED, 0)} of {of} published numbers** come out to the printed "
        f"digit{''.join(f'; {text}' for text in others)}. "
        "[Every number, with its verdict](07_replication.html)."
    )


def linked(verdicts: pd.DataFrame, rows: pd.DataFrame, sources: Sources) -> pd.DataFrame:
    """Give verdicts with the `address` of the row that each was compared with; None without one."""
    keys = tuple(
        Key.of(claim) if claim["estimated"] else None
        for claim in verdicts.fillna(dict.fromkeys(KEY, "")).to_dict("records")
    )
    return verdicts.assign(
        address=pd.Series(sources.of(keys, Given([rows])), verdicts.index, object)
    )


def exceptions(verdicts: pd.DataFrame) -> HTML:
    """Say how many published numbers come out, and of each that does not, in a sentence, why.

    `verdicts` as `linked` gives them. What is not estimated is counted, and not listed; nor is what
    is missed, of patients who miss many.
    """
    counts = verdicts["verdict"].value_counts()
    absent = int(counts.get(NOT_ESTIMATED, 0))
    met, of = int(counts.get(REPRODUCED, 0)), len(verdicts) - absent
    missed = int(counts.get(MISSED, 0))
    listed_not = [REPRODUCED, NOT_ESTIMATED, *([MISSED] if missed > _MOST_MISSED else [])]
    others = verdicts[~verdicts["verdict"].isin(listed_not)]
    said = f"<strong>{met} of {of} published numbers</strong> come out to the printed digit."
    if absent:
        said += f" {absent} more are not estimated: {escape(listed(_why_not(verdicts)))}."
    if missed > _MOST_MISSED:
        said += f" {missed} are missed; each is in the list below."
    if len(others):
        said += " These do not come out:" if len(others) > 1 else " This one does not come out:"
    items = "".join(f"<li>{_exception(claim)}</li>" for claim in others.to_dict("records"))
    items = f"<ol>{items}</ol>" if items else ""
    return HTML(f'<section class="prose exceptions"><p>{said}</p>{items}</section>')


def _why_not(verdicts: pd.DataFrame) -> list[str]:
    reasons = verdicts.loc[verdicts["verdict"] == NOT_ESTIMATED, "reason"]
    return list(dict.fromkeys(reason for reason in reasons if reason))


def _exception(claim: dict[Any, Any]) -> str:
    unit = "%" if claim["unit"] == "%" else ""
    here = f"{claim['reproduced']}{unit}"
    to = claim_anchor(str(claim["claim_id"]))
    text = (
        f'<a href="#{escape(to)}">{escape(claim["locator"])}</a>: the article prints '
        f"<strong>{escape(claim['printed'])}{unit}</strong>, this dataset gives "
        f"{_number(claim, here)}{_sign(claim)}: {_MARKS[claim['verdict']]} "
        f"{escape(claim['verdict'])}."
    )
    if claim["reason"]:
        text += f" {escape(claim['reason'][:1].upper() + claim['reason'][1:])}."
    if claim["finding"]:
        text += f' <a href="#{escape(claim["finding"])}">The proof</a>.'
    return text


def _number(claim: dict[Any, Any], text: str) -> str:
    """Give a number of the dataset, as a link to its row where that is known."""
    to = claim.get("address")
    if not isinstance(to, str):
        return escape(text)
    return f'<a class="n" href="#{escape(to)}">{escape(text)}</a>'


def picture(verdicts: pd.DataFrame, tables: Sequence[str]) -> HTML:
    """Give tables of the article as one picture: a small cell a number, by its verdict.

    Each cell leads to its number in the list of verdicts.
    """
    parts = []
    for table in tables:
        claims, cells = _cells(verdicts, table)
        rows = list(dict.fromkeys(row for row, _ in cells))
        columns = list(dict.fromkeys(column for _, column in cells))
        body = "".join(
            f"<tr>{''.join(_spot(cells.get((row, column))) for column in columns)}</tr>"
            for row in rows
        )
        met = int((claims["verdict"] == REPRODUCED).sum())
        said = f"<p><strong>{escape(table)}</strong> {met} of {len(claims)}</p>"
        named = f'aria-label="{escape(table)}"'
        parts.append(f"<div>{said}<table {named}><tbody>{body}</tbody></table></div>")
    there = set(verdicts["verdict"])
    legend = "; ".join(f"{sign} {escape(name)}" for name, sign in _MARKS.items() if name in there)
    return HTML(
        '<figure class="table spots" id="tables_at_a_glance"><figcaption>The tables of the article '
        f"at a glance: each cell is a published number, and leads to it. {legend}.</figcaption>"
        f"<div>{''.join(parts)}</div></figure>"
    )


def _spot(claim: dict[Any, Any] | None) -> str:
    if claim is None:
        return "<td></td>"
    words = f"{claim['locator'].partition(': ')[2]}: {claim['printed']}, {claim['verdict']}"
    to = claim_anchor(str(claim["claim_id"]))
    return (
        f'<td class="{_kind(claim)}"><a aria-label="{escape(words)}" href="#{escape(to)}" '
        f'title="{escape(words)}">{_MARKS[claim["verdict"]]}</a></td>'
    )


def _cells(
    verdicts: pd.DataFrame, table: str
) -> tuple[pd.DataFrame, dict[tuple[str, str], dict[Any, Any]]]:
    """Give the claims of a table of the article, and each by the row and column it stands in."""
    claims = verdicts[verdicts["locator"].str.startswith(f"{table}: ")]
    placed = {_place(table, claim["locator"]): claim for claim in claims.to_dict("records")}
    return claims, placed


def with_status(verdicts: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Give verdicts with what stands behind each of the dataset's numbers (`standing.STATUS`).

    `rows` are the estimates; where they say nothing of it, as of real patients, the verdicts are
    given as they are. What is not estimated has no status.
    """
    if STATUS not in rows:
        return verdicts
    known = rows[[*KEY, STATUS]].assign(**{name: rows[name].fillna("").astype(str) for name in KEY})
    keyed = verdicts[KEY].fillna("").astype(str)
    found = keyed.merge(known.drop_duplicates(KEY), on=KEY, how="left")[STATUS]
    return verdicts.assign(**{STATUS: found.set_axis(verdicts.index).where(verdicts["estimated"])})


def _sign(claim: dict[Any, Any]) -> str:
    """Give the sign behind a number of the dataset that the article does not print."""
    status = claim.get(STATUS)
    return SIGNS.get(Status(status), "") if isinstance(status, str) else ""


def verdict_list(verdicts: pd.DataFrame) -> HTML:
    """Give every published number with what was reproduced, filterable by words and verdict.

    `verdicts` is what `audit.verdicts.judge` gives. The script of the page filters; without it the
    whole list stands there.
    """
    rows = "".join(_list_row(claim) for claim in verdicts.to_dict("records"))
    options = "".join(
        f'<option value="{escape(name)}">{_MARKS[name]} {escape(name)}</option>'
        for name in _MARKS
        if (verdicts["verdict"] == name).any()
    )
    # Of a number that is reproduced, the article does not print what lies beyond its digits.
    difference = f"Difference{MARK}" if STATUS in verdicts else "Difference"
    headings = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Where", "Published", "Reproduced", difference, "Verdict")
    )
    return HTML(
        '<figure class="table verdicts" id="verdicts"><figcaption id="verdicts_caption">Every '
        "published number, with the decimals that the article prints.</figcaption>"
        '<p class="filter" hidden><label>Find <input type="search"></label> '
        f'<label>Verdict <select><option value="">all</option>{options}</select></label> '
        '<output aria-live="polite"></output></p>'
        '<div class="scroll" role="group" tabindex="0" aria-labelledby="verdicts_caption">'
        f"<table><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table></div></figure>"
    )


def _list_row(claim: dict[Any, Any]) -> str:
    unit = claim["unit"] if isinstance(claim["unit"], str) else ""
    unit = "" if unit in {"patients", "calendar year"} else f" {unit}"
    difference = claim["difference"]
    decimals = 0 if is_missing(claim["decimals"]) else int(claim["decimals"])
    shown = MISSING if is_missing(difference) else fixed(difference, decimals + 1)
    shown = "0" if difference == 0 else shown
    said = [claim["reason"], f"Read as: {claim['reading']}." if claim.get("reading") else ""]
    reason = "".join(f'<br><span class="reason">{escape(text)}</span>' for text in said if text)
    cells = (
        f'<th scope="row">{escape(claim["locator"])}{reason}</th>'
        f'<td class="number">{escape(claim["printed"] + unit)}</td>'
        f'<td class="number">{_number(claim, claim["reproduced"])}{_sign(claim)}</td>'
        f'<td class="number">{escape(shown)}</td>'
        f"<td>{_MARKS[claim['verdict']]} {_verdict(claim)}</td>"
    )
    anchor = escape(claim_anchor(str(claim["claim_id"])))
    return f'<tr id="{anchor}" data-verdict="{escape(claim["verdict"])}">{cells}</tr>'


def _verdict(claim: dict[Any, Any]) -> str:
    """Give the verdict, as a link to the proof that it rests on."""
    words = escape(claim["verdict"])
    return f'<a href="#{escape(claim["finding"])}">{words}</a>' if claim["finding"] else words


def redrawn(verdicts: pd.DataFrame, table: str) -> HTML:
    """Give a table of the article with each cell marked and coloured by its verdict.

    A cell that is not reproduced shows the published number and, after an arrow, this dataset's.
    """
    claims, placed = _cells(verdicts, table)
    cells = {place: _cell(claim) for place, claim in placed.items()}
    rows = list(dict.fromkeys(row for row, _ in cells))
    columns = list(dict.fromkeys(column for _, column in cells))
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(row)}</th>'
        + "".join(cells.get((row, column), "<td></td>") for column in columns)
        + "</tr>"
        for row in rows
    )
    name = table.lower().replace(" ", "_") + "_verdicts"
    met = int((claims["verdict"] == REPRODUCED).sum())
    return HTML(
        f'<figure class="table verdicts" id="{name}"><figcaption id="{name}_caption">'
        f"<strong>{escape(table)}</strong> of the article: {met} of {len(claims)} numbers "
        "reproduced.</figcaption>"
        f'<div class="scroll" role="group" tabindex="0" aria-labelledby="{name}_caption">'
        f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div></figure>"
    )


def _place(table: str, locator: str) -> tuple[str, str]:
    parts = locator.partition(": ")[2].split(" / ")
    if table == "Table 3":
        target, criterion, *rest = parts
        return rest[0], " ".join([target, criterion, *rest[1:]])
    count = min(_ROW_PARTS[table], len(parts) - 1)
    return ": ".join(parts[:count]), " ".join(parts[count:])


def _cell(claim: dict[Any, Any]) -> str:
    verdict = claim["verdict"]
    text = escape(claim["printed"])
    if verdict != REPRODUCED:
        text += f" → {_number(claim, claim['reproduced'])}{_sign(claim)}"
    else:
        text = _number(claim, claim["printed"])
    words = escape(f"{claim['locator']}: {verdict}")
    return (
        f'<td class="number {_kind(claim)}" title="{words}">{text} '
        f"<small>{_MARKS[verdict]}</small></td>"
    )


def _kind(claim: dict[Any, Any]) -> str:
    """Give the class of the style sheet that a verdict has."""
    return str(claim["verdict"]).replace("not estimated", "absent").split()[0]


def comparison_table(comparison: pd.DataFrame) -> Table:
    """Give published numbers beside the same estimates (see `audit.comparison`)."""
    same = comparison["agrees"].map({True: "yes", False: "no"})
    cells = pd.DataFrame(
        {
            "Number": [_words(locator) for locator in comparison["locator"]],
            "Published": comparison["printed"],
            "This dataset": comparison["reproduced"],
            "Unit": comparison["unit"].fillna("").replace(["patients", "calendar year"], ""),
            "Same": same.where(comparison["estimated"], MISSING),
        }
    )
    return journal(
        cells,
        stub="Number",
        left=["Unit", "Same"],
        notes=[
            "This dataset's numbers are written with the decimals that the article prints, rounded "
            f"half up. A dash ({MISSING}): not estimated from this dataset."
        ],
    )


def _words(locator: str) -> str:
    """Give what a claim is about: 'Abstract: median dose' gives 'Median dose'."""
    words = locator.partition(": ")[2].replace(">=", "≥ ").replace("<=", "≤ ")
    words = words.replace(" / No.", ", number").replace(" / %", ", percent")
    return words[:1].upper() + words[1:]

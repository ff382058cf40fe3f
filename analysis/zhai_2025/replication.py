"""Published numbers with their verdicts: a list that can be filtered, and the article's tables."""

from __future__ import annotations

from collections.abc import Mapping
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
from analysis.display.format import MISSING, fixed, is_missing
from analysis.display.tables import Table, journal
from analysis.estimates.rows import KEY
from analysis.estimates.standing import STATUS, Status
from analysis.zhai_2025.readings import claim_anchor, reasoned

# How many of the parts of a locator ("Table 1: Sex / Male / No.") name the row; the rest names
# the column. In Table 3 the row comes third.
_ROW_PARTS = {"Table 1": 2, "Table 2": 2, "Table 4": 1, "Table 5": 1}
_MARKS = {REPRODUCED: "✓", IMPOSSIBLE: "∅", READING: "◇", MISSED: "✗", NOT_ESTIMATED: "–"}


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
        f'<td class="number">{escape(claim["reproduced"])}{_sign(claim)}</td>'
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
    claims = verdicts[verdicts["locator"].str.startswith(f"{table}: ")]
    cells: dict[tuple[str, str], str] = {}
    for claim in claims.to_dict("records"):
        row, column = _place(table, claim["locator"])
        cells[row, column] = _cell(claim)
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
        text += f" → {escape(claim['reproduced'])}{_sign(claim)}"
    words = escape(f"{claim['locator']}: {verdict}")
    kind = verdict.replace("not estimated", "absent").split()[0]
    return f'<td class="number {kind}" title="{words}">{text} <small>{_MARKS[verdict]}</small></td>'


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

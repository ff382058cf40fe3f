"""The draft of a ledger from an article: its rows, its structure, and what they ask."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis.article.draft import structure
from analysis.article.draft.answers import Answers, answered
from analysis.article.draft.cells import pieces, uses_commas
from analysis.article.draft.claim import Claim, slug
from analysis.article.draft.paper import Paper, UnreadablePaper
from analysis.article.draft.prose import claims_in
from analysis.article.draft.read import read_paper
from analysis.article.draft.table import Known, claims_of
from analysis.article.forms import RANGE, form_of
from analysis.article.ledger import COLUMNS

ASKS = "? "
_SHORT = {"count": "n", "percent": "pct", "p_value": "p"}


@dataclass(frozen=True)
class Drafted:
    """A draft.

    Attributes
    ----------
    rows
        Of `claims.csv`: the columns of a ledger as text. A note that begins with "? " asks
        something.
    structure
        The text of `structure.yaml`.
    lines
        What is told of it.
    """

    rows: pd.DataFrame
    structure: str
    lines: tuple[str, ...]

    @property
    def questions(self) -> int:
        """How many rows ask something."""
        return int(self.rows["note"].str.startswith(ASKS).sum())


def draft(path: Path, answers: Answers | None = None) -> Drafted:
    """Draft the ledger of an article, with answers given before if there are any.

    Raises
    ------
    UnreadablePaper
        When the article cannot be read, or prints no number that a ledger could hold.
    AnswerFaults
        When an answer is about no row of the draft.
    """
    paper = read_paper(path)
    claims = claims_in_paper(paper)
    if not claims:
        raise UnreadablePaper(
            f"{path.name}: no number in a table or a sentence was found that could be drafted. "
            "Is it the whole article, with its tables as text?"
        )
    rows = to_rows(claims)
    given = answers or Answers()
    rows = answered(rows, given)
    text = given.structure_text() or structure.suggested(paper, rows, path.name)
    asked = int(rows["note"].str.startswith(ASKS).sum())
    in_tables = int(rows["locator"].str.match(r"Table ").sum())
    lines = (
        f"{len(rows)} numbers: {in_tables} of {len(paper.tables)} tables, "
        f"{len(rows) - in_tables} of the text; {asked} ask something.",
        *paper.remarks,
    )
    return Drafted(rows, text, lines)


def claims_in_paper(paper: Paper) -> list[Claim]:
    """Give the claims of a whole article: its tables', then its text's."""
    known = Known(_patients(paper))
    tables: list[Claim] = []
    for table in paper.tables:
        tables += _of_its_own(claims_of(table, known), tables, table.label)
    text = " ".join(paragraph.text for paragraph in paper.paragraphs)
    # A number of patients in the title is that of all of them.
    titled = [n for n in known.patients if re.search(rf"(?<!\d){re.escape(n)}(?!\d)", paper.title)]
    return [*tables, *claims_in(paper.paragraphs, tables, titled, uses_commas(text))]


def _of_its_own(claims: list[Claim], before: list[Claim], label: str) -> list[Claim]:
    """Give a table an analysis of its own where it prints other numbers under names of others."""
    printed = {claim.key: claim.printed for claim in before}
    apart = {
        claim.analysis_id
        for claim in claims
        if printed.get(claim.key, claim.printed) != claim.printed
    }
    remark = "earlier tables print other numbers under this name: an analysis of its own"
    return [
        replace(
            claim,
            analysis_id=f"{claim.analysis_id}_{slug(label)}",
            remarks=(*claim.remarks, remark),
        )
        if claim.analysis_id in apart
        else claim
        for claim in claims
    ]


def _patients(paper: Paper) -> tuple[str, ...]:
    """Give the numbers of patients that title and abstract, or else the results, print."""
    told: Counter[str] = Counter()
    for kinds in (("title", "abstract"), ("results", "methods", "other")):
        for paragraph in paper.paragraphs:
            if paragraph.kind in kinds:
                for found in re.finditer(
                    r"(?<![\d.,])(\d{1,3}(?:[,\u00a0\u2009]\d{3})+|\d{2,6})\s+(?:(?!were|"
                    r"had)\w+[- ]){0,4}?"
                    r"(?:patients|participants|subjects|individuals|women|men|cases|children|"
                    r"adults)\b",
                    paragraph.text,
                ):
                    told[found[1]] += 1
    return tuple(number for number, _ in told.most_common(8))


def to_rows(claims: Sequence[Claim]) -> pd.DataFrame:
    """Give claims as rows of a ledger, each with a name and a locator of its own."""
    locators: Counter[str] = Counter()
    names: set[str] = set()
    rows = []
    for claim in _distinct(claims):
        form = form_of(claim.printed)
        where = re.sub(r" @\d+$", "", claim.locator)
        locators[where] += 1
        if locators[where] > 1:
            where = f"{where}, {locators[where]}"
        stem, number = _name(claim), 1
        name = stem
        while name in names:
            number += 1
            name = f"{stem}-{number}"
        names.add(name)
        questions = claim.questions
        if form is None:
            questions = (*questions, f"“{claim.printed}” is not read as a number: what is it?")
        note = "; ".join((*questions, *claim.remarks))
        rows.append(
            {
                "claim_id": name,
                **dict(zip(COLUMNS[1:7], claim.key, strict=True)),
                "printed": claim.printed,
                "value": form.value if form else "",
                "decimals": "" if form is None or form.decimals is None else str(form.decimals),
                "comparator": claim.comparator or (form.comparator if form else RANGE),
                "unit": claim.unit,
                "denominator": claim.denominator.lstrip("0"),
                "locator": where,
                "reading": "",
                "note": ASKS + note if questions else note,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object)


def _distinct(claims: Sequence[Claim]) -> list[Claim]:
    """Ask of claims of one key that print different numbers in one table: they are no one thing."""
    by_key: dict[tuple[str, ...], set[str]] = {}
    for claim in claims:
        if claim.locator.startswith("Table"):
            by_key.setdefault((claim.locator.split(":")[0], *claim.key), set()).add(claim.printed)
    found = []
    for claim in claims:
        twice = by_key.get((claim.locator.split(":")[0], *claim.key), set())
        if len(twice) > 1:
            question = "several numbers of the table have this key: what tells them apart?"
            claim = replace(claim, questions=(*claim.questions, question))
        found.append(claim)
    return found


def _name(claim: Claim) -> str:
    table = re.match(r"Table (\w+)", claim.locator)
    what = _SHORT.get(claim.statistic, claim.statistic.replace("_", "-"))
    if table is None:
        section, _, rest = claim.locator.partition(", sentence ")
        return f"{slug(section, 24) or 'text'}-{rest.partition(':')[0]}-{what}".replace("_", "-")
    group = "" if claim.group in ("arm", "group") else claim.group
    parts = [group, claim.variable, claim.variable_level, claim.group_level]
    words = "-".join(slug(part, 30) for part in parts if part)
    return f"t{table[1].lower()}-{words}-{what}".replace("_", "-")


def numbers_in(paper: Paper) -> int:
    """Count the numbers that stand in the cells of an article's tables."""
    return sum(
        len(p.numbers)
        for t in paper.tables
        for row in t.grid
        for c in set(row)
        for p in pieces(c.text)
    )

"""Of how many patients counts and percentages are, where no heading says it, and if they fit."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from analysis.article.draft.cells import Number
from analysis.article.draft.claim import Claim
from analysis.article.draft.meaning import size
from analysis.article.draft.paper import Table
from analysis.article.draft.typed import fits

# So many percentages must be of a number before it is taken without a question.
_ENOUGH = 3


def with_denominators(claims: list[Claim], patients: tuple[str, ...], table: Table) -> list[Claim]:
    """Give counts and percentages what they are out of, or ask.

    Where no heading says it, caption and notes of the table may, or the article: the number of
    patients of which the percentages are. A percentage that is not that of the count beside it is
    asked about, whatever it is out of.

    Parameters
    ----------
    claims
        Of one table.
    patients
        Numbers of patients that the article prints.
    table
        The table.
    """
    counts = {claim.key[:-1]: claim for claim in claims if claim.statistic == "count"}
    pairs = [
        (counts[claim.key[:-1]], claim)
        for claim in claims
        if claim.statistic == "percent" and claim.key[:-1] in counts
    ]
    of, remark = _shared(pairs, [*_said_by(table), *patients])
    found = []
    for claim in claims:
        if claim.statistic not in ("count", "percent") or claim.variable == "patients":
            found.append(claim)
            continue
        if not claim.denominator and of:
            claim = replace(claim, denominator=of, remarks=(*claim.remarks, remark))
        elif not claim.denominator and claim.statistic == "percent":
            claim = replace(claim, questions=(*claim.questions, "of how many patients?"))
        count = counts.get(claim.key[:-1])
        if (
            claim.statistic == "percent"
            and claim.denominator
            and count is not None
            and not fits(Number(count.printed), Number(claim.printed), claim.denominator)
        ):
            question = (
                f"{count.printed} of {claim.denominator} is no {claim.printed}%: "
                "of how many patients?"
            )
            claim = replace(claim, questions=(*claim.questions, question))
        found.append(claim)
    return found


def _said_by(table: Table) -> list[str]:
    return [n for words in (table.caption, *table.footnotes) if (n := size(words))]


def _shared(pairs: list[tuple[Claim, Claim]], candidates: list[str]) -> tuple[str, str]:
    """Give the number that nearly all counts without one are out of, and what to remark of it."""
    without = [(count, percent) for count, percent in pairs if not percent.denominator]
    if not without:
        return "", ""
    fitting = Counter(
        {
            n: sum(fits(Number(c.printed), Number(p.printed), n) for c, p in without)
            for n in dict.fromkeys(candidates)
        }
    )
    best, number = fitting.most_common(1)[0] if fitting else ("", 0)
    if number < _ENOUGH or number < 0.9 * len(without):
        return "", ""
    of = re.sub(r"\D", "", best)
    said = f"of {of}: no heading says so, and {number} of {len(without)} percentages are of it"
    return of, said

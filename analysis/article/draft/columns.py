"""What the headings above a column say of its numbers: the group, its size, the statistic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.article.draft.layout import heading_rows
from analysis.article.draft.meaning import Meaning, choices, meaning, size, without_kind
from analysis.article.draft.names import endpoint_in, months_in
from analysis.article.draft.paper import Table

_GRADE = re.compile(
    r"(?i)^(?:(?:all|any)[\s-]*grades?|grades?\W*(?:≥|>=|>|<|≤)?\s*(?:\d|I|"
    r"V)[\dIV\s,/–—+-]*(?:or (?:higher|worse|more))?|(?:≥|"
    r">=)?\s*G?\s*\d(?:\s*[-–/]\s*\d)?)$"
)
_ALL = re.compile(
    r"(?i)^\W*(?:all|total|overall|whole|entire|all (?:patients|participants|subjects|cases)|"
    r"(?:total|whole|entire|overall|study) (?:cohort|population|group|sample|series|patients)|"
    r"(?:patients|participants|cases|value|values|characteristics?|data|result|results|cohort|"
    r"frequency|statistics?|variables?))\W*$"
)
_AT = re.compile(r"(?i)^(?:at\s+)?(?:\d+|one|two|three|five)[- ]?(?:years?|yrs?|y|months?|mos?)$")
_MODELS = re.compile(r"(?i)\b(uni|multi)[- ]?varia(?:te|ble)|\b(?:un)?adjusted|\bcrude")
LEVELS = re.compile(r"(?i)^(?:yes|no|present|absent|positive|negative|high|low|male|female)$")
_YES = re.compile(r"(?i)^\W*yes\W*$")


@dataclass(frozen=True)
class Column:
    """What a column's headings say of it.

    Attributes
    ----------
    group
        What they name that is no kind of number: "Drug A".
    level
        A grade.
    endpoint, model
        "OS"; "Univariate".
    of
        How many patients they say there are, as printed.
    kind
        The statistics that they name.
    words
        All of them, for the locator.
    time
        In months, of a rate: "1-year".
    """

    group: str
    level: str
    endpoint: str
    model: str
    of: str
    kind: Meaning
    words: tuple[str, ...]
    time: str = ""


def above(table: Table, column: int) -> tuple[str, ...]:
    """Give the headings above a column from the top down, each once."""
    texts: list[str] = []
    for row in table.grid[: heading_rows(table)]:
        text = row[column].text.replace("\n", " ")
        if text and text not in texts[-1:]:
            texts.append(text)
    return tuple(texts)


def column_of(words: Sequence[str]) -> Column:
    """Read the headings above a column, from the top."""
    group: list[str] = []
    level = endpoint = model = of = time = ""
    kinds: list[Meaning] = []
    for text in words:
        of = size(text) or of
        said, bare = meaning(text), without_kind(text)
        if said:
            kinds.append(said)
        if _GRADE.match(bare):
            level = bare
        elif _AT.match(bare):
            time = months_in(bare)
        elif _MODELS.search(bare) and len(bare) < 60:
            model = bare
        elif (name := endpoint_in(text)) and not LEVELS.match(bare):
            endpoint = name
            if not said and re.search(r"(?i)\bmonths?\b|\bMST\b|\bm(?:OS|PFS)\b", text):
                kinds.append(Meaning("median"))
        elif bare and not _ALL.match(bare) and not ((said or kinds) and _hollow(bare)):
            group.append(bare)
    # The heading nearest to the numbers says most.
    kind = kinds[-1] if kinds else Meaning()
    if kind.central in ("ci", "range", "quartiles", "sd", "se") and len(kinds) > 1:
        kind = Meaning(kind.central)
    if endpoint and time and kind.central in ("", "percent"):
        kind = Meaning("rate", kind.spread)
    return Column(" / ".join(group), level, endpoint, model, of, kind, tuple(words), time)


def _hollow(bare: str) -> bool:
    """Tell whether nothing is left of a heading but words for what is printed."""
    left = re.sub(
        r"(?i)\b(?:median|mean|average|range|interquartile|inter-quartile|standard|deviation|error|"
        r"confidence|interval|hazard|odds|risk|ratio|value|values|number|rate|ci|of|"
        r"patients|cases|the|"
        r"low|high|lower|upper|limit|min|max|estimate|difference|coefficient|and|or|"
        r"to|months?|years?|"
        r"statistics?|test|χ|log-?rank|chi-?square[d]?|for|trend|fisher'?s?|exact|percent|"
        r"percentage|p|n|no|events?|deaths?|total|level)\b|\W",
        "",
        bare,
    )
    return not left


def default_of(table: Table) -> Meaning:
    """Give what caption, first heading and notes say that numbers are, where they agree on one."""
    first = table.grid[0][0].text if table.grid else ""
    for words in (first, table.caption, *table.footnotes):
        said = meaning(words)
        if said.central in ("count", "median", "mean") and said.spread and len(choices(words)) == 1:
            return said
    return Meaning()

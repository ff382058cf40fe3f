"""Answers to what a draft asks, kept in a file, so that they can be given again.

```yaml
claims:
  - where: "Table 1: Sex / *"        # locators or names of claims; * stands for anything
    set: {variable: sex, denominator: 108}
  - where: "discussion-4-*"
    drop: numbers of another trial
structure:                            # the whole of structure.yaml
  title: …
```
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.study.errors import ReadableError

ANSWERS = "answers.yaml"

Column = Literal[
    "claim_id", "analysis_id", "group", "group_level", "variable", "variable_level", "statistic",
    "printed", "comparator", "unit", "denominator", "reading", "note",
]  # fmt: skip


class AnswerFaults(ReadableError, ValueError):
    """Everything that is wrong with a file of answers, one sentence a fault."""

    def __init__(self, source: str, faults: list[str]) -> None:
        self.faults = faults
        listed = "\n".join(f"  - {fault}" for fault in faults)
        super().__init__(f"{source}: {len(faults)} fault(s) in the answers\n{listed}")


class Answer(BaseModel):
    """What is said of some rows of a draft.

    Attributes
    ----------
    where
        A locator or the name of a claim; `*` stands for anything, `?` for one letter.
    statistic, printed
        Only rows of this statistic, or of this number.
    set
        Columns and what stands in them; `{1}`, `{2}`, … are what the stars of `where` stood for.
    drop
        Why the rows are no numbers of the ledger.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    where: str = Field(min_length=1)
    statistic: str = ""
    printed: str = ""
    set: dict[Column, str | int | float] = {}
    drop: str = ""


class Answers(BaseModel):
    """A file of answers. Later ones stand above earlier ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claims: tuple[Answer, ...] = ()
    structure: dict[str, Any] | None = None
    source: str = Field(default="the answers", exclude=True)

    def structure_text(self) -> str:
        """Give the text of `structure.yaml`, '' when the answers have none."""
        if self.structure is None:
            return ""
        text: str = yaml.safe_dump(self.structure, allow_unicode=True, sort_keys=False, width=100)
        return f"# From the answers to a draft of `make ledger`.\n{text}"


def read_answers(path: Path) -> Answers:
    """Read a file of answers.

    Raises
    ------
    AnswerFaults
        When it is no YAML, or says something that no answer can.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise AnswerFaults(str(path), [f"not readable as YAML in UTF-8: {error}"]) from None
    try:
        return Answers.model_validate({**(raw or {}), "source": str(path)})
    except (ValidationError, TypeError) as error:
        if not isinstance(error, ValidationError):
            raise AnswerFaults(str(path), ["expected `claims:` or `structure:`"]) from None
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'])}: "
            + ("unknown" if fault["type"] == "extra_forbidden" else fault["msg"])
            for fault in error.errors()
        ]
        raise AnswerFaults(str(path), faults) from None


def answered(rows: pd.DataFrame, answers: Answers) -> pd.DataFrame:
    """Give the rows of a draft with its answers; a question that is answered is taken away.

    Raises
    ------
    AnswerFaults
        When an answer is about no row: what it was about may be called otherwise now.
    """
    records = [dict(zip(rows.columns, row, strict=True)) for row in rows.itertuples(index=False)]
    original = [(str(row["locator"]), str(row["claim_id"])) for row in records]
    dropped: set[int] = set()
    faults = []
    for number, answer in enumerate(answers.claims, start=1):
        met = 0
        for place, names in enumerate(original):
            stars = next(
                (s for name in names if (s := _stars(answer.where, name)) is not None), None
            )
            row = records[place]
            if stars is None or answer.statistic not in ("", row["statistic"]):
                continue
            if answer.printed not in ("", row["printed"]):
                continue
            met += 1
            if answer.drop:
                dropped.add(place)
            if row["note"].startswith("? ") and "note" not in answer.set:
                row["note"] = ""
            for column, value in answer.set.items():
                row[column] = _filled(str(value), stars)
            if "printed" in answer.set:
                row |= {"value": "", "decimals": "", "comparator": ""}
        if not met:
            faults.append(f"claims.{number}: no row of the draft is “{answer.where}”")
    if faults:
        raise AnswerFaults(answers.source, faults)
    kept = [row for place, row in enumerate(records) if place not in dropped]
    return pd.DataFrame(kept, columns=rows.columns, dtype=object)


def _filled(text: str, stars: tuple[str, ...]) -> str:
    for place, star in enumerate(stars, start=1):
        text = text.replace(f"{{{place}}}", star)
    return text


def _stars(pattern: str, text: str) -> tuple[str, ...] | None:
    """Give what the stars of a pattern stand for in a text, None when it does not fit."""
    if "*" not in pattern and "?" not in pattern:
        return () if pattern == text else None
    if not fnmatchcase(text, re.sub(r"\[", "[[]", pattern)):
        return None
    found = _compiled(pattern).fullmatch(text)
    return None if found is None else found.groups()


@lru_cache(maxsize=2000)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".".join(re.escape(p) for p in part.split("?")) for part in pattern.split("*"))
    return re.compile("(.*?)".join(parts), re.DOTALL)

"""The rows of estimates behind the numbers of a page, as the page lists them."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from functools import cache, cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.display.addresses import Addresses
from analysis.display.format import is_missing, thousands
from analysis.display.origins import Keys, is_estimates
from analysis.display.sensitivity.words import subject
from analysis.estimates.arms import AND
from analysis.estimates.rows import COLUMNS
from analysis.estimates.standing import STATUS, Status
from analysis.study.keys import KEY, Key, Statistic
from analysis.study.study import Study
from analysis.study.variables import Cut

_ROOT = Path(__file__).parents[2]
# Other parameters than those of the page, under which a row was estimated, in words.
UNDER = "parameters"
# What is said of a row once for all that have it alike.
_SHARED = ["function", "method", "note", "warning"]


@dataclass(frozen=True)
class Claim:
    """What an article prints of a number: the text, whether it comes out, and where that is said.

    `link` is the address of its verdict, a page of the report and a place on it. Where it is not
    `exact`, the article prints on which side of something the number lies.
    """

    printed: str
    agrees: bool
    link: str
    exact: bool = True


Published = Callable[[pd.DataFrame], Mapping[Key, Sequence[Claim]]]
"""From rows of estimates to what an article prints under the key of each."""


class Given:
    """The rows of the estimates among what a table is made of, found by their keys."""

    def __init__(self, given: Sequence[Any]) -> None:
        self._frames = list(filter(is_estimates, given))

    @cached_property
    def _places(self) -> dict[tuple[str, ...], tuple[int, int]]:
        found: dict[tuple[str, ...], tuple[int, int]] = {}
        for number, frame in enumerate(self._frames):
            texts = zip(*(frame[name].astype(str) for name in KEY), strict=True)
            for place, text in enumerate(texts):
                found.setdefault(text, (number, place))
        return found

    def rows(self, keys: Iterable[Key]) -> list[tuple[Key, dict[str, Any]]]:
        """Give the rows of some keys, each once, in their order; not of keys that nothing has."""
        at = {key: self._places.get(tuple(map(str, astuple(key)))) for key in keys}
        there = {key: place for key, place in at.items() if place is not None}
        return [
            (key, self._frames[number].iloc[place].reindex(COLUMNS).to_dict())
            for key, (number, place) in sorted(there.items(), key=lambda item: item[1])
        ]


class Sources:
    """The rows behind the numbers that a page has shown so far, each with its address."""

    def __init__(self) -> None:
        self._addresses = Addresses()
        self._rows: dict[str, dict[str, Any]] = {}

    def of(
        self,
        keys: Keys,
        given: Given,
        part: tuple[str, str] = ("", ""),
        under: str = "",
    ) -> tuple[str | None, ...]:
        """Give the addresses of some rows of the estimates among what is given, and keep the rows.

        `part` is the group and the level of patients that the estimates are of, where their keys
        are those of all; `under` has the parameters that they were estimated under, where these are
        not the page's.
        """
        own = {key: _of_part(key, part) for key in keys if key is not None}
        at = {key: self._addresses.of(named, under) for key, named in own.items()}
        if new := {key for key, place in at.items() if place not in self._rows}:
            for key, row in given.rows(new):
                named = dict(zip(KEY, astuple(own[key]), strict=True))
                self._rows[at[key]] = row | named | {UNDER: under}
        return tuple(None if key is None else at[key] for key in keys)

    def table(self) -> pd.DataFrame:
        """Give the rows with their addresses, in the order in which they were shown."""
        rows = pd.DataFrame(self._rows.values(), columns=[*COLUMNS, UNDER])
        return rows.assign(address=list(self._rows))


def _of_part(key: Key, part: tuple[str, str]) -> Key:
    """Give the key that a row of a part of the patients has among those of all."""
    group, level = part
    if not group:
        return key
    return replace(
        key,
        group=AND.join(filter(None, (group, key.group))),
        group_level=AND.join(filter(None, (level, key.group_level))),
    )


def listing(
    rows: pd.DataFrame, study: Study, claims: Mapping[Key, Sequence[Claim]], members: int
) -> str:
    """Give the rows of a page as HTML: what each is, its value, how it was computed, and of whom.

    Parameters
    ----------
    rows
        The columns of estimates, `UNDER` and `address`; `estimates.standing` where it is known.
    claims
        What an article prints of them, under the parameters of the page.
    members
        The cohorts of the ensemble that `standing` is by.
    """
    if rows.empty:
        return ""
    headings = ["Number", "Value", "Patients"]
    headings += ["Published"] if claims else []
    headings += ["In other cohorts"] if STATUS in rows else []
    head = "".join(f'<th scope="col">{name}</th>' for name in [*headings, "Shown in"])
    body = []
    for shared, alike in rows.fillna(dict.fromkeys(_SHARED, "")).groupby(_SHARED, sort=False):
        how = _how(*map(str, shared))
        lines = [_line(row, study, claims, members) for row in alike.to_dict("records")]
        body.append(
            f'<tbody><tr class="how"><th colspan="{len(headings) + 1}" scope="rowgroup">{how}</th>'
            f"</tr>{''.join(lines)}</tbody>"
        )
    return (
        '<section class="rows"><details id="rows"><summary>Where each number comes from</summary>'
        "<p>Every number of the page that comes from the patients is a link to its row here, with "
        "all its digits.</p>"
        '<div aria-label="Rows of estimates" class="scroll" role="group" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead>{''.join(body)}</table></div></details></section>"
    )


def _line(
    row: Mapping[Any, Any], study: Study, claims: Mapping[Key, Sequence[Claim]], members: int
) -> str:
    printed = () if row[UNDER] else claims.get(Key.of(row), ())
    cells = [_value(row), "" if is_missing(row["n"]) else thousands(row["n"])]
    if claims:
        cells.append(", ".join(dict.fromkeys(map(_claim, printed))))
    if STATUS in row:
        cells.append(_standing(row, members))
    same = any(claim.agrees and claim.exact for claim in printed)
    kind = ' class="same"' if same else ""
    words = escape(about(row, study))
    if row[UNDER]:
        words += f', <span class="under">{escape(row[UNDER])}</span>'
    told = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr{kind} id="{escape(row["address"])}"><th scope="row">{words}</th>{told}</tr>'


def about(row: Mapping[Any, Any], study: Study) -> str:
    """Give what a row is, in the words of the study's tables: 'Overall survival (OS), median'."""
    statistic = Statistic(row["statistic"])
    of, end = _ends().get(statistic, (statistic, ""))
    group, level = str(row["group"]), str(row["group_level"])
    arm = study.arm.variable if study.arm is not None else None
    who = ""
    if arm is not None and (group == arm.name or group.startswith(arm.name + AND)):
        part, _, level = level.partition(AND)
        group = group.removeprefix(arm.name).removeprefix(AND)
        who = arm.level(part) if part else arm.words
    plain = {**row, "statistic": of.value, "group": group, "group_level": level, "factor": group}
    known = _cut_as(group, study)
    return ", ".join(filter(None, (who, subject(plain, known, known), end)))


def _cut_as(group: str, study: Study) -> Study:
    """Give a study in which a factor is cut where a key says; a page need not know the choice."""
    found = re.fullmatch(r"(\w+)([<>]=?.+)", group)
    cut = Cut.read(found[2]) if found else None
    if found is None or cut is None:
        return study
    own = [one for one in study.factors if one.cut and one.variable.name == found[1]]
    own.sort(key=lambda one: one.cut is not None and one.cut.sign != cut.sign)
    return replace(study, factors=tuple(replace(one, cut=cut) for one in own[:1]) or study.factors)


@cache
def _ends() -> dict[Statistic, tuple[Statistic, str]]:
    """Give of each end of an interval the statistic it is of, and which end it is."""
    found: dict[Statistic, tuple[Statistic, str]] = {}
    for statistic in Statistic:
        # Not every number has an interval.
        with suppress(ValueError):
            low, high = statistic.limits
            found |= {low: (statistic, "lower limit"), high: (statistic, "upper limit")}
    return found


def _value(row: Mapping[Any, Any]) -> str:
    if is_missing(row["value"]):
        return escape(str(row["note"] or "none"))
    text = f"{row['value']:.12g}".replace("-", "−")
    return f"{text}%" if row["unit"] == "%" else escape(f"{text} {row['unit']}".strip())


def _claim(claim: Claim) -> str:
    sign = "✓" if claim.agrees else "≠"
    return f'<a href="{escape(claim.link)}">{escape(claim.printed)}</a> {sign}'


def _standing(row: Mapping[Any, Any], members: int) -> str:
    if row[STATUS] == Status.PUBLISHED:
        return "as published"
    if row[STATUS] == Status.DETERMINED:
        return f"alike in {members}"
    low, high = row["ensemble_lowest"], row["ensemble_highest"]
    if is_missing(low) or is_missing(high):
        return "open"
    return f"open, {low:.4g} to {high:.4g} in {members}".replace("-", "−")


def _how(function: str, method: str, note: str, warning: str) -> str:
    said = "; ".join(filter(None, (method, note, warning)))
    where = f"<code>{escape(code(function))}</code>"
    return f"{escape(said[:1].upper() + said[1:])}. {where}" if said else where


@cache
def code(function: str) -> str:
    """Give the file and the line of a function of this package; its name where there is no such.

    >>> code("analysis.display.sources.nowhere")
    'analysis.display.sources.nowhere'
    >>> code("analysis.display.sources.code").partition(", line")[0]
    'analysis/display/sources.py'
    """
    module, _, name = function.rpartition(".")
    try:
        found = inspect.unwrap(getattr(importlib.import_module(module), name))
        file, line = Path(inspect.getfile(found)), inspect.getsourcelines(found)[1]
        return f"{file.relative_to(_ROOT).as_posix()}, line {line}, {name}"
    except (ImportError, AttributeError, TypeError, ValueError, OSError):
        return function

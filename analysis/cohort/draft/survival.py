"""Find endpoints that are recorded as a duration and a status, as survival data mostly are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.cohort.draft.fit import UNANSWERED
from analysis.cohort.draft.profile import Column
from analysis.cohort.draft.vocabulary import NO, YES
from analysis.cohort.draft.words import Reader, code

_ENDPOINTS = ("os", "pfs", "dfs", "rfs", "ttp", "efs", "dmfs", "mfs", "css", "dss", "ffs", "lrfs",
              "lpfs", "dor", "lc")  # fmt: skip
_TIME_WORDS = {"time", "duration", "length", "survival", "interval"}
_STATUS_WORDS = {"status", "event", "censored", "cens", "code", "vital"}
# Names that do not say of which endpoint they are.
_ANY_TIME = {("time",), ("survival", "time"), ("futime",), ("stime",), ("survtime",), ("fu",
                                                                                       "time"),
             ("survival",), ("days",), ("months",), ("fu",), ("duration",), ("t",)}  # fmt: skip
_ANY_STATUS = {("status",), ("event",), ("censored",), ("fustat",), ("death",), ("dead",),
               ("status", "vital"), ("death", "status"), ("delta",), ("d",)}  # fmt: skip
# What a status is called after the event that ends the time.
_ENDED_BY: Mapping[str, tuple[str, ...]] = {
    "os": ("death", "dead", "vital status", "survival status", "fustat"),
    "pfs": ("progression", "pd"),
    "ttp": ("progression", "pd"),
    "rfs": ("recurrence",),
    "dfs": ("recurrence",),
    "": ("death", "dead", "fustat"),
}
_HAPPENED = {"dead", "death", "died", "deceased", "event", "relapse", "relapsed", "progressed",
             "progression", "recurrence", "recurred", "死亡", "verstorben"}  # fmt: skip
_NOT = {"alive", "censored", "censor", "living", "no event", "存活", "lebt", "none"}


@dataclass(frozen=True)
class Times:
    """One endpoint: where its duration is, where its status, and what is open about each."""

    endpoint: str
    time: str
    status: str
    unit: str
    how: Mapping[str, Any]
    why: str
    about_endpoint: tuple[str, ...]
    about_time: tuple[str, ...]
    about_status: tuple[str, ...]


def times_of(
    columns: Mapping[str, Column], reader: Reader, endpoints: tuple[str, ...]
) -> list[Times]:
    """Find durations with the status that goes with them.

    Parameters
    ----------
    columns
        Those that are not certain to be something else.
    endpoints
        Names that the study knows besides the usual ones.
    """
    known = {*_ENDPOINTS, *(name.lower() for name in endpoints)}
    times: dict[str, list[str]] = {}
    statuses: dict[str, list[str]] = {}
    for header, column in columns.items():
        words = set(reader.name(header).words)
        bag = reader.name(header).bag
        named = words & known
        endpoint = named.pop() if len(named) == 1 else ""
        rest = words - {endpoint}
        if _is_duration(column) and (
            (endpoint and rest <= _TIME_WORDS | {"fu"}) or bag in _ANY_TIME
        ):
            times.setdefault(endpoint, []).append(header)
        elif _is_status(column) and (
            (endpoint and rest <= _STATUS_WORDS and (rest or endpoint)) or bag in _ANY_STATUS
        ):
            statuses.setdefault(endpoint, []).append(header)
    found = []
    for endpoint, headers in times.items():
        ends = {tuple(sorted(each.split())) for each in _ENDED_BY.get(endpoint, ())}
        own = statuses.get(endpoint) or [
            h for h, c in columns.items() if reader.name(h).bag in ends and _is_status(c)
        ]
        if not own and len(times) == 1:
            own = statuses.get("", []) or [h for each in statuses.values() for h in each]
        if own:
            found.append(_times(endpoint, headers, own, columns, reader))
    return found


def _is_duration(column: Column) -> bool:
    values = list(column.plain_numbers.values())
    return (
        column.filled > 0
        and column.share(column.plain_numbers) >= 0.95
        and min(values, default=-1) >= 0
        and len(values) > 4
        and not column.is_dates
    )


def _is_status(column: Column) -> bool:
    return 1 < len(column.known) <= 4 and not column.is_dates


def _times(
    endpoint: str,
    times: list[str],
    statuses: list[str],
    columns: Mapping[str, Column],
    reader: Reader,
) -> Times:
    time, status = times[0], statuses[0]
    name = reader.name(time)
    unit = {"d": "days", "day": "days", "mo": "months", "month": "months"}.get(name.unit, name.unit)
    about_time = [] if unit else ["days, weeks, months or years?"]
    if len(times) > 1:
        about_time.append(f"or {', '.join(times[1:3])}?")
    column = columns[status]
    how, why, about_status = _event(column, reader)
    if len(statuses) > 1:
        about_status.append(f"or {', '.join(statuses[1:3])}?")
    about = () if endpoint else ("which endpoint is this?",)
    return Times(
        {"": "OS", "dor": "DoR"}.get(endpoint, endpoint.upper()),
        time,
        status,
        unit or UNANSWERED,
        how,
        why,
        about,
        tuple(about_time),
        tuple(about_status),
    )


def _event(column: Column, reader: Reader) -> tuple[dict[str, Any], str, list[str]]:
    """Tell which codes are the event; only words tell it without a question."""
    meanings = {text: code(column.labels.get(text, text)) for text in column.known}
    yes, no = {code(w) for w in YES} | _HAPPENED, {code(w) for w in NO} | _NOT
    told = ", ".join(f"{text} ({column.known[text]} patients)" for text in sorted(column.known))
    if all(words in yes | no for words in meanings.values()):
        happened = sorted(text for text, words in meanings.items() if words in yes)
        censoring = "censored" in reader.name(column.name).words
        words_alone = any(words in _HAPPENED | _NOT for words in meanings.values())
        asked = []
        if not words_alone:
            asked = [f"which is the event? {told}"]
            if censoring:
                happened = sorted(set(column.known) - set(happened))
        return {"is": happened}, "values", asked
    codes = sorted(column.known)
    event = next((text for text, words in meanings.items() if words in _HAPPENED), "")
    if codes == ["0", "1"]:
        event = "0" if "censored" in reader.name(column.name).words else "1"
    elif codes == ["1", "2"]:
        event = "2"
    more = "; is another a competing event?" if len(codes) > 2 else ""
    return {"is": [event or UNANSWERED]}, "codes", [f"which is the event? {told}{more}"]

"""From proposed columns to the rows that they make: repeats, responses, adverse events."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.cohort.draft.columns import Key
from analysis.cohort.draft.fit import Fit, fit
from analysis.cohort.draft.match import Matcher
from analysis.cohort.draft.proposal import Line, Look, Part
from analysis.cohort.draft.survival import Times
from analysis.cohort.draft.words import code
from analysis.study.study import Study
from analysis.study.vocabulary import Spelling

_GRADE_WORDS = {"ae", "ctcae", "grade", "max", "worst", "largest"}


def parts_of(lines: Mapping[Key, list[Line]], look: Look, within: str, long: bool) -> list[Part]:
    """Put lines of one table into the parts that make its rows."""
    single: dict[str, list[Line]] = defaultdict(list)
    grouped: dict[str, dict[tuple[str, ...], list[Line]]] = defaultdict(lambda: defaultdict(list))
    for (target, group), found in lines.items():
        table = target.partition(".")[0]
        if group:
            grouped[table][group] += found
        else:
            single[table] += found
    parts = []
    for table, found in single.items():
        # A part in which nothing is in force is no rows.
        parts.append(Part(table, tuple(found)))
    for table, groups in grouped.items():
        if table == "assessments":
            parts += _responses(groups)
        else:
            parts += _repeated(table, groups)
    return [part for part in parts if part.lines]


def _repeated(table: str, groups: Mapping[tuple[str, ...], list[Line]]) -> list[Part]:
    """Put `RT1 start`, `RT2 start` into one part with `RT{} start`, where all else is alike."""
    alike: dict[tuple[tuple[str, str, bool], ...], list[tuple[str, list[Line]]]] = defaultdict(list)
    for (number,), lines in groups.items():
        shape = tuple(
            sorted(
                (line.column, _with_place(str(line.source), number), line.active) for line in lines
            )
        )
        alike[shape].append((number, lines))
    return [_as_one(table, found) for found in alike.values()]


def _with_place(header: str, number: str) -> str:
    """Give the header with `{}` where its number stands: the only one, or the first alone."""
    places = [m for m in re.finditer(r"\d+", header) if m[0] == number]
    if not places:
        return header
    return header[: places[0].start()] + "{}" + header[places[0].end() :]


def _as_one(table: str, found: Sequence[tuple[str, list[Line]]]) -> Part:
    if len(found) == 1:
        return Part(table, tuple(found[0][1]))
    numbers = tuple(number for number, _ in found)
    merged = []
    for column in dict.fromkeys(line.column for line in found[0][1]):
        same = [
            (number, line) for number, lines in found for line in lines if line.column == column
        ]
        for active in (True, False):
            of_it = [(number, line) for number, line in same if line.active is active]
            if of_it:
                merged.append(
                    _merged(
                        [line for _, line in of_it],
                        _with_place(str(of_it[0][1].source), of_it[0][0]),
                    )
                )
    return Part(table, tuple(merged), repeat=numbers)


def _merged(lines: Sequence[Line], source: str) -> Line:
    """Give one line for several columns: all values that any of them has, all questions."""
    how: dict[str, Any] = {}
    for line in lines:
        for key, value in line.how.items():
            if key == "values":
                how["values"] = {**how.get("values", {}), **value}
            elif key == "missing":
                how["missing"] = sorted({*how.get("missing", ()), *value})
            else:
                how.setdefault(key, value)
    questions: Counter[str] = Counter()
    # What a blank column would ask is answered by the others.
    telling = [line for line in lines if "blank for everybody" not in " ".join(line.questions)]
    for line in telling or lines:
        questions.update(line.questions)
    kinds = {
        tuple(sorted((k, str(v)) for k, v in line.how.items() if k not in ("values", "missing")))
        for line in telling
        if line.how
    }
    if len(kinds) > 1:
        questions["is each of these columns read alike? Their cells differ"] += 1
    return Line(
        lines[0].column,
        source,
        how,
        (telling or lines)[0].why,
        tuple(questions),
        lines[0].active,
        tuple(header for line in lines for header in line.headers),
        tuple(each for line in lines for each in line.fits),
    )


def _responses(groups: Mapping[tuple[str, ...], list[Line]]) -> list[Part]:
    """Put responses by criterion and region into one part where their names begin alike."""
    shapes: dict[tuple[tuple[str, str], ...], list[tuple[str, tuple[str, ...], list[Line]]]]
    shapes = defaultdict(list)
    apart: list[Part] = []
    for group, lines in groups.items():
        prefix = _common([str(line.source) for line in lines if line.active])
        if prefix and all(group) and group[0] in prefix and group[1] in prefix:
            shape = tuple(
                sorted(
                    (line.column, str(line.source)[len(prefix) :]) for line in lines if line.active
                )
            )
            shapes[shape].append((prefix, group, lines))
        else:
            apart.append(_response(group, lines))
    for found in shapes.values():
        if len(found) == 1:
            apart.append(_response(found[0][1], found[0][2]))
            continue
        prefixes = tuple(prefix for prefix, _, _ in found)
        criteria = "|".join(dict.fromkeys(re.escape(g[0]).replace(r"\ ", " ") for _, g, _ in found))
        regions = "|".join(dict.fromkeys(re.escape(g[1]).replace(r"\-", "-") for _, g, _ in found))
        lines = [
            Line("criterion", None, {"constant": "{}", "take": f"({criteria})"}, "in the names"),
            Line("region", None, {"constant": "{}", "take": f"({regions})"}, "in the names"),
        ]
        for column in dict.fromkeys(line.column for line in found[0][2] if line.active):
            same = [
                (prefix, line)
                for prefix, _, each in found
                for line in each
                if line.column == column and line.active
            ]
            prefix, first = same[0]
            lines.append(
                _merged([line for _, line in same], "{}" + str(first.source)[len(prefix) :])
            )
        apart.append(Part("assessments", tuple(lines), repeat=prefixes))
    return apart


def _common(names: Sequence[str]) -> str:
    """Give what names have in common at their beginning, up to the end of a word."""
    if len(names) < 2:
        return ""
    least, most = min(names), max(names)
    length = next(
        (i for i, (a, b) in enumerate(zip(least, most, strict=False)) if a != b), len(least)
    )
    found = re.match(r"(.*\S)(?=[\s_:/-])", least[: length + 1]) if length else None
    return found[1].rstrip(" _:/-") if found else ""


def _response(group: tuple[str, ...], lines: Sequence[Line]) -> Part:
    criterion, region = group
    told = [
        Line("criterion", None, {"constant": criterion or "RECIST 1.1"},
             "in the name" if criterion else "", () if criterion else ("which criterion?",)),
        Line("region", None, {"constant": region or "overall"},
             "in the name" if region else "", () if region else ("which region?",)),
    ]  # fmt: skip
    return Part("assessments", (*told, *lines))


def events_of(look: Look, matcher: Matcher, study: Study, used: set[str]) -> Part | None:
    """Find columns of grades, one for each adverse event: `AE Nausea`, `Nausea grade`, `Nausea`."""
    schema = matcher.tables["adverse_events"].schema.columns["grade"]
    grades: dict[str, Fit] = {}
    for header, column in look.columns.items():
        if header in used or any(float(v) > 5 for v in column.plain_numbers.values()):
            continue
        name = matcher.reader.name(header)
        found = fit("adverse_events.grade", schema, Spelling(), column, name, look.orders)
        if found is not None:
            grades[header] = found
    for where in ("before", "after"):
        by_mark: dict[str, dict[str, str]] = defaultdict(dict)
        for header in look.columns:
            cut = re.fullmatch(
                r"([^\W\d_]+[\s_:.-]+)(.+)" if where == "before" else r"(.+?)([\s_:.-]+[^\W\d_]+)",
                header,
            )
            if cut:
                mark, term = (cut[1], cut[2]) if where == "before" else (cut[2], cut[1])
                if set(matcher.reader.words(mark)) <= _GRADE_WORDS:
                    by_mark[mark][header] = term
        for mark, terms in by_mark.items():
            fitting = {h: t for h, t in terms.items() if h in grades and h not in used}
            if len(fitting) < 2:
                continue
            escaped = re.escape(mark).replace(r"\ ", " ")
            pattern = f"{escaped}(.+)" if where == "before" else f"(.+){escaped}"
            source = mark + "{}" if where == "before" else "{}" + mark
            all_fit = len(fitting) == len(
                [h for h in map(str, look.sheet.frame.columns) if re.fullmatch(pattern, h)]
            )
            return _of_events(
                fitting, grades, source, look, columns=pattern if all_fit else "", sure=True
            )
    known = {code(term) for group in study.event_groups for term in (*group.terms, group.label)}
    bare = {header: header for header in grades if code(header) in known and header not in used}
    if len(bare) >= 2:
        return _of_events(bare, grades, "{}", look, columns="", sure=False)
    return None


def _of_events(
    terms: Mapping[str, str],
    grades: Mapping[str, Fit],
    source: str,
    look: Look,
    columns: str,
    sure: bool,
) -> Part:
    top = max((v for h in terms for v in look.columns[h].plain_numbers.values()), default=0.0)
    lines = [_line_of(header, grades[header]) for header in terms]
    merged = _merged(lines, source)
    ask = tuple(q for q in merged.questions if "blank for everybody" not in q)
    if top <= 1:
        ask = (*ask, "no number is above 1: grades, or 1 for yes?")
    if not sure:
        ask = (*ask, "worst CTCAE grades during treatment, or illnesses before it?")
    how = dict(merged.how)
    if any("0" in look.columns[h].known for h in terms):
        how |= {"values": {"0": ""}, "otherwise": "same"}
    merged = replace(merged, how=how, questions=ask, why=f"names of {len(terms)} columns; grades")
    term = Line("term", None, {"constant": "{}"}, "in the names", ask[:0])
    repeat = () if columns else tuple(terms.values())
    return Part("adverse_events", (term, merged), repeat=repeat, columns=columns)


def _line_of(header: str, found: Fit) -> Line:
    return Line("grade", header, found.how, found.why, found.questions, True, (header,), (found,))


def part_of_times(times: Times, dated: set[str]) -> Part:
    """Give the part of an endpoint that is recorded as a duration and a status."""
    redundant = {"death_date", "last_contact_date"} <= dated and times.endpoint in ("OS", "PFS")
    active = not redundant
    extra = ("the dates of follow_up say it already: take this instead?",) if redundant else ()
    how: dict[str, Any] = {} if times.unit == "days" else {"unit": times.unit}
    days = Line(
        "days", times.time, how, "name; numbers", (*times.about_time, *extra), active,
        (times.time,), (Fit(""),),
    )  # fmt: skip
    event = Line(
        "event", times.status, times.how, f"name; {times.why}", (*times.about_status, *extra),
        active, (times.status,), (Fit(""),),
    )  # fmt: skip
    endpoint = Line(
        "endpoint", None, {"constant": times.endpoint}, "in the names",
        times.about_endpoint, active,
    )  # fmt: skip
    return Part("time_to_event", (endpoint, days, event))

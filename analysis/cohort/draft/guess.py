"""From the sheets of a source to what each of their columns probably is, and what must be asked."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.cohort.draft.fit import UNANSWERED, Fit, Orders, fit, formats_of, orders_of
from analysis.cohort.draft.match import REPEATED, Match, Matcher, Strength
from analysis.cohort.draft.profile import Column
from analysis.cohort.draft.survival import Times, times_of
from analysis.cohort.draft.vocabulary import GENERAL, TABLE_WORDS, TOTALS
from analysis.cohort.draft.words import Name, Reader, code
from analysis.cohort.intake.sheet import Sheet
from analysis.cohort.schema import tables_of
from analysis.study.columns import Table
from analysis.study.own import OWN
from analysis.study.study import Study
from analysis.study.vocabulary import Spelling

ID = "patient_id"
# With as many of the study's own columns, and treatments, patients are taken for such as it has.
_OF_THE_STUDY = 5
_GRADE_WORDS = {"ae", "ctcae", "grade", "max", "worst", "largest"}
# Longer names are texts that stand where a header was looked for.
_LONGEST_NAME = 120


@dataclass(frozen=True)
class Line:
    """One column of the schema, and the column of the source that it is proposed to be.

    Attributes
    ----------
    column
        Of the schema.
    source
        Of the source; `{}` stands for what is repeated. None for a constant.
    how
        What the declaration says besides.
    why
        What speaks for it.
    questions
        What is open; a line without any is certain.
    active
        False: only proposed, in a comment.
    headers
        All columns of the source that it stands for.
    fits
        How each of them is read.
    """

    column: str
    source: str | None
    how: Mapping[str, Any]
    why: str
    questions: tuple[str, ...] = ()
    active: bool = True
    headers: tuple[str, ...] = ()
    fits: tuple[Fit, ...] = ()

    def asking(self, question: str) -> Line:
        """Give the line with one more question."""
        return replace(self, questions=tuple(dict.fromkeys((*self.questions, question))))


@dataclass(frozen=True)
class Part:
    """Lines that make rows of one table from one sheet."""

    table: str
    lines: tuple[Line, ...]
    repeat: tuple[str, ...] = ()
    columns: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Look:
    """One sheet, and what is proposed of it.

    Attributes
    ----------
    sheet
        As it was read.
    columns
        Those with a name of their own.
    twice
        Names that stand over several columns.
    parts
        What is proposed.
    identifying
        Columns that may tell who a patient is.
    ends_at
        The column that is blank where the patients end, '' where no rows follow them.
    remarks
        What is worth knowing of the sheet.
    told_by
        The column whose codes tell the rows of one patient apart.
    """

    sheet: Sheet
    columns: dict[str, Column]
    twice: tuple[str, ...]
    parts: list[Part] = field(default_factory=list)
    identifying: tuple[str, ...] = ()
    ends_at: str = ""
    remarks: list[str] = field(default_factory=list)
    told_by: str = ""

    @cached_property
    def orders(self) -> Orders:
        """How dates are written in it."""
        return orders_of(self.columns.values())

    @property
    def proposed(self) -> set[str]:
        """Columns of the source that a line in force is about."""
        return {h for part in self.parts for line in part.lines if line.active for h in line.headers}

    @property
    def mentioned(self) -> set[str]:
        """Columns of the source that any line is about."""
        told = {self.told_by} if self.told_by else set()
        return {h for part in self.parts for line in part.lines for h in line.headers} | told


@dataclass
class Guess:
    """What is proposed of all sheets.

    Attributes
    ----------
    study
        'own' where the patients are not such as the study has.
    looks
        Sheet by sheet.
    tables
        The schema that lines are of.
    """

    study: str
    looks: list[Look]
    tables: Mapping[str, Table]


def guess(sheets: Sequence[Sheet], study: Study) -> Guess:
    """Guess what the columns of sheets are.

    Parameters
    ----------
    sheets
        Of one source.
    study
        That of the project; where the patients are not such as it has, the guess is of `study: own`.
    """
    reader = Reader(GENERAL | study.vocabulary)
    matcher = Matcher(tables_of(study), reader)
    looks = [_look(sheet, matcher) for sheet in sheets]
    ids = _ids(looks, matcher)
    for look in looks:
        _propose(look, matcher, ids, study)
    own = set(study.patient_columns) - set(OWN.patient_columns)
    found = {
        line.column
        for look in looks
        for part in look.parts
        if part.table == "patients"
        for line in part.lines
        if line.active and line.column in own
    }
    treated = any(part.table in REPEATED for look in looks for part in look.parts)
    if not own or (len(found) >= _OF_THE_STUDY and treated) or len(found) >= 2 * _OF_THE_STUDY:
        return Guess("" if own else "own", looks, matcher.tables)
    for look in looks:
        look.parts = [_without(part, own) for part in look.parts]
    return Guess("own", looks, tables_of(OWN))


def _without(part: Part, columns: set[str]) -> Part:
    if part.table != "patients":
        return part
    return replace(part, lines=tuple(line for line in part.lines if line.column not in columns))


# --- sheets ---------------------------------------------------------------------------------------


def _look(sheet: Sheet, matcher: Matcher) -> Look:
    frame = sheet.frame
    ends_at, kept = _end(frame, matcher)
    names = Counter(map(str, frame.columns))
    columns = {
        name: Column(
            name,
            kept[name],
            sheet.labels.get(name),
            sheet.titles.get(name, ""),
            name in sheet.dated,
        )
        for name, n in names.items()
        if n == 1 and name and len(name) <= _LONGEST_NAME and name.isprintable() and "{}" not in name
    }
    twice = tuple(name for name, n in names.items() if n > 1)
    identifying = tuple(
        name
        for name in columns
        if matcher.is_identifying(matcher.reader.name(name), name) or _tells_who(columns[name])
    )
    return Look(sheet, columns, twice, identifying=identifying, ends_at=ends_at)


def _tells_who(column: Column) -> bool:
    """Tell whether cells look like addresses of e-mail or numbers of telephones."""
    texts = column.known
    reach = [t for t in texts if re.fullmatch(r"\S+@\S+\.\S+|\+?\d[\d ()/-]{8,}\d", t)]
    dates = column.dates.written
    return not dates and len(texts) > 1 and column.share(reach) > 0.5 and not column.plain_numbers


def _end(frame: pd.DataFrame, matcher: Matcher) -> tuple[str, pd.DataFrame]:
    """Find where patients end and totals or remarks follow: the column that is blank from there."""
    for name in map(str, frame.columns):
        cells = frame[name]
        if isinstance(cells, pd.DataFrame) or not name:
            continue
        matches = matcher.matches(matcher.reader.name(name))
        if not any(each.column == ID and each.strength > Strength.PART for each in matches):
            continue
        rows = list(frame.index)
        gaps = [place for place in range(1, len(rows)) if rows[place] > rows[place - 1] + 1]
        blank = [place for place, cell in enumerate(cells.isna()) if cell]
        last = min([*gaps, *blank], default=len(rows))
        # What follows must be little, and be hardly filled, or it is patients after a gap.
        after = frame.iloc[last:]
        width = frame.iloc[:last].notna().sum(axis=1).median() if last else 0
        hardly = after.notna().sum(axis=1) < 0.3 * width
        total = after[name].map(lambda text: isinstance(text, str) and _is_total(text))
        if last >= 0.8 * len(rows) and len(after) and (hardly | total).all():
            return name, frame.iloc[:last]
    return "", frame


def _is_total(text: str) -> bool:
    return code(text).split(" ")[0] in TOTALS or text.strip().lower().startswith("n=")


def _ids(looks: Sequence[Look], matcher: Matcher) -> dict[int, tuple[str, tuple[str, ...], str]]:
    """Give the column that names the patient of each sheet, with what is open about it, and why."""
    found: dict[int, list[tuple[str, Match]]] = {}
    for place, look in enumerate(looks):
        found[place] = [
            (name, match)
            for name, column in look.columns.items()
            for match in matcher.matches(matcher.reader.name(name))
            if match.target == f"patients.{ID}"
            and match.strength > Strength.PART
            and name not in look.identifying
            and column.filled >= 0.95 * len(column.cells)
            and column.filled > 0
            and not column.is_dates
        ]
    chosen: dict[int, tuple[str, tuple[str, ...], str]] = {}
    several = len(looks) > 1
    for place, candidates in found.items():
        look = looks[place]
        if not candidates:
            continue

        def rank(candidate: tuple[str, Match], here: int = place) -> tuple[float, ...]:
            name, match = candidate
            mine = set(looks[here].columns[name].known)
            shared = max(
                (
                    len(mine & set(looks[other].columns[theirs].known)) / len(mine)
                    for other in found
                    if other != here
                    for theirs, _ in found[other]
                ),
                default=0.0,
            )
            numbered = float("number" in matcher.reader.name(name).words)
            return (round(shared, 1), float(match.strength), -numbered)

        candidates = sorted(candidates, key=rank, reverse=True)
        name, match = candidates[0]
        questions = [match.question] if match.question else []
        top = [other for other, _ in candidates[1:] if rank((other, _))[:2] == rank(candidates[0])[:2]]
        if top:
            questions.append(f"or {', '.join(top)}?")
        if several and rank(candidates[0])[0] < 0.5 and len(found) > 1:
            questions.append("hardly any of these is in another table: is it the same identifier?")
        totals = [text for text in look.columns[name].known if _is_total(text)]
        if totals:
            questions.append(f"{', '.join(totals[:2])} is no patient: take the row out of the file?")
        n = len(look.columns[name].known)
        chosen[place] = (name, tuple(questions), f"name; {n} different")
    return {id(looks[place]): value for place, value in chosen.items()}


def _table_of(look: Look, matcher: Matcher, long: bool) -> str:
    """Give the table that a sheet is of: by its columns, by its name, or by what fits; or ''."""
    names = {name.strip().casefold() for name in look.columns}
    alike = {
        table.name: len(names & set(table.schema.columns) - {ID})
        for table in matcher.tables.values()
    }
    likest = max(alike, key=lambda table: alike[table])
    if alike[likest] >= max(1, 0.6 * (len(names) - 1)):
        return likest
    words = " ".join(matcher.reader.words(_own_name(look.sheet.name)))
    for table, known in TABLE_WORDS.items():
        if table in matcher.tables and any(
            re.search(rf"(?<!\w){re.escape(word)}(?!\w)", words)
            for each in known
            for word in [" ".join(matcher.reader.words(each))]
        ):
            return table
    if not long:
        return ""
    scores = {}
    for table in matcher.tables.values():
        if table.key == (ID,):
            continue
        hits = {
            match.column
            for name in look.columns
            for match in matcher.matches(matcher.reader.name(name), table.name)
            if match.table == table.name and match.strength is Strength.SURE
        }
        if len(hits) >= 2 and set(table.key) - {ID} & hits:
            scores[table.name] = len(hits)
    return max(scores, key=lambda name: scores[name], default="")


def _own_name(sheet: str) -> str:
    for mark in (", sheet ", ", table "):
        if mark in sheet:
            return sheet.split(mark, 1)[1]
    return re.sub(r"\.\w+$", "", sheet)


# --- columns --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Candidate:
    header: str
    match: Match
    fit: Fit

    @property
    def questions(self) -> tuple[str, ...]:
        asked = [self.match.question] if self.match.question else []
        return (*asked, *self.fit.questions)


def _propose(
    look: Look,
    matcher: Matcher,
    ids: Mapping[int, tuple[str, tuple[str, ...], str]],
    study: Study,
) -> None:
    named = ids.get(id(look))
    id_name = named[0] if named else ""
    cells = look.columns[id_name].cells if id_name else pd.Series(dtype=object)
    long = bool(id_name) and bool(cells.dropna().duplicated().any())
    within = _table_of(look, matcher, long)
    if long and not within:
        by = _told_apart(look, id_name)
        if not by:
            look.remarks.append("there are several rows a patient: of which table are they?")
            return
        _propose_by(look, by, matcher, ids, study)
        return
    id_line = (
        Line(ID, id_name, {}, named[2], named[1], headers=(id_name,), fits=(Fit(""),))
        if named
        else None
    )
    used: set[str] = {id_name} | set(look.identifying)
    events = None if long else _events(look, matcher, study, used)
    if events is not None:
        used |= {header for line in events.lines for header in line.headers}
    found = list(_candidates(look, matcher, within, long, used))
    lines = _decided(found, look, matcher)
    # Several responses are told by criterion and region; a long sheet has a row for each.
    if not long:
        durations = times_of(
            {n: c for n, c in look.columns.items() if n not in used and n not in _sure(lines)},
            matcher.reader,
            tuple(endpoint.name for endpoint in study.endpoints),
        )
    else:
        durations = []
    parts = _parts(lines, look, within, long)
    if events is not None:
        parts.append(events)
    dated = {line.column for part in parts if part.table == "follow_up" for line in part.lines}
    for times in durations:
        parts.append(_of_times(times, dated))
    if id_line is None and parts:
        look.remarks.append("no column names the patient")
        id_line = Line(ID, None, {}, "", ("which column names the patient?",), active=False)
    if id_line is not None:
        if not parts:
            parts = [Part(within or "patients", ())]
        parts = [replace(part, lines=(id_line, *part.lines)) for part in parts]
    order = list(matcher.tables)
    look.parts = sorted(_checked(parts, look, matcher), key=lambda part: order.index(part.table))


def _told_apart(look: Look, id_name: str) -> str:
    """Give the column of few codes by which the rows of a patient differ: the endpoint of each."""
    ids = look.columns[id_name].cells
    for header, column in look.columns.items():
        if header != id_name and 1 < len(column.known) <= 6 and column.filled == len(column.cells):
            rows = pd.DataFrame({"id": ids, "of": column.cells})
            if not rows.duplicated().any() and rows.groupby("id")["of"].nunique().min() > 1:
                return header
    return ""


def _propose_by(
    look: Look,
    by: str,
    matcher: Matcher,
    ids: Mapping[int, tuple[str, tuple[str, ...], str]],
    study: Study,
) -> None:
    """Propose patients of the rows of one code, and endpoints of those of each."""
    codes = sorted(look.columns[by].known)
    rows = {text: look.columns[by].cells == text for text in codes}
    for place, text in enumerate(codes):
        some = Look(
            look.sheet,
            {h: replace_cells(c, c.cells[rows[text]]) for h, c in look.columns.items() if h != by},
            look.twice,
            identifying=look.identifying,
        )
        _propose(some, matcher, {id(some): ids[id(look)]}, study)
        for part in some.parts:
            if part.table == "time_to_event":
                lines = tuple(
                    replace(line, how={"constant": UNANSWERED}, questions=(
                        f"which endpoint is {by} {text}?",)) if line.column == "endpoint" else line
                    for line in part.lines
                )
                look.parts.append(replace(part, lines=lines, where={by: (text,)}))
            elif part.table == "patients" and place == 0:
                look.parts.insert(0, replace(part, where={by: (text,)}))
    look.told_by = by


def replace_cells(column: Column, cells: pd.Series) -> Column:
    """Give a column of some rows."""
    return Column(column.name, cells, column.labels, column.title, column.dated)


def _sure(lines: Mapping[tuple[str, tuple[str, ...]], list[Line]]) -> set[str]:
    return {
        header
        for found in lines.values()
        for line in found
        if line.active and not line.questions
        for header in line.headers
    }


def _candidates(
    look: Look, matcher: Matcher, within: str, long: bool, used: set[str]
) -> Iterator[_Candidate]:
    exact = {
        column
        for table in matcher.tables.values()
        if table.name == within
        for column in table.schema.columns
    }
    for header, column in look.columns.items():
        if header in used:
            continue
        name = matcher.reader.name(header)
        matches = matcher.matches(name, within)
        if column.title:
            matches = _with_title(matches, matcher.matches(matcher.reader.name(column.title), within))
        if within and header.strip().casefold() in exact:
            matches = [Match(within, header.strip().casefold(), Strength.SURE)]
            # The schema's own name stands for its own unit.
            described = matcher.tables[within].schema.columns[matches[0].column]
            name = replace(name, unit=str((described.metadata or {}).get("unit", "")))
        elif "_" in header:
            matches = _by_schema(header, matcher) or matches
        if {"dose", "fractions"} < set(name.words) | {"rt"} and "dose" in name.words:
            matches += _both(name, matcher, within)
        for match in matches:
            if match.column == ID or (long and match.table != within):
                continue
            table = matcher.tables[match.table]
            spelling = matcher.reader.vocabulary.columns.get(match.target, Spelling())
            found = fit(
                match.target,
                table.schema.columns[match.column],
                spelling,
                column,
                name,
                look.orders,
            )
            if found is not None:
                yield _Candidate(header, match, found)


def _by_schema(header: str, matcher: Matcher) -> list[Match]:
    """A name of two words that is the schema's own is no other."""
    plain = header.strip().casefold()
    return [
        Match(table.name, plain, Strength.SURE)
        for table in matcher.tables.values()
        if plain in table.schema.columns and plain != ID and table.key == (ID,)
    ]


def _with_title(by_name: list[Match], by_title: list[Match]) -> list[Match]:
    """Name and title must agree, or it is asked; a name that says nothing leaves it to the title."""
    named = {match.target for match in by_name if match.strength > Strength.PART}
    found = [match for match in by_name if match.strength > Strength.PART]
    for match in by_title:
        if match.strength is Strength.PART:
            continue
        if not named:
            found.append(match)
        elif match.target not in named:
            words = f"its title says {match.column}"
            found.append(replace(match, strength=Strength.ASKED, question=words + "?"))
            found = [
                replace(m, strength=Strength.ASKED, question=m.question or words + "?")
                for m in found
            ]
    return found or by_name


def _both(name: Name, matcher: Matcher, within: str) -> list[Match]:
    """`RT1 dose/fx` holds two things."""
    rest = [word for word in name.words if word not in ("dose", "fractions", "total")]
    numbers = tuple(word for word in rest if word.isdigit())
    rest = [word for word in rest if not word.isdigit()]
    if (rest == ["rt"] or (not rest and within == "radiotherapy")) and len(numbers) < 2:
        return [
            Match("radiotherapy", column, Strength.SURE, group=numbers)
            for column in ("dose_gy", "fractions")
        ]
    return []


_Key = tuple[str, tuple[str, ...]]


def _decided(
    found: Sequence[_Candidate], look: Look, matcher: Matcher
) -> dict[_Key, list[Line]]:
    """Give the lines of each column of the schema: one in force, others as comments.

    A column of the source goes to where its name is surest; a column of the schema takes the
    source's whose name is surest. Where either leaves a choice, it is asked.
    """
    best: dict[str, Strength] = defaultdict(lambda: Strength.PART)
    for each in found:
        best[each.header] = max(best[each.header], each.match.strength)
    kept = [each for each in found if each.match.strength == best[each.header]]
    claims: dict[str, list[_Candidate]] = defaultdict(list)
    for each in kept:
        claims[each.header].append(each)
    targets: dict[_Key, list[_Candidate]] = defaultdict(list)
    for each in kept:
        targets[each.match.target, each.match.group].append(each)

    lines: dict[_Key, list[Line]] = defaultdict(list)
    taken: set[str] = set()
    # The sure ones first: what they take is no longer open to others.
    order = sorted(
        targets,
        key=lambda key: (-max(c.match.strength for c in targets[key]), len(targets[key])),
    )
    for key in order:
        candidates = [
            c for c in targets[key] if c.header not in taken or _is_shared(c, claims[c.header])
        ]
        if not candidates:
            continue
        top = max(candidate.match.strength for candidate in candidates)
        first, *others = sorted(
            (c for c in candidates if c.match.strength == top),
            key=lambda c: (len(c.questions), -look.columns[c.header].filled),
        )
        rivals = [
            c.match.target
            for c in claims[first.header]
            if c.match.target != first.match.target and not _is_shared(c, claims[first.header])
        ]
        asked = list(first.questions)
        if others:
            asked.append(f"or {', '.join(other.header for other in others[:3])}?")
        if rivals and top is not Strength.PART:
            asked.append(f"or {', '.join(sorted(set(rivals)))}?")
        active = top is not Strength.PART
        lines[key].append(_line(first, tuple(asked), active))
        if active:
            taken.add(first.header)
        for other in others[:3]:
            lines[key].append(_line(other, (*other.questions, "this one?"), False))
    return lines


def _is_shared(candidate: _Candidate, claims: Sequence[_Candidate]) -> bool:
    """Tell whether a column holds several things: dose and fractions in one cell."""
    both = {"radiotherapy.dose_gy", "radiotherapy.fractions"}
    return candidate.match.target in both and both <= {each.match.target for each in claims}


def _line(candidate: _Candidate, questions: tuple[str, ...], active: bool) -> Line:
    why = "name" if candidate.match.strength is not Strength.PART else "part of its name"
    return Line(
        candidate.match.column,
        candidate.header,
        candidate.fit.how,
        f"{why}; {candidate.fit.why}",
        questions,
        active,
        (candidate.header,),
        (candidate.fit,),
    )


# --- parts ----------------------------------------------------------------------------------------


def _parts(
    lines: Mapping[_Key, list[Line]], look: Look, within: str, long: bool
) -> list[Part]:
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
            sorted((line.column, _with_place(str(line.source), number), line.active) for line in lines)
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
                merged.append(_merged([line for _, line in of_it], _with_place(
                    str(of_it[0][1].source), of_it[0][0])))
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
                sorted((line.column, str(line.source)[len(prefix) :]) for line in lines if line.active)
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
        regions = "|".join(dict.fromkeys(re.escape(g[1]) .replace(r"\-", "-") for _, g, _ in found))
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
            lines.append(_merged([l for _, l in same], "{}" + str(first.source)[len(prefix) :]))
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


def _events(look: Look, matcher: Matcher, study: Study, used: set[str]) -> Part | None:
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
    known = {
        code(term)
        for group in study.event_groups
        for term in (*group.terms, group.label)
    }
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
    lines = [
        _line_of(header, grades[header]) for header in terms
    ]
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


def _of_times(times: Times, dated: set[str]) -> Part:
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


# --- what must hold between columns ----------------------------------------------------------------

_IN_ORDER = (
    ("birth_date", "enrolment_date"),
    ("enrolment_date", "progression_date"),
    ("enrolment_date", "last_contact_date"),
    ("enrolment_date", "death_date"),
    ("progression_date", "last_imaging_date"),
    ("progression_date", "last_contact_date"),
    ("progression_date", "death_date"),
    ("progression_date", "in_field_relapse_date"),
    ("progression_date", "out_field_relapse_date"),
    ("last_imaging_date", "last_contact_date"),
    ("last_imaging_date", "death_date"),
    ("last_contact_date", "death_date"),
)
# What is known of every patient, or the column is another.
_OF_EVERYBODY = ("birth_date", "enrolment_date", "last_imaging_date", "last_contact_date")


def _checked(parts: Sequence[Part], look: Look, matcher: Matcher) -> list[Part]:
    """Ask about dates that do not stand in the order in which they happen, and ages that differ."""
    by_column: dict[str, str] = {}
    for part in parts:
        for line in part.lines:
            one = line.active and len(line.headers) == 1 and part.table in ("patients", "follow_up")
            if one and line.column != ID:
                by_column[line.column] = line.headers[0]
    days = {
        column: look.columns[header].days(formats_of(look.columns[header], look.orders)[0])
        for column, header in by_column.items()
        if column.endswith("_date") and header in look.columns
    }
    asked: dict[str, list[str]] = defaultdict(list)
    for earlier, later in _IN_ORDER:
        if earlier in days and later in days:
            both = days[earlier].notna() & days[later].notna()
            wrong = int((days[earlier] > days[later])[both].sum())
            if wrong > 0.03 * both.sum():
                words = f"of {both.sum()} patients, {wrong} have {earlier} after {later}"
                for column in (earlier, later):
                    asked[column].append(words)
    for column in _OF_EVERYBODY:
        if column in days:
            blank = int(days[column].isna().sum())
            if blank > 0.2 * len(days[column]):
                asked[column].append(f"blank in {blank} of {len(days[column])}: not known of them?")
    if "last_contact_date" in days:
        for header, column in look.columns.items():
            if header in by_column.values() or not column.is_dates:
                continue
            other = column.days(formats_of(column, look.orders)[0])
            both = other.notna() & days["last_contact_date"].notna()
            later = int((other > days["last_contact_date"])[both].sum())
            if later > 0.3 * max(int(both.sum()), 1):
                asked["last_contact_date"].append(f"{header} is later in {later} patients")
    treated = _treated(parts, look)
    for column in ("last_contact_date", "death_date"):
        if column in days and treated is not None:
            wrong = int((treated > days[column]).sum())
            if wrong > 0.03 * int((treated.notna() & days[column].notna()).sum()):
                asked[column].append(f"{wrong} patients were treated after it")
    if {"birth_date", "enrolment_date"} <= set(days) and "age_years" in by_column:
        age = look.columns[by_column["age_years"]]
        told = pd.to_numeric(age.cells, errors="coerce")
        counted = (days["enrolment_date"] - days["birth_date"]).dt.days / 365.25
        differ = ((told - counted).abs() > 1.1) & told.notna() & counted.notna()
        if differ.sum() > 0.05 * max(int(counted.notna().sum()), 1):
            asked["age_years"].append(
                f"{int(differ.sum())} differ from enrolment_date less birth_date: age when?"
            )
    checked = []
    for part in parts:
        lines = []
        for line in part.lines:
            if line.active and part.table in ("patients", "follow_up"):
                for words in asked.get(line.column, []):
                    line = line.asking(words)
            lines.append(line)
        checked.append(_in_their_order(replace(part, lines=tuple(lines)), look))
    return checked


def _treated(parts: Sequence[Part], look: Look) -> pd.Series | None:
    """Give the last day on which each patient of a sheet was treated."""
    ends = [
        look.columns[header].days(formats_of(look.columns[header], look.orders)[0])
        for part in parts
        if part.table in REPEATED
        for line in part.lines
        if line.active and line.column in ("start_date", "end_date")
        for header in line.headers
    ]
    return pd.concat(ends, axis=1).max(axis=1) if ends else None


def _in_their_order(part: Part, look: Look) -> Part:
    """Ask where treatments end before they begin."""
    by_column = {line.column: line for line in part.lines if line.active}
    if not {"start_date", "end_date"} <= set(by_column):
        return part
    wrong = n = 0
    pairs = zip(by_column["start_date"].headers, by_column["end_date"].headers, strict=False)
    for start, end in pairs:
        read = [look.columns[h].days(formats_of(look.columns[h], look.orders)[0]) for h in (start, end)]
        both = read[0].notna() & read[1].notna()
        n += int(both.sum())
        wrong += int((read[0] > read[1])[both].sum())
    if wrong <= 0.03 * n:
        return part
    words = f"{wrong} of {n} end before they begin"
    return replace(
        part,
        lines=tuple(
            line.asking(words) if line.column in ("start_date", "end_date") else line
            for line in part.lines
        ),
    )


def headers(looks: Iterable[Look]) -> list[str]:
    """Give the names of all columns of the source."""
    return [str(name) for look in looks for name in look.sheet.frame.columns]

"""Which column of the source goes to which of the schema, where several could."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.cohort.draft.fit import Fit, fit
from analysis.cohort.draft.match import Match, Matcher, Strength
from analysis.cohort.draft.profile import Column
from analysis.cohort.draft.proposal import ID, Line, Look
from analysis.cohort.draft.words import Name
from analysis.study.vocabulary import Spelling

Key = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Candidate:
    """A column of the source, what its name may mean, and how its cells fit that."""

    header: str
    match: Match
    fit: Fit

    @property
    def questions(self) -> tuple[str, ...]:
        """What the name and the cells leave open."""
        asked = [self.match.question] if self.match.question else []
        return (*asked, *self.fit.questions)


def candidates(
    look: Look, matcher: Matcher, within: str, long: bool, used: set[str]
) -> Iterator[Candidate]:
    """Give what each column of a sheet may be, by its name, where its cells can be that.

    Parameters
    ----------
    look, matcher
        The sheet, and what finds columns of the schema by name.
    within
        The table that the sheet is of, '' where it is of several.
    long
        Whether it has several rows a patient; it is then of one table alone.
    used
        Columns that are something already.
    """
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
            matches = _with_title(
                matches, matcher.matches(matcher.reader.name(column.title), within)
            )
        if within and header.strip().casefold() in exact:
            matches = [Match(within, header.strip().casefold(), Strength.SURE)]
            # The schema's own name stands for its own unit.
            described = matcher.tables[within].schema.columns[matches[0].column]
            name = replace(name, unit=str((described.metadata or {}).get("unit", "")))
        elif "_" in header:
            matches = _by_schema(header, matcher) or matches
        if {"dose", "fractions"} < set(name.words) | {"rt"} and "dose" in name.words:
            matches = matches + _both(name, matcher, within)
        matches = matches + _hidden(matches, column)
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
                yield Candidate(header, match, found)


def _by_schema(header: str, matcher: Matcher) -> list[Match]:
    """A name of two words that is the schema's own is no other."""
    plain = header.strip().casefold()
    return [
        Match(table.name, plain, Strength.SURE)
        for table in matcher.tables.values()
        if plain in table.schema.columns and plain != ID and table.key == (ID,)
    ]


def _with_title(by_name: list[Match], by_title: list[Match]) -> list[Match]:
    """Ask where name and title disagree; a name that says nothing leaves it to the title."""
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


def _hidden(matches: list[Match], column: Column) -> list[Match]:
    """A dose that is written `54Gy/27f` holds the fractions too."""
    found = {match.target for match in matches}
    if "radiotherapy.dose_gy" not in found or "radiotherapy.fractions" in found:
        return []
    if column.plain_numbers or not column.known:
        return []
    return [replace(m, column="fractions") for m in matches if m.target == "radiotherapy.dose_gy"]


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


def decided(found: Sequence[Candidate], look: Look, matcher: Matcher) -> dict[Key, list[Line]]:
    """Give the lines of each column of the schema: one in force, others as comments.

    A column of the source goes to where its name is surest; a column of the schema takes the
    source's whose name is surest. Where either leaves a choice, it is asked.
    """
    best: dict[str, Strength] = defaultdict(lambda: Strength.PART)
    for each in found:
        best[each.header] = max(best[each.header], each.match.strength)
    kept = [each for each in found if each.match.strength == best[each.header]]
    claims: dict[str, list[Candidate]] = defaultdict(list)
    for each in kept:
        claims[each.header].append(each)
    targets: dict[Key, list[Candidate]] = defaultdict(list)
    for each in kept:
        targets[each.match.target, each.match.group].append(each)

    lines: dict[Key, list[Line]] = defaultdict(list)
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


def _is_shared(candidate: Candidate, claims: Sequence[Candidate]) -> bool:
    """Tell whether a column holds several things: dose and fractions in one cell."""
    both = {"radiotherapy.dose_gy", "radiotherapy.fractions"}
    return candidate.match.target in both and both <= {each.match.target for each in claims}


def _line(candidate: Candidate, questions: tuple[str, ...], active: bool) -> Line:
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

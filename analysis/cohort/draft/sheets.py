"""What a sheet is: where its patients end, which column names them, of which table it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from analysis.cohort.draft.match import Match, Matcher, Strength
from analysis.cohort.draft.profile import Column
from analysis.cohort.draft.proposal import ID, Look
from analysis.cohort.draft.vocabulary import TABLE_WORDS, TOTALS
from analysis.cohort.draft.words import code
from analysis.cohort.intake.sheet import Sheet

# Longer names are texts that stand where a header was looked for.
# The column that names the patient, what is open about it, and why it is taken.
Named = tuple[str, tuple[str, ...], str]
LONGEST_NAME = 120


def look_at(sheet: Sheet, matcher: Matcher) -> Look:
    """Give a sheet with its columns, as far as its patients go."""
    frame = sheet.frame.astype(object)
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
        if n == 1 and name and len(name) <= LONGEST_NAME and name.isprintable() and "{}" not in name
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


def identifiers(looks: Sequence[Look], matcher: Matcher) -> dict[int, Named]:
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
    chosen: dict[int, Named] = {}
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
        top = [
            other for other, _ in candidates[1:] if rank((other, _))[:2] == rank(candidates[0])[:2]
        ]
        if top:
            questions.append(f"or {', '.join(top)}?")
        if several and rank(candidates[0])[0] < 0.5 and len(found) > 1:
            questions.append("hardly any of these is in another table: is it the same identifier?")
        totals = [text for text in look.columns[name].known if _is_total(text)]
        if totals:
            questions.append(
                f"{', '.join(totals[:2])} is no patient: take the row out of the file?"
            )
        n = len(look.columns[name].known)
        chosen[place] = (name, tuple(questions), f"name; {n} different")
    return {id(looks[place]): value for place, value in chosen.items()}


def table_of(look: Look, matcher: Matcher, long: bool) -> str:
    """Give the table that a sheet is of: by its columns, by its name, or by what fits; or ''."""
    names = {name.strip().casefold() for name in look.columns}
    alike = {
        table.name: len(names & set(table.schema.columns) - {ID})
        for table in matcher.tables.values()
    }
    likest = max(alike, key=lambda name: alike[name])
    if alike[likest] >= max(1, 0.6 * (len(names) - 1)):
        return likest
    words = " ".join(matcher.reader.words(_own_name(look.sheet.name)))
    for of, known in TABLE_WORDS.items():
        if of in matcher.tables and any(
            re.search(rf"(?<!\w){re.escape(word)}(?!\w)", words)
            for each in known
            for word in [" ".join(matcher.reader.words(each))]
        ):
            return of
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

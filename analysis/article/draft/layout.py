"""The layout of a table: which rows are headings, which columns name rows, what rows are under."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from analysis.article.draft.cells import pieces
from analysis.article.draft.meaning import meaning, size, without_kind
from analysis.article.draft.paper import EMPTY, Cell, Table

_DASHES = re.compile(r"[-–—−‒.…*]*|n/?a|na|ref(?:erence)?\.?", re.IGNORECASE)
_VALUE = re.compile(r"^[\s(\[<>≤≥=~≈∼±+\-−–pP]*[\d.·]")


@dataclass(frozen=True)
class Row:
    """A row of a block: what it is called, under what, and its cells by their column.

    Attributes
    ----------
    label
        What stands in its stub, '' where nothing does.
    under
        The headings of rows that it stands under, the outermost first.
    headings
        What stands above each column here, from the top.
    number
        Which row of the table it is, from 1.
    heading
        Whether the rows below it are its levels.
    doubt
        What is not sure about where it belongs, as a question.
    """

    label: str
    marks: tuple[str, ...]
    under: tuple[str, ...]
    cells: dict[int, Cell]
    headings: dict[int, tuple[str, ...]]
    number: int
    heading: bool = False
    doubt: str = ""


def is_value(cell: Cell) -> bool:
    """Tell whether a cell prints a number as its content, and no name that has one."""
    text = cell.text.strip()
    if not text or _DASHES.fullmatch(text):
        return False
    found = pieces(text)
    if not found:
        return False
    letters = len(
        re.findall(
            r"[^\W\d_]",
            re.sub(r"(?i)95\s*%\s*CI|median|mean|range|IQR|to|NR|NE|not reached", "", text),
        )
    )
    digits = len(re.findall(r"\d", text))
    return (
        bool(_VALUE.match(text) and letters <= 2 * digits + 4)
        or letters <= 2
        or (bool(re.match(r"(?i)\W*(?:NR|NE|not reached|not estimable|median|mean|range)\b", text)))
    )


def is_blank(cell: Cell) -> bool:
    """Tell whether a cell prints nothing, or a dash."""
    return not cell.text.strip() or bool(_DASHES.fullmatch(cell.text.strip()))


def heading_rows(table: Table) -> int:
    """Give how many rows from the top are headings, whether or not the file says so."""
    grid = table.grid
    count = table.headings
    if not count:
        while count < len(grid) and all(cell.heading for cell in grid[count] if cell.text):
            count += 1
        if count == len(grid):
            count = 0
    if not count:
        count = 1
    # Lines of headings that stand in the body of the table: below an empty stub, without a value.
    while count < len(grid) - 1 and _is_heading(grid[count], grid[:count]):
        count += 1
    return count


def _is_heading(row: tuple[Cell, ...], above: tuple[tuple[Cell, ...], ...]) -> bool:
    rest = [cell for cell in row[1:] if cell.text]
    if not rest or len({id(cell) for cell in row}) == 1:
        return False
    stub = row[0].text
    # Below a stub with words of its own, a heading has words everywhere.
    everywhere = all(not is_blank(cell) for cell in row[1:])
    if stub and not everywhere and not any(stub == line[0].text for line in above):
        return False
    return all(
        not is_value(cell) or (bool(size(cell.text)) and not without_kind(size(cell.text)))
        for cell in rest
    )


def blocks(table: Table) -> list[tuple[list[int], list[int]]]:
    """Give the columns that name rows, and those of values, of parts that stand side by side."""
    grid, headings = table.grid, heading_rows(table)
    body = grid[headings:]
    width = len(grid[0]) if grid else 0
    above = [tuple(row[column].text for row in grid[:headings]) for column in range(width)]
    names = [column for column in range(width) if _names_rows(column, body, above)]
    found: list[tuple[list[int], list[int]]] = []
    for column in range(width):
        if column in names:
            if not found or found[-1][1]:
                found.append(([column], []))
            else:
                found[-1][0].append(column)
        elif found:
            found[-1][1].append(column)
    # A column of words behind the values, such as a comment, names nothing.
    return [part for part in found if part[1]]


def _names_rows(
    column: int, body: tuple[tuple[Cell, ...], ...], above: list[tuple[str, ...]]
) -> bool:
    if column == 0:
        return True
    cells = [row[column] for row in body if row[column] is not row[0]]
    filled = [cell for cell in cells if not is_blank(cell)]
    words = " ".join(dict.fromkeys(above[column]))
    if above[column] == above[0] and words:
        # Equal headings above neighbours are one heading across both.
        return column > 1 or not meaning(words)
    if meaning(words) or size(words):
        return False
    values = sum(is_value(cell) for cell in filled)
    # Beside a stub and without a heading of its own, a column names parts of what the stub names.
    most = 0.0 if column > 1 else 0.34 if words else 0.6
    return len(filled) >= 2 and values <= most * len(filled)


def rows(table: Table, stubs: list[int], columns: list[int]) -> Iterator[Row]:
    """Give the rows of a block in their order, each with what it stands under."""
    grid, top = table.grid, heading_rows(table)
    # Of headings that stand in the body, a later line takes the place of the last.
    first_lines = min(top, table.headings or 1)
    above = {column: _path(row[column] for row in grid[:first_lines]) for column in columns}
    added = {column: _path(row[column] for row in grid[first_lines:top]) for column in columns}
    named = ""
    sections: list[tuple[int, str]] = []
    indents = {_set_in(row, stubs) for row in grid[top:] if _label(row, stubs).text}
    stepped = len(indents) > 1
    carried = ""
    shared = 0.0
    for number, row in enumerate(grid[top:], start=top + 1):
        label = _label(row, stubs)
        first = row[stubs[0]]
        outer = ""
        if len(stubs) > 1:
            if first.text:
                carried = first.text
            outer = "" if carried == label.text else carried
        cells = {
            column: row[column]
            for column in columns
            if row[column] not in (EMPTY,) and row[column] is not label
        }
        whole = len({id(cell) for cell in row if cell is not EMPTY}) == 1
        filled = [cell for cell in cells.values() if not is_blank(cell)]
        if not label.text and not (whole and first.text):
            if filled and not any(is_value(cell) for cell in filled):
                # A line of headings inside the table takes the place of the last such line.
                added |= {column: _path([cell]) for column, cell in cells.items() if cell.text}
                continue
            if not filled:
                continue
        depth = _set_in(row, stubs)
        name = label.text or first.text or named
        named = name
        if not any(is_value(cell) for cell in filled) or whole:
            if not name:
                continue
            if filled and not whole:
                yield Row(
                    name, label.marks, _under(sections, depth, stepped, outer), cells, {}, number
                )
                continue
            level = -1 if whole and not stepped and _nested(grid, number, columns) else depth
            sections = [each for each in sections if each[0] < level]
            sections.append((level, name))
            shared = 0.0
            continue
        if stepped:
            while sections and sections[-1][0] >= depth:
                sections.pop()
        path = {column: above[column] + added.get(column, ()) for column in columns}
        found = Row(name, label.marks, _under(sections, depth, stepped, outer), cells, path, number)
        if _opens(grid, number, stubs, columns, row, stepped):
            # "Sex ... 0.27" above "Male" and "Female": its p value is the section's.
            yield replace(found, heading=True)
            sections = [each for each in sections if each[0] < depth]
            sections.append((depth, name))
            shared = 0.0
            continue
        if sections and not stepped:
            # Levels that share out all patients end a section, or may do so.
            complete = abs(shared - 100) < 0.06 and not _UNKNOWN.match(name)
            if (complete and _compared(found)) or _stands_alone(name, sections[-1][1], found):
                sections = [each for each in sections if each[0] < 0]
                found = replace(found, under=_under(sections, depth, stepped, outer))
                shared = 0.0
            elif complete and _share(found):
                under = sections[-1][1]
                found = replace(
                    found, doubt=f"is this a level of “{under}”? Others add up to 100 %."
                )
            shared += _share(found)
        yield found


def _compared(row: Row) -> bool:
    """Tell whether a row prints a p value or a test of its own."""
    return any(
        is_value(cell)
        and meaning(" ".join(row.headings.get(column, ())[-1:])).central in ("p_value", "statistic")
        for column, cell in row.cells.items()
    )


_UNKNOWN = re.compile(r"(?i)\W*(?:missing|unknown|not |no data|n/?a\b|unavailable|others?\b)")


def _share(row: Row) -> float:
    """Give the first percentage of a row, 0 where it prints none."""
    for column, cell in row.cells.items():
        found = pieces(cell.text) if is_value(cell) else ()
        numbers = [number for piece in found for number in piece.numbers]
        if len(numbers) == 2 and found[-1].bracketed and numbers[0].whole:
            return numbers[1].value or 0.0
        percent = meaning(" ".join(row.headings.get(column, ())[-1:])).central == "percent"
        if len(numbers) == 1 and (numbers[0].percent or percent):
            return numbers[0].value or 0.0
    return 0.0


def unfolded(table: Table) -> Table:
    """Give a table in which each line of a cell that lists several levels is a row of its own.

    Some articles set "Sex", "Male" and "Female" as three lines of one cell.
    """
    grid: list[tuple[Cell, ...]] = []
    stepped = len({row[0].indent for row in table.grid if row and row[0].text}) > 1
    for number, row in enumerate(table.grid):
        lines = row[0].text.split("\n") if row else []
        values = [cell for cell in row[1:] if cell.text and cell is not row[0]]
        counts = [cell.text.count("\n") + 1 for cell in values]
        most = max(counts, default=1)
        fits = most > 1 and len(lines) - most in (0, 1) and set(counts) <= {1, most}
        parts = [line for cell in values for line in cell.text.split("\n") if "\n" in cell.text]
        if (
            number < table.headings
            or not fits
            or any(_CONTINUES.match(p) for p in [*parts, *lines])
        ):
            grid.append(row)
            continue
        for place, line in enumerate(lines):
            set_in = row[0].indent + int(stepped and place > 0)
            made = [replace(row[0], text=line, indent=set_in, rowspan=1)]
            for cell in row[1:]:
                own = cell.text.split("\n")
                at = place - (len(lines) - most) if len(own) > 1 else place
                text = own[at] if 0 <= at < len(own) else ""
                made.append(replace(cell, text=text, rowspan=1))
            grid.append(tuple(made))
    return replace(table, grid=tuple(grid))


# A line that goes on with what the line before has begun: "(38–79)", "years".
_CONTINUES = re.compile(r"\s*[(\[±,;–-]|\s*(?:years?|months?|n\b|%)\W*$", re.IGNORECASE)


def _under(
    sections: list[tuple[int, str]], depth: int, stepped: bool, outer: str
) -> tuple[str, ...]:
    names = [name for level, name in sections if not stepped or level < depth]
    return (outer, *names) if outer and outer not in names else tuple(names)


def _label(row: tuple[Cell, ...], stubs: list[int]) -> Cell:
    filled = [row[column] for column in stubs if row[column].text]
    return filled[-1] if filled else EMPTY


def _set_in(row: tuple[Cell, ...], stubs: list[int]) -> int:
    """Give how far a row is set in: by its column first, and by its blanks."""
    filled = [column for column in stubs if row[column].text]
    if not filled:
        return 0
    return (
        1000 * stubs.index(filled[-1]) + row[filled[-1]].indent
        if len(stubs) > 1
        else row[filled[-1]].indent
    )


def _path(cells: Iterator[Cell] | list[Cell]) -> tuple[str, ...]:
    """Give texts from the top down, each once."""
    found: list[str] = []
    for cell in cells:
        text = cell.text.replace("\n", " ")
        if text and text not in found[-1:]:
            found.append(text)
    return tuple(found)


def _nested(grid: tuple[tuple[Cell, ...], ...], number: int, columns: list[int]) -> bool:
    """Tell whether another heading of rows follows one that goes across the table."""
    if number >= len(grid):
        return False
    following = grid[number]
    return all(is_blank(following[column]) for column in columns) and bool(following[0].text)


def _is_count(cell: Cell) -> bool:
    found = pieces(cell.text) if is_value(cell) else ()
    return bool(found) and found[0].numbers[0].whole


def _opens(
    grid: tuple[tuple[Cell, ...], ...],
    number: int,
    stubs: list[int],
    columns: list[int],
    row: tuple[Cell, ...],
    stepped: bool,
) -> bool:
    """Tell whether a row is the heading of those below it although it prints a p value."""
    if number >= len(grid):
        return False
    following = grid[number]
    if stepped:
        return _set_in(following, stubs) > _set_in(row, stubs) and bool(
            _label(following, stubs).text
        )
    if any(_is_count(row[column]) for column in columns):
        return False
    mine = {column for column in columns if is_value(row[column])}
    theirs = {column for column in columns if is_value(following[column])}
    return bool(mine and theirs and not mine & theirs and _label(following, stubs).text)


_STATISTIC = re.compile(
    r"(?i)\W*(?:median|mean|average|range|iqr|inter-?quartile|sd\b|standard|min|"
    r"max|q1|missing|unknown|"
    r"not |n\b|no\b|yes|n \(|total)"
)


def _stands_alone(name: str, section: str, row: Row) -> bool:
    """Tell whether a row that is not set in is a quantity of its own, and no level of a section."""
    if _STATISTIC.match(name):
        return False
    kind = meaning(name)
    if kind.central in ("median", "mean") or kind.spread in ("range", "quartiles", "sd"):
        return True
    if kind.central == "count" and kind.spread == "percent":
        return True
    over = meaning(section).central in ("median", "mean")
    shapes = [pieces(cell.text) for cell in row.cells.values() if is_value(cell)]
    interval = [any(p.shape in ("interval", "plus_minus") for p in found) for found in shapes]
    says_rate = any(meaning(" ".join(path)).central for path in row.headings.values())
    spans = len({id(cell) for cell in row.cells.values() if is_value(cell)}) < sum(
        is_value(cell) for cell in row.cells.values()
    )
    return not over and bool(interval) and all(interval) and (spans or not says_rate)

"""All conclusions under all variants in one figure: a sign says what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.lines import Line2D

from analysis.display import theme
from analysis.display.figures.drawing import Drawing, drawn, notice
from analysis.display.figures.sheet import (
    LINE_MM,
    NARROW_MM,
    POINT_MM,
    Sheet,
    clean,
    legend_height,
    shorten,
    widest,
    wrap,
)
from analysis.display.format import counted

_MARGIN, _GAP, _PANEL_GAP, _PADDING = 2.0, 2.5, 1.6, 0.2
# The most that a column takes, and that the words of a row take.
_COLUMN_MM, _LABEL_MM, _HEADING_MM = 4.6, 92.0, 30.0
_SIGN_MM, _GROUP_MM = 3.3, LINE_MM + 0.9
# So many rows are named in the words that stand for the figure.
_NAMED = 15


@dataclass(frozen=True)
class Column:
    """A conclusion: the part of the figure that it stands in, and its name."""

    panel: str
    label: str


@dataclass(frozen=True)
class Row:
    """A variant in words, its group, and by the place of a column the name of a sign."""

    group: str
    label: str
    signs: Mapping[int, str]


@dataclass(frozen=True)
class Sign:
    """A sign, told from others by its shape: a marker, filled or not, and whether it is strong."""

    marker: str
    filled: bool = True
    strong: bool = True

    def line(self, size: float = 4.0) -> Line2D:
        """Give it as it is drawn; `size` in points."""
        colour = theme.HIGHLIGHT if self.strong else theme.MUTED
        return Line2D(
            [],
            [],
            linestyle="none",
            marker=self.marker,
            color=colour,
            markerfacecolor=colour if self.filled else "white",
            markersize=size if self.strong or self.marker != "." else size * 0.7,
            markeredgewidth=0.8,
        )


@drawn
def conclusions_matrix(
    rows: Sequence[Row],
    columns: Sequence[Column],
    signs: Mapping[str, Sign],
    *,
    width_mm: float = theme.DOUBLE_COLUMN_MM,
) -> Drawing:
    """Draw rows of variants by columns of conclusions, with a sign where they meet.

    Parameters
    ----------
    rows
        Those of one group follow each other.
    columns
        Those of one panel follow each other.
    signs
        Name to sign, in the order of the legend, the strongest first; only names that are met are
        explained.
    width_mm
        A figure for a phone has the columns of one name as one.
    """
    if not rows or not columns:
        return notice("No conclusion was held against a variant.", width_mm)
    narrow = width_mm < NARROW_MM
    said = _alt(rows, columns, signs)
    if narrow:
        rows, columns = _joined(rows, columns, list(signs))
    panels = [len(list(own)) for _, own in groupby(columns, key=lambda column: column.panel)]
    gaps = _PANEL_GAP * (len(panels) - 1)
    room = width_mm - 2 * _MARGIN
    label_mm = 0.0
    if not narrow:
        longest = widest([clean(row.label) for row in rows]) + _GAP
        label_mm = min(longest, max(_LABEL_MM, room - gaps - _COLUMN_MM * len(columns)))
    pitch = min(_COLUMN_MM, (room - label_mm - gaps) / len(columns))
    heads = [shorten(column.label, _HEADING_MM) for column in columns]
    heading = widest(heads) + LINE_MM + 2.0
    met = {name for row in rows for name in row.signs.values()}
    legend = {name: sign.line() for name, sign in signs.items() if name in met}
    top = _MARGIN + legend_height(legend, room) + 1.5

    words = [wrap(row.label, room if narrow else label_mm - _GAP) for row in rows]
    heights = [len(text) * LINE_MM + _PADDING + (_SIGN_MM if narrow else 0) for text in words]
    groups = [(name, len(list(own))) for name, own in groupby(rows, key=lambda row: row.group)]
    height = top + sum(heights) + len(groups) * _GROUP_MM + _MARGIN
    height += heading * (len(groups) if narrow else 1)
    sheet = Sheet.blank(width_mm, height)
    sheet.legend(legend, _MARGIN, _MARGIN, room)

    left = _MARGIN + label_mm
    places: list[float] = []
    for place, column in enumerate(columns):
        if place and column.panel != columns[place - 1].panel:
            left += _PANEL_GAP
        places.append(left + pitch / 2)
        left += pitch
    size = min(4.2, 0.8 * pitch / POINT_MM)

    y, done = top, 0
    if not narrow:
        _draw_heads(sheet, columns, heads, places, pitch, y + heading)
        y += heading
    for name, count in groups:
        sheet.text(_MARGIN, y + LINE_MM / 2 + 0.8, shorten(name, room), weight="bold")
        y += _GROUP_MM
        if narrow:
            _draw_heads(sheet, columns, heads, places, pitch, y + heading)
            y += heading
        for place in range(done, done + count):
            row, text, tall = rows[place], words[place], heights[place]
            if (place - done) % 2 == 0:
                sheet.paper.axhspan(y, y + tall, color=theme.STRIPE, linewidth=0)
            written = y + _PADDING / 2 + len(text) * LINE_MM / 2
            sheet.text(_MARGIN, written, text)
            at = y + tall - _SIGN_MM / 2 if narrow else written
            for where, kind in row.signs.items():
                sign = signs[kind].line(size)
                sign.set_data([places[where]], [at])
                sheet.paper.add_line(sign)
            y += tall
        done += count
    return Drawing(sheet.figure, said)


def _joined(
    rows: Sequence[Row], columns: Sequence[Column], strength: Sequence[str]
) -> tuple[list[Row], list[Column]]:
    """Put the columns of one name together, as a phone has room for; the strongest sign stands."""
    panels: dict[str, list[str]] = {}
    for column in columns:
        panels.setdefault(column.label, []).append(column.panel)
    places = {label: place for place, label in enumerate(panels)}
    joined = []
    for row in rows:
        met: dict[int, str] = {}
        for where, kind in row.signs.items():
            place = places[columns[where].label]
            met[place] = min(met.get(place, kind), kind, key=strength.index)
        joined.append(Row(row.group, row.label, met))
    return joined, [Column(" or ".join(filter(None, of)), label) for label, of in panels.items()]


def _draw_heads(
    sheet: Sheet,
    columns: Sequence[Column],
    heads: Sequence[str],
    places: Sequence[float],
    pitch: float,
    bottom: float,
) -> None:
    """Write the names of columns upwards from `bottom`, and that of each panel above them."""
    top = bottom - widest(heads) - LINE_MM - 1.0
    for panel, own in groupby(range(len(columns)), key=lambda place: columns[place].panel):
        members = list(own)
        low, high = places[members[0]] - pitch / 2, places[members[-1]] + pitch / 2
        if panel:
            sheet.text(low, top + LINE_MM / 2, shorten(panel, max(high - low, 12)), weight="bold")
            sheet.paper.plot([low, high], [bottom, bottom], color=theme.FAINT, linewidth=0.6)
    for text, x in zip(heads, places, strict=True):
        sheet.figure.text(
            x / sheet.width,
            1 - (bottom - 0.8) / sheet.height,
            text,
            rotation=90,
            ha="center",
            va="bottom",
        )


def _alt(rows: Sequence[Row], columns: Sequence[Column], signs: Mapping[str, Sign]) -> str:
    """Name, of each strong sign, the rows and columns in which it stands."""
    parts = [f"{counted(len(rows), 'row')} of variants, {counted(len(columns), 'conclusion')}."]
    for name, sign in signs.items():
        found = [(row, [c for c, kind in row.signs.items() if kind == name]) for row in rows]
        found = [(row, met) for row, met in found if met]
        count = sum(len(met) for _, met in found)
        if not count or not sign.strong:
            parts += [f"{name}: {count}."] if count else []
            continue
        told = [
            f"{clean(row.label)} ({', '.join(_name(columns[c]) for c in met)})"
            for row, met in found[:_NAMED]
        ]
        more = f"; and {len(found) - _NAMED} rows more" if len(found) > _NAMED else ""
        parts.append(f"{name}: {count}, under {'; '.join(told)}{more}.")
    return " ".join(["Conclusions under variants.", *parts])


def _name(column: Column) -> str:
    return clean(f"{column.panel} {column.label}").strip()

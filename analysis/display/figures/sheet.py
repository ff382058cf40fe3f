"""A sheet of paper measured in millimetres, and the lettering on it.

Figures are laid out by hand in print units, so that seven points stay seven points, columns of
text line up with rows of data, and what fits is measured before it is drawn.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.textpath import text_to_path

from analysis.display.theme import MM_PER_INCH, SMALL_PT, THEME

POINT_MM = MM_PER_INCH / 72
LINE_MM = 3.3
# Height of capitals and figures of DejaVu Sans, as a share of the type size.
_CAPITAL = 0.729
_LEGEND_ROW = 3.9
_SIGN_WIDTH = 4.0
_SIGN_GAP = 1.3
_ENTRY_GAP = 3.0


@dataclass(frozen=True)
class Sheet:
    """A figure with a background whose coordinates are millimetres from its top left corner."""

    figure: Figure
    paper: Axes
    width: float
    height: float

    @classmethod
    def blank(cls, width: float, height: float) -> Sheet:
        """Give an empty sheet, `width` by `height` mm."""
        figure = Figure(figsize=(width / MM_PER_INCH, height / MM_PER_INCH))
        paper = figure.add_axes((0, 0, 1, 1), zorder=-1)
        paper.set(xlim=(0, width), ylim=(height, 0))
        paper.set_axis_off()
        return cls(figure, paper, width, height)

    def axes(self, left: float, top: float, width: float, height: float, **options: Any) -> Axes:
        """Give axes whose frame has this corner and size, mm."""
        bottom = self.height - top - height
        box = (
            left / self.width,
            bottom / self.height,
            width / self.width,
            height / self.height,
        )
        return self.figure.add_axes(box, **{"facecolor": "none", **options})

    def text(self, x: float, y: float, text: str | Sequence[str], **options: Any) -> None:
        """Write a line, or several one below the other, above everything else at (x, y) mm.

        The capitals of the block are centred on y, whatever letters it holds, so that a row of
        texts stands on one line. The text must have been through `clean`.
        """
        lines = [text] if isinstance(text, str) else text
        capitals = _CAPITAL * options.get("size", SMALL_PT) * POINT_MM
        first = y - (len(lines) - 1) * LINE_MM / 2 + capitals / 2
        for index, line in enumerate(lines):
            baseline = first + index * LINE_MM
            self.figure.text(x / self.width, 1 - baseline / self.height, line, **options)

    def legend(
        self, signs: Mapping[str, Patch | Line2D], left: float, top: float, width: float
    ) -> None:
        """Draw signs with their labels in rows `width` mm wide from a top left corner, mm."""
        for label, (x, row) in _legend_places(list(signs), width).items():
            x, y = left + x, top + (row + 0.5) * _LEGEND_ROW
            sign = signs[label]
            if isinstance(sign, Patch):
                box = Rectangle((x, y - 1.0), _SIGN_WIDTH, 2.0, facecolor=sign.get_facecolor())
                self.paper.add_patch(box)
            else:
                marker = sign.get_marker() not in {None, "None", ""}
                middle = [x + _SIGN_WIDTH / 2]
                line = Line2D(middle if marker else [x, x + _SIGN_WIDTH], [y] if marker else [y, y])
                line.update_from(sign)
                self.paper.add_line(line)
            text = shorten(label, width - _SIGN_WIDTH - _SIGN_GAP)
            self.text(x + _SIGN_WIDTH + _SIGN_GAP, y, text)


@dataclass(frozen=True)
class Rows:
    """Rows of a table set in type, the plot beside them drawn in the same millimetres."""

    top: float
    heights: tuple[float, ...]

    @classmethod
    def below(cls, top: float, lines: Iterable[int], padding: float) -> Rows:
        """Give rows that start at `top` mm, each as high as its number of lines and a padding."""
        return cls(top, tuple(count * LINE_MM + padding for count in lines))

    @property
    def edges(self) -> list[float]:
        """Give the top of each row, and the bottom of the last, mm."""
        return list(accumulate(self.heights, initial=self.top))

    @property
    def bottom(self) -> float:
        """Give the bottom of the last row, mm."""
        return self.edges[-1]

    @property
    def centres(self) -> list[float]:
        """Give the middle of each row, mm."""
        return [(upper + lower) / 2 for upper, lower in pairwise(self.edges)]

    def write(
        self, sheet: Sheet, x: float, cells: Sequence[str | Sequence[str]], **options: Any
    ) -> None:
        """Write a column of cells at `x` mm."""
        for y, cell in zip(self.centres, cells, strict=True):
            sheet.text(x, y, cell, **options)


# Narrower figures, as for a phone, have the words of a row above its plot, and not beside it.
NARROW_MM = 120.0
_PLOT_LINE_MM = 3.4


@dataclass(frozen=True)
class Stacked:
    """Rows of a narrow figure: words on the lines above, a plot on the last line of each row."""

    rows: Rows

    @classmethod
    def below(cls, top: float, lines: Iterable[int], padding: float) -> Stacked:
        """Give rows that start at `top` mm, each with its number of lines of words, and a plot."""
        heights = tuple(count * LINE_MM + _PLOT_LINE_MM + padding for count in lines)
        return cls(Rows(top, heights))

    @property
    def words(self) -> list[float]:
        """Give the middle of the words of each row, mm."""
        return [
            (upper + lower - _PLOT_LINE_MM) / 2 + 0.3 for upper, lower in pairwise(self.rows.edges)
        ]

    @property
    def plots(self) -> list[float]:
        """Give the middle of the plot of each row, mm."""
        return [lower - _PLOT_LINE_MM / 2 - 0.5 for lower in self.rows.edges[1:]]


def legend_height(labels: Iterable[str], width: float) -> float:
    """Give the height in mm that `Sheet.legend` needs for these labels within `width` mm."""
    places = _legend_places(list(labels), width)
    return (1 + max(row for _, row in places.values())) * _LEGEND_ROW if places else 0.0


def _legend_places(labels: Sequence[str], width: float) -> dict[str, tuple[float, int]]:
    """Give each label its distance from the left, mm, and its row, as words fill a paragraph."""
    places: dict[str, tuple[float, int]] = {}
    x, row = 0.0, 0
    for label in labels:
        needed = _SIGN_WIDTH + _SIGN_GAP + text_width(label)
        if x and x + needed > width:
            x, row = 0.0, row + 1
        places[label] = (x, row)
        x += needed + _ENTRY_GAP
    return places


def clean(text: object) -> str:
    """Give text from a data file in one line, without characters that cannot be drawn."""
    visible = (" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in str(text))
    return " ".join("".join(c for c in visible if unicodedata.category(c)[0] != "C").split())


@cache
def text_width(text: str, size: float = SMALL_PT, weight: str = "normal") -> float:
    """Give the printed width of one line of text, mm; `size` is in points."""
    font = FontProperties(family=THEME["font.family"], size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) * POINT_MM


def widest(texts: Sequence[str], size: float = SMALL_PT, weight: str = "normal") -> float:
    """Give the printed width of the widest of these lines, mm."""
    return max((text_width(text, size, weight) for text in texts), default=0.0)


def shorten(text: object, width: float, size: float = SMALL_PT, weight: str = "normal") -> str:
    """Give the text, cut with an ellipsis where it is wider than `width` mm."""
    whole = clean(text)
    if text_width(whole, size, weight) <= width:
        return whole
    kept = whole
    while kept and text_width(f"{kept}…", size, weight) > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def wrap(
    text: object,
    width: float,
    size: float = SMALL_PT,
    weight: str = "normal",
    *,
    lines: int | None = None,
) -> list[str]:
    """Give the text in lines no wider than `width` mm, words longer than a line broken.

    With `lines`, no more than so many, the last one ending in an ellipsis if words are left over.
    """
    done: list[str] = []
    rest = clean(text)
    while rest and text_width(rest, size, weight) > width and len(done) + 1 != lines:
        line = _first_line(rest, width, size, weight)
        done.append(line.rstrip())
        rest = rest[len(line) :].lstrip()
    return [*done, shorten(rest, width, size, weight)] if rest or not done else done


def _first_line(text: str, width: float, size: float, weight: str) -> str:
    lengths = range(1, len(text) + 1)
    fits = max(1, bisect_right(lengths, width, key=lambda n: text_width(text[:n], size, weight)))
    last_space = text.rfind(" ", 1, fits + 1)
    return text[: last_space + 1] if last_space > 0 else text[:fits]


def spread(positions: Sequence[float], gap: float) -> list[float]:
    """Give positions near the ones given, in the same order, at least `gap` apart.

    Positions that clash are pooled and centred on their mean (pool adjacent violators).
    """
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    pools: list[tuple[float, int]] = []
    for index in order:
        centre, size = positions[index], 1
        while pools and pools[-1][0] + (pools[-1][1] + size) * gap / 2 > centre:
            before, count = pools.pop()
            centre = (before * count + centre * size) / (count + size)
            size += count
        pools.append((centre, size))
    placed = [
        centre + (rank - (size - 1) / 2) * gap for centre, size in pools for rank in range(size)
    ]
    return [placed[order.index(index)] for index in range(len(positions))]

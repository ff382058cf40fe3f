"""What every figure function returns: the figure, the same in words, and how to draw it anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import ParamSpec

from matplotlib.figure import Figure

from analysis.display import theme
from analysis.display.figures.sheet import Sheet, clean, wrap

Given = ParamSpec("Given")


@dataclass(frozen=True)
class Drawing:
    """A figure with its alternative text, both made from the same data.

    `again` draws the same at another width, in mm; None of what has one width.
    """

    figure: Figure
    alt: str
    again: Callable[[float], Drawing] | None = None

    @property
    def width_mm(self) -> float:
        """The width in print."""
        return float(self.figure.get_figwidth()) * theme.MM_PER_INCH

    def svg(self, said: Mapping[str, str] | None = None) -> bytes:
        """Give the SVG file; the same data give the same bytes. `said` is of `theme.to_svg`."""
        return theme.to_svg(self.figure, said)

    def editable(self, said: Mapping[str, str] | None = None) -> bytes:
        """Give the SVG file in which text is text."""
        return theme.to_editable_svg(self.figure, said)

    def png(self, dpi: int = 300, said: Mapping[str, str] | None = None) -> bytes:
        """Give the PNG file at print size."""
        return theme.to_png(self.figure, dpi, said)

    def missing_signs(self) -> list[str]:
        """Give the signs of its texts that no font has."""
        return theme.missing_signs(self.figure)


def drawn(function: Callable[Given, Drawing]) -> Callable[Given, Drawing]:
    """Let a function draw in the house style, and its drawing be drawn anew at another width.

    The function takes a keyword `width_mm`.
    """

    @wraps(function)
    def draw(*given: Given.args, **named: Given.kwargs) -> Drawing:
        with theme.theme():
            made = function(*given, **named)

        def again(width_mm: float) -> Drawing:
            return partial(draw, *given, **{**named, "width_mm": width_mm})()  # type: ignore[arg-type]

        return replace(made, again=again)

    return draw


@drawn
def notice(message: str, width_mm: float = theme.SINGLE_COLUMN_MM) -> Drawing:
    """Give one honest line in the place of a figure that has no data."""
    lines = wrap(message, width_mm - 8)
    sheet = Sheet.blank(width_mm, 10 + 3.5 * len(lines))
    sheet.text(width_mm / 2, sheet.height / 2, lines, ha="center", color=theme.MUTED)
    return Drawing(sheet.figure, clean(message))

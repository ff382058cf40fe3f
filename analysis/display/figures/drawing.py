"""What every figure function returns: the figure, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from analysis.display import theme
from analysis.display.figures.sheet import Sheet, clean, wrap


@dataclass(frozen=True)
class Drawing:
    """A figure with its alternative text, both made from the same data."""

    figure: Figure
    alt: str

    def svg(self, said: Mapping[str, str] | None = None) -> bytes:
        """Give the SVG file; the same data give the same bytes. `said` is of `theme.to_svg`."""
        return theme.to_svg(self.figure, said)

    def png(self, dpi: int = 300, said: Mapping[str, str] | None = None) -> bytes:
        """Give the PNG file at print size."""
        return theme.to_png(self.figure, dpi, said)

    def missing_signs(self) -> list[str]:
        """Give the signs of its texts that no font has."""
        return theme.missing_signs(self.figure)


@theme.theme()
def notice(message: str, width_mm: float = theme.SINGLE_COLUMN_MM) -> Drawing:
    """Give one honest line in the place of a figure that has no data."""
    lines = wrap(message, width_mm - 8)
    sheet = Sheet.blank(width_mm, 10 + 3.5 * len(lines))
    sheet.text(width_mm / 2, sheet.height / 2, lines, ha="center", color=theme.MUTED)
    return Drawing(sheet.figure, clean(message))

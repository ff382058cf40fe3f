"""Figures as pictures of dots, for programs that show no vectors: Typst draws the SVG of a report.

A report has figures as SVG alone: to draw a PNG as well takes as long as the rest of a figure.
"""

from __future__ import annotations

import contextlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib import get_data_path

from analysis.display.documents.pandoc import NotInstalled

if TYPE_CHECKING:
    import typst

# Typst has its own way of reading a path.
_SOURCE = "#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg))\n"


def png(svg: Path, dpi: int) -> bytes:
    """Give an SVG of `Page.figure` as PNG at print size, with the fonts that it was drawn with.

    Raises
    ------
    analysis.display.documents.pandoc.NotInstalled
        When Typst is not there.
    """
    try:
        import typst
    except ModuleNotFoundError:
        raise NotInstalled("typst, which draws figures for Word,") from None
    drawn: bytes = typst.compile(
        _SOURCE.encode(),
        format="png",
        ppi=float(dpi),
        sys_inputs={"svg": svg.read_text(encoding="utf-8")},
        font_paths=_fonts(),
    )
    return drawn


@cache
def _fonts() -> typst.Fonts:
    """Give the fonts of figures (`theme.FONTS`)."""
    import typst

    folders = [str(Path(get_data_path()) / "fonts" / "ttf")]
    with contextlib.suppress(ModuleNotFoundError):
        folders.append(str(resources.files("pylopdf_fonts_zh_cn")))
    return typst.Fonts(include_system_fonts=False, font_paths=folders)

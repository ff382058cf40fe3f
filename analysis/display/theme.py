"""The look of every figure: print sizes, palette, type, and reproducible files.

Nothing is set globally. A figure is drawn inside `theme()`, and written by `to_svg` or `to_png`,
which give the same bytes for the same figure on every machine: the font ships with matplotlib, and
the one for Chinese and Japanese with a package, whatever fonts a machine has; text becomes
outlines, and neither a date nor a random identifier is written.
"""

from __future__ import annotations

import colorsys
import io
import logging
import os
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.spines import Spine
from matplotlib.text import Text
from matplotlib.typing import RcKeyType

MM_PER_INCH = 25.4
SINGLE_COLUMN_MM = 85.0
DOUBLE_COLUMN_MM = 180.0
# What an A4 page leaves between its margins once a caption has its place.
PAGE_HEIGHT_MM = 260.0

SMALL_PT = 7.0
TITLE_PT = 8.0

# Okabe and Ito, Color Universal Design (2008): distinct under every common colour blindness.
OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky blue": "#56B4E9",
    "bluish green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "reddish purple": "#CC79A7",
}
CURVES = [OKABE_ITO[name] for name in ("blue", "vermillion", "bluish green", "reddish purple")]
# A second sign beside colour, for a reader in grey or who sees few colours.
DASHES: list[Any] = ["-", (0, (6, 1.2)), (0, (5, 1.2, 1.2, 1.2)), (0, (1.4, 1.0))]
HIGHLIGHT = OKABE_ITO["vermillion"]
NEUTRAL = OKABE_ITO["blue"]
INK = "#1A1A1A"
MUTED = "#666666"
FAINT = "#C8C8C8"
STRIPE = "#F4F4F4"
GRID = "#E4E4E4"
HIGHLIGHT_TINT = "#FBEDE3"

# The paper of pages by night, as their style sheet has it, and how light it is.
_DARK_PAPER, _PAPER = "#15181c", 0.1
# Of letters and figures of any script, an identifier can be made.
_NAME = re.compile(r"[^\w]+")
_COLOUR = re.compile(rb"(?:fill|stroke): (#[0-9a-f]{6})")
# For letters, where the fonts of figures are not installed; the first is as wide.
_INSTEAD = "Verdana, Arial, sans-serif"


def _fonts() -> list[str]:
    """Give the fonts of figures: of each sign, the first that has it.

    Noto Sans SC has 27,000 Chinese characters, simplified and traditional, and Japanese kana. Only
    the file of the package counts: fonts of a machine would make other bytes on others.
    """
    fonts = ["DejaVu Sans"]
    try:
        further = resources.files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf"
    except ModuleNotFoundError:
        return fonts
    fontManager.addfont(str(further))
    # It comes in one weight, which stands for bold too; Matplotlib would say so at every figure.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    return [*fonts, "Noto Sans SC"]


FONTS = _fonts()

THEME: dict[RcKeyType, Any] = {
    # Seaborn's style "ticks" for paper, in its numbers (a test holds them to it): the import takes
    # half a second, which every page would wait for.
    "axes.axisbelow": True,
    "axes.facecolor": "white",
    "axes.grid": False,
    "axes.spines.bottom": True,
    "axes.spines.left": True,
    "grid.color": ".8",
    "grid.linestyle": "-",
    "grid.linewidth": 1 * 0.8,
    "lines.solid_capstyle": "round",
    "lines.markersize": 6 * 0.8,
    "patch.edgecolor": "w",
    "patch.force_edgecolor": True,
    "patch.linewidth": 1 * 0.8,
    "xtick.bottom": True,
    "xtick.direction": "out",
    "xtick.minor.width": 1 * 0.8,
    "xtick.top": False,
    "ytick.direction": "out",
    "ytick.left": True,
    "ytick.minor.width": 1 * 0.8,
    "ytick.right": False,
    "font.family": FONTS,
    "font.size": SMALL_PT,
    "axes.labelsize": SMALL_PT,
    "axes.titlesize": TITLE_PT,
    "xtick.labelsize": SMALL_PT,
    "ytick.labelsize": SMALL_PT,
    "legend.fontsize": SMALL_PT,
    "legend.title_fontsize": SMALL_PT,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.edgecolor": INK,
    "axes.linewidth": 0.6,
    "axes.labelpad": 3.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "lines.linewidth": 1.2,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "figure.constrained_layout.use": False,
    # Labels come from data files: a dollar sign is a dollar sign, never mathematics.
    "text.parse_math": False,
    "text.usetex": False,
    # Hinted letters are wider than measured, by a tenth at low resolution.
    "text.hinting": "none",
    "svg.fonttype": "path",
    "svg.hashsalt": "hcc-replication",
    "path.simplify": False,
}


# A style file of matplotlib for figures of a manuscript, and their widths in mm: `make figures`.
STYLE, WIDTHS = "FIGURE_STYLE", "FIGURE_WIDTHS"


def _restyle(path: str) -> None:
    """Take what a style file says over the house style: fonts, colours, lines.

    Its colours (`axes.prop_cycle`) are those of curves.
    """
    asked = matplotlib.rc_params_from_file(path, use_default_template=False)
    THEME.update(asked)
    if cycle := asked.get("axes.prop_cycle"):
        colours = cycle.by_key().get("color", [])[: len(CURVES)]
        CURVES[: len(colours)] = colours


if os.environ.get(STYLE):
    _restyle(os.environ[STYLE])


@contextmanager
def theme() -> Iterator[None]:
    """Draw in the house style inside the `with`, or decorate the function that draws."""
    with matplotlib.rc_context(THEME), warnings.catch_warnings():
        # Of signs that no font has the page speaks (`missing_signs`).
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")
        yield


def to_svg(figure: Figure, said: Mapping[str, str] | None = None) -> bytes:
    """Give the figure as SVG at print size, text as outlines, without a date.

    `said` is what the file says of itself in its metadata: Title, Description.
    """
    return _written(figure, format="svg", metadata={"Date": None, **(said or {})})


def to_editable_svg(figure: Figure, said: Mapping[str, str] | None = None) -> bytes:
    """Give the figure as SVG whose text is text and whose parts have names, for who edits it.

    Programs that lack the fonts take the next of those named, and letters are a little wider or
    narrower there.
    """
    with _named(figure):
        svg = _written(
            figure, {"svg.fonttype": "none"}, format="svg", metadata={"Date": None, **(said or {})}
        )
    last = f"'{FONTS[-1]}'"
    return svg.replace(last.encode(), f"{last}, {_INSTEAD}".encode())


# What parts of a figure are called in a program that edits it.
_KINDS: tuple[tuple[type[Artist], str], ...] = (
    (Axes, "plot"),
    (Axis, "axis"),
    (Spine, "frame"),
    (Text, "text"),
    (Line2D, "line"),
    (LineCollection, "lines"),
    (PathCollection, "points"),
    (PolyCollection, "area"),
    (Patch, "shape"),
)


@contextmanager
def _named(figure: Figure) -> Iterator[None]:
    """Let the groups of an SVG have the names of what they show, inside the `with`."""
    taken: Counter[str] = Counter()
    named = []
    # Ticks have names by their place already.
    ticks = {part for axis in figure.findobj(Axis) for part in axis.findobj(include_self=False)}
    for artist in figure.findobj():
        kind = next((word for of, word in _KINDS if isinstance(artist, of)), "")
        if not kind or artist in ticks or artist.get_gid():
            continue
        label = "" if isinstance(artist, Axis) else str(artist.get_label())
        said = artist.get_text() if isinstance(artist, Text) else label
        words = "" if said.startswith("_") else _NAME.sub("-", said.lower()).strip("-")[:40]
        name = f"{kind}-{words}".rstrip("-")
        taken[name] += 1
        artist.set_gid(name if taken[name] == 1 else f"{name}-{taken[name]}")
        named.append(artist)
    try:
        yield
    finally:
        for artist in named:
            artist.set_gid(None)


def with_dark(svg: bytes) -> bytes:
    """Give an SVG of `to_svg` that is light or dark as the page is that shows it.

    Each colour keeps its hue and has its lightness turned round, so that what stood out from white
    stands out from the dark paper of the pages. A picture in a page knows of its colour scheme
    (CSS Color Adjustment, "prefers-color-scheme in SVG images"); a program that does not has the
    colours of paper.
    """
    found = sorted({each.decode() for each in _COLOUR.findall(svg)})
    rules = "".join(
        f'[style*="{kind}: {colour}"]{{{kind}:{dark(colour)}!important}}'
        for colour in found
        for kind in ("fill", "stroke")
        if f"{kind}: {colour}".encode() in svg
    )
    style = f"<style>@media (prefers-color-scheme: dark){{svg{{fill:{dark(INK)}}}{rules}}}</style>"
    head, sign, rest = svg.partition(b" <defs>")
    return head + style.encode() + b"\n" + sign + rest


def dark(colour: str) -> str:
    """Give the colour that stands on dark paper for one on white.

    >>> dark("#ffffff"), dark("#1a1a1a")
    ('#15181c', '#e8e8e8')
    """
    hue, light, saturation = colorsys.rgb_to_hls(*to_rgb(colour))
    turned = _PAPER + (1 - light) * (1 - _PAPER)
    red, green, blue = colorsys.hls_to_rgb(hue, turned, saturation)
    if saturation == 0 and light == 1:
        return _DARK_PAPER
    return to_hex((red, green, blue))


def to_png(figure: Figure, dpi: int = 300, said: Mapping[str, str] | None = None) -> bytes:
    """Give the figure as PNG at print size; `dpi` is dots per inch, `said` as of `to_svg`."""
    # Half the time of the default, for files of the same size.
    fast = {"compress_level": 4}
    metadata = {"Software": None, **(said or {})}
    return _written(figure, format="png", dpi=dpi, metadata=metadata, pil_kwargs=fast)


def to_pdf(figure: Figure, said: Mapping[str, str] | None = None) -> bytes:
    """Give the figure as PDF at print size, its fonts within it and its text as text."""
    titled = {"Title": said["Title"]} if said and "Title" in said else {}
    metadata = {"CreationDate": None, "Producer": None, "Creator": None, **titled}
    return _written(figure, {"pdf.fonttype": 42}, format="pdf", metadata=metadata)


def to_tiff(figure: Figure, dpi: int = 600) -> bytes:
    """Give the figure as TIFF at print size, packed without loss; for line art, 600 dpi."""
    return _written(figure, format="tiff", dpi=dpi, pil_kwargs={"compression": "tiff_lzw"})


def widths_asked() -> list[float]:
    """Give the widths in mm at which figures are asked for beside those of the report."""
    return [float(width) for width in os.environ.get(WIDTHS, "").replace(",", " ").split()]


def _written(figure: Figure, look: Mapping[RcKeyType, Any] | None = None, **options: Any) -> bytes:
    with theme(), matplotlib.rc_context(dict(look or {})), io.BytesIO() as file:
        figure.savefig(file, **options)
        return file.getvalue()


def missing_signs(figure: Figure) -> list[str]:
    """Give the signs of a figure's texts that no font has, and in whose place boxes stand."""
    texts = [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
    return sorted({sign for text in texts for sign in text if not sign.isspace()} - _known())


@cache
def _known() -> frozenset[str]:
    """Give the signs that the fonts of figures have."""
    found: set[int] = set()
    for family in FONTS:
        found |= get_font(findfont(FontProperties(family=family))).get_charmap().keys()
    return frozenset(map(chr, found))


def darker(colour: Any, share: float = 0.72) -> str:
    """Give a colour dark enough for text on white (`share` of each RGB channel kept)."""
    red, green, blue = to_rgb(colour)
    return to_hex((red * share, green * share, blue * share))


def is_dark(colour: Any) -> bool:
    """Say whether white text reads better than black on this colour (WCAG 2.1 luminance)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    # Contrast with white equals contrast with black at this luminance.
    return luminance < 0.179

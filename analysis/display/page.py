"""What a notebook writes and shows: estimates, tables and figures under the article's names."""

from __future__ import annotations

import base64
import re
import warnings
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import HTML

from analysis.display import theme
from analysis.display.absent import absent_line
from analysis.display.exported import say_synthetic, write_parquet
from analysis.display.figures.drawing import Drawing
from analysis.display.linked import table_markup
from analysis.display.tables import Table
from analysis.display.templates import table_document
from analysis.study.spreadsheets import write_csv

# Lettering of 7 points suits paper; on a screen it is shown larger.
PIXELS_PER_POINT = 96 / 72 * 1.25

# What a phone shows of a figure without making its letters too small; one column of a journal.
_PHONE, _PHONE_MM = "(max-width: 40rem)", theme.SINGLE_COLUMN_MM

SYNTHETIC_PATIENTS = "Synthetic patients."

# As many signs are named that a figure cannot show.
_SIGNS = 20
_NUMBERED = re.compile(r"(?:supplementary_)?(?:table|figure)_\d+[a-z]?")


class Page:
    """One page of the report.

    Parameters
    ----------
    name
        Name of the notebook, such as ``01_cohort``.
    output
        Folder that the report is written to; with ``""`` results are shown and nothing is
        written, as a reader wants who works in JupyterLab.
    synthetic
        Whether no real patient is in what it shows: every file then says so, a table in its last
        column, a figure in its metadata.
    pictures
        Whether figures are written as PNG beside SVG, which takes as long as the rest of a figure.
    """

    def __init__(
        self,
        name: str,
        output: str | Path = "",
        *,
        synthetic: bool = False,
        pictures: bool = False,
    ) -> None:
        self.name = name
        self.output = Path(output) if str(output) else None
        self.synthetic = synthetic
        self._pictures = pictures

    def estimates(self, rows: pd.DataFrame) -> None:
        """Write the estimates of this page (columns of `analysis.estimates.rows`)."""
        if path := self._file("estimates", f"{self.name}.parquet"):
            write_parquet(self._told(rows), path)

    def records(self, name: str, rows: pd.DataFrame) -> None:
        """Write a plain table of this page, `<name>.csv`, beside the estimates."""
        if path := self._file("", f"{name}.csv"):
            write_csv(self._told(rows), path)

    def _told(self, rows: pd.DataFrame) -> pd.DataFrame:
        return say_synthetic(rows) if self.synthetic else rows

    def table(self, name: str, table: Table | None, caption: str, source: str = "") -> HTML:
        """Write `tables/<name>.csv` and `.html`; give what shows the table.

        `caption` is plain text, before which the label of a numbered table is put. Without a
        table nothing is written, and one line says that the dataset has no record of `source`.
        """
        if table is None:
            return self.not_recorded(name, source, caption)
        linked, markup = table_markup(name, table)
        if path := self._file("tables", f"{name}.csv"):
            write_csv(self._told(table.cells), path)
            said = f"{SYNTHETIC_PATIENTS} {caption}" if self.synthetic else caption
            document = table_document(label(name), said, markup + table.below)
            path.with_suffix(".html").write_text(document, encoding="utf-8", newline="\n")
            path.with_suffix(".tex").write_text(
                _latex(table, f"{label(name)}. {said}" if label(name) else said),
                encoding="utf-8",
                newline="\n",
            )
        links = self._links(f"tables/{name}", "csv", "html", "tex")
        return HTML(
            f'<figure class="table" id="{escape(name)}">'
            f"{_figcaption(name, caption, links)}{_box(name, linked)}{table.below}</figure>"
        )

    def figure(self, name: str, drawing: Drawing | None, caption: str, source: str = "") -> HTML:
        """Write `figures/<name>.svg`, close the figure, give what shows it.

        `caption` is plain text, before which the label of a numbered figure is put. Without a
        drawing nothing is written, and one line says that the dataset has no record of `source`.
        """
        if drawing is None:
            return self.not_recorded(name, source, caption)
        said, alt = {}, drawing.alt
        if self.synthetic:
            said = {"Title": f"{SYNTHETIC_PATIENTS} {label(name) or name}", "Description": caption}
            alt = f"{SYNTHETIC_PATIENTS} {alt}"
        caption += _boxes(drawing.missing_signs())
        if path := self._file("figures", f"{name}.svg"):
            path.write_bytes(drawing.editable(said))
            if self._pictures:
                path.with_suffix(".png").write_bytes(drawing.png(said=said))
            _for_manuscript(drawing, path, said)
        image = _picture(drawing, said, alt)
        suffixes = ("svg", "png") if self._pictures else ("svg",)
        links = self._links(f"figures/{name}", *suffixes)
        return HTML(
            f'<figure class="plot" id="{escape(name)}">{_box(name, image)}'
            f"{_figcaption(name, caption, links)}</figure>"
        )

    def not_recorded(self, name: str, source: str = "", caption: str = "") -> HTML:
        """Say in one line that the dataset has no record of what a table or figure shows.

        What is shown is named by its number, or by the first sentence of its caption.
        """
        title = label(name) or re.split(r"\.(?:\s|$)", caption)[0] or name
        # "AFP after treatment" keeps its capitals, "Response assessments" does not.
        inner = source if source[1:2].isupper() else source[:1].lower() + source[1:]
        return HTML(absent_line([(name, title, inner)]))

    def _file(self, folder: str, name: str) -> Path | None:
        if self.output is None:
            return None
        path = self.output / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _links(self, stem: str, *suffixes: str) -> str:
        if self.output is None:
            return ""
        links = " ".join(
            f'<a href="{escape(stem)}.{suffix}">{suffix.upper()}</a>' for suffix in suffixes
        )
        return f' <span class="files">{links}</span>'


_PREAMBLE = "% Needs the packages booktabs, caption and multirow, and LuaLaTeX or XeLaTeX.\n"


def _latex(table: Table, caption: str) -> str:
    with warnings.catch_warnings():
        # What is bold on a screen stays plain here.
        warnings.filterwarnings("ignore", "Styles are not yet supported")
        return _PREAMBLE + table.shown.tab_header(title=caption).as_latex(tbl_pos="htbp") + "\n"


def label(name: str) -> str:
    """Give a numbered table or figure as the article prints it, `""` for one without a number.

    >>> label("figure_2a"), label("supplementary_table_1"), label("swimmer")
    ('Figure 2A', 'Supplementary Table 1', '')
    """
    if not _NUMBERED.fullmatch(name):
        return ""
    *words, number = name.split("_")
    return " ".join(word.capitalize() for word in words) + " " + number.upper()


def _box(name: str, content: str) -> str:
    # What is wider than the page scrolls in this box, by keyboard too.
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-labelledby="{escape(name)}_caption">'
        f"{content}</div>"
    )


def _boxes(signs: Sequence[str]) -> str:
    """Say which signs a figure cannot show; nothing where it shows all."""
    if not signs:
        return ""
    shown = " ".join(signs[:_SIGNS]) + (" …" if len(signs) > _SIGNS else "")
    return f" The font of figures lacks {shown}: boxes stand there."


def _for_manuscript(drawing: Drawing, path: Path, said: Mapping[str, str]) -> None:
    """Write the figure at the widths that are asked for, as a journal wants it."""
    for width in theme.widths_asked():
        one = drawing if drawing.again is None else drawing.again(width)
        name = f"{path.stem}_{width:g}mm"
        path.with_name(f"{name}.svg").write_bytes(one.editable(said))
        path.with_name(f"{name}.pdf").write_bytes(theme.to_pdf(one.figure, said))
        path.with_name(f"{name}.png").write_bytes(one.png(said=said))
        path.with_name(f"{name}.tiff").write_bytes(theme.to_tiff(one.figure))
        if one is not drawing:
            plt.close(one.figure)


def _picture(drawing: Drawing, said: Mapping[str, str], alt: str) -> str:
    """Give the figure as an image, and one drawn for a phone where it is wider than that."""
    shown = [drawing]
    if drawing.again is not None and drawing.width_mm > _PHONE_MM * 1.1:
        shown.append(drawing.again(_PHONE_MM))
    wide, *narrow = [theme.with_dark(each.svg(said)) for each in shown]
    for each in shown:
        plt.close(each.figure)
    image = f'<img src="{_embedded(wide)}" {_sides(wide)} alt="{escape(alt)}">'
    for svg in narrow:
        source = f'<source media="{_PHONE}" srcset="{_embedded(svg)}" {_sides(svg)}>'
        image = f"<picture>{source}{image}</picture>"
    return image


def _embedded(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode('ascii')}"


def _sides(svg: bytes) -> str:
    width, height = _size_in_pixels(svg)
    return f'width="{width}" height="{height}"'


def _figcaption(name: str, caption: str, links: str) -> str:
    numbered = f"<strong>{escape(label(name))}.</strong> " if label(name) else ""
    return (
        f'<figcaption id="{escape(name)}_caption">{numbered}{escape(caption)}{links}</figcaption>'
    )


def _size_in_pixels(svg: bytes) -> tuple[int, int]:
    root = re.search(rb"<svg[^>]*>", svg)
    assert root is not None
    width, height = (
        float(re.findall(rf'\s{side}="([\d.]+)pt"'.encode(), root[0])[0])
        for side in ("width", "height")
    )
    return round(width * PIXELS_PER_POINT), round(height * PIXELS_PER_POINT)

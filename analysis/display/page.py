"""What a notebook writes and shows: estimates, tables and figures under the article's names."""

from __future__ import annotations

import base64
import re
from html import escape
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import HTML

from analysis.display.figures.drawing import Drawing
from analysis.display.tables import Table
from analysis.display.templates import table_document

# Lettering of 7 points suits paper; on a screen it is shown larger.
PIXELS_PER_POINT = 96 / 72 * 1.25

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
    """

    def __init__(self, name: str, output: str | Path = "") -> None:
        self.name = name
        self.output = Path(output) if str(output) else None

    def estimates(self, rows: pd.DataFrame) -> None:
        """Write the estimates of this page (columns of `analysis.estimates.rows`)."""
        if path := self._file("estimates", f"{self.name}.parquet"):
            rows.to_parquet(path, index=False)

    def records(self, name: str, rows: pd.DataFrame) -> None:
        """Write a plain table of this page, `<name>.csv`, beside the estimates."""
        if path := self._file("", f"{name}.csv"):
            rows.to_csv(path, index=False, lineterminator="\n")

    def table(self, name: str, table: Table | None, caption: str, source: str = "") -> HTML:
        """Write `tables/<name>.csv` and `.html`; give what shows the table.

        `caption` is plain text, before which the label of a numbered table is put. Without a
        table nothing is written, and one line says that the dataset has no record of `source`.
        """
        if table is None:
            return self.not_recorded(name, source, caption)
        # Great Tables draws a new identifier at random each time it is not given one.
        markup = table.shown.with_id(f"{name}_gt").as_raw_html()
        if path := self._file("tables", f"{name}.csv"):
            table.cells.to_csv(path, index=False, lineterminator="\n")
            document = table_document(label(name), caption, markup)
            path.with_suffix(".html").write_text(document, encoding="utf-8", newline="\n")
        links = self._links(f"tables/{name}", "csv", "html")
        return HTML(
            f'<figure class="table" id="{escape(name)}">'
            f"{_figcaption(name, caption, links)}{_box(name, markup)}</figure>"
        )

    def figure(self, name: str, drawing: Drawing | None, caption: str, source: str = "") -> HTML:
        """Write `figures/<name>.svg` and `.png` (300 dpi), close the figure, give what shows it.

        `caption` is plain text, before which the label of a numbered figure is put. Without a
        drawing nothing is written, and one line says that the dataset has no record of `source`.
        """
        if drawing is None:
            return self.not_recorded(name, source, caption)
        svg = drawing.svg()
        if path := self._file("figures", f"{name}.svg"):
            path.write_bytes(svg)
            path.with_suffix(".png").write_bytes(drawing.png())
        plt.close(drawing.figure)
        width, height = _size_in_pixels(svg)
        image = (
            f'<img src="data:image/svg+xml;base64,{base64.b64encode(svg).decode("ascii")}"'
            f' width="{width}" height="{height}" alt="{escape(drawing.alt)}">'
        )
        links = self._links(f"figures/{name}", "svg", "png")
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
        words = f"{title}: not recorded in this dataset{f' ({inner})' if inner else ''}."
        return HTML(f'<p class="not-recorded" id="{escape(name)}">{escape(words)}</p>')

    def note(self, words: str) -> HTML:
        """Say something in one line, where a table or figure would stand."""
        return HTML(f'<p class="not-recorded">{escape(words)}</p>')

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

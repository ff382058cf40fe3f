"""The test articles in other forms: as a web page, as a Word file, and their tables as a PDF."""

from __future__ import annotations

import html
from pathlib import Path

import docx

from analysis.article.draft.paper import CITED, Paper, Table


def spans(table: Table, row: int, column: int) -> tuple[int, int]:
    """Give how many rows and columns a cell covers from this place on."""
    cell, down, right = table.grid[row][column], 1, 1
    if not cell.text:
        return 1, 1
    while row + down < len(table.grid) and table.grid[row + down][column] is cell:
        down += 1
    while column + right < len(table.grid[row]) and table.grid[row][column + right] is cell:
        right += 1
    return down, right


def as_html(paper: Paper, path: Path) -> None:
    lines = [
        "<!DOCTYPE html><html><head><title>x</title><script>var a = '99 (99.9%)';</script></head>",
        f"<body><h1>{html.escape(paper.title)}</h1>",
    ]
    section = ""
    for paragraph in paper.paragraphs[1:]:
        if paragraph.section != section:
            section = paragraph.section
            lines.append(f"<h2>{html.escape(section)}</h2>")
        text = html.escape(paragraph.text).replace(CITED, '<a href="#ref-1">1</a>')
        lines.append(f"<p>{text}</p>")
    for table in paper.tables:
        lines.append(f"<div><p>{table.label}. {html.escape(table.caption)}</p><table>")
        seen: set[int] = set()
        for number, row in enumerate(table.grid):
            group = "thead" if number < table.headings else "tbody"
            lines.append(f"<{group}><tr>" if group == "thead" else "<tr>")
            for column, cell in enumerate(row):
                if cell.text and id(cell) in seen:
                    continue
                seen.add(id(cell))
                down, right = spans(table, number, column)
                text = "&nbsp;" * cell.indent + html.escape(cell.text).replace("\n", "<br/>")
                marks = "".join(f"<sup>{html.escape(mark)}</sup>" for mark in cell.marks)
                lines.append(f'<td rowspan="{down}" colspan="{right}">{text}{marks}</td>')
            lines.append(f"</tr></{group}>" if group == "thead" else "</tr>")
        lines.append("</table>")
        lines += [f'<p class="footnote">{html.escape(note)}</p>' for note in table.footnotes]
        lines.append("</div>")
    path.write_text("\n".join(lines) + "</body></html>", encoding="utf-8")


def as_word(paper: Paper, path: Path) -> None:
    document = docx.Document()
    document.add_paragraph(paper.title, style="Title")
    section = ""
    for paragraph in paper.paragraphs[1:]:
        if paragraph.section != section:
            section = paragraph.section
            document.add_heading(section, level=1)
        document.add_paragraph(paragraph.text.replace(CITED, ""))
    for table in paper.tables:
        document.add_paragraph(f"{table.label}. {table.caption}")
        made = document.add_table(rows=len(table.grid), cols=len(table.grid[0]))
        seen: set[int] = set()
        for number, row in enumerate(table.grid):
            for column, cell in enumerate(row):
                if not cell.text or id(cell) in seen:
                    continue
                seen.add(id(cell))
                down, right = spans(table, number, column)
                place = made.cell(number, column)
                if (down, right) != (1, 1):
                    place = place.merge(made.cell(number + down - 1, column + right - 1))
                words = place.paragraphs[0]
                words.add_run("\u2003" * cell.indent + cell.text)
                for mark in cell.marks:
                    words.add_run(mark).font.superscript = True
        for note in table.footnotes:
            document.add_paragraph(note)
    document.save(str(path))


def as_pdf(paper: Paper, path: Path) -> None:
    """Draw each table on a page of its own, with lines between its cells."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"pdf.fonttype": 42}), PdfPages(path) as pages:
        for table in paper.tables:
            rows = [[cell.text.replace("\n", " ") for cell in row] for row in table.grid]
            figure = Figure(figsize=(3 + 2.4 * len(rows[0]), 1 + 0.35 * len(rows)))
            axes = figure.add_axes((0.02, 0.02, 0.96, 0.8))
            axes.axis("off")
            axes.table(cellText=rows, loc="upper center", cellLoc="left")
            figure.text(0.02, 0.93, f"{table.label}. {table.caption}")
            pages.savefig(figure)

"""Word documents (.docx) that can be edited: each table by itself, and the whole report.

Pandoc makes the document; python-docx lays out what pandoc cannot: rules, widths, lettering.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape, unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from lxml.html import fromstring
from PIL import Image

from analysis.display.documents.content import PADDING_MM, Content, as_text, fit, tables, with_notes
from analysis.display.documents.pandoc import converted
from analysis.display.documents.raster import png

FONT, MONO = "Arial", "Courier New"
INK, MUTED = RGBColor(0x1A, 0x1A, 0x1A), RGBColor(0x55, 0x55, 0x55)
# A4 with margins that leave 170 mm, a double column of most journals.
PAGE_MM, MARGIN_MM, TEXT_MM, TALLEST_MM = (210, 297), 20, 170, 225
DPI = 300


def write_report(content: Content, path: Path) -> None:
    """Write the whole report as one document, with figures at 300 dpi.

    Raises
    ------
    analysis.display.documents.pandoc.NotInstalled
        When pandoc or Typst is not there.
    """
    front = [f"<p><strong>{escape(line)}</strong></p>" for line in content.notices]
    contents = [
        f'<li><a href="#{heading.get("id")}">{escape(heading.text_content())}</a></li>'
        for page in content.pages
        for heading in page.xpath(".//h1")
    ]
    foot = [f"<p>{escape(line)}</p>" for line in content.foot]
    title = ["--metadata", f"title={content.title}", "--metadata", f"subtitle={content.subtitle}"]
    with TemporaryDirectory() as pictures:
        body = _with_pictures(content, Path(pictures))
        html = "\n".join([*front, f"<ul>{''.join(contents)}</ul>", body, *foot])
        _write(html, path, title, content.notices)


def write_tables(content: Content, folder: Path) -> list[str]:
    """Write each table that has a name as a document of its own; give the names of the files."""
    written = []
    for page in content.pages:
        for table in tables(page):
            name = f"{str(table.get('id')).partition('.')[2]}.docx"
            html = "\n".join(map(as_text, with_notes(table)))
            foot = [f"<p>{escape(line)}</p>" for line in content.notices]
            _write("\n".join([html, *foot]), folder / name, (), ())
            written.append(name)
    return written


def write_text(html: str, path: Path, notices: Sequence[str]) -> None:
    """Write a document of text and tables, given as HTML."""
    _write(html, path, (), notices)


def _with_pictures(content: Content, folder: Path) -> str:
    """Give the pages with figures as PNG at the size of print, no wider than the text.

    The pictures are written into `folder`.
    """
    html = content.body

    def picture(found: re.Match[str]) -> str:
        svg = Path(unescape(found[1]))
        path = folder / f"{svg.stem}.png"
        path.write_bytes(png(svg, DPI))
        with Image.open(path) as image:
            wide, high = (side / DPI * 25.4 for side in image.size)
        shrunk = min(1.0, TEXT_MM / wide, TALLEST_MM / high)
        return f'src="{escape(str(path))}" width="{wide * shrunk:.1f}mm"'

    return re.sub(r'src="([^"]+\.svg)"', picture, html)


def _write(html: str, path: Path, options: Sequence[str], notices: Iterable[str]) -> None:
    body = fromstring(f"<section>{html}</section>")
    sizes = [fit(table, TEXT_MM) for table in body.iter("table")]
    converted(as_text(body), "docx", options, path)
    document = Document(str(path))
    _lettering(document)
    for section in document.sections:
        section.page_width, section.page_height = (Mm(side) for side in PAGE_MM)
        section.left_margin = section.right_margin = Mm(MARGIN_MM)
        section.top_margin = section.bottom_margin = Mm(MARGIN_MM)
        _foot(section, notices)
    for table, size in zip(document.tables, sizes, strict=True):
        _lay_out(table, size)
    _keep_captions(document)
    document.save(str(path))


def _lettering(document: Any) -> None:
    sizes = {
        "Normal": 10, "Body Text": 10, "First Paragraph": 10, "Compact": 9, "Title": 20,
        "Subtitle": 12, "Heading 1": 16, "Heading 2": 13, "Heading 3": 11, "Heading 4": 10,
        "Table Caption": 9, "Image Caption": 9, "Caption": 9, "Table Note": 7.5,
    }  # fmt: skip
    for style in document.styles:
        if style.name not in sizes:
            continue
        style.font.name, style.font.size = FONT, Pt(sizes[style.name])
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in list(fonts.attrib):
            # A font of the theme would go before the one that is named.
            if key.endswith("Theme"):
                del fonts.attrib[key]
        for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(kind), FONT)
        style.font.color.rgb = INK
        if "Caption" in style.name:
            style.font.italic = False


def _foot(section: Any, notices: Iterable[str]) -> None:
    """Put the number of the page, and a notice that must not be lost, at the foot of each page."""
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    # The first sentences are short; the rest stands on the first page.
    said = " ".join(" ".join(notices).split(". ")[:2])
    run = paragraph.add_run(f"{said[:150]}   " if said else "")
    run.font.size, run.font.color.rgb = Pt(7), MUTED
    number = paragraph.add_run()
    number.font.size = Pt(7)
    for kind, text in (("begin", ""), ("", " PAGE "), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        number._r.append(part)


def _lay_out(table: Any, size: float) -> None:
    """Rules as in a journal, rows that stay whole, headings that come again on each page."""
    properties = table._tbl.tblPr
    for old in properties.findall(qn("w:tblBorders")):
        properties.remove(old)
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom"):
        borders.append(_rule(side, 12))
    properties.append(borders)
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        room = OxmlElement(f"w:{side}")
        room.set(qn("w:w"), str(round(PADDING_MM / 25.4 * 1440)))
        room.set(qn("w:type"), "dxa")
        margins.append(room)
    properties.append(margins)
    headed = 0
    for row in table.rows:
        about = row._tr.get_or_add_trPr()
        if about.find(qn("w:tblHeader")) is not None:
            # LibreOffice may lay out pages for ever where rows that come again must be whole too.
            headed += 1
        else:
            about.append(OxmlElement("w:cantSplit"))
    for place, row in enumerate(table.rows):
        for cell in row._tr.tc_lst:
            if place < headed:
                _border(cell, "bottom", 4 if place < headed - 1 else 8)
            for paragraph in cell.p_lst:
                about = paragraph.get_or_add_pPr()
                spacing = about.get_or_add_spacing()
                spacing.set(qn("w:before"), "20")
                spacing.set(qn("w:after"), "20")
                for run in paragraph.r_lst:
                    style = run.get_or_add_rPr()
                    for old in style.findall(qn("w:sz")):
                        style.remove(old)
                    half = OxmlElement("w:sz")
                    half.set(qn("w:val"), str(int(size * 2)))
                    style.append(half)
                    if place < headed and style.find(qn("w:b")) is None:
                        style.insert(0, OxmlElement("w:b"))


def _rule(side: str, eighths: int) -> Any:
    rule = OxmlElement(f"w:{side}")
    for key, value in (
        ("val", "single"),
        ("sz", str(eighths)),
        ("space", "0"),
        ("color", "1A1A1A"),
    ):
        rule.set(qn(f"w:{key}"), value)
    return rule


def _border(cell: Any, side: str, eighths: int) -> None:
    about = cell.get_or_add_tcPr()
    for old in about.findall(qn("w:tcBorders")):
        about.remove(old)
    borders = OxmlElement("w:tcBorders")
    borders.append(_rule(side, eighths))
    about.append(borders)


def _keep_captions(document: Any) -> None:
    """Keep the caption of a table with the table below it."""
    for paragraph in document.paragraphs:
        if paragraph.style.name == "Table Caption":
            paragraph.paragraph_format.keep_with_next = True

"""Reads an article of any kind, by what the file is and not by what it is called alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

from analysis.article.draft.paper import Paper, UnreadablePaper

SUFFIXES = (".xml", ".nxml", ".html", ".htm", ".xhtml", ".docx", ".pdf")


def read_paper(path: Path) -> Paper:
    """Read an article.

    The readers of Word and PDF are loaded when such a file is read.

    Raises
    ------
    UnreadablePaper
        When there is no such file, or it is of no kind that is read, or not what it says.
    """
    if not path.is_file():
        raise UnreadablePaper(f"{path}: there is no such file.")
    with path.open("rb") as file:
        head = file.read(2048)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"%PDF"):
        from analysis.article.draft.pdf import read_pdf

        return read_pdf(path)
    if zipfile.is_zipfile(path):
        from analysis.article.draft.word import read_word

        return read_word(path)
    if path.suffix.lower() in (".html", ".htm", ".xhtml") or start.startswith(
        (b"<!doctype html", b"<html")
    ):
        from analysis.article.draft.html import read_html

        return read_html(path)
    if start.startswith(b"<"):
        from analysis.article.draft.jats import read_jats

        return read_jats(path)
    raise UnreadablePaper(
        f"{path.name}: neither JATS XML, HTML, Word (.docx) nor PDF, which are what is read. "
        "PubMed Central gives an article as XML."
    )

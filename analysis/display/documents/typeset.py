"""The whole report as one PDF: contents, bookmarks, tags, text that can be searched.

Pandoc turns the pages into Typst, which sets them; figures stay vectors.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from lxml.html import fromstring
from matplotlib import get_data_path

from analysis.display.documents.content import Content, as_text, fit
from analysis.display.documents.pandoc import NotInstalled, converted

TEXT_MM = 170.0
_STYLE = (Path(__file__).parent / "report.typ").read_text(encoding="utf-8")
_IMAGE = re.compile(r'image\("((?:[^"\\]|\\.)*)"')
_OF_NOTES = 'data-typst:text:size="7pt" data-typst:text:fill="rgb(90, 95, 102)"'
_FORMULA = re.compile(r"(?<!\\)\$.+?(?<!\\)\$", re.DOTALL)


def write_pdf(content: Content, path: Path) -> None:
    """Write a report as PDF/UA-1, the standard of tagged files that screen readers read.

    Raises
    ------
    analysis.display.documents.pandoc.NotInstalled
        When pandoc or Typst is not there.
    """
    try:
        import typst
    except ModuleNotFoundError:
        raise NotInstalled("typst, which sets PDF files,") from None
    source = path.with_suffix(".typ")
    fonts = Path(get_data_path()) / "fonts" / "ttf"
    attempts = _attempts(typeset(content))
    for last, text in attempts:
        source.write_text(text, encoding="utf-8", newline="\n")
        try:
            with contextlib.nullcontext() if last else _unheard():
                typst.compile(
                    str(source),
                    output=str(path),
                    # Figures lie in the folder of the report.
                    root="/",
                    font_paths=[str(fonts)],
                    ignore_system_fonts=True,
                    pdf_standards=["ua-1"],
                )
        except BaseException as failed:
            # What Rust calls a panic is no error to Python, and has no type that can be named.
            if last or type(failed).__name__ != "PanicException":
                raise
        else:
            break
        finally:
            source.unlink()


_HEAD = "table.header("


def _attempts(text: str) -> Iterator[tuple[bool, str]]:
    """Give the source of Typst, then what may be set where that fails, and which is the last.

    Typst 0.15 fails on a head that comes to stand alone at the foot of a page, of a table that is
    to have its head on every page. Of one table after the other it has none but the first then, and
    in the end of all.
    """
    yield False, text
    for head in re.finditer(re.escape(_HEAD), text):
        yield False, f"{text[: head.end()]}repeat: false, {text[head.end() :]}"
    yield True, text.replace(_HEAD, f"{_HEAD}repeat: false, ")


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Let nothing of what a library writes to standard error be seen: an attempt may fail."""
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("w") as nobody:
        os.dup2(nobody.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def typeset(content: Content) -> str:
    """Give a report as the source of Typst."""
    pages = fromstring(f"<section>{content.body}</section>")
    for table in pages.iter("table"):
        table.set("class", f"size-{fit(table, TEXT_MM)}")
    # Pandoc hands on what is asked of Typst in attributes of these names.
    html = as_text(pages).replace('<div class="note"', f'<div class="note" {_OF_NOTES}')
    html = re.sub(r'class="size-([\d.]+)"', r'data-typst:text:size="\1pt"', html)
    html = html.removeprefix("<section>").removesuffix("</section>")
    body = converted(html, "typst")
    alternatives = _alternatives(content)
    body = _IMAGE.sub(
        lambda found: f"{found[0]}, alt: {_text(alternatives.get(json.loads(_quoted(found)), ''))}",
        body,
    )
    formulas = iter(_formulas(content))
    body = _FORMULA.sub(lambda found: _spoken(found[0], next(formulas)), body)
    front = {
        "title": content.title,
        "subtitle": content.subtitle,
        "notices": content.notices,
        "foot": content.foot,
    }
    given = ", ".join(f"{name}: {_value(value)}" for name, value in front.items())
    return f"{_STYLE}\n#show: report.with({given})\n\n{body}\n"


def _quoted(found: re.Match[str]) -> str:
    return f'"{found[1]}"'


def _alternatives(content: Content) -> dict[str, str]:
    return {
        str(image.get("src")): str(image.get("alt", ""))
        for page in content.pages
        for image in page.iter("img")
    }


def _formulas(content: Content) -> list[str]:
    """Give each formula in a line of text, for those who hear it."""
    found = [as_text(formula) for page in content.pages for formula in page.iter("math")]
    return [" ".join(converted(f"<p>{each}</p>", "plain").split()) for each in found]


def _spoken(formula: str, words: str) -> str:
    block = "true" if formula[1:2].isspace() else "false"
    return f"#math.equation(block: {block}, alt: {_text(words)}, {formula})"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"({''.join(f'{_text(each)}, ' for each in value)})"
    return _text(str(value))


def _text(text: str) -> str:
    """Give a string of Typst, in which nothing is markup."""
    return json.dumps(text, ensure_ascii=False)

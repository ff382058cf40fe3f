"""Pandoc, which turns the pages' HTML into what Word and Typst read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.study.errors import ReadableError


class NotInstalled(ReadableError):
    """A package that makes documents is not there; says how to install it."""

    status = 2

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not installed; 'make writers' installs it, once.")


def converted(html: str, to: str, options: Sequence[str] = (), out: Path | None = None) -> str:
    """Give HTML in another format of pandoc's, or write it to `out`.

    `options` are those of pandoc's command line.

    Raises
    ------
    NotInstalled
        When the package pypandoc-binary, which carries pandoc, is not installed.
    """
    try:
        import pypandoc
    except ModuleNotFoundError:
        raise NotInstalled("pypandoc-binary, which turns pages into documents,") from None
    written = None if out is None else str(out)
    return str(
        pypandoc.convert_text(html, to, format="html", extra_args=list(options), outputfile=written)
    )

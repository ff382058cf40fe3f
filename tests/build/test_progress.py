"""Progress is bars for eyes and lines for logs."""

from __future__ import annotations

import io
import re

from analysis.build.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(stream: io.StringIO) -> str:
    with Progress(2, stream) as progress:
        progress.start("01_cohort")
        progress.finish("01_cohort")
        progress.start("04_survival")
        progress.finish("04_survival", "failed")
    return stream.getvalue()


def test_a_log_has_plain_lines() -> None:
    said = run(io.StringIO())
    assert "\r" not in said
    assert re.search(r"^01_cohort +0\.0 s$", said, re.MULTILINE)
    assert re.search(r"^04_survival +0\.0 s  failed$", said, re.MULTILINE)


def test_a_terminal_has_a_bar() -> None:
    said = run(Terminal())
    assert "\r" in said
    assert "2/2" in said
    assert re.search(r"04_survival +0\.0 s  failed", said)

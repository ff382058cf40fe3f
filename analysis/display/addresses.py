"""The address of a row of estimates: short, readable, and the same in every build."""

from __future__ import annotations

import hashlib
import re
from dataclasses import astuple

from analysis.study.keys import Key

# Analyses that a page of their own is about: an address need not name them.
_OF_A_PAGE = frozenset(
    {"characteristics", "treatment", "response", "survival", "adverse_events", "prognosis"}
)
# Signs of cuts have words, since an address with "<" in it is not one that can be typed.
_SIGNS = (("<=", "_le"), (">=", "_ge"), ("<", "_lt"), (">", "_gt"), ("&", "and"), ("+", "plus"))


def address(key: Key) -> str:
    """Give the address of a row: the parts of its key that say something, joined by dots.

    >>> from analysis.study.keys import Statistic
    >>> address(Key("survival", "", "", "OS", "", Statistic.MEDIAN))
    'OS.median'
    >>> address(Key("survival", "", "", "OS", "12", Statistic.RATE))
    'OS.rate.12'
    >>> address(Key("prognosis", "bilirubin<17", "yes", "OS", "", Statistic.MEDIAN))
    'bilirubin_lt17.yes.OS.median'
    >>> address(Key("relapse_factors", "stage", "", "RFS", "", Statistic.P_VALUE))
    'relapse_factors.stage.RFS.p_value'
    """
    analysis = "" if key.analysis_id in _OF_A_PAGE else key.analysis_id
    parts = (
        analysis, key.group, key.group_level, key.variable, str(key.statistic), key.variable_level
    )  # fmt: skip
    return ".".join(filter(None, map(_plain, parts)))


class Addresses:
    """The addresses of the rows of one page.

    Where two rows would have the same, the later one has more to it, which hangs on its key alone.

    >>> from analysis.study.keys import Statistic
    >>> given = Addresses()
    >>> alike = [Key("survival", "", "", name, "", Statistic.N) for name in ("a b", "a-b", "a b")]
    >>> [given.of(key) for key in alike]
    ['a-b.n', 'a-b.n~e7e670df', 'a-b.n']
    """

    def __init__(self) -> None:
        self._of: dict[tuple[Key, str], str] = {}
        self._taken: set[str] = set()

    def of(self, key: Key, under: str = "") -> str:
        """Give the address of a row, estimated `under` other parameters than those of the page."""
        if (key, under) not in self._of:
            text = ".".join(filter(None, (_plain(under), address(key))))
            taken = text in self._taken
            self._of[key, under] = f"{text}~{_digest(key, under)}" if taken else text
            self._taken.add(text)
        return self._of[key, under]


def _digest(key: Key, under: str) -> str:
    said = "\x1f".join(map(str, astuple(key))) + under
    return hashlib.sha256(said.encode()).hexdigest()[:8]


def _plain(part: str) -> str:
    """Give a part without what has a meaning in an address, or in HTML."""
    for sign, word in _SIGNS:
        part = part.replace(sign, word)
    return re.sub(r"[^\w.-]+", "-", part).strip("-_")

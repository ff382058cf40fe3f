"""Write texts of a strange file into YAML so that they stay texts, whatever they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import yaml

# A comment is for people; what is longer says no more.
_LONGEST_REMARK = 240


@lru_cache(maxsize=20_000)
def scalar(text: object) -> str:
    """Give a text as YAML reads it back, anywhere in a line.

    Examples
    --------
    >>> print(scalar("RT1 dose/fx"), scalar("yes"), scalar("a: b #c"), scalar("{}, x"))
    RT1 dose/fx 'yes' 'a: b #c' '{}, x'
    """
    plain = str(text)
    how: dict[str, Any] = {"width": 10**9}
    if plain.isprintable():
        how |= {"allow_unicode": True}
    else:
        how |= {"allow_unicode": False, "default_style": '"'}
    written = yaml.safe_dump([plain], default_flow_style=True, **how).strip()
    return written[1:-1]


def flow(value: object) -> str:
    """Give a value in one line: a text, a list in brackets, or names with values in braces.

    Examples
    --------
    >>> print(flow({"from": "Sex", "values": {"1": "male"}}))
    {from: Sex, values: {'1': male}}
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    return str(value) if isinstance(value, int) else scalar(value)


def remark(text: str) -> str:
    r"""Give a text for a comment: one line of printable letters.

    Examples
    --------
    >>> print(remark("a" + chr(10) + "title: no" + chr(0x202E)))
    a\ntitle: no\u202e
    """
    one = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return one if len(one) <= _LONGEST_REMARK else one[: _LONGEST_REMARK - 1] + "…"

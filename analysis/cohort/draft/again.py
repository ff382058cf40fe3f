"""What an earlier draft, and whoever answered it, already know of a source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from analysis.cohort.intake.fields import read_yaml


class Known:
    """The columns of a source that a `dataset.yaml` reads, or names in a comment.

    Raises
    ------
    yaml.YAMLError
        When the text is not YAML.
    """

    def __init__(self, text: str) -> None:
        declared = read_yaml(text) or {}
        self._names = set(_texts(declared)) | set(_repeated(declared))
        self._patterns = [
            re.compile(pattern) for pattern in _columns(declared) if _is_expression(pattern)
        ]
        for line in text.splitlines():
            if line.lstrip().startswith("#"):
                self._names |= _in_comment(line)

    def __contains__(self, name: str) -> bool:
        return name in self._names or any(each.fullmatch(name) for each in self._patterns)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield str(value)


def _parts(declared: Any) -> Iterator[dict[str, Any]]:
    tables = declared.get("tables") if isinstance(declared, dict) else None
    for parts in (tables or {}).values() if isinstance(tables, dict) else ():
        for part in parts if isinstance(parts, list) else [parts]:
            if isinstance(part, dict):
                yield part


def _repeated(declared: Any) -> Iterator[str]:
    for part in _parts(declared):
        places = part.get("repeat") or []
        for place in places if isinstance(places, list) else [places]:
            for text in _texts(part):
                yield text.replace("{}", str(place))


def _columns(declared: Any) -> Iterator[str]:
    for part in _parts(declared):
        if isinstance(part.get("columns"), str):
            yield part["columns"]


def _is_expression(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _in_comment(line: str) -> set[str]:
    """Give the texts of a line that is a comment, if it declares something without its marks."""
    plain = line.lstrip().lstrip("#? ").removeprefix("- ")
    try:
        declared = read_yaml(plain)
    except yaml.YAMLError:
        return set()
    return set(_texts(declared)) if isinstance(declared, dict) else set()

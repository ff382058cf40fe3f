"""Write the table of parameters from their model: `python -m analysis.build.choices_page`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from analysis.build.inputs import Source
from analysis.build.project import INDEX, ROOT, Project
from analysis.parameters import SECTIONS, Stated, Unit

PAGE = ROOT / "docs" / "parameters.md"

_INTRODUCTION = """\
# Parameters

Written by `make dictionary` from `analysis/parameters.py`; edit that, not this file.

Every choice that a reader may question has a name here. The first cell of each notebook sets those
that its page depends on. For one build,

```
make PARAMS="afp_cutoff=400 ci_type=log"     # changes some
make PARAMS=mine.yaml                        # takes them from a file, a line `afp_cutoff: 400` each
make survival PARAMS="ci_type=log"           # builds one page alone
make sensitivity                             # compares the report under many of them
```

A name that is not in this list, or a value that is out of range, is refused before anything runs.

*Value* is the article's, where *stated* says where it stands; of the others the article says
nothing, and the value is the reading under which its numbers hold, or the usual one.
"""

_BOUNDS: Mapping[type, tuple[str, str]] = {
    Ge: ("ge", "from {}"),
    Gt: ("gt", "above {}"),
    Le: ("le", "to {}"),
    Lt: ("lt", "below {}"),
}


def page(project: Project | None = None) -> str:
    """Give the table of parameters in Markdown."""
    project = project or Project()
    names = [*project.analyses(), INDEX]
    shown = {name: Source(project, project.notebook(name)).parameters for name in names}
    parts = [_INTRODUCTION]
    for section in SECTIONS:
        parts.append(f"## {(section.__doc__ or '').strip().removesuffix('.')}\n")
        parts.append("| name | what it is | value | unit | choices | stated | pages |")
        parts.append("| --- | --- | --- | --- | --- | --- | --- |")
        for name, field in section.model_fields.items():
            pages = [page[:2] for page in names if name in shown[page] and page != INDEX]
            every = pages == [page[:2] for page in names if page != INDEX]
            cells = (
                f"`{name}`",
                field.description or "",
                f"`{_written(field.default)}`",
                _mark(field, Unit, "name"),
                choices(field),
                _mark(field, Stated, "where"),
                "all" if every else ", ".join(pages),
            )
            parts.append("| " + " | ".join(cells) + " |")
        parts.append("")
    return "\n".join(parts)


def choices(field: FieldInfo) -> str:
    """Give what a parameter may be, in words.

    >>> from analysis.study.parameters import Parameters
    >>> choices(Parameters.model_fields["age_min"])
    'whole number from 0 to 120'
    """
    kind = field.annotation
    bounds = " ".join(
        words.format(f"{getattr(mark, attribute):g}")
        for mark in field.metadata
        for attribute, words in [_BOUNDS.get(type(mark), ("", ""))]
        if words
    )
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return "whole numbers" if inner is int else "names of factors"
    names = {bool: "`true`, `false`", int: "whole number", float: "number", NoneType: ""}
    return f"{names[kind]} {bounds}".strip() if kind in names else ""


def _mark(field: FieldInfo, mark: type, attribute: str) -> str:
    found = [getattr(data, attribute) for data in field.metadata if isinstance(data, mark)]
    return found[0] if found else ""


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def main(path: Path = PAGE) -> None:
    """Write the table to `path`."""
    path.write_text(page(), encoding="utf-8", newline="\n")
    print(f"Wrote {path.parent.name}/{path.name}")


if __name__ == "__main__":
    main()

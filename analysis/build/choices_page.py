"""The table of parameters, written from their model: `docs/parameters.md`."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from analysis.build.inputs import Source
from analysis.build.project import INDEX, Project
from analysis.study.parameters import Choices, Parameters, Stated
from analysis.study.phrases import Unit

_INTRODUCTION = """\
# Parameters

Written by `make dictionary` from {modules}; edit these, not this file.

Every choice that a reader may question has a name here. The first cell of each notebook sets those
that its page depends on; one that is edited there holds for every page. A variant has a folder of
its own beside the base:

```
make PARAMS="alpha_beta=3 ci_type=log"       # changes some
make PARAMS="population='age_years >= 60'"   # analyses a part of the patients
make PARAMS=mine.yaml                        # takes them from a file, a line `alpha_beta: 3` each
make survival PARAMS="ci_type=log"           # builds one page alone
make compare PARAMS="ci_type=log"            # sets the variant beside the base
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


def page(project: Project) -> str:
    """Give the table of parameters in Markdown."""
    model = project.study.parameters
    names = [*project.analyses(), INDEX]
    sources = [Source(project, project.notebook(name)) for name in names]
    shown = {
        source.name: model.model_fields.keys() if source.hangs_on_all else source.parameters
        for source in sources
    }
    parts = [_INTRODUCTION.format(modules=_modules(model))]
    for section in model.SECTIONS:
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
    if model.SUBGROUPS:
        parts.append("## Parts of the patients that have a name\n")
        parts.append("As `population` takes them; a dataset may declare more.\n")
        parts.append("| name | of whom it holds |")
        parts.append("| --- | --- |")
        parts += [f"| {name} | `{text}` |" for name, text in model.SUBGROUPS.items()]
        parts.append("")
    return "\n".join(parts)


def choices(field: FieldInfo) -> str:
    """Give what a parameter may be, in words.

    >>> choices(Parameters.model_fields["bootstrap_seed"])
    'whole number from 0'
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
    names = {
        bool: "`true`, `false`",
        int: "whole number",
        float: "number",
        str: "text",
        NoneType: "",
    }
    return f"{names[kind]} {bounds}".strip() if kind in names else ""


def _modules(model: type[Parameters]) -> str:
    """Name the files in which the sections of a model are declared."""
    modules = dict.fromkeys(
        kind.__module__
        for section in model.SECTIONS
        for kind in section.__mro__
        if issubclass(kind, Choices) and kind is not Choices
    )
    return " and ".join(sorted(f"`{name.replace('.', '/')}.py`" for name in modules))


def _mark(field: FieldInfo, mark: type, attribute: str) -> str:
    found = [getattr(data, attribute) for data in field.metadata if isinstance(data, mark)]
    return found[0] if found else ""


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)

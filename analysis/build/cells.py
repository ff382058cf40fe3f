"""Parameters that a reader has edited in the first cell of a notebook: choices like any others.

A value other than the study's holds for every page, as if it had been given on the command line;
what is given there wins. Cells are read, never run.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import ValidationError

from analysis.build.errors import REFUSED, BuildError
from analysis.build.inputs import Source
from analysis.build.project import Project
from analysis.study.parameters import refusals


def values_in(source: Source, names: Collection[str]) -> dict[str, Any]:
    """Give those of some names that the parameters cell of a notebook sets, with their values.

    Raises
    ------
    BuildError
        When a value does not stand there as it is, but is computed.
    """
    found: dict[str, Any] = {}
    for statement in ast.parse(source.cell).body:
        set_here = _plainly_set(statement)
        for name in _stored(statement):
            if name in names:
                try:
                    found[name] = ast.literal_eval(set_here[name])
                except (KeyError, ValueError, TypeError):
                    line = ast.get_source_segment(source.cell, statement)
                    raise BuildError(
                        f"{source.shown} sets {name} by `{line}`. The build reads this cell "
                        f"without running it: write the value itself, as in `{name} = …`.",
                        REFUSED,
                    ) from None
    return found


def edited(project: Project, sources: Collection[Source]) -> dict[str, dict[str, Any]]:
    """Give the parameters that notebooks set otherwise than the study: name to notebook to value.

    Raises
    ------
    BuildError
        When a value is computed, of the wrong type or out of range.
    """
    model = project.study.parameters
    found: dict[str, dict[str, Any]] = {}
    for source in sources:
        given = values_in(source, model.model_fields)
        try:
            chosen = model(**given)
        except ValidationError as error:
            told = "\n".join(refusals(error, given, model))
            raise BuildError(f"{source.shown}: {told}", REFUSED) from None
        for name, (_, value) in chosen.changed().items():
            found.setdefault(name, {})[source.shown] = value
    return found


def agreed(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give the one value of each parameter that notebooks have edited.

    Raises
    ------
    BuildError
        When two notebooks set the same parameter to different values.
    """
    lines = []
    for name, by_notebook in found.items():
        if len(set(by_notebook.values())) > 1:
            said = "; ".join(f"{where} sets {value!r}" for where, value in by_notebook.items())
            lines.append(f"Notebooks disagree on {name}: {said}.")
    if lines:
        lines.append("A report has one value of each: change the cells, or give it by PARAMS.")
        raise BuildError("\n".join(lines), REFUSED)
    return {name: next(iter(by_notebook.values())) for name, by_notebook in found.items()}


def _plainly_set(statement: ast.stmt) -> dict[str, ast.expr]:
    """Give the values of `name = value`, `one = other = value` and `name: type = value`."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            return {target.id: value for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return {name: value}
    return {}


def _stored(statement: ast.stmt) -> list[str]:
    return [
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]

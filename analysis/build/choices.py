"""Parameters from the command line: checked by the model before anything is run."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, get_origin

import yaml
from pydantic import ValidationError

from analysis.build.errors import REFUSED, BuildError
from analysis.parameters import Parameters


def read_choices(texts: Iterable[str]) -> dict[str, Any]:
    """Give the parameters in texts such as `ci_type=plain`, typed, where they differ from default.

    Raises
    ------
    BuildError
        For a text that is not `name=value`, a name that is no parameter (the nearest is
        suggested), or a value of the wrong type or out of range.
    """
    given = dict(_read_choice(text) for text in texts)
    try:
        chosen = Parameters(**given)
    except ValidationError as errors:
        lines = [_told(error, given) for error in errors.errors()]
        raise BuildError("\n".join(lines), REFUSED) from None
    defaults = Parameters().model_dump(mode="json")
    values = chosen.model_dump(mode="json")
    return {name: values[name] for name in given if values[name] != defaults[name]}


def _read_choice(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name:
        raise BuildError(f"'{text}' is not of the form name=value.", REFUSED)
    if name not in Parameters.model_fields:
        raise BuildError(unknown_name(name), REFUSED)
    if get_origin(Parameters.model_fields[name].annotation) is tuple and not value.startswith("["):
        value = f"[{value}]"
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError:
        return name, value


def unknown_name(name: str) -> str:
    """Say that a name is no parameter, and which one may have been meant."""
    near = difflib.get_close_matches(name, Parameters.model_fields, n=1)
    if near:
        return f"There is no parameter '{name}'. Did you mean '{near[0]}'?"
    known = ", ".join(Parameters.model_fields)
    return f"There is no parameter '{name}'. There are: {known}."


def _told(error: Any, given: dict[str, Any]) -> str:
    message = error["msg"][:1].lower() + error["msg"][1:]
    if not error["loc"]:
        return f"The parameters do not go together: {message}."
    name = str(error["loc"][0])
    meaning = Parameters.model_fields[name].description
    return f"{name}={given.get(name)}: {message}. ({meaning})"

"""Parameters from the command line: checked by the model before anything is run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_origin

import yaml
from pydantic import ValidationError

from analysis.build.errors import REFUSED, BuildError
from analysis.parameters import Parameters, refusals, unknown_name


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
    except ValidationError as error:
        raise BuildError("\n".join(refusals(error, given)), REFUSED) from None
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

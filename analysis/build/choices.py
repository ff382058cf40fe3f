"""Parameters from the command line: checked by the model before anything is run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_origin

import yaml
from pydantic import ValidationError

from analysis.build.errors import REFUSED, BuildError
from analysis.study.parameters import Parameters, refusals, unknown_name

SUFFIXES = (".yaml", ".yml")


def read_choices(texts: Iterable[str]) -> dict[str, Any]:
    """Give the parameters in texts, typed, where they differ from their defaults.

    A text is `ci_type=plain`, several of these with spaces between them, or the path of a YAML
    file with a line `ci_type: plain` for each. Later ones win.

    Raises
    ------
    BuildError
        For a text of another form, a name that is no parameter (the nearest is suggested), or a
        value of the wrong type or out of range.
    """
    given: dict[str, Any] = {}
    for text in texts:
        given |= _read_file(Path(text)) if text.endswith(SUFFIXES) else _read_line(text)
    for name in given:
        if name not in Parameters.model_fields:
            raise BuildError(unknown_name(name), REFUSED)
    try:
        chosen = Parameters(**given)
    except ValidationError as error:
        raise BuildError("\n".join(refusals(error, given)), REFUSED) from None
    defaults = Parameters().model_dump(mode="json")
    values = chosen.model_dump(mode="json")
    return {name: values[name] for name in given if values[name] != defaults[name]}


def _read_line(text: str) -> dict[str, Any]:
    # A value may hold spaces ("time_zero=first treatment"), and a list spaces after its commas.
    parts = re.split(r"\s+(?=[^\s=,]+=)", text.strip()) if text.strip() else []
    return dict(_read_choice(part) for part in parts)


def _read_choice(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name:
        raise BuildError(f"'{text}' is not of the form name=value.", REFUSED)
    field = Parameters.model_fields.get(name)
    is_list = field is not None and get_origin(field.annotation) is tuple
    if is_list and not value.startswith("["):
        value = f"[{value}]"
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError:
        return name, value


def _read_file(path: Path) -> Mapping[str, Any]:
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BuildError(f"There is no file of parameters at {path}.", REFUSED) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise BuildError(f"{path} is not a file of parameters in YAML: {reason}", REFUSED) from None
    if read is None:
        return {}
    if not isinstance(read, dict) or not all(isinstance(name, str) for name in read):
        raise BuildError(f"{path}: a line is `name: value`, such as `ci_type: plain`.", REFUSED)
    return read

"""Parameters from the command line: read as they are written, checked by a study's model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin

import yaml

from analysis.build.errors import REFUSED, BuildError

if TYPE_CHECKING:
    from analysis.study.parameters import Parameters

SUFFIXES = (".yaml", ".yml")

# What stands in quotes is skipped; a name is followed by one equals sign, a variable that an
# expression compares ("sex == 'male'", "age_years >= 60") is not.
_BETWEEN = re.compile(r"""'[^']*'|"[^"]*"|(?P<gap>\s+)(?=[A-Za-z_][\w.-]*=(?!=))""")


def read_given(texts: Iterable[str]) -> dict[str, Any]:
    """Give the parameters in texts, by name, as they are written there.

    A text is `ci_type=plain`, several of these with spaces between them, or the path of a YAML
    file with a line `ci_type: plain` for each. Later ones win.

    >>> read_given(["population=ecog < 2 and age_years >= 60 ci_type=log"])
    {'population': 'ecog < 2 and age_years >= 60', 'ci_type': 'log'}

    Raises
    ------
    BuildError
        For a text of another form, or a file that is none.
    """
    given: dict[str, Any] = {}
    for text in texts:
        given |= _read_file(Path(text)) if text.endswith(SUFFIXES) else _read_line(text)
    # The manifest keeps them, to know the same question when it is asked again.
    return dict(json.loads(json.dumps(given, default=str)))


def checked(given: Mapping[str, Any], model: type[Parameters]) -> Parameters:
    """Give the parameters of a study with those that are given, typed.

    Raises
    ------
    BuildError
        For a name that is no parameter (the nearest is suggested), or a value of the wrong type or
        out of range.
    """
    # The machinery of parameters takes as long to import as a report that is up to date.
    from pydantic import ValidationError

    from analysis.study.parameters import refusals, unknown_name

    unknown = [unknown_name(name, model) for name in given if name not in model.model_fields]
    if unknown:
        raise BuildError("\n".join(unknown), REFUSED)
    try:
        return model(**{name: _value(name, value, model) for name, value in given.items()})
    except ValidationError as error:
        raise BuildError("\n".join(refusals(error, given, model)), REFUSED) from None


def changes(parameters: Parameters) -> dict[str, Any]:
    """Give the parameters that differ from their study's, as JSON and notebooks hold them."""
    values = parameters.model_dump(mode="json")
    return {name: values[name] for name in parameters.changed()}


def _value(name: str, given: Any, model: type[Parameters]) -> Any:
    """Give what a text stands for; what a file of YAML has typed already is taken as it is."""
    kind = model.model_fields[name].annotation
    if kind is str:
        return _unquoted(given.strip()) if isinstance(given, str) else given
    is_list = get_origin(kind) is tuple
    if isinstance(given, str):
        in_brackets = is_list and not given.strip().startswith("[")
        try:
            given = yaml.safe_load(f"[{given}]" if in_brackets else given)
        except yaml.YAMLError:
            return given
    return [given] if is_list and not isinstance(given, list | tuple) else given


def _unquoted(text: str) -> str:
    quote = text[:1]
    plain = quote in ("'", '"') and text.endswith(quote) and text.count(quote) == 2
    return text[1:-1] if plain else text


def _read_line(text: str) -> dict[str, str]:
    starts = [match.end() for match in _BETWEEN.finditer(text) if match["gap"]]
    parts = [text[start:end] for start, end in zip([0, *starts], [*starts, None], strict=True)]
    return dict(_read_choice(part.strip()) for part in parts if part.strip())


def _read_choice(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise BuildError(f"'{text}' is not of the form name=value.", REFUSED)
    return name.strip(), value.strip()


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

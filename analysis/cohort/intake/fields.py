"""How `dataset.yaml` is read: every scalar is text, every key stands once."""

from __future__ import annotations

from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

# No declaration of a dataset is as deep; what is, is a trap.
_DEEPEST = 12


class Strict(BaseModel):
    """Base of what a dataset declares: no other keys than these, and no change afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def as_text(value: Any) -> Any:
    """Give what was typed by a program, such as 2 or True, as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if value is None or isinstance(value, list | tuple | dict) else str(value)


Text = Annotated[
    str, BeforeValidator(as_text), StringConstraints(strip_whitespace=True, min_length=1)
]
# A text that may be blank, such as what a code that means nothing becomes.
Blank = Annotated[str, BeforeValidator(as_text), StringConstraints(strip_whitespace=True)]
Words = Annotated[Text, StringConstraints(max_length=120)]
Column = Annotated[Text, StringConstraints(pattern=r"^[A-Za-z_]\w{0,59}$")]
Texts = Annotated[
    tuple[Text, ...],
    BeforeValidator(lambda given: given if isinstance(given, list | tuple) else [given]),
]


class _Loader(yaml.SafeLoader):
    """YAML in which `yes`, `2` and 2020-01-01 are texts: a code is what stands in the file."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        # Keys that stand there a second time, with their lines.
        self.doubled: list[tuple[int, str]] = []

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.MarkedYAMLError(
                problem="an alias (*), which is not read here", problem_mark=event.start_mark
            )
        self._depth = getattr(self, "_depth", 0) + 1
        if self._depth > _DEEPEST:
            raise yaml.MarkedYAMLError(
                problem="lists and keys too deep in each other",
                problem_mark=self.peek_event().start_mark,
            )
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    self.doubled.append((key.start_mark.line + 1, key.value))
                seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, shape) for tag, shape in found if tag == "tag:yaml.org,2002:null"]
    for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(text: str) -> Any:
    """Give what a YAML text declares, with every scalar as text.

    Raises
    ------
    yaml.YAMLError
        For what is not YAML, is too deep, a key given twice in one place, or an alias.

    Examples
    --------
    >>> read_yaml("{yes: 2, N: 2020-01-01, empty: }")
    {'yes': '2', 'N': '2020-01-01', 'empty': None}
    """
    given, doubled = read_yaml_and_doubled(text)
    for _, key in doubled:
        raise yaml.YAMLError(f"the key {key} a second time")
    return given


def read_yaml_and_doubled(text: str) -> tuple[Any, list[tuple[int, str]]]:
    """Give what a YAML text declares, and line and key where a key stands a second time.

    Raises
    ------
    yaml.YAMLError
        For what is not YAML, is too deep, or an alias.
    """
    loader = _Loader(text)
    try:
        return loader.get_single_data(), sorted(loader.doubled)
    finally:
        loader.dispose()


def problem_in(error: yaml.YAMLError) -> tuple[int, str]:
    """Give the line of a fault in YAML (0: not known) and what it is."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        words = error.problem or error.context or "not YAML"
        return (mark.line + 1 if mark else 0), words
    return 0, (str(error).splitlines() or ["not YAML"])[0]

"""Variants: sets of changed parameters, declared in YAML and expanded from lists and ranges.

A file has a title, a question, and entries. An entry changes one parameter or several; where a
parameter is given several values, the entry is the product of them::

    title: Times
    question: Do the results hang on how time is counted?
    variants:
      - why: relapse is looked for on imaging
        change: { pfs_censoring: last imaging }
      - change:
          landmark_months: { from: 1, to: 6, step: 1 }
          time_zero: [radiotherapy, immunotherapy]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from itertools import product
from math import prod
from operator import getitem
from pathlib import Path
from typing import Annotated, Any, get_origin

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from analysis.study.errors import ReadableError
from analysis.study.parameters import Parameters, refusals, unknown_name
from analysis.study.printed import plain
from analysis.study.study import Study

VARIANTS = Path(__file__).resolve().parents[2] / "notebooks" / "sensitivity"

# The name under which the estimates stand that variants are compared with.
BASE = "base"

# More of one entry is a slip of a zero rather than a question.
MOST = 1000

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Entry(_Part):
    change: Annotated[dict[str, Any], Field(min_length=1)]
    name: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\S.{0,79}$")] = ""
    why: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] = ""


class _File(_Part):
    title: _Text
    question: _Text
    variants: Annotated[tuple[_Entry, ...], Field(min_length=1)]


class _Range(_Part):
    start: Decimal = Field(alias="from")
    to: Decimal
    step: Annotated[Decimal, Field(gt=0)]

    def __len__(self) -> int:
        return max(0, int((self.to - self.start) // self.step) + 1) if self.to >= self.start else 0

    def values(self) -> list[float]:
        # Decimals, so that 0.1 ten times is 1.
        points = [self.start + number * self.step for number in range(len(self))]
        return [int(point) if point == int(point) else float(point) for point in points]


@dataclass(frozen=True)
class Variant:
    """A named set of changes to the parameters.

    Attributes
    ----------
    name
        Unique; as declared, or else the label.
    group, question
        Title and question of the file that declares it.
    why
        What was declared as the reason, or ``""``.
    label
        What the entry sets, as on the command line: ``confidence=0.9, ci_type=log``.
    changes
        Parameter to value, for those that differ from the base.
    """

    name: str
    group: str
    question: str
    why: str
    label: str
    changes: Mapping[str, Any]

    def parameters(self, base: Parameters) -> Parameters:
        """Give the parameters under this variant.

        Raises
        ------
        pydantic.ValidationError
            When the changes do not go together with the base.
        """
        return type(base).model_validate({**dict(base), **self.changes})


class VariantFaults(ReadableError, ValueError):
    """Everything that is wrong with files of variants, in one list (`faults`)."""

    def __init__(self, faults: Sequence[str]) -> None:
        # What is quoted from a file must not steer the terminal.
        self.faults = ["".join(c if c.isprintable() else "?" for c in fault) for fault in faults]
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        lines = [f"The variants have {count}; nothing was run.", *self.faults]
        super().__init__("\n  ".join(lines))


def read_variants(base: Parameters, source: Path | str = VARIANTS) -> list[Variant]:
    """Read variants from a folder of YAML files, in the order of their names, or from one file.

    A point of a list, range or product that is the base, or that stands above already, is left
    out; an entry of which nothing is left is a fault, unless it is a changed base that took it.
    Of the project's own files, an entry that names what the study does not have (a parameter, a
    factor, a part of the patients) is left out.

    Parameters
    ----------
    base
        What variants are changes of; its type has the names and ranges of the parameters.
    source
        A folder, of which every `*.yaml` is read, or a file.

    Raises
    ------
    VariantFaults
        With all that is wrong in all files, by file and line.
    """
    found = variant_files(source)
    if not found:
        raise VariantFaults([f"{source}: expected files of variants, such as definitions.yaml"])
    faults: list[str] = []
    sources = [read for file in found if (read := _Source.read(file, faults)) is not None]
    titles = [source.file.title for source in sources]
    for number, source_ in enumerate(sources):
        if source_.file.title in titles[:number]:
            first = sources[titles.index(source_.file.title)].name
            faults.append(source_.at(f"{first} has the same title; give one another", "title"))
    of_any_study = Path(source) == VARIANTS
    entries = []
    for source_ in sources:
        for number, entry in enumerate(source_.file.variants):
            own: list[str] = []
            points = _points(source_, number, entry, type(base), own)
            if own and of_any_study:
                continue
            faults += own
            entries.append(_Expanded(source_, number, entry, points))
    defaults = type(base)()
    variants = _distinct(entries, defaults, faults)
    if faults:
        raise VariantFaults(faults)
    return variants if base == defaults else _distinct(entries, base, [])


def of_subgroups(subgroups: Mapping[str, str], base: Parameters) -> list[Variant]:
    """Give a variant for each named part of the patients that a dataset declares."""
    return [
        Variant(
            name=f"population={name}",
            group="Subgroups of the dataset",
            question="Are the results the same in each part of the patients?",
            why=f"Patients of whom this holds: {expression}.",
            label=f"population={name}",
            changes={"population": name},
        )
        for name, expression in subgroups.items()
        if base.population != name
    ]


def variants_of(study: Study, base: Parameters, source: Path | str = VARIANTS) -> list[Variant]:
    """Give the variants of files, and each part of the patients that a dataset reports.

    Raises
    ------
    VariantFaults
        As `read_variants`.
    """
    reported = {name: study.subgroups[name] for name in study.reported}
    return read_variants(base, source) + of_subgroups(reported, base)


def variant_files(source: Path | str) -> list[Path]:
    """Give the files of variants of a folder, in the order of their names, or the one file."""
    path = Path(source).expanduser()
    return sorted(path.glob("[!.]*.yaml")) if path.is_dir() else [path]


def table(variants: Sequence[Variant]) -> pd.DataFrame:
    """Give one row a variant: `variant, group, question, why, changes`."""
    columns = ["variant", "group", "question", "why", "changes"]
    rows = [(each.name, each.group, each.question, each.why, each.label) for each in variants]
    return pd.DataFrame(rows, columns=columns, dtype=object)


@dataclass(frozen=True)
class _Source:
    """A file of variants, with the tree of YAML nodes that knows its lines."""

    name: str
    file: _File
    root: yaml.Node

    @classmethod
    def read(cls, path: Path, faults: list[str]) -> _Source | None:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            faults.append(f"{path}: there is no such folder or file")
            return None
        except (OSError, UnicodeDecodeError):
            faults.append(f"{path}: cannot be read as text in UTF-8")
            return None
        try:
            # A few lines of aliases can stand for more than memory holds.
            if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, _Loader)):
                faults.append(f"{path.name}: aliases (*name) are not read here; write it out")
                return None
            loader = _Loader(text)
            root = loader.get_single_node()
            raw = loader.construct_document(root) if root is not None else None
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            place = f"{path.name}, line {mark.line + 1}" if mark else path.name
            problem = getattr(error, "problem", None) or "nested too deeply"
            faults.append(f"{place}: not YAML ({problem})")
            return None
        if not isinstance(raw, dict) or root is None:
            faults.append(f"{path.name}: expected title, question and variants")
            return None
        for key, line in _doubled(root):
            faults.append(f"{path.name}, line {line}: '{key}' stands twice; keep one")
        try:
            return cls(path.name, _File.model_validate(raw), root)
        except ValidationError as error:
            unknown = [fault for fault in error.errors() if fault["type"] == "extra_forbidden"]
            for fault in error.errors():
                keys = _Entry if len(fault["loc"]) > 1 else _File
                known = f" (there are {', '.join(keys.model_fields)})"
                faults.append(
                    _place(path.name, root, fault["loc"])
                    + _words(fault)
                    + (known if fault in unknown else "")
                )
            if len(unknown) < error.error_count():
                return None
            # What else is wrong is told at once: without these keys the rest can be read.
            for fault in unknown:
                del reduce(getitem, fault["loc"][:-1], raw)[fault["loc"][-1]]
            return cls(path.name, _File.model_validate(raw), root)

    def at(self, message: str, *where: str | int) -> str:
        return _place(self.name, self.root, where) + message


@dataclass(frozen=True)
class _Expanded:
    source: _Source
    number: int
    entry: _Entry
    points: list[dict[str, Any]]

    def at(self, message: str) -> str:
        return self.source.at(message, "variants", self.number)


class _Loader(yaml.SafeLoader):
    """YAML in which a key is text, also where YAML 1.1 reads `on` or `no` as yes or no."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        return {
            key.value if isinstance(key, yaml.ScalarNode) else str(key): self.construct_object(
                value, deep=True
            )
            for key, value in node.value
        }

    def mapping(self, node: yaml.MappingNode) -> Iterator[dict[Any, Any]]:
        yield self.construct_mapping(node)


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.mapping)


def _points(
    source: _Source, number: int, entry: _Entry, model: type[Parameters], faults: list[str]
) -> list[dict[str, Any]]:
    """Give the product of the values of an entry; none when there is a fault in it."""
    before = len(faults)
    choices: dict[str, list[Any]] = {}
    for name, given in entry.change.items():
        try:
            choices[name] = _values(name, given, model)
        except ValueError as error:
            faults.append(source.at(str(error), "variants", number, "change", name))
    if len(faults) > before:
        return []
    count = prod(len(values) for values in choices.values())
    if count > MOST:
        faults.append(source.at(f"{count} variants; an entry may have {MOST}", "variants", number))
        return []
    return [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]


def _values(name: str, given: Any, model: type[Parameters]) -> list[Any]:
    """Give the values that a parameter is to take.

    Raises
    ------
    ValueError
        With what is wrong with the name or the first wrong value.
    """
    if name not in model.model_fields:
        raise ValueError(unknown_name(name, model))
    is_tuple = get_origin(model.model_fields[name].annotation) is tuple
    values: list[Any] = [given]
    if isinstance(given, dict):
        values = _spread(name, given)
    elif isinstance(given, list) and (not is_tuple or any(isinstance(i, list) for i in given)):
        values = given
    if not values:
        raise ValueError(f"{name}: the list is empty; name a value, or leave the parameter out")
    for value in values:
        # A yes is 1 to the model, which a reader who writes `confidence: yes` cannot have meant.
        if isinstance(value, bool) and model.model_fields[name].annotation in (int, float):
            raise ValueError(f"{name}={_shown(value)}: expected a number")
        try:
            model.model_validate({name: value})
        except ValidationError as error:
            raise ValueError("; ".join(refusals(error, {name: value}, model))) from None
    return values


def _spread(name: str, given: dict[Any, Any]) -> list[float]:
    try:
        spread = _Range.model_validate(given)
    except ValidationError as error:
        told = "; ".join(map(_words, error.errors()))
        example = f"{name}: {{from: 50, to: 70, step: 5}}"
        raise ValueError(f"expected a range, as in {example}; {told}") from None
    if not len(spread):
        raise ValueError(
            f"{name}: the range is empty, since {spread.start} is above {spread.to}; exchange them"
        )
    if len(spread) > MOST:
        raise ValueError(f"{name}: {len(spread)} values; a range may have {MOST}")
    return spread.values()


def _distinct(entries: Sequence[_Expanded], base: Parameters, faults: list[str]) -> list[Variant]:
    """Give every variant once, without those that are the base.

    One that does not go with a changed base is given; `run` tells it as failed.
    """
    model = type(base)
    variants: list[Variant] = []
    known: dict[Parameters, str] = {base: "the base"}
    names = {BASE}
    for expanded in entries:
        fresh: list[tuple[str, dict[str, Any]]] = []
        for point in expanded.points:
            # Each value is right by itself; they may not go together, or not with the base.
            set_ = {
                name: getattr(model.model_validate({name: point[name]}), name) for name in point
            }
            try:
                parameters = model.model_validate({**dict(base), **set_})
            except ValidationError as error:
                if base == model():
                    faults.append(expanded.at("; ".join(refusals(error, set_, model))))
                    break
            else:
                if parameters in known:
                    continue
                known[parameters] = expanded.at("").rstrip(": ")
            changes = {name: v for name, v in set_.items() if v != getattr(base, name)}
            fresh.append((_label(set_), changes))
        else:
            if expanded.points and not fresh:
                last = model.model_validate({**dict(base), **expanded.points[-1]})
                faults.append(expanded.at(f"adds nothing: it is {known[last]}; leave it out"))
        entry, file = expanded.entry, expanded.source.file
        if entry.name and len(fresh) > 1:
            faults.append(expanded.at(f"one name for {len(fresh)} variants; leave the name out"))
        for label, changes in fresh:
            name = entry.name or label
            if name in names:
                faults.append(expanded.at(f"the name '{name}' is taken; choose another"))
            names.add(name)
            variants.append(Variant(name, file.title, file.question, entry.why, label, changes))
    return variants


def _label(changes: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_shown(value)}" for name, value in changes.items())


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "+".join(map(_shown, value)) or "none"
    return plain(value) if isinstance(value, float) else str(value)


def _place(name: str, root: yaml.Node, where: Sequence[str | int]) -> str:
    node, line = root, 1
    for step in where:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == step), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
    place = f"{name}, line {line}"
    if len(where) > 1 and where[0] == "variants" and isinstance(where[1], int):
        place += f", variant {where[1] + 1}"
    return f"{place}: "


def _words(fault: Any) -> str:
    name = str(fault["loc"][-1]) if fault["loc"] else ""
    if fault["type"] == "extra_forbidden":
        return f"the key '{name}' is not known here"
    if fault["type"] == "missing":
        return f"the key '{name}' is missing"
    message = fault["msg"][:1].lower() + fault["msg"][1:]
    return f"{name}: {message}"


def _doubled(node: yaml.Node) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if isinstance(key.value, str):
                if key.value in seen:
                    yield key.value, key.start_mark.line + 1
                seen.add(key.value)
            yield from _doubled(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _doubled(value)

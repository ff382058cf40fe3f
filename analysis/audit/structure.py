"""What a ledger cannot say about itself: what sums to what, who is counted, what is defined how.

The declaration (`data/article/structure.yaml`) holds no number of the article. It names levels
as ``variable=level`` and single numbers by any claim that states them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.study.errors import ReadableError

STRUCTURE = Path(__file__).resolve().parents[2] / "data" / "article" / "structure.yaml"

Level = Annotated[str, Field(pattern=r"^[^=]+=.*$", description="variable=level")]
Comparison = Literal["paired", "unpaired", "association"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Levels(_Part):
    """Levels of variables of which a patient is in exactly one, or in one at most.

    Without `levels` all that the ledger prints are meant; `of` names whom they divide, by default
    all patients.
    """

    variables: tuple[str, ...]
    levels: tuple[str, ...] = ()
    of: Level | None = None
    because: str = ""


class Several(_Part):
    """A variable of which a patient may be in more than one level.

    `more`, if given, names the claim that says how many patients are in two of them; every
    patient is then in one level or two.
    """

    variable: str
    because: str
    more: str | None = None


class Sum(_Part):
    """A whole and its parts: equal to their sum, the union of them, or at least their sum."""

    whole: Level
    parts: tuple[Level, ...]
    because: str = ""


class Subset(_Part):
    """Patients of whom all are among others too."""

    part: Level
    whole: Level
    because: str = ""


class Cut(_Part):
    """The level that counts patients whose value of a variable reaches a cut-off."""

    variable: str
    level: Level
    at_least: float | None = None
    at_most: float | None = None


class Dose(_Part):
    """Two biologically weighted doses of one plan: BED = EQD2 × (1 + 2 Gy / (alpha/beta))."""

    bed: str
    eqd2: str
    alpha_beta: Annotated[int, Field(gt=0)]


class PValue(_Part):
    """A p value of two facts counted in the patients, named by a claim each."""

    claim: str
    margins: tuple[str, str]


class Family(_Part):
    """P values that were printed together, and what they may compare, the plain reading first."""

    name: str
    values: tuple[PValue, ...]
    readings: tuple[Comparison, ...]


class Contingency(_Part):
    """A p value of a table of several rows and columns, by the claims that count its cells.

    With `margins`, the two rows of claims are the totals of rows and of columns of a table whose
    cells are not printed.
    """

    claim: str
    rows: tuple[tuple[str, ...], ...]
    margins: bool = False


class Shared(_Part):
    """An endpoint `all` whose events are those of `part`, those of `rest`, and deaths."""

    all: str
    part: str
    rest: str


class Survival(_Part):
    """Endpoints, and the level that counts the events of each."""

    events: dict[str, Level] = {}
    overall: str | None = None
    follow_up: str | None = None
    shared: tuple[Shared, ...] = ()
    groups: str | None = None


class Structure(_Part):
    """The whole declaration. Anything left out is not checked.

    `title` says what was published, `names` how people call variables whose name in the ledger
    does not say it, and `patients` is a claim that states how many patients there are, without
    which nothing is checked that needs their number.
    """

    title: str = "the published numbers"
    patients: str | None = None
    names: dict[str, str] = {}
    exclusive: tuple[Levels, ...] = ()
    one_at_most: tuple[Levels, ...] = ()
    several: tuple[Several, ...] = ()
    sums: tuple[Sum, ...] = ()
    unions: tuple[Sum, ...] = ()
    at_least: tuple[Sum, ...] = ()
    subsets: tuple[Subset, ...] = ()
    whole_numbers: tuple[str, ...] = ()
    within: dict[str, str] = {}
    cuts: tuple[Cut, ...] = ()
    doses: tuple[Dose, ...] = ()
    p_values: tuple[Family, ...] = ()
    p_tables: tuple[Contingency, ...] = ()
    survival: Survival = Survival()


class StructureFaults(ReadableError, ValueError):
    """Everything that is wrong with a declaration of structure, one sentence a fault."""

    def __init__(self, source: Path, faults: list[str]) -> None:
        self.faults = faults
        listed = "\n".join(f"  - {fault}" for fault in faults)
        super().__init__(f"{source}: {len(faults)} fault(s) in the structure\n{listed}")


def read_structure(
    path: Path | str = STRUCTURE, names: Mapping[str, str] | None = None
) -> Structure:
    """Read a declaration of structure.

    Parameters
    ----------
    path
        The file.
    names
        How people call variables, as a study knows it; what the file's own `names` say stands
        above it.

    Raises
    ------
    StructureFaults
        With every key that is unknown or missing and every value of the wrong kind.
    FileNotFoundError
        When there is no such file.
    """
    source = Path(path)
    try:
        raw = yaml.safe_load(source.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise StructureFaults(source, [f"not YAML in UTF-8: {error}"]) from error
    if not isinstance(raw, dict):
        raise StructureFaults(source, ["expected names and what they declare, as in patients: ..."])
    try:
        return _with_names(Structure.model_validate(raw), names)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'])}: "
            + ("unknown" if fault["type"] == "extra_forbidden" else fault["msg"])
            for fault in error.errors()
        ]
        raise StructureFaults(source, faults) from error


def _with_names(structure: Structure, names: Mapping[str, str] | None) -> Structure:
    return structure.model_copy(update={"names": {**(names or {}), **structure.names}})


def structure_of(
    ledger: Path, given: Path | str = "", names: Mapping[str, str] | None = None
) -> Structure:
    """Give the structure of a ledger: as given, or `structure.yaml` beside it, or an empty one.

    Parameters
    ----------
    ledger
        The file of the ledger; it is not read.
    given
        The file of the structure, if it is not the one beside the ledger.
    names
        As for `read_structure`.

    Raises
    ------
    StructureFaults, FileNotFoundError
        As `read_structure`, for one that is given or lies beside the ledger.
    """
    if str(given):
        return read_structure(given, names)
    beside = ledger.with_name(STRUCTURE.name)
    if beside.is_file():
        return read_structure(beside, names)
    return _with_names(Structure(title=ledger.name), names)


# What the declaration means for counts --------------------------------------------------------


@dataclass(frozen=True, order=True)
class Quantity:
    """A number of patients (or foci, ...) that the ledger states, as a count or a percentage."""

    analysis_id: str
    group: str
    group_level: str
    variable: str
    variable_level: str

    def __str__(self) -> str:
        return self.words({})

    def words(self, names: Mapping[str, str]) -> str:
        """Give words for people: the variable's name, its level unless that is 'yes', the group."""
        variable = names.get(self.variable, self.variable.replace("_", " "))
        level = f", {self.variable_level}" if self.variable_level not in {"", "yes"} else ""
        return variable + level + (f" ({self.group_level})" if self.group_level else "")


@dataclass(frozen=True)
class Relation:
    """A linear relation of counts: the sum of sign × count is 0, or at least 0.

    `kind` is the rule it belongs to; `name` is unique.
    """

    name: str
    kind: str
    terms: tuple[tuple[int, Quantity], ...]
    equal: bool
    because: str


Statement = Mapping[str, Any]


def quantity_of(statement: Statement) -> Quantity:
    """Give the quantity that a row of the ledger is about, whatever its statistic."""
    return Quantity(*(str(statement[name]) for name in Quantity.__dataclass_fields__))


def relations(structure: Structure, statements: Iterable[Statement]) -> list[Relation]:
    """Give every linear relation that a structure declares between quantities of a ledger.

    A relation between levels holds in every group that prints all of them. `statements` are the
    rows of the ledger as mappings.
    """
    rows = list(statements)
    counted = {quantity_of(row): None for row in rows if row["statistic"] in {"count", "percent"}}
    whole = next((quantity_of(row) for row in rows if row["claim_id"] == structure.patients), None)
    return [
        *_partitions(structure, list(counted), whole),
        *_several(structure, rows, list(counted), whole),
        *_of_levels(structure, list(counted)),
    ]


def _level(name: str) -> tuple[str, str]:
    variable, _, level = name.partition("=")
    return variable, level


def _groups(counted: Iterable[Quantity], variable: str) -> list[tuple[str, str]]:
    found = {(q.group, q.group_level): None for q in counted if q.variable == variable}
    return list(found)


def _find(
    counted: Iterable[Quantity], level: str, group: tuple[str, str] | None = None
) -> Quantity | None:
    wanted = _level(level)
    for quantity in counted:
        if (quantity.variable, quantity.variable_level) == wanted and group in (
            None,
            (quantity.group, quantity.group_level),
        ):
            return quantity
    return None


def _named(kind: str, text: str, group: tuple[str, str]) -> str:
    return f"{kind}: {text}" + (f" [{group[1]}]" if group[1] else "")


def _partitions(
    structure: Structure, counted: list[Quantity], whole: Quantity | None
) -> Iterator[Relation]:
    for kind, declared in (
        ("exclusive", structure.exclusive),
        ("one at most", structure.one_at_most),
    ):
        for levels in declared:
            for variable in levels.variables:
                for group in _groups(counted, variable):
                    of = _whole(counted, levels, group) if levels.of else whole
                    parts = [
                        q
                        for q in counted
                        if q.variable == variable
                        and (q.group, q.group_level) == group
                        and (not levels.levels or q.variable_level in levels.levels)
                    ]
                    complete = len(parts) == len(levels.levels) or not levels.levels
                    if of is None or len(parts) < 2 or (kind == "exclusive" and not complete):
                        continue
                    yield Relation(
                        _named(kind, variable, group),
                        kind,
                        ((1, of), *((-1, part) for part in parts)),
                        kind == "exclusive",
                        levels.because,
                    )


def _whole(counted: list[Quantity], levels: Levels, group: tuple[str, str]) -> Quantity | None:
    """Give whom levels divide: those of the same group, or of no group."""
    return _find(counted, levels.of or "", group) or _find(counted, levels.of or "", ("", ""))


def _several(
    structure: Structure, rows: list[Statement], counted: list[Quantity], whole: Quantity | None
) -> Iterator[Relation]:
    for several in structure.several:
        more = next((quantity_of(row) for row in rows if row["claim_id"] == several.more), None)
        if whole is None or more is None:
            continue
        for group in _groups(counted, several.variable):
            parts = [
                q
                for q in counted
                if q.variable == several.variable and (q.group, q.group_level) == group
            ]
            yield Relation(
                _named("several", several.variable, group),
                "several",
                ((1, whole), (1, more), *((-1, part) for part in parts)),
                True,
                several.because,
            )


def _of_levels(structure: Structure, counted: list[Quantity]) -> Iterator[Relation]:
    for kind, declared in (
        ("sum", structure.sums),
        ("union", structure.unions),
        ("at least", structure.at_least),
    ):
        for item in declared:
            for group in _groups(counted, _level(item.whole)[0]):
                whole = _find(counted, item.whole, group)
                parts = [_find(counted, part, group) for part in item.parts]
                found = [part for part in parts if part is not None]
                if whole is None or len(found) < len(parts):
                    continue
                name = _named(kind, item.whole, group)
                every = tuple((1, part) for part in found)
                if kind == "sum":
                    terms = ((-1, whole), *every)
                    yield Relation(name, kind, terms, True, item.because)
                elif kind == "at least":
                    terms = ((1, whole), *((-1, part) for part in found))
                    yield Relation(name, kind, terms, False, item.because)
                else:
                    yield Relation(name, kind, ((-1, whole), *every), False, item.because)
                    for part in found:
                        yield Relation(
                            f"{name} holds {part}",
                            "subset",
                            ((1, whole), (-1, part)),
                            False,
                            item.because,
                        )
    for subset in structure.subsets:
        for group in _groups(counted, _level(subset.part)[0]):
            inner, outer = (_find(counted, level, group) for level in (subset.part, subset.whole))
            if inner is not None and outer is not None:
                name = _named("subset", f"{subset.part} in {subset.whole}", group)
                yield Relation(name, "subset", ((1, outer), (-1, inner)), False, subset.because)

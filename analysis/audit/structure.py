"""What a ledger cannot say about itself: what sums to what, who is counted, what is defined how.

The declaration (`data/article/structure.yaml`) holds no number of the article. It names levels
as ``variable=level`` and single numbers by any claim that states them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.audit.form import Comparison
from analysis.study.errors import ReadableError

STRUCTURE = Path(__file__).resolve().parents[2] / "data" / "article" / "structure.yaml"

Level = Annotated[str, Field(pattern=r"^[^=]+=.*$", description="variable=level")]


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


class Difference(_Part):
    """A printed difference, and the two numbers that it is of: the first less the second."""

    claim: str
    of: tuple[str, str]


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
    differences: tuple[Difference, ...] = ()
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


def unknown_names(structure: Structure, ledger: Iterable[Mapping[str, Any]]) -> list[str]:
    """Give every name in a structure that no claim of the ledger has, with the nearest it has.

    A name that is misspelt would switch a rule off without a word. `names` may hold more than one
    ledger prints.
    """
    rows = list(ledger)
    claims, variables, analyses = (
        {str(row[name]) for row in rows} for name in ("claim_id", "variable", "analysis_id")
    )
    levels = {f"{row['variable']}={row['variable_level']}" for row in rows}
    found: list[str] = []

    def known(where: str, name: str | None, names: set[str], kind: str) -> None:
        if name is not None and name not in names:
            near = get_close_matches(name, sorted(names), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            found.append(f"{where}: the ledger has no {kind} {name!r}{hint}")

    known("patients", structure.patients, claims, "claim")
    for part in ("exclusive", "one_at_most"):
        for place, item in enumerate(getattr(structure, part), start=1):
            where = f"{part} {place}"
            for variable in item.variables:
                known(where, variable, variables, "variable")
            printed = {level.partition("=")[2] for level in levels
                       if level.partition("=")[0] in item.variables}  # fmt: skip
            for level in item.levels:
                known(where, level, printed, f"level of {' or '.join(item.variables)}:")
            known(where, item.of, levels, "level")
    for several in structure.several:
        known("several", several.variable, variables, "variable")
        known("several", several.more, claims, "claim")
    for part in ("sums", "unions", "at_least"):
        for place, item in enumerate(getattr(structure, part), start=1):
            for level in (item.whole, *item.parts):
                known(f"{part} {place}", level, levels, "level")
    for place, subset in enumerate(structure.subsets, start=1):
        for level in (subset.part, subset.whole):
            known(f"subsets {place}", level, levels, "level")
    for variable in (*structure.whole_numbers, *structure.within, *structure.within.values()):
        known("whole_numbers or within", variable, variables, "variable")
    for cut in structure.cuts:
        known("cuts", cut.variable, variables, "variable")
        known("cuts", cut.level, levels, "level")
    for dose in structure.doses:
        known("doses", dose.bed, variables, "variable")
        known("doses", dose.eqd2, variables, "variable")
    for difference in structure.differences:
        for claim in (difference.claim, *difference.of):
            known("differences", claim, claims, "claim")
    for family in structure.p_values:
        for value in family.values:
            for claim in (value.claim, *value.margins):
                known(f"p_values, {family.name}", claim, claims, "claim")
    for table in structure.p_tables:
        for claim in (table.claim, *(name for row in table.rows for name in row)):
            known("p_tables", claim, claims, "claim")
    survival = structure.survival
    shared = [name for item in survival.shared for name in (item.all, item.part, item.rest)]
    for name in (survival.overall, survival.follow_up, *survival.events, *shared):
        known("survival", name, variables, "endpoint")
    for level in survival.events.values():
        known("survival, events", level, levels, "level")
    known("survival, groups", survival.groups, analyses, "analysis")
    return list(dict.fromkeys(found))

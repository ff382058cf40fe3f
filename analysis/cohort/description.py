"""What a dataset says of itself: its `dataset.yaml`.

The file gives the title, a notice shown on every page, whether the patients are synthetic,
whether they are compared with the article's, the data cut-off, and which tables and columns are
not recorded. It may declare factors, endpoints, an arm, agents and parts of the patients of its
own, in addition to a study's or in their place. A dataset that lives in a Python package names its
source and how its columns map to the schema.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from analysis.cohort.faults import DESCRIPTION, DatasetFaults, Fault
from analysis.cohort.intake.cells import Conventions
from analysis.cohort.intake.declaration import Formats, MappedColumn, Part, Source
from analysis.cohort.intake.fields import (
    Column,
    Strict,
    Text,
    Texts,
    Words,
    as_text,
    problem_in,
    read_yaml_and_doubled,
)
from analysis.cohort.schema import TABLE_KEYS
from analysis.study.expressions import ExpressionError, names_in
from analysis.study.parameters import EVERYBODY
from analysis.study.variables import Cut

FILE = DESCRIPTION
# No declaration is as long; PyYAML reads some 100,000 characters a second.
_LONGEST = 200_000
# As many faults of it are told; whoever mends these sees the rest.
_MOST = 100
_YAML = "YAML, where each key stands once"


class Levels(Strict):
    """Base of what has levels: code to words, in the order of tables."""

    levels: dict[Text, Words] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, given: Any) -> Any:
        """A list of levels has the codes for words."""
        if isinstance(given, dict) and isinstance(given.get("levels"), list):
            return given | {"levels": {as_text(level): as_text(level) for level in given["levels"]}}
        return given


class DeclaredFactor(Levels):
    """A prognostic factor of the dataset's own.

    `column` is one of the patients', recorded or derived. `cut` ("< 60"; a bare number is `>=`)
    makes two groups of a quantity, `level` asks for one level, `levels` has all of them, the first
    or `reference` being what others are compared with; with neither the levels are those that
    are recorded.
    """

    column: Column
    name: Column | None = None
    label: Words | None = None
    unit: Annotated[Text, StringConstraints(max_length=20)] | None = None
    cut: Text | None = None
    level: Text | None = None
    reference: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> DeclaredFactor:
        if sum(map(bool, (self.cut, self.level, self.levels))) > 1:
            raise ValueError(f"{self.column}: give one of cut, level, levels")
        if self.cut is not None and self.cut_at() is None:
            raise ValueError(f"{self.column}: cut is a number, or such as '< 60', not {self.cut!r}")
        if self.reference is not None and self.reference not in self.levels:
            given = ", ".join(self.levels) or "none are given"
            raise ValueError(
                f"{self.column}: reference {self.reference!r} is none of the levels: {given}"
            )
        if len(self.levels) == 1:
            raise ValueError(f"{self.column}: two levels or more")
        return self

    def cut_at(self) -> Cut | None:
        """Give the cut, None where there is none."""
        if self.cut is None:
            return None
        return Cut.read(self.cut) or Cut.read(f">={self.cut}")


class Coded(Strict):
    """A column and the codes in it that are meant."""

    column: Column
    values: Texts = Field(alias="is")


class DeclaredEndpoint(Strict):
    """An endpoint of the dataset's own: from dates, or from a duration.

    From dates: `event` names the columns of follow_up or patients whose earliest is the event,
    `censored` the one at which the others are censored, `competing` those after which the event
    cannot come, `time_zero` the one from which it is counted if not from the report's time zero.
    From a duration: `days`, `weeks`, `months` or `years` names its column, `event` a column
    of yes and no, or a column with the codes that are the event (`{column: status, is: 1}`),
    and `competing` codes of that column.
    """

    name: Annotated[Text, StringConstraints(pattern=r"^[A-Za-z][\w -]{0,29}$")]
    label: Words | None = None
    event: Annotated[
        Annotated[Coded, Tag("codes")] | Annotated[Texts, Tag("columns")],
        Discriminator(lambda given: "codes" if isinstance(given, dict | Coded) else "columns"),
    ]
    event_words: Words | None = None
    censored: Column = "last_contact_date"
    competing: Texts = ()
    time_zero: Column | None = None
    days: Column | None = None
    weeks: Column | None = None
    months: Column | None = None
    years: Column | None = None
    factors: bool = True

    @model_validator(mode="after")
    def _one_way(self) -> DeclaredEndpoint:
        given = [unit for unit in ("days", "weeks", "months", "years") if getattr(self, unit)]
        if len(given) > 1:
            raise ValueError(f"{self.name}: give one duration, not {' and '.join(given)}")
        if isinstance(self.event, Coded) and not given:
            raise ValueError(f"{self.name}: codes of an event go with a duration, such as days:")
        if given and not isinstance(self.event, Coded) and len(self.event) != 1:
            raise ValueError(f"{self.name}: a duration ends with one column of yes and no")
        return self

    @property
    def duration(self) -> str | None:
        """The column of its duration; None where it is made from dates."""
        return self.days or self.weeks or self.months or self.years


class DeclaredArm(Levels):
    """Groups that every table and curve is also given by; the first is the reference."""

    column: Column
    label: Words | None = None

    @model_validator(mode="after")
    def _several(self) -> DeclaredArm:
        if len(self.levels) == 1:
            raise ValueError(f"{self.column}: two levels or more")
        return self


def _several(given: Any) -> Any:
    return given if isinstance(given, list | tuple) else [given]


def _by_column(given: Any) -> Any:
    """Texts for 'not recorded' are those of every column unless columns are named."""
    return given if isinstance(given, dict) else {"*": given}


class Description(Strict):
    """A dataset's description of itself."""

    title: str = Field(min_length=1, max_length=200)
    question: str = Field("", max_length=500)
    study: Text | None = None
    compare_with_article: bool = False
    notice: str = Field("", max_length=1000)
    synthetic: bool = False
    disclosure: Literal["OpenSAFELY", "ACRO", "none"] = "OpenSAFELY"
    what_if: bool | None = None
    data_cutoff: datetime.date | None = None
    seed: int | None = None
    eligibility_applies: bool | None = None
    not_recorded: dict[str, list[str] | Literal["all"]] = Field(default_factory=dict)
    factors: tuple[DeclaredFactor, ...] = ()
    endpoints: tuple[DeclaredEndpoint, ...] = ()
    arm: DeclaredArm | None = None
    agents: Texts = ()
    targeted_agents: Texts = ()
    techniques: Texts = ()
    sites: Texts = ()
    subgroups: dict[Words, Text] = Field(default_factory=dict)
    preset: Literal["adam", "redcap"] | None = None
    source: Source | None = None
    tables: dict[str, Annotated[list[Part], BeforeValidator(_several)]] = Field(
        default_factory=dict
    )
    missing: Annotated[dict[Text, Texts], BeforeValidator(_by_column)] = Field(default_factory=dict)
    dates: Formats = ()
    decimal: Annotated[tuple[Literal[".", ","], ...], BeforeValidator(_several)] = ()
    yes: Texts = ()
    no: Texts = ()
    partial_dates: Literal["first", "mid", "last", "none"] = "mid"

    @field_validator("*", mode="before")
    @classmethod
    def _blank_is_left_out(cls, given: Any, about: ValidationInfo) -> Any:
        """A key without a value says as much as none."""
        field = cls.model_fields[str(about.field_name)]
        return field.get_default(call_default_factory=True) if given is None else given

    @property
    def conventions(self) -> Conventions:
        """How cells are written."""
        return Conventions(
            missing={name: frozenset(texts) for name, texts in self.missing.items()},
            dates=self.dates,
            decimal=self.decimal,
            yes=frozenset(self.yes),
            no=frozenset(self.no),
            partial=self.partial_dates,
        )

    @model_validator(mode="after")
    def _subgroups_are_read(self) -> Description:
        for name, expression in self.subgroups.items():
            if name == EVERYBODY:
                raise ValueError(f"subgroups: {name}: another name; this one is that of everybody")
            try:
                names_in(expression)
            except ExpressionError as error:
                raise ValueError(f"subgroups: {name}: {error}") from None
        return self

    @property
    def is_screened(self) -> bool:
        """Whether the study's criteria of eligibility are those of these patients.

        Who is held against the article's patients is chosen as they were, unless told otherwise.
        """
        if self.eligibility_applies is None:
            return self.compare_with_article
        return self.eligibility_applies

    @property
    def is_carried(self) -> bool:
        """Whether pages carry the patients, so that settings can be moved in them.

        Synthetic patients are carried unless told otherwise, real ones only where that is asked.
        """
        return self.synthetic if self.what_if is None else self.what_if

    def lacks(self, table: str, column: str | None = None) -> bool:
        """Tell whether the table, or one column of it, is said not to be recorded."""
        missing = self.not_recorded.get(table, [])
        return missing == "all" or (column is not None and column in missing)


def read_description(folder: Path) -> Description:
    """Read a dataset's `dataset.yaml`.

    Raises
    ------
    DatasetFaults
        When the folder or the file is missing, or the file says something it cannot.
    """
    description, faults = description_and_faults(folder)
    if faults:
        raise DatasetFaults(folder.name, faults)
    return description


def description_and_faults(folder: Path) -> tuple[Description, list[Fault]]:
    """Read a dataset's `dataset.yaml`, with the faults that leave it legible.

    Raises
    ------
    DatasetFaults
        When it cannot be read beside them.
    """
    if not folder.is_dir():
        raise DatasetFaults(
            folder.name, [Fault(str(folder), 0, "", "", "a folder with the tables of a dataset")]
        )
    path = folder / FILE
    if not path.is_file():
        raise DatasetFaults(
            folder.name,
            [Fault(FILE, 0, "", "", "this file in the folder, with at least a line `title: ...`")],
        )
    faults: list[Fault] = []
    try:
        text = path.read_text("utf-8-sig")
        if len(text) > _LONGEST:
            raise ValueError(f"{len(text):,} characters")
        given, doubled = read_yaml_and_doubled(text)
        faults = [
            Fault(FILE, line, "", f"the key {key} a second time", _YAML) for line, key in doubled
        ]
        if not isinstance(given, dict):
            given = {} if given is None else {"title": given}
        description = Description.model_validate(given)
    except yaml.YAMLError as error:
        line, problem = problem_in(error)
        raise DatasetFaults(folder.name, [Fault(FILE, line, "", problem, _YAML)]) from None
    except ValidationError as error:
        faults += [_in_words(each) for each in error.errors()[:_MOST]]
        raise DatasetFaults(folder.name, faults) from None
    except (OSError, RecursionError, ValueError) as error:
        found = error.strerror if isinstance(error, OSError) else str(error)
        words = f"a file in YAML, UTF-8, of at most {_LONGEST:,} characters"
        fault = Fault(FILE, 0, "", (found or "").partition("\n")[0], words)
        raise DatasetFaults(folder.name, [fault]) from None
    if unknown := _unknown_names(description):
        raise DatasetFaults(folder.name, [*faults, *unknown])
    return description, faults


# The keys that are known below a part of the file.
_PARTS: Mapping[str, type[BaseModel]] = {
    "factors": DeclaredFactor,
    "endpoints": DeclaredEndpoint,
    "codes": Coded,
    "arm": DeclaredArm,
    "source": Source,
    "tables": Part,
    "made": MappedColumn,
}
_KINDS = {
    "missing": "this key",
    "tuple_type": "a list, each entry in a line that begins with `-`",
    "list_type": "a list",
    "dict_type": "names and what they stand for, as in `name: value`",
    "model_type": "keys and their values, as in `column: age_years`",
}


def _in_words(error: ErrorDetails) -> Fault:
    """Say where a fault of the file is, counting from 1, and what is expected there."""
    steps = error["loc"]
    place = ".".join(
        str(step + 1 if isinstance(step, int) else step)
        for step in steps
        if step not in ("codes", "columns", "made")
    )
    found = error["input"]
    shown = "" if isinstance(found, dict | list | tuple) else str(as_text(found))
    # Where a URL stands in the wrong place, its password is shown to nobody.
    shown = re.sub(r"//[^/\s]*@", "//…@", shown)
    expected = _KINDS.get(error["type"], "")
    if error["type"] == "extra_forbidden":
        model = next((_PARTS[str(step)] for step in steps[-2::-1] if step in _PARTS), Description)
        known = [field.alias or name for name, field in model.model_fields.items()]
        near = difflib.get_close_matches(str(steps[-1]), known, n=1)
        meant = f"did you mean `{near[0]}`? " if near else ""
        expected, shown = f"{meant}only the keys {', '.join(known)}", ""
    elif error["type"] == "value_error":
        # A rule says itself what it found.
        expected, shown = str(error["ctx"]["error"]), ""
    elif error["type"].startswith("date"):
        expected = "a date that there is, YYYY-MM-DD"
    elif error["type"] == "string_pattern_mismatch":
        expected = "a name of letters, digits and underscores that begins with a letter"
        if steps[-1] == "name" and steps[0] == "endpoints":
            expected = "an abbreviation such as TTP, of up to 30 letters, digits, spaces and dashes"
    return Fault(FILE, 0, place, shown, expected or _lower(error["msg"]))


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _unknown_names(description: Description) -> list[Fault]:
    known = f"a table: {', '.join(TABLE_KEYS)}"
    return [
        Fault(FILE, 0, where, name, known)
        for where, names in (
            ("not_recorded", description.not_recorded),
            ("tables", description.tables),
        )
        for name in names
        if name not in TABLE_KEYS
    ]

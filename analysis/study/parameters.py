"""Choices that a reader may question, and the machinery that checks them.

The sections here are those of any study that follows patients. A study adds its own, with its
cut-offs and criteria, and says what its article chose. An unknown name or a value out of range is
refused before anything is computed.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from analysis.study.errors import ReadableError
from analysis.study.expressions import ExpressionError, names_in
from analysis.study.phrases import Phrase, Unit

ConfidenceInterval = Literal["log-log", "log", "plain"]
TimeZero = Annotated[
    Literal["first treatment", "radiotherapy", "immunotherapy", "second treatment"],
    Phrase(
        "time counted from the {value}",
        {
            "radiotherapy": "time counted from the first day of radiotherapy",
            "immunotherapy": "time counted from the first dose of immunotherapy",
        },
    ),
]
FactorTest = Annotated[
    Literal["log-rank", "Gehan-Wilcoxon", "Peto-Peto", "stratified log-rank", "restricted mean"],
    Phrase(
        "groups compared by the {value} test",
        {"restricted mean": "groups compared by restricted mean survival"},
    ),
]
FactorModel = Annotated[
    Literal["univariate", "multivariable", "penalised"],
    Phrase(
        of={
            "univariate": "each factor by itself",
            "multivariable": "factors adjusted for each other",
            "penalised": "factors adjusted for each other with a ridge penalty",
        }
    ),
]
Strata = Annotated[
    tuple[str, ...], Phrase("the test stratified by {value}", {"none": "no strata of the test"})
]
CurvesOf = Annotated[tuple[str, ...], Phrase("curves of {value}", {"none": "no curves of factors"})]
EVERYBODY = "all"
# The parameter that says whom of those admitted a report is about.
POPULATION = "population"


class ParameterFaults(ReadableError, ValueError):
    """Parameters that a study does not have, or values that they cannot take: a sentence each."""


@dataclass(frozen=True)
class Stated:
    """Where the article says what it chose; of parameters without this mark it says nothing."""

    where: str


class Choices(BaseModel):
    """A section of parameters; its docstring is the heading of their table."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Patients(Choices):
    """Who is in."""

    apply_eligibility: Annotated[
        bool,
        Phrase(
            of={
                "no": "everybody recorded, whatever criterion is failed",
                "yes": "only patients who meet the criteria",
            }
        ),
    ] = Field(True, description="Leave out patients who fail a recorded eligibility criterion.")
    population: Annotated[
        str, Phrase("patients limited to “{value}”", {EVERYBODY: "all patients"})
    ] = Field(
        EVERYBODY,
        description="Whom of those admitted the whole report is about: all, the name of a "
        "subgroup, or an expression such as `sex == 'male' and age_years >= 60`.",
    )


ALPHA_BETA = Phrase("an alpha/beta ratio of {value} Gy")


class Radiotherapy(Choices):
    """Dose of radiotherapy."""

    alpha_beta: Annotated[float, Field(gt=0, le=30), Unit("Gy"), ALPHA_BETA] = Field(
        10, description="Alpha/beta ratio for BED and EQD2."
    )


class Response(Choices):
    """Response to treatment."""

    response_source: Annotated[
        Literal["derived", "recorded"],
        Phrase(
            of={
                "recorded": "response as the centre recorded it",
                "derived": "response from the diameters of lesions",
            }
        ),
    ] = Field(
        "derived",
        description="Response category from sums of diameters and new lesions, or as recorded.",
    )
    proportion_interval: Annotated[
        Literal["exact", "Wilson", "Wald"], Phrase("{value} intervals of response rates")
    ] = Field(
        "exact", description="Interval of response rates: Clopper-Pearson, or an approximation."
    )
    table_test: Annotated[
        Literal["exact", "asymptotic"],
        Phrase(
            of={
                "asymptotic": "chi-square tests of response in place of exact ones",
                "exact": "exact tests of response",
            }
        ),
    ] = Field(
        "exact",
        description="Tests of response: Fisher and McNemar exactly, or by their chi-squares.",
    )


class Survival(Choices):
    """Survival and follow-up."""

    time_zero: TimeZero = Field(
        "first treatment", description="The day from which survival is counted."
    )
    delayed_entry: Annotated[
        Literal["none", "second treatment"],
        Phrase(
            of={
                "second treatment": "patients at risk only from the second treatment on",
                "none": "patients at risk from time zero",
            }
        ),
    ] = Field(
        "none",
        description="Whether a patient is at risk only from the day of the second treatment "
        "(left truncation), with time counted from time zero all the same.",
    )
    pfs_censoring: Annotated[
        Literal["last contact", "last imaging"],
        Phrase("progression-free survival censored at {value}"),
    ] = Field("last contact", description="Where progression-free survival is censored.")
    relapse_censoring: Annotated[
        Literal["last contact", "last imaging"], Phrase("relapse censored at {value}")
    ] = Field("last imaging", description="Where in-field and out-of-field relapse are censored.")
    relapse_death: Annotated[
        Literal["censored", "event", "competing"],
        Phrase(
            of={
                "censored": "death without relapse censored",
                "event": "death without relapse as an event",
                "competing": "death without relapse as a competing risk",
            }
        ),
    ] = Field(
        "censored",
        description="Death without relapse, in in-field and out-of-field relapse-free survival: "
        "censored, an event, or a competing risk (Aalen-Johansen; Gray's test).",
    )
    follow_up_definition: Annotated[
        Literal["reverse Kaplan-Meier", "all patients", "survivors"],
        Phrase(
            of={
                "reverse Kaplan-Meier": "follow-up by reverse Kaplan-Meier",
                "all patients": "follow-up as observed, of all patients",
                "survivors": "follow-up as observed, of those alive",
            }
        ),
    ] = Field(
        "reverse Kaplan-Meier",
        description="Median follow-up: by reverse Kaplan-Meier, or the median of the times that "
        "all patients, or those alive, were observed.",
    )
    ci_type: Annotated[ConfidenceInterval, Phrase("{value} intervals of survival")] = Field(
        "log-log", description="Confidence interval of Kaplan-Meier estimates."
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1), Phrase("a confidence level of {value}")] = (
        Field(0.95, description="Confidence level of every interval.")
    )
    interval_source: Annotated[
        Literal["formula", "bootstrap"],
        Phrase(
            of={"formula": "intervals by formula", "bootstrap": "intervals from bootstrap samples"}
        ),
    ] = Field(
        "formula",
        description="Intervals of survival and of hazard ratios: by formula, or percentiles of "
        "bootstrap samples of patients.",
    )
    bootstrap_replicates: Annotated[
        int, Field(ge=100, le=100_000), Unit("samples"), Phrase("{value} bootstrap samples")
    ] = Field(1000, description="Bootstrap samples of patients.")
    bootstrap_seed: Annotated[int, Field(ge=0), Phrase("samples drawn from seed {value}")] = Field(
        1, description="Seed from which bootstrap samples are drawn."
    )
    rate_months: Annotated[
        tuple[int, ...], Unit("months"), Phrase("survival at {value} months")
    ] = Field((12, 24), description="Months at which survival rates are given.")
    at_risk_every_months: Annotated[
        int,
        Field(ge=0, le=60),
        Unit("months"),
        Phrase("numbers at risk every {value} months", {"0": "numbers at risk as suits the axis"}),
    ] = Field(
        0, description="Spacing of the numbers at risk below the curves; 0 is what suits the axis."
    )
    show_censored: Annotated[
        bool,
        Phrase(
            of={
                "yes": "numbers censored beside those at risk",
                "no": "numbers at risk alone",
            }
        ),
    ] = Field(
        False,
        description="Give the number of patients censored by then in brackets after each number "
        "at risk below the curves.",
    )
    figure_months: Annotated[
        int,
        Field(ge=0, le=240),
        Unit("months"),
        Phrase(
            "curves drawn to {value} months", {"0": "curves drawn as long as suits the patients"}
        ),
    ] = Field(
        0,
        description="Length of the time axis of survival figures; 0 is the article's where the "
        "patients are compared with it (60, by 6), else to their last event, or as long as a tenth "
        "of them was followed.",
    )


class Prognosis(Choices):
    """Prognostic factors."""

    landmark_months: Annotated[
        int,
        Field(ge=0, le=60),
        Unit("months"),
        Phrase("patients still at risk at {value} months", {"0": "no landmark"}),
    ] = Field(
        0,
        description="Factors are compared among patients at risk at this month, counted from it "
        "(where times are whole days, from the day nearest to it); 0 is no landmark.",
    )
    factor_test: FactorTest = Field("log-rank", description="Test of a prognostic factor.")
    strata: Strata = Field(
        (),
        description="Strata of the stratified log-rank test, without the factor itself.",
    )
    restricted_months: Annotated[
        int, Field(ge=1, le=240), Unit("months"), Phrase("means within {value} months")
    ] = Field(24, description="Month to which mean survival is restricted.")
    p_adjustment: Annotated[
        Literal["none", "Holm", "Benjamini-Hochberg"],
        Phrase(
            "p values of factors adjusted for their number ({value})",
            {"none": "p values without adjustment"},
        ),
    ] = Field("none", description="Adjustment of the p values of Table 5 for their number.")
    factor_model: FactorModel = Field(
        "univariate",
        description="Cox regression of a factor: alone, with all the others, or with all and a "
        "ridge penalty.",
    )
    penalty: Annotated[float, Field(gt=0, le=1000), Phrase("of strength {value}")] = Field(
        2.0, description="Ridge penalty: precision of the prior of each log hazard ratio."
    )
    curves_of: CurvesOf = Field((), description="Factors whose curves are drawn.")


# The fields of the last base come first.
class Parameters(Prognosis, Survival, Response, Radiotherapy, Patients):
    """Options of the whole report.

    Raises
    ------
    pydantic.ValidationError
        For a name that is not listed here, or a value of the wrong type or out of range.
    """

    # In the order of their table.
    SECTIONS: ClassVar[tuple[type[Choices], ...]] = (
        Patients,
        Radiotherapy,
        Response,
        Survival,
        Prognosis,
    )
    # Names of the study's factors, in which `strata` and `curves_of` are written.
    FACTORS: ClassVar[tuple[str, ...]] = ()
    # Names of parts of the patients, each with the expression that it stands for.
    SUBGROUPS: ClassVar[Mapping[str, str]] = {}
    # Length and spacing of the axis of survival figures where neither choices nor patients decide.
    AXIS: ClassVar[tuple[int, int]] = (60, 6)
    # The months of the axis, as patients need them (`analysis.cohort.axis`).
    _axis: tuple[int, ...] = PrivateAttr(())

    @property
    def axis(self) -> tuple[int, ...]:
        """The months at the ticks of survival figures, at which numbers at risk are given."""
        months, step = self.AXIS
        chosen = range(0, (self.figure_months or months) + 1, self.at_risk_every_months or step)
        return self._axis or tuple(chosen)

    @model_validator(mode="after")
    def _entry_goes_together(self) -> Self:
        """Refuse what has no meaning, or no estimator here, where patients enter late."""
        if self.delayed_entry == "none":
            return self
        against = {
            "time_zero": "second treatment",
            "relapse_death": "competing",
            "interval_source": "bootstrap",
            "factor_test": "restricted mean",
        }
        reasons = {
            "time_zero": "both start at the second treatment, so that nobody enters late",
            "relapse_death": "cumulative incidences are not estimated with late entry",
            "interval_source": "samples of patients are not drawn with late entry",
            "factor_test": "restricted means are not estimated with late entry",
        }
        for name, value in against.items():
            if getattr(self, name) == value:
                raise _apart(self.delayed_entry, f'{name}="{value}"', reasons[name])
        if self.landmark_months:
            raise _apart(
                self.delayed_entry,
                f"landmark_months={self.landmark_months}",
                "both are answers to the time before the second treatment",
            )
        return self

    @field_validator("strata", "curves_of")
    @classmethod
    def _are_factors(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if cls.FACTORS and name not in cls.FACTORS:
                raise ValueError(
                    f"'{name}' is no factor{_meant(name, cls.FACTORS)}; "
                    f"there are: {', '.join(cls.FACTORS)}"
                )
        return names

    @field_validator("population")
    @classmethod
    def _is_readable(cls, population: str) -> str:
        if population != EVERYBODY and population not in cls.SUBGROUPS:
            try:
                names_in(population)
            except ExpressionError as error:
                there = ", ".join(f"'{name}'" for name in (EVERYBODY, *cls.SUBGROUPS))
                raise ValueError(f"{error}; or one of: {there}") from None
        return population

    @classmethod
    def of(cls, names: Mapping[str, Any]) -> Self:
        """Take the parameters from the variables of a notebook: `Parameters.of(globals())`.

        Raises
        ------
        ParameterFaults
            For a value out of range, or a name that looks like a parameter and is none.
        """
        fields = set(cls.model_fields)
        for name, value in names.items():
            plain = isinstance(value, str | int | float | tuple | list)
            if name not in fields and plain and not name.startswith("_"):
                near = difflib.get_close_matches(name, fields, n=1, cutoff=0.85)
                if near:
                    raise ParameterFaults(f"There is no parameter '{name}'; is it '{near[0]}'?")
        given = {name: value for name, value in names.items() if name in fields}
        try:
            return cls(**given)
        except ValidationError as error:
            raise ParameterFaults("\n".join(refusals(error, given, cls))) from None

    def changed(self) -> dict[str, tuple[Any, Any]]:
        """Give the parameters that differ from the study's: name to (the study's, this one)."""
        defaults = type(self)()
        return {
            name: (getattr(defaults, name), value)
            for name, value in self
            if value != getattr(defaults, name)
        }


def _apart(entry: str, other: str, reason: str) -> PydanticCustomError:
    said = f'delayed_entry="{entry}" and {other}: {reason}; choose one of them'
    return PydanticCustomError("apart", "{said}", {"said": said})


def zero_words(parameters: Survival) -> str:
    """Say from when survival is counted.

    >>> zero_words(Parameters()), zero_words(Parameters(time_zero="radiotherapy"))
    ('the first treatment', 'the start of radiotherapy')
    """
    zero = parameters.time_zero
    return f"the {zero}" if zero.endswith("treatment") else f"the start of {zero}"


def unknown_name(name: str, parameters: type[Parameters]) -> str:
    """Say that a name is no parameter, and which one may have been meant."""
    fields = parameters.model_fields
    near = difflib.get_close_matches(name, fields, n=1)
    if near:
        return f"There is no parameter '{name}'. Did you mean '{near[0]}'?"
    return f"There is no parameter '{name}'. There are: {', '.join(fields)}."


def refusals(
    error: ValidationError, given: Mapping[str, Any], parameters: type[Parameters]
) -> list[str]:
    """Say what is wrong with the parameters given, one sentence a fault.

    `error` is what `parameters` raised for `given`, all of whose names are known.
    """
    return [_refusal(fault, given, parameters) for fault in error.errors()]


def _refusal(fault: Any, given: Mapping[str, Any], parameters: type[Parameters]) -> str:
    message = fault["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if not fault["loc"]:
        return f"The parameters do not go together: {message}."
    name = str(fault["loc"][0])
    meaning = parameters.model_fields[name].description
    return f"{name}={given.get(name)}: {message}. ({meaning})"


def _meant(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""

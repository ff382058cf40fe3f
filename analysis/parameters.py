"""Every choice that a reader may want to change, with its unit, its range and the article's value.

The defaults are the article's choices, or, where the article is silent, the reading under
which its numbers hold. Notebooks name the few they use in their `parameters` cell; an unknown
name or a value out of range is refused before anything is computed. `docs/parameters.md` is
written from this module.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

ConfidenceInterval = Literal["log-log", "log", "plain"]

# Yes or no questions about a patient before or during treatment, in the order of Table 5.
Factor = Literal[
    "male",
    "age_under_60",
    "alcohol_use",
    "viral_hepatitis",
    "cirrhosis",
    "afp_under_1000",
    "tumours_5_or_more",
    "extrahepatic_metastasis",
    "pvtt",
    "vp4",
    "prior_ici",
    "concurrent",
    "rt_intrahepatic",
    "sbrt",
    "eqd2_under_60",
    "targeted_therapy",
]


@dataclass(frozen=True)
class Unit:
    """The unit of a parameter."""

    name: str


@dataclass(frozen=True)
class Stated:
    """Where the article says what it chose; of parameters without this mark it says nothing."""

    where: str


class _Choices(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Eligibility(_Choices):
    """Who is in."""

    apply_eligibility: Annotated[bool, Stated("Methods 2.2")] = Field(
        True, description="Leave out patients who fail a recorded eligibility criterion."
    )
    age_min: Annotated[int, Field(ge=0, le=120), Unit("years"), Stated("Methods 2.2")] = Field(
        18, description="Youngest age admitted."
    )
    age_max: Annotated[int, Field(ge=0, le=120), Unit("years"), Stated("Methods 2.2")] = Field(
        75, description="Oldest age admitted."
    )
    ecog_max: Annotated[int, Field(ge=0, le=4), Stated("Methods 2.2")] = Field(
        2, description="Highest ECOG performance status admitted."
    )
    child_pugh_max: Annotated[int, Field(ge=5, le=15), Stated("Methods 2.2")] = Field(
        7, description="Highest Child-Pugh score admitted (7 is class B7)."
    )
    interval_max_weeks: Annotated[
        float, Field(gt=0, le=52), Unit("weeks"), Stated("Methods 2.2")
    ] = Field(8, description="Longest gap between radiotherapy and immunotherapy.")
    enrolment_first_year: Annotated[
        int, Field(ge=1990, le=2100), Unit("year"), Stated("Methods 2.2")
    ] = Field(2018, description="First calendar year of enrolment.")
    enrolment_last_year: Annotated[
        int, Field(ge=1990, le=2100), Unit("year"), Stated("Methods 2.2")
    ] = Field(2021, description="Last calendar year of enrolment.")
    population: Literal["all", "without earlier ICI", "without targeted therapy", "first line"] = (
        Field("all", description="Whom of those admitted the whole report is about.")
    )


class Groups(_Choices):
    """How patients are grouped."""

    age_cutoff: Annotated[int, Field(ge=1, le=120), Unit("years"), Stated("Table 5")] = Field(
        60, description="Younger than this against this or older."
    )
    afp_cutoff: Annotated[float, Field(gt=0), Unit("ng/mL"), Stated("Tables 1 and 5")] = Field(
        1000, description="AFP below this against this or above."
    )
    afp_second_cutoff: Annotated[float, Field(gt=0), Unit("ng/mL"), Stated("Results 3.3")] = Field(
        400, description="The AFP level of the text and of IMbrave150."
    )
    tumour_count_cutoff: Annotated[int, Field(ge=2), Unit("tumours"), Stated("Tables 1 and 5")] = (
        Field(5, description="This many tumours or more against fewer.")
    )


class Radiotherapy(_Choices):
    """Dose of radiotherapy."""

    alpha_beta: Annotated[float, Field(gt=0, le=30), Unit("Gy"), Stated("Results 3.2")] = Field(
        10, description="Alpha/beta ratio for BED and EQD2."
    )
    eqd2_cutoff: Annotated[float, Field(gt=0), Unit("Gy"), Stated("Table 5")] = Field(
        60, description="EQD2 below this against this or above."
    )
    sbrt_max_fractions: Annotated[int, Field(ge=1, le=40), Unit("fractions")] = Field(
        10, description="SBRT has at most this many fractions."
    )
    sbrt_min_fraction_gy: Annotated[float, Field(gt=0), Unit("Gy")] = Field(
        5, description="SBRT has at least this dose per fraction."
    )


class Response(_Choices):
    """Response to treatment."""

    response_source: Literal["derived", "recorded"] = Field(
        "derived",
        description="Response category from sums of diameters and new lesions, or as recorded.",
    )
    proportion_interval: Literal["exact", "Wilson", "Wald"] = Field(
        "exact", description="Interval of response rates: Clopper-Pearson, or an approximation."
    )
    table_test: Literal["exact", "asymptotic"] = Field(
        "exact",
        description="Tests of response: Fisher and McNemar exactly, or by their chi-squares.",
    )


class Survival(_Choices):
    """Survival and follow-up."""

    time_zero: Annotated[
        Literal["first treatment", "radiotherapy", "immunotherapy"], Stated("Methods 2.5")
    ] = Field("first treatment", description="The day from which survival is counted.")
    pfs_censoring: Literal["last contact", "last imaging"] = Field(
        "last contact", description="Where progression-free survival is censored."
    )
    relapse_censoring: Literal["last contact", "last imaging"] = Field(
        "last imaging", description="Where in-field and out-of-field relapse are censored."
    )
    relapse_death: Literal["censored", "event", "competing"] = Field(
        "censored",
        description="Death without relapse, in in-field and out-of-field relapse-free survival: "
        "censored, an event, or a competing risk (Aalen-Johansen; Gray's test).",
    )
    follow_up_definition: Literal["reverse Kaplan-Meier", "all patients", "survivors"] = Field(
        "reverse Kaplan-Meier",
        description="Median follow-up: by reverse Kaplan-Meier, or the median of the times that "
        "all patients, or those alive, were observed.",
    )
    ci_type: ConfidenceInterval = Field(
        "log-log", description="Confidence interval of Kaplan-Meier estimates."
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.95, description="Confidence level of every interval."
    )
    interval_source: Literal["formula", "bootstrap"] = Field(
        "formula",
        description="Intervals of survival and of hazard ratios: by formula, or percentiles of "
        "bootstrap samples of patients.",
    )
    bootstrap_replicates: Annotated[int, Field(ge=100, le=100_000), Unit("samples")] = Field(
        1000, description="Bootstrap samples of patients."
    )
    bootstrap_seed: Annotated[int, Field(ge=0)] = Field(
        1, description="Seed from which bootstrap samples are drawn."
    )
    rate_months: Annotated[tuple[int, ...], Unit("months")] = Field(
        (12, 24), description="Months at which survival rates are given."
    )
    at_risk_every_months: Annotated[int, Field(ge=1, le=60), Unit("months")] = Field(
        6, description="Spacing of the numbers at risk below the curves."
    )
    figure_months: Annotated[int, Field(ge=6, le=240), Unit("months")] = Field(
        60, description="Length of the time axis of survival figures."
    )


class Prognosis(_Choices):
    """Prognostic factors."""

    landmark_months: Annotated[int, Field(ge=0, le=60), Unit("months")] = Field(
        0,
        description="Factors are compared among patients at risk at this month, counted from it; "
        "0 is no landmark.",
    )
    factor_test: Annotated[
        Literal[
            "log-rank", "Gehan-Wilcoxon", "Peto-Peto", "stratified log-rank", "restricted mean"
        ],
        Stated("Methods 2.5"),
    ] = Field("log-rank", description="Test of a prognostic factor.")
    strata: tuple[Factor, ...] = Field(
        ("extrahepatic_metastasis", "pvtt"),
        description="Strata of the stratified log-rank test, without the factor itself.",
    )
    restricted_months: Annotated[int, Field(ge=1, le=240), Unit("months")] = Field(
        24, description="Month to which mean survival is restricted."
    )
    p_adjustment: Literal["none", "Holm", "Benjamini-Hochberg"] = Field(
        "none", description="Adjustment of the p values of Table 5 for their number."
    )
    factor_model: Annotated[
        Literal["univariate", "multivariable", "penalised"], Stated("Methods 2.5")
    ] = Field(
        "univariate",
        description="Cox regression of a factor: alone, with all the others, or with all and a "
        "ridge penalty.",
    )
    penalty: Annotated[float, Field(gt=0, le=1000)] = Field(
        2.0, description="Ridge penalty: precision of the prior of each log hazard ratio."
    )
    mode_over_time: bool = Field(
        False,
        description="Count concurrent treatment from the day on which the second treatment began.",
    )
    afp_model: Literal["cut-off", "spline"] = Field(
        "cut-off",
        description="AFP as a prognostic factor: two groups, or a spline of its logarithm.",
    )
    curves_of: tuple[Factor | Literal["ici_regimen"], ...] = Field(
        ("prior_ici", "pvtt", "concurrent"), description="Factors whose curves are drawn."
    )

    @model_validator(mode="after")
    def _one_remedy(self) -> Prognosis:
        if self.landmark_months and self.mode_over_time:
            raise PydanticCustomError(
                "one_remedy",
                "landmark_months and mode_over_time are two answers to the same question (time "
                "before the mode of treatment is known); choose one of them, and set "
                "landmark_months=0 or mode_over_time=false",
            )
        return self


SECTIONS = (Eligibility, Groups, Radiotherapy, Response, Survival, Prognosis)


# The fields of the last base come first.
class Parameters(Prognosis, Survival, Response, Radiotherapy, Groups, Eligibility):
    """Options of the whole report.

    Raises
    ------
    pydantic.ValidationError
        For a name that is not listed here, or a value of the wrong type or out of range.
    """

    @classmethod
    def of(cls, names: Mapping[str, Any]) -> Parameters:
        """Take the parameters from the variables of a notebook: `Parameters.of(globals())`.

        Raises
        ------
        ValueError
            For a value out of range, or a name that looks like a parameter and is none.
        """
        fields = set(cls.model_fields)
        for name, value in names.items():
            plain = isinstance(value, str | int | float | tuple | list)
            if name not in fields and plain and not name.startswith("_"):
                near = difflib.get_close_matches(name, fields, n=1, cutoff=0.85)
                if near:
                    raise ValueError(f"There is no parameter '{name}'; is it '{near[0]}'?")
        return cls(**{name: names[name] for name in fields & set(names)})

    def changed(self) -> dict[str, tuple[Any, Any]]:
        """Give the parameters that differ from the article's: name to (article's, this one)."""
        defaults = type(self)()
        return {
            name: (getattr(defaults, name), value)
            for name, value in self
            if value != getattr(defaults, name)
        }


def unknown_name(name: str) -> str:
    """Say that a name is no parameter, and which one may have been meant."""
    near = difflib.get_close_matches(name, Parameters.model_fields, n=1)
    if near:
        return f"There is no parameter '{name}'. Did you mean '{near[0]}'?"
    known = ", ".join(Parameters.model_fields)
    return f"There is no parameter '{name}'. There are: {known}."


def refusals(error: ValidationError, given: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with the parameters given, one sentence a fault.

    `error` is what `Parameters` raised for `given`, all of whose names are known.
    """
    return [_refusal(fault, given) for fault in error.errors()]


def _refusal(fault: Any, given: Mapping[str, Any]) -> str:
    message = fault["msg"][:1].lower() + fault["msg"][1:]
    if not fault["loc"]:
        return f"The parameters do not go together: {message}."
    name = str(fault["loc"][0])
    meaning = Parameters.model_fields[name].description
    return f"{name}={given.get(name)}: {message}. ({meaning})"

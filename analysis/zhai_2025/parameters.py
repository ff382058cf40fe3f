"""The choices of the article, with their units, ranges and the article's values.

The defaults are the article's choices, or, where the article is silent, the reading under which its
numbers hold. Notebooks name the few they use in their `parameters` cell. `docs/parameters.md` is
written from this module.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from analysis.study import parameters as engine
from analysis.study.parameters import Choices, Stated
from analysis.study.phrases import Phrase, Unit
from analysis.zhai_2025.factors import FACTORS
from analysis.zhai_2025.subgroups import SUBGROUPS


class Eligibility(engine.Patients):
    """Who is in."""

    age_min: Annotated[
        int,
        Field(ge=0, le=120),
        Unit("years"),
        Stated("Methods 2.2"),
        Phrase("patients aged {value} years or more"),
    ] = Field(18, description="Youngest age admitted.")
    age_max: Annotated[
        int,
        Field(ge=0, le=120),
        Unit("years"),
        Stated("Methods 2.2"),
        Phrase("patients aged {value} years or less"),
    ] = Field(75, description="Oldest age admitted.")
    ecog_max: Annotated[
        int,
        Field(ge=0, le=4),
        Stated("Methods 2.2"),
        Phrase(
            "patients with an ECOG performance status of {value} at most",
            {"0": "patients with an ECOG performance status of 0"},
        ),
    ] = Field(2, description="Highest ECOG performance status admitted.")
    child_pugh_max: Annotated[
        int,
        Field(ge=5, le=15),
        Stated("Methods 2.2"),
        Phrase("patients with a Child-Pugh score of {value} at most"),
    ] = Field(7, description="Highest Child-Pugh score admitted (7 is class B7).")
    interval_max_weeks: Annotated[
        float,
        Field(gt=0, le=52),
        Unit("weeks"),
        Stated("Methods 2.2"),
        Phrase("radiotherapy and immunotherapy within {value} weeks of each other"),
    ] = Field(8, description="Longest gap between radiotherapy and immunotherapy.")
    enrolment_first_year: Annotated[
        int,
        Field(ge=1990, le=2100),
        Unit("year"),
        Stated("Methods 2.2"),
        Phrase("patients enrolled in {value} or later"),
    ] = Field(2018, description="First calendar year of enrolment.")
    enrolment_last_year: Annotated[
        int,
        Field(ge=1990, le=2100),
        Unit("year"),
        Stated("Methods 2.2"),
        Phrase("patients enrolled in {value} or earlier"),
    ] = Field(2021, description="Last calendar year of enrolment.")


class Groups(Choices):
    """How patients are grouped."""

    age_cutoff: Annotated[
        int,
        Field(ge=1, le=120),
        Unit("years"),
        Stated("Table 5"),
        Phrase("patients younger than {value} years against older ones"),
    ] = Field(60, description="Younger than this against this or older.")
    afp_cutoff: Annotated[
        float,
        Field(gt=0),
        Unit("ng/mL"),
        Stated("Tables 1 and 5"),
        Phrase("patients with AFP of {value} ng/mL or more against less"),
    ] = Field(1000, description="AFP below this against this or above.")
    afp_second_cutoff: Annotated[
        float,
        Field(gt=0),
        Unit("ng/mL"),
        Stated("Results 3.3"),
        Phrase("a second line of AFP at {value} ng/mL"),
    ] = Field(400, description="The AFP level of the text and of IMbrave150.")
    tumour_count_cutoff: Annotated[
        int,
        Field(ge=2),
        Unit("tumours"),
        Stated("Tables 1 and 5"),
        Phrase("patients with {value} tumours or more against fewer"),
    ] = Field(5, description="This many tumours or more against fewer.")


class Radiotherapy(engine.Radiotherapy):
    """Dose of radiotherapy."""

    alpha_beta: Annotated[
        float, Field(gt=0, le=30), Unit("Gy"), Stated("Results 3.2"), engine.ALPHA_BETA
    ] = Field(10, description="Alpha/beta ratio for BED and EQD2.")
    eqd2_cutoff: Annotated[
        float,
        Field(gt=0),
        Unit("Gy"),
        Stated("Table 5"),
        Phrase("patients with EQD2 of {value} Gy or more against less"),
    ] = Field(60, description="EQD2 below this against this or above.")
    sbrt_max_fractions: Annotated[
        int, Field(ge=1, le=40), Unit("fractions"), Phrase("SBRT in at most {value} fractions")
    ] = Field(10, description="SBRT has at most this many fractions.")
    sbrt_min_fraction_gy: Annotated[
        float, Field(gt=0), Unit("Gy"), Phrase("SBRT of at least {value} Gy a fraction")
    ] = Field(5, description="SBRT has at least this dose per fraction.")


class Survival(engine.Survival):
    """Survival and follow-up."""

    time_zero: Annotated[engine.TimeZero, Stated("Methods 2.5")] = Field(
        "first treatment", description="The day from which survival is counted."
    )


class Prognosis(engine.Prognosis):
    """Prognostic factors."""

    factor_test: Annotated[engine.FactorTest, Stated("Methods 2.5")] = Field(
        "log-rank", description="Test of a prognostic factor."
    )
    strata: engine.Strata = Field(
        ("extrahepatic_metastasis", "pvtt"),
        description="Strata of the stratified log-rank test, without the factor itself.",
    )
    factor_model: Annotated[engine.FactorModel, Stated("Methods 2.5")] = Field(
        "univariate",
        description="Cox regression of a factor: alone, with all the others, or with all and a "
        "ridge penalty.",
    )
    mode_over_time: Annotated[
        bool,
        Phrase(
            of={
                "yes": "treatment concurrent only once the second has begun",
                "no": "treatment concurrent from time zero",
            }
        ),
    ] = Field(
        False,
        description="Count concurrent treatment from the day on which the second treatment began.",
    )
    afp_model: Annotated[
        Literal["cut-off", "spline"],
        Phrase(of={"spline": "AFP as measured, without a cut-off", "cut-off": "AFP in two groups"}),
    ] = Field(
        "cut-off",
        description="AFP as a prognostic factor: two groups, or a spline of its logarithm.",
    )
    curves_of: engine.CurvesOf = Field(
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

    @model_validator(mode="after")
    def _mode_changes(self) -> Prognosis:
        late = getattr(self, "delayed_entry", "none") != "none"
        if self.mode_over_time and (late or getattr(self, "time_zero", "") == "second treatment"):
            raise PydanticCustomError(
                "mode_is_known",
                "mode_over_time has nothing to change where patients are at risk only from the "
                "second treatment, on which the mode is known; set mode_over_time=false",
            )
        return self


# The fields of the last base come first.
class Parameters(Prognosis, Survival, Radiotherapy, Groups, Eligibility, engine.Parameters):
    """Options of the article's report.

    Raises
    ------
    pydantic.ValidationError
        For a name that is not listed here, or a value of the wrong type or out of range.
    """

    SECTIONS = (Eligibility, Groups, Radiotherapy, engine.Response, Survival, Prognosis)
    FACTORS = tuple(factor.name for factor in FACTORS)
    SUBGROUPS = SUBGROUPS

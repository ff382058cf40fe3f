"""Statistics that witnesses are sought for, as a study declares them.

Apart from the search, so that a page which shows what was reached does not hang on how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.cohort.model import Cohort
from analysis.estimates import prognosis, survival
from analysis.estimates.rows import value_of
from analysis.study.keys import Key
from analysis.study.parameters import Parameters

ESTIMATES = {"prognosis": prognosis.estimate, "survival": survival.estimate}


@dataclass(frozen=True)
class Pushed:
    """A statistic that is pushed.

    Attributes
    ----------
    name
        How its witnesses are called, before the direction: `sex-os-hr`.
    key
        How it is called in the estimates.
    parameters
        Under which it is estimated, beside those of the article.
    statistic
        One of the constants of `kernels`.
    curve
        The curve that it is of.
    factor
        The factor, "" of a statistic of all patients.
    day
        See `kernels.Objective`.
    """

    name: str
    key: Key
    parameters: Mapping[str, object]
    statistic: int
    curve: str
    factor: str = ""
    day: float = -1.0

    @property
    def words(self) -> str:
        """The parameters in words: `factor_model=multivariable`."""
        return "; ".join(f"{name}={value}" for name, value in self.parameters.items())

    def under(self, options: Parameters) -> Parameters:
        """Give the options with the parameters of this statistic."""
        return type(options)(**{**options.model_dump(), **self.parameters})

    def value(self, derived: Cohort, options: Parameters) -> float:
        """Estimate it as the report does."""
        key = self.key
        table = ESTIMATES[key.analysis_id](derived, self.under(options))
        return value_of(
            table,
            group=key.group,
            group_level=key.group_level,
            variable=key.variable,
            variable_level=key.variable_level,
            statistic=key.statistic.value,
        )

"""How this project and each library are asked the same question; each answers in plain numbers.

A library that cannot answer a question has no function for it. What it is given differs from what
the project is given in form alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """What is asked of one set of patients, and what R answers.

    Attributes
    ----------
    times
        One row a patient or a piece of follow-up: `days`, `event`, and `level`, `stratum`, `cause`
        or `start` where the question is about them.
    covariates
        Of a regression, 0 or 1, a column each of a table.
    expected
        What R gives, in the order in which the functions of this module give it; empty where it is
        not known.
    options
        `weighting`, `ridge`, `days` of a restricted mean.
    """

    times: pd.DataFrame
    covariates: Any = None
    expected: Numbers = field(default_factory=lambda: np.zeros(0))
    options: dict[str, Any] = field(default_factory=dict)

    def column(self, name: str) -> Any:
        """Give a column of `times`, or None."""
        return self.times[name].to_numpy() if name in self.times else None

    @property
    def entry(self) -> Any:
        """Days after which a row is at risk, from 0, or None."""
        return self.times["start"].to_numpy() + 1 if "start" in self.times else None

    @property
    def exit(self) -> Any:
        """Days until which a row is at risk, counted from 1 where there is an `entry`."""
        days = self.times["days"].to_numpy()
        return days + 1 if "start" in self.times else days

    @property
    def event(self) -> Any:
        """Whether a row ends in the event, as 0 or 1."""
        return self.times["event"].to_numpy().astype(int)

    def frame(self) -> pd.DataFrame:
        """Give what a regression by a formula or by names of columns needs."""
        made = self.covariates.astype(float).assign(days=self.exit, event=self.event)
        return made if self.entry is None else made.assign(entry=self.entry)


Call = Callable[[Question], Numbers]


def project() -> dict[str, Call]:
    """Give the calls of this project."""
    from analysis.estimates import competing, curves, rmst
    from analysis.estimates.cox_regression import cox
    from analysis.estimates.follow_up import intervals_of
    from analysis.estimates.gray import gray_test
    from analysis.estimates.log_rank import log_rank
    from analysis.estimates.one_factor import hazard_ratio
    from analysis.estimates.proportionality import proportionality, schoenfeld
    from analysis.zhai_2025.parameters import Parameters

    parameters = Parameters()

    def test(q: Question) -> Numbers:
        strata = ["stratum"] if "stratum" in q.times else []
        found = log_rank(q.times, q.options.get("weighting", "none"), strata)
        return np.array([found.statistic])

    def incidence(q: Question) -> Numbers:
        found = competing.incidence(q.times, "relapse", parameters)
        return found[["incidence", "error"]].to_numpy().T.ravel()

    def mean(q: Question) -> Numbers:
        found = rmst.restricted_mean(curves.curve(q.times, parameters), q.options["days"])
        return np.array([found.days, found.standard_error])

    def one(q: Question) -> Numbers:
        (name,) = q.covariates
        level = np.where(q.covariates[name], "yes", "no")
        found = hazard_ratio(q.times.assign(level=level), "yes", parameters)
        z = np.log(found.ratio.upper / found.ratio.lower) / 2 / 1.959963984540054
        return np.array([np.log(found.ratio.value), z**2])

    def many(q: Question) -> Numbers:
        found = cox(intervals_of(q.times, q.covariates), q.options.get("ridge", 0.0))
        assert found is not None
        return np.concatenate([found.coefficients, found.covariances.ravel()])

    def proportional(q: Question) -> Numbers:
        intervals = intervals_of(q.times, q.covariates)
        found = proportionality(intervals, cox(intervals))
        return np.array([*found.each, found.all])

    def residuals(q: Question) -> Numbers:
        (name,) = q.covariates
        level = np.where(q.covariates[name], "yes", "no")
        return np.sort(schoenfeld(q.times.assign(level=level))["residual"].to_numpy())

    return {
        "log-rank": test,
        "Gray": lambda q: np.array([gray_test(q.times, "relapse").statistic]),
        "incidence": incidence,
        "restricted mean": mean,
        "Cox, one": one,
        "Cox, many": many,
        "Cox, ridge": many,
        "proportionality": proportional,
        "Schoenfeld": residuals,
    }


def lifelines() -> dict[str, Call]:
    """Give the calls of lifelines."""
    from lifelines import AalenJohansenFitter, CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test, proportional_hazard_test
    from lifelines.utils import restricted_mean_survival_time

    def test(q: Question) -> Numbers:
        if not {"stratum", "start"}.isdisjoint(q.times):
            raise NotImplementedError
        weights: dict[str, dict[str, Any]] = {
            "none": {},
            "wilcoxon": {"weightings": "wilcoxon"},
            # Its "peto" has another estimate of survival than R.
            "peto": {"weightings": "fleming-harrington", "p": 1, "q": 0},
        }
        level = q.times["level"].to_numpy()
        found = multivariate_logrank_test(
            q.exit, level, q.event, **weights[q.options.get("weighting", "none")]
        )
        return np.array([found.test_statistic])

    def incidence(q: Question) -> Numbers:
        causes = q.times["cause"].map({"censored": 0, "relapse": 1, "death": 2})
        found = AalenJohansenFitter(seed=1).fit(q.exit, causes, 1)
        days = np.unique(q.exit)
        # Tied times are moved apart at random: the last of a day.
        at = found.cumulative_density_.index.searchsorted(days + 0.5) - 1
        return np.concatenate(
            [
                found.cumulative_density_.iloc[at, 0].to_numpy(),
                np.sqrt(np.ravel(found.variance_.to_numpy())[at]),
            ]
        )

    def mean(q: Question) -> Numbers:
        fitted = KaplanMeierFitter().fit(q.exit, q.event)
        days, variance = restricted_mean_survival_time(fitted, q.options["days"], True)
        return np.array([days, np.sqrt(variance)])

    def fit(q: Question) -> Any:
        # Its penalty is of covariates of variance 1, and of the mean of the log likelihood.
        scale = len(q.times) * q.covariates.astype(float).var().to_numpy()
        return CoxPHFitter(penalizer=q.options.get("ridge", 0.0) / scale).fit(
            q.frame(),
            "days",
            "event",
            entry_col=None if q.entry is None else "entry",
            # Its own end the steps at some six digits.
            fit_options={"step_size": 1.0, "precision": 1e-20, "r_precision": 0.0},
        )

    def cox(q: Question) -> Numbers:
        found = fit(q)
        return np.concatenate([found.params_, found.variance_matrix_.to_numpy().ravel()])

    def proportional(q: Question) -> Numbers:
        found = proportional_hazard_test(fit(q), q.frame(), time_transform="km")
        # It has no test of all together.
        return np.append(found.p_value, np.nan)

    def residuals(q: Question) -> Numbers:
        found = fit(q).compute_residuals(q.frame(), "scaled_schoenfeld").to_numpy()
        return np.sort(found[:, 0])

    return {
        "log-rank": test,
        "incidence": incidence,
        "restricted mean": mean,
        "Cox, one": cox,
        "Cox, many": cox,
        "Cox, ridge": cox,
        "proportionality": proportional,
        "Schoenfeld": residuals,
    }


def statsmodels() -> dict[str, Call]:
    """Give the calls of statsmodels."""
    from statsmodels.duration.hazard_regression import PHReg
    from statsmodels.duration.survfunc import CumIncidenceRight, survdiff

    def test(q: Question) -> Numbers:
        weights: dict[str, dict[str, Any]] = {
            "none": {},
            "wilcoxon": {"weight_type": "gb"},
            "peto": {"weight_type": "fh", "fh_p": 1},
        }
        strata, level = q.column("stratum"), q.times["level"].to_numpy()
        found, _ = survdiff(
            q.exit,
            q.event,
            level,
            strata=strata,
            entry=q.entry,
            **weights[q.options.get("weighting", "none")],
        )
        return np.array([found])

    def incidence(q: Question) -> Numbers:
        causes = q.times["cause"].map({"censored": 0, "relapse": 1, "death": 2}).to_numpy()
        found = CumIncidenceRight(q.exit, causes)
        at = np.searchsorted(found.times, np.unique(q.exit), side="right") - 1
        each = (np.where(at < 0, 0, v[0][at]) for v in (found.cinc, found.cinc_se))
        return np.concatenate(list(each))

    def cox(q: Question) -> Numbers:
        model = PHReg(q.exit, q.covariates.to_numpy(float), q.event, entry=q.entry, ties="efron")
        found = model.fit(tol=1e-12, disp=0)
        return np.concatenate([found.params, found.cov_params().ravel()])

    return {
        "log-rank": test,
        "incidence": incidence,
        "Cox, one": cox,
        "Cox, many": cox,
    }


def surpyval() -> dict[str, Call]:
    """Give the calls of SurPyval."""
    import surpyval as sp
    from surpyval.univariate.competing_risks import CompetingRisks, gray_test
    from surpyval.univariate.regression.proportional_hazards import diagnostics

    def test(q: Question) -> Numbers:
        weights: dict[str, dict[str, Any]] = {
            "none": {},
            "wilcoxon": {"weighting": "gehan"},
            "peto": {"weighting": "fleming-harrington", "rho": 1},
        }
        found = sp.logrank(
            q.exit,
            q.times["level"].to_numpy(),
            1 - q.event,
            strata=q.column("stratum"),
            tl=q.entry,
            **weights[q.options.get("weighting", "none")],
        )
        return np.array([found.statistic])

    def causes(q: Question) -> Any:
        return q.times["cause"].astype(object).mask(q.times["cause"] == "censored", None).to_numpy()

    def gray(q: Question) -> Numbers:
        level = q.times["level"].to_numpy()
        return np.array([gray_test(q.exit, causes(q), level, event="relapse").statistic])

    def incidence(q: Question) -> Numbers:
        from scipy.stats import norm

        days = np.unique(q.exit)
        found = CompetingRisks.fit(q.exit, causes(q), how="Kaplan-Meier")
        value = found.cif(days, "relapse")
        limits = found.cb(days, event="relapse", on="cif", bound_type="normal")
        return np.concatenate([value, (limits[:, 1] - value) / norm.ppf(0.975)])

    def mean(q: Question) -> Numbers:
        found = sp.KaplanMeier.fit(q.exit, c=1 - q.event).rmst(q.options["days"])
        return np.array([found["rmst"], found["se"]])

    def fit(q: Question) -> Any:
        covariates = q.covariates.to_numpy(float)
        return sp.CoxPH.fit(q.exit, covariates, c=1 - q.event, tl=q.entry)

    def cox(q: Question) -> Numbers:
        found = fit(q)
        return np.concatenate([found.beta, np.ravel(found.covariance())])

    def proportional(q: Question) -> Numbers:
        found = diagnostics.check_ph(fit(q), "km")
        each = [one["p_value"] for one in found["per_covariate"]]
        return np.array([*each, found["global"]["p_value"]])

    def residuals(q: Question) -> Numbers:
        found = fit(q)
        scaled = diagnostics.compute_residuals(found, "scaled_schoenfeld")[:, 0]
        return np.sort(scaled)

    return {
        "log-rank": test,
        "Gray": gray,
        "incidence": incidence,
        "restricted mean": mean,
        "Cox, one": cox,
        "Cox, many": cox,
        "proportionality": proportional,
        "Schoenfeld": residuals,
    }


def greenwood() -> dict[str, Call]:
    """Give the calls of greenwood."""
    import greenwood as gw

    def surv(q: Question) -> Any:
        if q.entry is None:
            return gw.Surv(q.exit, q.event)
        return gw.Surv(q.entry, q.exit, q.event)

    def states(q: Question) -> Any:
        kinds = pd.Categorical(q.times["cause"], ["censored", "relapse", "death"])
        return gw.Surv(q.exit, pd.Series(kinds))

    def test(q: Question) -> Numbers:
        rho = {"none": 0.0, "peto": 1.0}.get(q.options.get("weighting", "none"))
        if rho is None:
            raise NotImplementedError
        level = q.times["level"].to_numpy()
        return np.array(
            [gw.logrank_test(surv(q), level, rho=rho, strata=q.column("stratum")).statistic]
        )

    def incidence(q: Question) -> Numbers:
        found = gw.AalenJohansen().fit(states(q)).to_frame(format="pandas")
        own = found[found["cause"] == "relapse"]
        at = own["time"].searchsorted(np.unique(q.exit), side="right") - 1
        each = (
            np.where(at < 0, 0.0, own[name].to_numpy()[at]) for name in ("estimate", "std_error")
        )
        return np.concatenate(list(each))

    def mean(q: Question) -> Numbers:
        from scipy.stats import norm

        found, _, upper = gw.KaplanMeier().fit(surv(q)).rmst(q.options["days"], ci=True)
        return np.array([found, (upper - found) / norm.ppf(0.975)])

    def fit(q: Question) -> Any:
        return gw.CoxPH().fit(surv(q), q.covariates.astype(float))

    def cox(q: Question) -> Numbers:
        found = fit(q)
        return np.concatenate([found.coef_, np.ravel(found.vcov_)])

    def proportional(q: Question) -> Numbers:
        found = fit(q).cox_zph(transform="km")
        each = [found.per_term[name]["p_value"] for name in found.per_term]
        return np.array([*each, found.global_test["p_value"]])

    def residuals(q: Question) -> Numbers:
        found = fit(q).residuals("scaledsch", format="pandas")
        return np.sort(found[q.covariates.columns[0]].to_numpy())

    return {
        "log-rank": test,
        "Gray": lambda q: np.array(
            [gw.grays_test(states(q), q.times["level"].to_numpy(), cause="relapse").statistic]
        ),
        "incidence": incidence,
        "restricted mean": mean,
        "Cox, one": cox,
        "Cox, many": cox,
        "proportionality": proportional,
        "Schoenfeld": residuals,
    }


PROGRAMS: dict[str, Callable[[], dict[str, Call]]] = {
    "project": project,
    "lifelines": lifelines,
    "statsmodels": statsmodels,
    "surpyval": surpyval,
    "greenwood": greenwood,
}

"""How one curve, one log-rank test and one Cox regression grow with the number of patients.

Every program is given the same file of times and runs in a process of its own. scikit-survival and
greenwood need another pandas than the project: they run in the environment whose Python
`BENCH_PYTHON` names, and are left out, and said to be, without it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SIZES = (10_000, 100_000, 1_000_000)
STEPS = ("one curve and its median", "one log-rank test", "one Cox regression")
# So long a program may take for all three with one file.
LIMIT = 180


@dataclass(frozen=True)
class Row:
    """Seconds and value of one step by one program, for each size; nan where it did not end."""

    step: str
    program: str
    seconds: tuple[float, ...]
    values: tuple[float, ...]


def rows(progress: Callable[[str], None]) -> list[Row]:
    """Time every step by every program that is there, for each of `SIZES`."""
    found: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as name:
        for n in SIZES:
            file = Path(name, f"{n}.csv")
            _times(n).to_csv(file, index=False)
            for program, command in _commands(progress if n == SIZES[0] else lambda _: None):
                found.setdefault(program, []).append(_run([*command, str(file)]))
                progress(f"{program}, {n:,} patients: {found[program][-1]['seconds']}")
    return [
        Row(
            step,
            program,
            tuple(each["seconds"][place] for each in of_sizes),
            tuple(each["values"][place] for each in of_sizes),
        )
        for place, step in enumerate(STEPS)
        for program, of_sizes in found.items()
    ]


def _times(n: int) -> pd.DataFrame:
    """Draw times in whole days within ten years, of two groups whose hazards differ."""
    random = np.random.default_rng(n)
    level = (random.random(n) < 0.4).astype(int)
    days = np.ceil(random.exponential(900, n) * np.where(level == 1, 0.8, 1.0))
    event = ((random.random(n) < 0.6) & (days <= 3650)).astype(int)
    return pd.DataFrame({"days": days.clip(1, 3650).astype(int), "event": event, "level": level})


def _commands(progress: Callable[[str], None]) -> list[tuple[str, list[str]]]:
    here = [sys.executable, "-m", "benchmarks.growth"]
    found = [(name, [*here, name]) for name in ("this project", "lifelines", "SurPyval")]
    for name in ("scikit-survival", "greenwood"):
        if other := os.environ.get("BENCH_PYTHON"):
            found.append((name, [other, str(Path(__file__)), name]))
        else:
            progress(f"{name} is left out: BENCH_PYTHON names no Python that has it")
    if shutil.which("Rscript"):
        script = Path(__file__).with_suffix(".R")
        found.append(("R's survival", ["Rscript", "--vanilla", str(script)]))
    else:
        progress("R is left out: there is no Rscript")
    return found


def _run(command: list[str]) -> dict[str, Any]:
    nothing = {"seconds": [float("nan")] * len(STEPS), "values": [float("nan")] * len(STEPS)}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return nothing
    if done.returncode:
        print(done.stderr.strip().rpartition("\n")[2], file=sys.stderr)
        return nothing
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# What each program is asked ---------------------------------------------------------------------

Measures = tuple[Callable[[], float], Callable[[], float], Callable[[], float]]


def _project(times: pd.DataFrame) -> Measures:
    from analysis.estimates import curves
    from analysis.estimates.log_rank import log_rank
    from analysis.estimates.one_factor import hazard_ratio
    from analysis.zhai_2025.parameters import Parameters

    parameters = Parameters()
    level = np.where(times["level"] == 1, "yes", "no")
    times = times.assign(event=times["event"].astype(bool), level=level)
    return (
        lambda: curves.median(curves.curve(times, parameters)).value,
        lambda: log_rank(times).statistic,
        lambda: hazard_ratio(times, "yes", parameters).ratio.value,
    )


def _lifelines(times: pd.DataFrame) -> Measures:
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test

    days, event = times["days"], times["event"]
    return (
        lambda: KaplanMeierFitter().fit(days, event).median_survival_time_,
        lambda: multivariate_logrank_test(days, times["level"], event).test_statistic,
        lambda: np.exp(CoxPHFitter().fit(times, "days", "event").params_["level"]),
    )


def _surpyval(times: pd.DataFrame) -> Measures:
    import surpyval as sp

    days, censored = times["days"].to_numpy(), 1 - times["event"].to_numpy()
    level = times["level"].to_numpy()
    covariates = level[:, None].astype(float)
    return (
        lambda: sp.KaplanMeier.fit(days, c=censored).qf(0.5),
        lambda: sp.logrank(days, level, censored).statistic,
        lambda: np.exp(sp.CoxPH.fit(days, covariates, c=censored).beta[0]),
    )


def _scikit_survival(times: pd.DataFrame) -> Measures:
    from sksurv.compare import compare_survival
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.nonparametric import kaplan_meier_estimator
    from sksurv.util import Surv

    made = Surv.from_arrays(times["event"].astype(bool), times["days"].astype(float))
    level = times["level"].to_numpy()

    def median() -> float:
        days, survival = kaplan_meier_estimator(made["event"], made["time"], conf_type="log-log")[
            :2
        ]
        return float(days[np.argmax(survival <= 0.5)])

    def ratio() -> float:
        fitted = CoxPHSurvivalAnalysis(ties="efron").fit(level[:, None].astype(float), made)
        return float(np.exp(fitted.coef_[0]))

    return median, lambda: compare_survival(made, level)[0], ratio


def _greenwood(times: pd.DataFrame) -> Measures:
    import greenwood as gw

    made = gw.Surv(times["days"].to_numpy(), times["event"].to_numpy())
    covariates = times[["level"]].astype(float)
    return (
        lambda: gw.KaplanMeier().fit(made).median(),
        lambda: gw.logrank_test(made, times["level"].to_numpy()).statistic,
        lambda: np.exp(gw.CoxPH().fit(made, covariates).coef_[0]),
    )


_PROGRAMS: dict[str, Callable[[pd.DataFrame], Measures]] = {
    "this project": _project,
    "lifelines": _lifelines,
    "SurPyval": _surpyval,
    "scikit-survival": _scikit_survival,
    "greenwood": _greenwood,
}


def _measured(program: str, file: Path) -> dict[str, list[float]]:
    times = pd.read_csv(file)
    measures = _PROGRAMS[program](times)
    # What a program compiles or loads on its first call is not counted.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for measure in _PROGRAMS[program](times.iloc[:200].copy()):
            measure()
        seconds, values = [], []
        for measure in measures:
            began = time.perf_counter()
            values.append(float(np.ravel(measure())[0]))
            seconds.append(time.perf_counter() - began)
    return {"seconds": seconds, "values": values}


if __name__ == "__main__":
    print(json.dumps(_measured(sys.argv[1], Path(sys.argv[2]))))

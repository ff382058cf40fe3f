"""Libraries of survival analysis beside this project: as R, how fast, and with a million rows.

What R gives stands in tests/reference. A library that is not installed is left out, and said.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.estimates.landmark import from_change
from analysis.study.months import DAYS_PER_MONTH
from benchmarks.library_calls import PROGRAMS, Call, Question

REFERENCE = Path(__file__).parents[1] / "tests" / "reference"
LOG_RANKS = ("weighted_log_rank", "stratified_log_rank", "k_sample_log_rank")
# So long a library may take for a million rows.
SECONDS = 120


@dataclass(frozen=True)
class Row:
    """What a program makes of one kind of question.

    Attributes
    ----------
    apart
        The largest difference from R, nan where it gives no answer.
    milliseconds
        Of a call, with the patients of R's records.
    million
        Seconds with a million patients, or why there are none.
    """

    question: str
    program: str
    apart: float
    milliseconds: float
    million: str


def rows(patients: int, progress: Callable[[str], None]) -> list[Row]:
    """Measure every program with every kind of question; `patients` is the million."""
    asked: dict[tuple[str, str], list[Question]] = {}
    for piece, kind, question in _questions():
        asked.setdefault((piece, kind), []).append(question)
    found = []
    for name, load in PROGRAMS.items():
        try:
            calls = load()
        except ImportError as missing:
            progress(f"{name} is left out: {missing}")
            continue
        for (piece, kind), questions in asked.items():
            if piece in calls:
                apart, milliseconds = _small(calls[piece], questions)
                million = _million(name, piece, kind, patients)
                found.append(Row(f"{piece}{kind}", name, apart, milliseconds, million))
                progress(str(found[-1]))
    return found


def _small(call: Call, questions: list[Question]) -> tuple[float, float]:
    apart, seconds = 0.0, []
    for question in questions:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                answer = call(question)
                began, calls = time.perf_counter(), 0
                while time.perf_counter() < began + 0.1:
                    call(question)
                    calls += 1
        except NotImplementedError:
            return float("nan"), float("nan")
        seconds.append((time.perf_counter() - began) / calls)
        apart = max(apart, float(np.nanmax(np.abs(answer - question.expected))))
    return apart, 1000 * float(np.mean(seconds))


def _million(program: str, piece: str, kind: str, patients: int) -> str:
    # In a process of its own, which can be ended, and can run out of memory alone.
    command = [sys.executable, "-m", "benchmarks.libraries", program, piece, kind, str(patients)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"more than {SECONDS} s"
    return done.stdout.strip() if done.returncode == 0 else "fails"


def _questions() -> Iterator[tuple[str, str, Question]]:
    """Give the kinds of questions, with R's answers."""
    for record in json.loads((REFERENCE / "sensitivity.json").read_text("utf-8"))["records"]:
        if record["data"]:
            yield from _questions_of(record, record["values"], _patients(record["data"]))


def _questions_of(
    record: dict[str, Any], r: dict[str, Any], patients: pd.DataFrame
) -> Iterator[tuple[str, str, Question]]:
    times, analysis = patients[["days", "event"]], record["analysis"]
    if "group" in record:
        level = patients[record["group"]]
        times = times.assign(level=level.eq(record["yes"]) if "yes" in record else level)
    if analysis in LOG_RANKS:
        strata = analysis == "stratified_log_rank" or bool(record.get("stratified"))
        if strata:
            times = times.assign(stratum=patients[record["stratum"]])
        kind = ", stratified" if strata else f", {record['weighting']}"
        options = {"weighting": record["weighting"]}
        yield "log-rank", kind, Question(times, expected=np.array([r["chisq"]]), options=options)
    elif analysis == "gray" and record["cause"] == "relapse":
        first = times.assign(cause=_causes(times))
        yield "Gray", "", Question(first, expected=np.array([r["statistic"]]))
    elif analysis == "incidence" and record["cause"] == "relapse" and record["ci_type"] == "plain":
        expected = np.array(r["incidence"] + r["error"], dtype=float)
        yield "incidence", "", Question(times.assign(cause=_causes(times)), expected=expected)
    elif analysis == "rmst":
        days = record["month"] * DAYS_PER_MONTH
        for level, *mean in zip(record["levels"], r["days"], r["standard_error"], strict=True):
            own = times[times["level"] == level]
            yield "restricted mean", "", Question(own, None, np.array(mean), {"days": days})
    elif analysis == "cox":
        groups = zip(np.atleast_1d(record["groups"]), np.atleast_1d(record["yes"]), strict=True)
        covariates = pd.DataFrame({group: patients[group] == yes for group, yes in groups})
        expected = np.append(r["coefficients"], r["covariances"])
        count = "one" if covariates.shape[1] == 1 else "many"
        piece = f"Cox, {'ridge' if record['ridge'] else count}"
        yield piece, "", Question(times, covariates, expected, {"ridge": float(record["ridge"])})
        if not record["ridge"]:
            expected = np.append(r["proportionality"], r["proportionality_all"])
            yield "proportionality", "", Question(times, covariates, expected)
    elif analysis == "time_varying":
        known = pd.Series(7 * (times.index + 1) % 60, index=times.index, dtype=float)
        level = times["level"].map({True: "yes", False: "no"})
        pieces = from_change(times.assign(level=level, known=known.where(times["level"])))
        covariates = pd.DataFrame({"level": pieces["level"] == "yes"})
        expected = np.array([r["coefficients"], r["covariances"]])
        yield "Cox, one", ", changing", Question(pieces, covariates, expected)
    elif analysis == "schoenfeld":
        covariates = pd.DataFrame({"level": times["level"]})
        yield "Schoenfeld", "", Question(times, covariates, np.sort(r["residual"]))


def _patients(name: str) -> pd.DataFrame:
    found = pd.read_csv(REFERENCE / f"{name}.csv", dtype=str)
    return found.astype({"days": int, "event": int}).astype({"event": bool})


def _causes(times: pd.DataFrame) -> pd.Series:
    """Make every other row's event the competing one, as in R."""
    ended = times["event"].map({True: "death", False: "censored"})
    return ended.mask(times["event"] & (times.index % 2 == 0), "relapse")


def many(piece: str, kind: str, n: int) -> Question:
    """Make a question of the kind about `n` patients."""
    random = np.random.default_rng(1)
    event, yes = random.random(n) < 0.6, random.random(n) < 0.4
    days = np.ceil(random.exponential(900, n)).clip(1, 3650).astype(int)
    cause = np.select([event & (random.random(n) < 0.5), event], ["relapse", "death"], "censored")
    times = pd.DataFrame({"days": days, "event": event, "level": yes, "cause": cause})
    covariates = pd.DataFrame({"a": yes, "b": random.random(n) < 0.5, "c": random.random(n) < 0.3})
    if kind == ", stratified":
        times["stratum"] = random.integers(0, 4, n)
    if kind == ", changing":
        times["start"] = np.where(random.random(n) < 0.3, days // 2, -1)
    if piece in ("Cox, one", "Schoenfeld"):
        covariates = covariates[["a"]]
    weighting = kind.removeprefix(", ") if kind in (", peto", ", wilcoxon") else "none"
    ridge = 2.0 if piece == "Cox, ridge" else 0.0
    options = {"days": 730.5, "weighting": weighting, "ridge": ridge}
    return Question(times, covariates, options=options)


def _print_seconds(program: str, piece: str, kind: str, patients: int) -> None:
    """Print how long one program takes, within 9 GB where that can be said."""
    call, question = PROGRAMS[program]()[piece], many(piece, kind, patients)
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (9 * 2**30, 9 * 2**30))
    warnings.simplefilter("ignore")
    began = time.perf_counter()
    try:
        call(question)
    except MemoryError:
        print("more than 9 GB")
    else:
        print(f"{time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    _print_seconds(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))

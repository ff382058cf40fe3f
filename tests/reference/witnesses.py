"""Write `witnesses.tsv`: python -m tests.reference.witnesses (R and its survival package)."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pandas as pd

from analysis.cohort import collection
from analysis.cohort.folder import DATA
from analysis.cohort.save import write_tables

ROOT = Path(__file__).parents[2]
ENSEMBLE = DATA / "ensemble"
STORED = ROOT / "tests" / "reference" / "witnesses.tsv"
# What is asked of R: the hazard ratio of one factor alone.
STATISTIC = "hazard_ratio"


def univariable() -> pd.DataFrame:
    """Give the rows of `witnesses.csv` that are hazard ratios of one factor alone."""
    rows = pd.read_csv(ENSEMBLE / "witnesses.csv", dtype=str, na_filter=False)
    return rows[(rows["statistic"] == STATISTIC) & (rows["parameters"] == "")]


def main() -> None:
    """Unpack the witnesses, have R read them, and keep what it says of each one's own factor."""
    asked = univariable()
    with tempfile.TemporaryDirectory() as place:
        folder, written = Path(place) / "witnesses", Path(place) / "written.tsv"
        for name in asked["name"]:
            (folder / name).mkdir(parents=True)
            tables = collection.tables_of(ENSEMBLE, "witnesses", name)
            write_tables(folder / name, tables, {}, "A witness.")
        command = ["Rscript", "tests/reference/witnesses.R", str(folder), str(written)]
        subprocess.run(command, cwd=ROOT, check=True)
        text = written.read_text(encoding="utf-8").splitlines()
    remarks = [line for line in text if line.startswith("#")]
    head, *rows = (line.split("\t") for line in text if not line.startswith("#"))
    of = {row["name"]: (row["group"], row["variable"]) for row in asked.to_dict("records")}
    kept = [row for row in rows if of[row[0]] == (row[1], row[2])]
    lines = [*remarks, *("\t".join(row) for row in (head, *kept))]
    STORED.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

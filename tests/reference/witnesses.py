"""Write `witnesses.tsv`: python -m tests.reference.witnesses (R and its survival package)."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from analysis.cohort import collection
from analysis.cohort.folder import DATA
from analysis.cohort.save import write_tables

ROOT = Path(__file__).parents[2]
ENSEMBLE = DATA / "ensemble"
STORED = ROOT / "tests" / "reference" / "witnesses.tsv"


def main() -> None:
    """Unpack the witnesses, and have R compute from each what it is a witness of."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "witnesses"
        for name in collection.names(ENSEMBLE, "witnesses"):
            (folder / name).mkdir(parents=True)
            tables = collection.tables_of(ENSEMBLE, "witnesses", name)
            write_tables(folder / name, tables, {}, "A witness.")
        asked = ENSEMBLE / "witnesses.csv"
        command = ["Rscript", "tests/reference/witnesses.R", str(folder), str(asked), str(STORED)]
        subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()

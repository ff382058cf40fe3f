"""What a synthetic dataset says of itself."""

from __future__ import annotations

import datetime

NOTICE = (
    "Synthetic: no real patient is in this dataset. It was made by a search for one cohort that "
    "reproduces the published numbers of Zhai et al. 2025 (doi 10.3389/fimmu.2025.1594577). "
    "What the article does not print is drawn at random."
)
DATA_CUTOFF = datetime.date(2023, 6, 30)

# The seed of the cohort in data/synthetic. It is chosen by a rule: of the members of the ensemble
# that were found, it has the least `central_distance` (analysis/synthesis/central.py).
SHIPPED = 7


def remark(seed: int) -> str:
    """Give what every file begins with."""
    return f"{NOTICE} Made by: make synthetic SEED={seed}"


def description(patients: int, seed: int) -> dict[str, object]:
    """Give what `dataset.yaml` holds."""
    return {
        "title": f"Synthetic cohort of {patients} patients after Zhai et al. 2025",
        "notice": NOTICE,
        "compare_with_article": True,
        "synthetic": True,
        "data_cutoff": DATA_CUTOFF,
        "seed": seed,
        "not_recorded": {},
    }

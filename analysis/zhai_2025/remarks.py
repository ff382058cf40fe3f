"""What should be looked at in patients with the article's columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.cohort.model import Cohort, Dataset

# A sum of diameters is that of the largest tumour at least, where it is a target lesion. Less than
# this part of it, in half of the patients, is another unit rather than another choice of lesions.
_SMALL_PART = 0.3


def sums_beside_largest(_: Dataset, cohort: Cohort) -> Iterator[str]:
    """Sums of diameters that are far below the largest tumour."""
    overall = cohort.assessments[cohort.assessments["region"] == "overall"]
    largest_mm = 10 * cohort.patients["largest_tumour_cm"].reindex(overall["patient_id"])
    parts = overall["baseline_sum_mm"].to_numpy(dtype=float) / largest_mm.to_numpy(dtype=float)
    known = parts[np.isfinite(parts)]
    if len(known) and float(np.median(known)) < _SMALL_PART:
        yield (
            "baseline_sum_mm (assessments): half of the sums are below "
            f"{_SMALL_PART:.0%} of the largest tumour (largest_tumour_cm of patients). Is one of "
            "the two in another unit?"
        )

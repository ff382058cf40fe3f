"""Sums of diameters that give each patient's best responses by two criteria in two regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort.derive import best_response
from analysis.cohort.schema import CRITERIA, REGIONS
from analysis.synthesis.quantities import Unreachable
from analysis.zhai_2025.synthesis.baseline import needs_lesion_outside

# What is left of the sum of diameters, as a fraction, by category. A sum that has grown may
# still be stable disease below 20 %.
LEFT = {"CR": (0.0, 0.0), "PR": (0.04, 0.69), "SD": (0.72, 1.14), "PD": (1.22, 1.7)}
_TRIES = 20_000
_SMALLEST_MM, _USUAL_MM, _MM_PER_CM = 10.0, 28.0, 10


@dataclass(frozen=True)
class _Shares:
    """What is left in the field and outside it, by size and by viable part."""

    size: tuple[float, float]
    viable: tuple[float, float]


def assessments(
    profile: pd.DataFrame, patients: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Give the assessments table: a row a patient (position), criterion and region.

    `patients` has the largest tumour (cm) and the number of measurable lesions.
    """
    rows: list[dict[str, Any]] = []
    elsewhere = needs_lesion_outside(profile)
    for i in range(len(profile)):
        wanted = {
            (criterion, region): str(profile[f"{criterion} {region}"].iloc[i])
            for criterion in CRITERIA
            for region in REGIONS
        }
        lesions = _Lesions(
            largest_mm=float(patients["largest_tumour_cm"].iloc[i]) * _MM_PER_CM,
            count=int(patients["measurable_lesions"].iloc[i]),
            in_liver_field=profile["rt_on_intrahepatic"].iloc[i] == "yes",
            outside_needed=bool(elsewhere[i]),
        )
        rows += _patient(i, wanted, lesions, rng)
    table = pd.DataFrame(rows)
    found = best_response(table["baseline_sum_mm"], table["best_sum_mm"], table["new_lesion"])
    if (found != table["category"]).any():
        raise AssertionError("responses were drawn that do not follow from their diameters")
    return table


@dataclass(frozen=True)
class _Lesions:
    """A patient's target lesions at baseline: the largest tumour, and others no larger."""

    largest_mm: float
    count: int
    in_liver_field: bool
    outside_needed: bool

    def draw(self, usual_mm: float, rng: np.random.Generator) -> tuple[float, float]:
        """Give the sums of diameters in the field and outside it, mm.

        `usual_mm` is the median of lesions other than the largest tumour.
        """
        others = np.exp(rng.normal(np.log(usual_mm), 0.6, self.count - 1))
        others = np.clip(others, _SMALLEST_MM, self.largest_mm)
        outside = rng.random(self.count - 1) < 0.6
        if self.outside_needed and len(others):
            outside[0] = True
        if self.in_liver_field:
            return self.largest_mm + others[~outside].sum(), others[outside].sum()
        # The metastasis that was irradiated, and a liver tumour that was not.
        return others[0], self.largest_mm + others[1:].sum()


def _patient(
    patient: int,
    wanted: dict[tuple[str, str], str],
    lesions: _Lesions,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    # Both criteria see a new lesion; a growth may be seen by one of them only.
    new_lesion = all(wanted[criterion, "overall"] == "PD" for criterion in CRITERIA)
    for attempt in range(_TRIES):
        # Where the disease outside the field decides, it has to be larger than usual.
        usual_mm = _USUAL_MM * (1 + attempt / 500)
        inside_mm, outside_mm = (round(float(mm)) for mm in lesions.draw(usual_mm, rng))
        shares = _shares(wanted, new_lesion, outside_mm / (inside_mm + outside_mm), rng)
        if shares is None:
            continue
        rows: list[dict[str, Any]] = []
        for criterion in CRITERIA:
            left_in, left_out = shares.size if criterion == CRITERIA[0] else shares.viable
            viable = 1.0 if criterion == CRITERIA[0] else rng.uniform(0.9, 1.0)
            base_in, base_out = round(inside_mm * viable), round(outside_mm * viable)
            best_in, best_out = round(base_in * left_in), round(base_out * left_out)
            for region in REGIONS:
                overall = region == "overall"
                rows.append(
                    {
                        "patient_id": patient,
                        "criterion": criterion,
                        "region": region,
                        "baseline_sum_mm": base_in + base_out if overall else base_in,
                        "best_sum_mm": best_in + best_out if overall else best_in,
                        "new_lesion": "yes" if new_lesion and overall else "no",
                        "category": wanted[criterion, region],
                    }
                )
        viable_is_part = all(
            rows[k + 2]["best_sum_mm"] <= rows[k]["best_sum_mm"] for k in range(len(REGIONS))
        )
        if viable_is_part and all(_follows(row) == row["category"] for row in rows):
            return rows
    raise Unreachable(f"no diameters found for responses {wanted}")


def _follows(row: Mapping[str, Any]) -> str:
    """Give the category of one row as `best_response` gives it, which takes milliseconds a call."""
    baseline, best = row["baseline_sum_mm"], row["best_sum_mm"]
    ratio = np.round(np.float64(best - baseline) / baseline * 100, 3)
    if row["new_lesion"] == "yes" or (ratio >= 20 and best - baseline >= 5):
        return "PD"
    if best == 0:
        return "CR"
    return "PR" if ratio <= -30 else "SD"


def _shares(
    wanted: dict[tuple[str, str], str],
    new_lesion: bool,
    outside: float,
    rng: np.random.Generator,
) -> _Shares | None:
    """Draw what is left; `outside` of the sum lies outside the field.

    None when the draw contradicts itself.
    """
    lefts: list[tuple[float, float]] = []
    # What is viable is part of the whole; drawn below it, so that a deep response of the viable
    # part does not ask for a shallow one of the size.
    most_in = most_all = np.inf
    for criterion in CRITERIA:
        left_in = _draw(wanted[criterion, "in-field"], most_in, rng)
        if outside == 0:
            lefts.append((left_in, 0.0))
            most_in = left_in
            continue
        overall = wanted[criterion, "overall"]
        in_all = rng.uniform(0.6, 1.3) if new_lesion else _draw(overall, most_all, rng)
        left_out = (in_all - (1 - outside) * left_in) / outside
        if not 0 <= left_out <= 1.9 or (overall == "CR" and left_out > 0):
            return None
        lefts.append((left_in, left_out))
        most_in, most_all = left_in, in_all
    size, viable = lefts
    if viable[0] > size[0] or viable[1] > size[1]:
        return None
    return _Shares(size, viable)


def _draw(category: str, most: float, rng: np.random.Generator) -> float:
    low, high = LEFT[category]
    high = max(low, min(high, most))
    # Shrinkage of responders is spread wide, that of stable disease near no change.
    return float(
        low + (high - low) * (rng.beta(1.6, 1.2) if category != "SD" else rng.beta(1.5, 2.5))
    )

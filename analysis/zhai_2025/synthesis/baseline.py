"""Ages, AFP, tumours: what patients bring, drawn through the published points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.cohort.schema import CRITERIA
from analysis.synthesis.kernels import Floats
from analysis.synthesis.quantities import draw, middle_pair
from analysis.synthesis.targets import Targets

# RECIST 1.1 measures at most five target lesions.
TARGET_LESIONS = 5


def ages(profile: pd.DataFrame, targets: Targets, cutoff: int, rng: np.random.Generator) -> Floats:
    """Give ages in completed years."""
    youngest, oldest = (targets.value("characteristics", "age_years", s) for s in ("min", "max"))
    young = (profile["age_under_60"] == "yes").to_numpy()
    low = np.where(young, youngest, float(cutoff))
    high = np.where(young, cutoff - 1.0, oldest)
    middle = middle_pair(targets.printed("characteristics", "age_years", "median"), 0, 1)
    drawn = draw(stats.norm(56, 9), low, high, middle, 0, rng)
    drawn[np.argmin(drawn)] = youngest
    drawn[np.argmax(drawn)] = oldest
    return drawn


def tumour_sizes(targets: Targets, rng: np.random.Generator) -> Floats:
    """Give largest tumour diameters in cm."""
    smallest, largest = (
        targets.value("characteristics", "largest_tumour_cm", s) for s in ("min", "max")
    )
    n = targets.n
    median = targets.printed("characteristics", "largest_tumour_cm", "median")
    sizes = draw(
        stats.lognorm(0.62, scale=median.value),
        np.full(n, smallest),
        np.full(n, largest),
        middle_pair(median, 1, 0.2),
        1,
        rng,
    )
    sizes[np.argmin(sizes)] = smallest
    sizes[np.argmax(sizes)] = largest
    return sizes


def afp_before(
    profile: pd.DataFrame, targets: Targets, cutoffs: tuple[float, float], rng: np.random.Generator
) -> Floats:
    """Give AFP before treatment in ng/mL.

    `cutoffs` are those of the groups; with half of the patients below the first, the two
    middle values lie on its two sides.
    """
    smallest, largest = (targets.value("characteristics", "afp_before", s) for s in ("min", "max"))
    median = targets.printed("characteristics", "afp_before", "median")
    first, second = cutoffs
    group = profile["afp_before_group"].map({"<400": 0, "400-999": 1, ">=1000": 2}).to_numpy(int)
    low = np.choose(group, [smallest, first, second])
    # Room for a fall that does not cross the cut-off, and for a rise that does.
    ends_high = (profile["afp_after_400"] == ">400").to_numpy()
    low = np.where(ends_high, np.maximum(low, np.where(group > 0, first * 1.02, first / 4)), low)
    high = np.choose(group, [first - 0.1, second - 0.1, largest])
    distance = abs(median.value - first)
    middle = middle_pair(median, 1, 2 * (distance + 1 + 3 * rng.random()))
    values = _reported(draw(stats.lognorm(3.2, scale=median.value), low, high, middle, 2, rng))
    values[np.argmin(values)] = smallest
    values[np.argmax(values)] = largest
    return values


def _reported(levels: Floats) -> Floats:
    """Round as a laboratory reports: two decimals below 100, one below 1000, none above."""
    decimals = np.select([levels < 100, levels < 1000], [2, 1], 0)
    return np.array([round(x, int(d)) for x, d in zip(levels, decimals, strict=True)])


def afp_after(
    profile: pd.DataFrame,
    before: Floats,
    targets: Targets,
    cutoff: float,
    rng: np.random.Generator,
) -> Floats:
    """Give AFP after treatment in ng/mL: falls are deeper in responders, rises at most sixfold."""
    fell = (profile["afp_decrease"] == "yes").to_numpy()
    small = (profile["afp_after_400"] == "<=400").to_numpy()
    responder = profile["mRECIST overall"].isin(["CR", "PR"]).to_numpy()
    low = np.where(fell, 0.9, before * 1.01)
    high = np.where(fell, before * 0.99, before * 5.8)
    low = np.where(small, low, np.maximum(low, cutoff + 1))
    high = np.where(small, np.minimum(high, cutoff), high)
    usual = before * np.where(fell, np.where(responder, 0.08, 0.25), 1.7)
    spread = np.where(fell, 1.5, 0.5)
    # Well within its side of the cut-off, or values would bunch there.
    usual = np.where(fell & small, np.minimum(usual, cutoff / 5), usual)
    usual = np.where(fell & ~small, np.sqrt(cutoff * before), usual)
    median = targets.printed("afp_response", "afp_after", "median")
    return _reported(
        draw(
            stats.lognorm(spread, scale=usual),
            low,
            high,
            middle_pair(median, 2, 1 + 2 * rng.random()),
            2,
            rng,
        )
    )


def complete_responders_fall(profile: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give complete responders a falling AFP, in exchange with patients who count alike.

    Those are in the same group of AFP before treatment (Table 5) and have response and disease
    control by the same criteria, so that no published number changes.
    """
    columns = ["afp_before_group", "afp_decrease", "afp_after_400"]
    overall = profile[[f"{criterion} overall" for criterion in CRITERIA]]
    complete = (overall == "CR").any(axis=1)
    alike = overall.replace("CR", "PR").agg("; ".join, axis=1)
    alike += profile["afp_before_group"].eq(">=1000").astype(str)
    fell = profile["afp_decrease"] == "yes"
    changed = profile.copy()
    for patient in profile.index[complete & ~fell]:
        others = profile.index[~complete & fell & (alike == alike[patient])]
        others = others[changed.loc[others, "afp_decrease"] == "yes"]
        if len(others):
            both = [patient, rng.choice(others)]
            changed.loc[both, columns] = changed.loc[both[::-1], columns].to_numpy()
    return changed


def tumour_counts(
    profile: pd.DataFrame, cutoff: int, rng: np.random.Generator
) -> np.ndarray[Any, Any]:
    """Give numbers of tumours: fewer than the cut-off, or as many and more."""
    n = len(profile)
    several = (profile["tumour_count_group"] == f">={cutoff}").to_numpy()
    few = rng.choice(np.arange(1, cutoff), n, p=_falling(cutoff - 1))
    two = rng.choice(np.arange(2, cutoff), n, p=_falling(cutoff - 2))
    few = np.where(needs_lesion_outside(profile) & ~_outside_liver(profile), two, few)
    many = cutoff + np.minimum(rng.geometric(0.25, n) - 1, 15)
    return np.where(several, many, few)


def measurable_lesions(
    profile: pd.DataFrame, tumours: np.ndarray[Any, Any], rng: np.random.Generator
) -> np.ndarray[Any, Any]:
    """Give numbers of measurable lesions, at most five, and the tumours alone in liver disease."""
    least = np.where(needs_lesion_outside(profile), 2, 1)
    most = np.where(_outside_liver(profile), TARGET_LESIONS, np.minimum(tumours, TARGET_LESIONS))
    return least + rng.binomial(most - least, 0.45)


def needs_lesion_outside(profile: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Tell who has a target lesion outside the radiation field.

    So has who responds otherwise there than in the field, or whose liver tumour is not irradiated.
    """
    differs = [profile[f"{c} overall"] != profile[f"{c} in-field"] for c in CRITERIA]
    return np.logical_or.reduce([*differs, profile["rt_on_intrahepatic"] == "no"])


def _outside_liver(profile: pd.DataFrame) -> np.ndarray[Any, Any]:
    columns = ("extrahepatic_metastasis", "site lymph node", "site other tumour thrombus")
    return np.logical_or.reduce([profile[name] == "yes" for name in columns])


def _falling(levels: int) -> Floats:
    weights = 0.7 ** np.arange(levels)
    return weights / weights.sum()

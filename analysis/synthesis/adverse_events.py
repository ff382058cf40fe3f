"""Adverse events as CTCAE terms, from the grades of the rows of Table 4."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.cohort import ctcae
from analysis.synthesis.survival_search import DIARRHOEA, FISTULA

# The term of a row that is used, with its weight; the first for the fatal event.
TERMS: dict[str, dict[str, float]] = {
    "dermatitis": {"Dermatitis radiation": 9, "Rash maculo-papular": 1},
    "gi": {"Diarrhea": 3, "Nausea": 5, "Vomiting": 2, "Gastritis": 2, "Abdominal pain": 2},
    "arrhythmia": {"Atrial fibrillation": 1, "Sinus tachycardia": 2},
    "tef": {"Esophageal fistula": 1},
    "renal": {"Creatinine increased": 1},
}
ATTRIBUTIONS: dict[str, dict[str, float]] = {
    "Dermatitis radiation": {"radiotherapy": 1},
    "Rash maculo-papular": {"immunotherapy": 1},
    "Diarrhea": {"targeted therapy": 3, "immunotherapy": 1, "undetermined": 1},
    "Pneumonitis": {"immunotherapy": 1},
    "Hypertension": {"targeted therapy": 1},
    "Adrenal insufficiency": {"immunotherapy": 1},
    "Hypothyroidism": {"immunotherapy": 1},
    "White blood cell decreased": {"radiotherapy": 4, "undetermined": 2},
    "Platelet count decreased": {"radiotherapy": 3, "undetermined": 2, "targeted therapy": 1},
}
_OTHERWISE = {"undetermined": 3.0, "radiotherapy": 1.0}


def adverse_events(profile: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Give the adverse events table: a row a patient (position) and term, with its worst grade."""
    targeted = (profile["targeted_agent"] != "none").to_numpy()
    rows: list[dict[str, Any]] = []
    for i in range(len(profile)):
        for group in ctcae.GROUPS:
            worst = int(profile[f"grade {group.name}"].iloc[i])
            if worst == 0:
                continue
            weights = TERMS.get(group.name, {group.terms[0]: 1})
            terms = [next(iter(weights)) if worst == 5 else _pick(weights, rng)]
            # A second, milder symptom of the same row.
            if len(weights) > 2 and rng.random() < 0.3:
                terms += [term for term in (_pick(weights, rng),) if term not in terms]
            for position, term in enumerate(terms):
                grade = worst if position == 0 else int(rng.integers(1, min(worst, 2) + 1))
                likely = ATTRIBUTIONS.get(term, _OTHERWISE)
                if not targeted[i]:
                    likely = {k: v for k, v in likely.items() if k != "targeted therapy"}
                attribution = _pick(likely or _OTHERWISE, rng)
                if worst == 5:
                    attribution = {
                        DIARRHOEA: "targeted therapy",
                        FISTULA: "immunotherapy and targeted therapy",
                    }[i]
                rows.append(
                    {
                        "patient_id": i,
                        "term": term,
                        "grade": grade,
                        "attribution": attribution,
                    }
                )
    return pd.DataFrame(rows)


def _pick(weights: dict[str, float], rng: np.random.Generator) -> str:
    shares = np.array(list(weights.values()))
    return str(rng.choice(list(weights), p=shares / shares.sum()))

"""Terms of adverse events that mean one thing: spellings and MedDRA terms of CTCAE terms.

CTCAE version 5.0 (NCI 2017) names its terms after MedDRA's lowest level terms in American spelling.
Safety tables in MedDRA's preferred terms, or in a laboratory's words, name some of them otherwise.
Here are only pairs that mean the same: *Neutropenia* is the decrease of a count, *Hepatitis* is no
*Alanine aminotransferase increased*.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# CTCAE term to other names of it, in small letters.
_OTHERS: Mapping[str, tuple[str, ...]] = {
    "Alanine aminotransferase increased": (
        "alt increased",
        "alt raised",
        "alt elevation",
        "elevated alt",
        "alanine transaminase increased",
        "alanine aminotransferase elevation",
        "alanine aminotransferase elevated",
        "sgpt increased",
    ),
    "Aspartate aminotransferase increased": (
        "ast increased",
        "ast raised",
        "ast elevation",
        "elevated ast",
        "aspartate transaminase increased",
        "aspartate aminotransferase elevation",
        "aspartate aminotransferase elevated",
        "sgot increased",
    ),
    "Alkaline phosphatase increased": ("blood alkaline phosphatase increased", "alp increased"),
    "Anemia": ("anaemia", "hemoglobin decreased", "haemoglobin decreased"),
    "Blood bilirubin increased": (
        "hyperbilirubinaemia",
        "hyperbilirubinemia",
        "bilirubin increased",
        "elevated bilirubin",
    ),
    "Creatinine increased": ("blood creatinine increased", "serum creatinine increased"),
    "Dermatitis radiation": ("radiation dermatitis", "radiation skin injury", "radiodermatitis"),
    "Diarrhea": ("diarrhoea",),
    "Edema limbs": ("oedema limbs", "oedema peripheral", "edema peripheral", "peripheral edema"),
    "Esophageal fistula": ("oesophageal fistula",),
    "Esophagitis": ("oesophagitis",),
    "Fatigue": ("tiredness",),
    "Hyperglycemia": ("hyperglycaemia",),
    "Hyponatremia": ("hyponatraemia",),
    "Hypokalemia": ("hypokalaemia",),
    "Hypoalbuminemia": ("hypoalbuminaemia",),
    "Lymphocyte count decreased": ("lymphopenia", "lymphocytopenia"),
    "Neutrophil count decreased": ("neutropenia",),
    "Palmar-plantar erythrodysesthesia syndrome": (
        "palmar-plantar erythrodysaesthesia syndrome",
        "hand-foot syndrome",
        "hand-foot skin reaction",
    ),
    "Platelet count decreased": (
        "thrombocytopenia",
        "platelets decreased",
        "low platelets",
        "thrombopenia",
    ),
    "Pneumonitis": ("radiation pneumonitis", "immune-mediated lung disease"),
    "Rash maculo-papular": ("rash maculopapular", "maculopapular rash", "maculo-papular rash"),
    "Upper gastrointestinal hemorrhage": ("upper gastrointestinal haemorrhage",),
    "Gastric hemorrhage": ("gastric haemorrhage",),
    "Weight loss": ("weight decreased",),
    "White blood cell decreased": (
        "white blood cell count decreased",
        "leukopenia",
        "leucopenia",
        "wbc decreased",
    ),
}


def _plain(term: str) -> str:
    return re.sub(r"[\s_]+", " ", term.strip().casefold())


_MEANT: Mapping[str, str] = {
    name: term for term, others in _OTHERS.items() for name in (*others, term.casefold())
}


def meant(term: str) -> str:
    """Give the CTCAE term that a term means; one that is not known stays as it is.

    Examples
    --------
    >>> meant("Anaemia"), meant("THROMBOCYTOPENIA"), meant("Fever of the doctor")
    ('Anemia', 'Platelet count decreased', 'Fever of the doctor')
    """
    return _MEANT.get(_plain(term), term)

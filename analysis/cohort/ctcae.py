"""Rows of the adverse event table, and the CTCAE version 5.0 terms that count in each.

The article's table has rows wider than one CTCAE term (gastrointestinal events) and rows with
a laboratory name; a dataset records CTCAE terms. A term that no row names keeps a row of its
own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EventGroup:
    """One row of the adverse event table."""

    name: str
    label: str
    terms: tuple[str, ...]


GROUPS: tuple[EventGroup, ...] = (
    EventGroup("dermatitis", "Dermatitis", ("Dermatitis radiation", "Rash maculo-papular")),
    EventGroup(
        "gi",
        "Gastrointestinal",
        ("Diarrhea", "Nausea", "Vomiting", "Gastritis", "Abdominal pain", "Colitis"),
    ),
    EventGroup("pneumonitis", "Pneumonitis", ("Pneumonitis",)),
    EventGroup("hypertension", "Hypertension", ("Hypertension",)),
    EventGroup("cortisol", "Abnormal cortisol", ("Adrenal insufficiency",)),
    EventGroup(
        "arrhythmia",
        "Arrhythmia",
        ("Atrial fibrillation", "Sinus tachycardia", "Supraventricular tachycardia"),
    ),
    EventGroup("hypothyroidism", "Hypothyroidism", ("Hypothyroidism",)),
    EventGroup("tef", "Tracheoesophageal fistula", ("Esophageal fistula", "Tracheal fistula")),
    EventGroup("alt", "Alanine transaminase raised", ("Alanine aminotransferase increased",)),
    EventGroup("ast", "Aspartate transaminase raised", ("Aspartate aminotransferase increased",)),
    EventGroup("renal", "Renal injury", ("Creatinine increased", "Acute kidney injury")),
    EventGroup("leucopenia", "Leucopenia", ("White blood cell decreased",)),
    EventGroup("anaemia", "Anaemia", ("Anemia",)),
    EventGroup("thrombocytopenia", "Thrombocytopenia", ("Platelet count decreased",)),
)

# The grade of an event that kills.
FATAL = 5

VIRAL_REACTIVATION = ("Hepatitis B reactivation", "Hepatitis viral")
LIVER_INJURY = ("Hepatic failure", "Hepatic necrosis", "Hepatitis immune-mediated")

_GROUP_OF_TERM = {term: group.name for group in GROUPS for term in group.terms}


def group_of(term: str) -> str:
    """Give the name of the table row that a CTCAE term counts in, or the term itself."""
    return _GROUP_OF_TERM.get(term, term)

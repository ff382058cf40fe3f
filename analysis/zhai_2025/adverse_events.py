"""Rows of the article's table of adverse events, and what its text counts besides.

The table has rows wider than one CTCAE term (gastrointestinal events) and rows with a laboratory
name; a dataset records CTCAE version 5.0 terms. A term that no row names keeps a row of its own.
"""

from __future__ import annotations

from analysis.study.declarations import EventGroup, NamedEvents

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

LIVER_INJURY = ("Hepatic failure", "Hepatic necrosis", "Hepatitis immune-mediated")

NAMED: tuple[NamedEvents, ...] = (
    NamedEvents("viral_reactivation", ("Hepatitis B reactivation", "Hepatitis viral")),
    NamedEvents("radiation_liver_injury", LIVER_INJURY, "radiotherapy"),
    NamedEvents("immune_liver_injury", LIVER_INJURY, "immunotherapy"),
    NamedEvents("immune_related", (), "immunotherapy"),
    NamedEvents("ae_death_immune_related", (), "immunotherapy", fatal=True),
)

"""Variables that any study of such patients may have: performance, liver function, dose, response.

They are clinical knowledge and no study's own: ECOG, Child-Pugh, RECIST 1.1 and mRECIST, BED and
EQD2, CTCAE. A study takes those it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analysis.study.variables import Variable

SEX = Variable("sex", "Sex", {"male": "Male", "female": "Female"})
AGE = Variable("age_years", "Age", unit="years", quantity=True)
ECOG = Variable("ecog", "ECOG performance status")
CHILD_PUGH = Variable("child_pugh_score", "Child-Pugh score")
CHILD_PUGH_CLASS = Variable("child_pugh_class", "Child-Pugh class")

TREATMENT_MODE = Variable(
    "treatment_mode",
    "Treatment mode",
    {"concurrent": "Concurrent", "sequential": "Sequential"},
)
THERAPY_LINE = Variable("therapy_line", "Current line of therapy")
ICI_CYCLES = Variable("ici_cycles", "ICI cycles", unit="cycles", quantity=True)
INTERVAL = Variable("interval_days", "Interval between the treatments", unit="days", quantity=True)
RT_DOSE = Variable("rt_dose_gy", "Radiation dose", unit="Gy", decimals=0, quantity=True)
RT_FRACTIONS = Variable("rt_fractions", "Fractions", unit="fractions", quantity=True)
BED = Variable("bed_gy", "BED", unit="Gy", decimals=0, quantity=True)
EQD2 = Variable("eqd2_gy", "EQD2", unit="Gy", decimals=0, quantity=True)

RESPONSES: Mapping[str, str] = {
    "CR": "complete response",
    "PR": "partial response",
    "SD": "stable disease",
    "PD": "progressive disease",
    "NE": "not evaluable",
    "ORR": "objective response rate (CR + PR)",
    "DCR": "disease control rate (CR + PR + SD)",
}


def by_name(variables: Iterable[Variable]) -> dict[str, Variable]:
    """Give variables by their names.

    Raises
    ------
    ValueError
        When two have the same name: words must have one source.
    """
    found: dict[str, Variable] = {}
    for variable in variables:
        if found.setdefault(variable.name, variable) != variable:
            raise ValueError(f"The variable '{variable.name}' is declared twice.")
    return found


VARIABLES: Mapping[str, Variable] = by_name(
    (
        Variable("patients", "Patients"),
        Variable("population", "Population analysed"),
        SEX,
        AGE,
        ECOG,
        CHILD_PUGH,
        CHILD_PUGH_CLASS,
        TREATMENT_MODE,
        THERAPY_LINE,
        ICI_CYCLES,
        INTERVAL,
        RT_DOSE,
        RT_FRACTIONS,
        BED,
        EQD2,
        Variable("ici_agent", "Immune checkpoint inhibitor", names=True),
        Variable("ici_switched", "Changed the checkpoint inhibitor"),
        Variable("ici_interval_weeks", "Weeks between cycles", unit="weeks", quantity=True),
        Variable("rt_site", "Radiotherapy site"),
        Variable("rt_foci", "Irradiated foci", unit="foci"),
        Variable("rt_technique", "Radiotherapy technique"),
        Variable("targeted_agent", "Targeted therapy", {"none": "No"}, names=True),
        Variable("response_overall", "Response, all tumours"),
        Variable("response_in_field", "Response, in-field tumours"),
        Variable("follow_up", "Follow-up", unit="months", decimals=1, quantity=True),
        Variable("death", "Died"),
        Variable(
            "cause_of_death",
            "Cause of death",
            {
                "tumour": "Tumour",
                "adverse event": "Adverse event",
                "other disease": "Other disease",
            },
        ),
        Variable("progression", "Progressed"),
        Variable("in_field_relapse", "In-field relapse"),
        Variable("failure_pattern", "Pattern of failure"),
        Variable("any_event", "Any adverse event"),
        Variable("enrolment_year", "Year of enrolment"),
        Variable("measurable_lesions", "Measurable lesions"),
        Variable("interval_weeks", "Interval between the treatments", unit="weeks"),
        Variable("attribution", "Attributed to"),
        Variable("event", "Event"),
        Variable("dose_gy", "Radiation dose", unit="Gy"),
        Variable("fractions", "Given in", unit="fractions"),
        Variable("months_to_event", "From the last fraction to the onset", unit="months"),
        Variable("days_to_death", "From the onset to death", unit="days"),
    )
)

"""The numbers of the article's text by section, and sentences made of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analysis.study.declarations import Line, Sentence
from analysis.study.own import follow_up
from analysis.study.variables import Cut
from analysis.zhai_2025.parameters import Parameters


def cohort(parameters: Parameters) -> tuple[Line, ...]:
    """Give the lines of section 3.1."""
    first, second = Cut(">=", parameters.afp_cutoff), Cut(">=", parameters.afp_second_cutoff)
    return (
        Line("Patients", "characteristics", "patients", kind="count"),
        Line("Men", "characteristics", "sex", "male"),
        Line("Age, median (range)", "characteristics", "age_years", kind="range", unit="years"),
        Line(
            "AFP before treatment, median (range)",
            "characteristics",
            "afp_before",
            kind="range",
            unit="ng/mL",
        ),
        *(
            Line(f"AFP {cut.shown()} ng/mL", "characteristics", "afp_before", str(cut))
            for cut in (first, second)
        ),
        Line(
            "Largest tumour diameter, median (range)",
            "characteristics",
            "largest_tumour_cm",
            kind="range",
            unit="cm",
        ),
        Line("Progression on earlier treatment", "characteristics", "progressed_before", "yes"),
        Line(
            "Progression on an earlier checkpoint inhibitor", "characteristics", "prior_ici", "yes"
        ),
        Line("Portal vein tumour thrombosis", "characteristics", "pvtt", "yes"),
        Line("Thrombus in the main portal vein (VP4)", "characteristics", "vp4", "yes"),
        Line("Extrahepatic metastasis", "characteristics", "extrahepatic_metastasis", "yes"),
        Line("Viral hepatitis", "characteristics", "viral_hepatitis", "yes"),
    )


TREATMENT = (
    Line("First-line therapy", "treatment", "therapy_line_group", "1"),
    Line("Second-line therapy", "treatment", "therapy_line_group", "2"),
    Line("Third-line therapy or later", "treatment", "therapy_line_group", ">=3"),
    Line("Changed the checkpoint inhibitor", "treatment", "ici_switched", "yes"),
    Line(
        "Weeks between cycles, median",
        "treatment",
        "ici_interval_weeks",
        kind="median",
        unit="weeks",
    ),
    Line("ICI cycles, median (range)", "treatment", "ici_cycles", kind="range", unit="cycles"),
    Line("Irradiated foci", "treatment", "rt_foci", kind="count", unit="foci"),
    Line(
        "Radiation dose, median (range)",
        "treatment",
        "rt_dose_gy",
        kind="range",
        unit="Gy",
        decimals=0,
    ),
    Line("BED, median (range)", "treatment", "bed_gy", kind="range", unit="Gy", decimals=0),
    Line("EQD2, median (range)", "treatment", "eqd2_gy", kind="range", unit="Gy", decimals=0),
    Line("Radiotherapy for intrahepatic lesions", "treatment", "rt_on_intrahepatic", "yes"),
    Line("Stereotactic body radiotherapy", "treatment", "sbrt", "yes"),
    Line("Targeted therapy", "treatment", "targeted_therapy", "yes"),
    Line("Antiviral therapy", "treatment", "antiviral", "yes"),
)


def afp(parameters: Parameters) -> tuple[Line, ...]:
    """Give the lines on AFP of section 3.3."""
    cut = Cut("<=", parameters.afp_second_cutoff)
    return (
        Line("AFP decreased", "afp_response", "afp_decrease", "yes"),
        Line(
            "AFP after treatment, median (range)",
            "afp_response",
            "afp_after",
            kind="range",
            unit="ng/mL",
        ),
        Line(
            f"AFP {cut.shown()} ng/mL after treatment",
            "afp_response",
            "afp_after",
            str(cut),
        ),
    )


TOXICITY = (
    Line("Any adverse event", "adverse_events", "any_event", "any"),
    Line("Any event of grade ≥ 3", "adverse_events", "any_event", ">=3"),
    Line("Grade 5 events", "adverse_events", "any_event", "5"),
    Line("Events attributed to immunotherapy", "adverse_events", "immune_related", "any"),
    Line(
        "Grade 5 events attributed to immunotherapy",
        "adverse_events",
        "ae_death_immune_related",
        "yes",
        kind="count",
    ),
    Line("Hypothyroidism, any grade", "adverse_events", "hypothyroidism", "any"),
    Line("Thrombocytopenia, grade ≥ 3", "adverse_events", "thrombocytopenia", ">=3"),
    Line("Pneumonitis, grade ≥ 2", "adverse_events", "pneumonitis", ">=2"),
    Line("Hepatitis B or C reactivation", "adverse_events", "viral_reactivation", "any"),
    Line("Radiation-induced liver injury", "adverse_events", "radiation_liver_injury", "any"),
    Line("Immune-related liver injury", "adverse_events", "immune_liver_injury", "any"),
)


def _rate(criterion: str, level: str) -> Line:
    return Line("", "response", "response_overall", level, group="criterion", group_level=criterion)


def _survival(endpoint: str) -> Line:
    return Line("", "survival", endpoint, kind="survival", unit="months")


COHORT_SENTENCES: tuple[Sentence, ...] = (
    Sentence(
        "Of {} patients, {} had progressed on earlier treatment.",
        (
            Line("", "characteristics", "patients", kind="count"),
            Line("", "characteristics", "progressed_before", "yes"),
        ),
    ),
    Sentence(
        "Portal vein tumour thrombosis was present in {} and extrahepatic metastasis in {}.",
        (
            Line("", "characteristics", "pvtt", "yes"),
            Line("", "characteristics", "extrahepatic_metastasis", "yes"),
        ),
    ),
    Sentence("Cirrhosis was present in {}.", (Line("", "characteristics", "cirrhosis", "yes"),)),
)

TREATMENT_SENTENCES: tuple[Sentence, ...] = (
    Sentence(
        "The median dose was {}, and {} had a targeted agent besides radiotherapy and checkpoint "
        "inhibitor: what follows is the outcome of the combination, not of any part of it.",
        (
            Line("", "treatment", "rt_dose_gy", kind="median", unit="Gy"),
            Line("", "treatment", "targeted_therapy", "yes"),
        ),
    ),
)

RESPONSE_SENTENCES: tuple[Sentence, ...] = (
    Sentence(
        "{} responded by RECIST 1.1 and {} by mRECIST.",
        (_rate("RECIST 1.1", "ORR"), _rate("mRECIST", "ORR")),
    ),
    Sentence(
        "The disease was controlled in {} and {}.",
        (_rate("RECIST 1.1", "DCR"), _rate("mRECIST", "DCR")),
    ),
    Sentence("AFP decreased in {}.", (Line("", "afp_response", "afp_decrease", "yes"),)),
)

SURVIVAL_SENTENCES: tuple[Sentence, ...] = (
    Sentence("Median overall survival was {}.", (_survival("OS"),)),
    Sentence("Median progression-free survival was {}.", (_survival("PFS"),)),
    Sentence("Median recurrence-free survival was {}.", (_survival("RFS"),)),
    Sentence(
        "Of {} patients who progressed, {} relapsed in the radiation field.",
        (
            Line("", "survival", "progression", "yes", kind="count"),
            Line("", "survival", "in_field_relapse", "yes", kind="count"),
        ),
    ),
)

TOXICITY_SENTENCES: tuple[Sentence, ...] = (
    Sentence(
        "{} of the patients had an event of grade 3 or more, and {} one of grade 5. Low blood "
        "counts can come from radiotherapy, from other drugs and from the liver; attribution in a "
        "cohort without a control group is an opinion.",
        (
            Line("", "adverse_events", "any_event", ">=3"),
            Line("", "adverse_events", "any_event", "5"),
        ),
    ),
)

LINES: Mapping[str, Callable[[Parameters], tuple[Line, ...]]] = {
    "numbers_3_1": cohort,
    "numbers_3_2": lambda parameters: TREATMENT,
    "numbers_3_3_afp": afp,
    "numbers_3_3": follow_up,
    "numbers_3_4": lambda parameters: TOXICITY,
}

SENTENCES: Mapping[str, tuple[Sentence, ...]] = {
    "cohort": COHORT_SENTENCES,
    "treatment": TREATMENT_SENTENCES,
    "response": RESPONSE_SENTENCES,
    "survival": SURVIVAL_SENTENCES,
    "toxicity": TOXICITY_SENTENCES,
}

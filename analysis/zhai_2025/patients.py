"""The article's table of patients, and what it knows of agents, sites and techniques."""

from __future__ import annotations

from collections.abc import Mapping

import pandera.pandas as pa

from analysis.study.columns import (
    YES_NO,
    category,
    date,
    integer,
    number,
    open_list,
    patient_id,
    text,
)

STAGES = ("I", "IA", "IB", "II", "IIIA", "IIIB", "IVA", "IVB")
TECHNIQUES = ("IMRT", "VMAT", "TOMO")
TARGETED_AGENTS = ("sorafenib", "lenvatinib", "regorafenib", "apatinib", "none")
ICI_AGENTS = (
    "toripalimab",
    "sintilimab",
    "camrelizumab",
    "tislelizumab",
    "pembrolizumab",
    "nivolumab",
    "zimberelimab",
    "atezolizumab",
)
RT_SITES = ("primary tumour", "PVTT", "other tumour thrombus", "lymph node", "other metastasis")
INTRAHEPATIC_SITES = ("primary tumour", "PVTT")

# The lists of the article, to which a dataset may add.
OPEN_LISTS: Mapping[str, tuple[str, ...]] = {
    "immunotherapy.agent": ICI_AGENTS,
    "radiotherapy.site": RT_SITES,
    "patients.rt_technique": TECHNIQUES,
    "patients.targeted_agent": TARGETED_AGENTS,
}

COLUMNS: Mapping[str, pa.Column] = {
    "patient_id": patient_id(),
    "sex": category(("male", "female"), "Sex."),
    "birth_date": date("Date of birth. Age is counted in completed years at enrolment."),
    "age_years": number(
        0,
        120,
        "years",
        "Age at enrolment, for datasets without birth dates; with decimals if need be.",
        optional=True,
    ),
    "enrolment_date": date("Date of enrolment."),
    "ecog": integer(0, 5, "", "ECOG performance status."),
    "diagnosis": category(("pathological", "clinical"), "How HCC was diagnosed."),
    "child_pugh_score": integer(5, 15, "", "Child-Pugh score."),
    "child_pugh_class": category(
        ("A", "B", "C"), "Child-Pugh class, for datasets without the score.", optional=True
    ),
    "cirrhosis": category(YES_NO, "Cirrhosis of the liver."),
    "alcohol_use": category(YES_NO, "Alcohol use."),
    "hepatitis_b": category(YES_NO, "Hepatitis B virus infection."),
    "hepatitis_c": category(YES_NO, "Hepatitis C virus infection."),
    "afp_before": number(0, 1e7, "ng/mL", "Alpha-fetoprotein before treatment."),
    "afp_after": number(0, 1e7, "ng/mL", "Alpha-fetoprotein after treatment."),
    "afp_group": text("AFP group as recorded, for datasets without AFP values.", optional=True),
    "tumour_count": integer(1, 200, "tumours", "Number of tumours."),
    "largest_tumour_cm": number(0.1, 50, "cm", "Largest diameter of the largest tumour."),
    "measurable_lesions": integer(0, 50, "lesions", "Measurable lesions at baseline (RECIST 1.1)."),
    "ajcc_stage": category(STAGES, "Stage, AJCC 8th edition."),
    "recurrent": category(YES_NO, "HCC that recurred after other treatment."),
    "extrahepatic_metastasis": category(YES_NO, "Extrahepatic metastasis before enrolment."),
    "pvtt_extent": category(
        ("none", "branch", "main"),
        "Portal vein tumour thrombosis: none, in a branch (Vp1-3), in the main trunk (Vp4).",
    ),
    "ivc_thrombus": category(YES_NO, "Tumour thrombus in the inferior vena cava."),
    "therapy_line": integer(1, 20, "", "Line of therapy of the treatment studied."),
    "progressed_before": category(YES_NO, "Progression on earlier treatment."),
    "prior_ici": category(YES_NO, "Progression on an earlier immune checkpoint inhibitor."),
    "rt_technique": open_list(TECHNIQUES, "Radiotherapy technique."),
    "targeted_agent": open_list(
        TARGETED_AGENTS, "Targeted agent given with the checkpoint inhibitor."
    ),
    "antiviral": category(YES_NO, "Antiviral therapy during treatment."),
    "records_complete": category(YES_NO, "Medical records are complete."),
}

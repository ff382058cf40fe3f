"""The article's variables: words, levels and units, as its tables have them."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.study.clinical import VARIABLES as CLINICAL
from analysis.study.clinical import by_name
from analysis.study.variables import Variable

AFP = Variable("afp_before", "AFP", unit="ng/mL", quantity=True)
AFP_AFTER = Variable("afp_after", "AFP after treatment", unit="ng/mL", quantity=True)
AFP_GROUP = Variable("afp_group", "AFP group, as recorded")
TUMOUR_COUNT = Variable("tumour_count", "Number of tumours", least=1, quantity=True)
LARGEST_TUMOUR = Variable("largest_tumour_cm", "Largest tumour", unit="cm", quantity=True)
HEPATITIS = Variable("hepatitis", "Hepatitis", {"HBV": "HBV", "HCV": "HCV", "none": "No"})
VIRAL_HEPATITIS = Variable("viral_hepatitis", "Viral hepatitis")
HEPATITIS_B = Variable("hepatitis_b", "Hepatitis B")
EHM = Variable("extrahepatic_metastasis", "EHM")
IVTT = Variable("ivc_thrombus", "IVTT")
DIAGNOSIS = Variable(
    "diagnosis", "Diagnosis", {"pathological": "Pathological", "clinical": "Clinical"}
)
CIRRHOSIS = Variable("cirrhosis", "Hepatocirrhosis")
ALCOHOL = Variable("alcohol_use", "Alcohol use")
PVTT = Variable("pvtt", "PVTT")
VP4 = Variable("vp4", "VP4")
PROGRESSED_BEFORE = Variable("progressed_before", "Progression on earlier treatment")
PRIOR_ICI = Variable("prior_ici", "ICI before")

THERAPY_LINE_GROUP = Variable(
    "therapy_line_group", "Line of therapy", {"1": "1", "2": "2", ">=3": "≥ 3"}
)
TARGETED_AGENT = CLINICAL["targeted_agent"]
TARGETED_THERAPY = Variable("targeted_therapy", "Targeted therapy")
ANTIVIRAL = Variable("antiviral", "Antiviral therapy")
RT_INTRAHEPATIC = Variable("rt_on_intrahepatic", "Radiotherapy for intrahepatic lesions")
SBRT = Variable("sbrt", "Stereotactic body radiotherapy")
ICI_AGENT = CLINICAL["ici_agent"]
ICI_REGIMEN = Variable("ici_regimen", "ICI regimen", names=True)
RT_SITE = Variable(
    "rt_site",
    "Radiotherapy site",
    {
        "primary tumour": "Primary tumour",
        "PVTT": "PVTT",
        "other tumour thrombus": "Other TT",
        "lymph node": "Lymph node",
        "other metastasis": "Other metastasis",
    },
)

VARIABLES: Mapping[str, Variable] = {
    **CLINICAL,
    **by_name(
        (
            AFP,
            AFP_AFTER,
            AFP_GROUP,
            TUMOUR_COUNT,
            LARGEST_TUMOUR,
            HEPATITIS,
            VIRAL_HEPATITIS,
            HEPATITIS_B,
            EHM,
            IVTT,
            DIAGNOSIS,
            CIRRHOSIS,
            ALCOHOL,
            PVTT,
            VP4,
            PROGRESSED_BEFORE,
            PRIOR_ICI,
            THERAPY_LINE_GROUP,
            TARGETED_AGENT,
            TARGETED_THERAPY,
            ANTIVIRAL,
            RT_INTRAHEPATIC,
            SBRT,
            ICI_AGENT,
            ICI_REGIMEN,
            RT_SITE,
            Variable("afp_change", "Change of AFP", unit="%", quantity=True),
            Variable("afp_decrease", "AFP decreased"),
            Variable("stage", "Stage IV or recurrent"),
            Variable("records_complete", "Complete medical records"),
            Variable("viral_reactivation", "Hepatitis B or C reactivation"),
            Variable("radiation_liver_injury", "Radiation-induced liver injury"),
            Variable("immune_liver_injury", "Immune-related liver injury"),
            Variable("immune_related", "Events attributed to immunotherapy"),
            Variable("ae_death_immune_related", "Grade 5 events attributed to immunotherapy"),
        )
    ),
}

ABBREVIATIONS: Mapping[str, str] = {
    "AFP": "alpha-fetoprotein",
    "BED": "biologically effective dose",
    "ECOG": "Eastern Cooperative Oncology Group",
    "EHM": "extrahepatic metastasis before enrolment",
    "EQD2": "equivalent dose in 2 Gy fractions",
    "HBV": "hepatitis B virus",
    "HCV": "hepatitis C virus",
    "ICI": "immune checkpoint inhibitor",
    "IMRT": "intensity-modulated radiotherapy",
    "IVTT": "tumour thrombus in the inferior vena cava",
    "PVTT": "portal vein tumour thrombosis",
    "RIHL": "radiotherapy for intrahepatic lesions",
    "SBRT": "stereotactic body radiotherapy",
    "TOMO": "tomotherapy",
    "TT": "tumour thrombus",
    "VMAT": "volumetric modulated arc therapy",
    "VP4": "tumour thrombus in the main portal vein",
}

"""What the article counts of the patients that its hazard ratios are about."""

from __future__ import annotations

from analysis.synthesis.bounds.questions import Counted
from analysis.zhai_2025.synthesis.factors import AFP, TUMOUR_COUNT

_BASELINE, _TREATMENT, _SURVIVAL = "characteristics", "treatment", "survival"
_PROGRESSION, _DEATH = (_SURVIVAL, "progression", "yes"), (_SURVIVAL, "death", "yes")
_IN_FIELD = (_SURVIVAL, "in_field_relapse", "yes")
# Months at which limits of the curves are asked for.
MONTHS = (6, 12, 18, 24, 36)

# Age, EQD2, radiotherapy of the liver and SBRT are counted nowhere.
COUNTED = Counted(
    groups={
        "male": (_BASELINE, "sex", "male"),
        "alcohol_use": (_BASELINE, "alcohol_use", "yes"),
        "cirrhosis": (_BASELINE, "cirrhosis", "yes"),
        AFP: (_BASELINE, "afp_before", "<1000"),
        TUMOUR_COUNT: (_BASELINE, "tumour_count", ">=5"),
        "extrahepatic_metastasis": (_BASELINE, "extrahepatic_metastasis", "yes"),
        "pvtt": (_BASELINE, "pvtt", "yes"),
        "vp4": (_BASELINE, "vp4", "yes"),
        "prior_ici": (_BASELINE, "prior_ici", "yes"),
        "concurrent": (_TREATMENT, "treatment_mode", "concurrent"),
        "targeted_therapy": (_TREATMENT, "targeted_therapy", "yes"),
    },
    without={"viral_hepatitis": (_BASELINE, "hepatitis", "none")},
    events={
        "OS": (_DEATH,),
        "PFS": (_PROGRESSION, _DEATH),
        "ORFS": (_PROGRESSION,),
        "IRFS": (_IN_FIELD,),
    },
    compared=("OS", "PFS"),
    follow_up={"OS": "follow_up"},
)

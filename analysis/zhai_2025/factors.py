"""The prognostic factors of Table 5, in its order, and outcome by ICI regimen."""

from __future__ import annotations

from analysis.study.clinical import AGE, EQD2, SEX, TREATMENT_MODE
from analysis.study.variables import Cut, Factor
from analysis.zhai_2025 import variables as v

ICI_REGIMEN = Factor(
    "ici_regimen",
    v.ICI_REGIMEN,
    levels=("toripalimab", "sintilimab", "other"),
    known_from=("ici_start",),
    in_table=False,
)

# Whether radiotherapy and immunotherapy were concurrent is seen when the second begins; what was
# given by radiotherapy, when it ends.
FACTORS: tuple[Factor, ...] = (
    Factor("male", SEX, "Male", level="male"),
    Factor("age", AGE, cut=Cut("<", 60, "age_cutoff")),
    Factor("alcohol_use", v.ALCOHOL),
    Factor("viral_hepatitis", v.VIRAL_HEPATITIS, "Hepatitis", stand_in="hepatitis_b"),
    Factor("cirrhosis", v.CIRRHOSIS),
    Factor(
        "afp",
        v.AFP,
        cut=Cut("<", 1000, "afp_cutoff"),
        stand_in="afp_group",
        spline="afp_model",
    ),
    Factor("tumour_count", v.TUMOUR_COUNT, cut=Cut(">=", 5, "tumour_count_cutoff")),
    Factor("extrahepatic_metastasis", v.EHM),
    Factor("pvtt", v.PVTT),
    Factor("vp4", v.VP4),
    Factor("prior_ici", v.PRIOR_ICI),
    Factor(
        "concurrent",
        TREATMENT_MODE,
        "Concurrent",
        level="concurrent",
        known_from=("rt_start", "ici_start"),
        over_time="mode_over_time",
    ),
    Factor("rt_intrahepatic", v.RT_INTRAHEPATIC, "RIHL", known_from=("rt_end",)),
    Factor("sbrt", v.SBRT, "SBRT", known_from=("rt_end",)),
    Factor("eqd2", EQD2, cut=Cut("<", 60, "eqd2_cutoff"), known_from=("rt_end",)),
    Factor("targeted_therapy", v.TARGETED_THERAPY),
    # For datasets that record hepatitis B and not C, and AFP in groups.
    Factor("hepatitis_b", v.HEPATITIS_B, in_table=False),
    Factor("afp_group", v.AFP_GROUP, as_recorded=True, in_table=False),
    ICI_REGIMEN,
)

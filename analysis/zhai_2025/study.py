"""The article as a study: everything that only it declares, brought together.

Zhai et al. 2025, Front Immunol 16:1594577: radiotherapy plus immune checkpoint inhibitors in 108
patients with hepatocellular carcinoma.
"""

from __future__ import annotations

from pathlib import Path

from analysis.study import clinical
from analysis.study.credit import Credit
from analysis.study.declarations import Marker
from analysis.study.study import Study
from analysis.study.variables import Cut, Grouped
from analysis.zhai_2025 import variables as v
from analysis.zhai_2025.adverse_events import GROUPS, NAMED
from analysis.zhai_2025.derivations import DERIVED, disease, marker, treatment
from analysis.zhai_2025.eligibility import CRITERIA
from analysis.zhai_2025.endpoints import ENDPOINTS
from analysis.zhai_2025.factors import FACTORS
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.patients import COLUMNS, OPEN_LISTS
from analysis.zhai_2025.remarks import sums_beside_largest
from analysis.zhai_2025.subgroups import SUBGROUPS
from analysis.zhai_2025.text import LINES, SENTENCES
from analysis.zhai_2025.vocabulary import VOCABULARY

# The cuts of the tables; each stands with the side first that the article prints first.
AFP_GROUPS = Grouped(v.AFP, Cut(">=", 1000, "afp_cutoff"))
AFP_SECOND_GROUPS = Grouped(v.AFP, Cut(">=", 400, "afp_second_cutoff"))
TUMOUR_COUNT_GROUPS = Grouped(v.TUMOUR_COUNT, Cut("<", 5, "tumour_count_cutoff"))
AFP_AFTER_GROUPS = Grouped(v.AFP_AFTER, Cut("<=", 400, "afp_second_cutoff"))

STUDY = Study(
    name="zhai_2025",
    title="Radiotherapy with immune checkpoint inhibitors in hepatocellular carcinoma",
    subtitle="Zhai et al. 2025, regenerated from patient-level data",
    question="How do patients with metastatic or recurrent hepatocellular carcinoma fare after "
    "radiotherapy and an immune checkpoint inhibitor?",
    article=Path(__file__).resolve().parents[2] / "data" / "article",
    credit=Credit(
        "Zhai Y, Zhang Y, Wu F, et al. Combined radiation and immune checkpoint inhibitor therapy "
        "for metastatic or recurrent hepatocellular carcinoma: a real-world study of 108 patients. "
        "Front Immunol 2025;16:1594577.",
        "10.3389/fimmu.2025.1594577",
        "CC BY 4.0",
        "https://creativecommons.org/licenses/by/4.0/",
    ),
    parameters=Parameters,
    chosen=Parameters(),
    patient_columns=COLUMNS,
    open_lists=OPEN_LISTS,
    variables=v.VARIABLES,
    derivations=(disease, marker, treatment),
    derived=DERIVED,
    looks=(sums_beside_largest,),
    criteria=CRITERIA,
    table_1=(
        clinical.SEX,
        clinical.AGE,
        clinical.CHILD_PUGH,
        v.HEPATITIS,
        AFP_GROUPS,
        v.EHM,
        v.IVTT,
        clinical.ECOG,
        v.DIAGNOSIS,
        v.CIRRHOSIS,
        v.ALCOHOL,
        TUMOUR_COUNT_GROUPS,
        v.PVTT,
        v.VP4,
    ),
    characteristics=(
        v.VIRAL_HEPATITIS,
        v.HEPATITIS_B,
        AFP_SECOND_GROUPS,
        v.AFP_GROUP,
        clinical.CHILD_PUGH_CLASS,
        v.PROGRESSED_BEFORE,
        v.PRIOR_ICI,
        v.AFP,
        v.LARGEST_TUMOUR,
    ),
    stand_ins={
        "hepatitis": "hepatitis_b",
        "afp_before": "afp_group",
        "child_pugh_score": "child_pugh_class",
    },
    table_2=(
        clinical.TREATMENT_MODE,
        clinical.THERAPY_LINE,
        v.ICI_AGENT,
        v.RT_SITE,
        v.TARGETED_AGENT,
        clinical.VARIABLES["rt_technique"],
        v.ANTIVIRAL,
    ),
    treatment=(
        v.THERAPY_LINE_GROUP,
        v.TARGETED_THERAPY,
        v.RT_INTRAHEPATIC,
        v.SBRT,
        clinical.ICI_CYCLES,
        clinical.RT_DOSE,
        clinical.BED,
        clinical.EQD2,
        clinical.INTERVAL,
    ),
    factors=FACTORS,
    endpoints=ENDPOINTS,
    marker=Marker(
        "afp",
        "AFP",
        "ng/mL",
        before="afp_before",
        after="afp_after",
        change="afp_change_percent",
        decrease="afp_decrease",
        after_groups=AFP_AFTER_GROUPS,
    ),
    event_groups=GROUPS,
    named_events=NAMED,
    case_variables=("ici_agent", "targeted_agent"),
    abbreviations=v.ABBREVIATIONS,
    lines=LINES,
    sentences=SENTENCES,
    subgroups=SUBGROUPS,
    titles={
        "eligibility": "Who is in",
        "characteristics": "Table 1, patients",
        "treatment": "Table 2, treatment",
        "response": "Table 3, response",
        "afp_response": "AFP and response",
        "survival": "Figure 2, survival",
        "relapse_factors": "Relapse by factor",
        "adverse_events": "Table 4, adverse events",
        "prognosis": "Table 5, prognostic factors",
        "subgroups": "Parts of the patients",
    },
    vocabulary=VOCABULARY,
)

"""The prognostic factors of Table 5: what histories tell, and how many patients have each."""

from __future__ import annotations

from analysis.synthesis.factors import Factor, Leaning, Sought, ThreeGroups
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.factors import FACTORS as DECLARED
from analysis.zhai_2025.synthesis.outcomes import CURVES, DIARRHOEA, FISTULA

# Factors that are cut are called by their keys, as in the ledger.
_KEYS = {factor.name: factor.key for factor in DECLARED}
AGE, AFP, TUMOUR_COUNT, EQD2 = (_KEYS[name] for name in ("age", "afp", "tumour_count", "eqd2"))

# What most patients have who are irradiated outside the liver only.
_METASTASIS = Leaning("rt_intrahepatic", 0, most_have=1)
_NO_THROMBUS = Leaning("rt_intrahepatic", 0, most_have=0)
# Those that leave fewest choices come first; the Discussion tells of two patients.
FACTORS = (
    Factor("male", {FISTULA: 1, DIARRHOEA: 1}),
    Factor("targeted_therapy", {FISTULA: 1, DIARRHOEA: 1}),
    Factor("rt_intrahepatic", {FISTULA: 0, DIARRHOEA: 1}),
    Factor("viral_hepatitis"),
    Factor("prior_ici", {FISTULA: 0, DIARRHOEA: 0}),
    Factor("vp4", {FISTULA: 0}, leaning=_NO_THROMBUS),
    Factor("sbrt", {FISTULA: 0, DIARRHOEA: 1}),
    Factor("concurrent", {FISTULA: 1}),
    Factor("pvtt", {FISTULA: 0, DIARRHOEA: 1}, containing="vp4", leaning=_NO_THROMBUS),
    Factor(AGE),
    Factor("alcohol_use"),
    Factor("cirrhosis"),
    Factor(AFP),
    Factor(TUMOUR_COUNT),
    Factor("extrahepatic_metastasis", {FISTULA: 1}, leaning=_METASTASIS),
    Factor(EQD2, {FISTULA: 1, DIARRHOEA: 1}),
)
NAMES = tuple(factor.name for factor in FACTORS)
ENDPOINTS = tuple(curve.name for curve in CURVES if curve.compared)
# The patient with the fistula had toripalimab.
REGIMENS = ThreeGroups("ici_regimen", ("toripalimab", "sintilimab", "other"), {FISTULA: 0})


def sought(targets: Targets) -> Sought:
    """Give what is sought of the factors of Table 5."""
    return Sought(FACTORS, REGIMENS, sizes(targets), ENDPOINTS)


def sizes(targets: Targets) -> dict[str, range]:
    """Give how many patients may have each factor; one number where it is printed."""
    n = targets.n
    characteristics = "characteristics"

    def printed(analysis_id: str, variable: str, level: str = "yes") -> range:
        count = targets.count(analysis_id, variable, level)
        return range(count, count + 1)

    without_hepatitis = targets.count(characteristics, "hepatitis", "none")
    first, second, _ = REGIMENS.levels
    agents = {name: printed("treatment", "ici_agent", name) for name in (first, second)}
    others = n - sum(size[0] for size in agents.values())
    return {
        "male": printed(characteristics, "sex", "male"),
        # The median age is below 60, and a few years from it.
        AGE: range(n // 2 + 9, n // 2 + 15),
        "alcohol_use": printed(characteristics, "alcohol_use"),
        "viral_hepatitis": range(n - without_hepatitis, n - without_hepatitis + 1),
        "cirrhosis": printed(characteristics, "cirrhosis"),
        AFP: printed(characteristics, "afp_before", "<1000"),
        TUMOUR_COUNT: printed(characteristics, "tumour_count", ">=5"),
        "extrahepatic_metastasis": printed(characteristics, "extrahepatic_metastasis"),
        "pvtt": printed(characteristics, "pvtt"),
        "vp4": printed(characteristics, "vp4"),
        "prior_ici": printed(characteristics, "prior_ici"),
        "concurrent": printed("treatment", "treatment_mode", "concurrent"),
        "rt_intrahepatic": range(n - 16, n - 9),
        "sbrt": range(26, 36),
        # The median BED and EQD2 hold together only with half of the patients on either side.
        EQD2: range(n // 2, n // 2 + 1),
        "targeted_therapy": printed("treatment", "targeted_therapy"),
        **agents,
        "other": range(others, others + 1),
    }

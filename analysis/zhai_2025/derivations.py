"""What only the article needs to be derived: hepatitis, thrombosis, AFP, SBRT, regimens.

A variable whose sources are not recorded is missing, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.cohort.by_patient import met_in
from analysis.study.limits import bounds, exact, limits
from analysis.study.variables import in_levels, yes_no
from analysis.zhai_2025.factors import ICI_REGIMEN
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.patients import INTRAHEPATIC_SITES
from analysis.zhai_2025.variables import HEPATITIS, THERAPY_LINE_GROUP

# The columns that are made here, and of what.
DERIVED: Mapping[str, tuple[str, ...]] = {
    HEPATITIS.name: ("hepatitis_b", "hepatitis_c"),
    "viral_hepatitis": ("hepatitis_b", "hepatitis_c"),
    "pvtt": ("pvtt_extent",),
    "vp4": ("pvtt_extent",),
    THERAPY_LINE_GROUP.name: ("therapy_line",),
    "afp_change_percent": ("afp_before", "afp_after"),
    "afp_decrease": ("afp_before", "afp_after"),
    "targeted_therapy": ("targeted_agent",),
    "rt_on_intrahepatic": ("radiotherapy.site",),
    "sbrt": ("rt_dose_gy", "rt_fractions"),
    ICI_REGIMEN.variable.name: ("ici_agent",),
}

Tables = Mapping[str, pd.DataFrame]
Columns = dict[str, pd.Series]


def _known(holds: pd.Series, recorded: pd.Series) -> pd.Series:
    return yes_no(holds.fillna(False).astype("boolean").mask(~recorded.astype(bool)))


def disease(patients: pd.DataFrame, tables: Tables, parameters: Parameters) -> Columns:
    """Give hepatitis, portal vein tumour thrombosis and the line of therapy."""
    b, c = patients["hepatitis_b"], patients["hepatitis_c"]
    hepatitis = pd.Series(pd.NA, index=patients.index, dtype=object)
    hepatitis = hepatitis.mask((b == "no") & (c == "no"), "none")
    hepatitis = hepatitis.mask(c == "yes", "HCV").mask(b == "yes", "HBV")
    extent = patients["pvtt_extent"]
    lines = patients["therapy_line"]
    words = {line: ">=3" if line >= 3 else str(line) for line in lines.dropna().unique()}
    return {
        HEPATITIS.name: in_levels(hepatitis, tuple(HEPATITIS.levels)),
        "viral_hepatitis": _known(hepatitis != "none", hepatitis.notna()),
        "pvtt": _known(extent != "none", extent.notna()),
        "vp4": _known(extent == "main", extent.notna()),
        THERAPY_LINE_GROUP.name: in_levels(lines.map(words), tuple(THERAPY_LINE_GROUP.levels)),
    }


def marker(patients: pd.DataFrame, tables: Tables, parameters: Parameters) -> Columns:
    """Give the change of AFP in percent, and whether it fell."""
    before, after = exact(patients, "afp_before"), exact(patients, "afp_after")
    least, most = (
        bounds(patients[name], limits(patients, name)) for name in ("afp_before", "afp_after")
    )
    fell, did_not = most["high"] < least["low"], most["low"] >= least["high"]
    return {
        "afp_change_percent": (after - before) / before.where(before > 0) * 100,
        "afp_decrease": _known(fell, fell | did_not),
    }


def treatment(patients: pd.DataFrame, tables: Tables, parameters: Parameters) -> Columns:
    """Give targeted therapy, radiotherapy of the liver, SBRT and the ICI regimen."""
    ids, radiotherapy = patients["patient_id"], tables["radiotherapy"]
    irradiated = met_in(ids, radiotherapy["patient_id"])
    in_liver = radiotherapy.loc[radiotherapy["site"].isin(INTRAHEPATIC_SITES), "patient_id"]
    fractions = patients["rt_fractions"].astype("float64")
    few = fractions <= parameters.sbrt_max_fractions
    large = patients["rt_dose_gy"] / fractions >= parameters.sbrt_min_fraction_gy
    agent = patients["ici_agent"].astype(object)
    regimen = agent.where(agent.isin(ICI_REGIMEN.levels), "other").where(agent.notna())
    targeted = patients["targeted_agent"]
    return {
        "targeted_therapy": _known(targeted != "none", targeted.notna()),
        "rt_on_intrahepatic": _known(met_in(ids, in_liver), irradiated),
        "sbrt": _known(few & large, irradiated),
        ICI_REGIMEN.variable.name: in_levels(regimen, ICI_REGIMEN.levels),
    }

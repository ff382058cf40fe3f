"""Specification curves of prognostic factors, from the estimates of all variants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.display import format as fmt
from analysis.display.beyond import DETERMINED, MARK, NOTE
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.specification import specification_curve
from analysis.display.sensitivity import across, words
from analysis.display.sensitivity.across import Counted
from analysis.display.tables import EXACT_MARK, Table, percent, plain_table
from analysis.estimates.exact_log_rank import SPARSE
from analysis.sensitivity.cohorts import Cohorts
from analysis.sensitivity.compare import SAME, SIGNIFICANT
from analysis.sensitivity.variants import BASE, Variant
from analysis.study.study import Study
from analysis.study.variables import Factor

FEW = (
    f"{EXACT_MARK} {SPARSE[:1].upper()}{SPARSE[1:]} (Mantel and Fleiss 1980): p is exact, and "
    "whether the interval excludes 1 is no conclusion."
)

_NUMBERS = ["hazard_ratio", "lower", "upper", "p_value"]
# A parameter with more values than this has one row in a figure, and so have all its values.
_OWN_ROWS = 3


def factors_of(specifications: pd.DataFrame, study: Study) -> list[Factor]:
    """Give the factors that have a specification, in the order of Table 5."""
    present = set(specifications["factor"])
    return [factor for factor in study.factors if factor.name in present]


def distinct(specifications: pd.DataFrame) -> pd.DataFrame:
    """Give the specifications that are not the base again, and the base.

    Most variants change something that a given factor does not depend on. To draw them would
    count the base many times, and make it look more certain than it is.

    Parameters
    ----------
    specifications
        From `sensitivity.compare.specifications`.
    """
    ours = specifications[specifications["variant"] == BASE]
    same_effect = ["factor", "level", "endpoint"]
    beside = specifications[same_effect].merge(
        ours, how="left", on=same_effect, validate="many_to_one"
    )
    same = np.isclose(
        specifications[_NUMBERS].to_numpy(dtype=float),
        beside[_NUMBERS].to_numpy(dtype=float),
        rtol=SAME,
        atol=0,
        equal_nan=True,
    ).all(axis=1)
    return specifications[~same | specifications["variant"].eq(BASE).to_numpy()]


def choices(variants: Sequence[Variant], study: Study) -> dict[str, list[str]]:
    """Give each choice in words with the names of the variants that make it.

    >>> from types import SimpleNamespace
    >>> variant = SimpleNamespace(name="a", changes={"time_zero": "radiotherapy"})
    >>> choices([variant], Study("", ""))
    {'Time zero: radiotherapy': ['a']}
    """
    values: dict[str, dict[str, list[str]]] = {}
    for variant in variants:
        for parameter, value in variant.changes.items():
            made = values.setdefault(parameter, {})
            made.setdefault(words.choice(value), []).append(variant.name)
    rows: dict[str, list[str]] = {}
    for parameter, made in values.items():
        name = words.parameter(parameter, study)
        if len(made) > _OWN_ROWS and all(_is_number(value) for value in made):
            low, high = (end(made, key=float) for end in (min, max))
            rows[f"{name}: {low} to {high}"] = [n for names in made.values() for n in names]
        else:
            rows |= {f"{name}: {value}": names for value, names in made.items()}
    return rows


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def curve(
    specifications: pd.DataFrame, variants: Sequence[Variant], factor: Factor, study: Study
) -> Drawing | None:
    """Draw the specification curve of a factor, its endpoints (and levels) side by side."""
    drawn = distinct(specifications)
    drawn = drawn[drawn["factor"] == factor.name]
    panels = {
        _panel(factor, str(endpoint), str(level), study): rows[["variant", *_NUMBERS, "sparse"]]
        for (endpoint, level), rows in drawn.groupby(["endpoint", "level"], sort=False)
        if rows[_NUMBERS].notna().any(axis=None)
    }
    if not panels:
        return None
    return specification_curve(
        panels,
        choices(variants, study),
        base=BASE,
        confidence=study.chosen.confidence,
        significance=SIGNIFICANT,
        title=factor.label,
    )


def _panel(factor: Factor, endpoint: str, level: str, study: Study) -> str:
    words = study.endpoint(endpoint).words
    return f"{words}, {factor.group(level)}" if level else words


def caption(
    specifications: pd.DataFrame, variants: Sequence[Variant], factor: Factor, study: Study
) -> str:
    """Give the caption of `curve`, with the number of variants that give the base again."""
    own = specifications[specifications["factor"] == factor.name]
    drawn = distinct(specifications)
    drawn = drawn[drawn["factor"] == factor.name]
    parts = []
    for endpoint, rows in own.groupby("endpoint", sort=False):
        left_out = rows["variant"].nunique() - int(
            drawn.loc[drawn["endpoint"] == endpoint, "variant"].nunique()
        )
        parts.append(f"{left_out} ({endpoint})")
    level = percent(study.chosen)
    others = {
        words.variant(variant, study): percent(variant.parameters(study.chosen))
        for variant in variants
        if variant.name in set(drawn["variant"])
    }
    other = [f"{found} under “{name}”" for name, found in others.items() if found != level]
    levels = f"{level} CI" + (f" ({'; '.join(other)})" if other else "")
    few = f" {FEW.removeprefix(EXACT_MARK).lstrip()}" if drawn["sparse"].any() else ""
    return (
        f"{factor.label}: hazard ratio, {_against(factor)}, with {levels}, under every variant "
        f"that changes it.{few} Not drawn, since they give the base again: {', '.join(parts)} "
        "variants."
    )


def _against(factor: Factor) -> str:
    if factor.is_binary:
        return "yes against no"
    return f"against {factor.group(factor.groups[0])}"


def ranges(
    specifications: pd.DataFrame,
    study: Study,
    counted: Counted = "",
    signs: across.Signs | None = None,
) -> Table | None:
    """Give each factor's hazard ratio in the base and its range over all that differ from it.

    Where cohorts were counted (`across`), also how many variants change its conclusions in all of
    them, and in any. `signs` are those of the base, from `across.signs_of_base`; with them columns
    of what variants give are marked, which no article prints.
    """
    drawn = distinct(specifications)
    rows = []
    for endpoint in dict.fromkeys(drawn["endpoint"]):
        for factor in factors_of(drawn, study):
            own = drawn[(drawn["factor"] == factor.name) & (drawn["endpoint"] == endpoint)]
            for level, one in own.groupby("level", sort=False):
                if not (one["variant"] == BASE).any():
                    continue
                name = f"{factor.label}: {factor.group(str(level))}" if level else factor.label
                found = _range(one, percent(study.chosen))
                for heading, statistic in zip(found, across.OF_BASE, strict=False):
                    found[heading] += (signs or {}).get(
                        (factor.name, str(endpoint), str(level), statistic), ""
                    )
                rows.append(
                    {"endpoint": study.endpoint(endpoint).words, "Prognostic factor": name}
                    | found
                    | _over_cohorts(counted, factor.name, str(endpoint), str(level))
                )
    if not rows:
        return None
    cells = pd.DataFrame(rows)
    if signs is not None:
        # The names of the row, and the base, come first.
        of_variants = cells.columns[2 + len(across.OF_BASE) :]
        cells = cells.rename(columns={name: f"{name}{MARK}" for name in of_variants})
    words = " ".join([*cells.columns, *cells.astype(str).to_numpy().ravel()])
    shown = {sign for sign in (MARK, DETERMINED) if signs is not None and sign in words}
    return plain_table(
        cells,
        stub="Prognostic factor",
        group="endpoint",
        notes=[
            "HR, hazard ratio, yes against no, or of a level against the first; with p, of the "
            "base. Variants: those that give another hazard ratio, interval or p value than the "
            "base; the others would only count the base again. "
            f"p < {SIGNIFICANT:g}: in how many of them that have a p value.",
            FEW if drawn["sparse"].any() else "",
            f"Change it: variants under which p crosses {SIGNIFICANT:g} or the interval crosses 1, "
            f"in all of {counted.members} cohorts that give every published number, and in at "
            "least one of them. The other columns are of this cohort."
            if isinstance(counted, Cohorts)
            else "",
            NOTE if MARK in shown else "",
            f"{DETERMINED} Not printed by the article, but alike in all cohorts of the ensemble."
            if DETERMINED in shown
            else "",
        ],
    )


def _over_cohorts(counted: Counted, factor: str, endpoint: str, level: str) -> dict[str, str]:
    if isinstance(counted, str):
        return {}
    every, some = across.variants_that_change(counted, factor, endpoint, level)
    return {f"Change it, in all {counted.members}": str(every), "In any": str(some)}


def _range(rows: pd.DataFrame, level: str) -> dict[str, str]:
    ours = rows[rows["variant"] == BASE].iloc[0]
    others = rows[rows["variant"] != BASE]
    ratios, tests = others["hazard_ratio"].dropna(), others["p_value"].dropna()
    least, most = (fmt.fixed(ratios.agg(end), 2) for end in ("min", "max"))
    below = int((tests < SIGNIFICANT).sum())
    return {
        f"HR ({level} CI)": fmt.estimate(ours["hazard_ratio"], ours["lower"], ours["upper"]),
        "p": fmt.p_value(ours["p_value"]) + (EXACT_MARK if ours["sparse"] else ""),
        "Variants": fmt.thousands(len(others)),
        "HR, least to most": fmt.MISSING if ratios.empty else f"{least} to {most}",
        f"p < {SIGNIFICANT:g}": f"{below} of {len(tests)}",
    }

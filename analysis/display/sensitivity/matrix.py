"""The figure of all conclusions under all variants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.display.figures.conclusions import Column, Row, Sign, conclusions_matrix
from analysis.display.figures.drawing import Drawing
from analysis.display.format import is_missing, thousands
from analysis.display.sensitivity import across, words
from analysis.display.sensitivity.across import Counted
from analysis.display.tables import abbreviations
from analysis.sensitivity.cohorts import Cohorts
from analysis.sensitivity.judged import COHORTS, SUBJECT, Judgement, Series, judged, series
from analysis.sensitivity.variants import Variant
from analysis.study.phrases import phrases
from analysis.study.study import Study

# More columns than this cannot be told apart; endpoints then share the column of a factor.
_MOST = 40
HOLDS, UNKNOWN = "holds", "cannot be judged"


def _series_name(own: Series, study: Study) -> str:
    if len(own.variants) == 1:
        return words.variant(own.variants[0], study)
    said = phrases(own.changes, type(study.chosen))
    return said[:1].upper() + said[1:]


def figure(
    comparison: pd.DataFrame,
    variants: Sequence[Variant],
    failed: Mapping[str, str],
    study: Study,
    counted: Counted = "",
) -> Drawing | None:
    """Draw what becomes of each conclusion under each variant under which one does not hold.

    Parameters
    ----------
    comparison
        From `sensitivity.compare.compare`.
    counted
        See `across`: what changes in one synthetic cohort alone has a sign of its own.
    """
    found = judged(across.with_cohorts(comparison, counted))
    if found.empty:
        return None
    keys, columns = _columns(found, study)
    rows = [
        Row(own.group, _series_name(own, study), signs)
        for own in series(variants, study.chosen)
        if (signs := _signs(own, found, keys, failed, counted))
    ]
    return conclusions_matrix(rows, columns, _legend(counted)) if rows else None


def caption(
    comparison: pd.DataFrame,
    variants: Sequence[Variant],
    failed: Mapping[str, str],
    study: Study,
) -> str:
    """Give the caption of `figure`, with how many variants it leaves out since all holds."""
    found = judged(comparison)
    other = set(found.loc[found["judgement"] != Judgement.HOLDS, "variant"]) | set(failed)
    quiet = sum(each.name not in other for each in variants)
    said = (
        "All conclusions on each prognostic factor (p, the interval of the hazard ratio, the order "
        "of medians), by endpoint, under each variant. A row of several values has the sign of any "
        "of them."
    )
    if quiet:
        said += f" {thousands(quiet)} of {thousands(len(variants))} variants, under which every "
        said += "conclusion holds, are not drawn."
    _, columns = _columns(found, study)
    short = abbreviations(study, [column.label for column in columns])
    return f"{said} {short}".rstrip()


def _columns(
    found: pd.DataFrame, study: Study
) -> tuple[dict[tuple[str, str, str], int], list[Column]]:
    """Give the column of each conclusion: of effects on an endpoint one a factor."""
    subjects: list[tuple[str, str, str]] = [
        (str(analysis), str(factor), str(variable))
        for analysis, factor, variable in found[SUBJECT].drop_duplicates().to_numpy()
    ]
    effects = [subject for subject in subjects if subject[0] == "prognosis"]
    by_endpoint = len(effects) <= _MOST
    keys: dict[tuple[str, str, str], int] = {}
    columns: list[Column] = []
    known: dict[tuple[str, str], int] = {}
    declared = [factor.name for factor in study.factors]
    order = {factor: place for place, factor in enumerate(declared)}
    endpoints = list(dict.fromkeys(variable for _, _, variable in effects))

    def rank(subject: tuple[str, str, str]) -> tuple[int, int, int]:
        analysis, factor, variable = subject
        if analysis != "prognosis":
            return 1, 0, 0
        endpoint = endpoints.index(variable) if by_endpoint else 0
        return 0, endpoint, order.get(factor, len(order))

    for subject in sorted(subjects, key=rank):
        analysis, factor, variable = subject
        if analysis == "prognosis":
            of = (variable if by_endpoint else "", factor)
            column = Column(of[0] or " and ".join(endpoints), words.factor(factor, study, study))
        else:
            of = ("", analysis)
            column = Column("", words.place(analysis, study))
        if of not in known:
            known[of] = len(columns)
            columns.append(column)
        keys[analysis, factor, variable] = known[of]
    return keys, columns


def _signs(
    own: Series,
    found: pd.DataFrame,
    keys: Mapping[tuple[str, str, str], int],
    failed: Mapping[str, str],
    counted: Counted,
) -> dict[int, str]:
    """Give the sign in each column of a row; nothing where every conclusion holds."""
    names = {each.name for each in own.variants}
    strength = [HOLDS, UNKNOWN, *_changed(counted)]
    signs: dict[int, str] = {}
    for row in found[found["variant"].isin(names)].to_dict("records"):
        column = keys[str(row["analysis_id"]), str(row["factor"]), str(row["variable"])]
        sign = _sign(row["judgement"], row[COHORTS], counted)
        signs[column] = max(signs.get(column, HOLDS), sign, key=strength.index)
    if names <= failed.keys():
        return dict.fromkeys(keys.values(), UNKNOWN)
    return signs if set(signs.values()) - {HOLDS} else {}


def _changed(counted: Counted) -> list[str]:
    """Give the names of the signs of what changes, the weakest first."""
    if not isinstance(counted, Cohorts):
        return ["changes"]
    return [
        f"changes, in no more than one of {counted.members} cohorts",
        "changes, in more than one",
        f"changes, in all {counted.members}",
    ]


def _sign(judgement: str, cohorts: object, counted: Counted) -> str:
    if judgement != Judgement.CHANGES:
        return HOLDS if judgement == Judgement.HOLDS else UNKNOWN
    kinds = _changed(counted)
    if not isinstance(counted, Cohorts):
        return kinds[0]
    many = 0 if is_missing(cohorts) else int(str(cohorts))
    return kinds[0] if many <= across.ALONE else kinds[2] if many == counted.members else kinds[1]


def _legend(counted: Counted) -> dict[str, Sign]:
    *weak, strongest = reversed([Sign("s"), Sign("D"), Sign("D", filled=False)])
    kinds = _changed(counted)
    shapes = [Sign("D")] if len(kinds) == 1 else [*weak, strongest]
    return {
        **dict(zip(reversed(kinds), reversed(shapes), strict=True)),
        UNKNOWN: Sign("x", filled=False, strong=False),
        HOLDS: Sign(".", strong=False),
    }

"""In how many cohorts a conclusion changes, in words; what the report of one cohort may say of it.

Where no other cohorts are counted, `counted` is a sentence that says why, or "" of real patients,
of whom there is one cohort and nothing of this is said.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.display.beyond import DETERMINED, MARK, SIGNS, Marks
from analysis.display.format import thousands
from analysis.display.sensitivity import words
from analysis.estimates.rows import KEY, pick
from analysis.estimates.standing import STATUS, Status
from analysis.sensitivity import compare
from analysis.sensitivity.cohorts import Cohorts
from analysis.sensitivity.variants import BASE, Variant
from analysis.study.keys import Statistic
from analysis.study.study import Study

Counted = Cohorts | str

# What of the base stands in the table of specification curves, in the order of its columns.
OF_BASE = (Statistic.HAZARD_RATIO, Statistic.P_VALUE)
# Factor, endpoint, level and one of `OF_BASE`, to the sign behind it.
Signs = dict[tuple[str, str, str, str], str]

COHORTS = "cohorts"

# What changes in no more than so many cohorts is no headline.
ALONE = 1


def with_cohorts(comparison: pd.DataFrame, counted: Counted) -> pd.DataFrame:
    """Give a comparison with the number of cohorts in which each changed conclusion changes.

    The column `COHORTS` is missing where no conclusion changes; there is none where nothing was
    counted.
    """
    if isinstance(counted, str):
        return comparison
    return comparison.assign(**{COHORTS: counted.of(comparison).astype("Int64")})


def is_headline(rows: pd.DataFrame) -> pd.Series:
    """Tell which changed conclusions may be named as such: all, where nothing was counted."""
    if COHORTS not in rows:
        return pd.Series(True, index=rows.index)
    return rows[COHORTS] > ALONE


def heading(counted: Cohorts) -> str:
    """Give the heading of the column that `of` fills."""
    return f"In k of {counted.members} cohorts"


def of(count: int, counted: Cohorts) -> str:
    """Give a number of cohorts, of all that were counted.

    >>> of(3, Cohorts(16, pd.DataFrame()))
    '3 of 16'
    """
    return f"{count} of {counted.members}"


def headline(comparison: pd.DataFrame, counted: Cohorts) -> list[str]:
    """Say how many conclusions change in all cohorts, in some, in one and in none."""
    known = compare.askable(comparison)
    cell = ["variant", *compare.SAME_CELL]
    counts = _estimated(counted.counts)
    found = known.merge(counts.groupby(cell)[COHORTS].max().reset_index(), on=cell, how="left")
    most = found[COHORTS].fillna(0)
    every = counts[counts[COHORTS] == counted.members]
    members = f"all {counted.members} cohorts"
    return [
        f"{_conclusions(len(every))} in {members} that were asked, each of which gives every "
        f"published number{_under(every)}.",
        f"Of {thousands(len(known))} conclusions, each held against each variant, "
        f"{thousands(int((most == 0).sum()))} change in none of the {counted.members}; "
        f"{thousands(int(most.between(ALONE + 1, counted.members - 1).sum()))} change in some of "
        f"them, and {thousands(int((most == ALONE).sum()))} in one only.",
    ]


def _under(rows: pd.DataFrame) -> str:
    if rows.empty:
        return ""
    kinds = rows["conclusion"].value_counts(sort=False)
    listed = "; ".join(f"{kind}: {thousands(int(number))}" for kind, number in kinds.items())
    variants = rows["variant"].nunique()
    return f", under {thousands(variants)} variant{'s' if variants > 1 else ''} ({listed})"


def of_this(
    changes: pd.DataFrame, counted: Cohorts, where: str = "In the cohort of this page"
) -> str:
    """Say of the conclusions that change in this cohort, in how many of the others they do.

    `changes` has the column `COHORTS`; "" where nothing changes.
    """
    if changes.empty:
        return ""
    count = changes[COHORTS]
    few = int((count <= ALONE).sum())
    return (
        f"{where} {_conclusions(len(changes))}{_under(changes)}: "
        f"{thousands(int((count == counted.members).sum()))} of them in all {counted.members}, "
        f"{thousands(int(count.between(ALONE + 1, counted.members - 1).sum()))} in some, and "
        f"{thousands(few)} in no more than one of the {counted.members}, which "
        f"{'hangs' if few == 1 else 'hang'} on what was drawn at random."
    )


def unknown(counted: str) -> str:
    """Say that what changes is of one synthetic cohort, and how to count it over others."""
    return (
        "All of this is of one synthetic cohort, and another that gives the same published numbers "
        f"has other conclusions that change: none of them is a finding. {counted}"
    )


def _conclusions(count: int) -> str:
    return f"{thousands(count)} conclusion{' changes' if count == 1 else 's change'}"


def _estimated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["conclusion"] != compare.NOT_ESTIMABLE]


def only_elsewhere(
    comparison: pd.DataFrame, variants: Sequence[Variant], study: Study, counted: Cohorts
) -> list[str]:
    """Name what changes in all cohorts that were counted, and not in the one of this page."""
    found = _estimated(counted.elsewhere(comparison))
    found = found[found[COHORTS] == counted.members]
    known = {variant.name: variant for variant in variants}
    named = []
    for cell in found.to_dict("records"):
        theirs = study.under(known[cell["variant"]].parameters(study.chosen))
        # Of a factor the name is known; any other group is its own.
        subject = words.subject({**cell, "group": cell["factor"]}, study, theirs)
        name = words.variant(known[cell["variant"]], study)
        named.append(f"{name}: {subject} ({cell['conclusion']})")
    return named


def of_factor(comparison: pd.DataFrame, factor: str, counted: Counted) -> str:
    """Give the sentence of a specification curve, with a space before it; "" of real patients."""
    if counted == "":
        return ""
    if isinstance(counted, str):
        return " In other cohorts that give the same published numbers these curves run otherwise."
    changes = compare.conclusions(with_cohorts(comparison, counted))
    own = _of_factor(_estimated(changes), factor)
    if own.empty:
        return " No conclusion on it changes in this cohort."
    return f" {of_this(own, counted, 'On it')}"


def _of_factor(rows: pd.DataFrame, factor: str) -> pd.DataFrame:
    return rows[(rows["analysis_id"] == "prognosis") & (rows["factor"] == factor)]


def variants_that_change(counted: Cohorts, factor: str, endpoint: str, level: str) -> list[int]:
    """Give how many variants change p or interval of an effect in all cohorts, and in any."""
    rows = _of_factor(_estimated(counted.counts), factor)
    rows = rows[
        (rows["variable"] == endpoint)
        & rows["variable_level"].eq("")
        & rows["statistic"].isin([Statistic.P_VALUE, Statistic.HAZARD_RATIO])
        & rows["group_level"].isin(["", level])
    ]
    most = rows.groupby("variant")[COHORTS].max()
    return [int((most == counted.members).sum()), len(most)]


# What stands behind numbers -------------------------------------------------------------------


def signs_of_base(estimates: pd.DataFrame) -> Signs | None:
    """Give the signs behind what `OF_BASE` names of each factor, endpoint and level.

    `estimates` are from `estimates_with_status`; None of real patients. A ratio has the sign of the
    least known of it and its limits, a p value that of the exact test where there is one.
    """
    if STATUS not in estimates:
        return None
    rows = pick(estimates[estimates["variant"] == BASE], analysis_id="prognosis", variable_level="")
    ratio = OF_BASE[0].value
    stands_for = {name.value: ratio for name in Statistic.HAZARD_RATIO.limits}
    stands_for |= {name.value: name.value for name in OF_BASE}
    exact = {Statistic.EXACT_P.value: Statistic.P_VALUE.value}
    found: Signs = {}
    for row in rows.to_dict("records"):
        of = (row["factor"], row["variable"], row["group_level"])
        sign = SIGNS.get(Status(row[STATUS]), "")
        if row["statistic"] in exact:
            found[*of, exact[row["statistic"]]] = sign
        elif row["statistic"] in stands_for:
            name = stands_for[row["statistic"]]
            found[*of, name] = max(found.get((*of, name), ""), sign, key=_least_known)
    return _with_levels(found)


def _with_levels(signs: Signs) -> Signs:
    """Give the test of a factor to each of its levels, beside which it stands."""
    tests = {key[:2]: sign for key, sign in signs.items() if key[2:] == ("", OF_BASE[1])}
    levels = {(key[:2], key[2]) for key in signs}
    return signs | {(*of, level, str(OF_BASE[1])): tests[of] for of, level in levels if of in tests}


def _least_known(sign: str) -> int:
    return ["", DETERMINED, MARK].index(sign)


def marks_of_variants(marks: Marks) -> Marks:
    """Give marks for estimates of all variants: an article prints those of the base alone."""
    printed = marks.printed
    if printed is None:
        return marks

    def told(rows: pd.DataFrame) -> pd.Series:
        own = (rows["variant"] == BASE).to_numpy()
        found = np.zeros(len(rows), dtype=bool)
        found[own] = printed(rows[own]).to_numpy()
        return pd.Series(found, index=rows.index)

    return Marks(told, missing=marks.missing)


def estimates_with_status(estimates: pd.DataFrame, marks: Marks) -> pd.DataFrame:
    """Give the estimates of all variants with what stands behind each.

    Those of real patients are given as they are.
    """
    if marks.printed is None:
        return estimates
    own = estimates["variant"] == BASE
    parts = [marks.estimates(estimates[own]), marks_of_variants(marks).estimates(estimates[~own])]
    return pd.concat([part for part in parts if not part.empty])


def comparison_with_status(
    comparison: pd.DataFrame, estimates: pd.DataFrame, counted: Counted
) -> pd.DataFrame:
    """Give a comparison with the status of both sides, and with how many cohorts were counted.

    `estimates` are from `estimates_with_status`; without a status the comparison is as it is. Under
    a variant nothing is printed, and the ensemble is not estimated: it is open.
    """
    if STATUS not in estimates:
        return comparison
    base = estimates.loc[estimates["variant"] == BASE, [*KEY, STATUS]].drop_duplicates(KEY)
    known = base.rename(columns={STATUS: "base_status"})
    found = comparison.merge(known, on=KEY, how="left")["base_status"].set_axis(comparison.index)
    told = comparison.assign(base_status=found.fillna(""), **{STATUS: Status.OPEN.value})
    if isinstance(counted, str):
        return told
    return told.assign(cohorts_asked=counted.members)

"""Sentences of the article that hold under one reading and not under another, with what decides.

Nobody is accused by them: a reading under which a sentence holds is enough, and which was meant is
known to its authors alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import Markdown

from analysis.article.ledger import PLANNED, published
from analysis.audit.comparison import compare
from analysis.audit.verdicts import NOT_ESTIMATED
from analysis.cohort.model import Cohort
from analysis.display.format import MISSING, fixed, listed, percent, thousands
from analysis.display.tables import Table, plain_table
from analysis.estimates.rows import pick, row, to_table
from analysis.study.keys import Statistic
from analysis.zhai_2025.patients import INTRAHEPATIC_SITES

FOCUS = "hepatic_focus"
# What hepatic radiation is aimed at (Methods 2.3): the primary tumour and tumour thrombosis.
HEPATIC_SITES = (*INTRAHEPATIC_SITES, "other tumour thrombus")
PRESCRIBED, STEREOTACTIC, SHORTER, OTHER = (
    "as prescribed",
    "stereotactic",
    "fewer fractions",
    "other",
)
KINDS = (PRESCRIBED, STEREOTACTIC, SHORTER, OTHER)
_CASE = "grade5_case_1"
_LINES = "d-progressed-before-yes-pct"
_DOSE, _FRACTIONS = "rt_hepatic_dose_gy", "rt_hepatic_fractions"
_CRITERION = "mRECIST"
HOLDS, DOES_NOT = "yes", "no"


# The prescription of Methods 2.3 ------------------------------------------------------------------


def courses(cohort: Cohort, ledger: pd.DataFrame) -> pd.DataFrame:
    """Count the irradiated foci of the liver by how their course stands to Methods 2.3.

    Returns
    -------
    Rows of the estimates table under the analysis `article.ledger.PLANNED`: foci with dose and
    fractions, and of these the number and percentage in each of `KINDS`; none where dose,
    fractions or sites are not recorded. `n` are foci, not patients.
    """
    if not cohort.has("radiotherapy.site", "radiotherapy.dose_gy", "radiotherapy.fractions"):
        return to_table([], courses)
    foci = cohort.radiotherapy
    foci = foci[foci["site"].isin(HEPATIC_SITES)].dropna(subset=["dose_gy", "fractions"])
    if foci.empty:
        return to_table([], courses)
    kinds = _kind(foci["dose_gy"], foci["fractions"], ledger, cohort.parameters)
    n = len(foci)
    method = "dose and fractions of each irradiated focus of the liver"
    rows = [row(PLANNED, FOCUS, Statistic.N, n, unit="foci", n=n, method=method)]
    for kind in KINDS:
        count = int((kinds == kind).sum())
        rows += [
            row(
                PLANNED, FOCUS, statistic, value, variable_level=kind, unit=unit, n=n, method=method
            )
            for statistic, value, unit in (
                (Statistic.COUNT, count, "foci"),
                (Statistic.PERCENT, 100 * count / n, "%"),
            )
        ]
    return to_table(rows, courses)


def _kind(
    dose_gy: pd.Series, fractions: pd.Series, ledger: pd.DataFrame, parameters: Any
) -> np.ndarray:
    """Give the kind of each course: dose in Gy, number of fractions."""
    dose, number = dose_gy.astype("float64"), fractions.astype("float64")
    (low, high), (fewest, most) = (_bounds(ledger, name) for name in (_DOSE, _FRACTIONS))
    few = number <= parameters.sbrt_max_fractions
    large = dose / number >= parameters.sbrt_min_fraction_gy
    return np.select(
        [dose.between(low, high) & number.between(fewest, most), few & large, number < fewest],
        [PRESCRIBED, STEREOTACTIC, SHORTER],
        OTHER,
    )


def _bounds(ledger: pd.DataFrame, variable: str) -> tuple[float, float]:
    least, greatest = (
        published(ledger, analysis_id=PLANNED, variable=variable, statistic=statistic)["value"]
        for statistic in (Statistic.THRESHOLD_MIN, Statistic.THRESHOLD_MAX)
    )
    return float(least), float(greatest)


def _sentence(ledger: pd.DataFrame) -> str:
    """Give the prescription in words, from the ledger: '50–65 Gy in 20–30 fractions'."""
    (low, high), (fewest, most) = (_bounds(ledger, name) for name in (_DOSE, _FRACTIONS))
    return f"{low:g}–{high:g} Gy in {fewest:g}–{most:g} fractions"


def _case(ledger: pd.DataFrame) -> tuple[float, float]:
    """Give dose (Gy) and fractions of the course to the liver that the Discussion describes."""
    dose, fractions = (
        float(published(ledger, analysis_id=_CASE, variable=variable)["value"])
        for variable in ("dose_gy", "fractions")
    )
    return dose, fractions


def courses_table(rows: pd.DataFrame, cohort: Cohort, ledger: pd.DataFrame) -> Table | None:
    """Give the foci of the liver beside the prescription; None when they are not recorded."""
    chosen = pick(rows, analysis_id=PLANNED, variable=FOCUS)
    if chosen.empty:
        return None
    parameters: Any = cohort.parameters
    _, (fewest, _) = (_bounds(ledger, name) for name in (_DOSE, _FRACTIONS))
    words = {
        PRESCRIBED: f"{_sentence(ledger)}, as in Methods 2.3",
        STEREOTACTIC: f"Stereotactic: at most {parameters.sbrt_max_fractions} fractions, of "
        f"{parameters.sbrt_min_fraction_gy:g} Gy or more",
        SHORTER: f"Fewer than {fewest:g} fractions, not stereotactic",
        OTHER: "Other doses, or more fractions",
    }
    values = chosen.set_index(["variable_level", "statistic"])["value"]
    cells = pd.DataFrame(
        {
            "Course": [words[kind] for kind in KINDS],
            "Foci": [thousands(values[kind, Statistic.COUNT]) for kind in KINDS],
            "%": [fixed(values[kind, Statistic.PERCENT], 1) for kind in KINDS],
        }
    )
    notes = [
        f"Of {thousands(values['', Statistic.N])} irradiated foci of the liver: primary tumours "
        "and tumour thrombi. Methods 2.3 names dose and fractions of patients who received "
        "hepatic radiation; taken as what is usual, it says nothing of courses that are shorter "
        "by design."
    ]
    return plain_table(cells, stub="Course", notes=notes)


def reasoned(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Give verdicts in which what says how was prescribed has that for its reason.

    Nobody's data reproduce such a number, or miss it.
    """
    planned = verdicts["analysis_id"].eq(PLANNED) & verdicts["verdict"].eq(NOT_ESTIMATED)
    said = (
        "what is prescribed as a rule, which no patients' data have; see the sentences and their "
        "readings"
    )
    return verdicts.assign(reason=verdicts["reason"].mask(planned, said))


def _inside(rows: pd.DataFrame) -> str:
    values = pick(rows, analysis_id=PLANNED, variable=FOCUS).set_index(
        ["variable_level", "statistic"]
    )["value"]
    if values.empty:
        return ""
    count, of = values[PRESCRIBED, Statistic.COUNT], values["", Statistic.N]
    return f"{thousands(count)} of {thousands(of)} foci here"


# The labels of two p values ----------------------------------------------------------------------


def _labels(ledger: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Give the p values of the marker against response, as labelled and with labels exchanged.

    One row a claim, with `agrees`, and `exchanged`: whether the estimate under the other label of
    the same criterion is printed so. Only of mRECIST are labels exchanged.
    """
    claims = ledger[
        ledger["analysis_id"].eq("afp_response") & ledger["statistic"].eq(Statistic.P_VALUE)
    ]
    found = compare(claims, estimates)
    of_criterion = found["group_level"].eq(_CRITERION)
    swapped = claims.assign(
        variable_level=claims["variable_level"].mask(
            claims["group_level"].eq(_CRITERION),
            claims["variable_level"].map({"ORR": "DCR", "DCR": "ORR"}),
        )
    )
    exchanged = compare(swapped, estimates)["agrees"].to_numpy()
    return found.assign(exchanged=exchanged, of_criterion=of_criterion)


def labels_note(ledger: pd.DataFrame, estimates: pd.DataFrame) -> Markdown:
    """Say that the labels of two p values fit exchanged; nothing where they do not.

    It is said of a dataset in which each p value of the sentence (Results 3.3) comes out with the
    two labels exchanged, and not as they stand.
    """
    labels = _labels(ledger, estimates)
    if labels["agrees"].all() or not labels["exchanged"].all():
        return Markdown("")
    two = labels[labels["of_criterion"]]
    names = {"ORR": "objective response", "DCR": "disease control"}
    printed = listed(
        [f"{c['printed']} for {names[c['variable_level']]}" for c in two.to_dict("records")]
    )
    here = listed(
        [f"{c['reproduced']} for {names[c['variable_level']]}" for c in two.to_dict("records")]
    )
    link = f"07_replication.html#{claim_anchor(str(two['claim_id'].iloc[0]))}"
    return Markdown(
        f"**Two labels.** By {_CRITERION} the article prints p = {printed}; Fisher's test gives "
        f"{here}. With these two labels exchanged, all {len(labels)} p values of Results 3.3 are "
        f"those of Fisher's test; as the labels stand, {int(labels['agrees'].sum())} are. "
        f"[The audit has the proof]({link}) that no patients give the two under the labels that "
        "they have, by the tests that it tries; which was meant it cannot know."
    )


def claim_anchor(claim_id: str) -> str:
    """Give the name under which the list of verdicts has a claim, for links.

    >>> claim_anchor("s3.3-afp-mrecist-orr-p")
    'claim-s3.3-afp-mrecist-orr-p'
    """
    return f"claim-{claim_id}"


# All of them -------------------------------------------------------------------------------------


def table(ledger: pd.DataFrame, estimates: pd.DataFrame, cohort: Cohort) -> Table:
    """Give each sentence with its readings, what this dataset has, and whether it holds.

    `estimates` are all of a dataset, with the rows of `courses`.
    """
    rows = [
        *_prescription_rows(ledger, estimates, cohort),
        *_lines_rows(ledger, estimates),
        *_labels_rows(ledger, estimates),
    ]
    notes = [
        "A sentence that holds under one reading can be meant so: nothing here says that it is "
        f"wrong, or which reading was meant. {MISSING}, not recorded in this dataset."
    ]
    cells = pd.DataFrame(rows, columns=["Sentence", "Read as", "What there is", "Holds"])
    return plain_table(
        cells,
        stub="Read as",
        group="Sentence",
        left=["What there is", "Holds"],
        notes=notes,
    )


_Row = tuple[str, str, str, str]


def _prescription_rows(
    ledger: pd.DataFrame, estimates: pd.DataFrame, cohort: Cohort
) -> Iterator[_Row]:
    sentence = f"Methods 2.3: hepatic radiation of {_sentence(ledger)}"
    dose, fractions = _case(ledger)
    (kind,) = _kind(pd.Series([dose]), pd.Series([fractions]), ledger, cohort.parameters)
    case = f"{dose:g} Gy in {fractions:g} fractions to an intrahepatic lesion (Discussion)"
    inside = _inside(estimates)
    within = f"; {inside} lie within it" if inside else ""
    yield (
        sentence,
        "a usual prescription, stereotactic and hypofractionated courses apart",
        f"{case} is such a course{within}",
        _word(kind in (STEREOTACTIC, SHORTER)),
    )
    yield (
        sentence,
        "the range of all courses",
        f"{case} lies {'within' if kind == PRESCRIBED else 'outside'}{within}",
        _word(kind == PRESCRIBED),
    )


def _lines_rows(ledger: pd.DataFrame, estimates: pd.DataFrame) -> Iterator[_Row]:
    claim = ledger.set_index("claim_id").loc[_LINES]
    sentence = f"Discussion: more than {claim['printed']}% had received multiple lines of therapy"
    lines = pick(estimates, analysis_id="treatment", variable="therapy_line_group", group="")
    counts = pick(lines, statistic=Statistic.COUNT).set_index("variable_level")
    for words, levels in (
        ("one earlier line or more (second line or later)", ("2", ">=3")),
        ("two earlier lines or more (third line or later)", (">=3",)),
    ):
        if counts.empty:
            yield sentence, words, MISSING, MISSING
            continue
        count = sum(counts["value"].get(level, 0.0) for level in levels)
        n = int(counts["n"].iloc[0])
        share = 100 * count / n
        there = f"{thousands(count)} of {thousands(n)}, {percent(share)}"
        yield sentence, words, there, _word(share > claim["value"])


def _labels_rows(ledger: pd.DataFrame, estimates: pd.DataFrame) -> Iterator[_Row]:
    labels = _labels(ledger, estimates)
    two = labels[labels["of_criterion"]]
    printed = listed([f"{c['printed']} ({c['variable_level']})" for c in two.to_dict("records")])
    sentence = f"Results 3.3: AFP reduction against response by {_CRITERION}, p = {printed}"
    known = bool(two["estimated"].all())
    there = listed([f"{c['reproduced']} ({c['variable_level']})" for c in two.to_dict("records")])
    there = f"Fisher's test: {there}" if known else MISSING
    for words, holds in (
        ("the labels as they stand", two["agrees"]),
        ("the two labels exchanged", two["exchanged"]),
    ):
        yield sentence, words, there, _word(bool(holds.all())) if known else MISSING


def _word(holds: bool) -> str:
    return HOLDS if holds else DOES_NOT

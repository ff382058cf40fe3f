"""What cohorts that meet every number of the article have in common, for the report's pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.cohort.axis import held
from analysis.cohort.members import members as read_members
from analysis.cohort.model import Cohort, Dataset
from analysis.estimates.ensemble import Ensemble, ledger_digest, read_ensemble
from analysis.sensitivity.cohorts import Cohorts, read_cohorts
from analysis.sensitivity.pair import Pair
from analysis.sensitivity.variants import Variant, variants_of
from analysis.study.parameters import Parameters
from analysis.zhai_2025.study import STUDY


def of(cohort: Cohort) -> Ensemble | str:
    """Give the ensemble for the pages of a cohort, or a sentence why there is none.

    The sentence is empty where there is nothing to say: of real patients, and of a cohort that is
    not held against an article.
    """
    article = cohort.study.article
    if article is None or not cohort.synthetic:
        return ""
    return read_ensemble(read_ledger(article / CLAIMS.name), cohort.parameters)


def changes(cohort: Cohort, base: Parameters, variants: Sequence[Variant]) -> Cohorts | str:
    """Give what changes under variants in the members of the ensemble, or why it is not known.

    The sentence is empty where `of` gives an empty one.
    """
    article = cohort.study.article
    if article is None or not cohort.synthetic:
        return ""
    return read_cohorts(ledger_digest(read_ledger(article / CLAIMS.name)), base, variants)


def of_pair(pair: Pair) -> tuple[Pair, Cohorts | str]:
    """Give two reports with what changes between them in the members of the ensemble, if counted.

    That is known of a variant that is declared, against the base that it was counted from. The
    sentence that stands in its place is empty where `of` gives an empty one, and of two datasets.
    """
    cohort, other = pair.first.cohort, pair.second.cohort
    if not pair.of_one_dataset or (isinstance(of(cohort), str) and not of(cohort)):
        return pair, ""
    base = held(cohort.parameters)
    declared = variants_of(cohort.study, base)
    asked = _of_conclusions(other.parameters)
    name = next(
        (v.name for v in declared if _of_conclusions(v.parameters(base)) == asked),
        "",
    )
    if not name:
        return pair, (
            "In how many other cohorts that give the same published numbers this changes is not "
            "counted: it is no variant of the sensitivity analyses."
        )
    return replace(pair, variant=name), changes(cohort, base, declared)


def _of_conclusions(parameters: Parameters) -> dict[str, object]:
    """Give the choices on which conclusions hang: not how long an axis is."""
    return parameters.model_dump(exclude={"figure_months", "at_risk_every_months", "show_censored"})


def members(cohort: Cohort) -> Iterable[Dataset] | str:
    """Give the cohorts of the ensemble themselves, or a sentence why there are none for a page.

    They are asked under the choices of the page, whichever the ensemble was estimated under.
    """
    article = cohort.study.article
    if article is None or not cohort.synthetic:
        return ""
    found = read_ensemble(read_ledger(article / CLAIMS.name), cohort.study.parameters())
    return found if isinstance(found, str) else read_members(STUDY)

"""What cohorts that meet every number of the article have in common, for the report's pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.cohort.members import members as read_members
from analysis.cohort.model import Cohort, Dataset
from analysis.estimates.ensemble import Ensemble, ledger_digest, read_ensemble
from analysis.sensitivity.cohorts import Cohorts, read_cohorts
from analysis.sensitivity.variants import Variant
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


def members(cohort: Cohort) -> Iterable[Dataset] | str:
    """Give the cohorts of the ensemble themselves, several a dataset, or why a page has none.

    They are asked under the choices of the page, whichever the ensemble was estimated under.
    """
    article = cohort.study.article
    if article is None or not cohort.synthetic:
        return ""
    found = read_ensemble(read_ledger(article / CLAIMS.name), cohort.study.parameters())
    return found if isinstance(found, str) else read_members(STUDY)

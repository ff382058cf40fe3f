"""What an ensemble of this article's cohorts goes by."""

from __future__ import annotations

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.audit.engine import answers_of
from analysis.audit.structure import read_structure
from analysis.synthesis.ensemble import Ways
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.parameters import Parameters
from analysis.zhai_2025.synthesis import description
from analysis.zhai_2025.synthesis.plan import plan


def ways(ledger: str) -> Ways:
    """Give the ways for a ledger by its path, or, for "", for the article's."""
    return Ways(
        plan=plan(),
        targets=Targets(read_ledger(ledger or CLAIMS)),
        # What is known of the article is excused, whatever else another ledger asks for.
        excused=answers_of(read_ledger(CLAIMS), read_structure()),
        options=Parameters(),
        multivariable=Parameters(factor_model="multivariable"),
        description=lambda patients: description.description(patients, seed=0),
    )

"""Counts as the estimators ask for them: a study, its endpoints, and times with their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd
from pydantic import ValidationError

from analysis.cohort.axis import with_axis
from analysis.cohort.declared import declare
from analysis.cohort.derive import imputed_days
from analysis.counts.about import Apart, Facts, description_of, levels_among
from analysis.counts.table import ALL, COMPETING, EVENT, Counts
from analysis.estimates.survival import OVERALL_SURVIVAL
from analysis.estimates.weights import N
from analysis.study.parameters import Parameters
from analysis.study.study import Study


@dataclass(frozen=True)
class Counted:
    """Counts with the study that they are of (see `estimates.factors.Recorded`).

    Attributes
    ----------
    counts
        Of one patient or more.
    study
        Under the parameters of the counts, with the levels that the patients have.
    """

    counts: Counts
    study: Study

    @classmethod
    def of(cls, counts: Counts, base: Study) -> Counted:
        """Put counts under their study, `base` with what their `dataset.yaml` declare.

        Raises
        ------
        about.Apart
            When they are of nobody, or of another study.
        DatasetFaults
            When what is declared does not go together.
        """
        facts = counts.about.facts
        if facts is None:
            raise Apart("There is nobody in these counts.")
        try:
            study = study_of(facts, base)
            study = study.under(study.parameters(**facts.parameters))
        except ValidationError as error:
            first = error.errors()[0]
            raise Apart(
                f"What these counts say of their study is not known here: {first['loc']}, "
                f"{first['msg']}."
            ) from None
        study = levels_among(study, counts.about.levels)
        found = cls(counts, study)
        if study.article is None:
            # As of patients: there is no figure of an article to be like.
            times = pd.concat([found.times(name) for name in found.endpoints()])
            found = replace(found, study=replace(study, chosen=with_axis(study.chosen, times)))
        return found

    @property
    def parameters(self) -> Parameters:
        """The parameters under which patients were counted."""
        return self.study.chosen

    def records(self, *columns: str) -> bool:
        """Tell whether every one of the patient columns is recorded for at least one patient."""
        return all(self.counts.about.recorded.get(column, 0) > 0 for column in columns)

    def endpoints(self) -> list[str]:
        """Give the endpoints that can be analysed, in the study's order; others by name."""
        present = set(self.counts.table["endpoint"])
        declared = [endpoint.name for endpoint in self.study.endpoints]
        return [name for name in declared if name in present] + sorted(present - set(declared))

    def times(self, endpoint: str, factor: str = ALL) -> pd.DataFrame:
        """Give times of an endpoint: `endpoint, days, event, competing, level` and `n`."""
        table = self.counts.table
        own = table[(table["endpoint"] == endpoint) & (table["factor"] == factor)]
        return pd.DataFrame(
            {
                "endpoint": own["endpoint"],
                "days": own["days"],
                "event": own["ended"] == EVENT,
                "competing": own["ended"] == COMPETING,
                "level": own["level"],
                N: own[N],
            }
        ).reset_index(drop=True)

    @property
    def stand_ins(self) -> Mapping[str, str]:
        """What stands in for what is not recorded, as `Cohort.stand_ins`."""
        about = self.counts.about
        assert about.facts is not None
        found = dict(about.facts.stand_ins)
        for endpoint in self.study.endpoints:
            words = (
                found.get(endpoint.name, ""),
                imputed_days(endpoint, about.imputed, self.study),
            )
            found[endpoint.name] = ", ".join(filter(None, words))
        found["follow_up"] = found.get(OVERALL_SURVIVAL, "")
        return {name: words for name, words in found.items() if words}


def study_of(facts: Facts, base: Study) -> Study:
    """Give the study that counts are of, `base` or one of its own.

    Raises
    ------
    about.Apart
        When they are of another study than is known here.
    """
    study = declare("counts", base, description_of(facts))
    if study.name != facts.study:
        raise Apart(f"These are counts of the study {facts.study}; known here is {study.name}.")
    return study

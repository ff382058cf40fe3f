"""What a report would add with one more column, or one more table.

It follows from what endpoints, rows of tables and derived columns say they are made of, held
against what the dataset does not record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.cohort.derive import CATEGORY, MEASURED, ZEROS
from analysis.cohort.model import Cohort
from analysis.cohort.recording import Recording
from analysis.study.variables import Grouped

MOST_LINES = 8
MOST_NAMED = 4
_TREATMENTS = ("radiotherapy", "immunotherapy")
# Outcomes that are counted of every study; deaths and progressions come with an endpoint.
_OUTCOMES = ("cause_of_death", "in_field_relapse", "failure_pattern")
# Counted from a table of their own, in which a patient may have several.
_OF_TABLES = {"rt_site": "radiotherapy.site"}
_SUMS = ("assessments.baseline_sum_mm", "assessments.best_sum_mm")


@dataclass(frozen=True)
class Offer:
    """Something that a report may show: its words, and in which ways it can be had.

    Each of `ways` names all that must be recorded for it (as `Recording.lacking` takes it).
    """

    words: str
    ways: tuple[tuple[str, ...], ...]
    endpoint: bool = False

    def is_had(self, recording: Recording) -> bool:
        """Tell whether one of the ways is recorded."""
        return any(recording.has(*way) for way in self.ways)


def gains(cohort: Cohort) -> list[str]:
    """Say what single columns or tables would add, one sentence each, most gain first."""
    recording = cohort.recording
    lacking = [offer for offer in offers(cohort) if not offer.is_had(recording)]
    found: list[tuple[int, int, str]] = []
    for source in _candidates(cohort):
        added = [offer for offer in lacking if offer.is_had(_with(recording, source))]
        if added:
            words = _once([_inner(offer.words) for offer in added])
            endpoints = sum(offer.endpoint for offer in added)
            what = source if "." in source else f"a table {source}"
            sentence = f"With {what} the report would add {_listed(words)}."
            found.append((endpoints, len(words), sentence))
    found.sort(key=lambda gain: gain[:2], reverse=True)
    return [sentence for *_, sentence in found[:MOST_LINES]]


def offers(cohort: Cohort) -> Iterator[Offer]:
    """Give what a report on these patients may show and does not have from another record."""
    study, parameters = cohort.study, cohort.parameters
    for endpoint in study.endpoints:
        if endpoint.events and endpoint.name not in cohort.endpoints():
            needs = endpoint.needs(parameters)
            starts = [()] if endpoint.time_zero else ZEROS[parameters.time_zero]
            ways = tuple((*needs, *start) for start in starts)
            yield Offer(endpoint.words, ways, endpoint=True)
    shown = (*study.table_1, *study.characteristics, *study.table_2, *study.treatment)
    variables = [row.variable if isinstance(row, Grouped) else row for row in shown]
    variables += [factor.variable for factor in study.factors]
    variables += [study.variable(name) for name in _OUTCOMES]
    instead = {factor.stand_in for factor in study.factors} | set(study.stand_ins.values())
    for variable in dict.fromkeys(variables):
        if variable.name in instead or cohort.records(variable.name):
            continue
        yield Offer(variable.words, ((_OF_TABLES.get(variable.name, variable.name),),))
    yield Offer("Best response", (CATEGORY, MEASURED))
    yield Offer("Change of the diameters of each patient", (_SUMS,))
    if marker := study.marker:
        yield Offer(f"{marker.words} after treatment", ((marker.after,),))
        yield Offer(f"Change of {marker.words}", ((marker.before, marker.after),))
    yield Offer("Adverse events by term", (("adverse_events.term",),))
    yield Offer("Grades of adverse events", (("adverse_events.term", "adverse_events.grade"),))
    for named in study.named_events:
        yield Offer(study.variable(named.name).words, (named.needs(),))


def _candidates(cohort: Cohort) -> list[str]:
    """Give what is not recorded and could be: tables, and columns of tables that are there."""
    missing = cohort.recording.missing
    tables = {source for source in missing if "." not in source}
    if not cohort.study.asks_for_tables and tables.issuperset(_TREATMENTS):
        # They had another treatment, or none.
        tables -= set(_TREATMENTS)
    columns = {s for s in missing if "." in s and s.partition(".")[0] not in missing}
    return sorted(tables | columns)


def _with(recording: Recording, source: str) -> Recording:
    """Give the recording as it were if a column, or a table with all its columns, was there."""
    missing = {s for s in recording.missing if s != source and not s.startswith(f"{source}.")}
    return replace(recording, missing=frozenset(missing))


def _inner(words: str) -> str:
    """Give words as they are within a sentence: "AFP" keeps its capitals, "Sex" does not."""
    first = words.partition(" ")[0]
    return words if any(sign.isupper() for sign in first[1:]) else words[:1].lower() + words[1:]


def _once(words: Sequence[str]) -> list[str]:
    """Give words once: 'line of therapy' is said by 'current line of therapy'."""
    unique = list(dict.fromkeys(words))
    return [
        one
        for one in unique
        if not any(other != one and other.endswith(f" {one}") for other in unique)
    ]


def _listed(words: Sequence[str]) -> str:
    named = list(words)
    if len(named) > MOST_NAMED + 1:
        named = [*named[:MOST_NAMED], f"{len(named) - MOST_NAMED} more"]
    *most, last = named
    return f"{', '.join(most)} and {last}" if most else last

"""Endpoints: what ends them, where they are censored, what competes, what must be recorded.

After ADaM's ADTTE: the earliest of the dates of events, else the date of censoring, counted from
time zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The columns that the choices of a place of censoring stand for.
CENSORED_AT: Mapping[str, str] = {
    "last contact": "last_contact_date",
    "last imaging": "last_imaging_date",
}


@dataclass(frozen=True)
class Endpoint:
    """A time to an event.

    Attributes
    ----------
    name, words
        Its abbreviation, and its name as at the start of a line.
    events
        Columns of dates, the earliest of which is the event; empty where days are recorded.
    optional
        Those of `events` that tell again what another one tells, so that it can be had without.
    event_words
        The event, in words.
    censoring
        The column of dates at which who had no event is censored.
    censoring_choice
        The parameter that chooses it in place of `censoring`.
    death_choice
        The parameter that says what a death without the event is: censored, an event or competing.
    competing
        Columns of dates after which the event cannot come; the earliest of them, if it is before
        the event.
    in_table
        Whether the factors of Table 5 are compared by it.
    stand_in
        The endpoint that is taken in its place where it is not recorded.
    time_zero
        A column of dates from which it is counted, in place of the time zero of all others.
    duration, duration_event, event_is
        Columns of the patients that hold how long it took and what ended it, and the values of
        these that are the event; those of `competing` are then values too.
    per_day
        Days in the unit of `duration`.
    """

    name: str
    words: str
    events: tuple[str, ...] = ()
    event_words: str = ""
    censoring: str = ""
    censoring_choice: str = ""
    death_choice: str = ""
    competing: tuple[str, ...] = ()
    in_table: bool = False
    stand_in: str = ""
    time_zero: str = ""
    duration: str = ""
    duration_event: str = ""
    event_is: tuple[str, ...] = ()
    per_day: float = 1.0
    optional: tuple[str, ...] = ()

    def censored_at(self, parameters: Any) -> str:
        """Give the column at which it is censored."""
        if not self.censoring_choice:
            return self.censoring
        return CENSORED_AT[getattr(parameters, self.censoring_choice)]

    def needs(self, parameters: Any) -> tuple[str, ...]:
        """Give the columns of dates without which it cannot be had, but for that of time zero."""
        needed = [event for event in self.events if event not in self.optional]
        needed += [self.censored_at(parameters), *self.competing]
        return (*needed, self.time_zero) if self.time_zero else tuple(needed)

    def competes(self, parameters: Any) -> bool:
        """Tell whether something competes with the event under the parameters."""
        chosen = self.death_choice and getattr(parameters, self.death_choice) == "competing"
        return bool(self.competing) or bool(chosen)


# Of any patients who are followed.
OVERALL = Endpoint(
    "OS",
    "Overall survival",
    ("death_date",),
    "death of any cause",
    censoring="last_contact_date",
    in_table=True,
)
PROGRESSION = Endpoint(
    "PFS",
    "Progression-free survival",
    ("progression_date", "in_field_relapse_date", "out_field_relapse_date", "death_date"),
    "progression, or death",
    # Each is a progression, which has a date of its own.
    optional=("in_field_relapse_date", "out_field_relapse_date"),
    censoring_choice="pfs_censoring",
    in_table=True,
)
# Only where a dataset records it as a duration.
RECURRENCE = Endpoint("RFS", "Recurrence-free survival", event_words="recurrence, or death")

"""The endpoints of Methods 2.5.

Relapse endpoints censor the dead where relapse was last looked for, since a relapse must be seen on
imaging, unless `relapse_death` has it otherwise.
"""

from __future__ import annotations

from analysis.study.endpoints import Endpoint

_RELAPSES = ("in_field_relapse_date", "out_field_relapse_date")

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "OS",
        "Overall survival",
        ("death_date",),
        "death of any cause",
        censoring="last_contact_date",
        in_table=True,
    ),
    Endpoint(
        "PFS",
        "Progression-free survival",
        ("progression_date", *_RELAPSES, "death_date"),
        "progression, or death",
        optional=_RELAPSES,
        censoring_choice="pfs_censoring",
        in_table=True,
        stand_in="RFS",
    ),
    # Only where a dataset records it as a duration.
    Endpoint("RFS", "Recurrence-free survival", event_words="recurrence, or death"),
    Endpoint(
        "IRFS",
        "In-field relapse-free survival",
        ("in_field_relapse_date",),
        "relapse in the radiation field",
        censoring_choice="relapse_censoring",
        death_choice="relapse_death",
    ),
    Endpoint(
        "ORFS",
        "Out-of-field relapse-free survival",
        ("out_field_relapse_date",),
        "relapse outside the field",
        censoring_choice="relapse_censoring",
        death_choice="relapse_death",
    ),
)

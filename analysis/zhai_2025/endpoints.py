"""The endpoints of Methods 2.5.

Relapse endpoints censor the dead where relapse was last looked for, since a relapse must be seen on
imaging, unless `relapse_death` has it otherwise.
"""

from __future__ import annotations

from dataclasses import replace

from analysis.study.endpoints import OVERALL, PROGRESSION, RECURRENCE, Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    OVERALL,
    replace(PROGRESSION, stand_in=RECURRENCE.name),
    RECURRENCE,
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

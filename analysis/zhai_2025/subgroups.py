"""Parts of the patients that have a name."""

from __future__ import annotations

from collections.abc import Mapping

SUBGROUPS: Mapping[str, str] = {
    "without earlier ICI": "not prior_ici",
    "without targeted therapy": "not targeted_therapy",
    "first line": "therapy_line == 1",
}

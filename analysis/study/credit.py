"""Whose article a study replicates; by itself, since a list of reports needs no more of a study."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Credit:
    """The article that a study replicates, as it asks to be named."""

    text: str
    doi: str
    licence: str
    licence_url: str

"""Terms of adverse events that mean one thing: spellings and MedDRA terms of CTCAE terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("terms.yaml")


@cache
def _meant() -> Mapping[str, str]:
    others: dict[str, list[str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {_plain(name): term for term, names in others.items() for name in (*names, term)}


def _plain(term: str) -> str:
    return re.sub(r"[\s_]+", " ", term.strip().casefold())


def meant(term: str) -> str:
    """Give the CTCAE term that a term means; one that is not known stays as it is.

    Other names stand in `terms.yaml`, each under the term that it means.

    Examples
    --------
    >>> meant("diarrhoea"), meant("ALT increased"), meant("Hair of the dog")
    ('Diarrhea', 'Alanine aminotransferase increased', 'Hair of the dog')
    """
    return _meant().get(_plain(term), term)


def is_term(term: str) -> bool:
    """Tell whether a text is a CTCAE term, or another name of one, that `terms.yaml` knows.

    >>> is_term("Diarrhoea"), is_term("Hair of the dog")
    (True, False)
    """
    return _plain(term) in _meant()

"""What a rule of the audit is, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analysis.audit.finders.evidence import Evidence
from analysis.audit.form import AnyCertificate


@dataclass(frozen=True)
class Check:
    """One thing that was checked: the claims it covers, and what was found, if anything.

    `certificates` are of a finding, the one it is about first; `says` tells what holds where there
    are none.
    """

    claims: tuple[str, ...]
    certificates: tuple[AnyCertificate, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Rule:
    """A rule: its name, the question it asks of a ledger, where it comes from, how it looks.

    `covers` tells whether it can fail for a number that is wrong, and not only for one that is no
    such statistic at all.
    """

    name: str
    question: str
    source: str
    find: Callable[[Evidence], Iterator[Check]]
    covers: bool = True

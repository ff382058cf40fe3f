"""What the checker knows of each kind of certificate, and the words that proofs share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, TypeVar

from analysis.audit.checker.ledger import EVERY, ROUNDED, Ledger, Rejected
from analysis.audit.form import AnyCertificate, Certificates, Convention, Data, Verdict

C = TypeVar("C", bound=Data)

AS_DECLARED = "as declared in structure.yaml"
OTHERWISE = "some are cut off, or rounded in another way"


@dataclass(frozen=True)
class Said:
    """What follows from certificates: a finding without its proof."""

    verdict: Verdict
    title: str
    subject: Sequence[str] = ()
    excluded: Sequence[str] = ()
    allowed: Sequence[str] = ()
    declared: Sequence[str] = ()
    explanations: Sequence[str] = ()
    rule: str = ""


class Kind(ABC, Generic[C]):
    """One kind of certificate: its claims, how it is checked, its words, what follows from it.

    Attributes
    ----------
    rule : the rule whose finding it is, where it stands first.
    """

    rule: str = ""

    @abstractmethod
    def claims(self, item: C) -> list[str]:
        """Give the claims that are used."""

    @abstractmethod
    def check(self, ledger: Ledger, item: C) -> None:
        """Compute every figure again; raise `Rejected` where one is another."""

    @abstractmethod
    def steps(self, ledger: Ledger, item: C) -> list[str]:
        """Give the derivation in words."""

    def says(self, ledger: Ledger, item: C, rest: Certificates) -> Said:
        """Give what follows from a certificate, with those that support it."""
        raise Rejected(f"nothing follows from {item!r} by itself")


def agree(item: Data, **computed: Any) -> None:
    """Reject a certificate whose figures are not those computed."""
    for name, value in computed.items():
        stated = getattr(item, name)
        if stated != value:
            raise Rejected(f"{name} is {_short(stated)}, computed {_short(value)}")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def known(conventions: Sequence[Convention]) -> None:
    """Reject conventions of rounding that are not told once each, in their order."""
    ordered = [way for way in EVERY if way in conventions]
    if not ordered or list(conventions) != ordered:
        raise Rejected("conventions of rounding in another order, or none")


def graver(ledger: Ledger, conventions: Sequence[Convention], allowed: Sequence[str]) -> Verdict:
    """Give the verdict of what is refuted: impossible where no reading, no rounding allows it."""
    every = tuple(conventions) == ledger.every
    return Verdict.IMPOSSIBLE if every and not allowed else Verdict.READING


def follows(certificates: Sequence[AnyCertificate], kind: type[C], **same: Any) -> list[C]:
    """Give the certificates of a kind in which some figures are as told."""
    return [
        item
        for item in certificates
        if isinstance(item, kind)
        and all(getattr(item, name) == value for name, value in same.items())
    ]


# Words -----------------------------------------------------------------------------------------


def decimal(value: Fraction, places: int = 4) -> str:
    """Write a fraction as a decimal, with `…` where digits are cut off.

    >>> decimal(Fraction(1, 4)), decimal(Fraction(2, 3), 3)
    ('0.25', '0.666…')
    """
    sign, value = ("−" if value < 0 else ""), abs(value)
    scaled = value * 10**places
    whole = scaled.numerator // scaled.denominator
    text = f"{whole // 10**places}.{whole % 10**places:0{places}d}"
    if scaled.denominator == 1:
        return sign + text.rstrip("0").rstrip(".")
    return f"{sign}{text}…"


def ending(value: Fraction | None, places: int = 4) -> str:
    """Write an end of an interval."""
    return "any number" if value is None else decimal(value, places)


def as_read(conventions: Sequence[Convention]) -> str:
    """Say under which conventions of rounding a number is read."""
    words = in_words(conventions)
    return words if words.startswith("however") else f"if it is {words}"


def in_words(conventions: Sequence[Convention]) -> str:
    """Name conventions of rounding.

    >>> in_words(["half up", "half even"]), in_words(["truncated", "rounded up"])
    ('rounded', 'cut off or rounded up')
    """
    chosen = set(conventions)
    if chosen >= set(EVERY) - {"rounded up"}:
        return "however it is rounded or cut off"
    names = ["rounded"] if chosen & set(ROUNDED) else []
    names += [
        words
        for way, words in (
            ("truncated", "cut off"),
            ("rounded up", "rounded up"),
            ("rounded twice", "rounded twice"),
        )
        if way in chosen
    ]
    return " or ".join(names)


def from_to(low: int, high: int) -> str:
    """Write a range of counts, or the one count that it is."""
    return str(low) if low == high else f"{low} to {high}"


def listed(words: Sequence[str]) -> str:
    """Join words as people do.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def one_digit_apart(first: str, second: str) -> bool:
    """Tell whether two printed numbers differ in one digit, or in two neighbours exchanged."""
    differing = [
        place for place, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]
    ]
    if len(first) != len(second) or not differing:
        return False
    low, high = differing[0], differing[-1]
    exchanged = high == low + 1 and first[low : high + 1] == second[low : high + 1][::-1]
    return len(differing) == 1 or (len(differing) == 2 and exchanged)

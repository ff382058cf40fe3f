"""What each number of a cell is, by its form and by what the words around it say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.article.draft.cells import Number, Piece
from analysis.article.draft.claim import VALUE, VALUE_LOWER, VALUE_SECOND, VALUE_UPPER
from analysis.article.draft.meaning import Meaning, meaning
from analysis.article.forms import form_of

UNNAMED = "what is this number?"
# Statistics whose limits have other names than theirs.
_STEMS = {"hazard_ratio": "hr", "odds_ratio": "or", "risk_ratio": "rr", "percent": "ci"}


@dataclass(frozen=True)
class Said:
    """A number with the statistic that it is taken for."""

    statistic: str
    number: Number
    question: str = ""
    of: str = ""


def inline(text: str) -> Meaning:
    """Give what the words in a cell itself say."""
    return (
        meaning(re.sub(r"[\d.·,]+", " ", text)) if re.search(r"[A-Za-z±]{2}|±", text) else Meaning()
    )


def _limits(central: str, spread: str) -> tuple[str, str]:
    """Name the two numbers of an interval."""
    if spread == "range":
        return "min", "max"
    if spread == "quartiles":
        return "lower_quartile", "upper_quartile"
    stem = _STEMS.get(central, central)
    return f"{stem}_lower", f"{stem}_upper"


_PAIR = re.compile(
    r"(?i)\(?(?<![\w≥≤<>])(?P<one>[a-z≥≤<>+−-][\w≥≤<>+−-]*(?:\s\d+)?)\s*(?:/|:|vs\.?|versus)\s*"
    r"(?P<two>[a-z≥≤<>+−-][\w≥≤<>+−-]*(?:\s\d+)?)\s*[),]?\W*(?:n|no\.?|%)?\W*$"
)


def pair_in(words: str) -> tuple[str, str] | None:
    """Give the two levels that the label of a row names, "Sex (M/F)", None where it names none.

    >>> pair_in("Sex (male/female)"), pair_in("HBV, yes/no"), pair_in("Age")
    (('male', 'female'), ('yes', 'no'), None)
    """
    found = _PAIR.search(words)
    return (found["one"], found["two"]) if found else None


def typed(
    found: Sequence[Piece], kinds: Sequence[Meaning], before: Sequence[Said], of: str, side: str
) -> list[Said]:
    """Give each number of a cell its statistic, by what the words say, the nearest first."""
    said: list[Said] = []
    kind = kinds[0] if kinds else Meaning()
    spread = next((k.spread for k in kinds if k.spread and k.central == kind.central), "")
    for place, piece in enumerate(found):
        inner = meaning(piece.words)
        if place == 0 or (not piece.bracketed and piece.shape != "single"):
            said += _first(piece, kind, spread, kinds, before, of, side, found)
        elif inner.central == "p_value" or re.fullmatch(r"p", piece.words):
            said.append(Said("p_value", piece.numbers[0]))
        else:
            said += _beside(piece, said, kind, inner, spread, kinds, of)
    return [_possible(one) for one in said]


def _possible(said: Said) -> Said:
    """Take no number for a p value that is none."""
    value = said.number.value
    if said.statistic != "p_value" or (value is not None and 0 <= value <= 1):
        return said
    return Said(VALUE, said.number, "no p value can be so: what is this number?")


def _first(
    piece: Piece,
    kind: Meaning,
    spread: str,
    kinds: Sequence[Meaning],
    before: Sequence[Said],
    of: str,
    side: str,
    found: Sequence[Piece],
) -> list[Said]:
    first = piece.numbers[0]
    ask = "what is this number?"
    if piece.shape == "ratio":
        # n/N: how many of how many, if the words or a percentage say so.
        third = next((p.numbers[0] for p in found[1:] if p.shape == "single"), None)
        whole = piece.numbers[1].printed
        shown = third is not None and (third.percent or fits(first, third, whole))
        said = any(k.central == "count" and k.spread == "percent" for k in kinds)
        if not (shown or said or re.sub(r"\D", "", of) == re.sub(r"\D", "", whole)):
            question = "how do these two numbers belong together?"
            return [Said(VALUE, first, question), Said(VALUE_SECOND, piece.numbers[1], question)]
        count = Said("count", first, of=piece.numbers[1].printed)
        larger = (first.value or 0) > (piece.numbers[1].value or 0)
        if larger or kind.central in ("median", "mean"):
            return [Said(VALUE, n, "how do these two numbers belong together?") if not i else
                    Said(VALUE_SECOND, n, "how do these two numbers belong together?")
                    for i, n in enumerate(piece.numbers)]  # fmt: skip
        return [count, Said("n", piece.numbers[1])]
    if piece.shape == "plus_minus":
        second = "se" if any("se" in (k.spread, k.central) for k in kinds) else "sd"
        central = kind.central if kind.central in ("coefficient", "difference") else "mean"
        told = any({"sd", "se"} & {k.spread, k.central} for k in kinds)
        question = "" if told else "is ± the standard deviation?"
        return [Said(central, first), Said(second, piece.numbers[1], question)]
    if piece.shape == "interval":
        central, between = kind.central, kind.spread
        if central in ("range", "quartiles", "ci"):
            between = central
            central = before[0].statistic if before and central == "ci" else ""
            if kind.central == "ci":
                stem = central or "value"
                question = "" if before else "of what is this the interval?"
                lower, upper = _limits(stem, "ci")
                return [Said(lower, first, question), Said(upper, piece.numbers[1], question)]
        if between in ("range", "quartiles") or (between == "ci" and central):
            lower, upper = _limits(central, between)
            return [Said(lower, first), Said(upper, piece.numbers[1])]
        if any(k.spread == "range" for k in kinds):
            return [Said("min", first), Said("max", piece.numbers[1])]
        question = "what are the ends of this interval?"
        return [Said(VALUE_LOWER, first, question), Said(VALUE_UPPER, piece.numbers[1], question)]
    if piece.shape == "list":
        return [Said(VALUE, first, ask), Said(VALUE_SECOND, piece.numbers[1], ask)]
    central = kind.central
    if kind.central in ("ci", "range", "quartiles") and side:
        stem = before[0].statistic if before and kind.central == "ci" else ""
        lower, upper = _limits(stem or "value", kind.central)
        return [Said(lower if side == "lower" else upper, first, "" if stem else ask)]
    if central == "ci" and first.whole and any(p.numbers[0].percent for p in found[1:2]):
        return [Said("count", first)]
    if central == "ci":
        # "1.2 (0.9–1.6)" under "95% CI" alone.
        return [Said(VALUE, first, "what is this number, of which the interval is printed?")]
    if first.percent and central not in (
        "percent",
        "rate",
        "difference",
        "median",
        "mean",
        "p_value",
    ):
        if first.printed[:1] in "-−–+":
            return [Said("difference", first, "is this a difference of percentages?")]
        return [Said("percent", first)]
    if central in ("range", "quartiles"):
        return [Said(VALUE, first, "is this the width, or one end?")]
    if central == "count" and not first.whole and form_of(first.printed) is not None:
        behind = next((p for p in found[1:] if p.shape == "single"), None)
        if behind is not None and behind.numbers[0].whole and kind.spread == "percent":
            return [Said("percent", first, "is the percentage printed before the count here?")]
        if len(found) == 1 and not first.printed.isdigit():
            return [Said(VALUE, first, "the heading says that this is a count; is it?")]
        return [Said(VALUE, first, ask)]
    if central in ("percent", "rate") and (first.value or 0) > 100:
        return [Said(VALUE, first, "a percentage above 100 under this heading: what is it?")]
    if central == "p_value":
        return [Said("p_value", first)]
    if central == "se" or central == "sd":
        return [Said(central, first)]
    if not central:
        return _unnamed(first, found, of, kinds)
    return [Said(central, first)]


def _unnamed(
    first: Number, found: Sequence[Piece], of: str, kinds: Sequence[Meaning]
) -> list[Said]:
    """Give what a number is that no words are about, if arithmetic says it."""
    beside = next((p for p in found[1:] if p.shape == "single" and p.bracketed), None)
    if first.whole and beside is not None:
        number = beside.numbers[0]
        if number.percent or fits(first, number, of):
            return [Said("count", first)]
    return [Said(VALUE, first, UNNAMED)]


def fits(count: Number, percent: Number, of: str) -> bool:
    """Tell whether a percentage is that of a count, rounded in any way."""
    total, part, share = re.sub(r"\D", "", of), count.value, percent.value
    form = form_of(percent.printed)
    if not total or part is None or share is None or form is None or form.decimals is None:
        return False
    return int(total) > 0 and abs(100 * part / int(total) - share) <= 10**-form.decimals


def _beside(
    piece: Piece,
    said: Sequence[Said],
    kind: Meaning,
    inner: Meaning,
    spread: str,
    kinds: Sequence[Meaning],
    of: str,
) -> list[Said]:
    """Give what numbers in brackets are beside those before them."""
    main = said[0] if said else None
    central = main.statistic if main else ""
    first = piece.numbers[0]
    have = {one.statistic for one in said}
    between = inner.central if inner.central in ("ci", "range", "quartiles", "sd", "se") else spread
    if not between and central in ("median", "mean"):
        between = next(
            (k.spread for k in kinds if k.spread in ("ci", "range", "quartiles", "sd", "se")), ""
        )
    if not between:
        between = next((k.central for k in kinds if k.central in ("ci", "range", "quartiles")), "")
    if piece.shape in ("interval", "list") or (piece.shape == "single" and len(piece.numbers) == 2):
        if between in ("range", "quartiles", "ci"):
            base = "percent" if between == "ci" and "percent" in have else central
            lower, upper = _limits(base, between)
            return _fresh([Said(lower, first), Said(upper, piece.numbers[1])], have)
        if central in ("hazard_ratio", "odds_ratio", "risk_ratio"):
            question = "" if any(k.spread == "ci" for k in kinds) else "is this the 95% interval?"
            lower, upper = _limits(central, "ci")
            return _fresh(
                [Said(lower, first, question), Said(upper, piece.numbers[1], question)], have
            )
        question = "is this a range, the quartiles or a confidence interval?"
        return _fresh(
            [Said(VALUE_LOWER, first, question), Said(VALUE_UPPER, piece.numbers[1], question)],
            have,
        )
    if piece.shape == "plus_minus":
        return _fresh(
            [Said("mean", first), Said("sd", piece.numbers[1], "is ± the standard deviation?")],
            have,
        )
    if piece.shape == "ratio":
        return _fresh(
            [Said("count", first, of=piece.numbers[1].printed), Said("n", piece.numbers[1])], have
        )
    if first.percent and central == "count":
        return _fresh([Said("percent", first, of=main.of if main else "")], have)
    if central == "count" and "percent" not in have and not inner.central:
        of = main.of if main and main.of else of
        if kind.spread == "percent" or spread == "percent" or (main is not None and main.of):
            return [Said("percent", first, of=main.of if main else "")]
        if main is not None and fits(main.number, first, of):
            return [Said("percent", first)]
        return [Said(VALUE_SECOND, first, "is this the percentage?")]
    if (
        central == "percent"
        and first.whole
        and main is not None
        and (kind.spread == "count" or fits(first, main.number, of))
        and not first.percent
    ):
        return _fresh([Said("count", first)], have)
    if central in ("mean", "median", "coefficient", "difference") and between in ("sd", "se"):
        return _fresh([Said(between, first)], have)
    if between in ("range", "quartiles") and central in ("median", "mean"):
        comma = re.fullmatch(r"(\d{1,3}),(\d{3})", first.printed)
        if comma:
            question = f"are these the two ends, {comma[1]} and {comma[2]}?"
            lower, upper = _limits(central, between)
            return [Said(lower, replace(first, printed=comma[1]), question),
                    Said(upper, replace(first, printed=comma[2]), question)]  # fmt: skip
        width = "iqr" if between == "quartiles" else "range"
        return _fresh([Said(width, first)], have)
    if inner.central == "count" or piece.words in ("n", "no", "n ="):
        return _fresh([Said("n", first)], have)
    if central in ("mean", "median") and first.whole and any(k.counted for k in kinds):
        return _fresh([Said("n", first)], have)
    return _fresh([Said(VALUE_SECOND, first, "what is the number in brackets?")], have)


def _fresh(said: list[Said], have: set[str]) -> list[Said]:
    """Give statistics that the cell has not printed yet; a second one of a kind is a question."""
    found = []
    for one in said:
        name, number = one.statistic, 2
        while name in have:
            name = f"{VALUE}_{number}"
            number += 1
        question = one.question if name == one.statistic else one.question or "what is this number?"
        have.add(name)
        found.append(replace(one, statistic=name, question=question))
    return found

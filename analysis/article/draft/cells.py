"""What stands in one cell, by its form: numbers, and how they stand to each other.

`26/40 (65.0%)` is a ratio with a number in brackets, `61 (38–79)` a number with an interval. What
they are (a median, a range) the words around the cell say; see `meaning`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from analysis.article.forms import NO_NUMBER, form_of

_SPACE = r"[ \u00a0\u2007\u2009\u200a\u202f]"
_DIGITS = (
    r"(?:[1-9]\d{0,2}(?:,\d{3})+(?!\d)(?:[.·]\d+)?"
    r"|[1-9]\d{0,2}(?:[ \u00a0\u2007\u2009\u202f]\d{3})+(?!\d)(?:[.·]\d+)?"
    r"|\d+[.·]\d+|\d+|[.·]\d+)"
)
_COMMA_DIGITS = (
    r"(?:[1-9]\d{0,2}(?:[\u00a0\u2009\u202f ]\d{3})+(?!\d)(?:,\d+)?|\d+,\d+|\d+[.·]\d+|\d+|[.·]\d+)"
)
_POWER = (
    r"(?:[eE][-+−]?\d{1,3}(?!\w)|[ \u00a0\u2009]?[×x][ \u00a0\u2009]?10\^?[-−‐–]?\d{1,3}(?![\d/]))?"
)
_DASH = "-−‐‑–—"

_SCAN = r"""
  (?P<level>\(?\b(?:9[0-9](?:\.\d)?|80)\s*%\s*(?:CIs?|CrIs?|C\.I\.|HPD|confidence\s+(?:intervals?|limits?)|
     credible\s+intervals?)\b|\bCI\s*95\s*%|\bCI95\b|\b95CI\b)
 |(?P<unit>[×x]?{space}*10\^?[-−]?\d+{space}*/{space}*[A-Za-zµμ]\w*|/{space}*10\^\d+|\bper\s+\d[\d,]*)
 |(?P<none>(?:{none})(?![\w]))
 |(?P<name>(?:[A-Za-zα-ωΑ-Ω]+[-–]?\d[\w-]*|\b[A-Z]{{2,}}-\d+))
 |(?P<number>(?:[<>]=|[<>≤≥≦≧⩽⩾＜＞~≈∼])?{space}*(?:{digits}){power})
 |(?P<open>[(\[{{])|(?P<close>[)\]}}])
 |(?P<pm>±|\+/[-−–]|\+-)
 |(?P<dash>[{dash}])
 |(?P<slash>/)|(?P<sep>[,;:|\n])|(?P<percent>[%％])
 |(?P<word>[^\W\d_]+\.?)|(?P<other>\S)
"""


def _scanner(digits: str) -> re.Pattern[str]:
    none = "|".join(
        sorted((re.escape(n).replace(r"\ ", r"\s+") for n in NO_NUMBER), key=len, reverse=True)
    )
    none = rf"(?<![\w])(?:(?i:{none})|N\.R\.|N\.E\.)"
    text = _SCAN.format(space=_SPACE, none=none, digits=digits, power=_POWER, dash=_DASH)
    return re.compile(text, re.VERBOSE)


_POINT, _COMMA = _scanner(_DIGITS), _scanner(_COMMA_DIGITS)


@dataclass(frozen=True)
class Number:
    """A number as printed, without unit, or a word for none such as NR.

    Attributes
    ----------
    percent
        Whether a percent sign follows.
    doubt
        What is not sure about it, as a question.
    start
        Where it begins in the text.
    """

    printed: str
    percent: bool = False
    doubt: str = ""
    start: int = 0
    end: int = 0

    @property
    def whole(self) -> bool:
        """Whether it is a plain whole number, as counts are."""
        return bool(re.fullmatch(r"\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+|\d+", self.printed))

    @property
    def value(self) -> float | None:
        """Its value, None of a word."""
        form = form_of(self.printed)
        return None if form is None or form.number is None else float(form.number)


@dataclass(frozen=True)
class Piece:
    """Numbers that stand together.

    Attributes
    ----------
    shape
        `single`, `interval`, `plus_minus` or `ratio`.
    words
        The words before them in the same brackets or line, in small letters.
    after
        The words after them.
    bracketed
        Whether they stand in brackets.
    """

    shape: str
    numbers: tuple[Number, ...]
    words: str = ""
    after: str = ""
    bracketed: bool = False


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def uses_commas(text: str) -> bool:
    """Tell whether an article writes decimals with commas: 12,5 where others write 12.5.

    >>> uses_commas("61,5 (38,2; 79,1)"), uses_commas("61.5 (38.2,79.1)")
    (True, False)
    """
    points = len(re.findall(r"(?<![\d.])\d+[.·]\d{1,3}(?![\d.])", text))
    commas = len(re.findall(r"(?<![\d,])\d+,\d{1,2}(?![\d,])", text))
    return commas > 3 * points


def pieces(text: str, commas: bool = False) -> tuple[Piece, ...]:
    """Give the numbers of a cell or a clause in their arrangement, in their order.

    Parameters
    ----------
    text
        As printed.
    commas
        Whether a comma marks decimals.

    >>> [(p.shape, [n.printed for n in p.numbers]) for p in pieces("26/40 (65.0%)")]
    [('ratio', ['26', '40']), ('single', ['65.0'])]
    >>> [(p.shape, [n.printed for n in p.numbers]) for p in pieces("−2·46 (−3·72 to −1·21)")]
    [('single', ['−2·46']), ('interval', ['−3·72', '−1·21'])]
    """
    tokens = [
        _Token(
            str(found.lastgroup),
            found[0].lstrip(),
            found.end() - len(found[0].lstrip()),
            found.end(),
        )
        if found.lastgroup == "number"
        else _Token(str(found.lastgroup), found[0], found.start(), found.end())
        for found in (_COMMA if commas else _POINT).finditer(text)
    ]
    return tuple(_arranged(_signed(tokens), commas))


def _signed(tokens: Sequence[_Token]) -> list[_Token]:
    """Join minus signs with their numbers, where what stands before is no number."""
    found: list[_Token] = []
    for token in tokens:
        before = found[-1] if found else None
        signable = token.kind == "number" and token.text[:1] not in "<>≤≥≦≧⩽⩾＜＞~≈∼"
        if signable and before is not None and before.kind == "dash":
            earlier = found[-2] if len(found) > 1 else None
            # A true minus sign may stand apart from its number.
            apart_from = earlier is None or earlier.kind in ("open", "sep", "word")
            joined = before.end == token.start or (before.text == "−" and apart_from)
            free = earlier is None or earlier.kind not in ("number", "percent", "close", "none")
            # "0.5 -0.1": a blank before the sign and none behind it.
            apart = earlier is not None and earlier.end < before.start and before.text in "-−"
            if joined and (free or (apart and _ends_signed(found))):
                sign = before.text if before.text in "-−" else "−"
                found[-1] = _Token("number", sign + token.text, before.start, token.end)
                continue
        if (
            token.kind == "number"
            and before is not None
            and before.kind == "other"
            and before.text == "+"
            and before.end == token.start
        ):
            found[-1] = _Token("number", "+" + token.text, before.start, token.end)
            continue
        found.append(token)
    return found


def _ends_signed(found: Sequence[_Token]) -> bool:
    """Tell whether the number before the last sign has a sign too: (-0.5 -0.1)."""
    return len(found) > 1 and found[-2].kind == "number" and found[-2].text[0] in "-−"


def _arranged(tokens: list[_Token], commas: bool) -> list[Piece]:
    found: list[Piece] = []
    words: list[str] = []
    depth, place = 0, 0
    while place < len(tokens):
        token = tokens[place]
        if token.kind == "open":
            depth, words = depth + 1, []
        elif token.kind == "close":
            depth, words = max(0, depth - 1), []
        elif token.kind in ("number", "none"):
            piece, place = _piece(tokens, place, commas)
            after = _after(tokens, place)
            found.append(replace(piece, words=" ".join(words), after=after, bracketed=depth > 0))
            words = []
            continue
        elif token.kind == "level":
            if token.text.startswith("("):
                depth += 1
            words.append("95% ci")
        elif token.kind in ("word", "name"):
            words.append(token.text.lower().rstrip("."))
        elif token.kind == "percent":
            words.append("%")
        elif token.kind == "sep" and token.text in ";\n|" and depth == 0:
            words = []
        place += 1
    return found


def _number(tokens: list[_Token], place: int, commas: bool) -> tuple[Number, int]:
    """Give the number at a place, with its percent sign, and the place behind it."""
    token = tokens[place]
    printed = re.sub(rf"^([<>≤≥≦≧⩽⩾＜＞~≈∼]=?){_SPACE}+", r"\1", token.text.strip())
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    percent = following is not None and following.kind == "percent"
    doubt = ""
    if (
        following is not None
        and following.kind in ("word", "name")
        and following.start == token.end
        and token.kind == "number"
        and re.fullmatch(r"[a-fi-kn-rt-x]", following.text)
    ):
        doubt = f"is the letter in “{token.text}{following.text}” the mark of a note?"
    if commas and re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", printed):
        doubt = f"does the point in “{printed}” group thousands?"
    if re.search(r"\d \d{3}", printed):
        doubt = f"is “{printed}” one number or two?"
    return Number(printed, percent, doubt, token.start, token.end), place + 1 + percent


def _piece(tokens: list[_Token], place: int, commas: bool) -> tuple[Piece, int]:
    """Give the numbers that begin at a place and stand together, and the place behind them."""
    first, place = _number(tokens, place, commas)
    kind = tokens[place].kind if place < len(tokens) else ""
    joint = tokens[place].text if place < len(tokens) else ""
    behind = place + 1
    following = tokens[behind].kind if behind < len(tokens) else ""
    colon = kind == "sep" and joint == ":" and first.whole
    if (kind in ("pm", "slash") or colon) and following == "number":
        second, place = _number(tokens, behind, commas)
        shape = "plus_minus" if kind == "pm" else "ratio"
        if shape == "ratio" and not (first.whole and second.whole):
            return Piece("list", (first, second)), place
        return Piece(shape, (first, second)), place
    if kind == "pm" and following == "dash":
        return Piece("single", (first,)), place
    joins = kind == "dash" or (kind == "sep" and joint in ",;") or joint in ("to", "and", "through")
    if joins and joint != "and" and following in ("number", "none"):
        depth = sum((t.kind == "open") - (t.kind == "close") for t in tokens[:place])
        depth += sum(t.kind == "level" and t.text.startswith("(") for t in tokens[:place])
        second, after = _number(tokens, behind, commas)
        level = tokens[after - 1].kind == "percent" and after < len(tokens)
        third = tokens[after].kind if after < len(tokens) else ""
        comma = kind == "sep"
        # A comma joins two numbers in brackets, and only if no third follows.
        goes_on = after + 1 < len(tokens) and tokens[after + 1].kind == "number"
        more = comma and third in ("sep", "dash") and goes_on
        mixed = comma and first.percent != second.percent and level
        if not comma or (depth > 0 and not more and not mixed):
            return Piece("interval", (first, second)), after
        if comma and depth == 0 and _alone(tokens):
            return Piece("interval", (first, second)), after
    return Piece("single", (first,)), place


def _alone(tokens: list[_Token]) -> bool:
    return sum(token.kind in ("number", "none") for token in tokens) == 2


def _after(tokens: list[_Token], place: int) -> str:
    words = []
    for token in tokens[place:]:
        if token.kind not in ("word", "name", "unit"):
            break
        words.append(token.text)
    return " ".join(words)

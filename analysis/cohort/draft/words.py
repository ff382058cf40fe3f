"""What a name in the head of a column says: its words, its unit, what its codes stand for.

`Date of birth`, `birth_date` and `出生日期` are one name written three ways.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from analysis.cohort.draft.vocabulary import EMPTY, NO, YES
from analysis.study.vocabulary import Vocabulary

_UNITS = (
    "mm|cm|ng/ml|ug/l|µg/l|ng/l|iu/ml|ku/l|kiu/l|u/ml|ug/ml|mg/l|pg/ml|gy|cgy|rad|months?|mo|mos|mths?|"
    "days?|d|years?|yrs?|y|weeks?|wks?|monate|tage|jahre|wochen|mois|jours|ans|岁|年|月|个月|天|周|次|个|%"
)
# In the unit's own spelling, for those that are not in English.
_ENGLISH = {
    "monate": "months", "mois": "months", "月": "months", "个月": "months",
    "tage": "days", "jours": "days", "天": "days",
    "jahre": "years", "ans": "years", "岁": "years", "年": "years",
    "wochen": "weeks", "周": "weeks",
    "u/ml": "IU/mL", "ku/l": "IU/mL", "kiu/l": "IU/mL",
}  # fmt: skip
_COUNTED = ("次", "个", "%")
_IN_BRACKETS = re.compile(r"[(\[{（【]([^()\[\]{}（）【】]*)[)\]}）】]")
_UNIT = re.compile(rf"(?:in|en|,|;)?\s*({_UNITS})\.?", re.IGNORECASE)
# After an underscore, a comma or a space: `os_months`. Single letters are no unit there.
_TRAILING = re.compile(
    r"(?:[\s_,;/.-]+|(?<=[\u4e00-\u9fff]))(?:in[\s_]+|en[\s_]+)?"
    r"(mm|cm|ng[/_ ]?ml|gy|cgy|months?|mos?|mths?|days?|years?|yrs?|weeks?|wks?|monate|tage"
    r"|jahre)\.?$",
    re.IGNORECASE,
)
_LEGEND = re.compile(
    r"(\w{1,4})\s*[=:：→]\s*([^\W\d_][^,;，；/|=:]*?)\s*(?=$|[,;，；/|]|\s\w{1,4}\s*[=:：→])"
)
_CHINESE_LEGEND = re.compile(r"(\d)\s*([\u4e00-\u9fff]+)")
_CJK = r"\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(rf"[{_CJK}]+|[^\W\d_{_CJK}]+|\d+(?:\.\d+)*")


def folded(text: str) -> str:
    """Give a text without capitals, accents and the breadth of its letters."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    apart = unicodedata.normalize("NFD", plain)
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))


@lru_cache(maxsize=20_000)
def code(text: str) -> str:
    """Give a cell as codes are compared: without capitals, accents and punctuation within words.

    Examples
    --------
    >>> code("Stage_IIIA"), code(" Vp 3"), code("+"), code("否")
    ('stage iiia', 'vp 3', '+', '否')
    """
    plain = folded(text).strip()
    words = " ".join(re.findall(r"[\w+]+", plain.replace("_", " ")))
    return words or plain


@dataclass(frozen=True)
class Name:
    """The head of a column, taken apart.

    Attributes
    ----------
    words
        In the vocabulary's own form, in their order.
    unit
        '' where none is named.
    legend
        Code to what it stands for, where the name says so: `sex (1=male, 2=female)`.
    """

    words: tuple[str, ...]
    unit: str = ""
    legend: Mapping[str, str] = field(default_factory=dict)

    @property
    def bag(self) -> tuple[str, ...]:
        """The words whatever their order."""
        return tuple(sorted(self.words))


class Reader:
    """Reads names by a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._read: dict[str, Name] = {}

    @cached_property
    def _single(self) -> Mapping[str, str]:
        return {
            folded(each): word
            for word, spellings in self.vocabulary.words.items()
            for each in spellings
            if len(_TOKEN.findall(folded(each))) == 1
        }

    @cached_property
    def _chinese(self) -> tuple[str, ...]:
        known = {word for spelling in self.vocabulary.words.values() for word in spelling}
        for column in self.vocabulary.columns.values():
            known |= {*column.names, *column.within, *column.asked}
        parts = {part for word in known for part in re.findall(f"[{_CJK}]+", word)}
        return tuple(sorted(parts | EMPTY, key=lambda word: (-len(word), word)))

    @cached_property
    def _phrases(self) -> Mapping[tuple[str, ...], str]:
        found = {}
        for word, spellings in self.vocabulary.words.items():
            for each in spellings:
                tokens = self._tokens(each)
                if len(tokens) > 1:
                    found[tokens] = word
        return found

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._phrases), default=1)

    def name(self, header: str) -> Name:
        """Take a name apart."""
        if header not in self._read:
            self._read[header] = self._taken_apart(header)
        return self._read[header]

    def words(self, text: str) -> tuple[str, ...]:
        """Give the words of a text in the vocabulary's own form, without those that say nothing."""
        tokens = self._tokens(text)
        found: list[str] = []
        place = 0
        while place < len(tokens):
            for length in range(min(self._longest, len(tokens) - place), 1, -1):
                word = self._phrases.get(tokens[place : place + length])
                if word is not None:
                    found.append(word)
                    place += length
                    break
            else:
                found.append(tokens[place])
                place += 1
        # `CT/MRI` is imaging, said twice.
        once = [word for i, word in enumerate(found) if i == 0 or word != found[i - 1]]
        return tuple(word for word in once if word not in EMPTY) or tuple(once)

    def _tokens(self, text: str) -> tuple[str, ...]:
        # `birthDate` and `RTstart` are two words; `mRECIST` and `HBsAg` are one.
        apart = re.sub(r"(?<=[a-z]{2})(?=[A-Z])|(?<=[A-Z]{2})(?=[a-z]{3})", " ", text)
        tokens: list[str] = []
        for token in _TOKEN.findall(folded(apart).replace("_", " ")):
            tokens += self._segmented(token) if re.match(f"[{_CJK}]", token) else [token]
        return tuple(self._single.get(token, token) for token in tokens)

    def _segmented(self, run: str) -> list[str]:
        """Cut Chinese, which has no spaces, at the longest words that are known."""
        parts: list[str] = []
        unknown = ""
        while run:
            word = next((known for known in self._chinese if run.startswith(known)), "")
            if word:
                parts += [unknown, word] if unknown else [word]
                unknown = ""
            else:
                unknown += run[0]
            run = run[len(word) or 1 :]
        return [*parts, unknown] if unknown else parts

    @cached_property
    def _codes(self) -> set[str]:
        codes = {
            text
            for column in self.vocabulary.columns.values()
            for words in column.codes.values()
            for text in words
        }
        return {code(text) for text in (*codes, *YES, *NO, *map(str, range(10)))}

    def _is_choice(self, bracket: str) -> bool:
        """Tell whether brackets hold the codes of a column, as in `smoker (yes/no)`."""
        parts = [part for part in re.split(r"[/,，、|]", bracket) if part.strip()]
        return len(parts) > 1 and all(code(part) in self._codes for part in parts)

    def _taken_apart(self, header: str) -> Name:
        unit, legend = "", {}
        rest = header
        for bracket in _IN_BRACKETS.findall(header):
            pairs = _LEGEND.findall(bracket) or _CHINESE_LEGEND.findall(bracket)
            whole = _UNIT.fullmatch(bracket.strip())
            if len(pairs) > 1:
                legend = {code.strip(): words.strip() for code, words in pairs}
            elif whole:
                unit = whole[1]
            elif self._is_choice(bracket):
                pass
            else:
                continue
            rest = re.sub(rf"[(\[{{（【]{re.escape(bracket)}[)\]}}）】]", " ", rest)
        bare = list(_LEGEND.finditer(rest))
        if len(bare) > 1 and not legend:
            legend = {pair[1]: pair[2].strip() for pair in bare}
            rest = rest[: bare[0].start()]
        trailing = _TRAILING.search(rest) if not unit else None
        if trailing:
            unit, rest = trailing[1], rest[: trailing.start()]
        unit = unit.lower().replace("_", "/").replace(" ", "/").replace("ngml", "ng/ml")
        unit = "" if unit in _COUNTED else _ENGLISH.get(unit, unit)
        return Name(self.words(rest), unit, legend)

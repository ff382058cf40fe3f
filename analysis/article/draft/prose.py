"""Numbers in sentences: those of the study itself, with their sentence, apart from all others.

Numbers of other studies, years, references, doses of drugs in the methods, versions of software
and thresholds are no findings; what may be either is drafted with the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.article.draft.cells import Number, Piece, pieces
from analysis.article.draft.claim import VALUE, Claim, slug
from analysis.article.draft.names import endpoint_in
from analysis.article.draft.paper import CITED, Paragraph

DOUBT = "is this a number of this study, or of one that it is compared with?"
_OWN = re.compile(
    r"(?i)\b(?:our|we|this study|present study|the current study|this trial|this cohort|"
    r"in this (?:study|trial|cohort|analysis))\b"
)
_OTHERS = re.compile(
    r"(?i)\b(?:previous(?:ly)? (?:stud|report|trial|research|publish)|other stud|"
    r"earlier (?:stud|trial)|"
    r"et al\b|reported (?:by|in|that)|meta-analysis of|has been (?:shown|"
    r"reported)|have been (?:shown|reported)|"
    r"historical|literature|(?:phase I+|randomi[sz]ed)[\w ]* trials? (?:of|by|"
    r"show)|demonstrated (?:adding|that))"
)
_TRIAL = re.compile(r"\b[A-Z][A-Za-z]*[A-Z][A-Za-z]*[- ]?\d{2,4}\b(?!\s*(?:patients|Gy))")
_AGAINST = re.compile(
    r"(?i)\b(?:vs\.?|versus|compared (?:with|to)|in comparison (?:with|to)|"
    r"as opposed to|than(?!\s+(?:\d|half|one)|\s*$))(?!\w)"
)
_SENTENCE = re.compile(
    r"(?<=[.!?])(?<!\bvs\.)(?<!\bFig\.)(?<!\bFigs\.)(?<!\bNo\.)(?<!\bno\.)(?<!\bal\.)(?<!\be\.g\.)(?<!\bi\.e\.)"
    r"(?<!\bapprox\.)(?<!\bca\.)(?<!\bDr\.)(?<!\bSt\.)(?<!\bTab\.)(?<!\bref\.)(?<!\brefs\.)\s+(?=[A-Z0-9⟦(“\"≥≤])"
)
_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_PEOPLE = (
    r"(?:patients?|participants?|subjects?|individuals?|women|men|children|cases?|deaths?|events?|"
    r"males?|females?|infants?|adults?|people|persons?|lesions?|tumou?rs?|foci|"
    r"sites?|nodules?|cycles?)"
)
_NUMERAL = re.compile(
    r"(?i)\b(?:(?P<tens>twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    r"ninety)(?:[- ](?P<ones>one|two|three|four|"
    r"five|six|seven|eight|nine))?|(?P<small>" + "|".join(_WORDS) + r"))\b"
    rf"(?=\s*\(\d|\s+(?:\w+\s+){{0,2}}{_PEOPLE}\b|\s+(?:due|with|had|were|was|died|"
    rf"developed|experienced|related|of (?:them|these|whom))\b)"
    r"(?!-(?:year|month|day|week|sided|way|tailed|dimensional|line|arm|sample))"
)
# What is no result, wherever it stands.
_NO_RESULT = [
    re.compile(form)
    for form in (
        # Tables and figures come in lists, all else one by one.
        r"(?i)\b(?:supplementa(?:ry|l)\s+|extended data\s+|online\s+)?(?:tables?|figures?|figs?\.?|"
        r"appendix|appendices|panels?|sections?|equations?|eqs?\.|references?|refs?\.)\s*"
        r"[Ss]?\d+(?:\.\d+)*[A-Za-z]?(?:\s*(?:,|and|–|-|to)\s*[Ss]?\d+[A-Za-z]?(?![\w%.]|\s*\())*",
        r"(?i)\b(?:box|chapter|page|version|ver\.|stage|phase|type|week|day|visit|model|step|arm|"
        r"cohort|group|part|level|NCT|ISRCTN|approval|protocol|no\.)\s*[#№]?\s*\d+(?:\.\d+)*[a-z]?"
        r"(?:\s?[-–]\s?\d+)?(?![\d%])",
        r"\b(?:RECIST|CTCAE|SPSS|SAS|R|STATA|Stata|NCI-CTC|MedDRA|"
        r"ICD)[\s,]*(?:v(?:ersion)?\.?\s*)?\d+(?:\.\d+)*",
        r"(?i)\bv(?:ersion|\.)?\s*\d+(?:\.\d+)+",
        r"(?i)\b(?:January|February|March|April|May|June|July|August|September|"
        r"October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|"
        r"Dec)\.?\s+\d{1,2},?\s+(?:19|20)\d\d",
        r"(?i)\b\d{1,2}\s+(?:January|February|March|April|May|June|July|August|"
        r"September|October|November|December)(?:\s+(?:19|20)\d\d)?",
        r"(?<![\d.,/])(?:19|20)\d\d(?![\d.,]*\d|\s*(?:patients|participants|women|men|cases|\())",
        r"(?i)\b9[059](?:\.\d)?\s*%\s*(?=(?:CI|confidence|credible|CrI|limits))",
        r"(?i)(?:(?:grade|grades|gr\.?|CTC)\s*[≥≤><]?\s*=?\s*\d(?!\d)(?:\s*(?:[-–/]|to|or|"
        r"and)\s*\d(?![\d.%]|\s*\())*(?:\s*or (?:higher|worse|more|greater))?)",
        r"[≥≤]\s*(?:grade|third|second)",
        r"(?i)\b(?:ECOG|Child[- ]Pugh|KPS|Karnofsky|BCLC|ASA|NYHA|Gleason|Vp|"
        r"PD-?L?)(?:[ -](?:performance|status|scores?|class|grade|stage|PS|of|was|were|an?|"
        r"expression|or))*\s*[≥≤><]?\s*[A-C]?\d+(?:\s*[-–]\s*[A-C]?\d+)?",
        r"(?i)\b\d+(?:st|nd|rd|th)\b",
        r"(?i)[αβ]\s*/\s*[αβ]\s*=\s*\d+\s*(?:Gy)?",
        r"(?i)\bper\s+\d[\d,]*",
        r"\b\d\s*:\s*\d(?::\d)*\b",
        r"(?i)\bat \d+(?:\s*(?:,|and|or)\s*\d+)*\s+(?:years?|months?|weeks?|days?)\b",
        r"(?i)\b(?:equivalent dose (?:of|in)|EQD)\s*2(?:\s*Gy)?(?:\s+per fraction)?",
        r"\b(?:19-9|15-3|125|CA\s*\d+(?:-\d+)?)\b(?=\s*(?:level|antigen|U))",
        r"(?i)(?<![\d.,·])\d{1,3}\s*[-–]?\s*(?:year|yr|month|mo|week|day|hour|"
        r"h)s?[- ](?=(?:OS|PFS|DFS|RFS|survival|overall|progression|disease|local|"
        r"rate|actuarial|mortality|cumulative|follow|old|LC|interval|period|time|"
        r"cycle|landmark|[A-Z]{1,3}FS))",
        r"(?i)\b\d+-(?:\s*(?:,|and|or)\s*\d+-)*\s*(?:and\s+\d+-)?(?:year|month|day|week)s?\b",
        r"(?i)\b\d+-,?\s+(?:and|or)\s+\d+-(?:year|month|day|week)s?\b",
    )
]
_ENROLLED = re.compile(
    r"(?i)\b(?:between|"
    r"from)\s+(?:\d{1,2}\s+)?(?:[A-Z][a-z]+\.?\s+)?(?:\d{1,2},?\s+)?(?P<first>(?:19|"
    r"20)\d\d)\s*"
    r"(?:and|to|until|through|"
    r"[-–—])\s*(?:\d{1,2}\s+)?(?:[A-Z][a-z]+\.?\s+)?(?:\d{1,2},?\s+)?(?P<last>(?:19|"
    r"20)\d\d)"
)
_ELIGIBLE = re.compile(
    r"(?i)\b(?:eligib|inclusion criteri|included in|were included|enrol|aged|"
    r"ages of|age of|years of age|between the ages)"
)
_AGES = re.compile(
    r"(?i)\b(?:aged?|ages of)\D{0,25}?(?P<low>\d+)\s*(?:years?)?\s*(?:[-–]|to|"
    r"and)\s*(?P<high>\d+)\s*years?"
)
_SECTIONS = {"title": "title", "abstract": "abs", "methods": "m", "results": "s", "discussion": "d"}


@dataclass(frozen=True)
class Sentence:
    """A sentence with the section that it stands in, and its number there."""

    paragraph: Paragraph
    number: int
    text: str


def sentences(paragraphs: Sequence[Paragraph]) -> Iterator[Sentence]:
    """Give the sentences of an article, numbered within their section."""
    counted: dict[str, int] = {}
    for paragraph in paragraphs:
        for text in _SENTENCE.split(paragraph.text):
            if text.strip():
                counted[paragraph.section] = counted.get(paragraph.section, 0) + 1
                yield Sentence(paragraph, counted[paragraph.section], text.strip())


def claims_in(
    paragraphs: Sequence[Paragraph],
    tables: Sequence[Claim],
    patients: Sequence[str] = (),
    commas: bool = False,
) -> list[Claim]:
    """Give a claim for every number that the text prints about its own patients.

    Parameters
    ----------
    paragraphs
        Of the whole article.
    tables
        The claims of its tables: a number of the text that is one of them has its key.
    patients
        How many patients the article says there are.
    commas
        Whether a comma marks decimals.
    """
    link = _Links(tables, patients)
    found: list[Claim] = []
    results = {
        re.sub(r"^[<>≤≥]", "", claim.printed)
        for claim in tables
        if re.search(r"\d\d|\.", claim.printed)
    }
    for sentence in sentences(paragraphs):
        kind = sentence.paragraph.kind
        if kind == "introduction":
            continue
        if kind == "methods":
            found += _eligibility(sentence)
            continue
        found += _of_sentence(sentence, link, results, commas)
        if kind in ("abstract", "results", "title", "other"):
            results |= {claim.printed for claim in found if re.search(r"\d\d|\.", claim.printed)}
    return found


# ---------------------------------------------------------------------- eligibility


def _eligibility(sentence: Sentence) -> Iterator[Claim]:
    yield from _enrolment(sentence)
    text = sentence.text
    if not _ELIGIBLE.search(text):
        return
    ages = _AGES.search(text)
    if ages:
        for group, statistic in (("low", "threshold_min"), ("high", "threshold_max")):
            yield _claim(
                sentence, "eligibility", "age", "", statistic, ages[group], ages.start(), "years"
            )


def _enrolment(sentence: Sentence) -> Iterator[Claim]:
    found = _ENROLLED.search(sentence.text)
    if found:
        for group, statistic in (("first", "threshold_min"), ("last", "threshold_max")):
            yield _claim(
                sentence,
                "eligibility",
                "enrolment_year",
                "",
                statistic,
                found[group],
                found.start(group),
                "calendar year",
            )


# ---------------------------------------------------------------------- findings


def _of_sentence(sentence: Sentence, link: _Links, results: set[str], commas: bool) -> list[Claim]:
    text = sentence.text
    kind = sentence.paragraph.kind
    found = list(_enrolment(sentence))
    if kind == "abstract" and _AGES.search(text):
        found += [claim for claim in _eligibility(sentence) if claim.variable == "age"]
        text = _AGES.sub(lambda ages: " " * len(ages[0]), text)
    own, doubt, cited, others = True, "", False, False
    if kind == "discussion":
        cited, mine = CITED in text, bool(_OWN.search(text))
        others = bool(_OTHERS.search(text) or _TRIAL.search(text))
        if (cited or others) and not mine:
            own = False
        elif cited or others:
            doubt = DOUBT
    bare, words = _cleared(text, commas)
    for piece in [*words, *pieces(bare, commas)]:
        start = piece.numbers[0].start
        printed = [number.printed for number in piece.numbers]
        known = all(_plain(p) in results for p in printed)
        if kind == "discussion":
            apart = _foreign(text, start, known) and not (known and not cited and not others)
            if apart or (not own and not known):
                continue
        unsure = not known or (not own and not _near_own(text, start))
        ask = DOUBT if unsure and (doubt or not own) else ""
        found += _typed(sentence, piece, bare, link, ask)
    said = " ".join(sentence.text.replace(CITED, "").split())
    quoted = f"“{said if len(said) <= 600 else said[:599] + '…'}”"
    found = [replace(claim, remarks=(*claim.remarks, quoted)) for claim in found]
    return sorted(found, key=_place)


def _place(claim: Claim) -> int:
    found = re.search(r"@(\d+)$", claim.locator)
    return int(found[1]) if found else 0


def _plain(printed: str) -> str:
    return re.sub(r"^[<>≤≥~≈]+", "", printed)


def _near_own(text: str, start: int) -> bool:
    return bool(_OWN.search(text[max(0, start - 120) : start]))


def _foreign(text: str, start: int, known: bool) -> bool:
    """Tell whether a number is on the other side of a comparison, or by the name of a trial."""
    before = text[:start]
    opened = before.rfind("(") if before.count("(") > before.count(")") else -1
    inside = before[opened + 1 :] if opened >= 0 else ""
    # "(52.8% vs. 24–32%, 75.0% vs. 30–46%)": a comma ends what is compared, if it is known.
    if _AGAINST.search(re.split(r"[,;]", inside)[-1] if known else inside):
        return True
    clause = re.split(r"(?i)[;:]|,\s+(?:whereas|while|and|but|which)\s|\bwhereas\b", before)[-1]
    against = list(_AGAINST.finditer(re.sub(r"\([^()]*\)", lambda m: " " * len(m[0]), clause)))
    if against and not _OWN.search(clause[against[-1].end() :]):
        # "Compared with control (9%), our study ... 52%": own words come after the comma.
        return True
    named = list(_TRIAL.finditer(clause)) + list(_OTHERS.finditer(clause))
    return bool(named and not _OWN.search(clause[max(m.end() for m in named) :]))


def _cleared(text: str, commas: bool) -> tuple[str, list[Piece]]:
    """Blank what is no result, and give the numbers that are written as words."""
    words = []
    for found in _NUMERAL.finditer(text):
        number = _WORDS.get((found["small"] or "").lower(), 0)
        number = number or _TENS[found["tens"].lower()] + _WORDS.get(
            (found["ones"] or "").lower(), 0
        )
        one = Number(str(number), False, "", found.start(), found.end())
        words.append(Piece("single", (one,), "", f"word {found[0]}"))
    blanked = text.replace(CITED, " " * len(CITED))
    for form in _NO_RESULT:
        blanked = form.sub(_blank, blanked)
    # Words for numbers before a percentage in brackets are counts: 43 of "Forty-three (39.8%)".
    return blanked, words


def _blank(found: re.Match[str]) -> str:
    """Give blanks for what is no result, but never for a part of a number."""
    text, start, end = found.string, found.start(), found.end()
    cut_behind = re.match(r"[.,·]?\d", text[end:]) and text[end - 1].isdigit()
    cut_before = re.search(r"\d[.,·]?$", text[:start]) and text[start].isdigit()
    return found[0] if cut_behind or cut_before else " " * len(found[0])


def _typed(sentence: Sentence, piece: Piece, text: str, link: _Links, ask: str) -> Iterator[Claim]:
    """Give the claims of numbers that stand together in a sentence."""
    first = piece.numbers[0]
    before, after = text[: first.start], text[piece.numbers[-1].end :]
    near = re.split(r"[.;]\s", before)[-1]
    spelled = piece.after.removeprefix("word ") if piece.after.startswith("word ") else ""
    note = f'printed as the word "{spelled}"' if spelled else ""
    statistic, unit = _statistic(piece, near, after)
    if piece.shape == "interval":
        names = _ends(near, after, statistic)
        unit = "" if unit == "patients" else unit
        asked = "" if names[0] not in ("value_lower",) else "what are the ends of this interval?"
        for name, number in zip(names, piece.numbers, strict=True):
            yield from link.claim(sentence, name, number, unit, text, (ask, asked), note)
        return
    if piece.shape == "ratio":
        yield from link.claim(
            sentence, "count", first, "patients", text, (ask,), note, piece.numbers[1].printed
        )
        yield from link.claim(sentence, "n", piece.numbers[1], "patients", text, (ask,), note)
        return
    if piece.shape == "plus_minus":
        yield from link.claim(sentence, "mean", first, unit, text, (ask,), note)
        yield from link.claim(
            sentence,
            "sd",
            piece.numbers[1],
            unit,
            text,
            (ask, "is ± the standard deviation?"),
            note,
        )
        return
    for number in piece.numbers:
        asked = "what is this number?" if statistic == VALUE else ""
        more = re.search(
            r"(?i)\b(more|less|fewer|greater|higher|lower) than\s*$|\b(over|under|"
            r"at least|nearly|almost|about|approximately)\s*$",
            near,
        )
        if more:
            word = (more[1] or more[2]).lower()
            sign = {
                "more": ">",
                "greater": ">",
                "over": ">",
                "higher": ">",
                "less": "<",
                "fewer": "<",
                "lower": "<",
                "under": "<",
                "at least": ">=",
            }.get(word, "about")
            yield from link.claim(
                sentence,
                statistic,
                number,
                unit,
                text,
                (ask, asked),
                f'printed as "{more[0].strip()} {number.printed}"',
                "",
                sign,
            )
        else:
            yield from link.claim(sentence, statistic, number, unit, text, (ask, asked), note)


_UNIT = re.compile(
    r"\s*(months?|years?|weeks?|days?|Gy|cGy|cm|mm|ng/mL|mg|kg|mL|ml|cycles?|"
    r"fractions?|foci|lesions?|hours?|points?)\b",
    re.IGNORECASE,
)


_WORDS_FOR = (
    ("hazard_ratio", r"\ba?HR\b|(?i:hazard ratio)"),
    ("odds_ratio", r"\ba?OR\b(?!R)|(?i:odds ratio)"),
    ("risk_ratio", r"\bRR\b|(?i:relative risk|risk ratio)"),
    ("median", r"(?i:\bmedians?\b)|\bMST\b|\bm(?:OS|PFS)\b"),
    ("mean", r"(?i:\bmean\b|\baverage\b)"),
)


def _statistic(piece: Piece, near: str, after: str) -> tuple[str, str]:
    """Name what a number of a sentence is, by the words nearest to it, and its unit."""
    first = piece.numbers[-1]
    unit = _UNIT.match(after)
    named = unit[1] if unit else ""
    tail = near[-160:]
    named_p = re.search(r"(?i)(?:\bp|\bp[- ]?values?(?: of| was)?)\s*[=:]?\s*$", near)
    value = piece.numbers[0].value
    if (named_p or re.match(r"(?i)p\b", piece.words)) and value is not None and 0 <= value <= 1:
        return "p_value", ""
    if first.percent:
        rate = re.search(
            r"(?i)\b(?:survival|OS|[A-Z]{1,3}FS|local control|"
            r"LC)\b[^.;]{0,60}$",
            tail,
        )
        if (
            rate
            and re.search(r"(?i)\brates?\b|\byears?\b|\bmonths?\b|-year|-month", near + after[:40])
            and not re.search(r"\(\s*$", near)
        ):
            return "rate", "%"
        return "percent", "%"
    # Of several words the nearest counts.
    places = {
        name: found[-1].end()
        for name, form in _WORDS_FOR
        if (found := list(re.finditer(form, near))) and len(near) - found[-1].end() < 160
    }
    central = max(places, key=lambda name: places[name], default="")
    whole = first.whole
    people = re.match(rf"\s*(?:\([^)]*\)\s*)?(?:\w+\s+){{0,3}}{_PEOPLE}\b", after)
    if re.match(r"\s*\(\s*\d+(?:[.·]\d+)?\s*%", after) and whole:
        return "count", "patients"
    if re.search(r"(?i)\bn\s*=\s*$", near):
        return "count", "patients"
    if central in ("hazard_ratio", "odds_ratio", "risk_ratio") and not whole:
        return central, ""
    close = central and len(near) - places[central] < 25 and not people
    if central and (named or not whole or close or re.match(r"\s*[(\[]", after)):
        return central, named
    if whole and piece.after.startswith("word "):
        return "count", "patients"
    if whole and (people or not named):
        if named or re.search(r"(?i)\b(?:dose|score|level)s?\b[^.;]{0,30}$", near):
            return VALUE, named
        return "count", "patients"
    return central or VALUE, named


def _ends(near: str, after: str, statistic: str) -> tuple[str, str]:
    tail = near[-60:]
    stem = {"hazard_ratio": "hr", "odds_ratio": "or", "risk_ratio": "rr", "percent": "ci"}.get(
        statistic, statistic
    )
    inside = tail[tail.rfind("(") + 1 :] if "(" in tail else tail
    if re.search(r"(?i)\bCI\b|confidence|\bCrI\b|^\s*,", inside) or re.search(r"(?i)\bCI\b", tail):
        return (
            (f"{stem}_lower", f"{stem}_upper")
            if statistic != VALUE
            else ("value_lower", "value_upper")
        )
    if re.search(r"(?i)\bIQR\b|quartile", inside):
        return "lower_quartile", "upper_quartile"
    if re.search(r"(?i)\brange[ds]?\b|\bfrom\b|\bminimum\b", inside):
        return "min", "max"
    if statistic in ("median", "mean") and re.search(r"\(\s*$", near):
        return "min", "max"
    return "value_lower", "value_upper"


class _Links:
    """Finds the claim of a table that a number of the text repeats."""

    def __init__(self, tables: Sequence[Claim], patients: Sequence[str]) -> None:
        self._patients = set(patients)
        self._by: dict[tuple[str, str], list[Claim]] = {}
        for claim in tables:
            self._by.setdefault((_family(claim.statistic), _plain(claim.printed)), []).append(claim)

    def claim(
        self,
        sentence: Sentence,
        statistic: str,
        number: Number,
        unit: str,
        text: str,
        asked: tuple[str, ...],
        note: str = "",
        of: str = "",
        sign: str = "",
    ) -> Iterator[Claim]:
        questions = tuple(q for q in (*asked, number.doubt) if q)
        made = _claim(sentence, "text", "", "", statistic, number.printed, number.start, unit)
        made = replace(
            made,
            denominator=re.sub(r"\D", "", of),
            questions=questions,
            remarks=(note,) if note else (),
        )
        if sign:
            made = replace(made, comparator=sign)
        people = re.match(rf"\s*{_PEOPLE}\b", text[number.end :])
        if statistic == "count" and number.printed in self._patients and people and not questions:
            yield replace(made, analysis_id="characteristics", variable="patients")
            return
        like, whole = self._like(statistic, number, text)
        if like is not None and not questions and not (whole and _telling(statistic, number, text)):
            question = f"is this the number of “{like.locator}”, or of what else?"
            named = _named(sentence, number, text, statistic)[0]
            yield replace(made, variable=named, questions=(question,))
            return
        if like is not None and not questions:
            yield replace(
                made, analysis_id=like.analysis_id, group=like.group, group_level=like.group_level,
                variable=like.variable, variable_level=like.variable_level,
                statistic=like.statistic,
                unit=like.unit or unit, denominator=like.denominator,
                remarks=(*made.remarks, f"as in {like.locator}"),
            )  # fmt: skip
            return
        variable, level = _named(sentence, number, text, statistic)
        yield replace(made, variable=variable, variable_level=level,
                      questions=(*questions, "of what, and of whom?"))  # fmt: skip

    def _like(self, statistic: str, number: Number, text: str) -> tuple[Claim | None, bool]:
        """Give the one claim of a table with this number whose words stand in the sentence.

        The second says whether all its words do.
        """
        words = set(re.findall(r"[a-z]{2,}", text.lower()))
        scored = []
        for claim in self._by.get((_family(statistic), _plain(number.printed)), []):
            thing = _shared(f"{claim.variable} {claim.variable_level}", words)
            group = _shared(claim.group_level, words) if claim.group_level else 1.0
            if thing >= 0.5 and group >= 0.5:
                scored.append((thing + group, claim))
        scored.sort(key=lambda each: -each[0])
        if not scored:
            return None, False
        if (
            len(scored) > 1
            and scored[1][0] == scored[0][0]
            and scored[1][1].key != scored[0][1].key
        ):
            return None, False
        return scored[0][1], scored[0][0] == 2.0


def _shared(name: str, words: set[str]) -> float:
    """Give the share of a name's words that stand in a sentence."""
    own = {w for w in re.findall(r"[a-z]{2,}", name.lower().replace("_", " ")) if w not in _COMMON}
    return (
        sum(any(w == o or (len(o) > 4 and w[:5] == o[:5]) for w in words) for o in own) / len(own)
        if own
        else 0.0
    )


def _telling(statistic: str, number: Number, text: str) -> bool:
    """Tell whether a number can only be one of a table: of three digits, or with a share."""
    if statistic == "count":
        share = r"\s*(?:\w+\s+)?\(\s*\d+(?:[.·,]\d+)?\s*%"
        return bool(re.match(share, text[number.end :]))
    digits = len(re.sub(r"\D", "", number.printed).lstrip("0"))
    return statistic in ("percent", "rate", "median", "mean") and digits >= 3


_COMMON = {"yes", "the", "and", "patients", "any", "all", "not", "none", "group", "other", "others"}


def _family(statistic: str) -> str:
    return {"rate": "percent"}.get(statistic, statistic)


def _named(sentence: Sentence, number: Number, text: str, statistic: str) -> tuple[str, str]:
    """Name what a number of the text is of, so that no two things have one name by accident."""
    before = text[: number.start]
    endpoint = endpoint_in(re.split(r"[;,]", before)[-1]) or endpoint_in(before[-80:])
    place = f"{_short(sentence.paragraph)}_{sentence.number}"
    pair = re.search(r"(\S+)\s*\(\s*$", before)
    start = pair.start() if pair and statistic == "percent" else number.start
    return (
        f"{endpoint or 'text'}_{place}_{start}".lower()
        if not endpoint
        else f"{endpoint}_{place}_{start}",
        "",
    )


def _short(paragraph: Paragraph) -> str:
    digits = re.search(r"\d+(?:\.\d+)*", paragraph.section)
    return _SECTIONS.get(paragraph.kind, slug(paragraph.section, 20)) + (
        digits[0] if digits else ""
    )


def _near(text: str, start: int, length: int) -> str:
    """Give the words around a number, by which it is found in its sentence."""
    low, high = max(0, start - 45), min(len(text), start + length + 25)
    before = text[low:start] if not low else text[low:start].partition(" ")[2]
    after = text[start:high] if high == len(text) else text[start:high].rpartition(" ")[0]
    near = (
        f"{'…' if low else ''}{before}{after or text[start:high]}{'…' if high < len(text) else ''}"
    )
    return " ".join(near.replace(CITED, "").split())


def _claim(
    sentence: Sentence,
    analysis: str,
    variable: str,
    level: str,
    statistic: str,
    printed: str,
    start: int,
    unit: str = "",
) -> Claim:
    near = _near(sentence.text, start, len(printed))
    where = f"{sentence.paragraph.section}, sentence {sentence.number}: “{near}” @{start}"
    return Claim(analysis, "", "", variable, level, statistic, printed, where, unit)

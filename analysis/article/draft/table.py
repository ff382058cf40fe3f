"""From a table to claims: what each of its numbers is, of whom, and what is not sure of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.article.draft.cells import Number, Piece, pieces, uses_commas
from analysis.article.draft.claim import (
    VALUE,
    VALUE_LOWER,
    VALUE_SECOND,
    VALUE_UPPER,
    Claim,
    slug,
)
from analysis.article.draft.layout import Row, blocks, heading_rows, is_blank, rows
from analysis.article.draft.meaning import Meaning, choices, meaning, size, without_kind
from analysis.article.draft.paper import Cell, Table
from analysis.article.forms import form_of

UNNAMED = "what is this number?"
# Statistics whose limits have other names than theirs.
_STEMS = {"hazard_ratio": "hr", "odds_ratio": "or", "risk_ratio": "rr", "percent": "ci"}
_ENDPOINTS = (
    ("OS", r"\bOS\b|\bmOS\b|\bMST\b|(?i:\boverall survival)|(?i:\bmedian survival)"),
    ("PFS", r"\bm?PFS\b|(?i:\bprogression[- ]free)"),
    ("DFS", r"\bDFS\b|(?i:\bdisease[- ]free)"),
    ("RFS", r"\bRFS\b|(?i:\b(?:relapse|recurrence)[- ]free)"),
    ("EFS", r"\bEFS\b|(?i:\bevent[- ]free)"),
    ("TTP", r"\bTTP\b|(?i:\btime to progression)"),
    ("DMFS", r"\bDMFS\b|(?i:\bmetastasis[- ]free)"),
    ("LRFS", r"\bLRFS\b|(?i:\blocoregional)"),
    ("CSS", r"\bCSS\b|(?i:\bcancer[- ]specific)"),
    ("DOR", r"\bDo?OR\b|(?i:\bduration of response)"),
)
_ANALYSES = (
    ("adverse_events", r"adverse|toxicit|safety|complication|side effect"),
    ("prognosis", r"univaria|multivaria|prognos|predict|risk factor|cox|regression|associat|hazard|subgroup"),
    ("characteristics", r"characteristic|baseline|demographic|clinicopatholog|patient features"),
    ("response", r"respon|efficacy|tumou?r control"),
    ("survival", r"surviv"),
    ("treatment", r"treatment|therap|dos(?:e|age)|radiotherap|regimen"),
)  # fmt: skip
_RATIOS = {"hazard_ratio", "odds_ratio", "risk_ratio"}
_OF_RATIOS = {*_RATIOS, "p_value", *(f"{s}_{e}" for s in ("hr", "or", "rr") for e in ("lower", "upper"))}
# Of which an interval in the next column can be.
_MAIN = {*_RATIOS, "median", "mean", "percent", "rate", "difference", "coefficient", "value"}
_GRADE = re.compile(r"(?i)^(?:(?:all|any)[\s-]*grades?|grades?\W*(?:≥|>=|>|<|≤)?\s*(?:\d|I|V)[\dIV\s,/–—+-]*(?:or (?:higher|worse|more))?|(?:≥|>=)?\s*G?\s*\d(?:\s*[-–/]\s*\d)?)$")
_ALL = re.compile(
    r"(?i)^\W*(?:all|total|overall|whole|entire|all (?:patients|participants|subjects|cases)|"
    r"(?:total|whole|entire|overall|study) (?:cohort|population|group|sample|series|patients)|"
    r"(?:patients|participants|cases|value|values|characteristics?|data|result|results|cohort|"
    r"frequency|statistics?|variables?))\W*$"
)
_MODELS = re.compile(r"(?i)\b(uni|multi)[- ]?varia(?:te|ble)|\b(?:un)?adjusted|\bcrude")
_LEVELS = re.compile(r"(?i)^(?:yes|no|present|absent|positive|negative|high|low|male|female)$")
_YES = re.compile(r"(?i)^\W*yes\W*$")
_RESPONSES = {"CR", "PR", "SD", "PD", "ORR", "DCR", "CBR", "ORR (CR+PR)", "NE", "CR + PR", "CR+PR"}
_BARE_STATISTIC = re.compile(
    r"(?ix)^\W*(?:median|mean|average|range|min(?:imum)?|max(?:imum)?|iqr|inter[- ]?quartile\s+range|"
    r"sd|standard\s+deviation|s\.d\.|se|sem|q1|q3)?"
    r"(?:[\s,/;±(\[–-]*(?:median|mean|range|min(?:imum)?|max(?:imum)?|iqr|inter[- ]?quartile\s+range|sd|"
    r"standard\s+deviation|se|sem|q1|q3|95%\s*ci|years?|yrs?|months?|cm|mm|kg|m\^?2|gy|days?|weeks?|to)"
    r"[)\]\s]*)*\W*$"
)  # fmt: skip
_UNITS = re.compile(
    r"(?i)(?:[,(\[–—-]\s*|\bin\s+)((?:×?\s?10\^?\d+\s?|[a-zµμ]{1,5}|[a-z]{1,3}[0-9]*)/[a-z0-9.^]{1,7}|years?|yrs?|yr|y|months?|mos?|mo|weeks?|wks?|days?|d|hours?|h|"
    r"minutes|Gy|cGy|cm|mm|mL|ml|cc|kg|g|mg|µg|ng/m[lL]|mg/d[lL]|g/d[lL]|g/[lL]|U/[lL]|IU/[lL]|"
    r"kg/m\^?2|mm\s?Hg|µmol/[lL]|mmol/[lL]|×?\s?10\^?\d+/[lL]|%)\s*[)\],;]?(?:$|\W)"
)
_UNIT_NAMES = {"y": "years", "yr": "years", "yrs": "years", "year": "years", "mo": "months",
               "mos": "months", "month": "months", "d": "days", "day": "days", "week": "weeks",
               "wk": "weeks", "wks": "weeks", "h": "hours", "hour": "hours"}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What the article says beside a table.

    Attributes
    ----------
    patients
        How many patients there are as its title or abstract says, as printed.
    commas
        Whether a comma marks decimals.
    """

    patients: tuple[str, ...] = ()
    commas: bool = False


@dataclass(frozen=True)
class Column:
    """What a column's headings say of it.

    Attributes
    ----------
    group
        What they name that is no kind of number: "Drug A".
    level
        A grade.
    endpoint, model
        "OS"; "Univariate".
    of
        How many patients they say there are, as printed.
    kind
        The statistics that they name.
    words
        All of them, for the locator.
    """

    group: str
    level: str
    endpoint: str
    model: str
    of: str
    kind: Meaning
    words: tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """A number with the statistic that it is taken for."""

    statistic: str
    number: Number
    question: str = ""
    of: str = ""


def endpoint_in(words: str) -> str:
    """Name the endpoint that some words name, '' where they name none or several."""
    found = [name for name, form in _ENDPOINTS if re.search(form, words)]
    return found[0] if len(found) == 1 else ""


def analysis_of(table: Table) -> str:
    """Name what a table is of by its caption."""
    words = table.caption.lower()
    return next((name for name, form in _ANALYSES if re.search(form, words)), slug(table.label))


def claims_of(table: Table, known: Known) -> list[Claim]:
    """Give a claim for every number of a table."""
    found: list[Claim] = []
    # A table may have been set with other decimals than the text.
    text = "\n".join(cell.text for row in table.grid for cell in row)
    known = replace(known, commas=uses_commas(text))
    for stubs, columns in blocks(table):
        found += _of_block(table, stubs, columns, known)
    return found


def _of_block(table: Table, stubs: list[int], columns: list[int], known: Known) -> list[Claim]:
    every = list(rows(table, stubs, columns))
    heads = {column: _column(_above(table, column)) for column in columns}
    if not any(_YES.match(word) for head in heads.values() for word in head.words):
        # "No" beside "%" is a number, beside "Yes" it is none.
        heads = {
            column: replace(head, kind=Meaning("count"), group="")
            if head.words and head.words[-1].strip().lower() == "no" and not head.kind
            else head
            for column, head in heads.items()
        }
    reader = _Reader(table, heads, columns, known, _default(table))
    found = list(reader.sizes())
    reader.look(every)
    for row in every:
        found += reader.row(row)
    return _with_denominators(found, known, table)


def _above(table: Table, column: int) -> tuple[str, ...]:
    texts: list[str] = []
    for row in table.grid[: heading_rows(table)]:
        text = row[column].text.replace("\n", " ")
        if text and text not in texts[-1:]:
            texts.append(text)
    return tuple(texts)


def _column(words: Sequence[str]) -> Column:
    """Read the headings above a column, from the top."""
    group: list[str] = []
    level = endpoint = model = of = ""
    kinds: list[Meaning] = []
    for text in words:
        of = size(text) or of
        said, bare = meaning(text), without_kind(text)
        if said:
            kinds.append(said)
        if _GRADE.match(bare):
            level = bare
        elif _MODELS.search(bare) and len(bare) < 60:
            model = bare
        elif (name := endpoint_in(text)) and not _LEVELS.match(bare):
            endpoint = name
            if not said and re.search(r"(?i)\bmonths?\b|\bMST\b|\bm(?:OS|PFS)\b", text):
                kinds.append(Meaning("median"))
        elif bare and not _ALL.match(bare) and not ((said or kinds) and _hollow(bare)):
            group.append(bare)
    # The heading nearest to the numbers says most.
    kind = kinds[-1] if kinds else Meaning()
    if kind.central in ("ci", "range", "quartiles", "sd", "se") and len(kinds) > 1:
        kind = Meaning(kind.central)
    return Column(" / ".join(group), level, endpoint, model, of, kind, tuple(words))


def _hollow(bare: str) -> bool:
    """Tell whether nothing is left of a heading but words for what is printed."""
    left = re.sub(
        r"(?i)\b(?:median|mean|average|range|interquartile|inter-quartile|standard|deviation|error|"
        r"confidence|interval|hazard|odds|risk|ratio|value|values|number|rate|ci|of|patients|cases|the|"
        r"low|high|lower|upper|limit|min|max|estimate|difference|coefficient|and|or|to|months?|years?|"
        r"statistic|test|log-?rank|chi-?square[d]?|for|trend|fisher'?s?|exact|percent|percentage|p|n|no|events?|deaths?|total|level)\b|\W",
        "",
        bare,
    )
    return not left


def _default(table: Table) -> Meaning:
    """Give what caption, first heading and notes say that numbers are, where they agree on one."""
    first = table.grid[0][0].text if table.grid else ""
    for words in (first, table.caption, *table.footnotes):
        said = meaning(words)
        if said.central in ("count", "median", "mean") and said.spread and len(choices(words)) == 1:
            return said
    return Meaning()


class _Reader:
    """Reads the rows of one block, knowing what stands above and before."""

    def __init__(
        self,
        table: Table,
        heads: dict[int, Column],
        columns: list[int],
        known: Known,
        default: Meaning,
    ) -> None:
        self.table, self.heads, self.columns = table, heads, columns
        self.known, self.default = known, default
        self.analysis = analysis_of(table)
        self.of = {column: head.of for column, head in heads.items()}
        stub = {row[place].text.strip() for row in table.grid for place in range(min(2, len(row)))}
        # SD and PR are stable disease and partial response beside CR and PD.
        self.responses = bool({"CR", "PD"} & stub)
        doubts = {cell.doubt for row in table.grid for cell in row if cell.doubt}
        self.doubt = tuple(sorted(doubts))
        self.read: set[int] = set()
        self.counts: set[int] = set()
        self.summed: set[tuple[int, tuple[str, ...]]] = set()
        self.words = " ".join([table.caption, table.grid[0][0].text, *table.footnotes])
        groups = {head.group for head in heads.values() if head.group}
        self.grouped = bool(groups)
        sized = any(head.of and head.group for head in heads.values())
        self.group_name = "arm" if sized else "group"

    # ------------------------------------------------------------------ sizes

    def sizes(self) -> Iterator[Claim]:
        """Give the numbers of patients that headings print."""
        told: set[tuple[str, str]] = set()
        for column in self.columns:
            head = self.heads[column]
            if head.of and (head.group, head.of) not in told:
                told.add((head.group, head.of))
                yield self._claim(
                    column, "patients", "", "count", head.of, self._where(("heading",), head, "n"),
                    unit="patients", questions=self.doubt,
                )  # fmt: skip

    # ------------------------------------------------------------------ rows

    def look(self, every: Sequence[Row]) -> None:
        """Find out in which columns counts stand with their percentage, or add up to the patients."""
        for column in self.columns:
            shown = 0
            parts: dict[tuple[str, ...], list[Number]] = {}
            for row in every:
                found = pieces(row.cells[column].text, self.known.commas) if column in row.cells else ()
                if len(found) > 1 and found[0].numbers[0].whole and found[1].numbers[0].percent:
                    shown += 1
                if len(found) == 1 and found[0].numbers[0].whole and row.under:
                    parts.setdefault(row.under, []).append(found[0].numbers[0])
            if shown >= 2:
                self.counts.add(column)
            for under, numbers in parts.items():
                total = sum(number.value or 0 for number in numbers)
                of = re.sub(r"\D", "", self.of.get(column, ""))
                if of and len(numbers) > 1 and total == int(of):
                    self.summed.add((column, under))

    def row(self, row: Row) -> list[Claim]:
        """Give the claims of a row."""
        found: list[Claim] = []
        done: set[int] = set()
        path = (*row.under, row.label)
        label_of = size(row.label)
        if label_of:
            found.append(self._of_label(row, label_of))
        patients = bool(re.match(r"(?i)^\W*(?:n|no\.|number(?: of (?:patients|participants|subjects|cases))?|"
                                 r"(?:total )?(?:patients|participants))\W*(?:\(?n\)?)?\W*$", row.label))
        before: tuple[int, list[Said]] | None = None
        for column in self.columns:
            cell = row.cells.get(column)
            if cell is None or id(cell) in done or id(cell) in self.read:
                continue
            done.add(id(cell))
            if cell.rowspan > 1:
                # It stands beside several rows, and is printed once.
                self.read.add(id(cell))
            covered = [other for other in self.columns if row.cells.get(other) is cell]
            head = self.heads[column] if not row.headings else self._head(row, column)
            if is_blank(cell):
                continue
            if len(covered) > 1:
                shared = {self.heads[other].group for other in covered}
                kind = head.kind if len({self.heads[other].kind for other in covered}) == 1 else Meaning()
                group = head.group if len(shared) == 1 else ""
                head = replace(head, kind=kind, group=group)
            said = self._said(row, cell, head, before)
            if not said:
                continue
            if [one.statistic for one in said] == [VALUE] and said[0].number.whole:
                said = [self._whole(said[0], row, column, head)]
            if said[0].statistic in _MAIN:
                before = (column, said)
            ratio = bool(before and before[1][0].statistic in _RATIOS)
            if patients and len(said) == 1 and said[0].number.whole:
                self.of[column] = said[0].number.printed
                same = [c for c in self.columns if self.heads[c].group == head.group]
                self.of |= dict.fromkeys(same, said[0].number.printed)
                where = self._where(path, head, "n")
                found.append(self._claim(column, "patients", "", "count", said[0].number.printed, where,
                                         unit="patients", head=head, questions=self.doubt))  # fmt: skip
                continue
            found += self._claims(row, column, head, cell, said, ratio)
        return found

    def _whole(self, said: Said, row: Row, column: int, head: Column) -> Said:
        """Tell whether a whole number that no words are about is a count."""
        if head.kind or said.question != UNNAMED:
            return said
        if column in self.counts or (column, row.under) in self.summed:
            return replace(said, statistic="count", question="")
        of = re.sub(r"\D", "", self._n(row, head))
        if of and (said.number.value or 0) <= int(of) and (row.under or self.analysis == "adverse_events"):
            return replace(said, statistic="count", question="is this a number of patients?")
        return said

    def _head(self, row: Row, column: int) -> Column:
        words = row.headings.get(column, ())
        return self.heads[column] if words == self.heads[column].words else _column(words)

    def _of_label(self, row: Row, printed: str) -> Claim:
        variable, level = self._named(row)
        where = self._where((*row.under, row.label), None, "n")
        return Claim(self.analysis, "", "", variable, level, "count", printed, where, "patients",
                     questions=("is this the number of patients who were counted, or in the group?", *self.doubt))  # fmt: skip

    # ------------------------------------------------------------------ statistics

    def _said(
        self, row: Row, cell: Cell, head: Column, before: tuple[int, list[Said]] | None
    ) -> list[Said]:
        """Give the statistic of every number of a cell."""
        found = [p for p in pieces(cell.text, self.known.commas)]
        if not found:
            return []
        section = row.under[-1] if row.under else ""
        own = _inline(cell.text)
        label = self._meant(row.label)
        if label.central == "count" and not label.spread and any(
            p.shape in ("interval", "plus_minus") for p in found
        ):
            label = Meaning()
        # In words of the row first, of its section, of the column, and of the whole table.
        kinds = [own, label]
        if not head.kind or head.kind.central not in ("p_value", "percent", "hazard_ratio", "odds_ratio", "risk_ratio"):
            kinds.append(self._meant(section))
        kinds += [head.kind, self.default]
        if head.kind.central in ("p_value", "hazard_ratio", "odds_ratio", "risk_ratio", "ci", "difference", "percent", "sd", "se", "statistic"):
            kinds = [own, head.kind, label, self._meant(section), self.default]
            if head.kind.central == "percent" and label.central not in ("", "count", "percent"):
                kinds = [own, label, head.kind]
        elif head.kind.central == "count" and not head.kind.spread and label.spread == "percent":
            kinds = [own, head.kind, label]
        return _typed(found, [k for k in kinds if k], before[1] if before else [], self._n(row, head), self._sub(head))

    def _meant(self, words: str) -> Meaning:
        return Meaning() if self.responses and words.strip() in _RESPONSES else meaning(words)

    def _sub(self, head: Column) -> str:
        words = head.words[-1].lower() if head.words else ""
        if re.search(r"\b(?:low|lower|min)", words):
            return "lower"
        return "upper" if re.search(r"\b(?:high|upper|max)", words) else ""

    def _n(self, row: Row, head: Column) -> str:
        in_label = size(row.label)
        if in_label:
            return in_label
        for name in reversed(row.under):
            if size(name):
                return size(name)
        column = next((c for c, h in self.heads.items() if h is head or h.words == head.words), None)
        return self.of.get(column, "") if column is not None else head.of

    # ------------------------------------------------------------------ keys

    def _claims(
        self, row: Row, column: int, head: Column, cell: Cell, said: list[Said], ratio: bool
    ) -> Iterator[Claim]:
        path = (*row.under, row.label)
        for one in said:
            beside_several = cell.rowspan > 1 and one.statistic == "p_value" and bool(row.under)
            variable, level = (
                (_variable(row.under[-1]), "") if beside_several else self._named(row)
            )
            questions = [q for q in (one.question, one.number.doubt, cell.doubt) if q]
            of = one.of or (self._n(row, head) if one.statistic in ("count", "percent") else "")
            yield self._claim(
                column, variable, level, one.statistic, one.number.printed,
                self._where(path, head, _SHOWN.get(one.statistic, one.statistic)),
                unit=self._unit(one, row, head), of=of, questions=tuple(questions), head=head, row=row,
                ratio=ratio or any(other.statistic in _RATIOS for other in said),
            )  # fmt: skip

    def _unit(self, said: Said, row: Row, head: Column) -> str:
        if said.statistic in ("percent", "rate", "ci_lower", "ci_upper", "rate_lower", "rate_upper") or said.number.percent:
            return "%"
        if said.statistic == "count":
            return "patients"
        if said.statistic in ("p_value", "hazard_ratio", "odds_ratio", "risk_ratio") or said.statistic[:3] in ("hr_", "or_", "rr_"):
            return ""
        for words in (row.label, *reversed(row.under), *reversed(head.words)):
            unit = _UNITS.search(words)
            if unit and unit[1] != "%":
                return _UNIT_NAMES.get(unit[1].lower(), unit[1])
        return ""

    def _named(self, row: Row) -> tuple[str, str]:
        """Give the variable and the level that a row is about."""
        label = _bare(row.label)
        if self.responses and row.label.strip() in _RESPONSES:
            return "response", row.label.strip()
        if _BARE_STATISTIC.match(row.label) or not label:
            names = [_variable(name) for name in row.under]
            return (names[-1] if names else slug(row.label) or "patients"), ""
        if self.analysis == "adverse_events":
            return slug(label), ""
        if row.under and not row.heading:
            return _variable(row.under[-1]), _level(label)
        return _variable(row.label), ""

    def _claim(
        self,
        column: int,
        variable: str,
        level: str,
        statistic: str,
        printed: str,
        where: str,
        *,
        unit: str = "",
        of: str = "",
        questions: tuple[str, ...] = (),
        head: Column | None = None,
        row: Row | None = None,
        ratio: bool = False,
    ) -> Claim:
        head = head or self.heads[column]
        group, group_level = "", ""
        if head.group:
            group, group_level = self.group_name, head.group
        if head.level and variable != "patients":
            level = _grade(head.level) if not level else f"{level}, {_grade(head.level)}"
        endpoint = head.endpoint
        if endpoint and row is not None and variable != "patients":
            # Groups stand in the rows of a table whose columns are endpoints.
            part = head.group if _LEVELS.match(head.group) else level
            if head.group and not _LEVELS.match(head.group):
                part = f"{level}, {head.group}" if level else head.group
            group, group_level = variable, part.lower() if _LEVELS.match(part) else part
            variable, level = endpoint, ""
            if statistic == "p_value":
                group_level = "" if not row.under else group_level
        elif ratio and statistic in _OF_RATIOS and self.grouped and not (head.group or head.model):
            # Beside columns of groups it compares these.
            group = self.group_name
        elif ratio and (statistic in _OF_RATIOS):
            # A ratio compares the level of its row with another.
            compared = (variable, level)
            endpoint = endpoint_in(head.group) or endpoint_in(self.table.caption)
            variable, level = endpoint or "outcome", ""
            if head.group and not endpoint_in(head.group):
                level = head.group
            group, group_level = compared
        elif statistic == "p_value" and row is not None and self.grouped and not head.group:
            # A p value compares the groups, whichever column it stands in.
            group = self.group_name
        if head.model:
            level = f"{level}, {head.model}" if level else head.model
        if statistic == "count" and variable not in ("patients",) and not level:
            level = "yes"
        elif statistic in ("percent", "ci_lower", "ci_upper") and not level:
            level = "yes"
        if self.analysis == "adverse_events" and level == "yes":
            level = "any"
        return Claim(self.analysis, group, group_level, variable, level, statistic, printed, where,
                     unit, re.sub(r"\D", "", of), questions=questions)  # fmt: skip

    def _where(self, path: Sequence[str], head: Column | None, tail: str) -> str:
        words = [*path, *(head.words if head else ())]
        shown = [re.sub(r"\s+", " ", word).strip() for word in words if word.strip()]
        if not shown or shown[-1].lower() != tail.lower():
            shown.append(tail)
        return f"{self.table.label}: " + " / ".join(shown)


_SHOWN = {"count": "No.", "percent": "%", "p_value": "p"}


def _bare(words: str) -> str:
    """Give the name of a thing without what is printed of it and its unit.

    >>> _bare("Age, years"), _bare("Body-mass index (kg/m^2), mean (SD)"), _bare("≥65 years")
    ('Age', 'Body-mass index', '≥65 years')
    """
    text = without_kind(words)
    unit = _UNITS.search(text)
    if unit and re.search(r"[^\W\d]", text[: unit.start()]):
        text = f"{text[: unit.start()]} {text[unit.end() :]}"
    return without_kind(text)


def _variable(words: str) -> str:
    return endpoint_in(words) or slug(_bare(words)) or slug(words)


def _level(label: str) -> str:
    """Give a level as people type it: cut-offs with signs, all else in small letters.

    >>> _level("≥ 1,000"), _level("Male"), _level("HBV")
    ('>=1000', 'male', 'HBV')
    """
    text = label.replace("≥", ">=").replace("≤", "<=").replace("＞", ">").replace("＜", "<")
    if re.match(r"[<>]=?\s*[\d.·,]+", text):
        return re.sub(r"(?<=\d),(?=\d{3})", "", re.sub(r"([<>]=?)\s+", r"\1", text))
    return text.lower() if re.match(r"[A-Z][a-z]", text) else text


def _grade(words: str) -> str:
    text = re.sub(r"(?i)^grades?\s*", "", words.replace("≥", ">=").replace("≤", "<=")).strip()
    if re.match(r"(?i)(?:all|any)", text):
        return "any"
    higher = re.match(r"(\d)\s*(?:\+|or )", text)
    return f">={higher[1]}" if higher else re.sub(r"\s+", "", text)


def _inline(text: str) -> Meaning:
    """Give what the words in a cell itself say."""
    return meaning(re.sub(r"[\d.·,]+", " ", text)) if re.search(r"[A-Za-z±]{2}|±", text) else Meaning()


def _limits(central: str, spread: str) -> tuple[str, str]:
    """Name the two numbers of an interval."""
    if spread == "range":
        return "min", "max"
    if spread == "quartiles":
        return "lower_quartile", "upper_quartile"
    stem = _STEMS.get(central, central)
    return f"{stem}_lower", f"{stem}_upper"


def _typed(
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
    return said


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
        # n/N: how many of how many.
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
    if first.percent and central not in ("percent", "rate", "difference", "median", "mean", "p_value"):
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
        value = first.value
        if value is not None and value > 1:
            return [Said(VALUE, first, "a p value above 1 under this heading: what is it?")]
        return [Said("p_value", first)]
    if central == "se" or central == "sd":
        return [Said(central, first)]
    if not central:
        return _unnamed(first, found, of, kinds)
    return [Said(central, first)]


def _unnamed(first: Number, found: Sequence[Piece], of: str, kinds: Sequence[Meaning]) -> list[Said]:
    """Give what a number is that no words are about, if arithmetic says it."""
    beside = next((p for p in found[1:] if p.shape == "single" and p.bracketed), None)
    if first.whole and beside is not None:
        number = beside.numbers[0]
        if number.percent or _fits(first, number, of):
            return [Said("count", first)]
    return [Said(VALUE, first, UNNAMED)]


def _fits(count: Number, percent: Number, of: str) -> bool:
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
        between = next((k.spread for k in kinds if k.spread in ("ci", "range", "quartiles", "sd", "se")), "")
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
            return _fresh([Said(lower, first, question), Said(upper, piece.numbers[1], question)], have)
        question = "is this a range, the quartiles or a confidence interval?"
        return _fresh([Said(VALUE_LOWER, first, question), Said(VALUE_UPPER, piece.numbers[1], question)], have)
    if piece.shape == "plus_minus":
        return _fresh([Said("mean", first), Said("sd", piece.numbers[1], "is ± the standard deviation?")], have)
    if piece.shape == "ratio":
        return _fresh([Said("count", first, of=piece.numbers[1].printed), Said("n", piece.numbers[1])], have)
    if first.percent and central == "count":
        return _fresh([Said("percent", first, of=main.of if main else "")], have)
    if central == "count" and "percent" not in have and not inner.central:
        of = main.of if main and main.of else of
        if kind.spread == "percent" or spread == "percent" or (main is not None and main.of):
            return [Said("percent", first, of=main.of if main else "")]
        if main is not None and _fits(main.number, first, of):
            return [Said("percent", first)]
        return [Said(VALUE_SECOND, first, "is this the percentage?")]
    if central == "percent" and first.whole and (kind.spread == "count" or "count" not in have) and not first.percent:
        question = "" if kind.spread == "count" else "is this the number of patients?"
        return _fresh([Said("count", first, question)], have)
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


def _with_denominators(claims: list[Claim], known: Known, table: Table) -> list[Claim]:
    """Give counts and percentages what they are out of, where only the article says it, or ask."""
    pairs: Counter[str] = Counter()
    total = 0
    by_key: dict[tuple[str, ...], Claim] = {}
    for claim in claims:
        if claim.statistic == "count":
            by_key[claim.key[:-1]] = claim
    candidates = [n for words in (table.caption, *table.footnotes) if (n := size(words))]
    candidates += list(known.patients)
    matched = []
    for claim in claims:
        count = by_key.get(claim.key[:-1])
        if claim.statistic == "percent" and count is not None:
            matched.append((count, claim))
    for count, percent in matched:
        if not percent.denominator:
            total += 1
            for n in dict.fromkeys(candidates):
                pairs[n] += _fits(Number(count.printed), Number(percent.printed), n)
    best = pairs.most_common(1)[0] if pairs else ("", 0)
    share = re.sub(r"\D", "", best[0]) if total and best[1] >= 0.9 * total else ""
    known_pairs = {count.key[:-1]: percent for count, percent in matched}
    found = []
    for claim in claims:
        if claim.statistic in ("count", "percent") and not claim.denominator and claim.variable != "patients":
            if share and claim.group == "" or share and total and best[1] == total:
                claim = replace(claim, denominator=share, remarks=(*claim.remarks, f"of {share}: no number stands in the table, and {best[1]} of {total} percentages are of it"))
            elif claim.statistic == "percent":
                claim = replace(claim, questions=(*claim.questions, "of how many patients?"))
        percent = known_pairs.get(claim.key[:-1])
        if percent is claim and claim.denominator:
            count = by_key[claim.key[:-1]]
            if not _fits(Number(count.printed), Number(claim.printed), claim.denominator):
                claim = replace(claim, questions=(*claim.questions, f"{count.printed} of {claim.denominator} is no {claim.printed}%: of how many patients?"))
        found.append(claim)
    return found

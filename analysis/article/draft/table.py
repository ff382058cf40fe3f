"""From a table to claims: what each of its numbers is, of whom, and what is not sure of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from analysis.article.draft.cells import Number, pieces, uses_commas
from analysis.article.draft.claim import VALUE, Claim, slug
from analysis.article.draft.columns import LEVELS, Column, above, column_of, default_of
from analysis.article.draft.denominators import with_denominators
from analysis.article.draft.layout import Row, blocks, is_blank, rows, unfolded
from analysis.article.draft.meaning import Meaning, meaning, size
from analysis.article.draft.names import (
    bare,
    endpoint_in,
    grade,
    level_of,
    months_in,
    unit_in,
    variable_of,
)
from analysis.article.draft.paper import Cell, Table
from analysis.article.draft.typed import UNNAMED, Said, inline, pair_in, typed

_ANALYSES = (
    ("adverse_events", r"adverse|toxicit|safety|complication|side effect"),
    ("prognosis", r"univaria|multivaria|prognos|predict|risk factor|cox|regression|associat|"
                  r"hazard|subgroup"),
    ("characteristics", r"characteristic|baseline|demographic|clinicopatholog|patient features"),
    ("response", r"respon|efficacy|tumou?r control"),
    ("survival", r"surviv"),
    ("treatment", r"treatment|therap|dos(?:e|age)|radiotherap|regimen"),
)  # fmt: skip
_RATIOS = {"hazard_ratio", "odds_ratio", "risk_ratio"}
_OF_RATIOS = {
    *_RATIOS,
    "p_value",
    *(f"{s}_{e}" for s in ("hr", "or", "rr") for e in ("lower", "upper")),
}
# Of which an interval in the next column can be.
_MAIN = {*_RATIOS, "median", "mean", "percent", "rate", "difference", "coefficient", "value"}
_YES = re.compile(r"(?i)^\W*yes\W*$")
_RESPONSES = {"CR", "PR", "SD", "PD", "ORR", "DCR", "CBR", "ORR (CR+PR)", "NE", "CR + PR", "CR+PR"}
_BARE_STATISTIC = re.compile(
    r"(?ix)^\W*(?:median|mean|average|range|min(?:imum)?|max(?:imum)?|iqr|"
    r"inter[- ]?quartile\s+range|"
    r"sd|standard\s+deviation|s\.d\.|se|sem|q1|q3)?"
    r"(?:[\s,/;±(\[–-]*(?:median|mean|range|min(?:imum)?|max(?:imum)?|iqr|"
    r"inter[- ]?quartile\s+range|sd|"
    r"standard\s+deviation|se|sem|q1|q3|95%\s*ci|years?|yrs?|months?|cm|mm|kg|"
    r"m\^?2|gy|days?|weeks?|to)"
    r"[)\]\s]*)*\W*$"
)  # fmt: skip


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


def analysis_of(table: Table) -> str:
    """Name what a table is of by its caption."""
    words = table.caption.lower()
    return next((name for name, form in _ANALYSES if re.search(form, words)), slug(table.label))


def claims_of(table: Table, known: Known) -> list[Claim]:
    """Give a claim for every number of a table."""
    found: list[Claim] = []
    # A table may have been set with other decimals than the text.
    text = "\n".join(cell.text for row in table.grid for cell in row)
    known, table = replace(known, commas=uses_commas(text)), unfolded(table)
    for stubs, columns in blocks(table):
        found += _of_block(table, stubs, columns, known)
    return found


def _of_block(table: Table, stubs: list[int], columns: list[int], known: Known) -> list[Claim]:
    every = list(rows(table, stubs, columns))
    heads = {column: column_of(above(table, column)) for column in columns}
    if not any(_YES.match(word) for head in heads.values() for word in head.words):
        # "No" beside "%" is a number, beside "Yes" it is none.
        heads = {
            column: replace(head, kind=Meaning("count"), group="")
            if head.words and head.words[-1].strip().lower() == "no" and not head.kind
            else head
            for column, head in heads.items()
        }
    reader = _Reader(table, heads, columns, known, default_of(table))
    found = list(reader.sizes())
    reader.look(every)
    printed = {claim.key: claim.printed for claim in found}
    for row in every:
        claims = reader.row(row)
        if any(printed.get(claim.key, claim.printed) != claim.printed for claim in claims):
            # Two rows of one name are two things until somebody says what they are.
            claims = [_apart(claim, row.number) for claim in claims]
        printed |= {claim.key: claim.printed for claim in claims}
        found += claims
    return with_denominators(found, known.patients, table)


def _apart(claim: Claim, number: int) -> Claim:
    question = "another row of the table has this name, and other numbers: what tells them apart?"
    return replace(
        claim,
        variable=f"{claim.variable}_row_{number}",
        questions=(*claim.questions, question),
    )


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
        """Find out in which columns counts have their percentage, or add up to the patients."""
        for column in self.columns:
            shown = 0
            parts: dict[tuple[str, ...], list[Number]] = {}
            for row in every:
                found = (
                    pieces(row.cells[column].text, self.known.commas) if column in row.cells else ()
                )
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
        patients = bool(
            re.match(
                r"(?i)^\W*(?:n|no\.|number(?: of (?:patients|participants|subjects|cases))?|"
                r"(?:total )?(?:patients|participants))\W*(?:\(?n\)?)?\W*$",
                row.label,
            )
        )
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
                kind = (
                    head.kind
                    if len({self.heads[other].kind for other in covered}) == 1
                    else Meaning()
                )
                group = head.group if len(shared) == 1 else ""
                head = replace(head, kind=kind, group=group)
            said = self._said(row, cell, head, before)
            if not said:
                continue
            pair = self._pair(row, cell, head)
            if pair:
                found += pair
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
                found.append(
                    self._claim(
                        column, "patients", "", "count", said[0].number.printed, where,
                        unit="patients", head=head, questions=self.doubt,
                    )
                )  # fmt: skip
                continue
            found += self._claims(row, column, head, cell, said, ratio)
        return found

    def _pair(self, row: Row, cell: Cell, head: Column) -> list[Claim]:
        """Give the counts of "60/20" beside "Sex (M/F)": of two levels, and of no whole."""
        named = pair_in(row.label)
        numbers = pieces(cell.text, self.known.commas)
        if named is None or len(numbers) != 1 or numbers[0].shape != "ratio":
            return []
        of = re.sub(r"\D", "", self._n(row, head))
        total = sum(number.value or 0 for number in numbers[0].numbers)
        ask = () if of and total == int(of) else ("are these the counts of two levels?",)
        variable = variable_of(row.label.partition(named[0])[0].strip(" ,(:–—-") or row.label)
        column = next(c for c in self.columns if row.cells.get(c) is cell)
        return [
            self._claim(
                column, variable, level_of(level), "count", number.printed,
                self._where((*row.under, row.label, level), head, "No."),
                unit="patients", of=of, questions=(*ask, *self.doubt), head=head, row=row,
            )
            for level, number in zip(named, numbers[0].numbers, strict=True)
        ]  # fmt: skip

    def _whole(self, said: Said, row: Row, column: int, head: Column) -> Said:
        """Tell whether a whole number that no words are about is a count."""
        if head.kind or said.question != UNNAMED:
            return said
        if column in self.counts or (column, row.under) in self.summed:
            return replace(said, statistic="count", question="")
        of = re.sub(r"\D", "", self._n(row, head))
        if (
            of
            and (said.number.value or 0) <= int(of)
            and (row.under or self.analysis == "adverse_events")
        ):
            return replace(said, statistic="count", question="is this a number of patients?")
        return said

    def _head(self, row: Row, column: int) -> Column:
        words = row.headings.get(column, ())
        return self.heads[column] if words == self.heads[column].words else column_of(words)

    def _of_label(self, row: Row, printed: str) -> Claim:
        variable, level = self._named(row)
        where = self._where((*row.under, row.label), None, "n")
        question = "is this the number of patients who were counted, or in the group?"
        return Claim(
            self.analysis, "", "", variable, level, "count", printed, where, "patients",
            questions=(question, *self.doubt),
        )  # fmt: skip

    # ------------------------------------------------------------------ statistics

    def _said(
        self, row: Row, cell: Cell, head: Column, before: tuple[int, list[Said]] | None
    ) -> list[Said]:
        """Give the statistic of every number of a cell."""
        found = pieces(cell.text, self.known.commas)
        if not found:
            return []
        section = row.under[-1] if row.under else ""
        own = inline(cell.text)
        label = self._meant(row.label)
        if (
            label.central == "count"
            and not label.spread
            and any(p.shape in ("interval", "plus_minus") for p in found)
        ):
            label = Meaning()
        # In words of the row first, of its section, of the column, and of the whole table.
        kinds = [own, label]
        if not head.kind or head.kind.central not in (
            "p_value",
            "percent",
            "hazard_ratio",
            "odds_ratio",
            "risk_ratio",
        ):
            kinds.append(self._meant(section))
        kinds += [head.kind, self.default]
        if head.kind.central in (
            "p_value",
            "hazard_ratio",
            "odds_ratio",
            "risk_ratio",
            "ci",
            "difference",
            "percent",
            "sd",
            "se",
            "statistic",
        ):
            kinds = [own, head.kind, label, self._meant(section), self.default]
            if head.kind.central == "percent" and label.central not in ("", "count", "percent"):
                kinds = [own, label, head.kind]
        elif head.kind.central == "count" and not head.kind.spread and label.spread == "percent":
            kinds = [own, head.kind, label]
        return typed(
            found,
            [k for k in kinds if k],
            before[1] if before else [],
            self._n(row, head),
            self._sub(head),
        )

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
        column = next(
            (c for c, h in self.heads.items() if h is head or h.words == head.words), None
        )
        return self.of.get(column, "") if column is not None else head.of

    # ------------------------------------------------------------------ keys

    def _claims(
        self, row: Row, column: int, head: Column, cell: Cell, said: list[Said], ratio: bool
    ) -> Iterator[Claim]:
        path = (*row.under, row.label)
        for one in said:
            beside_several = cell.rowspan > 1 and one.statistic == "p_value" and bool(row.under)
            variable, level = (
                (variable_of(row.under[-1]), "") if beside_several else self._named(row)
            )
            questions = [q for q in (one.question, one.number.doubt, cell.doubt, row.doubt) if q]
            of = one.of or (self._n(row, head) if one.statistic in ("count", "percent") else "")
            yield self._claim(
                column, variable, level, one.statistic, one.number.printed,
                self._where(path, head, _SHOWN.get(one.statistic, one.statistic)),
                unit=self._unit(one, row, head), of=of, questions=tuple(questions),
                head=head, row=row,
                ratio=ratio or any(other.statistic in _RATIOS for other in said),
            )  # fmt: skip

    def _unit(self, said: Said, row: Row, head: Column) -> str:
        if (
            said.statistic
            in ("percent", "rate", "ci_lower", "ci_upper", "rate_lower", "rate_upper")
            or said.number.percent
        ):
            return "%"
        if said.statistic == "count":
            return "patients"
        if said.statistic in (*_OF_RATIOS, "statistic"):
            return ""
        for words in (row.label, *reversed(row.under), *reversed(head.words)):
            if unit := unit_in(words):
                return unit
        return ""

    def _named(self, row: Row) -> tuple[str, str]:
        """Give the variable and the level that a row is about."""
        label = row.label.strip() if row.label.strip() in _RESPONSES else bare(row.label)
        if label in _RESPONSES and (self.responses or self.analysis == "response"):
            return "response", label
        if _BARE_STATISTIC.match(row.label) or not label:
            names = [variable_of(name) for name in row.under]
            return (names[-1] if names else slug(row.label) or "patients"), ""
        if self.analysis == "adverse_events":
            return slug(label), ""
        endpoint = endpoint_in(row.label)
        if endpoint and (time := months_in(row.label)):
            return endpoint, time
        if row.under and not row.heading:
            above = row.under[-1]
            time = months_in(row.label) if endpoint_in(above) else ""
            return variable_of(above), time or level_of(label)
        return variable_of(row.label), ""

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
            level = grade(head.level) if not level else f"{level}, {grade(head.level)}"
        endpoint = head.endpoint
        if endpoint and row is not None and variable != "patients":
            # Groups stand in the rows of a table whose columns are endpoints.
            part = head.group if LEVELS.match(head.group) else level
            if head.group and not LEVELS.match(head.group):
                part = f"{level}, {head.group}" if level else head.group
            group, group_level = variable, part.lower() if LEVELS.match(part) else part
            variable, level = endpoint, head.time
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
        if (statistic == "count" and variable not in ("patients",) and not level) or (
            statistic in ("percent", "ci_lower", "ci_upper") and not level
        ):
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

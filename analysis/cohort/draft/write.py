"""Write what was guessed as a `dataset.yaml` that its reader can finish."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.cohort.draft.fit import UNANSWERED
from analysis.cohort.draft.profile import Column, is_missing
from analysis.cohort.draft.proposal import ID, Guess, Line, Look, Part
from analysis.cohort.draft.scalars import flow, remark, scalar
from analysis.cohort.draft.sheets import LONGEST_NAME
from analysis.cohort.draft.vocabulary import MISSING, NO, YES
from analysis.cohort.draft.words import code
from analysis.cohort.intake import redcap
from analysis.cohort.intake.cells import EXCEL
from analysis.study.columns import kind
from analysis.study.variables import in_order

# Formats that a reader of dates needs not be told: the year, the month, the day.
_NEEDS_NONE = re.compile(r"%Y[-/.年]%m[-/.月]%d日?")
_MOST_FACTORS = 30
_NOT_DETECTED = {"nd", "n d"}


@dataclass(frozen=True)
class Draft:
    """A draft, and what it amounts to.

    Attributes
    ----------
    text
        Of `dataset.yaml`.
    proposed
        How many columns of the source a line in force is about.
    columns
        How many there are.
    questions
        How many lines ask something.
    """

    text: str
    proposed: int
    columns: int
    questions: int


def draft(guessed: Guess, title: str, sources: Sequence[Mapping[str, Any]], shown: str) -> Draft:
    """Write the draft.

    Parameters
    ----------
    guessed
        What is proposed.
    title
        Of the dataset.
    sources
        Of each sheet of the guess, the keys of `source` that name it.
    shown
        What the source is called.
    """
    lines = [
        f"# A draft of `make import`, made from {remark(shown)}.",
        '# A line with "?" in its remark asks something: mend it, and take the question away. What',
        '# begins with "#" and "?" is not in force until these are taken away. "?" among values',
        "# stands for what you alone know: what a code means, or a unit.",
        f"title: {scalar(title)}",
        "synthetic: false",
    ]
    if guessed.study == "own":
        lines.append(
            "study: own  # these patients are not such as the article's; nothing of it is used"
        )
    else:
        lines.append("# study: own  # would leave out what only the article declares")
    lines.append("")
    if any("dictionary" in each for each in sources) or any(
        part.where.keys() & {redcap.INSTRUMENT} for look in guessed.looks for part in look.parts
    ):
        lines.append("preset: redcap  # rows of patients are those of no repeated instrument")
    common, own = _common(sources)
    several = len(sources) > 1
    if len(sources) > 1:
        lines.append(f"source: {flow(common)}")
    else:
        lines.append(_source_line(sources[0], guessed.looks[0]))
    lines += _conventions(guessed)
    suggested = _factors(guessed)
    lines += ["", *_tables(guessed, own if several else None, suggested)]
    lines += _not_found(guessed)
    if suggested:
        lines += [
            "",
            "# What may be compared: take away the # of lines here, and of their columns above.",
        ]
        lines += ["# factors:", *(f"#   - {flow(told)}" for _, told in suggested.values())]
    lines += _left(guessed, set(suggested))
    text = "\n".join(lines).rstrip() + "\n"
    proposed = sum(len(look.proposed) for look in guessed.looks)
    columns = sum(look.sheet.frame.shape[1] for look in guessed.looks)
    return Draft(text, proposed, columns, questions_in(text))


def _common(
    sources: Sequence[Mapping[str, Any]],
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Give what all sheets have for a source, and what each has of its own."""
    common = {
        key: value
        for key, value in sources[0].items()
        if all(each.get(key) == value for each in sources)
    }
    return common, [{k: v for k, v in each.items() if k not in common} for each in sources]


def questions_in(text: str) -> int:
    """Count the lines of a draft that ask something."""
    return sum(bool(re.search(r"# \?", line)) for line in text.splitlines())


def _source_line(source: Mapping[str, Any], look: Look) -> str:
    told = dict(source)
    why = []
    if "header" in told:
        why.append(f"the names of columns are found in row {told['header']}")
    if look.ends_at:
        told["rows_until_blank"] = look.ends_at
        why.append("rows follow the patients")
    return f"source: {flow(told)}" + (f"  # {remark('; '.join(why))}" if why else "")


# --- how cells are written ------------------------------------------------------------------------


def _active(guessed: Guess) -> Iterator[tuple[Look, Part, Line]]:
    for look in guessed.looks:
        for part in look.parts:
            for line in part.lines:
                if line.active:
                    yield look, part, line


def _conventions(guessed: Guess) -> list[str]:
    words = {
        text: answer
        for _, _, line in _active(guessed)
        for found in line.fits
        for text, answer in found.words.items()
    }
    lines = _missing(guessed, words)
    formats = _formats(guessed)
    if formats:
        asked = ""
        if EXCEL in formats:
            asked = "  # ? days since 1900, as Excel counts them"
        lines.append(f"dates: {flow(formats)}{asked}")
    lines += _decimal(guessed)
    for key in ("yes", "no"):
        told = sorted({t for t, answer in words.items() if answer == key and t.casefold() != key})
        if told:
            digit = {"yes": "1", "no": "0"}[key]
            asked = f"  # ? {digit} means {key}" if digit in told else ""
            lines.append(f"{key}: {flow(told)}{asked}")
    return lines


def _missing(guessed: Guess, words: Mapping[str, str]) -> list[str]:
    found: dict[str, list[str]] = defaultdict(list)
    laboratory = False
    for look, part, line in _active(guessed):
        schema = guessed.tables[part.table].schema.columns.get(line.column)
        for header in line.headers:
            if header not in look.columns:
                continue
            for text in look.columns[header].missing:
                found[text].append(header)
                numeric = schema is not None and kind(schema) in ("number", "integer")
                laboratory |= numeric and code(text) in _NOT_DETECTED
    # What is only suggested is in force once its # is taken away, and has such texts too.
    for place, header in _factors(guessed):
        column = guessed.looks[place].columns[header]
        said = [column.labels.get(text, "") for text in column.known]
        for text in (*column.missing, *filter(is_missing, said)):
            found[text].append(header)
    everywhere = sorted(text for text in found if text not in words)
    if not found:
        return []
    asked = "  # these texts mean: not recorded"
    if laboratory:
        asked = "  # ? does ND mean not done, or not detected"
    own: dict[str, list[str]] = defaultdict(list)
    for text in found:
        if text in words:
            for header in found[text]:
                own[header].append(text)
    if not own:
        return [f"missing: {flow(everywhere)}{asked}"]
    given = ({"*": everywhere} if everywhere else {}) | dict(own)
    return [f"missing: {flow(given)}{asked}"]


def _formats(guessed: Guess) -> list[str]:
    """Give the formats of dates that must be told, the most frequent first."""
    counts: Counter[str] = Counter()
    for _, _, line in _active(guessed):
        for found in line.fits:
            counts.update(f for f in found.formats if not _NEEDS_NONE.fullmatch(f))
    return [written for written, _ in counts.most_common() if written not in _minor(counts)]


def _minor(counts: Counter[str]) -> set[str]:
    """Give the formats of which a more frequent one has day and month turned."""
    minor = set()
    for written in counts:
        turned = written.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
        if turned != written and turned in counts:
            minor.add(min((written, turned), key=lambda f: (counts[f], f.startswith("%d"))))
    return minor


def _decimal(guessed: Guess) -> list[str]:
    commas = points = thousands = 0
    for look, part, line in _active(guessed):
        schema = guessed.tables[part.table].schema.columns.get(line.column)
        if schema is None or kind(schema) not in ("number", "integer"):
            continue
        for header in line.headers:
            for text, found in look.columns[header].numbers.items():
                commas += found.comma
                points += "." in text
                thousands += bool(re.search(r"\d,\d{3}(?!\d)", text))
    if not commas and not thousands:
        return []
    if not commas or (thousands == commas and points):
        return ["decimal: ['.']  # ? commas part thousands"]
    if points:
        return ["decimal: ['.', ',']"]
    return ["decimal: [',']"]


# --- tables ---------------------------------------------------------------------------------------


_Suggested = Mapping[tuple[int, str], tuple[str, dict[str, Any]]]


def _tables(
    guessed: Guess, sources: Sequence[Mapping[str, Any]] | None, suggested: _Suggested
) -> list[str]:
    by_table: dict[str, list[list[str]]] = defaultdict(list)
    minor = _minor_formats(guessed)
    for place, look in enumerate(guessed.looks):
        for part in look.parts:
            if part.table not in guessed.tables:
                continue
            source = None
            if sources is not None:
                source = dict(sources[place])
                if look.ends_at:
                    source["rows_until_blank"] = look.ends_at
            block = _part(part, guessed, source, minor)
            if part.table == "patients":
                block += [
                    f"      # {name}: {scalar(header)}  # {remark(_said(look.columns[header]))}"
                    for (of, header), (name, _) in suggested.items()
                    if of == place
                ]
            by_table[part.table].append(block)
    lines: list[str] = []
    for table in guessed.tables:
        blocks = by_table.get(table)
        if not blocks:
            continue
        in_force = any(not line.lstrip().startswith("#") for block in blocks for line in block)
        lines.append(f"  {table}:" if in_force else f"  # {table}:")
        for block in blocks:
            lines += block
    in_force = any(not line.lstrip().startswith("#") for line in lines)
    return ["tables:" if in_force else "# tables:", *lines]


def _minor_formats(guessed: Guess) -> set[str]:
    counts: Counter[str] = Counter()
    for _, _, line in _active(guessed):
        for found in line.fits:
            counts.update(found.formats)
    return _minor(counts)


def _part(
    part: Part, guessed: Guess, source: Mapping[str, Any] | None, minor: set[str]
) -> list[str]:
    table = guessed.tables[part.table]
    order = list(table.schema.columns)
    lines = sorted(
        part.lines, key=lambda line: order.index(line.column) if line.column in order else 99
    )
    told = [line for line in lines if line.column != ID and line.headers]
    in_force = any(line.active for line in told) or (part.table == "patients" and bool(lines))
    heads: list[str] = []
    if part.repeat:
        heads.append(f"repeat: {flow(part.repeat)}")
    if part.columns:
        heads.append(f"columns: {scalar(part.columns)}")
    if part.where:
        heads.append(f"where: {flow(part.where)}")
    if source:
        heads.append(f"source: {flow(source)}")
    active = heads + [_line(line, minor) for line in lines if line.active]
    comments = [f"# ? {_line(line, minor)}" for line in lines if not line.active]
    comments += _required(part, guessed, {line.column for line in lines})
    if not in_force or not active:
        every = heads + [_line(line, minor) for line in lines]
        return [f"    # {'- ' if i == 0 else '  '}{text}" for i, text in enumerate(every)]
    out = [f"    {'- ' if i == 0 else '  '}{text}" for i, text in enumerate(active)]
    return out + [f"      {text}" for text in comments]


def _line(line: Line, minor: set[str]) -> str:
    how = dict(line.how)
    turned = sorted({f for found in line.fits for f in found.formats} & minor)
    if turned:
        how["dates"] = turned
    if line.source is None:
        value: Any = how or {"constant": UNANSWERED}
    else:
        value = {"from": line.source, **how} if how else line.source
    why = f"({line.why})" if line.why and line.questions else line.why
    comment = " ".join(
        part for part in ("? " + "; ".join(line.questions) if line.questions else "", why) if part
    )
    end = f"  # {remark(comment)}" if comment else ""
    return f"{scalar(line.column)}: {flow(value)}{end}"


def _required(part: Part, guessed: Guess, there: set[str]) -> list[str]:
    """Say which columns a row of the table cannot be without, and no column was found for."""
    schema = guessed.tables[part.table].schema.columns
    return [
        f"# ? {name}:  # no column was found for it, and a row needs it"
        for name, described in schema.items()
        if name not in there and not described.nullable and name != ID
    ]


# --- what is not mapped ---------------------------------------------------------------------------


def _not_found(guessed: Guess) -> list[str]:
    """Say of which columns of the study nothing was found: they may be there under other names."""
    if guessed.study == "own":
        return []
    there: dict[str, set[str]] = defaultdict(set)
    for _, part, line in _active(guessed):
        there[part.table].add(line.column)
    lacking = []
    for name, table in guessed.tables.items():
        columns = [
            column
            for column, described in table.schema.columns.items()
            if column not in there.get(name, ()) and not (described.metadata or {}).get("optional")
        ]
        if columns and not table.optional:
            all_of_it = name not in there
            lacking.append(f"{name}: {'all' if all_of_it else ', '.join(columns)}")
    if not lacking:
        return []
    told = "# Nothing was found for these, which then count as not recorded. Are they there?"
    return ["", told, *(f"#   # {each}" for each in lacking)]


def _factors(guessed: Guess) -> dict[tuple[int, str], tuple[str, dict[str, Any]]]:
    """Suggest what a study of one's own may compare: by place of the sheet and header."""
    if guessed.study != "own":
        return {}
    taken = {"patient_id", "sex", "birth_date", "age_years", "enrolment_date"}
    found: dict[tuple[int, str], tuple[str, dict[str, Any]]] = {}
    for place, look in enumerate(guessed.looks):
        if not any(part.table == "patients" for part in look.parts):
            continue
        for header, column in look.columns.items():
            if header in look.mentioned or header in look.identifying or len(found) > _MOST_FACTORS:
                continue
            suggestion = _factor(header, column, taken)
            if suggestion is not None:
                taken.add(suggestion[0])
                found[place, header] = suggestion
    return found


def _factor(header: str, column: Column, taken: set[str]) -> tuple[str, dict[str, Any]] | None:
    name = re.sub(r"[^0-9a-z]+", "_", code(header)).strip("_")[:40]
    if not re.fullmatch(r"[a-z]\w*", name):
        name = f"column_{len(taken)}"
    while name in taken:
        name += "_"
    told: dict[str, Any] = {"column": name, "label": (column.title or header)[:120]}
    if column.few and len(column.known) > 1:
        # A code that the file has words for is read as these.
        levels = [column.labels.get(text, text) for text in in_order(column.known)]
        if column.labels or all(map(_is_code, column.known)):
            told["levels"] = [level for level in levels if not is_missing(level)]
        return name, told
    numbers = sorted(column.plain_numbers.values())
    if len(numbers) >= 8 and column.share(column.plain_numbers) > 0.9 and not column.is_dates:
        return name, told | {"cut": f">= {numbers[len(numbers) // 2]:g}"}
    return None


def _left(guessed: Guess, suggested: set[tuple[int, str]]) -> list[str]:
    lines: list[str] = []
    several = len(guessed.looks) > 1
    for place, look in enumerate(guessed.looks):
        mentioned = look.mentioned | set(look.identifying)
        mentioned |= {header for of, header in suggested if of == place}
        names = dict.fromkeys(str(name) for name in look.sheet.frame.columns)
        left = [name for name in names if name not in mentioned]
        of_it = [f"#   {facts(look, name)}" for name in left if name]
        remarks = [f"#   # {remark(each)}" for each in look.remarks]
        if several and (of_it or remarks):
            lines.append(f"#   # {remark(look.sheet.name)}")
        lines += [*remarks, *of_it]
    out = ["", "# Not mapped:", *lines] if lines else []
    who = [
        name for look in guessed.looks for name in look.identifying if name not in look.mentioned
    ]
    if who:
        out += ["", "# Not read, since they may tell who a patient is:"]
        out += [f"#   {scalar(name)}: may identify" for name in dict.fromkeys(who)]
    return out


def shown(name: str) -> str:
    """Give a name as the draft has it: of one too long for a name, its beginning."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME // 2]


def facts(look: Look, name: str) -> str:
    """Say what a column holds, without telling whose: how many values, codes that many share."""
    column = look.columns.get(name)
    if column is None:
        n = len([each for each in look.sheet.frame.columns if str(each) == name])
        why = f"{n} columns have this name" if n > 1 else "no name of a column"
        return f"{scalar(shown(name))}: {why}"
    said = _said(column)
    if name in look.perhaps:
        said += f"; perhaps {look.perhaps[name]}"
    if column.title:
        said += f" [{column.title}]"
    return f"{scalar(name)}: {scalar(remark(said))}"


def _said(column: Column) -> str:
    n, blank = len(column.known), len(column.cells) - column.filled
    if column.filled == 0:
        said = "blank"
    elif column.is_dates:
        said = f"dates, {n} different"
    elif column.few and all(_is_code(text) for text in column.known):
        said = "codes " + ", ".join(f"{t} ({column.known[t]})" for t in sorted(column.known))
    elif column.share(column.plain_numbers) > 0.9:
        said = f"numbers, {n} different"
    else:
        said = f"texts, {n} different"
    if blank and column.filled:
        said += f", blank in {blank}"
    return said


_KNOWN_WORDS = {code(word) for word in (*YES, *NO, *MISSING)}


def _is_code(text: str) -> bool:
    """Tell whether a text is a code and cannot be somebody's name."""
    short = len(text) <= 8 and any(c.isdigit() for c in text)
    return len(text) <= 2 or short or code(text) in _KNOWN_WORDS or set(text) <= set("IVXABC")


def names_of(guessed: Guess) -> Iterable[tuple[Look, str]]:
    """Give every column of the source with its sheet."""
    for look in guessed.looks:
        for name in dict.fromkeys(str(each) for each in look.sheet.frame.columns):
            if name:
                yield look, name

"""The page of two reports side by side: what changed, the key numbers, the curves, all the rest.

Everything that it prints is a row of the estimates of either report. Titles, names and choices come
from files that anybody may write; all of it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

import pandas as pd
from IPython.display import HTML

from analysis.display.beyond import CAPTION, DETERMINED, MARK
from analysis.display.figures.drawing import Drawing
from analysis.display.figures.kaplan_meier import survival_figure
from analysis.display.format import counted as plural
from analysis.display.format import is_missing, listed, mid_sentence, months, thousands
from analysis.display.page import Page
from analysis.display.sensitivity import across, sides, words
from analysis.display.sensitivity.across import COHORTS, Counted
from analysis.display.tables import EXACT_MARK, percent
from analysis.estimates import curves
from analysis.estimates.points import SURVIVAL_CURVE
from analysis.estimates.rows import pick, value_of
from analysis.estimates.standing import STATUS
from analysis.sensitivity import compare
from analysis.sensitivity.cohorts import Cohorts
from analysis.sensitivity.compare import SIGNIFICANT
from analysis.sensitivity.pair import Pair, Side, endpoints, is_key
from analysis.study.keys import Statistic
from analysis.study.phrases import phrase
from analysis.study.study import Study

# So many sentences are read; the rest of them is folded.
_SENTENCES = 8
# More of them than this is a table to look something up in.
_EFFECTS = 12
_COMMON = ("base", "variant")
_CELL = dict[Any, Any]


def write(page: Page, pair: Pair) -> None:
    """Write every cell of both reports, `comparison.csv`."""
    page.records("comparison", pair.rows)


# What is compared ------------------------------------------------------------------------------


def introduction(pair: Pair) -> HTML:
    """Say which two reports these are: the choices in which they differ, patients, where they are.

    Of synthetic patients it is said that they are no finding.
    """
    first, second = pair.sides
    rows = [
        ("Report", [_link(side) for side in pair.sides]),
        ("Patients analysed", [thousands(len(side.cohort.patients)) for side in pair.sides]),
    ]
    if not pair.of_one_dataset:
        rows.insert(0, ("Dataset", [escape(side.cohort.title) for side in pair.sides]))
    rows += [
        (escape(_described(name, pair)), [escape(_chosen(name, side)) for side in pair.sides])
        for name in different_choices(pair)
    ]
    body = "".join(
        f'<tr><th scope="row">{name}</th><td>{ours}</td><td>{theirs}</td></tr>'
        for name, (ours, theirs) in rows
    )
    head = f"<td></td>{sides.headings([_heading(first), _heading(second)])}"
    return HTML(
        '<div class="scroll" role="group" tabindex="0" aria-label="The two reports">'
        f'<table class="prose"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def different_choices(pair: Pair) -> list[str]:
    """Give the parameters that have other values on the two sides, or that one side has alone."""
    ours, theirs = (side.cohort.parameters.model_dump() for side in pair.sides)
    names = [*ours, *(name for name in theirs if name not in ours)]
    if not pair.of_one_dataset:
        # What a dataset declares of its own is no choice in which two of them differ.
        names = [name for name in ours if name in theirs]
    return [name for name in names if ours.get(name) != theirs.get(name)]


def _described(name: str, pair: Pair) -> str:
    study = next(s.study for s in pair.sides if name in type(s.cohort.parameters).model_fields)
    return words.parameter(name, study)


def _chosen(name: str, side: Side) -> str:
    parameters = side.cohort.parameters
    if name not in type(parameters).model_fields:
        return "–"
    value = getattr(parameters, name)
    if isinstance(value, tuple):
        value = tuple(_label(each, side.study) for each in value)
    said = phrase(name, value, type(parameters))
    return said[:1].upper() + said[1:]


def _label(value: object, study: Study) -> object:
    """Give the label of a factor for its name; what is none stands as it is."""
    known = isinstance(value, str) and study.has_factor(value)
    return study.factor(str(value)).label if known else value


def _link(side: Side) -> str:
    return f'<a href="../{quote(side.report)}/index.html">{escape(side.report)}</a>'


def _heading(side: Side) -> str:
    return side.name[:1].upper() + side.name[1:] if side.name in _COMMON else side.name


def _the(side: Side) -> str:
    return f"the {side.name}" if side.name in _COMMON else side.name


# What changes, in sentences ---------------------------------------------------------------------


def changes(pair: Pair, counted: Counted = "") -> HTML:
    """Say what is other, first what lies on the other side of a line.

    `counted` is of `across`: in how many other cohorts the same changes, or why that is not known.
    """
    flagged = compare.conclusions(across.with_cohorts(pair.both, counted))
    parts = [f"<p><strong>{escape(_headline(pair, flagged))}</strong></p>"]
    told, alone = sentences(pair, counted)
    parts.append(_items(told[:_SENTENCES]))
    if further := told[_SENTENCES:]:
        parts.append(_folded(plural(len(further), "further conclusion"), _items(further)))
    if alone and isinstance(counted, Cohorts):
        said = f"in no more than one of {counted.members} cohorts, which is no finding"
        many = "changes" if len(alone) == 1 else "change"
        parts.append(_folded(f"{plural(len(alone), 'conclusion')} {many} {said}", _items(alone)))
    rest = [_numbers(pair), _same_curves(pair), *_cautions(pair, flagged, counted)]
    parts += [f"<p>{escape(text)}</p>" for text in rest if text]
    return HTML(f'<section class="prose findings">{"".join(parts)}</section>')


def _headline(pair: Pair, flagged: pd.DataFrame) -> str:
    first, second = pair.sides
    known = len(compare.askable(pair.both))
    if not known:
        return "The two have no test, hazard ratio or order of medians in common."
    if pair.of_one_dataset:
        if flagged.empty:
            return (
                f"No conclusion changes, of {thousands(known)}: every p value stays on its side of "
                f"{SIGNIFICANT:g}, every interval of a hazard ratio on its side of 1, and the "
                "medians of groups in their order."
            )
        changed = "conclusion changes" if len(flagged) == 1 else "conclusions change"
        return f"{thousands(len(flagged))} of {thousands(known)} {changed}."
    lie = "lies" if len(flagged) == 1 else "lie"
    return (
        f"{thousands(len(flagged))} of {thousands(known)} conclusions that both allow {lie} on "
        f"another side of a line in {_the(second)} than in {_the(first)}."
    )


def sentences(pair: Pair, counted: Counted = "") -> tuple[list[str], list[str]]:
    """Give a sentence for each conclusion that is other, those of p values first.

    Where cohorts were counted, those that change in most of them come first, and those that change
    in one alone are the second list.
    """
    rows = across.with_cohorts(pair.both, counted)
    flagged = compare.conclusions(rows)
    order = {
        kind: place
        for place, kind in enumerate(
            (
                compare.P_CROSSES,
                compare.INTERVAL_CROSSES,
                compare.RANKING,
                compare.NOT_ESTIMABLE,
                compare.NOW_ESTIMABLE,
            )
        )
    }
    found = sorted(
        flagged.assign(told=across.is_headline(flagged)).to_dict("records"),
        key=lambda cell: (-int(cell.get(COHORTS, 0)), order[cell["conclusion"]]),
    )
    told, alone = (
        [
            _sentence(cell, rows, pair) + _of_cohorts(cell, counted)
            for cell in found
            if cell["told"] == is_told
        ]
        for is_told in (True, False)
    )
    return told, alone


def _sentence(cell: _CELL, rows: pd.DataFrame, pair: Pair) -> str:
    about, kind = _about(cell, pair), cell["conclusion"]
    ours, theirs = (_value(cell, side, pair) for side in pair.sides)
    first, second = (_the(side) for side in pair.sides)
    both = f"{ours} in {first} and {theirs} in {second}"
    if kind == compare.P_CROSSES:
        is_ = "is" if cell["value"] < SIGNIFICANT else "is not"
        return f"{about}: p is {both}, where it {is_} below {SIGNIFICANT:g}."
    if kind == compare.INTERVAL_CROSSES:
        holds = "leaves out" if cell["lower"] > 1 or cell["upper"] < 1 else "contains"
        return f"{about}: the hazard ratio is {both}, where the interval {holds} 1."
    if kind == compare.RANKING:
        of_levels = _levels(cell, rows, pair)
        return (
            f"{about}: the medians have another order, {of_levels[0]} in {first} and "
            f"{of_levels[1]} in {second}."
        )
    lacking = second if kind == compare.NOT_ESTIMABLE else first
    note = cell["note"] if kind == compare.NOT_ESTIMABLE else cell["base_note"]
    what = words.statistic(cell["statistic"])
    return f"{about}: {what} cannot be estimated in {lacking}{f' ({note})' if note else ''}."


def _about(cell: _CELL, pair: Pair) -> str:
    """Give what a conclusion is about: a factor and an endpoint, or what the tables call it."""
    study, theirs = (side.study for side in pair.sides)
    if cell["analysis_id"] not in words.BY_FACTOR:
        return words.subject(cell, study, theirs)
    name = words.factor(cell["factor"], study, theirs, f"in {_the(pair.second)}")
    level = words.group_level(cell, study) if cell["conclusion"] != compare.RANKING else ""
    endpoint = study.endpoint(cell["variable"])
    return f"{name}{f', {level},' if level else ''} and {mid_sentence(endpoint.words)}"


def _value(cell: _CELL, side: Side, pair: Pair) -> str:
    if side is pair.first:
        return sides.ours(cell) + sides.sign([cell])
    level = percent(side.study.chosen)
    text = sides.theirs(cell)
    if "(" in text and level != percent(pair.first.study.chosen):
        text += f", {level} CI,"
    return text + sides.sign([cell], STATUS)


def _levels(cell: _CELL, rows: pd.DataFrame, pair: Pair) -> tuple[str, str]:
    same = [name for name in compare.SAME_CELL if name != "group_level"]
    levels = rows[(rows[same] == pd.Series(cell)[same]).all(axis=1) & (rows["group_level"] != "")]
    found = levels.to_dict("records")
    ours, theirs = (
        ", ".join(
            f"{words.group_level(row, pair.first.study)} {months(row[value])}" for row in found
        )
        + " months"
        + sides.sign(found, status)
        for value, status in (("base", f"base_{STATUS}"), ("value", STATUS))
    )
    return ours, theirs


def _of_cohorts(cell: _CELL, counted: Counted) -> str:
    if isinstance(counted, str):
        return ""
    return f" The same changes in {across.of(int(cell[COHORTS]), counted)} cohorts."


def _numbers(pair: Pair) -> str:
    """Say how many numbers are other, by the part of the report, and how many patients."""
    both = pair.both
    differ = both[both["differs"]]
    patients = [len(side.cohort.patients) for side in pair.sides]
    said = ""
    if patients[0] != patients[1]:
        said = (
            f"{thousands(patients[0])} patients are analysed in {_the(pair.first)}, "
            f"{thousands(patients[1])} in {_the(pair.second)}. "
        )
    if differ.empty:
        return f"{said}Every number that both reports have is the same."
    places = differ["analysis_id"].map(lambda name: words.place(str(name), pair.first.study))
    where = "; ".join(
        f"{place} {thousands(int(count))}" for place, count in places.value_counts().items()
    )
    return (
        f"{said}{thousands(len(differ))} of {thousands(len(both))} numbers that both reports have "
        f"{'differs' if len(differ) == 1 else 'differ'} ({where})."
    )


def _same_curves(pair: Pair) -> str:
    names = endpoints(pair, SURVIVAL_CURVE)
    same = [name for name in names if _is_same_curve(pair, name)]
    if not same:
        return ""
    one = len(same) == 1
    which = (
        "All curves of survival"
        if same == names
        else f"The curve{'s' * (not one)} of {listed(same)}"
    )
    return f"{which} {'is' if one and same != names else 'are'} the same in both."


def _cautions(pair: Pair, flagged: pd.DataFrame, counted: Counted) -> list[str]:
    """Say what must not be read into it."""
    said = []
    if not pair.of_one_dataset:
        said.append(
            f"These are different patients. That p is below {SIGNIFICANT:g} in one and not in the "
            "other does not show that they differ: nothing here tests one against the other."
        )
    synthetic = [side for side in pair.sides if side.cohort.synthetic]
    if synthetic and not pair.of_one_dataset:
        of = listed([side.cohort.title for side in synthetic])
        said.append(
            f"No real patient is in {of}. One draw of such patients is no finding: a difference in "
            f"a number with {MARK} or {DETERMINED}, which no article prints, says nothing of "
            "patients."
        )
    elif isinstance(counted, Cohorts):
        said.append(
            f"{MARK} marks a number that no article prints. {across.of_this(flagged, counted)}"
        )
        further = counted.elsewhere(pair.rows)
        further = further[
            (further["variant"] == pair.variant)
            & (further["conclusion"] != compare.NOT_ESTIMABLE)
            & (further[COHORTS] > across.ALONE)
        ]
        if not further.empty:
            one = len(further) == 1
            said.append(
                f"{plural(len(further), 'conclusion')} that {'stays' if one else 'stay'} here "
                f"{'changes' if one else 'change'} under this variant in more than one of "
                f"{counted.members} cohorts that give every published number, in up to "
                f"{int(further[COHORTS].max())} of them."
            )
    elif counted:
        said.append(across.unknown(counted))
    return said


def _items(said: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in said)}</ul>" if said else ""


# Numbers ---------------------------------------------------------------------------------------


def key_numbers(pair: Pair) -> HTML:
    """Give the key numbers side by side: those that differ, and folded those that are the same."""
    both = pair.both
    key = both[is_key(both)]
    differ = key[key["differs"]]
    same = key[~key["differs"]]
    of_factors = differ["analysis_id"] == "prognosis"
    shown = '<p class="prose">No key number differs.</p>' if differ.empty else ""
    if not differ[~of_factors].empty:
        shown += _table("key_numbers", differ[~of_factors], pair, "Key numbers that differ")
    effects = differ[of_factors]
    if not effects.empty:
        table = _table("effects", effects, pair, "Hazard ratios and p values that differ")
        shown += (
            table
            if len(effects) <= _EFFECTS
            else _folded(
                f"{thousands(len(effects))} hazard ratios and p values of prognostic factors that "
                "differ",
                table,
            )
        )
    if not same.empty:
        shown += _folded(
            f"{plural(len(same), 'key number')} that {'is' if len(same) == 1 else 'are'} the same",
            _table("same_numbers", same, pair, "Key numbers that are the same"),
        )
    return HTML(f'<div class="findings">{shown}</div>')


def all_numbers(pair: Pair) -> HTML:
    """Give every other number that differs, and what one of the two reports has alone; folded."""
    both = pair.both
    further = both[both["differs"] & ~is_key(both)]
    parts = []
    if not further.empty:
        parts.append(
            _folded(
                f"{plural(len(further), 'further number')} that "
                f"{'differs' if len(further) == 1 else 'differ'}",
                _table("further_numbers", further, pair, "Further numbers that differ"),
            )
        )
    for side in pair.sides:
        alone = pair.alone(side)
        if not alone.empty:
            parts.append(
                _folded(
                    f"{plural(len(alone), 'number')} of {_the(side)} alone", _alone(alone, side)
                )
            )
    if not parts:
        return HTML('<p class="prose">Nothing else differs, and neither has anything alone.</p>')
    return HTML(f'<section class="findings variants">{"".join(parts)}</section>')


def _alone(rows: pd.DataFrame, side: Side) -> str:
    """Name what one side has alone, by the part of the report."""
    study = side.study
    lines = []
    for analysis, own in rows.groupby("analysis_id", sort=False):
        names = dict.fromkeys(
            words.factor(cell["factor"], study, study)
            if analysis in words.BY_FACTOR
            else words.subject({**cell, "statistic": Statistic.VALUE.value}, study, study)
            for cell in own.to_dict("records")
        )
        lines.append(
            f"<li>{escape(words.place(str(analysis), study))}: {escape('; '.join(names))}.</li>"
        )
    return f'<ul class="prose">{"".join(lines)}</ul>'


def _folded(said: str, inner: str) -> str:
    return f"<details><summary>{escape(said)}</summary>{inner}</details>"


def _table(name: str, rows: pd.DataFrame, pair: Pair, caption: str) -> str:
    study, bodies = pair.first.study, []
    for analysis, cells in rows.groupby("analysis_id", sort=False):
        lines, before = "", ""
        for effect in sides.effects(cells):
            said = sides.said(effect[-1])
            lines += _row(effect, said if said != before else "", pair)
            before = said
        bodies.append(
            '<tbody><tr><th scope="rowgroup" colspan="6">'
            f"{escape(words.place(str(analysis), study))}</th></tr>{lines}</tbody>"
        )
    heads = [
        "What",
        *(
            head
            for side in pair.sides
            for head in (f"{_heading(side)} ({percent(side.study.chosen)} CI)", "n")
        ),
        "Difference",
    ]
    text = f"{caption}. n, patients that a number is computed from.{_marks_said(rows)}"
    return (
        f'<figure class="table verdicts" id="{name}"><figcaption id="{name}_caption">'
        f"{escape(text)}</figcaption>"
        f'<div class="scroll" role="group" tabindex="0" aria-labelledby="{name}_caption">'
        f"<table><thead><tr>{sides.headings(heads)}</tr></thead>{''.join(bodies)}</table>"
        "</div></figure>"
    )


def _marks_said(rows: pd.DataFrame) -> str:
    """Explain the signs that stand in a table."""
    cells = rows.to_dict("records")
    signs = {sides.sign([cell], name) for cell in cells for name in (f"base_{STATUS}", STATUS)}
    said = ""
    if compare.few(pd.concat([rows["base_warning"], rows["warning"]])).any():
        said += f" {EXACT_MARK} Few events: p is exact, and the interval is no conclusion."
    if MARK in signs:
        said += f" {MARK} Of synthetic patients, printed by no article: says nothing of patients."
    if DETERMINED in signs:
        said += (
            f" {DETERMINED} Of synthetic patients, printed by no article, but alike in all cohorts "
            "of the ensemble."
        )
    return said


def _row(cells: list[_CELL], reason: str, pair: Pair) -> str:
    last = cells[-1]
    study, theirs = (side.study for side in pair.sides)
    ours, other, change = sides.both(cells)
    flag = f" <strong>{escape(last['conclusion'])}</strong>" if last["conclusion"] else ""
    about = words.subject(last, study, theirs, f"in {_the(pair.second)}")
    return (
        f"<tr><td>{escape(about)}{flag}{sides.reason(reason)}</td>"
        f"<td>{escape(ours + sides.sign(cells))}</td>{_n(last, 'base_n')}"
        f"<td>{escape(other + sides.sign(cells, STATUS))}</td>{_n(last, 'n')}"
        f"<td>{escape(change)}</td></tr>"
    )


def _n(cell: Mapping[Any, Any], column: str) -> str:
    value = cell[column]
    return f'<td class="number">{"–" if is_missing(value) else thousands(int(value))}</td>'


# Curves ----------------------------------------------------------------------------------------


def overlaid(pair: Pair, page: Page) -> HTML:
    """Draw the curves of every endpoint that both have, the first solid and the second dashed.

    Those that are the same in both are folded.
    """
    drawn: dict[bool, list[str]] = {False: [], True: []}
    for number, name in enumerate(endpoints(pair, SURVIVAL_CURVE), start=1):
        same = _is_same_curve(pair, name)
        stem = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
        shown = page.figure(f"curve_{number}_{stem}", curve(pair, name), _caption(pair, name, same))
        drawn[same].append(str(shown.data))
    if not (drawn[True] or drawn[False]):
        return page.not_recorded("curves", "Survival", "Curves that both reports have")
    parts = f'<div class="overlaid">{"".join(drawn[False])}</div>' if drawn[False] else ""
    if drawn[True]:
        inner = f'<div class="overlaid">{"".join(drawn[True])}</div>'
        count = plural(len(drawn[True]), "curve")
        parts += f'<div class="findings">{_folded(f"{count} the same in both", inner)}</div>'
    return HTML(parts)


def curve(pair: Pair, name: str) -> Drawing | None:
    """Draw one endpoint of both reports, each curve with its name at it."""
    points = {side.name: _points(side, name) for side in pair.sides}
    # The longer axis of the two; numbers at risk are read off the rows of the curve.
    grid = max((_grid(side) for side in pair.sides), key=lambda months_: months_[-1:])
    if len(grid) < 2 or any(frame.empty for frame in points.values()):
        return None
    levels = {side.study.chosen.confidence for side in pair.sides}
    competing = [side.study.endpoint(name).competes(side.study.chosen) for side in pair.sides]
    methods = dict.fromkeys(
        "Aalen-Johansen" if competes else "Kaplan-Meier" for competes in competing
    )
    return survival_figure(
        points,
        {label: curves.numbers_at_risk(frame, grid) for label, frame in points.items()},
        grid,
        # Bounds of two levels cannot stand under one heading.
        medians={side.name: _median(side, name) for side in pair.sides} if len(levels) == 1 else {},
        ylabel=pair.first.study.endpoint(name).words,
        method=" and ".join(methods),
        confidence=pair.first.study.chosen.confidence,
        names={side.name: side.name for side in pair.sides},
    )


def _points(side: Side, name: str) -> pd.DataFrame:
    return curves.of_rows(pick(side.estimates, analysis_id=SURVIVAL_CURVE, variable=name))


def _is_same_curve(pair: Pair, name: str) -> bool:
    ours, theirs = (_points(side, name) for side in pair.sides)
    return ours.equals(theirs)


def _grid(side: Side) -> list[int]:
    counted = pick(side.estimates, analysis_id="survival", group="", statistic=Statistic.AT_RISK)
    return sorted({int(month) for month in counted["variable_level"]})


def _median(side: Side, name: str) -> tuple[float, float, float]:
    found = pick(side.estimates, analysis_id="survival", group="", variable=name)
    value, lower, upper = (
        value_of(found, statistic=statistic)
        for statistic in (Statistic.MEDIAN, *Statistic.MEDIAN.limits)
    )
    return value, lower, upper


def _caption(pair: Pair, name: str, same: bool) -> str:
    sizes = [
        int(value_of(s.estimates, analysis_id="survival", group="", variable=name, statistic="n"))
        for s in pair.sides
    ]
    first, second = pair.sides
    levels = dict.fromkeys(percent(side.study.chosen) for side in pair.sides)
    said = (
        f"{pair.first.study.endpoint(name).words}: {first.name} (solid, n = {thousands(sizes[0])}) "
        f"and {second.name} (dashed, n = {thousands(sizes[1])}), with "
        f"{' and '.join(levels)} confidence bands."
    )
    if same:
        said += " One lies on the other."
    if any(side.cohort.synthetic for side in pair.sides):
        said += f" {CAPTION}"
    return said

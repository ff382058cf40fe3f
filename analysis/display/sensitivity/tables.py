"""Base against variants: what changes, what does not, and every cell that differs.

Titles, questions and reasons come from files that anybody may write; all of it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

import pandas as pd
from IPython.display import HTML

from analysis.display.format import count_percent, is_missing, months, thousands
from analysis.display.page import Page
from analysis.display.sensitivity import words
from analysis.display.tables import EXACT_MARK, percent
from analysis.estimates.exact_log_rank import SPARSE
from analysis.estimates.sparse import WARNING
from analysis.sensitivity import compare
from analysis.sensitivity.run import Run
from analysis.sensitivity.variants import Variant, table
from analysis.study.keys import NOT_REACHED, Statistic
from analysis.study.study import Study

# Notes that a dash or NR says as well.
_PLAIN_NOTES = {"none", NOT_REACHED}
_EFFECT = [name for name in compare.SAME_CELL if name != "statistic"]


def write(page: Page, found: Run, comparison: pd.DataFrame, variants: Sequence[Variant]) -> None:
    """Write all estimates with their variant, the whole comparison, and what the variants are."""
    page.estimates(found.estimates)
    page.records("estimates", found.estimates)
    page.records("comparison", comparison)
    declared = table(variants)
    page.records("variants", declared.assign(failed=declared["variant"].map(found.failed)))


def summary(
    comparison: pd.DataFrame, variants: Sequence[Variant], failed: Mapping[str, str]
) -> HTML:
    """Say how many variants there are, how many cells differ, and how many conclusions change."""
    groups = dict.fromkeys(variant.group for variant in variants)
    flagged = compare.conclusions(comparison)
    gone = flagged["conclusion"] == compare.NOT_ESTIMABLE
    changed, missing = flagged[~gone], flagged[gone]
    kinds = changed["conclusion"].value_counts(sort=False)
    listed = "; ".join(f"{kind}: {thousands(count)}" for kind, count in kinds.items())
    sentences = [
        f"{_count(len(variants), 'variant')} in {_count(len(groups), 'group')} "
        f"{'was' if len(variants) == 1 else 'were'} compared with the base, "
        f"{_count(len(comparison), 'cell')} in all, of which "
        f"{thousands(int(comparison['differs'].sum()))} differ.",
        f"{_count(len(changed), 'conclusion')} {'changes' if len(changed) == 1 else 'change'}, in "
        f"{thousands(changed['variant'].nunique())} of "
        f"{_count(len(variants) - len(failed), 'variant')}{f' ({listed})' if listed else ''}.",
    ]
    if not missing.empty:
        sentences.append(
            f"{_count(len(missing), 'test or hazard ratio', 'tests or hazard ratios')} of the base "
            f"cannot be estimated in {_count(missing['variant'].nunique(), 'variant')}, mostly "
            "for lack of patients."
        )
    if failed:
        sentences.append(f"{_count(len(failed), 'variant')} could not be computed; see below.")
    return _prose(f"<p>{escape(' '.join(sentences))}</p>")


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{thousands(number)} {noun if number == 1 else plural or f'{noun}s'}"


def conclusions(comparison: pd.DataFrame, variants: Sequence[Variant], study: Study) -> HTML:
    """Give every conclusion that changes, base and variant side by side, filterable by its kind.

    `comparison` is what `sensitivity.compare.compare` gives.
    """
    flagged = compare.conclusions(comparison)
    if flagged.empty:
        return _prose("<p>No conclusion changes in any variant.</p>")
    rows = []
    for number, variant in enumerate(variants, start=1):
        theirs = study.under(variant.parameters(study.chosen))
        own = comparison[comparison["variant"] == variant.name]
        changes = compare.conclusions(own)
        gone = changes["conclusion"] == compare.NOT_ESTIMABLE
        link = f'<th scope="row"><a href="#{_anchor(number)}">{escape(variant.name)}</a></th>'
        for cell in changes[~gone].to_dict("records"):
            what, ours, other = _flagged(cell, own, study, theirs)
            if study.chosen.confidence != theirs.chosen.confidence and "(" in other:
                other += f", {percent(theirs.chosen)} CI"
            rows.append(
                f'<tr data-verdict="{escape(cell["conclusion"])}">{link}'
                f"<td>{escape(what)}{_reason(_said(cell))}</td>"
                f"<td>{escape(ours)}</td><td>{escape(other)}</td>"
                f"<td>{escape(cell['conclusion'])}</td></tr>"
            )
        if gone.any():
            rows.append(
                f'<tr data-verdict="{compare.NOT_ESTIMABLE}">{link}'
                f'<td colspan="3">{escape(_gone(changes[gone], study, theirs))}</td>'
                f"<td>{compare.NOT_ESTIMABLE}</td></tr>"
            )
    options = "".join(
        f'<option value="{escape(kind)}">{escape(kind)}</option>'
        for kind in dict.fromkeys(flagged["conclusion"])
    )
    headings = ("Variant", "What", "In the base", "In the variant", "What changes")
    return HTML(
        '<figure class="table verdicts" id="conclusions" data-noun="rows">'
        '<figcaption id="conclusions_caption">'
        f"Conclusions that change, with {percent(study.chosen)} confidence intervals where no "
        f"other level is named. {EXACT_MARK} {SPARSE[:1].upper()}{SPARSE[1:]} (Mantel and Fleiss "
        "1980): p is exact, and whether the interval excludes 1 is no conclusion. Each name leads "
        "to all that differs in the variant.</figcaption>"
        '<p class="filter" hidden><label>Find <input type="search"></label> '
        f'<label>Change <select><option value="">all</option>{options}</select></label> '
        '<output aria-live="polite"></output></p>'
        '<div class="scroll" role="group" tabindex="0" aria-labelledby="conclusions_caption">'
        f"<table><thead><tr>{_headings(headings)}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div></figure>"
    )


def _gone(cells: pd.DataFrame, study: Study, theirs: Study) -> str:
    """Give in one line what a variant has no estimate of: mostly groups without patients."""
    names = dict.fromkeys(
        words.factor(cell["factor"], study, theirs)
        if cell["analysis_id"] in words.BY_FACTOR
        else words.subject(cell, study, theirs)
        for cell in cells.to_dict("records")
    )
    return f"{_count(len(cells), 'estimate')} of {'; '.join(names)}"


def _flagged(
    cell: dict[Any, Any], own: pd.DataFrame, study: Study, theirs: Study
) -> tuple[str, str, str]:
    """Give what a changed conclusion is about, in the base, and in the variant."""
    if cell["conclusion"] != compare.RANKING:
        return words.subject(cell, study, theirs), _ours(cell), _theirs(cell)
    # An order is that of all levels, whichever row it was marked on.
    same = [name for name in compare.SAME_CELL if name != "group_level"]
    levels = own[(own[same] == pd.Series(cell)[same]).all(axis=1) & (own["group_level"] != "")]
    texts = [
        "; ".join(
            f"{words.group_level(row, study)} {months(row[side])}"
            for row in levels.to_dict("records")
        )
        for side in ("base", "value")
    ]
    what = words.subject(cell | {"group_level": ""}, study, theirs)
    return f"{what}, months", texts[0], texts[1]


def unchanged(
    comparison: pd.DataFrame, variants: Sequence[Variant], failed: Mapping[str, str]
) -> HTML:
    """Name the variants under which no conclusion changes, and those that could not be computed."""
    flagged = set(compare.conclusions(comparison)["variant"])
    differing = set(comparison.loc[comparison["differs"], "variant"])
    parts = []
    for title, chosen in (
        ("No conclusion changes, though numbers do", differing - flagged),
        ("Nothing changes at all", {v.name for v in variants} - differing - set(failed)),
    ):
        links = [
            f'<a href="#{_anchor(number)}">{escape(variant.name)}</a>'
            for number, variant in enumerate(variants, start=1)
            if variant.name in chosen
        ]
        if links:
            parts.append(f"<p><strong>{title}</strong> ({len(links)}): {'; '.join(links)}.</p>")
    for name, reason in failed.items():
        text = f"{name}: not computed. {_because(reason)}"
        parts.append(f'<p class="not-recorded">{escape(text)}</p>')
    return _prose("".join(parts))


def _because(reason: str) -> str:
    """Give a reason without its heading, which says that nothing was built: the rest was."""
    lines = [line.strip() for line in reason.splitlines()]
    return "; ".join(lines[1:] or lines)


def differences(
    comparison: pd.DataFrame,
    variants: Sequence[Variant],
    failed: Mapping[str, str],
    study: Study,
) -> HTML:
    """Give each variant its cells that differ from the base, folded, by group of variants."""
    numbered = enumerate(variants, start=1)
    of_variant = {str(name): rows for name, rows in comparison.groupby("variant", sort=False)}
    parts = []
    for group, members in groupby(numbered, key=lambda pair: pair[1].group):
        own = list(members)
        parts.append(f"<h3>{escape(group)}</h3><p>{escape(own[0][1].question)}</p>")
        for number, variant in own:
            rows = of_variant.get(variant.name, comparison.head(0))
            reason = failed.get(variant.name)
            parts.append(_variant(number, variant, rows, study, reason))
    return HTML(f'<section class="findings variants">{"".join(parts)}</section>')


def _variant(
    number: int, variant: Variant, rows: pd.DataFrame, study: Study, failure: str | None
) -> str:
    different = rows[rows["differs"]]
    flagged = int((rows["conclusion"] != "").sum())
    if failure is not None:
        said = "not computed"
    else:
        said = f"{thousands(len(different))} of {_count(len(rows), 'cell')} differ"
        said += f", {_count(flagged, 'conclusion')} changed" if flagged else ""
    inner = f"<p>{escape(variant.why)}</p>" if variant.why else ""
    if variant.name != variant.label:
        inner += f"<p><code>{escape(variant.label)}</code></p>"
    if failure is not None:
        inner += f'<p class="not-recorded">{escape(_because(failure))}</p>'
    elif different.empty:
        inner += "<p>Every number is that of the base.</p>"
    else:
        inner += _cells(variant, different, study)
    # A link to what is inside opens the fold; a link to the fold itself does not.
    return (
        f"<details><summary>{escape(variant.name)}: {escape(said)}</summary>"
        f'<div id="{_anchor(number)}">{inner}</div></details>'
    )


def _cells(variant: Variant, different: pd.DataFrame, study: Study) -> str:
    theirs = study.under(variant.parameters(study.chosen))
    bodies = []
    for analysis, cells in different.groupby("analysis_id", sort=False):
        rows, before = "", ""
        for pair in _effects(cells):
            # Said once where the same holds for rows that follow each other.
            said = _said(pair[-1])
            rows += _row(pair, said if said != before else "", study, theirs)
            before = said
        bodies.append(
            '<tbody><tr><th scope="rowgroup" colspan="4">'
            f"{escape(words.place(str(analysis), study))}</th></tr>{rows}</tbody>"
        )
    ours, other = (percent(each.chosen) for each in (study, theirs))
    headings = ("What", f"Base ({ours} CI)", f"Variant ({other} CI)", "Difference")
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(variant.name)}">'
        f"<table><thead><tr>{_headings(headings)}</tr></thead>{''.join(bodies)}</table></div>"
    )


def _effects(cells: pd.DataFrame) -> Iterable[list[dict[Any, Any]]]:
    """Give the cells, a count together with its percentage."""
    for _, own in groupby(
        cells.to_dict("records"), key=lambda cell: tuple(cell[name] for name in _EFFECT)
    ):
        found = list(own)
        pair = [cell for cell in found if cell["statistic"] in (Statistic.COUNT, Statistic.PERCENT)]
        if [cell["statistic"] for cell in pair] == [Statistic.COUNT, Statistic.PERCENT]:
            yield pair
            found = [cell for cell in found if cell not in pair]
        yield from ([cell] for cell in found)


def _row(cells: list[dict[Any, Any]], reason: str, study: Study, theirs: Study) -> str:
    last = cells[-1]
    ours, other = _ours(last), _theirs(last)
    if len(cells) == 2:
        count = cells[0]
        ours = _counted(count["base"], last["base"], last["base_lower"], ours)
        other = _counted(count["value"], last["value"], last["lower"], other)
    change = words.difference(last["statistic"], last["unit"], last["base"], last["value"])
    mark = f" <strong>{escape(last['conclusion'])}</strong>" if last["conclusion"] else ""
    return (
        f"<tr><td>{escape(words.subject(last, study, theirs))}{mark}{_reason(reason)}</td>"
        f"<td>{escape(ours)}</td><td>{escape(other)}</td><td>{escape(change)}</td></tr>"
    )


def _counted(count: float, share: float, lower: float, text: str) -> str:
    if is_missing(lower):
        return count_percent(count, share)
    return f"{thousands(count)}, {text}"


def _ours(cell: Mapping[Any, Any]) -> str:
    value, lower, upper = (cell[name] for name in ("base", "base_lower", "base_upper"))
    text = words.shown(cell["statistic"], cell["unit"], value, lower, upper, note=cell["base_note"])
    return text + _mark(cell["statistic"], cell["base_warning"])


def _theirs(cell: Mapping[Any, Any]) -> str:
    value, lower, upper = (cell[name] for name in ("value", "lower", "upper"))
    text = words.shown(cell["statistic"], cell["unit"], value, lower, upper, note=cell["note"])
    return text + _mark(cell["statistic"], cell["warning"])


def _mark(statistic: str, warning: str) -> str:
    """Give the mark of an exact test, or of an interval of few events."""
    marked = Statistic(statistic).is_p or statistic == Statistic.HAZARD_RATIO
    return EXACT_MARK if marked and WARNING in warning else ""


def _said(cell: Mapping[Any, Any]) -> str:
    """Give what a reader needs to know of a cell: another method, or why there is no number."""
    said = [
        cell["method"] if cell["method"] != cell["base_method"] else "",
        cell["note"] if is_missing(cell["value"]) else "",
    ]
    return "; ".join(part for part in said if part and part not in _PLAIN_NOTES)


def _reason(text: str) -> str:
    return f'<br><span class="reason">{escape(text)}</span>' if text else ""


def _anchor(number: int) -> str:
    return f"variant-{number}"


def _headings(names: Iterable[str]) -> str:
    return "".join(f'<th scope="col">{escape(name)}</th>' for name in names)


def _prose(inner: str) -> HTML:
    return HTML(f'<section class="prose findings">{inner}</section>')

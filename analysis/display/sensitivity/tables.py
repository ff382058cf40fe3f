"""Base against variants: what changes, what does not, and every cell that differs.

Titles, questions and reasons come from files that anybody may write; all of it is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

import pandas as pd
from IPython.display import HTML

from analysis.display.beyond import MARK, Marks
from analysis.display.format import months, thousands
from analysis.display.page import Page
from analysis.display.sensitivity import across, sides, words
from analysis.display.sensitivity.across import COHORTS, Counted
from analysis.display.tables import EXACT_MARK, percent
from analysis.estimates.exact_log_rank import SPARSE
from analysis.sensitivity import compare
from analysis.sensitivity.cohorts import Cohorts
from analysis.sensitivity.run import Run
from analysis.sensitivity.variants import Variant, table
from analysis.study.study import Study


def write(
    page: Page,
    found: Run,
    comparison: pd.DataFrame,
    variants: Sequence[Variant],
    marks: Marks = Marks(),  # noqa: B008
    counted: Counted = "",
) -> pd.DataFrame:
    """Write all estimates with their variant, the whole comparison, and what the variants are.

    Of synthetic patients each number has what stands behind it, and each changed conclusion in how
    many cohorts it changes. Gives the estimates as they are written.
    """
    estimates = across.estimates_with_status(found.estimates, marks)
    page.estimates(estimates)
    page.records("estimates", estimates)
    told = across.with_cohorts(comparison, counted)
    page.records("comparison", across.comparison_with_status(told, estimates, counted))
    declared = table(variants)
    page.records("variants", declared.assign(failed=declared["variant"].map(found.failed)))
    return estimates


def summary(
    comparison: pd.DataFrame,
    variants: Sequence[Variant],
    failed: Mapping[str, str],
    counted: Counted = "",
) -> HTML:
    """Say how many conclusions change, and of synthetic patients in how many cohorts they do."""
    comparison = across.with_cohorts(comparison, counted)
    if isinstance(counted, Cohorts):
        first, second = across.headline(comparison, counted)
        return _prose(f"<p><strong>{escape(first)}</strong> {escape(second)}</p>")
    flagged = compare.conclusions(comparison)
    changed = flagged[flagged["conclusion"] != compare.NOT_ESTIMABLE]
    kinds = changed["conclusion"].value_counts(sort=False)
    listed = "; ".join(f"{kind}: {thousands(count)}" for kind, count in kinds.items())
    here = (
        f"{'In this one synthetic cohort ' if counted else ''}"
        f"{_count(len(changed), 'conclusion')} {'changes' if len(changed) == 1 else 'change'}, in "
        f"{thousands(changed['variant'].nunique())} of "
        f"{_count(len(variants) - len(failed), 'variant')}{f' ({listed})' if listed else ''}."
    )
    further = across.unknown(counted) if counted else ""
    return _prose(f"<p><strong>{escape(here)}</strong> {escape(further)}</p>")


def compared(
    comparison: pd.DataFrame,
    variants: Sequence[Variant],
    failed: Mapping[str, str],
    counted: Counted = "",
) -> HTML:
    """Say how many variants and cells were compared, and what cannot be estimated."""
    comparison = across.with_cohorts(comparison, counted)
    groups = dict.fromkeys(variant.group for variant in variants)
    flagged = compare.conclusions(comparison)
    gone = flagged["conclusion"] == compare.NOT_ESTIMABLE
    changed, missing = flagged[~gone], flagged[gone]
    sentences = [
        f"{_count(len(variants), 'variant')} in {_count(len(groups), 'group')} "
        f"{'was' if len(variants) == 1 else 'were'} compared with the base, "
        f"{_count(len(comparison), 'cell')} in all, of which "
        f"{thousands(int(comparison['differs'].sum()))} differ."
    ]
    if isinstance(counted, Cohorts):
        sentences.append(across.of_this(changed, counted))
    if not missing.empty:
        sentences.append(
            f"{_count(len(missing), 'test or hazard ratio', 'tests or hazard ratios')} of the base "
            f"cannot be estimated in {_count(missing['variant'].nunique(), 'variant')}, mostly "
            "for lack of patients."
        )
    if isinstance(counted, Cohorts) and counted.failed:
        most = max(counted.failed.values())
        sentences.append(
            f"{_count(len(counted.failed), 'variant')} could not be computed in up to "
            f"{across.of(most, counted)} cohorts, and count as changing nothing there."
        )
    if failed:
        sentences.append(f"{_count(len(failed), 'variant')} could not be computed; see below.")
    said = " ".join(sentence for sentence in sentences if sentence)
    return _prose(f"<p>{escape(said)}</p>")


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{thousands(number)} {noun if number == 1 else plural or f'{noun}s'}"


def conclusions(
    comparison: pd.DataFrame, variants: Sequence[Variant], study: Study, counted: Counted = ""
) -> HTML:
    """Give every conclusion that changes, base and variant side by side, filterable by its kind.

    Where cohorts were counted, those that change in most of them come first, and those that change
    in no more than one are folded.

    Parameters
    ----------
    comparison
        What `sensitivity.compare.compare` gives.
    counted
        See `across`.
    """
    comparison = across.with_cohorts(comparison, counted)
    flagged = compare.conclusions(comparison)
    if flagged.empty:
        return _prose("<p>No conclusion changes in any variant.</p>")
    rows: list[tuple[int, str]] = []
    for number, variant in enumerate(variants, start=1):
        own = comparison[comparison["variant"] == variant.name]
        rows += _changes(number, variant, own, study, counted)
    if not isinstance(counted, Cohorts):
        return HTML(_list("conclusions", [row for _, row in rows], flagged, study, counted))
    rows.sort(key=lambda row: -row[0])
    told, alone = (
        [row for count, row in rows if (count > across.ALONE) == many] for many in (True, False)
    )
    headline = across.is_headline(flagged)
    parts = [_list("conclusions", told, flagged[headline], study, counted)] if told else []
    if alone:
        inner = _list("conclusions_alone", alone, flagged[~headline], study, counted)
        parts.append(
            f'<details class="alone"><summary>{_count(int((~headline).sum()), "conclusion")}{MARK} '
            f"that change{'s' if int((~headline).sum()) == 1 else ''} in no more than one of the "
            f"{counted.members} cohorts</summary>{inner}</details>"
        )
    elsewhere = across.only_elsewhere(comparison, variants, study, counted)
    if elsewhere:
        parts.append(
            f"<p>In all {counted.members} cohorts, and not in that of this page: "
            f"{escape('; '.join(elsewhere))}.</p>"
        )
    return HTML(f'<section class="findings">{"".join(parts)}</section>')


def certain(
    comparison: pd.DataFrame, variants: Sequence[Variant], study: Study, counted: Counted = ""
) -> HTML:
    """Name what changes in this cohort and in all others that were counted, one line each.

    Nothing is named where none were counted: there are too many to name, and the figure has all.
    """
    if not isinstance(counted, Cohorts):
        return HTML("")
    comparison = across.with_cohorts(comparison, counted)
    lines = []
    for number, variant in enumerate(variants, start=1):
        own = comparison[comparison["variant"] == variant.name]
        flagged = compare.conclusions(own)
        theirs = study.under(variant.parameters(study.chosen))
        every = (flagged[COHORTS] == counted.members) & (
            flagged["conclusion"] != compare.NOT_ESTIMABLE
        )
        for cell in flagged[every].to_dict("records"):
            what, ours, other = _flagged(cell, own, study, theirs)
            name = escape(words.variant(variant, study))
            lines.append(
                f'<li><a href="#{_anchor(number)}">{name}</a>: {escape(what)}, '
                f"{escape(ours)} to {escape(other)}{_mark_of_variants(counted)}</li>"
            )
    if not lines:
        return HTML("")
    return HTML(f'<ul class="brief">{"".join(lines)}</ul>')


def fold(title: str, said: str, *parts: HTML) -> HTML:
    """Give parts of a page below a title, folded, after a few words on them."""
    inner = "".join(f'<div class="part">{part.data}</div>' for part in parts)
    return HTML(
        f'<details class="part"><summary>{escape(title)}</summary>'
        f'<section class="prose"><p>{escape(said)}</p></section>'
        f"{inner}</details>"
    )


def _changes(
    number: int, variant: Variant, own: pd.DataFrame, study: Study, counted: Counted
) -> list[tuple[int, str]]:
    """Give the rows of a variant, each with the number of cohorts of which it holds, or 0."""
    theirs = study.under(variant.parameters(study.chosen))
    changes = compare.conclusions(own)
    gone = changes["conclusion"] == compare.NOT_ESTIMABLE
    name = escape(words.variant(variant, study))
    link = f'<th scope="row"><a href="#{_anchor(number)}">{name}</a></th>'
    rows = []
    for cell in changes[~gone].to_dict("records"):
        what, ours, other = _flagged(cell, own, study, theirs)
        if study.chosen.confidence != theirs.chosen.confidence and "(" in other:
            other += f", {percent(theirs.chosen)} CI"
        rows.append(
            (
                int(cell.get(COHORTS, 0)),
                f'<tr data-verdict="{escape(cell["conclusion"])}">{link}'
                f"{_of_cohorts(cell, counted)}"
                f"<td>{escape(what)}{sides.reason(sides.said(cell))}</td>"
                f"<td>{escape(ours)}</td><td>{escape(other)}</td>"
                f"<td>{escape(cell['conclusion'])}</td></tr>",
            )
        )
    lacking = changes[gone]
    parts = lacking.groupby(COHORTS) if COHORTS in lacking else [(0, lacking)]
    for count, cells in parts:
        if cells.empty:
            continue
        rows.append(
            (
                int(str(count)),
                f'<tr data-verdict="{compare.NOT_ESTIMABLE}">{link}'
                f"{_of_cohorts({COHORTS: count}, counted)}"
                f'<td colspan="3">{escape(_gone(cells, study, theirs))}</td>'
                f"<td>{compare.NOT_ESTIMABLE}</td></tr>",
            )
        )
    return rows


def _of_cohorts(cell: Mapping[Any, Any], counted: Counted) -> str:
    if isinstance(counted, str):
        return ""
    return f'<td class="cohorts">{across.of(int(cell[COHORTS]), counted)}</td>'


def _list(
    name: str, rows: Sequence[str], flagged: pd.DataFrame, study: Study, counted: Counted
) -> str:
    """Give a list of changed conclusions that can be filtered."""
    options = "".join(
        f'<option value="{escape(kind)}">{escape(kind)}</option>'
        for kind in dict.fromkeys(flagged["conclusion"])
    )
    variant = f"In the variant{_mark_of_variants(counted)}"
    headings = ["Variant", "What", "In the base", variant, "What changes"]
    said = "Conclusions that change"
    further = ""
    if isinstance(counted, Cohorts):
        headings.insert(1, across.heading(counted))
        said += (
            " in the cohort of this page"
            if name == "conclusions"
            else f" in no more than one of {counted.members} cohorts: no findings"
        )
        further = (
            f" The second column: in how many of {counted.members} cohorts that give every "
            "published number the same changes, the same way; base and variant are of this cohort."
        )
    elif counted:
        said += " in this one synthetic cohort"
    return (
        f'<figure class="table verdicts" id="{name}" data-noun="rows">'
        f'<figcaption id="{name}_caption">'
        f"{said}, with {percent(study.chosen)} confidence intervals where no "
        f"other level is named. {EXACT_MARK} {SPARSE[:1].upper()}{SPARSE[1:]} (Mantel and Fleiss "
        "1980): p is exact, and whether the interval excludes 1 is no conclusion. Each name leads "
        f"to all that differs in the variant.{further}</figcaption>"
        '<p class="filter" hidden><label>Find <input type="search"></label> '
        f'<label>Change <select><option value="">all</option>{options}</select></label> '
        '<output aria-live="polite"></output></p>'
        f'<div class="scroll" role="group" tabindex="0" aria-labelledby="{name}_caption">'
        f"<table><thead><tr>{sides.headings(headings)}</tr></thead>"
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
        return (
            words.subject(cell, study, theirs),
            sides.ours(cell) + sides.sign([cell]),
            sides.theirs(cell),
        )
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
    return f"{what}, months", texts[0] + sides.sign(levels.to_dict("records")), texts[1]


def unchanged(
    comparison: pd.DataFrame,
    variants: Sequence[Variant],
    failed: Mapping[str, str],
    study: Study,
    counted: Counted = "",
) -> HTML:
    """Name the variants under which no conclusion changes, and those that could not be computed."""
    touched = {} if isinstance(counted, str) else counted.touched
    here = "" if counted == "" else " in this cohort"
    flagged = set(compare.conclusions(comparison)["variant"])
    differing = set(comparison.loc[comparison["differs"], "variant"])
    parts = []
    groups = [
        (f"No conclusion changes{here}, though numbers do", differing - flagged),
        (f"Nothing changes at all{here}", {v.name for v in variants} - differing - set(failed)),
    ]
    if isinstance(counted, Cohorts):
        ours, others = differing - flagged - set(touched), (differing - flagged) & set(touched)
        every = f"in this cohort or any of the {counted.members}"
        groups[0] = (f"No conclusion changes {every}, though numbers do", ours)
        groups.insert(1, (f"No conclusion changes{here}, but in others", others))
    for title, chosen in groups:
        links = [
            f'<a href="#{_anchor(number)}">{escape(words.variant(variant, study))}</a>'
            + (
                f" (in {across.of(touched[variant.name], counted)})"
                if isinstance(counted, Cohorts) and variant.name in touched
                else ""
            )
            for number, variant in enumerate(variants, start=1)
            if variant.name in chosen
        ]
        if links:
            parts.append(f"<p><strong>{title}</strong> ({len(links)}): {'; '.join(links)}.</p>")
    named = {variant.name: words.variant(variant, study) for variant in variants}
    for name, reason in failed.items():
        text = f"{named.get(name, name)}: not computed. {_because(reason)}"
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
    counted: Counted = "",
) -> HTML:
    """Give each variant its cells that differ from the base, folded, by group of variants."""
    comparison = across.with_cohorts(comparison, counted)
    numbered = enumerate(variants, start=1)
    of_variant = {str(name): rows for name, rows in comparison.groupby("variant", sort=False)}
    parts = []
    for group, members in groupby(numbered, key=lambda pair: pair[1].group):
        own = list(members)
        folds = ""
        for number, variant in own:
            rows = of_variant.get(variant.name, comparison.head(0))
            reason = failed.get(variant.name)
            folds += _variant(number, variant, rows, study, reason, counted)
        parts.append(
            f'<details class="of-group"><summary>{escape(group)} '
            f"({_count(len(own), 'variant')})</summary>"
            f"<p>{escape(own[0][1].question)}</p>{folds}</details>"
        )
    return HTML(f'<section class="findings variants">{"".join(parts)}</section>')


def _variant(
    number: int,
    variant: Variant,
    rows: pd.DataFrame,
    study: Study,
    failure: str | None,
    counted: Counted,
) -> str:
    different = rows[rows["differs"]]
    flagged = int((rows["conclusion"] != "").sum())
    if failure is not None:
        said = "not computed"
    else:
        said = f"{thousands(len(different))} of {_count(len(rows), 'cell')} differ"
        said += f", {_count(flagged, 'conclusion')} changed" if flagged else ""
        if flagged and isinstance(counted, Cohorts):
            every = int((rows[COHORTS] == counted.members).sum())
            said += f", {thousands(every)} of them in all {counted.members} cohorts"
    inner = f"<p>{escape(variant.why)}</p>" if variant.why else ""
    inner += f"<p><code>{escape(variant.label)}</code></p>"
    if failure is not None:
        inner += f'<p class="not-recorded">{escape(_because(failure))}</p>'
    elif different.empty:
        inner += "<p>Every number is that of the base.</p>"
    else:
        inner += _cells(variant, different, study, counted)
    # A link to what is inside opens the fold; a link to the fold itself does not.
    return (
        f"<details><summary>{escape(words.variant(variant, study))}: {escape(said)}</summary>"
        f'<div id="{_anchor(number)}">{inner}</div></details>'
    )


def _cells(variant: Variant, different: pd.DataFrame, study: Study, counted: Counted) -> str:
    theirs = study.under(variant.parameters(study.chosen))
    bodies = []
    for analysis, cells in different.groupby("analysis_id", sort=False):
        rows, before = "", ""
        for pair in sides.effects(cells):
            # Said once where the same holds for rows that follow each other.
            said = sides.said(pair[-1])
            rows += _row(pair, said if said != before else "", study, theirs, counted)
            before = said
        bodies.append(
            '<tbody><tr><th scope="rowgroup" colspan="4">'
            f"{escape(words.place(str(analysis), study))}</th></tr>{rows}</tbody>"
        )
    ours, other = (percent(each.chosen) for each in (study, theirs))
    name = words.variant(variant, study)
    sign = _mark_of_variants(counted)
    headings = (
        "What",
        f"Base ({ours} CI)",
        f"Variant ({other} CI){sign}",
        f"Difference{sign}",
    )
    return (
        f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(name)}">'
        f"<table><thead><tr>{sides.headings(headings)}</tr></thead>{''.join(bodies)}</table></div>"
    )


def _row(
    cells: list[dict[Any, Any]], reason: str, study: Study, theirs: Study, counted: Counted
) -> str:
    last = cells[-1]
    ours, other, change = sides.both(cells)
    mark = f" {_conclusion(last, counted)}" if last["conclusion"] else ""
    return (
        f"<tr><td>{escape(words.subject(last, study, theirs))}{mark}{sides.reason(reason)}</td>"
        f"<td>{escape(ours + sides.sign(cells))}</td><td>{escape(other)}</td>"
        f"<td>{escape(change)}</td></tr>"
    )


def _conclusion(cell: Mapping[Any, Any], counted: Counted) -> str:
    """Give what changes; what changes in one cohort alone does not stand out."""
    text = escape(cell["conclusion"])
    if isinstance(counted, str):
        return f"<strong>{text}</strong>"
    count = int(cell[COHORTS])
    text = text if count <= across.ALONE else f"<strong>{text}</strong>"
    return f"{text} (in {across.of(count, counted)} cohorts)"


def _mark_of_variants(counted: Counted) -> str:
    """Give the mark of a column of numbers of variants, which no article prints."""
    return "" if counted == "" else MARK


def _anchor(number: int) -> str:
    return f"variant-{number}"


def _prose(inner: str) -> HTML:
    return HTML(f'<section class="prose findings">{inner}</section>')

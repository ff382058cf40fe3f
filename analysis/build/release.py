"""Make what may leave of a dataset's results: a folder for an output checker, or nothing."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.build.asked import chosen, cohort_of
from analysis.build.errors import REFUSED, BuildError
from analysis.build.inputs import Source
from analysis.build.names import report_name
from analysis.build.project import Project
from analysis.build.report import build_report, name_of
from analysis.study.in_place import clear_away, staged

if TYPE_CHECKING:
    import pandas as pd

    from analysis.cohort.model import Cohort
    from analysis.disclosure.protect import Protected
    from analysis.disclosure.rules import RuleSet

FILES = "files.csv"


def build_release(project: Project, folder: Path, given: Mapping[str, Any]) -> list[str]:
    """Make `release/<name>/` of a dataset, and say what came of it, a line each.

    Raises
    ------
    analysis.study.errors.ReadableError
        With all that is wrong with the dataset; or when what would be released gives patients away.
        The last release is as it was.
    """
    from analysis.cohort.description import read_description
    from analysis.disclosure.rules import RULE_SETS, UNCONTROLLED

    name = name_of(project, folder, given)
    clear_away(project.releases)
    description = read_description(folder)
    word = description.disclosure
    if word == UNCONTROLLED:
        if description.is_carried and not description.synthetic:
            raise BuildError(
                "Not released: dataset.yaml says `what_if: true`, by which pages carry real "
                "patients, and no release may have these. Take the line away, or let rules of "
                "disclosure apply.",
                REFUSED,
            )
        return _uncontrolled(project, folder, name, given)
    rules = RULE_SETS[word]
    sources = [Source(project, project.notebook(n)) for n in project.with_choices()]
    cohort = cohort_of(project, folder, chosen(project, sources, folder, given))
    if len(cohort.patients) <= rules.suppress_up_to:
        raise BuildError(
            f"{len(cohort.patients)} patients are analysed: of so few nothing may be released."
        )

    from analysis.disclosure.protect import protect

    protected = protect(cohort, rules)
    before, after = attacked(cohort, protected.rows, rules)
    if after:
        raise BuildError(
            "Not released: from these numbers alone some patients can be told.\n"
            + "\n".join(f"  - {line}" for line in after)
            + "\nCompare fewer factors, or set `disclosure: ACRO`, which suppresses more."
        )
    tried = (
        f"Before control, {before:,} of {len(cohort.patients):,} patients could be told by a count "
        f"of {rules.suppress_up_to} or fewer that no other cohort can have. After it, each such "
        "count is another in another cohort with the same counts, percentages, sums and curves: 0 "
        "patients can be told. Medians, quartiles, hazard ratios and p values take no part in this."
    )
    with staged(project.releases, name) as staging:
        _write(project, staging, cohort, protected, rules, tried)
        _refuse_leaks(staging, cohort, rules)
    shown = project.shown(project.releases / name)
    suppressed = int((protected.rows["status"] == "suppressed").sum())
    return [
        f"{len(protected.rows):,} numbers, {suppressed:,} of them suppressed ({rules.name}).",
        f"Patients who could be told by a small count: {before:,} before, 0 after.",
        f"{shown}/{FILES} lists every file for the output checker.",
        *_of_others(project, folder, name),
        f"{shown}/index.html",
    ]


def _of_others(project: Project, folder: Path, name: str) -> list[str]:
    """Say which other releases of the same patients there are, which the attack has not seen."""
    base = report_name(folder)
    there = {each.name for each in project.releases.glob(f"{escape(base)}*") if each.is_dir()}
    others = sorted(n for n in there - {name} if n == base or n.startswith(f"{base}-"))
    if not others:
        return []
    return [
        f"Check them together: {', '.join(others)} may be of the same patients, and a small count "
        "may follow from the difference of two releases."
    ]


def attacked(cohort: Cohort, rows: pd.DataFrame, rules: RuleSet) -> tuple[int, list[str]]:
    """Attack the full estimates, and those for release.

    Returns
    -------
    tuple
        How many patients can be told by the first; and the small counts of the second that only one
        cohort can have, in words.
    """
    import pandas as pd

    from analysis.disclosure import attack
    from analysis.estimates import whole
    from analysis.estimates.points import survival_curves

    parameters = cohort.parameters
    exact = pd.concat([whole.estimate(cohort, parameters), survival_curves(cohort, parameters)])
    few = rules.suppress_up_to
    before = attack.found(exact, None, few)
    after = attack.found(rows, rules, few)
    said = [
        " / ".join(str(part) for part in row[:-1] if part) + f": {row[-1]}"
        for row in after.itertuples(index=False)
    ]
    return attack.patients(before), said


def _write(
    project: Project,
    staging: Path,
    cohort: Cohort,
    protected: Protected,
    rules: RuleSet,
    tried: str,
) -> None:
    import pandas as pd

    from analysis.disclosure.rules import Rule, words
    from analysis.display.page import Page
    from analysis.display.released import figures, tables
    from analysis.display.templates import released
    from analysis.study.spreadsheets import write_csv

    rows, study = protected.rows, cohort.study
    write_csv(rows, staging / "estimates.csv")
    rows.to_parquet(staging / "estimates.parquet", index=False)
    page = Page("release", staging, pictures=True)
    content = []
    for shown in tables(rows, study):
        content.append(page.table(shown.name, shown.content, shown.caption).data)
    for shown in figures(rows, study):
        content.append(page.figure(shown.name, shown.content, shown.caption).data)
    used = [rule for rule in Rule if rule.value in {*rows["rule"], *protected.withheld["rule"]}]
    withheld = [
        f"{_titled(row['analysis_id'], cohort)} ({row['rule']}): "
        f"{row['statistics'].replace('_', ' ')}."
        for row in protected.withheld.to_dict("records")
    ]
    html = released(
        cohort.title,
        cohort.notice,
        project.version(),
        content,
        rules,
        [(rule.value, words(rule, rules)) for rule in used],
        withheld,
        tried,
    )
    (staging / "index.html").write_text(html, encoding="utf-8", newline="\n")
    of_status = rows["status"].value_counts()
    what = (
        f"{of_status.get('released', 0)} numbers released, {of_status.get('suppressed', 0)} "
        f"suppressed, by {rules.name}; column rule says why"
    )
    listed = [
        {
            "file": path.relative_to(staging).as_posix(),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "holds": _holds(path, what),
        }
        for path in sorted(staging.rglob("*"))
        if path.is_file()
    ]
    write_csv(pd.DataFrame(listed), staging / FILES)


def _titled(analysis: str, cohort: Cohort) -> str:
    words = cohort.study.titles.get(analysis, analysis.replace("_", " "))
    return words[:1].upper() + words[1:]


def _holds(path: Path, estimates: str) -> str:
    if path.stem == "estimates":
        return estimates
    if path.parent.name == "figures":
        return "curves from rounded cumulative counts by whole months; no step is a day"
    if path.parent.name == "tables":
        return "numbers of estimates.csv, laid out; [c] is suppressed"
    return "the tables and figures on one page, the rules, and what is not released"


def _refuse_leaks(staging: Path, cohort: Cohort, rules: RuleSet) -> None:
    from analysis.disclosure.scan import leaks

    ids = {str(name) for name in cohort.patients["patient_id"]}
    if found := leaks(staging, ids, rules.suppress_up_to):
        raise BuildError(
            "Not released, since a last look at every file found what must not be seen:\n"
            + "\n".join(f"  - {line}" for line in found)
        )


def _uncontrolled(project: Project, folder: Path, name: str, given: Mapping[str, Any]) -> list[str]:
    """Copy the report as it is, since `dataset.yaml` says so."""
    build_report(project, folder, given)
    with staged(project.releases, name) as staging:
        shutil.copytree(project.report(name), staging, dirs_exist_ok=True)
    shown = project.shown(project.releases / name)
    return [
        "No disclosure control: dataset.yaml says `disclosure: none`. Patients are in it one by "
        "one.",
        f"{shown}/index.html",
    ]

"""Build the audit of a ledger: read, execute its notebook, show, put in place."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.audit.structure import STRUCTURE, Structure, structure_of, unknown_names
from analysis.build.assembly import How, Subject, build
from analysis.build.errors import REFUSED, BuildError
from analysis.build.files import Files
from analysis.build.imports import Imports
from analysis.build.inputs import Source
from analysis.build.names import place_of, refuse_what_is_of_another
from analysis.build.plan import Run, plan
from analysis.build.project import AUDIT, AUDIT_NOTEBOOK, INDEX, Project
from analysis.study.in_place import clear_away

NOTICE = "Published numbers against each other. No patient's data are used."


def own_ledger(project: Project) -> Path | None:
    """Give the ledger of the article that the project's study is of, None without an article."""
    article = project.study.article
    return None if article is None else article / CLAIMS.name


def audit_name(ledger: Path, own: Path | None = None) -> str:
    """Give the name of the folder of an audit: `audit` for the study's own ledger.

    >>> audit_name(Path("trials/smith_2020/claims.csv")), audit_name(Path("smith.csv"))
    ('audit-smith_2020', 'audit-smith')
    """
    if own is not None and ledger.resolve() == own.resolve():
        return AUDIT
    stem = ledger.resolve().parent.name if ledger.stem == CLAIMS.stem else ledger.stem
    return f"{AUDIT}-{stem}"


def build_audit(
    project: Project, ledger: Path, structure: Path | None = None, how: How | None = None
) -> str | None:
    """Build the audit of a ledger if it is not up to date; give the reason, or None.

    Without `structure`, the declaration is `structure.yaml` beside the ledger; where there is
    none, only what needs no declaration is checked.

    Raises
    ------
    analysis.study.errors.ReadableError
        With all that is wrong with the ledger or its structure, before anything is run; or when
        the notebook failed. The last audit is as it was.
    """
    for path, words in ((ledger, "ledger"), (structure, "structure of the ledger")):
        if path is not None and not path.is_file():
            raise BuildError(f"There is no {words} at {path}.", REFUSED)
    beside = ledger.with_name(STRUCTURE.name)
    declared = structure or (beside if beside.is_file() else None)
    files = Files()
    read = {"ledger": files.hash(ledger)}
    if declared is not None:
        read["structure"] = files.hash(declared)
    claims, structure_ = read_ledger(ledger), structure_of(ledger, declared or "")
    _check_names(structure_, claims, declared or beside)

    clear_away(project.reports)
    name = audit_name(ledger, own_ledger(project))
    refuse_what_is_of_another(project, name, ledger)
    imports = Imports(project.root, files)
    run = Run(
        Source(project, project.notebook(AUDIT_NOTEBOOK), imports),
        {},
        private={
            "ledger": str(ledger.resolve()),
            "structure": str(declared.resolve()) if declared else "",
        },
        public={"ledger": ledger.name, "structure": declared.name if declared else ""},
        shown=INDEX,
    )
    own = name == AUDIT
    title = f"Audit of {structure_.title}"
    subject = Subject(
        dataset=title,
        notice=NOTICE,
        title=project.study.title if own else title,
        subtitle=project.study.subtitle if own else "",
        own=own,
        credit=project.study.credit if own else None,
    )
    planned = plan(project, name, [run], imports, files, read, {})
    return build(project, planned, lambda: subject, place_of(project, ledger), how)


def _check_names(structure: Structure, ledger: pd.DataFrame, source: Path) -> None:
    """Refuse a structure that names what the ledger does not print: a rule would be off unseen."""
    rows = [{str(key): cell for key, cell in row.items()} for row in ledger.to_dict("records")]
    faults = unknown_names(structure, rows)
    if faults:
        listed = "\n".join(f"  - {fault}" for fault in faults)
        raise BuildError(f"{source}: {len(faults)} name(s) are not known\n{listed}", REFUSED)

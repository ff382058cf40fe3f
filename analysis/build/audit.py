"""Build the audit of a ledger: read, execute its notebook, show, put in place."""

from __future__ import annotations

from pathlib import Path

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.audit.structure import STRUCTURE, Structure, structure_of
from analysis.build.errors import REFUSED, BuildError
from analysis.build.inputs import audit_inputs, hashes_in
from analysis.build.manifest import FILE, Manifest, read_manifest, write_manifest
from analysis.build.project import AUDIT, AUDIT_NOTEBOOK, INDEX, Project
from analysis.build.staging import clear_away, staged
from analysis.build.staleness import report_should_be_rebuilt

NOTICE = "Published numbers against each other. No patient's data are used."


def audit_name(ledger: Path) -> str:
    """Give the name of the folder of an audit: `audit` for the article's ledger.

    >>> audit_name(Path("trials/smith_2020/claims.csv")), audit_name(Path("smith.csv"))
    ('audit-smith_2020', 'audit-smith')
    """
    if ledger.resolve() == CLAIMS.resolve():
        return AUDIT
    stem = ledger.resolve().parent.name if ledger.stem == CLAIMS.stem else ledger.stem
    return f"{AUDIT}-{stem}"


def build_audit(project: Project, ledger: Path, structure: Path | None = None) -> str | None:
    """Build the audit of a ledger if it is not up to date; give the reason, or None.

    Without `structure`, the declaration is `structure.yaml` beside the ledger; where there is
    none, only what needs no declaration is checked.

    Raises
    ------
    analysis.article.ledger.LedgerFaults, analysis.audit.structure.StructureFaults
        With all that is wrong; nothing has been run.
    BuildError
        When a file is missing or the notebook failed. The last audit is as it was.
    """
    for path, words in ((ledger, "ledger"), (structure, "structure of the ledger")):
        if path is not None and not path.is_file():
            raise BuildError(f"There is no {words} at {path}.", REFUSED)
    beside = ledger.with_name(STRUCTURE.name)
    declared = structure or (beside if beside.is_file() else None)
    claims, structure_ = read_ledger(ledger), structure_of(ledger, declared or "")
    _check_names(structure_, set(claims["claim_id"]), declared or beside)
    clear_away(project.reports)

    name = audit_name(ledger)
    target = project.report(name)
    inputs = audit_inputs(project, ledger, declared)
    present = {path: hash_ for path, hash_ in hashes_in(target).items() if path != FILE}
    reason = report_should_be_rebuilt(read_manifest(target), inputs, present)
    if reason is None:
        return None

    from analysis.build.execution import execute_alone
    from analysis.build.report import forget_failures
    from analysis.display.html import Report, to_html

    with staged(project.reports, name) as staging:
        private = {
            "ledger": str(ledger.resolve()),
            "structure": str(declared.resolve()) if declared else "",
        }
        public = {"ledger": ledger.name, "structure": declared.name if declared else ""}
        notebook = execute_alone(project, staging, AUDIT_NOTEBOOK, name, private, public)
        report = Report(
            dataset=f"Audit of {structure_.title}",
            notice=NOTICE,
            pages=(INDEX,),
            changed={},
            version=project.version(),
            own=name == AUDIT,
        )
        page = to_html(notebook, INDEX, report)
        (staging / f"{INDEX}.html").write_text(page, encoding="utf-8", newline="\n")
        manifest = Manifest(
            dataset=report.dataset,
            notice=NOTICE,
            pages=report.pages,
            inputs=inputs,
            outputs=hashes_in(staging),
        )
        write_manifest(staging, manifest)
    forget_failures(project, name)
    return reason


def _check_names(structure: Structure, claims: set[str], source: Path) -> None:
    """Refuse a structure that names claims which the ledger does not have."""
    named = {
        "patients": [structure.patients] if structure.patients else [],
        "several": [item.more for item in structure.several if item.more],
        "p_values": [
            claim
            for family in structure.p_values
            for value in family.values
            for claim in (value.claim, *value.margins)
        ],
    }
    faults = [
        f"  - {part}: the ledger has no claim {claim!r}"
        for part, names in named.items()
        for claim in names
        if claim not in claims
    ]
    if faults:
        listed = "\n".join(faults)
        raise BuildError(f"{source}: {len(faults)} claim(s) are not known\n{listed}", REFUSED)

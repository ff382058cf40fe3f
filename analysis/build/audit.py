"""Build the audit of a ledger: read, execute its notebook, show, put in place."""

from __future__ import annotations

from pathlib import Path

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.audit.structure import STRUCTURE, Structure, structure_of
from analysis.build.errors import REFUSED, BuildError
from analysis.build.inputs import hash_of_file
from analysis.build.project import AUDIT, AUDIT_NOTEBOOK, Project
from analysis.build.report import How
from analysis.build.single import Single, build_single

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


def build_audit(
    project: Project, ledger: Path, structure: Path | None = None, how: How | None = None
) -> str | None:
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

    name = audit_name(ledger)
    files = {"ledger": hash_of_file(ledger)}
    if declared is not None:
        files["structure"] = hash_of_file(declared)
    single = Single(
        name=name,
        notebook=AUDIT_NOTEBOOK,
        title=f"Audit of {structure_.title}",
        notice=NOTICE,
        files=files,
        changed={},
        private={
            "ledger": str(ledger.resolve()),
            "structure": str(declared.resolve()) if declared else "",
        },
        public={"ledger": ledger.name, "structure": declared.name if declared else ""},
        own=name == AUDIT,
    )
    return build_single(project, single, how)


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

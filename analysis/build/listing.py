"""The list of the reports that are there."""

from __future__ import annotations

from analysis.build.manifest import FILE, Manifest, read_manifest
from analysis.build.names import LISTING
from analysis.build.project import AUDIT, SENSITIVITY, Project


def listing_of(project: Project) -> str:
    """Give the page `reports/index.html`, the list of the reports that are there."""
    from analysis.display.templates import Listed, listing
    from analysis.study.declarations import Credit

    reports: list[Listed] = []
    audits: list[Listed] = []
    sensitivity: list[Listed] = []
    kinds = {AUDIT: audits, SENSITIVITY: sensitivity}
    about: Manifest | None = None
    for path in sorted(project.reports.glob(f"[!.]*/{FILE}")):
        if manifest := read_manifest(path.parent):
            kind = kinds.get(path.parent.name.partition("-")[0], reports)
            kind.append(
                Listed(
                    folder=path.parent.name,
                    dataset=manifest.dataset,
                    notice=manifest.notice,
                    pages=manifest.pages,
                    changed=manifest.parameters,
                    own=manifest.own,
                    synthetic=manifest.synthetic,
                    files=frozenset(manifest.outputs),
                )
            )
            about = about or (manifest if manifest.own else None)
    return listing(
        reports,
        project.version(),
        audits,
        sensitivity,
        title=about.title if about else "",
        subtitle=about.subtitle if about else "",
        credit=Credit(**about.credit) if about and about.credit else None,
    )


def write_listing(project: Project) -> None:
    """Write `reports/index.html`, if it changed."""
    page = listing_of(project)
    target = project.reports / LISTING
    if target.is_file() and target.read_text(encoding="utf-8") == page:
        return
    part = target.with_name(f".{LISTING}")
    part.write_text(page, encoding="utf-8", newline="\n")
    part.replace(target)

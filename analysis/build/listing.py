"""The list of the reports that are there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.build.manifest import FILE, Manifest, read_manifest
from analysis.build.names import LISTING
from analysis.build.project import AUDIT, COMPARE, SENSITIVITY, Project

if TYPE_CHECKING:
    from analysis.display.templates import Listed


def listing_of(project: Project) -> str:
    """Give the page `reports/index.html`, the list of the reports that are there."""
    from analysis.display.templates import listing
    from analysis.study.credit import Credit

    reports: list[Listed] = []
    audits: list[Listed] = []
    sensitivity: list[Listed] = []
    comparisons: list[Listed] = []
    kinds = {AUDIT: audits, SENSITIVITY: sensitivity, COMPARE: comparisons}
    about: Manifest | None = None
    found = {
        path.parent.name: manifest
        for path in sorted(project.reports.glob(f"[!.]*/{FILE}"))
        if (manifest := read_manifest(path.parent))
    }
    variants: dict[str, list[Listed]] = {}
    for name, manifest in found.items():
        listed = _listed(name, manifest)
        if manifest.base in found:
            variants.setdefault(manifest.base, []).append(listed)
        else:
            kinds.get(name.partition("-")[0], reports).append(listed)
        about = about or (manifest if manifest.own else None)
    reports = [replace(each, variants=tuple(variants.get(each.folder, ()))) for each in reports]
    return listing(
        reports,
        project.version(),
        audits,
        sensitivity,
        comparisons,
        title=about.title if about else "",
        subtitle=about.subtitle if about else "",
        credit=Credit(**about.credit) if about and about.credit else None,
    )


def _listed(name: str, manifest: Manifest) -> Listed:
    from analysis.display.templates import Listed

    return Listed(
        folder=name,
        dataset=manifest.dataset,
        notice=manifest.notice,
        pages=manifest.pages,
        changed=manifest.parameters,
        own=manifest.own,
        synthetic=manifest.synthetic,
        files=frozenset(manifest.outputs),
        variant=manifest.variant,
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

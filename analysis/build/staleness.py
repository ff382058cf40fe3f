"""Whether a report is still the report of its inputs: decisions only, nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.build.manifest import Inputs, Manifest


def report_should_be_rebuilt(
    manifest: Manifest | None, inputs: Inputs, outputs: Mapping[str, str]
) -> str | None:
    """Give the reason to build a report again, None when it is up to date.

    `outputs` are the SHA-256 of the files that the report has now.
    """
    if manifest is None:
        return "it has not been built"
    if manifest.inputs.parameters != inputs.parameters:
        return "its parameters changed"
    if change := first_change(manifest.inputs.files, inputs.files):
        return change
    if change := first_change(manifest.outputs, outputs):
        return f"in the report, {change}"
    return None


def first_change(before: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """Say how the first file that is not as it was differs, None when all are as they were."""
    for name in sorted(before.keys() | now.keys()):
        if name not in now:
            return f"{name} is gone"
        if name not in before:
            return f"{name} is new"
        if before[name] != now[name]:
            return f"{name} changed"
    return None

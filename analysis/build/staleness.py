"""Whether a page is still the page of its inputs: decisions only, nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.build.inputs import Inputs
from analysis.build.manifest import Manifest, differences

NOT_BUILT = "it has not been built"


def page_should_be_rebuilt(
    manifest: Manifest | None, page: str, inputs: Inputs, outputs: Mapping[str, str]
) -> str | None:
    """Give the reason to make a page again, None when it is up to date.

    `outputs` are the SHA-256 of all files that the report has now.
    """
    if manifest is None or page not in manifest.made:
        return NOT_BUILT
    made = manifest.made[page]
    if changed := different_parameters(made.parameters, inputs.parameters):
        return f"{changed} changed"
    before = {name: manifest.inputs[name] for name in made.inputs}
    if lines := differences(before, inputs.files):
        # A file is new or gone mostly because another, which changed, imports it or no longer does.
        lines.sort(
            key=lambda line: (not line.endswith("changed"), not line.startswith("notebooks"))
        )
        return _first(lines)
    before = {name: manifest.outputs[name] for name in made.outputs}
    if lines := differences(before, {name: outputs[name] for name in before if name in outputs}):
        return f"in the report, {_first(lines)}"
    return None


def different_parameters(before: Mapping[str, object], now: Mapping[str, object]) -> str:
    """Name the parameters that differ, with a comma between them."""
    return ", ".join(
        name for name in sorted(before.keys() | now.keys()) if before.get(name) != now.get(name)
    )


def _first(lines: list[str]) -> str:
    return lines[0] + (f", and {len(lines) - 1} more" if len(lines) > 1 else "")

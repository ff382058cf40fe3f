"""The manifest of a report: what it was made from and what was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

FILE = "manifest.json"


class Inputs(BaseModel):
    """SHA-256 of each file by its name, and the parameters that differ from the article's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, str]
    parameters: dict[str, Any]


class Manifest(BaseModel):
    """What is known of a finished report; `outputs` are SHA-256 by path within its folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str
    notice: str
    pages: tuple[str, ...]
    inputs: Inputs
    outputs: dict[str, str]


def read_manifest(report: Path) -> Manifest | None:
    """Give the manifest of a report, None when it has none that can be read."""
    try:
        return Manifest.model_validate_json((report / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def write_manifest(report: Path, manifest: Manifest) -> None:
    """Write the manifest into the folder of its report."""
    text = manifest.model_dump_json(indent=1)
    (report / FILE).write_text(text + "\n", encoding="utf-8", newline="\n")

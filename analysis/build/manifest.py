"""The manifest of a report: what it was made from, what was made, and by what."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

FILE = "manifest.json"

# What is made of all pages together: the joined estimates and the HTML.
TOGETHER = "pages"


class Made(BaseModel):
    """One page: the names of its inputs and outputs, and the parameters it was given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inputs: tuple[str, ...]
    parameters: dict[str, Any]
    outputs: tuple[str, ...]


class Manifest(BaseModel):
    """What is known of a finished report.

    Attributes
    ----------
    dataset, notice, title, subtitle, own, synthetic, credit, until
        As `report.Subject` has them.
    place
        What tells what it was made from, a dataset or a ledger, from others of the same name.
    base, variant
        Of a variant: the name of the report that it is one of, and what is other in it, in words.
    pages
        Names of the pages, in the order of reading.
    parameters
        Those that differ from the study's.
    question, facts
        What these and the pages follow from, and what the dataset has: see `asked`.
    commit
        That of the project's folder when the report was built, with `-dirty` after it when files
        differed from it; empty where git does not know.
    packages
        Versions by name, as in the lock.
    made
        What each page was made from; `pages` is what is made of all of them.
    inputs, outputs
        SHA-256 by name; outputs by path within the folder of the report.
    seal
        SHA-256 of all the rest of it, which tells an edit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str
    notice: str
    title: str
    subtitle: str
    own: bool
    synthetic: bool
    credit: dict[str, str] | None
    until: str
    place: str
    pages: tuple[str, ...]
    parameters: dict[str, Any]
    question: str
    facts: tuple[str, ...]
    commit: str
    python: str
    packages: dict[str, str]
    made: dict[str, Made]
    inputs: dict[str, str]
    outputs: dict[str, str]
    base: str = ""
    variant: str = ""
    seal: str = ""


def read_manifest(report: Path) -> Manifest | None:
    """Give the manifest of a report, None when it has none that can be read."""
    try:
        return Manifest.model_validate_json((report / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def write_manifest(report: Path, manifest: Manifest) -> None:
    """Write the manifest into the folder of its report, in place of the one that is there."""
    part = report / f".{FILE}"
    part.write_bytes(_sealed(manifest))
    part.replace(report / FILE)


def is_as_written(report: Path, manifest: Manifest) -> bool:
    """Tell whether the file of a manifest is, byte for byte, what a build wrote."""
    return (report / FILE).read_bytes() == _sealed(manifest)


def _sealed(manifest: Manifest) -> bytes:
    bare = manifest.model_copy(update={"seal": ""})
    seal = hashlib.sha256(bare.model_dump_json().encode()).hexdigest()
    return (bare.model_copy(update={"seal": seal}).model_dump_json(indent=1) + "\n").encode()


def commit_of(root: Path) -> str:
    """Give the commit of a folder, as `git describe` does; empty where it is not known."""
    return _git(root, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(root: Path, *arguments: str) -> str:
    """Give what git says in a folder; empty where it has nothing to say of it."""
    # Unpacked from an archive, the project may lie in a repository of something else.
    own = {**os.environ, "GIT_CEILING_DIRECTORIES": str(root.resolve().parent)}
    try:
        said = subprocess.run(
            ["git", *arguments], cwd=root, env=own, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return said.stdout.strip()


def code_of(root: Path, within: Sequence[str]) -> str:
    """Give the last commit that changed some files of a folder, in words for readers.

    "commit 6fb5ec4 of 2026-11-26", or "changed since commit …" where they differ from it; empty
    where git does not know them. What is committed beside them changes nothing here, so that pages
    have the same bytes at every commit that has the same code.
    """
    last = _git(root, "log", "-1", "--format=commit %h of %cs", "--abbrev=10", "--", *within)
    if not last:
        return ""
    changed = _git(root, "status", "--porcelain", "--", *within)
    return f"changed since {last}" if changed else last


def python_version() -> str:
    """Give the version of Python."""
    return platform.python_version()


def versions_of(lock: Path) -> dict[str, str]:
    """Give the versions of the packages in a lock that are installed."""
    names = re.findall(r"^([A-Za-z0-9._-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE)
    installed: dict[str, str] = {}
    for name in sorted(names):
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Say which files are not as they were, one line each."""
    lines = []
    for name in sorted(before.keys() | now.keys()):
        if name not in now:
            lines.append(f"{name} is gone")
        elif name not in before:
            lines.append(f"{name} is new")
        elif before[name] != now[name]:
            lines.append(f"{name} changed")
    return lines

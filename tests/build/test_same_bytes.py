"""The whole project in folders of its own: the same bytes anywhere, no more work than needed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.__main__ import PROJECT
from analysis.build.inputs import hashes_in
from analysis.build.manifest import code_of, commit_of
from analysis.build.project import ROOT

COPIED = ("analysis", "data", "notebooks", "requirements.lock", "pyproject.toml")


def copy(folder: Path) -> Path:
    """Copy what a report is made from to a folder."""
    folder.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    return folder


def run(folder: Path, *arguments: str, **environment: str) -> str:
    """Run the command of the build in a copy, and give what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "analysis", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


# The kernels of linear algebra and the functions of the C library that older processors get.
OTHER_PROCESSOR = {
    "OPENBLAS_CORETYPE": "Prescott",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4",
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy with its report, by warm kernels, several notebooks at a time.

    What `make` has built of the same notebooks is taken, and shown anew as that of the copy.
    """
    folder = copy(tmp_path_factory.mktemp("first") / "project")
    if PROJECT.report("synthetic").is_dir():
        shutil.copytree(PROJECT.report("synthetic"), folder / "reports" / "synthetic")
    run(folder, "report", "--workers", "3")
    return folder


def test_warm_and_cold_serial_and_parallel_anywhere_on_any_processor_give_the_same_bytes(
    first: Path, tmp_path: Path
) -> None:
    other = copy(tmp_path / "a longer {path}" / "in another place")
    run(other, "report", "--workers", "1", WARM="0", PYTHONHASHSEED="7", **OTHER_PROCESSOR)
    one, two = (hashes_in(folder / "reports" / "synthetic") for folder in (first, other))
    assert {Path(name).suffix for name in one} >= {".ipynb", ".html", ".svg", ".csv"}
    assert one == two


def stale(folder: Path) -> dict[str, str]:
    """Give the pages that a build would make again, and why."""
    lines = (line for line in run(folder, "why").splitlines() if "no page of" not in line)
    found = {line[:24].strip(): line[24:].strip(" :") for line in lines}
    return {name: reason for name, reason in found.items() if reason != "up to date"}


TOGETHER = "all pages are shown anew"


def test_only_what_uses_a_module_is_built_again(first: Path) -> None:
    def remark(module: str) -> dict[str, str]:
        path = first / "analysis" / module
        text = path.read_text(encoding="utf-8")
        path.write_text(text + "\n# A remark.\n", encoding="utf-8")
        try:
            return stale(first)
        finally:
            path.write_text(text, encoding="utf-8")

    pages = {path.stem for path in (first / "reports" / "synthetic" / "notebooks").iterdir()}
    assert stale(first) == {}
    # No page imports the search for a synthetic cohort.
    assert remark("synthesis/search.py") == {}
    # The build makes a report of what notebooks give, and runs them.
    assert remark("build/pages.py") == {TOGETHER: "analysis/build/pages.py changed"}
    assert remark("build/kernels.py").keys() == {*pages, TOGETHER}
    assert remark("build/preload.py").keys() == {*pages, TOGETHER}
    # Toxicity imports this; the replication and the index estimate all when nobody has done so.
    assert {"05_toxicity"} <= remark("estimates/fatal_events.py").keys() < pages
    # Three imports down from a notebook that does not name it.
    notebook = first / "notebooks" / "03_response.ipynb"
    assert "cohort.faults" not in notebook.read_text(encoding="utf-8")
    assert remark("cohort/faults.py")["03_response"] == "analysis/cohort/faults.py changed"
    assert stale(first) == {}


needs_git = pytest.mark.skipif(
    shutil.which("git") is None or not commit_of(ROOT), reason="needs git and a repository"
)


def git(*arguments: str, folder: Path = ROOT) -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True).stdout


@needs_git
def test_the_commit_of_a_page_is_the_last_that_changed_its_code(tmp_path: Path) -> None:
    def commit(path: str, text: str) -> str:
        (tmp_path / path).write_text(text, encoding="utf-8")
        git("add", "--all", folder=tmp_path)
        who = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
        git(*who, "commit", "-qm", path, folder=tmp_path)
        return git("rev-parse", "--short=10", "HEAD", folder=tmp_path).decode().strip()

    assert code_of(tmp_path, ["code"]) == ""
    git("init", "-q", folder=tmp_path)
    assert code_of(tmp_path, ["code"]) == ""
    first = commit("code", "1")
    said = code_of(tmp_path, ["code"])
    assert said.startswith(f"commit {first} of 20")
    commit("prose", "1")
    assert code_of(tmp_path, ["code"]) == said
    (tmp_path / "code").write_text("2", encoding="utf-8")
    assert code_of(tmp_path, ["code"]) == f"changed since {said}"
    assert code_of(tmp_path, ["code"]) != commit("code", "3")


@needs_git
def test_a_clone_and_an_archive_have_the_bytes_that_were_committed(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    # As git is set up on Windows.
    git("clone", "-q", "-c", "core.autocrlf=true", str(ROOT), str(clone))
    archive = tmp_path / "project.tar"
    git("archive", "HEAD", "-o", str(archive), folder=clone)
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(archive, unpacked)
    names = git("ls-files", "-z", folder=clone).decode().rstrip("\0").split("\0")
    committed = dict(line.split("\t")[::-1] for line in _tree(clone))
    for name in names:
        content = (clone / name).read_bytes()
        assert _blob(content) == committed[name], name
        assert (unpacked / name).read_bytes() == content, name
    assert len(commit_of(clone)) == 40
    # Whatever it is unpacked in.
    git("init", "-q", folder=tmp_path)
    assert commit_of(unpacked) == ""


def _tree(folder: Path) -> list[str]:
    """Give the number of each committed content, a tab, and its name."""
    listed = git("ls-tree", "-rz", "--format=%(objectname)%x09%(path)", "HEAD", folder=folder)
    return listed.decode().rstrip("\0").split("\0")


def _blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

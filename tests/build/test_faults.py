"""Whatever happens to a build, the last good report is whole and the next build succeeds."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis.build.check import check_manifest
from analysis.build.cli import main
from analysis.build.inputs import hashes_in
from analysis.build.project import ROOT, Project

Write = Callable[..., None]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals and limits of Unix")

FILE_TOO_LARGE = tuple((kibibytes, "File too large") for kibibytes in (2, 40, 400))

SCRIPT = """
import sys
from pathlib import Path
from analysis.__main__ import study
from analysis.build.cli import main
from analysis.build.project import Project
notebooks, reports, *arguments = sys.argv[1:]
project = Project(study, notebooks=Path(notebooks), reports=Path(reports))
sys.exit(main(project, arguments))
"""


def command(project: Project, dataset: Path, *choices: str) -> list[str]:
    options = [part for choice in choices for part in ("--set", choice)]
    arguments = [str(project.notebooks), str(project.reports), "report", "--dataset", str(dataset)]
    return [sys.executable, "-c", SCRIPT, *arguments, *options]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def build(project: Project, dataset: Path, *choices: str) -> int:
    options = [part for choice in choices for part in ("--set", choice)]
    return main(project, ["report", "--dataset", str(dataset), *options])


def is_whole(project: Project, dataset: Path) -> bool:
    """Tell whether all files of the report are those of its manifest."""
    lines = check_manifest(project, "four", dataset)
    return not [line for line in lines if line.startswith("output:")]


def test_files_that_cannot_be_written_to_the_end_leave_the_last_report(
    project: Project, dataset: Path, write: Write
) -> None:
    large = "from pathlib import Path\nPath(output, 'large.csv').write_text('x' * 500_000)"
    write(project.notebook("01_first"), large)
    assert build(project, dataset) == 0
    good = hashes_in(project.report("four"))
    # Nothing can be written; no kernel can start; no page can be shown; no table can be written.
    for kibibytes, words in ((0, "No usable temporary directory"), *FILE_TOO_LARGE):

        def limit(size: int = 1024 * kibibytes) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        said = subprocess.run(
            command(project, dataset, "age_max=70"),
            env=environment(),
            preexec_fn=limit,
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 1, said.stderr
        assert words in said.stderr
        assert "Traceback" not in said.stderr
        assert "as it was" in said.stderr.splitlines()[-1]
        assert hashes_in(project.report("four")) == good
    assert build(project, dataset, "age_max=70") == 0


@pytest.fixture
def small_disk(project: Project) -> Iterator[Path]:
    """Give a disk of a megabyte, mounted where reports are written."""
    project.reports.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(project.reports)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("this user may not mount a disk")
    yield project.reports
    subprocess.run(["umount", str(project.reports)], check=True)


def test_a_full_disk_leaves_the_last_report(
    project: Project, dataset: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, dataset) == 0
    good = hashes_in(project.report("four"))
    free = shutil.disk_usage(small_disk).free
    for left in (0, 20_000, 120_000):
        filler = small_disk / "filler"
        filler.write_bytes(bytes(free - left))
        capsys.readouterr()
        assert build(project, dataset, "age_max=70") == 1
        assert "No space left on device" in capsys.readouterr().err
        assert hashes_in(project.report("four")) == good
        filler.unlink()
    assert build(project, dataset, "age_max=70") == 0
    assert is_whole(project, dataset)


def test_a_disk_that_cannot_be_written_to_is_told(
    project: Project, dataset: Path, small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, dataset) == 0
    good = hashes_in(project.report("four"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert build(project, dataset) == 0
    capsys.readouterr()
    assert build(project, dataset, "age_max=70") == 1
    said = capsys.readouterr().err
    assert "Read-only file system. The last report is as it was." in said
    assert hashes_in(project.report("four")) == good
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert build(project, dataset, "age_max=70") == 0


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write to any folder"
)
def test_a_folder_that_must_not_be_written_to_is_told(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(project, dataset) == 0
    project.reports.chmod(0o555)
    try:
        assert build(project, dataset, "age_max=70") == 1
        assert "Permission denied" in capsys.readouterr().err
        assert is_whole(project, dataset)
    finally:
        project.reports.chmod(0o755)

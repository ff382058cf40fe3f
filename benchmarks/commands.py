"""The notebooks of the report through the commands of papermill and nbconvert, one by one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from analysis.__main__ import study
from analysis.build.project import INDEX, Project


def main(folder: Path) -> None:
    """Execute every notebook of the report and convert it to HTML."""
    project = Project(study, root=folder, notebooks=folder / "notebooks")
    with tempfile.TemporaryDirectory() as temporary:
        for name in (*project.analyses(), INDEX):
            executed = Path(temporary) / f"{name}.ipynb"
            papermill = ["papermill", str(project.notebook(name)), str(executed)]
            given = ["-p", "output", temporary, "--cwd", str(project.notebooks)]
            run([*papermill, *given, "--no-progress-bar"])
            run(["nbconvert", "--to", "html", str(executed)])


def run(command: list[str]) -> None:
    """Run one of the commands that come with the packages."""
    module = {"papermill": "papermill", "nbconvert": "nbconvert"}[command[0]]
    subprocess.run([sys.executable, "-m", module, *command[1:]], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

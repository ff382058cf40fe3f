"""Kernels of the notebooks: papermill's engine, with kernels that the build can end."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
from jupyter_client.manager import AsyncKernelManager
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from analysis.build import warm

ENGINE = "report"


class Kernels:
    """The kernels of one build, which start in `folder` and can import from `root`.

    They listen on sockets in a folder that only this user can read, not on open ports. Notebooks
    run in threads, and a thread that waits for its kernel cannot be interrupted: to stop a
    build, its kernels are ended. They are forked from a process that has imported the libraries
    and `modules`, unless `forked` is False or this machine cannot.
    """

    def __init__(
        self, root: Path, folder: Path, *, forked: bool = True, modules: Iterable[str] = ()
    ) -> None:
        self._root = root
        self._folder = folder
        self._forked = forked and warm.prepare(modules)
        # Paths of sockets may have about 100 characters, fewer than the path of a project.
        self._sockets = tempfile.TemporaryDirectory(prefix="hcc-", ignore_cleanup_errors=True)
        self._numbers = count(1)
        self._clients: list[PapermillNotebookClient] = []

    def __enter__(self) -> Kernels:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()
        self._sockets.cleanup()

    def execute(self, client: PapermillNotebookClient) -> None:
        """Run a notebook in a kernel of its own."""
        file = Path(self._sockets.name) / f"{next(self._numbers)}.json"
        client.km = AsyncKernelManager(
            kernel_name=client.kernel_name,
            connection_file=str(file),
            transport="tcp" if sys.platform == "win32" else "ipc",
            **({"kernel_spec_manager": warm.WarmSpecs()} if self._forked else {}),
        )
        self._clients.append(client)
        try:
            client.execute(env=self._environment(), cwd=str(self._folder))
        finally:
            self._clients.remove(client)

    def end(self) -> None:
        """End every kernel at once, and the workers that it has started."""
        for client in list(self._clients):
            provisioner = getattr(client.km, "provisioner", None)
            process = getattr(provisioner, "process", None)
            if process is None:
                continue
            workers: list[psutil.Process] = []
            with contextlib.suppress(psutil.Error):
                workers = psutil.Process(process.pid).children(recursive=True)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            for worker in workers:
                # Not killed: joblib has a process among them that clears up after the others.
                with contextlib.suppress(psutil.Error):
                    worker.terminate()

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(self._root),
            # A figure appears where a notebook shows it, with its caption, and nowhere else.
            "MPLBACKEND": "agg",
            # The start-up files of the user's own IPython are no part of the analysis.
            "IPYTHONDIR": self._sockets.name,
            # The debugger of ipykernel warns of frozen modules at every start.
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }


class ReportEngine(NBClientEngine):  # type: ignore[misc]
    """Papermill's engine with the kernels of this build."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, kernels: Kernels, **options: Any
    ) -> None:
        """Execute the cells of a notebook (called by papermill)."""
        kernels.execute(
            PapermillNotebookClient(
                nb_man,
                kernel_name=kernel_name,
                record_timing=False,
                extra_arguments=["--log-level=CRITICAL"],
            )
        )


papermill_engines.register(ENGINE, ReportEngine)

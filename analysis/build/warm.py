"""Warm kernels: forked from a process that has imported the libraries, once for a build.

Importing pandas, lifelines and matplotlib takes longer than most notebooks. The parent is the
fork server of Python's multiprocessing; it has no threads when it forks, and ends with the build.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint
from multiprocessing import forkserver
from threading import Thread
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

NAME = "warm"
PRELOAD = "analysis.build.preload"


def can_fork() -> bool:
    """Tell whether kernels can be forked here.

    Not on Windows; nor on macOS, whose system libraries do not survive a fork once they are used.
    """
    return sys.platform == "linux" and "forkserver" in multiprocessing.get_all_start_methods()


def prepare(modules: Iterable[str] = ()) -> bool:
    """Start the process that kernels are forked from, and give whether there is one.

    `modules` are imported there beside the libraries; one that cannot be imported is left to the
    notebook that asks for it, which says why.
    """
    if not can_fork():
        return False
    multiprocessing.get_context("forkserver").set_forkserver_preload([PRELOAD, *modules])
    try:
        forkserver.ensure_running()
    except OSError:
        return False
    return True


class WarmSpecs(KernelSpecManager):
    """The kernels that Jupyter knows, started by `WarmProvisioner`."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Give the specification of a kernel, with the provisioner that is to start it."""
        spec = super().get_kernel_spec(kernel_name)
        spec.metadata = {**spec.metadata, "kernel_provisioner": {"provisioner_name": NAME}}
        return spec


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel by forking; where that fails, as a process of its own."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        """Start the kernel that `cmd` would start (called by jupyter_client)."""
        manager: Any = self.parent
        try:
            kernel = ForkedKernel(manager.connection_file, cmd, options)
        except (OSError, EOFError):
            return await super().launch_kernel(cmd, **options)
        self.process, self.pid = kernel, kernel.pid  # type: ignore[assignment]
        return self.connection_info


class ForkedKernel:
    """A forked kernel, with what jupyter_client asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, connection_file: str, cmd: list[str], options: Mapping[str, Any]) -> None:
        # What follows the name of the connection file are options of the kernel itself.
        arguments = ["-f", connection_file, *cmd[cmd.index(connection_file) + 1 :]]
        self._process = multiprocessing.get_context("forkserver").Process(
            target=_run, args=(arguments, dict(options["env"]), str(options["cwd"]))
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Give the exit status, None while it runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Wait for the end and give the exit status."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and what it has started."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)


def _run(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """Become a kernel: what a start of Python does to a process is done here by hand."""
    # Ctrl-C in the terminal is for the build, which then ends its kernels.
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    root = environment["PYTHONPATH"]
    sys.path[:] = [root, *(path for path in sys.path if path not in ("", root))]
    sys.argv = ["ipykernel_launcher", *arguments]

    from ipykernel.kernelapp import launch_new_instance

    from analysis.build.preload import forget_draws

    forget_draws()
    Thread(target=_end_with_the_build, daemon=True).start()
    launch_new_instance(argv=arguments)


def _end_with_the_build() -> None:
    # Jupyter would watch the process that forked the kernel, which outlives a killed build.
    build = multiprocessing.parent_process()
    assert build is not None
    build.join()
    os._exit(1)


KernelProvisionerFactory.instance().provisioners[NAME] = EntryPoint(
    NAME, f"{__name__}:{WarmProvisioner.__name__}", KernelProvisionerFactory.GROUP_NAME
)

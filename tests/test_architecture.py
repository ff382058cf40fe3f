"""The engine knows no article: nothing that only the article declares is named in its source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.study import clinical
from analysis.study.own import OWN
from analysis.study.parameters import Parameters as EngineParameters
from analysis.zhai_2025.study import STUDY

ANALYSIS = Path(__file__).parents[1] / "analysis"
OF_THE_ARTICLE = {"zhai_2025", "__pycache__"}
ROOMS = sorted(
    room.name for room in ANALYSIS.iterdir() if room.is_dir() and room.name not in OF_THE_ARTICLE
)
# What the article has for a name and everybody has for a word: nothing is learnt from these.
ENGLISH = {
    "other",
    "none",
    "stage",  # of the disease, of building
    "age",
    "male",
    "diagnosis",
    "recurrent",
    "concurrent",  # a mode of treatment, in `clinical`
    # Clinical knowledge that an engine may have.
    "eqd2",
    "checkpoint",  # the table of immunotherapy is that of checkpoint inhibitors
    "inhibitors",
    "PVTT",  # in capitals, as an example of an irradiated site
    # Names of Python and of HTML, besides two enzymes.
    "ast",
    "alt",
}


def names_of_the_article() -> dict[str, str]:
    """Give each name that only the article declares, with what it is there."""
    found: dict[str, str] = {}

    def add(kind: str, names: object) -> None:
        for name in names:  # type: ignore[attr-defined]
            found.setdefault(str(name), kind)

    common = {*clinical.VARIABLES, *OWN.patient_columns, *OWN.variables}
    add("study", [STUDY.name, "zhai"])
    add("variable", set(STUDY.variables) - common)
    add("column", set(STUDY.patient_columns) - common)
    add("derived column", set(STUDY.derived) - common)
    add("factor", {factor.name for factor in STUDY.factors} - common)
    add("endpoint", {one.name for one in STUDY.endpoints} - {one.name for one in OWN.endpoints})
    add("key of a factor", {factor.key for factor in STUDY.factors} - common)
    add("parameter", set(STUDY.parameters.model_fields) - set(EngineParameters.model_fields))
    for column, known in STUDY.open_lists.items():
        add(column, known)
    add("subgroup", STUDY.subgroups)
    add("row of adverse events", [group.name for group in STUDY.event_groups])
    add("row of adverse events", [group.label for group in STUDY.event_groups])
    add("adverse events", [named.name for named in STUDY.named_events])
    add("criterion", {criterion.name for criterion in STUDY.criteria} - common)
    if STUDY.marker is not None:
        add("marker", [STUDY.marker.name, STUDY.marker.analysis_id])
    # Of the words of the title, those that not every study of the engine has for tables.
    title = set(re.findall(r"[a-z]{4,}", STUDY.title.lower()))
    add("word of the title", title - {"with", "radiotherapy", "immune"})
    return {name: kind for name, kind in found.items() if name not in ENGLISH}


def hits(text: str, names: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Give the lines in which a name stands as a word of its own, and the name."""
    words = sorted(map(re.escape, names), key=len, reverse=True)
    # Parts of `afp_spline` and of `afp-before` are words; those of `graphs` are not.
    pattern = re.compile(r"(?<![A-Za-z0-9])(" + "|".join(words) + r")(?![A-Za-z0-9])")
    for number, line in enumerate(text.splitlines(), start=1):
        for found in pattern.finditer(line):
            yield number, found[1]


def sources(room: str) -> list[Path]:
    return sorted((ANALYSIS / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_no_engine_room_names_what_only_the_article_has(room: str) -> None:
    names = names_of_the_article()
    assert sources(room)
    found = [
        f"{path.relative_to(ANALYSIS)}:{line}: {name} ({names[name]})"
        for path in sources(room)
        for line, name in [
            *hits(path.read_text(encoding="utf-8"), names),
            *((0, name) for _, name in hits(path.stem, names)),
        ]
    ]
    assert found == []


def test_the_names_are_many_and_are_found() -> None:
    names = names_of_the_article()
    assert len(names) > 100
    assert set(names) >= {
        "afp_before", "pvtt", "vp4", "IRFS", "afp_cutoff", "toripalimab", "IMRT", "afp_before<1000",
    }  # fmt: skip
    assert set(ROOMS) >= {"study", "cohort", "estimates", "display", "audit", "build"}
    text = "x = 1\nvalues = patients['afp_before']\n# portal thrombosis (pvtt)\nafp_spline()\n"
    assert list(hits(text, names)) == [(2, "afp_before"), (3, "pvtt"), (4, "afp")]
    assert list(hits("graph_afps = stafp\n", names)) == []


def test_few_files_know_of_one_cut_of_the_article() -> None:
    """They were 27 when each table, figure and sentence had its own word for it."""
    text = re.compile(r"afp_cutoff|afp_before<|[\"']afp[\"']")
    files = [*ANALYSIS.rglob("*.py"), *(ANALYSIS.parent / "notebooks").glob("*.ipynb")]
    naming = [path.name for path in files if text.search(path.read_text(encoding="utf-8"))]
    assert 1 < len(naming) < 12, naming

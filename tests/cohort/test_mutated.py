"""Hundreds of datasets that went wrong: each is refused, or gives what it should, or says so.

Files are changed in their form (separators, quotes, encodings, names, capitals, types), in their
declaration, in what they say, and in what cannot be true. Drawn with a seed: the same ones
every time. No change ends in a traceback or takes for ever; a change of form that is accepted
leaves every estimate as it was, or is told in a line; what cannot be true is refused.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.cohort.mutated import base, changes, run
from tests.cohort.mutated.base import Files

# A thousand of them take two minutes: DATASETS=1000.
DATASETS = int(os.environ.get("DATASETS", "500"))
PARTS = 5
# As many have the article's tables, which take longer to read: one in this many.
_EVERY = 20

# What may be accepted: nothing; what leaves the estimates alone or says so; or any other values.
REFUSED, SAME, OTHER = "refused", "same", "other"
KINDS: dict[str, tuple[changes.Change, str]] = {
    **{name: (change, SAME) for name, change in changes.FORM.items()},
    **{name: (change, OTHER) for name, change in changes.DECLARED.items()},
    **{name: (change, REFUSED) for name, change in changes.TRAPS.items()},
    **{name: (change, OTHER) for name, change in changes.VALUE.items()},
    **{name: (change, REFUSED) for name, change in changes.IMPOSSIBLE.items()},
    **{name: (change, REFUSED) for name, change in changes.IMPOSSIBLE_TIMES.items()},
}


@pytest.fixture(scope="module", autouse=True)
def _remembering() -> Iterator[None]:
    with run.remembering():
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutated") / "small"


@cache
def unchanged(which: str, folder: Path) -> run.Outcome:
    return run.read(run.written(folder, _files(which)))


def _files(which: str) -> Files:
    return base.article() if which == "article" else base.own()


def mutated(number: int) -> tuple[str, str, Files]:
    """Give the base of a dataset, what was changed, and its files: each kind in its turn."""
    drawn = random.Random(number)
    which = "article" if number % _EVERY == 0 else "own"
    kinds = list(KINDS)
    name = kinds[number % len(kinds)]
    while True:
        for _ in range(20):
            files = KINDS[name][0](drawn, _files(which))
            if files is not None and files != _files(which):
                return which, name, files
        # Nothing to change of that kind: of the article's tables, times.
        name = drawn.choice(kinds)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_change_is_a_trace_or_a_hang_or_a_number_that_is_silently_another(
    part: int, folder: Path
) -> None:
    wrong, became = [], Counter[str]()
    for number in range(part * DATASETS // PARTS, (part + 1) * DATASETS // PARTS):
        which, name, files = mutated(number)
        before = unchanged(which, folder.with_name(which))
        with run.within(run.LONGEST_SECONDS):
            after = run.read(run.written(folder, files), before)
        allowed = KINDS[name][1]
        if after.refused:
            became["refused"] += 1
            assert all(line.isprintable() for line in after.refused.splitlines())
        elif allowed == REFUSED:
            wrong.append(f"{number}: {name} is accepted")
        elif allowed == SAME and set(after.lines) == set(before.lines):
            became["accepted"] += 1
            if keys := run.differs(before, after):
                wrong.append(f"{number}: {name} changes {len(keys)} estimates, such as {keys[0]}")
        else:
            became["said"] += 1
    assert wrong == []
    # A guard: most of what is changed is refused, and some of it is read.
    assert became["refused"] > DATASETS // PARTS / 4
    assert became["accepted"] > DATASETS // PARTS / 20


@pytest.mark.parametrize("which", ["own", "article"])
def test_what_is_mutated_is_faultless(which: str, folder: Path) -> None:
    outcome = unchanged(which, folder.with_name(which))
    assert outcome.refused == ""
    assert outcome.rows is not None
    assert len(outcome.rows) > 300


def test_every_kind_of_change_changes_something() -> None:
    numbers = range(DATASETS)
    assert {mutated(number)[1] for number in numbers[: 3 * len(KINDS)]} == set(KINDS)

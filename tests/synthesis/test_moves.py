"""A walk from an exact cohort ends at exact cohorts, which are others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.synthesis import moves, states
from analysis.synthesis.moves import Walk
from analysis.synthesis.search import State
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.synthesis.factors import NAMES
from analysis.zhai_2025.synthesis.plan import plan

# States that the search found, of seeds 1 and 2.
FOUND = {seed: Path(__file__).parent / f"state_{seed}.csv" for seed in (1, 2)}


@pytest.fixture(scope="module")
def walk() -> Walk:
    targets, how = Targets(read_ledger(CLAIMS)), plan()
    return Walk(targets, how.sought(targets), how.asked(targets))


def found(seed: int) -> State:
    return states.from_table(pd.read_csv(FOUND[seed]))


@pytest.mark.parametrize("seed", FOUND)
def test_what_is_stored_is_exact_and_is_read_as_it_was_written(walk: Walk, seed: int) -> None:
    state = found(seed)
    assert walk.distance(state) == 0
    pd.testing.assert_frame_equal(states.to_table(state), pd.read_csv(FOUND[seed]))


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31), parent=st.sampled_from(sorted(FOUND)))
def test_a_step_ends_at_an_exact_state_that_shares_nobody(
    walk: Walk, seed: int, parent: int
) -> None:
    before = found(parent)
    after = walk.step(before, np.random.default_rng(seed))
    assert walk.distance(after) == 0
    assert moves.alike(after, before, NAMES) <= 2
    sizes, n = walk.sought.sizes, walk.targets.n
    for factor in walk.sought.factors:
        labels = after.labels[factor.name]
        assert labels.sum() in sizes[factor.name]
        assert all(labels[patient] == label for patient, label in factor.told.items())
        if factor.containing:
            assert np.all(labels >= after.labels[factor.containing])
    groups = walk.sought.groups
    levels = np.bincount(after.labels[groups.name], minlength=3)
    assert [sizes[level][0] for level in groups.levels] == list(levels)
    assert all(after.labels[groups.name][i] == level for i, level in groups.told.items())
    assert np.array_equal(after.histories.days == -1, before.histories.days == -1)
    for gap in after.histories.gaps:
        between = after.histories.of(gap.record)
        there = between != -1
        if gap.since:
            since = after.histories.of(gap.since)
            between, there = between - since, there & (since != -1)
        least, most = (np.broadcast_to(bound, n) for bound in (gap.least, gap.most))
        assert np.all((between >= least)[there])
        assert np.all((between <= most)[there])


def test_the_state_that_is_walked_from_stays_as_it_was(walk: Walk) -> None:
    before = found(1)
    walk.step(before, np.random.default_rng(1))
    pd.testing.assert_frame_equal(states.to_table(before), pd.read_csv(FOUND[1]))


def test_the_same_seed_gives_the_same_state(walk: Walk) -> None:
    first, again, other = (walk.step(found(1), np.random.default_rng(seed)) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(states.to_table(first), states.to_table(again))
    assert not np.array_equal(first.histories.days, other.histories.days)


@pytest.mark.parametrize("name", ["pvtt", "ici_regimen"])
def test_a_label_that_breaks_a_claim_is_noticed(walk: Walk, name: str) -> None:
    state = found(1)
    first = int(np.argmin(state.histories.of("contact")[5:])) + 5
    last = int(np.argmax(state.histories.of("contact")))
    labels = {**state.labels, name: state.labels[name].copy()}
    labels[name][[first, last]] = (0, 1) if labels[name][first] == 1 else (1, 0)
    assert walk.distance(State(state.histories, labels)) > 0


def test_days_that_break_a_claim_are_noticed(walk: Walk) -> None:
    state = found(1)
    state.histories.days[10, 0] += 300
    assert walk.distance(state) > 0


def test_labels_near_to_others_keep_what_is_fixed_and_the_size() -> None:
    before = np.array([1, 1, 1, 0, 0, 0, 0, 0], dtype=np.int64)
    fixed = {0: 0, 7: 1}
    for size in range(1, 8):
        labels = moves.near_labels(
            before, fixed, np.arange(1, 7), size, np.random.default_rng(size)
        )
        assert labels.sum() == size
        assert (labels[0], labels[7]) == (0, 1)
        assert np.abs(labels - before)[1:7].sum() == abs(size - 3)


def test_patients_are_counted_as_shared_whatever_their_positions() -> None:
    state = found(1)
    assert moves.alike(state, state, NAMES) == 108

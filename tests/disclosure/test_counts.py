"""Counts: what is suppressed, what is rounded, and what that leaves open."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analysis.disclosure.counts import could_be, rounded, suppressed
from analysis.disclosure.rules import ACRO, OPENSAFELY, RuleSet

RULES = st.sampled_from([OPENSAFELY, ACRO])
COUNTS = st.lists(st.integers(0, 60), min_size=1, max_size=6)


@given(st.integers(0, 2000), RULES)
def test_a_rounded_count_stands_for_the_true_one_and_four_others(
    count: int, rules: RuleSet
) -> None:
    if count > rules.suppress_up_to:
        least, most = could_be(rounded(count, rules), rules)
        assert least <= count <= most
        assert most - least >= 2
        assert rounded(least, rules) == rounded(most, rules) == rounded(count, rules)


@given(COUNTS, st.integers(0, 30), RULES)
def test_no_small_count_and_no_small_complement_is_seen(
    counts: list[int], rest: int, rules: RuleSet
) -> None:
    total = sum(counts) + rest
    for count, hidden in zip(counts, suppressed(counts, total, rules), strict=True):
        if not hidden:
            assert count > rules.suppress_up_to
            assert total - count > rules.suppress_up_to


@given(COUNTS, st.integers(0, 30), RULES)
def test_what_is_suppressed_is_never_one_count_alone_or_few_patients(
    counts: list[int], rest: int, rules: RuleSet
) -> None:
    total = sum(counts) + rest
    hidden = suppressed(counts, total, rules)
    if any(hidden) and not all(hidden):
        unseen = [count for count, hide in zip(counts, hidden, strict=True) if hide]
        unseen += [rest] if rest else []
        assert len(unseen) > 1
        assert sum(unseen) > rules.suppress_up_to


@given(COUNTS, st.integers(0, 30), RULES)
def test_the_order_of_levels_changes_nothing_but_ties(
    counts: list[int], rest: int, rules: RuleSet
) -> None:
    total = sum(counts) + rest
    there = sorted(zip(counts, suppressed(counts, total, rules), strict=True))
    back = sorted(zip(counts[::-1], suppressed(counts[::-1], total, rules), strict=True))
    assert there == back


def test_levels_that_overlap_have_no_rest() -> None:
    # Of 20 patients, 18 had one agent and 17 another: each lacks few, and both are hidden.
    assert suppressed([18, 17], 20, OPENSAFELY) == [True, True]
    # 12 and 11 of 20 are no parts of 20: nothing follows from one about the other.
    assert suppressed([12, 11], 20, OPENSAFELY) == [False, False]

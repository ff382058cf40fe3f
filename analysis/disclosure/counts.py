"""Counts of patients: which are suppressed, and how the others are rounded."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.disclosure.rules import RuleSet


def rounded(count: int, rules: RuleSet) -> int:
    """Give a count to the nearest multiple; there are no halves.

    >>> from analysis.disclosure.rules import OPENSAFELY
    >>> [rounded(count, OPENSAFELY) for count in (8, 12, 13, 108)]
    [10, 10, 15, 110]
    """
    base = rules.round_to
    return (count + base // 2) // base * base


def could_be(shown: int, rules: RuleSet) -> tuple[int, int]:
    """Give the least and the greatest count that a rounded one can stand for.

    >>> from analysis.disclosure.rules import OPENSAFELY
    >>> could_be(10, OPENSAFELY), could_be(110, OPENSAFELY)
    ((8, 12), (108, 112))
    """
    half = rules.round_to // 2
    return max(shown - half, rules.suppress_up_to + 1), shown + half


def suppressed(counts: Sequence[int], total: int, rules: RuleSet) -> list[bool]:
    """Tell which counts of one table must not be seen.

    Which of these are small is not told apart from which stand beside small ones: that alone would
    say much.

    Parameters
    ----------
    counts
        Of patients, by the levels of one variable.
    total
        The patients that they are of.
    rules
        Thresholds.

    Returns
    -------
    list of bool
        A count is small if it, or its complement, is at most `suppress_up_to`. Where the levels
        part the patients, what is left over being a part too, the smallest of the others is
        suppressed as long as the suppressed ones are one alone, or are that few together
        (Hundepool et al., Statistical Disclosure Control, 2012, section 4.4).

    Examples
    --------
    >>> from analysis.disclosure.rules import OPENSAFELY
    >>> suppressed([60, 43, 5], 108, OPENSAFELY), suppressed([104, 4], 108, OPENSAFELY)
    ([False, True, True], [True, True])
    """
    few = rules.suppress_up_to
    hidden = {place for place, count in enumerate(counts) if count <= few or total - count <= few}
    left = total - sum(counts)
    # Levels that overlap, such as sites, are no parts of the whole.
    if hidden and left >= 0:
        parts = [*counts, left]
        others = sorted(set(range(len(counts))) - hidden, key=lambda place: parts[place])
        unseen = hidden | ({len(counts)} if left else set())
        while others and (len(unseen) == 1 or sum(parts[place] for place in unseen) <= few):
            unseen.add(others[0])
            hidden.add(others.pop(0))
    return [place in hidden for place in range(len(counts))]

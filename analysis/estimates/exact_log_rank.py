"""Exact log-rank tests, for where the chi-square approximation is not to be trusted.

One event in a group of three makes a log-rank chi-square of 9, and p = 0.003; yet of the thirty
patients at risk on that day any had it with the same chance, and three of thirty are 0.100. The
test is judged here among all ways in which the events could have fallen.
"""

# Written out because neither scipy nor statsmodels has it. Of two groups it is the distribution of
# R's `mantelhaen.test(exact = TRUE)` over risk sets, to which tests hold it (tests/reference).

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, prod

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.estimates.log_rank import Weighting, weight_of
from analysis.estimates.remembered import remembered
from analysis.estimates.risk_sets import RiskSets, count
from analysis.estimates.weights import weights_of

# Mantel N, Fleiss JL. Am J Epidemiol 1980;112:129-34, of the statistic of Mantel and Haenszel, and
# the log-rank test is that statistic over risk sets; SAS and R's `tern` print their criterion. It
# is what Cochran asks of the cells of one table (Biometrics 1954;10:417-51).
LEAST_EXPECTED = 5
SPARSE = f"fewer than {LEAST_EXPECTED} events expected in a group"

# Of so many different sums of events the distribution is computed; of more it is drawn.
MOST_SUMS = 100_000
DRAWN = 9_999
SEED = 1

# Weights that are no whole numbers are rounded to three decimals, so that sums coincide.
_SCALE = 1_000
# Chi-squares of sums that are alike differ in their last digits.
_ALIKE = 1e-9

_Numbers = npt.NDArray[np.float64]
_Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Exact:
    """An exact p value and how it was found; nan with a note where no event decides anything."""

    p_value: float
    method: str
    note: str = ""


@dataclass(frozen=True)
class _Day:
    """A day with events on which two groups at least are at risk.

    Attributes
    ----------
    at_risk
        Just before the day, by group, shape (g,): patients, or with Gray's test what stands for
        them.
    events
        On the day, by group, shape (g,).
    weight
        Of the day, a whole number.
    """

    at_risk: _Numbers
    events: _Counts
    weight: int


def is_sparse(times: pd.DataFrame, strata: Sequence[str] = ()) -> bool:
    """Tell whether events are too few, or a group too small, for a chi-square approximation.

    `times` and `strata` are those of `log_rank.log_rank`. The answer is whether the criterion of
    Mantel and Fleiss is below 5 for a group; no where no event decides anything, of which there is
    no test at all.
    """
    least = least_expected(times, strata)
    return bool(np.isfinite(least) and least < LEAST_EXPECTED)


def least_expected(times: pd.DataFrame, strata: Sequence[str] = ()) -> float:
    """Give the criterion of Mantel and Fleiss: events expected in the group that expects fewest.

    Only events count that occur while two groups are at risk; of tied events, as far as the size of
    the risk sets leaves open which group has them. nan without such events.

    >>> times = pd.DataFrame({"days": [5, 9, 9, 9], "event": [True, False, False, False],
    ...                       "level": ["a", "a", "b", "b"]})
    >>> least_expected(times)
    0.5
    """
    parts = [_deciding(sets) for sets, _, _ in _parts(times, strata)]
    if not sum(len(events) for _, events in parts):
        return float("nan")
    at_risk, events = (np.concatenate(of) for of in zip(*parts, strict=True))
    had, left = (counts.sum(axis=1, keepdims=True) for counts in (events, at_risk))
    expected = had * at_risk / left
    above = (np.minimum(had, at_risk) - expected).sum(axis=0)
    below = (expected - np.maximum(0, had - (left - at_risk))).sum(axis=0)
    # A group that nobody is left in at the first event is not compared.
    exposed = at_risk.any(axis=0)
    return float(np.minimum(above, below)[exposed].min())


@remembered
def exact_test(
    times: pd.DataFrame,
    weighting: Weighting = "none",
    strata: tuple[str, ...] = (),
    competing: bool = False,
) -> Exact:
    """Judge a log-rank test by all ways in which the events could have fallen.

    On each day its events are dealt anew among the patients at risk, who all have the same chance;
    the risk sets are those observed, as in the log-rank test itself, so that the groups need not
    have been followed up alike.

    Parameters
    ----------
    times, weighting, strata
        As for `log_rank.log_rank`.
    competing
        Whether the test is Gray's: the risk sets are then his, in which those whom something else
        took stay in part (Gray RJ. Ann Stat 1988;16:1141-54).

    Returns
    -------
    Exact
        The probability of a chi-square as large as the patients' or larger. Where the sums of
        events are too many to go through (of many groups), 9,999 deals are drawn, and with b of
        them as large p is (b + 1) / 10,000, which keeps its level too (Phipson B, Smyth GK. Stat
        Appl Genet Mol Biol 2010;9:39).

    Notes
    -----
    A permutation of all patients would suppose that censoring was alike in all groups (Heinze G,
    Gnant M, Schemper M. Biometrics 2003;59:1151-7).

    References
    ----------
    Mantel N. Cancer Chemother Rep 1966;50:163-70. Thomas DG. Comput Biomed Res 1975;8:423-46.
    Mehta CR, Patel NR, Gray R. J Am Stat Assoc 1985;80:969-73.

    Examples
    --------
    One event, in the group that has three of the thirty patients at risk:

    >>> times = pd.DataFrame({"days": [5] + 29 * [9], "event": [True] + 29 * [False],
    ...                       "level": 3 * ["a"] + 27 * ["b"]})
    >>> round(exact_test(times).p_value, 12)
    0.1
    """
    days = _days(times, weighting, strata, competing)
    if not days:
        return Exact(float("nan"), "", "no event while two groups were at risk")
    expected, inverse = _moments(days)
    observed = np.sum([day.weight * day.events for day in days], axis=0)
    least = _chi_square(observed[np.newaxis], expected, inverse)[0] * (1 - _ALIKE) - _ALIKE
    distribution = _distribution(days)
    if distribution is not None:
        sums, chances = distribution
        as_large = _chi_square(sums, expected, inverse) >= least
        return Exact(min(1.0, float(chances[as_large].sum())), "exact")
    as_large = _chi_square(_drawn(days), expected, inverse) >= least
    p = (int(as_large.sum()) + 1) / (DRAWN + 1)
    error = float(np.sqrt(p * (1 - p) / DRAWN))
    return Exact(p, f"{DRAWN:,} random deals, seed {SEED}, standard error {error:.4f}")


# Risk sets ----------------------------------------------------------------------------------------


def _days(
    times: pd.DataFrame, weighting: Weighting, strata: Sequence[str], competing: bool
) -> list[_Day]:
    found: list[_Day] = []
    for sets, part, codes in _parts(times, strata):
        found += _days_of(sets, part, codes, weighting, competing)
    return found


def _parts(
    times: pd.DataFrame, strata: Sequence[str]
) -> Iterator[tuple[RiskSets, pd.DataFrame, npt.NDArray[np.intp]]]:
    """Give the risk sets of each stratum, its times, and the group of each."""
    codes, levels = pd.factorize(times["level"], sort=True)
    parts = times.groupby(list(strata), observed=True).indices.values() if strata else [None]
    for rows in parts:
        part, own = (times, codes) if rows is None else (times.iloc[rows], codes[rows])
        days, event = part["days"].to_numpy(), part["event"].to_numpy(dtype=bool)
        start = part["start"].to_numpy() if "start" in part else None
        yield count(days, event, own, range(len(levels)), start, weights_of(part)), part, own


def _deciding(sets: RiskSets) -> tuple[_Numbers, _Counts]:
    """Give who is at risk and who has the event on the days that decide anything."""
    several = (sets.at_risk > 0).sum(axis=1) > 1
    decides = several & (sets.events.sum(axis=1) < sets.at_risk.sum(axis=1))
    return sets.at_risk[decides].astype(np.float64), sets.events[decides]


def _days_of(
    sets: RiskSets, times: pd.DataFrame, codes: npt.NDArray[np.intp], weighting: Weighting,
    competing: bool,
) -> Iterator[_Day]:  # fmt: skip
    at_risk = sets.at_risk.astype(np.float64)
    had, left = sets.events.sum(axis=1), at_risk.sum(axis=1)
    by_day = weight_of(weighting, left, had.astype(np.float64))
    if competing:
        days, event, other = (times[name].to_numpy() for name in ("days", "event", "competing"))
        at_risk = _gray(days, event.astype(bool), other.astype(bool), codes, sets.days, at_risk,
                        weights_of(times))  # fmt: skip
    whole = np.rint(by_day if (by_day == np.rint(by_day)).all() else by_day * _SCALE)
    for here, events, weight in zip(at_risk, sets.events, whole.astype(np.int64), strict=True):
        if (here > 0).sum() > 1 and events.sum() < here.sum():
            yield _Day(here, events, int(weight))


def _gray(
    days: npt.NDArray[np.number],
    event: npt.NDArray[np.bool_],
    other: npt.NDArray[np.bool_],
    codes: npt.NDArray[np.intp],
    event_days: npt.NDArray[np.number],
    at_risk: _Numbers,
    weights: _Counts | None,
) -> _Numbers:
    """Give Gray's risk sets: those at risk, times who had no such event over who is event-free."""
    found = at_risk.copy()
    for group in range(at_risk.shape[1]):
        own = codes == group
        alone = np.zeros(own.sum(), dtype=np.int64)
        of_own = None if weights is None else weights[own]
        sets = count(days[own], (event | other)[own], alone, [0], weights=of_own)
        left, had = sets.at_risk[:, 0], sets.events[:, 0]
        place = sets.days.searchsorted(days[own & event])
        of_those = None if weights is None else weights[own & event]
        of_event = np.bincount(place, of_those, len(sets.days))
        free = np.concatenate([[1.0], np.cumprod(1 - had / left)])
        incidence = np.concatenate([[0.0], np.cumsum(free[:-1] * of_event / left)])
        before = sets.days.searchsorted(event_days, side="left")
        stay = np.divide(
            1 - incidence[before], free[before], out=np.zeros(len(before)), where=free[before] > 0
        )
        found[:, group] *= stay
    return found


# The distribution of the events -------------------------------------------------------------------


def _moments(days: Sequence[_Day]) -> tuple[_Numbers, _Numbers]:
    """Give weighted events expected of each group (g,), and the inverse of their covariances."""
    groups = len(days[0].at_risk)
    expected, variance = np.zeros(groups), np.zeros((groups, groups))
    for day in days:
        had, left = day.events.sum(), day.at_risk.sum()
        share = day.at_risk / left
        expected += day.weight * had * share
        spread = day.weight**2 * had * (left - had) / (left - 1)
        variance += spread * (np.diag(share) - np.outer(share, share))
    return expected, np.asarray(np.linalg.pinv(variance, rcond=_ALIKE, hermitian=True))


def _chi_square(sums: npt.NDArray[np.number], expected: _Numbers, inverse: _Numbers) -> _Numbers:
    apart = sums - expected
    return np.asarray(np.einsum("ni,ij,nj->n", apart, inverse, apart))


def _distribution(days: Sequence[_Day]) -> tuple[_Counts, _Numbers] | None:
    """Give the weighted sums of events by group, shape (n, g), with their probabilities (n,)."""
    total, groups = sum(day.weight * int(day.events.sum()) for day in days), len(days[0].at_risk)
    # What all groups but the last have, as one whole number; the last has the rest.
    places = [(total + 1) ** place for place in range(groups - 1)]
    if places[-1] * (total + 1) > np.iinfo(np.int64).max:
        return None
    keys = np.zeros(1, dtype=np.int64)
    chances: _Numbers = np.ones(1)
    for day in days:
        ways, share = _ways(day)
        every = keys[:, np.newaxis] + day.weight * ways[:, :-1] @ np.array(places)
        keys, place = np.unique(every, return_inverse=True)
        if len(keys) > MOST_SUMS:
            return None
        parts = np.outer(chances, share).ravel()
        chances = np.asarray(np.bincount(place.reshape(-1), parts, len(keys)), dtype=np.float64)
    sums = keys[:, np.newaxis] // np.array(places) % (total + 1)
    return np.column_stack([sums, total - sums.sum(axis=1)]), chances


def _ways(day: _Day) -> tuple[_Counts, _Numbers]:
    """Give the ways in which the events of a day can fall on groups, with their probabilities."""
    had, whole = int(day.events.sum()), bool((day.at_risk == np.rint(day.at_risk)).all())
    most = [min(had, int(np.ceil(size))) for size in day.at_risk]
    ways = [way for way in product(*(range(size + 1) for size in most[:-1])) if sum(way) <= had]
    every = [(*way, had - sum(way)) for way in ways if had - sum(way) <= most[-1]]
    if whole:
        # Whole numbers without end: of a million patients these are too large for a fraction.
        sizes = [round(size) for size in day.at_risk]
        tables = [prod(map(comb, sizes, way)) for way in every]
        chances = [number / sum(tables) for number in tables]
    else:
        # Gray's risk sets are no whole numbers of patients: each event falls by their shares.
        shares = day.at_risk / day.at_risk.sum()
        chances = [
            prod(comb(sum(way[place:]), n) * shares[place] ** n for place, n in enumerate(way))
            for way in every
        ]
    return np.array(every, dtype=np.int64), np.array(chances) / sum(chances)


def _drawn(days: Sequence[_Day]) -> _Counts:
    """Give weighted sums of events by group, drawn at random, shape (n, g)."""
    random = np.random.default_rng(SEED)
    sums = np.zeros((DRAWN, len(days[0].at_risk)), dtype=np.int64)
    for day in days:
        ways, share = _ways(day)
        sums += day.weight * ways[random.choice(len(ways), DRAWN, p=share)]
    return sums

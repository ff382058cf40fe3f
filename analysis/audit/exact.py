"""P values of tables of counts as fractions, or between two fractions: no floating point.

Written out because a proof must not rest on rounding: the libraries that find the tables work in
floating point without a bound on its error. Only the standard library is used.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import comb, factorial, isqrt

Bounds = tuple[Fraction, Fraction]

_SCALE = 10**60
_PI = (
    Fraction(314159265358979323846264338327950288419716, 10**41),
    Fraction(314159265358979323846264338327950288419717, 10**41),
)
# Beyond this statistic p is below exp(-30), as erfc(z) ≤ exp(-z²).
_FAR = 60
_TINY = Fraction(1, 10**13)


def independence(a: int, b: int, c: int, d: int) -> dict[str, Bounds]:
    """Give bounds of the p values of a table of two independent facts, two-sided but for one.

    Those of exact tests are fractions: both bounds are the p value. Asymptotic tests do not exist
    where a margin is empty.
    """
    n, row, column = a + b + c + d, a + b, a + c
    weights = {
        k: comb(column, k) * comb(n - column, row - k)
        for k in range(max(0, row + column - n), min(row, column) + 1)
    }
    total, own = comb(n, row), weights[a]
    below = sum(weight for k, weight in weights.items() if k <= a)
    above = sum(weight for k, weight in weights.items() if k >= a)
    less = sum(weight for weight in weights.values() if weight < own)
    tied = sum(weight for weight in weights.values() if weight == own)
    found = {
        "Fisher": _exact(Fraction(less + tied, total)),
        "Fisher doubled": _exact(min(Fraction(1), Fraction(2 * min(below, above), total))),
        "Fisher one-sided": _exact(Fraction(min(below, above), total)),
        "mid-p": _exact(Fraction(2 * less + tied, 2 * total)),
    }
    if min(row, n - row, column, n - column) == 0:
        return found
    product = row * (n - row) * column * (n - column)
    difference = abs(a * d - b * c)
    pearson = Fraction(n * difference**2, product)
    # The correction of Yates never goes beyond the difference itself (as in scipy and R).
    corrected = max(Fraction(0), difference - Fraction(n, 2))
    found["Pearson"] = chi_square(pearson)
    found["Yates"] = chi_square(n * corrected**2 / product)
    found["N−1"] = chi_square(pearson * (n - 1) / n)
    low, high = _likelihood_ratio(a, b, c, d)
    found["likelihood ratio"] = (chi_square(high)[0], chi_square(low)[1])
    return found


def paired(b: int, c: int) -> dict[str, Bounds]:
    """Give bounds of the p values of McNemar's tests for b and c discordant pairs."""
    n, low = b + c, min(b, c)
    tail = sum(comb(n, k) for k in range(low + 1))
    found = {
        "McNemar exact": _exact(min(Fraction(1), Fraction(2 * tail, 2**n))),
        "McNemar mid-p": _exact(Fraction(2 * tail - comb(n, low), 2**n)),
    }
    if n:
        found["McNemar"] = chi_square(Fraction((b - c) ** 2, n))
        found["McNemar corrected"] = chi_square(Fraction((abs(b - c) - 1) ** 2, n))
    return found


def contingency(cells: tuple[tuple[int, ...], ...], every: bool) -> dict[str, Bounds]:
    """Give bounds of the p values of a table of several rows and columns.

    `every`: whether all tables with its margins are gone through, for the exact test.
    """
    rows = tuple(map(sum, cells))
    columns = tuple(map(sum, zip(*cells, strict=True)))
    n, freedom = sum(rows), (len(rows) - 1) * (len(columns) - 1)
    found: dict[str, Bounds] = {}
    if all(rows) and all(columns):
        squares = sum(
            (
                Fraction(cell * cell, rows[r] * columns[c])
                for r, row in enumerate(cells)
                for c, cell in enumerate(row)
            ),
            Fraction(0),
        )
        found["Pearson"] = chi_square(n * (squares - 1), freedom)
        positive = [cell for row in cells for cell in row] + [n]
        low, high = _entropy(positive, [*rows, *columns])
        found["likelihood ratio"] = (chi_square(high, freedom)[0], chi_square(low, freedom)[1])
    if every:
        weights = {table: _weight(table, n) for table in tables_of(rows, columns)}
        own = weights[cells]
        found["Fisher-Freeman-Halton"] = _exact(
            Fraction(sum(w for w in weights.values() if w <= own), sum(weights.values()))
        )
    return found


def _weight(cells: tuple[tuple[int, ...], ...], n: int) -> int:
    """Give n! over the product of the factorials of the cells: the probability but for a factor."""
    weight = factorial(n)
    for row in cells:
        for cell in row:
            weight //= factorial(cell)
    return weight


def tables_of(rows: tuple[int, ...], columns: tuple[int, ...]) -> list[tuple[tuple[int, ...], ...]]:
    """Give every table with given totals, row by row."""
    if not rows:
        return [()] if not any(columns) else []
    return [
        (first, *rest)
        for first in product(*(range(min(rows[0], most) + 1) for most in columns))
        if sum(first) == rows[0]
        for rest in tables_of(
            rows[1:], tuple(most - used for most, used in zip(columns, first, strict=True))
        )
    ]


def chi_square(statistic: Fraction, freedom: int = 1) -> Bounds:
    """Bound the upper tail of chi-square, by its closed forms for whole degrees of freedom.

    With t = x/2: for 2m degrees, exp(−t) Σ t^k/k! over k < m. For 2m + 1 degrees, erfc(√t) and
    exp(−t)/√(πt) · Σ t^k 4^k k!/(2k)! over k from 1 to m.
    """
    if statistic <= 0:
        return _exact(Fraction(1))
    t, half = statistic / 2, freedom // 2
    if freedom == 1:
        return _erfc(t)
    # exp(−t) is the reciprocal of a series without cancellation.
    small = _reciprocal_exponential(t)
    if freedom % 2 == 0:
        total = sum((t**k / factorial(k) for k in range(half)), Fraction(0))
        return small[0] * total, min(Fraction(1), small[1] * total)
    total = sum(
        (t**k * 4**k * factorial(k) / factorial(2 * k) for k in range(1, half + 1)), Fraction(0)
    )
    root_low, root_high = _root(_PI[0] * t)[0], _root(_PI[1] * t)[1]
    low, high = _erfc(t)
    return low + small[0] * total / root_high, min(Fraction(1), high + small[1] * total / root_low)


def _reciprocal_exponential(t: Fraction) -> Bounds:
    """Bound exp(−t): terms of exp(t) are summed until they halve and are small; t is above 0."""
    total, term, k = Fraction(0), Fraction(1), 0
    while k < 2 * t or term > Fraction(1, 10**40):
        total += term
        k += 1
        # Cut to whole units of 10^-60, downwards; the slack below covers all of them.
        term = Fraction(term * t / k * _SCALE // 1, _SCALE)
    # The terms left out halve, at least: they are below twice the next one.
    slack = 2 * term + Fraction(k * k, _SCALE) * total
    return 1 / (total + slack + Fraction(1, 10**39)), 1 / total


def _erfc(t: Fraction) -> Bounds:
    """Bound erfc(√t). erf(√t) = √(4t/π) · S(t), S(t) = Σ (−t)^k / (k! (2k + 1)), alternating."""
    if 2 * t > _FAR:
        return Fraction(0), _TINY
    low, high = _series(t)
    root_low = _root(4 * t / _PI[1])[0]
    root_high = _root(4 * t / _PI[0])[1]
    return max(Fraction(0), 1 - root_high * high), 1 - root_low * low


def _series(t: Fraction) -> Bounds:
    term, error, total, slack, k = _SCALE, 0, 0, 0, 0
    while True:
        # `term` is t^k / k!, cut off, and at most `error` too small; in units of 1/_SCALE.
        size = term // (2 * k + 1)
        total += -size if k % 2 else size
        slack += error // (2 * k + 1) + 1
        if k > t and term + error < 10**20:
            break
        k += 1
        term = term * t.numerator // (t.denominator * k)
        error = error * t.numerator // (t.denominator * k) + 2
    # What is left of an alternating series of falling terms is less than its last term.
    slack += term + error + 1
    return Fraction(total - slack, _SCALE), Fraction(total + slack, _SCALE)


def _root(value: Fraction) -> Bounds:
    low = isqrt(value.numerator * _SCALE**2 // value.denominator)
    return Fraction(low, _SCALE), Fraction(low + 1, _SCALE)


def _likelihood_ratio(a: int, b: int, c: int, d: int) -> Bounds:
    return _entropy([a, b, c, d, a + b + c + d], [a + b, c + d, a + c, b + d])


def _entropy(positive: list[int], negative: list[int]) -> Bounds:
    """Bound 2 Σ O ln(O/E), which is 2 (Σ O ln O − Σ margins ln margins + n ln n)."""
    low = sum((k * logarithm(k)[0] for k in positive if k), Fraction(0))
    high = sum((k * logarithm(k)[1] for k in positive if k), Fraction(0))
    low -= sum((k * logarithm(k)[1] for k in negative if k), Fraction(0))
    high -= sum((k * logarithm(k)[0] for k in negative if k), Fraction(0))
    return max(Fraction(0), 2 * low), 2 * high


@lru_cache(maxsize=4096)
def logarithm(k: int) -> Bounds:
    """Bound the natural logarithm of a whole number above 0: k is 2^m f with f from 1 to 2."""
    m = k.bit_length() - 1
    low, high = _artanh(Fraction(k - 2**m, k + 2**m))
    two_low, two_high = _artanh(Fraction(1, 3))
    return 2 * (m * two_low + low), 2 * (m * two_high + high)


def _artanh(z: Fraction) -> Bounds:
    """Bound artanh z = Σ z^(2k+1)/(2k+1) for z from 0 to 1/3, of which 60 terms are summed."""
    total, terms = 0, 60
    power = _SCALE * z.numerator // z.denominator
    for k in range(terms):
        total += power // (2 * k + 1)
        power = power * z.numerator**2 // z.denominator**2
    # Each term is cut off by 2 units at most; the rest of the series is below 9^-60.
    return Fraction(total, _SCALE), Fraction(total + 4 * terms + 100, _SCALE)


def _exact(value: Fraction) -> Bounds:
    return value, value


def of_table(
    comparison: str, margins: tuple[int, int], sizes: tuple[int, int], cell: int
) -> dict[str, Bounds]:
    """Give bounds of all p values of a table, by its first cell (see `proof.Table`)."""
    (first, second), (size, other) = margins, sizes
    match comparison:
        case "association":
            return independence(cell, first - cell, second - cell, size - first - second + cell)
        case "paired":
            return paired(cell, second - first + cell)
    return independence(first, size - first, second, other - second)


def cells(comparison: str, margins: tuple[int, int], sizes: tuple[int, int]) -> list[int]:
    """Give the first cell of every table that two margins allow."""
    first, second = margins
    both = range(max(0, first + second - sizes[0]), min(first, second) + 1)
    match comparison:
        case "association":
            return list(both)
        case "paired":
            return [first - cell for cell in both]
    return [first]

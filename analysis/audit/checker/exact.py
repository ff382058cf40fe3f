"""P values as fractions, or between two fractions, with a bound on every error.

A proof must not rest on rounding. Exact tests are sums of whole numbers; for the others Arb, in
python-flint, computes with intervals that hold the result. What finds the tables works in floating
point, by other libraries.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, prod

from flint import arb, ctx, fmpq

Bounds = tuple[Fraction, Fraction]
Cells = tuple[tuple[int, ...], ...]

_BITS = 160
# Of a table of several rows and columns: no more partial tables than this are gone through.
MOST_PARTIAL = 100_000


def _ball(value: Fraction | int) -> arb:
    ctx.prec = _BITS
    return arb(fmpq(value.numerator, value.denominator))


def _bounds(value: arb) -> Bounds:
    ends = value.lower().fmpq(), value.upper().fmpq()
    low, high = (Fraction(int(end.p), int(end.q)) for end in ends)
    return max(Fraction(0), low), min(Fraction(1), high)


def _exactly(value: Fraction) -> Bounds:
    return value, value


def half(bounds: Bounds) -> Bounds:
    """Give half of what is between bounds."""
    return bounds[0] / 2, bounds[1] / 2


# Distributions ---------------------------------------------------------------------------------


def chi_square(statistic: Fraction, freedom: int = 1) -> Bounds:
    """Bound the upper tail of chi-square."""
    if statistic <= 0:
        return _exactly(Fraction(1))
    return _bounds(_ball(statistic / 2).gamma_upper(_ball(Fraction(freedom, 2)), regularized=1))


def student(statistic: Fraction, freedom: Fraction) -> Bounds:
    """Bound both tails of Student's t."""
    return f_ratio(statistic**2, Fraction(1), freedom)


def f_ratio(statistic: Fraction, first: Fraction, second: Fraction) -> Bounds:
    """Bound the upper tail of F."""
    if statistic <= 0:
        return _exactly(Fraction(1))
    at = second / (second + first * statistic)
    found = _ball(at).beta_lower(_ball(second / 2), _ball(first / 2), regularized=1)
    return _bounds(found)


def beta(at: Fraction, a: Fraction, b: Fraction) -> Bounds:
    """Bound the distribution of beta."""
    return _bounds(_ball(at).beta_lower(_ball(a), _ball(b), regularized=1))


def logarithm(value: Fraction) -> Bounds:
    """Bound the natural logarithm of a number above 0."""
    found = _ball(value).log()
    ends = found.lower().fmpq(), found.upper().fmpq()
    low, high = (Fraction(int(end.p), int(end.q)) for end in ends)
    return low, high


def root(value: Fraction) -> Bounds:
    """Bound the square root of a number that is not below 0."""
    found = _ball(value).sqrt() if value > 0 else _ball(0)
    ends = found.lower().fmpq(), found.upper().fmpq()
    low, high = (Fraction(int(end.p), int(end.q)) for end in ends)
    return max(Fraction(0), low), high


# Tables of two rows and two columns ------------------------------------------------------------


@lru_cache(maxsize=50_000)
def independence(a: int, b: int, c: int, d: int) -> dict[str, Bounds]:
    """Give bounds of the p values of a table of two independent facts, two-sided unless told.

    Those of exact tests are fractions: both bounds are the p value. Asymptotic tests do not exist
    where a margin is empty.
    """
    n, row, column = a + b + c + d, a + b, a + c
    first, last = max(0, row + column - n), min(row, column)
    weights = [comb(column, first) * comb(n - column, row - first)]
    for k in range(first, last):
        weights.append(
            weights[-1] * (column - k) * (row - k) // ((k + 1) * (n - column - row + k + 1))
        )
    total, own = sum(weights), weights[a - first]
    below, above = sum(weights[: a - first + 1]), sum(weights[a - first :])
    less = sum(weight for weight in weights if weight < own)
    tied = sum(weight for weight in weights if weight == own)
    found = {
        "Fisher": _exactly(Fraction(less + tied, total)),
        "Fisher doubled": _exactly(min(Fraction(1), Fraction(2 * min(below, above), total))),
        "Fisher one-sided": _exactly(Fraction(min(below, above), total)),
        "mid-p": _exactly(Fraction(2 * less + tied, 2 * total)),
    }
    if min(row, n - row, column, n - column) == 0:
        return found
    product = row * (n - row) * column * (n - column)
    difference = abs(a * d - b * c)
    pearson = Fraction(n * difference**2, product)
    # The correction of Yates never goes beyond the difference itself (as in scipy and R).
    corrected = max(Fraction(0), difference - Fraction(n, 2))
    found["Pearson"] = chi_square(pearson)
    found["Pearson one-sided"] = half(found["Pearson"])
    found["Yates"] = chi_square(n * corrected**2 / product)
    found["N−1"] = chi_square(pearson * (n - 1) / n)
    found["likelihood ratio"] = likelihood_ratio(((a, b), (c, d)))
    variance = Fraction(a * b, row**3) + Fraction(c * d, (n - row) ** 3)
    if variance:
        gap = Fraction(a, row) - Fraction(c, n - row)
        found["z unpooled"] = chi_square(gap**2 / variance)
        found["z unpooled one-sided"] = half(found["z unpooled"])
    return found


def likelihood_ratio(cells: Cells) -> Bounds:
    """Bound the p value of the likelihood ratio test, 2 Σ O ln(O/E)."""
    rows, columns = list(map(sum, cells)), list(map(sum, zip(*cells, strict=True)))

    def entropy(counts: Sequence[int]) -> arb:
        return sum((_ball(k) * _ball(k).log() for k in counts if k), _ball(0))

    every = [cell for row in cells for cell in row]
    statistic = 2 * (entropy([*every, sum(every)]) - entropy([*rows, *columns]))
    freedom = (len(rows) - 1) * (len(columns) - 1)
    if not statistic > 0:
        # Exactly independent, or as good as that: the interval holds 0.
        return Fraction(0) if statistic.upper() < 0 else _tail(statistic, freedom)[0], Fraction(1)
    return _tail(statistic, freedom)


def _tail(statistic: arb, freedom: int) -> Bounds:
    high = statistic.upper().fmpq()
    low = statistic.lower().fmpq()
    ends = [Fraction(int(end.p), int(end.q)) for end in (low, high)]
    return chi_square(ends[1], freedom)[0], chi_square(ends[0], freedom)[1]


def paired(b: int, c: int) -> dict[str, Bounds]:
    """Give bounds of the p values of McNemar's tests for b and c discordant pairs."""
    n, low = b + c, min(b, c)
    tail = sum(comb(n, k) for k in range(low + 1))
    found = {
        "McNemar exact": _exactly(min(Fraction(1), Fraction(2 * tail, 2**n))),
        "McNemar mid-p": _exactly(Fraction(2 * tail - comb(n, low), 2**n)),
    }
    if n:
        found["McNemar"] = chi_square(Fraction((b - c) ** 2, n))
        found["McNemar corrected"] = chi_square(Fraction((abs(b - c) - 1) ** 2, n))
    return found


def of_table(
    comparison: str, margins: tuple[int, int], sizes: tuple[int, int], cell: int
) -> dict[str, Bounds]:
    """Give bounds of all p values of a table, by its first cell (see `form.Table`)."""
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


# Larger tables ---------------------------------------------------------------------------------

EXACT = "Fisher-Freeman-Halton"


def contingency(table: Cells) -> dict[str, Bounds]:
    """Give bounds of the p values of a table of several rows and columns.

    Columns are also read as ordered categories, in the order in which they stand, for the tests
    that need an order. Fisher's test is left out where there are too many partial tables.
    """
    rows, columns = tuple(map(sum, table)), tuple(map(sum, zip(*table, strict=True)))
    n, freedom = sum(rows), (len(rows) - 1) * (len(columns) - 1)
    found: dict[str, Bounds] = {}
    if all(rows) and all(columns):
        squares = sum(
            (
                Fraction(cell * cell, rows[r] * columns[c])
                for r, row in enumerate(table)
                for c, cell in enumerate(row)
            ),
            Fraction(0),
        )
        found["Pearson"] = chi_square(n * (squares - 1), freedom)
        found["likelihood ratio"] = likelihood_ratio(table)
    found |= _ordered(table, rows, columns)
    exact = freeman_halton(table)
    if exact is not None:
        found[EXACT] = _exactly(exact)
    return found


def _ordered(table: Cells, rows: Sequence[int], columns: Sequence[int]) -> dict[str, Bounds]:
    """Bound the tests that read columns, and rows of more than two, as ordered."""
    n = sum(rows)

    def spread(totals: Sequence[int]) -> int:
        return (
            n * sum(x * x * k for x, k in enumerate(totals))
            - sum(x * k for x, k in enumerate(totals)) ** 2
        )

    found: dict[str, Bounds] = {}
    if n > 1 and spread(rows) and spread(columns):
        both = n * sum(
            r * c * cell for r, row in enumerate(table) for c, cell in enumerate(row)
        ) - sum(r * k for r, k in enumerate(rows)) * sum(c * k for c, k in enumerate(columns))
        correlation = Fraction(both**2, spread(rows) * spread(columns))
        if 2 in {len(rows), len(columns)}:
            found["Cochran-Armitage trend"] = chi_square(n * correlation)
        found["linear by linear"] = chi_square((n - 1) * correlation)
    ranks, passed = [], 0
    for column in columns:
        ranks.append(passed + Fraction(column + 1, 2))
        passed += column
    ties = 1 - Fraction(sum(k**3 - k for k in columns), n**3 - n) if n > 1 else 0
    if ties and all(rows):
        total = sum(
            (
                sum((cell * rank for cell, rank in zip(row, ranks, strict=True)), Fraction(0)) ** 2
                / size
                for row, size in zip(table, rows, strict=True)
            ),
            Fraction(0),
        )
        statistic = (Fraction(12, n * (n + 1)) * total - 3 * (n + 1)) / ties
        found["Kruskal-Wallis"] = chi_square(statistic, len(rows) - 1)
    return found


def freeman_halton(table: Cells) -> Fraction | None:
    """Give the exact p value of a table: the chance of all that are no more probable.

    By a network of partial tables, column by column (Mehta CR, Patel NR. J Am Stat Assoc
    1983;78:427-34): what is left of the rows is a node, and what all of its completions are on one
    side of is not gone through. None where that is more than `MOST_PARTIAL`.
    """
    if len(table) > len(table[0]):
        table = tuple(zip(*table, strict=True))
    columns = sorted(zip(*table, strict=True), key=sum)
    totals = tuple(map(sum, table))
    own = prod(map(_ways, columns))
    sizes = [sum(column) for column in columns]
    network = _Network(sizes)
    waiting: dict[tuple[int, ...], dict[int, int]] = {totals: {1: 1}}
    below, tried = 0, 0
    try:
        for place in range(len(sizes)):
            following: dict[tuple[int, ...], dict[int, int]] = {}
            for node, weights in waiting.items():
                least, greatest = network.ends(node, place)
                for weight, times in weights.items():
                    if weight * greatest <= own:
                        below += times * weight * _ways(node)
                        continue
                    if weight * least > own:
                        continue
                    for column in _parts(sizes[place], node):
                        tried += 1
                        if tried > MOST_PARTIAL:
                            return None
                        left = tuple(r - x for r, x in zip(node, column, strict=True))
                        further = following.setdefault(left, {})
                        heavier = weight * _ways(column)
                        further[heavier] = further.get(heavier, 0) + times
            waiting = following
    except _TooLong:
        return None
    nothing = (0,) * len(totals)
    below += sum(
        times * weight for weight, times in waiting.get(nothing, {}).items() if weight <= own
    )
    return Fraction(below, _ways(totals))


class _TooLong(Exception):
    """More partial tables than are gone through."""


class _Network:
    """The least and the greatest weight of all completions of a partial table."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = sizes
        self.known: dict[tuple[tuple[int, ...], int], tuple[int, int]] = {}
        self.tried = 0

    def ends(self, node: tuple[int, ...], place: int) -> tuple[int, int]:
        if place == len(self.sizes):
            return 1, 1
        key = (tuple(sorted(node)), place)
        if key not in self.known:
            least, greatest = None, 0
            for column in _parts(self.sizes[place], key[0]):
                self.tried += 1
                if self.tried > MOST_PARTIAL:
                    raise _TooLong
                left = tuple(r - x for r, x in zip(key[0], column, strict=True))
                low, high = self.ends(left, place + 1)
                ways = _ways(column)
                least = low * ways if least is None else min(least, low * ways)
                greatest = max(greatest, high * ways)
            self.known[key] = (least or 0, greatest)
        return self.known[key]


@lru_cache(maxsize=200_000)
def _ways(column: tuple[int, ...]) -> int:
    """Give the number of ways to put patients into rows of these sizes."""
    found = factorial(sum(column))
    for part in column:
        found //= factorial(part)
    return found


def _parts(total: int, most: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Give every way to split a total into parts of at most so many."""
    if len(most) == 1:
        return [(total,)] if total <= most[0] else []
    return [
        (first, *rest)
        for first in range(max(0, total - sum(most[1:])), min(total, most[0]) + 1)
        for rest in _parts(total - first, most[1:])
    ]


def tables_of(rows: tuple[int, ...], columns: tuple[int, ...]) -> list[Cells]:
    """Give every table with given totals, row by row."""
    if not rows:
        return [()] if not any(columns) else []
    return [
        (first, *rest)
        for first in _parts(rows[0], columns)
        for rest in tables_of(
            rows[1:], tuple(most - used for most, used in zip(columns, first, strict=True))
        )
    ]

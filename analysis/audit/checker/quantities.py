"""How certificates about medians, ranges, cut-offs, limits and doses are checked."""

# ruff: noqa: D101, D102 (what each kind and its methods are is told in `form` and `Kind`)

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from analysis.audit.checker.counts import level_of
from analysis.audit.checker.kind import (
    AS_DECLARED,
    C,
    Kind,
    Said,
    agree,
    as_read,
    decimal,
    ending,
    follows,
    from_to,
    graver,
    in_words,
    known,
)
from analysis.audit.checker.ledger import Edges, Ledger, Rejected
from analysis.audit.form import (
    Certificates,
    Convention,
    Cut,
    Grid,
    Limits,
    Order,
    Scaled,
    Verdict,
)

NARROW = Fraction(1, 5)


def readings(
    kind: Kind[C], ledger: Ledger, item: C, conventions: Sequence[Convention], rest: Certificates
) -> list[str]:
    """Give what is excluded: every way of rounding, or the article's own with the others tried."""
    if tuple(conventions) == ledger.every:
        return [in_words(ledger.every)]
    if tuple(conventions) != ledger.plain:
        raise Rejected("the numbers are not read as the article writes them")
    others = follows(rest, type(item), conventions=ledger.every)
    if not any(kind.claims(other) == kind.claims(item) for other in others):
        raise Rejected("other ways of rounding are not tried")
    return [f"all {in_words(ledger.plain)}"]


# Order -----------------------------------------------------------------------------------------

_RANGE = "the range is an interquartile range"
_INTERVAL = "an interval that is not built around its estimate, as by bootstrap"
_CURVE = "a curve that can rise, such as a cumulative incidence or relative survival"
# Of two statistics of one variable: which cannot be above which, why, and in what reading it can.
ORDERED: dict[tuple[str, str], tuple[str, str]] = {
    ("min", "median"): ("a minimum is not above the median", ""),
    ("median", "max"): ("a median is not above the maximum", ""),
    ("min", "max"): ("a minimum is not above the maximum", ""),
    ("q1", "median"): ("the first quartile is not above the median", ""),
    ("median", "q3"): ("the median is not above the third quartile", ""),
    ("q1", "q3"): ("the first quartile is not above the third", ""),
    ("min", "q1"): ("a minimum is not above the first quartile", ""),
    ("q3", "max"): ("the third quartile is not above the maximum", ""),
    ("min", "mean"): ("a minimum is not above the mean", _RANGE),
    ("mean", "max"): ("a mean is not above the maximum", _RANGE),
}
ESTIMATES = (
    "median", "mean", "rate", "percent", "hr", "or", "rr", "difference", "r", "auc", "c_index",
)  # fmt: skip
for _name in ESTIMATES:
    ORDERED[f"{_name}_lower", _name] = (
        "a lower confidence limit is not above its estimate",
        _INTERVAL,
    )
    ORDERED[_name, f"{_name}_upper"] = (
        "an estimate is not above its upper confidence limit",
        _INTERVAL,
    )
    ORDERED[f"{_name}_lower", f"{_name}_upper"] = (
        "a lower confidence limit is not above the upper one",
        "the two limits are exchanged",
    )
_INCIDENCE = "a curve that can fall, or of other patients"
_CROSS = "estimates in few patients at risk, or of different patients, or censored otherwise"
_LATE = "patients who enter late, or others than those"
_FLOW = "others joined in between, or something else than patients is counted"
# Of a trial's flow, what comes before what.
FLOW = (
    ("assessed", "screened"),
    ("randomised", "randomized", "enrolled", "included", "allocated"),
    ("analysed", "analyzed"),
)
# Of two endpoints of the same patients, which curve lies below which.
BELOW = {
    ("PFS", "OS"): "who has died has no progression-free survival",
    ("DFS", "OS"): "who has died has no disease-free survival",
    ("RFS", "OS"): "who has died has no relapse-free survival",
    ("EFS", "OS"): "who has died has no event-free survival",
    ("PFS", "TTP"): "death is an event of progression-free survival, not of time to progression",
}


class OfOrder(Kind[Order]):
    rule = "order of statistics"

    def claims(self, item: Order) -> list[str]:
        return [item.smaller, item.larger]

    def check(self, ledger: Ledger, item: Order) -> None:
        known(item.conventions)
        because(ledger, item)
        agree(
            item,
            least_of_smaller=ledger.edges(item.smaller, item.conventions).low,
            greatest_of_larger=ledger.edges(item.larger, item.conventions).high,
        )

    def steps(self, ledger: Ledger, item: Order) -> list[str]:
        return [
            f"{ledger.quoted(item.smaller)} cannot be above {ledger.quoted(item.larger)}: "
            f"{because(ledger, item)[0]}.",
            f"The first is {ending(item.least_of_smaller)} or more, the second "
            f"{ending(item.greatest_of_larger)} or less, {as_read(item.conventions)}.",
        ]

    def says(self, ledger: Ledger, item: Order, rest: Certificates) -> Said:
        least, greatest = item.least_of_smaller, item.greatest_of_larger
        if least is None or greatest is None or least <= greatest:
            raise Rejected("the first can be no more than the second")
        reason, reading, declared, rule = because(ledger, item)
        excluded = readings(self, ledger, item, item.conventions, rest)
        allowed = [reading] if reading else []
        smaller, larger = item.smaller, item.larger
        words = [
            f"{ledger.statistic(name).replace('_', ' ')} “{ledger.text(name, 'printed')}”"
            for name in (smaller, larger)
        ]
        if ledger.key(smaller) != ledger.key(larger):
            words = [
                f"{ledger.named(name)} {said}"
                for name, said in zip((smaller, larger), words, strict=True)
            ]
            title = " above ".join(words)
        else:
            title = f"{ledger.named(smaller)}: {words[0]} above {words[1]}"
        whole = [
            f"{ledger.words(ledger.key(name)[3])} is in whole numbers, {AS_DECLARED}"
            for name in (smaller, larger)
            if ledger.is_whole(name) and ledger.statistic(name) in {"min", "max"}
        ]
        return Said(
            graver(ledger, item.conventions, allowed),
            title,
            excluded=[reason] if reading else excluded,
            allowed=allowed,
            declared=list(dict.fromkeys([*([declared] if declared else []), *whole])),
            rule=rule,
        )


def because(ledger: Ledger, item: Order) -> tuple[str, str, str, str]:
    """Say why a number cannot be above another, the reading in which it can, what is declared."""
    first, second = ledger.key(item.smaller), ledger.key(item.larger)
    pair = (ledger.statistic(item.smaller), ledger.statistic(item.larger))
    curves = "order on survival curves"
    if first == second and pair in ORDERED:
        reason, reading = ORDERED[pair]
        if not reading and is_time(ledger, first[3]) and {"min", "max"} & set(pair):
            reading = "the range is of other times than the median"
        return reason, reading, "", OfOrder.rule
    if pair == ("rate", "rate") and first[:4] == second[:4] and later(first[4], second[4]):
        return "a survival curve does not rise", _CURVE, "", curves
    falls = pair == ("incidence", "incidence") and first[:4] == second[:4]
    if falls and later(second[4], first[4]):
        return "a cumulative incidence does not fall", _INCIDENCE, "", curves
    fewer = pair == ("n_at_risk", "n_at_risk") and first[:4] == second[:4]
    if fewer and later(first[4], second[4]):
        return "patients at risk do not become more", _LATE, "", "numbers at risk"
    if pair == ("n_at_risk", "count") and first[1:3] == second[1:3]:
        ledger.patients([item.larger], second[1:3])
        return "no more are at risk than there are", _LATE, "", "numbers at risk"
    if pair == ("count", "count") and first[:4] == second[:4] and first[3] == "flow":
        places = [flow_of(key[4]) for key in (first, second)]
        if None not in places and (places[0] or 0) > (places[1] or 0):
            return "who comes later came before", _FLOW, "", "flow of patients"
    same_time = (*first[:3], first[4]) == (*second[:3], second[4])
    if pair in {("rate", "rate"), ("median", "median")} and same_time:
        reason = BELOW.get((first[3], second[3]), "")
        if reason:
            return reason, _CROSS, "", curves
    within = ledger.structure.within
    if (pair == ("threshold_min", "min") and within.get(second[3]) == first[3]) or (
        pair == ("max", "threshold_max") and within.get(first[3]) == second[3]
    ):
        return (
            "eligibility bounds it",
            "some patients did not meet the criterion",
            f"eligibility bounds {first[3].replace('_', ' ')}, {AS_DECLARED}",
            OfOrder.rule,
        )
    raise Rejected(f"{item.smaller} and {item.larger} have no order")


def flow_of(level: str) -> int | None:
    """Give the place of a level in the flow of patients."""
    return next((place for place, names in enumerate(FLOW) if level in names), None)


def is_time(ledger: Ledger, variable: str) -> bool:
    """Tell whether a variable is a time to an event, or of follow-up."""
    declared = ledger.structure.survival
    return (
        variable in {*declared.events, declared.overall, declared.follow_up}
        or variable in {name for pair in BELOW for name in pair}
        or any(
            ledger.key(name)[3] == variable and ledger.statistic(name) in {"rate", "n_at_risk"}
            for name in ledger.rows
        )
    )


# Units of time, in months of 30.4375 days, by how their names begin.
_UNITS = {"y": Fraction(12), "m": Fraction(1), "w": Fraction(112, 487), "d": Fraction(16, 487)}
_TIME = re.compile(r"(\d+(?:\.\d+)?)[ -]?(years?|yrs?|y|months?|mos?|weeks?|wks?|days?|d)")


def months_in(unit: str) -> Fraction | None:
    """Give how many months a unit of time has, None for no unit of time."""
    return _UNITS[unit[0]] if _TIME.fullmatch(f"1 {unit}") else None


def has_unit(level: str) -> bool:
    """Tell whether a level names its unit of time, as in "1 year"."""
    return _TIME.fullmatch(level) is not None


def time_of(level: str) -> Fraction | None:
    """Give the time that a level of a rate names, in months where it names its unit."""
    told = _TIME.fullmatch(level)
    if told:
        return Fraction(told[1]) * _UNITS[told[2][0]]
    try:
        return Fraction(level)
    except (ValueError, ZeroDivisionError):
        return None


def later(first: str, second: str) -> bool:
    """Tell whether one level is surely a later time than another."""
    one, two = time_of(first), time_of(second)
    same = has_unit(first) == has_unit(second)
    return one is not None and two is not None and same and one > two


# Limits ----------------------------------------------------------------------------------------

# The least and the greatest value of a statistic, and under what reading it can be beyond.
BOUNDED: dict[str, tuple[int | None, int | None, str]] = {
    "count": (0, None, ""),
    "n_at_risk": (0, None, ""),
    "percent": (0, 100, "events are counted, of which one patient can have several, or a change"),
    "rate": (0, 100, "relative survival, which can pass 100%"),
    "incidence": (0, 100, ""),
    "rate_lower": (0, 100, "plain limits, which are not cut at 0 and 100"),
    "rate_upper": (0, 100, "plain limits, which are not cut at 0 and 100"),
    "percent_lower": (0, 100, "plain limits, which are not cut at 0 and 100"),
    "percent_upper": (0, 100, "plain limits, which are not cut at 0 and 100"),
    "p_value": (0, 1, ""),
    "p_association": (0, 1, ""),
    "sd": (0, None, ""),
    "hr": (0, None, "the logarithm of it"),
    "or": (0, None, "the logarithm of it"),
    "rr": (0, None, "the logarithm of it"),
    "r": (-1, 1, ""),
    "auc": (0, 1, "an area under a curve of concentrations, or in percent"),
    "c_index": (0, 1, "in percent"),
}


class OfLimits(Kind[Limits]):
    rule = "limits of statistics"

    def claims(self, item: Limits) -> list[str]:
        return [item.claim]

    def check(self, ledger: Ledger, item: Limits) -> None:
        known(item.conventions)
        statistic = ledger.statistic(item.claim)
        if statistic not in BOUNDED:
            raise Rejected(f"{statistic} has no limits")
        least, most, _ = BOUNDED[statistic]
        edges = ledger.edges(item.claim, item.conventions)
        agree(
            item,
            least=None if least is None else Fraction(least),
            most=None if most is None else Fraction(most),
            low=edges.low,
            high=edges.high,
        )

    def steps(self, ledger: Ledger, item: Limits) -> list[str]:
        statistic = ledger.statistic(item.claim).replace("_", " ")
        bounds = [] if item.least is None else [f"at least {decimal(item.least)}"]
        bounds += [] if item.most is None else [f"at most {decimal(item.most)}"]
        ends = [] if item.low is None else [f"{decimal(item.low)} or more"]
        ends += [] if item.high is None else [f"{decimal(item.high)} or less"]
        return [
            f"{ledger.quoted(item.claim)}: a {statistic} is {' and '.join(bounds)}.",
            f"What is printed is {' and '.join(ends)}, {as_read(item.conventions)}.",
        ]

    def says(self, ledger: Ledger, item: Limits, rest: Certificates) -> Said:
        edges = ledger.edges(item.claim, item.conventions)
        below = (
            item.high is not None
            and item.least is not None
            and (item.high < item.least or (item.high == item.least and not edges.high_closed))
        )
        above = item.low is not None and item.most is not None and item.low > item.most
        if not below and not above:
            raise Rejected("what is printed is within the limits")
        reading = BOUNDED[ledger.statistic(item.claim)][2]
        excluded = readings(self, ledger, item, item.conventions, rest)
        allowed = [reading] if reading else []
        quoted, statistic = ledger.quoted(item.claim), ledger.statistic(item.claim)
        return Said(
            graver(ledger, item.conventions, allowed),
            f"{quoted} is no {statistic.replace('_', ' ')}"
            + (" of patients" if statistic == "percent" else ""),
            (item.claim,),
            excluded=excluded,
            allowed=allowed,
        )


# Whole numbers ---------------------------------------------------------------------------------

_OTHER_MEDIAN = "a median by interpolation, or of grouped data"
_OTHER_MEAN = "values that are weighted, imputed or adjusted"


class OfGrid(Kind[Grid]):
    rule = "statistics of whole numbers"

    def claims(self, item: Grid) -> list[str]:
        return [item.claim, *item.patients]

    def check(self, ledger: Ledger, item: Grid) -> None:
        known(item.conventions)
        key, statistic = ledger.key(item.claim), ledger.statistic(item.claim)
        n = ledger.patients(item.patients, (key[1], key[2]))
        if key[3] not in ledger.structure.whole_numbers:
            raise Rejected("the variable is not declared to be of whole numbers")
        steps = {
            "median": Fraction(1, 1 if n % 2 else 2),
            "mean": Fraction(1, n),
            "min": Fraction(1),
            "max": Fraction(1),
        }
        if statistic not in steps or ledger.text(item.claim, "comparator") != "=":
            raise Rejected("the statistic has no step")
        edges = ledger.edges(item.claim, item.conventions)
        fewer = None
        if statistic in {"median", "mean"}:
            for other in range(n - 1, 0, -1):
                step = Fraction(1, other if statistic == "mean" else 1 if other % 2 else 2)
                if next(_multiples(edges, step), None) is not None:
                    fewer = other
                    break
        found = [value for _, value in zip(range(4), _multiples(edges, item.step), strict=False)]
        agree(item, n=n, step=steps[statistic], fits=tuple(found), fewer=fewer)

    def steps(self, ledger: Ledger, item: Grid) -> list[str]:
        statistic = ledger.statistic(item.claim)
        why = {
            "median": "the middle value of whole numbers, or the mean of two,",
            "mean": "a sum of whole numbers over the number of patients",
        }.get(statistic, "one of the whole numbers")
        edges = ledger.edges(item.claim, item.conventions).both
        result = [
            f"{ledger.quoted(item.claim)} is of {item.n} patients: {why} is a multiple of "
            f"{decimal(item.step, 6)}.",
            f"It stands for {decimal(edges[0], 6)} to {decimal(edges[1], 6)}, "
            f"{as_read(item.conventions)}: "
            + (f"{decimal(item.fits[0], 6)} fits." if item.fits else "no multiple is in this."),
        ]
        if not item.fits and item.fewer is not None:
            result.append(f"Of {item.fewer} patients there is one.")
        return result

    def says(self, ledger: Ledger, item: Grid, rest: Certificates) -> Said:
        if item.fits:
            raise Rejected("a multiple fits")
        excluded = readings(self, ledger, item, item.conventions, rest)
        statistic = ledger.statistic(item.claim)
        allowed = []
        if item.fewer is not None:
            missing = item.n - item.fewer
            allowed.append(
                f"{missing} of the {item.n} {'has' if missing == 1 else 'have'} no value"
            )
        if statistic == "median":
            allowed.append(_OTHER_MEDIAN)
        elif statistic == "mean":
            allowed.append(_OTHER_MEAN)
        printed, variable = ledger.text(item.claim, "printed"), ledger.key(item.claim)[3]
        return Said(
            graver(ledger, item.conventions, allowed),
            f"{ledger.named(item.claim)}: {statistic} “{printed}” of {item.n} whole numbers",
            (item.claim,),
            excluded=excluded,
            allowed=allowed,
            declared=(f"{variable.replace('_', ' ')} is in whole numbers, {AS_DECLARED}",),
        )


def _multiples(edges: Edges, step: Fraction) -> Iterator[Fraction]:
    """Give the multiples of a step that lie within edges, the least first."""
    low, high = edges.both
    value = low // step * step
    while value <= high:
        if edges.holds(value):
            yield value
        value += step


# Cut-offs --------------------------------------------------------------------------------------


class OfCut(Kind[Cut]):
    rule = "median and cut-off"

    def claims(self, item: Cut) -> list[str]:
        return [item.median, *item.level]

    def check(self, ledger: Ledger, item: Cut) -> None:
        known(item.conventions)
        if not 0 <= item.place < len(ledger.structure.cuts):
            raise Rejected("the cut-off is not declared")
        declared, key = ledger.structure.cuts[item.place], ledger.key(item.median)
        n = ledger.one_quantity(item.level)
        counts = ledger.counts(item.level, item.conventions)
        if (
            declared.variable != key[3]
            or declared.level != level_of(ledger, item.level[0])
            or ledger.statistic(item.median) != "median"
            or ledger.key(item.level[0])[1:3] != key[1:3]
            or n is None
            or counts is None
        ):
            raise Rejected("the cut-off is not declared of this median and these counts")
        edges = ledger.edges(item.median, item.conventions)
        at_least, cut = self.cut(ledger, item)
        possible = [k for k in range(n + 1) if _median_possible(n, k, cut, at_least, edges)]
        agree(
            item,
            n=n,
            low=counts[0],
            high=counts[1],
            median_low=edges.both[0],
            median_high=edges.both[1],
            least=min(possible),
            most=max(possible),
        )

    def cut(self, ledger: Ledger, item: Cut) -> tuple[bool, Fraction]:
        """Give the cut-off, and whether at least it, or at most, is counted."""
        declared = ledger.structure.cuts[item.place]
        at_least = declared.at_least is not None
        return at_least, Fraction(str(declared.at_least if at_least else declared.at_most))

    def side(self, ledger: Ledger, item: Cut) -> str:
        """Give words for who is counted."""
        at_least, cut = self.cut(ledger, item)
        return f"{'at least' if at_least else 'at most'} {decimal(cut)}"

    def steps(self, ledger: Ledger, item: Cut) -> list[str]:
        levels = " and ".join(str(ledger.quoted(claim)) for claim in item.level)
        at_least, cut = self.cut(ledger, item)
        result = [
            f"Of {item.n} patients, {from_to(item.low, item.high)} have {self.side(ledger, item)} "
            f"by {levels}, {as_read(item.conventions)}.",
            f"The median, {ledger.quoted(item.median)}, is from {decimal(item.median_low)} to "
            f"{decimal(item.median_high)}, so that {from_to(item.least, item.most)} patients can "
            f"have {self.side(ledger, item)}.",
        ]
        if _astride(item):
            if at_least:
                sides = f"one is below {decimal(cut)}, and the other therefore above "
                sides += decimal(2 * item.median_low - cut)
            else:
                sides = f"one is above {decimal(cut)}, and the other therefore below "
                sides += decimal(2 * item.median_high - cut)
            result.append(
                "With exactly half of the patients on each side, the median is the mean of the "
                f"two middle values: {sides}."
            )
        return result

    def says(self, ledger: Ledger, item: Cut, rest: Certificates) -> Said:
        named = ledger.named(item.median)
        declared = (f"who is counted has {self.side(ledger, item)}, {AS_DECLARED}",)
        if item.high < item.least or item.low > item.most:
            readings(self, ledger, item, item.conventions, rest)
            allowed = ["some patients have no value, or the two are of different patients"]
            return Said(
                Verdict.READING,
                f"{named}: median “{ledger.text(item.median, 'printed')}” and "
                f"{from_to(item.low, item.high)} of {item.n} with {self.side(ledger, item)}",
                excluded=("both are of the same patients, all with a value",),
                allowed=allowed,
                declared=declared,
            )
        if item.conventions != ledger.plain or not _astride(item):
            raise Rejected("the median and the counts leave room")
        return Said(
            Verdict.NARROW,
            f"{named}: exactly {item.low} of {item.n} have {self.side(ledger, item)}",
            (item.median, *item.level),
            declared=declared,
        )


def _astride(item: Cut) -> bool:
    return item.n % 2 == 0 and item.low == item.high == item.n // 2


def _median_possible(n: int, beyond: int, cut: Fraction, at_least: bool, edges: Edges) -> bool:
    """Tell whether a median inside the edges is possible with so many of n beyond a cut-off."""
    # In ascending order the last `beyond` values reach the cut-off (the first, with 'at most').
    low, high = edges.both
    positions = [(n + 1) // 2, n // 2 + 1]
    reached = [p > n - beyond if at_least else p <= beyond for p in positions]
    high_side = reached if at_least else [not item for item in reached]
    if all(high_side):
        # Both middle values are on the high side: at least the cut-off, or above it.
        return high > cut or (at_least and high == cut and edges.high_closed)
    if not any(high_side):
        return low < cut or (not at_least and low == cut and edges.low_closed)
    return True


# Doses -----------------------------------------------------------------------------------------


class OfScaled(Kind[Scaled]):
    rule = "BED and EQD2"

    def claims(self, item: Scaled) -> list[str]:
        return [item.product, item.base]

    def check(self, ledger: Ledger, item: Scaled) -> None:
        known(item.conventions)
        first, second = ledger.key(item.product), ledger.key(item.base)
        declared = [d for d in ledger.structure.doses if (d.bed, d.eqd2) == (first[3], second[3])]
        same = ledger.statistic(item.product) == ledger.statistic(item.base)
        if not declared or first[:3] != second[:3] or not same:
            raise Rejected("the two doses are not declared to belong together")
        factor = 1 + Fraction(2, declared[0].alpha_beta)
        own, base = (ledger.edges(name, item.conventions) for name in (item.product, item.base))
        ends, others = own.both, [end * factor for end in base.both]
        low, high = max(ends[0], others[0]), min(ends[1], others[1])
        middle = (low + high) / 2
        meet = low <= high and own.holds(middle) and base.holds(middle / factor)
        agree(
            item,
            factor=factor,
            product_low=ends[0],
            product_high=ends[1],
            scaled_low=others[0],
            scaled_high=others[1],
            low=low if meet else None,
            high=high if meet else None,
        )

    def steps(self, ledger: Ledger, item: Scaled) -> list[str]:
        return [
            f"By definition, BED = {decimal(item.factor)} × EQD2 in every patient, so that their "
            "medians, minima and maxima are in the same proportion.",
            f"{ledger.quoted(item.product)} is from {decimal(item.product_low)} to "
            f"{decimal(item.product_high)}, {as_read(item.conventions)}.",
            f"{ledger.quoted(item.base)} times {decimal(item.factor)} is from "
            f"{decimal(item.scaled_low)} to {decimal(item.scaled_high)}.",
            "No number is in both."
            if item.low is None or item.high is None
            else f"Both hold from {decimal(item.low)} to {decimal(item.high)} only.",
        ]

    def says(self, ledger: Ledger, item: Scaled, rest: Certificates) -> Said:
        first, second = (ledger.named(name) for name in (item.product, item.base))
        one, two = (ledger.text(name, "printed") for name in (item.product, item.base))
        title = f"{first} “{one}” and {second} “{two}”, {ledger.statistic(item.product)}"
        declared = (f"{first} is {decimal(item.factor)} × {second}, {AS_DECLARED}",)
        if item.low is None or item.high is None:
            excluded = readings(self, ledger, item, item.conventions, rest)
            allowed: list[str] = []
            return Said(
                graver(ledger, item.conventions, allowed),
                title,
                excluded=excluded,
                allowed=allowed,
                declared=declared,
            )
        room = min(item.product_high - item.product_low, item.scaled_high - item.scaled_low)
        if item.conventions != ledger.plain or item.high - item.low > NARROW * room:
            raise Rejected("the two doses leave room")
        return Said(
            Verdict.NARROW,
            f"{title}: from {decimal(item.low)} to {decimal(item.high)} only",
            (item.product, item.base),
            declared=declared,
        )

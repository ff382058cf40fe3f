"""How certificates about counts and percentages are checked, and what follows from them."""

# ruff: noqa: D101, D102 (what each kind and its methods are is told in `form` and `Kind`)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil, floor

from analysis.audit.checker.kind import (
    AS_DECLARED,
    Kind,
    Said,
    agree,
    as_read,
    decimal,
    follows,
    in_words,
    known,
    listed,
    one_digit_apart,
)
from analysis.audit.checker.ledger import EVERY, Edges, Ledger, Rejected
from analysis.audit.form import (
    Bounds,
    Certificates,
    Convention,
    Counts,
    Habit,
    Parts,
    Restated,
    SumOfPrinted,
    Verdict,
    Whole,
)

# So many cells that need one way of rounding are a habit of the article.
HABIT = 3
_SHOWN = 3
_WHOLES: tuple[Whole, ...] = ("printed", "fewer", "another", "events")
_OTHER_WAYS: tuple[tuple[Convention, str], ...] = (
    ("truncated", "cut off"),
    ("rounded up", "rounded up"),
)


def level_of(ledger: Ledger, name: str) -> str:
    """Give the level that a claim is about, as structures name it."""
    *_, variable, level = ledger.key(name)
    return f"{variable}={level}"


class OfCounts(Kind[Counts]):
    rule = "count and percentage"

    def claims(self, item: Counts) -> list[str]:
        parts = item.sum.parts if item.sum else ()
        return [*item.about, *(name for part in parts for name in part)]

    def check(self, ledger: Ledger, item: Counts) -> None:
        known(item.conventions)
        agree(item, of=ledger.one_quantity(item.about))
        if item.sum is not None:
            _total(ledger, item, item.sum)
        agree(item, fits=self.fits(ledger, item))

    def fits(self, ledger: Ledger, item: Counts) -> tuple[tuple[int, int], ...]:
        """Give what fits, as the form says it."""
        if item.whole == "printed":
            return self.range_of(ledger, item)
        if item.of is None:
            raise Rejected("the claims are printed of no number")
        count = self.count(ledger, item)
        percents = [name for name in item.about if ledger.statistic(name) == "percent"]
        ends = [ledger.edges(name, item.conventions) for name in percents]
        if count == -1:
            return ()
        if item.whole == "events":
            if count is None or count <= item.of:
                return ()
            exact = Fraction(100 * count, item.of)
            return ((count, item.of),) if all(end.holds(exact) for end in ends) else ()
        if item.whole == "fewer":
            tried: Sequence[int] = range(item.of - 1, 0, -1)
        else:
            tried = range(item.of + 1, most(ledger, item.of) + 1)
        return tuple(_found(ends, count, tried))

    def count(self, ledger: Ledger, item: Counts) -> int | None:
        """Give the one count that is printed or summed, None without one, -1 if they differ."""
        counts = {count for name in item.about if (count := ledger.exact(name)) is not None}
        if item.sum is not None:
            counts.add(item.sum.total)
        return -1 if len(counts) > 1 else next(iter(counts), None)

    def range_of(self, ledger: Ledger, item: Counts) -> tuple[tuple[int, int], ...]:
        """Give the least and greatest count of the number that is printed, if there is one."""
        found = ledger.counts(item.about, item.conventions)
        if found is not None and item.sum is not None:
            low, high = max(found[0], item.sum.total), min(found[1], item.sum.total)
            found = (low, high) if low <= high else None
        return () if found is None else (found,)

    def steps(self, ledger: Ledger, item: Counts) -> list[str]:
        quoted = listed([str(ledger.quoted(name)) for name in item.about])
        read = as_read(item.conventions)
        first = []
        if item.sum is not None:
            parts = listed([str(ledger.quoted(part[0])) for part in item.sum.parts])
            first = [f"By the declared sum, it is {parts}: {item.sum.total}."]
        count = self.count(ledger, item)
        if item.whole == "printed":
            whole = "" if item.of is None else f" of {item.of}"
            first.append(f"Every count{whole} is tried against {quoted}, {read}.")
            if item.of and count is not None and count >= 0:
                exact = decimal(Fraction(100 * count, item.of))
                first.append(f"{count} of {item.of} is {exact}%.")
            elif item.of and not item.fits:
                first += _around(ledger, item)
            fitting = [f"{low} to {high}" if low < high else str(low) for low, high in item.fits]
            return [*first, f"What fits: {fitting[0]}." if fitting else "No count fits."]
        words: dict[Whole, str] = {
            "fewer": f"Every number below {item.of}, as if some have no value",
            "another": f"Every number above {item.of}, up to {most(ledger, item.of or 0)}",
            "events": f"More than {item.of}, as if a patient can count more than once",
        }
        first.append(f"{words[item.whole]}, is tried against {quoted}, {read}.")
        fitting = [f"{count} of {of}" for count, of in item.fits]
        return [*first, f"What fits: {', '.join(fitting)}." if fitting else "None fits."]

    def says(self, ledger: Ledger, item: Counts, rest: Certificates) -> Said:
        plain = ledger.plain
        if item.whole != "printed" or item.conventions != plain or item.fits:
            raise Rejected("the counts are not refuted as the article writes its percentages")
        tried: dict[Whole, list[Counts]] = {
            whole: follows(
                rest, Counts, about=item.about, sum=item.sum, whole=whole, conventions=ledger.every
            )
            for whole in _WHOLES
        }
        if any(len(found) != 1 for found in tried.values()) and item.of is not None:
            raise Rejected("a reading of the percentage is not tried")
        subject = self._subject(ledger, item, rest)
        each = {whole: found[0] for whole, found in tried.items() if found}
        allowed = list(self._allowed(ledger, item, subject, each))
        shown = subject[0] if subject else item.about[0]
        printed, named = ledger.text(shown, "printed"), ledger.named(shown)
        if item.sum is not None:
            title = f"{named}: “{printed}” is not {item.sum.total}, the sum of its parts"
            title += f", of {item.of}" if item.of else ""
        elif len(item.about) == 1:
            title = f"{named}: no count of {item.of} gives “{printed}”"
        elif subject:
            title = f"{named}: “{printed}” does not agree with the other numbers given for it"
        else:
            title = f"{named}: the numbers given for it do not agree"
        return Said(
            Verdict.READING if allowed else Verdict.IMPOSSIBLE,
            title,
            subject,
            excluded=(in_words(plain) if allowed else in_words(ledger.every),),
            allowed=allowed,
            declared=(_declared_sum(ledger, item.sum.place),) if item.sum is not None else (),
            explanations=list(_explanations(ledger, item, subject, rest)),
        )

    def _fits_so(
        self,
        ledger: Ledger,
        item: Counts,
        changed: tuple[str, ...],
        rest: tuple[str, ...],
        way: Convention,
    ) -> bool:
        """Tell whether some claims, read in one way, fit the rest read plainly."""
        ranges = [
            self.range_of(ledger, item.model_copy(update={"about": about, "conventions": ways}))
            for about, ways in ((changed, (way,)), (rest, ledger.plain))
            if about
        ]
        return all(ranges) and max(r[0][0] for r in ranges) <= min(r[0][1] for r in ranges)

    def _allowed(
        self, ledger: Ledger, item: Counts, subject: tuple[str, ...], tried: dict[Whole, Counts]
    ) -> Iterator[str]:
        percents = tuple(name for name in item.about if ledger.statistic(name) == "percent")
        changed = subject or percents
        rest = tuple(name for name in item.about if name not in changed)
        printed = listed([ledger.text(name, "printed") for name in changed]) or "a number"
        found = False
        for way in ledger.every:
            if way not in ledger.plain and self._fits_so(ledger, item, changed, rest, way):
                found = True
                yield f"{printed} {'is' if len(changed) < 2 else 'are'} {in_words([way])}"
        if tried["printed"].fits and not found:
            yield "some are rounded in another way than others"
        if not found and _made_to_add_up(ledger, item.about[0]):
            other = item.model_copy(update={"conventions": EVERY})
            if self.range_of(ledger, other):
                yield "the percentages of its levels were made to add up to 100"
        of = item.of or 0
        for _, fewer in tried["fewer"].fits[:1]:
            yield f"{of - fewer} of the {of} have no value, so that it is of {fewer}"
        for count, more in tried["another"].fits[:1]:
            yield f"it is of {more}, not {of}: {count} of {more}"
        if tried["events"].fits:
            yield "events or lesions are counted, of which one patient can have several"
        if percents and not ledger.settled(item.about[0]):
            yield "the percentage is weighted or adjusted, or its count imputed or rounded"
        elif percents and item.sum is None and not ledger.counted_plainly(item.about[0]):
            yield "it is no percentage of patients, as no other of this variable plainly is"

    def _subject(self, ledger: Ledger, item: Counts, rest: Certificates) -> tuple[str, ...]:
        if len(item.about) == 1:
            return item.about
        culprits = [
            name
            for name in item.about
            if self.range_of(
                ledger,
                item.model_copy(update={"about": tuple(n for n in item.about if n != name)}),
            )
        ]
        for bounds in follows(rest, Bounds):
            # A sum that breaks without one of them shows that that one is needed.
            within = {name for term in bounds.relation.terms for name in term.about}
            used = [name for name in item.about if name in within]
            # Levels that fall short of their whole may be so because some have no value.
            short = bounds.low > 0 and bounds.relation.part != "sums"
            if refuted(bounds) and not short and len(used) == len(item.about) - 1:
                (needed,) = set(item.about) - set(used)
                culprits = [name for name in culprits if name != needed]
        return tuple(culprits) if len(culprits) == 1 else ()


def _made_to_add_up(ledger: Ledger, name: str) -> bool:
    """Tell whether the percentages of all levels of a variable add up to 100, as they are printed.

    Rounded as they are they rarely do: some are then moved by a unit of the last digit.
    """
    key, of = ledger.key(name), ledger.denominator(name)
    total = Fraction(0)
    for other, by_number in ledger.counted.items():
        if other[:4] == key[:4]:
            percents = [n for n in by_number.get(of, []) if ledger.statistic(n) == "percent"]
            if percents and ledger.text(percents[0], "comparator") == "=":
                total += ledger.number(percents[0])
    return total == 100


def refuted(item: Bounds) -> bool:
    """Tell whether a sum cannot be as declared."""
    return item.high < 0 or (item.relation.equal and item.low > 0)


def most(ledger: Ledger, of: int) -> int:
    """Give the greatest number that a percentage can be of: all patients, or all printed."""
    if ledger.structure.patients is not None:
        return max(of, ledger.exact(ledger.structure.patients) or 0)
    return max(of, sum({d for name in ledger.rows if (d := ledger.denominator(name))}))


def _found(
    ends: Sequence[Edges], count: int | None, tried: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Give the first few numbers, with a count, that all percentages allow."""
    if not tried:
        return
    low = max((end.low for end in ends if end.low is not None), default=Fraction(0))
    high = min((end.high for end in ends if end.high is not None), default=Fraction(100))
    if low > high:
        return
    if count is not None:
        # Only numbers near to 100 × count / percentage can fit.
        first = max(count, 1, floor(100 * count / high)) if high > 0 else 0
        last = ceil(100 * count / low) if low > 0 else max(tried[0], tried[-1])
        if not first:
            return
        step = tried.step if isinstance(tried, range) else 1
        near = [max(first, min(tried[0], tried[-1])), min(last, max(tried[0], tried[-1]))]
        tried = range(near[0], near[1] + 1)[::step]
    shown = 0
    for of in tried:
        least = max(0, ceil(low * of / 100)) if count is None else count
        for tried_count in (least, least + 1) if count is None else (count,):
            value = Fraction(100 * tried_count, of)
            if tried_count <= of and all(end.holds(value) for end in ends):
                yield tried_count, of
                shown += 1
                break
        if shown == _SHOWN:
            return


def _total(ledger: Ledger, item: Counts, sum_: Parts) -> None:
    """Check the parts of a declared sum: each of one count, of the same patients as the whole."""
    if not 0 <= sum_.place < len(ledger.structure.sums):
        raise Rejected("the sum is not declared")
    declared = ledger.structure.sums[sum_.place]
    if declared.whole != level_of(ledger, item.about[0]) or len(sum_.parts) != len(declared.parts):
        raise Rejected("the sum is declared of something else")
    total = 0
    for names, level in zip(sum_.parts, declared.parts, strict=True):
        of, found = ledger.one_quantity(names), ledger.counts(names, ledger.every)
        same = ledger.key(names[0])[1:3] == ledger.key(item.about[0])[1:3]
        if level_of(ledger, names[0]) != level or of != item.of or of is None or not same:
            raise Rejected("a part is not of the same patients")
        if found is None or found[0] != found[1]:
            raise Rejected("a part is not one count")
        total += found[0]
    agree(sum_, total=total)


def _declared_sum(ledger: Ledger, place: int) -> str:
    declared = ledger.structure.sums[place]
    because = f" ({declared.because})" if declared.because else ""
    parts = listed([ledger.words(part) for part in declared.parts])
    return f"{ledger.words(declared.whole)} is {parts}{because}, {AS_DECLARED}"


def _around(ledger: Ledger, item: Counts) -> Iterator[str]:
    """Give the two counts around a percentage that none gives."""
    of = item.of or 1
    name = next((n for n in item.about if ledger.statistic(n) == "percent"), None)
    if name is not None:
        below = floor(ledger.number(name) * of / 100)
        for count in (below, below + 1):
            if 0 <= count <= of:
                yield f"{count} of {of} is {decimal(Fraction(100 * count, of))}%."


def _explanations(
    ledger: Ledger, item: Counts, subject: Sequence[str], rest: Certificates
) -> Iterator[str]:
    """Give what could have led to the printed percentage, the likeliest first."""
    if len(subject) != 1 or ledger.statistic(subject[0]) != "percent" or item.of is None:
        return
    name, of = subject[0], item.of
    printed = ledger.text(name, "printed")
    for total in follows(rest, SumOfPrinted, whole=name):
        parts = listed([ledger.text(part, "printed") for part in total.parts])
        yield f"it is the sum of the printed percentages {parts}"
    others = [n for n in item.about if n != name]
    others += [n for n in ledger.rows if n not in item.about and ledger.key(n) == ledger.key(name)]
    counts = [count for n in others if (count := ledger.exact(n)) is not None and count <= of]
    for count in counts[:1]:
        for way, words in _OTHER_WAYS:
            value = Fraction(100 * count, of)
            if ledger.prints(name, value, [way]) and way not in ledger.plain:
                yield f"{count} of {of}, {decimal(value, 2)}%, {words} instead of rounded"
    for other in others:
        text = ledger.text(other, "printed")
        if ledger.statistic(other) == "percent" and one_digit_apart(printed, text):
            yield f"one digit differs from “{text}” ({ledger.text(other, 'locator')})"


class OfRestated(Kind[Restated]):
    rule = "the same fact twice"

    def claims(self, item: Restated) -> list[str]:
        return [item.first, item.second]

    def check(self, ledger: Ledger, item: Restated) -> None:
        if item.first == item.second:
            raise Rejected("one claim is compared with itself")
        if ledger.asks(item.first) or ledger.asks(item.second):
            raise Rejected("it is open what a claim states")
        known(item.conventions)
        one, two = (
            (*ledger.key(name), ledger.statistic(name), ledger.denominator(name))
            for name in (item.first, item.second)
        )
        of = {one[-1], two[-1]} - (set() if one[-2] == "percent" else {None})
        if one[:-1] != two[:-1] or len(of) > 1:
            raise Rejected("the claims are about different statistics")
        low, high = sorted(
            (ledger.edges(name, item.conventions) for name in (item.first, item.second)),
            key=lambda edges: edges.both[0],
        )
        agree(item, gap=high.both[0] - low.both[1])
        if item.gap < 0 or (item.gap == 0 and high.low_closed and low.high_closed):
            raise Rejected("one number can stand behind both")

    def steps(self, ledger: Ledger, item: Restated) -> list[str]:
        first, second = ledger.quoted(item.first), ledger.quoted(item.second)
        return [
            f"{first} and {second} state the same statistic.",
            f"What they stand for, {as_read(item.conventions)}, is {decimal(item.gap)} apart.",
        ]

    def says(self, ledger: Ledger, item: Restated, rest: Certificates) -> Said:
        if item.conventions != ledger.every:
            raise Rejected("not every way of rounding is tried")
        one, two = (ledger.text(name, "printed") for name in (item.first, item.second))
        statistic = ledger.statistic(item.first).replace("_", " ")
        return Said(
            Verdict.RESTATED,
            f"{ledger.named(item.first)}, {statistic}: “{one}” and “{two}”",
            (item.first, item.second),
        )


class OfSumOfPrinted(Kind[SumOfPrinted]):
    def claims(self, item: SumOfPrinted) -> list[str]:
        return [item.whole, *item.parts]

    def check(self, ledger: Ledger, item: SumOfPrinted) -> None:
        if not 0 <= item.place < len(ledger.structure.sums) or len(item.parts) < 2:
            raise Rejected("the sum is not declared")
        declared = ledger.structure.sums[item.place]
        levels = [level_of(ledger, name) for name in (item.whole, *item.parts)]
        if levels != [declared.whole, *declared.parts]:
            raise Rejected("the parts are not those of the sum")
        if {ledger.statistic(name) for name in self.claims(item)} != {"percent"}:
            raise Rejected("not all are percentages")
        if sum(map(ledger.number, item.parts), Fraction(0)) != ledger.number(item.whole):
            raise Rejected("the printed parts do not add up to it")

    def steps(self, ledger: Ledger, item: SumOfPrinted) -> list[str]:
        terms = " + ".join(str(ledger.quoted(part)) for part in item.parts)
        total = decimal(sum(map(ledger.number, item.parts), Fraction(0)))
        return [f"{terms} = {total}, which is {ledger.quoted(item.whole)}."]


class OfHabit(Kind[Habit]):
    rule = "way of rounding"

    def claims(self, item: Habit) -> list[str]:
        return [name for pair in item.cells for name in pair]

    def check(self, ledger: Ledger, item: Habit) -> None:
        if len(item.cells) < HABIT:
            raise Rejected("too few to be a habit")
        expected = habit(ledger, item.convention)
        if list(item.cells) != expected:
            raise Rejected("the cells are not all that need this way of rounding")

    def steps(self, ledger: Ledger, item: Habit) -> list[str]:
        words = in_words([item.convention])
        result = []
        for count, percent in item.cells:
            of = ledger.denominator(count) or 1
            exact = decimal(Fraction(100 * (ledger.exact(count) or 0), of))
            result.append(
                f"{ledger.text(count, 'printed')} of {of} is {exact}%; "
                f"{ledger.quoted(percent)} is that, {words}."
            )
        return result

    def says(self, ledger: Ledger, item: Habit, rest: Certificates) -> Said:
        words = in_words([item.convention])
        return Said(
            Verdict.READING,
            f"{len(item.cells)} percentages are those of their counts if they are {words}",
            tuple(percent for _, percent in item.cells),
            excluded=(in_words(ledger.plain),),
            allowed=(f"percentages of this article are {words}",),
        )


def habit(ledger: Ledger, convention: Convention) -> list[tuple[str, str]]:
    """Give the cells that one way of rounding gives, and neither a plain way nor a plainer one."""
    return [pair for pair in ledger.pairs if ledger.needs(pair, convention)]

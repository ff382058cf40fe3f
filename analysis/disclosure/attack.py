"""What somebody with a bundle alone, and all the time in the world, can be sure of.

Each count of patients that a table of estimates is about is a whole number that is looked for
(CP-SAT), bound by what is printed of it, by sums and by the curves. Where it is one and the same
small number in every solution, those patients are found.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from ortools.sat.python import cp_model

from analysis.disclosure.counts import could_be
from analysis.disclosure.protect import CURVE, RELEASED, records
from analysis.disclosure.rules import RuleSet
from analysis.study.keys import NO, YES, Statistic
from analysis.study.variables import Cut

CELL = ["analysis_id", "group", "group_level", "variable", "variable_level", "statistic"]
COLUMNS = [*CELL, "value"]

# Points of curves in a report that is not protected: analyses that end in this.
_CURVES = "_curve"
_COUNTED = (
    Statistic.COUNT, Statistic.EXCLUDED, Statistic.NOT_RECORDED, Statistic.EVENTS, Statistic.N,
    Statistic.COUNT_WITHOUT, Statistic.RESPONDERS, Statistic.NON_RESPONDERS, Statistic.AT_RISK,
    Statistic.ENTERED, Statistic.REMAINING, Statistic.CENSORED,
)  # fmt: skip
_SHARED = (Statistic.AT_RISK, Statistic.ENTERED, Statistic.REMAINING)
# What is known of every report: sums of these levels are others.
_SUMS = {
    "ORR": ("CR", "PR"),
    "DCR": ("CR", "PR", "SD"),
    "any": ("1", "2", "3", "4", "5"),
    ">=2": ("2", "3", "4", "5"),
    ">=3": ("3", "4", "5"),
}
# So many cohorts are looked for that lie far apart, each for so long in CP-SAT's deterministic time
# (about seconds).
_FAR_APART, _OPERATIONS = 6, 1.0


def found(rows: pd.DataFrame, rules: RuleSet | None, few: int) -> pd.DataFrame:
    """Give the small counts that are the same in every cohort with these estimates.

    Parameters
    ----------
    rows
        The estimates of a bundle, or of a report.
    rules
        Those of the bundle, which everybody knows; None where nothing was done to the rows.
    few
        How many patients are so few that they are found by what they have in common.

    Returns
    -------
    DataFrame
        `COLUMNS`, a count from 1 to `few` a row; what is suppressed is one too, and so is how many
        patients had an event, or were censored, in each month of a curve (statistic `events` or
        `censored`).

    Raises
    ------
    ValueError
        When no cohort can have these numbers.
    """
    counts = Puzzle(rows, rules).certain(few)
    # Whoever is still at risk, or is one of all, has nothing that others have not.
    return counts[~counts["statistic"].isin(_SHARED)].reset_index(drop=True)


def patients(counts: pd.DataFrame) -> int:
    """Give how many patients are found at least: by one curve, or by one count.

    The days of a curve are of different patients. Levels of a variable may overlap, and two
    variables may be of the same patients.
    """
    if counts.empty:
        return 0
    of_curve = counts["analysis_id"].str.endswith((_CURVES, CURVE))
    curves = counts[of_curve].groupby(["analysis_id", "group", "group_level", "variable"])
    return int(max([*curves["value"].sum(), counts["value"].max()]))


class Puzzle:
    """The whole numbers behind a table, and what is known of them."""

    def __init__(self, rows: pd.DataFrame, rules: RuleSet | None) -> None:
        self._model = cp_model.CpModel()
        self._rules = rules
        self.cells: dict[tuple[str, ...], cp_model.IntVar] = {}
        self._totals: dict[int, cp_model.IntVar] = {}
        # Patients with the event, and censored, by group, endpoint and month of a curve.
        self._until: dict[tuple[str, str, str, int], Mapping[Statistic, Any]] = {}
        self._most = int(rows["n"].max()) + (rules.round_to if rules else 0)
        is_curve = rows["analysis_id"].str.endswith((_CURVES, CURVE))
        # Numbers at risk beside a curve are counts, and no points of it.
        is_curve &= ~((rows["analysis_id"] == CURVE) & (rows["statistic"] == Statistic.AT_RISK))
        counted = rows["statistic"].isin([s.value for s in _COUNTED]) & rows["unit"].eq("patients")
        counts = rows[counted & ~is_curve]
        for row in records(counts):
            self._count(row)
        self._sums(counts)
        self._groups()
        for key, points in _families(
            rows[is_curve], ["analysis_id", "group", "group_level", "variable"]
        ):
            if rules is None:
                self._exact_curve(key, points)
            else:
                self._curve(key, points)
        self._add_up()

    def certain(self, few: int) -> pd.DataFrame:
        """Give the cells that have one value from 1 to `few` in all solutions, with it.

        Two solutions that differ in a cell settle it. Some are found that lie far apart, and only
        for what is the same in all of these it is asked whether it could be more, or less.
        """
        keys, cells = list(self.cells), list(self.cells.values())
        loose = [place for place, cell in enumerate(cells) if len(set(cell.proto.domain)) > 1]
        weights = random.Random(1)
        solutions: list[list[int]] = []
        for _ in range(_FAR_APART if loose else 1):
            wanted = [weights.choice((-1, 1)) for _ in loose]
            towards = cp_model.LinearExpr.weighted_sum([cells[place] for place in loose], wanted)
            solutions.append(self._solved(towards))
        same = {
            place: value
            for place, value in enumerate(solutions[0])
            if 1 <= value <= few and all(other[place] == value for other in solutions)
        }
        for place in same.keys() & set(loose):
            others = (self._solved(sign * cells[place])[place] for sign in (1, -1))
            if any(other != same[place] for other in others):
                del same[place]
        return pd.DataFrame(
            [(*keys[place], same[place]) for place in sorted(same)], columns=COLUMNS
        )

    def allows(self, values: Mapping[tuple[str, ...], int]) -> bool:
        """Tell whether cells can have these values together."""
        model = self._model.clone()
        for key, value in values.items():
            model.add(self.cells[key] == value)
        return cp_model.CpSolver().solve(model) != cp_model.INFEASIBLE

    def _solved(self, towards: Any) -> list[int]:
        """Give a solution in which a sum of cells is large."""
        self._model.maximize(towards)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_deterministic_time = _OPERATIONS
        status = solver.solve(self._model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            raise ValueError("No cohort has these numbers together.")
        return [solver.value(cell) for cell in self.cells.values()]

    def _between(self, least: int, most: int) -> cp_model.IntVar:
        return self._model.new_int_var(least, most, "")

    def _count(self, row: Mapping[str, Any]) -> None:
        key = tuple(str(row[name]) for name in CELL)
        if self._rules is None:
            value = int(row["value"])
            self.cells[key] = self._between(value, value)
            return
        if row["status"] == RELEASED:
            self.cells[key] = self._between(*could_be(int(row["value"]), self._rules))
        else:
            self.cells[key] = self._between(0, self._most)
        if not pd.isna(row["n"]):
            self._model.add(self.cells[key] <= self._total(int(row["n"])))

    def _total(self, shown: int) -> cp_model.IntVar:
        """Give the number of patients of rows that have this one beside them."""
        if shown not in self._totals:
            limits = (shown, shown) if self._rules is None else could_be(shown, self._rules)
            self._totals[shown] = self._between(*limits)
        return self._totals[shown]

    def _sums(self, counts: pd.DataFrame) -> None:
        """Say which counts are the sum of others."""
        shown = counts[counts["statistic"] == Statistic.COUNT]
        for key, family in _families(shown, ["analysis_id", "group", "group_level", "variable"]):
            levels = {
                str(level): self.cells[(*key, str(level), Statistic.COUNT.value)]
                for level in family["variable_level"]
            }
            n = family["n"].max()
            if (set(levels) == {YES, NO} or _are_sides(levels)) and not pd.isna(n):
                self._model.add(sum(levels.values()) == self._total(int(n)))
            for whole, parts in _SUMS.items():
                if whole in levels and set(parts) <= set(levels):
                    self._model.add(levels[whole] == sum(levels[part] for part in parts))

    def _groups(self) -> None:
        """Say that groups have no more of anything than all patients, nor events than patients."""
        parts: dict[tuple[str, ...], list[cp_model.IntVar]] = {}
        for key, cell in self.cells.items():
            analysis, group, group_level, variable, level, statistic = key
            if not group:
                continue
            parts.setdefault((analysis, group, variable, level, statistic), []).append(cell)
            if statistic == Statistic.EVENTS:
                n = self.cells.get((analysis, group, group_level, variable, level, "n"))
                if n is not None:
                    self._model.add(cell <= n)
        for (analysis, _, variable, level, statistic), of_groups in parts.items():
            for where in {analysis, "survival"}:
                whole = self.cells.get((where, "", "", variable, level, statistic))
                if whole is not None:
                    self._model.add(sum(of_groups) <= whole)

    def _exact_curve(self, key: tuple[str, ...], points: pd.DataFrame) -> None:
        for row in records(points):
            if row["statistic"] in (Statistic.EVENTS, Statistic.CENSORED):
                name = (*key, str(row["variable_level"]), row["statistic"])
                self.cells[name] = self._between(int(row["value"]), int(row["value"]))

    def _curve(self, key: tuple[str, ...], points: pd.DataFrame) -> None:
        """Say what the points of a curve tell of the events and the censored of each month."""
        rules = self._rules
        assert rules is not None
        _, group, level, endpoint = key
        survival = points[points["statistic"] == Statistic.SURVIVAL]
        heights = {int(r["variable_level"]): r["value"] for r in records(survival)}
        shown = int(points["n"].iloc[0])
        n = self._total(shown)
        before: dict[Statistic, Any] = {Statistic.EVENTS: 0, Statistic.CENSORED: 0}
        behind = midpoints_behind(heights, shown, rules)
        for month, limits in enumerate(behind, start=1):
            now = {}
            for statistic, (least, most) in zip(before, limits, strict=True):
                now[statistic] = self._between(
                    _counts_of(least, rules)[0], _counts_of(most, rules)[1]
                )
                step = self._between(0, self._most)
                self._model.add(step == now[statistic] - before[statistic])
                cell = (CURVE, group, level, endpoint, str(month), statistic.value)
                self.cells[cell] = step
            self._model.add(sum(now.values()) <= n)
            self._until[(group, level, endpoint, month)] = now
            before = now
        events = self.cells.get(
            ("prognosis" if group else "survival", group, level, endpoint, "", "events")
        )
        if events is not None and behind:
            self._model.add(before[Statistic.EVENTS] <= events)

    def _add_up(self) -> None:
        """Say how curves hang together: with the numbers at risk, and those of groups with all."""
        for (group, level, endpoint, month), now in self._until.items():
            key = (CURVE if group else "survival", group, level, endpoint, str(month), "at_risk")
            n = self.cells.get(
                ("prognosis" if group else "survival", group, level, endpoint, "", "n")
            )
            before = self._until.get((group, level, endpoint, month - 1))
            if key in self.cells and n is not None:
                # Whoever's time ends on the last day of the month may be counted, or not.
                self._model.add(self.cells[key] >= n - sum(now.values()))
                if before is not None:
                    self._model.add(self.cells[key] <= n - sum(before.values()))
        groups: dict[tuple[str, str, int], list[Any]] = {}
        for (group, _, endpoint, month), now in self._until.items():
            if group:
                groups.setdefault((group, endpoint, month), []).append(now)
        for (_, endpoint, month), parts in groups.items():
            whole = self._until.get(("", "", endpoint, month))
            for statistic in (Statistic.EVENTS, Statistic.CENSORED):
                if whole is not None:
                    self._model.add(sum(part[statistic] for part in parts) <= whole[statistic])


def _counts_of(middle: int, rules: RuleSet) -> tuple[int, int]:
    """Give the least and the greatest count that have this midpoint.

    >>> from analysis.disclosure.rules import OPENSAFELY
    >>> _counts_of(0, OPENSAFELY), _counts_of(3, OPENSAFELY), _counts_of(9, OPENSAFELY)
    ((0, 0), (1, 6), (7, 12))
    """
    half = rules.midpoint // 2
    return (middle - half + 1, middle + half) if middle else (0, 0)


def midpoints_behind(
    heights: Mapping[int, float], n: int, rules: RuleSet
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Give the midpoints that a released curve can have been estimated from.

    Parameters
    ----------
    heights
        Survival in percent, with one decimal, by month; a month without one has that before it.
    n
        The patients that it starts with.
    rules
        Thresholds.

    Returns
    -------
    list
        For each month from the first the least and the greatest midpoint of the patients with the
        event until then, and those of the censored. All pairs of midpoints are followed from
        month to month, forwards and backwards: the height of a step says which numbers with the
        event, of which at risk, can have made it.
    """
    half = rules.midpoint // 2
    middles = [0, *range(half, n + 1, rules.midpoint)]
    layers: list[dict[tuple[int, int], set[tuple[int, int]]]] = []
    states = {(0, 0)}
    last = 100.0
    for month in range(1, max(heights) + 1):
        height = heights.get(month, last)
        came: dict[tuple[int, int], set[tuple[int, int]]] = {}
        for events, censored in states:
            left = n - events - censored
            if left <= 0:
                continue
            # Heights have one decimal, of which the last is rounded.
            for more in (m for m in middles if m >= events and m + censored <= n):
                exact = last * (1 - (more - events) / left)
                if abs(exact - height) <= 0.05 * (1 + exact / max(last, 0.05)) + 1e-9:
                    for c in (c for c in middles if c >= censored and more + c <= n):
                        came.setdefault((more, c), set()).add((events, censored))
        layers.append(came)
        states, last = set(came), height
    found = []
    alive = set(layers[-1]) if layers else set()
    for came in reversed(layers):
        events_, censored_ = ([pair[i] for pair in alive] for i in (0, 1))
        found.append(((min(events_), max(events_)), (min(censored_), max(censored_))))
        alive = {origin for pair in alive for origin in came[pair]}
    return found[::-1]


def _families(rows: pd.DataFrame, by: list[str]) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    return [
        (tuple(str(part) for part in key), family) for key, family in rows.groupby(by, sort=False)
    ]


def _are_sides(levels: Iterable[str]) -> bool:
    return len(list(levels)) == 2 and all(Cut.read(level) is not None for level in levels)

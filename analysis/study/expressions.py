"""Parts of the patients, written as an expression: `ecog <= 1 and not sex == 'male'`.

The syntax is Python's, read by Python's own parser and never run: names of variables, numbers,
text in quotes, comparisons, `in`, `and`, `or`, `not`. A variable of yes and no stands for itself.
What is not recorded, or of which a limit leaves open on which side it is, makes an answer unknown,
as in Kleene's logic: `no and unknown` is no, `yes and unknown` is unknown.
"""

from __future__ import annotations

import ast
import difflib
import operator
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from analysis.study.keys import NO, YES
from analysis.study.limits import compares, limits

_COMPARISONS: Mapping[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
}
_EXAMPLE = "an expression such as `sex == 'male' and age_years >= 60`"
# Longer than anybody writes; the parser recurses.
_LONGEST = 500


class ExpressionError(ValueError):
    """An expression that cannot be read, or that names what there is not."""


def names_in(text: str) -> list[str]:
    """Give the variables that an expression names, in their order.

    >>> names_in("relapsed and (age_years >= 60 or not treated)")
    ['relapsed', 'age_years', 'treated']

    Raises
    ------
    ExpressionError
        When it is no expression.
    """
    found = [node for node in ast.walk(_parsed(text)) if isinstance(node, ast.Name)]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.id for node in found))


def holds(text: str, patients: pd.DataFrame) -> pd.Series:
    """Tell of whom an expression holds.

    Parameters
    ----------
    text
        The expression.
    patients
        One row a patient, a column a variable.

    Returns
    -------
    Series of dtype boolean, with the index of `patients`: missing where what is not recorded
    leaves the answer open.

    Raises
    ------
    ExpressionError
        When it cannot be read, names a variable that there is not, or compares a variable with
        what none of its levels or values can be.
    """
    tree = _parsed(text)
    known = [str(name) for name in patients.columns]
    for name in names_in(text):
        if name not in patients:
            near = difflib.get_close_matches(name, known, n=1)
            meant = f"; did you mean `{near[0]}`?" if near else ""
            raise ExpressionError(f"there is no variable `{name}`{meant}")
    return _answer(tree.body, patients)


def _parsed(text: str) -> ast.Expression:
    if len(text) > _LONGEST:
        raise ExpressionError(f"longer than {_LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"cannot be read; expected {_EXAMPLE}") from None
    _check(tree.body)
    return tree


def _check(node: ast.expr) -> None:
    """Refuse whatever is not on the list, wherever it stands."""
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                _check(part)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            _check(inner)
        case ast.Compare(left=ast.Name(), ops=ops, comparators=values) if len(ops) == 1:
            _check_comparison(ops[0], values[0])
        case ast.Name():
            pass
        case _:
            raise ExpressionError(f"`{ast.unparse(node)}` is not understood; expected {_EXAMPLE}")


def _check_comparison(op: ast.cmpop, value: ast.expr) -> None:
    if isinstance(op, ast.In | ast.NotIn):
        if isinstance(value, ast.List | ast.Tuple | ast.Set) and value.elts:
            for item in value.elts:
                _constant(item)
            return
    elif type(op) in _COMPARISONS:
        _constant(value)
        return
    raise ExpressionError(f"`{ast.unparse(value)}` is not understood; expected {_EXAMPLE}")


def _constant(node: ast.expr) -> float | str:
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        sign, node = -1, node.operand
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, str) and sign == 1:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return sign * float(value)
        except OverflowError:
            return sign * float("inf")
    raise ExpressionError(f"`{ast.unparse(node)}`: a variable is compared with a number or a text")


def _answer(node: ast.expr, patients: pd.DataFrame) -> pd.Series:
    match node:
        case ast.BoolOp(op=op, values=parts):
            found = _answer(parts[0], patients)
            for part in parts[1:]:
                other = _answer(part, patients)
                found = found & other if isinstance(op, ast.And) else found | other
            return found
        case ast.UnaryOp(operand=inner):
            return ~_answer(inner, patients)
        case ast.Name(id=name):
            return _is_yes(name, patients[name])
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[value]):
            return _compared(name, patients, op, value)
    raise AssertionError(ast.dump(node))


def _is_yes(name: str, values: pd.Series) -> pd.Series:
    found = set(values.dropna().unique())
    if not found <= {YES, NO}:
        example = f"`{name} == {sorted(found, key=str)[0]!r}`"
        raise ExpressionError(f"`{name}` is no yes or no; compare it, as in {example}")
    return _known(values == YES, values)


def _compared(name: str, patients: pd.DataFrame, op: ast.cmpop, node: ast.expr) -> pd.Series:
    if isinstance(op, ast.In | ast.NotIn):
        assert isinstance(node, ast.List | ast.Tuple | ast.Set)
        constants = [_constant(item) for item in node.elts]
        parts = [_compared_with(name, patients, operator.eq, "==", item) for item in constants]
        found = parts[0]
        for part in parts[1:]:
            found = found | part
        return ~found if isinstance(op, ast.NotIn) else found
    sign, compare = _COMPARISONS[type(op)]
    return _compared_with(name, patients, compare, sign, _constant(node))


def _compared_with(
    name: str,
    patients: pd.DataFrame,
    compare: Callable[[Any, Any], Any],
    sign: str,
    value: float | str,
) -> pd.Series:
    values, signs = patients[name], limits(patients, name)
    if isinstance(value, str):
        levels = (
            [str(level) for level in values.cat.categories]
            if isinstance(values.dtype, pd.CategoricalDtype)
            else sorted({str(item) for item in values.dropna().unique()})
        )
        if sign not in {"==", "!="}:
            raise ExpressionError(f"`{name} {sign} {value!r}`: a text has no order")
        if levels and value not in levels:
            shown = ", ".join(repr(level) for level in levels[:10])
            raise ExpressionError(f"`{name}` is never {value!r}; there are: {shown}")
        return _known(compare(values.astype(object).astype(str), value), values)
    try:
        # Sums of decimals come out a few bits beside them; no record has more digits.
        numbers = pd.to_numeric(values.astype(object)).astype("float64").round(6)
    except (TypeError, ValueError):
        raise ExpressionError(f"`{name}` is a text; compare it with a text in quotes") from None
    if signs.notna().any():
        return compares(sign, value, numbers, signs)
    return _known(compare(numbers, value), values)


def _known(answers: pd.Series, values: pd.Series) -> pd.Series:
    return answers.astype("boolean").mask(values.isna())

"""Functions of tables that remember what they gave, by the content of what they were given.

Under a hundred variants of one cut-off, all other factors compare the same patients.
"""

from __future__ import annotations

import functools
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import ParamSpec, TypeVar

import pandas as pd

P = ParamSpec("P")
T = TypeVar("T")

# One report makes some seventy comparisons; this keeps those of fifty reports.
BOUND = 4096

_forgetters: list[Callable[[], None]] = []


def remembered(function: Callable[P, T]) -> Callable[P, T]:
    """Make a pure function give again, within a process, what it gave for equal arguments.

    Tables are compared by their contents, all other arguments must be hashable. What comes back is
    shared, and must not be changed. The `BOUND` results that were asked for last are kept.
    """
    # functools.lru_cache asks for arguments that are hashable, which tables are not.
    known: OrderedDict[Hashable, T] = OrderedDict()
    _forgetters.append(known.clear)

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (
            tuple(_content(argument) for argument in args),
            tuple((name, _content(kwargs[name])) for name in sorted(kwargs)),
        )
        if key not in known:
            known[key] = function(*args, **kwargs)
        known.move_to_end(key)
        if len(known) > BOUND:
            known.popitem(last=False)
        return known[key]

    return wrapped


def forget() -> None:
    """Forget everything that functions remember."""
    for clear in _forgetters:
        clear()


def _content(argument: object) -> Hashable:
    if isinstance(argument, pd.DataFrame):
        # One number a row; a digest of them keeps a key small where there are a million.
        rows = pd.util.hash_pandas_object(argument, index=False, categorize=False).to_numpy()
        digest = hashlib.sha256(rows.tobytes()).digest()
        return tuple(argument.columns), tuple(str(kind) for kind in argument.dtypes), digest
    if not isinstance(argument, Hashable):
        raise TypeError(f"{type(argument).__name__} cannot be remembered by its content.")
    return argument

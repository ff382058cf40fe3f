"""Columns of Arrow as codes of their distinct values, which are few in most."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

# Lists of distinct values, one a chunk, are put together quickly where they are short.
_SHORT = 0.1


def distinct_and_codes(cells: pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """Give the distinct values of a column, and of each cell the place of its own; -1 where blank.

    Raises
    ------
    pyarrow.ArrowException
        For a kind of column that Arrow cannot encode.
    """
    if pa.types.is_null(cells.type):
        return pa.array([], pa.string()), np.full(len(cells), -1, dtype=np.int8)
    if pa.types.is_dictionary(cells.type) and cells.num_chunks > 1:
        if sum(len(chunk.dictionary) for chunk in cells.chunks) > _SHORT * len(cells):
            cells = cells.cast(cells.type.value_type)
        else:
            cells = cells.unify_dictionaries()
    if not pa.types.is_dictionary(cells.type):
        # All chunks get one list.
        cells = cells.dictionary_encode()
    if cells.num_chunks == 0:
        return pa.array([], cells.type.value_type), np.array([], dtype=np.int32)
    codes = [_codes(chunk.indices) for chunk in cells.chunks]
    return cells.chunk(0).dictionary, codes[0] if len(codes) == 1 else np.concatenate(codes)


def _codes(indices: pa.Array) -> np.ndarray:
    if indices.null_count:
        # Signed, of whatever kind the file has them.
        indices = indices.cast(pa.int32()).fill_null(-1)
    codes: np.ndarray = indices.to_numpy(zero_copy_only=False)
    return codes


def distinct_values(cells: pa.ChunkedArray) -> tuple[pd.Series, np.ndarray]:
    """Give the same with values as pandas has them, of any kind of column."""
    try:
        values, codes = distinct_and_codes(cells)
    except pa.ArrowException:
        # Of a kind that Arrow does not encode, such as intervals.
        codes, distinct = pd.factorize(_as_pandas(cells))
        return pd.Series(distinct), codes
    return _as_pandas(values), codes


def _as_pandas(values: pa.Array | pa.ChunkedArray) -> pd.Series:
    table = pa.table({"": values})
    return table.to_pandas(ignore_metadata=True, deduplicate_objects=False).iloc[:, 0].rename(None)


def give_back() -> None:
    """Give memory that is free back to the system, which counts it as used until then."""
    usual = pa.default_memory_pool()
    usual.release_unused()
    # Of the system's pool pyarrow releases what is free only while it is the default.
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        pa.default_memory_pool().release_unused()
    finally:
        pa.set_memory_pool(usual)

"""What tables say of one patient: records are found by the patient, whom codes stand for.

Identifiers of a dataset are read once: in every table they are codes of the same list of texts
(`category`), so that what is known of patients goes from one table to the rows of another by place.
Identifiers that are texts are found by their text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.study.variables import at_places

Tables = dict[str, pd.DataFrame]
ID = "patient_id"


def share_patients(tables: Mapping[str, pd.DataFrame]) -> Tables:
    """Give tables in which identifiers in codes are codes of one list, the patients' own first."""
    listed: pd.Index | None = None
    shared = dict(tables)
    # The list grows at its end: once more, for tables before those by which it grew.
    for _ in range(2):
        for name, frame in shared.items():
            if ID in frame and isinstance(frame[ID], pd.Series) and in_codes(frame[ID]):
                shared[name], listed = _sharing(frame, listed)
    return shared


def _sharing(frame: pd.DataFrame, listed: pd.Index | None) -> tuple[pd.DataFrame, pd.Index]:
    """Give a table with identifiers of a list, and the list with what it did not have."""
    ids = frame[ID].array
    own = ids.categories
    if listed is None or own is listed:
        return frame, own
    codes = ids.codes
    if not own.equals(listed[: len(own)]):
        place = listed.get_indexer(own)
        strange = np.flatnonzero(place < 0)
        place[strange] = len(listed) + np.arange(len(strange))
        listed = listed.append(own[strange]) if len(strange) else listed
        codes = np.append(place, -1)[codes]
    frame = frame.copy(deep=False)
    frame[ID] = pd.Series(at_places(codes, listed), index=frame.index)
    return frame, listed


def in_codes(ids: pd.Series) -> bool:
    """Tell whether identifiers are codes."""
    return isinstance(ids.dtype, pd.CategoricalDtype)


def of_each(ids: pd.Series, values: pd.Series, how: str) -> pd.Series:
    """Sum up the values of each patient: their `min`, `max`, `sum`, `nunique` or `last`.

    Parameters
    ----------
    ids, values
        Of the rows of one table.
    how
        A method of a group of pandas.

    Returns
    -------
    Series with patients as index, in no order that counts; missing where one has no row.
    """
    if not in_codes(ids):
        return values.groupby(ids).agg(how)
    summed = values.groupby(ids.array, observed=False).agg(how)
    summed.index = ids.cat.categories
    # Of nobody the sum is 0.
    return summed.where(_met(ids)) if how in ("sum", "nunique") else summed


def _met(ids: pd.Series) -> npt.NDArray[np.bool_]:
    """Tell of each patient of the list whether a row names them."""
    # One place more, for rows that name no patient.
    met = np.zeros(len(ids.cat.categories) + 1, dtype=bool)
    met[ids.cat.codes.to_numpy()] = True
    return met[:-1]


def first_of_each(ids: pd.Series, values: pd.Series) -> pd.Series:
    """Give a column by patient; of a patient who has several rows, the first, be it blank."""
    if not in_codes(ids):
        first = ids.notna() & ~ids.duplicated()
        return values[first].set_axis(pd.Index(ids[first]))
    codes = ids.cat.codes.to_numpy()
    rows = np.flatnonzero(codes >= 0)[::-1]
    # Of rows that are given to one place the last stays.
    place = np.full(len(ids.cat.categories), -1)
    place[codes[rows]] = rows
    return pd.Series(values.array.take(place, allow_fill=True), index=ids.cat.categories)


def extreme(known: Sequence[pd.Series], how: str) -> pd.Series:
    """Give the `min` or `max` of several values of each patient, of whom one may be missing."""
    first, *others = known
    if any(each.index is not first.index for each in others):
        return pd.concat(known).groupby(level=0).agg(how)
    for each in others:
        further = each < first if how == "min" else each > first
        first = first.mask(further | first.isna(), each)
    return first


def of_rows(ids: pd.Series, known: pd.Series) -> pd.Series:
    """Give to each row what is known of its patient; missing where nothing is.

    Parameters
    ----------
    ids
        The patient of each row.
    known
        By patient, each once.
    """
    if not in_codes(ids):
        return ids.map(known)
    listed = ids.cat.categories
    in_place = known if known.index is listed else known.reindex(listed)
    values = in_place.array.take(ids.cat.codes.to_numpy(), allow_fill=True)
    return pd.Series(values, index=ids.index)


def met_in(ids: pd.Series, others: pd.Series) -> pd.Series:
    """Tell which rows are of patients who stand in other rows, given by their identifiers."""
    if ids.empty:
        # A set of a million others would be made for nobody.
        return pd.Series(False, index=ids.index)
    shared = in_codes(ids) and in_codes(others)
    if not (shared and ids.cat.categories is others.cat.categories):
        return ids.isin(set(others.dropna()))
    met = np.append(_met(others), False)
    return pd.Series(met[ids.cat.codes.to_numpy()], index=ids.index)


def one_row_each(ids: pd.Series, frame: pd.DataFrame) -> pd.DataFrame:
    """Give the row of each patient in another table, without its identifier; blank without one."""
    columns = [name for name in frame.columns if name != ID]
    return pd.DataFrame(
        {name: of_rows(ids, first_of_each(frame[ID], frame[name])) for name in columns},
        index=ids.index,
        copy=False,
    )


def with_columns(frame: pd.DataFrame, columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Give a table with other columns, as `assign` does; those that stay are not copied."""
    made = {**{str(name): frame[name] for name in frame.columns}, **columns}
    return pd.DataFrame(made, index=frame.index, copy=False)


def in_words(frame: pd.DataFrame, without: Sequence[str] = ()) -> pd.DataFrame:
    """Give a table with its codes as the texts that they stand for.

    Levels, which have an order, stay as they are.
    """
    made = {
        name: texts_of(column) if name not in without else column for name, column in frame.items()
    }
    return pd.DataFrame(made, index=frame.index, copy=False)


def texts_of(column: pd.Series) -> pd.Series:
    """Give a column with its codes as the texts that they stand for."""
    if not in_codes(column) or column.cat.ordered:
        return column
    texts = np.append(column.cat.categories.to_numpy(dtype=object), np.nan)
    return pd.Series(texts[column.cat.codes.to_numpy()], index=column.index, name=column.name)

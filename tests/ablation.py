"""Take columns and tables from a dataset as if they had been declared not recorded."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.cohort import derive, rules
from analysis.cohort.model import Dataset
from analysis.cohort.schema import tables_of
from analysis.estimates import drawn, whole
from analysis.study.columns import empty
from analysis.study.keys import KEY
from analysis.study.parameters import Parameters
from analysis.study.study import Study

# What names a row of the patients; without it there is nothing to read.
IDENTIFIER = "patient_id"


def sources(dataset: Dataset) -> list[str]:
    """Give everything that a dataset may not record: `table`, and `table.column`."""
    found = []
    for name, table in tables_of(dataset.study).items():
        if dataset.tables[name].empty:
            continue
        if name != "patients":
            found.append(name)
        recorded = dataset.tables[name].columns[dataset.tables[name].notna().any()]
        found += [
            f"{name}.{column}"
            for column in table.schema.columns
            if column in recorded and column != IDENTIFIER
        ]
    return found


def without(dataset: Dataset, *gone: str) -> Dataset:
    """Give the dataset as it is read when what is named is declared not recorded."""
    schema = tables_of(dataset.study)
    tables = dict(dataset.tables)
    declared = dict(dataset.description.not_recorded)
    for source in sorted(gone, key=lambda name: "." not in name):
        name, _, column = source.partition(".")
        if not column:
            tables[name], declared[name] = empty(schema[name]), "all"
        elif declared.get(name) != "all":
            blank = empty(schema[name])[column].reindex(tables[name].index)
            tables[name] = tables[name].assign(**{column: blank})
            declared[name] = [*declared.get(name, []), column]
    description = dataset.description.model_copy(update={"not_recorded": declared})
    return replace(dataset, tables=tables, description=description)


def estimates(dataset: Dataset, parameters: Parameters) -> pd.DataFrame:
    """Give the estimates of a dataset by their keys."""
    assert rules.broken(dataset.tables, dataset.description) == []
    cohort = derive.cohort(dataset, parameters)
    figures = (drawn.of_response(cohort), drawn.of_courses(cohort))
    found = [whole.estimate(cohort, parameters), *(rows for rows in figures if not rows.empty)]
    return pd.concat(found, ignore_index=True).set_index(list(KEY))


def changed(base: pd.DataFrame, ablated: pd.DataFrame) -> pd.DataFrame:
    """Give the rows that are in both, whose number is another, and that do not say so.

    A row may go. One that stays has the number it had, or a method that tells what stands in.
    """
    both = ablated.join(base, rsuffix="_before", how="inner")
    same = (both["value"] == both["value_before"]) | (
        both["value"].isna() & both["value_before"].isna() & both["n_before"].notna()
    )
    same &= (both["n"] == both["n_before"]).fillna(both["n"].isna() & both["n_before"].isna())
    told = (both["method"] != both["method_before"]) & (both["method"] != "")
    return both.loc[
        ~same.astype(bool) & ~told, ["value", "value_before", "n", "n_before", "method"]
    ]


def new(base: pd.DataFrame, ablated: pd.DataFrame, study: Study) -> list[object]:
    """Give keys that were not there before, but for those of what is declared to stand in.

    A test that is exact where few events are expected may come where another day stands in; its
    method says so.
    """
    instead = {factor.stand_in for factor in study.factors} | set(study.stand_ins.values())
    instead |= {endpoint.stand_in for endpoint in study.endpoints}
    fresh = ablated.index.difference(base.index)
    named = pd.MultiIndex.to_frame(fresh)
    told = named["group"].isin(instead) | named["variable"].isin(instead)
    told |= ablated.loc[fresh, "method"].str.contains(", since .+ not recorded", regex=True)
    return list(fresh[~told.to_numpy()])

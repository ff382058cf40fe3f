"""The data dictionary, written from the schema of a study."""

from __future__ import annotations

from analysis.cohort.rules import RULES
from analysis.cohort.schema import tables_of
from analysis.study.columns import expected, is_optional
from analysis.study.study import Study

_INTRODUCTION = """\
# Data dictionary

Written by `make dictionary` from `analysis/cohort/schema.py` and `analysis/cohort/rules.py`;
edit those, not this file.

A dataset is a folder with the tables below, each as CSV (UTF-8, a header, `,` between cells)
or Parquet, and a file `dataset.yaml`. `make DATASET=path/to/folder` builds its report;
`make check DATASET=path/to/folder` only checks it and lists every fault.

- Dates are written `YYYY-MM-DD`. Answers are `yes` or `no`. Decimals have a point.
- A blank cell means: not recorded for this patient (for the date of an event: it did not happen).
- Lines before the header that start with `#` are remarks on the file.
- A column or a table that the dataset does not have is named in `dataset.yaml`, so that a
  forgotten file is never mistaken for one that was never collected.

```yaml
title: Our cohort, 2018 to 2021     # shown on every page
notice: ""                          # a line below it, may be left out
synthetic: false
data_cutoff: 2023-06-30             # no date is after it, may be left out
eligibility_applies: true           # false: the criteria of Methods 2.2 are not applied
not_recorded:                       # may be left out
  patients: [ivc_thrombus]
  adverse_events: all
```

What is not recorded is left out of the report with a line that says so.

Folders here: `synthetic/`, the cohort made by `make synthetic` (no real patient is in it);
`hepatocellular/`, which maps the columns of 227 real, published patients that a Python package
carries and holds none of their data; `article/`, the numbers that the article prints.
"""


def dictionary(study: Study) -> str:
    """Give the data dictionary of a study in Markdown."""
    parts = [_INTRODUCTION]
    for table in tables_of(study).values():
        may = " (may be left out)" if table.optional else ""
        parts.append(f"## {table.name}{may}\n\nOne row is {table.one_row_is}.\n")
        parts.append("| column | what it is | values | unit | may be blank |")
        parts.append("| --- | --- | --- | --- | --- |")
        for name, column in table.schema.columns.items():
            blank = (
                "column may be left out"
                if is_optional(column)
                else ("yes" if column.nullable else "no")
            )
            unit = (column.metadata or {}).get("unit", "")
            parts.append(
                f"| `{name}` | {column.description} | {expected(column)} | {unit} | {blank} |"
            )
        parts.append("")
    parts.append("## Rules between columns and tables\n")
    parts += [f"- {rule.sentence}" for rule in RULES]
    return "\n".join(parts) + "\n"


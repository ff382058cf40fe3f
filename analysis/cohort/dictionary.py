"""The data dictionary, written from the schema of a study."""

from __future__ import annotations

from analysis.cohort.rules import RULES
from analysis.cohort.schema import tables_of
from analysis.study.columns import expected, is_optional
from analysis.study.study import Study

_INTRODUCTION = """\
# Data dictionary

Written by `make dictionary` from `analysis/cohort/schema.py`, `analysis/cohort/rules.py` and the
study's own columns; edit those, not this file.

A dataset is a folder with a file `dataset.yaml` and the tables below: each as a file named after
it (CSV, Parquet, a workbook, SPSS, Stata or SAS), or as a sheet of one workbook, or made from files
of another shape as `dataset.yaml` declares
([docs/your_own_patients.md](../docs/your_own_patients.md)).
`make DATASET=path/to/folder` builds its report; `make check DATASET=path/to/folder` only checks it
and lists every fault, a line a cause.

- Dates are written with the year first (`2020-01-31`, `2020/1/31`, `2020年1月31日`); other formats
  are declared. Answers are `yes` or `no`. Decimals have a point, or a comma where nothing else can
  be meant.
- Headers, answers and levels are recognised in capitals or not.
- A blank cell means: not recorded for this patient (for the date of an event: it did not happen;
  for the last dose of a checkpoint inhibitor: it goes on).
- `<1.2` and `>100000` stay limits: a median or a maximum that rests on one says so, and a patient
  whose side of a cut a limit leaves open is on neither.
- Of episodes of one adverse event the worst counts; terms have their CTCAE name (`Diarrhoea` counts
  as `Diarrhea`).
- Every row has as many cells as the header, and every cell of a table is one line. A table stands
  in one file; texts are in UTF-8.
- Texts are taken as they look: spaces around them count for nothing, and what cannot be seen is a
  fault.
- Lines before the header that start with `#` are remarks on the file.
- A column or a table that the dataset does not have is named in `dataset.yaml`, so that a
  forgotten file is never mistaken for one that was never collected; one that is named so and is
  there is a fault, and so is a file whose name is nearly that of a table.
- Agents, sites and techniques may be any; known ones are recognised in capitals or not, and what
  looks like a slip of a known one is asked about.

```yaml
title: Our cohort, 2018 to 2024     # shown on every page
question: ""                        # what the report asks, may be left out
notice: ""                          # a line below the title, may be left out
synthetic: false
data_cutoff: 2023-06-30             # no date is after it, may be left out
compare_with_article: false         # true: with the article's numbers, criteria and axes of figures
disclosure: OpenSAFELY              # rules of `make release`; or ACRO; none: no control at all
what_if: false                      # true: pages carry the patients, to move settings in them
eligibility_applies: false          # true: leave out who fails the article's criteria
not_recorded:                       # may be left out
  patients: [ecog]
  adverse_events: all
```

What is not recorded is left out of the report with a line that says so: an endpoint without the
date of its event or of its censoring, a treatment mode without the end of radiotherapy, grades that
nobody wrote down. Some things stand in for others, and say so: the start of the one treatment that
is recorded, or enrolment, for the first treatment; categories of response for sums of diameters,
and the other way round. A column of patients, assessments or adverse events that is
blank for everybody is not recorded. A table of adverse events with a header and no rows says that
nothing happened to anybody.

The report is about these patients alone unless `compare_with_article` asks for the article's
numbers beside theirs: then its title is the article's, each published number gets a verdict, and
the article's criteria of eligibility are applied unless `eligibility_applies` says otherwise.

With `what_if: true` pages carry what is analysed of each patient, without identity and dates, so
that cut-offs, parts of the patients, endpoints and methods can be moved in them. Synthetic patients
are carried unless it says `false`; a release never carries any.

`make check` lists the faults; where there is none it says how many patients were read, admitted and
analysed by endpoint, what one more column would add to the report, and asks about what looks wrong:
numbers such as 9999, sums of diameters too small for millimetres, months entered as days, what is
recorded twice and differs.

## What a dataset can declare besides

Each of these is optional, and needs no code: what is declared appears in Table 1, Table 5, the
forest plot, curves on demand (`curves_of`), the sensitivity analyses and the estimates.

```yaml
study: own                          # columns, factors and endpoints declared here alone; without
                                    # this line they are added to those of the tables below

factors:                            # columns of patients.csv, recorded here or in the tables below
  - {column: bilirubin, label: Bilirubin, unit: µmol/L, cut: "> 17"}   # moved by bilirubin_cutoff
  - {column: sex, name: female, label: Female, level: female}          # one level against the rest
  - column: bclc                                                       # several levels
    label: BCLC stage
    levels: {A: BCLC A, B: BCLC B, C: BCLC C}                          # code: words
    reference: A

endpoints:
  - name: TTP                       # from dates of follow_up.csv (or others named …_date)
    label: Time to progression
    event: progression_date         # or several: the earliest is the event
    censored: last_imaging_date
    competing: death_date           # after which it cannot come; may be left out
    time_zero: enrolment_date       # if not the report's
  - name: LPFS                      # from a duration in patients.csv: days, weeks, months or years
    label: Local progression-free survival
    months: lpfs_months
    event: {column: lpfs_status, is: 1}
    competing: 2
    factors: false                  # not in Table 5

arm: {column: arm, label: Treatment, levels: {A: Arm A, B: Arm B}}     # the first is the reference

agents: [durvalumab]                # checkpoint inhibitors to list even where nobody had them
targeted_agents: [bevacizumab]
techniques: [SBRT]
sites: [spleen]

subgroups:                          # reported, and names for the parameter `population`
  Fit, under 60: ecog == 0 and age_years < 60
```

Codes stand as they are in the file; YAML's `yes`, `no` and numbers are taken for the text. A
subgroup is an expression over the columns of the patients: names, numbers, texts in quotes,
comparisons, `in`, `and`, `or`, `not`.

Folders here: `synthetic/`, the cohort made by `make synthetic` (no real patient is in it);
`article/`, the numbers that the article prints; others, each a study of its own that maps the
columns of real, published patients which a Python package carries, and holds none of their data.
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

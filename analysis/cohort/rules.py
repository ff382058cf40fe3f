"""Rules that hold between columns and between tables.

Each rule is a sentence that a person can check and a function that gives the rows that break
it. The sentences are part of the data dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.cohort.by_patient import (
    extreme,
    first_of_each,
    met_in,
    of_each,
    of_rows,
    with_columns,
)
from analysis.cohort.description import Description
from analysis.cohort.faults import Fault
from analysis.cohort.intake import units
from analysis.cohort.intake.sheet import by_value
from analysis.cohort.schema import TABLE_KEYS
from analysis.study import endpoints
from analysis.study.keys import YES
from analysis.study.months import DAYS_PER_MONTH

Tables = dict[str, pd.DataFrame]

OVERALL = endpoints.OVERALL.name
# Nobody is known to have lived longer than 122 years; the oldest of any trial are younger.
OLDEST = 120
# A month of 30 days and one of 30.4375 differ by 1.4 %.
_MONTHS_DIFFER = 0.015
_CONTACT = "last_contact_date"
# What is left of decimals of a month times 30.4375.
_NOISE = 1e-6


@dataclass(frozen=True)
class Rule:
    """A named rule: `breaks` gives the faults of the tables against it.

    One that holds `to_the_day` is not asked of dates that were imputed.
    """

    name: str
    sentence: str
    breaks: Callable[[Tables, Description], Iterable[Fault]]
    to_the_day: bool = False


def broken(
    tables: Tables, description: Description, imputed: Mapping[str, pd.DataFrame] | None = None
) -> list[Fault]:
    """Give every fault of the tables against every rule.

    Parameters
    ----------
    tables, description
        Of the dataset, with every column of the schema.
    imputed
        Table to column to a flag where a date was imputed, by row.
    """
    known = dict(tables)
    for name, flags in (imputed or {}).items():
        days = tables[name]
        exact = {each: days[each].mask(flags[each].notna()) for each in map(str, flags.columns)}
        known[name] = with_columns(days, exact) if exact else days
    return [
        fault
        for rule in RULES
        for fault in rule.breaks(known if rule.to_the_day else tables, description)
    ]


def _show(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _faults(
    table: str,
    frame: pd.DataFrame,
    wrong: pd.Series,
    column: str,
    words: Callable[[int], str],
    cause: str = "",
) -> list[Fault]:
    if not bool(wrong.any()):
        return []
    return [
        Fault(table, int(row), column, _show(frame.loc[row, column]), words(int(row)), cause)
        for row in frame.index[wrong.fillna(False).astype(bool)]
    ]


def _against(
    table: str, frame: pd.DataFrame, wrong: pd.Series, column: str, words: str, values: pd.Series
) -> list[Fault]:
    """Give faults of cells that are held against other values, which stand behind the words."""
    return _faults(
        table, frame, wrong, column, lambda row: f"{words}, {_show(values[row])}", cause=words
    )


def _once(tables: Tables, _: Description) -> list[Fault]:
    faults = []
    for name, (one_row_is, columns) in TABLE_KEYS.items():
        frame, key = tables[name], list(columns)
        if not frame.duplicated(key).any():
            continue
        known = frame[key].dropna()
        again = known[known.duplicated(keep=False)]
        for _key, same in again.groupby(key, sort=False, observed=True):
            first, *others = map(int, same.index)
            faults += [
                Fault(
                    name,
                    row,
                    " + ".join(key),
                    " + ".join(map(str, same.iloc[0])),
                    f"one row for {one_row_is}; row {first} has it already",
                )
                for row in others
            ]
    return faults


def _orphans(tables: Tables, _: Description) -> list[Fault]:
    patients = tables["patients"]["patient_id"]
    faults = []
    for name, frame in tables.items():
        if name == "patients":
            continue
        of = frame["patient_id"]
        stray = of.notna() & ~met_in(of, patients)
        if not stray.any():
            continue
        shortened = {_without_zeros(each) for each in patients.dropna()}
        padded = stray & of.where(stray).map(_without_zeros, na_action="ignore").isin(shortened)
        faults += _faults(
            name, frame, stray & padded, "patient_id", lambda _: PADDED_IDS, cause=PADDED_IDS
        )
        faults += _faults(
            name,
            frame,
            stray & ~padded,
            "patient_id",
            lambda _: "a patient_id of the patients table",
        )
    return faults


PADDED_IDS = (
    "a patient_id of the patients table; these differ from its own by leading zeros alone, which a "
    "spreadsheet drops from numbers: keep the column as text in every table"
)


def _without_zeros(patient_id: object) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", str(patient_id))


def _followed(tables: Tables, description: Description) -> list[Fault]:
    if description.lacks("follow_up"):
        return []
    patients, followed = tables["patients"], tables["follow_up"]["patient_id"]
    of = patients["patient_id"]
    # Who is followed under an id without its zeros is told of once, by that id.
    known = met_in(of, followed)
    if not known.all():
        padded = followed[~met_in(followed, of)].map(_without_zeros, na_action="ignore").dropna()
        known |= of.where(~known).map(_without_zeros, na_action="ignore").isin(set(padded))
    return _faults(
        "patients",
        patients,
        of.notna() & ~known,
        "patient_id",
        lambda _: "a row of follow_up for the patient, blank where nothing is known",
    )


def first_treatment(tables: Tables) -> pd.Series:
    """Give the first day of treatment (radiotherapy or immunotherapy) by patient_id."""
    starts = [
        of_each(tables[name]["patient_id"], tables[name]["start_date"], "min")
        for name in ("radiotherapy", "immunotherapy")
    ]
    return extreme(starts, "min")


def _start_is_known(description: Description) -> bool:
    """Tell whether it is known which treatment came first."""
    return not any(
        description.lacks(table, "start_date") for table in ("radiotherapy", "immunotherapy")
    )


def _not_before_treatment(tables: Tables, description: Description) -> list[Fault]:
    if not _start_is_known(description):
        return []
    follow_up = tables["follow_up"]
    start = of_rows(follow_up["patient_id"], first_treatment(tables))
    faults = []
    for column in follow_up.columns:
        if column.endswith("_date"):
            # Imaging may be older than treatment in a patient who was not imaged again.
            if column == "last_imaging_date":
                continue
            faults += _against(
                "follow_up",
                follow_up,
                follow_up[column] < start,
                column,
                "a day on or after the first treatment",
                start,
            )
    return faults


def _onset_in_follow_up(tables: Tables, description: Description) -> list[Fault]:
    events, follow_up = tables["adverse_events"], tables["follow_up"]
    start = of_rows(events["patient_id"], first_treatment(tables))
    early = (events["onset_date"] < start) & _start_is_known(description)
    # An event may begin after the last contact of a patient whose death is known from elsewhere.
    seen = follow_up["death_date"].fillna(follow_up["last_contact_date"])
    end = of_rows(events["patient_id"], of_each(follow_up["patient_id"], seen, "max"))
    late = events["onset_date"] > end
    return [
        fault
        for wrong, words, day in (
            (early, "a day on or after the first treatment", start),
            (late, "a day on or before death or last contact", end),
        )
        for fault in _against("adverse_events", events, wrong, "onset_date", words, day)
    ]


def _in_order(table: str, earlier: str, later: str) -> Rule:
    def breaks(tables: Tables, _: Description) -> list[Fault]:
        frame = tables[table]
        wrong = frame[earlier] > frame[later]
        if later == "death_date" and earlier != _CONTACT:
            # Where there is a last contact, it is between the two, and is told of.
            wrong &= frame[_CONTACT].isna()
        return _against(table, frame, wrong, earlier, f"a day on or before {later}", frame[later])

    return Rule(
        f"{table}: {earlier} <= {later}",
        f"In {table}, {earlier} is on or before {later}.",
        breaks,
    )


def _by_patient(frame: pd.DataFrame, column: str) -> pd.Series:
    """Give a column by patient_id; of a patient who stands there twice, the first."""
    return first_of_each(frame["patient_id"], frame[column])


def _born_first(tables: Tables, _: Description) -> list[Fault]:
    birth = _by_patient(tables["patients"], "birth_date")
    faults = []
    for name, frame in tables.items():
        own = of_rows(frame["patient_id"], birth)
        for column in map(str, frame.columns):
            # Of enrolment another rule speaks.
            if column.endswith("_date") and column not in ("birth_date", "enrolment_date"):
                faults += _against(
                    name, frame, frame[column] < own, column, "a day on or after birth", own
                )
    return faults


def _not_too_old(tables: Tables, _: Description) -> list[Fault]:
    patients = tables["patients"]
    lived = (patients["enrolment_date"] - patients["birth_date"]).dt.days.astype("float64")
    return _faults(
        "patients",
        patients,
        lived >= (OLDEST + 1) * DAYS_PER_MONTH * 12,
        "birth_date",
        lambda _: f"an age of at most {OLDEST} years at enrolment",
    )


def _dead_end(tables: Tables, description: Description) -> list[Fault]:
    death = _by_patient(tables["follow_up"], "death_date")
    if _start_is_known(description):
        # Of death before all treatment another rule speaks.
        death = death.mask(death < first_treatment(tables).reindex(death.index))
    declared = {
        name
        for endpoint in description.endpoints
        if isinstance(endpoint.event, tuple) and not endpoint.duration
        for name in endpoint.event
    }
    faults = []
    for name, columns in (
        ("patients", {"enrolment_date", *declared}),
        ("radiotherapy", {"start_date", "end_date"}),
        ("immunotherapy", {"start_date", "end_date"}),
        ("follow_up", declared - {"death_date", *(early for _, early, _ in ORDER)}),
    ):
        frame = tables[name]
        end = of_rows(frame["patient_id"], death)
        for column in sorted(columns & set(frame.columns)):
            faults += _against(
                name, frame, frame[column] > end, column, "a day on or before death_date", end
            )
    return faults


def _percentages(tables: Tables, _: Description) -> list[Fault]:
    doses = tables["organ_doses"]
    wrong = doses["metric"].str.endswith("_percent") & (doses["value"] > 100)
    return _faults("organ_doses", doses, wrong, "value", lambda _: "at most 100 percent")


def _rounding(values: pd.Series) -> pd.Series:
    """Give half a unit of the last decimal of numbers as they are written: 0.05 of 33.5.

    Examples
    --------
    >>> _rounding(pd.Series([33.0, 33.5, 0.25])).tolist()
    [0.5, 0.05, 0.005]
    """

    def half(value: float) -> float:
        _, _, decimals = f"{value:.6f}".rstrip("0").partition(".")
        return 0.5 / 10.0 ** len(decimals)

    return by_value(values.astype("float64"), lambda each: each.map(half).astype("float64"))


def _mean_within_maximum(tables: Tables, _: Description) -> list[Fault]:
    doses = tables["organ_doses"]
    where = ["patient_id", "organ"]
    highest = doses[doses["metric"] == "Dmax_Gy"].drop_duplicates(where)
    highest = highest.assign(most=highest["value"] + _rounding(highest["value"]))
    most = doses[where].merge(highest[[*where, "most"]], on=where, how="left")["most"]
    most.index = doses.index
    wrong = (doses["metric"] == "Dmean_Gy") & (doses["value"] - _rounding(doses["value"]) > most)
    return _faults(
        "organ_doses", doses, wrong, "value", lambda _: "at most the Dmax_Gy of the same organ"
    )


def _volumes_fall(tables: Tables, _: Description) -> list[Fault]:
    doses = tables["organ_doses"]
    parts = doses["metric"].str.extract(r"^V([\d.]+)_(mL|percent)$")
    of = pd.DataFrame(
        {
            "patient_id": doses["patient_id"],
            "organ": doses["organ"],
            "unit": parts[1],
            "dose": parts[0].astype("float64"),
            "least": doses["value"] - _rounding(doses["value"]),
            "most": doses["value"] + _rounding(doses["value"]),
        }
    ).dropna()
    of = of.drop_duplicates(["patient_id", "organ", "unit", "dose"]).sort_values("dose")
    group = [of[name] for name in ("patient_id", "organ", "unit")]
    least = of["most"].groupby(group, sort=False, observed=True).cummin()
    before = least.groupby(group, sort=False, observed=True).shift()
    wrong = (of["least"] > before).reindex(doses.index, fill_value=False)
    return _faults(
        "organ_doses",
        doses,
        wrong,
        "value",
        lambda _: "at most the volume that got a lower dose, in the same organ",
    )


def _month_or_day(days: pd.Series) -> float:
    """Give the unit that times in days were told in: a day where all are whole, else a month."""
    return 1.0 if bool((days.dropna() % 1 == 0).all()) else DAYS_PER_MONTH


def _units(description: Description) -> list[float]:
    """Give the units, in days, that `dataset.yaml` declares times of time_to_event to be in."""
    declared = [
        part.made["days"]
        for part in description.tables.get("time_to_event", ())
        if "days" in part.made
    ]
    found = {
        float(units.factor(column.unit, "days") or 1) if column.unit else column.times or 1.0
        for column in declared
    }
    return sorted(found)


def _within_survival(tables: Tables, description: Description) -> list[Fault]:
    times = tables["time_to_event"]
    others = {declared.name for declared in description.endpoints if declared.time_zero}
    overall = times[times["endpoint"] == OVERALL]
    # Of other endpoints nobody says that they begin when survival does.
    asked = times[times["endpoint"].str.endswith("FS") & ~times["endpoint"].isin(others)]
    end = of_rows(asked["patient_id"], _by_patient(overall, "days"))
    known = _units(description)
    told = known or sorted({_month_or_day(overall["days"]), _month_or_day(asked["days"])})
    # Numbers of one unit keep their order when they are rounded.
    leeway = told[-1] if len(told) > 1 else _NOISE
    return _faults(
        "time_to_event",
        asked,
        asked["days"] > end + leeway,
        "days",
        lambda row: f"at most the days of {OVERALL}, {end[row]:g}, at which observation ends",
        cause=f"at most the days of {OVERALL} of the patient, at which observation ends",
    )


def _durations_within_survival(tables: Tables, description: Description) -> list[Fault]:
    patients, faults = tables["patients"], []
    declared = {endpoint.name: endpoint for endpoint in description.endpoints}
    for unit in ("days", "weeks", "months", "years"):
        overall = getattr(declared.get(OVERALL), unit, None)
        for name, endpoint in declared.items():
            own = getattr(endpoint, unit)
            # Of other endpoints nobody says that they begin when survival does.
            if not (overall and own and name != OVERALL and name.endswith("FS")):
                continue
            longest = patients[overall]
            longer = patients[own] > longest + _NOISE
            faults += _against("patients", patients, longer, own, f"at most {overall}", longest)
    return faults


def _dies_once(tables: Tables, description: Description) -> list[Fault]:
    """Find who died by time_to_event long before follow_up has them die, or sees them alive."""
    if description.lacks("follow_up", "death_date"):
        return []
    times, follow_up = tables["time_to_event"], tables["follow_up"]
    died = times[(times["endpoint"] == OVERALL) & (times["event"] == YES)]
    seen = follow_up[["death_date", "last_contact_date"]].max(axis=1)
    seen = _by_patient(follow_up.assign(seen=seen), "seen")
    begun = {
        how: extreme(
            [
                of_each(tables[name]["patient_id"], tables[name][column], how)
                for name, columns in (
                    ("patients", ["enrolment_date"]),
                    ("radiotherapy", ["start_date", "end_date"]),
                    ("immunotherapy", ["start_date"]),
                )
                for column in columns
                if column in tables[name]
            ],
            how,
        )
        for how in ("min", "max")
    }
    ids = died["patient_id"]
    end, zero = of_rows(ids, seen), of_rows(ids, first_treatment(tables))
    # From whatever day survival is counted, it is at least the time from the last of these.
    least = (end - of_rows(ids, begun["max"])).dt.days
    since = (end - zero.fillna(of_rows(ids, begun["min"]))).dt.days
    unit = max([*_units(description), _month_or_day(died["days"])])
    leeway = (_MONTHS_DIFFER * least).clip(lower=unit)
    return _faults(
        "time_to_event",
        died,
        died["days"] < least - leeway,
        "days",
        lambda row: (
            f"what follow_up has, or no row: {OVERALL} of {died.loc[row, 'patient_id']} is "
            f"{since[row]:g} days by follow_up"
        ),
    )


def _death_has_cause(tables: Tables, description: Description) -> list[Fault]:
    if description.lacks("follow_up", "death_date"):
        return []
    frame = tables["follow_up"]
    odd = frame["cause_of_death"].notna() & frame["death_date"].isna()
    return _faults(
        "follow_up", frame, odd, "cause_of_death", lambda _: "no cause where there is no death_date"
    )


def _grade_five(tables: Tables, description: Description) -> list[Fault]:
    if description.lacks("follow_up", "death_date"):
        return []
    events, follow_up = tables["adverse_events"], tables["follow_up"]
    dead = follow_up.loc[follow_up["death_date"].notna(), "patient_id"]
    odd = (events["grade"] == 5) & ~met_in(events["patient_id"], dead)
    return _faults(
        "adverse_events", events, odd, "grade", lambda _: "grade 5 only in a patient who died"
    )


def _after_cutoff(tables: Tables, description: Description) -> list[Fault]:
    if description.data_cutoff is None:
        return []
    cutoff = pd.Timestamp(description.data_cutoff)
    faults = []
    for name, frame in tables.items():
        for column in frame.columns:
            if column.endswith("_date"):
                faults += _faults(
                    name,
                    frame,
                    frame[column] > cutoff,
                    column,
                    lambda _: f"a day on or before the data cut-off, {_show(cutoff)}",
                )
    return faults


# Table, and which of its dates is on or before which.
ORDER: tuple[tuple[str, str, str], ...] = (
    ("patients", "birth_date", "enrolment_date"),
    ("radiotherapy", "start_date", "end_date"),
    ("immunotherapy", "start_date", "end_date"),
    ("follow_up", "progression_date", "in_field_relapse_date"),
    ("follow_up", "progression_date", "out_field_relapse_date"),
    ("follow_up", "progression_date", "last_contact_date"),
    ("follow_up", "in_field_relapse_date", "last_imaging_date"),
    ("follow_up", "out_field_relapse_date", "last_imaging_date"),
    ("follow_up", "last_imaging_date", "last_contact_date"),
    ("follow_up", "last_contact_date", "death_date"),
    # Where there is no last contact between them.
    ("follow_up", "progression_date", "death_date"),
    ("follow_up", "in_field_relapse_date", "death_date"),
    ("follow_up", "out_field_relapse_date", "death_date"),
    ("follow_up", "last_imaging_date", "death_date"),
)

RULES: list[Rule] = [
    Rule("one row each", "No table has two rows with the same key.", _once),
    Rule("no orphans", "Every patient_id is in the patients table.", _orphans),
    Rule("everyone is followed", "Every patient has a row in follow_up.", _followed),
    Rule(
        "treatment first",
        "Progression, relapse, last contact and death are not before the first treatment.",
        _not_before_treatment,
    ),
    Rule(
        "events in follow-up",
        "An adverse event begins on or after the first treatment, and not after death or last "
        "contact.",
        _onset_in_follow_up,
    ),
    *(_in_order(*each) for each in ORDER),
    Rule(
        "a cause needs a death",
        "In follow_up, a cause of death stands only beside a date of death.",
        _death_has_cause,
    ),
    Rule("grade 5 is death", "A patient with a grade 5 adverse event has died.", _grade_five),
    Rule(
        "birth first",
        "No date of a patient is before birth.",
        _born_first,
        to_the_day=True,
    ),
    Rule("ages", f"Nobody is older than {OLDEST} years at enrolment.", _not_too_old),
    Rule(
        "death last",
        "Enrolment, treatment and the events of declared endpoints are not after death.",
        _dead_end,
    ),
    Rule("shares", "In organ_doses, a volume in percent is at most 100.", _percentages),
    Rule(
        "mean dose",
        "In organ_doses, a mean dose is at most the maximum dose of the organ, as far as both are "
        "rounded.",
        _mean_within_maximum,
    ),
    Rule(
        "dose and volume",
        "In organ_doses, no volume is larger than one that got a lower dose, as far as both are "
        "rounded.",
        _volumes_fall,
    ),
    Rule(
        "observation ends",
        f"In time_to_event, no time of an endpoint named ...FS is longer than that of {OVERALL}, "
        "which ends with death or the last contact; where the two are told in different units, by "
        "more than the larger unit.",
        _within_survival,
    ),
    Rule(
        "observation ends, in durations",
        f"In patients, no duration of an endpoint named ...FS is longer than that of {OVERALL}, "
        "where both are in one unit.",
        _durations_within_survival,
    ),
    Rule(
        "one death",
        f"Who dies by {OVERALL} in time_to_event is not alive in follow_up later. Days may be "
        "counted from enrolment, or the first or last day of any treatment; they may differ by one "
        "unit in which they are told (a day, a week, a month), and by 1.5 %, since months of 30 "
        "days are used too.",
        _dies_once,
        to_the_day=True,
    ),
    Rule("one cut-off", "No date is after the data cut-off of dataset.yaml.", _after_cutoff),
]

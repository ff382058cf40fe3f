"""No column is proposed wrongly without a question, whatever the workbook looks like."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.cohort.draft.fit import UNANSWERED
from analysis.cohort.draft.guess import guess
from analysis.cohort.draft.match import Matcher, Strength
from analysis.cohort.draft.vocabulary import GENERAL
from analysis.cohort.draft.words import Reader
from analysis.cohort.intake.fields import read_yaml
from analysis.cohort.intake.sheet import Sheet, from_rows
from analysis.cohort.schema import tables_of
from analysis.zhai_2025.study import STUDY
from tests.cohort.draft.hospital import NAME, hospital
from tests.cohort.draft.judged import Judged, drafted, judge
from tests.cohort.draft.workbooks import workbook

SEEDS = range(24)


def sheet(columns: dict[str, list[str]], name: str = "book.xlsx") -> Sheet:
    table = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    return from_rows(name, table, range(1, len(table) + 1))


def patients(n: int = 30, **columns: list[str]) -> Sheet:
    """A row a patient such as the article's; what a column has is repeated to fill it."""
    of_the_study = {
        **{name: ["yes", "no"] for name in ("Cirrhosis", "HBsAg", "HCV", "EHM", "Antiviral")},
        "RT dose (Gy)": ["50", "60"],
    }
    filled = {name: (cells * n)[:n] for name, cells in (of_the_study | columns).items()}
    return sheet({"ID": [f"P{i}" for i in range(n)], **filled})


def others(**columns: list[str]) -> Sheet:
    """A row a patient of another disease."""
    filled = {name: (cells * 30)[:30] for name, cells in columns.items()}
    return sheet({"ID": [f"P{i}" for i in range(30)], **filled})


def lines(text: str, column: str) -> list[str]:
    return [
        line.strip() for line in text.splitlines() if line.strip(" -#?").startswith(column + ":")
    ]


@pytest.fixture(scope="module")
def judgements() -> list[tuple[int, Judged, int]]:
    found = []
    for seed in SEEDS:
        book = workbook(seed)
        proposable = sum(bool(targets) for targets in book.of.values())
        found.append((seed, judge(book), proposable))
    return found


def test_nothing_is_proposed_wrongly_without_a_question(
    judgements: list[tuple[int, Judged, int]],
) -> None:
    assert {seed: judged.wrong for seed, judged, _ in judgements if judged.wrong} == {}


def test_most_columns_are_proposed_rightly(judgements: list[tuple[int, Judged, int]]) -> None:
    columns = sum(n for _, _, n in judgements)
    right = sum(len(judged.right) for _, judged, _ in judgements)
    asked = sum(len(judged.asked - judged.right) for _, judged, _ in judgements)
    assert columns > 1000
    assert right > 0.5 * columns
    assert right + asked > 0.75 * columns


def test_a_wrong_proposal_is_seen() -> None:
    """The judge finds a column that is another, and values that are read as others."""
    book = hospital()
    book.of[NAME, "ECOG"] = set()
    assert judge(book).wrong == [f"{NAME}: ECOG is taken for patients.ecog"]
    book = hospital()
    turned = {("0001", "female"), ("0002", "male")}
    book.true["patients.sex"] = turned
    assert [line.split(" reads")[0] for line in judge(book).wrong] == [f"{NAME}: patients.sex"]


def test_a_hospitals_sheet_is_all_but_done() -> None:
    book = hospital()
    judged = judge(book)
    assert judged.wrong == []
    # One adverse event has a column each, so many as the cohort has kinds of; initials are no data.
    assert len(judged.right | judged.asked) == len(book.sheets[0].frame.columns) - 1 > 90
    assert len(judged.asked - judged.right) == 10
    declared = [
        line
        for line in judged.text.splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]
    assert len(declared) < 80
    given = read_yaml(judged.text)
    assert given["source"]["rows_until_blank"] == "No."
    assert given["missing"] == ["/", "NA"]
    assert given["dates"] == ["%d.%m.%Y"]
    # Who somebody is, is neither read nor told.
    assert "X.Y." not in judged.text
    assert "姓名首字母: may identify" in judged.text


# --- names ----------------------------------------------------------------------------------------


def test_each_name_stands_once() -> None:
    reader = Reader(GENERAL | STUDY.vocabulary)
    sure: dict[tuple[str, ...], str] = {}
    for target, spelling in reader.vocabulary.columns.items():
        for names in (spelling.names, spelling.within, tuple(spelling.asked)):
            bags = [tuple(sorted(reader.words(name))) for name in names]
            assert len(set(bags)) == len(bags), target
        own = {tuple(sorted(reader.words(name))) for name in spelling.names}
        assert not own & {tuple(sorted(reader.words(name))) for name in spelling.asked}, target
        for bag in own:
            assert sure.setdefault(bag, target) == target, bag


def test_every_column_has_a_spelling_that_is_of_the_schema() -> None:
    tables = tables_of(STUDY)
    vocabulary = (GENERAL | STUDY.vocabulary).columns
    for target in vocabulary:
        table, _, column = target.partition(".")
        assert column in tables[table].schema.columns, target
    patients = {f"patients.{column}" for column in STUDY.patient_columns}
    assert patients <= set(vocabulary)


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("Date of birth", "patients.birth_date"),
        ("治疗前AFP", "patients.afp_before"),
        ("largest_tumor_diameter_mm", "patients.largest_tumour_cm"),
        ("Größter Durchmesser [cm]", "patients.largest_tumour_cm"),
        ("RT2 start", "radiotherapy.start_date"),
        ("放疗1结束日期", "radiotherapy.end_date"),
        ("mRECIST in-field best(cm)", "assessments.best_sum_mm"),
        ("Cause of death", "follow_up.cause_of_death"),
    ],
)
def test_a_name_is_known_however_it_is_written(header: str, target: str) -> None:
    matcher = Matcher(tables_of(STUDY), Reader(GENERAL | STUDY.vocabulary))
    (match,) = matcher.matches(matcher.reader.name(header))
    assert (match.target, match.strength) == (target, Strength.SURE)


@pytest.mark.parametrize(
    "header",
    ["sex partner", "age at menarche", "AFP-L3", "date of survey", "ECOG lead", "hospital stage",
     "death of father", "tumour size (pathology, mm)", "date", "status", "start", "size", "PD",
     "ALT", "response", "grade"],
)  # fmt: skip
def test_other_names_are_never_sure(header: str) -> None:
    matcher = Matcher(tables_of(STUDY), Reader(GENERAL | STUDY.vocabulary))
    matches = matcher.matches(matcher.reader.name(header))
    assert all(match.strength < Strength.SURE for match in matches)


# --- cells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [["20", "55", "71"], ["M", "F", "x", "y", "z", "q", "w", "v"]])
def test_cells_refute_a_name(cells: list[str]) -> None:
    assert lines(drafted([patients(Sex=cells)]), "sex") == []


def test_codes_are_asked_and_not_guessed() -> None:
    (line,) = lines(drafted([patients(Sex=["1", "2"])]), "sex")
    assert "{'1': '?', '2': '?'}" in line
    assert "# ? what does 1 (15 cells), 2 (15 cells) mean: male, female?" in line
    told = {"Sex": {"1": "Male", "2": "Female"}}
    (line,) = lines(drafted([replace(patients(Sex=["1", "2"]), labels=told)]), "sex")
    assert "{'1': male, '2': female}" in line
    assert "?" not in line
    (line,) = lines(drafted([patients(**{"Sex (1=female, 2=male)": ["1", "2"]})]), "sex")
    assert "{'1': female, '2': male}" in line


def test_units_are_taken_from_the_name_or_asked() -> None:
    cm = ["3.5", "8", "5.25", "12"]
    mm = ["35", "80", "52.5", "120"]
    column = "largest_tumour_cm"
    assert "?" not in lines(drafted([patients(**{"Max diameter (cm)": cm})]), column)[0]
    (line,) = lines(drafted([patients(**{"Max diameter (mm)": mm})]), column)
    assert "unit: mm" in line
    assert "?" not in line
    assert "# ? no unit is named" in lines(drafted([patients(**{"Max diameter": mm})]), column)[0]
    # A name that says mm over numbers that are cm.
    (line,) = lines(drafted([patients(**{"Max diameter (mm)": cm})]), column)
    assert "# ? the name says mm" in line or "right?" in line


def test_the_order_of_day_and_month_is_proved_or_asked() -> None:
    low = ["01/02/2019", "03/04/2019", "05/06/2019"]
    (line,) = lines(drafted([patients(DOD=low)]), "death_date")
    assert "# ? day or month first?" in line
    text = drafted([patients(DOD=[*low, "25/06/2019"])])
    assert "?" not in lines(text, "death_date")[0]
    assert read_yaml(text)["dates"] == ["%d/%m/%Y"]
    text = drafted([patients(DOD=[*low, "06/25/2019"])])
    assert read_yaml(text)["dates"] == ["%m/%d/%Y"]
    (line,) = lines(drafted([patients(DOD=["25/06/2019", "06/25/2019"])]), "death_date")
    assert "only have the day first" in line
    # Another column of the sheet proves it.
    both = patients(DOD=low, DOB=["25/06/1950", "13/01/1960"])
    assert "?" not in lines(drafted([both]), "death_date")[0]
    # Two columns that differ have a format each.
    text = drafted([patients(DOD=["25/06/2019", "27/01/2019"], DOB=["06/25/1950", "01/31/1960"])])
    assert "dates: ['%m/%d/%Y']" in lines(text, "birth_date")[0] or (
        "dates: ['%d/%m/%Y']" in lines(text, "death_date")[0]
    )


def test_dates_out_of_order_are_asked() -> None:
    first, last = ["2019-03-01", "2019-04-01"], ["2020-03-01", "2020-04-01"]
    text = drafted([patients(**{"last imaging": last, "last contact": first})])
    assert "have last_imaging_date after last_contact_date" in lines(text, "last_imaging_date")[0]
    text = drafted([patients(**{"last imaging": first, "last contact": last})])
    assert "?" not in lines(text, "last_imaging_date")[0]


def test_numbers_for_missing_are_asked() -> None:
    (line,) = lines(drafted([patients(ECOG=["0", "1", "2", "9"])]), "ecog")
    assert "missing: ['9']" in line
    assert "# ? does 9" in line


def test_two_columns_for_one_are_asked() -> None:
    found = lines(drafted([patients(Sex=["M", "F"], Gender=["F", "M"])]), "sex")
    assert len(found) == 2
    assert "# ? or Gender?" in found[0]
    assert found[1].startswith("# ? sex: ")


def test_what_one_column_may_be_twice_is_asked() -> None:
    (line,) = lines(
        drafted([patients(**{"last FU": ["2020-01-01", "2020-02-03"]})]), "last_contact_date"
    )
    assert "# ? the last day known alive, or the last imaging?" in line


def test_totals_end_the_patients() -> None:
    table = [["ID", "Sex"], *[[f"P{i}", "M" if i % 2 else "F"] for i in range(20)], ["", ""]]
    table.append(["Total", "n=20"])
    found = from_rows("book.xlsx", table, range(1, len(table) + 1))
    text = drafted([found])
    assert read_yaml(text)["source"]["rows_until_blank"] == "ID"
    assert "?" not in lines(text, "sex")[0]


def test_rows_of_several_endpoints_are_told_apart() -> None:
    n = 20
    book = sheet(
        {
            "id": [str(i) for i in range(n) for _ in range(2)],
            "sex": ["m" if i % 2 else "f" for i in range(n) for _ in range(2)],
            "time": [str(100 + i) for i in range(2 * n)],
            "status": [str(i // 3 % 2) for i in range(2 * n)],
            "etype": ["1", "2"] * n,
        }
    )
    given = read_yaml(drafted([book]))
    assert given["study"] == "own"
    assert [part["where"] for part in given["tables"]["time_to_event"]] == [
        {"etype": ["1"]}, {"etype": ["2"]},
    ]  # fmt: skip
    assert given["tables"]["patients"][0]["where"] == {"etype": ["1"]}


def test_survival_data_ask_for_unit_and_event() -> None:
    times = [str(i) for i in range(10, 40)]
    text = drafted([others(time=times, status=["1", "2"], age=["50", "61"], arm=["A", "B"])])
    (part,) = read_yaml(text)["tables"]["time_to_event"]
    assert part["days"] == {"from": "time", "unit": UNANSWERED}
    assert part["event"] == {"from": "status", "is": ["2"]}
    for column in ("endpoint", "days", "event"):
        assert "# ?" in lines(text, column)[0]
    assert "- {column: arm, label: arm, levels: [A, B]}" in text
    text = drafted([others(OS_months=times, OS_status=["dead", "alive"])])
    (part,) = read_yaml(text)["tables"]["time_to_event"]
    assert part["days"] == {"from": "OS_months", "unit": "months"}
    assert part["event"] == {"from": "OS_status", "is": ["dead"]}
    assert "?" not in lines(text, "event")[0]
    text = drafted([others(OS_months=times, OS_CNSR=["0", "1"])])
    assert read_yaml(text)["tables"]["time_to_event"][0]["event"]["is"] == ["0"]


def test_tables_in_files_of_their_own_go_to_their_tables() -> None:
    ids = [f"P{i}" for i in range(12) for _ in range(2)]
    days = ["2020-01-01", "2020-03-01"] * 12
    rt = sheet({"patient_id": ids, "site": ["PVTT", "lymph node"] * 12, "start_date": days,
                "end_date": days, "dose_gy": ["50", "60"] * 12, "fractions": ["25", "30"] * 12},
               "radiotherapy.csv")  # fmt: skip
    ici = sheet({"patient_id": ids, "agent": ["sintilimab", "toripalimab"] * 12,
                 "start_date": days, "end_date": days, "cycles": ["3", "4"] * 12},
                "immunotherapy.csv")  # fmt: skip
    tables = read_yaml(drafted([rt, ici]))["tables"]
    assert len(tables["radiotherapy"]) == len(tables["immunotherapy"]) == 1
    assert set(tables["immunotherapy"][0]) >= {"agent", "start_date", "end_date", "cycles"}


def test_other_patients_are_a_study_of_their_own() -> None:
    few = others(Sex=["M", "F"], Age=["50", "61", "72"])
    assert guess([few], STUDY).study == "own"
    assert guess(hospital().sheets, STUDY).study == ""

"""The synthetic cohort as one hospital keeps it: a wide sheet in Chinese and English."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pandas as pd

from analysis.cohort.intake.sheet import from_rows
from tests.cohort.draft.workbooks import Workbook, cohort

NAME = "hospital.xlsx"
YES, NO = ("是", "Y", "1"), ("否", "N", "0")
TKI = {"sorafenib": "索拉非尼", "lenvatinib": "仑伐替尼", "regorafenib": "瑞戈非尼",
       "apatinib": "阿帕替尼", "none": "无"}  # fmt: skip
ICI = {"toripalimab": "特瑞普利单抗", "sintilimab": "信迪利单抗", "camrelizumab": "卡瑞利珠单抗",
       "tislelizumab": "替雷利珠单抗", "pembrolizumab": "K药", "nivolumab": "O药",
       "zimberelimab": "赛帕利单抗", "atezolizumab": "阿替利珠"}  # fmt: skip
VP = {"none": "Vp0", "branch": "Vp2", "main": "Vp4"}
CAUSES = {"tumour": "肿瘤", "adverse event": "不良反应", "other disease": "其他"}
# Header, column of the schema, and how a cell is written.
PATIENTS: list[tuple[str, str, str]] = [
    ("Sex", "sex", "sex"), ("DOB", "birth_date", "date"), ("入组日期", "enrolment_date", "date"),
    ("ECOG", "ecog", ""), ("诊断", "diagnosis", "diagnosis"),
    ("Child-Pugh", "child_pugh_score", "child"), ("肝硬化", "cirrhosis", "yes"),
    ("饮酒", "alcohol_use", "yes"), ("HBsAg", "hepatitis_b", "yes"),
    ("HCV-Ab", "hepatitis_c", "yes"), ("AFP pre (ng/ml)", "afp_before", ""),
    ("AFP post", "afp_after", ""), ("肿瘤个数", "tumour_count", ""),
    ("最大径(mm)", "largest_tumour_cm", "mm"), ("可测病灶", "measurable_lesions", ""),
    ("Stage", "ajcc_stage", ""), ("复发", "recurrent", "yes"),
    ("EHM", "extrahepatic_metastasis", "yes"), ("PVTT", "pvtt_extent", "vp"),
    ("IVC", "ivc_thrombus", "yes"), ("Line", "therapy_line", ""),
    ("既往进展", "progressed_before", "yes"), ("既往PD-1", "prior_ici", "yes"),
    ("技术", "rt_technique", ""), ("TKI", "targeted_agent", "tki"), ("抗病毒", "antiviral", "yes"),
]  # fmt: skip
FOLLOW_UP: list[tuple[str, str, str]] = [
    ("PD date", "progression_date", "date"), ("in-field", "in_field_relapse_date", "date"),
    ("out-field", "out_field_relapse_date", "date"), ("last imaging", "last_imaging_date", "date"),
    ("last FU", "last_contact_date", "date"), ("death", "death_date", "date"),
    ("cause", "cause_of_death", "cause"),
]  # fmt: skip


def _written(kind: str, row: int) -> Callable[[str], str]:
    def date(text: str) -> str:
        day = datetime.date.fromisoformat(text)
        return [text, day.strftime("%d.%m.%Y"), f"{day.year}/{day.month}/{day.day}"][row % 3]

    return {
        "": lambda t: t,
        "sex": lambda t: {"male": "男", "female": "女"}[t],
        "date": date,
        "diagnosis": lambda t: {"pathological": "病理", "clinical": "临床"}[t],
        "child": lambda t: f"{'A' if int(t) < 7 else 'B'}{t}",
        "yes": lambda t: (YES if t == "yes" else NO)[row % 3],
        "mm": lambda t: f"{float(t) * 10:g}",
        "cm": lambda t: f"{float(t) / 10:g}",
        "vp": VP.__getitem__,
        "tki": TKI.__getitem__,
        "ici": ICI.__getitem__,
        "cause": CAUSES.__getitem__,
    }[kind]


def rows() -> tuple[list[list[str]], dict[str, set[str]], dict[str, set[tuple[str, ...]]]]:
    """Give the rows of the sheet, what its columns are, and what was recorded."""
    ids = list(cohort("patients")["patient_id"])
    number = {pid: f"{i + 1:04}" for i, pid in enumerate(ids)}
    columns: dict[str, list[str]] = {
        "No.": [number[pid] for pid in ids],
        "姓名首字母": ["X.Y."] * len(ids),
    }
    of: dict[str, set[str]] = {"No.": {"patients.patient_id"}, "姓名首字母": set()}
    true: dict[str, set[tuple[str, ...]]] = {}

    def add(header: str, target: str, kind: str, values: dict[str, object]) -> None:
        cells = []
        for row, pid in enumerate(ids):
            value = values.get(pid)
            known = isinstance(value, str)
            cells.append(_written(kind, row)(str(value)) if known else ["", "/", "NA"][row % 3])
            if known:
                true.setdefault(target, set()).add((number[pid], str(value)))
        columns[header] = cells
        of[header] = {target}

    for table, listed in (("patients", PATIENTS), ("follow_up", FOLLOW_UP)):
        frame = cohort(table).set_index("patient_id")
        for header, column, kind in listed:
            add(header, f"{table}.{column}", kind, frame[column].to_dict())
    _treatments(columns, of, true, ids, number)
    for (criterion, region), group in cohort("assessments").groupby(["criterion", "region"]):
        frame = group.set_index("patient_id")
        for word, column, kind in (
            ("base(cm)", "baseline_sum_mm", "cm"), ("best(cm)", "best_sum_mm", "cm"),
            ("new", "new_lesion", "yes"), ("BOR", "category", ""),
        ):  # fmt: skip
            header = f"{criterion} {region} {word}"
            add(header, f"assessments.{column}", kind, frame[column].to_dict())
    for term, group in cohort("adverse_events").groupby("term"):
        grades = group.set_index("patient_id")["grade"]
        columns[f"AE {term}"] = [grades.get(pid, "0") for pid in ids]
        of[f"AE {term}"] = {"adverse_events.grade"}
    width = len(columns)
    table = [["肝癌放疗+免疫 随访表", *[""] * (width - 1)], ["Basic", *[""] * (width - 1)]]
    table.append(list(columns))
    table += [list(row) for row in zip(*columns.values(), strict=True)]
    table += [[""] * width, ["合计", "", "", "", "", "n=108", *[""] * (width - 6)]]
    return table, of, true


def _treatments(
    columns: dict[str, list[str]],
    of: dict[str, set[str]],
    true: dict[str, set[tuple[str, ...]]],
    ids: list[str],
    number: dict[str, str],
) -> None:
    for table, prefix in (("radiotherapy", "RT"), ("immunotherapy", "ICI")):
        frame = cohort(table).copy()
        frame["place"] = frame.groupby("patient_id").cumcount() + 1
        for place, group in frame.groupby("place"):
            by_id = group.set_index("patient_id")
            start = f"{prefix}{place}"

            def cells(column: str, kind: str, by_id: pd.DataFrame = by_id) -> list[str]:
                values = by_id[column].to_dict()
                return [
                    _written(kind, row)(values[pid]) if pid in values else ""
                    for row, pid in enumerate(ids)
                ]

            if prefix == "RT":
                by_id["both"] = by_id["dose_gy"] + "Gy/" + by_id["fractions"] + "f"
                columns[f"{start} site"] = cells("site", "")
                columns[f"{start} dose/fx"] = cells("both", "")
                of[f"{start} site"] = {"radiotherapy.site"}
                of[f"{start} dose/fx"] = {"radiotherapy.dose_gy", "radiotherapy.fractions"}
            else:
                columns[start] = cells("agent", "ici")
                columns[f"{start} cycles"] = cells("cycles", "")
                of[start] = {"immunotherapy.agent"}
                of[f"{start} cycles"] = {"immunotherapy.cycles"}
            for word in ("start", "end"):
                columns[f"{start} {word}"] = cells(f"{word}_date", "date")
                of[f"{start} {word}"] = {f"{table}.{word}_date"}
        for column in frame.columns.drop(["patient_id", "place"]):
            true[f"{table}.{column}"] = {
                (number[pid], value)
                for pid, value in zip(frame["patient_id"], frame[column], strict=True)
            }


def hospital() -> Workbook:
    """Give the workbook and its truth."""
    table, of, true = rows()
    book = Workbook(true=true)
    book.sheets.append(from_rows(NAME, table, range(1, len(table) + 1)))
    book.of = {(NAME, header): targets for header, targets in of.items()}
    return book

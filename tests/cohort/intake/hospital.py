"""The synthetic cohort as a hospital keeps it: one wide sheet, written with openpyxl.

A title and merged headings stand above the header; dates are typed or texts of three kinds; AFP has
limits, sums are in centimetres, some numbers are texts with a decimal comma; the last row is a
total. Attribution and onset of adverse events, doses to organs and completeness of records are not
in it.
"""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd

from analysis.cohort.folder import DATA

NAME = "hospital.xlsx"
TABLES = ("patients", "radiotherapy", "immunotherapy", "assessments", "adverse_events", "follow_up")
ABSENT = {"patients": ["records_complete"], "adverse_events": ["attribution", "onset_date"]}
# What the assay measures.
LEAST, BEFORE, AFTER = 1.2, 100_000.0, 10_000.0

AGENTS = {
    "toripalimab": "特瑞普利单抗", "sintilimab": "信迪利单抗", "camrelizumab": "卡瑞利珠单抗",
    "tislelizumab": "替雷利珠单抗", "pembrolizumab": "K药", "nivolumab": "O药",
    "zimberelimab": "赛帕利单抗", "atezolizumab": "阿替利珠",
}  # fmt: skip
TARGETED = {"sorafenib": "索拉非尼", "lenvatinib": "仑伐替尼", "regorafenib": "瑞戈非尼",
            "apatinib": "阿帕替尼", "none": "无"}  # fmt: skip

DECLARED = r"""
title: Our hospital, 108 patients
synthetic: true
eligibility_applies: true
source: {file: hospital.xlsx, sheet: 总表, header: 3, rows_until_blank: No.}
missing: ["/", NA, 未查]
dates: ["%d.%m.%Y"]
decimal: [".", ","]
yes: [是, Y, 1]
no: [否, N, 0]
tables:
  patients:
    - patient_id: No.
      sex: {from: Sex, values: {男: male, 女: female}}
      birth_date: DOB
      enrolment_date: 入组日期
      ecog: ECOG
      diagnosis: {from: 诊断, values: {病理: pathological, 临床: clinical}}
      child_pugh_score: {from: Child-Pugh, take: '[ABC](\d+)'}
      cirrhosis: 肝硬化
      alcohol_use: 饮酒
      hepatitis_b: HBsAg
      hepatitis_c: HCV-Ab
      afp_before: {from: AFP pre (ng/ml), take: '([<>]?[\d.]+)\*?'}
      afp_after: {from: AFP post (µg/L), take: '([<>]?[\d.]+)\*?', unit: µg/L}
      tumour_count: 肿瘤个数
      largest_tumour_cm: {from: 最大径(mm), unit: mm}
      measurable_lesions: 可测病灶
      ajcc_stage: Stage
      recurrent: 复发
      extrahepatic_metastasis: EHM
      pvtt_extent: {from: PVTT, values: {Vp0: none, Vp1: branch, Vp2: branch, Vp3: branch, Vp4: main}}
      ivc_thrombus: IVC
      therapy_line: Line
      progressed_before: 既往进展
      prior_ici: 既往PD-1
      rt_technique: 技术
      targeted_agent: {from: TKI, values: {索拉非尼: sorafenib, 仑伐替尼: lenvatinib, 瑞戈非尼: regorafenib, 阿帕替尼: apatinib, 无: none}}
      antiviral: 抗病毒
  radiotherapy:
    - repeat: [1, 2, 3, 4, 5]
      patient_id: No.
      site: RT{} site
      start_date: RT{} start
      end_date: RT{} end
      dose_gy: {from: 'RT{} dose/fx', take: '([\d.]+)Gy'}
      fractions: {from: 'RT{} dose/fx', take: '/(\d+)f'}
  immunotherapy:
    - repeat: [1, 2]
      patient_id: No.
      agent: {from: 'ICI{}', values: {特瑞普利单抗: toripalimab, 信迪利单抗: sintilimab, 卡瑞利珠单抗: camrelizumab, 替雷利珠单抗: tislelizumab, K药: pembrolizumab, O药: nivolumab, 赛帕利单抗: zimberelimab, 阿替利珠: atezolizumab}}
      start_date: ICI{} start
      end_date: ICI{} end
      cycles: ICI{} cycles
  assessments:
    - repeat: [RECIST 1.1 overall, RECIST 1.1 in-field, mRECIST overall, mRECIST in-field]
      patient_id: No.
      criterion: {constant: '{}', take: '(RECIST 1.1|mRECIST)'}
      region: {constant: '{}', take: '(overall|in-field)'}
      category: '{} BOR'
      baseline_sum_mm: {from: '{} base(cm)', unit: cm}
      best_sum_mm: {from: '{} best(cm)', unit: cm}
      new_lesion: '{} new'
  adverse_events:
    - columns: 'AE (.+)'
      patient_id: No.
      term: {constant: '{}'}
      grade: {from: 'AE {}', values: {0: ''}, otherwise: same}
  follow_up:
    - patient_id: No.
      progression_date: PD date
      in_field_relapse_date: in-field
      out_field_relapse_date: out-field
      last_imaging_date: last imaging
      last_contact_date: last FU
      death_date: death
      cause_of_death: {from: cause, values: {肿瘤: tumour, 不良反应: adverse event, 其他: other disease}}
"""  # noqa: E501

Cell = object
Column = list[Cell]


@cache
def recorded(table: str) -> pd.DataFrame:
    return pd.read_csv(DATA / "synthetic" / f"{table}.csv", comment="#", dtype=str)


def date(text: str, row: int) -> Cell:
    """A typed date, or a text of one of three kinds."""
    day = datetime.date.fromisoformat(text)
    return [day, text, f"{day:%d.%m.%Y}", f"{day.year}/{day.month}/{day.day}"][row % 4]


def answer(text: str, row: int) -> Cell:
    return {"yes": ("是", "Y", 1), "no": ("否", "N", 0)}[text][row % 3]


def afp(most: float) -> object:
    """A measured number, or the limit of the assay, which was another after treatment."""

    def written(text: str, row: int) -> Cell:
        value = float(text)
        if value < LEAST:
            return f"<{LEAST}"
        if value > most:
            return f">{most:.0f}"
        return [value, text.replace(".", ","), f"{text}*"][row % 3]

    return written


def number(factor: float = 1) -> object:
    def written(text: str, row: int) -> Cell:
        value = round(float(text) * factor, 6)
        return value if row % 3 else f"{value:g}".replace(".", ",")

    return written


def word(words: dict[str, str]) -> object:
    return lambda text, row: words[text]


def as_it_is(text: str, row: int) -> Cell:
    return float(text) if text.isdigit() else text


PATIENTS = [
    ("Sex", "sex", word({"male": "男", "female": "女"})), ("DOB", "birth_date", date),
    ("入组日期", "enrolment_date", date), ("ECOG", "ecog", as_it_is),
    ("诊断", "diagnosis", word({"pathological": "病理", "clinical": "临床"})),
    ("Child-Pugh", "child_pugh_score", lambda text, row: f"{'A' if int(text) < 7 else 'B'}{text}"),
    ("肝硬化", "cirrhosis", answer), ("饮酒", "alcohol_use", answer),
    ("HBsAg", "hepatitis_b", answer), ("HCV-Ab", "hepatitis_c", answer),
    ("AFP pre\n(ng/ml)", "afp_before", afp(BEFORE)),
    ("AFP post (µg/L)", "afp_after", afp(AFTER)),
    ("肿瘤个数", "tumour_count", as_it_is), ("最大径(mm)", "largest_tumour_cm", number(10)),
    ("可测病灶", "measurable_lesions", as_it_is), ("Stage", "ajcc_stage", as_it_is),
    ("复发", "recurrent", answer), ("EHM", "extrahepatic_metastasis", answer),
    ("PVTT", "pvtt_extent", word({"none": "Vp0", "branch": "Vp2", "main": "Vp4"})),
    ("IVC", "ivc_thrombus", answer), ("Line", "therapy_line", as_it_is),
    ("既往进展", "progressed_before", answer), ("既往PD-1", "prior_ici", answer),
    ("技术", "rt_technique", as_it_is), ("TKI", "targeted_agent", word(TARGETED)),
    ("抗病毒", "antiviral", answer),
]  # fmt: skip
FOLLOW_UP = [
    ("PD date", "progression_date", date), ("in-field", "in_field_relapse_date", date),
    ("out-field", "out_field_relapse_date", date), ("last imaging", "last_imaging_date", date),
    ("last FU", "last_contact_date", date), ("death", "death_date", date),
    ("cause", "cause_of_death",
     word({"tumour": "肿瘤", "adverse event": "不良反应", "other disease": "其他"})),
]  # fmt: skip


def columns() -> dict[str, Column]:
    """Give the columns of the sheet, a cell a patient."""
    ids = list(recorded("patients")["patient_id"])
    made: dict[str, Column] = {
        "No.": [f"{i:04}" for i in range(1, len(ids) + 1)],
        "姓名首字母": ["X.Y."] * len(ids),
    }

    def add(header: str, values: dict[str, object], written: object, blank: bool = False) -> None:
        nothing = [None] if blank else [None, "/", "NA", "未查"]
        made[header] = [
            written(values[pid], row)  # type: ignore[operator]
            if isinstance(values.get(pid), str)
            else nothing[row % len(nothing)]
            for row, pid in enumerate(ids)
        ]

    for table, listed in (("patients", PATIENTS), ("follow_up", FOLLOW_UP)):
        frame = recorded(table).set_index("patient_id")
        for header, column, written in listed:
            add(header, frame[column].to_dict(), written)
    # As many sets of columns as the sheet has, whether or not a patient needs the last.
    for table, prefix, sets in (("radiotherapy", "RT", 5), ("immunotherapy", "ICI", 2)):
        frame = recorded(table)
        places = frame.groupby("patient_id").cumcount() + 1
        for place in range(1, sets + 1):
            of, start = frame[places == place].set_index("patient_id"), f"{prefix}{place}"
            if prefix == "RT":
                both = of["dose_gy"].str.replace(".", ",") + "Gy/" + of["fractions"] + "f"
                add(f"{start} site", of["site"].to_dict(), as_it_is, blank=True)
                add(f"{start} dose/fx", both.to_dict(), as_it_is, blank=True)
            else:
                add(start, of["agent"].to_dict(), word(AGENTS), blank=True)
                add(f"{start} cycles", of["cycles"].to_dict(), as_it_is, blank=True)
            add(f"{start} start", of["start_date"].to_dict(), date, blank=True)
            add(f"{start} end", of["end_date"].to_dict(), date, blank=True)
    for (criterion, region), group in recorded("assessments").groupby(["criterion", "region"]):
        of = group.set_index("patient_id")
        for header, column, written in (
            ("base(cm)", "baseline_sum_mm", number(0.1)), ("best(cm)", "best_sum_mm", number(0.1)),
            ("new", "new_lesion", answer), ("BOR", "category", as_it_is),
        ):  # fmt: skip
            add(f"{criterion} {region} {header}", of[column].to_dict(), written)
    for term, group in recorded("adverse_events").groupby("term"):
        grades = group.set_index("patient_id")["grade"].to_dict()
        made[f"AE {term}"] = [
            float(grades[pid]) if pid in grades else [0, None][row % 2]
            for row, pid in enumerate(ids)
        ]
    return made


def write_workbook(folder: Path) -> Path:
    """Write the workbook and its `dataset.yaml`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = columns()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "总表"
    sheet.append(["肝癌放疗+免疫 随访表", None, datetime.date(2023, 6, 30)])
    sheet.append(["Basic"])
    sheet.merge_cells(start_row=1, start_column=4, end_row=1, end_column=20)
    sheet.merge_cells(start_row=2, start_column=1, end_row=2, end_column=len(PATIENTS))
    sheet.append(list(made))
    for row in zip(*made.values(), strict=True):
        sheet.append(row)
    sheet.append([])
    sheet.append(["合计", None, None, None, None, f"n={len(made['No.'])}"])
    notes = book.create_sheet("说明")
    for row in (["updated", "2023.6"], ["by", "X", "Y"], ["", "", "", "z"]):
        notes.append(row)
    book.save(folder / NAME)
    (folder / "dataset.yaml").write_text(DECLARED, encoding="utf-8")
    return folder


def write_same(folder: Path) -> Path:
    """Write the synthetic cohort as CSV, without what the workbook does not have."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["title: The same", "synthetic: true", "eligibility_applies: true", "not_recorded:"]
    lines += [f"  {table}: [{', '.join(absent)}]" for table, absent in ABSENT.items()]
    (folder / "dataset.yaml").write_text("\n".join(lines), encoding="utf-8")
    for table in TABLES:
        frame = recorded(table).drop(columns=ABSENT.get(table, []))
        frame.to_csv(folder / f"{table}.csv", index=False)
    return folder

"""Workbooks as hospitals might keep them: the synthetic cohort under random names and codes.

The names here are not those of the vocabulary: some it has, some it cannot know, and some mislead.
What each column truly is, is returned with it.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import pandas as pd

from analysis.cohort.folder import DATA
from analysis.cohort.intake.sheet import Sheet, from_rows

Cells = list[str]


@cache
def cohort(table: str) -> pd.DataFrame:
    return pd.read_csv(DATA / "synthetic" / f"{table}.csv", comment="#", dtype=str)


@dataclass
class Workbook:
    """Sheets, and the truth.

    `of` has, by sheet and header, the columns of the schema that a column may be said to be;
    `true` the recorded values by column of the schema, as pairs of patient and value.
    """

    sheets: list[Sheet] = field(default_factory=list)
    of: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    true: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)


NAMES: dict[str, list[str]] = {
    "patients.patient_id": ["ID", "Patient ID", "No.", "Pat.-Nr.", "患者编号", "study_no",
                            "Subject", "record_id", "Case no.", "PID", "identifier"],
    "patients.sex": ["Sex", "gender", "Geschlecht", "性别", "Sexe", "M/F", "sex_code", "SEX",
                     "sesso"],
    "patients.birth_date": ["DOB", "Date of birth", "birth date", "Geburtsdatum", "出生日期",
                            "born on", "birthday", "date de naissance", "dt_birth"],
    "patients.age_years": ["Age", "age at enrolment", "年龄", "Alter", "age (years)", "Age_y",
                                                                           "yrs"],
    "patients.enrolment_date": ["Enrolment", "Date of inclusion", "入组日期", "enrollment_date",
                                "Einschlussdatum", "study start", "index date", "date enrolled",
                                "registration date"],
    "patients.ecog": ["ECOG", "ECOG PS", "PS", "performance status (ECOG)", "ECOG评分", "ecog_0",
                      "Performance"],
    "patients.diagnosis": ["Diagnosis", "诊断", "Dx by", "diagnosis method", "how diagnosed"],
    "patients.child_pugh_score": ["Child-Pugh", "CP score", "child_pugh_points", "CTP", "Child",
                                  "Child-Pugh score", "liver function"],
    "patients.cirrhosis": ["Cirrhosis", "肝硬化", "liver cirrhosis", "Leberzirrhose", "LC",
                           "cirrh"],
    "patients.alcohol_use": ["Alcohol", "drinking", "饮酒史", "ETOH", "alcohol use", "Alkohol",
                             "ethanol"],
    "patients.hepatitis_b": ["HBV", "HBsAg", "hep B", "乙肝", "hepatitis_b", "HBs-Ag positive"],
    "patients.hepatitis_c": ["HCV", "anti-HCV", "hep C", "丙肝", "HCV-Ab", "hepatitis C"],
    "patients.afp_before": ["AFP pre (ng/ml)", "AFP", "baseline AFP", "AFP0 [ug/l]", "治疗前AFP",
                            "afp_before", "a-fetoprotein pre", "AFP baseline (ng/mL)"],
    "patients.afp_after": ["AFP post (ng/ml)", "AFP after", "治疗后AFP", "post-treatment AFP",
                           "AFP1", "AFP follow-up", "AFP 3 months (ng/ml)"],
    "patients.tumour_count": ["Number of tumors", "肿瘤个数", "tumour_number", "n tumours",
                              "lesions (n)", "# tumours", "nodules"],
    "patients.largest_tumour_cm": ["Largest diameter (cm)", "最大径(cm)", "max size, cm",
                                   "tumor size", "Dmax cm", "largest tumour (cm)",
                                                                             "longest diameter"],
    "patients.measurable_lesions": ["measurable lesions", "可测病灶", "target lesions",
                                    "n measurable"],
    "patients.ajcc_stage": ["AJCC stage", "Stage", "TNM", "分期", "AJCC", "UICC", "ajcc_8"],
    "patients.recurrent": ["recurrent", "复发", "Recurrence", "recurrent HCC", "relapsed"],
    "patients.extrahepatic_metastasis": ["EHM", "extrahepatic metastasis", "肝外转移", "mets", "M1",
                                         "EHS", "distant metastases"],
    "patients.pvtt_extent": ["PVTT", "门静脉癌栓", "portal vein tumor thrombus", "PVT", "Vp class"],
    "patients.ivc_thrombus": ["IVC", "IVC thrombus", "下腔静脉癌栓", "IVCTT", "cava"],
    "patients.therapy_line": ["Line", "line of therapy", "治疗线数", "LOT", "therapy line",
                              "treatment line"],
    "patients.progressed_before": ["既往进展", "prior progression", "progressed before",
                                   "failed earlier tx"],
    "patients.prior_ici": ["既往PD-1", "prior ICI", "previous immunotherapy", "prior PD-(L)1"],
    "patients.rt_technique": ["Technique", "技术", "RT technique", "RT modality", "Technik",
                              "plan"],
    "patients.targeted_agent": ["TKI", "靶向药", "targeted drug", "Targeted therapy", "TKI name",
                                "combined with"],
    "patients.antiviral": ["抗病毒", "antiviral", "Antiviral therapy", "NUC", "anti-HBV drug"],
    "follow_up.progression_date": ["PD date", "progression", "进展日期", "Date of progression",
                                   "date PD", "first PD", "Progress am"],
    "follow_up.in_field_relapse_date": ["in-field", "in-field relapse", "野内复发",
                                        "infield failure", "local failure date", "IFR"],
    "follow_up.out_field_relapse_date": ["out-field", "out-of-field relapse", "野外复发", "OFR",
                                         "distant failure date"],
    "follow_up.last_imaging_date": ["last imaging", "last CT", "末次影像", "Date of last scan",
                                    "last MRI/CT"],
    "follow_up.last_contact_date": ["last FU", "last follow-up", "末次随访", "last contact",
                                    "date last seen", "last alive", "censor date"],
    "follow_up.death_date": ["death", "Date of death", "死亡日期", "died on", "DOD", "exitus"],
    "follow_up.cause_of_death": ["cause", "cause of death", "死因", "Todesursache", "why died"],
}  # fmt: skip

_SITES = ["Rad site", "site", "target", "部位"]
REPEATED: dict[str, dict[str, list[str]]] = {
    "radiotherapy": {
        "site": ["RT{} site", "放疗{}部位", "rt{}_site", "Radiation {} location", "course {} site"],
        "start_date": ["RT{} start", "放疗{}开始", "rt{}_start", "Radiation {} begin",
                       "course {} from"],
        "end_date": ["RT{} end", "放疗{}结束", "rt{}_end", "Radiation {} finish", "course {} to"],
        "dose_gy": ["RT{} dose", "放疗{}剂量(Gy)", "rt{}_dose_gy", "Radiation {} dose [Gy]",
                    "course {} Gy"],
        "fractions": ["RT{} fx", "放疗{}次数", "rt{}_fractions", "Radiation {} fractions",
                      "course {} n"],
    },
    "immunotherapy": {
        "agent": ["ICI{}", "免疫{}药物", "ici{}_agent", "Immunotherapy {} drug", "PD1 no {}"],
        "start_date": ["ICI{} start", "免疫{}开始", "ici{}_start", "Immunotherapy {} begin",
                       "PD1 no {} from"],
        "end_date": ["ICI{} end", "免疫{}结束", "ici{}_stop", "Immunotherapy {} stop",
                     "PD1 no {} to"],
        "cycles": ["ICI{} cycles", "免疫{}周期数", "ici{}_cycles", "Immunotherapy {} n cycles",
                   "PD1 no {} cycles"],
    },
}  # fmt: skip
LONG: dict[str, dict[str, list[str]]] = {
    "radiotherapy": {
        "site": ["site", "location", "部位", "irradiated area"],
        "start_date": ["start", "begin", "开始", "first fraction"],
        "end_date": ["end", "stop", "结束", "last fraction"],
        "dose_gy": ["dose (Gy)", "total dose", "剂量", "D"],
        "fractions": ["fractions", "fx", "次数", "no. of fractions"],
    },
    "immunotherapy": {
        "agent": ["agent", "drug", "药物", "antibody"],
        "start_date": ["start", "first dose", "开始", "from"],
        "end_date": ["end", "last dose", "结束", "to"],
        "cycles": ["cycles", "周期", "n", "infusions"],
    },
    "adverse_events": {
        "term": ["term", "AE", "adverse event", "toxicity"],
        "grade": ["grade", "CTCAE grade", "分级", "G"],
        "onset_date": ["onset", "start", "first seen", "onset date"],
        "attribution": ["attribution", "related to", "causality", "due to"],
    },
}  # fmt: skip
SHEET_NAMES = {
    "radiotherapy": ["RT", "Radiotherapy", "放疗", "Tabelle2"],
    "immunotherapy": ["ICI", "immuno", "免疫治疗", "Tabelle3"],
    "adverse_events": ["AE", "toxicity", "不良反应", "Tabelle4"],
}

AGENTS = {"toripalimab": "特瑞普利单抗", "sintilimab": "信迪利单抗", "camrelizumab": "卡瑞利珠单抗"}
VP = {"none": ["Vp0"], "branch": ["Vp1", "Vp2", "Vp3"], "main": ["Vp4"]}
YES_NO = [("yes", "no"), ("Y", "N"), ("是", "否"), ("1", "0"), ("2", "1"), ("1", "2"), ("+", "-"),
          ("ja", "nein"), ("有", "无"), ("pos", "neg"), ("TRUE", "FALSE"), ("0", "1")]  # fmt: skip
SEXES = [("male", "female"), ("M", "F"), ("男", "女"), ("1", "2"), ("0", "1"), ("2", "1"),
         ("m", "w"), ("Mann", "Frau"), ("homme", "femme"), ("1", "0")]  # fmt: skip
DATES = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y年%m月%d日", "%d-%b-%Y",
         "%Y%m%d", "%d.%m.%y", "%m-%d-%Y"]  # fmt: skip
MISSING = ["NA", "N/A", "/", "未查", "unknown", ".", "n.d.", "?"]


class Maker:
    """Makes one workbook from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.n = self.random.choice([24, 24, 60, 108])
        ids = list(cohort("patients")["patient_id"])
        self.ids = sorted(self.random.sample(ids, self.n))
        self.style = self.random.choice(["words", "numbers", "mixed"])
        self.formats = self.random.sample(DATES, self.random.choice([1, 1, 2]))
        self.missing = self.random.sample(MISSING, 2)
        self.book = Workbook()
        numbered = self.random.random() < 0.3
        self.shown = {pid: str(i + 1) if numbered else pid for i, pid in enumerate(self.ids)}

    # --- how cells are written ---

    def date(self) -> Callable[[str], str]:
        written = self.random.choice(self.formats)

        def write(text: str) -> str:
            return datetime.date.fromisoformat(text).strftime(written)

        return write

    def coded(self, codes: dict[str, str]) -> Callable[[str], str]:
        return lambda text: codes.get(text, text)

    def writer(self, target: str, header: str) -> Callable[[str], str]:
        pick = self.random.choice
        column = target.split(".")[1]
        if column.endswith("_date"):
            return self.date()
        if column == "sex":
            return self.coded(dict(zip(("male", "female"), pick(SEXES), strict=True)))
        if column in (
            "cirrhosis", "alcohol_use", "hepatitis_b", "hepatitis_c", "recurrent", "ivc_thrombus",
            "extrahepatic_metastasis", "progressed_before", "prior_ici", "antiviral",
        ):  # fmt: skip
            return self.coded(dict(zip(("yes", "no"), pick(YES_NO), strict=True)))
        if column == "diagnosis":
            pairs = [
                ("病理", "临床"),
                ("1", "2"),
                ("biopsy", "clinical"),
                ("Pathological", "Clinical"),
            ]
            return self.coded(dict(zip(("pathological", "clinical"), pick(pairs), strict=True)))
        if column == "child_pugh_score":
            letter = pick([True, False])
            return lambda t: (
                (("A" if int(t) < 7 else "B" if int(t) < 10 else "C") if letter else "") + t
            )
        if column == "ecog":
            return self.coded({}) if pick([True, False]) else lambda t: f"PS {t}"
        if column == "pvtt_extent":
            return pick(
                [
                    lambda t: pick(VP[t]),
                    self.coded({"none": "0", "branch": "1", "main": "2"}),
                    self.coded({}),
                ]
            )
        if column == "largest_tumour_cm":
            return self.length(header, "cm")
        if column in ("afp_before", "afp_after"):
            return pick([self.coded({}), self.comma, self.limit])
        if column == "ajcc_stage":
            roman = {"I": "1", "II": "2", "IA": "1A", "IB": "1B", "IIIA": "3A", "IIIB": "3B",
                     "IVA": "4A", "IVB": "4B"}  # fmt: skip
            return pick([self.coded({}), self.coded(roman), lambda t: f"Stage {t}"])
        if column == "targeted_agent":
            return pick([self.coded({}), self.coded({"none": "无", "lenvatinib": "仑伐替尼"})])
        if column == "agent":
            return pick([self.coded({}), self.coded(AGENTS), str.capitalize])
        if column == "cause_of_death":
            other = {"tumour": "肿瘤", "adverse event": "不良反应", "other disease": "其他"}
            number = {"tumour": "1", "adverse event": "2", "other disease": "3"}
            return pick([self.coded({}), self.coded(other), self.coded(number)])
        if column == "grade":
            return pick([self.coded({}), lambda t: f"G{t}"])
        return self.coded({})

    def length(self, header: str, unit: str) -> Callable[[str], str]:
        named = "mm" if "mm" in header else "cm" if "cm" in header.lower() else ""
        as_mm = named == "mm" or (not named and self.random.random() < 0.5)
        if unit == "cm" and as_mm:
            return lambda t: f"{float(t) * 10:g}"
        if unit == "mm" and not as_mm:
            return lambda t: f"{float(t) / 10:g}"
        return lambda t: f"{float(t):g}"

    @staticmethod
    def comma(text: str) -> str:
        return text.replace(".", ",")

    @staticmethod
    def limit(text: str) -> str:
        return f">{text}" if float(text) > 50_000 else text

    # --- sheets ---

    def of_patients(self, table: str) -> pd.DataFrame:
        frame = cohort(table)
        return frame[frame["patient_id"].isin(self.ids)].copy()

    def header(self, name: str, taken: set[str]) -> str:
        """Write a name as somebody else would."""
        style = self.random.random()
        if style < 0.15:
            name = name.upper()
        elif style < 0.3:
            name = name.replace(" ", "_")
        elif style < 0.35:
            name = f" {name}"
        while name.strip() in taken:
            name += "'"
        taken.add(name.strip())
        return name

    def column(
        self, target: str, names: Sequence[str], frame: pd.DataFrame, taken: set[str]
    ) -> tuple[str, Cells, set[tuple[str, str]]]:
        """Give a header, cells by patient, and what is truly recorded."""
        column = target.split(".")[1]
        header = self.header(self.random.choice(names), taken)
        write = self.writer(target, header)
        values = frame.set_index("patient_id")[column]
        gaps = self.random.choice([0, 0, 0.1])
        cells, true = [], set()
        for pid in self.ids:
            value = values.get(pid)
            if not isinstance(value, str) or self.random.random() < gaps:
                cells.append(self.random.choice(["", "", *self.missing]))
            else:
                cells.append(write(value))
                true.add((self.shown[pid], value))
        return header, cells, true

    def wide(self) -> Workbook:
        """One sheet with a row a patient."""
        columns: list[tuple[str, Cells]] = []
        taken: set[str] = set()
        of: dict[str, set[str]] = {}
        self._one_a_patient(columns, of, taken, ["patients", "follow_up"])
        for table in ("radiotherapy", "immunotherapy"):
            if self.random.random() < 0.8:
                self._repeats(table, columns, of, taken)
        if self.random.random() < 0.6:
            self._responses(columns, of, taken)
        if self.random.random() < 0.6:
            self._grades(columns, of, taken)
        self._decoys(columns, of, taken)
        first, rest = columns[0], columns[1:]
        if self.random.random() < 0.5:
            self.random.shuffle(rest)
        self._sheet("book.xlsx", [first, *rest], of)
        return self.book

    def long(self) -> Workbook:
        """A sheet of patients, and one for each table of treatment and adverse events."""
        columns: list[tuple[str, Cells]] = []
        taken: set[str] = set()
        of: dict[str, set[str]] = {}
        self._one_a_patient(columns, of, taken, ["patients", "follow_up"])
        self._decoys(columns, of, taken)
        id_name = columns[0][0].strip()
        self._sheet("book.xlsx, sheet Patients", columns, of)
        for table, names in LONG.items():
            frame = self.of_patients(table)
            if frame.empty:
                continue
            taken, of = {id_name}, {id_name: {"patients.patient_id"}}
            columns = [(id_name, [self.shown[pid] for pid in frame["patient_id"]])]
            for column, each in names.items():
                target = f"{table}.{column}"
                header = self.header(self.random.choice(each), taken)
                write = self.writer(target, header)
                cells = [write(v) if isinstance(v, str) else "" for v in frame[column]]
                columns.append((header, cells))
                of[header.strip()] = {target}
                self.book.true.setdefault(target, set()).update(
                    (self.shown[p], v)
                    for p, v in zip(frame["patient_id"], frame[column], strict=True)
                    if isinstance(v, str)
                )
            remark = self.header("remark", taken)
            columns.append((remark, [f"note {i % 7}" for i in range(len(frame))]))
            name = self.random.choice(SHEET_NAMES[table])
            self._sheet(f"book.xlsx, sheet {name}", columns, of)
        return self.book

    def _one_a_patient(
        self,
        columns: list[tuple[str, Cells]],
        of: dict[str, set[str]],
        taken: set[str],
        tables: Sequence[str],
    ) -> None:
        frames = {table: self.of_patients(table) for table in tables}
        frames["patients"] = frames["patients"].assign(age_years=_ages(frames["patients"]))
        swapped = self._swapped(frames["follow_up"])
        for target, names in NAMES.items():
            table, column = target.split(".")
            if column == ID:
                header = self.header(self.random.choice(names), taken)
                columns.append((header, [self.shown[pid] for pid in self.ids]))
                of[header.strip()] = {target}
                continue
            if self.random.random() < 0.12 and target not in swapped:
                continue
            header, cells, true = self.column(target, names, frames[table], taken)
            columns.append((header, cells))
            of[header.strip()] = set() if target in swapped else {target}
            self.book.true[target] = set() if target in swapped else true

    def _swapped(self, frame: pd.DataFrame) -> set[str]:
        """Turn two dates of follow-up into each other, as happens in spreadsheets."""
        if self.random.random() > 0.2:
            return set()
        one, other = self.random.choice(
            [
                ("last_imaging_date", "last_contact_date"),
                ("progression_date", "last_contact_date"),
                ("progression_date", "death_date"),
            ]
        )
        frame[[one, other]] = frame[[other, one]].to_numpy()
        # Of one date that stands where another should, and this nowhere, nobody could tell.
        return {f"follow_up.{one}", f"follow_up.{other}"}

    def _repeats(
        self, table: str, columns: list[tuple[str, Cells]], of: dict[str, set[str]], taken: set[str]
    ) -> None:
        frame = self.of_patients(table).copy()
        frame["place"] = frame.groupby("patient_id").cumcount() + 1
        style = self.random.randrange(5)
        for column, names in REPEATED[table].items():
            target = f"{table}.{column}"
            write = self.writer(target, names[style])
            for place in sorted(frame["place"].unique()):
                there = frame[frame["place"] == place].set_index("patient_id")[column]
                header = names[style].replace("{}", str(place))
                taken.add(header)
                columns.append((header, [write(there[p]) if p in there else "" for p in self.ids]))
                of[header] = {target}
            self.book.true[target] = {
                (self.shown[p], v) for p, v in zip(frame["patient_id"], frame[column], strict=True)
            }

    def _responses(
        self, columns: list[tuple[str, Cells]], of: dict[str, set[str]], taken: set[str]
    ) -> None:
        frame = self.of_patients("assessments")
        style = self.random.choice(
            [
                "{c} {r} {w}", "{c} {w} {r}", "{w} ({c}, {r})", "{c}_{r}_{w}",
            ]
        )  # fmt: skip
        words = self.random.choice(
            [
                {"category": "BOR", "baseline_sum_mm": "base (cm)", "best_sum_mm": "best (cm)"},
                {"category": "response", "baseline_sum_mm": "SLD baseline", "best_sum_mm": "nadir"},
                {"category": "best response"},
            ]
        )
        for column, word in words.items():
            target = f"assessments.{column}"
            write = self.length(word, "mm") if column != "category" else self.coded({})
            for (criterion, region), group in frame.groupby(["criterion", "region"]):
                header = style.format(c=criterion, r=region, w=word)
                taken.add(header)
                there = group.set_index("patient_id")[column]
                cells = [write(there[p]) if isinstance(there.get(p), str) else "" for p in self.ids]
                columns.append((header, cells))
                of[header] = {target}
            self.book.true[target] = {
                (self.shown[p], v)
                for p, v in zip(frame["patient_id"], frame[column], strict=True)
                if isinstance(v, str)
            }

    def _grades(
        self, columns: list[tuple[str, Cells]], of: dict[str, set[str]], taken: set[str]
    ) -> None:
        frame = self.of_patients("adverse_events")
        style = self.random.choice(["AE {}", "{} grade", "tox_{}", "{}", "CTCAE: {}"])
        zero = self.random.choice(["0", ""])
        for term, group in frame.groupby("term"):
            header = style.format(term)
            if header in taken:
                continue
            taken.add(header)
            there = group.set_index("patient_id")["grade"]
            columns.append((header, [there.get(p, zero) for p in self.ids]))
            of[header] = {"adverse_events.grade"}
        self.book.true["adverse_events.grade"] = {
            (self.shown[p], v) for p, v in zip(frame["patient_id"], frame["grade"], strict=True)
        }

    def _decoys(
        self, columns: list[tuple[str, Cells]], of: dict[str, set[str]], taken: set[str]
    ) -> None:
        decoys = self.random.sample(DECOYS, self.random.randint(4, 14))
        for name, cell in decoys + self.random.sample(MISLEADING, self.random.randint(1, 6)):
            if name in taken:
                continue
            header = self.header(name, taken)
            columns.append((header, [cell(self.random) for _ in self.ids]))
            of[header.strip()] = set(SEEMING.get(name, ()))

    def _sheet(self, name: str, columns: list[tuple[str, Cells]], of: dict[str, set[str]]) -> None:
        width = len(columns)
        rows: list[list[str]] = []
        above = self.random.choice([0, 0, 1, 2])
        if above:
            rows.append(["Department of oncology, data of 2023", *[""] * (width - 1)])
        if above > 1:
            rows.append(["Basic" if i == 0 else "Other" if i == 9 else "" for i in range(width)])
        rows.append([header for header, _ in columns])
        n = len(columns[0][1])
        rows += [[cells[i] for _, cells in columns] for i in range(n)]
        if self.random.random() < 0.3:
            rows += [[""] * width, ["Total", "", f"n={n}", *[""] * (width - 3)]]
        sheet = from_rows(name, rows, range(1, len(rows) + 1))
        self.book.sheets.append(sheet)
        for header, targets in of.items():
            self.book.of[name, header] = targets


ID = "patient_id"


def _ages(patients: pd.DataFrame) -> pd.Series:
    """Give completed years at enrolment."""
    birth, day = patients["birth_date"].str, patients["enrolment_date"].str
    years = day[:4].astype(int) - birth[:4].astype(int)
    return (years - (day[5:] < birth[5:]).astype(int)).astype(str)


def _number(low: float, high: float, digits: int = 0) -> Callable[[random.Random], str]:
    return lambda r: f"{round(r.uniform(low, high), digits):g}"


def _of(*texts: str) -> Callable[[random.Random], str]:
    return lambda r: r.choice(texts)


def _day(low: int, high: int, written: str = "%Y-%m-%d") -> Callable[[random.Random], str]:
    return lambda r: datetime.date(
        r.randint(low, high), r.randint(1, 12), r.randint(1, 28)
    ).strftime(written)


# Columns that are nothing of the schema, however they are called.
DECOYS: list[tuple[str, Callable[[random.Random], str]]] = [
    ("sex partner", _of("M", "F")),
    ("sex of child", _of("male", "female")),
    ("age at menarche", _number(10, 16)),
    ("age of onset", _number(30, 70)),
    ("Age group", _of("1", "2", "3")),
    ("AFP-L3", _number(0, 60, 1)),
    ("AFP at progression", _number(1, 5000, 1)),
    ("AFP ratio", _number(0, 5, 2)),
    ("AFP pre >400", _of("0", "1")),
    ("date of survey", _day(2018, 2022)),
    ("date", _day(2018, 2022)),
    ("date of first diagnosis", _day(2010, 2017)),
    ("date of death of spouse", _day(2000, 2020)),
    ("death of father", _of("yes", "no")),
    ("death certificate", _of("Y", "N")),
    ("birth date of mother", _day(1920, 1950)),
    ("tumour size (pathology, mm)", _number(10, 150)),
    ("tumour number (pathology)", _number(1, 6)),
    ("ECOG lead", _of("0", "1", "2")),
    ("ECOG at progression", _of("0", "1", "2", "3")),
    ("hospital stage", _of("I", "II", "IIIA")),
    ("BCLC stage", _of("A", "B", "C")),
    ("stage of fibrosis", _of("1", "2", "3", "4")),
    ("ALT", _number(10, 200)),
    ("PD-L1 (%)", _number(0, 100)),
    ("PD-1 expression", _of("yes", "no")),
    ("HBV DNA", _number(0, 1e6)),
    ("HCV genotype", _of("1", "2", "3")),
    ("HBsAb", _of("pos", "neg")),
    ("previous RT dose", _number(20, 60)),
    ("RT dose liver mean", _number(5, 25, 1)),
    ("RT start of previous course", _day(2012, 2016)),
    ("ICI start other trial", _day(2012, 2016)),
    ("line manager", _of("1", "2", "3")),
    ("last imaging type", _of("CT", "MRI")),
    ("last FU by", _of("nurse", "doctor on duty")),
    ("last dose of vaccine", _day(2019, 2022)),
    ("progression of fibrosis", _of("yes", "no")),
    ("size", _number(1, 40, 1)),
    ("grade", _of("1", "2", "3")),
    ("status", _of("0", "1")),
    ("start", _day(2018, 2022)),
    ("end", _day(2018, 2022)),
    ("response", _of("yes", "no")),
    ("PD", _of("0", "1")),
    ("event", _of("0", "1")),
    ("cause of admission", _of("tumour", "other")),
    ("family cirrhosis", _of("yes", "no")),
    ("alcohol (g/d)", _number(0, 80)),
    ("patient name", _of("Li", "Wang", "Zhang", "Chen", "Zhao")),
    ("Tel.", lambda r: f"+86 13{r.randint(100000000, 999999999)}"),
    ("initials", _of("X.Y.", "A.B.", "Q.W.")),
    # Right names over other things.
    ("Karnofsky (ECOG)", _of("70", "80", "90")),
    ("Child-Pugh class", _of("A", "B")),
    ("Cirrhosis stage", _of("F0", "F1", "F4")),
    ("technique of biopsy", _of("needle", "open")),
    ("time", _number(1, 60, 1)),
    ("OS months", _number(1, 60, 1)),
    ("OS status", _of("0", "1")),
    ("BMI", _number(17, 33, 1)),
    ("centre", _of("A", "B", "C")),
]


# These are what they seem.
SEEMING = {
    "OS months": ["time_to_event.days"],
    "OS status": ["time_to_event.event"],
    "Child-Pugh class": ["patients.child_pugh_class"],
}

# Names that a vocabulary knows, over cells that are something else.
MISLEADING: list[tuple[str, Callable[[random.Random], str]]] = [
    ("ECOG", _of("70", "80", "90")),
    ("Sex", _number(20, 80)),
    ("Age", _of("M", "F")),
    ("Age", _number(250, 900)),
    ("DOB", _day(2018, 2022)),
    ("Date of birth", _number(20, 80)),
    ("AFP pre (ng/ml)", _day(2018, 2022)),
    ("AFP pre (ng/ml)", _of("high", "low")),
    ("AJCC stage", _of("A", "B", "C")),
    ("Cirrhosis", _of("F0", "F1", "F4")),
    ("Cirrhosis", _number(0, 40)),
    ("last imaging", _of("CT", "MRI")),
    ("last contact", _of("phone", "visit")),
    ("Date of death", _of("yes", "no")),
    ("death", _of("0", "1")),
    ("Child-Pugh", _of("A", "B")),
    ("RT technique", _of("needle", "open")),
    ("TKI", _of("yes", "no")),
    ("PVTT", _of("yes", "no")),
    ("Number of tumors", _of("single", "multiple")),
    ("measurable lesions", _of("yes", "no")),
    ("Line", _of("first", "second")),
    ("Largest diameter (cm)", _of("small", "large")),
    ("Largest diameter (mm)", _number(1, 15, 1)),
    ("Largest diameter (cm)", _number(20, 150)),
    ("HBV", _number(0, 1e6)),
    ("HCV", _of("1a", "1b", "2")),
    ("Alcohol", _number(0, 90)),
    ("Antiviral", _of("entecavir", "tenofovir")),
    ("EHM", _of("lung", "bone", "lung, bone")),
    ("recurrent", _day(2018, 2022)),
    ("enrolment", _of("yes", "no")),
    ("progression", _of("yes", "no")),
    ("cause of death", _day(2018, 2022)),
    ("RT dose (Gy)", _number(1.8, 3, 1)),
    ("RT fractions", _number(1.8, 3, 1)),
    ("ICI cycles", _day(2018, 2022)),
    ("diagnosis", _of("HCC", "ICC")),
    ("IVC", _number(15, 25)),
]


def workbook(seed: int) -> Workbook:
    """Make the workbook of a seed."""
    maker = Maker(seed)
    return maker.long() if maker.random.random() < 0.35 else maker.wide()

"""What people anywhere call the columns of the schema, and write in them.

Each name stands once, in one of its forms; see `analysis.study.vocabulary`. What only a study has
is declared there.
"""

from __future__ import annotations

from collections.abc import Mapping

from analysis.study.vocabulary import Spelling, Vocabulary

_PROGRESSION = "the first documented progression?"
_CONTACT = "the last day known alive, or the last imaging?"
_IN_FIELD = "the first relapse in the radiation field?"
_OUT_FIELD = "the first relapse outside the radiation field?"
_ENROLMENT = "is this the day of enrolment?"
_ID = "does this name the patient, in every table?"
_ROWS = "it numbers rows: is each a patient?"
_AGE = "age at enrolment?"
_RESPONSE = "best response, and by which criterion?"
_DELIVERED = "delivered, not only prescribed?"

GENERAL = Vocabulary(
    words={
        "date": ("年月", "dt", "dat", "datum", "dates", "日期"),
        "time": ("时间", "zeit"),
        "start": (
            "begin",
            "beginning",
            "began",
            "started",
            "beginn",
            "debut",
            "开始",
            "起始",
            "first day",
        ),
        "end": (
            "stop",
            "stopped",
            "finish",
            "completion",
            "completed",
            "ende",
            "fin",
            "结束",
            "完成",
            "last day",
        ),
        "rt": (
            "radiotherapy",
            "radio therapy",
            "radiation",
            "radiation therapy",
            "xrt",
            "ebrt",
            "irradiation",
            "strahlentherapie",
            "bestrahlung",
            "radiotherapie",
            "放疗",
            "放射治疗",
        ),
        "ici": (
            "icis",
            "io",
            "icb",
            "immunotherapy",
            "immuno",
            "immune therapy",
            "immune checkpoint inhibitor",
            "immune checkpoint inhibitors",
            "checkpoint inhibitor",
            "immuntherapie",
            "immunotherapie",
            "免疫",
            "免疫治疗",
            "pd 1",
            "pd1",
            "pd 1 inhibitor",
            "pd 1 antibody",
            "anti pd 1",
            "pd 1抗体",
        ),
        "therapy": ("treatment", "tx", "therapie", "traitement", "治疗"),
        "drug": ("drugs", "药", "药物", "medication", "medikament"),
        "pre": (
            "before",
            "pre treatment",
            "pretreatment",
            "before treatment",
            "before therapy",
            "pre therapy",
            "治疗前",
            "prior to treatment",
            "prior to therapy",
            "vor therapie",
        ),
        "post": (
            "after",
            "post treatment",
            "posttreatment",
            "after treatment",
            "治疗后",
            "post therapy",
            "nach therapie",
        ),
        "prior": ("previous", "earlier", "past", "既往", "history of", "vorherige"),
        "dose": ("dosis", "剂量", "gesamtdosis"),
        "fractions": ("fraction", "fx", "fxs", "frac", "fraktionen", "分次", "次数", "分割次数"),
        "cycles": ("cycle", "zyklen", "周期", "周期数", "疗程", "courses", "infusions"),
        "site": ("location", "localisation", "localization", "lokalisation", "部位"),
        "death": ("died", "deceased", "exitus", "verstorben", "tod", "deces", "死亡"),
        "birth": ("geb", "birthday", "geburt", "naissance", "出生", "born"),
        "progression": ("progress", "progressed", "progressive disease", "进展", "progredienz"),
        "fu": ("follow up", "followup", "f u", "随访", "nachsorge", "suivi", "nachbeobachtung"),
        "last": (
            "latest",
            "most recent",
            "letzte",
            "letzter",
            "letztes",
            "letzten",
            "derniere",
            "末次",
            "最后",
            "最近",
            "最近一次",
        ),
        "imaging": (
            "image",
            "scan",
            "ct",
            "mri",
            "bildgebung",
            "imagerie",
            "影像",
            "影像学",
            "影像检查",
            "影像学检查",
        ),
        "contact": ("kontakt", "known alive", "seen alive", "alive", "联系"),
        "enrolment": (
            "enrollment",
            "enrolled",
            "enroled",
            "enrol",
            "inclusion",
            "included",
            "einschluss",
            "入组",
            "recruitment",
            "accrual",
        ),
        "sex": ("geschl", "gender", "geschlecht", "sexe", "性别"),
        "age": ("alter", "年龄"),
        "baseline": ("base", "bl", "基线", "ausgangswert"),
        "bor": ("best overall response", "best response", "最佳疗效", "bestes ansprechen"),
        "response": ("近期疗效", "疗效", "ansprechen", "reponse"),
        "first": ("首次", "erste", "第一次", "premiere"),
        "event": ("ev", "evt", "ereignis", "事件"),
        "nodule": ("nodules", "knoten", "结节"),
        "number": ("no", "nr", "num", "anzahl", "n", "count", "编号", "个数", "数目", "数量"),
        "id": ("identifier", "kennung", "identifiant"),
        "tumour": ("tumor", "tumors", "tumours", "肿瘤"),
        "lesion": ("herd", "herde", "lesions", "病灶", "laesionen"),
        "infield": ("in field", "within field", "in the field", "野内", "照射野内"),
        "outfield": (
            "out field",
            "out of field",
            "outside field",
            "outside the field",
            "野外",
            "照射野外",
        ),
        "recurrence": ("recurrent", "recurring", "relapse", "relapsed", "复发", "rezidiv"),
        "cause": ("原因", "ursache", "reason"),
        "ae": (
            "adverse event",
            "adverse events",
            "aes",
            "toxicity",
            "toxicities",
            "tox",
            "不良反应",
            "不良事件",
            "nebenwirkung",
            "nebenwirkungen",
            "side effect",
            "side effects",
        ),
        "grade": ("gr", "分级", "级别", "grad", "severity"),
        "recist": ("recist 1.1", "recist11", "recist 1 1", "recist v1.1", "recist1.1"),
        "mrecist": ("modified recist", "m recist"),
        "overall": ("whole", "global", "all lesions", "总体", "整体", "gesamt"),
        "new": ("新发", "neue", "nouvelle"),
        "sum": (
            "sld",
            "sum of diameters",
            "sum diameters",
            "总和",
            "summe",
            "sum of longest diameters",
        ),
        "os": ("overall survival", "总生存", "总生存期", "gesamtueberleben", "survie globale"),
        "pfs": ("progression free survival", "无进展生存", "无进展生存期"),
        "status": ("indicator", "flag", "状态"),
        "censored": ("censor", "cens", "cnsr", "censoring"),
    },
    columns={
        "patients.patient_id": Spelling(
            names=(
                "id",
                "pid",
                "pat id",
                "case id",
                "case number",
                "subject",
                "subject id",
                "usubjid",
                "subjid",
                "record id",
                "study id",
                "study number",
                "number",
                "patientennummer",
                "pat nr",
                "病例号",
                "序号",
                "subject number",
            ),
            asked={
                "code": _ID,
                "key": _ID,
                "case": _ID,
                "pat": _ID,
                "enrolment number": _ID,
                "index": _ID,
                "patient": _ID,
                "subject code": _ID,
                "rownames": _ROWS,
                "row": _ROWS,
                "row names": _ROWS,
                "unnamed 0": _ROWS,
                "obs": _ROWS,
            },
        ),
        "patients.sex": Spelling(
            names=("sex",),
            codes={
                "male": (
                    "m",
                    "man",
                    "mann",
                    "mannlich",
                    "maennlich",
                    "男",
                    "男性",
                    "homme",
                    "masculin",
                ),
                "female": ("f", "w", "woman", "frau", "weiblich", "女", "女性", "femme", "feminin"),
            },
        ),
        "patients.birth_date": Spelling(
            names=("birth", "dob", "geburtsdatum", "d o b", "geb datum")
        ),
        "patients.age_years": Spelling(
            names=("age", "age at enrolment", "age in years", "age at baseline", "age y", "age yr"),
            asked={"age at diagnosis": _AGE, "age at rt": _AGE, "age at start": _AGE},
            usual=(20, 95),
        ),
        "patients.enrolment_date": Spelling(
            names=("enrolment", "study enrolment", "einschlussdatum"),
            asked={
                "registration": _ENROLMENT,
                "baseline": _ENROLMENT,
                "study entry": _ENROLMENT,
                "entry": _ENROLMENT,
                "consent": _ENROLMENT,
                "randomisation": _ENROLMENT,
                "randomization": _ENROLMENT,
                "therapy start": _ENROLMENT,
                "first therapy": _ENROLMENT,
                "入院": _ENROLMENT,
                "admission": _ENROLMENT,
            },
        ),
        "radiotherapy.start_date": Spelling(
            names=("rt start", "rt first fractions", "rt begin date", "first rt"),
            within=("start", "first fractions"),
        ),
        "radiotherapy.end_date": Spelling(
            names=("rt end", "rt last fractions", "last rt"), within=("end", "last fractions")
        ),
        "radiotherapy.dose_gy": Spelling(
            names=("rt dose", "rt total dose", "rt delivered dose"),
            within=("dose", "total dose", "delivered dose"),
            asked={
                "total dose": "of radiotherapy?",
                "dose": "the total dose of radiotherapy?",
                "gd": "the total dose of radiotherapy?",
                "prescribed rt dose": _DELIVERED,
                "prescribed dose": _DELIVERED,
            },
            usual=(10, 90),
        ),
        "radiotherapy.fractions": Spelling(
            names=("rt fractions", "rt fractions number"),
            within=("fractions", "fractions number"),
            asked={"fractions": "fractions of radiotherapy?"},
        ),
        "immunotherapy.start_date": Spelling(
            names=("ici start", "ici first dose", "first ici", "ici therapy start"),
            within=("start", "first dose"),
        ),
        "immunotherapy.end_date": Spelling(
            names=("ici end", "ici last dose", "last ici", "ici therapy end"),
            within=("end", "last dose"),
        ),
        "immunotherapy.cycles": Spelling(
            names=("ici cycles", "ici fractions", "ici cycles number"),
            within=("cycles", "cycles number"),
            asked={"cycles": "of the checkpoint inhibitor?"},
        ),
        "assessments.criterion": Spelling(
            within=("criterion", "criteria", "response criterion", "response criteria", "标准"),
            codes={
                "RECIST 1.1": ("recist", "recist11", "recist v1 1"),
                "mRECIST": ("modified recist",),
            },
        ),
        "assessments.region": Spelling(
            within=("region", "area", "范围"),
            codes={
                "overall": ("all", "whole", "global", "总体"),
                "in-field": ("infield", "in field", "野内"),
            },
        ),
        "assessments.baseline_sum_mm": Spelling(
            names=("baseline", "baseline sum", "pre sum"),
            within=("baseline diameter sum", "pre"),
            usual=(15, 400),
        ),
        "assessments.best_sum_mm": Spelling(
            names=("best", "best sum", "nadir", "nadir sum", "smallest sum"),
            within=("best diameter sum",),
            usual=(3, 400),
        ),
        "assessments.new_lesion": Spelling(names=("new", "new lesion")),
        "assessments.category": Spelling(
            names=("bor", "response"),
            within=("category",),
            asked={"response category": _RESPONSE},
            codes={
                "CR": ("complete response", "complete remission", "完全缓解"),
                "PR": ("partial response", "partial remission", "部分缓解"),
                "SD": ("stable disease", "stable", "疾病稳定", "稳定"),
                "PD": ("progressive disease", "progression", "疾病进展", "进展"),
            },
        ),
        "adverse_events.term": Spelling(
            names=("ae term", "ae name", "ctcae term", "aeterm", "aedecod"),
            within=("term", "event", "name", "ae", "preferred term"),
        ),
        "adverse_events.grade": Spelling(
            names=("ae grade", "ctcae grade", "aetoxgr", "ae worst grade", "ae ctcae grade"),
            within=("grade", "worst grade", "max grade", "highest grade"),
        ),
        "adverse_events.attribution": Spelling(
            names=("ae attribution", "ae related to", "ae causality"),
            within=("attribution", "related to", "causality", "related", "相关性"),
            codes={
                "radiotherapy": ("rt", "放疗", "radiation"),
                "immunotherapy": ("ici", "io", "免疫", "immune"),
                "targeted therapy": ("tki", "靶向", "targeted"),
                "undetermined": ("unclear", "不明"),
            },
        ),
        "adverse_events.onset_date": Spelling(
            names=("ae onset", "ae start", "aestdtc"),
            within=("onset", "start", "发生"),
        ),
        "follow_up.progression_date": Spelling(
            names=(
                "progression",
                "progressdatum",
                "first progression",
                "disease progression",
                "tumour progression",
                "pd date",
                "progression pd",
            ),
            asked={
                "pd": _PROGRESSION,
                "recurrence": _PROGRESSION,
                "failure": _PROGRESSION,
                "progression or death": _PROGRESSION,
                "event": _PROGRESSION,
                "pfs": _PROGRESSION,
            },
        ),
        "follow_up.in_field_relapse_date": Spelling(
            names=(
                "infield recurrence",
                "infield progression",
                "infield failure",
                "first infield recurrence",
            ),
            asked={
                "infield": _IN_FIELD,
                "local recurrence": _IN_FIELD,
                "local failure": _IN_FIELD,
                "local progression": _IN_FIELD,
                "局部进展": _IN_FIELD,
            },
        ),
        "follow_up.out_field_relapse_date": Spelling(
            names=(
                "outfield recurrence",
                "outfield progression",
                "outfield failure",
                "first outfield recurrence",
            ),
            asked={
                "outfield": _OUT_FIELD,
                "distant failure": _OUT_FIELD,
                "distant progression": _OUT_FIELD,
                "distant recurrence": _OUT_FIELD,
            },
        ),
        "follow_up.last_imaging_date": Spelling(
            names=("last imaging", "last fu imaging", "last disease imaging"),
            asked={
                "last assessment": "of the disease, by imaging?",
                "last evaluation": "of the disease, by imaging?",
                "last restaging": "of the disease, by imaging?",
            },
        ),
        "follow_up.last_contact_date": Spelling(
            names=("last contact", "last fu contact", "last contact or death"),
            asked={
                "last fu": _CONTACT,
                "last visit": _CONTACT,
                "last seen": _CONTACT,
                "last": _CONTACT,
                "fu": _CONTACT,
                "censored": _CONTACT,
                "fu end": _CONTACT,
                "last observation": _CONTACT,
                "lfu": _CONTACT,
                "fu last visit": _CONTACT,
            },
        ),
        "follow_up.death_date": Spelling(names=("death", "dod", "todesdatum", "sterbedatum")),
        "follow_up.cause_of_death": Spelling(
            names=("death cause", "cod", "死因", "todesursache"),
            asked={"cause": "of death?"},
            codes={
                "tumour": (
                    "tumor",
                    "cancer",
                    "disease progression",
                    "progression",
                    "肿瘤",
                    "肿瘤进展",
                    "hcc",
                    "tumour progression",
                ),
                "adverse event": ("ae", "toxicity", "treatment toxicity", "不良反应", "treatment"),
                "other disease": (
                    "other",
                    "others",
                    "其他",
                    "other cause",
                    "non tumour",
                    "intercurrent disease",
                    "comorbidity",
                ),
            },
        ),
        "time_to_event.endpoint": Spelling(within=("endpoint", "paramcd", "param")),
        "time_to_event.days": Spelling(within=("time", "aval", "duration", "days")),
        "time_to_event.event": Spelling(within=("event", "status")),
    },
)

# Names of sheets and files, in the words above, that say of which table they are.
TABLE_WORDS: Mapping[str, tuple[str, ...]] = {
    "patients": ("patients", "baseline", "demographics", "characteristics", "病人", "患者", "基本"),
    "radiotherapy": ("rt",),
    "immunotherapy": ("ici",),
    "assessments": ("response", "assessments", "assessment", "recist", "mrecist", "bor"),
    "adverse_events": ("ae",),
    "follow_up": ("fu", "outcome", "outcomes", "survival", "预后"),
    "time_to_event": ("time to event", "tte", "adtte"),
}

YES = ("yes", "y", "ja", "j", "oui", "si", "是", "有", "阳性", "positive", "pos", "+", "present",
       "true", "t", "√", "已", "++", "vorhanden")  # fmt: skip
NO = ("no", "n", "nein", "non", "否", "无", "阴性", "negative", "neg", "-", "absent", "false", "f",
      "×", "未", "−", "nicht vorhanden", "没有")  # fmt: skip

# Texts that say in words that nothing is known; with nothing else they are no answer.
MISSING = ("na", "n a", "nd", "n d", "nk", "n k", "none recorded", "unknown", "unk", "not known",
           "not available", "not done", "missing", "null", "nan", "未查", "未知", "不详", "缺失",
           "未测", "unbekannt", "k a", "fehlt", "inconnu", "not recorded",
           "not assessed")  # fmt: skip
MISSING_SIGNS = ("/", ".", "-", "--", "---", "?", "??", "*", "—", "–", "\\", "#n/a", "#na", "n.a.")
# Numbers that stand for missing in many files.
MISSING_NUMBERS = ("-1", "-9", "-99", "-999", "-9999", "9", "99", "999", "9999", "99999", "88",
                   "888", "8888")  # fmt: skip
# In the column of identifiers: no patient, but a sum or a remark below them.
TOTALS = ("total", "totals", "sum", "合计", "总计", "小计", "summe", "gesamt", "mean", "median",
          "note", "notes", "注", "备注", "n", "average", "平均", "remark", "remarks")  # fmt: skip
# In a column of dates: it did not happen.
NOT_HAPPENED = ("no", "none", "alive", "无", "否", "未", "存活", "未进展", "no pd", "not reached",
                "nein", "keine", "non", "no progression", "ongoing", "0", "censored")  # fmt: skip

# Who somebody is, and how to reach them: such columns are not read. Any of these words in a name.
IDENTIFYING = ("initials", "surname", "forename", "firstname", "lastname", "phone", "telephone",
               "tel", "mobile", "cell phone", "email", "e mail", "address", "adresse", "telefon",
               "vorname", "nachname", "prenom", "ssn", "passport", "insurance", "zip", "postcode",
               "postal", "kin", "姓名", "姓名首字母", "电话", "联系电话", "联系人", "手机", "地址",
               "住址", "身份证", "身份证号", "医保号", "邮编", "mrn", "住院号", "病案号",
               "medical record number", "hospital number", "chart number", "门诊号", "nhs number",
               "contact number", "contact person", "fallnummer", "physician", "doctor", "surgeon",
               "arzt", "医生", "主管医师", "医师", "street", "city of residence")  # fmt: skip
# These only where nothing else but words for a patient stands beside them.
NAMES_OF_PEOPLE = ("name", "first name", "last name", "full name", "nom", "names")

# Words of a name that say nothing of what it is.
EMPTY = frozenset(
    (
        *("of", "the", "a", "an", "at", "on", "patient", "patients", "s", "is", "was", "pts", "pt"),
        *("der", "des", "die", "das", "von", "du", "de", "la", "le", "les", "患者", "是否", "yn"),
    )
)

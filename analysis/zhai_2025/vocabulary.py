"""What hospitals call the article's columns, and write in them.

Each name stands once, in one of its forms; see `analysis.study.vocabulary`.
"""

from __future__ import annotations

from analysis.study.vocabulary import Spelling, Vocabulary

_AT_ENROLMENT = "the disease as it was at enrolment, or what happened afterwards?"
_EDITION = "AJCC, 8th edition, or another staging?"
_EXTENT = "tumour thrombus, and how far: none, a branch (Vp1-3), the main trunk (Vp4)?"
_LARGEST = "the largest diameter of the largest tumour?"
_ECOG = "ECOG, or another scale of performance?"
_FAILED = "progression on it, or only that it was given?"
_LINE = "the line of the treatment studied (not how many lines came before)?"

VOCABULARY = Vocabulary(
    words={
        "afp": ("alpha fetoprotein", "alphafetoprotein", "alpha foetoprotein", "甲胎蛋白"),
        "pvtt": (
            "portal vein tumour thrombus",
            "portal vein tumour thrombosis",
            "portal venous tumour thrombus",
            "门静脉癌栓",
            "门脉癌栓",
            "pfortaderthrombose",
        ),
        "ivc": ("inferior vena cava", "下腔静脉"),
        "hbv": (
            "hep b",
            "hepatitis b",
            "hepatitis b virus",
            "hbsag",
            "hbs ag",
            "乙肝",
            "乙型肝炎",
            "乙肝表面抗原",
        ),
        "hcv": (
            "hep c",
            "hepatitis c",
            "hepatitis c virus",
            "hcv ab",
            "anti hcv",
            "丙肝",
            "丙型肝炎",
        ),
        "childpugh": ("child pugh", "child turcotte pugh", "ctp", "cps"),
        "ehm": (
            "ehs",
            "extrahepatic",
            "extra hepatic",
            "肝外转移",
            "extrahepatische metastasen",
            "metastases extrahepatiques",
        ),
        "cirrhosis": ("肝硬化", "zirrhose", "leberzirrhose", "cirrhose", "lc"),
        "alcohol": ("饮酒", "drinking", "alkohol", "alkoholkonsum", "alcool", "etoh", "酗酒"),
        "tki": ("tkis", "靶向", "targeted", "antiangiogenic"),
        "stage": ("staging", "分期", "stadium", "stade"),
        "technique": ("技术", "technik", "bestrahlungstechnik"),
        "line": ("lines", "线数", "linie", "therapielinie"),
        "thrombus": ("thrombosis", "癌栓", "thrombi"),
        "diagnosis": ("dx", "诊断", "diagnose", "diagnostic"),
        "metastasis": ("fernmetastasen", "metastases", "metastatic", "mets", "转移", "metastasen"),
        "antiviral": ("抗病毒", "antivirals", "anti viral", "antiviral drug", "antivirale"),
        "largest": (
            "longest",
            "max",
            "maximum",
            "maximal",
            "biggest",
            "最大",
            "groesster",
            "grosster",
        ),
        "diameter": ("diam", "durchmesser", "径", "直径", "diametre", "dia"),
        "measurable": ("可测", "可测量", "messbare"),
        "ecog": ("ecog ps", "ecog performance status", "ecog score", "ecog评分"),
        "ps": ("performance status", "体能状态", "体力状态"),
    },
    columns={
        "patients.ecog": Spelling(
            names=("ecog", "ps ecog"),
            asked={"ps": _ECOG, "who ps": _ECOG, "zubrod": _ECOG, "who": _ECOG, "体能评分": _ECOG},
        ),
        "patients.diagnosis": Spelling(
            names=("diagnosis", "diagnosis method", "diagnosis basis", "诊断方式", "诊断依据"),
            asked={"diagnosis type": "how HCC was diagnosed?", "confirmed by": "how diagnosed?"},
            codes={
                "pathological": (
                    "pathology",
                    "pathologic",
                    "histology",
                    "histological",
                    "biopsy",
                    "病理",
                    "病理诊断",
                    "histologisch",
                ),
                "clinical": (
                    "clinically",
                    "临床",
                    "临床诊断",
                    "imaging",
                    "radiological",
                    "klinisch",
                ),
            },
        ),
        "patients.child_pugh_score": Spelling(
            names=("childpugh", "childpugh score", "childpugh points", "child score", "cp score"),
            asked={"child": "the Child-Pugh score?", "肝功能": "the Child-Pugh score?"},
        ),
        "patients.child_pugh_class": Spelling(
            names=("childpugh class", "childpugh grade", "cp class", "childpugh stage"),
        ),
        "patients.cirrhosis": Spelling(names=("cirrhosis", "liver cirrhosis")),
        "patients.alcohol_use": Spelling(
            names=("alcohol", "alcohol use", "alcohol history", "alcohol consumption", "饮酒史"),
            asked={
                "alcohol abuse": "any use, or abuse only?",
                "alcoholic": "any use, or abuse only?",
            },
        ),
        "patients.hepatitis_b": Spelling(
            names=("hbv", "hbv infection", "hbv status", "hbv positive", "乙肝病史"),
        ),
        "patients.hepatitis_c": Spelling(
            names=("hcv", "hcv infection", "hcv status", "hcv positive", "丙肝病史"),
        ),
        "patients.afp_before": Spelling(
            names=("afp pre", "afp baseline", "afp at enrolment"),
            asked={
                "afp": "before treatment, or after?",
                "afp 1": "before treatment?",
                "afp first": "before treatment?",
                "afp at diagnosis": "that of the diagnosis, or before this treatment?",
            },
        ),
        "patients.afp_after": Spelling(
            names=("afp post",),
            asked={
                "afp 2": "after treatment?",
                "afp nadir": "the lowest after treatment: is this what counts as after?",
                "afp fu": "which day after treatment?",
                "afp last": "which day after treatment?",
            },
        ),
        "patients.afp_group": Spelling(
            asked={"afp group": "the limit between the groups?", "afp category": "the limit?"},
        ),
        "patients.tumour_count": Spelling(
            names=("tumour number", "intrahepatic tumour number"),
            asked={
                "lesion number": "all tumours, or the measurable ones?",
                "nodule": "how many there are?",
                "nodule number": "all tumours, or those of one organ?",
                "tumour": "how many there are?",
                "lesion": "how many there are?",
                "tumour multiplicity": "how many there are?",
            },
        ),
        "patients.largest_tumour_cm": Spelling(
            names=(
                "largest diameter",
                "largest tumour diameter",
                "largest tumour size",
                "largest lesion diameter",
                "largest lesion size",
                "largest lesion",
                "largest tumour",
            ),
            asked={
                "tumour size": _LARGEST,
                "tumour diameter": _LARGEST,
                "size": _LARGEST,
                "diameter": _LARGEST,
                "lesion size": _LARGEST,
                "largest size": _LARGEST,
                "肿瘤大小": _LARGEST,
            },
            usual=(1.5, 20),
        ),
        "patients.measurable_lesions": Spelling(
            names=("measurable lesion", "measurable lesion number"),
            asked={
                "target lesion": "measurable lesions, or the target lesions chosen?",
                "target lesion number": "measurable lesions, or the target lesions chosen?",
            },
        ),
        "patients.ajcc_stage": Spelling(
            names=(
                "ajcc stage",
                "ajcc 8",
                "ajcc 8 stage",
                "ajcc 8th stage",
                "ajcc 8th edition stage",
            ),
            asked={
                "stage": _EDITION,
                "ajcc": _EDITION,
                "tnm": _EDITION,
                "tnm stage": _EDITION,
                "ajcc tnm stage": _EDITION,
                "uicc": _EDITION,
                "uicc stage": _EDITION,
                "clinical stage": _EDITION,
                "tumour stage": _EDITION,
            },
            codes={
                "I": ("1",),
                "IA": ("1a",),
                "IB": ("1b",),
                "II": ("2",),
                "IIIA": ("3a",),
                "IIIB": ("3b",),
                "IVA": ("4a",),
                "IVB": ("4b",),
            },
        ),
        "patients.recurrent": Spelling(
            names=("recurrent hcc", "recurrent at enrolment", "recurrent at baseline"),
            asked={"recurrence": _AT_ENROLMENT, "recurrent disease": _AT_ENROLMENT},
        ),
        "patients.extrahepatic_metastasis": Spelling(
            names=("ehm", "ehm metastasis", "ehm spread", "ehm disease"),
            asked={
                "metastasis": "outside the liver, before enrolment?",
                "distant metastasis": "outside the liver, before enrolment?",
            },
        ),
        "patients.pvtt_extent": Spelling(
            names=("pvtt", "pvtt extent", "pvtt type", "pvtt grade", "pvtt classification"),
            asked={
                "portal vein thrombus": _EXTENT,
                "pvt": _EXTENT,
                "portal invasion": _EXTENT,
                "portal vein invasion": _EXTENT,
                "vp": _EXTENT,
                "vascular invasion": _EXTENT,
            },
            codes={
                "none": ("no", "n", "absent", "vp0", "vp 0", "无", "nein"),
                "branch": ("vp1", "vp2", "vp3", "vp 1", "vp 2", "vp 3", "分支", "branches"),
                "main": ("vp4", "vp 4", "trunk", "main trunk", "主干", "main portal vein"),
            },
        ),
        "patients.ivc_thrombus": Spelling(
            names=("ivc thrombus", "ivc tumour thrombus", "ivctt"),
            asked={
                "ivc": "tumour thrombus in the inferior vena cava?",
                "ivc invasion": "tumour thrombus in the inferior vena cava?",
            },
        ),
        "patients.therapy_line": Spelling(
            names=("therapy line", "current line", "current therapy line"),
            asked={"line": _LINE, "number of line": _LINE, "prior line": _LINE, "lot": _LINE},
        ),
        "patients.progressed_before": Spelling(
            names=("prior progression", "progression on prior therapy", "progression pre"),
            asked={"prior therapy failure": "progression on it?"},
        ),
        "patients.prior_ici": Spelling(
            names=("progression on prior ici",),
            asked={"prior ici": _FAILED, "prior ici therapy": _FAILED, "ici prior use": _FAILED},
        ),
        "patients.rt_technique": Spelling(
            names=("rt technique", "technique", "rt delivery technique"),
            asked={"rt modality": "the technique?", "modality": "the technique of radiotherapy?"},
            codes={
                "IMRT": ("intensity modulated", "intensity modulated radiotherapy", "调强"),
                "VMAT": ("rapidarc", "rapid arc", "arc", "容积调强"),
                "TOMO": ("tomotherapy", "helical tomotherapy", "tomo therapy"),
            },
        ),
        "patients.targeted_agent": Spelling(
            names=("tki", "tki agent", "tki drug", "tki therapy", "tki name"),
            asked={"concurrent drug": "the targeted agent?"},
            codes={
                "sorafenib": ("索拉非尼", "nexavar", "多吉美"),
                "lenvatinib": ("仑伐替尼", "乐伐替尼", "lenvima"),
                "regorafenib": ("瑞戈非尼", "stivarga"),
                "apatinib": ("阿帕替尼", "rivoceranib"),
                "none": ("no", "无", "nil", "no tki", "keine", "未用"),
            },
        ),
        "patients.antiviral": Spelling(
            names=("antiviral", "antiviral therapy", "antiviral during therapy"),
        ),
        "patients.records_complete": Spelling(
            names=("complete records", "资料完整", "medical records complete"),
        ),
        "radiotherapy.site": Spelling(
            names=("rt site", "rt target", "rt region", "irradiated site", "rt lesion"),
            within=("site", "target", "lesion"),
            asked={"target volume": "the irradiated site?"},
            codes={
                "primary tumour": (
                    "primary",
                    "liver",
                    "liver tumour",
                    "原发灶",
                    "肝内",
                    "肝脏",
                    "hcc",
                ),
                "PVTT": ("portal vein", "门静脉癌栓", "癌栓"),
                "other tumour thrombus": (
                    "ivc thrombus",
                    "ivctt",
                    "下腔静脉癌栓",
                    "other thrombus",
                ),
                "lymph node": ("lymph nodes", "ln", "node", "nodes", "淋巴结", "lymphknoten"),
                "other metastasis": ("metastasis", "metastases", "转移灶", "其他转移"),
            },
        ),
        "immunotherapy.agent": Spelling(
            names=("ici", "ici agent", "ici drug", "ici name", "ici therapy", "ici regimen"),
            within=("agent", "drug", "name", "regimen"),
            codes={
                "toripalimab": ("特瑞普利单抗", "特瑞普利", "拓益", "js001"),
                "sintilimab": ("信迪利单抗", "信迪利", "达伯舒", "ibi308"),
                "camrelizumab": ("卡瑞利珠单抗", "卡瑞利珠", "艾瑞卡", "shr 1210"),
                "tislelizumab": ("替雷利珠单抗", "替雷利珠", "百泽安", "bgb a317"),
                "pembrolizumab": ("k药", "帕博利珠单抗", "派姆单抗", "可瑞达", "keytruda"),
                "nivolumab": ("o药", "纳武利尤单抗", "纳武单抗", "欧狄沃", "opdivo"),
                "zimberelimab": ("赛帕利单抗", "赛帕利"),
                "atezolizumab": ("阿替利珠", "阿替利珠单抗", "t药", "tecentriq"),
            },
        ),
    },
)

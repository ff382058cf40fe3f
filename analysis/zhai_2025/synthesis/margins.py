"""What the tables of this article count, and what its patients obey."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from analysis.cohort.schema import CATEGORIES, CRITERIA
from analysis.synthesis.margins import Claim, Column, Key, Margins, Model, fitting, from_level, plus
from analysis.synthesis.targets import Printed, Targets
from analysis.zhai_2025.adverse_events import GROUPS
from analysis.zhai_2025.patients import ICI_AGENTS, RT_SITES, TARGETED_AGENTS, TECHNIQUES
from analysis.zhai_2025.synthesis.outcomes import DIARRHOEA, FISTULA

YES_NO = ("yes", "no")
GRADES = ("0", "1", "2", "3", "4", "5")
AFP_GROUPS = ("<400", "400-999", ">=1000")
RESPONSES = ("RECIST 1.1 overall", "mRECIST overall", "RECIST 1.1 in-field", "mRECIST in-field")

# One category a patient each.
VARIABLES: dict[str, tuple[str, ...]] = {
    "sex": ("male", "female"),
    "age_under_60": YES_NO,
    "alcohol_use": YES_NO,
    "cirrhosis": YES_NO,
    "hepatitis": ("HBV", "HCV", "none"),
    "child_pugh_score": ("5", "6", "7"),
    "ecog": ("0", "1", "2"),
    "diagnosis": ("pathological", "clinical"),
    "afp_before_group": AFP_GROUPS,
    "afp_decrease": YES_NO,
    "afp_after_400": ("<=400", ">400"),
    "tumour_count_group": ("1-4", ">=5"),
    "extrahepatic_metastasis": YES_NO,
    "ivc_thrombus": YES_NO,
    "pvtt_extent": ("none", "branch", "main"),
    "therapy_line": ("1", "2", "3", "4", "5", "6"),
    "prior_ici": YES_NO,
    "treatment_mode": ("concurrent", "sequential"),
    "ici_agent": ICI_AGENTS,
    "ici_switched": YES_NO,
    **{f"site {site}": YES_NO for site in RT_SITES},
    "targeted_agent": TARGETED_AGENTS,
    "rt_technique": TECHNIQUES,
    "rt_on_intrahepatic": YES_NO,
    "sbrt": YES_NO,
    "eqd2_under_60": YES_NO,
    **dict.fromkeys(RESPONSES, CATEGORIES),
    **{f"grade {group.name}": GRADES for group in GROUPS},
    "grade_3_or_more": YES_NO,
    "cause_of_death": ("tumour", "adverse event", "other disease", "alive"),
    "failure_pattern": ("out-of-field only", "in-field and out-of-field", "none"),
}

ANALYSES = (
    "characteristics",
    "treatment",
    "response",
    "afp_response",
    "survival",
    "adverse_events",
)
_FALL = ("afp_response", "", "", "afp_decrease", "yes", "percent")


# What any such patients obey ---------------------------------------------------------------------


def rules(model: Model) -> None:
    """Put into a model what any patients of this article obey."""
    x = model.columns
    site = {name: x[f"site {name}"]["yes"] for name in RT_SITES}
    metastasis, node = x["extrahepatic_metastasis"]["yes"], site["lymph node"]
    first_line = x["therapy_line"]["1"]
    model.never(
        "every patient was irradiated somewhere",
        *(x[f"site {name}"]["no"] for name in RT_SITES),
    )
    model.never(
        "PVTT is irradiated only where there is one", site["PVTT"], x["pvtt_extent"]["none"]
    )
    model.implies(
        "a metastasis is irradiated only with extrahepatic metastasis",
        site["other metastasis"],
        metastasis,
    )
    model.implies(
        "another tumour thrombus that is irradiated is one of the inferior vena cava",
        site["other tumour thrombus"],
        x["ivc_thrombus"]["yes"],
    )
    model.is_any(
        "irradiation inside the liver is that of the primary tumour or of PVTT",
        x["rt_on_intrahepatic"]["yes"],
        [site["primary tumour"], site["PVTT"]],
    )
    # Who was never treated has not recurred, so is here for stage IV.
    model.implies(
        "first-line patients have a metastasis, or a lymph node irradiated",
        first_line,
        metastasis,
        node,
    )
    model.never("first-line patients had no ICI before", first_line, x["prior_ici"]["yes"])
    model.implies(
        "the switch was to toripalimab",
        x["ici_switched"]["yes"],
        x["ici_agent"]["toripalimab"],
    )
    model.never(
        "a Child-Pugh score of 7 goes with cirrhosis",
        x["child_pugh_score"]["7"],
        x["cirrhosis"]["no"],
    )

    for region in ("overall", "in-field"):
        rule = f"the {region} response by mRECIST is not worse than by RECIST 1.1"
        size, viable = x[f"RECIST 1.1 {region}"], x[f"mRECIST {region}"]
        # Best to worst, each with those before: clauses of single categories say the same of
        # a patient, but less when they are added up.
        for worst in range(1, len(CATEGORIES)):
            better = CATEGORIES[:worst]
            model.implies(
                rule,
                plus(*(size[name] for name in better)),
                *(viable[name] for name in better),
            )
    for criterion in ("RECIST 1.1", "mRECIST"):
        rule = f"the response in the field by {criterion} is part of the overall one"
        overall, inside_field = x[f"{criterion} overall"], x[f"{criterion} in-field"]
        model.implies(rule, overall["CR"], inside_field["CR"])
        model.implies(rule, inside_field["SD"], overall["SD"], overall["PD"])

    low, fell = x["afp_before_group"]["<400"], x["afp_decrease"]["yes"]
    rule = "AFP that crossed 400 ng/mL fell, or did not, accordingly"
    model.never(rule, low, fell, x["afp_after_400"][">400"])
    for group in AFP_GROUPS[1:]:
        model.never(
            rule,
            x["afp_before_group"][group],
            x["afp_decrease"]["no"],
            x["afp_after_400"]["<=400"],
        )

    grades = [x[f"grade {group.name}"] for group in GROUPS]
    model.is_any(
        "an event of grade 3 or more is one of Table 4's",
        x["grade_3_or_more"]["yes"],
        [levels[grade] for levels in grades for grade in ("3", "4", "5")],
    )
    model.is_any(
        "a death of an adverse event is an event of grade 5",
        x["cause_of_death"]["adverse event"],
        [levels["5"] for levels in grades],
    )
    model.never(
        "who died of the tumour had progressed",
        x["cause_of_death"]["tumour"],
        x["failure_pattern"]["none"],
    )
    _grade_5_patients(model)


def _grade_5_patients(model: Model) -> None:
    """Put into a model what the Discussion tells of two patients."""
    told = {
        FISTULA: {
            "sex": "male",
            "grade tef": "5",
            "ici_agent": "toripalimab",
            "ici_switched": "no",
            "targeted_agent": "regorafenib",
            "treatment_mode": "concurrent",
            "prior_ici": "no",
            "pvtt_extent": "none",
            "ivc_thrombus": "no",
            "sbrt": "no",
            "eqd2_under_60": "yes",
            "site other metastasis": "yes",
            "site primary tumour": "no",
            "site lymph node": "no",
            "failure_pattern": "none",
        },
        DIARRHOEA: {
            "sex": "male",
            "grade gi": "5",
            "targeted_agent": "lenvatinib",
            "ici_switched": "no",
            "sbrt": "yes",
            "eqd2_under_60": "yes",
            "prior_ici": "no",
            "site primary tumour": "yes",
            "site PVTT": "yes",
            "site other metastasis": "no",
            "site lymph node": "no",
            "site other tumour thrombus": "no",
            "failure_pattern": "none",
        },
    }
    for patient, facts in told.items():
        who = "fistula" if patient == FISTULA else "diarrhoea"
        rule = f"the patient with the fatal {who} is as the Discussion tells"
        model.require(
            rule, (model.columns[name][level][patient] == 1 for name, level in facts.items())
        )
    later = "the patient with the fatal fistula was treated before"
    model.require(later, [model.columns["therapy_line"]["1"][FISTULA] == 0])


# What was published ------------------------------------------------------------------------------


def members(model: Model, key: Key) -> Column | None:
    """Give the column whose sum is the count that a key of the ledger names."""
    analysis_id, _, group, variable, level, _ = key
    x = model.columns
    match variable:
        case "patients":
            return list(model.sizes)
        case "viral_hepatitis" | "antiviral":
            return model.yes_no(x["hepatitis"]["none"], level == "no")
        case "afp_before":
            above = AFP_GROUPS[2:] if level.endswith("1000") else AFP_GROUPS[1:]
            high = plus(*(x["afp_before_group"][name] for name in above))
            return model.yes_no(high, level.startswith(">="))
        case "afp_after":
            return x["afp_after_400"].get(level)
        case "tumour_count":
            return x["tumour_count_group"].get({"<5": "1-4"}.get(level, level))
        case "pvtt":
            return model.yes_no(x["pvtt_extent"]["none"], level == "no")
        case "vp4":
            return model.yes_no(x["pvtt_extent"]["main"], level == "yes")
        case "progressed_before":
            return model.yes_no(x["therapy_line"]["1"], level == "no")
        case "therapy_line_group":
            return from_level(x["therapy_line"], level)
        case "targeted_therapy":
            return model.yes_no(x["targeted_agent"]["none"], level == "no")
        case "ici_agent" if level == "camrelizumab":
            return plus(x["ici_agent"][level], x["ici_switched"]["yes"])
        case "rt_site":
            return x.get(f"site {level}", {}).get("yes")
        case "rt_foci":
            return plus(*(x[f"site {name}"]["yes"] for name in RT_SITES))
        case "response_overall" | "response_in_field":
            region = "overall" if variable == "response_overall" else "in-field"
            return _responders(model, f"{group} {region}", level)
        case "any_event" if level == "5":
            return x["cause_of_death"]["adverse event"]
        case "any_event":
            return x["grade_3_or_more"]["yes"] if level == ">=3" else None
        case "death":
            return model.yes_no(x["cause_of_death"]["alive"], level == "no")
        case "progression":
            return model.yes_no(x["failure_pattern"]["none"], level == "no")
        case "in_field_relapse":
            return x["failure_pattern"]["in-field and out-of-field"]
    if analysis_id == "adverse_events":
        return from_level(x.get(f"grade {variable}", {}), ">=1" if level == "any" else level)
    return x.get(variable, {}).get(level)


def _responders(model: Model, response: str, level: str) -> Column | None:
    """Give the column of a response, or of ORR (CR, PR) or DCR (CR, PR, SD)."""
    columns = model.columns.get(response, {})
    if level in columns or not columns:
        return columns.get(level)
    parts = {"ORR": ("CR", "PR"), "DCR": ("CR", "PR", "SD")}.get(level)
    return plus(*(columns[part] for part in parts)) if parts else None


def _fall_of_afp(model: Model, criterion: str, level: str, claim: Claim, *given: Claim) -> None:
    """Put a claim on how many responders' AFP fell behind a literal."""
    responders = _responders(model, f"{criterion} overall", level)
    assert responders is not None
    both = model.both_of(
        f"{criterion} {level} with a fall of AFP is one and the other",
        model.columns["afp_decrease"]["yes"],
        responders,
    )
    model.claim(claim, both, *given)


def _implied(
    model: Model, targets: Targets, first: Mapping[Key, Claim], excused: Collection[str]
) -> None:
    """Put into a model what the Fisher p values say, whatever the counts are that they rest on."""
    fell = first.get(_FALL)
    for criterion in CRITERIA:
        for level in ("ORR", "DCR"):
            p_value = targets.printed(*_p_value(level), "criterion", criterion)
            key = ("response", "criterion", criterion, "response_overall", level, "count")
            responders = first.get(key)
            if p_value.claim in excused or fell is None or responders is None:
                continue
            both = {
                number
                for total in fell.counts
                for number in fitting(p_value, responders.counts[0], total, targets.n)
            }
            words = f"{', '.join(map(str, sorted(both))) or 'no number of'} patients with both"
            claim = Claim(p_value, tuple(sorted(both)), words)
            _fall_of_afp(model, criterion, level, claim, fell, responders)


def _implied_targets(model: Model, targets: Targets) -> None:
    """Put into a model how many responders' AFP fell, as the search takes the p values."""
    for criterion in CRITERIA:
        for level, (claim, both) in fallen_responders(targets, criterion).items():
            words = f"{both} patients with both"
            _fall_of_afp(model, criterion, level, Claim(claim, (both,), words))


def _p_value(level: str) -> tuple[str, str, str, str]:
    return "afp_response", "response_overall", "p_value", level


def fallen_responders(targets: Targets, criterion: str) -> dict[str, tuple[Printed, int]]:
    """Give how many responders' AFP fell, from the printed Fisher p values of one criterion.

    Where the p values fit only with the labels ORR and DCR exchanged, they are taken so.

    Returns
    -------
    By level (ORR, DCR) the claim and the number of patients; a level that no number fits is
    left out.
    """
    fell = round(targets.value("afp_response", "afp_decrease", "percent", "yes") * targets.n / 100)
    claims = {
        level: targets.printed(*_p_value(level), "criterion", criterion) for level in ("ORR", "DCR")
    }
    for taken in (claims, dict(zip(claims, reversed(claims.values()), strict=True))):
        found = {}
        for level, claim in taken.items():
            responders = targets.printed(
                "response", "response_overall", "count", level, "criterion", criterion
            )
            numbers = fitting(claim, int(responders.value), fell, targets.n)
            # A fall of AFP goes with response, as the article discusses it.
            if numbers:
                found[level] = claim, numbers[-1]
        if len(found) == len(claims):
            break
    return found


MARGINS = Margins(
    variables=VARIABLES,
    described=len((FISTULA, DIARRHOEA)),
    analyses=ANALYSES,
    rules=rules,
    members=members,
    implied=_implied,
    implied_targets=_implied_targets,
)

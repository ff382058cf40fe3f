"""Counts that contradict each other are told apart; a table of patients meets all that do not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from ortools.sat.python import cp_model
from scipy import stats

from analysis.article.ledger import read_ledger
from analysis.synthesis import conflicts, margins
from analysis.synthesis.targets import Targets
from analysis.zhai_2025.adverse_events import GROUPS
from analysis.zhai_2025.synthesis.margins import MARGINS, fallen_responders

# Claims that no cohort of the article can meet; the audit says why.
EXCUSED = frozenset(
    {
        "s3.3-afp-mrecist-orr-p",
        "s3.3-afp-mrecist-dcr-p",
        "d-antipd1-recist-dcr-pct",
        "d-prior-ici-yes-pct",
        "d-viral-hepatitis-yes-pct",
    }
)
LEDGER = read_ledger()


def with_printed(ledger: pd.DataFrame, value: float, **keys: str) -> pd.DataFrame:
    """Print another value wherever the keys choose."""
    chosen = np.logical_and.reduce([ledger[column] == wanted for column, wanted in keys.items()])
    assert chosen.any(), f"no claim of {keys}"
    text = f"{value:g}"
    changed = ledger.copy()
    changed.loc[chosen, "printed"] = text
    changed.loc[chosen, "value"] = value
    changed.loc[chosen, "decimals"] = len(text.partition(".")[2])
    return changed


def without(ledger: pd.DataFrame, **keys: str) -> pd.DataFrame:
    chosen = np.logical_and.reduce([ledger[column] == wanted for column, wanted in keys.items()])
    assert chosen.any(), f"no claim of {keys}"
    return ledger[~chosen].reset_index(drop=True)


def counts_alone(ledger: pd.DataFrame, variable: str) -> pd.DataFrame:
    return without(ledger, variable=variable, statistic="percent")


def conflict(ledger: pd.DataFrame) -> margins.ConflictingClaims:
    with pytest.raises(margins.ConflictingClaims) as caught:
        margins.check(MARGINS, Targets(ledger), EXCUSED)
    return caught.value


def ids(found: margins.ConflictingClaims) -> set[str]:
    return {claim.partition(":")[0] for claim in found.claims}


# Faults --------------------------------------------------------------------------------------


def too_many_men() -> pd.DataFrame:
    return with_printed(LEDGER, 1000, claim_id="t1-sex-male-n")


def a_count_printed_twice() -> pd.DataFrame:
    ledger = without(counts_alone(LEDGER, "sex"), variable="sex", variable_level="female")
    return with_printed(ledger, 99, claim_id="t1-sex-male-n")


def a_percentage_beside_its_count() -> pd.DataFrame:
    ledger = without(LEDGER, variable="ivc_thrombus", variable_level="no")
    return with_printed(ledger, 12.0, claim_id="t1-ivc-yes-pct")


def main_trunk_beyond_pvtt() -> pd.DataFrame:
    ledger = without(counts_alone(LEDGER, "vp4"), variable="vp4", variable_level="no")
    return with_printed(ledger, 70, variable="vp4", variable_level="yes")


def lines_that_make_109() -> pd.DataFrame:
    ledger = without(counts_alone(LEDGER, "therapy_line"), variable="therapy_line_group")
    ledger = without(ledger, variable="progressed_before")
    return with_printed(ledger, 5, variable="therapy_line", variable_level="6")


def irradiated_metastases_without_metastasis() -> pd.DataFrame:
    ledger = without(
        counts_alone(LEDGER, "extrahepatic_metastasis"),
        variable="extrahepatic_metastasis",
        variable_level="no",
    )
    return with_printed(ledger, 40, variable="extrahepatic_metastasis", variable_level="yes")


def response_across_two_tables() -> pd.DataFrame:
    """By RECIST 57 responders, by mRECIST fewer: no such patients, whatever CR and PR are."""
    kept = LEDGER
    for level in ("CR", "PR", "SD", "DCR"):
        for variable in ("response_overall", "response_in_field"):
            kept = without(kept, analysis_id="response", variable=variable, variable_level=level)
    kept = counts_alone(kept, "response_overall")
    keys = {"variable": "response_overall", "variable_level": "ORR", "group_level": "mRECIST"}
    return with_printed(kept, 56, statistic="count", **keys)


def few_patients_for_the_foci() -> pd.DataFrame:
    """The sites add up to 225 foci, and no site alone tells that 226 cannot be."""
    return with_printed(LEDGER, 226, variable="rt_foci")


def fewer_severe_patients_than_thrombocytopenia() -> pd.DataFrame:
    return with_printed(LEDGER, 9.3, variable="any_event", variable_level=">=3")


def another_number_of_patients() -> pd.DataFrame:
    return with_printed(LEDGER, 109, claim_id="title-patients")


FAULTS: dict[Callable[[], pd.DataFrame], set[str] | None] = {
    too_many_men: {"t1-sex-male-n"},
    a_count_printed_twice: {"s3.1-sex-male-n", "t1-sex-male-n"},
    a_percentage_beside_its_count: {"t1-ivc-yes-n", "t1-ivc-yes-pct"},
    main_trunk_beyond_pvtt: {"abs-pvtt-yes-n", "s3.1-vp4-yes-n"},
    lines_that_make_109: {f"t2-line-{line}-n" for line in range(1, 7)},
    irradiated_metastases_without_metastasis: {"abs-ehm-yes-n", "t2-site-other-metastasis-n"},
    response_across_two_tables: {"t3-all-recist-orr-n", "t3-all-mrecist-orr-n"},
    few_patients_for_the_foci: None,
    fewer_severe_patients_than_thrombocytopenia: None,
    another_number_of_patients: None,
}


def named(fault: Callable[[], pd.DataFrame]) -> str:
    return fault.__name__


def test_the_committed_ledger_can_be_met() -> None:
    margins.check(MARGINS, Targets(LEDGER), EXCUSED)


@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_a_conflict_is_found_and_is_the_smallest(fault: Callable[[], pd.DataFrame]) -> None:
    found = conflict(fault())
    assert found.size is conflicts.Size.SMALLEST
    expected = FAULTS[fault]
    assert expected is None or ids(found) == expected


@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_without_any_one_of_them_the_others_can_be_met(
    fault: Callable[[], pd.DataFrame],
) -> None:
    ledger = fault()
    members = ids(conflict(ledger))
    claims = {key.printed.claim: key for key in small_model(ledger).claims}
    for left_out in [None, *members]:
        model = small_model(ledger)
        held = [
            model.claims[claim]
            for claim in model.claims
            if claim.printed.claim in members - {left_out}
        ]
        assert len(held) == len(members - {left_out}) <= len(claims)
        status = conflicts.solver().solve(model.given_all(held))
        assert (status == cp_model.INFEASIBLE) is (left_out is None)


def small_model(ledger: pd.DataFrame) -> margins.Model:
    targets = Targets(ledger)
    model = MARGINS.model(targets.n, whole=True)
    margins.every_claim(MARGINS, model, targets, EXCUSED)
    return model


def test_the_message_gives_claim_place_print_and_rule() -> None:
    message = str(conflict(main_trunk_beyond_pvtt()))
    assert "No cohort of 108 patients can meet these 2 claims" in message
    assert (
        "s3.1-vp4-yes-n: Results 3.1: main portal vein tumor thrombus / No.: printed 70" in message
    )
    assert "each patient has one pvtt_extent of: none, branch, main" in message


def test_an_excused_claim_is_left_aside() -> None:
    with pytest.raises(margins.ConflictingClaims) as caught:
        margins.check(MARGINS, Targets(LEDGER), EXCUSED - {"d-antipd1-recist-dcr-pct"})
    assert ids(caught.value) == {"d-antipd1-recist-dcr-pct"}
    assert "no number of 108 patients gives it" in str(caught.value)


def test_a_bound_is_a_claim_too() -> None:
    ledger = with_printed(LEDGER, 70, claim_id="d-pvtt-yes-pct-more-than")
    assert "d-pvtt-yes-pct-more-than" in ids(conflict(ledger))


def test_a_fisher_p_that_no_table_gives_conflicts_with_its_counts() -> None:
    keys = {"analysis_id": "afp_response", "statistic": "p_value", "variable_level": "ORR"}
    ledger = with_printed(LEDGER, 0.0891, group_level="RECIST 1.1", **keys)
    assert ids(conflict(ledger)) == {
        "s3.3-afp-recist-orr-p",
        "s3.3-afp-decrease-pct",
        "t3-all-recist-orr-n",
    }


@pytest.mark.parametrize("n", [0, 1])
def test_no_room_for_the_two_patients_described(n: int) -> None:
    assert ids(conflict(with_printed(LEDGER, n, variable="patients"))) == {"title-patients"}


# The smallest conflict, against all subsets ----------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_the_smallest_conflict_of_random_intervals_is_that_of_all_subsets(seed: int) -> None:
    """Pairs of whole numbers under random bounds; every subset is tried beside."""
    rng = np.random.default_rng(seed)
    model = cp_model.CpModel()
    values = [model.new_int_var(0, 9, f"x{k}") for k in range(3)]
    literals = [model.new_bool_var(f"claim {k}") for k in range(8)]
    bounds = []
    for literal in literals:
        factors, low = rng.integers(-1, 2, 3), int(rng.integers(0, 12))
        total = cp_model.LinearExpr.weighted_sum(values, [int(f) for f in factors])
        model.add_linear_constraint(total, low, low + 2).only_enforce_if(literal)
        bounds.append((factors, low))
    grid = np.stack(np.meshgrid(*[np.arange(10)] * 3), axis=-1).reshape(-1, 3)
    meets = np.array([(g := grid @ f, (g >= low) & (g <= low + 2))[1] for f, low in bounds])
    subsets = [[k for k in range(8) if mask >> k & 1] for mask in range(2**8)]
    conflicting = [s for s in subsets if s and not meets[s].all(axis=0).any()]
    found = conflicts.smallest(model, literals)
    if not conflicting:
        assert found is None
    else:
        assert found is not None
        assert found.size is conflicts.Size.SMALLEST
        assert found.members in conflicting
        assert len(found.members) == min(map(len, conflicting))


# The table -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def targets() -> Targets:
    return Targets(LEDGER)


@pytest.fixture(scope="module")
def known(targets: Targets) -> dict[tuple[str, str], np.ndarray]:
    """Labels that leave less to look for, of a table that is exact."""
    table = margins.solve(MARGINS, targets, np.random.default_rng(0))
    settled = {
        "sex": "male",
        "cirrhosis": "yes",
        "pvtt_extent": "none",
        "rt_on_intrahepatic": "yes",
        "prior_ici": "yes",
        "failure_pattern": "none",
        "cause_of_death": "tumour",
        "extrahepatic_metastasis": "yes",
    }
    return {(name, level): (table[name] == level).to_numpy(int) for name, level in settled.items()}


@pytest.fixture(scope="module")
def table(targets: Targets, known: dict[tuple[str, str], np.ndarray]) -> pd.DataFrame:
    return margins.solve(MARGINS, targets, np.random.default_rng(1), known)


def recount(table: pd.DataFrame, claim: pd.Series) -> int | None:
    """Count patients as a reader would, from the table alone."""
    variable, level = claim["variable"], claim["variable_level"]
    sites = table.filter(like="site ") == "yes"
    match variable:
        case "patients":
            return len(table)
        case "viral_hepatitis" | "antiviral":
            return int(((table["hepatitis"] != "none") == (level == "yes")).sum())
        case "afp_before":
            groups = {">=400": ["400-999", ">=1000"], ">=1000": [">=1000"]}
            groups["<1000"] = ["<400", "400-999"]
            return int(table["afp_before_group"].isin(groups[level]).sum())
        case "afp_after":
            return int((table["afp_after_400"] == level).sum())
        case "tumour_count":
            return int((table["tumour_count_group"].eq(">=5") == (level == ">=5")).sum())
        case "pvtt":
            return int(((table["pvtt_extent"] != "none") == (level == "yes")).sum())
        case "vp4":
            return int(((table["pvtt_extent"] == "main") == (level == "yes")).sum())
        case "progressed_before":
            return int((table["therapy_line"] != "1").sum())
        case "therapy_line_group":
            line = table["therapy_line"].astype(int)
            return int((line >= 3).sum() if level == ">=3" else (line == int(level)).sum())
        case "targeted_therapy":
            return int((table["targeted_agent"] != "none").sum())
        case "ici_agent" if level == "camrelizumab":
            return int(((table["ici_agent"] == level) | (table["ici_switched"] == "yes")).sum())
        case "rt_site":
            return int(sites[f"site {level}"].sum())
        case "rt_foci":
            return int(sites.to_numpy().sum())
        case "response_overall" | "response_in_field":
            region = "overall" if variable == "response_overall" else "in-field"
            taken = {"ORR": ["CR", "PR"], "DCR": ["CR", "PR", "SD"]}.get(level, [level])
            return int(table[f"{claim['group_level']} {region}"].isin(taken).sum())
        case "any_event":
            return int((worst_grade(table) >= int(level.removeprefix(">="))).sum())
        case "death":
            return int((table["cause_of_death"] != "alive").sum())
        case "progression":
            return int((table["failure_pattern"] != "none").sum())
        case "in_field_relapse":
            return int((table["failure_pattern"] == "in-field and out-of-field").sum())
    column = f"grade {variable}" if claim["analysis_id"] == "adverse_events" else variable
    if column not in table:
        # Events that Table 4 has no row for: told of the adverse events themselves.
        return None
    grade_or_level = table[column]
    if level == "any":
        return int((grade_or_level != "0").sum())
    if level.startswith(">=") and column.startswith("grade"):
        return int((grade_or_level.astype(int) >= int(level[2:])).sum())
    return int((grade_or_level == level).sum())


def worst_grade(table: pd.DataFrame) -> pd.Series:
    return table[[f"grade {group.name}" for group in GROUPS]].astype(int).max(axis=1)


def test_a_recount_of_the_table_gives_every_printed_count(table: pd.DataFrame) -> None:
    patients = LEDGER["analysis_id"].isin(
        ["characteristics", "treatment", "response", "afp_response", "survival", "adverse_events"]
    )
    counts = LEDGER[patients & (LEDGER["statistic"] == "count") & (LEDGER["comparator"] == "=")]
    recounted = {claim["claim_id"]: recount(table, claim) for _, claim in counts.iterrows()}
    wrong = {
        claim["claim_id"]: (claim["printed"], recounted[claim["claim_id"]])
        for _, claim in counts.iterrows()
        if recounted[claim["claim_id"]] not in (None, int(claim["value"]))
    }
    assert wrong == {}
    assert sum(number is not None for number in recounted.values()) > 180


def test_patients_obey_the_rules(table: pd.DataFrame) -> None:
    def has(column: str, *levels: str) -> pd.Series:
        return table[column].isin(levels)

    def implies(given: pd.Series, then: pd.Series) -> bool:
        return bool((~given | then).all())

    inside = has("site primary tumour", "yes") | has("site PVTT", "yes")
    assert (table.filter(like="site ") == "yes").any(axis=1).all()
    assert implies(has("site PVTT", "yes"), ~has("pvtt_extent", "none"))
    assert implies(has("site other metastasis", "yes"), has("extrahepatic_metastasis", "yes"))
    assert implies(has("site other tumour thrombus", "yes"), has("ivc_thrombus", "yes"))
    assert (inside == has("rt_on_intrahepatic", "yes")).all()
    first = has("therapy_line", "1")
    stage_iv = has("extrahepatic_metastasis", "yes") | has("site lymph node", "yes")
    assert implies(first, stage_iv)
    assert implies(first, has("prior_ici", "no"))
    assert implies(has("ici_switched", "yes"), has("ici_agent", "toripalimab"))
    assert implies(has("child_pugh_score", "7"), has("cirrhosis", "yes"))
    order = {"CR": 0, "PR": 1, "SD": 2, "PD": 3}
    for region in ("overall", "in-field"):
        by_size = table[f"RECIST 1.1 {region}"].map(order)
        assert (table[f"mRECIST {region}"].map(order) <= by_size).all()
    for criterion in ("RECIST 1.1", "mRECIST"):
        overall, field = table[f"{criterion} overall"], table[f"{criterion} in-field"]
        assert implies(overall == "CR", field == "CR")
        assert implies(field == "SD", overall.isin(["SD", "PD"]))
    low, fell = has("afp_before_group", "<400"), has("afp_decrease", "yes")
    assert implies(low & has("afp_after_400", ">400"), ~fell)
    assert implies(~low & has("afp_after_400", "<=400"), fell)
    worst = worst_grade(table)
    assert ((worst >= 3) == has("grade_3_or_more", "yes")).all()
    assert ((worst == 5) == has("cause_of_death", "adverse event")).all()
    assert implies(has("cause_of_death", "tumour"), ~has("failure_pattern", "none"))


def test_the_table_gives_the_fisher_p_values(table: pd.DataFrame, targets: Targets) -> None:
    fell = table["afp_decrease"] == "yes"
    for criterion in ("RECIST 1.1", "mRECIST"):
        for level, (claim, both) in fallen_responders(targets, criterion).items():
            levels = ["CR", "PR"] if level == "ORR" else ["CR", "PR", "SD"]
            responded = table[f"{criterion} overall"].isin(levels)
            assert (fell & responded).sum() == both
            p = stats.fisher_exact(pd.crosstab(fell, responded)).pvalue
            assert f"{p:.3f}" == claim.text


def test_the_exchanged_p_values_are_taken_for_mrecist_only(targets: Targets) -> None:
    straight = fallen_responders(targets, "RECIST 1.1")
    exchanged = fallen_responders(targets, "mRECIST")
    assert straight["ORR"][0].claim == "s3.3-afp-recist-orr-p"
    assert exchanged["ORR"][0].claim == "s3.3-afp-mrecist-dcr-p"
    assert [straight["ORR"][1], straight["DCR"][1]] == [50, 87]
    assert [exchanged["ORR"][1], exchanged["DCR"][1]] == [68, 87]


def test_what_is_known_is_kept(
    table: pd.DataFrame, known: dict[tuple[str, str], np.ndarray]
) -> None:
    for (variable, level), labels in known.items():
        assert ((table[variable] == level) == labels.astype(bool)).all(), (variable, level)


def test_a_seed_gives_the_same_table_and_another_seed_another(
    table: pd.DataFrame, targets: Targets, known: dict[tuple[str, str], np.ndarray]
) -> None:
    again = margins.solve(MARGINS, targets, np.random.default_rng(1), known)
    other = margins.solve(MARGINS, targets, np.random.default_rng(2), known)
    pd.testing.assert_frame_equal(table, again)
    assert (table != other).to_numpy().mean() > 0.05


def test_likelier_patients_have_it_more_often(
    targets: Targets, known: dict[tuple[str, str], np.ndarray]
) -> None:
    early = np.arange(targets.n) < targets.n // 2

    def likelihood(variable: str, level: str, patient: int) -> float:
        return 20.0 if variable == "alcohol_use" and level == "yes" and early[patient] else 1.0

    drawn = margins.solve(MARGINS, targets, np.random.default_rng(3), known, likelihood)
    has = (drawn["alcohol_use"] == "yes").to_numpy()
    assert has[early].sum() > 2 * has[~early].sum()


def test_labels_that_leave_no_room_are_refused_with_the_claims(
    targets: Targets, known: dict[tuple[str, str], np.ndarray]
) -> None:
    men = known["sex", "male"].copy()
    men[np.flatnonzero(men)[-1]] = 0
    with pytest.raises(margins.ConflictingClaims) as caught:
        margins.solve(MARGINS, targets, np.random.default_rng(0), {**known, ("sex", "male"): men})
    assert ids(caught.value) <= {"s3.1-sex-male-n", "t1-sex-female-n"}
    assert caught.value.claims


def test_labels_that_break_a_rule_are_told_so(
    targets: Targets, known: dict[tuple[str, str], np.ndarray]
) -> None:
    first_line = 1 - known["extrahepatic_metastasis", "yes"]
    labels = {
        **known,
        ("therapy_line", "1"): first_line,
        ("prior_ici", "yes"): np.ones(targets.n, dtype=int),
    }
    with pytest.raises(margins.ConflictingClaims, match="obey every rule"):
        margins.solve(MARGINS, targets, np.random.default_rng(0), labels)

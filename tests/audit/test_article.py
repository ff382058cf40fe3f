"""What the audit finds in the article, and what it must not raise."""

from __future__ import annotations

import pytest

from analysis.article.ledger import read_ledger
from analysis.audit.engine import Audit, answers, audit
from analysis.audit.finders.contingency import CONTINGENCY
from analysis.audit.form import Counts, Finding, Identified, Scaled, Steps, Tables, Verdict
from analysis.audit.structure import read_structure


@pytest.fixture(scope="module")
def found() -> Audit:
    return audit(read_ledger(), read_structure())


def about(found: Audit, claim: str, *verdicts: Verdict) -> Finding:
    """Give the one finding of some verdicts that is about a claim."""
    (finding,) = [
        finding
        for finding in found.findings
        if claim in finding.subject and finding.verdict in verdicts
    ]
    return finding


def test_every_proof_is_accepted(found: Audit) -> None:
    assert found.rejected == ()


def test_disease_control_in_the_discussion(found: Audit) -> None:
    finding = about(found, "d-antipd1-recist-dcr-pct", Verdict.IMPOSSIBLE)
    counts = [item for item in finding.proof.certificates if isinstance(item, Counts)]
    # As printed, in every way of rounding, of fewer patients, of more, and of events.
    assert [item.whole for item in counts] == ["printed", "printed", "fewer", "another", "events"]
    assert all(item.fits == () for item in counts)
    assert "105 of 108 is 97.2222…%." in finding.proof.steps
    restated = about(found, "d-antipd1-recist-dcr-pct", Verdict.RESTATED)
    assert "t3-all-recist-dcr-pct" in restated.subject


def test_viral_hepatitis_is_a_sum_of_rounded_percentages(found: Audit) -> None:
    finding = about(found, "d-viral-hepatitis-yes-pct", Verdict.IMPOSSIBLE)
    assert finding.explanations[0] == "it is the sum of the printed percentages 81.5 and 5.6"


def test_seventeen_per_cent_is_cut_off(found: Audit) -> None:
    finding = about(found, "d-prior-ici-yes-pct", Verdict.READING)
    assert finding.excluded == ("rounded",)
    assert finding.allowed == ("17 is cut off",)


@pytest.mark.parametrize("claim", ["t3-all-dcr-p", "t3-in-field-orr-p"])
def test_no_comparison_of_the_criteria_gives_the_p_value(found: Audit, claim: str) -> None:
    finding = about(found, claim, Verdict.READING)
    assert len(finding.excluded) == 2
    assert finding.allowed == ("test of association", "another test, or other patients")
    paired, unpaired, association = finding.proof.certificates
    assert isinstance(association, Tables)
    assert isinstance(paired, Tables)
    assert isinstance(unpaired, Tables)
    assert paired.fits == unpaired.fits == ()
    assert association.fits


def test_all_four_p_values_are_of_association(found: Audit) -> None:
    finding = about(found, "t3-all-dcr-p", Verdict.LIKELY)
    assert len(finding.subject) == 4
    assert finding.allowed[0].startswith("Fisher, test of association")
    control = next(
        item
        for item in finding.proof.certificates
        if isinstance(item, Tables) and item.claim == "t3-all-dcr-p"
    )
    # Both mRECIST progressions among the three of RECIST: 105 patients controlled by both.
    assert [first for test, _, first in control.fits if test == "Fisher"] == [105]
    table = next(table for table in control.tables if table.first == 105)
    assert table.p["Fisher"].startswith("0.000519")


def test_afp_p_values_fit_with_their_labels_exchanged(found: Audit) -> None:
    for claim in ("s3.3-afp-mrecist-orr-p", "s3.3-afp-mrecist-dcr-p"):
        finding = about(found, claim, Verdict.READING)
        assert finding.allowed[0] == "the labels of two p values exchanged"
    exchanged = about(found, "s3.3-afp-mrecist-orr-p", Verdict.LIKELY)
    main, *tables = exchanged.proof.certificates
    assert isinstance(main, Identified)
    one, two = (
        item for item in tables if isinstance(item, Tables) and item.claim in main.values
        and item.claim != item.digits
    )  # fmt: skip
    assert [fit for fit in one.fits if fit[0] == "Fisher"] == [("Fisher", (81, 88), 68)]
    assert [fit for fit in two.fits if fit[0] == "Fisher"] == [("Fisher", (106, 88), 87)]


def test_follow_up_is_not_a_plain_median(found: Audit) -> None:
    finding = about(found, "s3.3-follow-up-median", Verdict.READING)
    assert finding.allowed == ("reverse Kaplan-Meier",)
    assert any("at most 49 patients" in step for step in finding.proof.steps)
    assert any("at least 54" in step for step in finding.proof.steps)


def test_two_curves_are_not_both_censored_at_last_contact(found: Audit) -> None:
    finding = about(found, "s3.3-pfs-rate-12", Verdict.READING)
    assert finding.excluded == ("both censored at last contact",)
    assert finding.allowed == ("ORFS censored at last imaging",)
    assert "s3.3-orfs-rate-12" in finding.subject


def test_narrow_windows(found: Audit) -> None:
    (steps,) = about(found, "s3.3-irfs-rate-24", Verdict.NARROW).proof.certificates
    assert isinstance(steps, Steps)
    assert steps.fits == ((30,),)
    (doses,) = about(found, "s3.2-bed-median", Verdict.NARROW).proof.certificates
    assert isinstance(doses, Scaled)
    assert (float(doses.low or 0), float(doses.high or 0)) == (71.4, 71.5)
    assert "exactly 54 of 108" in about(found, "d-afp-400-ge-pct", Verdict.NARROW).title


def test_nothing_else_is_raised(found: Audit) -> None:
    raised = {
        claim
        for finding in found.findings
        if finding.verdict in {Verdict.IMPOSSIBLE, Verdict.READING, Verdict.RESTATED}
        for claim in finding.subject
    }
    assert raised == {
        "d-antipd1-recist-dcr-pct",
        "t3-all-recist-dcr-pct",
        "d-viral-hepatitis-yes-pct",
        "d-prior-ici-yes-pct",
        "t3-all-dcr-p",
        "t3-in-field-orr-p",
        "s3.3-afp-mrecist-orr-p",
        "s3.3-afp-mrecist-dcr-p",
        "abs-follow-up-median",
        "s3.3-follow-up-median",
        "s3.3-pfs-rate-12",
        "s3.3-orfs-rate-12",
    }


@pytest.mark.parametrize(
    "says",
    [
        "several levels: checkpoint inhibitor: 108 + 1 = 42 + 32 + 19 + 10 + 3 + 1 + 1 + 1",
        "levels: rt_technique",
        "levels: therapy_line: ",
        "levels: hepatitis",
        "union: any_event=>=3: ",
        "at least: rt_foci=",
        "sum: cause_of_death=adverse event",
    ],
)
def test_consistent_sums_are_checked_and_pass(found: Audit, says: str) -> None:
    checks = found.checks["counts that add up"]
    told = [item for item in checks if item.says.startswith(says)]
    assert told
    assert all(item.finding is None for item in told)


def test_what_is_proved_for_the_verification(found: Audit) -> None:
    given = answers(found)
    assert set(given) == {
        "d-antipd1-recist-dcr-pct",
        "d-prior-ici-yes-pct",
        "d-viral-hepatitis-yes-pct",
        "s3.3-afp-mrecist-orr-p",
        "s3.3-afp-mrecist-dcr-p",
    }
    assert "cut off" in given["d-prior-ici-yes-pct"].reason
    assert "exchanged" in given["s3.3-afp-mrecist-orr-p"].reason


def test_of_five_numbers_two_are_impossible_and_three_need_another_reading(found: Audit) -> None:
    verdicts = {claim: finding.verdict for claim, finding in answers(found).items()}
    assert verdicts == {
        "d-antipd1-recist-dcr-pct": Verdict.IMPOSSIBLE,
        "d-viral-hepatitis-yes-pct": Verdict.IMPOSSIBLE,
        "d-prior-ici-yes-pct": Verdict.READING,
        "s3.3-afp-mrecist-orr-p": Verdict.READING,
        "s3.3-afp-mrecist-dcr-p": Verdict.READING,
    }


def test_what_rests_on_a_declaration_says_so(found: Audit) -> None:
    hepatitis = about(found, "d-viral-hepatitis-yes-pct", Verdict.IMPOSSIBLE)
    assert hepatitis.declared == (
        "viral hepatitis is hepatitis, HBV and hepatitis, HCV, as declared in structure.yaml",
    )


def test_every_rule_checks_something_and_tells_its_time() -> None:
    times: dict[str, float] = {}
    found = audit(read_ledger(), read_structure(), clock=times.__setitem__)
    assert set(times) == {*found.checks, "checker"}
    # The article prints no deviation, no interval of a ratio, no numbers at risk in words.
    idle = {name for name, checks in found.checks.items() if not checks}
    assert idle == {
        CONTINGENCY,
        "way of rounding",
        "standard deviation",
        "mean and deviation of whole numbers",
        "numbers from their table",
        "differences",
        "p values of zero",
        "ratio within its interval",
        "p value and interval",
        "interval of a proportion",
        "effect from counts",
        "p value of a statistic",
        "numbers at risk",
        "interval of a survival rate",
        "flow of patients",
    }

"""Parameters from the command line are typed, or refused in words that help."""

from __future__ import annotations

import pytest

from analysis.build.choices import read_choices
from analysis.build.errors import BuildError


def test_values_get_their_types() -> None:
    texts = ["afp_cutoff=200", "apply_eligibility=no", "time_zero=radiotherapy", "age_max=80"]
    assert read_choices(texts) == {
        "afp_cutoff": 200.0,
        "apply_eligibility": False,
        "time_zero": "radiotherapy",
        "age_max": 80,
    }


@pytest.mark.parametrize("text", ["rate_months=6,12", "rate_months=[6, 12]"])
def test_lists_may_be_written_with_commas(text: str) -> None:
    assert read_choices([text]) == {"rate_months": [6, 12]}


def test_what_the_article_chose_is_no_change() -> None:
    assert read_choices(["ci_type=log-log", "rate_months=12,24"]) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ci_typ=plain", "Did you mean 'ci_type'?"),
        ("zzz=1", "There are: apply_eligibility"),
        ("ci_type", "not of the form name=value"),
        ("=1", "not of the form name=value"),
        ("ci_type=wald", "ci_type=wald: input should be 'log-log', 'log' or 'plain'"),
        ("age_max=old", "age_max=old: input should be a valid integer"),
        ("age_max=-1", "Oldest age admitted"),
        ("age_max={", "age_max={"),
    ],
)
def test_refusals_say_what_is_possible(text: str, words: str) -> None:
    with pytest.raises(BuildError) as refused:
        read_choices([text])
    assert words in str(refused.value)
    assert refused.value.status == 2


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BuildError, match=r"(?s)age_max.*confidence"):
        read_choices(["age_max=-1", "confidence=2"])

"""Files of variants: what they expand to, and every fault told at once with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sensitivity.variants import (
    BASE,
    MOST,
    VARIANTS,
    VariantFaults,
    read_variants,
    table,
)
from analysis.study.own import OWN
from analysis.zhai_2025.parameters import Parameters

BASE_PARAMETERS = Parameters()
HEAD = "title: Cut-offs\nquestion: Do lines matter?\nvariants:\n"


def names(path: Path, text: str, base: Parameters = BASE_PARAMETERS) -> list[str]:
    path.write_text(text, encoding="utf-8")
    return [variant.name for variant in read_variants(base, path)]


def faults(path: Path, text: str) -> list[str]:
    with pytest.raises(VariantFaults) as refused:
        names(path, text)
    return refused.value.faults


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


def test_those_of_the_project_are_many_and_distinct() -> None:
    variants = read_variants(BASE_PARAMETERS)
    assert len(variants) >= 40
    assert len({variant.name for variant in variants}) == len(variants)
    changed = [variant.parameters(Parameters()) for variant in variants]
    assert len({Parameters(), *changed}) == len(variants) + 1
    for variant, parameters in zip(variants, changed, strict=True):
        assert parameters.changed().keys() == variant.changes.keys()
    assert len({variant.group for variant in variants}) == len(list(VARIANTS.glob("*.yaml")))


def test_every_parameter_of_how_it_is_analysed_has_a_variant() -> None:
    tried = {name for variant in read_variants(BASE_PARAMETERS) for name in variant.changes}
    display = {"afp_second_cutoff", "rate_months", "at_risk_every_months", "figure_months"}
    # Their only effect is on pictures, on the number of samples, or on whom nobody would admit.
    display |= {
        "show_censored",
        "curves_of",
        "bootstrap_replicates",
        "age_min",
        "age_max",
        "strata",
    }
    assert Parameters.model_fields.keys() - tried == display


def test_values_lists_ranges_and_products(path: Path) -> None:
    text = HEAD + (
        "  - change: { afp_cutoff: 400 }\n"
        "  - change: { age_cutoff: { from: 55, to: 65, step: 5 } }\n"
        "  - change: { ci_type: [log, plain], time_zero: radiotherapy }\n"
        "  - change: { mode_over_time: yes }\n"
        "  - change: { strata: [pvtt, vp4] }\n"
        "  - change: { strata: [[pvtt], [vp4]] }\n"
        "  - { name: all hands, why: a reason, change: { ecog_max: 0 } }\n"
    )
    assert names(path, text) == [
        "afp_cutoff=400",
        "age_cutoff=55",
        "age_cutoff=65",
        "ci_type=log, time_zero=radiotherapy",
        "ci_type=plain, time_zero=radiotherapy",
        "mode_over_time=yes",
        "strata=pvtt+vp4",
        "strata=pvtt",
        "strata=vp4",
        "all hands",
    ]
    last = read_variants(BASE_PARAMETERS, path)[-1]
    assert (last.group, last.question, last.why) == ("Cut-offs", "Do lines matter?", "a reason")
    assert (last.label, last.changes) == ("ecog_max=0", {"ecog_max": 0})
    rows = table(read_variants(BASE_PARAMETERS, path))
    assert list(rows["changes"])[-1] == "ecog_max=0"


@settings(max_examples=25, deadline=None)
@given(
    start=st.integers(1, 59),
    steps=st.integers(0, 20),
    step=st.sampled_from(["0.1", "0.25", "1", "7"]),
)
def test_a_range_has_exact_points(
    tmp_path_factory: pytest.TempPathFactory, start: int, steps: int, step: str
) -> None:
    path = tmp_path_factory.mktemp("range") / "range.yaml"
    end = start + steps * float(step) + float(step) / 2
    text = HEAD + f"  - change: {{ eqd2_cutoff: {{ from: {start}, to: {end}, step: {step} }} }}\n"
    # One before it that is new, since the range may be the article's value alone.
    found = names(path, text.replace("variants:\n", "variants:\n  - change: { ecog_max: 0 }\n"))
    expected = [round(start + number * float(step), 2) for number in range(steps + 1)]
    assert found[1:] == [f"eqd2_cutoff={value:.12g}" for value in expected if value != 60]


@settings(max_examples=25, deadline=None)
@given(
    ages=st.lists(st.integers(40, 80), min_size=1, max_size=4),
    afps=st.lists(st.integers(900, 1100), min_size=1, max_size=4),
)
def test_a_product_has_every_combination_once_and_not_the_base(
    tmp_path_factory: pytest.TempPathFactory, ages: list[int], afps: list[int]
) -> None:
    path = tmp_path_factory.mktemp("product") / "product.yaml"
    wanted = {(age, afp) for age in ages for afp in afps} - {(60, 1000)}
    entry = {"change": {"age_cutoff": ages, "afp_cutoff": afps}}
    written = {"title": "a", "question": "b", "variants": [entry]}
    path.write_text(yaml.safe_dump(written), encoding="utf-8")
    if not wanted:
        with pytest.raises(VariantFaults, match="adds nothing: it is the base"):
            read_variants(BASE_PARAMETERS, path)
        return
    variants = read_variants(BASE_PARAMETERS, path)
    found = [variant.parameters(Parameters()) for variant in variants]
    assert {(each.age_cutoff, each.afp_cutoff) for each in found} == wanted
    assert len(found) == len(wanted)
    for variant, parameters in zip(variants, found, strict=True):
        assert parameters.changed().keys() == variant.changes.keys()


def test_a_changed_base_takes_its_own_variants_out(path: Path) -> None:
    text = HEAD + (
        "  - change: { afp_cutoff: 400 }\n"
        "  - change: { afp_cutoff: [400, 200] }\n"
        "  - change: { ecog_max: 1, afp_cutoff: 400 }\n"
    )
    assert names(path, text, Parameters(afp_cutoff=400)) == [
        "afp_cutoff=200",
        "ecog_max=1, afp_cutoff=400",
    ]
    assert read_variants(Parameters(afp_cutoff=400), path)[1].changes == {"ecog_max": 1}


def test_what_does_not_go_together(path: Path) -> None:
    entry = "  - change: { mode_over_time: yes, landmark_months: [0, 3] }\n"
    (told,) = faults(path, HEAD + entry)
    assert told.startswith("mine.yaml, line 4, variant 1: The parameters do not go together: ")
    # What does not go with a base of the reader's own is left to `run` to tell.
    alone = HEAD + "  - change: { mode_over_time: yes }\n"
    assert names(path, alone, Parameters(landmark_months=3)) == ["mode_over_time=yes"]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("change: { afp_cutof: 400 }", "Did you mean 'afp_cutoff'?"),
        ("change: { zzz: 400 }", "There are: apply_eligibility"),
        ("change: { alpha_beta: 40 }", "alpha_beta=40: input should be less than or equal to 30"),
        ("change: { alpha_beta: [3, -1, 40] }", "alpha_beta=-1: input should be greater than 0"),
        ("change: { ci_type: wald }", "input should be 'log-log', 'log' or 'plain'"),
        ("change: { age_cutoff: yes }", "age_cutoff=yes: expected a number"),
        ("change: { age_cutoff: ~ }", "age_cutoff=None: input should be a valid integer"),
        ("change: { age_cutoff: { from: 70, to: 50, step: 5 } }", "range is empty, since 70 is"),
        ("change: { age_cutoff: { from: 50, to: 70 } }", "the key 'step' is missing"),
        ("change: { age_cutoff: { from: 50, to: 70, by: 5 } }", "the key 'by' is not known here"),
        ("change: { age_cutoff: { from: 50, to: 70, step: 0 } }", "step: input should be greater"),
        ("change: { age_cutoff: { from: a, to: 70, step: 1 } }", "from: input should be a valid"),
        ("change: { afp_cutoff: { from: 1, to: 9000, step: 1 } }", "9000 values; a range may have"),
        ("change: { age_cutoff: [] }", "the list is empty"),
        ("change: {}", "change: dictionary should have at least 1 item"),
        ("change: { age_cutoff: 60 }", "adds nothing: it is the base"),
        ("change: { ecog_max: 0.5 }", "ecog_max=0.5"),
        ("why: none", "the key 'change' is missing"),
        ("{ chang: { ecog_max: 0 } }", "the key 'chang' is not known here (there are change, name"),
        ("{ name: base, change: { ecog_max: 0 } }", "the name 'base' is taken"),
        ("{ name: two, change: { ecog_max: [0, 1] } }", "one name for 2 variants"),
        ("change: { ecog_max: 0, ecog_max: 1 }", "'ecog_max' stands twice"),
        ("change: &a { x: *a }", "aliases"),
    ],
)
def test_faults_say_file_line_and_how_to_mend(path: Path, entry: str, said: str) -> None:
    text = HEAD + "  - change: { child_pugh_max: 5 }\n" + f"  - {entry}\n"
    told = faults(path, text)
    assert said in "\n".join(told)
    assert told[0].startswith("mine.yaml, line 5" if "aliases" not in said else "mine.yaml")
    if "twice" not in said and "aliases" not in said:
        assert "variant 2: " in told[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: [a", "not YAML"),
        ("- a\n- b\n", "expected title, question and variants"),
        ("", "expected title, question and variants"),
        ("title: a\nquestion: b\n", "the key 'variants' is missing"),
        ("title: a\nquestion: b\nvariants: []\n", "variants: tuple should have at least 1 item"),
        (HEAD + "  - change: { ecog_max: 0 }\nvariant: 3\n", "line 5: the key 'variant' is not"),
        ("[" * 5000, "not YAML"),
    ],
)
def test_files_that_are_no_files_of_variants(path: Path, text: str, said: str) -> None:
    assert said in "\n".join(faults(path, text))


def test_a_product_that_is_too_large_is_not_expanded(path: Path) -> None:
    spread = "{ from: 1, to: 100, step: 1 }"
    text = HEAD + f"  - change: {{ afp_cutoff: {spread}, eqd2_cutoff: {spread} }}\n"
    assert f"10000 variants; an entry may have {MOST}" in "\n".join(faults(path, text))


def test_equal_variants_are_told_where_they_stand(path: Path) -> None:
    text = HEAD + "  - change: { ecog_max: [0, 1] }\n  - change: { ecog_max: 1 }\n"
    (told,) = faults(path, text)
    assert told.startswith("mine.yaml, line 5, variant 2: adds nothing: it is mine.yaml, line 4")


def test_all_faults_of_all_files_are_one_message(tmp_path: Path) -> None:
    for name, parameter in (("a", "afp_cutof"), ("b", "ci_typ")):
        text = HEAD + f"  - change: {{ {parameter}: 1 }}\n  - change: {{ age_cutoff: 500 }}\n"
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / ".hidden.yaml").write_text("[", encoding="utf-8")
    with pytest.raises(VariantFaults) as refused:
        read_variants(BASE_PARAMETERS, tmp_path)
    said = str(refused.value)
    assert said.startswith("The variants have 5 faults; nothing was run.\n")
    for place in ("a.yaml, line 4", "a.yaml, line 5", "b.yaml, line 1: a.yaml has the same title",
                  "b.yaml, line 4", "b.yaml, line 5"):  # fmt: skip
        assert place in said


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(VariantFaults, match="no such folder or file"):
        read_variants(BASE_PARAMETERS, tmp_path / "none")
    with pytest.raises(VariantFaults, match="expected files of variants"):
        read_variants(BASE_PARAMETERS, tmp_path)
    (tmp_path / "latin.yaml").write_bytes(b"title: \xe9\n")
    with pytest.raises(VariantFaults, match="UTF-8"):
        read_variants(BASE_PARAMETERS, tmp_path)


def test_a_file_does_not_steer_the_terminal(path: Path) -> None:
    text = HEAD + '  - change: { "\\e[31mred": 1 }\n'
    with pytest.raises(VariantFaults) as refused:
        names(path, text)
    assert "\x1b" not in str(refused.value)
    assert BASE == "base"


def test_an_unknown_key_does_not_hide_what_else_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "title: Mine\nquestion: Does it hold?\nauthor: me\nvariants:\n"
        "  - change: {afp_cutof: 400}\n    because: I wish\n"
        "  - change: {alpha_beta: 31}\n"
    )
    with pytest.raises(VariantFaults) as error:
        read_variants(BASE_PARAMETERS, tmp_path)
    assert {fault.partition(": ")[2] for fault in error.value.faults} == {
        "the key 'author' is not known here (there are title, question, variants)",
        "the key 'because' is not known here (there are change, name, why)",
        "There is no parameter 'afp_cutof'. Did you mean 'afp_cutoff'?",
        "alpha_beta=31: input should be less than or equal to 30. "
        "(Alpha/beta ratio for BED and EQD2.)",
    }


def test_a_study_of_its_own_has_the_variants_that_it_can_have() -> None:
    """`make sensitivity` was refused for it, since the project's files name the article's cuts."""
    found = read_variants(OWN.parameters())
    assert {"time_zero=second treatment", "ci_type=log"} <= {variant.label for variant in found}
    known = set(OWN.parameters.model_fields)
    assert all(set(variant.changes) <= known for variant in found)
    assert len(found) < len(read_variants(Parameters()))


def test_what_a_person_declares_is_not_left_out(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "title: Mine\nquestion: Is it?\nvariants:\n  - change: { afp_cutoff: 400 }\n",
        encoding="utf-8",
    )
    with pytest.raises(VariantFaults, match="There is no parameter 'afp_cutoff'"):
        read_variants(OWN.parameters(), path)

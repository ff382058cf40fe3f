"""Expressions are read and never run; what is not recorded leaves an answer open."""

from __future__ import annotations

import re
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.study.expressions import ExpressionError, holds, names_in

PATIENTS = pd.DataFrame(
    {
        "pvtt": pd.Categorical(["yes", "no", "yes", None], ["yes", "no"]),
        "vp4": ["no", "no", None, "yes"],
        "afp_before": [400.0, 399.9, None, 1e6],
        "ecog": pd.array([0, 1, 2, None], dtype="Int64"),
        "sex": pd.Categorical(["male", "female", "male", "male"], ["male", "female"]),
        "death_date": pd.to_datetime(["2020-01-01", None, "2021-01-01", None]),
        "nothing": [None, None, None, None],
    }
)


def answers(text: str, patients: pd.DataFrame = PATIENTS) -> list[bool | None]:
    found = holds(text, patients)
    assert found.dtype == "boolean"
    return [None if pd.isna(answer) else bool(answer) for answer in found]


def answer_or_refusal(text: str) -> list[bool | None] | str:
    try:
        return answers(text)
    except ExpressionError as error:
        return str(error)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pvtt", [True, False, True, None]),
        ("not pvtt", [False, True, False, None]),
        ("pvtt and vp4", [False, False, None, None]),
        ("pvtt or vp4", [True, False, True, True]),
        ("afp_before >= 400", [True, False, None, True]),
        ("afp_before > 400", [False, False, None, True]),
        ("afp_before != 400", [False, True, None, True]),
        ("pvtt and afp_before >= 400", [True, False, None, None]),
        ("(pvtt or vp4) and not afp_before < 400", [True, False, None, True]),
        ("ecog in (0, 2)", [True, False, True, None]),
        ("ecog not in [0, 2]", [False, True, False, None]),
        ("ecog in {1}", [False, True, False, None]),
        ("ecog == -1", [False, False, False, None]),
        ("sex == 'male'", [True, False, True, True]),
        ('sex != "male"', [False, True, False, False]),
        ("sex in ['female']", [False, True, False, False]),
        ("pvtt == 'no'", [False, True, False, None]),
        ("  pvtt\n", [True, False, True, None]),
        ("nothing", [None] * 4),
        ("nothing == 3", [None] * 4),
        ("nothing == 'a'", [None] * 4),
        ("nothing and vp4", [False, False, None, None]),
    ],
)
def test_answers(text: str, expected: list[bool | None]) -> None:
    assert answers(text) == expected


# What is refused --------------------------------------------------------------------------------

UNREAD = [
    "",
    "   ",
    "pvtt and",
    "(pvtt",
    "pvtt vp4",
    "pvtt = 'yes'",
    "pvtt; vp4",
    "pvtt\nvp4",
    "import os",
    "del pvtt",
    "lambda: 1",
    "pvtt\0",
    "\x00",
    "(" * 400,
]
HOSTILE = [
    "__import__('os').system('touch {marker}')",
    "pvtt.__class__",
    "pvtt.values",
    "exec('1')",
    "open('{marker}', 'w')",
    "pvtt and open('{marker}', 'w')",
    "not open('{marker}', 'w')",
    "afp_before >= open('{marker}', 'w')",
    "ecog in [open('{marker}', 'w')]",
    "(lambda: open('{marker}', 'w'))()",
    "lambda x: x",
    "f'{{open(1)}}'",
    "sex == f'{{open(1)}}'",
    "[x for x in pvtt]",
    "{{x for x in pvtt}}",
    "{{x: x for x in pvtt}}",
    "any(x for x in pvtt)",
    "ecog in [x for x in (1, 2)]",
    "(x := 3)",
    "ecog in (x := (1, 2))",
    "pvtt if vp4 else sex",
    "afp_before + 1 > 400",
    "afp_before >= 20 * 20",
    "afp_before >= 10 ** 10 ** 10",
    "afp_before >= -(-3)",
    "afp_before >= +3",
    "afp_before >= ~3",
    "-afp_before > 3",
    "afp_before[0] > 3",
    "pvtt[:]",
    "1 < afp_before < 400",
    "ecog == 1 == 1",
    "400 <= afp_before",
    "afp_before >= ecog",
    "pvtt == True",
    "pvtt == None",
    "pvtt is None",
    "ecog == 1j",
    "sex == b'male'",
    "ecog == ...",
    "ecog in 3",
    "ecog in ()",
    "ecog in sex",
    "ecog in [*sex]",
    "sex == -'male'",
    "sex == 'male' and 3",
    "'male'",
    "True",
    "3",
    "*pvtt",
    "pvtt, vp4",
    "await pvtt",
    "(yield pvtt)",
    "pvtt @ vp4",
    "pvtt & vp4",
    "pvtt | vp4",
    "~pvtt",
]


@pytest.mark.parametrize("text", UNREAD)
def test_what_is_no_expression_is_refused_with_an_example(text: str) -> None:
    for read in (names_in, lambda each: holds(each, PATIENTS)):
        with pytest.raises(ExpressionError, match="expected an expression such as"):
            read(text)


@pytest.mark.parametrize("template", HOSTILE)
def test_what_is_not_on_the_list_is_refused_and_nothing_is_run(
    template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    marker = tmp_path_factory.mktemp("run") / "was_run"
    text = template.format(marker=marker)
    for read in (names_in, lambda each: holds(each, PATIENTS)):
        with pytest.raises(ExpressionError) as refused:
            read(text)
        said = str(refused.value)
        assert "is not understood; expected" in said or "compared with" in said or "read" in said
        assert "\n" not in said
    assert not marker.exists()


@pytest.mark.parametrize(
    "name", ["__builtins__", "__class__", "__import__", "open", "self", "pd", "YES", "patients"]
)
def test_a_name_is_a_column_and_nothing_else(name: str) -> None:
    with pytest.raises(ExpressionError, match=f"there is no variable `{name}`"):
        holds(name, PATIENTS)
    with pytest.raises(ExpressionError, match="there is no variable"):
        holds(f"pvtt or {name} == 1", PATIENTS)


@pytest.mark.parametrize(
    "text",
    [
        "pvtt and " * 100_000 + "pvtt",
        "(" * 100_000 + "pvtt" + ")" * 100_000,
        "not " * 50_000 + "pvtt",
        "ecog in (" + "1, " * 1000 + ")",
        "sex == '" + "a" * 1000 + "'",
    ],
)
def test_very_long_texts_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="longer than 500 characters"):
        holds(text, PATIENTS)


@pytest.mark.parametrize("text", ["not " * 120 + "pvtt", "(" * 240 + "pvtt" + ")" * 240])
def test_the_deepest_that_is_not_too_long_is_answered_or_refused(text: str) -> None:
    found = answer_or_refusal(text)
    assert found == answers("pvtt") or "cannot be read" in str(found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pvt", "there is no variable `pvt`; did you mean `pvtt`?"),
        ("afp_befor >= 3", "there is no variable `afp_befor`; did you mean `afp_before`?"),
        ("zzz", "there is no variable `zzz`"),
        ("sex == 'man'", "`sex` is never 'man'; there are: 'male', 'female'"),
        ("sex in ('male', 'man')", "`sex` is never 'man'"),
        ("vp4 == 'maybe'", "`vp4` is never 'maybe'; there are: 'no', 'yes'"),
        ("sex", "`sex` is no yes or no; compare it, as in `sex == 'female'`"),
        ("afp_before", "`afp_before` is no yes or no; compare it"),
        ("sex < 'male'", "`sex < 'male'`: a text has no order"),
        ("sex == 3", "`sex` is a text; compare it with a text in quotes"),
        ("death_date >= 3", "`death_date` is "),
    ],
)
def test_refusals_say_what_may_have_been_meant(text: str, said: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        holds(text, PATIENTS)
    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["afp_before < " + "9" * 400, "afp_before < 1e999"])
def test_a_number_beyond_all_records(text: str) -> None:
    assert answers(text) == [True, True, None, True]


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_any_text_is_answered_or_refused_with_a_sentence(text: str) -> None:
    assert answer_or_refusal(text)


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            [*"()[],.'", " and ", " or ", "not ", "pvtt", "ecog", "sex", " in ", " == ", " < ", "1",
             "'male'", "lambda", " if ", " else ", ":=", "f'", "*", "-", "__class__"]
        ),
        max_size=12,
    )
)  # fmt: skip
def test_words_of_the_language_in_any_order(words: list[str]) -> None:
    assert answer_or_refusal("".join(words))


# Kleene's logic ---------------------------------------------------------------------------------

Answer = bool | None
Tree = tuple[str, ...] | tuple[str, "Tree"] | tuple[str, "Tree", "Tree"]

names = st.sampled_from(["a", "b", "c"])
leaves = st.one_of(
    st.tuples(st.just("name"), names),
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(-1, 3)),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
    ),
    max_leaves=6,
)
rows = st.lists(
    st.fixed_dictionaries(
        {**{name: st.sampled_from(["yes", "no", None]) for name in "abc"},
         "x": st.sampled_from([0, 1, 2, None])}
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


def written(tree: object) -> str:
    match tree:
        case ("name", name):
            return str(name)
        case ("not", inner):
            return f"not ({written(inner)})"
        case ("and" | "or" as word, one, other):
            return f"({written(one)}) {word} ({written(other)})"
        case (sign, value):
            return f"x {sign} {value}"
    raise AssertionError(tree)


def naive(tree: object, row: dict[str, object]) -> Answer:
    match tree:
        case ("name", name):
            return None if row[str(name)] is None else row[str(name)] == "yes"
        case ("not", inner):
            found = naive(inner, row)
            return None if found is None else not found
        case ("and" | "or" as word, one, other):
            both = [naive(one, row), naive(other, row)]
            decides = word == "or"
            if decides in both:
                return decides
            return None if None in both else not decides
        case (sign, value):
            x = row["x"]
            if x is None:
                return None
            return {
                "<": x < value, "<=": x <= value, ">": x > value, ">=": x >= value,
                "==": x == value, "!=": x != value,
            }[sign]  # fmt: skip
    raise AssertionError(tree)


def frame(given_: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(given_, columns=["a", "b", "c", "x"]).astype({"x": "Int64"})


@settings(max_examples=300)
@given(trees, rows)
def test_answers_are_those_of_kleene(tree: object, given_: list[dict[str, object]]) -> None:
    assert answers(written(tree), frame(given_)) == [naive(tree, row) for row in given_]


@given(trees, rows, st.randoms(use_true_random=False))
def test_the_order_of_patients_does_not_matter(
    tree: object, given_: list[dict[str, object]], random: Random
) -> None:
    patients = frame(given_)
    shuffled = patients.iloc[random.sample(range(len(patients)), len(patients))]
    one, other = holds(written(tree), patients), holds(written(tree), shuffled)
    pd.testing.assert_series_equal(other.sort_index(), one, check_names=False)


@given(trees)
def test_names_are_those_written_once_each_in_their_order(tree: object) -> None:
    text = written(tree)
    found = names_in(text)
    assert found == list(dict.fromkeys(re.findall(r"\b[abcx]\b", text)))

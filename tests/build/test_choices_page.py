"""The table of parameters in the repository is the one that their model writes."""

from __future__ import annotations

from analysis.__main__ import PROJECT
from analysis.build.choices_page import choices, page
from analysis.build.project import ROOT


def test_the_table_is_up_to_date() -> None:
    written = (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8")
    assert written == page(PROJECT), "run `make dictionary`"


def test_every_parameter_has_its_meaning_and_its_choices() -> None:
    text = page(PROJECT)
    for name, field in PROJECT.study.parameters.model_fields.items():
        assert field.description, name
        assert choices(field), name
        assert f"| `{name}` |" in text


def test_it_says_where_the_parameters_are_declared() -> None:
    assert "`analysis/study/parameters.py` and `analysis/zhai_2025/parameters.py`" in page(PROJECT)

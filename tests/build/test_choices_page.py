"""The table of parameters in the repository is the one that their model writes."""

from __future__ import annotations

from analysis.parameters import Parameters

from analysis.build.choices_page import PAGE, choices, page


def test_the_table_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make dictionary`"


def test_every_parameter_has_its_meaning_and_its_choices() -> None:
    for name, field in Parameters.model_fields.items():
        assert field.description, name
        assert choices(field), name
        assert f"| `{name}` |" in page()

"""The data dictionary in the repository is the one that the schema writes."""

from analysis.cohort.dictionary import dictionary
from analysis.cohort.folder import DATA
from analysis.cohort.schema import tables_of
from analysis.zhai_2025.study import STUDY


def test_the_dictionary_is_up_to_date() -> None:
    written = (DATA / "README.md").read_text(encoding="utf-8")
    assert written == dictionary(STUDY), "run `make dictionary`"


def test_every_column_is_described() -> None:
    for table in tables_of(STUDY).values():
        for name, column in table.schema.columns.items():
            assert column.description, f"{table.name}.{name}"
            assert f"| `{name}` |" in dictionary(STUDY)

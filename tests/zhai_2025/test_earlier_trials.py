"""Earlier trials: those that the Discussion cites, with papers and with what it prints of them."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pytest

from analysis.article.comparators import COMPARATORS, read_comparators
from analysis.zhai_2025 import earlier_trials

# Cited where outcomes are compared (Discussion); 22 is another report on the trial of 14.
CITED = {2, 7, 8, 9, 10, 14, 23, 24, 25, 26, 27, 28, 29, 32, 36, 41, 42}
NEWS = ("ASCO Post", "OncLive", "Oncology Nurse", "Targeted Oncology", "http")


@pytest.fixture(scope="module")
def trials() -> pd.DataFrame:
    return read_comparators()


def test_every_trial_that_the_passage_cites_is_there(trials: pd.DataFrame) -> None:
    assert set(trials["reference_in_article"].dropna().astype(int)) == CITED
    assert "Reference 22" in trials["note"].str.cat(na_rep="", sep=" ")


def test_sources_are_papers(trials: pd.DataFrame) -> None:
    assert (
        trials["source"]
        .str.fullmatch(r"\w[\w-]* [A-Z]{1,2}, et al\. .+ (19|20)\d\d(;\d+:[\w-]+|, abstract \d+)?")
        .all()
    ), trials["source"].unique()
    everything = trials[["source", "doi", "seen_in"]].to_csv()
    assert not [name for name in NEWS if name in everything]
    one_paper = trials.groupby("doi")["source"].nunique()
    assert one_paper.eq(1).all()
    assert trials["seen_in"].str.len().gt(0).all()


def test_what_was_not_seen_has_no_number(trials: pd.DataFrame) -> None:
    unseen = trials[trials["seen_in"] == "not seen"]
    assert len(unseen) == 2
    numbers = [name for name in trials.columns if name.endswith(("_pct", "_months"))]
    own = [name for name in numbers if not name.startswith("printed_")]
    assert unseen[own].isna().all(axis=None)
    assert unseen["note"].str.startswith("Only what the Discussion prints").all()


def test_medians_as_the_discussion_prints_them_beside_their_sources(trials: pd.DataFrame) -> None:
    cells = earlier_trials.as_printed(trials).cells
    found = {
        (row["Arm"], row["Data cut"], row["Endpoint"]): (
            row["Discussion"],
            row["Source"],
            row["Difference"],
        )
        for row in cells.to_dict("records")
    }
    assert found["SBRT+sorafenib", "final", "PFS"] == ("9.2", "9.2", "none")
    assert found["SBRT+sorafenib", "final", "OS"] == ("15.8", "15.8", "none")
    assert found["camrelizumab", "updated", "OS"] == ("15.1", "14.2", "+0.9")
    assert found["camrelizumab", "primary", "OS"] == ("15.1", "–", "–")
    assert found["durvalumab", "primary", "OS"] == ("13.8", "13.6", "+0.2")
    assert found["sorafenib+radiotherapy", "primary", "PFS"] == ("6.1", "–", "–")
    notes = " ".join(earlier_trials.as_printed(trials).layout["notes"])
    assert "15.1 is the median of tremelimumab" in notes
    # It is: the remark follows from a row of the file.
    own = trials[trials["trial"].eq("Study 22") & trials["arm"].eq("tremelimumab")]
    assert own["median_os_months"].tolist() == [15.1]


def test_each_paper_is_named_once_with_where_its_figures_were_seen(trials: pd.DataFrame) -> None:
    cells = earlier_trials.papers_table(trials).cells
    assert cells["Paper"].nunique() == len(trials[["trial", "doi"]].drop_duplicates())
    assert set(re.findall(r"doi:(\S+)", " ".join(cells["Paper"]))) == set(trials["doi"])


@pytest.mark.parametrize(
    ("column", "value"), [("doi", "www.news.example"), ("printed_os_months", "0"), ("seen_in", "")]
)
def test_a_row_without_its_paper_is_refused(tmp_path: Path, column: str, value: str) -> None:
    raw = pd.read_csv(COMPARATORS, dtype=str)
    raw.loc[3, column] = value
    path = tmp_path / "comparators.csv"
    raw.to_csv(path, index=False)
    with pytest.raises(pa.errors.SchemaErrors, match=column):
        read_comparators(path)

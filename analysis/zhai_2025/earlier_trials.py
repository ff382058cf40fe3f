"""This cohort beside earlier trials: the article's Supplementary Table 1, rebuilt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
from IPython.display import Markdown

from analysis.cohort.model import Cohort
from analysis.display.figures.comparators import median_survival
from analysis.display.figures.drawing import Drawing
from analysis.display.format import MISSING, fixed, is_missing
from analysis.display.tables import Table, plain_table
from analysis.estimates.rows import pick
from analysis.study.keys import Statistic

_NUMBERS = {
    "orr_pct": "ORR, %",
    "dcr_pct": "DCR, %",
    "median_pfs_months": "Median PFS, months",
    "median_os_months": "Median OS, months",
    "grade3plus_ae_pct": "AEs grade ≥ 3, %",
}


def with_this_cohort(trials: pd.DataFrame, cohort: Cohort, estimates: pd.DataFrame) -> pd.DataFrame:
    """Put rows of this cohort, one a response criterion, above those of earlier trials.

    Values are estimates of the cohort; what it does not record stays missing. The columns are
    those of `article.comparators`, with `this_study` and limits of the medians.
    """
    survival = pick(estimates, analysis_id="survival", group="", variable_level="")
    response = pick(estimates, analysis_id="response", variable="response_overall")
    toxicity = pick(estimates, analysis_id="adverse_events", variable="any_event")
    shared = {
        "trial": "This cohort",
        "arm": cohort.title,
        "data_cut": "",
        "this_study": True,
        "median_pfs_months": _one(survival, variable="PFS", statistic="median"),
        "pfs_lower": _one(survival, variable="PFS", statistic="median_lower"),
        "pfs_upper": _one(survival, variable="PFS", statistic="median_upper"),
        "median_os_months": _one(survival, variable="OS", statistic="median"),
        "os_lower": _one(survival, variable="OS", statistic="median_lower"),
        "os_upper": _one(survival, variable="OS", statistic="median_upper"),
        "grade3plus_ae_pct": _one(toxicity, variable_level=">=3", statistic="percent"),
        "ae_basis": "any cause" if not toxicity.empty else None,
    }
    criteria = [name for name in dict.fromkeys(response["group_level"]) if name]
    ours = [
        shared
        | {
            "criterion": criterion,
            "orr_pct": _rate(response, criterion, "ORR"),
            "dcr_pct": _rate(response, criterion, "DCR"),
        }
        for criterion in criteria or [None]
    ]
    # Medians and adverse events do not depend on the criterion: they stand in the first row.
    for later in ours[1:]:
        for name in later:
            if name.startswith(("median", "pfs", "os", "grade", "ae_")):
                later[name] = None
    earlier = trials.assign(this_study=False)
    return pd.concat([pd.DataFrame(ours), earlier], ignore_index=True)


def drawn(estimates: pd.DataFrame) -> pd.DataFrame:
    """Give the estimates of this cohort that the figure draws."""
    survival = pick(estimates, analysis_id="survival", group="", variable_level="")
    statistics = [Statistic.MEDIAN, *Statistic.MEDIAN.limits]
    shown = survival["variable"].isin(["OS", "PFS"]) & survival["statistic"].isin(statistics)
    return survival[shown]


def _rate(response: pd.DataFrame, criterion: str | None, level: str) -> float:
    return _one(response, group_level=criterion, variable_level=level, statistic="percent")


def _one(rows: pd.DataFrame, **keys: object) -> float:
    chosen = pick(rows, **keys)
    return float(chosen["value"].iloc[0]) if len(chosen) == 1 else float("nan")


def table(trials: pd.DataFrame, cohort: Cohort, estimates: pd.DataFrame) -> Table:
    """Give this cohort above earlier trials as a table; what a paper does not report is open."""
    return trials_table(with_this_cohort(trials, cohort, estimates))


def trials_table(trials: pd.DataFrame) -> Table:
    """Give the comparison as a table; what a source does not report is left open."""
    cells = pd.DataFrame(
        {
            "Trial": trials["trial"],
            "Arm": trials["arm"],
            "Criterion": trials["criterion"].fillna(MISSING),
            "Data cut": trials["data_cut"].fillna("").replace("", MISSING),
            **{
                heading: [fixed(value, 1) for value in trials[column]]
                for column, heading in _NUMBERS.items()
            },
            "AE basis": trials["ae_basis"].fillna(MISSING),
            "Ref.": [
                MISSING if is_missing(number) else f"{int(number)}"
                for number in trials["reference_in_article"]
            ],
        }
    )
    notes = [
        "AE, adverse event; DCR, disease control rate; ORR, objective response rate; OS, overall "
        "survival; PFS, progression-free survival. A dash: not reported, or not seen.",
        "Ref., number in the article's list of references.",
        "Trials differ in line of therapy, criteria and follow-up: a comparison of this kind "
        "describes, it does not test.",
    ]
    text = ["Arm", "Criterion", "Data cut", "AE basis"]
    return plain_table(cells, stub="Trial", notes=notes, left=text)


def papers_table(trials: pd.DataFrame) -> Table:
    """Give the paper of each trial, and where its figures were seen, which need not be there."""
    by = ["trial", "source", "doi", "seen_in", "note"]
    known = trials.assign(note=trials["note"].fillna(""))
    cells = pd.DataFrame(
        [
            {
                "Paper": f"{trial}: {source}, doi:{doi}",
                "Arms": ", ".join(dict.fromkeys(rows["arm"])),
                "Figures seen in": f"{seen_in[:1].upper()}{seen_in[1:]}. {note}".strip(),
            }
            for (trial, source, doi, seen_in, note), rows in _grouped(known, by)
        ]
    )
    notes = [
        "Where the figures were not seen in the paper or its abstract, they are those of the "
        "review or report that is named."
    ]
    return plain_table(cells, stub="Arms", group="Paper", left=["Figures seen in"], notes=notes)


def _grouped(
    rows: pd.DataFrame, by: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    for key, group in rows.groupby(list(by), sort=False):
        assert isinstance(key, tuple)
        yield tuple(map(str, key)), group


def as_printed(trials: pd.DataFrame) -> Table:
    """Give the medians of earlier trials that the Discussion prints, beside those of sources."""
    rows, remarks = [], []
    for row in trials.to_dict("records"):
        printed_any = not all(
            map(is_missing, (row["printed_pfs_months"], row["printed_os_months"]))
        )
        if printed_any and not is_missing(row["note"]):
            remarks.append(f"{row['trial']}, {row['arm']} ({row['data_cut']}): {row['note']}")
        for endpoint in ("pfs", "os"):
            printed, found = row[f"printed_{endpoint}_months"], row[f"median_{endpoint}_months"]
            if is_missing(printed):
                continue
            difference = MISSING if is_missing(found) else _signed(printed - found)
            rows.append(
                {
                    "Trial": row["trial"],
                    "Arm": row["arm"],
                    "Data cut": row["data_cut"],
                    "Endpoint": endpoint.upper(),
                    "Discussion": fixed(printed, 1),
                    "Source": fixed(found, 1),
                    "Difference": difference,
                }
            )
    notes = [
        "Medians in months. Difference: printed in the Discussion less that of the source. A dash: "
        "no figure of the source was seen. A difference says that two numbers are not the same, "
        "and nothing of how that came about: another data cut or population can be meant.",
        *remarks,
    ]
    return plain_table(
        pd.DataFrame(rows), stub="Trial", notes=notes, left=["Arm", "Data cut", "Endpoint"]
    )


def _signed(difference: float) -> str:
    """Give a difference of numbers of one decimal, with its sign; 'none' of the same.

    >>> _signed(15.1 - 14.2), _signed(13.6 - 13.8), _signed(0.0)
    ('+0.9', '−0.2', 'none')
    """
    text = fixed(difference, 1)
    if not float(text.replace("−", "-")):
        return "none"
    return text if text.startswith("−") else f"+{text}"


def method() -> Markdown:
    """Say where the comparison comes from."""
    return Markdown(
        "**Method.** The article's comparison (Supplementary Table 1) is not public. It is rebuilt "
        "here from the papers of the trials that its Discussion cites, with the response criterion "
        "and the data cut of each figure. Not every paper could be seen: each row says where its "
        "figures were found, and what was not found is left open."
    )


def figure(trials: pd.DataFrame) -> Drawing:
    """Draw median PFS and OS of earlier trials with those of this cohort."""
    return median_survival(trials)

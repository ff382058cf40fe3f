"""Which estimates of a synthetic cohort the article prints; those of the others are marked."""

from __future__ import annotations

from functools import partial

import pandas as pd

from analysis.article.ledger import CLAIMS, KEY, read_ledger
from analysis.audit.comparison import compare
from analysis.cohort.model import Cohort
from analysis.display.beyond import Marks
from analysis.display.sources import Claim
from analysis.estimates.remembered import remembered
from analysis.study.keys import NOT_REACHED, Key, Statistic
from analysis.zhai_2025 import ensemble
from analysis.zhai_2025.readings import claim_anchor

# The page that has the verdicts.
VERDICTS = "07_replication"
# Numbers that are printed under another name: of events by endpoint, the level that counts them.
_EVENTS = {"OS": "death", "IRFS": "in_field_relapse"}
_P_VALUES = [statistic.value for statistic in Statistic if statistic.is_p]


def marks(cohort: Cohort) -> Marks:
    """Give the marks for the pages of a cohort: none where its patients are real.

    A cohort that is not held against an article has none either: nothing of it stands beside
    published numbers.
    """
    article = cohort.study.article
    if article is None:
        return Marks()
    ledger = read_ledger(article / CLAIMS.name)
    beside = partial(published, ledger)
    if not cohort.synthetic:
        return Marks(published=beside)
    told, found = partial(printed, ledger), ensemble.of(cohort)
    if isinstance(found, str):
        return Marks(told, missing=found, published=beside)
    return Marks(told, found, published=beside)


def published(ledger: pd.DataFrame, estimates: pd.DataFrame) -> dict[Key, list[Claim]]:
    """Give what the ledger prints under the keys of some estimates, with the place of its verdict.

    What is printed more than once, and alike, is given once.
    """
    keyed = estimates.assign(**{name: estimates[name].fillna("").astype(str) for name in KEY})
    compared = compare(ledger, keyed.drop_duplicates(KEY))
    exact = _exact(compared)
    found: dict[Key, list[Claim]] = {}
    for claim, same in zip(compared.to_dict("records"), exact, strict=True):
        if not claim["estimated"]:
            continue
        of_key = found.setdefault(Key.of(claim), [])
        text = str(claim["printed"]) if same else f"{claim['comparator']} {claim['printed']}"
        if text not in {one.printed for one in of_key}:
            to = f"{VERDICTS}.html#{claim_anchor(str(claim['claim_id']))}"
            of_key.append(Claim(text, bool(claim["agrees"]), to, bool(same)))
    return found


def _exact(compared: pd.DataFrame) -> pd.Series:
    """Tell of which claims the number itself is printed.

    "More than 40 %" is not the number that stands here; "<0.001" is, of a p value.
    """
    return compared["comparator"].isin(["=", NOT_REACHED]) | (
        compared["printed"].str.startswith("<") & compared["statistic"].isin(_P_VALUES)
    )


def printed(ledger: pd.DataFrame, estimates: pd.DataFrame) -> pd.Series:
    """Tell of each estimate whether the ledger has it, to the digit.

    Parameters
    ----------
    ledger
        As `article.ledger.read_ledger` gives it.
    estimates
        Rows of the estimates table, of any analyses; a key may be there more than once.

    Returns
    -------
    bool, on the index of `estimates`. A count is printed where its percentage is, and the other
    way round; so are the number of all patients, events that the text counts, and responders of
    Table 3 beside the marker.
    """
    return pd.Series(_told(ledger, estimates), index=estimates.index, dtype=bool)


# Each table of a page asks it of the same estimates.
@remembered
def _told(ledger: pd.DataFrame, estimates: pd.DataFrame) -> list[bool]:
    keyed = estimates.assign(**{name: estimates[name].fillna("").astype(str) for name in KEY})
    compared = compare(ledger, keyed.drop_duplicates(KEY))
    exact = _exact(compared)
    met = compared[compared["agrees"] & exact]
    known = set(map(tuple, met[KEY].to_numpy()))
    # A percentage that the article prints otherwise does not follow from its printed count.
    missed = set(map(tuple, compared.loc[exact & ~compared["agrees"], KEY].to_numpy()))
    shares = {key[:-1] for key in known if key[-1] in (Statistic.COUNT, Statistic.PERCENT)}
    counts = {
        (claim["variable"], claim["variable_level"], claim["group_level"]): claim["value"]
        for claim in ledger[ledger["statistic"] == Statistic.COUNT].to_dict("records")
    }
    patients = counts.get(("patients", "", ""))

    def is_printed(row: dict[str, object]) -> bool:
        key = tuple(row[name] for name in KEY)
        statistic, value = row["statistic"], row["value"]
        if key in known:
            return True
        if key in missed:
            return False
        if statistic in (Statistic.COUNT, Statistic.PERCENT):
            return key[:-1] in shares or (row["variable"] == "patients" and value == patients)
        if statistic == Statistic.N:
            return row["group"] == "" and value == patients
        if statistic == Statistic.EVENTS:
            counted = (_EVENTS.get(str(row["variable"])), "yes", "")
            return row["group"] == "" and counts.get(counted) == value
        if statistic in (Statistic.RESPONDERS, Statistic.NON_RESPONDERS) and patients is not None:
            one = (row["variable"], row["variable_level"], row["group_level"])
            with_response = counts.get(one)
            if with_response is None:
                return False
            without = patients - with_response
            return value == (with_response if statistic == Statistic.RESPONDERS else without)
        return False

    return [is_printed(row) for row in keyed.to_dict("records")]  # type: ignore[arg-type]

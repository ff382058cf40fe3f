"""What of a synthetic report stands unmarked although no ledger has it: pages and exports.

By the digits alone, and by its own reading of marks, so that it shares nothing with what is tested.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
from lxml import etree, html

from analysis.article.comparators import read_comparators
from analysis.article.ledger import read_ledger
from analysis.study.printed import half_up
from analysis.zhai_2025.parameters import Parameters

SIGNS = "‡§"
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?![\w.]*\w)")
# A sign is of all numbers that are read as one: a range, events of patients, a count of all.
_ONE = re.compile(
    rf"{NUMBER.pattern}%?(?:(?:–| to |/){NUMBER.pattern}%?)*†?[{SIGNS}]".replace(
        r"(?![\w.]*\w)", ""
    )
)
KEY = ["analysis_id", "group", "group_level", "variable", "variable_level", "statistic"]
STATUS = {"published", "determined", "open"}
# Words of rules and of other trials, none of it a number of these patients.
OTHERS = {"plausibility_rules", "earlier_trials_as_printed", "earlier_trials_papers"}
# The figure that draws only what is printed, by the article or by others.
DRAWS_PRINTED = {"earlier_trials"}
# What methods and headings name: days of a month, the line of p values, levels of intervals, grades
# and criteria of response, years of references, the months of rates and what curves are shown to.
_OF_METHODS = re.compile(
    r"30\.4375|\b0\.05\b|\b95%|\b(?:19|20)\d\d\b|(?:m?RECIST|version|CTCAE) \d\.\d|"
    r"(?:[Pp]age|[Tt]able|[Ff]igure|[Ss]ection|[Mm]ethods|[Rr]esults) \d(?:\.\d)?|R's|"
    r"\d+(?:\.\d+)? ?(?:%|mm) and 5 mm|(?:fall of|rise of|grade) (?:≥ )?\d+ ?%?|"
    r"\d+ of \d+ (?:numbers reproduced|published numbers)|claims: \d+ reproduced|"
    r"10\.\d{4,}/\S+|\d+ tests|\d+ of them exact|fewer than \d|Fewer than \d"
)


def known_numbers() -> set[str]:
    """Give every number of the article, what its counts are of all, and those of other trials."""
    ledger = read_ledger()
    known = {text.strip("<>=").replace(",", "") for text in ledger["printed"]}
    for claim in ledger[ledger["variable_level"] != ""].to_dict("records"):
        if claim["statistic"] == "count":
            of = 108 if pd.isna(claim["denominator"]) else claim["denominator"]
            known |= {f"{half_up(100 * claim['value'] / n, 1)}" for n in (of, 108)}
            known.add(f"{108 - claim['value']:.0f}")
        elif claim["statistic"] == "percent" and claim["comparator"] == "=":
            known |= {f"{half_up(1.08 * claim['value'], 0)}", f"{half_up(claim['value'], 1)}"}
    known |= {f"{value:g}" for _, value in Parameters() if isinstance(value, int | float)}
    trials = read_comparators()
    numbers = trials.select_dtypes("number").to_numpy().ravel()
    known |= {f"{value:g}" for value in numbers if pd.notna(value)}
    # Trials and arms are called by numbers: KEYNOTE-224, tremelimumab 300 mg.
    names = [*trials["trial"], *trials["arm"]]
    known |= {one for name in names for one in re.findall(r"\d+", name)}
    # "<0.001", with the decimals that are printed.
    known.add("0.000")
    # As they are written here with other decimals: 12.0 months, 100.0 %.
    return known | {f"{float(one):.1f}" for one in known if one.replace(".", "").isdigit()}


KNOWN = known_numbers()


def strangers(text: str) -> list[str]:
    """Give the numbers of a text that have no sign and are none of the article."""
    free = _OF_METHODS.sub(" ", _ONE.sub(" ", text))
    return [one for one in NUMBER.findall(free) if one.replace(",", "") not in KNOWN]


# Pages -------------------------------------------------------------------------------------------


def of_page(text: str) -> list[tuple[str, str]]:
    """Give what stands unmarked in the outputs of a page, each with where it stands."""
    page = html.fromstring(text)
    found = []
    for folded in page.xpath('//details[@class="ranges" or contains(@class, "code")]'):
        folded.getparent().remove(folded)
    for figure in page.xpath('//figure[contains(@class, "table")]'):
        name = figure.get("id", "")
        caption = _text(figure.xpath("./figcaption"))
        found += [(f"{name}, caption", number) for number in strangers(caption)]
        if name not in OTHERS:
            for table in figure.xpath(".//table"):
                found += [(name, number) for number in of_table(table)]
    for figure in page.xpath('//figure[contains(@class, "plot")]'):
        name, caption = figure.get("id", ""), _text(figure.xpath("./figcaption"))
        if name not in DRAWS_PRINTED:
            if not any(sign in caption for sign in SIGNS):
                found.append((name, "a caption without a sign"))
            if "ynthetic" not in caption:
                found.append((name, "a caption that does not say synthetic"))
        if not all("ynthetic" in image.get("alt", "") for image in figure.xpath(".//img")):
            found.append((name, "an alternative text that does not say synthetic"))
    for prose in page.xpath('//div[@class="outputs"]//section[@class="prose"]'):
        for block in prose.xpath("./p|.//li|.//td"):
            text = _text([block])
            if not re.search(r"Over \d+ cohorts|cohorts that were found", text):
                found += [("prose", number) for number in strangers(text)]
    if "ynthetic" not in _text(page.xpath('//*[@class="notice"]')):
        found.append(("notice", "a page that does not say synthetic"))
    return found


def of_table(table: html.HtmlElement) -> Iterator[str]:
    """Give the numbers of a table that have no sign, neither of their own nor of their column."""
    headed = headings_of(table)
    for row in table.xpath("./tbody/tr"):
        place = 0
        for cell in row.xpath("./td|./th"):
            width = int(cell.get("colspan", 1))
            heading = headed.get(place, "")
            if not _is_told(heading):
                yield from strangers(_text([cell]))
            place += width
    for note in table.xpath("./tfoot//td"):
        text = _text([note])
        if not re.search(r"\d+ cohorts", text):
            yield from strangers(text)


def _is_told(heading: str) -> bool:
    """Tell whether a heading says what stands below it: a sign, cohorts, or words on a claim."""
    signed = any(sign in heading for sign in SIGNS)
    return signed or heading == "Where" or bool(re.search(r"in \d+ cohorts", heading))


def headings_of(table: html.HtmlElement) -> dict[int, str]:
    """Give the last heading of each column by its place."""
    rows = table.xpath("./thead/tr")
    found: dict[int, str] = {}
    taken: set[tuple[int, int]] = set()
    for down, row in enumerate(rows):
        place = 0
        for cell in row.xpath("./td|./th"):
            while (down, place) in taken:
                place += 1
            high, wide = int(cell.get("rowspan", 1)), int(cell.get("colspan", 1))
            for below, beside in product(range(high), range(wide)):
                taken.add((down + below, place + beside))
            for beside in range(wide):
                found[place + beside] = _text([cell])
            place += wide
    return found


def _text(elements: list[html.HtmlElement]) -> str:
    return " ".join(" ".join("".join(one.itertext()).split()) for one in elements)


# Exports -----------------------------------------------------------------------------------------


def of_csv(table: pd.DataFrame) -> list[str]:
    """Give what is wrong with a table as CSV (all text): numbers without a sign, not synthetic."""
    told = "synthetic" in table and (table["synthetic"] == "yes").all()
    found = [] if told else ["does not say synthetic"]
    for name in table.columns.drop("synthetic", errors="ignore"):
        if not _is_told(name):
            found += [one for cell in table[name] for one in strangers(cell)]
    return found


def of_estimates(rows: pd.DataFrame) -> list[str]:
    """Give what is wrong with a table of estimates: a status is missing, or says too much."""
    lacking = {"status", "ensemble_members", "ensemble_lowest", "ensemble_highest", "synthetic"}
    if lacking := lacking - set(rows.columns):
        return [f"no column {name}" for name in sorted(lacking)]
    found = [f"status {one!r}" for one in set(rows["status"].fillna("")) - STATUS]
    if not (rows["synthetic"] == "yes").all():
        found.append("a row that does not say synthetic")
    published = rows[rows["status"] == "published"]
    found += [
        f"not published: {[row[name] for name in KEY]} {row['value']}"
        for row in published.to_dict("records")
        if not _is_printed(row)
    ]
    told = rows[rows["status"] == "determined"]
    inside = told["value"].between(told["ensemble_lowest"], told["ensemble_highest"])
    if not (inside | (told["value"].isna() & told["ensemble_lowest"].isna())).all():
        found.append("determined, and not as in the ensemble")
    return found


# What follows from a printed count: its percentage, the other way round, and those without.
_COUNTS = {"count", "percent", "n", "events", "responders", "non_responders"}


def _printed() -> dict[tuple[str, ...], set[str]]:
    """Give what the ledger prints under each key."""
    found: dict[tuple[str, ...], set[str]] = {}
    for claim in read_ledger()[[*KEY, "printed"]].fillna("").to_dict("records"):
        key = tuple(str(claim[name]) for name in KEY)
        found.setdefault(key, set()).add(claim["printed"].replace(",", ""))
    return found


_PRINTED = _printed()


def _is_printed(row: dict[Hashable, Any]) -> bool:
    """Tell whether the ledger has a number under its key, or the digits of a count."""
    key = tuple("" if pd.isna(row[name]) else str(row[name]) for name in KEY)
    value = row["value"]
    for printed in _PRINTED.get(key, ()):
        if pd.isna(value):
            return True
        decimals = len(printed.partition(".")[2])
        if printed == f"{half_up(value, decimals)}":
            return True
        if printed.startswith("<") and value < float(printed[1:]):
            return True
    counted = row["statistic"] in _COUNTS
    return counted and f"{half_up(value, row['statistic'] == 'percent')}" in KNOWN


def of_svg(content: bytes) -> list[str]:
    """Give what is wrong with a figure as SVG: its title, its description."""
    root = etree.fromstring(content)
    title, description = (
        _text(root.xpath(f'//*[local-name()="{name}"]')) for name in ("title", "description")
    )
    return _said(title, description)


def _said(title: str, description: str) -> list[str]:
    found = [] if "ynthetic" in title else ["the title does not say synthetic"]
    return found if description else [*found, "no description"]


def of_report(folder: Path) -> list[tuple[str, object]]:
    """Give all that is wrong in the folder of a built report, each with its file."""
    found: list[tuple[str, object]] = []
    for path in sorted(folder.glob("*.html")):
        found += [(path.name, one) for one in of_page(path.read_text(encoding="utf-8"))]
    for path in sorted(folder.glob("tables/*.csv")):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        wrong = of_csv(table)
        if path.stem in OTHERS:
            wrong = [one for one in wrong if "synthetic" in one]
        found += [(path.name, one) for one in wrong]
    for path in sorted(folder.glob("tables/*.html")):
        page = html.fromstring(path.read_bytes())
        if "ynthetic" not in _text(page.xpath("//body/p")):
            found.append((path.name, "does not say synthetic"))
        if path.stem not in OTHERS:
            tables = page.xpath('//table[contains(@class, "gt_table")]')
            found += [(path.name, one) for table in tables for one in of_table(table)]
    for path in sorted(folder.glob("figures/*")):
        found += [(path.name, one) for one in of_svg(path.read_bytes())]
    for path in [*sorted(folder.glob("estimates/*.parquet")), folder / "estimates.parquet"]:
        found += [(path.name, one) for one in of_estimates(pd.read_parquet(path))]
    found += [("estimates.csv", one) for one in of_estimates(pd.read_csv(folder / "estimates.csv"))]
    return found

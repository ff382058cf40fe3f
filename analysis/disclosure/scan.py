"""A last look at every byte of a bundle: for patients, days and small counts."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from pathlib import Path

_DATE = re.compile(r"\b(?:19|20)\d\d-[01]\d-[0-3]\d\b")
# What looks like a name of a patient, and not like a number that may stand anywhere.
_TELLING = re.compile(r"(?=.*[^\W\d_])\w.{2,}|\d{5,}", re.DOTALL)
_COUNTED = re.compile(r"(?<![\d.,–-])([1-9]\d*) (?:at risk|events?|patients?)\b")
_ALT = re.compile(r'\balt="([^"]*)"')
_CELL = re.compile(r"<td[^>]*>\s*(\d+)\s*</td>")
_HEADINGS = ("No.", "Patients", "Events", "months", "Any grade", "Grade")


def leaks(folder: Path, ids: Collection[str], few: int) -> list[str]:
    """Give what must not be in a bundle and is, a line each: file and what it is.

    Parameters
    ----------
    folder
        The bundle.
    ids
        Of the patients. One that is a short number, and may stand anywhere, is not looked for.
    few
        The greatest count that must not be seen.
    """
    telling = [name for name in ids if _TELLING.fullmatch(name)]
    pattern = re.compile(
        "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(telling, key=len)[::-1])
        or r"(?!)"
    )
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        text = path.read_bytes().decode("utf-8", "replace")
        if match := pattern.search(text):
            found.append(f"{name}: a patient's name ({match[0]})")
        if match := _DATE.search(text):
            found.append(f"{name}: a date ({match[0]})")
        found += [f"{name}: a count of {count}" for count in _counts(path, text, few)]
    return found


def _counts(path: Path, text: str, few: int) -> Iterator[int]:
    if path.suffix == ".csv":
        yield from _counts_in_table(path, few)
    elif path.suffix in (".html", ".svg"):
        # The rules themselves speak of small counts.
        told = [*_COUNTED.findall(" ".join(_ALT.findall(text))), *_CELL.findall(text)]
        yield from (int(count) for count in told if 0 < int(count) <= few)


def _counts_in_table(path: Path, few: int) -> Iterator[int]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if "statistic" in row:
            # Of estimates the unit says what is a count.
            of_patients = row["unit"] == "patients" and row["value"]
            numbers = [row["value"] if of_patients else "", row["n"]]
        else:
            numbers = [
                cell for name, cell in row.items() if any(words in name for words in _HEADINGS)
            ]
        for number in numbers:
            if re.fullmatch(r"\d+(?:\.0)?", number or "") and 0 < float(number) <= few:
                yield int(float(number))

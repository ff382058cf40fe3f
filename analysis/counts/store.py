"""Counts in a file: Parquet, with what they rest on in its metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from analysis.counts.about import EXACT, UNKNOWN, VERSION, About, Apart
from analysis.counts.table import ALL, COLUMNS, ENDED, KEY, Counts
from analysis.estimates.weights import N

# What a file of counts is known by, and where its header is.
FORMAT, HEADER, NOTICE = b"survival counts", b"about", b"notice"
_TEXTS = ["endpoint", "factor", "level", "ended"]
_SCHEMA = pa.schema(
    [
        *((name, pa.dictionary(pa.int32(), pa.string())) for name in _TEXTS[:3]),
        ("days", pa.float64()),
        (_TEXTS[3], pa.dictionary(pa.int32(), pa.string())),
        (N, pa.int64()),
    ]
)


def write(counts: Counts, path: Path) -> None:
    """Write counts; the same bytes for the same counts.

    The file says which version of the format it is, what the counts rest on, and the SHA-256 of
    both together, by which one that was changed is told from one that was not.
    """
    header = {"digest": counts.digest(), **counts.about.model_dump(mode="json")}
    table = pa.Table.from_pandas(counts.table[COLUMNS], schema=_SCHEMA, preserve_index=False)
    table = table.replace_schema_metadata(
        {
            FORMAT: str(VERSION),
            HEADER: json.dumps(header),
            NOTICE: notice(counts.about),
        }
    )
    pq.write_table(table, path, compression="zstd")


def notice(about: About) -> str:
    """Say to whoever opens a file whether it may leave."""
    if about.facts is None:
        return "Counts of nobody."
    if about.facts.synthetic:
        return "No real patient is in these counts."
    rules = ", ".join(name for name in about.disclosure if name != EXACT)
    if EXACT in about.disclosure:
        return "Exact: days of single patients are in these counts, and they must not leave."
    return f"Rounded by the rules of {rules}, by ends of months."


def read(path: Path) -> Counts:
    """Read counts.

    Raises
    ------
    about.Apart
        When it is no file of counts, of a version that is not known here, or not as it was written.
    """
    if not path.is_file():
        raise Apart(f"There is no file {_shown(path)}.")
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        first = (str(error).splitlines() or [""])[0]
        raise Apart(f"{_shown(path)} is no whole Parquet file ({first}).") from None
    metadata = table.schema.metadata or {}
    version = metadata.get(FORMAT, b"").decode(errors="replace")
    if not version:
        raise Apart(f"{_shown(path)} is no file of counts; `make counts` makes one.")
    if version != str(VERSION):
        raise Apart(
            f"{_shown(path)} has version {version} of the format of counts; known here is "
            f"{VERSION}. Count it anew with this version of the project."
        )
    try:
        header = json.loads(metadata[HEADER])
        digest = header.pop("digest")
        about = About.model_validate_json(json.dumps(header))
        frame = table.select(COLUMNS).to_pandas()
        frame = frame.astype({**dict.fromkeys(_TEXTS, object), "days": np.float64, N: np.int64})
    except (KeyError, ValueError, ValidationError, pa.ArrowException) as error:
        raise Apart(f"{_shown(path)} cannot be read ({type(error).__name__}).") from None
    counts = Counts(frame.reset_index(drop=True), about)
    if counts.digest() != digest:
        raise Apart(f"{_shown(path)} is not as it was written: its numbers are others.")
    _check(counts, path)
    return counts


def _check(counts: Counts, path: Path) -> None:
    """Refuse what would be estimated wrongly: counts of nobody, days that are none, a row twice."""
    table = counts.table
    days = table["days"].to_numpy()
    wrong = (
        "counts below 1" if (table[N] < 1).any() else
        "days that are none" if not np.isfinite(days).all() or (days < 0).any() else
        "a row twice" if table.duplicated(KEY).any() else
        "an end that is not known" if not table["ended"].isin(ENDED).all() else
        ""
    )  # fmt: skip
    if wrong:
        raise Apart(f"{_shown(path)} has {wrong}.")
    by_factor: dict[Any, int] = (
        table.groupby(["endpoint", "factor"], observed=True)[N].sum().to_dict()
    )
    facts = counts.about.facts
    if facts is None:
        if len(table):
            raise Apart(f"{_shown(path)} has counts, and says that they are of nobody.")
        return
    for (endpoint, factor), n in by_factor.items():
        whole = by_factor.get((endpoint, ALL), 0)
        if not facts.landmark and not counts.about.rounded and n != whole:
            raise Apart(
                f"{_shown(path)}: the groups of {factor} have {n} patients with times of "
                f"{endpoint}, who are {whole} (with '{UNKNOWN}' for not recorded)."
            )


def _shown(path: Path) -> str:
    text = str(path)
    return text if text.isprintable() else ascii(text)

"""`make ledger`: draft the ledger of an article, and never write over what a person has changed."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from analysis.article.draft.answers import ANSWERS, Answers, read_answers
from analysis.article.draft.drafted import draft
from analysis.article.draft.paper import UnreadablePaper
from analysis.article.ledger import read_ledger
from analysis.audit.structure import read_structure
from analysis.build.errors import REFUSED, BuildError
from analysis.study.in_place import staged
from analysis.study.spreadsheets import write_csv

CLAIMS, STRUCTURE, RECORD = "claims.csv", "structure.yaml", "draft.json"


@dataclass(frozen=True)
class Ledgered:
    """What `make ledger` did: the folder of the draft, and what is told of it."""

    folder: Path
    lines: tuple[str, ...]


def draft_ledger(source: str, name: str, given: str, ledgers: Path) -> Ledgered:
    """Write the draft of an article's ledger into a folder of its own.

    Parameters
    ----------
    source
        The file of the article: JATS XML, HTML, Word or PDF.
    name
        Of the folder in `ledgers`, or a path; '' takes the name of the file.
    given
        A file of answers; '' takes `answers.yaml` in the folder, if it is there.
    ledgers
        Where ledgers are that have a name only.

    Raises
    ------
    UnreadablePaper, AnswerFaults, LedgerFaults, StructureFaults
        When the article or the answers cannot be read, or do not make a ledger.
    BuildError
        When the folder has a ledger that is no untouched draft.
    """
    path = Path(source).expanduser()
    folder = _folder(path, name, ledgers)
    _untouched(folder)
    beside = folder / ANSWERS
    kept = Path(given).expanduser() if given else beside
    answers = read_answers(kept) if given or kept.is_file() else Answers()
    drafted = draft(path, answers)
    with staged(folder.parent, folder.name) as made:
        # Whatever else a person keeps there stays.
        for file in sorted(folder.glob("*")) if folder.is_dir() else ():
            if file.name not in (CLAIMS, STRUCTURE, RECORD) and file.is_file():
                (made / file.name).write_bytes(file.read_bytes())
        write_csv(drafted.rows, made / CLAIMS)
        (made / STRUCTURE).write_text(drafted.structure, encoding="utf-8", newline="\n")
        _record(made, path)
        # What is written is what the audit reads.
        read_ledger(made / CLAIMS)
        read_structure(made / STRUCTURE)
    asked = f'answer the rows whose note begins with "?", in {CLAIMS} or in {ANSWERS}, then '
    last = f"Then: {asked if drafted.questions else ''}make audit LEDGER={folder / CLAIMS}"
    return Ledgered(folder, (*drafted.lines, f"Wrote {folder / CLAIMS} and {STRUCTURE}.", last))


def _folder(path: Path, name: str, ledgers: Path) -> Path:
    if not name:
        name = re.sub(r"[^\w-]+", "_", path.stem).strip("_").lower() or "mine"
    if name in (".", "..") or name.startswith("-"):
        raise BuildError(f"{name!r} is no name for a ledger.", REFUSED)
    return ledgers / name if name == Path(name).name else Path(name).expanduser().resolve()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _record(folder: Path, source: Path) -> None:
    """Note what was written, so that a later draft knows whether a person has changed it."""
    record = {"from": source.name, **{name: _digest(folder / name) for name in (CLAIMS, STRUCTURE)}}
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    (folder / RECORD).write_text(text, encoding="utf-8", newline="\n")


def _untouched(folder: Path) -> None:
    """Refuse to write over a ledger that is no draft, or one that a person has worked on."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise BuildError(f"{folder} is no folder of a ledger: give NAME= another name.", REFUSED)
    there = [name for name in (CLAIMS, STRUCTURE) if (folder / name).exists()]
    if not there:
        return
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        same = all(record.get(name) == _digest(folder / name) for name in (CLAIMS, STRUCTURE))
    except (OSError, ValueError, AttributeError):
        same = False
    if not same:
        raise BuildError(
            f"{folder} has a {there[0]} that was changed, or is no draft of this command; it is "
            "not written over. Move it away, give NAME= another name, or keep answers in "
            f"{ANSWERS}.",
            REFUSED,
        )


__all__ = ["Ledgered", "UnreadablePaper", "draft_ledger"]

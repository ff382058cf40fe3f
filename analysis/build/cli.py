"""Command line of the build: `python -m analysis.build report --dataset synthetic`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from analysis.build.choices import read_choices
from analysis.build.errors import REFUSED, BuildError
from analysis.build.project import Project
from analysis.parameters import Parameters

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None, project: Project | None = None) -> int:
    """Run the command and give its exit status.

    0: done; 1: failed, or a published number is missed; 2: refused; 130: interrupted.
    """
    options = _parser().parse_args(arguments)
    project = project or Project()
    signal.signal(signal.SIGTERM, _interrupt)
    # Loaded after the options are read, so that --help does not wait for pandas.
    from analysis.article.ledger import LedgerFaults
    from analysis.audit.structure import StructureFaults
    from analysis.cohort.read import DatasetFaults

    try:
        if options.command == "audit":
            _audit(project, options.ledger, options.structure)
            return 0
        changed = read_choices(options.set)
        if options.command == "check":
            _check(options.dataset, changed)
        elif options.command == "verify":
            return _verify(project, options.dataset, options.workers)
        else:
            _report(project, options.dataset, changed, options.workers)
    except (DatasetFaults, LedgerFaults, StructureFaults) as faults:
        print(faults, file=sys.stderr)
        return REFUSED
    except BuildError as error:
        print(error, file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("Interrupted; nothing was changed.", file=sys.stderr)
        return INTERRUPTED
    return 0


def _check(dataset: str, changed: dict[str, object]) -> None:
    from analysis.cohort.read import load

    cohort = load(dataset, Parameters.model_validate(changed))
    print(f"No fault found in {cohort.name}: {len(cohort.patients)} patients are analysed.")


def _report(project: Project, dataset: str, changed: dict[str, object], workers: int) -> None:
    from analysis.build.report import build_report
    from analysis.cohort.read import dataset_folder

    reason = build_report(project, dataset, changed, workers)
    report = project.report(dataset_folder(dataset).resolve().name)
    shown = project.shown(report)
    if reason is None:
        print(f"Nothing to do: {shown}/ is up to date.")
    else:
        print(f"Built {shown}/index.html ({reason}).")
    print(project.shown(project.reports / "index.html"))


def _audit(project: Project, ledger: str, structure: str | None) -> None:
    from pathlib import Path

    from analysis.article.ledger import CLAIMS
    from analysis.build.audit import audit_name, build_audit
    from analysis.build.report import write_listing

    path = Path(ledger) if ledger else CLAIMS
    reason = build_audit(project, path, Path(structure) if structure else None)
    write_listing(project)
    folder = project.report(audit_name(path))
    shown = project.shown(folder)
    print(f"Nothing to do: {shown}/ is up to date." if reason is None else f"Built ({reason}).")
    print((folder / "summary.txt").read_text(encoding="utf-8").strip())
    print(f"{shown}/index.html")


def _verify(project: Project, dataset: str, workers: int) -> int:
    import pandas as pd

    from analysis.audit.verdicts import MISSED, summary, unmet
    from analysis.cohort.read import dataset_folder

    _report(project, dataset, {}, workers)
    report = project.report(dataset_folder(dataset).resolve().name)
    verdicts = pd.read_csv(
        report / "verdicts.csv", dtype={"printed": str, "reproduced": str}, keep_default_na=False
    )
    for line in unmet(verdicts):
        print(line)
    print(summary(verdicts))
    return int((verdicts["verdict"] == MISSED).any())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis.build",
        description="Build the report of a dataset from the notebooks.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (
        ("report", "check the dataset, run the notebooks, build the pages"),
        ("check", "only check the dataset: every fault in one list"),
        ("verify", "build the report and judge every published number"),
    ):
        command = commands.add_parser(name, help=words, description=words.capitalize() + ".")
        command.add_argument(
            "--dataset",
            default="synthetic",
            help="a folder in data/ by its name, or the path of a folder (default: %(default)s)",
        )
        # Verdicts are given under the article's reading, which has no parameter changed.
        if name == "verify":
            command.set_defaults(set=[])
        else:
            command.add_argument(
                "--set",
                action="append",
                default=[],
                metavar="NAME=VALUE",
                help="a parameter, such as ci_type=plain; may be given several times",
            )
        if name != "check":
            command.add_argument(
                "--workers",
                type=int,
                default=2,
                choices=range(1, 65),
                metavar="N",
                help="notebooks that run at a time (default: %(default)s)",
            )
    words = "audit a ledger of published numbers: can they be true together?"
    command = commands.add_parser("audit", help=words, description=words.capitalize())
    command.add_argument(
        "--ledger", default="", help="a ledger of claims, as CSV (default: the article's)"
    )
    command.add_argument(
        "--structure", help="its structure, as YAML (default: structure.yaml beside it)"
    )
    return parser


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

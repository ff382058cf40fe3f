"""Command line of the build: `python -m analysis.build report --dataset synthetic`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from analysis.build.choices import read_choices
from analysis.build.errors import FAILED, REFUSED, BuildError
from analysis.build.project import INDEX, Project
from analysis.build.report import How, build_report, report_name
from analysis.cohort.faults import DatasetFaults
from analysis.cohort.folder import dataset_folder

INTERRUPTED = 130

# Commands import what they need when they run: a report that is up to date is told at once.


def main(arguments: Sequence[str] | None = None, project: Project | None = None) -> int:
    """Run the command and give its exit status.

    0: done; 1: failed, or a published number is missed; 2: refused; 130: interrupted.
    """
    options = _parser().parse_args(arguments)
    project = project or Project()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        status: int = options.run(project, options)
    except DatasetFaults as faults:
        print(faults, file=sys.stderr)
        return REFUSED
    except BuildError as error:
        print(error, file=sys.stderr)
        return error.status
    except BrokenPipeError:
        # Whoever reads what is said has read enough, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        # A full disk, or a folder that must not be written to.
        where = f" {project.shown(Path(error.filename))}" if error.filename else ""
        reason = error.strerror or str(error)
        print(
            f"Could not read or write{where}: {reason}. The last report is as it was.",
            file=sys.stderr,
        )
        return FAILED
    except KeyboardInterrupt:
        print("Interrupted; nothing was changed.", file=sys.stderr)
        return INTERRUPTED
    return status


def _report(project: Project, options: argparse.Namespace) -> int:
    folder, only = _folder(options), _page(project, options)
    reason = build_report(project, folder, read_choices(options.set), _how(options), only)
    report = project.report(report_name(folder, only))
    shown = project.shown(report)
    if reason is None:
        print(f"Nothing to do: {shown}/ is up to date.")
    else:
        print(f"Built {shown}/{only or INDEX}.html ({reason}).")
    print(project.shown(project.reports / "index.html"))
    return 0


def _check(project: Project, options: argparse.Namespace) -> int:
    from analysis.cohort.read import load
    from analysis.study.parameters import Parameters

    cohort = load(options.dataset, Parameters.model_validate(read_choices(options.set)))
    print(f"No fault found in {cohort.name}: {len(cohort.patients)} patients are analysed.")
    return 0


def _why(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.manifest import TOGETHER
    from analysis.build.plan import plan_report

    folder, only = _folder(options), _page(project, options)
    report = project.report(report_name(folder, only))
    plan = plan_report(project, folder, read_choices(options.set), report, only)
    for source in plan.sources:
        print(f"{source.name:24}{plan.reasons.get(source.name, 'up to date')}")
    if TOGETHER in plan.reasons:
        print(f"{'all pages are shown anew':24}: {plan.reasons[TOGETHER]}")
    return 0


def _check_manifest(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.check import check_manifest

    folder, only = _folder(options), _page(project, options)
    name = report_name(folder, only)
    lines = check_manifest(project, name, folder)
    for line in lines:
        print(line)
    if lines:
        return FAILED
    print(f"{project.shown(project.report(name))}/ is as its manifest says.")
    return 0


def _verify(project: Project, options: argparse.Namespace) -> int:
    options.set, options.page = [], ""
    _report(project, options)

    import pandas as pd

    from analysis.audit.verdicts import MISSED, summary, unmet

    report = project.report(report_name(_folder(options)))
    verdicts = pd.read_csv(
        report / "verdicts.csv", dtype={"printed": str, "reproduced": str}, keep_default_na=False
    )
    for line in unmet(verdicts):
        print(line)
    print(summary(verdicts))
    return int((verdicts["verdict"] == MISSED).any())


def _audit(project: Project, options: argparse.Namespace) -> int:
    from analysis.article.ledger import CLAIMS, LedgerFaults
    from analysis.audit.structure import StructureFaults
    from analysis.build.audit import audit_name, build_audit
    from analysis.build.report import write_listing

    path = Path(options.ledger) if options.ledger else CLAIMS
    structure = Path(options.structure) if options.structure else None
    try:
        reason = build_audit(project, path, structure, _how(options))
    except (LedgerFaults, StructureFaults) as faults:
        raise BuildError(str(faults), REFUSED) from None
    write_listing(project)
    folder = project.report(audit_name(path))
    shown = project.shown(folder)
    print(f"Nothing to do: {shown}/ is up to date." if reason is None else f"Built ({reason}).")
    print((folder / "summary.txt").read_text(encoding="utf-8").strip())
    print(f"{shown}/index.html")
    return 0


def _sensitivity(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.report import write_listing
    from analysis.build.sensitivity import build_sensitivity, sensitivity_name

    folder, changed = _folder(options), read_choices(options.set)
    variants = Path(options.variants).expanduser() if options.variants else None
    reason = build_sensitivity(
        project, folder, changed, variants, How(workers=options.workers), options.scheduler
    )
    write_listing(project)
    shown = project.shown(project.report(sensitivity_name(folder)))
    print(f"Nothing to do: {shown}/ is up to date." if reason is None else f"Built ({reason}).")
    print(f"{shown}/{INDEX}.html")
    return 0


def _folder(options: argparse.Namespace) -> Path:
    return dataset_folder(options.dataset).resolve()


def _page(project: Project, options: argparse.Namespace) -> str:
    from analysis.build.plan import known_notebook

    return known_notebook(project, options.page) if options.page else ""


def _how(options: argparse.Namespace) -> How:
    return How(workers=options.workers, warm=not options.cold)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis.build",
        description="Build the report of a dataset from the notebooks.",
    )
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: Any, words: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=words, description=words.capitalize() + ".")
        added.set_defaults(run=run)
        return added

    report = command("report", _report, "check the dataset, run what is stale, build the pages")
    check = command("check", _check, "only check the dataset: every fault in one list")
    why = command("why", _why, "say which pages are stale, and for what reason")
    manifest = command(
        "check-manifest", _check_manifest, "compare a report and what it was made from by SHA-256"
    )
    verify = command("verify", _verify, "build the report and judge every published number")
    audit = command("audit", _audit, "check published numbers against each other")
    sensitivity = command("sensitivity", _sensitivity, "set variants of the report beside it")
    for added in (report, check, why, manifest, verify, sensitivity):
        added.add_argument(
            "--dataset",
            default="synthetic",
            help="a folder in data/ by its name, or the path of a folder (default: %(default)s)",
        )
    # Verdicts are given under the article's reading, which has no parameter changed.
    for added in (report, check, why, sensitivity):
        added.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="parameters, such as ci_type=plain, or a file of them in YAML; may be repeated",
        )
    for added in (report, why, manifest):
        added.add_argument(
            "--page", default="", metavar="NAME", help="one notebook alone, such as survival"
        )
    for added in (report, verify, audit):
        _add_how(added)
    audit.add_argument(
        "--ledger", default="", help="a ledger of claims, as CSV (default: the article's)"
    )
    audit.add_argument(
        "--structure", help="its structure, as YAML (default: structure.yaml beside it)"
    )
    sensitivity.add_argument(
        "--variants", default="", help="a folder of YAML files of variants, or one such file"
    )
    sensitivity.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a Dask cluster, such as tcp://host:8786"
    )
    _add_workers(sensitivity)
    return parser


def _add_how(command: argparse.ArgumentParser) -> None:
    _add_workers(command)
    command.add_argument(
        "--cold",
        action="store_true",
        default=os.environ.get("WARM") == "0",
        help="start every kernel as a process of its own, as does WARM=0 in the environment",
    )


def _add_workers(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--workers",
        type=int,
        choices=range(1, 65),
        metavar="N",
        help="how much runs at a time (default: by the number of cores)",
    )


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

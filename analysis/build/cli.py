"""Command line of the project: `python -m analysis report --dataset synthetic`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.build.assembly import How
from analysis.build.choices import read_given
from analysis.build.documents import FIGURES, KINDS
from analysis.build.errors import FAILED, REFUSED, BuildError
from analysis.build.guard import GUARD
from analysis.build.manifest import read_manifest
from analysis.build.names import LISTING, report_name
from analysis.build.project import INDEX, Project
from analysis.build.report import (
    ARTICLE,
    NOT_FOR_RELEASE,
    build_report,
    differences_of,
    left_out,
    name_of,
    plan_report,
)
from analysis.cohort.folder import dataset_folder, existing_folder
from analysis.study.errors import ReadableError
from analysis.study.in_place import clear_away
from analysis.study.interruption import ended_by_signals

# Commands import what they need when they run: a report that is up to date is told at once.


def main(project: Project, arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status.

    0: done; 1: failed, or a published number is missed; 2: refused; 130: interrupted.
    """
    options = _parser().parse_args(arguments)
    with ended_by_signals("Interrupted; the last report is whole.", GUARD.end):
        return _run(project, options)


def _run(project: Project, options: argparse.Namespace) -> int:
    try:
        status: int = options.run(project, options)
    except ReadableError as error:
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
    except MemoryError:
        print("Out of memory. The last report is as it was.", file=sys.stderr)
        return FAILED
    return status


def _report(project: Project, options: argparse.Namespace) -> int:
    folder, only = _folder(options), _page(project, options)
    done = build_report(project, folder, read_given(options.set), _how(options), only)
    report = project.report(done.name)
    shown = project.shown(report)
    if done.reason is None:
        print(f"Nothing to do: {shown}/ is up to date.")
    else:
        print(f"Built {shown}/{only or INDEX}.html ({done.reason}).")
    manifest = read_manifest(report)
    if manifest is not None and manifest.parameters:
        changed = ", ".join(f"{name} = {value}" for name, value in manifest.parameters.items())
        print(f"Other than the default choices: {changed}.")
    base = project.report(report_name(folder, only))
    if report != base:
        print(f"This is a variant, in a folder of its own. {_of_base(project, base)}")
    if manifest is not None and NOT_FOR_RELEASE in manifest.notice:
        print(NOT_FOR_RELEASE)
    print(project.shown(project.reports / LISTING))
    return 0


def _of_base(project: Project, base: Path) -> str:
    shown = project.shown(base)
    if read_manifest(base) is None:
        return f"{shown}/ is not built yet."
    return f"{shown}/ is as it was; `make compare` sets the two side by side."


def _check(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.asked import chosen, cohort_of
    from analysis.build.inputs import Source
    from analysis.cohort.summary import summary

    folder = _folder(options)
    sources = [Source(project, project.notebook(name)) for name in project.with_choices()]
    parameters = chosen(project, sources, folder, read_given(options.set))
    cohort = cohort_of(project, folder, parameters)
    print("\n".join(summary(cohort)))
    return 0


def _import(project: Project, options: argparse.Namespace) -> int:
    from analysis.cohort.draft.source import import_source

    found = import_source(options.source, options.dataset, project.study)
    print("\n".join(found.lines))
    return 0


def _ledger(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.ledger import draft_ledger

    made = draft_ledger(
        options.source, options.name, options.answers, project.root / "data" / "ledgers"
    )
    print("\n".join(made.lines).replace(f"{project.root}{os.sep}", ""))
    return 0


def _why(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.manifest import TOGETHER

    folder, only = _folder(options), _page(project, options)
    asked, plan = plan_report(project, folder, read_given(options.set), only)
    for run in plan.runs:
        print(f"{run.name:24}{plan.reasons.get(run.name, 'up to date')}")
    if TOGETHER in plan.reasons:
        print(f"{'all pages are shown anew':24}: {plan.reasons[TOGETHER]}")
    if not only:
        for name, needs in left_out(project, asked).items():
            print(f"{name:24}no page of this report: it needs {needs}")
    return 0


def _check_manifest(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.check import check_manifest, other_commit

    folder, only = _folder(options), _page(project, options)
    name = name_of(project, folder, read_given(options.set), only)
    lines = check_manifest(project, name, folder, only)
    for line in lines:
        print(line)
    if note := other_commit(project, name):
        print(note)
    if lines:
        return FAILED
    print(f"{project.shown(project.report(name))}/ is as its manifest says.")
    return 0


def _verify(project: Project, options: argparse.Namespace) -> int:
    # Verdicts are given under the article's reading, which has no parameter changed.
    options.set, options.page = [], ""
    folder = _folder(options)
    asked, _ = plan_report(project, folder, {})
    if ARTICLE not in asked.facts:
        raise BuildError(
            f"{folder.name} belongs to a study without an article, or is not compared with one: "
            "`compare_with_article: true` in its dataset.yaml asks for that.",
            REFUSED,
        )
    if asked.changed:
        raise BuildError(_not_the_articles(project), REFUSED)
    _report(project, options)

    import pandas as pd

    from analysis.audit.verdicts import MISSED, summary, unmet

    report = project.report(report_name(folder))
    verdicts = pd.read_csv(
        report / "verdicts.csv", dtype={"printed": str, "reproduced": str}, keep_default_na=False
    )
    for line in unmet(verdicts):
        print(line)
    print(summary(verdicts))
    return int((verdicts["verdict"] == MISSED).any())


def _not_the_articles(project: Project) -> str:
    from analysis.build.cells import edited
    from analysis.build.inputs import Source

    sources = [Source(project, project.notebook(name)) for name in project.with_choices()]
    lines = [
        f"  {where} sets {name} = {value!r}"
        for name, by_notebook in edited(project, sources).items()
        for where, value in by_notebook.items()
    ]
    return "\n".join(
        ["Published numbers are judged under the article's own choices; these are others:", *lines]
    )


def _audit(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.audit import audit_name, build_audit, own_ledger

    own = own_ledger(project)
    path = Path(options.ledger) if options.ledger else own
    if path is None:
        raise BuildError("The study has no article: name a ledger of claims.", REFUSED)
    structure = Path(options.structure) if options.structure else None
    reason = build_audit(project, path, structure, _how(options))
    folder = project.report(audit_name(path, own))
    shown = project.shown(folder)
    print(f"Nothing to do: {shown}/ is up to date." if reason is None else f"Built ({reason}).")
    print((folder / "summary.txt").read_text(encoding="utf-8").strip())
    print(f"{shown}/index.html")
    return 0


def _sensitivity(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.sensitivity import build_sensitivity, sensitivity_name

    folder = _folder(options)
    variants = Path(options.variants).expanduser() if options.variants else None
    how, given = How(workers=options.workers), read_given(options.set)
    reason = build_sensitivity(project, folder, given, variants, how, options.scheduler)
    name = sensitivity_name(folder, differences_of(project, folder, given))
    shown = project.shown(project.report(name))
    print(f"Nothing to do: {shown}/ is up to date." if reason is None else f"Built ({reason}).")
    print(f"{shown}/{INDEX}.html")
    return 0


def _counts(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.counts import build_counts

    def progress(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    lines = build_counts(
        project,
        _folder(options),
        read_given(options.set),
        options.partitions,
        options.workers or 0,
        options.scheduler,
        options.disclosure,
        progress,
    )
    print("\n".join(lines))
    return 0


def _pooled(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.counts import build_pooled

    print("\n".join(build_pooled(project, [Path(name).expanduser() for name in options.counts])))
    return 0


def _compare(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.comparison import Asked, build_comparison

    folder, given, beside = _folder(options), read_given(options.set), read_given(options.beside)
    other = folder
    if options.with_dataset:
        other = _folder(argparse.Namespace(dataset=options.with_dataset))
        # Two datasets are compared under the same choices, unless it is said otherwise.
        beside = beside or given
    done = build_comparison(project, Asked(folder, given), Asked(other, beside), _how(options))
    shown = project.shown(project.report(done.name))
    if done.reason is None:
        print(f"Nothing to do: {shown}/ is up to date.")
    else:
        print(f"Built ({done.reason}). Neither report was changed by it.")
    manifest = read_manifest(project.report(done.name))
    if manifest is not None and NOT_FOR_RELEASE in manifest.notice:
        print(NOT_FOR_RELEASE)
    print(f"{shown}/{INDEX}.html")
    return 0


def _release(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.release import build_release

    print("\n".join(build_release(project, _folder(options), read_given(options.set))))
    return 0


def _live(project: Project, options: argparse.Namespace) -> int:
    import asyncio

    from analysis.build.choices import SUFFIXES
    from analysis.build.live.run import alone, live

    folder = _folder(options)
    # Who builds is another process, which is replaced when code has changed.
    command = [sys.executable, "-m", "analysis", "live-builder", "--dataset", str(folder)]
    command += [part for text in options.set for part in ("--set", text)]
    name = name_of(project, folder, read_given(options.set))
    further = [Path(text) for text in options.set if text.endswith(SUFFIXES)]
    with alone(project, name):
        asyncio.run(live(project, folder, name, command, further, options.port))
    return 0


def _live_builder(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.live.builder import serve

    serve(project, _folder(options), read_given(options.set), _how(options))
    return 0


def _documents(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.documents import WIDTHS, build_documents, build_figures

    folder, given, how = _folder(options), read_given(options.set), _how(options)
    if options.kind == FIGURES:
        widths = options.widths or WIDTHS
        made = build_figures(project, folder, given, widths, options.style, how)
    else:
        made = build_documents(project, folder, given, options.kind, how)
    print("\n".join(made))
    return 0


def _dictionary(project: Project, options: argparse.Namespace) -> int:
    from analysis.build.choices_page import page
    from analysis.cohort.dictionary import dictionary

    for name, text in (
        ("data/README.md", dictionary(project.study)),
        ("docs/parameters.md", page(project)),
    ):
        (project.root / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"Wrote {name}")
    return 0


def _folder(options: argparse.Namespace) -> Path:
    # A name that no report may have is refused whether or not there is such a folder.
    folder = dataset_folder(options.dataset).resolve()
    report_name(folder)
    if folder.name and not folder.exists():
        # A synthetic cohort that was killed while it took its place may be there by another name.
        clear_away(folder.parent)
    return existing_folder(options.dataset)


def _page(project: Project, options: argparse.Namespace) -> str:
    from analysis.build.plan import known_notebook

    return known_notebook(project, options.page) if options.page else ""


def _how(options: argparse.Namespace) -> How:
    return How(workers=options.workers, warm=not options.cold)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m analysis",
        description="Build the report of a dataset from the notebooks, and what goes with it.",
    )
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: Any, words: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=words, description=words.capitalize() + ".")
        added.set_defaults(run=run)
        return added

    report = command("report", _report, "check the dataset, run what is stale, build the pages")
    check = command("check", _check, "only check the dataset: every fault in one list")
    imported = command(
        "import", _import, "draft the dataset.yaml of your own patients from where they are kept"
    )
    imported.add_argument(
        "source", help="a file, a folder of files, or the SQLAlchemy URL of a database"
    )
    imported.add_argument(
        "--dataset", default="", help="a name in data/, or a path (default: the name of the source)"
    )
    ledger = command("ledger", _ledger, "draft the ledger of an article's numbers from the article")
    ledger.add_argument(
        "--from", dest="source", required=True, help="JATS XML, HTML, Word (.docx) or PDF"
    )
    ledger.add_argument(
        "--name",
        default="",
        help="a name in data/ledgers/, or a path (default: the name of the file)",
    )
    ledger.add_argument(
        "--answers", default="", help="answers to what is asked (default: answers.yaml beside it)"
    )
    why = command("why", _why, "say which pages are stale, and for what reason")
    manifest = command(
        "check-manifest", _check_manifest, "compare a report and what it was made from by SHA-256"
    )
    verify = command("verify", _verify, "build the report and judge every published number")
    audit = command("audit", _audit, "check published numbers against each other")
    sensitivity = command("sensitivity", _sensitivity, "set variants of the report beside it")
    counts = command("counts", _counts, "count the patients by day and group, part by part")
    counts.add_argument(
        "--partitions",
        type=_parts,
        default=0,
        metavar="N",
        help="in how many parts the files are read (default: whole, in memory)",
    )
    counts.add_argument(
        "--disclosure",
        default="",
        metavar="RULES",
        help="by which rules counts are rounded, so that they may leave; none: exact (default: "
        "those of the dataset, of synthetic patients none)",
    )
    pooled = command("pooled", _pooled, "add up the counts of several sites")
    pooled.add_argument("counts", nargs="*", metavar="FILE", help="counts.parquet of a site")
    compare = command("compare", _compare, "set two reports side by side, and say what changes")
    release = command(
        "release", _release, "make what may leave: release/, under disclosure control"
    )
    documents = command("documents", _documents, "write the report as Word, PDF or a workbook")
    documents.add_argument("kind", choices=(*KINDS, FIGURES), help="what to write")
    documents.add_argument(
        "--widths", type=_width, nargs="*", metavar="MM", help="of figures (default: 85 114 174)"
    )
    documents.add_argument("--style", default="", help="a style file of matplotlib, for figures")
    live = command(
        "live", _live, "serve the report to this machine, and let it follow what is saved"
    )
    live.add_argument("--port", type=int, default=0, help="of 127.0.0.1 (default: a free one)")
    builder = command("live-builder", _live_builder, "build what standard input asks for")
    command("dictionary", _dictionary, "write data/README.md and docs/parameters.md")
    of_dataset = (
        report,
        check,
        why,
        manifest,
        verify,
        sensitivity,
        compare,
        counts,
        release,
        documents,
    )
    for added in (*of_dataset, live, builder):
        added.add_argument(
            "--dataset",
            default="synthetic",
            help="a folder in data/ by its name, or the path of a folder (default: %(default)s)",
        )
    for added in (*of_dataset, live, builder):
        if added is verify:
            continue
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
    for added in (report, verify, audit, compare, documents, builder):
        _add_how(added)
    compare.add_argument(
        "--with",
        dest="beside",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="parameters of the other side (default: none, the base)",
    )
    compare.add_argument(
        "--with-dataset",
        default="",
        metavar="DATASET",
        help="the dataset of the other side (default: the same), under the same parameters",
    )
    audit.add_argument(
        "--ledger", default="", help="a ledger of claims, as CSV (default: the article's)"
    )
    audit.add_argument(
        "--structure", help="its structure, as YAML (default: structure.yaml beside it)"
    )
    sensitivity.add_argument(
        "--variants", default="", help="a folder of YAML files of variants, or one such file"
    )
    for added in (sensitivity, counts):
        added.add_argument(
            "--scheduler",
            default="",
            metavar="ADDRESS",
            help="a Dask cluster, such as tcp://host:8786",
        )
        _add_workers(added)
    return parser


def _parts(text: str) -> int:
    """Read into how many parts a dataset is split."""
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"a number of parts is 1 to 10,000, not {text}")
    return int(text)


def _width(text: str) -> float:
    """Read the width of a figure, mm."""
    try:
        width = float(text)
    except ValueError:
        width = 0.0
    if not 60 <= width <= 400:
        raise argparse.ArgumentTypeError(f"a width is 60 to 400 mm, not {text}")
    return width


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

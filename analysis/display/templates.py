"""Templates of what is shown outside a notebook: the list of reports, a table of its own."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from analysis.display.what_if.script import PANEL_STYLE
from analysis.display.what_if.script import SCRIPT as PANEL_SCRIPT
from analysis.study.credit import Credit

TEMPLATES = Path(__file__).parent / "template"
STYLE = (TEMPLATES / "report/static/report.css").read_text(encoding="utf-8")
SCRIPT = (TEMPLATES / "report/static/page.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Listed:
    """A report as `reports/index.html` lists it.

    `folder` is relative to that page, `dataset` the title of the dataset, `pages` the names of
    the notebooks, `changed` the parameters that differ from the study's, `own` whether it is about
    the project's article, `synthetic` whether no real patient is in it, `files` the files that may
    be linked to, `variant` what is other than in the base, in words, `variants` those of this base.
    """

    folder: str
    dataset: str
    notice: str
    pages: tuple[str, ...]
    changed: Mapping[str, object]
    synthetic: bool = False
    own: bool = True
    files: frozenset[str] = frozenset()
    variant: str = ""
    variants: tuple[Listed, ...] = ()

    @property
    def first(self) -> str:
        """The page to begin with: a report of one page has no index."""
        return self.pages[0]


def listing(
    reports: Sequence[Listed],
    version: str,
    audits: Sequence[Listed] = (),
    sensitivity: Sequence[Listed] = (),
    comparisons: Sequence[Listed] = (),
    title: str = "",
    subtitle: str = "",
    credit: Credit | None = None,
) -> str:
    """Give the page that lists reports with their variants, what compares them, and audits."""
    template = _environment().get_template("listing.html.j2")
    return template.render(
        reports=reports,
        version=version,
        title=title,
        subtitle=subtitle,
        credit=credit,
        audits=audits,
        sensitivity=sensitivity,
        comparisons=comparisons,
    )


def table_document(label: str, caption: str, table: str) -> str:
    """Give one table as an HTML document of its own; `table` is HTML, the rest plain text."""
    template = _environment().get_template("table.html.j2")
    return template.render(label=label, caption=caption, table=Markup(table))


def one_file(
    title: str, subtitle: str, notice: str, foot: str, parts: Sequence[tuple[str, str, str]]
) -> str:
    """Give the pages of a report as one.

    `notice` and `foot` are HTML; `parts` are the name of a page, its heading, and its HTML.
    """
    template = _environment().get_template("one_file.html.j2")
    return template.render(
        title=title,
        subtitle=subtitle,
        notice=Markup(notice),
        foot=Markup(foot),
        parts_of=[(name, words, Markup(content)) for name, words, content in parts],
    )


def released(
    title: str,
    notice: str,
    version: str,
    content: Sequence[str],
    rules: object,
    sentences: Sequence[tuple[str, str]],
    withheld: Sequence[str],
    tried: str,
) -> str:
    """Give the page of a release; `content` is HTML, everything else plain text."""
    template = _environment().get_template("released.html.j2")
    return template.render(
        title=title,
        notice=notice,
        version=version,
        content=[Markup(item) for item in content],
        rules=rules,
        sentences=sentences,
        withheld=withheld,
        tried=tried,
    )


def page_title(name: str) -> str:
    """Give the title under which pages link to a notebook.

    >>> page_title("06_prognostic_factors")
    'Prognostic factors'
    """
    return re.sub(r"^\d+_", "", name).replace("_", " ").capitalize()


def equip(environment: Environment) -> None:
    """Give an environment what all our templates use, and make it escape text by default."""
    environment.autoescape = True
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.filters["page_title"] = page_title
    environment.globals.update(
        style=Markup(STYLE),
        script=Markup(SCRIPT),
        script_sha256=_sha256(SCRIPT),
        panel_style=Markup(PANEL_STYLE),
        panel_script=Markup(PANEL_SCRIPT),
        panel_sha256=_sha256(PANEL_SCRIPT),
    )


def _sha256(script: str) -> str:
    """Give the digest under which a content security policy lets a script run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES, TEMPLATES / "report"]),
        autoescape=True,
        undefined=StrictUndefined,
    )
    equip(environment)
    return environment

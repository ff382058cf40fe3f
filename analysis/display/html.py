"""Pages of the report: an executed notebook becomes one HTML file that needs nothing else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import nbformat
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from analysis.display.links import complete
from analysis.display.sections import in_force, with_content
from analysis.display.templates import TEMPLATES, equip
from analysis.study.credit import Credit


@dataclass(frozen=True)
class Report:
    """What every page of a report says about the report.

    Attributes
    ----------
    dataset, notice
        The title of the dataset, and what it says of itself.
    pages
        The names of the notebooks in the order of reading.
    changed
        The parameters that differ from the study's.
    version
        Of this package.
    title, subtitle
        Of the study; the title of the dataset where there is none.
    own
        Whether it is about the article that the project's study is of.
    synthetic
        Whether no real patient is in it.
    credit
        The article that is replicated; None where a page is not about one.
    hidden
        Parameters that a notebook sets and this report has no use for.
    until
        Until which day the data are known, as a sentence; empty where it is of no dataset.
    code
        The commit that the pages are made at, in words; empty where it is not known.
    """

    dataset: str
    notice: str
    pages: tuple[str, ...]
    changed: Mapping[str, object]
    version: str
    title: str = ""
    subtitle: str = ""
    own: bool = True
    synthetic: bool = False
    credit: Credit | None = None
    hidden: frozenset[str] = frozenset()
    until: str = ""
    code: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading within a page: what the table of contents links to."""

    level: int
    text: str
    slug: str


def to_html(notebook: NotebookNode, name: str, report: Report, told: bool = False) -> str:
    """Give the page of an executed notebook.

    The parameters that it was run with are shown where the report has any that are changed, or
    where `told` says that they are other than its own cell has them.

    Everything is embedded and nothing is fetched: a content security policy holds the page to
    that, and lets no script run but its own, whatever text the dataset may contain.

    Raises
    ------
    ValueError
        When the notebook has a formula that cannot be read, naming the formula.
    """
    cells = with_content(notebook.cells)
    notebook = nbformat.from_dict({**notebook, "cells": cells})
    exporter = _Exporter(
        template_name="report",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
    )
    resources = {"report": report, "name": name, "heading": _first_heading(notebook) or name}
    resources["in_force"] = partial(in_force, hidden=report.hidden)
    resources["told"] = told or bool(report.changed)
    # A heading may have the words of a table: each name is given once on a page.
    shown = "".join(
        str(output.get("data", {}).get("text/html", ""))
        for cell in cells
        for output in cell.get("outputs", [])
    )
    # A panel brings a script and a style of its own.
    resources["panel"] = '<section class="what-if"' in shown
    resources["taken"] = frozenset(re.findall(r'\sid="([^"]+)"', shown))
    page, _ = exporter.from_notebook_node(notebook, resources)
    head, main, rest = page.partition("<main")
    content, end, foot = rest.partition("</main>")
    return f"{head}{main}{complete(content, name, report.pages)}{end}{foot}"


def _first_heading(notebook: NotebookNode) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (
            found := re.search(r"^# +(.+)$", cell.source, re.MULTILINE)
        ):
            return found[1].strip()
    return ""


class _Exporter(HTMLExporter):
    """nbconvert with our template, in which text is escaped unless it is marked as HTML."""

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Give the page as HTMLExporter does, without reading it once more when it is done.

        Beautiful Soup takes nine tenths of the time for what the template has: words beside images,
        and results that keys reach.
        """
        lexer = nb.metadata.get("language_info", {}).get("pygments_lexer", "ipython3")
        self.register_filter("highlight_code", Highlight2HTML(pygments_lexer=lexer, parent=self))
        resources = self._init_resources(resources or {})
        return super(HTMLExporter, self).from_notebook_node(nb, resources)

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.filters["html_of_output"] = _html_of_output
        environment.filters["markdown_of_output"] = _markdown_of_output
        equip(environment)
        return environment

    def _init_resources(self, resources: dict[str, Any]) -> dict[str, Any]:
        resources = super()._init_resources(resources)
        resources["headings"] = []
        return resources

    @pass_context
    def markdown2html(self, context: Context, source: str) -> Markup:
        """Give the HTML of a Markdown cell and note its headings for the table of contents."""
        resources = context["resources"]
        renderer = _Renderer(resources["headings"], resources.get("taken", ()), escape=False)
        return Markup(MarkdownWithMath(renderer=renderer).render(source))


def _markdown_of_output(source: str) -> Markup:
    """Give the HTML of Markdown that code wrote: text of the dataset may be in it."""
    renderer = _RendererOfOutput([], escape=True, allow_harmful_protocols=False)
    return Markup(MarkdownWithMath(renderer=renderer).render(source))


def _html_of_output(markup: str) -> Markup:
    """Give the HTML that code wrote, without scripts: those of the page are in the template.

    The style sheet of Great Tables goes too, so that all tables look alike, by day or night.
    """
    without_scripts = re.sub(r"(?is)<script\b.*?</script\s*>", "", markup)
    style_of_table = r"(?s)<style>(?:(?!</style>).)*</style>\s*(?=<table class=\"gt_table\")"
    return Markup(re.sub(style_of_table, "", without_scripts))


class _Renderer(IPythonRenderer):
    """Markdown with formulas as MathML and headings that can be linked to."""

    def __init__(self, headings: list[Heading], taken: Iterable[str] = (), **options: Any) -> None:
        super().__init__(exclude_anchor_links=True, **options)
        self._headings = headings
        self._taken = set(taken)

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        plain = Markup(text).striptags()
        taken = self._taken | {heading.slug for heading in self._headings}
        slug = _slug(plain, taken)
        self._headings.append(Heading(level, plain, slug))
        if level == 1:
            return f'<h1 id="{slug}">{text}</h1>\n'
        link = Markup('<a class="anchor" href="#{}" aria-label="Link to {}">#</a>')
        return f'<h{level} id="{slug}">{text} {link.format(slug, plain)}</h{level}>\n'

    def table(self, text: str) -> str:
        return f'<div class="scroll" tabindex="0"><table class="prose">\n{text}</table></div>\n'

    def inline_math(self, body: str) -> str:
        return _mathml(body, "inline")

    def block_math(self, body: str) -> str:
        return _formula(_mathml(body, "block"))

    def latex_environment(self, name: str, body: str) -> str:
        return _formula(_mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block"))


def _formula(mathml: str) -> str:
    # One that is wider than a phone scrolls in this box, by keyboard too.
    box = '<div class="scroll" role="group" tabindex="0" aria-label="Formula">'
    return f"{box}{mathml}</div>\n"


class _RendererOfOutput(_Renderer):
    """Markdown in which a picture cannot be asked for: that would be a request off the page."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return text


def _mathml(formula: str, display: str) -> str:
    shown = f"The formula '{formula.strip()}' cannot be shown"
    try:
        mathml = str(convert(formula.strip(), display=display))
    except Exception as error:
        raise ValueError(f"{shown}: {error!r}") from error
    # A command that latex2mathml does not know is printed as it stands.
    if unknown := re.search(r">(\\\w+)", mathml):
        raise ValueError(f"{shown}: {unknown[1]} is not known")
    return mathml


def _slug(text: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    base = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "section"
    slug, count = base, 1
    while slug in taken:
        count += 1
        slug = f"{base}-{count}"
    return slug

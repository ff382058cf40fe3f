"""What of an executed notebook a page shows: its sections with content, and choices in force.

What a dataset does not record takes one line of a section. A section of nothing else is that line,
without its heading and without a method that was not used; one in which nothing was to be shown is
left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

import nbformat
from nbformat import NotebookNode

from analysis.display.absent import absent_line, absent_of

_HEADING = re.compile(r"^#{2,3} +(.+)$", re.MULTILINE)
_METHOD = "**Method.**"


def with_content(cells: Sequence[NotebookNode]) -> list[NotebookNode]:
    """Give the cells of a page without what has nothing to show."""
    return [cell for section in _sections(cells) for cell in _shown(section)]


def _sections(cells: Sequence[NotebookNode]) -> Iterator[list[NotebookNode]]:
    """Part cells at those that begin with a heading of a section."""
    section: list[NotebookNode] = []
    for cell in cells:
        if cell.cell_type == "markdown" and _HEADING.match(cell.source):
            yield section
            section = []
        section.append(cell)
    yield section


def _shown(section: list[NotebookNode]) -> list[NotebookNode]:
    outputs = [output for cell in section for output in cell.get("outputs", [])]
    absent = [each for output in outputs for each in absent_of(_html(output))]
    found = any(_is_content(output) for output in outputs)
    heads = [*_HEADING.finditer(section[0].source)] if section and _begins(section) else []
    if not heads:
        return _with_one_line(section, absent)
    last = heads[-1]
    before = section[0].source[: last.start()].strip()
    below = [cell.source for cell in section[1:] if cell.cell_type == "markdown"]
    prose = [section[0].source[last.end() :], *below]
    above = [nbformat.v4.new_markdown_cell(before, id=section[0].id)] if before else []
    said = any(_said(output) for output in outputs)
    if absent and not (found or said):
        line = absent_line([(name, "", source) for name, _, source in absent], last[1])
        return [*above, nbformat.v4.new_markdown_cell(line, id=f"{section[0].id}-absent")]
    has_code = any(cell.cell_type == "code" for cell in section)
    told = found or said or not all(map(_is_method, prose))
    return _with_one_line(section, absent) if told or not has_code else above


def _begins(section: list[NotebookNode]) -> bool:
    return section[0].cell_type == "markdown" and bool(_HEADING.match(section[0].source))


def _with_one_line(
    section: list[NotebookNode], absent: list[tuple[str, str, str]]
) -> list[NotebookNode]:
    """Gather several lines on what is not recorded into the last of them."""
    if len(absent) < 2:
        return section
    line = nbformat.v4.new_output("display_data", {"text/html": absent_line(absent)})
    last = [cell for cell in section if any(absent_of(_html(o)) for o in cell.get("outputs", []))]
    cells = []
    for cell in section:
        if cell.cell_type == "code":
            kept = [output for output in cell.outputs if not absent_of(_html(output))]
            cell = cell.copy() | {"outputs": [*kept, line] if cell is last[-1] else kept}
            cell = nbformat.from_dict(cell)
        cells.append(cell)
    return cells


def _html(output: NotebookNode) -> str:
    return str(output.get("data", {}).get("text/html", ""))


def _is_content(output: NotebookNode) -> bool:
    """Tell a table, a figure or an error from prose and from a line on what is not recorded."""
    return not absent_of(_html(output)) and "text/markdown" not in output.get("data", {})


def _said(output: NotebookNode) -> bool:
    """Tell whether there is prose other than on a method."""
    return not _is_method(str(output.get("data", {}).get("text/markdown", "")))


def _is_method(prose: str) -> bool:
    return not prose.strip() or prose.strip().startswith(_METHOD)


def in_force(source: str, hidden: Collection[str]) -> str:
    r"""Give the code of a cell of parameters without some of them, and without remarks on these.

    A remark is on the assignments below it, to the next remark.

    >>> print(in_force("# Months.\nlandmark = 6\n# Doses.\nalpha_beta = 10", {"landmark"}))
    # Doses.
    alpha_beta = 10
    """
    if not hidden:
        return source
    lines = source.splitlines()
    statements = {node.lineno: node for node in ast.parse(source).body}
    kept: list[str] = []
    remarks: list[str] = []
    place = 1
    while place <= len(lines):
        node = statements.get(place)
        end = (node.end_lineno or place) if node else place
        here = lines[place - 1 : end]
        place = end + 1
        if node is None:
            # A remark after code begins another group.
            remarks = here if place - 2 in _ends(statements) else [*remarks, *here]
        elif not _sets(node) & set(hidden):
            kept += [*remarks, *here]
            remarks = []
    return "\n".join(kept)


def _ends(statements: dict[int, ast.stmt]) -> set[int]:
    return {node.end_lineno or line for line, node in statements.items()}


def _sets(node: ast.stmt) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}

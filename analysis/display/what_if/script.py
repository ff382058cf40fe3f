"""The script of the panel: its source files as one, which a page embeds that has a panel."""

from __future__ import annotations

from pathlib import Path

# In the order in which they need each other.
SOURCES = ("statistics", "expression", "cohort", "wording", "drawing", "view")
FOLDER = Path(__file__).parent


def engine(sources: tuple[str, ...] = SOURCES) -> str:
    """Give source files as one script, strict and without a name for anything outside it."""
    lines = [
        line.strip()
        for name in sources
        for line in (FOLDER / f"{name}.js").read_text(encoding="utf-8").splitlines()
    ]
    # A page need not carry what only a reader of the sources wants.
    kept = [line for line in lines if line and not line.startswith("//")]
    return "\n".join(["(() => {", "'use strict';", *kept, "})();", ""])


SCRIPT = engine()
PANEL_STYLE = (FOLDER / "panel.css").read_text(encoding="utf-8")

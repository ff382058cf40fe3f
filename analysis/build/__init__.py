"""The build: what is stale, kernels, pages, command line."""

import sys

# Jupyter's check of notebooks loads, if it is there, a grammar of web addresses that no notebook
# needs; it takes a second of every build.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

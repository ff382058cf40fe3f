"""Import this first to have libraries import less: what they load if it is there and nobody needs.

Pandera loads hypothesis where tests have installed it, to make samples of data, which takes as long
as a page. A user's environment does not have it.
"""

import sys

_HIDDEN = [name for name in ("hypothesis",) if name not in sys.modules]
for _name in _HIDDEN:
    sys.modules[_name] = None  # type: ignore[assignment]


def show() -> None:
    """Let what was hidden be found again by who asks for it, such as a notebook."""
    for name in _HIDDEN:
        sys.modules.pop(name, None)
    _HIDDEN.clear()

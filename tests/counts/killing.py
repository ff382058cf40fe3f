"""A study under which the first process that derives a part is killed, as for want of memory."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.study.study import Study
from analysis.zhai_2025.study import STUDY


def _killed_once(
    patients: pd.DataFrame, _: Mapping[str, pd.DataFrame], __: Any, *, parent: int, flag: str
) -> dict[str, pd.Series]:
    if os.getpid() != parent:
        try:
            Path(flag).touch(exist_ok=False)
        except FileExistsError:
            return {}
        os.kill(os.getpid(), signal.SIGKILL)
    return {}


def deadly(flag: Path) -> Study:
    """Give the study; `flag` is there once a process was killed."""
    once = partial(_killed_once, parent=os.getpid(), flag=str(flag))
    return replace(STUDY, derivations=(*STUDY.derivations, once))

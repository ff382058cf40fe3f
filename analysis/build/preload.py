"""What a warm kernel has imported, and used once, before its notebook begins.

The first use of a library costs as much as its import: it compiles checks and looks for fonts.
Nothing is computed here that a notebook could see.
"""

import random

import ipykernel.kernelapp  # noqa: F401
import matplotlib
import numpy as np

# A kernel that imports matplotlib itself reads this from its environment.
matplotlib.use("agg")

from analysis.build import unneeded
from analysis.cohort.schema import tables_of
from analysis.display.figures.drawing import notice
from analysis.estimates import whole  # noqa: F401
from analysis.study.columns import empty
from analysis.study.own import OWN


def use_once() -> None:
    """Check tables without patients, and draw a figure without data."""
    for table in tables_of(OWN).values():
        table.schema.validate(empty(table))
    drawing = notice("")
    drawing.svg(), drawing.missing_signs()


def forget_draws() -> None:
    """Seed the generators that a kernel shares with those forked beside it, as a start would."""
    random.seed()
    np.random.seed()


use_once()
unneeded.show()

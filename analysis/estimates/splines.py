"""Natural cubic splines, of an AFP or of time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from formulaic.transforms.cubic_spline import cubic_spline

_Numbers = npt.NDArray[np.float64]


def natural_spline(values: _Numbers, knots: _Numbers) -> _Numbers:
    """Give a basis of natural cubic splines: shape (n, knots), straight lines beyond the knots.

    The constant is in it; without it, the curves are those of R's `splines::ns` with the first and
    last knot as `Boundary.knots`.

    References
    ----------
    Wood SN. Generalized Additive Models, 2nd ed., 2017, section 5.3.1.
    """
    columns = cubic_spline(
        values,
        knots=list(knots[1:-1]),
        lower_bound=knots[0],
        upper_bound=knots[-1],
        # Without one of its own, a call takes the knots of the call before.
        _state={},
    )
    return np.column_stack(list(columns.values()))

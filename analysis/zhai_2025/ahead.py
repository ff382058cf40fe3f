"""What every page reads, read once for all: in the process that kernels of a build are forked from.

Imported there after all else. Each page asks by content, and reads what is not as it was itself.
"""

import contextlib
import os
import warnings

from analysis.article.ledger import CLAIMS, read_ledger
from analysis.cohort.folder import AHEAD
from analysis.cohort.read import read_dataset
from analysis.estimates.ensemble import read_ensemble
from analysis.zhai_2025.study import STUDY

# What is wrong with a dataset, or a ledger, is said by the page or the build that needs it.
with contextlib.suppress(Exception), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    recorded = read_dataset(os.environ[AHEAD], STUDY)
    if recorded.study.article is not None:
        ledger = read_ledger(recorded.study.article / CLAIMS.name)
        if recorded.description.synthetic:
            ensemble = read_ensemble(ledger, recorded.study.parameters())
            if not isinstance(ensemble, str):
                # It is kept with what it was made of.
                ensemble.spread  # noqa: B018

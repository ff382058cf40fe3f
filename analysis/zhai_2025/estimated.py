"""What many builds of a dataset ask alike, estimated once: in the process that their kernels share.

Imported there after `ahead`, where that process stays (`make live`); one build alone would wait for
it as long as its pages gain. Curves, tests and ratios are remembered by the times that they are of
(`estimates.remembered`), so that what a saved file does not change is not computed again.
"""

import contextlib
import os
import warnings

from analysis.cohort import derive
from analysis.cohort.folder import AHEAD
from analysis.cohort.read import read_dataset
from analysis.estimates import whole
from analysis.estimates.weights import MANY
from analysis.zhai_2025.study import STUDY

# What is wrong with a dataset is said by the page or the build that needs it.
with contextlib.suppress(Exception), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    recorded = read_dataset(os.environ[AHEAD], STUDY)
    if len(recorded.tables["patients"]) < MANY:
        cohort = derive.cohort(recorded, recorded.study.parameters())
        whole.estimate(cohort, cohort.parameters)

"""Percentile intervals from bootstrap samples of patients.

Samples are drawn in chunks of a fixed size, each with its own seed, so that neither the number of
workers nor the order of the rows changes a limit. The seeds are the same for every statistic:
what differs between endpoints and groups is the data alone, so that two groups of the same size
are resampled at the same places.

References
----------
Efron B. Censored data and the bootstrap. J Am Stat Assoc 1981;76:312-9: patients, with their day
and whether it is an event, are drawn with replacement. Efron B, Tibshirani RJ. An Introduction to
the Bootstrap, 1993, chapter 13: percentiles.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.study.parameters import Parameters

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

# Part of what the seed means: another size would give other samples.
CHUNK = 50


def replicates(
    frame: pd.DataFrame, statistics: Callable[[pd.DataFrame], Numbers], parameters: Parameters
) -> Numbers:
    """Compute statistics of bootstrap samples of patients.

    Samples run on the workers of joblib's active `parallel_config`: one after another when there is
    none, or within another worker.

    Parameters
    ----------
    frame
        One row a patient, with `patient_id`.
    statistics
        From such a frame to numbers, shape (statistics,).
    parameters
        `bootstrap_replicates` and `bootstrap_seed`.

    Returns
    -------
    array
        Shape (`bootstrap_replicates`, statistics).

    Raises
    ------
    ValueError
        When there is no patient.
    """
    patients = frame.sort_values("patient_id", kind="stable")
    alone = np.ones(len(patients), dtype=np.int64)

    def of_samples(counts: Counts) -> Numbers:
        places = np.arange(len(patients))
        return np.array([statistics(patients.iloc[np.repeat(places, of)]) for of in counts])

    return replicates_by_count(alone, of_samples, parameters, n_jobs=None)


def replicates_by_count(
    members: Counts,
    statistics: Callable[[Counts], Numbers],
    parameters: Parameters,
    n_jobs: int | None = 1,
) -> Numbers:
    """Compute statistics of many bootstrap samples at once, from how often each patient is drawn.

    Parameters
    ----------
    members
        How many patients are alike (same day, same event), shape (kinds,); all 1 when each
        stands alone. Drawing patients draws their kinds in these proportions.
    statistics
        From how many of each kind are in a sample, shape (samples, kinds), to numbers, shape
        (samples, statistics).
    parameters
        `bootstrap_replicates` and `bootstrap_seed`.
    n_jobs
        Workers, as joblib has them. By default one: a chunk of a vectorised statistic takes less
        time than a worker takes to receive it.

    Returns
    -------
    array
        Shape (`bootstrap_replicates`, statistics).

    Raises
    ------
    ValueError
        When there is no patient.
    """
    # Few reports ask for samples, and each would wait for it.
    from joblib import Parallel, delayed

    patients = int(members.sum())
    if not patients:
        raise ValueError("A bootstrap needs at least one patient.")
    wanted = parameters.bootstrap_replicates
    sizes = [min(CHUNK, wanted - start) for start in range(0, wanted, CHUNK)]
    seeds = np.random.SeedSequence(parameters.bootstrap_seed).spawn(len(sizes))

    def chunk(seed: np.random.SeedSequence, size: int) -> Numbers:
        drawn = np.random.default_rng(seed).multinomial(patients, members / patients, size=size)
        return statistics(drawn.astype(np.int64, copy=False))

    return np.concatenate(
        Parallel(n_jobs=n_jobs)(
            delayed(chunk)(seed, size) for seed, size in zip(seeds, sizes, strict=True)
        )
    )


def percentiles(found: Numbers, parameters: Parameters) -> tuple[Numbers, Numbers]:
    """Give the percentiles of replicates that hold `confidence` of them between them.

    Parameters
    ----------
    found
        Shape (replicates, statistics). Infinite counts as larger than all numbers (Efron 1981,
        of medians that a sample does not reach); nan, no estimate, is left out.
    parameters
        `confidence`.

    Returns
    -------
    tuple of array
        Lower and upper limits, shape (statistics,): the k-th smallest and the k-th largest of
        the B replicates, k the whole part of (B + 1)(1 - confidence) / 2, at least 1 (Efron and
        Tibshirani 1993, section 12.5). Infinite where that replicate is, nan where no replicate
        has an estimate.
    """
    # Order statistics in place of numpy's quantiles, which interpolate between finite and infinite.
    ordered = np.sort(found, axis=0)
    known = (~np.isnan(found)).sum(axis=0)
    tail = (1 - parameters.confidence) / 2
    # A thousand-millionth keeps a whole number from falling short by binary fractions.
    k = np.maximum(np.floor((known + 1) * tail + 1e-9).astype(np.int64), 1)
    columns = np.arange(found.shape[1])
    # nan is sorted to the end, so that a column of nothing else gives nan.
    return ordered[k - 1, columns], ordered[np.maximum(known - k, 0), columns]

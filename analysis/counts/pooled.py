"""Counts of several sites added up: what their patients together would give, and none was moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from analysis.counts import store
from analysis.counts.about import Apart
from analysis.counts.table import NOTHING, Counts, add


def pool(paths: Sequence[Path]) -> Counts:
    """Add the counts of files, each of a site of its own.

    Raises
    ------
    about.Apart
        With the file, when it cannot be read, or is of another study, of other parameters, or of
        a site that is there already.
    """
    if not paths:
        raise Apart("Say which files of counts are added: COUNTS='site_a.parquet site_b.parquet'.")
    whole, sites = NOTHING, dict[str, Path]()
    for path in paths:
        counts = store.read(path)
        # What was pooled before has its sites; a site by itself is known by what it counted.
        own = counts.about.sites or (counts.digest(),)
        for site in own:
            if site in sites:
                raise Apart(
                    f"{path} and {sites[site]} hold the same counts: a site counts once. "
                    "Leave one of them out."
                )
        sites |= dict.fromkeys(own, path)
        named = replace(counts, about=counts.about.model_copy(update={"sites": tuple(own)}))
        try:
            whole = add(whole, named)
        except Apart as error:
            raise Apart(f"{path} is not added to {paths[0]}. {error}") from None
    return whole

"""Sentences whose numbers are estimates of the dataset at hand.

A sentence is left out when the dataset does not record what it speaks of, so that prose never
says of one cohort what was true of another.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from IPython.display import Markdown

from analysis.display.numbers import text_of
from analysis.study.declarations import Sentence
from analysis.study.study import Study


def state(sentences: Sequence[Sentence], estimates: pd.DataFrame) -> Markdown:
    """Give the sentences whose numbers are all known, as one paragraph."""
    known = []
    for sentence in sentences:
        numbers = [text_of(line, estimates) for line in sentence.lines]
        if all(number is not None for number in numbers):
            known.append(sentence.words.format(*numbers))
    return Markdown(" ".join(known))


def of_study(study: Study, name: str, estimates: pd.DataFrame) -> Markdown:
    """Give the sentences that a study declares under a name."""
    return state(study.sentences.get(name, ()), estimates)

"""Word rows: names as rows of word numbers, and where two of them agree.

A row holds the numbers of a name's words, -1 where the name has ended. All is done on columns, for
millions of names at a time. This room knows no letter.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

#: Words of a name; a longer one is left to the library.
MOST_WORDS: Final = 6

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]


def count_agreeing(left: Words, right: Words, most: Words) -> Words:
    """How many words agree from the first on."""
    same = (left == right) & (np.arange(left.shape[1]) < most[:, None])
    agreeing: Words = np.logical_and.accumulate(same, axis=1).sum(axis=1, dtype=np.int32)
    return agreeing


def turned(words: Words, counts: Words) -> Words:
    """The words from the last to the first."""
    places = counts[:, None] - 1 - np.arange(words.shape[1])
    return np.take_along_axis(words, np.clip(places, 0, words.shape[1] - 1), axis=1)


def words_between(words: Words, start: Words, count: Words) -> Words:
    """`count` words from `start` on, then -1."""
    steps = np.arange(words.shape[1])
    places = np.minimum(start[:, None] + steps, words.shape[1] - 1)
    return np.where(steps < count[:, None], np.take_along_axis(words, places, axis=1), -1)

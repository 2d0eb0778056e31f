"""Name patterns: millions of pairs of plain names compared by the pattern of their words.

Two pairs whose words differ in the same way compare alike (see `names.patterns`), so that the
library compares one of them. Names are rows of word numbers here, and all is done on columns of
them; a pair that no pattern holds is left to the library. This room knows no register and no
record.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from lamsach.identity.engine.vocabulary import (
    BITS,
    FIRST,
    IS_BARE,
    IS_MARKER,
    IS_RARE,
    IS_USUAL,
    LAST,
    LETTERS,
    SOUND,
    UNTOLD_CODE,
    Names,
    Vocabulary,
)
from lamsach.identity.engine.word_rows import (
    MOST_WORDS,
    Bools,
    Ints,
    Words,
    count_agreeing,
    turned,
    words_between,
)
from lamsach.identity.names import NameComparison, compare_plain

#: Words between those that agree whose relations a key holds.
MOST_BETWEEN: Final = 4
_SHORTEST_GLUED: Final = 4
#: Place of "not told" among the comparisons.
LEFT: Final = -1


class Patterns:
    """Compares pairs of plain names; `comparisons` are those that occurred, by their places."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.comparisons: list[NameComparison] = []
        self._places: dict[NameComparison, int] = {}
        self._known: tuple[dict[int, int], dict[int, int]] = {}, {}

    def place(self, comparison: NameComparison) -> int:
        """Where a comparison stands in `comparisons`."""
        place = self._places.setdefault(comparison, len(self.comparisons))
        if place == len(self.comparisons):
            self.comparisons.append(comparison)
        return place

    def compare(self, typed: Names, register: Names) -> Ints:
        """The place of each pair's comparison, or LEFT where no pattern holds it."""

        def library(pair: int) -> NameComparison:
            names = (typed, register)
            return compare_plain(*(self.vocabulary.text(each.words[pair]) for each in names))

        return self._compare(self._keys(typed, register), self._known[0], library)

    def compare_odd(
        self, typed: Names, register: Names, library: Callable[[int], NameComparison]
    ) -> Ints:
        """The same for typed names that are told by their words (`names.is_told_by_words`).

        `library`: what it says of the pair at a place.
        """
        return self._compare(self._keys(typed, register, odd=True), self._known[1], library)

    def _compare(
        self, keys: Ints, known: dict[int, int], library: Callable[[int], NameComparison]
    ) -> Ints:
        different, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        places = np.full(len(different), LEFT, np.int64)
        for i, key in enumerate(different.tolist()):
            if key < 0:
                continue
            if key not in known:
                known[key] = self.place(library(int(first[i])))
            places[i] = known[key]
        return places[inverse]

    def _keys(self, typed: Names, register: Names, *, odd: bool = False) -> Ints:
        """A number for the pattern of each pair; -1 where the two must be compared themselves."""
        of = self.vocabulary
        flags = of.flags
        left, right = typed.words, register.words
        n, m = typed.counts, register.counts
        shorter = np.minimum(np.minimum(n, m), MOST_WORDS)
        before = count_agreeing(left, right, shorter)
        after = count_agreeing(turned(left, n), turned(right, m), shorter - before)
        a, b = n - before - after, m - before - after
        between = words_between(left, before, a), words_between(right, before, b)
        untold = (n > MOST_WORDS) | (m > MOST_WORDS) | (n == 0) | (m == 0)
        untold |= flags[right[:, 0], IS_MARKER]
        strange = [(words >= 0) & ~flags[words, IS_USUAL] for words in between]
        untold |= strange[0].any(axis=1) | strange[1].any(axis=1)
        # Two plain names of which no word is heard in the other are told without a closer look.
        apart = (before == 0) & (after == 0) & (not odd)
        heard = np.zeros(len(left), np.bool_)
        rows = np.flatnonzero(apart & ~untold)
        heard[rows] = _share(
            *(
                np.where(w[rows] < 0, -1 - k, of.traits[w[rows], SOUND])
                for k, w in enumerate(between)
            )
        )
        apart &= ~heard
        untold |= _same_length(of.traits, *between) & ((a != b) | apart)
        untold |= _glued(of.traits, *between) | _glued(of.traits, *between[::-1])
        marked = ((left >= 0) & ~flags[left, IS_BARE]).any(axis=1).astype(np.int64)
        if odd:
            untold |= self._links(np.flatnonzero(~untold), left, right)
        else:
            rare = ((between[0] >= 0) & flags[between[0], IS_RARE]).any(axis=1)
            untold |= self._rare_links(np.flatnonzero(rare & ~untold), between[0], right)
        told = ~untold & ~apart
        untold |= told & ((a > MOST_BETWEEN) | (b > MOST_BETWEEN))
        keys: Ints = np.minimum(before, 2).astype(np.int64)
        keys |= np.minimum(after, 2) << 2 | a.clip(0, 7) << 4 | b.clip(0, 7) << 7
        shift = 10
        for i in range(MOST_BETWEEN):
            for j in range(MOST_BETWEEN):
                rows = np.flatnonzero(~untold & ~apart & (i < a) & (j < b))
                codes = of.relations(marked[rows], between[0][rows, i], between[1][rows, j])
                untold[rows] |= codes == UNTOLD_CODE
                keys[rows] |= codes.astype(np.int64) << shift
                shift += BITS
        keys[apart] = 1 << shift
        keys[untold] = LEFT
        return keys

    def _links(self, rows: Ints, left: Words, right: Words) -> Bools:
        """Whether any typed word may be damage of any word of the register's name."""
        linked = np.zeros(len(left), np.bool_)
        for i in range(left.shape[1]):
            typed = rows[left[rows, i] >= 0]
            for j in range(right.shape[1]):
                given = typed[right[typed, j] >= 0]
                linked[given] |= self.vocabulary.damaged(left[given, i], right[given, j])
        return linked

    def _rare_links(self, rows: Ints, between: Words, right: Words) -> Bools:
        """Whether a rare typed word may be damage of any word of the register's name."""
        of = self.vocabulary
        linked = np.zeros(len(right), np.bool_)
        for i in range(between.shape[1]):
            word = between[rows, i]
            rare = rows[(word >= 0) & of.flags[word, IS_RARE]]
            for j in range(right.shape[1]):
                given = rare[right[rare, j] >= 0]
                codes = of.relations(
                    np.ones(len(given), np.int64), between[given, i], right[given, j]
                )
                linked[given] |= codes == UNTOLD_CODE
        return linked


def _share(left: Words, right: Words) -> Bools:
    """Whether a number stands in both rows."""
    shared = np.zeros(len(left), np.bool_)
    for i in range(left.shape[1]):
        shared |= (left[:, i : i + 1] == right).any(axis=1)
    return shared


def _last(words: Words) -> Words:
    counts = (words >= 0).sum(axis=1)
    last: Words = words[np.arange(len(words)), np.maximum(counts - 1, 0)]
    return last


def _same_length(traits: Words, left: Words, right: Words) -> Bools:
    """Whether two rows of words may be the same letters, parted into words otherwise."""
    letters = [
        np.where(words >= 0, traits[words, LETTERS], 0).sum(axis=1) for words in (left, right)
    ]
    begin = traits[left[:, 0], FIRST] == traits[right[:, 0], FIRST]
    end = traits[_last(left), LAST] == traits[_last(right), LAST]
    same: Bools = (letters[0] == letters[1]) & (letters[0] > 0) & begin & end
    return same


def _glued(traits: Words, whole: Words, parts: Words) -> Bools:
    """Whether a word of one row may be two neighbours of the other, written together."""
    glued = np.zeros(len(whole), np.bool_)
    for j in range(min(parts.shape[1] - 1, MOST_BETWEEN)):
        rows = np.flatnonzero(parts[:, j + 1] >= 0)
        first, second = traits[parts[rows, j]], traits[parts[rows, j + 1]]
        for i in range(MOST_BETWEEN):
            word = whole[rows, i]
            of = traits[word]
            glued[rows] |= (
                (word >= 0)
                & (of[:, LETTERS] >= _SHORTEST_GLUED)
                & (of[:, LETTERS] == first[:, LETTERS] + second[:, LETTERS])
                & (of[:, FIRST] == first[:, FIRST])
                & (of[:, LAST] == second[:, LAST])
            )
    return glued

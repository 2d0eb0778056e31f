"""Name patterns: millions of pairs of plain names compared by the pattern of their words.

Two pairs whose words differ in the same way compare alike (see `names.patterns`), so that the
library compares one of them. Names are rows of word numbers here, and all is done on columns of
them; a pair that no pattern holds is left to the library. This room knows no register and no
record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamsach.identity.names import (
    UNTOLD,
    NameComparison,
    compare_plain,
    word_relation,
    word_traits,
)

#: Words of a name; a longer one is left to the library.
MOST_WORDS: Final = 6
#: Words between those that agree whose relations a key holds.
MOST_BETWEEN: Final = 4
#: What stands in the columns of relations: three bits.
_CODES: Final = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 8: 5, UNTOLD: 7}
_UNKNOWN, _UNTOLD = 6, 7
_BITS: Final = 3
_SHORTEST_GLUED: Final = 4
#: Place of "not told" among the comparisons.
LEFT: Final = -1

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Names:
    """Plain names as rows of word numbers, -1 where a name has ended; `counts`: words of each."""

    words: Words
    counts: Words

    def take(self, places: npt.NDArray[np.integer]) -> Names:
        """The names at these places."""
        return Names(self.words[places], self.counts[places])


class Vocabulary:
    """The words of the names, numbered, with their traits and relations, each asked for once."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._numbers: dict[str, int] = {}
        self._sounds: dict[str, int] = {}
        #: By word: sound, letters, first letter, last letter.
        self.traits: Words = np.zeros((0, 4), np.int32)
        #: By word: bare, rare, marker, usual.
        self.flags: Bools = np.zeros((0, 4), np.bool_)
        self._relations = np.zeros((2, 0, 0), np.uint8)

    def read(self, canonical: pa.ChunkedArray) -> Names:
        """Plain names, of words with a space between them, as rows of word numbers."""
        parts = pc.split_pattern(canonical.combine_chunks(), " ")
        counts = np.asarray(pc.list_value_length(parts)).astype(np.int32)
        encoded = pc.dictionary_encode(parts.flatten())
        numbers = self._number(encoded.dictionary.to_pylist())
        flat = numbers[np.asarray(encoded.indices)] if len(numbers) else np.zeros(0, np.int32)
        words = np.full((len(counts), MOST_WORDS), -1, np.int32)
        within = np.arange(MOST_WORDS) < np.minimum(counts, MOST_WORDS)[:, None]
        starts = np.cumsum(counts) - counts
        places = (starts[:, None] + np.arange(MOST_WORDS))[within]
        words[within] = flat[places]
        return Names(words, counts)

    def _number(self, words: Iterable[str]) -> Words:
        numbers, traits, flags = [], [], []
        for word in words:
            known = self._numbers.get(word)
            if known is None:
                known = self._numbers[word] = len(self.words)
                self.words.append(word)
                of = word_traits(word)
                sound = self._sounds.setdefault(of.sound, len(self._sounds))
                traits.append((sound, of.letters, *of.ends))
                flags.append((of.is_bare, of.is_rare, of.is_marker, of.is_usual))
            numbers.append(known)
        if traits:
            self.traits = np.concatenate([self.traits, np.array(traits, np.int32)])
            self.flags = np.concatenate([self.flags, np.array(flags, np.bool_)])
            size = len(self.words)
            relations = np.full((2, size, size), _UNKNOWN, np.uint8)
            before = self._relations.shape[1]
            relations[:, :before, :before] = self._relations
            self._relations = relations
        return np.array(numbers, np.int32)

    def relations(self, marked: Ints, typed: Words, register: Words) -> npt.NDArray[np.uint8]:
        """How words stand to words, a code each; `marked`: 1 where the name has marks, else 0."""
        size = len(self.words)
        at = (marked * size + typed) * size + register
        table = self._relations.reshape(-1)
        found = table[at]
        for place in np.unique(at[found == _UNKNOWN]).tolist():
            rest, whole = divmod(place, size)
            is_marked, word = divmod(rest, size)
            kind = word_relation(self.words[word], self.words[whole], marked=bool(is_marked))
            table[place] = _CODES[kind]
        codes: npt.NDArray[np.uint8] = table[at]
        return codes

    def text(self, words: Words) -> str:
        """A row of word numbers as the name it is."""
        return " ".join(self.words[word] for word in words if word >= 0)


class Patterns:
    """Compares pairs of plain names; `comparisons` are those that occurred, by their places."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.comparisons: list[NameComparison] = []
        self._places: dict[NameComparison, int] = {}
        self._known: dict[int, int] = {}

    def place(self, comparison: NameComparison) -> int:
        """Where a comparison stands in `comparisons`."""
        place = self._places.setdefault(comparison, len(self.comparisons))
        if place == len(self.comparisons):
            self.comparisons.append(comparison)
        return place

    def compare(self, typed: Names, register: Names) -> Ints:
        """The place of each pair's comparison, or LEFT where no pattern holds it."""
        keys = self._keys(typed, register)
        different, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        places = np.full(len(different), LEFT, np.int64)
        for i, key in enumerate(different.tolist()):
            if key < 0:
                continue
            if key not in self._known:
                example = int(first[i])
                texts = (self.vocabulary.text(names.words[example]) for names in (typed, register))
                self._known[key] = self.place(compare_plain(*texts))
            places[i] = self._known[key]
        return places[inverse]

    def _keys(self, typed: Names, register: Names) -> Ints:
        """A number for the pattern of each pair; -1 where the two must be compared themselves."""
        of = self.vocabulary
        flags = of.flags
        left, right = typed.words, register.words
        n, m = typed.counts, register.counts
        shorter = np.minimum(np.minimum(n, m), MOST_WORDS)
        before = _agreeing(left, right, shorter)
        after = _agreeing(_turned(left, n), _turned(right, m), shorter - before)
        a, b = n - before - after, m - before - after
        between = _between(left, before, a), _between(right, before, b)
        untold = (n > MOST_WORDS) | (m > MOST_WORDS) | (n == 0) | (m == 0)
        untold |= flags[right[:, 0], 2]
        strange = [(words >= 0) & ~flags[words, 3] for words in between]
        untold |= strange[0].any(axis=1) | strange[1].any(axis=1)
        apart = (before == 0) & (after == 0)
        heard = np.zeros(len(left), np.bool_)
        rows = np.flatnonzero(apart & ~untold)
        heard[rows] = _share(
            *(np.where(w[rows] < 0, -1 - k, of.traits[w[rows], 0]) for k, w in enumerate(between))
        )
        apart &= ~heard
        untold |= _same_length(of.traits, *between) & ((a != b) | apart)
        untold |= _glued(of.traits, *between) | _glued(of.traits, *between[::-1])
        marked = ((left >= 0) & ~flags[left, 0]).any(axis=1).astype(np.int64)
        rare = ((between[0] >= 0) & flags[between[0], 1]).any(axis=1)
        untold |= self._rare_links(np.flatnonzero(rare & ~untold), between[0], right, len(left))
        told = ~untold & ~apart
        untold |= told & ((a > MOST_BETWEEN) | (b > MOST_BETWEEN))
        keys: Ints = np.minimum(before, 2).astype(np.int64)
        keys |= np.minimum(after, 2) << 2 | a.clip(0, 7) << 4 | b.clip(0, 7) << 7
        shift = 10
        for i in range(MOST_BETWEEN):
            for j in range(MOST_BETWEEN):
                rows = np.flatnonzero(~untold & ~apart & (i < a) & (j < b))
                codes = of.relations(marked[rows], between[0][rows, i], between[1][rows, j])
                untold[rows] |= codes == _UNTOLD
                keys[rows] |= codes.astype(np.int64) << shift
                shift += _BITS
        keys[apart] = 1 << shift
        keys[untold] = LEFT
        return keys

    def _rare_links(self, rows: Ints, between: Words, right: Words, size: int) -> Bools:
        """Whether a rare typed word may be damage of any word of the register's name."""
        of = self.vocabulary
        linked = np.zeros(size, np.bool_)
        for i in range(between.shape[1]):
            word = between[rows, i]
            rare = rows[(word >= 0) & of.flags[word, 1]]
            for j in range(right.shape[1]):
                given = rare[right[rare, j] >= 0]
                codes = of.relations(
                    np.ones(len(given), np.int64), between[given, i], right[given, j]
                )
                linked[given] |= codes == _UNTOLD
        return linked


def _agreeing(left: Words, right: Words, most: Words) -> Words:
    """How many words agree from the first on."""
    same = (left == right) & (np.arange(left.shape[1]) < most[:, None])
    agreeing: Words = np.logical_and.accumulate(same, axis=1).sum(axis=1, dtype=np.int32)
    return agreeing


def _turned(words: Words, counts: Words) -> Words:
    """The words from the last to the first."""
    places = counts[:, None] - 1 - np.arange(words.shape[1])
    return np.take_along_axis(words, np.clip(places, 0, words.shape[1] - 1), axis=1)


def _between(words: Words, start: Words, count: Words) -> Words:
    """`count` words from `start` on, then -1."""
    steps = np.arange(words.shape[1])
    places = np.minimum(start[:, None] + steps, words.shape[1] - 1)
    return np.where(steps < count[:, None], np.take_along_axis(words, places, axis=1), -1)


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
    letters = [np.where(words >= 0, traits[words, 1], 0).sum(axis=1) for words in (left, right)]
    begin = traits[left[:, 0], 2] == traits[right[:, 0], 2]
    end = traits[_last(left), 3] == traits[_last(right), 3]
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
                & (of[:, 1] >= _SHORTEST_GLUED)
                & (of[:, 1] == first[:, 1] + second[:, 1])
                & (of[:, 2] == first[:, 2])
                & (of[:, 3] == second[:, 3])
            )
    return glued

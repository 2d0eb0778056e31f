"""Vocabulary: the words of names, numbered, and how they stand to each other.

Syllables are few, and how each stands to each is kept in a table. Words that are none are many, and
hardly any of them is like a given word of the register: that is told from their letters, for all
pairs at once, and the library is asked of the others, once each. Knows single words; must not know
of patterns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamsach.identity.engine.word_rows import MOST_WORDS, Bools, Ints, Words
from lamsach.identity.names import (
    STAND_INS,
    UNTOLD,
    may_be_damaged,
    stands_apart,
    word_relation,
    word_traits,
)

#: What stands in the columns of relations: three bits.
CODES: Final = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 8: 5, UNTOLD: 7}
_OTHER: Final = CODES[8]
_UNKNOWN, UNTOLD_CODE = 6, 7
BITS: Final = 3
#: Columns of `Vocabulary.traits` and `.flags`.
SOUND, LETTERS, FIRST, LAST, _FOLDED, _BARE = range(6)
IS_BARE, IS_RARE, IS_MARKER, IS_USUAL, _IS_SHORT, _IS_REGIONAL = range(6)
#: A slip puts one letter in place of another.
_SLIP: Final = 2


@dataclass(frozen=True, slots=True)
class Names:
    """Names as rows of word numbers, -1 where a name has ended; `counts`: words of each."""

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
        self.traits: Words = np.zeros((0, 6), np.int32)
        self.flags: Bools = np.zeros((0, 6), np.bool_)
        self._relations = np.zeros((2, 0, 0), np.uint8)
        self._asked: tuple[dict[int, int], dict[int, int]] = {}, {}
        self._links: dict[int, int] = {}
        self._stand_ins = self._number(STAND_INS, plain=True)

    def read(self, canonical: pa.ChunkedArray) -> Names:
        """Plain names, of words with a space between them, as rows of word numbers."""
        return self._read(canonical, plain=True)

    def read_odd(self, canonical: pa.ChunkedArray) -> Names:
        """Names with words that are no syllables; read after all that are plain."""
        return self._read(canonical, plain=False)

    def _read(self, canonical: pa.ChunkedArray, *, plain: bool) -> Names:
        parts = pc.split_pattern(canonical.combine_chunks(), " ")
        counts = np.asarray(pc.list_value_length(parts)).astype(np.int32)
        encoded = pc.dictionary_encode(parts.flatten())
        numbers = self._number(encoded.dictionary.to_pylist(), plain=plain)
        flat = numbers[np.asarray(encoded.indices)] if len(numbers) else np.zeros(0, np.int32)
        words = np.full((len(counts), MOST_WORDS), -1, np.int32)
        within = np.arange(MOST_WORDS) < np.minimum(counts, MOST_WORDS)[:, None]
        starts = np.cumsum(counts) - counts
        places = (starts[:, None] + np.arange(MOST_WORDS))[within]
        words[within] = flat[places]
        return Names(words, counts)

    def _number(self, words: Iterable[str], *, plain: bool) -> Words:
        numbers, traits, flags = [], [], []
        before = len(self.words)
        for word in words:
            known = self._numbers.get(word)
            if known is None:
                known = self._numbers[word] = len(self.words)
                self.words.append(word)
                of = word_traits(word, is_usual=None if plain else False)
                sound = self._sounds.setdefault(of.sound, len(self._sounds))
                traits.append((sound, of.letters, *of.ends, of.folded, of.bare))
                flags.append(
                    (of.is_bare, of.is_rare, of.is_marker, of.is_usual, of.is_short, of.is_regional)
                )
            numbers.append(known)
        if traits:
            self.traits = np.concatenate([self.traits, np.array(traits, np.int32)])
            self.flags = np.concatenate([self.flags, np.array(flags, np.bool_)])
            size, dense = len(self.words), self._relations.shape[1]
            if plain and before == dense:
                relations = np.full((2, size, size), _UNKNOWN, np.uint8)
                relations[:, :dense, :dense] = self._relations
                self._relations = relations
            if not plain:
                self._find_usual(np.arange(before, size))
        return np.array(numbers, np.int32)

    def _find_usual(self, numbers: Ints) -> None:
        """Which odd words have no relation to those that stand for words that agree."""
        doubtful = self.flags[numbers, _IS_SHORT] | self.flags[numbers, _IS_REGIONAL]
        letters = self.traits[numbers, LETTERS]
        doubtful |= letters != [len(self.words[number]) for number in numbers]
        for stand_in in self._stand_ins:
            other = np.full(len(numbers), stand_in)
            inside = self.traits[stand_in, _FOLDED] & ~self.traits[numbers, _FOLDED] == 0
            doubtful |= inside | self._may_relate(numbers, other)
            doubtful |= self._may_damage(numbers, other) | self._may_damage(other, numbers)
        usual = ~doubtful
        usual[doubtful] = [stands_apart(self.words[number]) for number in numbers[doubtful]]
        self.flags[numbers, IS_USUAL] = usual

    def relations(
        self, marked: Ints, typed: npt.NDArray[np.integer], register: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.uint8]:
        """How words stand to words, a code each; `marked`: 1 where the name has marks, else 0."""
        size = self._relations.shape[1]
        odd = (typed >= size) | (register >= size)
        if not odd.any():
            return self._dense(marked, typed, register)
        codes = np.full(len(typed), _OTHER, np.uint8)
        plain, strange = np.flatnonzero(~odd), np.flatnonzero(odd)
        codes[plain] = self._dense(marked[plain], typed[plain], register[plain])
        near = strange[self._may_relate(typed[strange], register[strange])]
        for is_marked, asked in enumerate(self._asked):
            rows = near[marked[near] == is_marked]

            def relation(word: str, whole: str, marked: bool = bool(is_marked)) -> int:
                return CODES[word_relation(word, whole, marked=marked)]

            codes[rows] = self._ask(asked, relation, typed[rows], register[rows])
        return codes

    def _dense(
        self, marked: Ints, typed: npt.NDArray[np.integer], register: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.uint8]:
        size = self._relations.shape[1]
        at = (marked * size + typed) * size + register
        table = self._relations.reshape(-1)
        found = table[at]
        for place in np.unique(at[found == _UNKNOWN]).tolist():
            rest, whole = divmod(place, size)
            is_marked, word = divmod(rest, size)
            kind = word_relation(self.words[word], self.words[whole], marked=bool(is_marked))
            table[place] = CODES[kind]
        codes: npt.NDArray[np.uint8] = table[at]
        return codes

    def damaged(self, typed: npt.NDArray[np.integer], register: npt.NDArray[np.integer]) -> Bools:
        """Whether words as typed may be damage of words of the register."""
        damaged = np.zeros(len(typed), np.bool_)
        near = np.flatnonzero((typed != register) & self._may_damage(typed, register))
        damaged[near] = self._ask(self._links, may_be_damaged, typed[near], register[near])
        return damaged

    def _ask(
        self,
        asked: dict[int, int],
        of: Callable[[str, str], int],
        typed: npt.NDArray[np.integer],
        register: npt.NDArray[np.integer],
    ) -> Ints:
        """What the library says of each pair of words, asked for once."""
        pairs, inverse = np.unique(typed.astype(np.int64) << 32 | register, return_inverse=True)
        told = []
        for pair in pairs.tolist():
            if pair not in asked:
                asked[pair] = of(self.words[pair >> 32], self.words[pair & 0xFFFFFFFF])
            told.append(asked[pair])
        return np.array(told, np.int64)[inverse]

    def _may_relate(
        self, typed: npt.NDArray[np.integer], register: npt.NDArray[np.integer]
    ) -> Bools:
        """Whether two words may be related (see `relations.relate`), by their sets of letters."""
        left, right = self.traits[typed], self.traits[register]
        differ = left[:, _FOLDED] ^ right[:, _FOLDED]
        related: Bools = np.bitwise_count(differ) <= _SLIP
        related |= left[:, SOUND] == right[:, SOUND]
        related |= self.flags[register, _IS_REGIONAL]
        related |= self.flags[typed, _IS_SHORT] & (left[:, _FOLDED] & ~right[:, _FOLDED] == 0)
        return related

    def _may_damage(
        self, typed: npt.NDArray[np.integer], register: npt.NDArray[np.integer]
    ) -> Bools:
        """Whether a word may be damage of another: its bare letters stay, no other letter comes."""
        left, right = self.traits[typed, _BARE], self.traits[register]
        may: Bools = (right[:, _BARE] & ~left == 0) & (left & ~right[:, _FOLDED] == 0)
        may &= ~self.flags[register, IS_BARE]
        return may

    def text(self, words: Words) -> str:
        """A row of word numbers as the name it is."""
        return " ".join(self.words[word] for word in words if word >= 0)

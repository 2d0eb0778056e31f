"""Names as they were typed: words lost, changed, moved, damaged, and which codes that makes.

Works on word numbers, rows at a time. The codes follow from the words that came out, not from
what was meant: a variant that loses its marks may be a mere loss of marks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import mixes
from .draws import Flags, Ints, chance
from .namespace import WIDTH, NameSpace
from .words import NOTHING, Words

TYPED_WIDTH = WIDTH + 1
ENCODING, TYPING, ACCENTS, SPELLING, ORDER, MISSING, EXTRA, OTHER = range(8)
CODES = tuple(f"name.{c}" for c in ("encoding", "typing", "accents", "spelling", "order",
                                    "missing_part", "extra_part", "other"))  # fmt: skip
_FAR = 3  # letters in which two words must differ, so that no slip explains it

Matrix = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Typed:
    """Names as typed: words by number, where two words are glued (-1 nowhere), and the codes."""

    words: Matrix
    glued: Ints
    codes: Flags


def typed_names(
    rng: np.random.Generator,
    names: NameSpace,
    true: Matrix,
    others: Matrix,
    writing: Ints,
    content: Ints,
    manner: Ints,
) -> Typed:
    """Names with the given errors, by kind number (see `mixes`) or NONE.

    `others` are names of other people, one a row, whose given words replace one's own; `manner`
    is a number of the facility, which chooses among encodings and typing methods. Words that an
    error cannot touch stay as they are.
    """
    words = names.words
    n = len(true)
    full = np.full((n, TYPED_WIDTH), NOTHING, dtype=np.int32)
    full[:, :WIDTH] = true
    typed = full.copy()
    source = full.copy()  # the true word behind each typed one; NOTHING where there is none
    codes = np.zeros((n, len(CODES)), dtype=bool)
    glued = np.full(n, -1, dtype=np.int32)
    length = (full >= 0).sum(axis=1)

    def rows(kind: str) -> npt.NDArray[np.int64]:
        return np.flatnonzero(content == mixes.kind(kind))

    _spell(rng, words, rows("spelling"), typed)
    _reorder(rng, rows("order"), length, typed, source, codes)
    _drop(rng, rows("missing_part"), length, typed, source, codes)
    _insert(rng, names, rows("extra_part"), length, typed, source, codes)
    at = rows("other_word")
    place = _place(rng, length[at])
    given = others[at, np.maximum((others[at] >= 0).sum(axis=1) - 1, 0)]
    new = np.where(place == length[at] - 1, given, _any(rng, names.middle_words, len(at)))
    _replace(rng, names, at, place, new, typed, source, codes)
    at = rows("nickname")
    _replace(rng, names, at, length[at] - 1, _any(rng, names.nicknames, len(at)), typed, source,
             codes)  # fmt: skip
    at = rows("abbreviation")
    place = np.where(length[at] >= 3, 1, 0)
    short = words.initial[typed[at, place]]
    typed[at, place], source[at, place] = short, NOTHING
    codes[at, OTHER] = True
    at = rows("glued")
    glued[at] = rng.integers(0, np.maximum(length[at] - 1, 1))
    codes[at, OTHER] = True

    _write(rng, words, writing, manner, typed, source, codes)
    return Typed(typed, glued, codes)


def _any(rng: np.random.Generator, among: Ints, n: int) -> Ints:
    return among[rng.integers(0, len(among), n)]


def _one_of(rng: np.random.Generator, allowed: Flags) -> tuple[Ints, Flags]:
    """One allowed column of each row at random, and whether there was one."""
    keys = np.where(allowed, rng.random(allowed.shape, dtype=np.float32), -1.0)
    return keys.argmax(axis=1).astype(np.int32), allowed.any(axis=1)


def _spell(
    rng: np.random.Generator, words: Words, at: npt.NDArray[np.int64], typed: Matrix
) -> None:
    for share in (1.0, 0.12):  # now and then two words
        at = at[chance(rng, len(at), share)]
        own = typed[at]
        base = (own >= 0) & (own < len(words.n_spelled))
        able = base & (words.n_spelled[np.where(base, own, 0)] > 0)
        place, found = _one_of(rng, able)
        at, place = at[found], place[found]
        word = typed[at, place]
        pick = rng.integers(0, words.n_spelled[word])
        typed[at, place] = words.spelled[word, pick]


def _reorder(
    rng: np.random.Generator,
    at: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    typed: Matrix,
    source: Matrix,
    codes: Flags,
) -> None:
    n = length[at]
    given_first = chance(rng, len(at), 0.6)
    columns = np.arange(TYPED_WIDTH)
    rotated = np.where(columns < n[:, None], (columns - 1) % np.maximum(n, 1)[:, None], columns)
    swapped = np.where(columns == n[:, None] - 1, columns - 1,
                       np.where(columns == n[:, None] - 2, columns + 1, columns))  # fmt: skip
    order = np.where(given_first[:, None], rotated, np.clip(swapped, 0, TYPED_WIDTH - 1))
    moved = np.take_along_axis(typed[at], order, axis=1)
    codes[at, ORDER] = (moved != typed[at]).any(axis=1)
    typed[at], source[at] = moved, np.take_along_axis(source[at], order, axis=1)


def _drop(
    rng: np.random.Generator,
    at: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    typed: Matrix,
    source: Matrix,
    codes: Flags,
) -> None:
    at = at[length[at] >= 3]
    n = length[at]
    place = 1 + rng.integers(0, n - 2)
    u = rng.random(len(at), dtype=np.float32)
    place = np.where(u < 0.04, 0, np.where(u < 0.07, n - 1, place))
    columns = np.arange(TYPED_WIDTH)
    after = np.minimum(columns + (columns >= place[:, None]), TYPED_WIDTH - 1)
    for matrix in (typed, source):
        cut = np.take_along_axis(matrix[at], after, axis=1)
        cut[:, -1] = NOTHING
        matrix[at] = cut
    codes[at, MISSING] = True


def _insert(
    rng: np.random.Generator,
    names: NameSpace,
    at: npt.NDArray[np.int64],
    length: npt.NDArray[np.int64],
    typed: Matrix,
    source: Matrix,
    codes: Flags,
) -> None:
    new = _any(rng, names.middle_words, len(at))
    fresh = _far(names.words, new[:, None], typed[at]).all(axis=1)
    at, new = at[fresh], new[fresh]
    place = 1 + rng.integers(0, np.maximum(length[at] - 1, 1))
    columns = np.arange(TYPED_WIDTH)
    before = columns - (columns > place[:, None])
    for matrix, word in ((typed, new), (source, np.full(len(at), NOTHING, dtype=np.int32))):
        wide = np.take_along_axis(matrix[at], before, axis=1)
        wide[np.arange(len(at)), place] = word
        matrix[at] = wide
    codes[at, EXTRA] = True


def _place(rng: np.random.Generator, length: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Which word another one replaces: mostly the given, sometimes the middle or family name."""
    u = rng.random(len(length), dtype=np.float32)
    return np.where(u < 0.7, length - 1, np.where((u < 0.9) & (length >= 3), 1, 0))


def _far(words: Words, one: Matrix | Ints, other: Matrix | Ints) -> Flags:
    """Whether two words differ in too many letters for a slip, and none stands for both."""
    count = words.letters
    apart = np.abs(count[np.maximum(one, 0)] - count[np.maximum(other, 0)]).sum(axis=-1)
    return (apart >= _FAR) | (one < 0) | (other < 0)


def _replace(
    rng: np.random.Generator,
    names: NameSpace,
    at: npt.NDArray[np.int64],
    place: npt.NDArray[np.int64],
    new: Ints,
    typed: Matrix,
    source: Matrix,
    codes: Flags,
) -> None:
    for again in (True, True, False):
        good = (new >= 0) & _far(names.words, new[:, None], typed[at]).all(axis=1)
        rows, columns = at[good], place[good]
        typed[rows, columns], source[rows, columns] = new[good], NOTHING
        codes[rows, OTHER] = True
        at, place = at[~good], place[~good]
        if again:
            new = _any(rng, names.middle_words, len(at))


def _write(
    rng: np.random.Generator,
    words: Words,
    writing: Ints,
    manner: Ints,
    typed: Matrix,
    source: Matrix,
    codes: Flags,
) -> None:
    """Applies the damages of writing, and settles which codes the words that came out make."""
    there, aligned = typed >= 0, source >= 0
    number, behind = np.where(there, typed, 0), np.where(aligned, source, 0)
    spelled = aligned & there & (typed != source)
    marked = words.unmarked[number] != number

    def rows(kind: str) -> npt.NDArray[np.int64]:
        return np.flatnonzero(writing == mixes.kind(kind))

    at = rows("accents")
    bare = words.unmarked[number[at]]
    only_marks = spelled[at] & words.same_letters[number[at]]
    spelled[at] &= ~only_marks
    lost = np.where(only_marks, words.unmarked[behind[at]] != behind[at], marked[at])
    codes[at, ACCENTS] = (lost & aligned[at]).any(axis=1)
    typed[at] = np.where(there[at], bare, NOTHING)

    at = rows("some_accents")
    for share in (1.0, 0.3):
        at = at[chance(rng, len(at), share)]
        place, found = _one_of(rng, (marked & aligned & ~spelled & there)[at])
        at, place = at[found], place[found]
        word = number[at, place]
        half = words.toneless[word]
        typed[at, place] = np.where(
            chance(rng, len(at), 0.5) & (half != word), half, words.unmarked[word]
        )
        codes[at, ACCENTS] = True

    at = rows("encoding")
    choice = manner[at] % len(words.encoded)
    damaged = np.stack([e[number[at]] for e in words.encoded])[choice, np.arange(len(at))]
    whole = (damaged != number[at]).any(axis=1)
    damaged[~whole] = words.encoded[0][number[at][~whole]]
    codes[at, ENCODING] = (damaged != number[at]).any(axis=1)
    typed[at] = np.where(there[at], damaged, NOTHING)

    at = rows("typing")
    choice = manner[at] % len(words.typed)
    keyed = np.stack([t[number[at]] for t in words.typed])[choice, np.arange(len(at))]
    place, found = _one_of(rng, marked[at] & there[at])
    one = chance(rng, len(at), 0.5) & found  # a slip in one word, or a whole file of them
    keep = one[:, None] & (np.arange(TYPED_WIDTH) != place[:, None])
    keyed = np.where(keep, number[at], keyed)
    codes[at, TYPING] = (keyed != number[at]).any(axis=1)
    typed[at] = np.where(there[at], keyed, NOTHING)

    codes[:, SPELLING] = spelled.any(axis=1)

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
from .words import NOTHING

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


@dataclass(frozen=True, slots=True)
class _Draft:
    """Names on their way from true to typed; all arrays are changed in place.

    `source` is the true word behind each typed one, NOTHING where there is none; `length` how
    many words the true name has.
    """

    rng: np.random.Generator
    names: NameSpace
    typed: Matrix
    source: Matrix
    length: Ints
    codes: Flags

    def any_of(self, among: Ints, n: int) -> Ints:
        """Any words of a list."""
        drawn: Ints = among[self.rng.integers(0, len(among), n)]
        return drawn

    def one_of(self, allowed: Flags) -> tuple[Ints, Flags]:
        """One allowed column of each row at random, and whether there was one."""
        keys = np.where(allowed, self.rng.random(allowed.shape, dtype=np.float32), -1.0)
        found: Flags = np.asarray(allowed.any(axis=1))
        return keys.argmax(axis=1), found

    def far(self, one: Ints, other: Ints) -> Flags:
        """Whether two words differ in too many letters for a slip; so does no word from any."""
        count = self.names.words.letters
        apart = np.abs(count[np.maximum(one, 0)] - count[np.maximum(other, 0)]).sum(axis=-1)
        result: Flags = (apart >= _FAR) | (one < 0) | (other < 0)
        return result


def typed_names(
    rng: np.random.Generator,
    names: NameSpace,
    true: Matrix,
    others: Matrix,
    *,
    writing: Ints,
    content: Ints,
    manner: Ints,
) -> Typed:
    """Names with the given errors, by kind number (see `mixes`) or NONE.

    `others` are names of other people, one a row, whose given words replace one's own; `manner`
    is a number of the facility, which chooses among encodings and typing methods. Words that an
    error cannot touch stay as they are.
    """
    n = len(true)
    full = np.full((n, TYPED_WIDTH), NOTHING, dtype=np.int32)
    full[:, :WIDTH] = true
    draft = _Draft(
        rng, names, full, full.copy(), (full >= 0).sum(axis=1), np.zeros((n, len(CODES)), bool)
    )
    length = draft.length

    def rows(kind: str) -> Ints:
        return np.flatnonzero(content == mixes.kind(kind))

    _spell(draft, rows("spelling"))
    _reorder(draft, rows("order"))
    _drop(draft, rows("missing_part"))
    _insert(draft, rows("extra_part"))
    at = rows("other_word")
    place = _place(rng, length[at])
    given = others[at, np.maximum((others[at] >= 0).sum(axis=1) - 1, 0)]
    middle = draft.any_of(names.middle_words, len(at))
    _replace(draft, at, place, np.where(place == length[at] - 1, given, middle))
    at = rows("nickname")
    _replace(draft, at, length[at] - 1, draft.any_of(names.nicknames, len(at)))
    at = rows("abbreviation")
    place = np.where(length[at] >= 3, 1, 0)
    short = names.words.initial[draft.typed[at, place]]
    differ = short != draft.typed[at, place]  # Y and A are short already
    at, place, short = at[differ], place[differ], short[differ]
    draft.typed[at, place], draft.source[at, place] = short, NOTHING
    draft.codes[at, OTHER] = True
    at = rows("glued")
    glued = np.full(n, -1, dtype=np.int32)
    glued[at] = rng.integers(0, np.maximum(length[at] - 1, 1))
    draft.codes[at, OTHER] = True

    _write(draft, writing, manner)
    return Typed(draft.typed, glued, draft.codes)


def _spell(draft: _Draft, at: Ints) -> None:
    words = draft.names.words
    for share in (1.0, 0.12):  # now and then two words
        at = at[chance(draft.rng, len(at), share)]
        own = draft.typed[at]
        base = (own >= 0) & (own < len(words.n_spelled))
        able = base & (words.n_spelled[np.where(base, own, 0)] > 0)
        place, found = draft.one_of(able)
        at, place = at[found], place[found]
        word = draft.typed[at, place]
        draft.typed[at, place] = words.spelled[word, draft.rng.integers(0, words.n_spelled[word])]


def _reorder(draft: _Draft, at: Ints) -> None:
    n = draft.length[at][:, None]
    given_first = chance(draft.rng, len(at), 0.6)[:, None]
    columns = np.arange(TYPED_WIDTH)
    rotated = np.where(columns < n, (columns - 1) % np.maximum(n, 1), columns)
    swapped = np.where(
        columns == n - 1, columns - 1, np.where(columns == n - 2, columns + 1, columns)
    )
    order = np.where(given_first, rotated, np.clip(swapped, 0, TYPED_WIDTH - 1))
    moved = np.take_along_axis(draft.typed[at], order, axis=1)
    draft.codes[at, ORDER] = (moved != draft.typed[at]).any(axis=1)
    draft.typed[at] = moved
    draft.source[at] = np.take_along_axis(draft.source[at], order, axis=1)


def _drop(draft: _Draft, at: Ints) -> None:
    at = at[draft.length[at] >= 3]
    n = draft.length[at]
    place = 1 + draft.rng.integers(0, n - 2)
    u = draft.rng.random(len(at), dtype=np.float32)
    place = np.where(u < 0.04, 0, np.where(u < 0.07, n - 1, place))
    columns = np.arange(TYPED_WIDTH)
    after = np.minimum(columns + (columns >= place[:, None]), TYPED_WIDTH - 1)
    for matrix in (draft.typed, draft.source):
        cut = np.take_along_axis(matrix[at], after, axis=1)
        cut[:, -1] = NOTHING
        matrix[at] = cut
    draft.codes[at, MISSING] = True


def _insert(draft: _Draft, at: Ints) -> None:
    new = draft.any_of(draft.names.middle_words, len(at))
    fresh = draft.far(new[:, None], draft.typed[at]).all(axis=1)
    at, new = at[fresh], new[fresh]
    place = 1 + draft.rng.integers(0, np.maximum(draft.length[at] - 1, 1))
    columns = np.arange(TYPED_WIDTH)
    before = columns - (columns > place[:, None])
    for matrix, word in ((draft.typed, new), (draft.source, np.full_like(new, NOTHING))):
        wide = np.take_along_axis(matrix[at], before, axis=1)
        wide[np.arange(len(at)), place] = word
        matrix[at] = wide
    draft.codes[at, EXTRA] = True


def _place(rng: np.random.Generator, length: Ints) -> Ints:
    """Which word another one replaces: mostly the given, sometimes the middle or family name."""
    u = rng.random(len(length), dtype=np.float32)
    return np.where(u < 0.7, length - 1, np.where((u < 0.9) & (length >= 3), 1, 0))


def _replace(draft: _Draft, at: Ints, place: Ints, new: Ints) -> None:
    for again in (True, True, False):
        good = (new >= 0) & draft.far(new[:, None], draft.typed[at]).all(axis=1)
        rows, columns = at[good], place[good]
        draft.typed[rows, columns], draft.source[rows, columns] = new[good], NOTHING
        draft.codes[rows, OTHER] = True
        at, place = at[~good], place[~good]
        if again:
            new = draft.any_of(draft.names.middle_words, len(at))


def _write(draft: _Draft, writing: Ints, manner: Ints) -> None:
    """Applies the damages of writing, and settles which codes the words that came out make."""
    rng, words, typed, source = draft.rng, draft.names.words, draft.typed, draft.source
    there, aligned = typed >= 0, source >= 0
    number, behind = np.where(there, typed, 0), np.where(aligned, source, 0)
    spelled = aligned & there & (typed != source)
    marked = (words.unmarked[number] != number) & there

    def rows(kind: str) -> Ints:
        return np.flatnonzero(writing == mixes.kind(kind))

    at = rows("accents")
    bare = words.unmarked[number[at]]
    only_marks = spelled[at] & (bare == words.unmarked[behind[at]])
    spelled[at] &= ~only_marks
    lost = np.where(only_marks, words.unmarked[behind[at]] != behind[at], marked[at])
    draft.codes[at, ACCENTS] = (lost & aligned[at]).any(axis=1)
    typed[at] = np.where(there[at], bare, NOTHING)

    at = rows("some_accents")
    for share in (1.0, 0.3):
        at = at[chance(rng, len(at), share)]
        place, found = draft.one_of((marked & aligned & ~spelled)[at])
        at, place = at[found], place[found]
        word = number[at, place]
        half = words.toneless[word]
        by_half = chance(rng, len(at), 0.5) & (half != word)
        typed[at, place] = np.where(by_half, half, words.unmarked[word])
        draft.codes[at, ACCENTS] = True

    at = rows("encoding")
    choice = manner[at] % len(words.encoded)
    damaged = np.stack([e[number[at]] for e in words.encoded])[choice, np.arange(len(at))]
    whole = (damaged == number[at]).all(axis=1)  # some damages spare some letters
    damaged[whole] = words.encoded[0][number[at][whole]]
    draft.codes[at, ENCODING] = ((damaged != number[at]) & there[at]).any(axis=1)
    typed[at] = np.where(there[at], damaged, NOTHING)

    at = rows("typing")
    choice = manner[at] % len(words.typed)
    keyed = np.stack([t[number[at]] for t in words.typed])[choice, np.arange(len(at))]
    place, found = draft.one_of(marked[at])
    one = chance(rng, len(at), 0.5) & found  # a slip in one word, or a whole file of them
    keep = one[:, None] & (np.arange(TYPED_WIDTH) != place[:, None])
    keyed = np.where(keep, number[at], keyed)
    draft.codes[at, TYPING] = ((keyed != number[at]) & there[at]).any(axis=1)
    typed[at] = np.where(there[at], keyed, NOTHING)

    draft.codes[:, SPELLING] = spelled.any(axis=1)

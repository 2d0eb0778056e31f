"""Which typed word stands for which word of the register's name, at the least cost.

Knows sequences of canonical words; must not know of damage.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lamsach.identity.names.letters import TONE_OF_MARK
from lamsach.identity.names.relations import (
    ABBREVIATION,
    ACCENTS,
    OTHER,
    SAME,
    SPELLING,
    relate,
)
from lamsach.identity.names.shapes import marks_lost, shape_of
from lamsach.identity.names.words import WORD_WEIGHTS

# By kind of relation; a kind is a bit mask.
_COST: Final = {
    SAME: 0,
    ACCENTS: 1,
    SPELLING: 3,
    SPELLING | ACCENTS: 4,
    ABBREVIATION: 8,
    OTHER: 10,
}
_GAP: Final = 6  # two gaps cost more than one replaced word
_GLUE: Final = 5
_ORDER: Final = 3
_MOST_WORDS: Final = 12
_SHORTEST_GLUED: Final = 4
FIRST: Final = "first"
LAST: Final = "last"

_Pair = tuple[int, int, int]  # place among the typed words, among the register's, kind


@dataclass(frozen=True, slots=True)
class Alignment:
    """An explanation of one name by another.

    `kinds` joins the kinds of difference of the related words, `matched` counts these words and
    `spelt` those of them that are spelt otherwise. `only` is FIRST or LAST where the one related
    word stands there in both names, else empty.
    """

    cost: int
    kinds: int = SAME
    matched: int = 0
    spelt: int = 0
    unrelated: int = 0
    missing: int = 0
    extra: int = 0
    moved: bool = False
    glued: int = 0
    only: str = ""


def relation(typed: str, whole: str, *, marked: bool) -> int:
    """As `relate`; in a name typed with marks, a bare word that is itself a name lost none."""
    kind = relate(typed, whole)
    if marked and kind == SPELLING | ACCENTS and typed in WORD_WEIGHTS:
        return OTHER
    return kind


def _summary(
    pairs: Sequence[_Pair],
    sizes: tuple[int, int],
    *,
    moved: bool = False,
    missing: int = 0,
    extra: int = 0,
) -> Alignment:
    kinds = matched = spelt = unrelated = cost = 0
    last = (-1, -1)
    for i, j, kind in pairs:
        cost += _COST[kind]
        if kind >= ABBREVIATION:
            unrelated += 1
        else:
            kinds |= kind
            matched += 1
            spelt += kind >= SPELLING
            last = i, j
    cost += _GAP * (missing + extra) + _ORDER * moved
    only = ""
    if matched == 1:
        only = FIRST if last == (0, 0) else LAST if last == (sizes[0] - 1, sizes[1] - 1) else ""
    return Alignment(cost, kinds, matched, spelt, unrelated, missing, extra, moved=moved, only=only)


def _moved(kinds: Sequence[Sequence[int]], sizes: tuple[int, int]) -> Alignment | None:
    """Words matched wherever they stand, nearest first; words left over on one side only."""
    n, m = sizes
    rated = sorted(
        (_COST[kind], i != j, i, j, kind)
        for i, row in enumerate(kinds)
        for j, kind in enumerate(row)
        if kind < ABBREVIATION
    )
    place: dict[int, tuple[int, int]] = {}
    taken: set[int] = set()
    for _, _, i, j, kind in rated:
        if i not in place and j not in taken:
            place[i] = j, kind
            taken.add(j)
    order = [place[i][0] for i in sorted(place)]
    if len(order) < 2 or order == sorted(order):
        return None
    missing, extra = m - len(order), n - len(order)
    replaced = min(missing, extra)
    if replaced > 1:
        return None
    pairs = [(i, j, kind) for i, (j, kind) in place.items()]
    pairs += [(-2, -3, OTHER)] * replaced
    missing, extra = missing - replaced, extra - replaced
    return _summary(pairs, sizes, moved=True, missing=missing, extra=extra)


def _in_order(kinds: Sequence[Sequence[int]], sizes: tuple[int, int]) -> Alignment:
    """The cheapest alignment that keeps the order: words related, replaced, missing, extra."""
    n, m = sizes
    costs = [list(range(0, _GAP * (m + 1), _GAP))]
    for i, row in enumerate(kinds):
        above = costs[i]
        left = above[0] + _GAP
        line = [left]
        for j, kind in enumerate(row):
            left = min(above[j] + _COST[kind], above[j + 1] + _GAP, left + _GAP)
            line.append(left)
        costs.append(line)
    pairs: list[_Pair] = []
    missing = extra = 0
    i, j = n, m
    while i or j:
        here = costs[i][j]
        if i and j and here == costs[i - 1][j - 1] + _COST[kinds[i - 1][j - 1]]:
            i, j = i - 1, j - 1
            pairs.append((i, j, kinds[i][j]))
        elif j and here == costs[i][j - 1] + _GAP:
            j -= 1
            missing += 1
        else:
            i -= 1
            extra += 1
    return _summary(pairs, sizes, missing=missing, extra=extra)


def _apart(n: int, m: int) -> Alignment:
    """The cheapest alignment of words none of which is related: most readings of a damaged name."""
    replaced, missing, extra = min(n, m), max(m - n, 0), max(n - m, 0)
    cost = _COST[OTHER] * replaced + _GAP * (missing + extra)
    return Alignment(cost, unrelated=replaced, missing=missing, extra=extra)


def _letters_and_tones(words: Sequence[str]) -> tuple[str, str]:
    """The letters of words written together with their marks, and the tones in their order."""
    parts = unicodedata.normalize("NFD", "".join(words).replace("'", ""))
    tones = "".join(char for char in parts if char in TONE_OF_MARK)
    return "".join(char for char in parts if char not in TONE_OF_MARK), tones


def _respaced(typed: Sequence[str], whole: Sequence[str]) -> Alignment | None:
    """The same letters with the spaces elsewhere."""
    left = "".join([shape_of(word).letters for word in typed])
    if not left or left != "".join([shape_of(word).letters for word in whole]):
        return None
    lost = _letters_and_tones(typed) != _letters_and_tones(whole)
    markers = {word for word in (*typed, *whole) if word.endswith("'")}
    if markers and not lost:  # K' Brếu is also written K'Brếu
        return Alignment(0, matched=len(whole))
    common = len(set(typed) & set(whole))
    return Alignment(_GLUE + lost, ACCENTS if lost else SAME, common + 2, glued=1)


def _unglued(typed: Sequence[str], whole: Sequence[str]) -> tuple[list[str], int]:
    """Typed words with the spaces of the register put where two of its words are written as one.

    Also how many words were parted or joined.
    """
    out: list[str] = []
    changed = 0
    for word in typed:
        parts = [word]
        if len(word) >= _SHORTEST_GLUED:
            for first, second in pairwise(whole):
                cut = len(first)
                if (
                    len(word) == cut + len(second)
                    and marks_lost(word[:cut], first)
                    and marks_lost(word[cut:], second)
                ):
                    parts = [word[:cut], word[cut:]]
                    changed += 1
                    break
        if out and parts == [word] and (both := out[-1] + word) in whole:
            out[-1] = both
            changed += 1
        else:
            out.extend(parts)
    return out, changed


def _aligned(typed: Sequence[str], whole: Sequence[str]) -> Alignment:
    n, m = len(typed), len(whole)
    marked = not "".join(typed).isascii()
    best: Alignment | None = None
    if n == m:
        pairs = [(i, i, relation(typed[i], whole[i], marked=marked)) for i in range(n)]
        best = _summary(pairs, (n, m))
        one_replaced = best.unrelated == 1 and not best.kinds & SPELLING
        if best.spelt + best.unrelated < 2 or one_replaced:
            return best
    if n > _MOST_WORDS or m > _MOST_WORDS:
        return best or Alignment(_COST[OTHER] * max(n, m), unrelated=max(n, m))
    kinds = [[relation(left, right, marked=marked) for right in whole] for left in typed]
    if all(kind == OTHER for row in kinds for kind in row):
        return best or _apart(n, m)
    straight = _in_order(kinds, (n, m))
    if best is None or straight.cost < best.cost:
        best = straight
    if best.unrelated or best.spelt > 1 or (best.missing and best.extra):
        moved = _moved(kinds, (n, m))
        if moved and moved.cost < best.cost:
            best = moved
    return best


def align(typed: Sequence[str], whole: Sequence[str]) -> Alignment:
    """The cheapest explanation of the typed words by the register's.

    >>> align(("lan", "nguyễn", "thị"), ("nguyễn", "thị", "lan")).moved
    True
    >>> align(("nguyễn", "lan"), ("nguyễn", "thị", "lan")).missing
    1
    """
    if len(typed) != len(whole):
        respaced = _respaced(typed, whole)
        if respaced:
            return respaced
    best = _aligned(typed, whole)
    if not best.unrelated or len(typed) > _MOST_WORDS or len(whole) > _MOST_WORDS:
        return best
    parted, changed = _unglued(typed, whole)
    if not changed:
        return best
    found = _aligned(parted, whole)
    cost = found.cost + _GLUE * changed
    if cost >= best.cost:
        return best
    return Alignment(
        cost,
        found.kinds,
        found.matched,
        found.spelt,
        found.unrelated,
        found.missing,
        found.extra,
        moved=found.moved,
        glued=changed,
    )

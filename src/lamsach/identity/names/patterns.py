"""How the words of two plain names stand to each other: all that their comparison rests on.

Two plain names compare as any other two whose words differ in the same pattern: as many words that
agree at the beginning and the end, and between them the same relations of each typed word to each
of the register's. So one comparison answers for millions of pairs. Knows single words; must not
know how patterns are gathered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lamsach.identity.names.alignment import relation
from lamsach.identity.names.comparing import MARKERS, stands_apart
from lamsach.identity.names.hindsight import is_rare, may_be_damaged
from lamsach.identity.names.shapes import shape_of
from lamsach.identity.names.words import word_forms

#: A relation that no pattern holds: the two names are to be compared themselves.
UNTOLD: Final = 15


@dataclass(frozen=True, slots=True)
class WordTraits:
    """What a pattern asks of one word of a plain name.

    `is_usual`: it may differ in a pattern; it has no relation to the words that `compare_plain`
    puts for those that agree, and is no marker of where the family name stands. `is_rare`: it
    could be bytes of another encoding. `ends`: its first and its last letter.
    """

    sound: str
    letters: int
    ends: tuple[int, int]
    is_bare: bool
    is_rare: bool
    is_marker: bool
    is_usual: bool


def word_traits(canonical: str) -> WordTraits:
    """The traits of a syllable of a plain name.

    >>> [word_traits(word).is_usual for word in ("lan", "thò", "y", "khúc")]
    [True, True, False, False]
    """
    shape = shape_of(canonical)
    return WordTraits(
        sound=word_forms(canonical).sound,
        letters=len(shape.letters),
        ends=(ord(shape.letters[0]), ord(shape.letters[-1])) if shape.letters else (0, 0),
        is_bare=canonical.isascii(),
        is_rare=is_rare(canonical),
        is_marker=canonical in MARKERS,
        is_usual=stands_apart(canonical),
    )


def word_relation(typed: str, whole: str, *, marked: bool) -> int:
    """How a word as typed stands to one of the register: a kind of `relations`, or UNTOLD.

    `marked`: whether the name was typed with marks.

    >>> word_relation("hoang", "hoàng", marked=True), word_relation("lan", "hồng", marked=True)
    (1, 8)
    >>> word_relation("hoàng", "hồng", marked=True) == UNTOLD
    True
    """
    return UNTOLD if may_be_damaged(typed, whole) else relation(typed, whole, marked=marked)

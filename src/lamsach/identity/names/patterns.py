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
from lamsach.identity.names.relations import is_abbreviation, is_regional
from lamsach.identity.names.shapes import shape_of
from lamsach.identity.names.words import word_forms

#: A relation that no pattern holds: the two names are to be compared themselves.
UNTOLD: Final = 15


@dataclass(frozen=True, slots=True)
class WordTraits:
    """What a pattern asks of one word of a plain name.

    `is_usual`: it may differ in a pattern; it has no relation to the words that `compare_plain`
    puts for those that agree, and is no marker of where the family name stands. `is_rare`: it
    could be bytes of another encoding. `ends`: its first and its last letter. `folded` and `bare`:
    sets of letters (see `letter_set`), all and those without a mark. `is_short`: it could stand for
    a longer word. `is_regional`: it is written otherwise in the North or the South.
    """

    sound: str
    letters: int
    folded: int
    bare: int
    ends: tuple[int, int]
    is_bare: bool
    is_rare: bool
    is_marker: bool
    is_usual: bool
    is_short: bool
    is_regional: bool


def letter_set(letters: str) -> int:
    """The small letters a to z that occur, a bit each; another sign has the bit after them.

    >>> letter_set("ba"), letter_set("đa") == 1 + (1 << 26)
    (3, True)
    """
    found = 0
    for letter in letters:
        found |= 1 << (ord(letter) - _A if "a" <= letter <= "z" else _OTHERS)
    return found


_A, _OTHERS = ord("a"), 26


def word_traits(canonical: str, *, is_usual: bool | None = None) -> WordTraits:
    """The traits of a word; `is_usual` where it is known already.

    >>> [word_traits(word).is_usual for word in ("lan", "thò", "y", "khúc")]
    [True, True, False, False]
    """
    shape = shape_of(canonical)
    return WordTraits(
        sound=word_forms(canonical).sound,
        letters=len(shape.letters),
        folded=letter_set(shape.letters),
        bare=letter_set("".join(filter(str.isascii, canonical))) & (1 << _OTHERS) - 1,
        ends=(ord(shape.letters[0]), ord(shape.letters[-1])) if shape.letters else (0, 0),
        is_bare=canonical.isascii(),
        is_rare=is_rare(canonical),
        is_marker=canonical in MARKERS,
        is_usual=stands_apart(canonical) if is_usual is None else is_usual,
        is_short=is_abbreviation(shape.letters),
        is_regional=is_regional(canonical),
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

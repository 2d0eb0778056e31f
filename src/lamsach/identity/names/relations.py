"""How one typed word stands to one word of the register: equal, marks lost, misspelt, another.

Knows pairs of canonical words; must not know of whole names or of damage.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from lamsach.identity.names.letters import QUALITY_MARKS, fold
from lamsach.identity.names.shapes import Shape, marks_lost, shape_of
from lamsach.identity.names.syllables import REGIONAL, plain_sound
from lamsach.identity.names.words import WORD_WEIGHTS

SAME: Final = 0
ACCENTS: Final = 1  # some or all marks lost, none different
SPELLING: Final = 2  # a sound, keyboard or regional variant; may join ACCENTS
ABBREVIATION: Final = 4  # the first letters only
OTHER: Final = 8  # unrelated

_KEY_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_KEY_PLACES: Final = {
    key: (column + row * 0.25 + (row == 2) * 0.25, row)
    for row, keys in enumerate(_KEY_ROWS)
    for column, key in enumerate(keys)
}
_KNOWN_FOLDED: Final = frozenset(fold(word) for word in WORD_WEIGHTS)
_VIETNAMESE_MARKS: Final = QUALITY_MARKS | {"-"}
_HOI_NGA: Final = frozenset([3, 4])
_VOWELS: Final = frozenset("aeiouy")


def _regional_pairs() -> dict[str, tuple[str, ...]]:
    pairs: dict[str, list[str]] = {}
    for group in REGIONAL:
        for word in group:
            pairs.setdefault(word, []).extend(other for other in group if other != word)
    return {word: tuple(others) for word, others in pairs.items()}


_REGIONAL_OF: Final = _regional_pairs()


def _neighbours(key: str, other: str) -> bool:
    """Whether two keys touch on a QWERTY keyboard."""
    if key not in _KEY_PLACES or other not in _KEY_PLACES:
        return False
    (x1, y1), (x2, y2) = _KEY_PLACES[key], _KEY_PLACES[other]
    return abs(y1 - y2) <= 1 and abs(x1 - x2) <= 1


def _known(typed: str, shape: Shape) -> bool:
    return typed in WORD_WEIGHTS if shape.marked else typed in _KNOWN_FOLDED


def _tone_change(typed: Shape, whole: Shape, *, heard: bool) -> int:
    """SPELLING where the tone is kept or mistaken by ear, with ACCENTS where lost, else OTHER."""
    if typed.tone == whole.tone or (heard and {typed.tone, whole.tone} == _HOI_NGA):
        return SPELLING
    return SPELLING | ACCENTS if not typed.tone else OTHER


def _marks_change(typed: list[frozenset[str]], whole: list[frozenset[str]]) -> int:
    if len(typed) != len(whole):
        return SPELLING
    if any(not a <= b for a, b in zip(typed, whole, strict=True)):
        return OTHER
    return SPELLING if typed == whole else SPELLING | ACCENTS


def _by_ear(typed: Shape, whole: Shape) -> int:
    """s/x, ch/tr, d/gi/r, l/n, i/y, n/ng, c/t and spelling of one sound, with the same rime."""
    if plain_sound(typed.letters) != plain_sound(whole.letters):
        return OTHER
    if typed.letters[0] != whole.letters[0] and (
        "-" in typed.marks[0] or "-" in whole.marks[0]
    ):  # đ is never heard as d, gi or r
        return OTHER
    vowels = [
        [marks for char, marks in zip(s.letters, s.marks, strict=True) if char in _VOWELS]
        for s in (typed, whole)
    ]
    if len(vowels[0]) != len(vowels[1]):  # gi and qu hold a letter that is no vowel
        vowels = [[marks for marks in each if marks] for each in vowels]
    return _tone_change(typed, whole, heard=True) | _marks_change(vowels[0], vowels[1])


def _one_edit(a: str, b: str) -> tuple[int, int, int] | None:
    """Where one letter was changed, put in, left out, or two swapped: place, length in a and b."""
    if abs(len(a) - len(b)) > 1:
        return None
    start, shortest = 0, min(len(a), len(b))
    while start < shortest and a[start] == b[start]:
        start += 1
    if len(a) < len(b):
        return (start, 0, 1) if a[start:] == b[start + 1 :] else None
    if len(a) > len(b):
        return (start, 1, 0) if a[start + 1 :] == b[start:] else None
    if a[start + 1 :] == b[start + 1 :]:
        return start, 1, 1
    if a[start + 2 :] == b[start + 2 :] and a[start : start + 2] == b[start : start + 2][::-1]:
        return start, 2, 2
    return None


def _by_hand(word: str, typed: Shape, whole: Shape) -> int:
    """One slip of the finger, unless what came of it is itself a word of names.

    A letter changed to one far away on the keyboard, or a letter more or less in a word of two or
    three, makes another name more often than a slip when the outcome is a known word.
    """
    shortest = 1 if typed.marked else 2  # À may be left of Hà; A is an initial
    if len(typed.letters) < shortest or len(whole.letters) < 2 or not typed.letters.isascii():
        return OTHER
    if not _VOWELS & set(typed.letters) and whole.letters.startswith(typed.letters):
        return OTHER  # an abbreviation
    if frozenset().union(*typed.marks) - _VIETNAMESE_MARKS - frozenset().union(*whole.marks):
        return OTHER  # such letters are not on the keyboard
    edit = _one_edit(typed.letters, whole.letters)
    if edit is None:
        return OTHER
    at, in_typed, in_whole = edit
    if in_typed == in_whole == 1:
        far = not _neighbours(typed.letters[at], whole.letters[at])
        if far and _known(word, typed):
            return OTHER
    kept_typed = list(typed.marks[:at] + typed.marks[at + in_typed :])
    kept_whole = list(whole.marks[:at] + whole.marks[at + in_whole :])
    tone = _tone_change(typed, whole, heard=False)
    if not typed.tone and at <= whole.tone_at < at + in_whole:
        tone = SPELLING  # the letter that bore the tone went with it
    return tone | _marks_change(kept_typed, kept_whole)


@lru_cache(maxsize=1 << 17)
def relate(typed: str, whole: str) -> int:
    """The kind of difference between a typed word and the register's, both canonical.

    SAME, ACCENTS, SPELLING, both together, ABBREVIATION or OTHER.

    >>> relate("nguyen", "nguyễn") == ACCENTS, relate("trương", "chương") == SPELLING
    (True, True)
    >>> relate("truong", "chương") == SPELLING | ACCENTS, relate("lan", "hồng") == OTHER
    (True, True)
    """
    if typed == whole:
        return SAME
    left, right = shape_of(typed), shape_of(whole)
    if not left.letters or not right.letters:
        return OTHER
    if left.letters == right.letters:
        if marks_lost(typed, whole):
            apostrophe_kept = left.apostrophe >= right.apostrophe
            return SAME if apostrophe_kept and marks_lost(whole, typed) else ACCENTS
        return SPELLING
    variants = _REGIONAL_OF.get(whole, ())
    if typed in variants:
        return SPELLING
    if any(marks_lost(typed, variant) for variant in variants):
        return SPELLING | ACCENTS
    for found in (_by_ear(left, right), _by_hand(typed, left, right)):
        if found < OTHER:
            return found
    if right.letters.startswith(left.letters) and is_abbreviation(left.letters):
        return ABBREVIATION
    return OTHER


def is_abbreviation(letters: str) -> bool:
    """Whether letters can stand for the word that begins with them.

    >>> is_abbreviation("a"), is_abbreviation("th"), is_abbreviation("an")
    (True, True, False)
    """
    return len(letters) == 1 or not _VOWELS & set(letters)


def is_regional(word: str) -> bool:
    """Whether the North or the South writes a word otherwise.

    >>> is_regional("hoàng"), is_regional("lan")
    (True, False)
    """
    return word in _REGIONAL_OF

"""A word taken apart: base letters, the marks on each, the tone; and what marks were lost.

Knows pairs of single words only; must not know of whole names.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lamsach.identity.names.letters import TONE_OF_MARK
from lamsach.identity.names.tables import LETTERS

# A capital that carries a mark in the midst of small letters was not typed so.
ODD_CAPITAL: Final = re.compile(f"[a-z][{LETTERS[len(LETTERS) // 2 :]}]")

_VOWELS: Final = "aeiouy"


@dataclass(frozen=True, slots=True)
class Shape:
    """The base letters of a word, the marks on each (tone apart), the tone and its letter."""

    letters: str
    marks: tuple[frozenset[str], ...]
    tone: int
    tone_at: int
    apostrophe: bool

    @property
    def marked(self) -> bool:
        """Whether any mark stands on the word, tone or other."""
        return bool(self.tone) or any(self.marks)


@lru_cache(maxsize=65536)
def shape_of(canonical: str) -> Shape:
    """The shape of a canonical word; the letters are its characters, apostrophes apart.

    >>> shape_of("đức").letters, shape_of("đức").tone, shape_of("đức").tone_at
    ('duc', 1, 1)
    """
    letters: list[str] = []
    marks: list[set[str]] = []
    tone, tone_at = 0, -1
    for char in unicodedata.normalize("NFD", canonical):
        if char == "đ":
            letters.append("d")
            marks.append({"-"})
        elif not unicodedata.combining(char):
            if char != "'":
                letters.append(char)
                marks.append(set())
        elif marks:
            mark_tone = TONE_OF_MARK.get(char, 0) if letters[-1] in _VOWELS else 0
            if not mark_tone:
                marks[-1].add(char)
            elif not tone:  # a second tone is a key struck twice
                tone, tone_at = mark_tone, len(letters) - 1
    return Shape("".join(letters), tuple(map(frozenset, marks)), tone, tone_at, "'" in canonical)


@lru_cache(maxsize=65536)
def marks_lost(typed: str, whole: str) -> bool:
    """Whether one canonical word is another with some or all marks lost, none different.

    Equal words count as well.

    >>> marks_lost("nguyên", "nguyễn"), marks_lost("nguyến", "nguyễn")
    (True, False)
    """
    if typed == whole:
        return True
    left, right = shape_of(typed), shape_of(whole)
    return (
        left.letters == right.letters
        and left.tone in (0, right.tone)
        and all(a <= b for a, b in zip(left.marks, right.marks, strict=True))
    )

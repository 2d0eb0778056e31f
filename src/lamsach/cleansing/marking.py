"""Differences letter by letter: two texts cut into what is the same and what is not.

For the eye of an officer, who compares a typed record with the register's. Letter case and spaces
carry no information and are not marked; marks over letters are part of the letter.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

from lamsach.identity.births import parse_birth

__all__ = ["Line", "Piece", "compared", "shown_birth"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of letters, and whether they differ from the other side's."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One field on both sides."""

    name: str
    typed: tuple[Piece, ...]
    register: tuple[Piece, ...]

    @property
    def differs(self) -> bool:
        """Whether anything of it differs."""
        return any(piece.differs for piece in (*self.typed, *self.register))


def compared(name: str, typed: str, register: str) -> Line:
    """A field's two texts with their differing letters marked.

    >>> line = compared("full_name", "Nguyễn Văn Bửu", "Nguyễn Văn Bảo")
    >>> [piece.text for piece in line.typed if piece.differs]
    ['ửu']
    >>> compared("full_name", "LÊ  AN", "Lê An").differs
    False
    """
    left, right = _letters(typed), _letters(register)
    typed_pieces: list[Piece] = []
    register_pieces: list[Piece] = []
    matcher = SequenceMatcher(None, _alike(left), _alike(right), autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        differs = kind != "equal"
        if b > a:
            typed_pieces.append(Piece("".join(left[a:b]), differs))
        if d > c:
            register_pieces.append(Piece("".join(right[c:d]), differs))
    return Line(name, tuple(typed_pieces), tuple(register_pieces))


def _letters(text: str) -> list[str]:
    return list(" ".join(unicodedata.normalize("NFC", text).split()))


def _alike(letters: list[str]) -> list[str]:
    return [letter.casefold() for letter in letters]


def shown_birth(text: str) -> str:
    """A birth as people write it here; what cannot be read stays as it is.

    >>> shown_birth("1963-05-04"), shown_birth("1963-05"), shown_birth("1963"), shown_birth("?")
    ('04/05/1963', '05/1963', '1963', '?')
    """
    birth = parse_birth(text)
    if birth.precision == "unknown" or birth.year is None:
        return text
    parts = [f"{birth.day:02d}" if birth.day else "", f"{birth.month:02d}" if birth.month else ""]
    return "/".join([*(part for part in parts if part), f"{birth.year:04d}"])

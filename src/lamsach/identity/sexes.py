"""Sex (giới tính) as typed, and its comparison.

This room knows the ways people write one of two letters; it must not guess a sex from a name.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from lamsach.identity.rules.sexes import SEX

__all__ = ["SEX_LEVELS", "SexComparison", "compare_sexes", "parse_sex"]

_MALE = "m male nam trai namgioi contrai boy man 1"
# 0 is the flag of spreadsheets (nam = 1, nữ = 0); 2 is the Platform's genderId (1 nam, 2 nữ).
_FEMALE = "f female nu gai nugioi congai girl woman 0 2"
# "nữ" in damaged encodings (TCVN3, VNI, UTF-8 read as bytes) and as bare keystrokes (Telex, VNI).
_FEMALE_DAMAGED = ("n÷", "nöõ", "ná»¯", "nuwx", "nu74")
_READINGS = dict.fromkeys(_MALE.split(), "M") | dict.fromkeys(_FEMALE.split(), "F")
_DAMAGED = {unicodedata.normalize("NFC", text): "F" for text in _FEMALE_DAMAGED}


@lru_cache(maxsize=1 << 12)
def parse_sex(text: str) -> str:
    """Read a sex: "M", "F", or "" where none is given or the text says neither.

    Read in any letter case and Unicode form: M, male, Nam, trai, 1; F, female, Nữ, nu, gái,
    0 (spreadsheets) and 2 (the Platform's genderId), and "1.0" of a number column.

    >>> [parse_sex(text) for text in ("Nam", "NỮ", "nu", "1", "0", "2", "x", "")]
    ['M', 'F', 'F', 'M', 'F', 'F', '', '']
    """
    lowered = unicodedata.normalize("NFC", text).casefold().strip()
    if lowered in _DAMAGED:
        return _DAMAGED[lowered]
    decomposed = unicodedata.normalize("NFKD", lowered.removesuffix(".0"))
    return _READINGS.get("".join(letter for letter in decomposed if letter.isalnum()), "")


SEX_LEVELS = SEX.levels
"""same and differs: both sides give a sex. missing: one side at least gives none."""

DEFAULT_WEIGHTS: dict[str, float] = {"same": 1.0, "differs": -5.0, "missing": 0.0}
"""Bits of evidence, log2(m/u): half of all people have a given sex; 1.5 % are typed wrong."""


@dataclass(frozen=True, slots=True)
class SexComparison:
    """What a comparison of sexes says: one of SEX_LEVELS, the difference codes, bits.

    >>> compare_sexes("Nam", "F").codes
    ('sex',)
    """

    level: str
    codes: tuple[str, ...]
    weight: float


_case = SEX.function()
_OUTCOMES = tuple(
    SexComparison(outcome.level, outcome.codes, DEFAULT_WEIGHTS[outcome.level])
    for outcome in SEX.outcomes
)


def compare_sexes(typed: str, register: str) -> SexComparison:
    """Compare a sex as typed with a register person's; both are read by `parse_sex`.

    Typed text that is no sex counts as missing. Where the register holds none, the record
    differs from it (code `sex`), but that is no evidence.

    >>> compare_sexes("Nữ", "F").level, compare_sexes("", "F").codes
    ('same', ('sex.missing',))
    """
    return _OUTCOMES[_case(parse_sex(typed), parse_sex(register))]

"""The letters of Vietnamese writing: base letter, quality mark and tone, apart and together.

Knows how one word is spelt in Unicode and where a tone mark stands in it; must not know what a
name is, nor what a difference between two words means.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Tones are numbered as on the VNI keyboard: 0 ngang, 1 sắc, 2 huyền, 3 hỏi, 4 ngã, 5 nặng.
TONE_MARKS: Final = ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
TONE_OF_MARK: Final = {mark: tone for tone, mark in enumerate(TONE_MARKS) if mark}
QUALITY_MARKS: Final = frozenset("\u0302\u0306\u031b")  # circumflex, breve, horn
QUALITY_LETTERS: Final = "ăâêôơư"
VOWELS: Final = "aăâeêioôơuưy"

# Ð (eth) and Ɖ are typed for Đ; every kind of apostrophe for the one of H' and K'.
_LOOK_ALIKES: Final = str.maketrans("ðɖ’‘ʼ‛′＇`´ʹ", "đđ" + "'" * 9)
_ONSETS: Final = "ngh|ch|gh|kh|ng|nh|ph|qu|th|tr|gi(?=[aăâeêioôơuưy])|[bcdđghklmnpqrstvx]|"
_WORD: Final = re.compile(rf"({_ONSETS})([{VOWELS}]+)(ch|nh|ng|[cmnpt]|)")


def _mark_rank(mark: str) -> int:
    if mark in QUALITY_MARKS:
        return 0
    return 2 if mark in TONE_OF_MARK else 1


def lower_nfc(word: str) -> str:
    """Lower case, NFC, one code point for đ and for the apostrophe.

    Marks in another order than Unicode's own (a tone typed before the circumflex) are put in
    order as well.

    >>> lower_nfc("ÐẬU") == "đậu"
    True
    """
    if word.isascii():
        return word.lower().replace("`", "'")
    word = unicodedata.normalize("NFC", word).lower().translate(_LOOK_ALIKES)
    parts = unicodedata.normalize("NFD", word)
    if len(parts) == len(word):
        return unicodedata.normalize("NFC", parts)
    out: list[str] = []
    marks: list[str] = []
    for char in parts:
        if unicodedata.combining(char):
            marks.append(char)
            continue
        out.extend(sorted(marks, key=_mark_rank))
        marks.clear()
        out.append(char)
    out.extend(sorted(marks, key=_mark_rank))
    return unicodedata.normalize("NFC", "".join(out))


def fold(word: str) -> str:
    """The base letters a-z of a word: no marks, đ as d, anything else dropped.

    >>> fold("h'hen"), fold("đỗ")
    ('hhen', 'do')
    """
    if word.isascii() and word.isalpha() and word.islower():
        return word
    parts = unicodedata.normalize("NFD", lower_nfc(word)).replace("đ", "d")
    return "".join(char for char in parts if "a" <= char <= "z")


def split_tone(word: str) -> tuple[str, int]:
    """A lower-case NFC word without its tone mark, and the tone.

    The tone is -1 (and the word unchanged) when two marks stand on it, or one on a consonant.

    >>> split_tone("nguyễn")
    ('nguyên', 4)
    """
    if word.isascii():
        return word, 0
    parts = unicodedata.normalize("NFD", word)
    tone, at, base = 0, -1, ""
    for index, char in enumerate(parts):
        found = TONE_OF_MARK.get(char)
        if found is not None:
            if tone or not base or base not in "aeiouy":
                return word, -1
            tone, at = found, index
        elif not unicodedata.combining(char):
            base = char
    if not tone:
        return word, 0
    return unicodedata.normalize("NFC", parts[:at] + parts[at + 1 :]), tone


def place_tone(toneless: str, tone: int) -> str:
    """Put the tone mark where the older, commoner spelling has it (hòa, thúy, quý, già).

    `toneless` is a lower-case NFC word; a word that is not built like a Vietnamese syllable has
    no place for the mark, and the answer is then the empty string.

    >>> place_tone("hoa", 2), place_tone("quy", 1), place_tone("gia", 2), place_tone("ngươi", 2)
    ('hòa', 'quý', 'già', 'người')
    """
    if not tone:
        return toneless
    found = _WORD.fullmatch(toneless)
    if not found:
        return ""
    onset, vowels, final = found.groups()
    marked = [index for index, vowel in enumerate(vowels) if vowel in QUALITY_LETTERS]
    if marked:
        at = marked[-1]
    elif len(vowels) == 1:
        at = 0
    elif final:
        at = len(vowels) - 1
    else:
        at = 1 if len(vowels) > 2 else 0
    at += len(onset)
    whole = toneless[: at + 1] + TONE_MARKS[tone] + toneless[at + 1 :]
    return unicodedata.normalize("NFC", whole)

"""Keys of a Vietnamese keyboard that were left in the text: Telex letters and VNI digits.

Reads one word as the keyboard program would have; must not know of whole names.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from lamsach.identity.names.letters import TONE_MARKS, VOWELS, lower_nfc, place_tone, split_tone
from lamsach.identity.names.syllables import is_syllable

_TELEX_TONES: Final = {"s": 1, "f": 2, "r": 3, "x": 4, "j": 5, "z": 0}
_VNI_TONES: Final = {str(tone): tone for tone in range(6)}
_CIRCUMFLEX: Final = {"a": "â", "e": "ê", "o": "ô"}
_LONGEST: Final = 14
_MOST_READINGS: Final = 64
# A word that can hold keys: Telex needs a tone letter, a w or a doubled letter; VNI a digit.
_MAYBE_TELEX: Final = re.compile(r"[sfrxjwz]|d.*d|a.*a|e.*e|o.*o")
_MAYBE_VNI: Final = re.compile(r"[^\W\d].*[0-9]")


def _horns(letters: str) -> list[str]:
    """The word after w (or 7, 8) was struck: a horn or breve on each vowel that takes one."""
    out: list[str] = []
    at = letters.rfind("uo")
    if at >= 0:
        out.append(letters[:at] + "ươ" + letters[at + 2 :])
    for place in range(len(letters) - 1, -1, -1):
        marked = {"a": "ă", "o": "ơ", "u": "ư"}.get(letters[place])
        if marked:
            out.append(letters[:place] + marked + letters[place + 1 :])
    at = letters.rfind("ưo")
    if at >= 0:
        out.insert(0, letters[:at] + "ươ" + letters[at + 2 :])
    at = letters.rfind("uơ")
    if at >= 0:
        out.insert(0, letters[:at] + "ươ" + letters[at + 2 :])
    return out


def _circumflex(letters: str, which: str) -> list[str]:
    at = letters.rfind(which)
    return [letters[:at] + _CIRCUMFLEX[which] + letters[at + 1 :]] if at >= 0 else []


def _has_vowel(letters: str) -> bool:
    return any(char in VOWELS for char in letters)


def _telex(char: str, letters: str, tone: int) -> list[tuple[str, int]]:
    """What one struck key makes of the word so far, the keyboard's own reading first."""
    if char in _TELEX_TONES and _has_vowel(letters):
        readings = [(letters, _TELEX_TONES[char])]
        return readings if char in "fjz" else [*readings, (letters + char, tone)]
    if char == "w":
        return [(marked, tone) for marked in _horns(letters)] or [(letters + "ư", tone)]
    if char == "d" and letters.startswith("d"):
        return [("đ" + letters[1:], tone)]
    if char in _CIRCUMFLEX and char in letters:
        marked = [(word, tone) for word in _circumflex(letters, char)]
        return marked if letters.endswith(char) else [*marked, (letters + char, tone)]
    return [(letters + char, tone)]


def _vni(char: str, letters: str, tone: int) -> list[tuple[str, int]]:
    if char in _VNI_TONES and _has_vowel(letters):
        return [(letters, _VNI_TONES[char])]
    if char == "6":
        return [(w, tone) for v in "aeo" if v in letters for w in _circumflex(letters, v)]
    if char == "7":
        return [(word, tone) for word in _horns(letters) if "ă" not in word]
    if char == "8":
        at = letters.rfind("a")
        return [(letters[:at] + "ă" + letters[at + 1 :], tone)] if at >= 0 else []
    if char == "9":
        return [("đ" + letters[1:], tone)] if letters.startswith("d") else []
    return [] if char.isdigit() else [(letters + char, tone)]


def _with_tone(letters: str, tone: int) -> str:
    """The tone put in its place; on the first vowel of a word that is no syllable."""
    placed = place_tone(letters, tone)  # the word itself when it has no tone
    if placed:
        return placed
    found = [index for index, char in enumerate(letters) if char in VOWELS]
    marked = [index for index in found if letters[index] not in "aeiouy"]
    at = (marked or found)[-1 if marked else 0] + 1
    return unicodedata.normalize("NFC", letters[:at] + TONE_MARKS[tone] + letters[at:])


@lru_cache(maxsize=32768)
def typed_readings(word: str) -> tuple[str, ...]:
    """Every word that the keys of `word` may have been meant for, likeliest first.

    The tone key may stand anywhere after the vowel, the others after their letter. A word without
    a key in it has none; whether a reading is a syllable is not asked.

    >>> typed_readings("Nguyeexn")[0], typed_readings("nguye64n")[0], typed_readings("Lan")
    ('nguyễn', 'nguyễn', ())
    """
    word = lower_nfc(word)
    if len(word) > _LONGEST or not word.isalnum():
        return ()
    if _MAYBE_VNI.search(word):
        key = _vni
    elif _MAYBE_TELEX.search(word):
        key = _telex
    else:
        return ()
    start, tone = split_tone(word)
    states = [("", max(tone, 0))]
    for char in start if tone >= 0 else word:
        states = [after for letters, t in states for after in key(char, letters, t)]
        states = list(dict.fromkeys(states))[:_MOST_READINGS]
    readings = [_with_tone(letters, t) for letters, t in states if not t or _has_vowel(letters)]
    return tuple(dict.fromkeys(reading for reading in readings if reading != word))


@lru_cache(maxsize=32768)
def typed_word(word: str) -> str:
    """The one syllable that keys left in a word were meant for, or the empty string.

    >>> typed_word("Nguyeexn"), typed_word("DDuwcs"), typed_word("ksor")
    ('nguyễn', 'đức', '')
    """
    for reading in typed_readings(word):
        if is_syllable(reading):
            return reading
    return ""


def telex_keys(word: str) -> list[str]:
    """The Telex keys of a word: the tone after its vowel, and the tone at the end.

    >>> telex_keys("nguyễn")
    ['nguyeexn', 'nguyeenx']
    """
    return _keys_of(
        word, {"ă": "aw", "â": "aa", "ê": "ee", "ô": "oo", "ơ": "ow", "ư": "uw"}, "dd", " sfrxj"
    )


def vni_keys(word: str) -> list[str]:
    """The VNI keys of a word: the tone after its vowel, and the tone at the end.

    >>> vni_keys("đức")
    ['d9u71c', 'd9u7c1']
    """
    return _keys_of(
        word, {"ă": "a8", "â": "a6", "ê": "e6", "ô": "o6", "ơ": "o7", "ư": "u7"}, "d9", " 12345"
    )


def _keys_of(word: str, vowels: dict[str, str], d: str, tones: str) -> list[str]:
    inline, tail = "", ""
    for char in lower_nfc(word):
        letter, tone = split_tone(char)
        keys = vowels.get(letter, letter).replace("đ", d)
        inline += keys + tones[tone].strip()
        tail = tail or tones[tone].strip()
    plain = "".join(
        vowels.get(letter, letter).replace("đ", d)
        for letter, _ in (split_tone(char) for char in lower_nfc(word))
    )
    return list(dict.fromkeys([inline, plain + tail]))

"""The likeliest meaning of a damaged name, judged by what can be a syllable.

A name is repaired only on evidence: some word that is no syllable becomes one and none becomes
worse. Must not know of the name it will be compared with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from lamsach.identity.names.encodings import (
    ENCODINGS,
    LOST,
    could_be_bytes,
    decode,
    torn_readings,
)
from lamsach.identity.names.keystrokes import typed_word
from lamsach.identity.names.tables import LETTERS
from lamsach.identity.names.words import WORD_WEIGHTS, word_forms
from lamsach.identity.names.writing import normalize_name

_VIQR_MARK: Final = re.compile(r"[aeiouy][(^+]?[`'?~.]|[aeo]\^|a\(|[ou]\+", re.IGNORECASE)
_VIQR_STRONG: Final = re.compile(r"[aeiouy][(^+]*[`~]|[aeo]\^|a\(|[ou]\+", re.IGNORECASE)
_VIQR_INSIDE: Final = re.compile(r"[^\W\d][aeiouy]['?.](?=\S| +\S)", re.IGNORECASE)
_HALF: Final = len(LETTERS) // 2  # the lower-case letters come first
_CAPITAL_INSIDE: Final = re.compile(f"[a-z{LETTERS[:_HALF]}][{LETTERS[_HALF:]}]")
_UTF8_LEADS: Final = frozenset("ÃÄÅÆáÂ")
# Evidence enough by itself that keys were left in; without it s, r, x or a last digit may belong.
_STRONG_KEYS: Final = re.compile(r"[fjwz]|dd|aa|ee|oo|[6-9]|[0-9].")
_SOFT_HYPHEN_IS: Final = {"TCVN3": "ư", "VISCII": "ễ"}
_SINGLE_BYTE: Final = tuple(name for name in ENCODINGS if name != "VIQR")


def _fine(word: str) -> bool:
    forms = word_forms(word)
    return forms.is_syllable or forms.canonical in WORD_WEIGHTS


def _judge(before: Sequence[str], text: str) -> tuple[tuple[int, int], tuple[str, ...]] | None:
    """The worth of a reading and its words, None where it is no better than what is written."""
    words = tuple(normalize_name(text).split())
    wrong_before = sum(not _fine(word) for word in before)
    wrong = sum(not _fine(word) for word in words)
    if not words or wrong >= wrong_before:
        return None
    if len(words) == len(before):
        pairs = zip(before, words, strict=True)
        if any(_fine(old) and not _fine(new) for old, new in pairs):
            return None
    elif wrong:
        return None
    return (-wrong, sum(WORD_WEIGHTS.get(word, -1) for word in words)), words


def _best(before: Sequence[str], texts: Iterable[str]) -> tuple[str, ...]:
    found = [judged for judged in (_judge(before, text) for text in texts) if judged]
    return max(found, key=lambda judged: judged[0])[1] if found else ()


def _only(before: Sequence[str], texts: Iterable[str]) -> tuple[str, ...]:
    """The one reading that leaves no word wrong; of several, the one with fewest unknown words."""
    judged = (_judge(before, text) for text in texts if not _CAPITAL_INSIDE.search(text))
    ranked: dict[tuple[int, int], set[tuple[str, ...]]] = {}
    for found in judged:
        if found and not found[0][0]:
            words = found[1]
            unknown = sum(word not in WORD_WEIGHTS for word in words)
            ranked.setdefault((unknown, len(words)), set()).add(words)
    readings = ranked[min(ranked)] if ranked else set()
    return readings.pop() if len(readings) == 1 else ()


def _ethnic_n_only(raw: str, before: Sequence[str]) -> bool:
    """ñ is đ in VNI and VPS, and a letter of Ê Đê: alone it proves nothing beside such words."""
    strange = {char for char in raw.lower() if ord(char) > 0x7F} - set("êôâăơưñ")
    marked = any("'" in word or word == "y" for word in before)
    return not strange and (
        marked or any(word in WORD_WEIGHTS for word in before if not word_forms(word).is_syllable)
    )


def _with_lost_hyphens(before: Sequence[str], raw: str, encoding: str) -> Iterable[str]:
    """The soft hyphen is a letter in some encodings; where it vanished it is put back.

    One letter goes back into each wrong word, where that makes just one syllable.
    """
    letter = _SOFT_HYPHEN_IS[encoding]
    words: list[str] = []
    text = decode(raw, encoding)
    for word in normalize_name(text).split() if text != raw else ():
        if _fine(word):
            words.append(word)
            continue
        bare = re.sub(f"[{LOST}]", "", word)
        if len(bare) < 2:  # an initial
            return
        readings = {bare[:at] + letter + bare[at:] for at in range(len(bare) + 1)}
        fitting = [reading for reading in sorted(readings) if word_forms(reading).is_syllable]
        if len(fitting) != 1:
            return
        words.append(fitting[0])
    if words:
        yield " ".join(words)


def _decoded(raw: str, before: Sequence[str]) -> tuple[str, ...]:
    if raw.isascii():
        if not _VIQR_MARK.search(raw):
            return ()
        if not (_VIQR_STRONG.search(raw) or _VIQR_INSIDE.search(raw)):
            return ()
        tokens = raw.split()
        return _best(tokens, [decode(raw, "VIQR")])
    if not could_be_bytes(raw) or _ethnic_n_only(raw, before):
        return ()
    words = _best(before, [decode(raw, encoding) for encoding in _SINGLE_BYTE])
    if words and all(map(_fine, words)):
        return words
    if any(char in _UTF8_LEADS for char in raw):
        whole = _only(before, torn_readings(raw, "UTF-8")) or _only(
            before, torn_readings(raw, "UTF-8 twice")
        )
        if whole:
            return whole
    for encoding in _SOFT_HYPHEN_IS:
        whole = _only(before, _with_lost_hyphens(before, raw, encoding))
        if whole:
            return whole
    return words


def untyped_word(word: str) -> str:
    """A canonical word with keys left in it, read; empty if it is fine or cannot be read.

    A lone tone letter is read only in a known word of names.

    >>> untyped_word("nguyeexn"), untyped_word("nguyễn"), untyped_word("ksor")
    ('nguyễn', '', '')
    """
    reading = "" if _fine(word) else typed_word(word)
    if reading and not _STRONG_KEYS.search(word) and reading not in WORD_WEIGHTS:
        return ""
    return reading


def _untyped(before: Sequence[str]) -> tuple[str, ...]:
    readings = [untyped_word(word) for word in before]
    if not any(readings):
        return ()
    return tuple(reading or word for reading, word in zip(readings, before, strict=True))


def repair(raw: str, before: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The words a damaged name was meant to have, and the damage: encoding, typing or none.

    `before` are the canonical words of `raw` as it stands.

    >>> repair("NguyÔn ThÞ", ("nguyôn", "thþ"))
    (('nguyễn', 'thị'), 'encoding')
    >>> repair("Nguyeexn", ("nguyeexn",)), repair("Ksor", ("ksor",))
    ((('nguyễn',), 'typing'), (('ksor',), ''))
    """
    words = _decoded(raw, before)
    if words:
        return words, "encoding"
    words = _untyped(before)
    if words:
        return words, "typing"
    return tuple(before), ""

"""Legacy encodings of Vietnamese, and text that was read in the wrong one.

A text in TCVN3, VNI-Windows, VPS, VISCII, CP1258 or UTF-8 that was read as Windows-1252 or
Latin-1, or in VIQR, is decoded here, and a text can be damaged the same way. Knows letters and
bytes; must not know which reading of a name is the likely one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import Final

from lamsach.identity.names import tables

# The order is that of preference when two decodings are equally good.
ENCODINGS: Final = (
    "TCVN3",
    "VNI-Windows",
    "UTF-8",
    "UTF-8 twice",
    "VISCII",
    "VPS",
    "CP1258",
    "VIQR",
)
_TWICE_LATIN: Final = "UTF-8 twice, the first time as Latin-1"
_CODES: Final = {
    "TCVN3": tables.TCVN3_CODES,
    "VNI-Windows": tables.VNI_CODES,
    "VISCII": tables.VISCII_CODES,
    "VPS": tables.VPS_CODES,
    "CP1258": tables.CP1258_CODES,
    "VIQR": tables.VIQR_CODES,
}
_UNDEFINED: Final = "\x81\x8d\x8f\x90\x9d"  # bytes without a character in Windows-1252
# Characters that seldom survive a form, a spreadsheet or a clean-up: no-break space, soft hyphen,
# controls. TCVN3 writes ư as a soft hyphen.
_FRAGILE: Final = _UNDEFINED + "\xa0\xad"
LOST: Final = "?\ufffd"  # what is put where a character could not be read
_MOST_READINGS: Final = 128


def _seen(code: bytes) -> str:
    """Bytes as a reader of Windows-1252 sees them; undefined bytes as control characters."""
    return "".join(
        chr(byte) if chr(byte) in _UNDEFINED else bytes([byte]).decode("cp1252") for byte in code
    )


_LATIN_TO_SEEN: Final = {
    byte: _seen(bytes([byte])) for byte in range(0x80, 0xA0) if chr(byte) not in _UNDEFINED
}
_TO_BYTE: Final = {_seen(bytes([byte])): byte for byte in range(256)}


def as_seen(text: str) -> str:
    """The text as Windows-1252 shows it, where Latin-1 had left control characters."""
    return text.translate(_LATIN_TO_SEEN)


def could_be_bytes(text: str) -> bool:
    """Whether every character could be a byte that was read in the wrong encoding.

    >>> could_be_bytes("NguyÔn"), could_be_bytes("Nguyễn")
    (True, False)
    """
    return all(char in _TO_BYTE or char == "\ufffd" for char in as_seen(text))


def _bytes_of(text: str) -> bytes | None:
    try:
        return bytes([_TO_BYTE[char] for char in text])
    except KeyError:
        return None


@cache
def _letters(encoding: str) -> Mapping[str, str]:
    """Each letter of Vietnamese to what is seen of it in the encoding."""
    if encoding.startswith("UTF-8"):
        return {letter: encode(letter, encoding) for letter in tables.LETTERS}
    codes = _CODES[encoding].split()
    return {
        letter: _seen(bytes.fromhex(code))
        for letter, code in zip(tables.LETTERS, codes, strict=True)
    }


@cache
def _decoder(encoding: str) -> tuple[re.Pattern[str], Mapping[str, str]]:
    """A pattern that finds the letters of an encoding, longest first, and their table."""
    back: dict[str, str] = {}
    for letter, seen in _letters(encoding).items():
        back[seen] = letter
    if encoding == "VPS":
        for entry in tables.VPS_OTHER.split():
            letter, code = entry.split("=")
            back.setdefault(_seen(bytes.fromhex(code)), letter)
    if encoding == "VIQR":
        back |= {"Dd": "Đ", "dD": "đ"}
    if encoding == "VISCII":
        back.setdefault("ð", "đ")
    ordered = sorted(back, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered))), back


def encode(text: str, encoding: str) -> str:
    """What is seen of a Vietnamese text that was written in `encoding` and read as Windows-1252.

    >>> encode("Nguyễn Thị Hồng", "TCVN3"), encode("Nguyễn", "VIQR")
    ('NguyÔn ThÞ Hång', 'Nguye^~n')
    """
    if encoding == "UTF-8 twice":
        return encode(encode(text, "UTF-8"), "UTF-8")
    if encoding == _TWICE_LATIN:
        return encode(text.encode().decode("latin-1"), "UTF-8")
    if encoding == "UTF-8":
        return _seen(text.encode())
    letters = _letters(encoding)
    return "".join(letters.get(char, char) for char in text)


def decode(text: str, encoding: str) -> str:
    """The Vietnamese text of which `text` is seen, as it stands if nothing in it says so.

    `encoding` is one of ENCODINGS; the text may have been read as Windows-1252 or Latin-1.

    >>> decode("Nguyeãn Thò Hoàng", "VNI-Windows"), decode("Nguyá»…n", "UTF-8")
    ('Nguyễn Thị Hồng', 'Nguyễn')
    """
    text = as_seen(text)
    if encoding.startswith("UTF-8"):
        for _ in range(2 if encoding.endswith("twice") else 1):
            code = _bytes_of(as_seen(text))
            if code is None:
                return text
            try:
                text = code.decode("utf-8")
            except UnicodeDecodeError:
                return text
        return text
    pattern, back = _decoder(encoding)
    return pattern.sub(lambda found: back[found[0]], text)


def _without(seen: str, instead: str, lost: str) -> str:
    return "".join(instead if char in lost else char for char in seen)


@cache
def _torn_letters(encoding: str) -> tuple[re.Pattern[str], Mapping[str, tuple[str, ...]]]:
    """What may be left of each letter when fragile characters are lost on the way.

    A no-break space that has become a space can stand for itself or for the space that follows,
    so a reading may end in a space.
    """
    back: dict[str, list[str]] = {}

    def add(seen: str, reading: str) -> None:
        readings = back.setdefault(seen, [])
        if reading not in readings:
            readings.append(reading)

    ways = [encoding, _TWICE_LATIN] if encoding == "UTF-8 twice" else [encoding]
    for letter, seen in [pair for way in ways for pair in _letters(way).items()]:
        add(seen, letter)
        if not any(char in _FRAGILE for char in seen):
            continue
        for mark in ("", *LOST):
            left = _without(seen, mark, _FRAGILE)
            if left.strip(LOST):
                add(left, letter)
                if seen[-1] in _FRAGILE and not mark:
                    add(left + " ", letter + " ")
        spaced = seen.replace("\xa0", " ")
        if spaced != seen:
            add(spaced, letter)
            add(_without(spaced, "", _FRAGILE), letter)
    ordered = sorted(back, key=len, reverse=True)
    table = {seen: tuple(readings) for seen, readings in back.items()}
    return re.compile("|".join(map(re.escape, ordered))), table


def torn_readings(text: str, encoding: str) -> list[str]:
    """Every reading of UTF-8 seen as single bytes of which fragile bytes are lost.

    At most 128 readings are made; a text that has more is given none.

    >>> "Hoà Bình" in torn_readings("HoÃ BÃ¬nh", "UTF-8")
    True
    """
    pattern, table = _torn_letters(encoding)
    text = as_seen(text)
    parts: list[tuple[str, ...]] = []
    count, at = 1, 0
    for found in pattern.finditer(text):
        parts.append((text[at : found.start()],))
        parts.append(table[found[0]])
        count *= len(parts[-1])
        at = found.end()
        if count > _MOST_READINGS:
            return []
    parts.append((text[at:],))
    return ["".join(reading) for reading in product(*parts)]


def loose_key(text: str) -> str:
    """A damaged word as it can be compared: fragile characters gone, every case kept.

    >>> loose_key("Ph\\xadêng") == loose_key("Phêng")
    True
    """
    return _without(as_seen(text), "", _FRAGILE + " ").replace("\ufffd", "?")


def case_free(key: str) -> str:
    """A loose key for text whose letter case was changed after the damage; never a loose key."""
    return "\0" + key.lower()


def loose_forms(word: str) -> dict[str, int]:
    """The loose keys that damage can make of a word, each with a bit mask of the ways.

    Bit i stands for ENCODINGS[i]; the bit after them for a reader who put a question mark in
    place of each letter that Windows-1252 does not have. The word is taken in lower case, in
    title case and in capitals, whole and with fragile characters lost; each key also stands
    there case-free.

    >>> loose_forms("thị")["thÞ"] == loose_forms("thị")[case_free("THþ")] == 1
    True
    """
    forms: dict[str, int] = {}

    def add(key: str, way: int) -> None:
        for each in (key, case_free(key)):
            forms[each] = forms.get(each, 0) | way

    cases = {word, word[:1].upper() + word[1:], word.upper()}
    for bit, encoding in enumerate(ENCODINGS):
        ways = [encoding, _TWICE_LATIN] if encoding == "UTF-8 twice" else [encoding]
        for written, way in product(cases, ways):
            for key in _keys(encode(written, way), torn=encoding.startswith("UTF-8")):
                add(key, 1 << bit)
    for written in cases:
        key = "".join(char if char in _TO_BYTE else "?" for char in written)
        if "?" in key:
            add(key, 1 << len(ENCODINGS))
    return forms


def _keys(seen: str, *, torn: bool) -> set[str]:
    keys = {loose_key(seen)}
    if any(char in _FRAGILE for char in seen):
        keys.add(_without(seen, "?", _FRAGILE))
    if torn:  # read as Latin-1, and every control character dropped
        keys.add("".join(c for c in seen if ord(c) < 0x100 and c not in _FRAGILE))
    return keys

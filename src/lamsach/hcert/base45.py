"""Base45 (RFC 9285): two bytes as three characters of the QR code's alphanumeric mode.

Array arithmetic instead of a loop over characters: a certificate takes some microseconds either
way, several times less than the signature. Must not know what the bytes mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["ALPHABET", "decode", "decode_many", "encode", "encode_many"]

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_BASE = 45
_LETTERS = ALPHABET.encode("ascii")
_NONE = 0xFF
_VALUES = bytes(ALPHABET.find(chr(code)) & _NONE for code in range(256))
_BIG_ENDIAN = np.dtype(">u2")
# Whole numbers up to 91,124, which this type holds exactly and multiplies fastest.
_WEIGHTS = np.array([1, _BASE, _BASE**2], dtype=np.float32)


def _groups() -> npt.NDArray[np.uint32]:
    """The three characters of each of the 65,536 pairs of bytes, and a byte that is dropped."""
    pairs = np.arange(1 << 16)
    letters = np.frombuffer(_LETTERS, dtype=np.uint8)
    table = np.zeros((1 << 16, 4), dtype=np.uint8)
    for place in range(3):
        table[:, place] = letters[pairs // _BASE**place % _BASE]
    return table.view(np.uint32).ravel()


_GROUPS = _groups()


def encode(data: bytes) -> str:
    """Bytes as base45 text.

    >>> encode(b"Hello!!")
    '%69 VD92EX0'
    """
    text = _pairs(data[: len(data) & ~1])
    return text + _last(data) if len(data) & 1 else text


def encode_many(items: Sequence[bytes]) -> list[str]:
    """The same for many at once.

    >>> encode_many([b"AB", b"", b"Hello!!"])
    ['BB8', '', '%69 VD92EX0']
    """
    text = _pairs(b"".join([data[: len(data) & ~1] for data in items]))
    made = []
    start = 0
    for data in items:
        end = start + len(data) // 2 * 3
        made.append(text[start:end] + _last(data) if len(data) & 1 else text[start:end])
        start = end
    return made


def _pairs(data: bytes) -> str:
    """An even number of bytes."""
    groups = _GROUPS[np.frombuffer(data, dtype=">u2")]
    text: str = groups.view(np.uint8).reshape(-1, 4)[:, :3].tobytes().decode("ascii")
    return text


def _last(data: bytes) -> str:
    """The byte without a partner."""
    high, low = divmod(data[-1], _BASE)
    return ALPHABET[low] + ALPHABET[high]


def decode(text: str) -> bytes:
    """The bytes of base45 text; raises ValueError, which says what is wrong and never quotes.

    >>> decode("%69 VD92EX0")
    b'Hello!!'
    >>> decode(":::")
    Traceback (most recent call last):
    ...
    ValueError: a group of three characters stands for more than 65535
    """
    values = _numbers(text)
    data = _bytes_of(values[: len(values) // 3 * 3])
    return data + _single(values) if len(values) % 3 else data


def decode_many(texts: Sequence[str]) -> list[bytes]:
    """The same for many at once; raises ValueError if any of them is no base45.

    >>> decode_many(["BB8", "", "%69 VD92EX0"])
    [b'AB', b'', b'Hello!!']
    """
    numbers = [_numbers(text) for text in texts]
    data = _bytes_of(b"".join([values[: len(values) // 3 * 3] for values in numbers]))
    made = []
    start = 0
    for values in numbers:
        end = start + len(values) // 3 * 2
        made.append(data[start:end] + _single(values) if len(values) % 3 else data[start:end])
        start = end
    return made


def _numbers(text: str) -> bytes:
    """The place of each character in the alphabet."""
    try:
        values = text.encode("ascii").translate(_VALUES)
    except UnicodeEncodeError:
        raise ValueError("a character that base45 does not have") from None
    if _NONE in values:
        raise ValueError("a character that base45 does not have")
    if len(values) % 3 == 1:
        raise ValueError("one character too many or too few")
    return values


def _bytes_of(values: bytes) -> bytes:
    """Groups of three."""
    sums = np.frombuffer(values, np.uint8).reshape(-1, 3).dot(_WEIGHTS)
    if values and np.maximum.reduce(sums) > 0xFFFF:
        raise ValueError("a group of three characters stands for more than 65535")
    data: bytes = sums.astype(_BIG_ENDIAN).tobytes()
    return data


def _single(values: bytes) -> bytes:
    """The last two, which stand for one byte."""
    last = values[-2] + values[-1] * _BASE
    if last > 0xFF:
        raise ValueError("the last two characters stand for more than 255")
    return bytes((last,))

"""A strict reader of CBOR (RFC 8949) for input that nobody vouches for.

Why not a library: certificates must be refused when a map repeats a key, which the libraries
silently merge; and nothing in the input may cost more time or memory than its own length (nesting,
announced lengths, big numbers, tags with a meaning). Tags are therefore handed over unread. Writing
is trusted data and stays with `cbor2`. Must not know what the values mean.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

__all__ = ["MAX_DEPTH", "CborError", "Simple", "Tag", "loads"]

MAX_DEPTH = 24  # a certificate needs six levels

_HALF = struct.Struct(">e")
_SINGLE = struct.Struct(">f")
_DOUBLE = struct.Struct(">d")
_BREAK = 0xFF
_KEYS = frozenset({int, str, bytes})
_CONSTANTS = {0xF4: False, 0xF5: True, 0xF6: None}


class CborError(ValueError):
    """Bytes that are no CBOR, or CBOR that a certificate must not contain; never quotes them."""


class Tag(NamedTuple):
    """A tagged value, unread: tag 18 marks COSE_Sign1, tag 0 a date and time as text."""

    number: int
    value: Any


class Simple(NamedTuple):
    """A simple value without a meaning here; 23 is `undefined`."""

    number: int


def loads(data: bytes) -> Any:
    """The one value that `data` holds: dict, list, str, bytes, int, float, bool, None, `Tag`, …

    Refused with `CborError`: a repeated map key, map keys other than integers and strings, text
    that is not UTF-8, more than `MAX_DEPTH` levels, anything after the value, anything not
    well-formed. Integers have at most 64 bits (bignums are a `Tag`).

    >>> loads(bytes.fromhex("a20162564e061a62585a8f"))
    {1: 'VN', 6: 1649957519}
    >>> loads(bytes.fromhex("a201000100"))
    Traceback (most recent call last):
    ...
    lamsach.hcert.cbor.CborError: a map holds the same key twice
    """
    try:
        value, end = _value(data, 0, 0)
    except (IndexError, struct.error):
        raise CborError("the data end early") from None
    except UnicodeDecodeError:
        raise CborError("a text is not UTF-8") from None
    # Slices never fail, so that a string that runs over the end is only seen here.
    if end != len(data):
        raise CborError("the data end early" if end > len(data) else "data after the value")
    return value


def _value(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """The value at a place, and the place after it."""
    head = data[at]
    at += 1
    if head < 0x18:
        return head, at
    major = head >> 5
    info = head & 0x1F
    if info < 0x18:
        size = info
    elif info == 0x18 and major < 7:
        size = data[at]
        at += 1
    elif info < 0x1C:
        after = at + (1 << (info - 0x18))
        size = int.from_bytes(data[at:after], "big")
        at = after
        if major == 7:
            return _simple_or_float(data, info, size, at)
    elif info == 0x1F and 2 <= major <= 5:
        return _indefinite(data, at, major, depth)
    else:
        raise CborError("a head that CBOR does not have")
    if major == 3:
        after = at + size
        return data[at:after].decode(), after
    if major == 5:
        return _map(data, at, size, depth + 1)
    if major == 0:
        return size, at
    if major == 2:
        return data[at : at + size], at + size
    if major == 4:
        return _array(data, at, size, depth + 1)
    if major == 1:
        return -1 - size, at
    if major == 6:
        _check_depth(depth + 1)
        tagged, at = _value(data, at, depth + 1)
        return Tag(size, tagged), at
    return _CONSTANTS.get(head, Simple(info)), at


def _map(data: bytes, at: int, size: int, depth: int) -> tuple[dict[Any, Any], int]:
    """A map of `size` pairs. Short texts and numbers, nearly all there is, need no call."""
    _check_depth(depth)
    made: dict[Any, Any] = {}
    for _ in range(size):
        head = data[at]
        if 0x60 <= head < 0x78:
            after = at + head - 0x5F
            key: Any = data[at + 1 : after].decode()
        elif head < 0x18:
            key, after = head, at + 1
        else:
            key, after = _value(data, at, depth)
            if type(key) not in _KEYS:
                raise CborError("a map key that is no integer and no string")
        head = data[after]
        if 0x60 <= head < 0x78:
            at = after + head - 0x5F
            made[key] = data[after + 1 : at].decode()
        elif head == 0x78:
            at = after + 2 + data[after + 1]
            made[key] = data[after + 2 : at].decode()
        elif head < 0x18:
            at = after + 1
            made[key] = head
        elif 0xA0 <= head < 0xB8:
            made[key], at = _map(data, after + 1, head - 0xA0, depth + 1)
        else:
            made[key], at = _value(data, after, depth)
    if len(made) != size:
        raise CborError("a map holds the same key twice")
    return made, at


def _array(data: bytes, at: int, size: int, depth: int) -> tuple[list[Any], int]:
    _check_depth(depth)
    made = []
    for _ in range(size):
        item, at = _value(data, at, depth)
        made.append(item)
    return made, at


def _indefinite(data: bytes, at: int, major: int, depth: int) -> tuple[Any, int]:
    """A string, array or map that a break ends."""
    _check_depth(depth + 1)
    if major == 4:
        items = []
        while data[at] != _BREAK:
            item, at = _value(data, at, depth + 1)
            items.append(item)
        return items, at + 1
    if major == 5:
        made: dict[Any, Any] = {}
        while data[at] != _BREAK:
            pair, at = _map(data, at, 1, depth + 1)
            if made.keys() & pair.keys():
                raise CborError("a map holds the same key twice")
            made.update(pair)
        return made, at + 1
    chunks = []
    while data[at] != _BREAK:
        head = data[at]
        if head >> 5 != major or head & 0x1F == 0x1F:
            raise CborError("a string made of something else than its like")
        chunk, at = _value(data, at, depth + 1)
        chunks.append(chunk)
    return ("" if major == 3 else b"").join(chunks), at + 1


def _simple_or_float(data: bytes, info: int, size: int, at: int) -> tuple[Any, int]:
    if info == 0x18:
        if size < 0x20:
            raise CborError("a head that CBOR does not have")
        return Simple(size), at
    kind = _HALF if info == 0x19 else _SINGLE if info == 0x1A else _DOUBLE
    return kind.unpack_from(data, at - kind.size)[0], at


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise CborError(f"more than {MAX_DEPTH} levels within one another")

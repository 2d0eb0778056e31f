"""The envelope HC1: text, base45, zlib, COSE and CWT claims, with any content in it.

Opens and closes it; bounded in memory whatever comes in. Must not know what a content means
(`contents`), whom to trust (`trust`) nor when (`verify`).
"""

from __future__ import annotations

import math
import zlib
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from lamsach.hcert import base45, cose
from lamsach.hcert.cbor import CborError, loads
from lamsach.hcert.errors import Code, Refused

__all__ = [
    "MAX_INFLATED",
    "MAX_TEXT",
    "PREFIX",
    "Envelope",
    "open_envelope",
    "open_many",
    "pack",
    "pack_many",
]

PREFIX = "HC1:"
MAX_TEXT = 16_384  # characters; a QR code holds 4,296 at most
MAX_INFLATED = 65_536  # bytes; a certificate has 200 to 1,500

_STORED = 11  # bytes that a stored block adds
_SAMPLED = 25  # of so many messages, one tells what deflate spares
_HOPELESS = 0.9  # deflate is not tried where it fails for so many of the sample
# Deflate's fixed code, which suits messages this short, spends nine bits on these, else eight.
_NINE_BITS = bytes(range(144, 256))
# Characters that a QR code of version 1 to 40 holds at level Q, alphanumeric (ISO/IEC 18004).
_CAPACITY = (
    *(16, 29, 47, 67, 87, 108, 125, 157, 189, 221, 259, 296, 352, 376, 426, 470, 531, 574, 644),
    *(702, 742, 823, 890, 963, 1041, 1094, 1172, 1263, 1322, 1429, 1499, 1618, 1700, 1787, 1867),
    *(1966, 2071, 2181, 2298, 2420),
)

# Bytes of a zlib stream that they hold, three characters for two bytes.
_ROOM = [(characters - len(PREFIX)) * 2 // 3 for characters in _CAPACITY]

CLAIM_ISSUER = 1
CLAIM_EXPIRES = 4
CLAIM_NOT_BEFORE = 5
CLAIM_ISSUED = 6
CLAIM_HCERT = -260


class Envelope(NamedTuple):
    """An opened envelope: nothing in it is verified yet.

    `issued_at`, `not_before` and `expires_at` are seconds since 1970 (UTC); the first two may be
    missing. `contents` is the map of claim -260, from a content's key (1: the EU's DCC) to its
    body.
    """

    message: cose.Sign1
    claims: dict[Any, Any]
    issuer: str | None
    issued_at: float | None
    not_before: float | None
    expires_at: float
    contents: dict[Any, Any]


def open_envelope(text: str) -> Envelope:
    """Open an HC1 text; raises `Refused` with the code of the first layer that fails.

    White space around the text is ignored: base45 never ends in a space.
    """
    try:
        packed = base45.decode(_body(text))
    except ValueError as error:
        raise Refused(Code.BASE_45_DECODING_FAILED, str(error)) from None
    return _unpacked(packed)


def open_many(texts: Sequence[str]) -> list[Envelope | Refused]:
    """What `open_envelope` makes of each text, base45 undone for all at once.

    >>> [refused.code.value for refused in open_many(["HC2:"])]
    ['INVALID_SCHEME_PREFIX']
    """
    try:
        packed = base45.decode_many([_body(text) for text in texts])
    except (Refused, ValueError):
        return [_tried(open_envelope, text) for text in texts]  # tells which, and why
    return [_tried(_unpacked, one) for one in packed]


_Closed = TypeVar("_Closed")


def _tried(step: Callable[[_Closed], Envelope], closed: _Closed) -> Envelope | Refused:
    try:
        return step(closed)
    except Refused as refused:
        return refused


def _body(text: str) -> str:
    """The base45 of an HC1 text."""
    text = text.strip()
    if not text.startswith(PREFIX):
        raise Refused(Code.INVALID_SCHEME_PREFIX, f"the text does not begin with {PREFIX}")
    if len(text) > MAX_TEXT:
        raise Refused(
            Code.BASE_45_DECODING_FAILED,
            f"the text has more than {MAX_TEXT} characters, which no QR code holds",
        )
    return text[len(PREFIX) :]


def _unpacked(packed: bytes) -> Envelope:
    """The envelope in a zlib stream."""
    data = _inflate(packed)
    try:
        return _read(cose.parse_sign1(data))
    except CborError as error:
        raise Refused(Code.CBOR_DESERIALIZATION_FAILED, str(error)) from None


def _inflate(packed: bytes) -> bytes:
    """Undo zlib (RFC 1950), never making more than `MAX_INFLATED` bytes."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, MAX_INFLATED)
    except zlib.error:
        raise Refused(Code.DECOMPRESSION_FAILED, "the bytes are no zlib stream") from None
    if not stream.eof:
        too_big = len(data) >= MAX_INFLATED
        detail = f"more than {MAX_INFLATED} bytes come out" if too_big else "the stream ends early"
        raise Refused(Code.DECOMPRESSION_FAILED, detail)
    if stream.unused_data:
        raise Refused(Code.DECOMPRESSION_FAILED, "bytes follow the stream")
    return data


def _read(message: cose.Sign1) -> Envelope:
    """The claims of a message (RFC 8392), their types checked; raises `CborError`."""
    claims = loads(message.payload)
    if type(claims) is not dict:
        raise CborError("the payload is no CWT: not a map of claims")
    expires = _time(claims, CLAIM_EXPIRES)
    if expires is None:
        raise CborError("the claim exp (4) is missing")
    contents = claims.get(CLAIM_HCERT)
    if type(contents) is not dict or not contents:
        raise CborError("the claim hcert (-260) is missing or no map")
    for body in contents.values():
        if type(body) is not dict:
            raise CborError("the content under the claim hcert (-260) is no map")
    issuer = claims.get(CLAIM_ISSUER)
    if issuer is not None and type(issuer) is not str:
        raise CborError("the claim iss (1) is no text")
    issued = _time(claims, CLAIM_ISSUED)
    not_before = _time(claims, CLAIM_NOT_BEFORE)
    return Envelope(message, claims, issuer, issued, not_before, expires, contents)


def _time(claims: dict[Any, Any], label: int) -> float | None:
    """A NumericDate: seconds since 1970, whole or not; None if the claim is missing."""
    value = claims.get(label)
    if value is None or type(value) is int:
        return value
    if type(value) is float and math.isfinite(value):
        return value
    raise CborError(f"the claim {label} is no time")


def pack(message: bytes) -> str:
    """A COSE message as an HC1 text.

    >>> pack(b"")
    'HC1:NCF3H0000100'
    """
    return PREFIX + base45.encode(zlib.compress(message, 9))


def pack_many(messages: Sequence[bytes]) -> list[str]:
    """The same for many messages of one kind, in a good part of the time.

    At the size of a certificate deflate spares some three bytes in four hundred and costs nearly as
    much as the signature. It is spent on a message only where what it spares on some of the
    messages, measured, gives it a chance of one in ten to spare a version of the QR code at level
    Q; else the block is stored. One or two codes in a hundred are thereby a version larger.

    >>> [open_envelope(text) for text in pack_many([])]
    []
    """
    sample = messages[::_SAMPLED]
    gains = sorted(len(m) + _STORED - len(zlib.compress(m, 9)) + _lost(m) for m in sample)
    most = gains[int(len(gains) * _HOPELESS)] if gains else 0
    packed = [_stored(m) if _one_version(m, most) else zlib.compress(m, 9) for m in messages]
    return [PREFIX + text for text in base45.encode_many(packed)]


def _lost(message: bytes) -> int:
    """Bytes that deflate's fixed code costs; what repeats must first make up for them."""
    return (len(message) - len(message.translate(None, _NINE_BITS))) // 8


def _one_version(message: bytes, most: int) -> bool:
    """Whether a message needs the same version of the QR code stored and deflated.

    `most` is what can be hoped that deflate spares, but for what its code costs.
    """
    size = len(message) + _STORED
    version = bisect_left(_ROOM, size)
    if version == len(_ROOM):
        return False  # no code holds it: as small as it gets
    missing = size - (_ROOM[version - 1] if version else 0)
    return missing > most or missing > most - _lost(message)


def _stored(message: bytes) -> bytes:
    """A zlib stream of one stored block (RFC 1950, RFC 1951 section 3.2.4), below 64 KB.

    By hand, because zlib prepares to compress before it stores.
    """
    size = len(message)
    return b"".join(
        (
            b"\x78\x01\x01",
            size.to_bytes(2, "little"),
            (size ^ 0xFFFF).to_bytes(2, "little"),
            message,
            zlib.adler32(message).to_bytes(4, "big"),
        )
    )

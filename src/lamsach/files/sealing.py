"""Sealing: a file as it lies on the disk, AES-GCM in pieces, so that any size needs little memory.

Each file has a key of its own, derived from the installation's and the file's address. A piece's
nonce is its number and whether it is the last (the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizár), so that pieces cannot be moved, dropped or cut off at the end. Two writings of
one content are equal; two contents never share a key. This room knows no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from hmac import new as hmac
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["SealBrokenError", "address_of", "opened", "sealed"]

_MAGIC: Final = b"lamsach-file-1\n"
_PIECE: Final = 1 << 20
_TAG: Final = 16


class SealBrokenError(Exception):
    """A file on the disk is not what was written there, or the key is another one."""


def _derived(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"lamsach/files/" + purpose).derive(key)


def address_of(content: bytes, key: bytes) -> str:
    """The content's address: 64 hexadecimal digits that say nothing without the key."""
    return hmac(_derived(key, b"address"), content, sha256).hexdigest()


def _cipher(address: str, key: bytes) -> AESGCM:
    return AESGCM(_derived(key, b"content/" + bytes.fromhex(address)))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def sealed(content: bytes, address: str, key: bytes) -> Iterator[bytes]:
    """The content as it is to be written.

    >>> key, content = bytes(32), b"x" * 3_000_000
    >>> where = address_of(content, key)
    >>> from io import BytesIO
    >>> b"".join(opened(BytesIO(b"".join(sealed(content, where, key))), where, key)) == content
    True
    """
    cipher = _cipher(address, key)
    yield _MAGIC
    view = memoryview(content)
    pieces = range(0, len(content), _PIECE) or range(1)
    for number, start in enumerate(pieces):
        last = start + _PIECE >= len(content)
        yield cipher.encrypt(_nonce(number, last=last), bytes(view[start : start + _PIECE]), _MAGIC)


def opened(file: IO[bytes], address: str, key: bytes) -> Iterator[bytes]:
    """The content of a sealed file, piece by piece.

    Raises `SealBrokenError`, possibly after pieces that are right.
    """
    if file.read(len(_MAGIC)) != _MAGIC:
        raise SealBrokenError("the file does not begin as it was written")
    cipher = _cipher(address, key)
    for number, (piece, last) in enumerate(_with_last(_pieces(file))):
        try:
            yield cipher.decrypt(_nonce(number, last=last), piece, _MAGIC)
        except InvalidTag as error:
            raise SealBrokenError("the file is damaged or its key is another one") from error


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    yield file.read(_PIECE + _TAG)
    while piece := file.read(_PIECE + _TAG):
        yield piece


def _with_last(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    before: bytes | None = None
    for piece in pieces:
        if before is not None:
            yield before, False
        before = piece
    if before is not None:
        yield before, True

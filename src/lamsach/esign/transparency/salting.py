"""Salted digests: what goes into a public log, so that nothing can be guessed from it.

A digest of a certificate's identifier alone could be found by trying; with 128 random bits it
cannot, and destroying the salt unlinks the entry for good. This room makes and checks digests.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from lamsach.esign.merkle import SALT_BYTES

__all__ = ["digest_of", "salted_digest"]


def salted_digest(data: bytes) -> tuple[bytes, bytes]:
    """A fresh salt of 16 bytes and the digest to be logged.

    >>> salt, digest = salted_digest(b"URN:UVCI:01:VN:1")
    >>> digest == digest_of(b"URN:UVCI:01:VN:1", salt)
    True
    """
    salt = secrets.token_bytes(SALT_BYTES)
    return salt, digest_of(data, salt)


def digest_of(data: bytes, salt: bytes) -> bytes:
    """HMAC-SHA-256 of the data under the salt: 32 bytes.

    Raises ValueError unless the salt has 16 bytes.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return hmac.digest(salt, data, sha256)

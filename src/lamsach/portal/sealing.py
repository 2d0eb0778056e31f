"""Sealing what must not be readable in the database, and digests of what must only be recognised.

AES-GCM and HMAC under keys derived from the installation's secret, one for each purpose, so that
what was sealed for one is no good for another. This room knows no table.
"""

from __future__ import annotations

import hmac
import os
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

__all__ = ["digest", "seal", "unseal"]

_NONCE_BYTES: Final = 12


def _key(purpose: str) -> bytes:
    return hmac.digest(settings.FIELD_KEY, f"lamsach portal {purpose}".encode(), sha256)


def seal(purpose: str, text: str) -> bytes:
    """The text, sealed; another purpose cannot open it."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_key(purpose)).encrypt(nonce, text.encode(), None)


def unseal(purpose: str, sealed: bytes) -> str | None:
    """What was sealed; None when the installation's secret was another one then."""
    data = bytes(sealed)
    try:
        plain = AESGCM(_key(purpose)).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], None)
    except InvalidTag:
        return None
    return plain.decode()


def digest(purpose: str, *parts: str) -> bytes:
    """A keyed digest of some texts, by which they are recognised and not read."""
    return hmac.digest(_key(purpose), "\0".join(parts).encode(), sha256)

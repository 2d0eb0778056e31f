"""How a certificate is named in a revocation list: 128 bits of a hash, never the certificate.

Three kinds, as the EU gateway defines them. SIGNATURE is required of new systems; UCI and
COUNTRYCODEUCI are deprecated and still read. This room hashes; it keeps no list.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from enum import StrEnum
from typing import Final

from lamsach.hcert.errors import HcertError

__all__ = [
    "HASH_LENGTH",
    "UNKNOWN_KID",
    "HashType",
    "RevocationError",
    "country_uci_hash",
    "format_kid",
    "parse_kid",
    "signature_hash",
    "uci_hash",
]

HASH_LENGTH: Final = 16
"""The first 128 bits of SHA-256."""

UNKNOWN_KID: Final = "UNKNOWN_KID"
"""What a batch says when its entries may have been signed by any key."""

_HEX_KID: Final = re.compile(r"[0-9A-Fa-f]{16}", re.ASCII)


class RevocationError(HcertError):
    """Revocation data that cannot be used, or a revocation that must not be published."""


class HashType(StrEnum):
    """What was hashed.

    >>> HashType("SIGNATURE")
    <HashType.SIGNATURE: 'SIGNATURE'>
    """

    SIGNATURE = "SIGNATURE"
    UCI = "UCI"
    COUNTRYCODEUCI = "COUNTRYCODEUCI"


def signature_hash(signature: bytes, algorithm: str) -> bytes:
    """The hash of a COSE signature; of ECDSA only r, for s has a second form that verifies too.

    `algorithm` is the COSE name (ES256, PS256).

    >>> signature_hash(b"r" * 32 + b"s" * 32, "ES256") == signature_hash(b"r" * 64, "ES256")
    True
    """
    hashed = signature[: len(signature) // 2] if algorithm.startswith("ES") else signature
    return hashlib.sha256(hashed).digest()[:HASH_LENGTH]


def uci_hash(uci: str) -> bytes:
    """The hash of a certificate identifier as it stands in the certificate (UTF-8)."""
    return hashlib.sha256(uci.encode()).digest()[:HASH_LENGTH]


def country_uci_hash(country: str, uci: str) -> bytes:
    """The hash of the issuing country's code and the identifier.

    >>> country_uci_hash("VN", "X") == uci_hash("VNX")
    True
    """
    return uci_hash(country + uci)


def parse_kid(text: str) -> bytes | None:
    """A key identifier in base64 or hex; None for the unknown key. Raises RevocationError.

    >>> parse_kid("8w2kZxb3iC0=").hex(), parse_kid("f30da46716f7882d").hex()
    ('f30da46716f7882d', 'f30da46716f7882d')
    """
    if text == UNKNOWN_KID:
        return None
    if _HEX_KID.fullmatch(text):
        return bytes.fromhex(text)
    try:
        kid = base64.b64decode(
            text.translate({45: 43, 95: 47}) + "=" * (-len(text) % 4), None, True
        )
    except (binascii.Error, ValueError):
        kid = b""
    if not kid:
        raise RevocationError(f"the key identifier {text[:24]!r} is neither base64 nor hex")
    return kid


def format_kid(kid: bytes | None) -> str:
    """A key identifier as the gateway writes it (base64).

    >>> format_kid(None)
    'UNKNOWN_KID'
    """
    return UNKNOWN_KID if kid is None else base64.b64encode(kid).decode()

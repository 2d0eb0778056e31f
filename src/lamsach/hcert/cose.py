"""COSE_Sign1 (RFC 9052) with the two algorithms of health certificates: ES256 and PS256.

Knows the structure that is signed and how a key checks a signature; must not know what is inside
the payload nor whom to trust.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256

from lamsach.hcert.cbor import CborError, Tag, loads

__all__ = [
    "ALGORITHM_NAMES",
    "ES256",
    "PS256",
    "PublicKey",
    "Sign1",
    "algorithm_of",
    "parse_sign1",
    "sign1_bytes",
    "signed_bytes",
    "verify_signature",
]

ES256 = -7
PS256 = -37
ALGORITHM_NAMES = {ES256: "ES256", PS256: "PS256"}

LABEL_ALGORITHM = 1
LABEL_KID = 4

_SHORT_HEADER = 64  # bytes; two entries need fifteen
_TAG_SIGN1 = 18
_TAG_CWT = 61
_MIN_RSA_BITS = 2048
_COORDINATE = 32  # bytes of r and of s on P-256
SHA_256 = SHA256()
# Of the digest: `hashlib` makes it in a third of the time.
ECDSA = ec.ECDSA(utils.Prehashed(SHA_256))
PSS = padding.PSS(mgf=padding.MGF1(SHA_256), salt_length=32)

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


class Sign1(NamedTuple):
    """A COSE_Sign1 message, its headers read and its payload not."""

    protected_bytes: bytes
    protected: Mapping[Any, Any]
    unprotected: Mapping[Any, Any]
    payload: bytes
    signature: bytes

    def header(self, label: int) -> Any:
        """A header parameter; the protected bucket wins (hcert_spec 3.3.2), None if absent."""
        found = self.protected.get(label)
        return self.unprotected.get(label) if found is None else found

    @property
    def kid(self) -> bytes | None:
        """The key identifier, from either header; None if there is none."""
        kid = self.header(LABEL_KID)
        return kid if type(kid) is bytes else None

    @property
    def algorithm(self) -> Any:
        """The label of the algorithm, -7 or -37 in what can be verified."""
        return self.header(LABEL_ALGORITHM)


def parse_sign1(data: bytes) -> Sign1:
    """Read COSE_Sign1: bare, under tag 18, under tag 61 (CWT) or under both.

    Real issuers wrote all four. Raises `CborError`.

    >>> parse_sign1(bytes.fromhex("d28443a10126a0413940")).algorithm
    -7
    """
    value = loads(data)
    if type(value) is Tag and value.number == _TAG_CWT:
        value = value.value
    if type(value) is Tag and value.number == _TAG_SIGN1:
        value = value.value
    if type(value) is not list or len(value) != 4:
        raise CborError("no COSE_Sign1: not an array of four")
    protected_bytes, unprotected, payload, signature = value
    if (
        type(protected_bytes) is not bytes
        or type(unprotected) is not dict
        or type(payload) is not bytes
        or type(signature) is not bytes
    ):
        raise CborError("no COSE_Sign1: a part of another type")
    short = len(protected_bytes) <= _SHORT_HEADER
    protected = _headers(protected_bytes) if short else _read_headers(protected_bytes)
    return Sign1(protected_bytes, protected, unprotected, payload, signature)


def _read_headers(protected_bytes: bytes) -> Mapping[Any, Any]:
    """The protected header; raises `CborError`."""
    headers = loads(protected_bytes) if protected_bytes else {}
    if type(headers) is not dict:
        raise CborError("no COSE_Sign1: the protected header is no map")
    return MappingProxyType(headers)


# A signer writes the same header into all its certificates.
_headers = functools.lru_cache(maxsize=512)(_read_headers)


def _string_head(size: int) -> bytes:
    """The head of a byte string of so many bytes."""
    if size < 0x18:
        return bytes((0x40 | size,))
    if size < 0x100:
        return bytes((0x58, size))
    if size < 0x10000:
        return b"\x59" + size.to_bytes(2, "big")
    return b"\x5a" + size.to_bytes(4, "big")


def signed_bytes(protected_bytes: bytes, payload: bytes) -> bytes:
    """Sig_structure: what the signature covers (RFC 9052, section 4.4; no external data).

    >>> signed_bytes(b"", b"x").hex()
    '846a5369676e61747572653140404178'
    """
    return b"".join(
        (
            b"\x84\x6aSignature1",
            _string_head(len(protected_bytes)),
            protected_bytes,
            b"\x40",
            _string_head(len(payload)),
            payload,
        )
    )


def sign1_bytes(protected_bytes: bytes, payload: bytes, signature: bytes) -> bytes:
    """A COSE_Sign1 under tag 18, its unprotected header empty."""
    return b"".join(
        (
            b"\xd2\x84",
            _string_head(len(protected_bytes)),
            protected_bytes,
            b"\xa0",
            _string_head(len(payload)),
            payload,
            _string_head(len(signature)),
            signature,
        )
    )


def algorithm_of(key: object) -> int | None:
    """The one algorithm a public key verifies, or None: no other curve, no RSA below 2048 bits."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return ES256 if isinstance(key.curve, ec.SECP256R1) else None
    if isinstance(key, rsa.RSAPublicKey):
        return PS256 if key.key_size >= _MIN_RSA_BITS else None
    return None


def verify_signature(key: PublicKey, algorithm: int, signature: bytes, data: bytes) -> bool:
    """Whether the signature of these bytes is the key's: ES256 as raw r||s, PS256 with salt 32.

    `algorithm` is what `algorithm_of` says of the key.
    """
    try:
        if algorithm == PS256:
            cast(rsa.RSAPublicKey, key).verify(signature, data, PSS, SHA_256)
            return True
        if len(signature) != 2 * _COORDINATE:
            return False
        r = int.from_bytes(signature[:_COORDINATE], "big")
        s = int.from_bytes(signature[_COORDINATE:], "big")
        encoded = utils.encode_dss_signature(r, s)
        cast(ec.EllipticCurvePublicKey, key).verify(encoded, sha256(data).digest(), ECDSA)
    except InvalidSignature:
        return False
    return True

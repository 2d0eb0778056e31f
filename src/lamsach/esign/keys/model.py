"""What a signing key can do, whatever it is kept in.

This room knows algorithms, public keys and how to put certificates in order; it must not know
files, tokens, PINs or what is signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from lamsach.esign.errors import ESignError, Sentence

__all__ = [
    "Algorithm",
    "PublicKey",
    "SigningKey",
    "algorithms_of",
    "chosen",
    "der_signature",
    "in_order",
    "public_key_of",
    "raw_signature",
    "verify",
]

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_P256_BYTES = 32
MINIMUM_RSA_BITS = 2048  # TT 15/2025/TT-BKHCN: RSA of at least 2048 bits, ECDSA of at least 256


class Algorithm(StrEnum):
    """The signature algorithms, by their JOSE names (RFC 7518).

    `ES256` ECDSA on P-256, `PS256` RSASSA-PSS with MGF1 and a salt of 32 bytes, `RS256`
    RSASSA-PKCS1-v1_5; all with SHA-256.

    >>> Algorithm("ES256") is Algorithm.ES256
    True
    """

    ES256 = "ES256"
    PS256 = "PS256"
    RS256 = "RS256"


class SigningKey(Protocol):
    """A private key that signs, with the certificates found beside it."""

    @property
    def certificate(self) -> x509.Certificate | None:
        """The signer's certificate; None when none lies beside the key and none was given."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificates above the signer's, its issuer first, as far as they are known."""

    @property
    def algorithms(self) -> tuple[Algorithm, ...]:
        """What the key can sign with, the usual one first."""

    def sign(self, data: bytes, algorithm: str, *, der: bool = False) -> bytes:
        """Sign `data` (whole, not its digest) with `ES256`, `PS256` or `RS256`.

        ECDSA signatures are r||s, 64 bytes, as COSE and JOSE want them, or with `der` the
        ASN.1 structure that CMS and X.509 want. Raises `ESignError`.
        """

    def close(self) -> None:
        """Let go of the key: sessions end, the token is logged out. Safe to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...


def algorithms_of(key: object) -> tuple[Algorithm, ...]:
    """The algorithms a public or private key of `cryptography` serves for.

    >>> algorithms_of(ec.generate_private_key(ec.SECP256R1()))
    (<Algorithm.ES256: 'ES256'>,)
    >>> algorithms_of("not a key")
    ()
    """
    if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey):
        return (Algorithm.ES256,) if isinstance(key.curve, ec.SECP256R1) else ()
    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey):
        enough = key.key_size >= MINIMUM_RSA_BITS
        return (Algorithm.RS256, Algorithm.PS256) if enough else ()
    return ()


def chosen(algorithm: str, offered: Sequence[Algorithm]) -> Algorithm:
    """The algorithm named, when the key offers it; else `ESignError` ALGORITHM_UNSUITABLE.

    >>> chosen("ES256", [Algorithm.ES256])
    <Algorithm.ES256: 'ES256'>
    """
    if algorithm in offered:
        return Algorithm(algorithm)
    names = ", ".join(offered)
    raise ESignError(
        "ALGORITHM_UNSUITABLE",
        Sentence(
            vi=f"Khóa này không ký được bằng {algorithm}; hãy chọn {names}",
            en=f"this key cannot sign with {algorithm}; choose {names}",
        ),
    )


def der_signature(raw: bytes) -> bytes:
    """r||s of an ECDSA signature as the ASN.1 structure of RFC 3279, 2.2.3.

    >>> der_signature(bytes([1] * 32 + [2] * 32)).hex()[:8]
    '30440220'
    """
    half = len(raw) // 2
    return encode_dss_signature(
        int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
    )


def raw_signature(der: bytes) -> bytes:
    """The ASN.1 structure of a P-256 signature as r||s, 64 bytes (RFC 7518, 3.4).

    Raises ValueError when it is no such structure or its numbers are too large.

    >>> raw_signature(der_signature(bytes(range(64)))) == bytes(range(64))
    True
    """
    r, s = decode_dss_signature(der)
    try:
        return r.to_bytes(_P256_BYTES, "big") + s.to_bytes(_P256_BYTES, "big")
    except OverflowError as error:
        raise ValueError("the numbers of the signature are too large for P-256") from error


def verify(key: PublicKey, signature: bytes, data: bytes, algorithm: Algorithm) -> bool:
    """Whether `signature` (ECDSA as r||s) is one on `data` by the private half of `key`.

    >>> private = ec.generate_private_key(ec.SECP256R1())
    >>> verify(private.public_key(), bytes(64), b"data", Algorithm.ES256)
    False
    """
    if algorithm not in algorithms_of(key):
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            if len(signature) != 2 * _P256_BYTES:
                return False
            key.verify(der_signature(signature), data, ec.ECDSA(hashes.SHA256()))
        elif algorithm is Algorithm.PS256:
            key.verify(signature, data, pss(), hashes.SHA256())
        else:
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def pss() -> padding.PSS:
    """RSASSA-PSS as PS256 has it: MGF1 with SHA-256 and a salt of 32 bytes (RFC 7518, 3.5)."""
    return padding.PSS(padding.MGF1(hashes.SHA256()), 32)


def public_key_of(certificate: x509.Certificate) -> PublicKey | None:
    """The public key of a certificate, when it is RSA or on an elliptic curve."""
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) else None


def in_order(
    signer: x509.Certificate | None, others: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """Of `others`, those above `signer`, each followed by its issuer, as far as they reach.

    The names lead; that the signatures hold as well is for whoever checks the path.

    >>> in_order(None, [])
    ()
    """
    above: list[x509.Certificate] = []
    below = signer
    while below is not None and below.issuer != below.subject:
        name = below.issuer
        below = next((one for one in others if one.subject == name and one not in above), None)
        if below is not None:
            above.append(below)
    return tuple(above)

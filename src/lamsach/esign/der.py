"""Reading what strangers sent in ASN.1: certificates whole or not at all, structures soundly.

cryptography reads a certificate's parts when they are asked for; here they are asked for at once,
so that no later line meets a certificate it cannot read. asn1crypto overlooks some malformed tags;
here they are looked at. This room judges nothing else.
"""

from __future__ import annotations

from asn1crypto import parser
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

__all__ = ["check_sound", "read_certificate"]

_DEEPEST = 40
_CONSTRUCTED = 1
_NULL = 5
# BOOLEAN, INTEGER, NULL, OBJECT IDENTIFIER, REAL, ENUMERATED have no parts (X.690, 8.2 to 8.19).
_PRIMITIVE = {1, 2, _NULL, 6, 9, 10}
_COMPOSITE = {16, 17}  # SEQUENCE and SET have nothing else


def read_certificate(der: bytes) -> x509.Certificate:
    """A certificate in DER of which every part that we use can be read.

    Raises ValueError.

    >>> read_certificate(b"0")
    Traceback (most recent call last):
    ValueError: the certificate cannot be read
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        for part in ("subject", "issuer", "extensions", "serial_number"):
            getattr(certificate, part)
        certificate.public_key()
        if certificate.not_valid_before_utc > certificate.not_valid_after_utc:
            raise ValueError("it ends before it begins")
    except (
        ValueError,
        TypeError,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        UnsupportedAlgorithm,
    ) as error:
        raise ValueError("the certificate cannot be read") from error
    return certificate


def check_sound(encoded: bytes, deepest: int = _DEEPEST) -> None:
    """Raise ValueError where an encoding breaks the basic rules of tags (X.690, 8).

    So nobody can flip a bit that readers overlook: a change in a signed message is either an
    error here or a change of its meaning.

    >>> check_sound(bytes.fromhex("3003020105"))
    >>> check_sound(bytes.fromhex("3003220105"))
    Traceback (most recent call last):
    ValueError: a tag is malformed
    """
    if deepest == 0:
        raise ValueError("nested too deep")
    at = 0
    while at < len(encoded):
        length = parser.peek(encoded[at:])
        kind, method, tag, _, content, _ = parser.parse(encoded[at : at + length])
        constructed = method == _CONSTRUCTED
        if kind == 0 and (
            (constructed and tag in _PRIMITIVE)
            or (not constructed and tag in _COMPOSITE)
            or (tag == _NULL and content)
        ):
            raise ValueError("a tag is malformed")
        if constructed:
            check_sound(content, deepest - 1)
        at += length

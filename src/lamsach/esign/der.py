"""Reading what strangers sent in ASN.1: certificates whole or not at all, structures soundly.

cryptography reads a certificate's parts when they are asked for; here they are asked for at once,
so that no later line meets a certificate it cannot read. asn1crypto overlooks some malformed tags;
here they are looked at. This room judges nothing else.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

__all__ = ["check_sound", "read_certificate"]

_DEEPEST = 40
_CLASS, _CONSTRUCTED, _HIGH_TAG, _MORE = 0xC0, 0x20, 0x1F, 0x80
_END_OF_CONTENTS = b"\0\0"
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
    try:
        _walk(encoded, 0, len(encoded), deepest, open_ended=False)
    except IndexError as error:
        raise ValueError("it breaks off") from error


def _walk(encoded: bytes, at: int, stop: int, deepest: int, *, open_ended: bool) -> int:
    """Look at the elements from `at` on; where they end. Nothing is copied: linear in time."""
    if deepest == 0:
        raise ValueError("nested too deep")
    while at < stop:
        if open_ended and encoded[at : at + 2] == _END_OF_CONTENTS:
            return at + 2
        first = encoded[at]
        constructed, tag = bool(first & _CONSTRUCTED), first & _HIGH_TAG
        at += 1
        if tag == _HIGH_TAG:  # a tag of more bytes; nothing here has one, nothing is wrong with it
            while encoded[at] & _MORE:
                at += 1
            at += 1
        length = encoded[at]
        at += 1
        endless = length == _MORE
        if length & _MORE:
            more = length & ~_MORE
            length = int.from_bytes(encoded[at : at + more])
            at += more
        if length > stop - at or (endless and not constructed):
            raise ValueError("it breaks off")
        if first & _CLASS == 0 and (
            (constructed and tag in _PRIMITIVE)
            or (not constructed and tag in _COMPOSITE)
            or (tag == _NULL and length)
        ):
            raise ValueError("a tag is malformed")
        if endless:
            at = _walk(encoded, at, stop, deepest - 1, open_ended=True)
        else:
            if constructed:
                _walk(encoded, at, at + length, deepest - 1, open_ended=False)
            at += length
    if open_ended:
        raise ValueError("it breaks off")
    return at

"""Which certificates stand below the trusted roots, before any path is looked for among them.

A stranger can send thirty authorities that all bear one name; among them there are more paths than
anybody can try (30 factorial). So only certificates that a root issued, or another that one did,
are given to the search. This room checks signatures and names; whether a path is good is decided
in `checking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa

from lamsach.esign.certificates.revocation import asn1

__all__ = ["issued_below"]


def issued_below(
    roots: Sequence[x509.Certificate], certificates: Sequence[x509.Certificate]
) -> list[x509.Certificate]:
    """Those of `certificates` that are authorities and lead to a root by good signatures.

    >>> issued_below([], [])
    []
    """
    names = {one: asn1(one) for one in (*roots, *certificates)}
    left = [one for one in dict.fromkeys(certificates) if _is_authority(one)]
    found: list[x509.Certificate] = []
    above = list(roots)
    while above:
        by_name: dict[Any, list[x509.Certificate]] = {}
        for one in above:
            by_name.setdefault(names[one].subject.hashable, []).append(one)
        above = [
            one
            for one in left
            if any(_issued(one, by) for by in by_name.get(names[one].issuer.hashable, ()))
        ]
        left = [one for one in left if one not in above]
        found += above
    return found


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's key signed the certificate."""
    signed = (certificate.signature, certificate.tbs_certificate_bytes)
    try:
        key: Any = issuer.public_key()
        how: Any = certificate.signature_algorithm_parameters
        if isinstance(key, rsa.RSAPublicKey):
            hashed: Any = certificate.signature_hash_algorithm
            key.verify(*signed, how, hashed)
        elif how is None:
            key.verify(*signed)
        else:
            key.verify(*signed, how)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, AttributeError):
        return False
    return True

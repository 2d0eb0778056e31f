"""What lies beside a private key in a token: its public key and the certificates.

This room reads public objects of a session; it signs nothing. It needs the extra
`lamsach[token]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pkcs11
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.util.ec import encode_ec_public_key
from pkcs11.util.rsa import encode_rsa_public_key

from lamsach.esign.der import read_certificate
from lamsach.esign.keys.model import PublicKey, public_key_of

__all__ = ["Beside"]


@dataclass(frozen=True)
class Beside:
    """The public half of a key and the certificates found with it."""

    public_key: PublicKey | None
    certificate: x509.Certificate | None
    others: tuple[x509.Certificate, ...]

    @classmethod
    def of(
        cls,
        session: pkcs11.Session,
        key: Any,
        key_id: bytes,
        given: Sequence[x509.Certificate],
    ) -> Beside:
        """Read the token, and look among the certificates `given` for what it lacks."""
        public = _public_key(session, key, key_id)
        same_id, others = [], list(given)
        for item in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
            with suppress(ValueError, pkcs11.PKCS11Error):  # what is no X.509 certificate
                certificate = read_certificate(item[Attribute.VALUE])
                others.append(certificate)
                if item[Attribute.ID] == key_id:
                    same_id.append(certificate)
        own = same_id if public is None else [one for one in others if public_key_of(one) == public]
        # After a renewal with the same key, the younger certificate is the one in use.
        chosen = max(own, key=lambda one: one.not_valid_before_utc, default=None)
        if public is None and chosen is not None:
            public = public_key_of(chosen)
        return cls(public, chosen, tuple(others))


def _public_key(session: pkcs11.Session, key: Any, key_id: bytes) -> PublicKey | None:
    """The public key object with the same identifier; RSA shows it on the private key itself."""
    wanted = {
        Attribute.CLASS: ObjectClass.PUBLIC_KEY,
        Attribute.ID: key_id,
        Attribute.KEY_TYPE: key.key_type,
    }
    encode = encode_ec_public_key if key.key_type == KeyType.EC else encode_rsa_public_key
    sources: list[Any] = [key] if key.key_type == KeyType.RSA else []
    sources += session.get_objects(wanted) if key_id else []
    for source in sources:
        with suppress(ValueError, pkcs11.PKCS11Error, UnsupportedAlgorithm):
            found = load_der_public_key(encode(source))
            if isinstance(found, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
                return found
    return None

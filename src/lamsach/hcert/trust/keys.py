"""One signer certificate (DSC): its public key, when it is valid, what it may sign.

Reads whatever a member state has put on a list: an extension that the careful parser refuses is
read again by the lenient one. Must not know the formats of lists.
"""

from __future__ import annotations

import base64
import hashlib
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import x509 as lenient
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from lamsach.hcert.cose import ALGORITHM_NAMES, PublicKey, algorithm_of, verify_signature
from lamsach.hcert.errors import HcertError

__all__ = ["CertificateError", "TrustedKey", "key_identifier"]

# The early variant (with .0.) is in more of the public test certificates than the right one.
_USAGES = {
    f"1.3.6.1.4.1.{early}1847.2021.1.{number}": kind
    for early in ("", "0.")
    for number, kind in ((1, "t"), (2, "v"), (3, "r"))
}
_EXTENDED_KEY_USAGE = "2.5.29.37"


class CertificateError(HcertError):
    """A certificate that cannot be read, or whose key is of no use here."""


def key_identifier(der: bytes) -> bytes:
    """kid: the first 8 bytes of SHA-256 over the certificate's DER (hcert_spec 3.3.2).

    >>> key_identifier(b"").hex()
    'e3b0c44298fc1c14'
    """
    return hashlib.sha256(der).digest()[:8]


@dataclass(frozen=True, slots=True, eq=False)
class TrustedKey:
    """A signer's key as a trust list holds it.

    `usages` are the groups it may sign (`t`, `v`, `r`), None means any. `starts` and `ends` are the
    certificate's validity in seconds since 1970. `algorithm` is a COSE label.
    """

    kid: bytes
    der: bytes
    public_key: PublicKey
    algorithm: int
    subject: str
    issuer: str
    country: str | None
    starts: float
    ends: float
    usages: frozenset[str] | None

    @classmethod
    def from_der(cls, der: bytes, kid: bytes | None = None) -> TrustedKey:
        """Read a certificate; without a `kid` it has its own. Raises `CertificateError`."""
        try:
            with warnings.catch_warnings():
                # A serial number of 0, a country of three letters: nothing that a verifier can
                # mend, and nobody at a counter should read of it.
                warnings.simplefilter("ignore")
                facts = _read(der)
        except Exception:  # the errors of neither parser have a common base
            try:
                facts = _read_leniently(der)
            except Exception as error:
                raise CertificateError("the certificate cannot be read") from error
        key = facts["public_key"]
        algorithm = algorithm_of(key)
        if algorithm is None:
            raise CertificateError(
                "the certificate's key is neither on the curve P-256 nor RSA of 2048 bits or more"
            )
        return cls(
            kid=key_identifier(der) if kid is None else kid,
            der=der,
            algorithm=algorithm,
            **facts,
        )

    def signed(self, signature: bytes, data: bytes) -> bool:
        """Whether the signature of these bytes is this key's."""
        return verify_signature(self.public_key, self.algorithm, signature, data)

    @property
    def algorithm_name(self) -> str:
        """`ES256` or `PS256`."""
        return ALGORITHM_NAMES[self.algorithm]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hex."""
        return hashlib.sha256(self.der).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """What a result says of the signer; times in ISO 8601 (UTC)."""
        return {
            "kid": base64.b64encode(self.kid).decode(),
            "country": self.country,
            "subject": self.subject,
            "issuer": self.issuer,
            "not_before": _iso(self.starts),
            "not_after": _iso(self.ends),
            "sha256": self.fingerprint,
        }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _usages(oids: list[str]) -> frozenset[str] | None:
    """The groups that key usages allow; without any of the certificates' own, all are allowed.

    Vietnam's signer has an ordinary government token certificate with other usages.
    """
    return frozenset(_USAGES[oid] for oid in oids if oid in _USAGES) or None


def _key(key: Any) -> PublicKey | None:
    return key if isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) else None


def _read(der: bytes) -> dict[str, Any]:
    certificate = x509.load_der_x509_certificate(der)
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        oids = [oid.dotted_string for oid in usage]
    except x509.ExtensionNotFound:
        oids = []
    countries = certificate.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)
    return {
        "public_key": _key(certificate.public_key()),
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "country": str(countries[0].value) if countries else None,
        "starts": certificate.not_valid_before_utc.timestamp(),
        "ends": certificate.not_valid_after_utc.timestamp(),
        "usages": _usages(oids),
    }


def _read_leniently(der: bytes) -> dict[str, Any]:
    body = lenient.Certificate.load(der, strict=True)["tbs_certificate"]
    oids: list[str] = []
    for extension in body["extensions"] or []:
        if extension["extn_id"].dotted == _EXTENDED_KEY_USAGE:
            oids = [oid.dotted for oid in extension["extn_value"].parsed]
    subject = body["subject"].native
    return {
        "public_key": _key(load_der_public_key(body["subject_public_key_info"].dump())),
        "subject": body["subject"].human_friendly,
        "issuer": body["issuer"].human_friendly,
        "country": subject.get("country_name"),
        "starts": body["validity"]["not_before"].native.timestamp(),
        "ends": body["validity"]["not_after"].native.timestamp(),
        "usages": _usages(oids),
    }

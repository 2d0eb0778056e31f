"""Making keys, signer certificates and envelopes on the fly; nobody trusts them elsewhere."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from lamsach.hcert import base45
from lamsach.hcert.signer import KeySigner
from lamsach.hcert.trust import TrustedKey, TrustList

NOW = datetime(2022, 4, 19, 8, tzinfo=UTC)
VACCINATION = "1.3.6.1.4.1.1847.2021.1.2"


@functools.lru_cache
def private_key(algorithm: str, number: int = 0) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """A key of the kind; the same number is the same key."""
    del number
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Dsc:
    """A signer: its key and its certificate."""

    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    der: bytes

    @property
    def signer(self) -> KeySigner:
        return KeySigner(self.key)

    @property
    def kid(self) -> bytes:
        return TrustedKey.from_der(self.der).kid

    @property
    def trust(self) -> TrustList:
        return TrustList([TrustedKey.from_der(self.der)])

    @property
    def pem(self) -> bytes:
        return x509.load_der_x509_certificate(self.der).public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def make_dsc(
    algorithm: str = "ES256",
    *,
    usages: Sequence[str] | bytes = (),
    starts: datetime = NOW - timedelta(days=30),
    ends: datetime = NOW + timedelta(days=700),
    name: str = "CHỨNG NHẬN TIÊM CHỦNG",
    country: str | None = "VN",
    key_usage: bool | None = True,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
    serial: int = 1,
) -> Dsc:
    """A signer certificate; `usages` are dotted OIDs or the extension's DER.

    `key_usage` is digitalSignature, None leaves the extension out.
    """
    key = key or private_key(algorithm)
    parts = [x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]
    if country is not None:
        parts.insert(0, x509.NameAttribute(x509.NameOID.COUNTRY_NAME, country))
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(parts))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CSCA")]))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(starts)
        .not_valid_after(ends)
    )
    if isinstance(usages, bytes):
        odd = x509.UnrecognizedExtension(x509.ExtensionOID.EXTENDED_KEY_USAGE, usages)
        builder = builder.add_extension(odd, critical=False)
    elif usages:
        oids = [x509.ObjectIdentifier(oid) for oid in usages]
        builder = builder.add_extension(x509.ExtendedKeyUsage(oids), critical=False)
    if key_usage is not None:
        flags = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "key_cert_sign",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        flags["key_cert_sign"] = not key_usage
        builder = builder.add_extension(
            x509.KeyUsage(digital_signature=key_usage, **flags), critical=True
        )
    return Dsc(key, builder.sign(key, SHA256()).public_bytes(Encoding.DER))


def make_payload(**changes: Any) -> dict[str, Any]:
    """A legal payload without Latin names and identifier; `v.dt=…` is written `v_dt=…`."""
    payload: dict[str, Any] = {
        "ver": "1.3.0",
        "nam": {"fn": "Nguyễn", "gn": "Bảo Duy"},
        "dob": "1989-01-02",
        "v": [
            {
                "tg": "840539006",
                "vp": "1157024006",
                "mp": "BBIBP-CorV",
                "ma": "ORG-100020693",
                "dn": 2,
                "sd": 2,
                "dt": "2021-10-01",
                "co": "VN",
                "is": "Cục Y tế dự phòng",
            }
        ],
    }
    for name, value in changes.items():
        place = payload["v"][0] if name.startswith("v_") else payload
        place[name.removeprefix("v_").rstrip("_")] = value
    return payload


def signed_payload(**changes: Any) -> dict[str, Any]:
    """The same with everything that a certificate must hold."""
    payload = make_payload(**{"v_ci": "URN:UVCI:01:VN:AB12", **changes})
    if "nam" not in changes:
        payload["nam"] |= {"fnt": "NGUYEN", "gnt": "BAO<DUY"}
    return payload


def make_claims(body: Any, **changes: Any) -> dict[Any, Any]:
    """Claims around a body; `exp`, `iat`, `iss` change or (None) remove a claim."""
    named = {"iss": "VN", "exp": int(NOW.timestamp()) + 86_400, "iat": int(NOW.timestamp()) - 60}
    labels = {"iss": 1, "exp": 4, "iat": 6}
    named |= changes
    claims: dict[Any, Any] = {labels[n]: v for n, v in named.items() if v is not None}
    return claims | {-260: {1: body}}


def seal(
    dsc: Dsc,
    claims: Any,
    *,
    protected: Mapping[int, Any] | None = None,
    unprotected: Mapping[int, Any] | None = None,
    tags: Sequence[int] = (18,),
    payload: bytes | None = None,
) -> str:
    """An HC1 text with any claims, built with `cbor2` and not with the code under test."""
    algorithm = {"ES256": -7, "PS256": -37}[dsc.signer.algorithm]
    headers = {1: algorithm, 4: dsc.kid} if protected is None else dict(protected)
    head = cbor2.dumps(headers) if headers else b""
    body = cbor2.dumps(claims) if payload is None else payload
    signature = dsc.signer.sign(cbor2.dumps(["Signature1", head, b"", body]))
    message: Any = [head, dict(unprotected or {}), body, signature]
    for tag in reversed(tags):
        message = cbor2.CBORTag(tag, message)
    return to_text(cbor2.dumps(message))


def to_text(message: bytes) -> str:
    """A COSE message as text."""
    return "HC1:" + base45.encode(zlib.compress(message))


def message_of(text: str) -> bytes:
    """The COSE message of a text."""
    return zlib.decompress(base45.decode(text[4:]))

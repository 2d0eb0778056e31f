"""Keys of the demonstration: an authority that nobody else trusts, officers' keys, the ministry's.

They are made as files in the installation's key folder, as an installation without tokens has
them; the head's is a PKCS#12 file with a PIN of its own.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

__all__ = ["make_authority", "make_issuer", "make_signer", "note_pin", "noted_pin"]

_VACCINATION: Final = x509.ObjectIdentifier("1.3.6.1.4.1.1847.2021.1.2")
_YEARS: Final = timedelta(days=730)
_NAME: Final = "Chứng thực giả định của bản mẫu"


def make_authority(folder: Path) -> None:
    """Make the authority, with an empty list of revoked certificates, unless it is there."""
    key_file = folder.parent / "demo-authority.key"
    if (folder / "root.crl").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(_NAME)
    root = (
        _certificate(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(True, 0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    moment = _now()
    revoked = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name)
        .last_update(moment - timedelta(days=1))
        .next_update(moment + _YEARS)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .add_extension(x509.CRLNumber(1), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(folder / "root.pem", root.public_bytes(Encoding.PEM))
    _write(folder / "root.crl", revoked.public_bytes(Encoding.PEM))


def make_signer(authorities: Path, file: Path, holder: str, pin: str) -> x509.Certificate:
    """An officer's key and certificate, in a PKCS#12 file that `pin` opens."""
    authority, root = _authority(authorities)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _certificate(_name(holder), root.subject, key.public_key())
        .add_extension(_usage(), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
            critical=False,
        )
        .sign(authority, hashes.SHA256())
    )
    sealed = BestAvailableEncryption(pin.encode())
    _write(file, pkcs12.serialize_key_and_certificates(b"key", key, certificate, None, sealed))
    return certificate


def make_issuer(key_file: Path, certificate_file: Path) -> None:
    """The ministry's key and a certificate for vaccinations, unless they are there."""
    if certificate_file.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Cấp chứng nhận tiêm chủng (bản mẫu)")
    certificate = (
        _certificate(name, name, key.public_key())
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_VACCINATION]), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(certificate_file, certificate.public_bytes(Encoding.PEM))


def note_pin(file: Path, name: str, pin: str) -> None:
    """Write an account's PIN where the demonstration's user finds it; a line each."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    kept = [line for line in lines if not line.startswith(f"{name}\t")]
    _write(file, "".join(f"{line}\n" for line in [*kept, f"{name}\t{pin}"]).encode())


def noted_pin(file: Path, name: str) -> str:
    """The PIN of an account. Raises KeyError when none is noted."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)[name]


def _authority(folder: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = load_pem_private_key((folder.parent / "demo-authority.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key, x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - timedelta(days=30))
        .not_valid_after(_now() + _YEARS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tỉnh giả định"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _write(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read, all at once."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    beside.replace(path)

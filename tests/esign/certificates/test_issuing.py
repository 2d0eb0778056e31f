from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from lamsach.esign.certificates import Authorities, check_certificate
from lamsach.esign.certificates.issuing import issued_below

SINCE, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(
    subject: str, issuer: str, by: Any = KEY, key: Any = KEY, authority: bool = True
) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        name(issuer), name(subject), key.public_key(), x509.random_serial_number()
    )
    builder = builder.not_valid_before(SINCE).not_valid_after(UNTIL)
    builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    return builder.sign(by, None if isinstance(by, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def test_authorities_below_a_root_are_found_in_any_order() -> None:
    root = certificate("root", "root")
    upper = certificate("upper", "root", key=OTHER)
    lower = certificate("lower", "upper", by=OTHER)
    crossed = certificate("root", "lower")
    assert set(issued_below([root], [lower, crossed, upper])) == {upper, lower, crossed}
    assert issued_below([root], [lower]) == []


@pytest.mark.parametrize(
    "stranger",
    [
        certificate("upper", "root", by=OTHER),
        certificate("upper", "other"),
        certificate("upper", "root", authority=False),
        certificate("upper", "root", by=ed25519.Ed25519PrivateKey.generate()),
    ],
    ids=["signature", "name", "no authority", "algorithm"],
)
def test_what_no_root_issued_is_left_out(stranger: x509.Certificate) -> None:
    assert issued_below([certificate("root", "root")], [stranger]) == []


def test_thirty_authorities_of_one_name_are_answered_at_once() -> None:
    # Every one may stand above every other: as many paths as 30 factorial.
    many = [certificate("X", "X") for _ in range(30)]
    leaf = certificate("leaf", "X", authority=False)
    found = check_certificate(leaf, many, Authorities(roots=[certificate("root", "root")]))
    assert found.trust.code == "PATH_UNTRUSTED"

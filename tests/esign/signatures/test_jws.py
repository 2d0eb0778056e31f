from __future__ import annotations

import json
import random
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.serialization import Encoding

from lamsach.esign.certificates import TimeStamps
from lamsach.esign.signatures import verify_jws

DATA = '{"kind":"thử","n":1}'.encode()


def plain(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def accepted_elsewhere(signature: bytes, data: bytes) -> dict[str, Any]:
    """Verify a detached JWS by RFC 7515 with `cryptography` alone; its header."""
    whole = json.loads(signature)
    header: dict[str, Any] = json.loads(plain(whole["protected"]))
    der = b64decode(header["x5c"][0])
    assert plain(header["x5t#S256"]) == sha256(der).digest()
    key: Any = x509.load_der_x509_certificate(der).public_key()
    signed = f"{whole['protected']}.{encoded(data)}".encode()
    made = plain(whole["signature"])
    if header["alg"] == "ES256":
        r, s = (int.from_bytes(part, "big") for part in (made[:32], made[32:]))
        key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    elif header["alg"] == "PS256":
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        key.verify(made, signed, scheme, hashes.SHA256())
    else:
        key.verify(made, signed, padding.PKCS1v15(), hashes.SHA256())
    return header


@pytest.mark.parametrize(
    ("label", "algorithm"), [("head", "RS256"), ("head", "PS256"), ("deputy", "ES256")]
)
@pytest.mark.parametrize("stamps", [False, True])
def test_a_jws_verifies_here_and_elsewhere(
    signer: Any, authorities: Any, pki: Any, label: str, algorithm: str, stamps: bool
) -> None:
    signature = signer(label, stamps=stamps, algorithm=algorithm).jws(DATA)
    found = verify_jws(signature, DATA, authorities)
    assert found.valid, found.findings
    assert (found.proven_at is not None) == stamps
    header = accepted_elsewhere(signature, DATA)
    assert header["alg"] == algorithm
    issuer = pki.certificate("issuing").public_bytes(Encoding.DER)
    assert [b64decode(one) for one in header["x5c"]][1:] == [issuer]


def test_evidence_kept_beside_it_serves_without_a_network(signer: Any, authorities: Any) -> None:
    offline = replace(authorities, follow=False)
    signature = signer("deputy", stamps=True).jws(DATA)
    assert verify_jws(signature, DATA, offline).valid
    without = json.loads(signature)
    del without["header"]
    bare = verify_jws(json.dumps(without).encode(), DATA, offline)
    assert bare.integrity.passed
    assert not bare.valid


def test_a_change_anywhere_is_found(signer: Any, authorities: Any) -> None:
    signature = signer("deputy", stamps=True).jws(DATA)
    offline = replace(authorities, follow=False)
    for at in random.Random(5).sample(range(len(signature)), 60):
        changed = bytearray(signature)
        changed[at] = ord("B") if changed[at] != ord("B") else ord("C")
        assert not verify_jws(bytes(changed), DATA, offline).valid, at
    assert verify_jws(signature, DATA + b" ", offline).integrity.code == "CONTENT_CHANGED"


def with_header(signature: bytes, **fields: Any) -> bytes:
    whole = json.loads(signature)
    header = json.loads(plain(whole["protected"])) | fields
    return json.dumps(whole | {"protected": encoded(json.dumps(header).encode())}).encode()


def test_tricks_with_the_header_are_refused(signer: Any, authorities: Any, pki: Any) -> None:
    signature = signer("deputy").jws(DATA)
    whole = json.loads(signature)
    other = pki.certificate("head").public_bytes(Encoding.DER)
    tricks = [
        with_header(signature, alg="none"),
        with_header(signature, alg="HS256"),
        with_header(signature, alg="PS256"),
        with_header(signature, crit=["exp"]),
        with_header(signature, jwk={}),
        with_header(signature, b64=False),
        with_header(signature, iat=True),
        with_header(signature, iat=10**30),
        with_header(signature, x5c=[]),
        with_header(signature, x5c="text"),
        with_header(signature, **{"x5t#S256": encoded(sha256(other).digest())}),
        json.dumps(whole | {"payload": encoded(DATA)}).encode(),
        json.dumps(whole | {"signature": whole["signature"] + "="}).encode(),
        json.dumps(whole | {"header": {"alg": "none"}}).encode(),
        json.dumps(whole | {"header": {"etsiU": ["e30"]}}).encode(),
        json.dumps(whole | {"header": {"etsiU": 7}}).encode(),
        signature[:-1] + b',"signature":""}',
        b"[]",
        b"",
        b"[" * 100_000,
        b"\xff",
    ]
    for trick in tricks:
        assert not verify_jws(trick, DATA, authorities).valid, trick[:200]


def forged(pki: Any, **fields: Any) -> bytes:
    """A JWS signed rightly by the deputy's key under a header of somebody's choice."""
    der = pki.certificate("deputy").public_bytes(Encoding.DER)
    header = {
        "alg": "ES256",
        "iat": 1_650_000_000,
        "x5c": [
            b64encode(pki.certificate(one).public_bytes(Encoding.DER)).decode()
            for one in ("deputy", "issuing")
        ],
        "x5t#S256": encoded(sha256(der).digest()),
    } | fields
    protected = encoded(json.dumps(header).encode())
    key: Any = pki.key("deputy")
    made = key.sign(f"{protected}.{encoded(DATA)}".encode(), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(made)
    signature = encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return json.dumps({"protected": protected, "signature": signature}).encode()


def test_a_good_signature_under_a_header_not_understood_is_refused(
    pki: Any, authorities: Any
) -> None:
    assert verify_jws(forged(pki), DATA, authorities).valid
    other = pki.certificate("head").public_bytes(Encoding.DER)
    for fields in (
        {"crit": ["exp"], "exp": 1},
        {"b64": True},
        {"jku": "https://example.org"},
        {"x5t#S256": encoded(sha256(other).digest())},
        {"iat": "1650000000"},
        {"alg": "RS256"},
    ):
        found = verify_jws(forged(pki, **fields), DATA, authorities)
        assert not found.integrity.passed, fields


@pytest.mark.parametrize(
    ("authority", "stamped", "code"),
    [("government", b"else", "TIME_STAMP_BROKEN"), ("stranger", None, "PATH_UNTRUSTED")],
)
def test_a_false_time_stamp_spoils_the_signature(
    signer: Any, authorities: Any, pki: Any, authority: str, stamped: bytes | None, code: str
) -> None:
    whole = json.loads(signer("deputy").jws(DATA))
    token = TimeStamps(pki.tsa(authority)).token(stamped or whole["signature"].encode())
    beside = {"sigTst": {"tstTokens": [{"val": b64encode(token).decode()}]}}
    whole["header"] = {"etsiU": [encoded(json.dumps(beside).encode())]}
    found = verify_jws(json.dumps(whole).encode(), DATA, authorities)
    assert found.integrity.passed
    assert found.certificate is not None
    assert found.certificate.passed
    assert not found.valid
    assert found.proven_at is None
    assert found.fault is not None
    assert found.fault.code == code
    assert found.value()["valid"] is False

from __future__ import annotations

import hashlib
import random
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, tsp
from cryptography.hazmat.primitives.serialization import Encoding

from lamsach.esign.signatures import verify_cms

DATA = '{"kind":"thử","n":1}'.encode()


@pytest.mark.parametrize(
    ("label", "algorithm"), [("head", "RS256"), ("head", "PS256"), ("deputy", "ES256")]
)
@pytest.mark.parametrize("stamps", [False, True])
def test_a_signature_says_who_signed_when_and_that_nothing_changed(
    signer: Any, authorities: Any, label: str, algorithm: str, stamps: bool
) -> None:
    signature = signer(label, stamps=stamps, algorithm=algorithm).cms(DATA)
    found = verify_cms(signature, DATA, authorities)
    assert found.valid, found.findings
    assert found.signer is not None
    assert found.signer.title == "Trưởng trạm"
    assert (found.proven_at is not None) == stamps
    assert found.claimed_at is not None
    assert "Trưởng trạm" in found.summary.vi
    assert "nguyên vẹn" in found.summary.vi
    assert "unchanged" in found.summary.en
    assert found.value()["valid"] is True


@pytest.mark.parametrize("stamps", [False, True])
@pytest.mark.parametrize(("label", "algorithm"), [("head", "PS256"), ("deputy", "ES256")])
def test_openssl_accepts_the_signature(
    signer: Any, pki: Any, tmp_path: Path, stamps: bool, label: str, algorithm: str
) -> None:
    (tmp_path / "signature").write_bytes(
        signer(label, stamps=stamps, algorithm=algorithm).cms(DATA)
    )
    (tmp_path / "root.pem").write_bytes(pki.certificate("root").public_bytes(Encoding.PEM))

    def openssl(data: bytes) -> subprocess.CompletedProcess[bytes]:
        (tmp_path / "data").write_bytes(data)
        command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-cades"]
        command += ["-in", str(tmp_path / "signature"), "-content", str(tmp_path / "data")]
        command += ["-CAfile", str(tmp_path / "root.pem"), "-purpose", "any"]
        return subprocess.run([*command, "-out", "/dev/null"], capture_output=True, check=False)

    good = openssl(DATA)
    assert good.returncode == 0, good.stderr
    assert openssl(DATA + b" ").returncode != 0


def test_a_change_of_the_data_is_found(signer: Any, authorities: Any) -> None:
    signature = signer("deputy").cms(DATA)
    for at in range(len(DATA)):
        changed = bytearray(DATA)
        changed[at] ^= 1
        found = verify_cms(signature, bytes(changed), authorities)
        assert not found.valid
        assert found.integrity.code == "CONTENT_CHANGED"
        assert found.signer is None
        assert "KHÔNG hợp lệ" in found.summary.vi


@pytest.mark.parametrize("label", ["head", "deputy"])
def test_a_change_anywhere_in_a_stamped_signature_is_found(
    signer: Any, authorities: Any, label: str
) -> None:
    signature = signer(label, stamps=True).cms(DATA)
    offline = replace(authorities, follow=False)
    assert verify_cms(signature, DATA, offline).valid
    sampled = random.Random(7).sample(range(len(signature)), 60)
    for at in sampled:
        changed = bytearray(signature)
        changed[at] ^= 0x20
        assert not verify_cms(bytes(changed), DATA, offline).valid, at


@pytest.mark.parametrize("label", ["head", "deputy"])
def test_a_signature_made_by_openssl_is_read_when_it_binds_its_certificate(
    pki: Any, authorities: Any, tmp_path: Path, label: str
) -> None:
    for name in (label, "issuing"):
        pem = pki.certificate(name).public_bytes(Encoding.PEM)
        (tmp_path / f"{name}.pem").write_bytes(pem)
    (tmp_path / "data").write_bytes(DATA)

    def openssl(*options: str) -> bytes:
        command = ["openssl", "cms", "-sign", "-binary", "-in", str(tmp_path / "data")]
        command += ["-signer", str(tmp_path / f"{label}.pem")]
        command += ["-inkey", str(pki.folder / f"government-{label}.pem")]
        command += ["-certfile", str(tmp_path / "issuing.pem"), "-md", "sha256"]
        command += ["-outform", "DER", *options]
        return subprocess.run(command, capture_output=True, check=True).stdout

    good = openssl("-cades")
    assert verify_cms(good, DATA, authorities).valid
    assert not verify_cms(good, DATA + b" ", authorities).valid
    # Without it another certificate of the same key could be put in the signer's place.
    assert verify_cms(openssl(), DATA, authorities).integrity.code == "CONTENT_CHANGED"
    for others in (("-noattr",), ("-cades", "-nodetach"), ("-cades", "-md", "sha1")):
        assert not verify_cms(openssl(*others), DATA, authorities).integrity.passed, others


def resigned(made: Any, change: Callable[[list[Any]], list[Any]]) -> bytes:
    """A signature by the signer's key over other signed attributes than usual."""
    message = cms.ContentInfo.load(made.cms(DATA))
    info = message["content"]["signer_infos"][0]
    attributes = cms.CMSAttributes(change(list(info["signed_attrs"])))
    info["signed_attrs"] = attributes
    info["signature"] = made.key.sign(attributes.dump(), "ES256", der=True)
    dumped: bytes = message.dump()
    return dumped


def instead(kind: str, other: bytes) -> Callable[[list[Any]], list[Any]]:
    """Put another attribute, in DER, in the place of those of a kind."""

    def change(attributes: list[Any]) -> list[Any]:
        kept = [one for one in attributes if one["type"].native != kind]
        return [*kept, cms.CMSAttribute.load(other)]

    return change


def test_a_certificate_bound_by_sha_1_alone_is_not_bound(signer: Any, authorities: Any) -> None:
    made = signer("deputy")
    own = hashlib.sha1(made.key.certificate.public_bytes(Encoding.DER)).digest()
    certificate = tsp.SigningCertificate({"certs": [tsp.ESSCertID({"cert_hash": own})]})
    binding = cms.CMSAttribute({"type": "signing_certificate", "values": [certificate]}).dump()
    found = verify_cms(
        resigned(made, instead("signing_certificate_v2", binding)), DATA, authorities
    )
    assert found.integrity.code == "CONTENT_CHANGED"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"20220419010203Z", True),
        (b"99991231235959Z", True),  # no day follows in Vietnam
        (b"00000101000000Z", False),
        (b"00010101000000+1400", False),
        (b"20220419010203", False),
        (b"20220230000000Z", False),
    ],
)
def test_any_time_a_signer_claims_is_written_or_refused(
    signer: Any, authorities: Any, written: bytes, read: bool
) -> None:
    oid = bytes.fromhex("06092a864886f70d010905")
    values = bytes([0x31, 2 + len(written), 0x18, len(written)]) + written
    attribute = bytes([0x30, len(oid + values)]) + oid + values
    signature = resigned(signer("deputy"), instead("signing_time", attribute))
    found = verify_cms(signature, DATA, authorities)
    assert found.valid == read, found.summary
    assert found.value()["valid"] == read

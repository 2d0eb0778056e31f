from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from lamsach.esign.errors import ESignError
from lamsach.esign.keys import open_key

PASSPHRASE = "mật khẩu thử"


def refusal(path: Path | str, passphrase: str | None = None) -> str:
    with pytest.raises(ESignError) as caught:
        open_key(path, pin=passphrase)
    assert PASSPHRASE not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize("passphrase", [PASSPHRASE, None])
def test_a_file_gives_the_key_its_certificate_and_those_above(
    pki: Any, passphrase: str | None
) -> None:
    with open_key(str(pki.p12("head", passphrase=passphrase)), pin=passphrase) as key:
        assert key.certificate == pki.certificate("head")
        assert key.chain == (pki.certificate("issuing"), pki.certificate("root"))
        public: Any = key.certificate.public_key()
        signature = key.sign(b"data", "RS256")
        public.verify(signature, b"data", padding.PKCS1v15(), hashes.SHA256())
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        public.verify(key.sign(b"data", "PS256"), b"data", scheme, hashes.SHA256())
        with pytest.raises(ESignError, match="RS256, PS256"):
            key.sign(b"data", "ES256")


def test_an_ecdsa_key_signs_raw_and_der(pki: Any) -> None:
    with open_key(pki.p12("deputy"), pin=PASSPHRASE) as key:
        assert key.certificate is not None
        public: Any = key.certificate.public_key()
        public.verify(key.sign(b"data", "ES256", der=True), b"data", ec.ECDSA(hashes.SHA256()))
        assert len(key.sign(b"data", "ES256")) == 64


def test_certificates_given_fill_in_what_the_file_lacks(pki: Any) -> None:
    given = [pki.certificate("root"), pki.certificate("issuing"), pki.certificate("tsa")]
    with open_key(pki.p12("head", above=False), pin=PASSPHRASE, certificates=given) as key:
        assert key.chain == (given[1], given[0])


def test_what_is_wrong_with_a_file_is_said(pki: Any, tmp_path: Path) -> None:
    good = pki.p12("head")
    assert refusal(good, PASSPHRASE + "!") == "PASSPHRASE_INCORRECT"
    assert refusal(good) == "PASSPHRASE_MISSING"
    assert refusal(tmp_path / "none.p12", "x") == "FILE_UNREADABLE"
    assert refusal(tmp_path, "x") == "FILE_UNREADABLE"
    (tmp_path / "text.p12").write_text("hello")
    assert refusal(tmp_path / "text.p12", "x") == "FILE_UNREADABLE"
    (tmp_path / "key.pem").write_bytes((pki.folder / "government-head.pem").read_bytes())
    assert refusal(tmp_path / "key.pem") == "FILE_UNREADABLE"
    (tmp_path / "huge.p12").write_bytes(bytes(2 << 20))
    assert refusal(tmp_path / "huge.p12", "x") == "FILE_UNREADABLE"
    damaged = bytearray(good.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "damaged.p12").write_bytes(damaged)
    assert refusal(tmp_path / "damaged.p12", PASSPHRASE) == "PASSPHRASE_INCORRECT"


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(lambda: rsa.generate_private_key(65537, 1024), id="short RSA"),
        pytest.param(lambda: ec.generate_private_key(ec.SECP384R1()), id="another curve"),
    ],
)
def test_keys_too_short_or_of_another_kind_are_refused(key: Any, tmp_path: Path) -> None:
    file = tmp_path / "weak.p12"
    none = serialization.NoEncryption()
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key(), None, None, none))
    assert refusal(file) == "KEY_UNSUITABLE"


def test_a_file_without_a_private_key_is_refused(pki: Any, tmp_path: Path) -> None:
    file = tmp_path / "certificates.p12"
    none = serialization.NoEncryption()
    certificates = [pki.certificate("root")]
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"x", None, None, certificates, none))
    assert refusal(file) == "KEY_NOT_FOUND"


def test_a_closed_key_does_not_sign(pki: Any) -> None:
    key = open_key(pki.p12("head"), pin=PASSPHRASE)
    key.close()
    with pytest.raises(ESignError, match="closed"):
        key.sign(b"x", "RS256")

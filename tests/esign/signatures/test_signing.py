from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lamsach.esign.batch import Batch, Manifest, sign_batch, verify_record
from lamsach.esign.certificates import TimeStamps
from lamsach.esign.errors import ESignError
from lamsach.esign.keys import open_key
from lamsach.esign.signatures import Signer, sign_pdf, verify_cms, verify_jws

DATA = b"manifest"


class Watched:
    """A key that counts what it signs."""

    def __init__(self, key: Any) -> None:
        self.key, self.signed = key, 0
        self.certificate, self.chain, self.algorithms = key.certificate, key.chain, key.algorithms

    def sign(self, data: bytes, algorithm: str, *, der: bool = False) -> bytes:
        self.signed += 1
        signature: bytes = self.key.sign(data, algorithm, der=der)
        return signature


@pytest.mark.parametrize(
    ("label", "authority", "code"),
    [
        ("expired", "government", "CERTIFICATE_EXPIRED"),
        ("future", "government", "CERTIFICATE_NOT_YET_VALID"),
        ("revoked", "government", "CERTIFICATE_REVOKED"),
        ("encipher", "government", "KEY_USAGE_UNSUITABLE"),
        ("unlisted", "government", "REVOCATION_UNKNOWN"),
        ("deputy", "stranger", "PATH_UNTRUSTED"),
    ],
)
def test_a_bad_certificate_is_found_before_anything_is_signed(
    signer: Any, label: str, authority: str, code: str
) -> None:
    made = signer(label, authority)
    watched = Watched(made.key)
    made = replace(made, key=watched)
    for sign in (made.cms, made.jws, lambda data: sign_pdf(made, data)):
        with pytest.raises(ESignError) as caught:
            sign(DATA)
        assert caught.value.code == code
    assert watched.signed == 0


def test_a_key_without_a_certificate_does_not_sign(signer: Any) -> None:
    made = signer("deputy")
    watched = Watched(made.key)
    watched.certificate = None
    with pytest.raises(ESignError) as caught:
        replace(made, key=watched).cms(DATA)
    assert caught.value.code == "CERTIFICATE_MISSING"


def test_no_signature_goes_out_without_the_time_stamp_asked_for(signer: Any, pki: Any) -> None:
    silent = TimeStamps("http://127.0.0.1:9/")
    strange = TimeStamps(pki.tsa("stranger"))
    for stamps, code in ((silent, "TIME_STAMP_REFUSED"), (strange, "PATH_UNTRUSTED")):
        made = replace(signer("deputy"), time_stamps=stamps)
        for sign in (made.cms, made.jws):
            with pytest.raises(ESignError) as caught:
                sign(DATA)
            assert caught.value.code == code


def test_a_stamped_signature_outlives_its_certificate_and_its_authorities_answers(
    signer: Any, authorities: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lamsach.esign.certificates import checking, revocation

    made = signer("deputy", stamps=True)
    stamped, bare = made.cms(DATA), replace(made, time_stamps=None).cms(DATA)

    class Later(datetime):
        @classmethod
        def now(cls, *_: Any) -> datetime:
            return datetime(2070, 1, 1, tzinfo=UTC)

    def no_network(*_: Any) -> bytes:
        raise AssertionError("nobody answers any more")

    monkeypatch.setattr(checking, "datetime", Later)
    monkeypatch.setattr(revocation, "datetime", Later)
    later = replace(authorities, fetch=no_network)
    assert verify_cms(stamped, DATA, later).valid
    found = verify_cms(bare, DATA, later)
    assert not found.valid
    assert found.fault is not None
    assert found.fault.code == "CERTIFICATE_EXPIRED"


def test_a_batch_is_signed_once_and_each_record_proven_from_its_receipt(
    signer: Any, authorities: Any
) -> None:
    made = signer("head")
    watched = Watched(made.key)
    kept: list[bytes] = []

    class Store:
        def keep(self, manifest: bytes) -> None:
            kept.append(manifest)

    records = [{"dose": str(number)} for number in range(500)]
    batch = Batch(records, {"purpose": "Xác nhận mũi tiêm", "facility": "08118"})
    manifest, signature = sign_batch(batch, replace(made, key=watched).cms, Store())
    assert watched.signed == 1
    assert kept == [manifest]
    assert verify_cms(signature, manifest, authorities).valid
    read = Manifest.read(manifest)
    assert all(
        verify_record(record, receipt, read)
        for record, receipt in zip(records, batch.receipts(), strict=True)
    )


@pytest.mark.pkcs11
@pytest.mark.parametrize("label", ["head", "deputy"])
def test_a_token_signs_like_a_file(token: Any, authorities: Any, label: str) -> None:
    with open_key(token.uri(label), pin="1234") as key:
        made = Signer(key, authorities)
        assert verify_cms(made.cms(DATA), DATA, authorities).valid
        assert verify_jws(made.jws(DATA), DATA, authorities).valid

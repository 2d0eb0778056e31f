from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamsach.esign.batch import Batch, Manifest, Receipt, sign_batch, verify_record
from lamsach.esign.errors import ESignError

RECORDS = [{"dose": str(number), "vaccine": "Vắc xin A"} for number in range(9)]


class Kept:
    def __init__(self) -> None:
        self.manifests: list[bytes] = []

    def keep(self, manifest: bytes) -> None:
        self.manifests.append(manifest)


def test_each_record_is_verified_from_itself_its_receipt_and_the_manifest_alone() -> None:
    batch = Batch(RECORDS, {"purpose": "xác nhận mũi tiêm"})
    receipts = [json.dumps(one.value()) for one in batch.receipts()]
    manifest = Manifest.read(bytes(batch.manifest))
    assert manifest.count == 9
    assert manifest.statement == {"purpose": "xác nhận mũi tiêm"}
    for number, (record, receipt) in enumerate(zip(RECORDS, receipts, strict=True)):
        read = Receipt.read(json.loads(receipt))
        assert read == batch.receipt(number)
        assert verify_record(record, read, manifest)
        assert verify_record(dict(reversed(record.items())), read, manifest)
        assert not verify_record(record | {"dose": "x"}, read, manifest)
        assert not verify_record(RECORDS[number - 1], read, manifest)


@settings(max_examples=30)
@given(records=st.lists(st.binary(max_size=20), min_size=1, max_size=20), data=st.data())
def test_a_change_in_record_salt_proof_or_manifest_is_found(
    records: list[bytes], data: st.DataObject
) -> None:
    batch = Batch(records, {})
    index = data.draw(st.integers(0, len(records) - 1))
    good = batch.receipt(index)
    assert verify_record(records[index], good, batch.manifest)
    salt = bytes([good.salt[0] ^ 1]) + good.salt[1:]
    assert not verify_record(records[index], Receipt(index, salt, good.proof), batch.manifest)
    # The bounds between salt and record are fixed: one byte cannot pass from one to the other.
    moved = Receipt(index, good.salt + records[index][:1], good.proof)
    if records[index]:
        assert not verify_record(records[index][1:], moved, batch.manifest)
    assert not verify_record(records[index] + b"x", good, batch.manifest)
    other = Manifest(bytes(32), batch.manifest.count, batch.manifest.created, {})
    assert not verify_record(records[index], good, other)


def test_the_manifest_is_kept_before_it_is_signed() -> None:
    kept, order = Kept(), []

    def sign(manifest: bytes) -> str:
        order.append(list(kept.manifests))
        return "signed"

    manifest, signature = sign_batch(Batch(RECORDS, {}), sign, kept)
    assert order == [[manifest]]
    assert signature == "signed"


def test_what_cannot_be_kept_is_not_signed() -> None:
    class Full:
        def keep(self, manifest: bytes) -> None:
            raise OSError("the disk is full")

    signed: list[bytes] = []
    with pytest.raises(OSError, match="full"):
        sign_batch(Batch(RECORDS, {}), signed.append, Full())
    assert not signed


def test_the_manifest_says_what_is_signed_in_canonical_json() -> None:
    moment = datetime(2022, 4, 19, 1, 2, 3, 999, tzinfo=UTC)
    manifest = bytes(Batch(RECORDS, {"facility": "08118"}, created=moment).manifest)
    value = json.loads(manifest)
    root = value.pop("root")
    assert len(root) == 43
    assert value == {
        "count": 9,
        "created": "2022-04-19T01:02:03Z",
        "kind": "lamsach.batch.1",
        "statement": {"facility": "08118"},
        "tree": "RFC9162-SHA256-salt128",
    }
    assert bytes(Manifest.read(manifest)) == manifest


def changed(**fields: Any) -> bytes:
    value = json.loads(bytes(Batch(RECORDS, {}).manifest)) | fields
    value = {name: one for name, one in value.items() if one is not ...}
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{ }",
        b"[]",
        b"null",
        b"{}",
        changed(count=0),
        changed(count=True),
        changed(count="9"),
        changed(kind="lamsach.batch.2"),
        changed(tree="SHA-1"),
        changed(root="AAAA"),
        changed(root=7),
        changed(created="2022-04-19"),
        changed(created="2022-13-19T00:00:00Z"),
        changed(created=None),
        changed(statement=[]),
        changed(statement=...),
        changed(extra=1),
    ],
)
def test_what_is_no_manifest_is_refused(manifest: bytes) -> None:
    with pytest.raises(ESignError) as caught:
        Manifest.read(manifest)
    assert caught.value.code == "MANIFEST_INVALID"


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"index": 0, "salt": "AAAA", "proof": ""},
        {"index": "0", "salt": "A" * 22, "proof": ""},
        {"index": True, "salt": "A" * 22, "proof": ""},
        {"index": 0, "salt": "A" * 22, "proof": "é"},
        {"index": 0, "salt": "A" * 22, "proof": "AB"},
        {"index": 0, "salt": "A" * 22, "proof": "", "more": 1},
        {"index": 0, "salt": "A" * 22},
    ],
)
def test_what_is_no_receipt_is_refused(value: Any) -> None:
    with pytest.raises(ESignError) as caught:
        Receipt.read(value)
    assert caught.value.code == "RECEIPT_INVALID"


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Batch([], {})

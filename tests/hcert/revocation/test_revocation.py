"""Revoked, suspended, reinstated: what a verifier learns from batches and from filters."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes as digests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.revocation import (
    Batch,
    BatchGoneError,
    HashType,
    RevocationError,
    RevocationList,
    RevocationRegister,
    country_uci_hash,
    publish,
    read_batches,
    read_published,
    signature_hash,
    uci_hash,
)
from lamsach.hcert.revocation.batch import format_time
from lamsach.hcert.revocation.cms import open_cms, sign_cms
from lamsach.hcert.revocation.published import mode_for

NOW = datetime(2022, 5, 1, 12, tzinfo=UTC)
LATER = datetime(2023, 1, 1, tzinfo=UTC)
KID = bytes.fromhex("f30da46716f7882d")
UCI = "URN:UVCI:01:VN:FFFE3D31FABD035899134A9D3BAE9BCF"
SIGNATURE = bytes(range(64))


def entry(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()[:16]


def batch(*entries: bytes, **changed: Any) -> Batch:
    known: dict[str, Any] = {"country": "VN", "expires": LATER, "kid": KID}
    known |= {"hash_type": HashType.SIGNATURE, "entries": entries}
    return Batch(**(known | changed))


def revoked(source: RevocationList, **changed: Any) -> bool:
    certificate: dict[str, Any] = {"country": "VN", "kid": KID, "signature": SIGNATURE}
    certificate |= {"algorithm": "ES256", "uci": UCI, "at": NOW}
    return source.is_revoked(**(certificate | changed))


OF_SIGNATURE = signature_hash(SIGNATURE, "ES256")


def test_the_three_hashes() -> None:
    r_only = hashlib.sha256(SIGNATURE[:32]).digest()[:16]
    assert r_only == OF_SIGNATURE
    assert signature_hash(SIGNATURE, "PS256") == hashlib.sha256(SIGNATURE).digest()[:16]
    assert uci_hash(UCI) == hashlib.sha256(UCI.encode()).digest()[:16]
    assert country_uci_hash("VN", UCI) == hashlib.sha256(b"VN" + UCI.encode()).digest()[:16]


def test_the_second_form_of_an_ecdsa_signature_stays_revoked() -> None:
    listed = RevocationList([batch(OF_SIGNATURE)])
    assert revoked(listed)
    assert revoked(listed, signature=SIGNATURE[:32] + b"\xff" * 32)
    assert not revoked(listed, signature=b"\xff" * 32 + SIGNATURE[32:])
    assert not revoked(listed, algorithm="PS256")


@pytest.mark.parametrize(
    ("hash_type", "named"),
    [
        (HashType.SIGNATURE, OF_SIGNATURE),
        (HashType.UCI, uci_hash(UCI)),
        (HashType.COUNTRYCODEUCI, country_uci_hash("VN", UCI)),
    ],
)
def test_each_kind_of_hash_in_batches_and_filters(hash_type: HashType, named: bytes) -> None:
    made = batch(named, hash_type=hash_type)
    other = batch(entry(1), hash_type=hash_type)
    for source in (
        RevocationList([made]),
        RevocationList(published=publish([made, other], at=NOW).keys),
        RevocationList(published=publish([made], at=NOW, slice_type="VARHASHLIST").keys),
    ):
        assert revoked(source)
        assert not revoked(source, uci="X", signature=b"\1" * 64)
        assert not revoked(source, kid=b"other-kid")
        assert not revoked(source, at=LATER)
        assert revoked(source, at=LATER - timedelta(seconds=1))
    assert not revoked(RevocationList([other]))
    for wrong in set(HashType) - {hash_type}:
        assert not revoked(RevocationList([batch(named, hash_type=wrong)]))
        keys = publish([batch(named, hash_type=wrong)], at=NOW).keys
        assert not revoked(RevocationList(published=keys))


def test_an_unknown_key_may_be_any_key() -> None:
    made = batch(OF_SIGNATURE, kid=None)
    for source in (RevocationList([made]), RevocationList(published=publish([made], at=NOW).keys)):
        assert revoked(source)
        assert revoked(source, kid=b"another!")


@pytest.mark.parametrize("kid", ["8w2kZxb3iC0=", "f30da46716f7882d", "8w2kZxb3iC0", "UNKNOWN_KID"])
@pytest.mark.parametrize("several", [False, True])
def test_a_file_of_one_batch_or_several(tmp_path: Path, kid: str, several: bool) -> None:
    document: Any = batch(OF_SIGNATURE).as_json() | {"kid": kid}
    assert set(document) == {"country", "expires", "kid", "hashType", "entries"}
    assert document["entries"] == [{"hash": base64.b64encode(OF_SIGNATURE).decode()}]
    assert len(document["entries"][0]["hash"]) == 24
    if several:
        document = [batch(entry(1)).as_json(), document]
    file = tmp_path / "batches.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    for source in (
        file,
        str(file),
        file.read_bytes(),
        b"\xef\xbb\xbf" + file.read_bytes(),
        tmp_path,
    ):
        assert revoked(RevocationList.load(source))


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"country": None}, "country"),
        ({"kid": None}, "kid"),
        ({"kid": "%%%"}, "neither base64 nor hex"),
        ({"kid": ""}, "neither base64 nor hex"),
        ({"expires": "soon"}, "expires"),
        ({"expires": None}, "expires"),
        ({"hashType": "SHA"}, "hashType"),
        ({"hashType": ["UCI"]}, "hashType"),
        ({"entries": None}, "entries"),
        ({"entries": ["AAAA"]}, "24 characters"),
        ({"entries": [{"hash": "AAAA"}]}, "24 characters"),
        ({"entries": [{"hash": "0123456789abcdef" * 2}]}, "24 characters"),  # it is base64 too
        ({"entries": [{"hash": "0123456789abcdef" * 4}]}, "24 characters"),
        ({"entries": [{"hash": "not base64 at all!!!!!!!"}]}, "24 characters"),
        ({"entries": [{"hash": "A" * 22 + "=="}] * 1001}, "at most 1000"),
    ],
)
def test_a_broken_batch_is_refused_and_numbered(changed: dict[str, Any], problem: str) -> None:
    good = batch(OF_SIGNATURE).as_json()
    with pytest.raises(RevocationError, match=problem) as caught:
        RevocationList.load(json.dumps([good, good | changed]).encode())
    assert "batch 2" in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"x", b"{", b"[" * 99999, b"0\x82", b"PK\x03\x04", b"\x1f\x8b1"]
)
def test_a_file_that_is_nothing_is_refused(data: bytes) -> None:
    with pytest.raises(RevocationError):
        RevocationList.load(data)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(RevocationError):
        RevocationList.load(data)


def test_a_time_without_offset_is_utc_and_a_long_hash_is_cut() -> None:
    document = batch(OF_SIGNATURE).as_json() | {"expires": "2023-01-01T00:00:00"}
    document["entries"] = [{"hash": base64.b64encode(OF_SIGNATURE + b"x" * 16).decode()}]
    assert read_batches(json.dumps(document).encode()) == [batch(OF_SIGNATURE)]


def certificate(key: Any) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "UP")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(LATER)
        .sign(key, digests.SHA256())
    )


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_batch_in_a_cms(kind: str) -> None:
    key: Any = ec.generate_private_key(ec.SECP256R1())
    if kind == "rsa":
        key = rsa.generate_private_key(65537, 2048)
    upload, stranger = certificate(key), certificate(ec.generate_private_key(ec.SECP256R1()))
    content = json.dumps(batch(OF_SIGNATURE).as_json()).encode()
    message = sign_cms(content, upload, key)
    der = base64.b64decode(message)
    for data in (message, der):
        assert open_cms(data) == content
        assert read_batches(data, [stranger, upload]) == [batch(OF_SIGNATURE)]
        assert revoked(RevocationList.load(data))
        with pytest.raises(RevocationError, match="nobody who is trusted"):
            read_batches(data, [stranger])
    changed = der.replace(b'"VN"', b'"LA"')
    assert changed != der
    with pytest.raises(RevocationError, match="changed after"):
        read_batches(changed, [upload])
    with pytest.raises(RevocationError, match="unsigned"):
        read_batches(content, [upload])
    broken = der[:-1] + bytes([der[-1] ^ 1])  # the signature stands last
    with pytest.raises(RevocationError, match="nobody who is trusted"):
        read_batches(broken, [upload])


def test_modes_by_number() -> None:
    assert [mode_for(n) for n in (1, 100_000, 100_001, 1_600_000, 1_600_001)] == [
        *("POINT", "POINT", "VECTOR", "VECTOR", "COORDINATE")
    ]


@pytest.mark.parametrize("slice_type", ["BLOOMFILTER", "VARHASHLIST"])
@pytest.mark.parametrize("limits", [(10**6, 10**7), (10, 10**6), (10, 20)])
def test_published_filters_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slice_type: Any, limits: tuple[int, int]
) -> None:
    """All three modes, read back from a folder, its index, a zip and a tar."""
    monkeypatch.setattr("lamsach.hcert.revocation.published._POINT_MOST", limits[0])
    monkeypatch.setattr("lamsach.hcert.revocation.published._VECTOR_MOST", limits[1])
    known = [entry(n) for n in range(60)]
    soon = NOW + timedelta(days=1, seconds=1)
    batches = [batch(*known), batch(OF_SIGNATURE, expires=soon), batch(entry(99), expires=NOW)]
    published = publish(batches, at=NOW, slice_type=slice_type)
    published.write(tmp_path)
    index = json.loads((tmp_path / "lists.json").read_text(encoding="utf-8"))
    depth = {"POINT": 0, "VECTOR": 1, "COORDINATE": 2}[index[0]["mode"]]
    assert depth == (0 if limits[0] > 61 else 1 if limits[1] > 61 else 2)
    for part in json.loads((tmp_path / "partitions.json").read_text(encoding="utf-8")):
        assert (part["id"] or "") == (part["x"] or "") + (part["y"] or "")
        assert len(part["id"] or "") == depth
        for chunk in part["chunks"].values():
            assert set(chunk) <= {format_time(LATER), "2022-05-02T12:01:00Z"}
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for name, data in published.files.items():
            archive.writestr(name, data)
    with tarfile.open(fileobj=tarred, mode="w:gz") as tar:
        tar.add(tmp_path, arcname="revocation")
    for source in (tmp_path, tmp_path / "lists.json", zipped.getvalue(), tarred.getvalue()):
        listed = RevocationList.load(source)
        assert revoked(listed)
        assert revoked(listed, at=soon)  # not valid again before the whole minute
        assert not revoked(listed, at=soon + timedelta(minutes=1))
        (key,) = read_published(tmp_path).keys
        assert all(key.has(one, NOW) for one in known)
        assert not any(key.has(entry(n), NOW) for n in range(90, 400))


def test_a_gap_in_a_published_list_is_not_taken_for_innocence(tmp_path: Path) -> None:
    publish([batch(OF_SIGNATURE)], at=NOW).write(tmp_path)
    (gone,) = (tmp_path / "slices").iterdir()
    data = gone.read_bytes()
    gone.unlink()
    with pytest.raises(RevocationError, match=r"slice .* is missing"):
        RevocationList.load(tmp_path)
    gone.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(RevocationError, match=r"slice .* is missing"):
        RevocationList.load(tmp_path)
    gone.write_bytes(data)
    (tmp_path / "partitions.json").unlink()
    with pytest.raises(RevocationError, match="partitions of the key"):
        RevocationList.load(tmp_path)
    (tmp_path / "lists.json").unlink()
    with pytest.raises(RevocationError, match="neither batches nor filters"):
        RevocationList.load(tmp_path)


def test_an_archive_that_swells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"slices/{number}", bytes(1 << 20))
    with tarfile.open(fileobj=tarred, mode="w:gz") as tar:
        member = tarfile.TarInfo("huge")
        member.size = 1 << 24
        tar.addfile(member, io.BytesIO(bytes(member.size)))
    assert len(zipped.getvalue()) + len(tarred.getvalue()) < 1 << 17
    monkeypatch.setattr("lamsach.hcert.revocation.published._MAX_BYTES", 10 << 20)
    for data in (zipped.getvalue(), tarred.getvalue()):
        with pytest.raises(RevocationError, match="256 MB"):
            RevocationList.load(data)


@pytest.mark.parametrize(
    "index",
    [
        [{"mode": "POINT"}],
        [{"mode": "CIRCLE", "kid": "8w2kZxb3iC0=", "hashTypes": []}],
        [{"mode": "POINT", "kid": 7, "hashTypes": []}],
        [{"mode": "POINT", "kid": "8w2kZxb3iC0=", "hashTypes": 1}, {"chunks": 1}],
        [
            {"mode": "POINT", "kid": "8w2kZxb3iC0=", "hashTypes": ["UCI"]},
            {"kid": "8w2kZxb3iC0=", "id": "a", "chunks": {}},
        ],
        [
            {"mode": "POINT", "kid": "8w2kZxb3iC0=", "hashTypes": ["UCI"]},
            {"kid": "8w2kZxb3iC0=", "id": None, "chunks": {"a": {"soon": {"hash": 1}}}},
        ],
    ],
)
def test_an_index_without_its_form_is_refused(tmp_path: Path, index: Any) -> None:
    (tmp_path / "lists.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(RevocationError):
        RevocationList.load(tmp_path / "lists.json")


# Our own register


def test_revoke_suspend_reinstate() -> None:
    register = RevocationRegister("VN")
    until = NOW + timedelta(days=3)
    register.revoke(entry(1), kid=KID, expires=LATER, at=NOW)
    register.suspend(OF_SIGNATURE, kid=KID, until=until, at=NOW)
    assert len(register.seal(at=NOW)) == 2  # two expiries, two batches
    listed = RevocationList(register.batches(at=NOW))
    assert revoked(listed)
    assert revoked(listed, at=until - timedelta(seconds=1))
    assert not revoked(listed, at=until)
    register.reinstate(OF_SIGNATURE, at=NOW)
    assert not revoked(RevocationList(register.batches(at=NOW)))
    assert register.revoked_until(entry(1)) == LATER


def test_reinstating_one_leaves_the_others_revoked() -> None:
    register = RevocationRegister("VN")
    for number in range(1500):
        register.revoke(entry(number), kid=KID, expires=LATER, at=NOW)
    first = register.seal(at=NOW)
    assert [len(register.batch(name).entries) for name in first] == [1000, 500]
    tomorrow = NOW + timedelta(days=1)
    register.reinstate(entry(7), at=tomorrow)
    (second,) = register.seal(at=tomorrow)
    held = {one for made in register.batches(at=tomorrow) for one in made.entries}
    assert held == {entry(n) for n in range(1500)} - {entry(7)}
    lines = {line.batch_id: line.deleted for line in register.index(at=tomorrow).batches}
    assert lines == {first[0]: True, first[1]: False, second: False}
    with pytest.raises(BatchGoneError):
        register.batch(first[0])
    later = register.index(at=tomorrow + timedelta(days=7)).batches
    assert {line.batch_id for line in later} == {first[1], second}
    changed = register.index(at=tomorrow, since=tomorrow).batches
    assert {line.batch_id for line in changed} == {first[0], second}


def test_a_suspension_never_shortens_a_revocation_and_a_revocation_replaces_it() -> None:
    register = RevocationRegister("VN")
    register.suspend(entry(1), kid=KID, until=NOW + timedelta(days=1), at=NOW)
    register.seal(at=NOW)
    register.revoke(entry(1), kid=KID, expires=LATER, at=NOW)
    register.suspend(entry(1), kid=KID, until=NOW + timedelta(days=2), at=NOW)
    assert register.revoked_until(entry(1)) == LATER
    register.seal(at=NOW)
    register.suspend(entry(1), kid=KID, until=NOW + timedelta(days=2), at=NOW)
    register.revoke(entry(1), kid=KID, expires=LATER, at=NOW)
    assert register.seal(at=NOW) == []
    assert [made.expires for made in register.batches(at=NOW)] == [LATER]


def test_what_cannot_be_revoked_or_reinstated() -> None:
    register = RevocationRegister("VN")
    with pytest.raises(RevocationError, match="128 bits"):
        register.revoke(b"short", kid=KID, expires=LATER, at=NOW)
    with pytest.raises(RevocationError, match="past"):
        register.revoke(entry(1), kid=KID, expires=NOW, at=NOW)
    with pytest.raises(RevocationError, match="not revoked"):
        register.reinstate(entry(1), at=NOW)
    with pytest.raises(BatchGoneError):
        register.batch("none")


def test_expired_batches_are_forgotten() -> None:
    register = RevocationRegister("VN")
    register.revoke(entry(1), kid=KID, expires=LATER, at=NOW)
    register.seal(at=NOW)
    assert register.index(at=LATER).batches == ()
    register.seal(at=LATER)
    assert register.revoked_until(entry(1)) is None
    assert register.as_json()["batches"] == []


def test_pages_of_the_index_end_and_miss_nothing() -> None:
    register = RevocationRegister("VN")
    for number in range(2300):
        # Every batch has its own expiry; a thousand of them are sealed in one go.
        until = LATER + timedelta(minutes=number)
        register.revoke(entry(number), kid=KID, expires=until, at=NOW)
        if number in (500, 1700):
            register.seal(at=NOW + timedelta(seconds=number))
    register.seal(at=NOW + timedelta(days=1))
    at, since, seen = NOW + timedelta(days=2), NOW, set()
    for _ in range(5):
        page = register.index(at=at, since=since)
        seen |= {line.batch_id for line in page.batches}
        if not page.more:
            break
        since = page.batches[-1].date
    assert not page.more
    assert len(seen) == 2300
    assert page.as_json()["more"] is False


operations = st.lists(
    st.tuples(
        st.sampled_from(["revoke", "suspend", "reinstate", "seal", "store"]), st.integers(0, 6)
    ),
    max_size=40,
)


@given(operations)
def test_the_published_batches_say_what_was_decided(steps: list[tuple[str, int]]) -> None:
    """Any order of decisions, with storing in between, against a plain dictionary."""
    register, decided = RevocationRegister("VN"), {}
    soon = NOW + timedelta(days=1)
    for step, number in steps:
        one = entry(number)
        if step == "revoke":
            register.revoke(one, kid=KID, expires=LATER, at=NOW)
            decided[one] = LATER
        elif step == "suspend":
            register.suspend(one, kid=KID, until=soon, at=NOW)
            decided.setdefault(one, soon)
        elif step == "reinstate" and one in decided:
            register.reinstate(one, at=NOW)
            del decided[one]
        elif step == "seal":
            register.seal(at=NOW)
        elif step == "store":
            register = RevocationRegister.from_json(json.loads(json.dumps(register.as_json())))
    register.seal(at=NOW)
    held = {one: made.expires for made in register.batches(at=NOW) for one in made.entries}
    assert held == decided
    assert sum(len(made.entries) for made in register.batches(at=NOW)) == len(decided)


def test_a_damaged_register_is_refused() -> None:
    for document in ({}, {"country": "VN", "pending": [{}], "batches": []}):
        with pytest.raises(RevocationError, match="form"):
            RevocationRegister.from_json(document)

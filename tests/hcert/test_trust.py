"""Trust lists as they are published, and certificates as they really are."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.utils import CryptographyDeprecationWarning
from hcert_making import (
    NOW,
    VACCINATION,
    Dsc,
    make_claims,
    make_dsc,
    private_key,
    seal,
    signed_payload,
)
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.errors import TrustListError
from lamsach.hcert.trust import CertificateError, TrustedKey, TrustList, key_identifier
from lamsach.hcert.verify import verify


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def gateway_entry(dsc: Dsc, **changes: Any) -> dict[str, Any]:
    entry = {
        "kid": b64(dsc.kid),
        "timestamp": "2021-07-15T00:00:00Z",
        "country": "VN",
        "certificateType": "DSC",
        "thumbprint": hashlib.sha256(dsc.der).hexdigest(),
        "signature": "",
        "rawData": b64(dsc.der),
    }
    return {name: value for name, value in (entry | changes).items() if value is not None}


def did(*methods: tuple[str, Dsc], **jwk: Any) -> bytes:
    base = "did:web:example.org:v2:trustlist"
    made = []
    for usage, dsc in methods:
        kid = b64(dsc.kid)
        name = f"{base}:DCC:VNM:{usage}#{kid.replace('+', '%2B').replace('/', '%2F')}"
        key = {"kty": "EC", "kid": kid, "x5c": [b64(dsc.der), "AAAA"], "x": "AA", **jwk}
        made.append({"id": name, "type": "JsonWebKey2020", "publicKeyJwk": key})
    return as_json({"id": base, "verificationMethod": made, "proof": {}})


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def trusts(data: bytes, dsc: Dsc) -> bool:
    """Whether a list lets a certificate of this signer through."""
    text = seal(dsc, make_claims(signed_payload()))
    return verify(text, TrustList.load(data), at=NOW).valid


def test_pem(dsc: Dsc, es256: Dsc) -> None:
    assert trusts(es256.pem + b"a comment\n" + dsc.pem, dsc)
    assert trusts(dsc.pem.replace(b"\n", b"\r\n"), dsc)
    assert not trusts(make_dsc(serial=9).pem, dsc)


def test_json_of_key_identifiers(dsc: Dsc) -> None:
    other = make_dsc(key=private_key("ES256", 1))
    for kid in (b64(dsc.kid), dsc.kid.hex(), dsc.kid.hex().upper(), b64(dsc.kid).rstrip("=")):
        assert trusts(as_json({kid: b64(dsc.der)}), dsc)
        assert trusts(as_json({kid: [b64(other.der), b64(dsc.der)]}), dsc)
        assert trusts(b"\xef\xbb\xbf \n" + as_json({kid: dsc.pem.decode()}), dsc)
        assert not trusts(as_json({kid: b64(other.der)}), dsc)
    assert not trusts(as_json({"AAAAAAAAAAA=": b64(dsc.der)}), dsc)


def test_key_identifiers_of_the_url_alphabet() -> None:
    for serial in range(2, 200):
        dsc = make_dsc(serial=serial)
        kid = base64.urlsafe_b64encode(dsc.kid).decode()
        if "-" in kid or "_" in kid:
            assert trusts(as_json({kid: b64(dsc.der)}), dsc)
            return
    pytest.fail("none of two hundred identifiers needed the other alphabet")


def test_the_gateways_list(dsc: Dsc) -> None:
    assert trusts(as_json([gateway_entry(dsc)]), dsc)
    assert trusts(as_json([gateway_entry(dsc, kid=None, thumbprint=None)]), dsc)
    for kind in ("CSCA", "UPLOAD", "AUTHENTICATION"):
        assert not trusts(as_json([gateway_entry(dsc, certificateType=kind)]), dsc)


def test_an_entry_that_is_damaged_is_named_and_left_out(dsc: Dsc) -> None:
    entries = [
        gateway_entry(dsc, thumbprint="00" * 32),
        gateway_entry(dsc, rawData="!"),
        gateway_entry(dsc, rawData=b64(b"no certificate"), thumbprint=None),
        gateway_entry(dsc),
    ]
    trust = TrustList.load(as_json(entries))
    assert len(trust) == 1
    assert [problem.split(":")[0] for problem in trust.problems] == [
        "entry 1",
        "entry 2",
        "entry 3",
    ]


def test_a_damaged_entry_of_any_list_leaves_the_others_in_force(dsc: Dsc) -> None:
    """One slip of a hand-kept list must not close the border; silence about it would be as bad."""
    broken = dsc.pem[:90] + b"*" + dsc.pem[90:]
    good = b64(dsc.der)
    for data, place in (
        (broken + dsc.pem, "certificate 1"),
        (dsc.pem + dsc.pem[:200], "certificate 2"),
        (as_json({"AAAAAAAAAAA=": None, b64(dsc.kid): good}), "key AAAAAAAAAAA="),
        (as_json({b64(dsc.kid): ["!", good]}), f"key {b64(dsc.kid)}"),
        (as_json({"!": good, b64(dsc.kid): good}), "key !"),
        (as_json([{"kid": "x"}, gateway_entry(dsc)]), "entry 1"),
        (as_json([7, gateway_entry(dsc)]), "entry 1"),
        (archive(**{"DSC/a.pem": b"", "DSC/b.pem": dsc.pem}), "DSC/a.pem"),
    ):
        assert trusts(data, dsc)
        [problem] = TrustList.load(data).problems
        assert problem.startswith(f"{place}: ")


def test_all_identifiers_of_one_key(es256: Dsc) -> None:
    renewed = make_dsc(serial=77, key=es256.key)
    other = make_dsc(key=private_key("ES256", 1))
    trust = TrustList.load(renewed.pem + es256.pem + other.pem)
    assert trust.kids_of(TrustedKey.from_der(es256.der)) == {es256.kid, renewed.kid}
    assert trust.kids_of(TrustedKey.from_der(other.der)) == {other.kid}
    assert TrustList([]).kids_of(TrustedKey.from_der(other.der)) == {other.kid}


def test_a_did_document(dsc: Dsc) -> None:
    assert trusts(did(("DSC", dsc)), dsc)
    assert trusts(did(("DSC", dsc), x="A" * 44, crv="UNKNOWN CURVE"), dsc)
    for usage in ("SCA", "DECA", "DESC"):
        assert not trusts(did((usage, dsc)), dsc)
    bare = json.loads(did(("DSC", dsc)))
    del bare["verificationMethod"][0]["publicKeyJwk"]["x5c"]
    trust = TrustList.load(as_json(bare))
    assert len(trust) == 0
    assert trust.problems == ("verificationMethod 1: no certificate (x5c)",)


def test_a_did_documents_identifier_is_the_fragment_where_the_key_names_none(dsc: Dsc) -> None:
    document = json.loads(did(("DSC", dsc)))
    del document["verificationMethod"][0]["publicKeyJwk"]["kid"]
    assert trusts(as_json(document), dsc)


def test_references_only() -> None:
    document = {"verificationMethod": ["did:web:example.org:v2:trustlist:DCC:VNM:DSC#x"]}
    trust = TrustList.load(as_json(document))
    assert trust.problems == ("verificationMethod 1: a reference without a key",)


def test_the_eus_archive(dsc: Dsc, es256: Dsc) -> None:
    name = "DSC/DCC/VN/" + hashlib.sha256(dsc.der).hexdigest() + ".pem"
    assert trusts(archive(**{name: dsc.pem, "License.txt": b"x"}), dsc)
    assert not trusts(archive(**{"CSCA/DCC/VN/x.pem": dsc.pem}), dsc)
    made = archive(**{name: dsc.pem})
    with pytest.raises(TrustListError, match="damaged"):
        TrustList.load(made[:-30])


def test_an_archive_that_grows_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("DSC/DCC/VN/x.pem", b" " * (65 << 20))
    with pytest.raises(TrustListError, match="unpacks to more"):
        TrustList.load(buffer.getvalue())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HC1:",
        b"7",
        b'{"a": 7}',
        b'{"!": "AAAA"}',
        b'{"AAAA": "!"}',
        b"[7]",
        b'[{"kid": "x"}]',
        b'{"verificationMethod": 7}',
        b"{",
        b"[" * 100_000,
        b"PK\x03\x04",
        b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----",
    ],
)
def test_what_is_no_trust_list(data: bytes) -> None:
    with pytest.raises(TrustListError):
        TrustList.load(data)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_only_our_error_comes_out_of_a_list(data: bytes) -> None:
    try:
        TrustList.load(data)
    except TrustListError:
        return


@given(data=st.data())
def test_only_our_error_comes_out_of_a_certificate(es256: Dsc, data: st.DataObject) -> None:
    der = bytearray(es256.der)
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    try:
        key = TrustedKey.from_der(bytes(der))
    except CertificateError:
        return
    key.as_json()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TrustListError, match=r"none\.pem: cannot be read"):
        TrustList.load(tmp_path / "none.pem")


def test_other_keys_are_of_no_use() -> None:
    with pytest.raises(CertificateError, match="neither on the curve P-256"):
        TrustedKey.from_der(make_dsc(key=ec.generate_private_key(ec.SECP384R1())).der)


def test_a_certificate_that_the_careful_parser_refuses() -> None:
    """An empty list of usages, which X.509 forbids, stands in published test certificates."""
    dsc = make_dsc(usages=bytes.fromhex("3000"))
    with pytest.raises(ValueError, match="InvalidSize"):
        _ = x509.load_der_x509_certificate(dsc.der).extensions
    key = TrustedKey.from_der(dsc.der)
    assert (key.country, key.usages, key.algorithm_name) == ("VN", None, "ES256")
    assert key.starts == (NOW - timedelta(days=30)).timestamp()
    assert trusts(dsc.pem, dsc)


def test_a_certificate_of_a_version_that_does_not_exist(es256: Dsc) -> None:
    """One such entry must not end the reading of a list."""
    odd = es256.der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020101"), 1)
    with pytest.raises(x509.InvalidVersion):
        x509.load_der_x509_certificate(odd)
    assert TrustedKey.from_der(odd).usages == frozenset("v")
    assert trusts(as_json({b64(es256.kid): [b64(odd), b64(es256.der)]}), es256)


def test_a_certificate_that_the_parser_warns_of(es256: Dsc) -> None:
    """Warnings are errors here; on the command line they would stand before the counter's eyes."""
    odd = es256.der.replace(bytes.fromhex("a003020102020101"), bytes.fromhex("a003020102020100"), 1)
    with pytest.warns(CryptographyDeprecationWarning):
        x509.load_der_x509_certificate(odd)
    key = TrustedKey.from_der(odd)
    assert key.subject == TrustedKey.from_der(es256.der).subject  # the careful parser read it


def test_usages_behind_one_that_is_no_object_identifier() -> None:
    """The careful parser refuses them all; the certificate is for vaccinations nevertheless."""
    usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier(VACCINATION)]).public_bytes()[2:]
    broken = b"\x30" + bytes((2 + len(usage),)) + b"\x06\x00" + usage
    assert TrustedKey.from_der(make_dsc(usages=broken).der).usages == frozenset("v")


def test_who_signed(es256: Dsc) -> None:
    key = TrustedKey.from_der(es256.der)
    assert key.kid == key_identifier(es256.der) == hashlib.sha256(es256.der).digest()[:8]
    assert key.subject == "CN=CHỨNG NHẬN TIÊM CHỦNG,C=VN"
    assert (key.country, key.usages, key.algorithm_name) == ("VN", frozenset("v"), "ES256")


@pytest.mark.vectors
def test_who_publishes_what(shared_data: Path) -> None:
    """WHO's list for development: every document signer with a usable key, nobody else."""
    path = shared_data / "dcc/gdhcn/tng-cdn-dev-v2-trustlist-did.json"
    trust = TrustList.load(path)
    document = json.loads(path.read_bytes())
    signers = [
        method["publicKeyJwk"]
        for method in document["verificationMethod"]
        if ":DSC#" in method["id"]
    ]
    usable = [jwk for jwk in signers if jwk.get("crv") != "UNKNOWN CURVE"]
    certificates = {(jwk["kid"], jwk["x5c"][0]) for jwk in usable}
    assert len(trust) == len(certificates)
    assert len(trust.problems) == len(signers) - len(usable)
    for jwk in usable:
        found = trust.find(base64.b64decode(jwk["kid"]))
        assert base64.b64decode(jwk["x5c"][0]) in [key.der for key in found]
    sizes = Counter(len(base64.urlsafe_b64decode(jwk["x"] + "==")) for jwk in usable if "x" in jwk)
    assert sizes[33] > 30  # why x and y are not to be used

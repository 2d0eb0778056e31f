from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from lamsach.esign.certificates import (
    Authorities,
    Evidence,
    Use,
    check_certificate,
    read_certificates,
)
from lamsach.esign.errors import ESignError
from lamsach.esign.fetching import fetch_http
from lamsach.esign.findings import State


def check(
    pki: Any, authorities: Any, label: str, authority: str = "government", **named: Any
) -> Any:
    others = [pki.certificate("issuing", authority)]
    return check_certificate(pki.certificate(label, authority), others, authorities, **named)


@pytest.mark.parametrize("authority", ["government", "public"])
def test_a_good_certificate_of_any_trusted_authority_passes(
    pki: Any, authorities: Any, authority: str
) -> None:
    found = check(pki, authorities, "head", authority)
    found.require()
    assert found.passed
    assert [one.subject for one in found.path] == [
        pki.certificate(label, authority).subject for label in ("head", "issuing", "root")
    ]
    assert found.evidence.ocsps
    assert found.evidence.crls, "the issuing authority's own state comes from the root's list"


def test_a_caller_inside_an_event_loop_gets_the_same_answer(pki: Any, authorities: Any) -> None:
    async def inside() -> Any:
        return check(pki, authorities, "revoked")

    assert asyncio.run(inside()).revocation.code == "CERTIFICATE_REVOKED"


def test_the_office_title_and_the_names_are_told(pki: Any, authorities: Any) -> None:
    holder = check(pki, authorities, "head").holder
    assert (holder.name, holder.title) == ("Trần Thị Ngát (head)", "Trưởng trạm")
    assert holder.unit == "Trạm Y tế phường Thử Nghiệm"
    assert holder.organization == "SỞ Y TẾ TỈNH GIẢ ĐỊNH"
    assert holder.issuer == "government cấp phát G2"
    assert str(holder).startswith("Trần Thị Ngát (head), Trưởng trạm, Trạm Y tế")


@pytest.mark.parametrize(
    ("label", "authority", "code"),
    [
        ("expired", "government", "CERTIFICATE_EXPIRED"),
        ("future", "government", "CERTIFICATE_NOT_YET_VALID"),
        ("encipher", "government", "KEY_USAGE_UNSUITABLE"),
        ("issuing", "government", "KEY_USAGE_UNSUITABLE"),
        ("revoked", "government", "CERTIFICATE_REVOKED"),
        ("head", "stranger", "PATH_UNTRUSTED"),
        ("unlisted", "government", "REVOCATION_UNKNOWN"),
    ],
)
def test_what_is_wrong_is_found_and_said_in_both_languages(
    pki: Any, authorities: Any, label: str, authority: str, code: str
) -> None:
    found = check(pki, authorities, label, authority)
    assert not found.passed
    with pytest.raises(ESignError) as caught:
        found.require()
    assert caught.value.code == code
    assert caught.value.sentence.vi != caught.value.sentence.en
    wrong = [one.code for one in found.findings if one.state is State.FAILED]
    assert wrong == ([code] if code != "REVOCATION_UNKNOWN" else [])


def test_an_address_of_a_stranger_is_never_called(pki: Any, authorities: Any) -> None:
    before = len(pki.requests)
    assert not check(pki, authorities, "head", "stranger").passed
    assert len(pki.requests) == before


def test_a_revoked_authority_spoils_what_it_issued(pki: Any) -> None:
    fallen = Authorities(roots=[pki.certificate("root", "fallen")])
    found = check(pki, fallen, "head", "fallen")
    assert found.trust.passed
    assert found.revocation.code == "CERTIFICATE_REVOKED"


def test_the_date_of_the_revocation_is_told(pki: Any, authorities: Any) -> None:
    sentence = check(pki, authorities, "revoked").revocation.sentence
    assert "2024-06-01" in sentence.en
    assert "01/06/2024" in sentence.vi


def test_a_revocation_counts_from_its_date(pki: Any, authorities: Any) -> None:
    before = datetime(2024, 5, 31, tzinfo=UTC)
    assert check(pki, authorities, "revoked", at=before).passed
    after = check(pki, authorities, "revoked", at=before + timedelta(days=2))
    assert after.revocation.code == "CERTIFICATE_REVOKED"


def test_a_lost_time_stamping_key_is_worth_nothing_for_any_time(pki: Any, authorities: Any) -> None:
    # Whoever found it stamps whatever past he likes (RFC 3161, 4); a replaced key nobody found.
    before = datetime(2024, 5, 31, tzinfo=UTC)
    lost = check(pki, authorities, "revoked", at=before, use=Use.TIME_STAMP)
    assert lost.revocation.code == "CERTIFICATE_REVOKED"
    kept = check(pki, authorities, "replaced", at=before, use=Use.TIME_STAMP)
    assert kept.revocation.code == "NOT_REVOKED"
    after = check(pki, authorities, "replaced", at=before + timedelta(days=2), use=Use.TIME_STAMP)
    assert after.revocation.code == "CERTIFICATE_REVOKED"


def test_where_a_responder_is_of_no_use_the_list_tells(pki: Any, authorities: Any) -> None:
    other = check(pki, authorities, "deputy").evidence.ocsps[-1]

    def mistaken(address: str, body: bytes | None = None, kind: str = "") -> bytes:
        return fetch_http(address, body, kind) if body is None else other

    by_list = replace(authorities, fetch=mistaken)
    found = check(pki, by_list, "head")
    assert found.revocation.code == "NOT_REVOKED"
    assert "(by CRL)" in found.revocation.sentence.en
    assert check(pki, by_list, "revoked").revocation.code == "CERTIFICATE_REVOKED"


SINCE, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)


def purposed(*purposes: x509.ObjectIdentifier) -> x509.Certificate:
    """A certificate for these purposes, of no authority."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    builder = builder.not_valid_before(SINCE).not_valid_after(UNTIL)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize(
    ("purposes", "code"),
    [
        ((), "KEY_USAGE_SUITABLE"),
        # What the government's own certificates have.
        (
            (Purpose.CLIENT_AUTH, Purpose.EMAIL_PROTECTION, Purpose.SMARTCARD_LOGON),
            "KEY_USAGE_SUITABLE",
        ),
        ((Purpose.SERVER_AUTH, Purpose.CLIENT_AUTH), "KEY_USAGE_SUITABLE"),
        ((x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),), "KEY_USAGE_SUITABLE"),
        ((Purpose.SERVER_AUTH,), "KEY_USAGE_UNSUITABLE"),
        ((Purpose.CODE_SIGNING,), "KEY_USAGE_UNSUITABLE"),
        ((Purpose.TIME_STAMPING,), "KEY_USAGE_UNSUITABLE"),
        ((Purpose.OCSP_SIGNING, Purpose.SERVER_AUTH), "KEY_USAGE_UNSUITABLE"),
    ],
)
def test_a_certificate_of_a_machine_does_not_sign_for_a_person(
    purposes: tuple[x509.ObjectIdentifier, ...], code: str
) -> None:
    found = check_certificate(purposed(*purposes), [], Authorities(roots=()))
    assert found.usage.code == code


def lists(pki: Any, *labels: str) -> list[bytes]:
    return [pki.crl(label) for label in labels]


def test_lists_in_files_serve_without_a_network(pki: Any, authorities: Any, tmp_path: Path) -> None:
    files = []
    for number, crl in enumerate(lists(pki, "root", "issuing")):
        files.append(tmp_path / f"{number}.crl")
        files[-1].write_bytes(crl)
    offline = replace(authorities, follow=False, crls=files)
    before = len(pki.requests)
    assert check(pki, offline, "head").passed
    assert check(pki, offline, "revoked").revocation.code == "CERTIFICATE_REVOKED"
    assert len(pki.requests) == before
    assert not check(pki, replace(offline, crls=files[:1]), "head").passed


def test_lists_and_responders_may_be_configured_by_address(pki: Any, authorities: Any) -> None:
    lists = [f"{pki.url}/government/crls/{one}/latest.crl" for one in ("root", "issuing")]
    by_list = replace(authorities, follow=False, crls=lists)
    assert check(pki, by_list, "head").evidence.crls
    assert check(pki, by_list, "head").passed
    by_question = replace(
        authorities, follow=False, crls=lists[:1], ocsp=[f"{pki.url}/government/ocsp/issuing"]
    )
    assert check(pki, by_question, "unlisted").evidence.ocsps
    assert check(pki, by_question, "revoked").revocation.code == "CERTIFICATE_REVOKED"


def test_addresses_that_do_not_answer_leave_it_unknown(pki: Any, authorities: Any) -> None:
    nowhere = replace(authorities, follow=False, ocsp=["http://127.0.0.1:9/", f"{pki.url}/no"])
    found = check(pki, nowhere, "head")
    assert found.revocation.code == "REVOCATION_UNKNOWN"
    assert found.revocation.state is State.UNKNOWN
    assert not found.passed


@pytest.mark.parametrize("answer", [b"", b"garbage", b"0\x03\n\x01\x06", bytes(100)])
def test_answers_that_are_none_leave_it_unknown(pki: Any, authorities: Any, answer: bytes) -> None:
    garbled = replace(authorities, fetch=lambda *_: answer)
    assert check(pki, garbled, "head").revocation.code == "REVOCATION_UNKNOWN"


def test_a_list_of_another_authority_or_out_of_date_does_not_count(
    pki: Any, authorities: Any
) -> None:
    offline = replace(authorities, follow=False)
    at = datetime.now(UTC)
    good = Evidence(crls=tuple(lists(pki, "root", "issuing")))
    assert check(pki, offline, "head", at=at, archived=good).passed
    foreign = Evidence(crls=(pki.crl("root", "public"), pki.crl("issuing", "public")))
    assert not check(pki, offline, "head", at=at, archived=foreign).passed
    long_before = at - timedelta(days=400)
    assert not check(pki, offline, "head", at=long_before, archived=good).passed
    long_after = at + timedelta(days=400)
    assert not check(pki, offline, "head", at=long_after, archived=good).passed
    changed = bytearray(good.crls[1])
    changed[-1] ^= 1
    spoiled = Evidence(crls=(good.crls[0], bytes(changed)))
    assert not check(pki, offline, "head", at=at, archived=spoiled).passed


def test_only_a_time_stamping_certificate_makes_time_stamps(pki: Any, authorities: Any) -> None:
    tsa = pki.certificate("tsa")
    assert check_certificate(tsa, [], authorities, use=Use.TIME_STAMP).passed
    found = check(pki, authorities, "head", use=Use.TIME_STAMP)
    assert found.usage.code == "KEY_USAGE_UNSUITABLE"


def test_certificates_are_read_from_pem_and_der(pki: Any, tmp_path: Path) -> None:
    both = [pki.certificate(one) for one in ("root", "issuing")]
    pem, der = tmp_path / "bundle.pem", tmp_path / "one.cer"
    pem.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in both))
    der.write_bytes(both[0].public_bytes(Encoding.DER))
    assert read_certificates(pem) == tuple(both)
    assert read_certificates(der) == (both[0],)
    der.write_bytes(b"hello")
    with pytest.raises(ESignError) as caught:
        read_certificates(der)
    assert caught.value.code == "CERTIFICATES_UNREADABLE"
    with pytest.raises(ESignError, match="cannot be read"):
        read_certificates(tmp_path / "none")
    with pytest.raises(ESignError) as caught:
        check(pki, Authorities(roots=both[:1], crls=[der]), "head")
    assert caught.value.code == "CRL_UNREADABLE"

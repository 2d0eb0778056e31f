"""Issuing: what is made, what is refused, and with which key."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from hcert_making import NOW, VACCINATION, Dsc, make_dsc, make_payload, private_key
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.decode import decode
from lamsach.hcert.errors import IssueError
from lamsach.hcert.issue import Issuer
from lamsach.hcert.signer import KeySigner
from lamsach.hcert.uvci import check_uvci, new_uvci
from lamsach.hcert.verify import verify

DAY = timedelta(days=1)
SECRET = "mật khẩu".encode()


def issuer(dsc: Dsc, **options: Any) -> Issuer:
    return Issuer(dsc.signer, dsc.der, **options)


def refusal(dsc: Dsc, payload: dict[str, Any] | None = None, **times: Any) -> IssueError:
    with pytest.raises(IssueError) as caught:
        issuer(dsc).issue(payload or make_payload(), **{"issued_at": NOW, **times})
    assert caught.value.vi
    return caught.value


def test_what_is_issued_verifies(dsc: Dsc) -> None:
    issued = issuer(dsc).issue(make_payload(), issued_at=NOW)
    result = verify(issued.text, dsc.trust, at=NOW)
    assert result.valid
    assert result.certificate == issued.payload
    decoded = decode(issued.text)
    label = {"ES256": -7, "PS256": -37}[dsc.signer.algorithm]
    assert decoded["protected"]["1"] == label
    assert decoded["unprotected"] == {}
    assert decoded["claims"]["1"] == "VN"
    assert (decoded["claims"]["6"], decoded["claims"]["4"]) == (
        int(NOW.timestamp()),
        int(NOW.replace(year=2023).timestamp()),
    )
    assert set(result.certificate) == {"ver", "nam", "dob", "v"}


def test_names_and_identifier_are_filled_in(es256: Dsc) -> None:
    issued = issuer(es256).issue(make_payload(), issued_at=NOW)
    assert issued.payload["nam"] == {
        "fn": "Nguyễn",
        "fnt": "NGUYEN",
        "gn": "Bảo Duy",
        "gnt": "BAO<DUY",
    }
    identifier = issued.payload["v"][0]["ci"]
    assert identifier == issued.identifier
    assert re.fullmatch(r"URN:UVCI:01:VN:[0-9A-F]{32}#[A-Z0-9/:]", identifier)
    assert check_uvci(identifier)
    again = issuer(es256).issue(make_payload(), issued_at=NOW)
    assert again.identifier != identifier


def test_what_was_given_stays(es256: Dsc) -> None:
    given_ = new_uvci("VN")
    names = {"fn": "Nguyễn", "fnt": "NGUYEN"}
    payload = make_payload(nam=dict(names), v_ci=given_)
    issued = issuer(es256).issue(payload, issued_at=NOW)
    assert issued.payload["nam"] == names
    assert issued.identifier == given_
    assert payload == make_payload(nam=names, v_ci=given_)  # the caller's own is left alone


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"nam": {"fn": "Nguyễn", "fnt": "NGUYENN"}}, "name.transliteration"),
        ({"nam": {"fn": unicodedata.normalize("NFD", "Nguyễn")}}, "text.not_nfc"),
        ({"nam": {}}, "name.missing"),
        ({"nam": {"fnt": "NGUYỄN"}}, "name.form"),
        ({"v_ci": "URN:UVCI:01:NL:187/37512422923#A"}, "uvci.check"),
        ({"v_ma": "ORG-100030215"}, "vaccine.maker"),
        ({"v_vp": "J07BX03"}, "code.inactive"),
        ({"v_dn": 0}, "dose.number"),
        ({"v_dn": 2.0}, "dose.number"),
        ({"v_dt": "2022-04-30"}, "event.after_issue"),
        ({"v_dt": "1988-01-01"}, "event.before_birth"),
        ({"v_dt": "2021-10"}, "date.form"),
        ({"dob": "02/01/1989"}, "birth.form"),
        ({"extra": 1}, "field.unknown"),
        ({"v_extra": 1}, "field.unknown"),
        ({"v_is": None}, "field.type"),
        ({"v": []}, "event.count"),
        ({"t": []}, "event.count"),
        ({"ver": "1.3"}, "version.form"),
    ],
)
def test_an_illegal_payload_is_refused(es256: Dsc, changes: dict[str, Any], code: str) -> None:
    payload = make_payload(**changes)
    assert refusal(es256, payload).code == code


def test_only_vaccinations_are_issued(es256: Dsc) -> None:
    payload = make_payload()
    payload["r"] = payload.pop("v")
    assert refusal(es256, payload).code == "event.kind"


def test_twelve_months_and_never_more(es256: Dsc) -> None:
    maker = issuer(es256)
    year = NOW.replace(year=2023)
    assert maker.validity(NOW, year).expires_at == year.timestamp()
    assert maker.validity(NOW, NOW + DAY).expires_at == (NOW + DAY).timestamp()
    assert refusal(es256, expires_at=year + timedelta(seconds=1)).code == "validity.too_long"
    assert refusal(es256, expires_at=NOW).code == "validity.empty"


def test_a_leap_day_has_its_birthday_on_28_february() -> None:
    dsc = make_dsc(ends=NOW + 3000 * DAY)
    leap = datetime(2024, 2, 29, 1, tzinfo=UTC)
    expires = issuer(dsc).validity(leap).expires_at
    assert datetime.fromtimestamp(expires, UTC) == datetime(2025, 2, 28, 1, tzinfo=UTC)


def test_never_beyond_the_signing_certificate() -> None:
    dsc = make_dsc(ends=NOW + 100 * DAY)
    end = NOW + 100 * DAY
    assert issuer(dsc).validity(NOW).expires_at == end.timestamp()
    assert refusal(dsc, expires_at=end + timedelta(seconds=1)).code == "validity.beyond_certificate"
    assert refusal(dsc, issued_at=end).code == "validity.certificate_expired"
    early = NOW - timedelta(days=30, seconds=1)
    assert refusal(dsc, issued_at=early).code == "validity.before_certificate"


def test_a_certificate_without_an_end() -> None:
    """RFC 5280 writes 9999-12-31 for it; the last year has no year after it."""
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    dsc = make_dsc(ends=last)
    assert refusal(dsc, issued_at=last).code == "validity.certificate_expired"
    for hours in (1, 30):
        code = refusal(dsc, issued_at=last - timedelta(hours=hours)).code
        assert code == "validity.certificate_expired"


@given(
    days=st.integers(-29, 690),
    seconds=st.integers(0, 86_399),
    later=st.none() | st.integers(1, 800 * 86_400),
)
def test_validity_lies_within_a_year_and_the_certificate(
    es256: Dsc, days: int, seconds: int, later: int | None
) -> None:
    maker = issuer(es256)
    issued = NOW + timedelta(days=days, seconds=seconds)
    expires = None if later is None else issued + timedelta(seconds=later)
    try:
        made = maker.validity(issued, expires)
    except IssueError:
        assert later is not None
        return
    assert maker.key.starts <= made.issued_at < made.expires_at <= maker.key.ends
    assert made.expires_at - made.issued_at <= 366 * 86_400


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"usages": [VACCINATION[:-1] + "1"]}, "certificate.usage"),
        ({"usages": [VACCINATION[:-1] + "3"]}, "certificate.usage"),
        ({"key_usage": False}, "certificate.key_usage"),
        ({"name": "DSC TEST 01"}, "certificate.test"),
        ({"name": "Chứng thư thử nghiệm"}, "certificate.test"),
        ({"name": "kiểm thử"}, "certificate.test"),
        ({"name": "staging-dsc"}, "certificate.test"),
        ({"country": None}, "country"),
        ({"country": "Vn"}, None),
        ({"name": "Contest of Testaments"}, None),
        ({"key_usage": None}, None),
        ({"usages": ["1.3.6.1.5.5.7.3.2"]}, None),
    ],
)
def test_which_certificates_may_sign(options: dict[str, Any], code: str | None) -> None:
    dsc = make_dsc(**options)
    if code is None:
        assert issuer(dsc).country == "VN"
        return
    with pytest.raises(IssueError) as caught:
        issuer(dsc)
    assert caught.value.code == code


def test_a_test_certificate_signs_when_that_is_wanted() -> None:
    dsc = make_dsc(name="DSC TEST 01")
    issued = issuer(dsc, allow_test_certificate=True).issue(make_payload(), issued_at=NOW)
    assert verify(issued.text, dsc.trust, at=NOW).valid


def test_the_country_may_be_told(es256: Dsc) -> None:
    issued = issuer(es256, country="la").issue(make_payload(), issued_at=NOW)
    assert decode(issued.text)["claims"]["1"] == "LA"
    assert issued.identifier.startswith("URN:UVCI:01:LA:")
    with pytest.raises(IssueError, match="two capital letters"):
        issuer(es256, country="Viet Nam")


def test_a_key_that_is_not_the_certificates() -> None:
    dsc = make_dsc()
    for key in (private_key("ES256", 1), private_key("PS256")):
        with pytest.raises(IssueError) as caught:
            Issuer(KeySigner(key), dsc.der)
        assert caught.value.code == "key.mismatch"


def test_the_real_key_signs_only_what_a_throwaway_key_has_signed(es256: Dsc) -> None:
    """What does not survive verification never reaches the key."""
    signed: list[bytes] = []

    class Watched:
        algorithm = "ES256"

        def sign(self, data: bytes) -> bytes:
            signed.append(data)
            return es256.signer.sign(data)

    maker = Issuer(Watched(), es256.der)
    probes = len(signed)
    payload = maker.complete(make_payload())
    validity = maker.validity(NOW)
    claims = maker.claims(payload, validity)
    other = maker.claims({**payload, "dob": "1990"}, validity)
    with pytest.raises(IssueError) as caught:
        maker.rehearse(other, payload, validity)
    assert caught.value.code == "rehearsal"
    with pytest.raises(IssueError):
        maker.rehearse(claims[:-1], payload, validity)
    with pytest.raises(IssueError):
        maker.issue(make_payload(v_dn=0), issued_at=NOW)
    assert len(signed) == probes
    maker.issue(make_payload(), issued_at=NOW)
    assert len(signed) == probes + 1


def test_keys_in_files(dsc: Dsc) -> None:
    assert KeySigner.from_pem(dsc.key_pem).algorithm == dsc.signer.algorithm
    locked = dsc.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET)
    )
    assert KeySigner.from_pem(locked, SECRET).sign(b"x")
    for pem, secret, code in (
        (locked, None, "key.passphrase"),
        (dsc.key_pem, b"needless", "key.passphrase"),
        (locked, b"wrong", "key.unreadable"),
        (dsc.pem, None, "key.unreadable"),
        (b"", None, "key.unreadable"),
    ):
        with pytest.raises(IssueError) as caught:
            KeySigner.from_pem(pem, secret)
        assert caught.value.code == code


@given(
    r=st.integers(1, 2**256 - 1) | st.integers(1, 2**130),
    s=st.integers(1, 2**256 - 1) | st.integers(1, 2**130),
)
def test_numbers_of_any_size_fill_their_half_of_a_signature(r: int, s: int) -> None:
    class Foreseen:
        """A key whose next signature we know."""

        def public_key(self) -> Any:
            return private_key("ES256").public_key()

        def sign(self, *_: Any) -> bytes:
            return encode_dss_signature(r, s)

    key: Any = Foreseen()
    assert KeySigner(key).sign(b"x") == r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_other_keys_do_not_sign() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import NoEncryption

    for key in (
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(public_exponent=65537, key_size=1024),
    ):
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(IssueError) as caught:
            KeySigner.from_pem(pem)
        assert caught.value.code == "key.kind"


@given(
    family=st.sampled_from(["Nguyễn", "Đặng", "Ơn", "Tôn Nữ", "Âu Dương", "Niê"]),
    given_=st.text("ăâđêôơưỳỷỹýỵàảãáạ abcxyz", max_size=30).map(lambda t: " ".join(t.split())),
    days=st.integers(0, 250),
    dose=st.integers(1, 4),
)
def test_whatever_the_linter_lets_through_verifies(
    es256: Dsc, family: str, given_: str, days: int, dose: int
) -> None:
    payload = make_payload(
        nam={"fn": family, "gn": given_} if given_ else {"fn": family},
        v_dt=(date(2021, 8, 1) + timedelta(days=days)).isoformat(),
        v_dn=dose,
        v_sd=max(2, dose),
    )
    issued = issuer(es256).issue(payload, issued_at=NOW)
    assert verify(issued.text, es256.trust, at=NOW).certificate == issued.payload

"""The verdict: which check fails first, and what is said and shown."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import cbor2
import pytest
from hcert_making import (
    NOW,
    VACCINATION,
    Dsc,
    make_claims,
    make_dsc,
    message_of,
    private_key,
    seal,
    signed_payload,
    to_text,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from lamsach.hcert.errors import Code, sentence
from lamsach.hcert.revocation import Batch, HashType, RevocationList, uci_hash
from lamsach.hcert.trust import TrustedKey, TrustList
from lamsach.hcert.verify import Verification, verify, verify_many

TEST, RECOVERY = VACCINATION[:-1] + "1", VACCINATION[:-1] + "3"
EARLY = "1.3.6.1.4.1.0.1847.2021.1."
DAY = timedelta(days=1)


def check(text: str, *dscs: Dsc, at: datetime = NOW, revocations: Any = None) -> Verification:
    trust = TrustList(TrustedKey.from_der(one.der) for one in dscs)
    return verify(text, trust, at=at, revocations=revocations)


def outcome(result: Verification) -> tuple[Any, ...]:
    """Refusals are new objects each time."""
    return result.code, result.detail, result.certificate, result.key


@settings(max_examples=20)
@given(draw=st.randoms(use_true_random=False), count=st.integers(0, 80))
def test_many_at_once_are_each_alone(draw: random.Random, count: int) -> None:
    key, stranger = make_dsc(), make_dsc(key=private_key("ES256", 1), serial=9)
    trust = key.trust
    good = seal(key, make_claims(signed_payload()))
    kinds = [
        good,
        seal(key, make_claims(signed_payload(dob="soon"))),
        seal(key, make_claims(signed_payload(), exp=int(NOW.timestamp()))),
        seal(stranger, make_claims(signed_payload())),
        seal(stranger, make_claims(signed_payload()), protected={1: -7, 4: key.kid}),
        "HC1:" + "GGW" + good[7:],
        good[:-3],
        "HC1:BB8",
        "HC2:",
        "",
    ]
    # Mostly good ones, so that handfuls without a fault come too.
    texts = [good if draw.random() < 0.9 else draw.choice(kinds) for _ in range(count)]
    together = [outcome(one) for one in verify_many(iter(texts), trust, at=NOW)]
    assert together == [outcome(verify(text, trust, at=NOW)) for text in texts]


def test_many_at_once_are_answered_while_more_come() -> None:
    """A stream without an end, of which a handful is read ahead."""
    key = make_dsc()
    results = verify_many(itertools.repeat("HC2:"), key.trust)
    assert next(results).code is Code.INVALID_SCHEME_PREFIX


def test_a_good_certificate(dsc: Dsc) -> None:
    body = signed_payload()
    result = check(seal(dsc, make_claims(body)), dsc)
    assert result.valid
    said = result.as_json()
    assert said["error"] is None
    assert said["certificate"] == body
    assert said["message"] == {"vi": "Chứng nhận hợp lệ.", "en": "The certificate is valid."}
    assert said["signer"]["country"] == "VN"
    assert said["signer"]["not_after"] == "2024-03-19T08:00:00Z"


def test_each_check_in_turn(es256: Dsc) -> None:
    """From a certificate in which everything is wrong, one fault less at a time."""

    @dataclass
    class Everything:
        revoked: list[str] = field(default_factory=list)

        def is_revoked(self, *, uci: str, **_: Any) -> bool:
            self.revoked.append(uci)
            return True

    stranger = make_dsc(key=private_key("ES256", 1))
    bad_usage = make_dsc(usages=[TEST], ends=NOW - DAY)
    good = make_dsc(usages=[TEST])
    right = make_dsc(usages=[VACCINATION])
    wrong, late = signed_payload(dob="soon"), NOW - timedelta(seconds=61)

    def of(signer: Dsc, listed: Dsc, body: Any, at: datetime = NOW, **headers: Any) -> Code | None:
        text = seal(signer, make_claims(body), **headers)
        return check(text, listed, at=at, revocations=Everything()).code

    named = {"protected": {1: -7, 4: bad_usage.kid}}
    assert of(es256, bad_usage, wrong) is Code.KEY_NOT_IN_TRUST_LIST
    assert of(stranger, bad_usage, wrong, **named) is Code.SIGNATURE_INVALID
    assert of(bad_usage, bad_usage, wrong) is Code.PUBLIC_KEY_EXPIRED
    assert of(good, good, wrong, good_start()) is Code.PUBLIC_KEY_NOT_YET_VALID
    assert of(good, good, wrong, late) is Code.UNSUITABLE_PUBLIC_KEY_TYPE
    assert of(right, right, wrong, late) is Code.CWT_NOT_YET_VALID
    assert of(right, right, wrong, NOW + 2 * DAY) is Code.CWT_EXPIRED
    assert of(right, right, wrong) is Code.SCHEMA_VALIDATION_FAILED
    assert of(right, right, signed_payload()) is Code.REVOKED


def good_start() -> datetime:
    return NOW - timedelta(days=31)


def test_nothing_is_shown_before_the_signature_is_verified(es256: Dsc) -> None:
    text = seal(make_dsc(key=private_key("ES256", 1)), make_claims(signed_payload()))
    assert check(text, es256).as_json()["certificate"] is None
    late = check(seal(es256, make_claims(signed_payload())), es256, at=NOW + 9 * DAY)
    assert late.as_json()["certificate"] == signed_payload()
    assert late.as_json()["signer"] is not None


def test_every_code_has_its_sentences() -> None:
    said = [sentence(code) for code in (None, *Code)]
    assert all(set(one) == {"vi", "en"} for one in said)
    assert len({one["vi"] for one in said}) == len({one["en"] for one in said}) == len(said)


def test_the_edges_of_time(es256: Dsc) -> None:
    text = seal(es256, make_claims(signed_payload()))
    issued, expires = NOW - timedelta(seconds=60), NOW + DAY
    second = timedelta(seconds=1)
    assert check(text, es256, at=issued).valid
    assert check(text, es256, at=issued - second).code is Code.CWT_NOT_YET_VALID
    assert check(text, es256, at=expires - second).valid
    assert check(text, es256, at=expires).code is Code.CWT_EXPIRED


def test_a_key_is_valid_to_its_last_second() -> None:
    key = make_dsc(starts=NOW - DAY, ends=NOW + DAY)
    text = seal(key, make_claims(signed_payload(), iat=None, exp=2**40))
    second = timedelta(seconds=1)
    assert check(text, key, at=NOW - DAY).valid
    assert check(text, key, at=NOW + DAY).valid
    assert check(text, key, at=NOW - DAY - second).code is Code.PUBLIC_KEY_NOT_YET_VALID
    assert check(text, key, at=NOW + DAY + second).code is Code.PUBLIC_KEY_EXPIRED


def test_not_before_counts(es256: Dsc) -> None:
    claims = make_claims(signed_payload()) | {5: int(NOW.timestamp()) + 1}
    assert check(seal(es256, claims), es256).code is Code.CWT_NOT_YET_VALID


def test_a_time_in_any_zone_or_none(es256: Dsc) -> None:
    text = seal(es256, make_claims(signed_payload()))
    hanoi = NOW.astimezone(timezone(timedelta(hours=7)))
    assert check(text, es256, at=hanoi).valid
    assert check(text, es256, at=NOW.replace(tzinfo=None)).valid


FORGED: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda signature: signature[:-1],
    "longer": lambda signature: signature + b"\x00",
    "another": lambda signature: signature[:-1] + bytes((signature[-1] ^ 1,)),
    "s with a zero before it": lambda signature: signature[:32] + b"\x00" + signature[32:],
    "in DER": lambda _: bytes.fromhex("3006020101020101"),
    "zero": lambda signature: bytes(len(signature)),
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_wrong_signature(dsc: Dsc, forge: Callable[[bytes], bytes]) -> None:
    head, rest, payload, signature = cbor2.loads(
        message_of(seal(dsc, make_claims(signed_payload())))
    ).value
    text = to_text(cbor2.dumps([head, rest, payload, forge(signature)]))
    assert check(text, dsc).code is Code.SIGNATURE_INVALID


@pytest.mark.parametrize("label", [-7, -37, -257, -8, 5, "ES256", None])
def test_another_algorithm_than_the_keys(dsc: Dsc, label: Any) -> None:
    own = {"ES256": -7, "PS256": -37}[dsc.signer.algorithm]
    headers = {4: dsc.kid} if label is None else {1: label, 4: dsc.kid}
    result = check(seal(dsc, make_claims(signed_payload()), protected=headers), dsc)
    assert result.code is (None if label == own else Code.SIGNATURE_INVALID)


def test_headers_may_be_unprotected(dsc: Dsc) -> None:
    label = {"ES256": -7, "PS256": -37}[dsc.signer.algorithm]
    headers = {1: label, 4: dsc.kid}
    text = seal(dsc, make_claims(signed_payload()), protected={}, unprotected=headers)
    assert check(text, dsc).valid


@pytest.mark.parametrize("family", ["1.3.6.1.4.1.1847.2021.1.", EARLY])
def test_key_usages_of_both_families(family: str) -> None:
    for number, suits in (("1", False), ("2", True), ("3", False)):
        key = make_dsc(usages=[family + number])
        text = seal(key, make_claims(signed_payload()))
        code = None if suits else Code.UNSUITABLE_PUBLIC_KEY_TYPE
        assert check(text, key).code is code


def test_a_key_without_any_of_these_usages_signs_all() -> None:
    # As Vietnam's own signer: client authentication, e-mail protection, smartcard logon.
    key = make_dsc(usages=["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4", "1.3.6.1.4.1.311.20.2.2"])
    assert check(seal(key, make_claims(signed_payload())), key).valid


def test_several_usages_each_count() -> None:
    key = make_dsc(usages=[EARLY + "1", RECOVERY, "1.3.6.1.5.5.7.3.2"])
    result = check(seal(key, make_claims(signed_payload())), key)
    assert result.detail == "the key may sign r, t, the certificate is v"


def test_all_certificates_with_one_identifier_are_tried() -> None:
    right, other = make_dsc(), make_dsc(key=private_key("ES256", 1))
    text = seal(right, make_claims(signed_payload()))
    same = [TrustedKey.from_der(one.der, right.kid) for one in (other, right)]
    assert verify(text, TrustList(same), at=NOW).valid
    assert verify(text, TrustList(same[:1]), at=NOW).code is Code.SIGNATURE_INVALID


def test_of_certificates_with_one_key_any_valid_one_does() -> None:
    """A key certified anew: the old certificate has run out, another is for tests only."""
    old = make_dsc(ends=NOW - DAY, serial=1)
    tests = make_dsc(usages=[TEST], serial=2)
    new = make_dsc(usages=[VACCINATION], serial=3)
    text = seal(new, make_claims(signed_payload()))

    def code(*listed: Dsc) -> Code | None:
        trust = TrustList(TrustedKey.from_der(one.der, new.kid) for one in listed)
        return verify(text, trust, at=NOW).code

    assert code(old, tests, new) is None
    assert code(new, tests, old) is None
    assert code(tests, old) is code(old, tests) is Code.UNSUITABLE_PUBLIC_KEY_TYPE
    assert code(old) is Code.PUBLIC_KEY_EXPIRED


def test_what_revocation_is_asked() -> None:
    asked = []

    class Asking:
        def is_revoked(self, **question: Any) -> bool:
            asked.append(question)
            return False

    key = make_dsc(country="SE")
    text = seal(key, make_claims(signed_payload(v_co="VN"), iss="CNAM"))
    assert check(text, key, revocations=Asking()).valid
    assert [one["country"] for one in asked] == ["CNAM", "SE", "VN"]
    assert {one["uci"] for one in asked} == {"URN:UVCI:01:VN:AB12"}
    assert all(len(one["signature"]) == 64 and one["algorithm"] == "ES256" for one in asked)
    assert all(one["at"] == NOW and one["kid"] == key.kid for one in asked)


def test_another_identifier_of_the_same_key_hides_nothing_from_a_revocation() -> None:
    """The unprotected header is not signed: its holder may write there what he likes."""
    old = make_dsc(serial=1)
    new = make_dsc(serial=2, key=old.key)
    claims = make_claims(signed_payload())
    revoked = RevocationList(
        [Batch("VN", NOW + DAY, old.kid, HashType.UCI, (uci_hash("URN:UVCI:01:VN:AB12"),))]
    )

    def code(kid: bytes, *listed: Dsc) -> Code | None:
        text = seal(old, claims, protected={1: -7}, unprotected={4: kid})
        trust = TrustList(TrustedKey.from_der(one.der) for one in listed)
        return verify(text, trust, at=NOW, revocations=revoked).code

    assert code(old.kid, old, new) is code(new.kid, old, new) is Code.REVOKED
    assert code(new.kid, new) is None  # a list that knows only the other certificate


def test_without_a_time_it_is_now() -> None:
    now = datetime.now(NOW.tzinfo)
    key = make_dsc(starts=now - DAY, ends=now + DAY)
    stamp = int(now.timestamp())
    assert verify(
        seal(key, make_claims(signed_payload(), iat=stamp - 9, exp=stamp + 999)), key.trust
    ).valid

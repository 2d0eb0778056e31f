"""The page and the library judge alike: keys, usages, revocation, the public test data, and noise.

A traveller must not be let through here and turned back there.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from verifier_judges import Judges, body_of

from lamsach.hcert import base45
from lamsach.hcert.errors import Code
from lamsach.hcert.revocation import (
    Batch,
    HashType,
    country_uci_hash,
    signature_hash,
    uci_hash,
)
from lamsach.hcert.trust import CertificateError, TrustedKey, TrustList

pytestmark = pytest.mark.npm

DAY = timedelta(days=1)
TEST, RECOVERY = VACCINATION[:-1] + "1", VACCINATION[:-1] + "3"
EARLY = "1.3.6.1.4.1.0.1847.2021.1."


USAGES: list[Sequence[str]] = [
    (),
    [VACCINATION],
    [TEST],
    [TEST, VACCINATION],
    [EARLY + "2"],
    [EARLY + "1"],
    ["1.3.6.1.5.5.7.3.2"],
    ["1.3.6.1.5.5.7.3.2", RECOVERY],
    ["2.999.1"],
    ["1.3.6.1.4.1.1847.2021.1.4"],
]


@pytest.mark.parametrize("usages", USAGES)
@pytest.mark.parametrize("group", ["v", "t", "r"])
def test_what_a_key_may_sign(judges: Judges, usages: Sequence[str], group: str) -> None:
    listed = make_dsc("ES256", usages=usages)
    judges.alike(seal(listed, make_claims(body_of(group))), listed)


def test_keys_with_one_identifier_and_kinds_of_keys(judges: Judges) -> None:
    late = make_dsc("ES256", starts=NOW - 9 * DAY, ends=NOW - DAY)
    usage = make_dsc("ES256", usages=[TEST], serial=2)
    good = make_dsc("ES256", usages=[VACCINATION], serial=3)
    stranger = make_dsc(key=private_key("ES256", 1))
    claims = make_claims(signed_payload())
    kid = bytes(8)
    for signer in (good, stranger):
        text = seal(signer, claims, protected={1: -7, 4: kid})
        for group in ([late], [usage], [good], [late, usage], [usage, late], [usage, good, late],
                      [stranger, late], [stranger], [make_dsc("PS256"), good]):  # fmt: skip
            ours, theirs = judges.both(text, {kid: [one.der for one in group]})
            assert theirs == ours
    for key in (
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP256K1()),
        rsa.generate_private_key(65537, 1024),
        rsa.generate_private_key(65537, 2056),
        rsa.generate_private_key(3, 3072),
    ):
        odd = make_dsc(key=key)
        text = seal(good, claims, protected={1: -7, 4: kid})
        ours, theirs = judges.both(text, {kid: [odd.der]})
        assert theirs == ours
    for der in (b"", b"\x30\x00", good.der[:-1], good.der + b"\0", good.der[:100]):
        ours, theirs = judges.both(seal(good, claims, protected={1: -7, 4: kid}), {kid: [der]})
        assert (ours, theirs) == (Code.KEY_NOT_IN_TRUST_LIST,) * 2


def test_a_key_of_the_last_century(judges: Judges) -> None:
    signer = make_dsc("ES256", starts=datetime(1999, 1, 1, tzinfo=UTC))
    assert judges.alike(seal(signer, make_claims(signed_payload())), signer) is None
    signer = make_dsc("ES256", ends=datetime(2051, 1, 1, tzinfo=UTC))
    assert judges.alike(seal(signer, make_claims(signed_payload())), signer) is None


def test_a_large_rsa_key_signs(judges: Judges) -> None:
    signer = make_dsc(key=rsa.generate_private_key(65537, 3072))
    assert judges.alike(seal(signer, make_claims(signed_payload())), signer) is None


def test_revocation_by_every_name(judges: Judges, signer: Dsc) -> None:
    text = seal(signer, make_claims(signed_payload()))
    uci = "URN:UVCI:01:VN:AB12"
    signature = cbor2.loads(message_of(text)).value[3]
    algorithm = signer.signer.algorithm
    hashes = {
        HashType.SIGNATURE: signature_hash(signature, algorithm),
        HashType.UCI: uci_hash(uci),
        HashType.COUNTRYCODEUCI: country_uci_hash("VN", uci),
    }
    for kind, digest in hashes.items():
        for kid in (None, signer.kid, bytes(8)):
            for expires in (NOW - DAY, NOW, NOW + DAY):
                batch = Batch("VN", expires, kid, kind, (bytes(16), digest))
                verdict = judges.alike(text, signer, batches=[batch])
                gone = kid != bytes(8) and expires > NOW
                assert verdict is (Code.REVOKED if gone else None)
        for other in set(HashType) - {kind}:
            batch = Batch("VN", NOW + DAY, None, other, (digest,))
            assert judges.alike(text, signer, batches=[batch]) is None
    if algorithm == "ES256":  # s of the other sign verifies too, and is revoked with it
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        other_s = order - int.from_bytes(signature[32:], "big")
        parts = list(cbor2.loads(message_of(text)).value)
        parts[3] = signature[:32] + other_s.to_bytes(32, "big")
        twin = to_text(cbor2.dumps(cbor2.CBORTag(18, parts)))
        batch = Batch("VN", NOW + DAY, None, HashType.SIGNATURE, (hashes[HashType.SIGNATURE],))
        assert judges.alike(twin, signer, batches=[]) is None
        assert judges.alike(twin, signer, batches=[batch]) is Code.REVOKED


def test_a_revoked_one_does_not_escape_by_another_identifier_of_its_key(judges: Judges) -> None:
    first = make_dsc("ES256")
    second = make_dsc("ES256", serial=2)  # a renewed certificate of the same key
    text = seal(
        first, make_claims(signed_payload()), protected={1: -7}, unprotected={4: second.kid}
    )
    uci = uci_hash("URN:UVCI:01:VN:AB12")
    batch = Batch("VN", NOW + DAY, first.kid, HashType.UCI, (uci,))
    assert judges.alike(text, first, second, batches=[batch]) is Code.REVOKED


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=60), data=st.binary(max_size=120))
def test_whatever_comes_in(judges: Judges, text: str, data: bytes) -> None:
    signer = make_dsc("ES256")
    judges.alike(text, signer)
    judges.alike("HC1:" + text, signer)
    judges.alike("HC1:" + base45.encode(data), signer)
    judges.alike(to_text(data), signer)
    judges.alike(seal(signer, None, payload=data), signer)


@pytest.mark.vectors
def test_the_public_test_data(judges: Judges, shared_data: Path) -> None:
    folder = shared_data / "dcc/testdata"
    disagreements = []
    codes: Counter[Code | None] = Counter()
    for path in sorted(folder.rglob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        context = case["TESTCTX"]
        der = base64.b64decode(context["CERTIFICATE"])
        try:
            keys = {TrustedKey.from_der(der).kid: [der]}
        except CertificateError:
            keys = {bytes(8): [der]}
        clock = datetime.fromisoformat(context["VALIDATIONCLOCK"])
        at = clock if clock.tzinfo else clock.replace(tzinfo=UTC)
        ours, theirs = judges.both(case["PREFIX"], keys, at)
        codes[ours] += 1
        if ours != theirs:
            disagreements.append((str(path.relative_to(folder)), ours, theirs))
    assert disagreements == []
    assert codes.total() == 338
    assert len(codes) >= 10


@pytest.mark.vectors
def test_the_published_codes_of_four_countries(judges: Judges, shared_data: Path) -> None:
    folder = shared_data / "dcc/qa-hc1"
    published = json.loads((folder / "certs.json").read_text(encoding="utf-8"))
    keys: dict[bytes, list[bytes]] = {}
    trust = TrustList.load(folder / "certs.json")
    assert isinstance(published, dict)
    for entry in json.loads((folder / "index.json").read_text(encoding="utf-8")):
        for key in trust.find(bytes.fromhex(entry.get("kid") or "")):
            keys[key.kid] = [key.der]
    valid = 0
    for entry in json.loads((folder / "index.json").read_text(encoding="utf-8")):
        text = (folder / entry["txt"]).read_text(encoding="utf-8")
        at = datetime.fromtimestamp(entry.get("iat", 0) + 1, UTC)
        ours, theirs = judges.both(text, keys, at)
        assert theirs == ours, entry["txt"]
        valid += ours is None
    assert valid == 24

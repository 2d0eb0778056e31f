"""The page and the library judge alike: the same code for the same text, list and time.

A traveller must not be let through here and turned back there. Every disagreement is listed.
"""

from __future__ import annotations

import base64
import json
import random
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hcert_making import (
    NOW,
    VACCINATION,
    Dsc,
    make_claims,
    make_dsc,
    make_payload,
    message_of,
    private_key,
    seal,
    signed_payload,
    to_text,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamsach.hcert import base45
from lamsach.hcert.errors import Code
from lamsach.hcert.issue import Issuer
from lamsach.hcert.revocation import (
    Batch,
    HashType,
    RevocationList,
    country_uci_hash,
    signature_hash,
    uci_hash,
)
from lamsach.hcert.trust import CertificateError, TrustedKey, TrustList
from lamsach.hcert.verify import verify

pytestmark = pytest.mark.npm

DAY = timedelta(days=1)
TEST, RECOVERY = VACCINATION[:-1] + "1", VACCINATION[:-1] + "3"
EARLY = "1.3.6.1.4.1.0.1847.2021.1."

Keys = Mapping[bytes, Sequence[bytes]]


def trust_of(keys: Keys) -> TrustList:
    found = []
    for kid, ders in keys.items():
        for der in ders:
            try:
                found.append(TrustedKey.from_der(der, kid))
            except CertificateError:
                continue
    return TrustList(found)


class Judges:
    """Both judges; `alike` asserts that they agree and says what they said."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.verdicts: Counter[Code | None] = Counter()

    def both(
        self, text: str, keys: Keys, at: datetime = NOW, batches: Sequence[Batch] | None = None
    ) -> tuple[Code | None, str | None]:
        revoked = None if batches is None else RevocationList(batches)
        ours = verify(text, trust_of(keys), at=at, revocations=revoked)
        wired = None if batches is None else [batch.as_json() for batch in batches]
        theirs = self.page(text, keys, at, wired)
        # Nothing is shown of what nobody known signed.
        assert not theirs["shown"] or ours.certificate is not None
        return ours.code, theirs["code"]

    def alike(self, text: str, *signers: Dsc, **more: Any) -> Code | None:
        keys = {signer.kid: [signer.der] for signer in signers}
        ours, theirs = self.both(text, keys, **more)
        assert theirs == ours, text[:200]
        self.verdicts[ours] += 1
        return ours


@pytest.fixture(scope="module")
def judges(page_judges: Any) -> Judges:
    return Judges(page_judges)


@pytest.fixture(scope="module", params=["ES256", "PS256"])
def signer(request: pytest.FixtureRequest) -> Dsc:
    return make_dsc(request.param, usages=[VACCINATION])


def test_what_lamsach_issues_is_valid_on_the_page(judges: Judges, signer: Dsc) -> None:
    issuer = Issuer(signer.signer, signer.der)
    text = issuer.issue(make_payload(), issued_at=NOW - DAY, expires_at=NOW + 300 * DAY).text
    assert judges.alike(text, signer) is None
    assert judges.alike(f" \n{text}\u2003\x1f", signer) is None
    assert judges.alike(f"\ufeff{text}", signer) is Code.INVALID_SCHEME_PREFIX
    assert judges.alike(text, signer, at=NOW + 300 * DAY) is Code.CWT_EXPIRED
    assert judges.alike(text, signer, at=NOW - 2 * DAY) is Code.CWT_NOT_YET_VALID
    assert judges.alike(text, signer, at=NOW - 99 * DAY) is Code.PUBLIC_KEY_NOT_YET_VALID
    assert judges.alike(text, signer, at=NOW + 999 * DAY) is Code.PUBLIC_KEY_EXPIRED
    assert judges.alike(text) is Code.KEY_NOT_IN_TRUST_LIST


def test_one_character_changed_anywhere(judges: Judges, signer: Dsc) -> None:
    text = seal(signer, make_claims(signed_payload()))
    draw = random.Random(7)
    for place in draw.sample(range(len(text)), 120):
        for letter in draw.sample(base45.ALPHABET + "#é€", 2):
            judges.alike(text[:place] + letter + text[place + 1 :], signer)
    for place in (0, 3, 4, 5, 6, 7, 100, len(text) - 1):
        judges.alike(text[:place], signer)
        judges.alike(text + text[:place], signer)


def test_one_byte_changed_under_the_compression(judges: Judges, signer: Dsc) -> None:
    message = bytearray(message_of(seal(signer, make_claims(signed_payload()))))
    for place in range(0, len(message), 2):
        changed = bytearray(message)
        changed[place] ^= 1 << (place % 8)
        assert judges.alike(to_text(bytes(changed)), signer) is not None


def test_one_byte_changed_in_what_is_really_signed(judges: Judges) -> None:
    """The signature is right; what it covers is not, in every place and bit that random finds."""
    signer = make_dsc("ES256")
    claims = cbor2.dumps(make_claims(signed_payload()))
    draw = random.Random(11)
    before = judges.verdicts.copy()
    for _ in range(600):
        changed = bytearray(claims)
        changed[draw.randrange(len(claims))] = draw.randrange(256)
        judges.alike(seal(signer, None, payload=bytes(changed)), signer)
    met = judges.verdicts - before
    assert met[None] > 50  # a letter of a name
    assert met[Code.CBOR_DESERIALIZATION_FAILED] > 50
    assert met[Code.SCHEMA_VALIDATION_FAILED] > 20


def test_the_compression(judges: Judges, signer: Dsc) -> None:
    message = message_of(seal(signer, make_claims(signed_payload())))
    packed = zlib.compress(message)
    raw = zlib.compressobj(wbits=-15)
    gzip = zlib.compressobj(wbits=31)
    for data in (
        zlib.compress(message, 0),
        zlib.compress(message, 9),
        packed + b"x",
        packed + packed,
        packed + packed[-4:],
        packed[:-1],
        packed[:-4],
        packed[:-1] + bytes((packed[-1] ^ 1,)),
        b"",
        message,
        raw.compress(message) + raw.flush(),
        gzip.compress(message) + gzip.flush(),
        *(zlib.compress(bytes(size)) for size in (65_535, 65_536, 65_537, 1 << 20)),
    ):
        judges.alike("HC1:" + base45.encode(data), signer)
    assert judges.alike("HC1:" + base45.encode(zlib.compress(message, 0)), signer) is None
    assert judges.alike("HC1:" + "0" * 20_000, signer) is Code.BASE_45_DECODING_FAILED


NESTED = [1, 2, 3, 20, 21, 22, 23, 24, 25, 26, 40]


@pytest.mark.parametrize("depth", NESTED)
@pytest.mark.parametrize("opened", ["81", "9f", "a100", "bf00", "c0", "d818"])
def test_levels_within_one_another(judges: Judges, opened: str, depth: int) -> None:
    signer = make_dsc("ES256")
    closed = "ff" if opened in ("9f", "bf00") else ""
    deep = bytes.fromhex("a1" + "63616263" + opened * depth + "00" + closed * depth)
    payload = cbor2.dumps(make_claims(signed_payload()))
    # one entry more in the map of claims
    grown = bytes((payload[0] + 1,)) + payload[1:] + deep[1:]
    verdict = judges.alike(seal(signer, None, payload=grown), signer)
    assert verdict in (None, Code.CBOR_DESERIALIZATION_FAILED)


ODD_CBOR = [
    "a2036161036162",  # the same key twice
    "a2036161" + "1803" + "6162",  # and written at greater length
    "a203616161036162",  # 3 and "3" in no order that matters
    "bf036161" + "036162" + "ff",  # twice, in a map that a break ends
    "a1f400",
    "a1f600",
    "a1f93c0000",
    "a18000",
    "a1a000",
    "a1c10300",
    "a141ff00",  # a key of bytes
    "a10061" + "ff",  # no UTF-8
    "a10063eda080",  # half a pair of surrogates
    "a10062c080",  # longer than it need be
    "a1007f6161426161ff",  # a text with a string of bytes in it
    "a1007f7f6161ffff",
    "a1005f41614162ff",
    "a1007f61" + "c3" + "61a9" + "ff",  # a letter cut in two
    "a100f8ff",
    "a100f820",
    "a100f81f",
    "a100f818",
    "a100fc",
    "a100ff",
    "a1001c",
    "a1001f",
    "a1005bffffffffffffffff00",
    "a1009bffffffffffffffff00",
    "a100bbffffffffffffffff00",
    "a1001bffffffffffffffff",
    "a1003bffffffffffffffff",
    "a1003b001fffffffffffff",
    "a1003b0020000000000000",
    "a10000ff",
    "a100",
    "a1",
    "",
    "a1003a",
    "a100c249010000000000000000",
]


@pytest.mark.parametrize("hexed", ODD_CBOR)
def test_odd_cbor_alone_and_among_claims(judges: Judges, hexed: str) -> None:
    signer = make_dsc("ES256")
    odd = bytes.fromhex(hexed)
    payload = cbor2.dumps(make_claims(signed_payload()))
    for data in (
        odd,
        b"\xbf" + payload[1:] + odd[1:] + b"\xff",
        bytes((payload[0] + 1,)) + payload[1:] + odd[1:],
    ):
        judges.alike(seal(signer, None, payload=data), signer)
    judges.alike(to_text(odd), signer)
    judges.alike(to_text(b"\x84\x40" + odd + b"\x40\x40"), signer)


NUMBERS = [0, 1, -1, 1.0, 1.5, 2**53, 2**63, 2**64 - 1, -(2**64), float("inf"), float("nan"), True]


@pytest.mark.parametrize("label", ["exp", "iat", "iss", "nbf"])
def test_claims_of_every_type(judges: Judges, label: str) -> None:
    signer = make_dsc("ES256")
    now = NOW.timestamp()
    for value in [*NUMBERS, now, now + 0.5, now - 0.5, int(now), "x", b"x", [], {}, None]:
        claims = make_claims(signed_payload())
        claims[{"iss": 1, "exp": 4, "nbf": 5, "iat": 6}[label]] = value
        judges.alike(seal(signer, claims), signer)


def test_headers_and_tags(judges: Judges, signer: Dsc) -> None:
    claims = make_claims(signed_payload())
    right = {"ES256": -7, "PS256": -37}[signer.signer.algorithm]
    for tags in ((), (18,), (61,), (61, 18), (18, 61), (18, 18), (61, 61), (17,)):
        judges.alike(seal(signer, claims, tags=tags), signer)
    for algorithm in (right, float(right), -7, -37, -35, 0, "ES256", None, b"", [right]):
        for kid in (signer.kid, b"", bytes(8), None, 7, signer.kid.hex()):
            headers = {1: algorithm, 4: kid}
            judges.alike(seal(signer, claims, protected=headers), signer)
            judges.alike(seal(signer, claims, protected={}, unprotected=headers), signer)
    judges.alike(seal(signer, claims, protected={1: right}, unprotected={4: signer.kid}), signer)
    judges.alike(
        seal(signer, claims, protected={1: None, 4: None}, unprotected={1: right, 4: signer.kid}),
        signer,
    )


VALUES = [None, "", "x", "é" * 80, "é" * 81, "😀" * 80, "😀" * 81, 0, 1, 2, 1.0, 1.5, -1, True,
          b"x", [], {}, [1], cbor2.CBORTag(0, "2021-10-01T00:00:00Z"), cbor2.CBORTag(1, 1),
          cbor2.CBORTag(2, b"x"), cbor2.undefined, 2**60]  # fmt: skip
MOMENTS = ["2021-10-01", "2021-02-29", "2020-02-29", "1900-02-29", "0000-01-01", "2021-13-01",
           "2021-1-01", "20211001", "2021-W01-1", "2021-10-01T", "2021-10-01T10",
           "2021-10-01 10:11", "2021-10-01T10:11:12.123456Z",
           "2021-10-01t10:11:12,1+0700", "2021-10-01T10:11:12 +07",
           "2021-10-01T10:11:12\u00a0Z", "2021-10-01\n", "2021-10-01T25:99:99Z", "2021-00-10",
           "2021-04-31", "２０２１-10-01", "2021-10-011"]  # fmt: skip
VERSIONS = [
    "1.3.3",
    "1.3",
    "1a3b3",
    "1\n3.3",
    "1\u20283.3",
    "11.33.0",
    "1.3.3\n",
    " 1.3.3",
    "1😀3.3",
]
BIRTHS = ["1963", "1963-04", "1963-04-05", "1963-04-05-06", "1863", "", "1978-01-26T00:00:00",
          "1978-01-26 " + "x" * 32, "1978-01-26T" + "x" * 33, "1978-01-26T" + "😀" * 32,
          "1978-01-26T\n", "1978-99-99", "1963\n"]  # fmt: skip
FIELDS = {"v": "tg vp mp ma dn sd dt co is ci", "t": "tg tt nm ma sc tr tc co is ci",
          "r": "tg fr co is df du ci"}  # fmt: skip


def body_of(group: str) -> dict[str, Any]:
    event: dict[str, Any] = dict.fromkeys(FIELDS[group].split(), "text")
    event |= {"co": "VN"}
    event |= {name: "2021-10-01" for name in ("dt", "sc", "fr", "df", "du") if name in event}
    event |= {name: 1 for name in ("dn", "sd") if name in event}
    body = signed_payload()
    del body["v"]
    return body | {group: [event]}


@pytest.mark.parametrize("group", ["v", "t", "r"])
def test_every_field_with_every_value(judges: Judges, group: str) -> None:
    signer = make_dsc("ES256")

    def said(body: Any) -> Code | None:
        return judges.alike(seal(signer, make_claims(body)), signer)

    assert said(body_of(group)) is None
    for field in FIELDS[group].split():
        for value in [*VALUES, *MOMENTS, "absent"]:
            body = body_of(group)
            body[group][0][field] = value
            if value == "absent":
                del body[group][0][field]
            said(body)
    for field in ("fn", "gn", "fnt", "gnt"):
        for value in VALUES:
            body = body_of(group)
            body["nam"][field] = value
            said(body)
            said(body | {"nam": {field: value}})
    for field, values in (("ver", VERSIONS), ("dob", BIRTHS), ("nam", []), (group, [])):
        for value in [*values, *VALUES]:
            said(body_of(group) | {field: value})
    for other in ("v", "t", "r"):
        said(body_of(group) | {other: None})
        said(body_of(group) | {other: []})
        said(body_of(group) | body_of(other))
    said(body_of(group) | {"dob": cbor2.CBORTag(0, "1963-04-05")})


def test_contents_of_other_kinds(judges: Judges, signer: Dsc) -> None:
    body = signed_payload()
    for contents in (
        {}, {1: None}, {1: []}, {2: body}, {2: {}, 1: body}, {1: body, -6: {}}, {1: body, -6: None},
        {"1": body}, {b"\1": body}, [body], None, 7,
    ):  # fmt: skip
        claims = {**make_claims(body), -260: contents}
        judges.alike(seal(signer, claims), signer)


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


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
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

"""The page and the library judge alike, layer by layer: text, compression, CBOR, headers, claims.

A traveller must not be let through here and turned back there.
"""

from __future__ import annotations

import random
import zlib
from datetime import timedelta

import cbor2
import pytest
from hcert_making import (
    NOW,
    VACCINATION,
    Dsc,
    make_claims,
    make_dsc,
    make_payload,
    message_of,
    seal,
    signed_payload,
    to_text,
)
from verifier_judges import Judges

from lamsach.hcert import base45
from lamsach.hcert.errors import Code
from lamsach.hcert.issue import Issuer

pytestmark = pytest.mark.npm

DAY = timedelta(days=1)
TEST, RECOVERY = VACCINATION[:-1] + "1", VACCINATION[:-1] + "3"
EARLY = "1.3.6.1.4.1.0.1847.2021.1."


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

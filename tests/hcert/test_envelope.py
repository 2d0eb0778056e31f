"""The envelope HC1: what real issuers wrote is opened, everything else refused by its layer."""

from __future__ import annotations

import functools
import json
import random
import tracemalloc
import zlib
from typing import Any

import cbor2
import pytest
import segno
from hcert_making import NOW, Dsc, make_claims, message_of, seal, signed_payload, to_text
from hypothesis import given, settings
from hypothesis import strategies as st

from lamsach.hcert import base45
from lamsach.hcert.decode import decode
from lamsach.hcert.envelope import MAX_INFLATED, MAX_TEXT, open_envelope, pack, pack_many
from lamsach.hcert.errors import Code, Refused


def refused(text: str) -> Refused:
    with pytest.raises(Refused) as caught:
        open_envelope(text)
    return caught.value


def test_what_is_inside(es256: Dsc) -> None:
    body = signed_payload()
    envelope = open_envelope(seal(es256, make_claims(body)))
    assert envelope.contents == {1: body}
    assert envelope.issuer == "VN"
    assert envelope.expires_at == NOW.timestamp() + 86_400
    assert envelope.issued_at == NOW.timestamp() - 60
    assert envelope.message.kid == es256.kid
    assert envelope.message.algorithm == -7


@pytest.mark.parametrize("tags", [(18,), (61, 18), (61,), ()])
def test_tagged_as_cwt_as_cose_both_or_neither(es256: Dsc, tags: tuple[int, ...]) -> None:
    assert open_envelope(seal(es256, make_claims({}), tags=tags)).contents == {1: {}}


@pytest.mark.parametrize("tags", [(17,), (18, 18), (18, 61), (61, 61)])
def test_other_tags_are_refused(es256: Dsc, tags: tuple[int, ...]) -> None:
    text = seal(es256, make_claims({}), tags=tags)
    assert refused(text).code is Code.CBOR_DESERIALIZATION_FAILED


@pytest.mark.parametrize("level", [0, 1, 6, 9])
def test_any_level_of_compression(es256: Dsc, level: int) -> None:
    message = message_of(seal(es256, make_claims({})))
    text = "HC1:" + base45.encode(zlib.compress(message, level))
    assert open_envelope(text).contents == {1: {}}


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", "  {} ", "\ufeff\n{}"])
def test_white_space_around(es256: Dsc, around: str) -> None:
    text = around.format(seal(es256, make_claims({}))).removeprefix("\ufeff")
    assert open_envelope(text).contents == {1: {}}


@pytest.mark.parametrize("prefix", ["", "HC2:", "HC1", "hc1:", "HL0:", "HC1 :", "XHC1:"])
def test_another_prefix(es256: Dsc, prefix: str) -> None:
    text = prefix + seal(es256, make_claims({}))[4:]
    assert refused(text).code is Code.INVALID_SCHEME_PREFIX


@pytest.mark.parametrize("damage", ["=", "ä", "a", "\x00", "HC1:", ":::"])
def test_no_base45(damage: str) -> None:
    assert refused("HC1:" + damage).code is Code.BASE_45_DECODING_FAILED


def test_more_text_than_any_code_holds() -> None:
    assert refused("HC1:" + "0" * MAX_TEXT).code is Code.BASE_45_DECODING_FAILED


def test_no_zlib(es256: Dsc) -> None:
    message = message_of(seal(es256, make_claims({})))
    packed = zlib.compress(message)
    wrong_sum = packed[:-1] + bytes((packed[-1] ^ 1,))
    for bad in (message, b"", packed[:-1], packed[2:-4], wrong_sum, packed + b"\x00"):
        assert refused("HC1:" + base45.encode(bad)).code is Code.DECOMPRESSION_FAILED


def test_a_bomb_costs_no_more_than_the_bound() -> None:
    bomb = zlib.compress(bytes(10_000_000), 9)
    text = "HC1:" + base45.encode(bomb)
    assert len(text) <= MAX_TEXT
    tracemalloc.start()
    assert refused(text).code is Code.DECOMPRESSION_FAILED
    assert tracemalloc.get_traced_memory()[1] < 8 * MAX_INFLATED
    tracemalloc.stop()


def test_exactly_the_bound_is_inflated() -> None:
    for size, code in (
        (MAX_INFLATED, Code.CBOR_DESERIALIZATION_FAILED),
        (MAX_INFLATED + 1, Code.DECOMPRESSION_FAILED),
    ):
        assert refused("HC1:" + base45.encode(zlib.compress(bytes(size)))).code is code


HEAD = cbor2.dumps({1: -7})


@pytest.mark.parametrize(
    "message",
    [
        [HEAD, {}, b"\xa0"],
        [HEAD, {}, b"\xa0", b"", b""],
        [HEAD, [], b"\xa0", b""],
        [HEAD, {}, {}, b""],
        [HEAD, {}, None, b""],
        [HEAD, {}, b"\xa0", "x"],
        [{1: -7}, {}, b"\xa0", b""],
        [b"\x80", {}, b"\xa0", b""],
        [b"\xa1\x01", {}, b"\xa0", b""],
        {},
        "HC1",
        7,
    ],
)
def test_no_cose_sign1(message: Any) -> None:
    text = to_text(cbor2.dumps(message))
    assert refused(text).code is Code.CBOR_DESERIALIZATION_FAILED


@pytest.mark.parametrize(
    "claims",
    [
        7,
        [],
        {},
        {4: 1},
        {-260: {1: {}}},
        {4: "1", -260: {1: {}}},
        {4: None, -260: {1: {}}},
        {4: True, -260: {1: {}}},
        {4: float("nan"), -260: {1: {}}},
        {4: float("inf"), -260: {1: {}}},
        {4: 1, 6: "1", -260: {1: {}}},
        {4: 1, 1: 7, -260: {1: {}}},
        {4: 1, -260: {}},
        {4: 1, -260: []},
        {4: 1, -260: {1: []}},
        {4: 1, -260: {1: b"\xa0"}},
        {4: 1, -260: {1: {}, 2: 7}},
    ],
)
def test_no_claims(es256: Dsc, claims: Any) -> None:
    assert refused(seal(es256, claims)).code is Code.CBOR_DESERIALIZATION_FAILED


def test_a_map_with_a_key_twice_is_refused_wherever_it_is(es256: Dsc) -> None:
    twice = bytes.fromhex("a2 04 01 04 02")
    assert refused(seal(es256, None, payload=twice)).code is Code.CBOR_DESERIALIZATION_FAILED
    message = cbor2.dumps([twice, {}, cbor2.dumps(make_claims({})), b""])
    assert refused(to_text(message)).code is Code.CBOR_DESERIALIZATION_FAILED
    inner = cbor2.dumps(make_claims({"ver": 0})).replace(
        cbor2.dumps({"ver": 0}), b"\xa2" + cbor2.dumps("v") + b"\x00" + cbor2.dumps("v") + b"\x01"
    )
    assert "twice" in refused(seal(es256, None, payload=inner)).detail


@pytest.mark.parametrize("payload", [b"\x81" * 60_000, b"\xa1\x00" * 30_000, b"\x9f" * 60_000])
def test_nesting_is_refused_and_not_followed(es256: Dsc, payload: bytes) -> None:
    assert refused(seal(es256, None, payload=payload)).code is Code.CBOR_DESERIALIZATION_FAILED


def test_times_need_not_be_whole(es256: Dsc) -> None:
    envelope = open_envelope(seal(es256, make_claims({}, exp=1650326400.25, iat=None, iss=None)))
    assert (envelope.expires_at, envelope.issued_at, envelope.issuer) == (1650326400.25, None, None)


@pytest.mark.parametrize(
    ("protected", "unprotected", "kid"),
    [
        ({4: b"a"}, {}, b"a"),
        ({}, {4: b"a"}, b"a"),
        ({4: b"a"}, {4: b"b"}, b"a"),
        ({}, {}, None),
        ({4: "a"}, {}, None),
        ({4: 7}, {4: b"b"}, None),
    ],
)
def test_the_key_identifier_is_in_either_header_and_the_protected_one_wins(
    es256: Dsc, protected: dict[int, Any], unprotected: dict[int, Any], kid: bytes | None
) -> None:
    text = seal(es256, make_claims({}), protected=protected, unprotected=unprotected)
    assert open_envelope(text).message.kid == kid


def test_decoded_is_json_whatever_the_envelope_holds(es256: Dsc) -> None:
    body = {
        "v": [{"dn": 1.0, "at": cbor2.CBORTag(0, "2022-01-26T13:01:32Z")}],
        "odd": [float("nan"), float("inf"), cbor2.undefined, cbor2.CBORSimpleValue(99), b"\xff"],
        7: None,
        "7": True,
        b"\xff": cbor2.CBORTag(99, b"x"),
    }
    decoded = decode(seal(es256, make_claims(body), unprotected={"note": b"\x00"}))
    assert json.loads(json.dumps(decoded, allow_nan=False)) == decoded
    assert decoded["protected"]["1"] == -7
    assert decoded["unprotected"] == {"note": "AA=="}
    assert decoded["claims"]["1"] == "VN"
    certificate = decoded["certificate"]
    assert certificate == decoded["claims"]["-260"]["1"]
    assert certificate["v"] == [{"dn": 1, "at": "2022-01-26T13:01:32Z"}]
    assert certificate["odd"] == ["nan", "inf", None, None, "/w=="]
    assert (certificate["7"], certificate["7'"]) == (None, True)
    assert certificate["/w=="] == {"tag": 99, "value": "eA=="}


@functools.cache
def version(length: int) -> int:
    """Of the QR code of so many characters at level Q, by the library that draws it."""
    made = segno.make("A" * length, error="Q", boost_error=False, micro=False, mask=0)
    return int(made.version)


@settings(max_examples=10)
@given(
    start=st.integers(300, 420),
    repeated=st.integers(0, 60),
    seed=st.integers(0, 2**32),
)
def test_packing_many_costs_few_a_version_of_the_code(start: int, repeated: int, seed: int) -> None:
    """Messages as certificates are: alike in kind, random in part, of slightly different sizes."""
    draw = random.Random(seed)
    text = "URN:UVCI:01:VN:0123456789ABCDEF,BBIBP-CorV,ORG-100020693,840539006,VN,NGUYEN<"
    messages = [
        draw.randbytes(200)
        + (text * 9).encode()[: start - 200 + draw.randrange(9)]
        + bytes(repeated)
        for _ in range(500)
    ]
    larger = 0
    for one, many in zip(map(pack, messages), pack_many(messages), strict=True):
        assert message_of(one) == message_of(many)
        more = 0 if len(one) == len(many) else version(len(many)) - version(len(one))
        assert more in {0, 1}
        larger += more
    assert larger <= 0.1 * len(messages)


def test_deflate_is_tried_where_it_spares_a_version() -> None:
    """A name that is repeated in each message, and eight bytes too many for the smaller code."""
    draw = random.Random(5)
    name = b"NGUYEN<HUONG<GIANG " * 4
    size = (version_holds(18) - len("HC1:")) * 2 // 3 - 3  # a stored block adds 11
    messages = [draw.randbytes(size) for _ in range(50)]
    assert {version(len(text)) for text in pack_many(messages)} == {19}
    repeating = [message[: -len(name)] + name for message in messages]
    assert max(version(len(text)) for text in pack_many(repeating)) < 19
    mixed = [one for _ in range(9) for one in messages] + repeating * 2  # two parts in eleven
    assert max(version(len(text)) for text in pack_many(mixed)[-100:]) < 19


@functools.cache
def version_holds(number: int) -> int:
    """Characters that the QR code of a version holds at level Q."""
    return max(n for n in range(400, 700) if version(n) <= number)


def test_what_deflate_does_not_help_is_stored() -> None:
    noise = random.Random(1).randbytes(360)
    assert base45.decode(pack_many([noise] * 2)[0][4:])[:2] == b"\x78\x01"
    assert pack_many([]) == []

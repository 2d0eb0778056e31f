"""Whatever comes in, a verdict comes out: at every layer, from noise and from damaged certificates.

The bound in time is generous for a loaded machine; what hangs or grows takes far longer.
"""

from __future__ import annotations

import contextlib
import json
import time
import zlib
from typing import Any

import cbor2
from hcert_making import NOW, Dsc, make_claims, message_of, seal, signed_payload, to_text
from hypothesis import given, settings
from hypothesis import strategies as st

from lamsach.hcert import base45
from lamsach.hcert.decode import decode
from lamsach.hcert.errors import Code, Refused
from lamsach.hcert.verify import Verification, verify

SECONDS = 2.0


def judged(dsc: Dsc, text: str) -> Verification:
    started = time.perf_counter()
    result = verify(text, dsc.trust, at=NOW)
    json.dumps(result.as_json(), allow_nan=False)
    with contextlib.suppress(Refused):
        json.dumps(decode(text), allow_nan=False)
    assert time.perf_counter() - started < SECONDS
    return result


@given(st.text(max_size=300))
def test_any_text(es256: Dsc, text: str) -> None:
    assert judged(es256, text).code is Code.INVALID_SCHEME_PREFIX or text.strip()[:4] == "HC1:"
    assert not judged(es256, "HC1:" + text).valid


@given(st.binary(max_size=500))
def test_any_bytes_below_each_layer(es256: Dsc, data: bytes) -> None:
    assert not judged(es256, "HC1:" + base45.encode(data)).valid
    assert not judged(es256, to_text(data)).valid
    assert not judged(es256, seal(es256, None, payload=data)).valid


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.binary(max_size=10)
    | st.builds(cbor2.CBORTag, st.integers(6, 2**32), st.text(max_size=5)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.integers(-300, 20) | st.sampled_from(["v", "t", "nam", "dob", "fnt"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(VALUES)
def test_any_value_in_any_place(es256: Dsc, value: Any) -> None:
    judged(es256, to_text(cbor2.dumps(value)))
    judged(es256, seal(es256, value))
    for label in (1, 4, 6, -260):
        judged(es256, seal(es256, make_claims(signed_payload()) | {label: value}))
    judged(es256, seal(es256, make_claims(value)))
    for field in ("ver", "nam", "dob", "v", "t"):
        judged(es256, seal(es256, make_claims(signed_payload() | {field: value})))
    for field in ("dn", "dt", "co", "ci"):
        judged(es256, seal(es256, make_claims(signed_payload(**{f"v_{field}": value}))))
    headers = {1: -7, 4: es256.kid}
    for label in headers:
        judged(es256, seal(es256, make_claims({}), protected=headers | {label: value}))


@settings(max_examples=200)
@given(data=st.data())
def test_a_damaged_certificate_is_never_valid(es256: Dsc, data: st.DataObject) -> None:
    """A change anywhere under the compression: refused, or the change was in no signed part."""
    good = seal(es256, make_claims(signed_payload()))
    message = bytearray(message_of(good))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, 10_000)) % len(message)
        change = data.draw(st.sampled_from(["set", "cut", "insert"]))
        byte = data.draw(st.integers(0, 255))
        if change == "set":
            message[at] = byte
        elif change == "insert":
            message.insert(at, byte)
        else:
            del message[at]
    result = judged(es256, to_text(bytes(message)))
    if result.valid:
        assert result.certificate == signed_payload()


@given(at=st.integers(0, 10_000), letter=st.sampled_from(base45.ALPHABET), cut=st.booleans())
def test_a_misread_text_is_never_another_certificate(
    es256: Dsc, at: int, letter: str, cut: bool
) -> None:
    good = seal(es256, make_claims(signed_payload()))
    at %= len(good)
    result = judged(es256, good[:at] + ("" if cut else letter) + good[at + 1 :])
    assert not result.valid or result.certificate == signed_payload()


@given(st.binary(min_size=1, max_size=4), st.integers(1, 9))
def test_repetitions_do_not_grow(es256: Dsc, pattern: bytes, level: int) -> None:
    """Bombs of every kind: depth, lengths, compressed repetition."""
    many = pattern * (2_000_000 // len(pattern))
    packed = zlib.compress(many, level)
    assert not judged(es256, "HC1:" + base45.encode(packed)).valid
    fitting = many[:60_000]
    assert not judged(es256, to_text(fitting)).valid
    assert not judged(es256, seal(es256, None, payload=fitting)).valid


def test_long_lists_and_maps_cost_what_they_weigh(es256: Dsc) -> None:
    for value in (
        [0] * 60_000,
        dict.fromkeys(range(20_000), 0),
        {"v": [{}] * 20_000},
        {"v": [{"dn": 1}], **{str(n): None for n in range(9_000)}},
        {"ver": "1.3.0" * 10_000},
        {"dob": "1" * 60_000},
        {"nam": {"fnt": "A" * 60_000}},
    ):
        assert not judged(es256, seal(es256, make_claims(value))).valid

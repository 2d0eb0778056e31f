"""The strict CBOR reader: equal to the library on what is legal, deaf to everything else."""

from __future__ import annotations

import contextlib
import math
import struct
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.cbor import MAX_DEPTH, CborError, Simple, Tag, loads

WHOLE = st.integers(-(2**64), 2**64 - 1)
LEAVES = (
    st.none() | st.booleans() | WHOLE | st.floats() | st.text(max_size=30) | st.binary(max_size=300)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(WHOLE | st.text(max_size=30) | st.binary(max_size=9), inner, max_size=5)
    ),
    max_leaves=30,
)


def same(ours: Any, theirs: Any) -> bool:
    """Equality that knows NaN and tells 1 from 1.0 and True."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, float):
        return struct.pack(">d", ours) == struct.pack(">d", theirs) or (
            math.isnan(ours) and math.isnan(theirs)
        )
    if isinstance(ours, dict):
        return list(ours) == list(theirs) and all(same(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool(ours == theirs)


@given(VALUES, st.booleans())
def test_reads_what_the_library_writes(value: Any, canonical: bool) -> None:
    data = cbor2.dumps(value, canonical=canonical)
    assert same(loads(data), cbor2.loads(data))


@given(VALUES)
def test_reads_indefinite_lengths(value: Any) -> None:
    data = cbor2.dumps(value, indefinite_containers=True)
    assert same(loads(data), cbor2.loads(data))


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.binary(max_size=5), max_size=4))
def test_joins_strings_in_pieces(texts: list[str], pieces: list[bytes]) -> None:
    whole = b"\x7f" + b"".join(map(cbor2.dumps, texts)) + b"\xff"
    assert loads(whole) == "".join(texts)
    whole = b"\x5f" + b"".join(map(cbor2.dumps, pieces)) + b"\xff"
    assert loads(whole) == b"".join(pieces)


@given(VALUES, st.data())
def test_a_piece_is_not_the_whole(value: Any, data: st.DataObject) -> None:
    whole = cbor2.dumps(value)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(CborError):
        loads(whole[:cut])
    with pytest.raises(CborError, match="after the value"):
        loads(whole + b"\x00")


@given(st.binary(max_size=64))
def test_only_its_own_error_comes_out(data: bytes) -> None:
    with contextlib.suppress(CborError):
        loads(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("a201000100", "twice"),
        ("a2616100616100", "twice"),
        ("bf01000100ff", "twice"),
        ("bf616100616100ff", "twice"),
        ("a2616100 7f6161ff 00", "twice"),  # one key whole, one in pieces
        ("a20100190001 00", "twice"),  # 1 and 1 written in three bytes
        ("a1f500", "map key"),
        ("a1f93c0000", "map key"),
        ("a1f600", "map key"),
        ("a18000", "map key"),
        ("a1c00100", "map key"),
        ("61ff", "UTF-8"),
        ("62c0af", "UTF-8"),
        ("63eda080", "UTF-8"),  # half of a surrogate pair
        ("7f61c361a9ff", "UTF-8"),  # each piece must be text (RFC 8949, 3.2.3)
        ("7f4161ff", "something else"),
        ("7f7f6161ffff", "something else"),
        ("1c", "head"),
        ("3f", "head"),
        ("df00", "head"),
        ("ff", "head"),
        ("f800", "head"),
        ("f81f", "head"),
        ("", "early"),
        ("9bffffffffffffffff", "early"),
        ("bbffffffffffffffff", "early"),
        ("5bffffffffffffffff", "early"),
        ("7bffffffffffffffff00", "early"),
        ("9f", "early"),
        ("fb0000", "early"),
        ("1b000000", "early"),
    ],
)
def test_refuses(data: str, reason: str) -> None:
    with pytest.raises(CborError, match=reason):
        loads(bytes.fromhex(data))


@pytest.mark.parametrize(
    "opening", [b"\x81", b"\x9f", b"\xa1\x00", b"\xbf\x00", b"\xc6", b"\xd8\x3d"]
)
def test_depth_is_bounded(opening: bytes) -> None:
    closing = b"\xff" if opening[0] in {0x9F, 0xBF} else b""
    fitting = opening * MAX_DEPTH + b"\x00" + closing * MAX_DEPTH
    loads(fitting)
    with pytest.raises(CborError, match="levels"):
        loads(opening + fitting + closing)
    with pytest.raises(CborError, match="levels"):
        loads(opening * 30_000)


def test_tags_are_not_read() -> None:
    # To the library these are a bignum, a date, a decimal with a million million digits.
    assert loads(bytes.fromhex("c249ffffffffffffffffff")) == Tag(2, b"\xff" * 9)
    assert loads(b"\xc0" + cbor2.dumps("2022-01-01T00:00:00Z")) == Tag(0, "2022-01-01T00:00:00Z")
    assert loads(bytes.fromhex("c4821b000000e8d4a5100001")) == Tag(4, [10**12, 1])
    assert loads(bytes.fromhex("f7")) == Simple(23)
    assert loads(bytes.fromhex("f8ff")) == Simple(255)

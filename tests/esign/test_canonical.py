from __future__ import annotations

import json
import math
import struct
from contextlib import suppress
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from lamsach.esign.canonical import canonical, parse
from lamsach.esign.errors import ESignError

text = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1), st.floats(allow_nan=False, allow_infinity=False)
).filter(lambda one: abs(one) < 2**53 or (isinstance(one, float) and abs(one) >= 1e21))
values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_the_text_is_that_of_the_reference_and_comes_back_as_the_same_value(value: Any) -> None:
    made = canonical(value)
    assert made == rfc8785.dumps(value)
    assert json.loads(made) == value
    assert canonical(parse(made)) == made


def test_keys_are_sorted_by_utf16_units() -> None:
    # RFC 8785, 3.2.3
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(names, 0)))) == ordered
    # The first character alone does not tell.
    assert canonical({"a\ufb33": 1, "a\U0001f600": 2}).decode().index("2") < 8


@pytest.mark.parametrize(
    ("bits", "written"),
    [
        # RFC 8785, appendix B
        ("0000000000000001", "5e-324"),
        ("8000000000000000", "0"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("41b3de4355555553", "333333333.3333332"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_the_standard_lists_them(bits: str, written: str) -> None:
    assert canonical(struct.unpack(">d", bytes.fromhex(bits))[0]).decode() == written


@pytest.mark.parametrize(
    "value",
    [
        2**53,
        -(2**53),
        10**400,
        float(2**53),
        1e20,
        math.nan,
        math.inf,
        "\ud800",
        {"\udfff": 1},
        {1: 2},
        {"a": {None: 1}},
        b"bytes",
        {1, 2},
        object(),
    ],
)
def test_what_json_cannot_say_exactly_is_refused(value: Any) -> None:
    for wrapped in (value, [value], {"a": value}):
        with pytest.raises(ESignError) as caught:
            canonical(wrapped)
        assert caught.value.code == "JSON_INVALID"


def test_nesting_without_end_is_refused() -> None:
    value: Any = []
    value.append(value)
    with pytest.raises(ESignError, match="nested"):
        canonical(value)
    with pytest.raises(ESignError):
        parse(b"[" * 100_000)


@pytest.mark.parametrize(
    "written",
    [
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a" :1}',
        b"1.0",
        b"-0",
        b"1e2",
        b'"\\u0061"',
        b'"\\/"',
        b"\xef\xbb\xbf1",
        b"NaN",
        b"9007199254740993",
        b"",
        b"{",
        b"1" * 5000,
        '"a"'.encode("utf-16"),
    ],
)
def test_texts_that_are_not_canonical_are_not_read(written: bytes) -> None:
    with pytest.raises(ESignError) as caught:
        parse(written)
    assert caught.value.code == "JSON_INVALID"


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(ESignError):
        assert canonical(parse(data)) == data

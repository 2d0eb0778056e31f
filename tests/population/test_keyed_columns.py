"""Digests made by columns are those made one by one, and their secret is in no text."""

from __future__ import annotations

import hmac
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.population.keyed_columns import (
    fields_digest_sql,
    keyed_sql,
    number_sql,
    secrets,
    statement_salt_sql,
)
from lamsach.population.keys import (
    fields_digest,
    keyed,
    keyed_number,
    pads,
    statement_salt,
)

#: Around a block of SHA-256, and around what one byte says of a length.
LENGTHS = (0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 254, 255, 256, 257, 1000)
TEXTS = st.text(max_size=40) | st.sampled_from([letter * n for n in LENGTHS for letter in "aữ"])


def column(expression: str, **values: str) -> Any:
    names = ", ".join(f"${name}::varchar as {name}" for name in values)
    with duckdb.connect() as connection:
        found = connection.execute(
            f"with given as materialized (select {names}) select {expression} from given",
            {**values, **(secrets() if "$outer" in expression else {})},
        ).fetchall()
    return found[0][0]


@given(TEXTS, TEXTS)
def test_a_columns_digest_is_the_single_one(one: str, other: str) -> None:
    digest = column(keyed_sql(b"probe", "one", "other"), one=one, other=other)
    assert digest == keyed(b"probe", one, other).hex()


@pytest.mark.parametrize("length", [1, 31, 32, 63, 64, 65, 200])
def test_a_key_of_any_length_makes_the_same(settings: Any, length: int) -> None:
    settings.REGISTER_KEY = bytes(range(length))
    message = b"guess\0\0\0\0\x03abc"
    expected = hmac.digest(settings.REGISTER_KEY, message, "sha256").hex()
    assert column(keyed_sql(b"guess", "one"), one="abc") == expected


def test_where_one_text_ends_counts() -> None:
    digest = keyed_sql(b"fields", "one", "other")
    assert column(digest, one="ab", other="c") != column(digest, one="a", other="bc")


@given(st.lists(TEXTS, min_size=4, max_size=4))
def test_what_is_made_of_digests_is_the_same(four: list[str]) -> None:
    names = ("a", "b", "c", "d")
    told = column(fields_digest_sql(*names), **dict(zip(names, four, strict=True)))
    assert told == fields_digest(four).hex()
    salt = column(statement_salt_sql("a", "b"), a=four[0], b=four[1])
    assert salt == statement_salt(four[0], four[1]).hex()


@given(st.binary(min_size=8, max_size=8))
@pytest.mark.parametrize("fixed", [None, bytes(8), b"\x7f" + b"\xff" * 7, b"\x80" + bytes(7)])
def test_a_number_is_the_first_64_bits_with_a_sign_and_never_0(
    fixed: bytes | None, any_bits: bytes
) -> None:
    bits = any_bits if fixed is None else fixed
    found = column(number_sql("digest"), digest=bits.hex() + "5" * 48)
    assert found == (int.from_bytes(bits, signed=True) or 1)


def test_the_number_of_a_probe_is_the_single_one() -> None:
    for name in ("nguyenvanan", "tranthibaoloc"):
        digest = keyed(b"probe", name, "19630504").hex()
        assert column(number_sql("digest"), digest=digest) == keyed_number(
            b"probe", name, "19630504"
        )


def test_no_error_shows_the_key() -> None:
    told = []
    for broken in ("cast({} as integer)", "{} || nothing", "error({})"):
        with pytest.raises(duckdb.Error) as raised:
            column(broken.format(keyed_sql(b"probe", "one")), one="x")
        told.append(str(raised.value))
    for pad in pads():
        for text in told:
            assert pad.hex() not in text.lower()
            assert repr(pad)[2:-1] not in text
            assert "".join(f"\\x{byte:02x}" for byte in pad) not in text.lower()

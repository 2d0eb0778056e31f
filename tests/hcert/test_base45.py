"""Base45 as RFC 9285 has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.base45 import ALPHABET, decode, decode_many, encode, encode_many

# RFC 9285, sections 4.3 and 4.4.
VECTORS = [
    (b"AB", "BB8"),
    (b"Hello!!", "%69 VD92EX0"),
    (b"base-45", "UJCLQE7W581"),
    (b"ietf!", "QED8WEX0"),
]


@pytest.mark.parametrize(("data", "text"), VECTORS)
def test_the_vectors_of_the_rfc(data: bytes, text: str) -> None:
    assert encode(data) == text
    assert decode(text) == data


@given(st.binary(max_size=600))
def test_what_was_encoded_is_decoded(data: bytes) -> None:
    assert decode(encode(data)) == data


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_many_at_once_are_each_alone(items: list[bytes]) -> None:
    texts = encode_many(items)
    assert texts == [encode(data) for data in items]
    assert decode_many(texts) == items


@pytest.mark.parametrize("wrong", ["GGW", "::::", "U6", "bb8", "BBđ"])
def test_one_wrong_text_among_many(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"base45|stand|many"):
        decode_many(["BB8", wrong, "UJCLQE7W581"])


@given(st.text(ALPHABET, max_size=60))
def test_agrees_with_arithmetic_by_hand(text: str) -> None:
    values = [ALPHABET.index(character) for character in text]
    groups = [values[at : at + 3] for at in range(0, len(values), 3)]
    sums = [sum(v * 45**place for place, v in enumerate(group)) for group in groups]
    limits = [{3: 0xFFFF, 2: 0xFF, 1: -1}[len(group)] for group in groups]
    if all(total <= limit for total, limit in zip(sums, limits, strict=True)):
        lengths = [len(group) - 1 for group in groups]
        expected = b"".join(t.to_bytes(n, "big") for t, n in zip(sums, lengths, strict=True))
        assert decode(text) == expected
    else:
        with pytest.raises(ValueError, match=r"base45|stand|many"):
            decode(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("GGW", "65535"),  # 65536; FGW is the last that is legal
        ("::::", "one character"),
        ("U6", "255"),
        ("A", "one character"),
        ("bb8", "does not have"),
        ("BB=", "does not have"),
        ("BB8a1", "does not have"),
        ("BB8\n", "does not have"),
        ("BBđ", "does not have"),
        ("BB\u0100", "does not have"),
    ],
)
def test_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode(text)


def test_the_last_legal_groups() -> None:
    assert decode("FGW") == b"\xff\xff"
    assert decode("U5") == b"\xff"

"""Identifiers: the check character agrees with what others computed, new ones are random."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.uvci import check_character, check_uvci, new_uvci

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/:"
bodies = st.text(alphabet=ALPHABET, min_size=1, max_size=70)


@pytest.mark.parametrize(
    ("body", "check"),
    [
        ("URN:UVCI:01:NL:187/37512422923", "Z"),
        ("URN:UVCI:01:AT:10807843F94AEE0EE5093FBC254BD813", "B"),
        ("URN:UVCI:01:AT:71EE2559DE38C6BF7304FB65A1A451EC", "3"),
    ],
)
def test_published_identifiers(body: str, check: str) -> None:
    assert check_character(body) == check
    assert check_uvci(f"{body}#{check}") is True
    assert check_uvci(body) is None


@given(bodies, st.data())
def test_one_wrong_character_is_noticed(body: str, data: st.DataObject) -> None:
    text = f"{body}#{check_character(body)}"
    place = data.draw(st.sampled_from([i for i in range(len(text)) if text[i] != "#"]))
    other = data.draw(st.sampled_from(ALPHABET.replace(text[place], "")))
    assert check_uvci(text) is True
    assert check_uvci(text[:place] + other + text[place + 1 :]) is False


@pytest.mark.parametrize("text", ["A#", "A#BB", "#A#A", "a#B", "A B#C", "Đ#A"])
def test_a_broken_check_is_wrong_not_an_error(text: str) -> None:
    assert check_uvci(text) is False


def test_new_identifiers() -> None:
    made = {new_uvci("VN") for _ in range(200)}
    assert len(made) == 200
    for text in made:
        assert text.startswith("URN:UVCI:01:VN:")
        assert re.fullmatch(r"URN:UVCI:01:VN:[0-9A-F]{32}#[A-Z0-9/:]", text)
        assert check_uvci(text) is True
        assert int(text[15:47], 16) < 2**128


@pytest.mark.parametrize("country", ["", "vn", "VNM", "V", "ВН", "V\n"])
def test_the_country_is_two_letters(country: str) -> None:
    with pytest.raises(ValueError, match="two letters"):
        new_uvci(country)

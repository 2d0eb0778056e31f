"""What is stored for what was typed: reading a stored value again changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.personal_ids import read_personal_id
from lamsach.registry import keys

TEXT = st.text(max_size=40)
NUMBERS = TEXT | st.from_regex(r"'?[0-9OIl .]{0,14}(\.0|E\+1[01])?", fullmatch=True)


@given(TEXT)
def test_cleaning_leaves_one_form(text: str) -> None:
    once = keys.clean(text)
    assert keys.clean(once) == once
    assert "\0" not in once
    assert "  " not in once


@given(TEXT)
def test_a_key_finds_the_name_however_it_is_spaced_or_capitalised(name: str) -> None:
    key = keys.name_key(name)
    assert keys.name_key(f"  {name}\t") == key
    assert key == key.strip()
    assert len(key) <= 200


@pytest.mark.parametrize(
    "written",
    [
        "Nguyễn Thị Hồng",
        "NGUYỄN THỊ HỒNG",
        "nguyen thi hong",
        "NguyÔn ThÞ Hång",
        "Nguyễn  Thị-Hồng",
    ],
)
def test_any_writing_has_one_key(written: str) -> None:
    assert keys.name_key(written) == "nguyen thi hong"


@given(NUMBERS)
def test_a_stored_number_is_read_as_it_was_typed(text: str) -> None:
    number, status = keys.read_number(text)
    assert keys.read_number(number) == (number, status)
    assert status == read_personal_id(text).id_status
    assert (status == "missing") == (number == "")


@given(TEXT | st.from_regex(r"\d{1,4}([/.-]\d{1,4}){0,2}", fullmatch=True))
def test_a_stored_birth_is_read_as_itself(text: str) -> None:
    birth = keys.read_birth(text)
    assert keys.read_birth(birth) == birth
    assert "\0" not in birth


def test_a_rounded_number_keeps_what_was_typed() -> None:
    assert keys.read_number("1.09301E+11") == ("1.09301E+11", "malformed")


@pytest.mark.parametrize(
    ("typed", "code"),
    [("", "VN"), ("VNM", "VN"), ("kor", "KR"), ("LA", "LA"), ("Đức", ""), ("12", ""), ("XYQ", "")],
)
def test_nationalities(typed: str, code: str) -> None:
    assert keys.read_nationality(typed) == code

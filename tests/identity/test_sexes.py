"""Sex as typed, and its comparison."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.sexes import DEFAULT_WEIGHTS, SEX_LEVELS, compare_sexes, parse_sex

MALE = ["M", "m", "Nam", "NAM", " nam ", "male", "Trai", "nam giới", "con trai", "1", "1.0"]
FEMALE = ["F", "Nữ", "NỮ", "nữ", "nu", "Female", "gái", "nữ giới", "0", "2", "0.0", "n÷", "nuwx"]
NEITHER = ["", " ", "x", "3", "10", "không rõ", "nam/nữ", "Nguyễn", "-", "?"]


@pytest.mark.parametrize(
    ("texts", "sex"), [(MALE, "M"), (FEMALE, "F"), (NEITHER, "")], ids=["male", "female", "neither"]
)
def test_every_written_form(texts: list[str], sex: str) -> None:
    for text in texts:
        assert parse_sex(text) == sex, text
        assert parse_sex(unicodedata.normalize("NFD", text)) == sex, text
        assert parse_sex(text.upper()) == sex, text
        assert parse_sex(parse_sex(text)) == sex, text


def test_utf8_read_as_bytes() -> None:
    assert parse_sex("Nữ".encode().decode("cp1252")) == "F"


@given(st.text(max_size=12))
def test_reading_never_raises_and_does_not_depend_on_unicode_form(text: str) -> None:
    assert parse_sex(text) in ("M", "F", "")
    assert parse_sex(unicodedata.normalize("NFD", text)) == parse_sex(
        unicodedata.normalize("NFC", text)
    )


@pytest.mark.parametrize(
    ("typed", "register", "level", "codes"),
    [
        ("Nam", "M", "same", ()),
        ("0", "F", "same", ()),
        ("Nam", "F", "differs", ("sex",)),
        ("Nữ", "M", "differs", ("sex",)),
        ("", "M", "missing", ("sex.missing",)),
        ("x", "M", "missing", ("sex.missing",)),
        ("", "", "missing", ("sex.missing",)),
        ("M", "", "missing", ("sex",)),
    ],
)
def test_comparison(typed: str, register: str, level: str, codes: tuple[str, ...]) -> None:
    outcome = compare_sexes(typed, register)
    assert (outcome.level, outcome.codes) == (level, codes)
    assert outcome.weight == DEFAULT_WEIGHTS[level]
    assert level in SEX_LEVELS

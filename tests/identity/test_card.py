"""The QR line of a chip identity card."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.births import Birth
from lamsach.identity.card import Card, CardError, parse_card

LINE = "079185012345|271234567|Nguyễn Thị Hoa|04051985|Nữ|Ấp 3, Cần Giờ, TP. Hồ Chí Minh|10062021"
CARD = Card(
    personal_id="079185012345",
    previous_id="271234567",
    full_name="Nguyễn Thị Hoa",
    birth=Birth(1985, 5, 4),
    sex="F",
    residence="Ấp 3, Cần Giờ, TP. Hồ Chí Minh",
    issued_on=date(2021, 6, 10),
)


def changed(field: int, value: str) -> str:
    fields = LINE.split("|")
    fields[field - 1] = value
    return "|".join(fields)


def test_seven_fields_are_read() -> None:
    assert parse_card(LINE) == CARD


@pytest.mark.parametrize(
    "line",
    [
        unicodedata.normalize("NFD", LINE),
        LINE + "|",
        LINE + "|04052025",
        "\ufeff" + LINE + "\0\r\n",
        LINE.replace("|", " | "),
    ],
    ids=["nfd", "empty eighth", "eighth", "scanner's marks", "spaces"],
)
def test_the_noise_of_scanners_changes_nothing(line: str) -> None:
    assert parse_card(line) == CARD


def test_a_holder_without_cmnd_and_a_birth_of_which_the_year_is_known() -> None:
    card = parse_card("079163012345||Y Bhim|1963|Nam|Ea Kar, Đắk Lắk|10062021")
    assert card.previous_id == ""
    assert card.birth == Birth(1963)
    assert card.sex == "M"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", ": 1 found"),
        ("HC1:6BF", ": 1 found"),
        ("|".join(LINE.split("|")[:6]), ": 6 found"),
        (LINE + "||", ": 9 found"),
        (changed(1, ""), "Field 1"),
        (changed(1, "07918501234"), "Field 1"),
        (changed(1, "999185012345"), "Field 1"),
        (changed(2, "12"), "Field 2"),
        (changed(3, " "), "Field 3"),
        (changed(4, "31021985"), "Field 4"),
        (changed(4, ""), "Field 4"),
        (changed(5, "x"), "Field 5"),
        (changed(7, ""), "Field 7"),
        (changed(7, "2021"), "Field 7"),
    ],
)
def test_an_error_is_a_sentence_that_names_the_field(line: str, words: str) -> None:
    with pytest.raises(CardError, match=words) as caught:
        parse_card(line)
    message = str(caught.value)
    assert message.endswith(".")
    for secret in ("079185012345", "07918501234", "271234567", "Nguyễn"):
        assert secret not in message


@given(st.text(max_size=60) | st.lists(st.text(max_size=14), min_size=7, max_size=8).map("|".join))
def test_any_other_text_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(CardError, match=r"\.$"):
        parse_card(text)

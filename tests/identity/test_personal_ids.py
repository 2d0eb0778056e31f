"""Personal numbers: what is read from a field, what a number contradicts, how two are related."""

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lamsach.identity.personal_ids import (
    CENTURY_SEX,
    DEFAULT_WEIGHTS,
    ID_LEVELS,
    cmnd_key,
    codes_for_other,
    compare_personal_ids,
    conflicts,
    is_plausible,
    read_personal_id,
    structure_of,
)
from lamsach.identity.places import PROVINCES

personal_ids = st.builds(
    lambda place, century, rest: place + century + rest,
    st.sampled_from(sorted(PROVINCES)),
    st.sampled_from("0123"),
    st.text("0123456789", min_size=8, max_size=8),
)
ID = "079185012345"
CMND = "271234567"


@pytest.mark.parametrize(
    ("text", "digits", "kind", "id_status"),
    [
        ("079185012345", "079185012345", "personal_id", "well_formed"),
        (" 079 185 012 345 ", "079185012345", "personal_id", "well_formed"),
        ("079.185.012.345", "079185012345", "personal_id", "well_formed"),
        ("'079185012345", "079185012345", "personal_id", "well_formed"),
        ("079-185-012345", "079185012345", "personal_id", "well_formed"),
        ("079185012345.0", "079185012345", "personal_id", "well_formed"),
        ("\u200b079185012345\u00a0", "079185012345", "personal_id", "well_formed"),
        ("０７９１８５０１２３４５", "079185012345", "personal_id", "well_formed"),
        ("101185012345", "101185012345", "personal_id", "well_formed"),
        ("999185012345", "999185012345", "damaged", "well_formed"),
        ("079985012345", "079985012345", "damaged", "well_formed"),
        ("271234567", "271234567", "cmnd", "well_formed"),
        ("271.234.567", "271234567", "cmnd", "well_formed"),
        ("12345678", "12345678", "damaged", "malformed"),
        ("1093012345", "1093012345", "damaged", "malformed"),
        ("1093012345.0", "1093012345", "damaged", "malformed"),
        (" 1093012345.0 ", "1093012345", "damaged", "malformed"),
        ("1.093012345E+9", "1093012345", "damaged", "malformed"),
        ("1,093012345e+09", "1093012345", "damaged", "malformed"),
        ("79185012345", "79185012345", "damaged", "malformed"),
        ("0791850123456", "0791850123456", "damaged", "malformed"),
        ("O79185012345", "O79185012345", "damaged", "malformed"),
        ("07918501234a", "07918501234A", "damaged", "malformed"),
        ("0912345678", "0912345678", "phone", "malformed"),
        ("091.234.5678", "0912345678", "phone", "malformed"),
        ("01234567890", "01234567890", "phone", "malformed"),
        ("+84912345678", "84912345678", "phone", "malformed"),
        ("(+84) 912 345 678", "84912345678", "phone", "malformed"),
        ("B1234567", "B1234567", "other", "malformed"),
        ("12345", "12345", "other", "malformed"),
        ("079185012345/271234567", "079185012345271234567", "other", "malformed"),
        ("", "", "missing", "missing"),
        ("  ", "", "missing", "missing"),
        ("không có", "", "missing", "missing"),
        ("x", "", "missing", "missing"),
        ("0", "0", "missing", "missing"),
        ("000000000000", "000000000000", "damaged", "well_formed"),
    ],
)
def test_reading(text: str, digits: str, kind: str, id_status: str) -> None:
    reading = read_personal_id(text)
    assert (reading.digits, reading.kind, reading.id_status) == (digits, kind, id_status)
    assert reading.rounded_length == 0


def test_a_rounded_number_keeps_what_is_left_and_its_length() -> None:
    reading = read_personal_id("1.09301E+09")
    assert (reading.digits, reading.rounded_length) == ("109301", 10)
    assert (reading.kind, reading.id_status) == ("damaged", "malformed")


@given(st.text(max_size=30) | st.text("0123456789 .-'E+O", max_size=16))
def test_reading_never_raises_and_does_not_depend_on_unicode_form(text: str) -> None:
    reading = read_personal_id(text)
    assert reading == read_personal_id(unicodedata.normalize("NFD", text))
    assert reading == read_personal_id(unicodedata.normalize("NFC", text))
    if reading.digits.isdigit() and not reading.rounded_length:
        assert read_personal_id(reading.digits) == reading
    expected = "missing"
    if any(letter in "0123456789" for letter in reading.digits) and reading.kind != "missing":
        plain = reading.digits.isdigit() and len(reading.digits) in (9, 12)
        expected = "well_formed" if plain and not reading.rounded_length else "malformed"
    assert reading.id_status == expected


@given(personal_ids)
def test_a_number_agrees_with_the_person_it_was_made_for(digits: str) -> None:
    assert is_plausible(digits)
    parts = structure_of(digits)
    assert parts is not None
    century = 1900 if digits[3] in "01" else 2000
    assert parts.birth_year == century + int(digits[4:6])
    assert parts.sex == ("M" if digits[3] in "02" else "F")
    assert parts.province_name == PROVINCES[digits[:3]]
    assert parts.place + digits[3:6] + parts.serial == digits
    agreeing = conflicts(
        digits, sex=parts.sex, birth_year=parts.birth_year, province=parts.place[1:]
    )
    assert agreeing == ()
    other_sex = "F" if parts.sex == "M" else "M"
    assert conflicts(digits, sex=other_sex) == ("sex",)
    assert conflicts(digits, birth_year=parts.birth_year + 1) == ("birth_year",)
    assert conflicts(digits, birth_year=parts.birth_year - 100) == ("birth_year",)


def test_a_province_merged_away_is_no_conflict_with_its_heir() -> None:
    assert conflicts("002185012345") == ()
    assert conflicts("002185012345", province="08", units="2025") == ()
    assert conflicts("002185012345", province="2", units="2022") == ()
    assert conflicts("002185012345", province="08", units="2022") == ("province",)
    assert conflicts("015085012345", province="15", units="2025") == ()


def test_a_place_that_does_not_exist_contradicts_everybody() -> None:
    assert conflicts("999185012345") == ("province",)
    assert conflicts("999185012345", sex="M", birth_year=1958) == ("sex", "birth_year", "province")
    assert conflicts("271234567", sex="M", birth_year=1958, province="01") == ()


@pytest.mark.vectors
def test_digit_four_is_that_of_the_reference_data(shared_data: Path) -> None:
    with (shared_data / "vn" / "cccd_century_sex.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {r["digit4"]: (int(r["birth_year_from"]), r["sex"]) for r in rows} == CENTURY_SEX


@pytest.mark.vectors
def test_every_mobile_prefix_is_a_phone(shared_data: Path) -> None:
    with (shared_data / "vn" / "phone_prefixes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert read_personal_id(row["prefix"] + "1234567").kind == "phone", row
        if old := row["old_11_digit_prefix_until_2018"]:
            assert read_personal_id(old + "1234567").kind == "phone", row


@pytest.mark.parametrize(
    ("typed", "register", "previous", "level", "codes"),
    [
        (ID, ID, "", "same", ""),
        ("079 185 012 345", ID, "", "same", ""),
        ("", ID, CMND, "missing", "missing"),
        ("không có", ID, CMND, "missing", "missing"),
        (CMND, ID, CMND, "previous_id", "previous_id"),
        ("12345678", ID, "012345678", "previous_id", "previous_id"),
        ("1093012345", "001093012345", "", "leading_zero", "leading_zero"),
        ("01093012345", "001093012345", "", "leading_zero", "leading_zero"),
        ("79185012345", ID, "", "leading_zero", "leading_zero"),
        ("79185012345.0", ID, "", "leading_zero", "leading_zero"),
        ("079158012345", ID, "", "transposed", "transposed"),
        ("079185012354", ID, "", "transposed", "transposed"),
        ("079185012346", ID, "", "digit", "digit"),
        ("O79185012345", ID, "", "digit", "digit"),
        ("O7918501234S", ID, "", "digit", "digit"),
        ("07918501234x", ID, "", "digit", "digit"),
        ("07918501234", ID, "", "length", "length"),
        ("07918501", ID, "", "length", "length"),
        ("85012345", ID, "", "length", "length"),
        ("07985012345", ID, "", "length", "length"),
        ("0791850122345", ID, "", "length", "length"),
        ("07918501234599", ID, "", "length", "length"),
        ("CCCD079185012345", ID, "", "length", "length"),
        ("79185012346", ID, "", "digit", "leading_zero digit"),
        ("79158012345", ID, "", "transposed", "leading_zero transposed"),
        ("7918501234", ID, "", "length", "leading_zero length"),
        ("1.09301E+09", "001093012345", "", "other", "length"),
        ("1.0930123E+11", "109301234567", "", "length", "length"),
        ("7985012345", ID, "", "length", "length"),
        ("0918502345", "091850123456", "", "length", "length"),
        ("271234568", ID, CMND, "digit", "previous_id digit"),
        ("271234576", ID, CMND, "transposed", "previous_id transposed"),
        ("CMND 271234567", ID, CMND, "previous_id", "previous_id length"),
        ("031090000111", ID, CMND, "other", "not_in_register"),
        ("999999999", ID, CMND, "other", "not_in_register"),
        ("271234567", ID, "", "other", "not_in_register"),
        ("0912345678", ID, CMND, "other", "length"),
        ("B1234567", ID, CMND, "other", "length"),
        ("0791850", ID, CMND, "other", "length"),
        ("7918501", ID, CMND, "other", "length"),
        ("079185012345999", ID, CMND, "other", "length"),
        ("12345", ID, CMND, "other", "length"),
        ("AB1234567890", ID, CMND, "other", "not_in_register"),
    ],
)
def test_every_way_two_numbers_differ(
    typed: str, register: str, previous: str, level: str, codes: str
) -> None:
    outcome = compare_personal_ids(typed, register, previous)
    assert outcome.level == level
    assert outcome.codes == tuple("personal_id." + code for code in codes.split())
    if level != "other":
        assert outcome.weight == DEFAULT_WEIGHTS[level]
    assert compare_personal_ids(read_personal_id(typed), register, previous) == outcome


def differing(left: str, right: str) -> int:
    return sum(a != b for a, b in zip(left, right, strict=True))


@given(personal_ids, st.integers(0, 11), st.sampled_from("0123456789"))
def test_one_wrong_digit(digits: str, at: int, wrong: str) -> None:
    assume(digits[at] != wrong)
    typed = digits[:at] + wrong + digits[at + 1 :]
    assert compare_personal_ids(typed, digits).level == "digit"


@given(personal_ids, st.integers(0, 10))
def test_two_neighbours_exchanged(digits: str, at: int) -> None:
    typed = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    expected = "same" if digits[at] == digits[at + 1] else "transposed"
    assert compare_personal_ids(typed, digits).level == expected


@given(personal_ids)
def test_zeros_lost_in_front(digits: str) -> None:
    typed = digits
    while typed.startswith("0"):
        typed = typed[1:]
        assert compare_personal_ids(typed, digits).codes == ("personal_id.leading_zero",)


@given(personal_ids, st.integers(1, 4), st.booleans())
def test_cut_at_one_end(digits: str, lost: int, at_the_front: bool) -> None:
    typed = digits[lost:] if at_the_front else digits[:-lost]
    outcome = compare_personal_ids(typed, digits)
    only_zeros = at_the_front and digits[:lost] == "0" * lost
    assert outcome.level == ("leading_zero" if only_zeros else "length")


@given(personal_ids, st.integers(0, 12), st.text("0123456789", min_size=1, max_size=2))
def test_digits_added(digits: str, at: int, added: str) -> None:
    typed = digits[:at] + added + digits[at:]
    assert compare_personal_ids(typed, digits).level == "length"


@given(personal_ids, personal_ids, st.sampled_from(["", CMND, "012345678"]))
def test_unrelated_numbers_of_twelve_digits_bear_no_relation(
    typed: str, register: str, previous: str
) -> None:
    assume(differing(typed, register) > 2)
    assert compare_personal_ids(typed, register, previous).level == "other"


@given(st.text("0123456789OXa. -", max_size=15), personal_ids, st.sampled_from(["", CMND]))
def test_a_comparison_always_has_a_level_and_a_code(
    typed: str, register: str, previous: str
) -> None:
    outcome = compare_personal_ids(typed, register, previous)
    assert outcome.level in ID_LEVELS
    assert (outcome.codes == ()) == (outcome.level == "same")
    assert (outcome.level == "missing") == (read_personal_id(typed).id_status == "missing")


def test_the_code_of_an_unrelated_number_waits_for_the_register() -> None:
    assert codes_for_other("personal_id", True) == ("personal_id.other_person",)
    assert codes_for_other("personal_id", False) == ("personal_id.not_in_register",)
    assert codes_for_other("cmnd", False) == ("personal_id.not_in_register",)
    assert codes_for_other("cmnd", True) == ("personal_id.other_person",)
    assert codes_for_other("damaged", False, 12) == ("personal_id.not_in_register",)
    assert codes_for_other("damaged", False, 11) == ("personal_id.length",)
    assert codes_for_other("phone", False, 10) == ("personal_id.length",)
    assert codes_for_other("missing", False) == ("personal_id.missing",)


def test_cmnd_keys() -> None:
    assert cmnd_key("271234567") == "271234567"
    assert cmnd_key("12345678") == "012345678"
    assert cmnd_key("02345678") == ""  # no CMND begins with 00
    assert cmnd_key(ID) == cmnd_key("1234567") == cmnd_key("27123456A") == ""


def test_weights_order_the_levels() -> None:
    assert set(DEFAULT_WEIGHTS) == set(ID_LEVELS)
    weights = list(DEFAULT_WEIGHTS.values())[:-1]
    assert weights == sorted(weights, reverse=True)
    phone = compare_personal_ids("0912345678", ID).weight
    assert DEFAULT_WEIGHTS["other"] < phone < DEFAULT_WEIGHTS["missing"] == 0

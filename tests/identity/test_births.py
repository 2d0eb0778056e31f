"""Dates of birth: every written form, what impossible ones keep, and every way two can differ."""

import calendar
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.births import (
    BIRTH_LEVELS,
    DEFAULT_WEIGHTS,
    Birth,
    compare_births,
    from_number,
    parse_birth,
)

full_dates = st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31))
years = st.integers(1900, 2099)
months = st.integers(1, 12)
births = st.one_of(
    st.just(Birth()),
    years.map(Birth),
    st.builds(Birth, years, months),
    full_dates.map(lambda day: Birth(day.year, day.month, day.day)),
)
written_parts = st.builds(
    lambda year, month, day: parse_birth(f"{year:04d}-{month:02d}-{day:02d}"),
    st.integers(1, 9999),
    st.integers(0, 99),
    st.integers(0, 99),
)

FULL_FORMS = (
    "{y:04d}-{m:02d}-{d:02d}",
    "{d:02d}/{m:02d}/{y:04d}",
    "{d}/{m}/{y}",
    "{d:02d}-{m:02d}-{y}",
    "{d}.{m}.{y}",
    "{y}/{m}/{d}",
    "{y}.{m:02d}.{d:02d}",
    " {d:02d} / {m:02d} / {y} ",
    "{d} {m} {y}",
    "{y}-{m:02d}-{d:02d} 00:00:00",
    "{y}-{m:02d}-{d:02d}T00:00:00",
    "{y}-{m:02d}-{d:02d}T00:00:00.000Z",
    "{y}-{m:02d}-{d:02d}T00:00:00+07:00",
    "{d}/{m}/{y} 12:00:00 AM",
    "{d:02d}/{m:02d}/{y} 0:00",
    "{y:04d}{m:02d}{d:02d}",
    "{d:02d}{m:02d}{y:04d}",
    "{d}{m:02d}{y:04d}",  # a spreadsheet took the first zero
    "{y:04d}{m:02d}{d:02d}.0",
    "ngày {d} tháng {m} năm {y}",
    "Sinh ngày {d:02d} tháng {m:02d} năm {y}",
    "\ufeff{d}/{m}/{y}\u00a0",
)


@given(full_dates, st.sampled_from(FULL_FORMS))
def test_every_written_form_of_a_full_date_reads_back(day: date, form: str) -> None:
    birth = parse_birth(form.format(y=day.year, m=day.month, d=day.day))
    assert birth == Birth(day.year, day.month, day.day)
    assert birth.precision == "full"
    assert birth.placeholder == (day.month == 1 and day.day == 1)


@given(years, months)
def test_every_written_form_of_a_month_reads_back(year: int, month: int) -> None:
    for text in (
        f"{year}-{month:02d}",
        f"{month:02d}/{year}",
        f"{month}/{year}",
        f"00/{month:02d}/{year}",
        f"{year}-{month:02d}-00",
        f"tháng {month} năm {year}",
    ):
        assert parse_birth(text) == Birth(year, month), text
        assert parse_birth(text).precision == "month"


@given(years)
def test_every_written_form_of_a_year_reads_back(year: int) -> None:
    for text in (
        f"{year}",
        f"{year}.0",
        f" {year} ",
        f"00/00/{year}",
        f"01/00/{year}",
        f"00/{year}",
        f"{year}-00-00",
        f"{year}0000",
        f"0000{year}",
        f"sinh năm {year}",
    ):
        assert parse_birth(text) == Birth(year), text
        assert parse_birth(text).precision == "year"


@pytest.mark.parametrize(
    "text", ["", " ", "không rõ", "N/A", "00/00/0000", "0", "-", "?", "\ufeff"]
)
def test_text_that_gives_no_date_is_missing(text: str) -> None:
    birth = parse_birth(text)
    assert birth.missing
    assert birth.precision == "unknown"
    assert birth.number == 0


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("31/02/1980", 19800231),
        ("29/02/1981", 19810229),
        ("29/02/1900", 19000229),
        ("04/05/1021", 10210504),
        ("1021", 10210000),
        ("04/05/196", 1960504),
        ("13/1963", 19631300),
        ("1963-25-03", 19632503),
        ("45/05/1963", 19630545),
        ("19631340", 19631340),
        ("04/05/2150", 21500504),
    ],
)
def test_an_impossible_date_keeps_its_parts(text: str, number: int) -> None:
    birth = parse_birth(text)
    assert birth.impossible
    assert birth.precision == "unknown"
    assert not birth.placeholder
    assert not birth.missing
    assert birth.raw == text
    assert birth.number == number
    assert birth.parts == (number // 10_000, number // 100 % 100, number % 100)
    assert from_number(number) == birth


@pytest.mark.parametrize(
    "text",
    [
        "abc1",
        "19x3",
        "04/05",
        "04/05/0000",
        "1963-1964",
        "1/2/3/1963",
        "~1963",
        "12",
        "4131963",
        "20131964",  # 20/13/1964 or 2013-19-64: impossible, and which parts is not known
        "9" * 60,
        "9" * 5000,
        "1 1:11 " + " " * 100_000 + "x",
    ],
)
def test_a_date_that_cannot_be_read_is_impossible_without_parts(text: str) -> None:
    birth = parse_birth(text)
    assert birth.impossible
    assert (birth.year, birth.month, birth.day) == (None, None, None)
    assert not birth.missing
    assert birth.number > 0
    assert from_number(birth.number) == birth
    assert str(birth) == birth.raw == text


def test_leap_days_are_possible_in_leap_years_only() -> None:
    for year in range(1900, 2100):
        assert parse_birth(f"29/02/{year}").impossible != calendar.isleap(year)


def test_two_digit_years_turn_at_26() -> None:
    assert parse_birth("04/05/26") == Birth(2026, 5, 4)
    assert parse_birth("04/05/27") == Birth(1927, 5, 4)


def test_a_spreadsheets_day_count_is_a_date() -> None:
    for text in ("23135", "23135.0"):  # days since 30 December 1899
        assert parse_birth(text) == Birth(1963, 5, 4)


@given(st.text(max_size=30))
def test_parsing_never_raises_and_does_not_depend_on_unicode_form(text: str) -> None:
    birth = parse_birth(text)
    assert birth == parse_birth(unicodedata.normalize("NFD", text))
    assert birth == parse_birth(unicodedata.normalize("NFC", text))


@given(st.text(alphabet="0123456789/-. T:", max_size=14))
def test_writing_and_reading_again_changes_nothing(text: str) -> None:
    birth = parse_birth(text)
    assert parse_birth(str(birth)) == birth


@given(births | written_parts)
def test_a_number_holds_every_part(birth: Birth) -> None:
    if birth.year is not None:
        assert from_number(birth.number) == birth
        assert parse_birth(str(birth)) == birth


@given(births, births)
def test_numbers_sort_as_dates_do(left: Birth, right: Birth) -> None:
    def as_parts(birth: Birth) -> tuple[int, int, int]:
        return birth.year or 0, birth.month or 0, birth.day or 0

    assert (left.number < right.number) == (as_parts(left) < as_parts(right))


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not -1"):
        from_number(-1)


@pytest.mark.parametrize(
    ("typed", "register", "level", "code"),
    [
        ("04/05/1963", "1963-05-04", "same", ""),
        ("1963", "1963", "same", ""),
        ("05/1963", "1963-05", "same", ""),
        ("31/02/1980", "1980-02-31", "same", ""),
        ("1963", "1963-05-04", "year_only", "year_only"),
        ("1963", "1963-01-01", "year_only", "year_only"),
        ("1963", "1963-05", "year_only", "year_only"),
        ("01/01/1963", "1963-05-04", "placeholder", "placeholder"),
        ("01/01/1963", "1963", "placeholder", "placeholder"),
        ("01/01/1963", "1963-01-04", "placeholder", "placeholder"),
        ("01/01/1963", "1963-05-01", "placeholder", "placeholder"),
        ("01/01/1963", "1964-05-04", "other", "other"),
        ("01/01/1963", "1964-01-01", "year", "year"),
        ("05/1963", "1963-05-04", "partial", "other"),
        ("03/12/1963", "1963-03-12", "swapped", "day_month_swapped"),
        ("1980-25-03", "1980-03-25", "swapped", "day_month_swapped"),
        ("03/12/1964", "1963-03-12", "two_parts", "other"),
        ("05/05/1963", "1963-05-04", "day", "day"),
        ("31/02/1980", "1980-02-28", "day", "day"),
        ("04/06/1963", "1963-05-04", "month", "month"),
        ("04/13/1963", "1963-05-04", "month", "month"),
        ("04/05/1936", "1963-05-04", "year", "year"),
        ("04/05/1021", "1963-05-04", "year", "year"),
        ("05/06/1963", "1963-05-04", "two_parts", "other"),
        ("04/05/1963", "1963", "partial", "other"),
        ("04/05/1963", "1963-05", "partial", "other"),
        ("05/1963", "1963-06-04", "two_parts", "other"),
        ("05/1963", "1963", "partial", "other"),
        ("05/1963", "1963-06", "two_parts", "month"),
        ("1963", "1964", "other", "year"),
        ("05/1963", "1964-05", "other", "year"),
        ("05/1963", "1964-06", "other", "other"),
        ("1963", "1964-05-04", "other", "other"),
        ("05/06/1964", "1963-05-04", "other", "other"),
        ("", "1963-05-04", "missing", "missing"),
        ("không rõ", "1963-05-04", "missing", "missing"),
        ("", "", "missing", "missing"),
        ("19x3", "1963-05-04", "missing", "other"),
        ("04/05/1963", "", "missing", "other"),
    ],
)
def test_every_way_two_births_differ(typed: str, register: str, level: str, code: str) -> None:
    outcome = compare_births(typed, register)
    assert outcome.level == level
    assert outcome.codes == ((f"birth_date.{code}",) if code else ())
    assert compare_births(parse_birth(typed), parse_birth(register)) == outcome


@given(births | written_parts, births | written_parts)
def test_a_comparison_keeps_to_its_definition(typed: Birth, register: Birth) -> None:
    outcome = compare_births(typed, register)
    assert outcome.level in BIRTH_LEVELS
    assert (outcome.codes == ()) == (outcome.level == "same")
    assert (outcome.level == "same") == (typed == register and typed.year is not None)
    assert len(outcome.codes) <= 1


@given(full_dates, full_dates)
def test_full_dates_differ_by_the_parts_that_differ(typed: date, register: date) -> None:
    level = compare_births(typed.isoformat(), register.isoformat()).level
    swap = (register.month, register.day) == (typed.day, typed.month)
    parts = {
        name for name in ("year", "month", "day") if getattr(typed, name) != getattr(register, name)
    }
    if not parts:
        assert level == "same"
    elif "year" not in parts and typed.month == typed.day == 1:
        assert level == "placeholder"
    elif parts == {"month", "day"}:
        assert level == ("swapped" if swap else "two_parts")
    else:
        expected = "two_parts" if swap else "other"
        assert level == (parts.pop() if len(parts) == 1 else expected)


@given(full_dates, st.sampled_from(["day", "month", "year"]), st.integers(0, 99))
def test_one_wrong_part_is_named_even_when_the_date_becomes_impossible(
    register: date, part: str, wrong: int
) -> None:
    right = {"year": register.year, "month": register.month, "day": register.day}
    value = wrong + 1900 if part == "year" else wrong
    typed = right | {part: value}
    if value in (0, right[part]) or (typed["month"], typed["day"]) == (1, 1):
        return
    text = "{day:02d}/{month:02d}/{year}".format(**typed)
    assert compare_births(text, register.isoformat()).codes == (f"birth_date.{part}",)


def test_weights_order_the_levels_by_what_agrees() -> None:
    assert set(DEFAULT_WEIGHTS) == set(BIRTH_LEVELS)
    full = compare_births("04/05/1963", "1963-05-04").weight
    heaped = compare_births("01/01/1963", "1963-01-01").weight
    year = compare_births("1963", "1963").weight
    month = compare_births("05/1963", "1963-05-04").weight
    assert full > heaped > month > compare_births("04/05/1963", "1963").weight > 0
    assert full > heaped > year > compare_births("1963", "1963-05-04").weight > 0
    assert compare_births("", "1963").weight == 0
    assert compare_births("05/06/1964", "1963-05-04").weight < -5

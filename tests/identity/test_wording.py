"""Everything that can be answered has words, in both languages, and the words are distinct."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.births import BIRTH_LEVELS, compare_births
from lamsach.identity.names import NAME_CODES
from lamsach.identity.wording import (
    ANSWERS,
    DIFFERENCES,
    ID_STATUS,
    IN_FIELD,
    OUTCOMES,
    STAGES,
    Words,
    count,
    decimal,
    difference,
    in_field,
)


@pytest.mark.parametrize("table", [OUTCOMES, ANSWERS, ID_STATUS, DIFFERENCES, STAGES])
def test_words_are_given_twice_and_tell_apart(table: dict[str, Words]) -> None:
    for vi, en in table.values():
        assert vi.strip() == vi != ""
        assert en.isascii()
        assert en.strip() == en != ""
    assert len({words.vi for words in table.values()}) == len(table)
    assert len({words.en for words in table.values()}) == len(table)


def test_every_code_of_the_library_has_words_on_page_and_sheet() -> None:
    assert set(NAME_CODES) <= DIFFERENCES.keys()
    births = {
        code for text in ("", "1963", "x") for code in compare_births(text, "1963-02-03").codes
    }
    assert births <= DIFFERENCES.keys()
    assert BIRTH_LEVELS
    assert IN_FIELD.keys() == DIFFERENCES.keys()


def test_words_on_the_sheet_fit_its_column() -> None:
    assert max(len(text) for words in IN_FIELD.values() for text in words) <= 18


def test_a_code_of_a_later_version_stands_for_itself() -> None:
    assert difference("name.new") == in_field("name.new") == Words("name.new", "name.new")


@given(st.integers(0, 10**12))
def test_vietnamese_numbers_read_back(number: int) -> None:
    text = count(number)
    assert int(text.replace(".", "")) == number
    assert text.replace(".", ",") == count(number, "en")


@given(st.floats(0, 10**6), st.integers(1, 4))
def test_vietnamese_decimals_swap_point_and_comma(number: float, places: int) -> None:
    vi, en = decimal(number, places), decimal(number, places, "en")
    assert vi.translate(str.maketrans(",.", ".,")) == en
    assert len(vi.partition(",")[2]) == places

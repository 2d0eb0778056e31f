"""Odd names beside plain ones are told by patterns only where the library says the same."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamsach.identity.engine.name_patterns import LEFT, Patterns
from lamsach.identity.engine.vocabulary import CODES, Vocabulary
from lamsach.identity.names import (
    NameComparison,
    compare_names,
    is_told_by_words,
    known_name,
    may_be_damaged,
    plain_name,
    read_name,
    word_relation,
)
from lamsach.identity.names.encodings import ENCODINGS, encode

Pair = tuple[str, str]
Said = tuple[str, tuple[str, ...]]
PLAIN = [
    *("nguyễn", "trần", "lê", "phạm", "hoàng", "huỳnh", "thị", "văn", "đức", "ngọc", "minh"),
    *("anh", "lan", "hồng", "quốc", "khánh", "thúy", "phương", "đình", "quang", "kim", "mai"),
    *("bảo", "bửu", "y", "hòa", "trường", "nam", "bình"),
]


def library(typed: str, register: str) -> NameComparison:
    name = read_name(typed)
    known = known_name(typed, name.canonical, "", placeholder=False)
    return compare_names(known, plain_name(register))


def told(*pairs: Pair) -> list[Said | None]:
    """What the patterns say of odd typed names beside plain ones; None for what they leave."""
    vocabulary = Vocabulary()
    register = vocabulary.read(pa.chunked_array([[whole for _, whole in pairs]]))
    canonical = [read_name(typed).canonical for typed, _ in pairs]
    typed = vocabulary.read_odd(pa.chunked_array([canonical]))
    patterns = Patterns(vocabulary)
    places = patterns.compare_odd(typed, register, lambda place: library(*pairs[place])).tolist()
    found = [None if place == LEFT else patterns.comparisons[place] for place in places]
    return [comparison and (comparison.level, comparison.codes) for comparison in found]


@pytest.mark.parametrize(
    ("typed", "is_told"),
    [
        pytest.param("Ngyuễn Lan", True, id="a slip"),
        pytest.param("Kim Néang", False, id="could be bytes"),
        pytest.param("Nguyễn Kimm", True, id="a letter struck twice"),
        pytest.param("Nguyễn Vawnx", False, id="keys left in"),
        pytest.param("Nguyen Thi? Ann", False, id="a sign that stands for a mark"),
        pytest.param("Đinh ÐÑc", False, id="bytes beside a letter that is none"),
        pytest.param("Nguyễn (Lan)", False, id="a syllable in brackets"),
        pytest.param("Nguyễn lÊ Ann", False, id="a capital that nobody types"),
        pytest.param("Nguyễn\u00a0Lann", False, id="a space that may be a letter"),
    ],
)
def test_which_names_are_told_by_their_words(typed: str, is_told: bool) -> None:
    assert is_told_by_words(typed, read_name(typed).words) is is_told


def test_a_pattern_answers_for_odd_names_it_has_not_seen() -> None:
    pairs = [("Nguyễn Vnă Dũng", "nguyễn thị lan"), ("Trần Thịj Hồngg", "trần văn sơn")]
    pairs = [pair for pair in pairs if is_told_by_words(pair[0], read_name(pair[0]).words)]
    slips = [("Ngyuễn Văn An", "nguyễn văn an"), ("Lê Quỳhn Mai", "lê quỳnh mai")]
    for some in (pairs, slips):
        answers = told(*some)
        assert None not in answers
        assert answers == [
            (comparison.level, comparison.codes) for comparison in (library(*pair) for pair in some)
        ]


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param(("Nguyễn Quc Huyy", "nguyễn quốc huy"), id="letters lost on the way"),
        pytest.param(("Quốc Quc", "quốc lan"), id="letters lost of a word that stands elsewhere"),
        pytest.param(("Ngyuễn Lan", "y lan"), id="the family name stands last"),
        pytest.param(("Trần Loann", "trần lo ann"), id="two words in one"),
    ],
)
def test_where_letters_tell_the_library_is_asked(pair: Pair) -> None:
    assert told(pair) == [None]


@st.composite
def slips(draw: st.DrawFn) -> str:
    """A word with one slip of the hand, or as it is."""
    word = draw(st.sampled_from(PLAIN))
    at = draw(st.integers(0, len(word) - 1))
    return draw(
        st.sampled_from(
            [
                word,
                word[:at] + word[at] + word[at:],
                word[:at] + word[at + 1 :],
                word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
                word + draw(st.sampled_from("ghnmtc")),
            ]
        )
    )


def typed_names() -> st.SearchStrategy[str]:
    return st.lists(slips(), min_size=1, max_size=5).map(lambda words: " ".join(words).strip())


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            typed_names().filter(lambda name: is_told_by_words(name, read_name(name).words)),
            st.lists(st.sampled_from(PLAIN), min_size=1, max_size=5).map(" ".join),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_what_patterns_tell_the_library_says(pairs: list[Pair]) -> None:
    for pair, answer in zip(pairs, told(*pairs), strict=True):
        comparison = library(*pair)
        assert answer in (None, (comparison.level, comparison.codes)), pair


@settings(max_examples=60)
@given(st.lists(st.tuples(slips().filter(bool), st.sampled_from(PLAIN)), min_size=1), st.booleans())
def test_relations_told_by_letters_are_the_librarys(pairs: list[Pair], marked: bool) -> None:
    vocabulary = Vocabulary()
    whole = vocabulary.read(pa.chunked_array([[word for _, word in pairs]])).words[:, 0]
    typed = vocabulary.read_odd(pa.chunked_array([[word for word, _ in pairs]])).words[:, 0]
    asked = np.full(len(pairs), int(marked))
    # What may be damage is told apart from relations.
    codes = [
        code if code == CODES[word_relation(*pair, marked=marked)] else pair
        for code, pair in zip(
            vocabulary.relations(asked, typed, whole).tolist(), pairs, strict=True
        )
        if not may_be_damaged(*pair)
    ]
    assert all(isinstance(code, int) for code in codes), codes


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_damaged_word_is_taken_for_an_unrelated_one(encoding: str) -> None:
    damaged = [encode(word, encoding).lower() for word in PLAIN]
    pairs = [
        (bad, word)
        for bad, word in zip(damaged, PLAIN, strict=True)
        if " " not in bad and may_be_damaged(bad, word)
    ]
    vocabulary = Vocabulary()
    whole = vocabulary.read(pa.chunked_array([[word for _, word in pairs]], pa.string()))
    typed = vocabulary.read_odd(pa.chunked_array([[bad for bad, _ in pairs]], pa.string()))
    assert vocabulary.damaged(typed.words[:, 0], whole.words[:, 0]).all()

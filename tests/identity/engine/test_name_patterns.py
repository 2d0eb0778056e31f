"""Pairs of plain names of one pattern are one comparison; where letters tell, none is asked."""

from __future__ import annotations

import pyarrow as pa
import pytest

from lamsach.identity.engine.name_patterns import LEFT, Patterns
from lamsach.identity.engine.vocabulary import Vocabulary
from lamsach.identity.names import compare_plain

Pair = tuple[str, str]


def told(*pairs: Pair) -> list[tuple[str, tuple[str, ...]] | None]:
    """What the patterns say of plain pairs, compared in this order; None for what they leave."""
    vocabulary = Vocabulary()
    sides = (pa.chunked_array([list(side)]) for side in zip(*pairs, strict=True))
    typed, register = [vocabulary.read(side) for side in sides]
    patterns = Patterns(vocabulary)
    places = patterns.compare(typed, register).tolist()
    found = [None if place == LEFT else patterns.comparisons[place] for place in places]
    return [comparison and (comparison.level, comparison.codes) for comparison in found]


def said(typed: str, register: str) -> tuple[str, tuple[str, ...]]:
    comparison = compare_plain(typed, register)
    return comparison.level, comparison.codes


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param(("trần loan hoa", "trần lo an bình"), id="two words of the register in one"),
        pytest.param(("trần lo an bình", "trần loan hoa"), id="two words as typed in one"),
        pytest.param(("trần loan am", "trần lo a nam"), id="the same letters, other words"),
        pytest.param(("hoa nam", "hoan am"), id="the same letters, and nothing that agrees"),
        pytest.param(("y hoa", "y bình"), id="the family name stands last"),
        pytest.param(("trần hoàng", "trần hồng"), id="bytes of another encoding"),
        pytest.param(("thị thò lan", "thị hoa lan"), id="bytes of a word that stands elsewhere"),
        pytest.param(("trần khúc lan", "trần hoa lan"), id="a word that stands for others"),
        pytest.param(("an " * 6 + "lan", "an"), id="longer than any row"),
    ],
)
def test_where_letters_tell_the_library_is_asked(pair: Pair) -> None:
    assert told(pair) == [None]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("trần ai", "trần cái"), ("trần an", "trần vạn"), id="a bare word is a name"),
        pytest.param(("tran ai", "tran cái"), ("trần an", "trần vạn"), id="typed without marks"),
        pytest.param(("trần hoa lan", "trần lan"), ("hoa lan", "lan"), id="nothing before"),
        pytest.param(("lê hoa lan", "lê hoa bình"), ("lê lan", "lê bình"), id="one or two before"),
        pytest.param(("lê lan hoa", "lê bình hoa"), ("lê lan", "lê bình"), id="one after, or none"),
        pytest.param(("hoa lan", "hoa bình"), ("hoa lan", "bình lan"), id="before, or after"),
        pytest.param(("mai lan", "vũ đức"), ("mai lan", "vũ mai"), id="the same word elsewhere"),
        pytest.param(("lý vũ hoa", "lý đức"), ("lý hoa", "lý vũ đức"), id="more, or fewer"),
        pytest.param(("lê hoa", "lê hòa"), ("lê hòa", "lê hoa"), id="marks lost, or put"),
    ],
)
def test_two_patterns_are_not_taken_for_one(one: Pair, other: Pair) -> None:
    assert told(one, other) == [said(*one), said(*other)]
    assert told(other, one) == [said(*other), said(*one)]


def test_a_pattern_answers_for_names_it_has_not_seen() -> None:
    pairs = [("nguyễn văn dũng", "nguyễn văn sơn"), ("trần thị lan", "trần thị mai")]
    assert told(*pairs) == [said(*pairs[0])] * 2

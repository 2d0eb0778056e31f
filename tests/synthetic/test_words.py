"""Damages of single words, and drawing from tables."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.synthetic import tables
from lamsach.synthetic.draws import guide, ranks, stream
from lamsach.synthetic.words import (
    VARIANTS,
    WordBook,
    sound_class,
    spelling_variants,
    strip_marks,
    strip_tone,
)

WORDS = sorted(
    {r["given"] for r in tables.rows("given_names")}
    | {r["middle"] for r in tables.rows("middle_names")}
    | {r["surname"] for r in tables.rows("surnames")}
)
words = st.sampled_from(WORDS)


@given(words)
def test_losing_marks_loses_all_and_only_marks(word: str) -> None:
    bare = strip_marks(word)
    assert bare.isascii()
    assert strip_marks(bare) == bare
    assert len(bare) == len(word)
    assert strip_marks(unicodedata.normalize("NFD", word)) == bare
    assert strip_marks(strip_tone(word)) == bare


@given(words)
def test_spelling_variants_differ_and_are_more_than_lost_marks(word: str) -> None:
    variants = spelling_variants(word)
    assert len(set(variants)) == len(variants) <= VARIANTS
    for variant in variants:
        assert variant != word
        assert variant[0].isupper()
        if strip_marks(variant) == strip_marks(word):
            marks = unicodedata.normalize("NFD", variant)
            assert not set(marks) < set(unicodedata.normalize("NFD", word))


@pytest.mark.parametrize(
    ("word", "variant"),
    [("Trương", "Chương"), ("Lý", "Lí"), ("Huỳnh", "Hoàng"), ("Vũ", "Võ"), ("Phúc", "Phước"),
     ("Sơn", "Xơn"), ("Lan", "Nan"), ("Nguyễn", "Nguyển"), ("Dũng", "Giũng")],
)  # fmt: skip
def test_variants_of_the_contract(word: str, variant: str) -> None:
    assert variant in spelling_variants(word)
    if (word, variant) != ("Lan", "Nan"):
        assert sound_class(word)


def test_a_finished_book_damages_every_word() -> None:
    book = WordBook(WORDS)
    made = book.finish()
    known = len(made.unmarked)
    assert [made.text[i] for i in made.unmarked] == [strip_marks(w) for w in made.text[:known]]
    telex = made.typed[1][book.add("Nguyễn")]
    assert made.text[telex] == "Nguyeenx"
    assert made.text[made.encoded[0][book.add("Nguyễn")]] == "NguyÔn"
    assert made.text[made.retoned[book.add("Thủy")]] == "Thuỷ"
    assert made.text[made.initial[book.add("Văn")]] == "V."


@pytest.mark.vectors
def test_damages_are_those_of_the_published_examples(shared_data: Path) -> None:
    tables_by_name = tables.legacy_encodings()
    checked = 0
    with (shared_data / "vn" / "legacy_encoding_examples.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            table = tables_by_name.get(row["encoding"])
            if table is not None and "\\x" not in row["seen_as_cp1252"]:
                assert row["unicode_text"].translate(table) == row["seen_as_cp1252"]
                checked += 1
    assert checked >= 20


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=40).filter(lambda w: max(w) > 1e-6),
    st.integers(4, 10),
)
def test_a_guide_holds_each_index_in_proportion(weights: list[float], bits: int) -> None:
    held = np.bincount(guide(np.array(weights), bits), minlength=len(weights))
    expected = np.array(weights) / sum(weights) * (1 << bits)
    assert np.all(np.abs(held - expected) <= 1)


def test_a_guide_needs_a_weight() -> None:
    with pytest.raises(ValueError, match="at least one weight"):
        guide(np.zeros(3), 4)


@given(st.lists(st.integers(0, 5), max_size=50))
def test_ranks_count_within_cells(cells: list[int]) -> None:
    seen: dict[int, int] = {}
    for cell, rank in zip(cells, ranks(np.array(cells, dtype=np.int64)), strict=True):
        assert rank == seen.get(cell, 0)
        seen[cell] = int(rank) + 1


def test_streams_are_apart() -> None:
    draws = {tuple(stream(1, *place).integers(0, 1000, 5)) for place in ((1,), (2,), (1, 1))}
    assert len(draws) == 3

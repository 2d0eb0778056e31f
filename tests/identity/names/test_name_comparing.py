"""Comparing two names: one example or more of every difference, and the laws that hold for all."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.names import NAME_CODES, NAME_LEVELS, compare_names, read_name

_WORDS = "nguyễn trần thị văn đức hòa lý huỳnh hoàng lan anh y niê đỗ ngọc h'hen con bà Hoaø thþ"
_NAMES = st.lists(st.sampled_from(_WORDS.split()), min_size=1, max_size=6).map(" ".join)

# typed, register, level, codes without "name."
_EXAMPLES = [
    ("NGUYỄN VĂN AN", "Nguyễn Văn An", "same", ""),
    ("Nguyễn  Thị Hoà", "Nguyễn Thị Hòa", "same", ""),
    ("Ðỗ Thị Lan", "Đỗ Thị Lan", "same", ""),
    ("K'Brếu", "K' Brếu", "same", ""),
    ("Nguyen Van Duc", "Nguyễn Văn Đức", "accents", "accents"),
    ("Nguyễn Văn Duc", "Nguyễn Văn Đức", "accents", "accents"),
    ("Nguyên Văn Đức", "Nguyễn Văn Đức", "accents", "accents"),
    ("HHen Nie", "H'Hen Niê", "accents", "accents"),
    ("Nguyeãn Thò Hoàng", "Nguyễn Thị Hồng", "damage", "encoding"),
    ("Thò Hoàng", "Thị Hồng", "damage", "encoding"),
    ("NguyÔn ThÞ Hång", "NGUYỄN THỊ HỒNG", "damage", "encoding"),
    ("NGUYÔN THÞ HÅNG", "Nguyễn Thị Hồng", "damage", "encoding"),
    ("Nguyá»…n Thá»‹ HÃ ", "Nguyễn Thị Hà", "damage", "encoding"),
    ("Nguy?n Th? H?ng", "Nguyễn Thị Hồng", "damage", "encoding"),
    ("Nguye^~n Thi. Ho^`ng", "Nguyễn Thị Hồng", "damage", "encoding"),
    ("NguyÔn Thi Hång", "Nguyễn Thị Hồng", "damage", "encoding accents"),
    ("TrÀn Anh", "Trần Anh", "damage", "encoding"),
    ("Nguyeexn Vawn Nam", "Nguyễn Văn Nam", "damage", "typing"),
    ("Nguye64n Van8 Nam", "Nguyễn Văn Nam", "damage", "typing"),
    ("K' Breesu", "K' Brếu", "damage", "typing"),
    ("Trương Thị Sinh", "Chương Thị Sinh", "spelling", "spelling"),
    ("Trần Văn Lí", "Trần Văn Lý", "spelling", "spelling"),
    ("Huỳnh Văn An", "Hoàng Văn An", "spelling", "spelling"),
    ("Trần Bửu Lộc", "Trần Bảo Lộc", "spelling", "spelling"),
    ("Trần Thanh Hãi", "Trần Thanh Hải", "spelling", "spelling"),
    ("Trần Thúy Vi", "Trần Thúy Vy", "spelling", "spelling"),
    ("Trần Văn Hùng", "Trần Văn Hưng", "spelling", "spelling"),
    ("Trần Văn Nguyem", "Trần Văn Nguyen", "spelling", "spelling"),
    ("Tran Van Truong", "Trần Văn Chương", "spelling", "accents spelling"),
    ("Vo Thi Lan", "Vũ Thị Lan", "spelling", "accents spelling"),
    ("NguyÔn V¨n Tr\xad¬ng", "Nguyễn Văn Chương", "spelling", "encoding spelling"),
    ("Nguyeexn Vawn Truwowng", "Nguyễn Văn Chương", "spelling", "typing spelling"),
    ("Lan Nguyễn Thị", "Nguyễn Thị Lan", "order", "order"),
    ("Lan Nguyen Thi", "Nguyễn Thị Lan", "order", "accents order"),
    ("Niê H'Hen", "H'Hen Niê", "order", "order"),
    ("Nguyễn Lan", "Nguyễn Thị Lan", "missing_part", "missing_part"),
    ("Nguyen Lan", "Nguyễn Thị Lan", "missing_part", "accents missing_part"),
    ("Lan Nguyễn", "Nguyễn Thị Lan", "missing_part", "order missing_part"),
    ("Nguyễn", "Nguyễn Văn An", "surname_only", "missing_part"),
    ("Nguyễn Thị Thu Lan", "Nguyễn Thị Lan", "extra_part", "extra_part"),
    ("NguyễnVăn An", "Nguyễn Văn An", "glued", "other"),
    ("Nguyenvan An", "Nguyễn Văn An", "glued", "accents other"),
    ("Nguyễn Thị Th úy", "Nguyễn Thị Thúy", "glued", "other"),
    ("Con bà Lan", "Nguyễn Văn An", "placeholder", "other"),
    ("Nguyễn Thị Hoa", "Nguyễn Thị Lan", "one_other", "other"),
    ("Ng Van An", "Nguyễn Văn An", "one_other", "accents other"),
    ("Ng. Văn An", "Nguyễn Văn An", "one_other", "other"),
    ("Nguyễn Tèo", "Nguyễn Quang", "surname_only", "other"),
    ("Nguyễn Văn Tèo", "Nguyễn Thị Lan", "surname_only", "other"),
    ("Y Bhiă Niê", "Y Moan Niê", "one_other", "other"),
    ("H'Hoa Niê", "Y Moan Niê", "surname_only", "missing_part other"),
    ("Trần Văn Thnh", "Trần Văn Thanh", "spelling", "spelling"),
    ("Vũ Thanh À", "Vũ Thanh Hà", "spelling", "spelling"),
    ("Lê Tuấn Anj", "Lê Tuấn Anh", "spelling", "spelling"),
    ("H Bhiă Niê", "Y Moan Niê", "surname_only", "other"),
    ("Trần Văn Lan", "Nguyễn Thị Lan", "different", "other"),
    ("Trần Văn Nam", "Trần Văn Lâm", "one_other", "other"),
    ("Trần Văn Hoàng", "Trần Văn Hồng", "one_other", "other"),
    ("Lê Quang", "Nguyễn Thị Lan", "different", "other"),
    ("", "Nguyễn Thị Lan", "different", "other"),
]


@pytest.mark.parametrize(("typed", "register", "level", "codes"), _EXAMPLES)
def test_examples(typed: str, register: str, level: str, codes: str) -> None:
    found = compare_names(typed, register)
    assert (found.level, found.codes) == (level, tuple(f"name.{code}" for code in codes.split()))
    assert compare_names(read_name(typed), read_name(register)) == found


def test_every_level_and_code_has_an_example() -> None:
    assert {level for _, _, level, _ in _EXAMPLES} == set(NAME_LEVELS)
    seen = {f"name.{code}" for _, _, _, codes in _EXAMPLES for code in codes.split()}
    assert seen == set(NAME_CODES)


def test_evidence_speaks_for_the_better_levels() -> None:
    weights = {level: compare_names(a, b).weight for a, b, level, _ in _EXAMPLES}
    assert weights["same"] > 12
    assert weights["same"] > weights["accents"] > weights["order"] > weights["missing_part"] > 0
    assert weights["placeholder"] == 0
    assert 1 > weights["one_other"] > 0 > weights["surname_only"] > weights["different"]


@given(_NAMES)
def test_a_name_is_the_same_in_every_unicode_form_and_case(name: str) -> None:
    for other in (name, unicodedata.normalize("NFD", name), f"  {name.replace(' ', '   ')} "):
        assert compare_names(other, name).level == "same"
        assert compare_names(name, other).codes == ()


@given(_NAMES, _NAMES)
def test_every_answer_is_well_formed(typed: str, register: str) -> None:
    found = compare_names(typed, register)
    assert found.level in NAME_LEVELS
    assert list(found.codes) == [code for code in NAME_CODES if code in found.codes]
    assert bool(found.codes) == (found.level != "same")


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_has_an_answer(typed: str, register: str) -> None:
    found = compare_names(typed, register)
    assert found.level in NAME_LEVELS
    assert bool(found.codes) == (found.level != "same")


@pytest.mark.vectors
def test_every_iy_variant_is_a_spelling(shared_data: Path) -> None:
    with (shared_data / "vn" / "iy_variants.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for one, other in ((row["with_i"], row["with_y"]), (row["with_y"], row["with_i"])):
                if len(one) > 1:  # the single letters i and y are the whole word
                    found = compare_names(f"Trần Văn {one}", f"Trần Văn {other}")
                    assert found.codes == ("name.spelling",)


@pytest.mark.vectors
def test_every_tone_placement_pair_is_no_difference(shared_data: Path) -> None:
    path = shared_data / "vn" / "tone_placement_pairs.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found = compare_names(f"Trần {row['old_style']}", f"TRẦN {row['new_style'].upper()}")
            assert found.codes == ()

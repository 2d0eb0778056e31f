"""Forms of single words: one canonical writing, what is a syllable, what sounds alike."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.names import word_forms

_LETTERS = (
    "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
)
_words = st.text(alphabet=_LETTERS + _LETTERS.upper() + "'ĕñŭ", min_size=1, max_size=9)

_SYLLABLES = (
    "nguyễn thị giêng gì giếng quỳnh quốc khuya thuở nghiêng ưng yến huỳnh ý a đắk duc quoc "
    "Nguyen truong hương khuỷu ngoẵng"
)
_NO_SYLLABLES = (
    "đừc nguyeexn nguye64n nguyễnvăn thþ hoaø niê êñuôl ksor h'hen brếu ngan' ngia cuyn êng wang "
    "lan, tràán 12"
)
_ALIKE = (
    "trương/chương sơn/xơn dung/giung rung/dung nam/lam lý/lí vy/vi hải/hãi lan/lang việc/việt "
    "cuốc/quốc nghĩa/ngĩa hoàng/huỳnh vũ/võ phúc/phước bảo/bửu nhật/nhựt kỷ/kỉ quý/quí"
)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hòa", "hoà"),
        ("THÚY", "thuý"),
        ("quý", "qúy"),
        ("già", "gìa"),
        ("Ðức", "Đức"),
        ("a\u0301\u0302n", "ấn"),
        ("H’Hen", "h'hen"),
        ("tòan", "toàn"),
    ],
)
def test_writings_that_carry_no_information_are_one(one: str, other: str) -> None:
    assert word_forms(one).canonical == word_forms(other).canonical


@pytest.mark.parametrize(
    ("one", "other"), [("lý", "lí"), ("vi", "vy"), ("hỏi", "hõi"), ("đức", "duc"), ("mai", "mài")]
)
def test_writings_that_carry_information_stay_apart(one: str, other: str) -> None:
    assert word_forms(one).canonical != word_forms(other).canonical


@given(_words)
def test_canonical_is_idempotent_and_free_of_unicode_form(word: str) -> None:
    forms = word_forms(word)
    assert word_forms(forms.canonical).canonical == forms.canonical
    for form in ("NFC", "NFD"):
        assert word_forms(unicodedata.normalize(form, word)) == forms
    assert word_forms(word.upper()).canonical == word_forms(word.lower()).canonical


@given(_words)
def test_keys_are_plain_letters(word: str) -> None:
    forms = word_forms(word)
    assert all("a" <= char <= "z" for char in forms.folded + forms.sound)


@pytest.mark.parametrize("word", _SYLLABLES.split())
def test_syllables(word: str) -> None:
    assert word_forms(word).is_syllable


@pytest.mark.parametrize("word", _NO_SYLLABLES.split())
def test_no_syllables(word: str) -> None:
    assert not word_forms(word).is_syllable


@pytest.mark.parametrize("pair", _ALIKE.split())
def test_variants_sound_alike(pair: str) -> None:
    one, other = pair.split("/")
    assert word_forms(one).sound == word_forms(other).sound


@pytest.mark.parametrize("pair", ["hồng/lan", "thanh/tâm", "minh/mai", "tài/tay", "linh/lan"])
def test_other_words_do_not(pair: str) -> None:
    one, other = pair.split("/")
    assert word_forms(one).sound != word_forms(other).sound


def test_bare_syllables_are_known_by_what_they_may_have_been() -> None:
    assert word_forms("nguyen").is_syllable
    assert not word_forms("nguyẽn").is_syllable


@pytest.mark.vectors
def test_every_tone_placement_pair(shared_data: Path) -> None:
    rows = _rows(shared_data / "vn" / "tone_placement_pairs.csv")
    assert len(rows) > 40
    for row in rows:
        old, new = word_forms(row["old_style"]), word_forms(row["new_style"])
        assert old == new
        assert old.canonical == row["old_style"]
        assert old.is_syllable


@pytest.mark.vectors
def test_every_iy_pair_is_two_words_of_one_sound(shared_data: Path) -> None:
    rows = _rows(shared_data / "vn" / "iy_variants.csv")
    assert len(rows) > 30
    for row in rows:
        one, other = word_forms(row["with_i"]), word_forms(row["with_y"])
        assert one.canonical != other.canonical
        assert one.sound == other.sound
        assert one.is_syllable
        assert other.is_syllable

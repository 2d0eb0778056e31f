"""Names: what a passport would show of them, whatever way they were typed."""

from __future__ import annotations

import runpy
import string
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.transliteration import (
    LENGTH,
    VIETNAMESE,
    TransliterationError,
    admissible,
    split_name,
    transliterate,
)

ROOT = Path(__file__).resolve().parents[2]
FORMS = ("NFC", "NFD", "NFKC", "NFKD")
PLAIN = string.ascii_letters + " -'’.,"
LETTERS = PLAIN + "".join(VIETNAMESE) + "".join(VIETNAMESE).lower()

vietnamese_names = st.text(alphabet=LETTERS, max_size=60)


def test_the_67_vietnamese_letters() -> None:
    assert len(VIETNAMESE) == 67
    assert set(VIETNAMESE.values()) == set("AEIOUYD")


@pytest.mark.parametrize("letter", VIETNAMESE)
@pytest.mark.parametrize("form", FORMS)
def test_each_letter_in_each_form_and_case(letter: str, form: str) -> None:
    assert transliterate(unicodedata.normalize(form, letter)) == VIETNAMESE[letter]
    assert transliterate(unicodedata.normalize(form, letter.lower())) == VIETNAMESE[letter]


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("Nguyễn", "NGUYEN"),  # the sample that Vietnam published
        ("Bảo Duy", "BAO<DUY"),
        ("Červenková Panklová", "CERVENKOVA<PANKLOVA"),
        ("Jiřina-Maria Alena", "JIRINA<MARIA<ALENA"),
        ("ĐẶNG", "DANG"),
        ("Ðặng", "DANG"),  # Icelandic eth
        ("Ɖặng", "DANG"),  # African D
        ("Ê\u0302\u0301", "E"),  # mixed: a composed letter and marks after it
        ("e\u0323\u0302", "E"),
        ("u\u031b\u0309", "U"),
        ("o\u0309\u031b", "O"),  # marks in another order
        ("Y Moan Êñuôl", "Y<MOAN<ENUOL"),
        ("H'Hen Niê", "HHEN<NIE"),
        ("H’Ƀrơi Niê Kđăm", "HBROI<NIE<KDAM"),
        ("K'Brêu Êban", "KBREU<EBAN"),
        ("Ê-ban", "E<BAN"),
        ("Hồ  -  Thị", "HO<THI"),
        ("O'Neill, Jr.", "ONEILL<JR"),
        ("John III", "JOHN<III"),
        ("John Ⅲ", "JOHN<III"),
        ("Văn 2", "VAN<II"),
        ("Văn 1949", "VAN<MCMXLIX"),
        ("Straße", "STRASSE"),
        ("IŞIK ışık", "ISIK<ISIK"),
        ("Þórðardóttir", "THORDARDOTTIR"),
        ("Łukasz Ħ Ŋ Ŧ", "LUKASZ<H<N<T"),
        ("Kjærgård Ørsted", "KJAERGAARD<OERSTED"),
        ("Œuvre Ĳsbrand", "OEUVRE<IJSBRAND"),
        ("Ǽ Ǿ", "AE<OE"),
        ("NGUYEN<VAN", "NGUYEN<VAN"),
        ("Trần\u00a0Thị\u3000B\u200b\u00adé", "TRAN<THI<BE"),
        ("Ｎguyen ﬁ", "NGUYEN<FI"),
        ("", ""),
        ("-- ' --", ""),
    ],
)
def test_names_as_written(written: str, form: str) -> None:
    assert transliterate(written) == form


def test_germanic_letters_expand_only_as_single_code_points() -> None:
    for letter, expanded, base in (("Ä", "AE", "A"), ("ö", "OE", "O"), ("Ü", "UE", "U")):
        assert transliterate(letter) == expanded
        assert transliterate(unicodedata.normalize("NFD", letter)) == base
    assert transliterate("Å") == "AA"
    assert transliterate("Ba\u030a") == "BA"  # a ring where a hook was meant


def test_both_forms_of_a_germanic_name_are_admissible() -> None:
    assert admissible("Müller") == admissible("Mu\u0308ller") == {"MUELLER", "MULLER"}
    assert admissible("Lê Đức") == {"LE<DUC"}


@pytest.mark.parametrize("written", ["李小龙", "Иван", "Γιώργος", "สมชาย", "Lê ★", "Lê 0", "9999"])
def test_what_has_no_rule_is_neither_guessed_nor_dropped(written: str) -> None:
    with pytest.raises(TransliterationError, match="name"):
        transliterate(written)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("A" * 81, "A" * 80),
        ("A" * 80 + " B", "A" * 80),
        ("A" * 79 + " BC", "A" * 78 + "<B"),
        ("A" * 78 + " BC", "A" * 78 + "<B"),
        ("A" * 77 + " B C", "A" * 77 + "<B"),
        ("A" * 78 + " B", "A" * 78 + "<B"),
    ],
)
def test_a_long_name_is_cut_with_a_letter_in_the_last_place(written: str, form: str) -> None:
    assert transliterate(written) == form


@given(vietnamese_names)
def test_every_form_of_a_name_gives_one_legal_form(name: str) -> None:
    form = transliterate(name)
    assert {transliterate(unicodedata.normalize(other, name)) for other in FORMS} == {form}
    assert set(form) <= set(string.ascii_uppercase + "<")
    assert len(form) <= LENGTH
    assert "<<" not in form
    assert form == form.strip("<") == transliterate(form)


@given(st.text(max_size=120))
def test_any_text_is_turned_or_refused(text: str) -> None:
    try:
        form = transliterate(text)
    except TransliterationError:
        return
    assert set(form) <= set(string.ascii_uppercase + "<")
    assert len(form) <= LENGTH
    assert form in admissible(text)


@pytest.mark.parametrize(
    ("full_name", "family", "given"),
    [
        ("Nguyễn Bảo Duy", "Nguyễn", "Bảo Duy"),
        ("  Lê   Văn  A ", "Lê", "Văn A"),
        ("Tôn Nữ Thị Ninh", "Tôn Nữ", "Thị Ninh"),
        ("TÔN THẤT TÙNG", "TÔN THẤT", "TÙNG"),
        ("Công Tằng Tôn Nữ Hoa", "Công Tằng Tôn Nữ", "Hoa"),
        ("Âu Dương Phong", "Âu Dương", "Phong"),
        ("Hoàng Phủ Ngọc Tường", "Hoàng Phủ", "Ngọc Tường"),
        ("Hoàng Phúc", "Hoàng", "Phúc"),
        ("Tôn Đức Thắng", "Tôn", "Đức Thắng"),
        ("Rơ Châm Y Khoan", "Rơ Châm", "Y Khoan"),
        ("H'Hen Niê", "Niê", "H'Hen"),
        ("H’ Hen Niê", "Niê", "H’ Hen"),
        ("Y Moan Êñuôl", "Êñuôl", "Y Moan"),
        ("Y Blok Niê Kđăm", "Niê Kđăm", "Y Blok"),
        ("Y Vêng", "Y Vêng", ""),
        ("Hằng", "Hằng", ""),
        ("Niê", "Niê", ""),
        ("", "", ""),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_family_and_given_names(full_name: str, family: str, given: str, form: str) -> None:
    def normal(text: str) -> str:
        return unicodedata.normalize(form, text)

    assert split_name(normal(full_name)) == (normal(family), normal(given))


@given(vietnamese_names)
def test_splitting_loses_no_word(name: str) -> None:
    assert sorted(" ".join(split_name(name)).split()) == sorted(name.split())


def test_the_published_table_is_the_rule() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "build_transliteration_table.py"))
    page = (ROOT / "docs" / "transliteration.md").read_text(encoding="utf-8")
    assert tool["with_tables"](page) == page

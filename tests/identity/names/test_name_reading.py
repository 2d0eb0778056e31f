"""Reading whole names: one writing, repair on evidence only, placeholders."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.identity.names import compare_names, normalize_name, read_name, word_forms
from lamsach.identity.names.encodings import decode, encode
from lamsach.identity.names.keystrokes import telex_keys, typed_readings, vni_keys

_NAMES = st.text(
    alphabet=st.sampled_from(
        "abcdeghiklmnopqrstuvxyzfwj ăâđêôơưáàảãạấầẩẫậéếễọồộớữỳÁĐÐÔƯ\u0301\u0323\u0302 '’`^~.?(+0123"
        "ÔÞÃ»†…åµ§¬\xad\xa0\u200b\ufffd\x81\x00\t"
    ),
    max_size=24,
)
_PLAIN = "nguyễn NGUYỄN Trần thị văn Đức duc hoà Hòa quý Ý y A huỳnh giêng đỗ ngọc anh lan"
_SYLLABLES = st.sampled_from(_PLAIN.split())
_ENCODINGS = {"UTF8-as-single-byte": "UTF-8", "UTF8-twice": "UTF-8 twice", "TCVN3-H": "TCVN3"}
_ENCODINGS["VPS-fallback"] = "VPS"
# Written alike in both: nothing says that Hoà Bình was ever in another encoding.
_UNDAMAGED = {("Hoà Bình", "VPS"), ("Hoà Bình", "VISCII")}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_only_what_carries_no_information_vanishes() -> None:
    raw = "\ufeff  NGUYỄN\xa0Thị\tHoà\u200b. "
    assert normalize_name(raw) == "nguyễn thị hòa"
    assert normalize_name("Nguyễn Thị Lý") != normalize_name("Nguyễn Thị Lí")
    assert normalize_name("NguyễnVăn An") == "nguyễnvăn an"


@given(_NAMES | st.text(max_size=20))
def test_normal_form_is_idempotent_and_free_of_unicode_form(raw: str) -> None:
    normal = normalize_name(raw)
    assert normalize_name(normal) == normal
    assert normalize_name(unicodedata.normalize("NFD", raw)) == normal
    assert normalize_name(unicodedata.normalize("NFC", raw)) == normal


@given(st.lists(_SYLLABLES, max_size=6), st.sampled_from([" ", "  ", "\t", "\xa0"]))
def test_plain_names_are_read_word_by_word(words: list[str], space: str) -> None:
    name = read_name(space.join(words))
    assert name.words == tuple(word_forms(word).canonical for word in words)
    assert not name.damage


@given(_NAMES | st.text(max_size=20))
def test_names_of_syllables_are_never_repaired(raw: str) -> None:
    forms = [word_forms(word) for word in raw.split()]
    name = read_name(raw)
    if all(form.is_syllable for form in forms):
        assert name.words == tuple(form.canonical for form in forms)
        assert name.damage == ""
    assert name.canonical == " ".join(name.words)
    assert compare_names(raw, raw).codes == ()


@pytest.mark.parametrize(
    "raw",
    [
        "Y Moan Êñuôl",
        "H'Hen Niê",
        "H’Hen Niê",
        "K' Brếu",
        "Rơ Châm Y Bar",
        "Giàng A Páo",
        "Điểu K'Ré",
        "Danh Ros",
        "Chau Kim Sorn",
        "Néang Sóc Kha",
        "Siu Kpă",
        "Ksor Jăn",
        "R'Com H'Lê",
        "Mlô Y Ñê",
        "Voòng A Sỳ",
        "Mohamad Ysa",
        "José Maria",
        "Rosa Maria",
        "Müller",
        "John Smith",
        "Lê Thị Ngọc Anh2",
        "N.T. Lan",
        "Ng. Van An",
    ],
)
def test_names_that_are_fine_pass_unchanged(raw: str) -> None:
    name = read_name(raw)
    assert name.damage == ""
    assert name.canonical == normalize_name(raw)


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("Nguyeexn Vawn DDuwcs", "nguyễn văn đức"),
        ("NGUYEEXN VAWN DDUWCS", "nguyễn văn đức"),
        ("Nguyeenx Thij Hoongf", "nguyễn thị hồng"),
        ("Nguye64n Thi5 Ho62ng", "nguyễn thị hồng"),
        ("Nguyen64 Thi5 Hong62", "nguyễn thị hồng"),
        ("Nguyễn Vawn Nam", "nguyễn văn nam"),
        ("Wng Tuwowngf", "ưng tường"),
    ],
)
def test_keys_left_in_are_read(raw: str, canonical: str) -> None:
    name = read_name(raw)
    assert (name.canonical, name.damage) == (canonical, "typing")


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("ThÃ nh", "thành"),
        ("HoÃ BÃ¬nh", "hòa bình"),
        ("Ngá»c", "ngọc"),
        ("L\xadu ThÞ", "lưu thị"),
        ("Phêng ThÞ", "phường thị"),
        ("Cao Thi. Lan", "cao thị lan"),
    ],
)
def test_damage_is_repaired_though_characters_are_lost(raw: str, canonical: str) -> None:
    name = read_name(raw)
    assert (name.canonical, name.damage) == (canonical, "encoding")


@pytest.mark.parametrize(
    ("raw", "placeholder"),
    [
        ("Con bà Lan", True),
        ("CON BA NGUYEN THI LAN", True),
        ("con của Trần Thị Hoa", True),
        ("CB Nguyễn Thị Lan", True),
        ("C.B. Lan", True),
        ("Bé gái Nguyễn", True),
        ("Sơ sinh Trần Thị A", True),
        ("chưa đặt tên", True),
        ("Trần Thị Bé", False),
        ("Côn Bá Lan", False),
        ("Bé", False),
        ("Nguyễn Thị Con", False),
    ],
)
def test_placeholders(raw: str, placeholder: bool) -> None:
    assert read_name(raw).placeholder is placeholder


def test_a_cell_of_a_million_characters_is_read_and_compared() -> None:
    huge = "Nguyễn " * 150_000
    assert len(read_name(huge).words) == 150_000
    assert compare_names(huge, "Nguyễn Văn An").level == "different"
    assert compare_names("x" * 1_000_000, "Nguyễn Văn An").level == "different"


@pytest.mark.vectors
def test_every_letter_of_every_encoding(shared_data: Path) -> None:
    seen = set()
    for row in _rows(shared_data / "vn" / "legacy_encodings.csv"):
        if row["encoding"] in {"UNACCENTED", "QUESTION-MARK"}:  # nothing left to decode
            continue
        encoding = _ENCODINGS.get(row["encoding"], row["encoding"])
        code = bytes.fromhex(row["bytes_hex"].replace(" ", ""))
        letter = row["unicode_char"]
        decoded = decode(code.decode("latin-1"), encoding)
        if row["encoding"] in {"TCVN3-H", "VPS-fallback"}:  # the byte of the small letter
            assert decoded.lower() == letter.lower()
        else:
            assert decoded == letter
            assert decode(encode(letter, encoding), encoding) == letter
        seen.add(row["encoding"])
    assert len(seen) == 10


@pytest.mark.vectors
@pytest.mark.parametrize("loss", ["none", "latin-1", "replaced", "dropped"])
def test_every_example_of_legacy_text(shared_data: Path, loss: str) -> None:
    for row in _rows(shared_data / "vn" / "legacy_encoding_examples.csv"):
        if row["encoding"] == "UNACCENTED":
            continue
        code = bytes.fromhex(row["bytes_hex"].replace(" ", ""))
        raw = {
            "none": "".join(
                chr(byte) if byte in b"\x81\x8d\x8f\x90\x9d" else bytes([byte]).decode("cp1252")
                for byte in code
            ),
            "latin-1": code.decode("latin-1"),
            "replaced": code.decode("cp1252", "replace"),
            "dropped": code.decode("cp1252", "ignore").replace("\xad", "").replace("\xa0", " "),
        }[loss]
        name = read_name(raw)
        assert name.canonical == normalize_name(row["unicode_text"])
        undamaged = (row["unicode_text"], row["encoding"]) in _UNDAMAGED
        assert name.damage == ("" if undamaged else "encoding")


@pytest.mark.vectors
def test_every_letter_of_both_keyboards(shared_data: Path) -> None:
    rows = _rows(shared_data / "vn" / "typing_rules.csv")
    assert len(rows) == 134
    for row in rows:
        letter = row["char"].lower()
        for keys in (row["telex"], row["telex_alternative"], row["vni"]):
            assert not keys or letter in typed_readings(keys)
        assert telex_keys(letter)[0] == row["telex"].lower()
        assert vni_keys(letter)[0] == row["vni"].lower()
        assert decode(row["viqr"], "VIQR") == row["char"]
        assert unicodedata.normalize("NFC", row["char"]) == row["char"]

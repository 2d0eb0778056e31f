"""Errors put into made-up names are found again: the codes reported equal the errors made."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Sequence

import pytest

from lamsach.identity.names import compare_names, normalize_name
from lamsach.identity.names.encodings import ENCODINGS, encode
from lamsach.identity.names.keystrokes import telex_keys, vni_keys

_SURNAMES = """
Nguyễn Nguyễn Nguyễn Trần Lê Phạm Hoàng Huỳnh Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Trương Đinh
Đoàn Trịnh Lương Mai Tạ Quách Châu Nông Giàng Thạch
"""
_MIDDLES = """
Văn Thị Thị Hữu Đức Ngọc Minh Thanh Quang Xuân Thùy Phương Kim Bảo Quốc Đình Công Như Hồng
Trọng Gia Diễm Bích
"""
_GIVENS = """
Anh Tuấn Sơn Dũng Nam Hùng Huy Long Hải Thắng Hưng Đạt Duy Hiếu Trang Linh Hương Thảo Hà Lan
Quỳnh Nhung Yến Ngân Tâm Trinh Nguyệt Phúc Quý Thúy Chương Giang Tiến Khánh Nhật Vy Mỹ Thịnh
Toàn Cường Trâm Khải Phượng Diệp Bình Lộc Xuyến Hoài Ánh Tú
"""
_COUNT = 250
Words = list[str]


def _name(rng: random.Random) -> Words:
    middles = rng.choices([0, 1, 2], [4, 66, 30])[0]
    return [
        rng.choice(_SURNAMES.split()),
        *rng.sample(_MIDDLES.split(), middles),
        rng.choice(_GIVENS.split()),
    ]


def _bare(word: str) -> str:
    parts = unicodedata.normalize("NFD", word.replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in parts if not unicodedata.combining(char))


def _accents(words: Words, rng: random.Random) -> Words:
    return [_bare(word) for word in words]


def _some_accents(words: Words, rng: random.Random) -> Words:
    at = rng.randrange(len(words))
    return [*words[:at], _bare(words[at]), *words[at + 1 :]]


_SOUNDS = [("s", "x"), ("ch", "tr"), ("d", "gi"), ("l", "n")]
_PAIRS = ["hoàng huỳnh", "vũ võ", "phúc phước", "bảo bửu", "nhật nhựt", "quý quí", "lý lí", "mỹ mĩ"]
_FINALS = [("ng", "n"), ("n", "ng"), ("c", "t"), ("t", "c")]


def _misspelt(word: str) -> list[str]:
    """Variants of a word that show in its letters, marks or not."""
    word = word.lower()
    out = []
    for one, other in _SOUNDS:
        for start, instead in ((one, other), (other, one)):
            rest = word[len(start) :]
            if word.startswith(start) and rest[0] not in "hgiy":
                out.append(instead + rest)
    for pair in _PAIRS:
        known = pair.split()
        out += [other for other in known if word in known and other != word]
    for end, instead in _FINALS:
        if word.endswith(end):
            out.append(word[: -len(end)] + instead)
            break
    return [variant.capitalize() for variant in out]


def _spelling(words: Words, rng: random.Random) -> Words:
    places = [at for at, word in enumerate(words) if _misspelt(word)]
    if not places:
        return words
    at = rng.choice(places)
    return [*words[:at], rng.choice(_misspelt(words[at])), *words[at + 1 :]]


def _hoi_nga(words: Words, rng: random.Random) -> Words:
    swap = str.maketrans("\u0309\u0303", "\u0303\u0309")
    at = rng.randrange(len(words))
    parts = unicodedata.normalize("NFD", words[at]).translate(swap)
    return [*words[:at], unicodedata.normalize("NFC", parts), *words[at + 1 :]]


def _order(words: Words, rng: random.Random) -> Words:
    return [words[-1], *words[:-1]] if rng.random() < 0.6 else [*words[1:], words[0]]


def _missing(words: Words, rng: random.Random) -> Words:
    if len(words) < 3:
        return words
    at = rng.randrange(1, len(words) - 1)
    return words[:at] + words[at + 1 :]


def _extra(words: Words, rng: random.Random) -> Words:
    at = rng.randrange(1, len(words))
    return [*words[:at], rng.choice(_MIDDLES.split()), *words[at:]]


def _other(words: Words, rng: random.Random) -> Words:
    way = rng.random()
    if way < 0.7:
        return [*words[:-1], rng.choice(_GIVENS.split())]
    at = rng.randrange(len(words) - 1)
    if way < 0.85:
        return [*words[:at], words[at][0] + ".", *words[at + 1 :]]
    return [*words[:at], words[at] + words[at + 1].lower(), *words[at + 2 :]]


_ERRORS: dict[str, Callable[[Words, random.Random], Words]] = {
    "accents": _accents,
    "some accents": _some_accents,
    "spelling": _spelling,
    "hỏi and ngã": _hoi_nga,
    "order": _order,
    "missing_part": _missing,
    "extra_part": _extra,
    "other": _other,
}
_CODE_OF = {"some accents": "accents", "hỏi and ngã": "spelling"}


def _encoded(words: Words, encoding: str, rng: random.Random) -> str:
    """The name in an encoding; now and then what does not survive a form is lost.

    Where nothing but plain letters would be left, the loss would look like a slip of the finger.
    """
    seen = encode(" ".join(words), encoding)
    left = "".join(char for char in seen if char not in "\x81\x8d\x8f\x90\x9d\xad")
    left = " ".join(left.replace("\xa0", " ").split())
    return seen if left.isascii() or rng.random() < 0.7 else left


def _keyed(words: Words, keys: Callable[[str], list[str]], rng: random.Random) -> str:
    return " ".join(rng.choice(keys(word)) for word in words)


_DAMAGES: dict[str, tuple[str, Callable[[Words, random.Random], str]]] = {
    encoding: ("encoding", lambda words, rng, encoding=encoding: _encoded(words, encoding, rng))
    for encoding in ENCODINGS
}
_DAMAGES["Telex"] = ("typing", lambda words, rng: _keyed(words, telex_keys, rng))
_DAMAGES["VNI keys"] = ("typing", lambda words, rng: _keyed(words, vni_keys, rng))


def _f1(errors: Sequence[str], damage: str = "", count: int = _COUNT) -> float:
    """Micro-F1 of the codes over names in which every error made a difference."""
    rng = random.Random(f"{errors} {damage}")
    hits = false = missed = 0
    while count:
        whole = words = _name(rng)
        truth = set()
        for error in errors:
            before = words
            words = _ERRORS[error](words, rng)
            truth.add(f"name.{_CODE_OF.get(error, error)}")
            if normalize_name(" ".join(words)) == normalize_name(" ".join(before)):
                break
        else:
            typed = " ".join(words)
            if damage:
                code, make = _DAMAGES[damage]
                plain, typed = typed, make(words, rng)
                truth.add(f"name.{code}")
                if plain.lower() == typed.lower():
                    continue
            register = " ".join(whole)
            found = set(compare_names(typed, rng.choice([register, register.upper()])).codes)
            hits += len(found & truth)
            false += len(found - truth)
            missed += len(truth - found)
            count -= 1
    return 2 * hits / (2 * hits + false + missed)


@pytest.mark.parametrize("error", _ERRORS)
def test_one_error_is_named(error: str) -> None:
    assert _f1([error]) >= 0.98


@pytest.mark.parametrize("damage", _DAMAGES)
def test_damage_is_named(damage: str) -> None:
    assert _f1([], damage) >= 0.98


@pytest.mark.parametrize(
    "errors",
    [
        ("missing_part", "accents"),
        ("spelling", "accents"),
        ("missing_part", "spelling"),
        ("extra_part", "accents"),
        ("order", "accents"),
        ("order", "missing_part"),
        ("order", "spelling"),
        ("other", "accents"),
    ],
)
def test_two_errors_that_meet_are_both_named(errors: tuple[str, str]) -> None:
    assert _f1(errors) >= 0.96


@pytest.mark.parametrize("damage", ["TCVN3", "VNI-Windows", "UTF-8", "Telex"])
@pytest.mark.parametrize("error", ["missing_part", "extra_part", "spelling", "order"])
def test_damage_and_another_error_are_both_named(damage: str, error: str) -> None:
    assert _f1([error], damage, 150) >= 0.96


@pytest.mark.parametrize("damage", ["TCVN3", "VNI-Windows", "UTF-8"])
def test_another_name_is_named_beside_damage(damage: str) -> None:
    assert _f1(["other"], damage, 150) >= 0.96

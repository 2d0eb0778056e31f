"""Comparing a typed name with the register's: what differs, and how much it speaks for one person.

Rests on the reading of each name and the alignment of their words; must not know where either
name comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from lamsach.identity.names.alignment import FIRST, LAST, Alignment, align
from lamsach.identity.names.encodings import could_be_bytes
from lamsach.identity.names.hindsight import is_rare, may_be_damaged, readings_in_hand
from lamsach.identity.names.levels import LEVEL_WEIGHTS, NAME_CODES, NameComparison
from lamsach.identity.names.reading import Name, known_name, plain_name, read_name
from lamsach.identity.names.relations import ACCENTS, OTHER, SPELLING, relate
from lamsach.identity.names.shapes import ODD_CAPITAL, shape_of
from lamsach.identity.names.words import word_forms

_ENCODING, _TYPING, _ACCENTS, _SPELLING, _ORDER, _MISSING, _EXTRA, _OTHER = (
    1 << bit for bit in range(len(NAME_CODES))
)
_DAMAGE_CODES: Final = {"": 0, "encoding": _ENCODING, "typing": _TYPING}
_DAMAGE_COST: Final = 2
_ONE_SLIP: Final = 3
_GOOD_ENOUGH: Final = 5  # damage and one word misspelt; nothing likelier is proposed later


@lru_cache(maxsize=1024)
def _comparison(level: str, codes: int) -> NameComparison:
    named = tuple(code for bit, code in enumerate(NAME_CODES) if codes >> bit & 1)
    return NameComparison(level, named, LEVEL_WEIGHTS[level])


_SAME: Final = _comparison("same", 0)
_PLACEHOLDER: Final = _comparison("placeholder", _OTHER)
_DIFFERENT: Final = _comparison("different", _OTHER)


def _family_name_at(words: tuple[str, ...]) -> str:
    """Where the family name (họ) stands: last after the markers Y and H', else first."""
    marked = words[:1] in {("y",), ("h",)} or words[0].startswith("h'")
    return LAST if marked and len(words) > 1 else FIRST


def _outcome(found: Alignment, damage: int, register: Name) -> NameComparison:
    """The level and codes of an explanation."""
    if not found.matched:
        return _comparison("different", _OTHER)
    codes = damage
    codes |= _ACCENTS if found.kinds & ACCENTS else 0
    codes |= _SPELLING if found.kinds & SPELLING else 0
    codes |= _ORDER if found.moved else 0
    codes |= _MISSING if found.missing else 0
    codes |= _EXTRA if found.extra else 0
    codes |= _OTHER if found.unrelated or found.glued else 0
    apart = found.unrelated or found.missing or found.extra
    if apart and found.only and found.only == _family_name_at(register.words):
        level = "surname_only"
    elif found.unrelated:
        one = found.unrelated == 1 and not found.missing and not found.extra
        level = "one_other" if one else "different"
    elif found.missing and found.extra:
        level = "different"
    elif found.glued:
        level = "glued"
    elif found.extra:
        level = "extra_part"
    elif found.missing:
        level = "missing_part"
    elif found.moved:
        level = "order"
    elif found.kinds & SPELLING:
        level = "spelling"
    elif damage:
        level = "damage"
    else:
        level = "accents" if found.kinds else "same"
    return _comparison(level, codes)


def _in_doubt(found: Alignment, typed: Name) -> bool:
    """Whether damage could explain more: a strange word, or two words that do not agree."""
    disagreeing = found.spelt + found.unrelated
    if disagreeing > 1 or (found.missing and found.extra):
        return True
    if typed.damage:
        return found.unrelated > 0 or not all(word_forms(word).is_syllable for word in typed.words)
    if _only_accents(found) and ODD_CAPITAL.search(typed.raw):
        return True
    if not disagreeing and not found.missing and not found.extra:
        return False
    return any(is_rare(word) for word in typed.raw.split())


def _only_accents(found: Alignment) -> bool:
    """Whether nothing but lost marks differs."""
    return found.kinds == ACCENTS and found.cost <= found.matched and not found.unrelated


def _explanations(typed: Name, register: Name) -> Iterator[tuple[Alignment, int]]:
    """Other explanations than the plain one, each with the code of the damage it assumes."""
    if typed.damage or register.damage:
        # What was read as damage may be a rare word, written alike on both sides, or one slip.
        for words, whole, damage in (
            (typed.written, register.written, ""),
            (typed.written, register.words, register.damage),
            (typed.words, register.written, typed.damage),
        ):
            found = align(words, whole)
            if not found.spelt or found.cost <= _ONE_SLIP:
                yield found, _DAMAGE_CODES[damage]
    seen = {typed.words, typed.written}
    for words, damage in readings_in_hand(typed, register.words):
        if words not in seen:
            seen.add(words)
            yield align(words, register.words), _DAMAGE_CODES[damage]


def compare_names(typed: str | Name, register: str | Name) -> NameComparison:
    """Compare a typed name with the name in the register.

    The codes are those of the product's contract; none is given where only the writing differs
    (Unicode form, letter case, spaces, tone placement). The explanation with the least to explain
    is chosen, with the register's name in hand.

    >>> compare_names("Nguyen Van Duc", "Nguyễn Văn Đức").codes
    ('name.accents',)
    >>> compare_names("Nguyeãn Thò Hoàng", "Nguyễn Thị Hồng").level
    'damage'
    >>> compare_names("Nguyễn Lan", "NGUYỄN THỊ LAN").codes
    ('name.missing_part',)
    """
    left = read_name(typed) if isinstance(typed, str) else typed
    right = read_name(register) if isinstance(register, str) else register
    if left.plain and right.plain:
        return compare_plain(left.canonical, right.canonical)
    if right.plain and not left.damage and not left.placeholder:
        return _compare_odd(left, right)
    return _compare(left, right)


def compare_plain(typed: str, register: str) -> NameComparison:
    """Compare two plain names by their canonical writing: what `compare_names` does with them.

    A name is plain when each of its words is a syllable as it stands (`Name.plain`). Such names
    repeat in what differs, not in what agrees: words that agree at the beginning and the end are
    put aside, but for two to stand for them, and each difference is compared once.

    >>> compare_plain("nguyễn văn hoàng", "nguyễn văn huỳnh").codes
    ('name.spelling',)
    """
    if typed == register:
        return _SAME
    left, right = typed.split(" "), register.split(" ")
    first, last = _agreeing(left, right)
    between = left[first : len(left) - last], right[first : len(right) - last]
    sounds = [{word_forms(word).sound for word in words} for words in between]
    if (
        right[0] in MARKERS
        or any(
            is_rare(word) and may_be_damaged(word, other) for word in between[0] for other in right
        )
        or not _STAND_IN_SOUNDS.isdisjoint(sounds[0] | sounds[1])
    ):
        return _compare_words(typed, register)
    if not first and not last and sounds[0].isdisjoint(sounds[1]) and not _glued(left, right):
        return _DIFFERENT
    agreeing = left[:first] + left[len(left) - last :]
    before, after = _UNMARKED if all(map(str.isascii, agreeing)) else _MARKED
    around = before[: min(first, 2)], after[: min(last, 2)]
    return _compare_words(
        " ".join((*around[0], *between[0], *around[1])),
        " ".join((*around[0], *between[1], *around[1])),
    )


def _compare_odd(typed: Name, register: Name) -> NameComparison:
    """As `compare_plain`, where the typed name has words that are no syllables, and no damage."""
    tokens, left, right = typed.raw.split(), typed.words, register.words
    bytes_perhaps = not typed.raw.isascii() and could_be_bytes(typed.raw)
    if len(tokens) != len(left) or right[0] in MARKERS or bytes_perhaps:
        return _compare(typed, register)
    first, last = _agreeing(left, right)
    agreeing = (*tokens[:first], *tokens[len(left) - last :])
    between = left[first : len(left) - last], right[first : len(right) - last]
    if (
        not agreeing
        or any(ODD_CAPITAL.search(token) or not word_forms(token).is_syllable for token in agreeing)
        or not all(map(stands_apart, (*between[0], *between[1])))
        or any(may_be_damaged(word, other) for word in between[0] for other in right)
    ):
        return _compare(typed, register)
    before, after = _UNMARKED if "".join(agreeing).isascii() else _MARKED
    around = before[: min(first, 2)], after[: min(last, 2)]
    case = str.upper if typed.raw.isupper() else str.lower if typed.raw.islower() else str.title
    return _compare_tokens(
        " ".join(
            (
                *map(case, around[0]),
                *tokens[first : len(tokens) - last],
                *map(case, around[1]),
            )
        ),
        " ".join((*around[0], *between[0], *around[1])),
        " ".join((*around[0], *between[1], *around[1])),
    )


@lru_cache(maxsize=1 << 18)
def _compare_tokens(raw: str, typed: str, register: str) -> NameComparison:
    return _compare(known_name(raw, typed, "", placeholder=False), plain_name(register))


def _agreeing(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    """How many words agree from the first on, and of the others from the last on."""
    shorter = min(len(left), len(right))
    first = 0
    while first < shorter and left[first] == right[first]:
        first += 1
    last = 0
    while last < shorter - first and left[-1 - last] == right[-1 - last]:
        last += 1
    return first, last


@lru_cache(maxsize=1 << 19)
def _compare_words(typed: str, register: str) -> NameComparison:
    return _compare(plain_name(typed), plain_name(register))


def _glued(left: list[str], right: list[str]) -> bool:
    """Whether both sides have the same letters, cut into words in another way."""
    whole = ["".join(word_forms(word).folded for word in words) for words in (left, right)]
    return whole[0] == whole[1]


# What stands for words that agree, with marks or without as they are: syllables that hardly any
# name is mistaken for. A difference that sounds like one of these is left whole.
_UNMARKED: Final = ("choach", "nguech"), ("khoeo", "trech")
_MARKED: Final = ("duyệt", "khúc"), ("triết", "khuất")
STAND_INS: Final = tuple(word for words in (*_UNMARKED, *_MARKED) for word in words)
_STAND_IN_SOUNDS: Final = frozenset(word_forms(word).sound for word in STAND_INS)
_STAND_IN_LETTERS: Final = tuple(shape_of(word).letters for word in STAND_INS)
# What men's and women's names begin with where the family name stands last.
MARKERS: Final = frozenset(("y", "h"))


@lru_cache(maxsize=1 << 16)
def stands_apart(word: str) -> bool:
    """Whether a word has no relation to those that `compare_plain` puts for words that agree.

    Nor is it a marker of where the family name stands.

    >>> [stands_apart(word) for word in ("lan", "thò", "y", "khúc")]
    [True, True, False, False]
    """
    letters = shape_of(word).letters
    return not (
        word in MARKERS
        or len(letters) != len(word)
        or word_forms(word).sound in _STAND_IN_SOUNDS
        or letters.startswith(_STAND_IN_LETTERS)
        or letters.endswith(_STAND_IN_LETTERS)
        or any(
            relate(word, other) != OTHER
            or relate(other, word) != OTHER
            or may_be_damaged(word, other)
            or may_be_damaged(other, word)
            for other in STAND_INS
        )
    )


def _compare(left: Name, right: Name) -> NameComparison:
    if left.written == right.written:
        return _SAME
    damage = _DAMAGE_CODES[left.damage] | _DAMAGE_CODES[right.damage]
    if left.words == right.words:
        return _comparison("damage", damage) if damage else _SAME
    if left.placeholder or right.placeholder:
        return _PLACEHOLDER
    best = align(left.words, right.words)
    if _in_doubt(best, left):
        cost = best.cost + (_DAMAGE_COST if damage else 0)
        if _only_accents(best) and not damage:
            cost += _DAMAGE_COST + 1  # doubted only for the sake of an odd capital
        for other, how in _explanations(left, right):
            other_cost = other.cost + (_DAMAGE_COST if how else 0)
            if other_cost < cost:
                best, damage, cost = other, how, other_cost
            if cost <= _GOOD_ENOUGH:
                break
    return _outcome(best, damage, right)

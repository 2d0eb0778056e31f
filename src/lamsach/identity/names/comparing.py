"""Comparing a typed name with the register's: what differs, and how much it speaks for one person.

Rests on the reading of each name and the alignment of their words; must not know where either
name comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from lamsach.identity.names.alignment import Alignment, align
from lamsach.identity.names.hindsight import ODD_CAPITAL, is_rare, readings_in_hand
from lamsach.identity.names.levels import LEVEL_WEIGHTS, NAME_CODES, NameComparison
from lamsach.identity.names.reading import Name, read_name
from lamsach.identity.names.relations import ACCENTS, SPELLING
from lamsach.identity.names.words import word_forms

_ENCODING, _TYPING, _ACCENTS, _SPELLING, _ORDER, _MISSING, _EXTRA, _OTHER = (
    1 << bit for bit in range(len(NAME_CODES))
)
_DAMAGE_CODES: Final = {"": 0, "encoding": _ENCODING, "typing": _TYPING}
_DAMAGE_COST: Final = 2


@lru_cache(maxsize=1024)
def _comparison(level: str, codes: int) -> NameComparison:
    named = tuple(code for bit, code in enumerate(NAME_CODES) if codes >> bit & 1)
    return NameComparison(level, named, LEVEL_WEIGHTS[level])


_SAME: Final = _comparison("same", 0)
_PLACEHOLDER: Final = _comparison("placeholder", _OTHER)


def _outcome(found: Alignment, damage: int, same_length: bool) -> NameComparison:
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
    if found.outer and (found.unrelated or found.missing or found.extra):
        level = "surname_only"
    elif found.unrelated:
        level = "one_other" if found.unrelated == 1 and same_length else "different"
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
        yield align(typed.written, register.written), 0
        yield align(typed.written, register.words), _DAMAGE_CODES[register.damage]
        yield align(typed.words, register.written), _DAMAGE_CODES[typed.damage]
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
    return _outcome(best, damage, len(left.words) == len(right.words))

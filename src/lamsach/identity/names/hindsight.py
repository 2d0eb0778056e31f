"""Damage that only shows with the register's name in hand.

A reading of the typed name is proposed where the register's words, damaged in a known way, look
like what was typed. Must not judge which explanation is the best one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from lamsach.identity.names.encodings import (
    ENCODINGS,
    case_free,
    could_be_bytes,
    decode,
    encode,
    loose_forms,
    loose_key,
    torn_readings,
)
from lamsach.identity.names.keystrokes import typed_readings, typed_word
from lamsach.identity.names.reading import Name
from lamsach.identity.names.relations import ABBREVIATION, relate
from lamsach.identity.names.shapes import ODD_CAPITAL
from lamsach.identity.names.words import WORD_WEIGHTS, word_forms
from lamsach.identity.names.writing import normalize_name

_MOST_TORN: Final = 4
_RARE: Final = 3  # bits above one in 2**16
_SPACED_WAYS: Final = ("UTF-8", "UTF-8 twice")
_NOT_CANONICAL: Final = frozenset("`'?~.^(+")

_forms_of = lru_cache(maxsize=8192)(loose_forms)
_key_of = lru_cache(maxsize=16384)(loose_key)

Reading = tuple[tuple[str, ...], str]


def _tokens(name: Name) -> list[str]:
    """The words as typed; a no-break space may be a damaged letter and parts nothing."""
    return [token for token in name.raw.replace("\t", " ").split(" ") if token]


def is_rare(token: str) -> bool:
    """Whether a word as typed is hardly ever part of a name, bare syllables apart.

    >>> is_rare("Thò"), is_rare("Hoà"), is_rare("Thoa")
    (True, False, False)
    """
    forms = word_forms(token)
    if token.isascii():
        return not forms.is_syllable
    return WORD_WEIGHTS.get(forms.canonical, 0) < _RARE


def may_be_damaged(word: str, whole: str) -> bool:
    """Whether some encoding makes a small-letter word, read as it stands, of another.

    >>> may_be_damaged("thò", "thị"), may_be_damaged("thi", "thị")
    (True, False)
    """
    return word != whole and case_free(_key_of(word)) in _forms_of(whole)


def _is_proof(token: str) -> bool:
    """Whether a word cannot be what was meant: no syllable, and not just some plain letters."""
    if token.isascii():
        return bool(_NOT_CANONICAL & set(token)) and not word_forms(token).is_syllable
    return not word_forms(token).is_syllable or bool(ODD_CAPITAL.search(token))


def _encoded(name: Name, words: Sequence[str]) -> Iterator[Reading]:
    """Words that one encoding makes of the register's words.

    Without a word that proves damage, every marked word must fit, and two that are names
    otherwise, or one that is none.
    """
    tokens = _tokens(name)
    one_case = name.raw.isupper() or name.raw.islower()
    keys = {token: case_free(_key_of(token)) if one_case else _key_of(token) for token in tokens}
    proofs = {token for token in tokens if _is_proof(token)}
    forms = [_forms_of(word) for word in words]
    # The ways in which some proof fits, or else every marked word; no other way can be proven.
    known, proving, fitting = 0, 0, -1
    for token, key in keys.items():
        ways = 0
        for each in forms:
            ways |= each.get(key, 0)
        known |= ways
        if token in proofs:
            proving |= ways
        if not token.isascii():
            fitting &= ways
    common = known & (proving | fitting)
    way = 1
    while way <= common:
        if common & way:
            reading = _reading(tokens, words, keys, way, proofs)
            if reading:
                yield reading, "encoding"
        way <<= 1


def _reading(
    tokens: Sequence[str], words: Sequence[str], keys: dict[str, str], way: int, proofs: set[str]
) -> tuple[str, ...]:
    """The tokens with register words for those that the encoding makes of them; () if unproven."""
    out: list[str] = []
    proven = False
    changed = unfit = 0
    for place, token in enumerate(tokens):
        for word in (*words[place : place + 1], *words):
            if _forms_of(word).get(keys[token], 0) & way:
                out.append(word)
                canonical = word_forms(token).canonical
                if canonical != word:
                    proven = proven or token in proofs
                    changed += 2 if is_rare(token) else 1
                break
        else:
            out.append(normalize_name(token))
            unfit += not token.isascii()
    if proven or (changed > 1 and not unfit):
        return tuple(filter(None, out))
    return ()


def _decoded(name: Name) -> Iterator[Reading]:
    """Every decoding that changes the name, syllables or not: the words may be misspelt too."""
    if name.raw.isascii():
        if _NOT_CANONICAL & set(name.raw):
            yield tuple(normalize_name(decode(name.raw, "VIQR")).split()), "encoding"
        return
    if not could_be_bytes(name.raw):
        return
    for encoding in ENCODINGS:
        text = decode(name.raw, encoding)
        if text != name.raw:
            yield tuple(normalize_name(text).split()), "encoding"


def _torn_apart(name: Name, words: tuple[str, ...]) -> Iterator[Reading]:
    """UTF-8 whose no-break spaces became spaces: the words fall apart, the letters do not."""
    if len(_tokens(name)) <= len(words):
        return
    key = loose_key(name.raw)
    whole = " ".join(words)
    for way in _SPACED_WAYS:
        for text in (whole.title(), whole.upper(), whole):
            if loose_key(encode(text, way)) == key:
                yield words, "encoding"
                return


def _nearest(
    tokens: Sequence[str],
    words: Sequence[str],
    blind: Callable[[str], str],
    read: Callable[[str], Iterable[str]],
) -> tuple[str, ...]:
    """Each word, or that reading of it that comes nearest to a word of the register.

    A word with a blind reading is never taken as it stands.
    """
    out: list[str] = []
    for place, token in enumerate(tokens):
        best = normalize_name(token)
        if best and not word_forms(token).is_syllable and best not in words:
            beside = (*words[place : place + 1], *words)
            best = blind(token) or best
            nearest = min(ABBREVIATION, *[relate(best, word) for word in beside], ABBREVIATION)
            for reading in read(token):
                kind = min([relate(reading, word) for word in beside], default=ABBREVIATION)
                if kind < nearest:
                    best, nearest = reading, kind
        out.append(best)
    return tuple(filter(None, out))


def _torn(name: Name) -> Iterator[Reading]:
    """UTF-8 with fragile characters lost: the readings with the fewest words that are none."""
    readings = {
        tuple(normalize_name(reading).split()) for reading in torn_readings(name.raw, "UTF-8")
    }
    ranked = sorted(
        readings,
        key=lambda words: (
            sum(not word_forms(word).is_syllable for word in words),
            len(words),
            -sum(WORD_WEIGHTS.get(word, 0) for word in words),
            words,  # a set has no order of its own: the same answer in every process
        ),
    )
    for words in ranked[:_MOST_TORN]:
        yield words, "encoding"


def _torn_word(token: str) -> list[str]:
    return [normalize_name(reading) for reading in torn_readings(token, "UTF-8")]


def readings_in_hand(typed: Name, words: tuple[str, ...]) -> Iterator[Reading]:
    """Readings of a typed name that the register's words suggest, each with its damage.

    >>> from lamsach.identity.names.reading import read_name
    >>> name = read_name("Thò Hoàng")
    >>> next(readings_in_hand(name, ("thị", "hồng")))
    (('thị', 'hồng'), 'encoding')
    """
    strange = not all(word_forms(word).is_syllable for word in typed.raw.split())
    if not typed.raw.isascii() or strange:
        yield from _encoded(typed, words)
    if strange:
        yield _nearest(typed.written, words, typed_word, typed_readings), "typing"
        yield from _decoded(typed)
        if not typed.raw.isascii() and could_be_bytes(typed.raw):
            yield from _torn_apart(typed, words)
            yield from _torn(typed)
            yield _nearest(_tokens(typed), words, normalize_name, _torn_word), "encoding"

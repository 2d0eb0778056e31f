"""One word of a name and its forms: what is compared, searched and heard.

Knows single words only; must not know of whole names or of damage.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lamsach.identity.names.letters import fold
from lamsach.identity.names.syllables import canonical_word, is_syllable, sound_key
from lamsach.identity.names.tables import NAME_WORDS

_LONGEST_CACHED: Final = 40


@dataclass(frozen=True, slots=True)
class WordForms:
    """The forms of one word: `canonical` to compare, `folded` and `sound` to search by."""

    canonical: str
    folded: str
    sound: str
    is_syllable: bool


def _forms(word: str) -> WordForms:
    canonical = canonical_word(word)
    folded = fold(canonical)
    return WordForms(canonical, folded, sound_key(folded), is_syllable(canonical))


_cached_forms = lru_cache(maxsize=65536)(_forms)


def word_forms(word: str) -> WordForms:
    """The forms of one word, in any Unicode form, letter case and tone placement.

    >>> word_forms("HOÀ")
    WordForms(canonical='hòa', folded='hoa', sound='hoa', is_syllable=True)
    >>> word_forms("H’Hen").folded
    'hhen'
    """
    if len(word) > _LONGEST_CACHED:
        return _forms(word)
    return _cached_forms(word)


def _name_words() -> dict[str, int]:
    weights: dict[str, int] = {}
    weight = 0
    for token in NAME_WORDS.split():
        if token.endswith(":"):
            weight = int(token[:-1])
        else:
            word = canonical_word(token)
            weights[word] = max(weight, weights.get(word, 0))
    return weights


# Canonical words seen in names, with the base-2 logarithm of their frequency above 2**-16.
WORD_WEIGHTS: Final = _name_words()

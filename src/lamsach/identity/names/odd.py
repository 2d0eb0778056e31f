"""Typed names with words that are no syllables, of which nothing but their words need be known.

Such a name may be bytes of another encoding, or hold keys that were left in; where neither can be
meant, whatever the register's name, it compares by how its words stand to the register's, as a
plain name does. Knows one typed name; must not know of the name it will be compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from lamsach.identity.names.encodings import could_be_bytes
from lamsach.identity.names.keystrokes import typed_readings
from lamsach.identity.names.shapes import ODD_CAPITAL
from lamsach.identity.names.words import word_forms
from lamsach.identity.names.writing import normalize_word

#: Letters and signs that are read as others, and could be bytes as well (see `letters.lower_nfc`).
_LOOK_ALIKES: Final = frozenset("ÐðƉɖ’‘ʼ‛′＇´ʹ")
#: Signs that stand for marks in VIQR (see `hindsight`).
_SIGNS: Final = frozenset("`'?~.^(+")


def is_told_by_words(raw: str, words: Sequence[str]) -> bool:
    """Whether a name without damage compares by how its words stand to the register's, no more.

    `words`: the canonical words of `raw`.

    >>> is_told_by_words("Ngyuễn Lan", ("ngyuễn", "lan"))
    True
    >>> is_told_by_words("Lê Vawnx", ("lê", "vawnx")), is_told_by_words("NguyÔn", ("nguyôn",))
    (False, False)
    """
    tokens = raw.split()
    if len(tokens) != len(words) or tokens != [token for token in raw.split(" ") if token]:
        return False
    if raw.isascii():
        if _SIGNS.intersection(raw):
            return False
    elif _LOOK_ALIKES.intersection(raw) or could_be_bytes(raw):
        return False
    return all(map(_says_no_more, tokens, words))


@lru_cache(maxsize=1 << 16)
def _says_no_more(token: str, word: str) -> bool:
    """Whether a word as typed is a plain syllable, or none and has no keys in it."""
    if word_forms(token).is_syllable:
        return not ODD_CAPITAL.search(token)
    return (
        normalize_word(token) == word
        and not word_forms(word).is_syllable
        and not typed_readings(token)
    )

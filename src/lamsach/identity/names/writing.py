"""One writing of a whole name: what carries no information vanishes, and only that.

Knows spaces, control characters and punctuation around words; must not know of damage.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from lamsach.identity.names.letters import lower_nfc
from lamsach.identity.names.words import word_forms

_AROUND: Final = ' .,;:!?"_-–—…“”„«»()[]{}<>/\\|*#=+~^&%$@'
# One or more consonants and an apostrophe: H', K', R' before a name of the Central Highlands.
_MARKER: Final = re.compile(r"[bcdđghklmnpqrstvxz]+'")


def _clean_word(word: str) -> str:
    word = lower_nfc(word).strip(_AROUND)
    if "'" in word:
        inner = word.strip("'" + _AROUND)
        kept = word.lstrip("'" + _AROUND)
        word = kept if _MARKER.fullmatch(kept) else inner
    return word_forms(word).canonical


# The words of names repeat; a very long one is no name and not worth keeping.
_LONGEST_CACHED: Final = 40
_cached_clean_word = lru_cache(maxsize=1 << 17)(_clean_word)


def normalize_word(word: str) -> str:
    """One word of a name as `normalize_name` leaves it; empty if nothing of it is left.

    >>> normalize_word("(HOÀ)")
    'hòa'
    """
    return _cached_clean_word(word) if len(word) <= _LONGEST_CACHED else _clean_word(word)


def normalize_name(raw: str) -> str:
    """The canonical writing of a name: lower case, NFC, single spaces, one place for the tone.

    Control characters, zero-width characters and punctuation around words go. Nothing else
    changes: marks, letters, apostrophes within and the order of words stay.

    >>> normalize_name("  NGUYỄN\\u00a0Thị  Hoà. ")
    'nguyễn thị hòa'
    """
    if not raw.isprintable():
        raw = "".join(
            char
            for char in raw
            if char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Cn", "Co"}
        )
    if not raw.isascii():
        raw = unicodedata.normalize("NFC", raw)
    return " ".join(filter(None, map(normalize_word, raw.split())))

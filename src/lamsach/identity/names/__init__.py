"""Vietnamese names: read as typed, repaired where plainly damaged, compared with explanations.

The front door of the room: what is not exported here is no interface.
"""

from lamsach.identity.names.comparing import STAND_INS, compare_names, compare_plain, stands_apart
from lamsach.identity.names.hindsight import may_be_damaged
from lamsach.identity.names.levels import NAME_CODES, NAME_LEVELS, NameComparison
from lamsach.identity.names.odd import is_told_by_words
from lamsach.identity.names.patterns import UNTOLD, WordTraits, word_relation, word_traits
from lamsach.identity.names.reading import (
    PLACEHOLDER_STARTS,
    Name,
    known_name,
    plain_name,
    read_name,
)
from lamsach.identity.names.repair import untyped_word
from lamsach.identity.names.shapes import ODD_CAPITAL
from lamsach.identity.names.words import WordForms, word_forms
from lamsach.identity.names.writing import normalize_name, normalize_word

__all__ = [
    "NAME_CODES",
    "NAME_LEVELS",
    "ODD_CAPITAL",
    "PLACEHOLDER_STARTS",
    "STAND_INS",
    "UNTOLD",
    "Name",
    "NameComparison",
    "WordForms",
    "WordTraits",
    "compare_names",
    "compare_plain",
    "is_told_by_words",
    "known_name",
    "may_be_damaged",
    "normalize_name",
    "normalize_word",
    "plain_name",
    "read_name",
    "stands_apart",
    "untyped_word",
    "word_forms",
    "word_relation",
    "word_traits",
]

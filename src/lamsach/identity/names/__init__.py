"""Vietnamese names: read as typed, repaired where plainly damaged, compared with explanations.

The front door of the room: what is not exported here is no interface.
"""

from lamsach.identity.names.comparing import compare_names, compare_plain
from lamsach.identity.names.levels import NAME_CODES, NAME_LEVELS, NameComparison
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
    "UNTOLD",
    "Name",
    "NameComparison",
    "WordForms",
    "WordTraits",
    "compare_names",
    "compare_plain",
    "known_name",
    "normalize_name",
    "normalize_word",
    "plain_name",
    "read_name",
    "untyped_word",
    "word_forms",
    "word_relation",
    "word_traits",
]

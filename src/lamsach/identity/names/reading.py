"""Reading a name as it was typed: its words, its damage, whether it is a name at all.

Must not know of the name it will be compared with.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lamsach.identity.names.repair import repair
from lamsach.identity.names.shapes import ODD_CAPITAL, marks_lost
from lamsach.identity.names.words import word_forms
from lamsach.identity.names.writing import normalize_name

_LONGEST: Final = 160
# What stands on a vaccination or birth list until a child is named: "child of Mrs …".
_PLACEHOLDERS: Final = tuple(
    tuple(line.split())
    for line in """
cháu bà
cháu ông
cháu chị
cháu bé
cháu trai
cháu gái
bé trai
bé gái
bé con
bé của
bé sơ sinh
em bé
trẻ sơ sinh
trẻ em
trẻ con
sơ sinh
chưa đặt tên
chưa có tên
chưa rõ tên
chưa tên
không tên
không rõ tên
không có tên
baby of
baby boy
baby girl
""".strip().splitlines()
)
# "con" (child) is no family name; CB is its short form with "bà".
_CHILD_OF: Final = frozenset(["con", "cb", "c.b"])
#: Folded first words of names that may be placeholders; no other name is one.
PLACEHOLDER_STARTS: Final = frozenset(
    word_forms(word).folded for word in (*_CHILD_OF, *(words[0] for words in _PLACEHOLDERS))
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name as read.

    `canonical` and `words` are after repair, `written` the words as they stand in `raw`; `folded`
    holds the words in base letters. `damage` is `encoding`, `typing` or empty; `placeholder` says
    that a newborn without a name is meant; `plain`, that nothing had to be read into it: each word
    is a syllable as it stands.
    """

    raw: str
    canonical: str
    words: tuple[str, ...]
    written: tuple[str, ...]
    folded: str
    damage: str
    placeholder: bool
    plain: bool


def _is_placeholder(words: tuple[str, ...]) -> bool:
    if len(words) < 2 or word_forms(words[0]).folded not in PLACEHOLDER_STARTS:
        return False
    if words[0] in _CHILD_OF:
        return True
    return any(
        len(words) >= len(pattern) and all(map(marks_lost, words, pattern))
        for pattern in _PLACEHOLDERS
    )


def _read(raw: str) -> Name:
    written = tuple(normalize_name(raw).split())
    words, damage = written, ""
    syllables = bool(written) and all(word_forms(word).is_syllable for word in raw.split())
    if len(raw) <= _LONGEST and not syllables:
        words, damage = repair(raw, written)
    folded = " ".join(filter(None, (word_forms(word).folded for word in words)))
    placeholder = _is_placeholder(words)
    plain = syllables and not placeholder and not ODD_CAPITAL.search(raw)
    return Name(raw, " ".join(words), words, written, folded, damage, placeholder, plain)


def plain_name(canonical: str) -> Name:
    """The name whose canonical writing this is, where it is known to be plain.

    >>> plain_name("nguyễn văn an") == read_name("nguyễn văn an")
    True
    """
    words = tuple(canonical.split(" "))
    folded = " ".join([word_forms(word).folded for word in words])
    return Name(canonical, canonical, words, words, folded, "", placeholder=False, plain=True)


def known_name(raw: str, canonical: str, damage: str, *, placeholder: bool) -> Name:
    """A name that is not plain and was read before, from what was kept of its reading.

    >>> name = read_name("NguyÔn ThÞ")
    >>> known_name(name.raw, name.canonical, name.damage, placeholder=False) == name
    True
    """
    words = tuple(canonical.split())
    written = tuple(normalize_name(raw).split()) if damage else words
    folded = " ".join(filter(None, [word_forms(word).folded for word in words]))
    return Name(raw, canonical, words, written, folded, damage, placeholder, plain=False)


_cached_read = lru_cache(maxsize=65536)(_read)


def read_name(raw: str) -> Name:
    """Read a name as typed, repairing what is plainly damaged.

    Text in a legacy encoding or with keyboard keys left in is repaired only on evidence (a word
    that is no Vietnamese syllable becomes one and none becomes worse), so that names that are
    fine, those of ethnic minorities too, pass through unchanged.

    >>> read_name("NguyÔn ThÞ Hång").canonical, read_name("Nguyeexn Vawn A").damage
    ('nguyễn thị hồng', 'typing')
    >>> read_name("Y Moan Êñuôl").words
    ('y', 'moan', 'êñuôl')
    >>> read_name("Con bà Lan").placeholder
    True
    """
    return _read(raw) if len(raw) > _LONGEST else _cached_read(raw)

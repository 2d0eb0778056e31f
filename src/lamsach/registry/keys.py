"""Search keys and readings of a person's fields: what is stored for what was typed.

`lamsach.identity` reads; this room says what of the reading the record keeps. The typed name stays
(the register is asked with it), in one Unicode form and without idle spaces; a number keeps its
digits, a birth the ISO form of what is known of it. Nothing here judges whether a value is right.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from babel.core import get_global

from lamsach.identity.births import Birth, parse_birth
from lamsach.identity.engine.persons import is_foreign
from lamsach.identity.names import read_name
from lamsach.identity.personal_ids import read_personal_id
from lamsach.identity.sexes import parse_sex

__all__ = [
    "FourFields",
    "clean",
    "name_key",
    "read_birth",
    "read_four_fields",
    "read_nationality",
    "read_number",
]

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})
_HYPHENS: Final = str.maketrans("-‐‑‒–—", "      ")
#: Keys longer than this help no search; the index takes no more.
_LONGEST_KEY: Final = 200


@dataclass(frozen=True, slots=True)
class FourFields:
    """The four compulsory fields as the record keeps them, and the keys made from them."""

    full_name: str
    birth_date: str
    sex: str
    personal_id: str
    name_key: str
    id_status: str


def clean(text: str) -> str:
    """Text as the record keeps it: composed letters, single spaces, nothing invisible.

    >>> clean("  Nguyễn\\u00a0 Văn\\x00 An ")
    'Nguyễn Văn An'
    """
    text = unicodedata.normalize("NFC", text)
    if not text.isprintable():
        text = "".join(
            one for one in text if one.isspace() or unicodedata.category(one) not in _INVISIBLE
        )
    return " ".join(text.split())


def name_key(full_name: str) -> str:
    """The key by which a name is found: base letters, lower case, damage repaired.

    Names in other scripts, of which no base letters are known, are keyed by themselves.

    >>> name_key("NguyÔn ThÞ Hång") == name_key("nguyễn thị hồng") == name_key("NGUYEN THI HONG")
    True
    """
    name = read_name(clean(full_name).translate(_HYPHENS))
    return (name.folded or name.canonical)[:_LONGEST_KEY].rstrip()


def read_number(text: str) -> tuple[str, str]:
    """A personal number's digits (and letters that damaged them) and its `id_status`.

    A number that a spreadsheet rounded stays as it was typed: its digits are lost.

    >>> read_number("079 185 012 345"), read_number("không có"), read_number("0912345678")
    (('079185012345', 'well_formed'), ('', 'missing'), ('0912345678', 'malformed'))
    """
    reading = read_personal_id(text)
    if reading.id_status == "missing":
        return "", "missing"
    return (clean(text) if reading.rounded_length else reading.digits), reading.id_status


def read_birth(text: str) -> str:
    """A birth in the ISO form of what is known (`YYYY-MM-DD`, `YYYY-MM`, `YYYY`), or as typed.

    >>> read_birth("4/5/1963"), read_birth("05/1963"), read_birth("năm Thìn")
    ('1963-05-04', '1963-05', 'năm Thìn')
    """
    birth: Birth = parse_birth(clean(text))
    return str(birth)


def read_nationality(text: str) -> str:
    """ISO 3166-1 alpha-2 of a nationality as typed; empty is Vietnamese, "" when it is no code.

    >>> [read_nationality(text) for text in ("", "Việt Nam", "KOR", "la", "Lào")]
    ['VN', 'VN', 'KR', 'LA', '']
    """
    if not is_foreign(text):
        return "VN"
    code = clean(text).upper()
    if len(code) == 3:
        code = (get_global("territory_aliases").get(code) or [""])[0]
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def read_four_fields(*, full_name: str, birth_date: str, sex: str, personal_id: str) -> FourFields:
    """All four fields as typed, read together. Never raises; a name may come out empty.

    >>> read_four_fields(full_name="LÊ THỊ HOÀ", birth_date="1963", sex="nữ", personal_id="").sex
    'F'
    """
    number, status = read_number(personal_id)
    return FourFields(
        full_name=clean(full_name),
        birth_date=read_birth(birth_date),
        sex=parse_sex(sex),
        personal_id=number,
        name_key=name_key(full_name),
        id_status=status,
    )

"""Personal numbers as typed, read and compared with one register person's.

The 12-digit number (số định danh cá nhân) is what a record should hold; the CMND of nine digits is
an older key, given by a province, changed on moving and not unique. Every relation between a typed
number and a person's is a rule on digits (see ID_LEVELS), not a likeness score: an officer can
check it by eye.

This room sees one field and one pair. It must not ask whose number it else is: that needs the
register, and `codes_for_other` takes the answer. Candidates are `personal_id_repair`'s. Numbers
are secrets: no error quotes one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from operator import ne

from lamsach.identity.personal_id_structure import (
    CENTURY_SEX,
    PersonalId,
    conflicts,
    is_plausible,
    structure_of,
)

__all__ = [
    "CENTURY_SEX",
    "ID_LEVELS",
    "IdComparison",
    "PersonalId",
    "PersonalIdReading",
    "cmnd_key",
    "codes_for_other",
    "compare_personal_ids",
    "conflicts",
    "is_plausible",
    "read_personal_id",
    "structure_of",
]

_DECIMAL = re.compile(r"'?(\d+)[.,]0{1,2}", re.ASCII)  # a number column's "1093012345.0"
_SCIENTIFIC = re.compile(r"'?(\d)(?:[.,](\d*))?[Ee]\+?(\d{1,2})", re.ASCII)
_PHONE = re.compile(  # mobile prefixes since 2018; the 11-digit ones before; with the country code
    r"0[35789]\d{8}|01(?:2\d|6[2-9]|8[68]|99)\d{7}|(?:00)?84[35789]\d{8}", re.ASCII
)
_PASSPORT = re.compile(r"[A-Z]\d{7,8}", re.ASCII)
_NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Z]+")


@dataclass(frozen=True, slots=True)
class PersonalIdReading:
    """What was typed into a field for a personal number, without the noise of writing.

    >>> read_personal_id("'079 185 012 345").digits
    '079185012345'
    """

    digits: str
    """Digits, and any letters that damaged them (upper case); of a number that a spreadsheet
    rounded, the digits that are left."""
    kind: str
    """personal_id: 12 digits that can be one. cmnd: 9 digits. phone: a telephone number by its
    form (a number cut to 10 digits can look the same). damaged: could have been a number. other:
    has digits, and could not. missing: nothing that could be a number."""
    id_status: str
    """well_formed: 12 or 9 digits, whatever they say, for the ministry's count looks at the
    format alone (2262/BYT-CNTT). missing: no digit, or only zeros. malformed: all else."""
    rounded_length: int = 0
    """Digits before the decimal point of a number a spreadsheet rounded (1.09301E+11: 12);
    0 for all others."""


def read_personal_id(text: str) -> PersonalIdReading:
    """Read a personal number as typed. Never raises.

    Spaces, dots, dashes and a spreadsheet's leading apostrophe carry no information; letters stay
    as damage. A number column's "1093012345.0" and "1.093012345E+9" are the whole number;
    "1.09301E+9" has lost its end.

    >>> read_personal_id("079 185 012 345").kind, read_personal_id("1093012345.0").digits
    ('personal_id', '1093012345')
    >>> [read_personal_id(t).kind for t in ("0912345678", "271 234 567", "không có", "O7918501234")]
    ['phone', 'cmnd', 'missing', 'damaged']
    >>> read_personal_id("1.09301E+11")
    PersonalIdReading(digits='109301', kind='damaged', id_status='malformed', rounded_length=12)
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = text.strip()
    if len(text) != 12 or not _is_digits(text):
        if decimal := _DECIMAL.fullmatch(text):
            text = decimal[1]
        elif scientific := _SCIENTIFIC.fullmatch(text):
            return _read_scientific(scientific[1] + (scientific[2] or ""), int(scientific[3]) + 1)
    return _read_clean(_NOT_ALPHANUMERIC.sub("", text.upper()))


def _read_scientific(mantissa: str, length: int) -> PersonalIdReading:
    if len(mantissa) >= length:
        return _read_clean(mantissa[:length])
    kind = "damaged" if 8 <= length <= 14 else "other"
    return PersonalIdReading(mantissa, kind, "malformed", length)


def _read_clean(digits: str) -> PersonalIdReading:
    length = len(digits)
    if _is_digits(digits):
        if length == 12:
            kind = "personal_id" if is_plausible(digits) else "damaged"
            return PersonalIdReading(digits, kind, "well_formed")
        if length == 9:
            return PersonalIdReading(digits, "cmnd", "well_formed")
        if not digits.strip("0"):
            return PersonalIdReading(digits, "missing", "missing")
        if _PHONE.fullmatch(digits):
            return PersonalIdReading(digits, "phone", "malformed")
        kind = "damaged" if 8 <= length <= 14 else "other"
        return PersonalIdReading(digits, kind, "malformed")
    count = sum(map(str.isdigit, digits))
    if not count:
        return PersonalIdReading("", "missing", "missing")
    few_letters = length - count <= 2 and 8 <= length <= 14
    kind = "damaged" if few_letters and not _PASSPORT.fullmatch(digits) else "other"
    return PersonalIdReading(digits, kind, "malformed")


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def cmnd_key(digits: str) -> str:
    """The nine digits of a CMND to look a reading up by: 8 digits have lost a zero; else "".

    CMND numbers start with their province's code, 01 to 38: so one zero is lost at most.

    >>> cmnd_key("12345678"), cmnd_key("271234567"), cmnd_key("079185012345")
    ('012345678', '271234567', '')
    """
    if len(digits) not in (8, 9) or not _is_digits(digits):
        return ""
    if len(digits) == 9:
        return digits
    return "0" + digits if digits[0] != "0" else ""


ID_LEVELS = (
    "same",
    "leading_zero",
    "previous_id",
    "transposed",
    "digit",
    "length",
    "other",
    "malformed",
    "missing",
)
"""How a typed number stands to a register person's, tried in this order after same and missing:

previous_id: it is the person's CMND (8 digits: with its zero lost). leading_zero: only zeros at
the front are lost. transposed: two neighbouring digits exchanged. digit: one digit differs, or
letters stand for digits they resemble. length: cut by 1 to 4 digits at one end or by one anywhere,
with one or two too many, with letters added, or rounded by a spreadsheet. other: another
well-formed number. malformed: another thing with digits (a telephone number, say). missing.
"""

DEFAULT_WEIGHTS: dict[str, float] = {
    "same": 33.0,
    "leading_zero": 30.0,
    "previous_id": 27.0,
    "transposed": 21.0,
    "digit": 19.0,
    "length": 16.0,
    "other": -5.5,
    "malformed": -1.0,
    "missing": 0.0,
}
"""Bits of evidence, log2(m/u), in a register of about a hundred million, for use without an
estimated model. u of `same`: under one record in a hundred bears somebody else's valid number, and
then any of 10^8; of `digit`: about one number in a hundred that the rules allow is given, so some
one other person stands within a digit; of `length`: some ten others for every lost digit."""

LOOKALIKE = str.maketrans("OQDILSBZ", "00011582")
"""Letters that are typed or scanned for the digits they resemble."""

_CODE = "personal_id."
_ORDER = ("previous_id", "leading_zero", "digit", "transposed", "length")


@dataclass(frozen=True, slots=True)
class IdComparison:
    """What a comparison of numbers says: one of ID_LEVELS, the difference codes, bits.

    >>> compare_personal_ids("1093012345", "001093012345").codes
    ('personal_id.leading_zero',)
    """

    level: str
    codes: tuple[str, ...]
    weight: float


@lru_cache(maxsize=128)
def _outcome(level: str, *names: str) -> IdComparison:
    codes = tuple(_CODE + name for name in sorted(names, key=_ORDER.index))
    return IdComparison(level, codes, DEFAULT_WEIGHTS[level])


_SAME = IdComparison("same", (), DEFAULT_WEIGHTS["same"])
_MISSING = IdComparison("missing", (_CODE + "missing",), DEFAULT_WEIGHTS["missing"])


def codes_for_other(kind: str, owned_by_another: bool, length: int = 0) -> tuple[str, ...]:
    """The difference code of a number that bears no relation to the person's.

    `kind` and `length` are those of the reading (`len(reading.digits)`). A number that another
    register person has is `other_person`. One that nobody has is `not_in_register`, for all of
    9 or 12 characters; the rest (a telephone number, fragments) is `length`: cut or too long.

    >>> codes_for_other("personal_id", True), codes_for_other("phone", False, 10)
    (('personal_id.other_person',), ('personal_id.length',))
    """
    if kind == "missing":
        return (_CODE + "missing",)
    if owned_by_another:
        return (_CODE + "other_person",)
    if kind in ("personal_id", "cmnd") or length in (9, 12):
        return (_CODE + "not_in_register",)
    return (_CODE + "length",)


def compare_personal_ids(
    typed: PersonalIdReading | str, register_id: str, previous_id: str = ""
) -> IdComparison:
    """Compare a number as typed with a register person's 12 digits and CMND ("" for none).

    Two things can have happened to one number: zeros lost and then a digit wrong, or the CMND
    with a digit wrong: the level is the worse one and both codes are given. For the levels other
    and malformed the code supposes that no other register person has the number
    (`codes_for_other` tells when one has).

    >>> compare_personal_ids("079158012345", "079185012345")
    IdComparison(level='transposed', codes=('personal_id.transposed',), weight=21.0)
    >>> compare_personal_ids("271 234 567", "079185012345", previous_id="271234567").level
    'previous_id'
    """
    if isinstance(typed, str):
        if typed == register_id and typed:
            return _SAME
        typed = read_personal_id(typed)
    if typed.kind == "missing":
        return _MISSING
    digits = typed.digits
    if digits == register_id:
        return _SAME
    if typed.rounded_length:
        relation = _rounded(digits, typed.rounded_length, register_id)
    elif digits.isdigit():
        relation = _relation(digits, register_id, previous_id)
    else:
        relation = _with_letters(digits, register_id, previous_id)
    return relation or _unrelated(typed)


def _unrelated(typed: PersonalIdReading) -> IdComparison:
    level = "other" if typed.id_status == "well_formed" else "malformed"
    length = 0 if typed.rounded_length else len(typed.digits)
    codes = codes_for_other(typed.kind, owned_by_another=False, length=length)
    return IdComparison(level, codes, DEFAULT_WEIGHTS[level])


def _relation(digits: str, register_id: str, previous_id: str) -> IdComparison | None:
    """How digits come from one of the person's two numbers; None if they do not."""
    length = len(digits)
    cmnd = cmnd_key(digits) if previous_id else ""
    if cmnd and cmnd == previous_id:
        return _outcome("previous_id", "previous_id")
    if length == len(register_id):
        slip = _slip(digits, register_id)
        return _outcome(slip, slip) if slip else None
    padded = digits.zfill(len(register_id))
    if padded == register_id:
        return _outcome("leading_zero", "leading_zero")
    if _is_cut(digits, register_id):
        return _outcome("length", "length")
    # Zeros are lost by a spreadsheet before or after a hand slips: at most the two of 001.
    if length in (10, 11) and (slip := _slip(padded, register_id)):
        return _outcome(slip, "leading_zero", slip)
    significant = register_id.lstrip("0")
    if 8 <= length < len(significant) and significant.startswith(digits):
        return _outcome("length", "leading_zero", "length")
    if cmnd and (slip := _slip(cmnd, previous_id)):
        return _outcome(slip, "previous_id", slip)
    return None


def _slip(typed: str, right: str) -> str:
    """ "digit" or "transposed" if that one slip separates two texts of equal length, else ""."""
    if len(typed) != len(right):
        return ""
    differing = sum(map(ne, typed, right))
    if differing == 1:
        return "digit"
    if differing != 2:
        return ""
    at = next(place for place, letter in enumerate(typed) if letter != right[place])
    swapped = typed[at : at + 2] == right[at : at + 2][::-1]
    return "transposed" if swapped else ""


def _is_cut(digits: str, register_id: str) -> bool:
    """Whether digits were lost (1 to 4 at one end, one anywhere) or added (one or two)."""
    surplus = len(digits) - len(register_id)
    if -4 <= surplus < 0:
        if register_id.startswith(digits) or register_id.endswith(digits):
            return True
        return surplus == -1 and _is_subsequence(digits, register_id)
    return 0 < surplus <= 2 and _is_subsequence(register_id, digits)


def _is_subsequence(short: str, long: str) -> bool:
    at = 0
    for letter in short:
        at = long.find(letter, at) + 1
        if not at:
            return False
    return True


def _rounded(significant: str, length: int, register_id: str) -> IdComparison | None:
    """Whether a spreadsheet's rounded number (109301, 10 digits) can be the register's.

    Spreadsheets show six figures and leave out the zeros at the end of them.
    """
    whole = register_id.lstrip("0")
    if len(whole) != length:
        return None
    significant = significant.ljust(6, "0")[:length]
    scale = 10 ** (length - len(significant))
    if abs(int(significant) * scale - int(whole)) * 2 > scale:
        return None
    zeros = ("leading_zero",) if len(whole) < len(register_id) else ()
    return _outcome("length", *zeros, "length")


def _with_letters(text: str, register_id: str, previous_id: str) -> IdComparison | None:
    """O for 0 and its like; a letter in the place of one digit; letters around the number."""
    digits = text.translate(LOOKALIKE)
    if digits == register_id:
        return _outcome("digit", "digit")
    if digits.isdigit():
        return _relation(digits, register_id, previous_id)
    if _slip(digits, register_id) == "digit":
        return _outcome("digit", "digit")
    inside = "".join(filter(str.isdigit, text))
    if inside == register_id:
        return _outcome("length", "length")
    if previous_id and inside == previous_id:
        return _outcome("length", "previous_id", "length")
    return None

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

from lamsach.identity.personal_id_structure import (
    CENTURY_SEX,
    PersonalId,
    conflicts,
    is_plausible,
    structure_of,
)
from lamsach.identity.rules.numbers import LETTERS_FOR_DIGITS, NUMBER

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


ID_LEVELS = NUMBER.levels
"""How a typed number stands to a register person's (`rules.NUMBER`)."""

DEFAULT_WEIGHTS: dict[str, float] = {
    "same": 33.0,
    "leading_zero": 30.0,
    "previous_id": 27.0,
    "transposed": 21.0,
    "digit": 19.0,
    "length": 16.0,
    "other": -5.5,
    "missing": 0.0,
}
"""Bits of evidence, log2(m/u), in a register of about a hundred million, for use without an
estimated model. u of `same`: under one record in a hundred bears somebody else's valid number, and
then any of 10^8; of `digit`: about one number in a hundred that the rules allow is given, so some
one other person stands within a digit; of `length`: some ten others for every lost digit."""

_MALFORMED_WEIGHT = -1.0  # a telephone number or fragment: no other person's number either

LOOKALIKE = str.maketrans(*LETTERS_FOR_DIGITS)
"""Letters that are typed or scanned for the digits they resemble."""

_CODE = "personal_id."


@dataclass(frozen=True, slots=True)
class IdComparison:
    """What a comparison of numbers says: one of ID_LEVELS, the difference codes, bits.

    >>> compare_personal_ids("1093012345", "001093012345").codes
    ('personal_id.leading_zero',)
    """

    level: str
    codes: tuple[str, ...]
    weight: float


_case = NUMBER.function()
_OUTCOMES = tuple(
    IdComparison(outcome.level, outcome.codes, DEFAULT_WEIGHTS[outcome.level])
    for outcome in NUMBER.outcomes
)


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

    Level and codes are those of the rule of numbers (`rules.NUMBER`), as in a bulk run. Two things
    can have happened to one number: zeros lost and then a digit wrong, or the CMND with a digit
    wrong: the level is the worse one and both codes are given. For the level other the code
    supposes that no other register person has the number (`codes_for_other` tells when one has).

    >>> compare_personal_ids("079158012345", "079185012345")
    IdComparison(level='transposed', codes=('personal_id.transposed',), weight=21.0)
    >>> compare_personal_ids("271 234 567", "079185012345", previous_id="271234567").level
    'previous_id'
    """
    if isinstance(typed, str):
        typed = read_personal_id(typed)
    outcome = _OUTCOMES[_case(typed.digits, typed.kind, register_id, previous_id)]
    if outcome.level == "other" and typed.id_status == "malformed":
        return IdComparison(outcome.level, outcome.codes, _MALFORMED_WEIGHT)
    return outcome

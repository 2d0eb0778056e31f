"""The rule of numbers: how a personal number as typed stands to a register person's two.

Columns of a pair: `t_digits` (cleaned, upper case; letters that damaged the number stay; '' =
none) and `t_kind` (see `personal_ids.PersonalIdReading`), register `g_id` (12 digits) and
`g_previous` (a CMND of 9 digits, or ''). Each case is a relation of digits that an officer can
check by eye. Whose number it else is this rule cannot see: a case of the level `other` has the
code that holds when it is nobody's.
"""

from __future__ import annotations

from typing import Final

from lamsach.identity.rules.decisions import Decision, Outcome
from lamsach.identity.rules.expressions import (
    any_of,
    column,
    concat,
    ends_with,
    length,
    neighbours_exchanged,
    starts_with,
    translated,
    within_edits,
    without_leading_zeros,
)

__all__ = ["LETTERS_FOR_DIGITS", "NUMBER"]

#: Letters that are typed or scanned for the digits they resemble, and those digits.
LETTERS_FOR_DIGITS: Final = ("OQDILSBZ", "00011582")

_typed, _kind = column("t_digits"), column("t_kind")
_id, _previous = column("g_id"), column("g_previous")
_length = length(_typed)
_digits = translated(_typed, *LETTERS_FOR_DIGITS)
_only_digits = translated(_typed, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "")
_has_letters = any_of(_kind == "damaged", _kind == "other") & (_only_digits != _typed)
_without_zeros = without_leading_zeros(_id)

# Zeros are lost by a spreadsheet before or after a hand slips: at most the two of 001.
_lost_one = (_length == 11) & starts_with(_id, "0")
_lost_two = (_length == 10) & starts_with(_id, "00")


def _codes(*names: str) -> tuple[str, ...]:
    return tuple(f"personal_id.{name}" for name in names)


#: Số định danh cá nhân: 12 digits without a check digit (Decree 137/2015/NĐ-CP, art. 13).
#: Levels: leading_zero: only zeros at the front are lost. previous_id: the person's CMND (8 digits:
#: with its zero lost). transposed: two neighbouring digits exchanged. digit: one digit differs, or
#: letters stand for digits they resemble. length: cut by 1 to 4 digits at one end or by one or two
#: anywhere, with one or two too many, or with letters added. other: no relation.
#: Two things can have happened to one number: then the level is the worse one, and both are coded.
NUMBER: Final = Decision(
    "id_case",
    ("t_digits", "t_kind", "g_id", "g_previous"),
    (
        (any_of(_kind == "missing", _typed == ""), Outcome("missing", _codes("missing"))),
        (_typed == _id, Outcome("same")),
        # Most pairs end here: of the cases below, those for 12 digits are within an exchange.
        (
            (_kind == "personal_id") & (_length == 12) & ~within_edits(_typed, _id, 2),
            Outcome("other", _codes("not_in_register")),
        ),
        ((_length == 9) & (_typed == _previous), Outcome("previous_id", _codes("previous_id"))),
        (
            (_length >= 10)
            & (_length < 12)
            & starts_with(_id, "0")
            & (without_leading_zeros(_typed) == _without_zeros),
            Outcome("leading_zero", _codes("leading_zero")),
        ),
        (
            (_length == 8) & (concat("0", _typed) == _previous),
            Outcome("previous_id", _codes("previous_id")),
        ),
        ((_length == 12) & _has_letters & (_digits == _id), Outcome("digit", _codes("digit"))),
        (
            (_length == 12) & neighbours_exchanged(_typed, _id),
            Outcome("transposed", _codes("transposed")),
        ),
        (
            (_length == 12) & within_edits(_typed, _id, 1),
            Outcome("digit", _codes("digit")),
        ),
        (
            any_of(
                (_length >= 8)
                & (_length < 12)
                & any_of(starts_with(_id, _typed), ends_with(_id, _typed)),
                any_of(_length == 11, _length == 13) & within_edits(_typed, _id, 1),
                (_length == 14) & within_edits(_typed, _id, 2),
            ),
            Outcome("length", _codes("length")),
        ),
        (
            any_of(
                _lost_one & neighbours_exchanged(concat("0", _typed), _id),
                _lost_two & neighbours_exchanged(concat("00", _typed), _id),
            ),
            Outcome("transposed", _codes("leading_zero", "transposed")),
        ),
        (
            any_of(
                _lost_one & within_edits(concat("0", _typed), _id, 1),
                _lost_two & within_edits(concat("00", _typed), _id, 1),
            ),
            Outcome("digit", _codes("leading_zero", "digit")),
        ),
        (
            (_length >= 8) & (_length < 11) & starts_with(_without_zeros, _typed),
            Outcome("length", _codes("leading_zero", "length")),
        ),
        (
            (_length == 10) & within_edits(_typed, _id, 2),
            Outcome("length", _codes("length")),
        ),
        (
            (_length == 9) & (_previous != "") & neighbours_exchanged(_typed, _previous),
            Outcome("transposed", _codes("previous_id", "transposed")),
        ),
        (
            (_length == 9) & (_previous != "") & within_edits(_typed, _previous, 1),
            Outcome("digit", _codes("previous_id", "digit")),
        ),
        (_has_letters & (_only_digits == _id), Outcome("length", _codes("length"))),
        (
            _has_letters & (_previous != "") & (_only_digits == _previous),
            Outcome("previous_id", _codes("previous_id", "length")),
        ),
        (
            any_of(_length == 9, _length == 12),
            Outcome("other", _codes("not_in_register")),
        ),
    ),
    Outcome("other", _codes("length")),
)

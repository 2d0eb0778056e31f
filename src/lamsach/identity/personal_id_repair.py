"""Candidates for the number that a damaged personal number was before one thing happened to it.

A candidate is a guess to be looked up, never a correction: about one in a hundred of the numbers
that the rules allow belongs to somebody. Drop those that contradict the person with
`personal_id_structure.conflicts`; a province merged away in 2025 is no reason to drop one.

This room knows the digits only, not the register.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from lamsach.identity.personal_id_structure import is_plausible
from lamsach.identity.personal_ids import LOOKALIKE

__all__ = ["repairs"]

_LENGTH = 12
_DIGITS = "0123456789"
_MOST_CUT = 2  # a hundred candidates for each end; for three it would be a thousand


def repairs(digits: str) -> Iterator[tuple[str, str]]:
    """Yield (candidate, difference code): each plausible 12-digit number one error away, once.

    Of 12 digits: neighbours exchanged, one digit wrong (a letter is the wrong one, and O may be 0).
    Of 10 or 11: zeros lost, then cut by one digit anywhere or by two at one end. Of 13 or 14: one
    or two digits too many. A few hundred at most. The code is the one that `compare_personal_ids`
    gives the pair. The digits as they stand are not a repair. Nothing is yielded for zeros alone
    (they fill a field, they are no number) and for other lengths, a CMND among them: that is
    looked up by `personal_ids.cmnd_key`.

    >>> next(repairs("1093012345"))
    ('001093012345', 'personal_id.leading_zero')
    >>> ("079185012345", "personal_id.transposed") in repairs("079158012345")
    True
    """
    if not digits.strip("0"):
        return
    seen = {digits}
    for candidate, code in _guesses(digits):
        if candidate not in seen and is_plausible(candidate):
            seen.add(candidate)
            yield candidate, "personal_id." + code


def _guesses(digits: str) -> Iterator[tuple[str, str]]:
    missing = _LENGTH - len(digits)
    read = digits.translate(LOOKALIKE)
    if missing == 0:
        yield read, "digit"
        yield from _neighbours_exchanged(digits)
        yield from _one_digit_wrong(digits)
    elif 0 < missing <= _MOST_CUT:
        yield read.zfill(_LENGTH), "leading_zero"
        yield from _cut(read, missing)
    elif -2 <= missing < 0:
        yield from _too_long(read, -missing)


def _neighbours_exchanged(digits: str) -> Iterator[tuple[str, str]]:
    for at in range(_LENGTH - 1):
        left, right = digits[at], digits[at + 1]
        yield digits[:at] + right + left + digits[at + 2 :], "transposed"


def _one_digit_wrong(digits: str) -> Iterator[tuple[str, str]]:
    for at in range(_LENGTH):
        for digit in _DIGITS:
            yield digits[:at] + digit + digits[at + 1 :], "digit"


def _cut(digits: str, missing: int) -> Iterator[tuple[str, str]]:
    for lost in map("".join, product(_DIGITS, repeat=missing)):
        yield digits + lost, "length"
        yield lost + digits, "length"
    if missing == 1:
        for at in range(1, len(digits)):
            for digit in _DIGITS:
                yield digits[:at] + digit + digits[at:], "length"


def _too_long(digits: str, surplus: int) -> Iterator[tuple[str, str]]:
    for at in range(len(digits)):
        shorter = digits[:at] + digits[at + 1 :]
        if surplus == 1:
            yield shorter, "length"
        else:
            for second in range(at, len(shorter)):
                yield shorter[:second] + shorter[second + 1 :], "length"

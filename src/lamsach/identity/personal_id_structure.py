"""What the 12 digits of a personal identification number (số định danh cá nhân, CCCD) say.

They are PPP G YY RRRRRR: province of birth registration, century and sex, two-digit year of birth,
six random digits (Decree 137/2015/NĐ-CP, art. 13; Circular 59/2021/TT-BCA, art. 4). There is no
check digit, but the first six must agree with the person: a free test of both.

This room knows right numbers only, not how people damage them, and not whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from lamsach.identity.places import PROVINCES, is_place_code, same_province

__all__ = ["CENTURY_SEX", "PersonalId", "conflicts", "is_plausible", "structure_of"]

CENTURY_SEX: dict[str, tuple[int, str]] = {
    "0": (1900, "M"),
    "1": (1900, "F"),
    "2": (2000, "M"),
    "3": (2000, "F"),
    "4": (2100, "M"),
    "5": (2100, "F"),
    "6": (2200, "M"),
    "7": (2200, "F"),
    "8": (2300, "M"),
    "9": (2300, "F"),
}
"""Digit 4: the first year of the century of birth, and the sex (Decree 137/2015/NĐ-CP, art. 13)."""

_LIVING = frozenset("0123")  # digit 4 of anybody born from 1900 to 2099


@dataclass(frozen=True, slots=True)
class PersonalId:
    """The parts of a 12-digit personal identification number.

    >>> structure_of("079185012345").sex
    'F'
    """

    place: str
    """Three digits: province (or country) of birth registration."""
    sex: str
    """"M" or "F"."""
    birth_year: int
    """Four digits, with the century of digit 4."""
    serial: str
    """Six random digits."""

    @property
    def province_name(self) -> str:
        """Name of the province at the time of Circular 07/2016; "" for a birth abroad.

        >>> structure_of("079185012345").province_name
        'Hồ Chí Minh'
        """
        return PROVINCES.get(self.place, "")


def is_plausible(digits: str) -> bool:
    """Whether 12 digits can be the number of somebody born from 1900 to 2099.

    >>> is_plausible("079185012345"), is_plausible("999185012345"), is_plausible("079985012345")
    (True, False, False)
    """
    if len(digits) != 12 or not (digits.isascii() and digits.isdigit()):
        return False
    return digits[3] in _LIVING and is_place_code(digits[:3])


def structure_of(digits: str) -> PersonalId | None:
    """The parts of 12 digits; None for anything else. The place may be one that does not exist.

    >>> structure_of("079185012345")
    PersonalId(place='079', sex='F', birth_year=1985, serial='012345')
    """
    if len(digits) != 12 or not (digits.isascii() and digits.isdigit()):
        return None
    century, sex = CENTURY_SEX[digits[3]]
    return PersonalId(digits[:3], sex, century + int(digits[4:6]), digits[6:])


def conflicts(
    digits: str,
    *,
    sex: str = "",
    birth_year: int | None = None,
    province: str = "",
    units: str = "2022",
) -> tuple[str, ...]:
    """What a 12-digit number contradicts: some of "sex", "birth_year", "province", in this order.

    `sex` is "M" or "F"; `province` is the two-digit code of a territory in the catalogue `units`
    ("2022" or "2025"). What is not given is not judged; digits that are no 12-digit number
    contradict nothing. A province of registration that was merged away in 2025 is never a
    conflict with its heir. "province" is weak evidence where `province` is a residence, for
    people move; without `province` it means a code that no place has.

    >>> conflicts("079185012345", sex="M", birth_year=1958)
    ('sex', 'birth_year')
    >>> conflicts("002185012345", province="08", units="2025")
    ()
    """
    parts = structure_of(digits)
    if parts is None:
        return ()
    found = []
    if sex and sex != parts.sex:
        found.append("sex")
    if birth_year is not None and birth_year != parts.birth_year:
        found.append("birth_year")
    if (province and not same_province(parts.place, province.zfill(2), units)) or (
        not is_place_code(parts.place)
    ):
        found.append("province")
    return tuple(found)

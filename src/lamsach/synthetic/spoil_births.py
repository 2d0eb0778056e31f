"""Births as they were typed, and which codes that makes. Works on columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import mixes
from .draws import Flags, Ints
from .people import FIRST_YEAR, FULL, MONTH, TODAY, YEAR

CODES = tuple(f"birth_date.{c}" for c in ("day_month_swapped", "day", "month", "year", "year_only",
                                          "placeholder", "missing", "other"))  # fmt: skip
_KINDS = ("swapped", "day", "month", "year", "year_only", "placeholder", "birth_missing",
          "birth_other")  # fmt: skip
MISSING = -1  # precision of a birth that is not given
_DAY_SLIPS = np.array([1, -1, 10, -10, 2, 7, -3, 13])
_YEAR_SLIPS = np.array([1, -1, 1, -1, 2, -2, 10, -10, 9, -20])
_SHORT = np.array([2, 4, 6, 9, 11])  # months without a 31st
_LAST = int(str(TODAY)[:4]) - 1


@dataclass(frozen=True, slots=True)
class Typed:
    """Births as typed: parts, precision (MISSING = not given) and codes."""

    year: Ints
    month: Ints
    day: Ints
    precision: Ints
    codes: Flags


def applicable(month: Ints, day: Ints, precision: Ints) -> dict[str, Flags]:
    """Which errors of birth can befall each row, by kind; those not named can always."""
    full = precision == FULL
    return {
        "swapped": full & (day <= 12) & (day != month),
        "day": full,
        "month": full,
        "year_only": full,
        "placeholder": ~(full & (day == 1) & (month == 1)),
    }


def typed_births(
    kind: Ints, year: Ints, month: Ints, day: Ints, precision: Ints, *, dice: Ints
) -> Typed:
    """Births with one error each, by kind number (see `mixes`) or NONE.

    `dice` are non-negative random numbers, one a row, that choose among the slips of a kind; the
    kind must be applicable to the row.
    """
    codes = np.stack([kind == mixes.kind(k) for k in _KINDS], axis=1)
    swapped, a_day, a_month, a_year, year_only, placeholder, missing, other = codes.T
    y, m, d, p = year.copy(), month.copy(), day.copy(), precision.copy()

    m[swapped], d[swapped] = day[swapped], month[swapped]

    slip = (day - 1 + _DAY_SLIPS[dice % len(_DAY_SLIPS)]) % 28 + 1
    slip = np.where(slip == day, day % 28 + 1, slip)
    slip = np.where((slip == 1) & (month == 1), np.where(day == 11, 21, 11), slip)
    slip = np.where((dice % 37 == 0) & np.isin(month, _SHORT) & (day != 31), 31, slip)
    d = np.where(a_day, slip, d)

    slip = (month + dice % 11) % 12 + 1
    slip = np.where((slip == 1) & (day == 1), np.where(month == 12, 11, 12), slip)
    m = np.where(a_month, slip, m)

    step = _YEAR_SLIPS[dice % len(_YEAR_SLIPS)]
    step = np.where((year + step > _LAST) | (year + step < FIRST_YEAR), -step, step)
    y = np.where(a_year, year + step, y)

    p[year_only] = YEAR
    p[placeholder], m[placeholder], d[placeholder] = FULL, 1, 1
    p[missing] = MISSING

    # Anything else: two parts differ, or a date where the register holds less or a stand-in.
    known = (precision == FULL) & ~((day == 1) & (month == 1))
    one_month = known & (dice % 8 == 0)  # the day left out
    new_month = (month + dice % 11) % 12 + 1
    new_month = np.where((new_month == 1) & (day == 1), np.where(month == 12, 11, 12), new_month)
    back = year - 1 - dice % 4
    two = other & known & ~one_month
    y = np.where(two, np.where(back < FIRST_YEAR, year + 5, back), y)
    m = np.where(two, new_month, m)
    p[other & one_month] = MONTH
    stand_in = other & ~known
    m = np.where(stand_in, 2 + dice % 11, m)
    d = np.where(stand_in, 2 + dice % 27, d)
    p[stand_in] = FULL
    return Typed(y.astype(np.int32), m.astype(np.int32), d.astype(np.int32), p, codes)

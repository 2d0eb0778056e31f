"""Personal IDs as they were typed, and which codes that makes. Works on bytes of digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import mixes
from .draws import Flags, Ints
from .text import Bytes, digits

CODES = tuple(f"personal_id.{c}" for c in ("missing", "previous_id", "leading_zero", "digit",
              "transposed", "length", "other_person", "not_in_register"))  # fmt: skip
MISSING, PREVIOUS, ZERO, DIGIT, TRANSPOSED, LENGTH, PERSON, NOBODY = range(8)
WIDTH = 15
# Where a digit slips: mostly among the last six, which nobody knows by rule.
_SLIPS = np.array([0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11])


@dataclass(frozen=True, slots=True)
class Typed:
    """Numbers as typed: bytes, how many of them count (0 = not given), and codes."""

    digits: Bytes
    length: Ints
    codes: Flags


def typed_numbers(
    rng: np.random.Generator,
    kind: Ints,
    own: Bytes,
    *,
    cmnd: Ints,
    borrowed: Bytes,
    unused: Bytes,
    phone: Bytes,
) -> Typed:
    """Numbers with one error each, by kind number (see `mixes`) or NONE.

    `own` are the true 12 digits; `borrowed` those of somebody else for the kinds "household" and
    "stranger"; `unused` 12 digits that nobody has; `phone` ten digits.
    """
    n = len(kind)
    made = np.zeros((n, WIDTH), dtype=np.uint8)
    made[:, :12] = own
    length = np.full(n, 12, dtype=np.int32)
    codes = np.zeros((n, len(CODES)), dtype=bool)

    def rows(name: str) -> npt.NDArray[np.int64]:
        return np.flatnonzero(kind == mixes.kind(name))

    at = rows("cmnd")
    made[at, :9], length[at], codes[at, PREVIOUS] = digits(cmnd[at], 9), 9, True

    at = rows("transposed")
    differ = own[at, :-1] != own[at, 1:]
    place = np.where(differ, rng.random(differ.shape, dtype=np.float32), -1).argmax(axis=1)
    made[at, place], made[at, place + 1] = own[at, place + 1], own[at, place]
    codes[at, TRANSPOSED] = True

    at = rows("digit")
    place = _SLIPS[rng.integers(0, len(_SLIPS), len(at))]
    new = (own[at, place] - 48 + rng.integers(1, 10, len(at))) % 10 + 48
    made[at, place] = new
    codes[at, DIGIT] = True

    at = np.flatnonzero(np.isin(kind, [mixes.kind("household"), mixes.kind("stranger")]))
    made[at, :12] = borrowed[at]
    codes[at, PERSON] = True
    slip, crossed = _near(own[at], borrowed[at])
    codes[at, DIGIT], codes[at, TRANSPOSED] = slip, crossed

    at = rows("unknown")
    slip, crossed = _near(own[at], unused[at])  # by chance no more than a slip
    made[at, :12] = unused[at]
    codes[at, DIGIT], codes[at, TRANSPOSED] = slip, crossed
    codes[at, NOBODY] = ~(slip | crossed)
    # a 9-digit number that the register does not know; no province has issued the prefix 39
    nine = at[rng.random(len(at), dtype=np.float32) < 0.35]
    made[nine, :9] = digits(390_000_000 + rng.integers(0, 10_000_000, len(nine)), 9)
    length[nine] = 9
    codes[nine] = np.arange(len(CODES)) == NOBODY

    at = rows("id_missing")
    length[at], codes[at, MISSING] = 0, True

    at = rows("leading_zero")  # a spreadsheet took it for a quantity
    zeros = 1 + (own[at, 1] == 48) * 1
    made[at, :11] = np.where(zeros[:, None] == 1, own[at, 1:], np.roll(own[at, 1:], -1, axis=1))
    length[at], codes[at, ZERO] = 12 - zeros, True

    at = rows("length")
    way = rng.integers(0, 3, len(at))
    length[at] = np.array([11, 10, 13])[way]
    extra = at[way == 2]
    place = rng.integers(3, 12, len(extra))
    columns = np.arange(13)
    made[extra, :13] = np.take_along_axis(own[extra], columns - (columns > place[:, None]), axis=1)
    codes[at, LENGTH] = True

    at = rows("phone")
    made[at, :10], length[at], codes[at, LENGTH] = phone[at], 10, True
    return Typed(made, length, codes)


def _near(one: Bytes, other: Bytes) -> tuple[Flags, Flags]:
    """Whether two numbers differ in one digit; or in two neighbours that changed places."""
    apart = one != other
    count = apart.sum(axis=1)
    every = np.arange(len(one))
    first = apart.argmax(axis=1)
    second = np.minimum(first + 1, one.shape[1] - 1)
    crossed = (one[every, first] == other[every, second]) & (
        one[every, second] == other[every, first]
    )
    return count == 1, (count == 2) & apart[every, second] & crossed

"""Columns of numbers become columns of text, without a step a row.

The only room that builds strings of records; knows what a date or a number looks like when it
is written, and nothing of what it means.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .draws import Ints
from .people import FIRST_YEAR, FULL, LAST_YEAR, MONTH

Bytes = npt.NDArray[np.uint8]

_YEARS = LAST_YEAR - FIRST_YEAR + 1
_FULL_DATES = _YEARS * 12 * 31
_DATES = _FULL_DATES + _YEARS * 12 + _YEARS
ISO, DAY_FIRST = 0, 1  # the two ways of writing a date
NOT_GIVEN = -1

_THREE_DIGITS = np.array([list(b"%03d" % i) for i in range(1000)], dtype=np.uint8)
_HEX = np.array([list(b"%02x" % i) for i in range(256)], dtype=np.uint8)


def digits(number: npt.NDArray[Any], width: int) -> Bytes:
    """The decimal digits as bytes, one row a number, zeros in front; `width` a multiple of 3.

    >>> bytes(digits(np.array([93]), 6)[0])
    b'000093'
    """
    made = np.empty((len(number), width), dtype=np.uint8)
    rest = number.astype(np.int64)
    for place in range(width - 3, -1, -3):
        rest, three = np.divmod(rest, 1000)
        made[:, place : place + 3] = _THREE_DIGITS[three]
    return made


def personal_ids(province: Ints, century_sex: Ints, year: Ints, serial: Ints) -> Bytes:
    """The 12 digits: province of birth registration, century and sex, year, serial.

    >>> one = np.array([1])
    >>> bytes(personal_ids(one, one, np.array([1993]), np.array([12345]))[0])
    b'001193012345'
    """
    head = century_sex * 100 + year % 100
    return np.concatenate([_THREE_DIGITS[province], _THREE_DIGITS[head], digits(serial, 6)], axis=1)


def strings(made: Bytes, length: npt.NDArray[Any] | None = None) -> pa.StringArray:
    """Text of rows of bytes; with `length`, only the first so many of each row, 0 for NULL.

    >>> strings(np.frombuffer(b"abcdef", np.uint8).reshape(2, 3), np.array([2, 0])).to_pylist()
    ['ab', None]
    """
    n, width = made.shape
    if length is None:
        offsets = np.arange(n + 1, dtype=np.int32) * np.int32(width)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(made))]
        return pa.StringArray.from_buffers(n, *buffers[1:])
    offsets = np.zeros(n + 1, dtype=np.int32)
    np.cumsum(length, out=offsets[1:])
    kept = made[np.arange(width) < length[:, None]]
    valid = np.packbits(length > 0, bitorder="little")
    return pa.StringArray.from_buffers(
        n, pa.py_buffer(offsets), pa.py_buffer(kept), pa.py_buffer(valid)
    )


def random_hex(rng: np.random.Generator, n: int) -> pa.StringArray:
    """Random 128-bit keys in hexadecimal.

    >>> len(random_hex(np.random.default_rng(0), 1)[0].as_py())
    32
    """
    raw = np.frombuffer(rng.bytes(n * 16), dtype=np.uint8)
    return strings(_HEX[raw].reshape(n, 32))


def pick(table: pa.Array, index: npt.NDArray[Any]) -> pa.Array:
    """The entries of a small table; a negative index gives NULL."""
    chosen = pa.array(index, mask=index < 0) if (index < 0).any() else pa.array(index)
    return table.take(chosen)


def joined(words: pa.Array, ids: npt.NDArray[np.int32]) -> pa.Array:
    """Words by number, joined by blanks; NOTHING (-1) is left out.

    >>> joined(pa.array(["Y", "Moan"]), np.array([[0, 1, -1]], dtype=np.int32)).to_pylist()
    ['Y Moan']
    """
    columns = [pick(words, np.ascontiguousarray(ids[:, j])) for j in range(ids.shape[1])
               if (ids[:, j] >= 0).any()]  # fmt: skip
    return pc.binary_join_element_wise(*columns, " ", null_handling="skip")


def written_dates() -> pa.Array:
    """All dates there can be, as `date_codes` numbers them: ISO forms, then day first.

    Impossible days (31/02) are among them, since people write them.
    """
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    full = [(y, m, d) for y in years for m in range(1, 13) for d in range(1, 32)]
    months = [(y, m) for y in years for m in range(1, 13)]
    return pa.array(
        [f"{y}-{m:02}-{d:02}" for y, m, d in full]
        + [f"{y}-{m:02}" for y, m in months]
        + [str(y) for y in years]
        + [f"{d:02}/{m:02}/{y}" for y, m, d in full]
        + [f"{m:02}/{y}" for y, m in months]
        + [str(y) for y in years]
    )


def date_codes(
    year: Ints, month: Ints, day: Ints, precision: Ints, form: Ints | int = ISO
) -> npt.NDArray[np.int32]:
    """The place of a birth in `written_dates`; a precision below 0 is not given.

    >>> one = np.array([1])
    >>> code = date_codes(np.array([1963]), one * 5, one * 4, one * FULL, DAY_FIRST)
    >>> written_dates()[int(code[0])].as_py()
    '04/05/1963'
    """
    years = np.clip(year, FIRST_YEAR, LAST_YEAR) - FIRST_YEAR
    months = years * 12 + month - 1
    code = np.where(
        precision == FULL,
        months * 31 + day - 1,
        np.where(precision == MONTH, _FULL_DATES + months, _FULL_DATES + _YEARS * 12 + years),
    )
    return np.where(precision < 0, NOT_GIVEN, code + _DATES * form).astype(np.int32)

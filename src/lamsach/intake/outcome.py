"""What a check found, counted: for the page, for the row in the database and for the import.

Codes and places only: no cell's value is kept here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from lamsach.intake.checking import Checked

__all__ = ["Outcome", "has_bit"]

_FIRST: Final = 100


@dataclass
class Outcome:
    """The counts of a check under way."""

    rows: int = 0
    bad: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    first: list[tuple[int, str, str]] = field(default_factory=list)
    good_rows: bytearray = field(default_factory=bytearray)

    def count(self, checked: Checked) -> None:
        """Count one row."""
        self.rows += 1
        if checked.is_good:
            place, bit = divmod(checked.row.number, 8)
            if place >= len(self.good_rows):
                self.good_rows.extend(bytes(place + 1 - len(self.good_rows)))
            self.good_rows[place] |= 1 << bit
        else:
            self.bad += 1
        for one in checked.problems:
            self.problems[f"{one.column}/{one.code}"] += 1
            if len(self.first) < _FIRST:
                self.first.append((checked.row.number, one.column, one.code))
        for one in checked.remarks:
            self.remarks[one.code] += 1

    @property
    def good(self) -> int:
        """How many rows go in."""
        return self.rows - self.bad


def has_bit(bits: bytes, number: int) -> bool:
    """Whether a row was found good.

    >>> has_bit(bytes([0b00000100]), 2), has_bit(b"", 9)
    (True, False)
    """
    place, bit = divmod(number, 8)
    return place < len(bits) and bool(bits[place] >> bit & 1)

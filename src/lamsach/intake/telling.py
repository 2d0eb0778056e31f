"""What a check found, from codes to sentences: for pages, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.utils.translation import get_language

from lamsach.intake.columns import COLUMNS
from lamsach.intake.problems import PROBLEMS, REMARKS

__all__ = ["Told", "findings_told", "first_told"]


class Told(NamedTuple):
    """A finding in words; `where` is a column's heading, `what` the row's number or a count."""

    where: str
    what: int
    reason: str
    fix: str


def _heading(identifier: str) -> str:
    column = next((one for one in COLUMNS if one.identifier == identifier), None)
    if column is None:
        return ""
    return column.en if (get_language() or "vi").startswith("en") else column.vi


def _told(column: str, what: int, code: str) -> Told:
    said = PROBLEMS[code]
    return Told(_heading(column), what, str(said.reason), str(said.fix))


def first_told(first: Iterable[tuple[int, str, str]]) -> list[Told]:
    """The first problems, each with its row in the sheet."""
    return [_told(column, row, code) for row, column, code in first]


def findings_told(counts: Mapping[str, int], *, remarks: bool = False) -> list[Told]:
    """Problems (`column/code`) or remarks (`code`) with how often each was found."""
    if remarks:
        return [Told("", count, str(REMARKS[code]), "") for code, count in counts.items()]
    pairs = ((*key.partition("/")[::2], count) for key, count in counts.items())
    return [_told(column, count, code) for column, code, count in pairs]

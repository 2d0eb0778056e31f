"""Reading workbooks that anybody may have made: guarded, in a process apart, row by row.

`opened_workbook` gives the sheets and a stream of their rows. Memory on this side stays the same
however large the file is; a hostile one ends the process apart and nothing else. What the cells
mean is not known here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from lamsach.files.errors import FileRefusedError
from lamsach.files.workbook_guard import guard

__all__ = ["MOST_COLUMNS", "MOST_ROWS", "Row", "Sheet", "Workbook", "opened_workbook", "plain_text"]

MOST_ROWS: Final = 200_000
MOST_COLUMNS: Final = 100
_MOST_SHEETS: Final = 20
_HEADINGS: Final = 20  # rows that titles and headings may take beside the data
_CHILD: Final = Path(__file__).with_name("workbook_child.py")
#: A cell that a spreadsheet would take for a formula; written with an apostrophe before it.
RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not empty: its number in Excel and its cells, from column A on."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, whether it is shown, and its rows, to be read once and in order."""

    name: str
    visible: bool
    rows: Iterator[Row]


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook under way: the names of its sheets, then the sheets one after the other."""

    names: tuple[str, ...]
    sheets: Iterator[Sheet]


def plain_text(cell: str) -> str:
    """A cell without what only protects it from being taken for a formula.

    >>> plain_text("'+84912345678"), plain_text(" H'Hen "), plain_text("'tis")
    ('+84912345678', "H'Hen", "'tis")
    """
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(RISKY) else cell


@contextmanager
def opened_workbook(content: bytes) -> Iterator[Workbook]:
    """Open a workbook; its rows are read while they are asked for.

    Raises `FileRefusedError`, at once or while rows are read.
    """
    guard(content)
    with _handed_over(content) as handed:
        child = subprocess.Popen(  # noqa: S603 - our own program, beside this file
            [sys.executable, "-I", str(_CHILD)],
            stdin=handed,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it could quote cells
            env={"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
        )
    with child:
        try:
            yield _workbook(_Told(child))
        finally:
            child.kill()


def _handed_over(content: bytes) -> IO[bytes]:
    """The content as a file that has no name and lies in memory alone."""
    file = os.fdopen(os.memfd_create("workbook"), "w+b")
    file.write(content)
    file.seek(0)
    return file


class _Told:
    """What the process apart tells, line by line, with one line of looking ahead."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        self._child, self._stream = child, child.stdout
        self._next: Any = None

    def look(self) -> Any:
        if self._next is None:
            line = self._stream.readline()
            if not line.endswith(b"\n"):  # it ended: out of memory or time, or not readable
                raise FileRefusedError("bomb" if self._child.wait() < 0 else "damaged")
            self._next = json.loads(line)
        return self._next

    def take(self) -> Any:
        found, self._next = self.look(), None
        return found


def _workbook(told: _Told) -> Workbook:
    sheets = told.take()["sheets"]
    if len(sheets) > _MOST_SHEETS:
        raise FileRefusedError("too_many_sheets")
    shown = {one["name"]: one["visible"] for one in sheets}
    return Workbook(tuple(shown), _sheets(told, shown))


def _sheets(told: _Told, shown: dict[str, bool]) -> Iterator[Sheet]:
    while "end" not in (head := told.take()):
        if head["rows"] > MOST_ROWS + _HEADINGS:
            raise FileRefusedError("too_many_rows")
        if head["columns"] > MOST_COLUMNS:
            raise FileRefusedError("too_many_columns")
        rows = _rows(told)
        yield Sheet(head["sheet"], shown[head["sheet"]], rows)
        for _ in rows:  # what the reader left, so that the next line is the next sheet's
            pass


def _rows(told: _Told) -> Iterator[Row]:
    while isinstance(told.look(), list):
        number, cells = told.take()
        yield Row(number, cells)

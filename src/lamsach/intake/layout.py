"""Where a sheet's headings stand and which column is which.

Headings may follow a title of some lines, stand in any order and among columns of the office's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lamsach.files.errors import FileRefusedError
from lamsach.files.workbooks import Row
from lamsach.intake.columns import COLUMNS, Column, heading_key

__all__ = ["FIX", "LINES_OF_TITLE", "REASON", "Layout", "layout_in"]

#: Headings of the two columns that a returned workbook has more.
REASON: Final = "Lý do trả lại"
FIX: Final = "Cách sửa"
LINES_OF_TITLE: Final = 20
_ENOUGH: Final = 3
_BY_HEADING: Final[Mapping[str, Column]] = {
    heading: column for column in COLUMNS for heading in column.headings()
}
_RETURNED: Final = frozenset({heading_key(REASON), heading_key(FIX)})


@dataclass(frozen=True, slots=True)
class Layout:
    """A sheet's headings: their row, their cells without the returned ones, and what they mean.

    `columns` goes in the order in which columns are read, not in the sheet's.
    """

    row: int
    headings: tuple[str, ...]
    kept: tuple[int, ...]
    columns: tuple[tuple[int, Column], ...]

    def cells_kept(self, cells: list[str]) -> list[str]:
        """A row's cells as a returned workbook repeats them."""
        return [cells[index] if index < len(cells) else "" for index in self.kept]


def layout_in(rows: Iterable[Row]) -> Layout | None:
    """The layout of a sheet by its first rows; None when these are no headings of ours.

    Raises `FileRefusedError` when a heading stands twice or the name's is missing.
    """
    for row in rows:
        found: dict[int, Column] = {}
        for index, cell in enumerate(row.cells):
            column = _BY_HEADING.get(heading_key(cell)) if cell and len(cell) < 100 else None
            if column is not None:
                if column in found.values():
                    raise FileRefusedError("headings_twice")
                found[index] = column
        if len(found) < _ENOUGH:
            continue
        if not any(column.compulsory for column in found.values()):
            raise FileRefusedError("headings_missing")
        kept = tuple(
            index
            for index, cell in enumerate(row.cells)
            if cell and heading_key(cell) not in _RETURNED
        )
        order = {id(column): place for place, column in enumerate(COLUMNS)}
        columns = sorted(found.items(), key=lambda pair: order[id(pair[1])])
        return Layout(row.number, tuple(row.cells[index] for index in kept), kept, tuple(columns))
    return None

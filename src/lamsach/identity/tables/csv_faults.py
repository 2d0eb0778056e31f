"""Where exactly a CSV file is broken: the row, the line and the column.

The engine reads the rows; what it cannot read is found again here, line by line, because the
engine's own message quotes the row's personal data and does not know the column. What the engine
forgives (empty lines, empty cells at the end of a row, spaces around a quoted cell) is no fault
here either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lamsach.identity.errors import InputError
from lamsach.identity.tables.csv_files import BOM, LINE_ENDS, LINE_LIMIT, SAVE_AS, CsvLayout

__all__ = ["csv_fault", "csv_line"]


def csv_line(path: Path, layout: CsvLayout, row: int) -> int:
    """The line of a sound CSV file on which a row of data begins, both counted from 1."""
    for number, (line, _) in enumerate(_records(path, layout.delimiter.encode())):
        if number == row:
            return line
    return row + 1


def csv_fault(path: Path, layout: CsvLayout) -> InputError | None:
    """Find the first place where a CSV file is broken: quotes, cells, encoding, line length.

    Reads the file once, in bounded memory, at some hundred thousand lines a second; None if all
    is well.
    """
    mixed: InputError | None = None
    delimiter = layout.delimiter.encode()
    usual_end = layout.line_end.encode()
    for row, (line, record) in enumerate(_records(path, delimiter)):
        fault = _record_fault(record, layout, delimiter)
        if fault is not None:
            problem, cell = fault
            column = None if cell is None else layout.columns[min(cell, len(layout.columns) - 1)]
            return InputError(problem, file=str(path), row=row or None, line=line, column=column)
        end = b"\r\n" if record.endswith(b"\r\n") else record[-1:]
        if mixed is None and end in (b"\n", b"\r\n") and end != usual_end:
            mixed = InputError(
                "this line ends in another way than the header row; save the file with one kind"
                " of line end",
                file=str(path),
                row=row,
                line=line,
            )
    return mixed


def _records(path: Path, delimiter: bytes) -> Iterator[tuple[int, bytes]]:
    """Rows that are not blank with the line on which each begins, the header among them.

    A row that passes the limit is given cut.
    """
    with path.open("rb") as file:
        if file.read(len(BOM)) != BOM:
            file.seek(0)
        line = 1
        while record := file.readline(LINE_LIMIT + 1):
            began = line
            line += record.endswith(b"\n")
            is_open = b'"' in record and _walk(record, delimiter).is_open
            while is_open and len(record) <= LINE_LIMIT:
                more = file.readline(LINE_LIMIT + 1)
                if not more:
                    break
                line += more.endswith(b"\n")
                record += more
                is_open = b'"' not in more or _walk(record, delimiter).is_open
            if record.strip(LINE_ENDS):
                yield began, record
            while len(record) > LINE_LIMIT and record and not record.endswith(b"\n"):
                record = file.readline(LINE_LIMIT + 1)
                line += record.endswith(b"\n")


@dataclass(frozen=True)
class _Walk:
    """What a walk through a row has seen; empty cells at its end are not counted in `filled`."""

    cells: int
    filled: int
    is_open: bool = False
    broken_cell: int | None = None


def _walk(record: bytes, delimiter: bytes) -> _Walk:
    """Go through the cells of a row as the engine parts them, up to the first broken quote."""
    cell, place, filled, end = 0, 0, 0, len(record.rstrip(LINE_ENDS))
    while True:
        begin = place
        while record[place : place + 1] == b" ":
            place += 1
        if record[place : place + 1] == b'"':
            opened = place
            close = record.find(b'"', opened + 1)
            while close >= 0 and record[close + 1 : close + 2] == b'"':
                close = record.find(b'"', close + 2)
            if close < 0:
                return _Walk(cell + 1, cell + 1, is_open=True, broken_cell=cell)
            place = close + 1
            while record[place : place + 1] == b" ":
                place += 1
            if place < end and record[place : place + 1] != delimiter:
                return _Walk(cell + 1, cell + 1, broken_cell=cell)
            is_empty = close == opened + 1
        else:
            is_empty = record[begin : begin + 1] in (delimiter, b"") or begin >= end
        after = record.find(delimiter, place, end)
        filled = filled if is_empty else cell + 1
        if after < 0:
            return _Walk(cell + 1, filled)
        cell, place = cell + 1, after + 1


def _record_fault(
    record: bytes, layout: CsvLayout, delimiter: bytes
) -> tuple[str, int | None] | None:
    """What is wrong with one row and in which cell (from 0), if anything is."""
    count = len(layout.columns)
    if b'"' not in record and record.count(delimiter) == count - 1:
        walk = _Walk(count, count)
    else:
        walk = _walk(record, delimiter)
    is_long_line = len(record) > LINE_LIMIT and b"\n" not in record
    if walk.broken_cell is not None and not is_long_line:
        return (
            "a quote is opened here and not closed as it should be; write a quote inside a"
            ' quoted cell twice ("")',
            walk.broken_cell,
        )
    if len(record) > LINE_LIMIT:
        lengths = [len(cell) for cell in record.split(delimiter)]
        return f"the cell makes its row longer than {LINE_LIMIT:,} bytes", lengths.index(
            max(lengths)
        )
    try:
        record.decode("utf-8")
    except UnicodeDecodeError as error:
        before = _walk(record[: error.start], delimiter)
        return f"the text is not UTF-8; {SAVE_AS}", before.cells - 1
    if walk.cells < count or walk.filled > count:
        return f"the row has {walk.cells} cells and the header {count}", None
    return None

"""CSV files: their header, and how the engine reads their rows.

A CSV file is UTF-8 text with a header row; cells stand between commas (semicolons, tabs and
bars are recognised by the header), quoted as RFC 4180 says. This room knows nothing of what the
columns mean, nor of what is wrong with a row (`csv_faults.py`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from lamsach.identity.errors import InputError

__all__ = [
    "BOM",
    "LINE_ENDS",
    "LINE_LIMIT",
    "SAVE_AS",
    "CsvLayout",
    "quoted",
    "read_csv_layout",
    "scan_csv",
]

LINE_LIMIT = 1 << 20
"""Bytes a row may take; a longer one is a broken file (a quote that swallowed the rest)."""

_DELIMITERS = (",", ";", "\t", "|")
BOM = b"\xef\xbb\xbf"
LINE_ENDS = b"\r\n"
_OTHER_FORMATS = (
    (b"\xff\xfe", "is UTF-16 text"),
    (b"\xfe\xff", "is UTF-16 text"),
    (b"PK\x03\x04", "is an Excel workbook or an archive"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook"),
    (b"\x1f\x8b", "is compressed (gzip)"),
    (b"\x28\xb5\x2f\xfd", "is compressed (zstd)"),
)
SAVE_AS = "save it as CSV in UTF-8 or as Parquet"


@dataclass(frozen=True)
class CsvLayout:
    """The header's column names, what parts them, how its line ends, and blank lines before it."""

    columns: tuple[str, ...]
    delimiter: str
    line_end: str = "\n"
    skipped: int = 0


def read_csv_layout(path: Path, expected: tuple[str, ...]) -> CsvLayout:
    """Read the header row of a CSV file; `expected` names help to tell what parts the cells.

    Raises InputError for a file that is empty, no UTF-8 text, or has a broken or doubled header.
    """
    name = str(path)
    with path.open("rb") as file:
        head = file.read(LINE_LIMIT)
    for magic, what in _OTHER_FORMATS:
        if head.startswith(magic):
            raise InputError(f"the file {what}; {SAVE_AS}", file=name)
    head = head.removeprefix(BOM)
    if not head.strip(LINE_ENDS):
        raise InputError("the file is empty: it has no header row", file=name)
    first, line_end, skipped = _first_line(head)
    if len(first) >= LINE_LIMIT - len(BOM):
        raise InputError("the header row does not end within a million bytes", file=name, line=1)
    if b"\r" in first:
        raise InputError(f"the lines end in carriage returns alone; {SAVE_AS}", file=name, line=1)
    if b"\0" in first:
        raise InputError(
            f"the header row holds NUL bytes: the file is not UTF-8 text; {SAVE_AS}",
            file=name,
            line=1,
        )
    try:
        text = first.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(
            f"the header row is not UTF-8 text; {SAVE_AS}", file=name, line=1
        ) from None
    columns, delimiter = _split_header(text, expected)
    seen: set[str] = set()
    for column in columns:
        if column and column in seen:
            raise InputError(
                "two columns have this name; rename or remove one", file=name, line=1, column=column
            )
        seen.add(column)
    return CsvLayout(columns, delimiter, line_end, skipped)


def _first_line(head: bytes) -> tuple[bytes, str, int]:
    """The first line that is not empty, how it ends, and how many empty ones stand before it."""
    for number, line in enumerate(head.split(b"\n")):
        if line.strip(LINE_ENDS):
            ended = line.endswith(b"\r")
            return (line[:-1] if ended else line), ("\r\n" if ended else "\n"), number
    raise AssertionError("the caller has seen a line that is not empty")


def _split_header(text: str, expected: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The names in a header line, parted by whatever yields the most expected ones."""
    best: tuple[str, ...] = ()
    best_delimiter = ","
    for delimiter in _DELIMITERS:
        cells = [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter))]
        while cells and not cells[-1]:  # as the engine forgives empty cells at the end of a row
            del cells[-1]
        names = tuple(cells)
        if not best or len(set(names) & set(expected)) > len(set(best) & set(expected)):
            best, best_delimiter = names, delimiter
    return best, best_delimiter


def scan_csv(paths: list[str], layout: CsvLayout) -> str:
    """The engine's table function over files of one layout; columns are c0, c1, … (all text)."""
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(layout.columns)))
    files = ", ".join(quoted(path) for path in paths)
    return (
        f"read_csv([{files}], auto_detect = false, header = true, skip = {layout.skipped},"
        f" delim = {quoted(layout.delimiter)}, quote = '\"', escape = '\"',"
        f" nullstr = '', strict_mode = true, null_padding = false,"
        f" max_line_size = {LINE_LIMIT}, hive_partitioning = false, columns = {{{columns}}})"
    )


def quoted(text: str) -> str:
    """A text literal of the engine's SQL.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"

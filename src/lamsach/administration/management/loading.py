"""What both loading commands do alike: read the file, tell the bad rows, count."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser, OutputWrapper

from lamsach.administration.sheets import Column, Problem, SheetRow, read_table

__all__ = ["DRY", "add_file", "rows_of", "tell"]

DRY = "Nothing was changed. Look at this, then run it again with --apply."


def add_file(parser: CommandParser) -> None:
    """The file, and whether to do it."""
    parser.add_argument("file", type=Path, metavar="FILE.xlsx|csv")
    parser.add_argument("--apply", action="store_true", help="do it; without, the file is checked")


def rows_of(file: Path, columns: Sequence[Column]) -> list[SheetRow]:
    """The rows of a file. Raises `CommandError`."""
    try:
        return read_table(file.read_bytes(), columns)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise CommandError(f"{file}: {' '.join(error.messages)}") from error


def tell(problems: Sequence[Problem], out: OutputWrapper) -> None:
    """Each bad row, with the reason and what to do; nothing of what stands in it but its place."""
    for one in problems:
        out.write(f"row {one.row}, {one.column}: {one.sentence}")

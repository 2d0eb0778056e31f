"""Errors of the engine while it reads an input, put in terms of the input.

The engine's own messages quote rows, count lines in their own way and speak of its options. Here
a failed read is looked into again, file by file, to name the file, row and column at fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from lamsach.identity.errors import InputError, resource_error
from lamsach.identity.tables.cells import UNSOUND
from lamsach.identity.tables.csv_faults import csv_fault
from lamsach.identity.tables.csv_files import CsvLayout
from lamsach.identity.tables.opening import FileInfo, InputTable
from lamsach.identity.tables.parquet_files import parquet_fault
from lamsach.identity.tables.places import unsound_cell

__all__ = ["reading"]

# Only these classes can be the fault of a file; a mistake in a query must stay one. The base class
# itself is what the engine raises for errors it did not foresee, such as a damaged page's header.
_READ_ERRORS = (
    duckdb.InvalidInputException,
    duckdb.IOException,
    duckdb.ConversionException,
    duckdb.SerializationException,
    duckdb.NotImplementedException,
    duckdb.InternalException,
)
_ABOUT_FILES = re.compile(
    r"CSV|Parquet|[Ss]nappy|ZSTD|GZIP|TProtocol|utf-?8|what type", re.IGNORECASE
)


@contextmanager
def reading(*tables: InputTable) -> Iterator[None]:
    """Translate errors of queries over these tables into InputError or ResourceError.

    Also refuses a file that changed while the block ran, for then its rows may be a mixture.
    Errors that are no file's fault pass unchanged.
    """
    try:
        yield
    except duckdb.Error as error:
        lack = resource_error(error)
        if lack is not None:
            raise lack from error
        _require_unchanged(tables)
        if isinstance(error, _READ_ERRORS) or type(error) is duckdb.Error:
            fault = _find_fault(tables, str(error))
            if fault is not None:
                raise fault from None  # the engine's message quotes personal data
        raise
    except (OSError, MemoryError) as error:
        lack = resource_error(error)
        if lack is not None:
            raise lack from error
        raise
    _require_unchanged(tables)


def _require_unchanged(tables: tuple[InputTable, ...]) -> None:
    """Raise if a file is no longer what it was when it was opened."""
    for table in tables:
        for file in table.files:
            if not file.is_unchanged():
                raise InputError(
                    "the file changed while it was read; run again when it is complete",
                    file=file.path,
                )


def _find_fault(tables: tuple[InputTable, ...], message: str) -> InputError | None:
    """The place at fault for a message of the engine; None if the message is about no file."""
    if UNSOUND in message:
        return next(filter(None, map(unsound_cell, tables)), None)
    files = [(table, file) for table in tables for file in table.files]
    named = [pair for pair in files if pair[1].path in message]
    if not named and not _ABOUT_FILES.search(message):
        return None
    for table, file in named or files:
        fault = _file_fault(table, file)
        if fault is not None:
            return fault
    blamed = [file.path for _, file in named or files]
    return InputError(
        "the file cannot be read: it is damaged or not what its header says; write it again",
        file=", ".join(blamed[:3]),
    )


def _file_fault(table: InputTable, file: FileInfo) -> InputError | None:
    """The first fault of one file."""
    if isinstance(file.layout, CsvLayout):
        return csv_fault(Path(file.path), file.layout)
    names = tuple(name for name in file.layout.columns if name in table.schema.names)
    return parquet_fault(Path(file.path), names)

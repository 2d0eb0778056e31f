"""Parquet files: what their footer says, how they are read as text, where one is broken.

Every column is read as text: dates in ISO form, whole numbers in digits. A column that is no text
and has no plain written form (nested, binary, times) is refused. This room knows nothing of what
the columns mean.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import parquet

from lamsach.identity.errors import InputError
from lamsach.identity.tables.csv_files import quoted

__all__ = [
    "ParquetLayout",
    "is_number",
    "is_parquet",
    "parquet_fault",
    "read_parquet_footer",
    "scan_parquet",
    "text_of",
]

_MAGIC = b"PAR1"
_ENCRYPTED_MAGIC = b"PARE"
_BATCH_ROWS = 4_096


@dataclass(frozen=True)
class ParquetLayout:
    """The columns of a Parquet file and the engine's types for them."""

    columns: tuple[str, ...]
    types: tuple[str, ...]


def is_parquet(path: Path) -> bool:
    """True for a file that is Parquet by its first bytes, or claims to be by its name."""
    with path.open("rb") as file:
        magic = file.read(len(_MAGIC))
    return magic in (_MAGIC, _ENCRYPTED_MAGIC) or path.suffix.lower() in (".parquet", ".pq")


def read_parquet_footer(
    connection: duckdb.DuckDBPyConnection, path: Path
) -> tuple[ParquetLayout, int, str]:
    """The layout, the number of rows and the footer's SHA-256 (hex) of a Parquet file.

    Raises InputError for a file that is cut short, encrypted or no Parquet.
    """
    name = str(path)
    digest = hashlib.sha256(_footer(path)).hexdigest()
    try:
        metadata = parquet.read_metadata(path)
        columns = tuple(metadata.schema.to_arrow_schema().names)
        described = connection.execute(f"describe select * from {scan_parquet([name])}").fetchall()
    except (pa.ArrowException, OSError, duckdb.Error):
        raise InputError(
            "the footer of this Parquet file is damaged; copy or write the file again", file=name
        ) from None
    seen: set[str] = set()
    for column in columns:
        if column.casefold() in seen:  # the engine does not tell letter case apart
            raise InputError(
                "two columns have this name; rename or remove one", file=name, column=column
            )
        seen.add(column.casefold())
    return (
        ParquetLayout(columns, tuple(str(row[1]) for row in described)),
        metadata.num_rows,
        digest,
    )


def _footer(path: Path) -> bytes:
    """The bytes of the footer, its length and the closing magic."""
    name = str(path)
    size = path.stat().st_size
    if size == 0:
        raise InputError("the file is empty", file=name)
    with path.open("rb") as file:
        start = file.read(len(_MAGIC))
        if start == _ENCRYPTED_MAGIC:
            raise InputError("the Parquet file is encrypted; write it without a key", file=name)
        if start != _MAGIC:
            raise InputError("the file has the name of a Parquet file and is none", file=name)
        if size >= 12:
            file.seek(size - 8)
            tail = file.read(8)
            length = int.from_bytes(tail[:4], "little")
            if tail[4:] == _MAGIC and length <= size - 12:
                file.seek(size - 8 - length)
                return file.read(length + 8)
    raise InputError(
        "the Parquet file is cut short: its footer is missing; copy or write the file again",
        file=name,
    )


def scan_parquet(paths: list[str]) -> str:
    """The engine's table function over files of one layout."""
    files = ", ".join(quoted(_no_glob(path)) for path in paths)
    return f"read_parquet([{files}], hive_partitioning = false)"


def _no_glob(path: str) -> str:
    """A path in which the engine sees no pattern.

    >>> _no_glob("a[1].parquet")
    'a[[]1].parquet'
    """
    return re.sub(r"([\[*?])", r"[\1]", path)


_NO_TYPE = '"NULL"'  # a column in which no value was ever given
_INTEGER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?(INT|INTEGER)")


def text_of(expression: str, kind: str) -> str | None:
    """SQL that writes a column of the engine's type `kind` as text; None if there is no such form.

    >>> text_of("x", "VARCHAR"), text_of("x", "DATE"), text_of("x", "BLOB")
    ('x', 'cast(x as varchar)', None)
    """
    if kind == "VARCHAR":
        return expression
    if (
        kind in ("DATE", "BOOLEAN", "UUID", "JSON", _NO_TYPE)
        or _INTEGER.fullmatch(kind)
        or kind.startswith(("ENUM", "DECIMAL"))
    ):
        return f"cast({expression} as varchar)"
    if kind in ("FLOAT", "DOUBLE"):
        # A column of whole numbers with gaps becomes floating point in many programs: 1963.0.
        whole = f"{expression} = trunc({expression}) and abs({expression}) < 9007199254740992"
        return (
            f"case when not isfinite({expression}) then null when {whole}"
            f" then cast(cast({expression} as bigint) as varchar)"
            f" else cast({expression} as varchar) end"
        )
    if kind in ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"):
        day = f"cast({expression} as date)"
        return (
            f"case when cast({expression} as timestamp) = {day} then cast({day} as varchar)"
            f" else cast({expression} as varchar) end"
        )
    return None


def is_number(kind: str) -> bool:
    """True for a type in which leading zeros cannot be written."""
    return bool(_INTEGER.fullmatch(kind)) or kind in ("FLOAT", "DOUBLE") or kind[:7] == "DECIMAL"


def parquet_fault(path: Path, columns: tuple[str, ...]) -> InputError | None:
    """Find the first place where a Parquet file is broken: damaged pages, text that is not UTF-8.

    Reads the named columns once, one at a time, in bounded memory; None if all is well.
    """
    try:
        file = parquet.ParquetFile(path)
    except (pa.ArrowException, OSError):
        return InputError("the Parquet file is damaged; copy or write it again", file=str(path))
    with file:
        for column in columns:
            row = 0
            try:
                for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=[column]):
                    place = _not_utf8(batch.column(0))
                    if place is not None:
                        return InputError(
                            "the text is not UTF-8; write the file again from UTF-8 text",
                            file=str(path),
                            row=row + place + 1,
                            column=column,
                        )
                    row += batch.num_rows
            except (pa.ArrowException, OSError):
                return InputError(
                    "the data are damaged from here on; copy or write the file again",
                    file=str(path),
                    row=row + 1,
                    column=column,
                )
    return None


def _not_utf8(array: pa.Array) -> int | None:
    """The first place (from 0) of a text array that is not UTF-8, or None."""
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return None
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        binary = array.cast(
            pa.large_binary() if pa.types.is_large_string(array.type) else pa.binary()
        )
        for place, value in enumerate(binary):
            try:
                (value.as_py() or b"").decode("utf-8")
            except UnicodeDecodeError:
                return place
    return None

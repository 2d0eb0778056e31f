"""From paths and patterns to one table of text columns in the engine.

Several files, Parquet and CSV mixed and their columns in any order, are one table. What can be
known without reading rows is checked here: that the files exist, are not cut short, and have the
columns the contract requires. Rows are looked at in `checks.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from lamsach.identity.errors import InputError
from lamsach.identity.tables.cells import guarded
from lamsach.identity.tables.csv_files import CsvLayout, read_csv_layout, scan_csv
from lamsach.identity.tables.parquet_files import (
    ParquetLayout,
    is_number,
    is_parquet,
    read_parquet_footer,
    scan_parquet,
    text_of,
)
from lamsach.identity.tables.schema import Schema

__all__ = ["FileInfo", "InputTable", "file_sql", "open_table"]

_DIGEST_BYTES = 64 * 1024
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class FileInfo:
    """One input file as it was when opened.

    `digest` is the SHA-256 of a Parquet file's footer, or of a CSV file's first and last 64 KiB;
    `rows` is known for Parquet only.
    """

    path: str
    size: int
    mtime_ns: int
    digest: str
    rows: int | None
    layout: CsvLayout | ParquetLayout

    @property
    def format(self) -> str:
        """`parquet` or `csv`."""
        return "parquet" if isinstance(self.layout, ParquetLayout) else "csv"

    def is_unchanged(self) -> bool:
        """True while the file has the size and time it was opened with."""
        try:
            now = Path(self.path).stat()
        except OSError:
            return False
        return (now.st_size, now.st_mtime_ns) == (self.size, self.mtime_ns)


@dataclass(frozen=True)
class InputTable:
    """An input that can be read through the view `view`: every column of the schema, all text.

    `columns_given` are those that at least one file has (the others are NULL throughout);
    `warnings` are sentences for the user; `fingerprint` changes when any file does.
    """

    schema: Schema
    view: str
    files: tuple[FileInfo, ...]
    columns_given: tuple[str, ...]
    fingerprint: str
    rows: int | None
    format: str
    warnings: list[str] = field(default_factory=list)


def open_table(
    connection: duckdb.DuckDBPyConnection,
    schema: Schema,
    sources: Sequence[str | Path],
    view: str,
) -> InputTable:
    """Open files (paths or glob patterns) as one table and make the view `view` over it.

    No row is read; a query that meets a cell with a NUL byte or of more than 10,000 characters
    fails, and `reading` says where it stands. Raises InputError for a source that is missing,
    unreadable, cut short, not UTF-8 or without a required column.

    >>> import tempfile
    >>> from lamsach.identity.tables.schema import REGISTER_SCHEMA
    >>> with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
    ...     path = Path(folder) / "register.csv"
    ...     _ = path.write_text(
    ...         "personal_id,full_name,birth_date,sex\\n001093012345,Lê Văn An,1993-04-05,M\\n"
    ...     )
    ...     table = open_table(connection, REGISTER_SCHEMA, [path], "register")
    ...     connection.execute("select personal_id, previous_id from register").fetchall()
    [('001093012345', None)]
    """
    files = tuple(_open_file(connection, schema, path) for path in _find(sources))
    warnings: list[str] = []
    for file in files:
        _check_columns(schema, file, warnings)
    selects = []
    for layout, members in _by_layout(files).items():
        paths = [file.path for file in members]
        selects.append(_select(schema, layout, paths, is_guarded=True))
    connection.execute(f'create or replace view "{view}" as {" union all ".join(selects)}')
    given = {column for file in files for column in file.layout.columns}
    formats = {file.format for file in files}
    rows = [file.rows for file in files if file.rows is not None]
    return InputTable(
        schema=schema,
        view=view,
        files=files,
        columns_given=tuple(name for name in schema.names if name in given),
        fingerprint=_fingerprint(schema, files),
        rows=sum(rows) if len(rows) == len(files) else None,
        format=formats.pop() if len(formats) == 1 else "mixed",
        warnings=warnings,
    )


def file_sql(schema: Schema, file: FileInfo, expressions: dict[str, str]) -> str:
    """A query over one file, without guards: the schema's columns and more `expressions`."""
    return _select(schema, file.layout, [file.path], expressions)


def _find(sources: Sequence[str | Path]) -> list[Path]:
    """The files that paths and patterns stand for, each once, in the order given."""
    found: dict[Path, None] = {}
    for source in sources:
        path = Path(source)
        if path.exists() or not _PATTERN.search(str(source)):
            found[path] = None
            continue
        matches = sorted(
            match
            for match in Path(path.anchor).glob(str(path.relative_to(path.anchor)))
            if not match.is_dir() and not match.name.startswith(".")
        )
        if not matches:
            raise InputError("no file matches this pattern", file=str(source))
        found.update(dict.fromkeys(matches))
    if not found:
        raise InputError("no input file is named")
    by_place: dict[Path, Path] = {}
    for path in found:
        by_place.setdefault(path.resolve(), path)
    return list(by_place.values())


def _open_file(connection: duckdb.DuckDBPyConnection, schema: Schema, path: Path) -> FileInfo:
    """Look at one file without reading its rows."""
    name = str(path)
    if path.is_dir():
        raise InputError(
            f"this is a folder; name its files, for example '{name}/*.parquet'", file=name
        )
    if not path.exists():
        raise InputError("there is no such file", file=name)
    if not path.is_file():
        raise InputError("this is not a regular file; save the data in a file first", file=name)
    layout: CsvLayout | ParquetLayout
    rows: int | None = None
    try:
        state = path.stat()
        if is_parquet(path):
            layout, rows, digest = read_parquet_footer(connection, path)
        else:
            layout = read_csv_layout(path, schema.names)
            digest = _ends_digest(path, state.st_size)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise InputError(f"the file cannot be read ({reason.lower()})", file=name) from error
    return FileInfo(name, state.st_size, state.st_mtime_ns, digest, rows, layout)


def _ends_digest(path: Path, size: int) -> str:
    """SHA-256 (hex) of a file's first and last 64 KiB."""
    with path.open("rb") as file:
        digest = hashlib.sha256(file.read(_DIGEST_BYTES))
        file.seek(max(0, size - _DIGEST_BYTES))
        digest.update(file.read(_DIGEST_BYTES))
    return digest.hexdigest()


def _check_columns(schema: Schema, file: FileInfo, warnings: list[str]) -> None:
    """Refuse a file without a required column or with one that is no text; note what is odd."""
    columns = file.layout.columns
    for name in schema.required:
        if name not in columns:
            near = [other for other in columns if other.strip().casefold() == name]
            hint = f'; it has "{near[0]}", rename it' if near else ""
            raise InputError(
                f"this required column is missing (every {schema.name} file needs"
                f" {', '.join(schema.required)}){hint}",
                file=file.path,
                column=name,
            )
    known = set(schema.names)
    ignored = [f'"{name}"' for name in columns if name not in known]
    if ignored:
        noun = "column" if len(ignored) == 1 else "columns"
        warnings.append(f"{file.path}: unknown {noun} {', '.join(ignored)} ignored")
    if isinstance(file.layout, ParquetLayout):
        for name, kind in zip(columns, file.layout.types, strict=True):
            if name in known and text_of(name, kind) is None:
                raise InputError(
                    f"the column is of type {kind.lower()}, which has no one written form; write it"
                    " as text",
                    file=file.path,
                    column=name,
                )
            if is_number(kind) and name in _CODES & known:
                warnings.append(
                    f"{file.path}: column {name} is stored as a number, so leading zeros are lost;"
                    " write it as text"
                )


_CODES = {
    "personal_id",
    "previous_id",
    "phone",
    "province_code",
    "district_code",
    "commune_code",
}


def _by_layout(files: Sequence[FileInfo]) -> dict[CsvLayout | ParquetLayout, list[FileInfo]]:
    """Files that one call of a table function can read together."""
    groups: dict[CsvLayout | ParquetLayout, list[FileInfo]] = {}
    for file in files:
        groups.setdefault(file.layout, []).append(file)
    return groups


def _select(
    schema: Schema,
    layout: CsvLayout | ParquetLayout,
    paths: list[str],
    expressions: dict[str, str] | None = None,
    *,
    is_guarded: bool = False,
) -> str:
    """A query for the schema's columns as text, and more, from files of one layout."""

    def guard(name: str, text: str) -> str:
        # A guarded key would hide from the engine which row groups a look-up may skip.
        return guarded(text) if is_guarded and name != schema.key else text

    texts: dict[str, str] = {}
    if isinstance(layout, ParquetLayout):
        source = scan_parquet(paths)
        for name, kind in zip(layout.columns, layout.types, strict=True):
            if name in schema.names:
                text = text_of(f'"{name}"', kind) or "null"
                texts[name] = guard(name, text) if kind == "VARCHAR" else text
    else:
        source = scan_csv(paths, layout)
        texts = {name: guard(name, f"c{number}") for number, name in enumerate(layout.columns)}
    items = [f'{texts.get(name, "cast(null as varchar)")} as "{name}"' for name in schema.names]
    items += [f'{expression} as "{name}"' for name, expression in (expressions or {}).items()]
    return f"select {', '.join(items)} from {source}"


def _fingerprint(schema: Schema, files: Sequence[FileInfo]) -> str:
    """SHA-256 (hex) over what tells one state of the input files from another."""
    facts = [
        [str(Path(file.path).resolve()), file.size, file.mtime_ns, file.digest] for file in files
    ]
    text = json.dumps([schema.name, sorted(facts)])
    return hashlib.sha256(text.encode()).hexdigest()

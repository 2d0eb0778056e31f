"""Where in the files a row stands: looked up, file by file, once something is known to be wrong."""

from __future__ import annotations

from pathlib import Path

import duckdb

from lamsach.identity.errors import InputError
from lamsach.identity.tables.cells import unsound_conditions
from lamsach.identity.tables.csv_faults import csv_line
from lamsach.identity.tables.csv_files import CsvLayout
from lamsach.identity.tables.opening import FileInfo, InputTable, file_sql

__all__ = ["line_of", "rows_where", "unsound_cell"]


def rows_where(
    table: InputTable, file: FileInfo, condition: str, limit: int, what: str = "null"
) -> list[tuple[int, int]]:
    """The first rows (from 1) of a file of which a condition holds, each with the number `what`.

    Looked up on a connection of its own, for the caller's may not keep the order of rows. A file
    that cannot be read to its end yields none.
    """
    is_csv = isinstance(file.layout, CsvLayout)
    row = "row_number() over ()" if is_csv else "file_row_number + 1"
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")  # it would draw on standard output
        try:
            return connection.execute(
                f"select lamsach_row, {what}"
                f" from ({file_sql(table.schema, file, {'lamsach_row': row})})"
                f" where {condition} order by 1 limit {limit}"
            ).fetchall()
        except duckdb.Error:
            return []


def line_of(file: FileInfo, row: int) -> int | None:
    """The line of a CSV file on which a row begins; None for Parquet."""
    if isinstance(file.layout, CsvLayout):
        return csv_line(Path(file.path), file.layout, row)
    return None


def unsound_cell(table: InputTable) -> InputError | None:
    """The first cell of a table that its guards refuse (`cells.py`)."""
    faults = [
        (name, problem, condition)
        for name in table.columns_given
        for problem, condition in unsound_conditions(f'"{name}"').items()
    ]
    anything = " or ".join(condition for _, _, condition in faults)
    cases = " ".join(f"when {faults[number][2]} then {number}" for number in range(len(faults)))
    for file in table.files:
        for row, number in rows_where(table, file, anything, 1, f"case {cases} end"):
            name, problem, _ = faults[number]
            return InputError(
                problem, file=file.path, row=row, line=line_of(file, row), column=name
            )
    return None

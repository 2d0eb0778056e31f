"""Keys: every row of an input table has its own, or the table is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import duckdb
import numpy as np
from numpy.typing import NDArray

from lamsach.identity.errors import InputError, place_of
from lamsach.identity.tables.cells import guarded
from lamsach.identity.tables.csv_files import quoted
from lamsach.identity.tables.opening import FileInfo, InputTable
from lamsach.identity.tables.places import line_of, rows_where
from lamsach.identity.tables.reading import reading

__all__ = ["require_unique"]

_FETCH_ROWS = 1_000_000
_FEW = 64


def require_unique(connection: duckdb.DuckDBPyConnection, table: InputTable, column: str) -> int:
    """Refuse a table in which a key is missing or stands twice; return the number of rows.

    Exact, in eight bytes a row: the engine's 64-bit hashes are sorted, and the texts behind those
    that repeat are compared. The error names the key (not where the schema calls it secret) and
    the first two rows that bear it.
    """
    key = f'"{column}"'
    with reading(table):
        hashes = _hashes(connection, f'select hash({guarded(key)}) from "{table.view}"', table.rows)
        known = connection.execute("select hash(''), hash(cast(null as varchar))").fetchall()
    if any(_holds(hashes, value) for value in known[0]):
        missing = f"coalesce({key}, '') = ''"
        for file in table.files:
            for row, _ in rows_where(table, file, missing, 1):
                raise InputError(
                    "the key is empty; every row needs its own",
                    file=file.path,
                    row=row,
                    line=line_of(file, row),
                    column=column,
                )
    repeated = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
    for some in (repeated[:_FEW], repeated):
        if some.size:
            _refuse_repeated(connection, table, column, some, int(repeated.size))
    return int(hashes.size)


def _hashes(
    connection: duckdb.DuckDBPyConnection, query: str, rows: int | None
) -> NDArray[np.uint64]:
    """The sorted 64-bit numbers that a query of one column yields; `rows` of them, if known."""
    numbers = np.empty(rows or _FETCH_ROWS, np.uint64)
    filled = 0
    for batch in connection.sql(query).to_arrow_reader(_FETCH_ROWS):
        end = filled + batch.num_rows
        if end > numbers.size:
            numbers.resize(max(end, 2 * numbers.size), refcheck=False)
        numbers[filled:end] = batch.column(0).to_numpy()
        filled = end
    numbers.resize(filled, refcheck=False)
    # Sorting lets go of the interpreter, so the halves of the range are sorted side by side.
    middle = filled // 2
    if middle:
        numbers.partition(middle)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda half: half.sort(), (numbers[:middle], numbers[middle:])))
    return numbers


def _holds(sorted_hashes: NDArray[np.uint64], value: int) -> bool:
    """True if a sorted array holds a value."""
    place = np.searchsorted(sorted_hashes, np.uint64(value))
    return bool(place < sorted_hashes.size and sorted_hashes[place] == np.uint64(value))


def _refuse_repeated(
    connection: duckdb.DuckDBPyConnection,
    table: InputTable,
    column: str,
    hashes: NDArray[np.uint64],
    repeated: int,
) -> None:
    """Raise for the least key among these hashes that really stands twice, if there is one."""
    key = f'"{column}"'
    connection.register("lamsach_repeated", {"h": hashes})
    try:
        with reading(table):
            found = connection.execute(
                f'select {key} from "{table.view}" where hash({key}) in'
                f" (select h from lamsach_repeated) group by 1 having count(*) > 1"
                f" order by 1 limit 1"
            ).fetchall()
    finally:
        connection.unregister("lamsach_repeated")
    if not found:
        return
    value = str(found[0][0])
    places: list[tuple[FileInfo, int]] = []
    for file in table.files:
        wanted = 2 - len(places)
        if wanted:
            rows = rows_where(table, file, f"{key} = {quoted(value)}", wanted)
            places += [(file, row) for row, _ in rows]
    named = "this number" if table.schema.column(column).secret else f'"{value}"'
    more = f" ({repeated:,} keys stand more than once)" if repeated > 1 else ""
    if len(places) < 2:
        raise InputError(
            f"the key {named} stands twice{more}; remove one row",
            file=table.files[0].path,
            column=column,
        )
    (first, first_row), (second, second_row) = places
    where = place_of(first.path, first_row, line_of(first, first_row))
    raise InputError(
        f"the key {named} stands here and in {where}{more}; remove one of the rows",
        file=second.path,
        row=second_row,
        line=line_of(second, second_row),
        column=column,
    )

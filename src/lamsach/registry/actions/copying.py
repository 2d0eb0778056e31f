"""Writing millions of rows: Arrow batches become lines of COPY.

Knows tables and columns by name. A missing value is NULL, an empty text is an empty text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Final, TypeVar

import pyarrow as pa
import pyarrow.csv as pa_csv
from django.db import connections

__all__ = ["copy_rows", "take_keys"]

_BLOCK: Final = 1 << 20
_One = TypeVar("_One")


def copy_rows(using: str, table: str, batches: Iterable[pa.Table]) -> int:
    """Append rows to a table, in the transaction under way; how many.

    The columns are those of the batches, which are all alike. The next batch is made, in a thread
    of its own, while the database takes the one before.
    """
    count = 0
    with connections[using].cursor() as cursor:
        # Else the checks of all foreign keys wait in memory until the transaction ends.
        cursor.execute("set constraints all immediate")
        for names, rows, lines in _ahead(map(_lines, batches)):
            # One COPY a batch: a connection that stands still between batches holds no lock more.
            with cursor.copy(f"copy {table} ({names}) from stdin (format csv)") as copy:
                for start in range(0, len(lines), _BLOCK):
                    copy.write(lines[start : start + _BLOCK])
            count += rows
        cursor.execute("set constraints all deferred")
    return count


def _lines(batch: pa.Table) -> tuple[str, int, memoryview]:
    """A batch as COPY wants it: its columns, how many rows, the lines."""
    out = BytesIO()
    # Texts are always in quotation marks, missing values never: COPY tells them apart.
    pa_csv.write_csv(batch, out, pa_csv.WriteOptions(include_header=False))
    return ", ".join(batch.column_names), batch.num_rows, out.getbuffer()


def _ahead(given: Iterator[_One]) -> Iterator[_One]:
    """The same, each made while the one before is used."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, given, None)
        while (one := coming.result()) is not None:
            coming = thread.submit(next, given, None)
            yield one


def take_keys(using: str, table: str, count: int) -> Sequence[int]:
    """So many keys of a table, in order, that nobody else gets."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "select min(key), max(key) from (select nextval(pg_get_serial_sequence(%s, 'id')) key"
            " from generate_series(1, %s)) as taken",
            [table, count],
        )
        first, last = cursor.fetchone()
        if last is None or last - first + 1 == count:
            return range(first or 0, (last or -1) + 1)
    raise RuntimeError("somebody else enters rows at the same time; load when nobody does")

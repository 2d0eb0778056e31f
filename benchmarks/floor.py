"""The floor: the least that any program must do to compare the two tables, in the same engine.

The join on the number with the comparison of bytes, as the contract words it, and a full scan of
every column of both. Runs in a child process of its own and prints its seconds; starting the
interpreter is not counted, so that the ratio to the floor errs on the strict side.

Usage: python -m benchmarks.floor PERSONS REGISTER
"""

from __future__ import annotations

import sys
import time

import duckdb

from benchmarks.measuring import CORES

_JOIN = """
select count(*) from persons p join register r using (personal_id)
where p.full_name = r.full_name and p.birth_date = r.birth_date and p.sex = r.sex
"""
_TIMES = 2  # the better of two, so that neither reads files that the other found cold


def floor(persons: str, register: str, memory_limit: str = "12GB") -> float:
    """Seconds of the floor on two Parquet files."""
    with duckdb.connect(config={"threads": CORES, "memory_limit": memory_limit}) as connection:
        statements = [_JOIN]
        for name, file in (("persons", persons), ("register", register)):
            connection.read_parquet(file).create_view(name)
            columns = [row[0] for row in connection.sql(f"describe {name}").fetchall()]
            lengths = ", ".join(f"sum(strlen({column}::varchar))" for column in columns)
            statements.append(f"select {lengths} from {name}")
        return min(_seconds(connection, statements) for _ in range(_TIMES))


def _seconds(connection: duckdb.DuckDBPyConnection, statements: list[str]) -> float:
    started = time.monotonic()
    for statement in statements:
        connection.execute(statement).fetchall()
    return time.monotonic() - started


if __name__ == "__main__":
    print(floor(*sys.argv[1:]))

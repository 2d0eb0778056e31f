"""Two engines side by side: DuckDB runs an expression's SQL, Python its function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from lamsach.identity.rules.expressions import Expression

Row = tuple[Any, ...]


@pytest.fixture(scope="session")
def engines_agree() -> Iterator[Callable[..., list[Any]]]:
    """Run an expression over rows on both engines; the answers are the same, and returned."""

    def answers(expression: Expression, columns: Sequence[str], rows: Sequence[Row]) -> list[Any]:
        function = expression.function(*columns)
        by_function = [function(*row) for row in rows]
        table = pa.table(dict(zip(columns, zip(*rows, strict=True), strict=True)))
        connection.register("pairs", table)
        found = connection.execute(f"select {expression.sql()} from pairs").fetchall()
        connection.unregister("pairs")
        assert [answer for (answer,) in found] == by_function, expression.sql()
        return by_function

    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        yield answers

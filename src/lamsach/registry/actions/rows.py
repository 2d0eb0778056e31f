"""Writing many rows by one statement: their columns travel as arrays.

Django's own bulk writing makes a statement a batch, and its updates grow with the square of the
rows. This room knows tables and columns by name and nothing of what they mean.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections

__all__ = ["insert_rows", "update_rows"]

_Rows = Sequence[Mapping[str, Any]]


def insert_rows(
    using: str,
    table: str,
    columns: Mapping[str, str],
    rows: _Rows,
    same: Mapping[str, Any],
    *,
    made: Mapping[str, str] | None = None,
    otherwise: str = "",
) -> dict[uuid.UUID, int]:
    """Insert rows; the keys of those that are new, by public identifier.

    `columns` gives each column its type, `same` the values that all rows share, `made` those that
    the database makes; `otherwise` says what happens to a row that is there already.
    """
    made = made or {}
    names = ", ".join([*columns, *same, *made])
    chosen = ", ".join(["given.*", *("%s" for _ in same), *made.values()])
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"insert into {table} ({names}) select {chosen} from unnest({_arrays(columns)})"
            f" as given {otherwise} returning public_id, id",
            [*same.values(), *_values(columns, rows)],
        )
        return dict(cursor.fetchall())


def update_rows(using: str, table: str, columns: Mapping[str, str], rows: _Rows) -> None:
    """Change the rows of these keys (`id`) to these values."""
    kinds = {"id": "bigint", **columns}
    changes = ", ".join(f"{name} = given.{name}" for name in columns)
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"update {table} as kept set {changes} from unnest({_arrays(kinds)})"
            f" as given({', '.join(kinds)}) where kept.id = given.id",
            _values(kinds, rows),
        )


def _arrays(columns: Mapping[str, str]) -> str:
    return ", ".join(f"%s::{kind}[]" for kind in columns.values())


def _values(columns: Mapping[str, str], rows: _Rows) -> list[list[Any]]:
    return [[row[name] for row in rows] for name in columns]

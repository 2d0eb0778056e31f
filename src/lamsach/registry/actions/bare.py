"""Filling empty tables without their indexes and foreign keys, which are made anew afterwards.

An index made at the end is sorted once; one that grows row by row is looked up for each, and a
foreign key asks its table for each. Only who owns the tables may do this, and only while they are
empty: others find the tables locked until the transaction ends. Knows tables by name alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import connections

__all__ = ["filling"]

#: Memory for sorting an index; nothing else is at work meanwhile.
_SORTING: Final = "512MB"
#: Primary keys stay: other tables' foreign keys rest on them.
_CONSTRAINTS: Final = """
    select c.conrelid::regclass::text, quote_ident(c.conname), pg_get_constraintdef(c.oid),
        c.contype = 'f'
    from pg_constraint c where c.conrelid = any(%(tables)s::regclass[]) and c.contype in ('f', 'u')
    order by c.contype desc, c.conrelid::regclass::text, c.conname"""
_INDEXES: Final = """
    select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    from pg_index i where i.indrelid = any(%(tables)s::regclass[]) and not i.indisprimary
    and not exists (select from pg_constraint c where c.conindid = i.indexrelid
        and c.contype in ('p', 'u', 'x'))
    order by i.indexrelid::regclass::text"""
_OWNED: Final = """
    select bool_and(pg_has_role(relowner, 'usage')) from pg_class
    where oid = any(%(tables)s::regclass[])"""


@dataclass(frozen=True, slots=True)
class _Constraint:
    table: str
    name: str
    definition: str
    is_foreign: bool

    def make(self, cursor: Any) -> None:
        cursor.execute(f"alter table {self.table} add constraint {self.name} {self.definition}")


@contextmanager
def filling(using: str, *tables: str) -> Iterator[None]:
    """Inside, rows come quickly into these tables, if they are empty and ours; in a transaction.

    Otherwise the tables stay as they are, and nothing is different but the time it takes.
    """
    with connections[using].cursor() as cursor:
        if not _may(cursor, tables):
            yield
            return
        # Checks of rows that came before would hold the tables as they are.
        cursor.execute("set constraints all immediate; set constraints all deferred")
        cursor.execute(_CONSTRAINTS, {"tables": list(tables)})
        constraints = [_Constraint(*row) for row in cursor.fetchall()]
        cursor.execute(_INDEXES, {"tables": list(tables)})
        indexes = cursor.fetchall()
        for one in sorted(constraints, key=lambda one: not one.is_foreign):
            cursor.execute(f"alter table {one.table} drop constraint {one.name}")
        for name, _definition in indexes:
            cursor.execute(f"drop index {name}")
        yield
        cursor.execute(f"set local maintenance_work_mem = '{_SORTING}'")
        for _name, definition in indexes:
            cursor.execute(definition)
        for one in sorted(constraints, key=lambda one: one.is_foreign):
            one.make(cursor)
        for table in tables:
            cursor.execute(f"analyze {table}")


def _may(cursor: Any, tables: Sequence[str]) -> bool:
    cursor.execute(_OWNED, {"tables": list(tables)})
    if not cursor.fetchone()[0]:
        return False
    for table in tables:
        cursor.execute(f"select exists (select from {table})")
        if cursor.fetchone()[0]:
            return False
    return True

"""Loading: an extract of the register (the contract's REGISTER form) becomes the register's people.

By COPY into a table beside, then one transaction that adds, changes and removes what differs: the
register answers from the old state until the new one is whole. Each load that changes anything is
a version of its own. This room asks and answers nothing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from django.conf import settings
from django.db import connections

from lamsach.clock import now
from lamsach.identity.errors import InputError
from lamsach.identity.tables import REGISTER_SCHEMA, open_table, reading, require_unique
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.population.answers import name_key, probed_birth
from lamsach.population.database import register_database
from lamsach.population.models import RegisterPerson, RegisterVersion

__all__ = ["Loaded", "copy_in", "load_register", "private_folder"]

_BLOCK: Final = 1 << 20
_TABLE: Final = RegisterPerson._meta.db_table
_COLUMNS: Final = tuple(field.attname for field in RegisterPerson._meta.concrete_fields)
_LIST: Final = ", ".join(_COLUMNS)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load changed, and which version answers now."""

    version: RegisterVersion
    added: int
    changed: int
    removed: int


@contextmanager
def private_folder(purpose: str) -> Iterator[Path]:
    """A folder in the data folder for files that nobody else may read; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=f"{purpose}-", dir=settings.DATA_FOLDER) as name:
        yield Path(name)  # made with mode 0700


def load_register(files: Sequence[str], *, catalogue: str, actor: Actor) -> Loaded:
    """Make the people of these files (Parquet or CSV; together one table) the register's.

    `catalogue`: that of the unit codes, `2022` or `2025`. Raises `InputError` for what cannot be
    read, and leaves the register as it was.
    """
    with private_folder("load") as folder:
        file = folder / "register.csv"
        rows = _write_rows(files, file)
        with action(using=register_database()) as act:
            with connections[register_database()].cursor() as cursor:
                cursor.execute(
                    f"create temporary table incoming (like {_TABLE} including defaults)"
                    " on commit drop"
                )
                copy_in(cursor, f"incoming ({_LIST})", file)
                cursor.execute("create unique index on incoming (number)")
                cursor.execute("analyze incoming")
                added, changed, removed = _merge(cursor)
                cursor.execute("drop table incoming")
            versions = RegisterVersion.objects.using(register_database())
            version = versions.order_by("-pk").first()
            if version is None or added or changed or removed or version.catalogue != catalogue:
                version = versions.create(loaded_at=now(), people=rows, catalogue=catalogue)
                act.record(
                    Verb.REGISTER_LOAD,
                    actor=actor,
                    subject=("register", version.name),
                    facts={"added": added, "changed": changed, "removed": removed, "people": rows},
                )
    return Loaded(version, added, changed, removed)


def _write_rows(files: Sequence[str], file: Path) -> int:
    """Write the checked rows as the table has them; how many."""
    with duckdb.connect() as connection:
        connection.execute(f"set temp_directory = '{_quoted(file.with_suffix('.spill'))}'")
        table = open_table(connection, REGISTER_SCHEMA, files, "register_input")
        with reading(table):
            require_unique(connection, table, "personal_id")
            odd = connection.execute(
                f"select count(*) from {table.view} "
                "where not regexp_full_match(coalesce(personal_id, ''), '[0-9]{12}')"
            ).fetchall()[0][0]
            if odd:
                raise InputError(
                    f"{odd} rows have no 12 digits; the register's extract must be made anew",
                    file=str(files[0]),
                    column="personal_id",
                )
            _read_once(connection, table.view, "full_name", "name_keys", name_key, pa.string())
            _read_once(connection, table.view, "birth_date", "birth_numbers", probed_birth)
            _private(file)
            connection.execute(
                f"""
                copy (
                  select cast(personal_id as bigint) as number,
                    try_cast(nullif(previous_id, '') as bigint) as previous_number,
                    coalesce(full_name, '') as full_name, coalesce(birth_date, '') as birth_date,
                    coalesce(sex, '') as sex, coalesce(province_code, '') as province_code,
                    coalesce(district_code, '') as district_code,
                    coalesce(commune_code, '') as commune_code,
                    n.value as name_key, b.value as birth
                  from {table.view} r
                  join name_keys n on n.raw = coalesce(r.full_name, '')
                  join birth_numbers b on b.raw = coalesce(r.birth_date, '')
                ) to '{_quoted(file)}' (format csv, header false, nullstr '', force_quote (
                  full_name, birth_date, sex, province_code, district_code, commune_code, name_key
                ))
                """
            )
        count: int = connection.execute(f"select count(*) from {table.view}").fetchall()[0][0]
    return count


def _read_once(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    column: str,
    into: str,
    read: Any,
    kind: pa.DataType | None = None,
) -> None:
    """Table `into(raw, value)`: each distinct text of a column, read once."""
    texts = connection.execute(f"select distinct coalesce({column}, '') from {view}").fetchall()
    raw = [text for (text,) in texts]
    values = [read(text) for text in raw]
    arrow = pa.table(  # noqa: F841 - DuckDB reads it by name
        {"raw": pa.array(raw, pa.string()), "value": pa.array(values, kind or pa.int32())}
    )
    connection.execute(f"create temp table {into} as from arrow")


def _merge(cursor: Any) -> tuple[int, int, int]:
    """Make the table hold what `incoming` holds; how many rows came, changed and went."""
    others = _COLUMNS[1:]
    cursor.execute(f"select exists (select from {_TABLE})")
    if not cursor.fetchone()[0]:
        cursor.execute(f"insert into {_TABLE} ({_LIST}) select {_LIST} from incoming")
        return cursor.rowcount, 0, 0
    cursor.execute(
        f"delete from {_TABLE} p where not exists "
        "(select from incoming i where i.number = p.number)"
    )
    removed = cursor.rowcount
    cursor.execute(
        f"""
        update {_TABLE} p set {", ".join(f"{column} = i.{column}" for column in others)}
        from incoming i where i.number = p.number
          and ({", ".join(f"p.{c}" for c in others)})
            is distinct from ({", ".join(f"i.{c}" for c in others)})
        """
    )
    changed = cursor.rowcount
    cursor.execute(
        f"""
        insert into {_TABLE} ({_LIST}) select {_LIST} from incoming i
        where not exists (select from {_TABLE} p where p.number = i.number)
        """
    )
    return cursor.rowcount, changed, removed


def copy_in(cursor: Any, target: str, file: Path) -> None:
    """COPY a CSV file into `target` (a table and its columns), block by block."""
    with (
        file.open("rb") as source,
        cursor.copy(f"copy {target} from stdin (format csv)") as copy,
    ):
        while block := source.read(_BLOCK):
            copy.write(block)


def _private(file: Path) -> None:
    """Make an empty file that its owner alone can read, before anything is written to it."""
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

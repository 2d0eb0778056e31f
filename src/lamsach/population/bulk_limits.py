"""Guesses in a run: the numbers tried for one name and birth, counted over file and log together.

A file of a million rows with one name and a million numbers would be the quickest oracle of all:
so of a name and birth for which an office tries more numbers than `limits.allowance` lets pass, no
row is answered, and the account that asks is not stopped, because honest imports meet the limit
(placeholder births, common names). What is decided rests on what is asked, never on the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from django.db import connections

from lamsach.clock import now
from lamsach.population import limits
from lamsach.population.answers import name_key, owner_number, probed_birth
from lamsach.population.copying import copy_table
from lamsach.population.database import register_database
from lamsach.population.keyed_columns import keyed_sql, number_sql, secrets
from lamsach.population.limits import Probe
from lamsach.population.models import LoggedQuestion
from lamsach.population.terms import Who

__all__ = ["refuse_guesses"]

_COUNTED_AT_ONCE: Final = 5_000
_LOG: Final = LoggedQuestion._meta.db_table
#: Numbers that are read as what they seem (see `identity.engine.persons.read_number`).
_PLAIN: Final = "regexp_full_match(personal_id, '[0-9]{12}')"


def refuse_guesses(connection: duckdb.DuckDBPyConnection, who: Who, engine: Path) -> None:
    """Table `guesses(row, probe, guess, refused)` of the rows of `asked` that tell a number.

    `engine`: the folder where the engine left what it read of the names.
    """
    _read_names(connection, engine)
    _read_once(connection, "births", "birth_date", "true", probed_birth, pa.int32())
    _read_once(connection, "numbers", "personal_id", f"not {_PLAIN}", _owner, pa.string())
    _read_guesses(connection)
    _read_log(connection, who)
    # Of a name and birth with few rows nothing can be too much: only the others are counted.
    connection.execute(
        f"""
        create temp table tried as
        with suspected as (
          select probe from (select probe from read_guesses union all select probe from log)
          group by probe having count(*) > {limits.allowance(0)}
        )
        select office, probe, guess, bool_or(is_new) as is_new from (
          select a.office, g.probe, g.guess, true as is_new from read_guesses g join asked a
            using (row) where g.probe in (from suspected)
          union all
          select office, probe, guess, false from log where probe in (from suspected)
        ) group by all
        """
    )
    # What the log has already is not tried anew.
    connection.execute(
        """
        create temp table counted as
        select t.office, t.probe, count(*) as n,
          bool_or(t.is_new and l.guess is null) as brings_new
        from tried t left join log l
          on l.office = t.office and l.probe = t.probe and l.guess = t.guess
        group by all
        """
    )
    connection.execute(
        "create temp table counted_everywhere as select probe, count(distinct guess) as n"
        " from tried group by all"
    )
    _count_namesakes(connection)
    connection.execute(
        f"""
        create temp table guesses as
        select g.row, g.probe, g.guess, coalesce(c.brings_new and (
          c.n > {limits.allowance_sql("n.namesakes")}
          or e.n > {limits.allowance_sql("n.namesakes", everywhere=True)}
        ), false) as refused
        from read_guesses g join asked a using (row)
        left join counted c on c.office = a.office and c.probe = g.probe
        left join counted_everywhere e on e.probe = g.probe
        left join namesakes n on n.probe = g.probe
        """
    )


def _read_names(connection: duckdb.DuckDBPyConnection, engine: Path) -> None:
    """Table `names(raw, key)`: what the run or the register's preparation has read already, and
    the other names."""
    connection.execute("create temp table names (raw varchar, key varchar)")
    for name, table in (("register", "names"), ("run", "person_names"), ("change", "person_names")):
        file = engine / f"{name}.duckdb"
        if not file.exists():
            continue
        connection.execute(f"attach '{_quoted(file)}' as read_before (read_only)")
        connection.execute(
            f"""
            insert into names
            select raw, any_value(
              replace(case when folded = '' then canonical else folded end, ' ', '')
            ) from read_before.{table} r
            where raw in (select full_name from asked)
              and not exists (select 1 from names n where n.raw = r.raw)
            group by raw
            """
        )
        connection.execute("detach read_before")
    _read_once(
        connection,
        "other_names",
        "full_name",
        "not exists (select 1 from names n where n.raw = full_name)",
        name_key,
        pa.string(),
    )
    connection.execute("insert into names from other_names")


def _read_once(
    connection: duckdb.DuckDBPyConnection,
    into: str,
    column: str,
    condition: str,
    read: Callable[[str], Any],
    kind: pa.DataType,
) -> None:
    """Table `into(raw, key)`: each distinct text of a column of `asked`, read once."""
    raw = connection.sql(
        f"select distinct {column} as raw from asked where {condition}"
    ).to_arrow_table()["raw"]
    values = [read(text) for text in raw.to_pylist()]
    arrow = pa.table({"raw": raw, "key": pa.array(values, kind)})  # noqa: F841 - read by name
    connection.execute(f"create temp table {into} as from arrow")


def _owner(personal_id: str) -> str | None:
    """The number with which a record can be right, as it is digested."""
    number = owner_number(personal_id)
    return None if number is None else f"{number:012}"


def _read_guesses(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `read_guesses(row, probe, guess, name, birth)`."""
    number = f"case when {_PLAIN} then a.personal_id else u.key end"
    connection.execute(
        f"""
        create temp table read_guesses as
        with told as (
          select a.row, n.key as name, b.key as birth, {number} as number
          from asked a
          join names n on n.raw = a.full_name
          join births b on b.raw = a.birth_date
          left join numbers u on u.raw = a.personal_id
          where a.answer <> 'exempt' and n.key <> '' and b.key <> 0 and {number} is not null
        ), digested as materialized (
          select row, name, birth,
            {keyed_sql(b"probe", "name", "cast(birth as varchar)")} as probe,
            {keyed_sql(b"guess", "number")} as guess
          from told
        )
        select row, {number_sql("probe")} as probe, {number_sql("guess")} as guess, name, birth
        from digested
        """,
        secrets(),
    )


def _read_log(connection: duckdb.DuckDBPyConnection, who: Who) -> None:
    """Table `log(office, probe, guess)`: what other jobs tried of the same names and births."""
    with connections[register_database()].cursor() as cursor:
        found = _distinct_log(connection, cursor, who) if _others_asked(cursor, who) else []
    arrow = pa.table(  # noqa: F841 - DuckDB reads it by name
        {
            "office": pa.array([row[0] for row in found], pa.string()),
            "probe": pa.array([row[1] for row in found], pa.int64()),
            "guess": pa.array([row[2] for row in found], pa.int64()),
        }
    )
    connection.execute("create temp table log as from arrow")


def _others_asked(cursor: Any, who: Who) -> bool:
    cursor.execute(f"select exists (select from {_LOG} where job <> %s and probe <> 0)", [who.job])
    return bool(cursor.fetchone()[0])


def _distinct_log(
    connection: duckdb.DuckDBPyConnection, cursor: Any, who: Who
) -> list[tuple[str, int, int]]:
    probes = connection.sql("select distinct probe from read_guesses").to_arrow_table()
    cursor.execute("create temporary table probes_now (probe bigint)")
    try:
        copy_table(cursor, "probes_now", probes)
        cursor.execute("analyze probes_now")
        cursor.execute(
            f"""
            select distinct q.office, q.probe, q.guess from {_LOG} q join probes_now using (probe)
            where q.probe <> 0 and q.at > %s and q.answer <> 'refused' and q.job <> %s
            """,
            [now() - limits.MEMORY, who.job],
        )
        rows: list[tuple[str, int, int]] = cursor.fetchall()
    finally:
        cursor.execute("drop table if exists probes_now")
    return rows


def _count_namesakes(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `namesakes(probe, namesakes)` of those that are tried often enough to matter."""
    connection.execute("create temp table namesakes (probe bigint, namesakes bigint)")
    probes = [
        Probe(probe, 1, name, birth)
        for probe, name, birth in connection.execute(
            f"""
            select probe, any_value(name), any_value(birth) from read_guesses
            where probe in (select probe from counted where n > {limits.allowance(0)})
              or probe in (select probe from counted_everywhere
                           where n > {limits.allowance(0, everywhere=True)})
            group by probe
            """
        ).fetchall()
    ]
    for begin in range(0, len(probes), _COUNTED_AT_ONCE):
        counted = limits.count_namesakes(probes[begin : begin + _COUNTED_AT_ONCE])
        arrow = pa.table(  # noqa: F841 - DuckDB reads it by name
            {
                "probe": pa.array(list(counted), pa.int64()),
                "namesakes": pa.array(list(counted.values()), pa.int64()),
            }
        )
        connection.execute("insert into namesakes from arrow")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

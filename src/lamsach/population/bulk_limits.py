"""Guesses in a run: the numbers tried for one name and birth, counted over file and log together.

A file of a million rows with one name and a million numbers would be the quickest oracle of all:
so of a name and birth for which an office tries more numbers than `limits.allowance` lets pass, no
row is answered, and the account that asks is not stopped, because honest imports meet the limit
(placeholder births, common names). What is decided rests on what is asked, never on the answer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from django.db import connections

from lamsach.clock import now
from lamsach.population import limits
from lamsach.population.copying import copy_table
from lamsach.population.database import register_database
from lamsach.population.limits import Probe
from lamsach.population.models import LoggedQuestion
from lamsach.population.terms import Who

__all__ = ["refuse_guesses"]

_READ_AT_ONCE: Final = 100_000
_COUNTED_AT_ONCE: Final = 5_000
_LOG: Final = LoggedQuestion._meta.db_table


def refuse_guesses(connection: duckdb.DuckDBPyConnection, who: Who, engine: Path) -> None:
    """Table `guesses(row, probe, guess, refused)` of the rows of `asked` that tell a number.

    `engine`: the folder where the engine left what it read of the names.
    """
    _read_guesses(connection, limits.ProbeReader(_names_read(connection, engine)))
    _read_log(connection, who)
    connection.execute(
        """
        create table tried as
        select office, probe, guess, bool_or(is_new) as is_new from (
          select a.office, g.probe, g.guess, true as is_new from read_guesses g join asked a
            using (row)
          union all select office, probe, guess, false from log
        ) group by all
        """
    )
    # What the log has already is not tried anew.
    connection.execute(
        """
        create table counted as
        select t.office, t.probe, count(*) as n,
          bool_or(t.is_new and l.guess is null) as brings_new
        from tried t left join log l
          on l.office = t.office and l.probe = t.probe and l.guess = t.guess
        group by all
        """
    )
    connection.execute(
        "create table counted_everywhere as select probe, count(distinct guess) as n"
        " from tried group by all"
    )
    _count_namesakes(connection)
    connection.execute(
        f"""
        create table guesses as
        select g.row, g.probe, g.guess, coalesce(c.brings_new and (
          c.n > {limits.allowance_sql("n.namesakes")}
          or e.n > {limits.allowance_sql("n.namesakes", everywhere=True)}
        ), false) as refused
        from read_guesses g join asked a using (row)
        join counted c on c.office = a.office and c.probe = g.probe
        join counted_everywhere e on e.probe = g.probe
        left join namesakes n on n.probe = g.probe
        """
    )


def _names_read(connection: duckdb.DuckDBPyConnection, engine: Path) -> dict[str, str]:
    """The keys of names that the run or the register's preparation has read already."""
    keys: dict[str, str] = {}
    for name, table in (("register", "names"), ("run", "person_names"), ("change", "person_names")):
        file = engine / f"{name}.duckdb"
        if not file.exists():
            continue
        connection.execute(f"attach '{_quoted(file)}' as read_before (read_only)")
        rows = connection.execute(
            f"""
            select raw, replace(case when folded = '' then canonical else folded end, ' ', '')
            from read_before.{table} where raw in (select full_name from asked)
            """
        ).fetchall()
        keys.update(rows)
        connection.execute("detach read_before")
    return keys


def _read_guesses(connection: duckdb.DuckDBPyConnection, reader: limits.ProbeReader) -> None:
    """Table `read_guesses(row, probe, guess, name, birth)`."""
    connection.execute(
        "create table read_guesses (row bigint, probe bigint, guess bigint, name varchar,"
        " birth integer)"
    )
    rows = connection.execute("select count(*) from asked").fetchall()[0][0]
    for begin in range(0, rows, _READ_AT_ONCE):
        part = connection.execute(
            "select row, full_name, birth_date, personal_id from asked"
            f" where row >= {begin} and row < {begin + _READ_AT_ONCE} and answer <> 'exempt'"
        ).fetchall()
        read = [(row, reader.read(name, birth, number)) for row, name, birth, number in part]
        read = [(row, probe) for row, probe in read if probe.probe]
        arrow = pa.table(  # noqa: F841 - DuckDB reads it by name
            {
                "row": pa.array([row for row, _ in read], pa.int64()),
                "probe": pa.array([probe.probe for _, probe in read], pa.int64()),
                "guess": pa.array([probe.guess for _, probe in read], pa.int64()),
                "name": pa.array([probe.name for _, probe in read], pa.string()),
                "birth": pa.array([probe.birth for _, probe in read], pa.int32()),
            }
        )
        connection.execute("insert into read_guesses from arrow")


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
    connection.execute("create table log as from arrow")


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
    connection.execute("create table namesakes (probe bigint, namesakes bigint)")
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

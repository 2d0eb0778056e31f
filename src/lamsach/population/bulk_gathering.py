"""What a run's file and the engine's results make of each record: tables for its parts.

All in columns, and keyed digests too: of a record nothing is looked at alone. Reads the run's files
and writes tables in the engine's memory (in the run's folder where they outgrow it); the register's
tables are not known here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from lamsach.population.keyed_columns import (
    fields_digest_sql,
    keyed_sql,
    secrets,
    statement_salt_sql,
)
from lamsach.population.proposing import HOUSEHOLD_DIGITS, phone_digits
from lamsach.population.statements import FIELDS
from lamsach.population.terms import Who

__all__ = ["gather", "make_ready"]

_ASKED: Final = (
    "full_name", "birth_date", "sex", "personal_id", "commune_code", "phone", "office",
)  # fmt: skip
#: `proposing.household_key` of what `joined` holds.
_HOUSEHOLD: Final = f"substr({keyed_sql(b'household', 'digits', 'commune')}, 1, 24)"

_SALT: Final = statement_salt_sql("cast($job as varchar)", "reference")


def gather(connection: duckdb.DuckDBPyConnection, persons: Path, run: Path, who: Who) -> int:
    """Tables `asked`, a row a record with its answer, and `proposed`; how many records there are.

    The answers are those that the health side may know (contracts, section 1). The rows stand in
    the order of references: the same parts each time, and keys that come to the database in order.
    """
    source = f"read_parquet('{_quoted(persons)}')"
    described = connection.execute(f"describe select * from {source}").fetchall()
    there = {row[0] for row in described}
    columns = ", ".join(
        f"coalesce(cast(p.{name} as varchar), '') as {name}" if name in there else f"'' as {name}"
        for name in _ASKED
    )
    connection.execute(
        f"""
        create temp table asked as
        select row_number() over (order by reference) - 1 as row, * replace (
          case when office = '' then ? else office end as office
        ), case when outcome = 'exempt' then 'exempt' when outcome = 'authenticated' then 'right'
            when full_name = '' or birth_date = '' or sex = '' then 'not_checkable'
            else 'wrong' end as answer
        from (
          select person_id as reference, {columns}, r.outcome, r.rivals
          from {source} p join read_parquet('{_quoted(run / "results.parquet")}') r
            using (person_id)
        )
        """,
        [who.office],
    )
    connection.execute(
        f"""
        create temp table proposed as
        with best_first as (
          select person_id as reference, cast(to_json(list({{
              number: cast(personal_id as bigint), probability: probability,
              differences: differences
            }} order by file_row_number)) as varchar) as candidates,
            first(personal_id order by file_row_number) as best
          from read_parquet('{_quoted(run / "candidates.parquet")}', file_row_number = true)
          group by person_id
        )
        select b.reference, b.candidates, coalesce(g.commune_code, '') as commune
        from best_first b
        left join read_parquet('{_quoted(run.parents[1] / "register.parquet")}') g
          on g.personal_id = b.best
        """
    )
    return int(connection.execute("select count(*) from asked").fetchall()[0][0])


def make_ready(connection: duckdb.DuckDBPyConnection, who: Who) -> None:
    """Table `told`: of each record all that is logged, proposed and signed of it."""
    _read_phones(connection)
    connection.execute(
        f"""
        create temp table told as
        with joined as (
          select a.row, a.reference, a.office, {", ".join(f"a.{name}" for name in FIELDS)},
            case when g.refused then 'refused' else a.answer end as reply,
            coalesce(g.probe, 0) as probe, coalesce(g.guess, 0) as guess,
            a.outcome, a.rivals, coalesce(p.candidates, '[]') as candidates,
            coalesce(p.commune, '') as commune, coalesce(t.digits, '') as digits
          from asked a
          left join guesses g using (row)
          left join proposed p using (reference)
          left join phones t on t.phone = a.phone
        )
        select * exclude (commune, digits),
          case when reply <> 'exempt' then {fields_digest_sql(*FIELDS)} end as fields,
          case when reply = 'right' then {_SALT} end as salt,
          case when digits = '' or commune = '' then ''
            else {_HOUSEHOLD} end as household
        from joined
        """,
        {"job": who.job, **secrets()},
    )


def _read_phones(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `phones(phone, digits)`: the last digits of each number, as households are told by."""
    plain = "regexp_full_match(phone, '[0-9]*')"
    odd = connection.sql(f"select distinct phone from asked where not {plain}").to_arrow_table()
    digits = [phone_digits(phone) for phone in odd["phone"].to_pylist()]
    read = pa.table({"phone": odd["phone"], "digits": pa.array(digits, pa.string())})  # noqa: F841
    connection.execute(
        f"""
        create temp table phones as
        select distinct phone, right(phone, {HOUSEHOLD_DIGITS}) as digits from asked where {plain}
        union all from read
        """
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

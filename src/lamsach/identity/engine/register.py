"""The register, prepared: keys to search by and counts to weigh with, made once per extract.

Tables of a prepared register:

- `names(name_id, raw, n, canonical, folded, sound, form, damage, is_plain, text_key, fold_key,
  sound_key, ends_key, n_same, n_fold, n_sound, n_ends)`: distinct names and how many people bear
  each, at four widths of likeness;
- `people(id, previous, name_id, birth, sex, text_hash, value_hash, province, district, commune,
  sound_key, ends_key)`: one row a register person; birth is yyyymmdd with 00 for what is not known;
  `text_hash` is the engine's hash of name, birth and sex as written, `value_hash` of what they say
  where that can be told without reading the name (see `value_hash`);
- `name_places(fold_key, province, n)`, `name_decades(fold_key, decade, n)`,
  `birth_days(birth, n)`, `residences(province, district, commune, n)`, `totals(people)`.
"""

from __future__ import annotations

from typing import Final

import duckdb

from lamsach.identity.births import parse_birth
from lamsach.identity.engine.dictionary import build_names, key60_sql
from lamsach.identity.engine.workspace import Workspace
from lamsach.identity.sexes import parse_sex
from lamsach.identity.tables import InputTable, reading, require_unique

#: The version of the tables above: a prepared register of another version is made anew.
PREPARED_VERSION: Final = "3"


def text_key(name: str) -> str:
    """SQL for a hash of a name in which letter case and outer spaces do not show."""
    return f"hash(lower(trim({name})))"


def value_hash(name_key: str, birth: str, sex: str) -> str:
    """SQL for the hash of a name's `text_key`, a birth as read (yyyymmdd) and a sex as read.

    Null for placeholder and partial births, which say less than they seem to.
    """
    return (
        f"case when {sex} <> '' and {birth} % 100 > 0 "
        f"and {birth} % 10000 not in (0, 101) then hash({name_key}, {birth}, {sex}) end"
    )


def read_values(
    connection: duckdb.DuckDBPyConnection, source: str, births: str, sexes: str
) -> None:
    """Read the distinct birth dates and sexes of a table, once each, into two small tables."""
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only bulk runs come here

    texts = connection.execute(f"select distinct birth_date from {source}").fetchall()
    raw = [text or "" for (text,) in texts]
    parsed = [parse_birth(text) for text in raw]
    arrow = pa.table(
        {
            "raw": pa.array(raw, pa.string()),
            "year": pa.array([b.parts[0] for b in parsed], pa.int32()),
            "month": pa.array([b.parts[1] for b in parsed], pa.int32()),
            "day": pa.array([b.parts[2] for b in parsed], pa.int32()),
        }
    )
    connection.execute(f"create or replace table {births} as select distinct * from arrow")
    texts = connection.execute(f"select distinct sex from {source}").fetchall()
    raw = [text or "" for (text,) in texts]
    arrow = pa.table(  # noqa: F841 - DuckDB reads it by name
        {
            "raw": pa.array(raw, pa.string()),
            "sex": pa.array([parse_sex(text) for text in raw], pa.string()),
        }
    )
    connection.execute(f"create or replace table {sexes} as select distinct * from arrow")


def prepare_register(workspace: Workspace, register: InputTable) -> None:
    """Fill the workspace with the prepared tables of a register (see the room's docstring)."""
    view = register.view

    def unique(connection: duckdb.DuckDBPyConnection) -> None:
        require_unique(connection, register, "personal_id")

    def names(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            f"""
            create or replace temp table raw_names as
            select coalesce(full_name, '') as raw, count(*) as n from {view} group by all
            """
        )
        build_names(connection, "raw_names", "read_names")
        connection.execute("drop table raw_names")
        connection.execute(
            f"""
            create or replace table names as
            select name_id, raw, n, canonical, folded, sound, form, damage, is_plain, text_key,
              fold_key, sound_key, ends_key,
              cast(sum(n) over (partition by canonical) as integer) as n_same,
              cast(sum(n) over (partition by fold_key) as integer) as n_fold,
              cast(sum(n) over (partition by sound_key) as integer) as n_sound,
              cast(sum(n) over (partition by ends_key) as integer) as n_ends
            from (
              select *,
                case when is_plain and form = 'marked' then {text_key("raw")} end as text_key,
                {key60_sql("folded")} as fold_key, {key60_sql("sound")} as sound_key,
                {key60_sql(ENDS_SQL)} as ends_key
              from read_names
            )
            """
        )
        connection.execute("drop table read_names")

    def people(connection: duckdb.DuckDBPyConnection) -> None:
        read_values(connection, view, "register_births", "register_sexes")
        connection.execute(
            f"""
            create or replace table people as
            select id, previous, name_id, birth, sex, text_hash,
              case when text_key is not null then {value_hash("text_key", "birth", "sex")} end
                as value_hash,
              province, district, commune, sound_key, ends_key
            from (
              select cast(r.personal_id as bigint) as id,
                coalesce(try_cast(r.previous_id as bigint), 0) as previous,
                n.name_id, b.year * 10000 + b.month * 100 + b.day as birth, s.sex,
                hash(r.full_name, r.birth_date, r.sex) as text_hash, n.text_key,
                coalesce(try_cast(r.province_code as integer), 0) as province,
                coalesce(try_cast(r.district_code as integer), 0) as district,
                coalesce(try_cast(r.commune_code as integer), 0) as commune,
                n.sound_key, n.ends_key
              from {view} r
              join names n on n.raw = coalesce(r.full_name, '')
              join register_births b on b.raw = coalesce(r.birth_date, '')
              join register_sexes s on s.raw = coalesce(r.sex, '')
            )
            """
        )

    def terms(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            """
            create or replace table name_places as
            select n.fold_key, p.province, cast(sum(p.n) as integer) as n
            from (select name_id, province, count(*) as n from people group by all) p
            join names n using (name_id) group by all
            """
        )
        connection.execute(
            """
            create or replace table name_decades as
            select n.fold_key, p.decade, cast(sum(p.n) as integer) as n
            from (select name_id, birth // 100000 as decade, count(*) as n
                  from people group by all) p
            join names n using (name_id) group by all
            """
        )
        connection.execute(
            """
            create or replace table birth_days as
            select birth, cast(count(*) as integer) as n from people group by all
            """
        )
        connection.execute(
            """
            create or replace table residences as
            select province, district, commune, cast(count(*) as integer) as n
            from people group by all
            """
        )
        connection.execute(
            "create or replace table totals as select count(*) as people from people"
        )

    with reading(register):
        workspace.step("check the register's numbers", unique)
        workspace.step("read the register's names", names)
        workspace.step("prepare the register", people)
    workspace.step("count the register's terms", terms)


#: The first and the last word of a folded name: what stays when a middle part goes missing.
ENDS_SQL: Final = "concat(split_part(folded, ' ', 1), ' ', split_part(folded, ' ', -1))"


def ends_of(folded: str) -> str:
    """ENDS_SQL of one folded name.

    >>> ends_of("nguyen thi hong")
    'nguyen hong'
    """
    words = folded.split(" ")
    return f"{words[0]} {words[-1]}"

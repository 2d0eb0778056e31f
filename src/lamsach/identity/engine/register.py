"""The register, prepared: keys to search by and counts to weigh with, made once per extract.

Tables of a prepared register:

- `names(name_id, raw, n, canonical, folded, sound, form, damage, is_plain, text_key,
  fold_key, sound_key, ends_key, n_same, n_fold, n_sound, n_ends)`: distinct names and how many
  people bear each, at four widths of likeness;
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
PREPARED_VERSION: Final = "6"


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


def people_sql(source: str, names: str) -> str:
    """SQL for `people` of register rows whose names, births and sexes have been read."""
    return f"""
      select id, previous, name_id, birth, sex, text_hash,
        case when text_key is not null then {value_hash("text_key", "birth", "sex")} end
          as value_hash,
        province, district, commune, sound_key, ends_key
      from (
        select cast(r.personal_id as bigint) as id, {_previous("r")} as previous,
          n.name_id, b.year * 10000 + b.month * 100 + b.day as birth, s.sex,
          {_text_hash("r")} as text_hash, n.text_key,
          {_unit("r.province_code")} as province, {_unit("r.district_code")} as district,
          {_unit("r.commune_code")} as commune, n.sound_key, n.ends_key
        from {source} r
        join {names} n on n.raw = coalesce(r.full_name, '')
        join register_births b on b.raw = coalesce(r.birth_date, '')
        join register_sexes s on s.raw = coalesce(r.sex, '')
      )
    """


def _previous(row: str) -> str:
    return f"coalesce(try_cast({row}.previous_id as bigint), 0)"


def _text_hash(row: str) -> str:
    return f"hash({row}.full_name, {row}.birth_date, {row}.sex)"


def _unit(code: str) -> str:
    return f"coalesce(try_cast({code} as integer), 0)"


def same_person(row: str, person: str) -> str:
    """SQL: whether a row of the register is what a prepared person was made of."""
    units = " and ".join(
        f"{person}.{unit} = {_unit(f'{row}.{unit}_code')}"
        for unit in ("province", "district", "commune")
    )
    return (
        f"{person}.text_hash = {_text_hash(row)} and {person}.previous = {_previous(row)} "
        f"and {units}"
    )


#: How many people bear a name, by the column that four widths of likeness have in common.
_WIDTHS: Final = {
    "n_same": "canonical",
    "n_fold": "fold_key",
    "n_sound": "sound_key",
    "n_ends": "ends_key",
}


def _read_names(connection: duckdb.DuckDBPyConnection, raw_names: str) -> str:
    """Read the distinct names of `raw_names(raw, n)`; SQL for `names` but for its counts."""
    build_names(connection, raw_names, "read_names")
    connection.execute(f"drop table {raw_names}")
    return f"""
      select name_id, raw, n, canonical, folded, sound, form, damage, is_plain,
        case when is_plain and form = 'marked' then {text_key("raw")} end as text_key,
        {key60_sql("folded")} as fold_key, {key60_sql("sound")} as sound_key,
        {key60_sql(ENDS_SQL)} as ends_key
      from read_names
    """


def add_names(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Beside the names of `base_register`, view `register.names`: those that `source` adds.

    Their counts are the register's as it was prepared, and their own.
    """
    connection.execute(
        f"""
        create or replace temp table raw_names as
        select coalesce(full_name, '') as raw, count(*) as n from {source}
        where coalesce(full_name, '') not in (select raw from base_register.names) group by all
        """
    )
    names = _read_names(connection, "raw_names")
    counts = ", ".join(
        f"""cast(n + coalesce((
          select max(b.{count}) from base_register.names b where b.{key} = a.{key}
        ), 0) as integer) as {count}"""
        for count, key in _WIDTHS.items()
    )
    connection.execute(
        f"""
        create or replace table added_names as
        select a.* replace (
            cast(name_id + (select max(name_id) from base_register.names) as integer) as name_id
          ), {counts}
        from ({names}) a
        """
    )
    connection.execute("drop table read_names")
    connection.execute(
        """
        create or replace view register.names as
        from base_register.names union all by name from added_names
        """
    )
    read_values(connection, source, "register_births", "register_sexes")


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
        connection.execute(
            f"create or replace temp table keyed as {_read_names(connection, 'raw_names')}"
        )
        joins = " ".join(
            f"""join (select {key}, cast(sum(n) as integer) as {count} from keyed group by all)
              using ({key})"""
            for count, key in _WIDTHS.items()
        )
        counts = ", ".join(_WIDTHS)
        connection.execute(
            f"create or replace table names as select k.*, {counts} from keyed k {joins}"
        )
        connection.execute("drop table keyed")
        connection.execute("drop table read_names")

    def people(connection: duckdb.DuckDBPyConnection) -> None:
        read_values(connection, view, "register_births", "register_sexes")
        connection.execute(f"create or replace table people as {people_sql(view, 'names')}")

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

"""The persons: who agrees with the register as written, and the rest, read and made comparable.

Tables left in the run's workspace:

- `checked(person_id, id, …)`: every person; `id` is the register person when number, name, birth
  and sex are written alike; the other columns are kept only where they are not;
- `person_names(name_id, raw, canonical, folded, sound, form, fold_key, sound_key, ends_key)`;
- `rest(row, person_id, name_id, t_…)`: the others, with births, sexes, numbers and residences read.
"""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa

from lamsach.identity.engine.dictionary import build_names, key60_sql
from lamsach.identity.engine.register import ENDS_SQL, read_values
from lamsach.identity.engine.search import owner_number
from lamsach.identity.engine.workspace import Workspace
from lamsach.identity.personal_ids import read_personal_id
from lamsach.identity.tables import InputTable, reading, require_unique

_VIETNAMESE: Final = ("", "vn", "vnm", "viet nam", "việt nam", "vietnam")

#: 12 digits and nothing else; the engine's cast would also take signs and spaces.
_PLAIN_NUMBER: Final = (
    "length(p.personal_id) = 12 and translate(p.personal_id, '0123456789', '') = ''"
)
_KEPT: Final = (
    "personal_id",
    "full_name",
    "birth_date",
    "sex",
    "province_code",
    "district_code",
    "commune_code",
)


def check_persons(workspace: Workspace, persons: InputTable) -> None:
    """Find the persons who agree with the register as written; read the rest."""
    view = persons.view
    foreign = ", ".join(f"'{word}'" for word in _VIETNAMESE)

    def unique(connection: duckdb.DuckDBPyConnection) -> None:
        require_unique(connection, persons, "person_id")

    def exact(connection: duckdb.DuckDBPyConnection) -> None:
        kept = ", ".join(f"case when e.id is null then p.{c} end as {c}" for c in _KEPT)
        connection.execute(
            f"""
            create or replace table checked as
            select p.person_id, e.id, p.is_foreign, {kept},
              p.province_code as stated_province, p.commune_code as stated_commune
            from (
              select *, lower(trim(coalesce(nationality, ''))) not in ({foreign}) as is_foreign,
                case when {_PLAIN_NUMBER} then cast(p.personal_id as bigint) end as number,
                hash(full_name, birth_date, sex) as text_hash
              from {view} p
            ) p
            left join register.people e
              on e.id = p.number and e.text_hash = p.text_hash and not p.is_foreign
              and p.full_name <> '' and p.birth_date <> '' and p.sex <> ''
            """
        )

    def names(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            """
            create or replace temp table raw_names as
            select coalesce(full_name, '') as raw, count(*) as n
            from checked where id is null and not is_foreign group by all
            """
        )
        build_names(connection, "raw_names", "read_names")
        connection.execute("drop table raw_names")
        connection.execute(
            f"""
            create or replace table person_names as
            select *, {key60_sql("folded")} as fold_key, {key60_sql("sound")} as sound_key,
              {key60_sql(ENDS_SQL)} as ends_key
            from read_names
            """
        )
        connection.execute("drop table read_names")

    def rest(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            "create or replace temp view unread as "
            "select * from checked where id is null and not is_foreign"
        )
        read_values(connection, "unread", "person_births", "person_sexes")
        _read_numbers(connection)
        connection.execute(
            f"""
            create or replace table rest as
            select row_number() over () as row, p.person_id, n.name_id, n.form as name_form,
              n.fold_key, n.sound_key, n.ends_key,
              b.year as t_year, b.month as t_month, b.day as t_day,
              s.sex as t_sex, coalesce(i.digits, '') as t_digits, i.kind as t_kind, i.id_status,
              {owner_number.sql()} as t_number,
              coalesce(try_cast(p.province_code as integer), 0) as t_province,
              coalesce(try_cast(p.district_code as integer), 0) as t_district,
              coalesce(try_cast(p.commune_code as integer), 0) as t_commune,
              p.stated_province, p.stated_commune,
              coalesce(p.full_name, '') <> '' and coalesce(p.birth_date, '') <> ''
                and coalesce(p.sex, '') <> '' as comparable
            from unread p
            join person_names n on n.raw = coalesce(p.full_name, '')
            join person_births b on b.raw = coalesce(p.birth_date, '')
            join person_sexes s on s.raw = coalesce(p.sex, '')
            join numbers i on i.raw = coalesce(p.personal_id, '')
            """
        )

    with reading(persons):
        workspace.step("check the persons' keys", unique)
        workspace.step("compare as written", exact)
    workspace.step("read the persons' names", names)
    workspace.step("read the persons' fields", rest)


def _read_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    """Read the distinct ID numbers as typed: plain ones in SQL, the others by the library."""
    connection.execute(
        """
        create or replace temp table typed_numbers as
        select coalesce(personal_id, '') as raw from checked where id is null group by all
        """
    )
    odd = connection.sql(
        """
        select raw from typed_numbers
        where not (length(raw) in (9, 12) and translate(raw, '0123456789', '') = '')
        """
    ).to_arrow_table()["raw"]
    readings = [read_personal_id(text) for text in odd.to_pylist()]
    arrow = pa.table(  # noqa: F841 - DuckDB reads it by name
        {
            "raw": odd,
            "digits": pa.array([r.digits for r in readings], pa.string()),
            "kind": pa.array([r.kind for r in readings], pa.string()),
            "id_status": pa.array([r.id_status for r in readings], pa.string()),
        }
    )
    connection.execute(
        """
        create or replace table numbers as
        select raw, raw as digits,
          case when length(raw) = 12 then 'personal_id' else 'cmnd' end as kind,
          'well_formed' as id_status
        from typed_numbers
        where length(raw) in (9, 12) and translate(raw, '0123456789', '') = ''
        union all by name select * from arrow
        """
    )
    connection.execute("drop table typed_numbers")

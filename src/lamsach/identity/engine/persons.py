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
from lamsach.identity.personal_ids import PersonalIdReading, read_personal_id
from lamsach.identity.rules.expressions import (
    Expression,
    column,
    ends_with,
    length,
    number,
    one_of,
    part,
    translated,
    when,
)
from lamsach.identity.tables import InputTable, reading, require_unique

_VIETNAMESE: Final = ("", "vn", "vnm", "viet nam", "việt nam", "vietnam")
#: What the engine's `trim` takes away: spaces of all kinds (Unicode category Zs).
_SPACES: Final = (
    "\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000"
)

_raw = column("raw")
#: A number that is digits and nothing else; an engine's cast would also take signs and spaces.
_is_plain: Final[Expression] = one_of(length(_raw), (9, 12)) & (
    translated(_raw, "0123456789", "") == ""
)
_plain_kind: Final[Expression] = when(length(_raw) == 12, "personal_id").otherwise("cmnd")


def _plain_number(raw: str) -> Expression:
    """12 digits with which a record can agree with the register as written; 0 for all else."""
    return when(length(column(raw)) == 12, number(column(raw))).otherwise(0)


def _area_code(raw: str) -> Expression:
    """An area's code: digits, as text or as a number column's "79.0"; 0 for all else."""
    code = translated(column(raw), " ", "")
    return when(ends_with(code, ".0"), number(part(code, 1, length(code) - 2))).otherwise(
        number(code)
    )


_is_plain_of, _plain_kind_of = _is_plain.function("raw"), _plain_kind.function("raw")
_plain_number_of = _plain_number("raw").function("raw")
_area_code_of = _area_code("raw").function("raw")


def is_foreign(nationality: str) -> bool:
    """Whether a nationality as typed is another than Vietnamese; empty is Vietnamese.

    >>> [is_foreign(text) for text in ("", " VNM ", "Việt Nam", "LA")]
    [False, False, False, True]
    """
    return nationality.strip(_SPACES).lower() not in _VIETNAMESE


def read_number(text: str) -> PersonalIdReading:
    """A personal number as typed, as the run reads it: 12 or 9 plain digits are what they seem.

    >>> read_number("999999999999").kind, read_number("079 185 012 345").digits
    ('personal_id', '079185012345')
    """
    if _is_plain_of(text):
        return PersonalIdReading(text, _plain_kind_of(text), "well_formed")
    return read_personal_id(text)


def plain_number(text: str) -> int:
    """12 digits with which a record can agree with the register as written; 0 for all else.

    >>> plain_number("001093012345"), plain_number("1093012345")
    (1093012345, 0)
    """
    number_as_written: int = _plain_number_of(text)
    return number_as_written


def area_code(text: str) -> int:
    """The code of a province, district or commune as typed; 0 for what is none.

    >>> area_code("079"), area_code("79.0"), area_code("Hà Nội")
    (79, 79, 0)
    """
    code: int = _area_code_of(text)
    return code


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
                {_plain_number("p.personal_id").sql()} as number,
                hash(full_name, birth_date, sex) as text_hash
              from {view} p
            ) p
            left join register.people e
              on e.id = p.number and p.number > 0 and e.text_hash = p.text_hash and not p.is_foreign
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
              {_area_code("p.province_code").sql()} as t_province,
              {_area_code("p.district_code").sql()} as t_district,
              {_area_code("p.commune_code").sql()} as t_commune,
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
        f"select raw from typed_numbers where not {_is_plain.sql()}"
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
        f"""
        create or replace table numbers as
        select raw, raw as digits, {_plain_kind.sql()} as kind, 'well_formed' as id_status
        from typed_numbers where {_is_plain.sql()}
        union all by name select * from arrow
        """
    )
    connection.execute("drop table typed_numbers")

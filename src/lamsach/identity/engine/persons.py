"""The persons: who agrees with the register as written, and the rest, read and made comparable.

Tables left in the run's workspace:

- `person_births(raw, year, month, day)`, `person_sexes(raw, sex)`: each date and sex, read once;
- `checked(person_id, id, row_hash, …)`: every person; `id` is the register person when number,
  name, birth and sex are written alike, or say the same in another letter case or form of date;
  the other columns are kept only where they do not; `claims(id)`: the register persons so taken;
- `person_names(name_id, raw, canonical, folded, sound, form, …, sound_key, ends_key)`;
- `rest(row, person_id, name_id, t_…)`: the others, with births, sexes, numbers and residences read.
"""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa

from lamsach.identity.engine.dictionary import build_names, key60_sql
from lamsach.identity.engine.register import ENDS_SQL, read_values, text_key, value_hash
from lamsach.identity.engine.search import owner_number
from lamsach.identity.engine.workspace import Workspace
from lamsach.identity.names import ODD_CAPITAL
from lamsach.identity.personal_ids import PersonalIdReading, read_personal_id
from lamsach.identity.rules.expressions import (
    Expression,
    column,
    ends_with,
    length,
    number,
    one_of,
    only_digits,
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
_is_plain: Final[Expression] = one_of(length(_raw), (9, 12)) & (only_digits(_raw))


def _plain_kind(raw: str) -> Expression:
    return when(length(column(raw)) == 12, "personal_id").otherwise("cmnd")


#: How a record `p` and its row of `odd_numbers`, `i`, give the number as read.
NUMBER_AS_READ: Final = f"""
  case when i.raw is null then p.personal_id else i.digits end as t_digits,
  case when i.raw is null then {_plain_kind("p.personal_id").sql()} else i.kind end as t_kind,
  case when i.raw is null then 'well_formed' else i.id_status end as id_status
"""


def _plain_number(raw: str) -> Expression:
    """12 digits with which a record can agree with the register as written; 0 for all else."""
    return when(length(column(raw)) == 12, number(column(raw))).otherwise(0)


def _area_code(raw: str) -> Expression:
    """An area's code: digits, as text or as a number column's "79.0"; 0 for all else."""
    code = translated(column(raw), " ", "")
    return when(ends_with(code, ".0"), number(part(code, 1, length(code) - 2))).otherwise(
        number(code)
    )


_is_plain_of, _plain_kind_of = _is_plain.function("raw"), _plain_kind("raw").function("raw")
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
    "district_code",
)
#: A residence is kept of everybody, for the summary.
_STATED: Final = {"province_code": "stated_province", "commune_code": "stated_commune"}


def check_persons(workspace: Workspace, persons: InputTable) -> None:
    """Find the persons who agree with the register as written."""

    def unique(connection: duckdb.DuckDBPyConnection) -> None:
        require_unique(connection, persons, "person_id")

    def exact(connection: duckdb.DuckDBPyConnection) -> None:
        compare_as_written(connection, persons.view)

    with reading(persons):
        workspace.step("check the persons' keys", unique)
        workspace.step("compare as written", exact)


def read_persons(workspace: Workspace) -> None:
    """Read the names and the other fields of those who do not agree as written."""
    workspace.step("read the persons' names", _read_names)
    workspace.step("read the persons' fields", _read_fields)


def row_hash(alias: str) -> str:
    """SQL for the hash of all that a run asks of a row of PERSONS: another hash, another row."""
    columns = ("person_id", "nationality", *_KEPT, *_STATED)
    return f"hash({', '.join(f'{alias}.{column}' for column in columns)})"


def compare_as_written(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Tables `person_births`, `person_sexes` and `checked`, view `claims`, of the rows of `source`.

    A record agrees when number, name, birth and sex are the register's, byte for byte or but for
    letter case and the form of the date.
    """
    foreign = ", ".join(f"'{word}'" for word in _VIETNAMESE)
    kept = ", ".join(f"case when id is null then {column} end as {column}" for column in _KEPT)
    stated = ", ".join(f"{column} as {name}" for column, name in _STATED.items())
    read_values(connection, source, "person_births", "person_sexes")
    connection.execute(
        f"""
        create or replace table checked as
        select person_id, id, is_foreign, row_hash, {kept},
          {stated}
        from (
          select p.*, case
            when p.is_foreign or p.full_name = '' or p.birth_date = '' or p.sex = '' then null
            when e.text_hash = hash(p.full_name, p.birth_date, p.sex) then e.id
            when e.value_hash = {value_hash(text_key("p.full_name"), "p.birth", "p.sex_read")}
              and not regexp_matches(p.full_name, '{ODD_CAPITAL.pattern}') then e.id end as id
          from (
            select p.*, {_plain_number("p.personal_id").sql()} as number,
              lower(trim(coalesce(nationality, ''))) not in ({foreign}) as is_foreign,
              b.year * 10000 + b.month * 100 + b.day as birth, s.sex as sex_read,
              {row_hash("p")} as row_hash
            from {source} p
            join person_births b on b.raw = coalesce(p.birth_date, '')
            join person_sexes s on s.raw = coalesce(p.sex, '')
          ) p
          left join register.people e on e.id = p.number and p.number > 0
        )
        """
    )
    connection.execute(
        "create or replace view claims as select id from checked where id is not null"
    )


def _read_names(connection: duckdb.DuckDBPyConnection) -> None:
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
        select *, {key60_sql("sound")} as sound_key, {key60_sql(ENDS_SQL)} as ends_key
        from read_names
        """
    )
    connection.execute("drop table read_names")


def _read_fields(connection: duckdb.DuckDBPyConnection) -> None:
    _read_odd_numbers(connection)
    areas = ("p.stated_province", "p.district_code", "p.stated_commune")
    distinct = " union ".join(
        f"select coalesce({area}, '') as raw from checked p where id is null" for area in areas
    )
    connection.execute(
        f"create or replace temp table areas as "
        f"select raw, {_area_code('raw').sql()} as code from ({distinct})"
    )
    connection.execute(
        f"""
        create or replace table rest as
        select *, {owner_number.sql()} as t_number
        from (
          select p.rowid as row, p.person_id, n.name_id, n.form as name_form,
            n.sound_key, n.ends_key,
            b.year as t_year, b.month as t_month, b.day as t_day,
            s.sex as t_sex, {NUMBER_AS_READ},
            province.code as t_province, district.code as t_district, commune.code as t_commune,
            p.stated_province, p.stated_commune,
            coalesce(p.full_name, '') <> '' and coalesce(p.birth_date, '') <> ''
              and coalesce(p.sex, '') <> '' as comparable
          from checked p
          join person_names n on n.raw = coalesce(p.full_name, '')
          join person_births b on b.raw = coalesce(p.birth_date, '')
          join person_sexes s on s.raw = coalesce(p.sex, '')
          join areas province on province.raw = coalesce(p.stated_province, '')
          join areas district on district.raw = coalesce(p.district_code, '')
          join areas commune on commune.raw = coalesce(p.stated_commune, '')
          left join odd_numbers i on i.raw = coalesce(p.personal_id, '')
          where p.id is null and not p.is_foreign
        )
        """
    )
    connection.execute("drop table areas")


def _read_odd_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `odd_numbers(raw, digits, kind, id_status)`: numbers that are not 9 or 12 digits."""
    odd = connection.sql(
        f"""
        select raw from (
          select distinct coalesce(personal_id, '') as raw from checked where id is null
        ) where not {_is_plain.sql()}
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
    connection.execute("create or replace table odd_numbers as select * from arrow")

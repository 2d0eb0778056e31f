"""The records: what each says, read and made comparable with every other.

Tables left in the run's workspace:

- `records(row, person_id, name_id, name_form, keys of the name, t_…, phone, insurance, passport)`:
  one row a record; keys that are not given are 0, births are read as year, month and day;
- `shared(field, key, bearers)`: numbers, telephones and cards that several records bear, and how
  many given names there are among them (one person's records are no crowd);
- the schema `register`: the platform's own records in the place of the engine's register, so that
  its counts of names, days and places (`engine.terms`) are made in the same way.

This room knows nothing of pairs.
"""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa

from lamsach.identity.engine.dictionary import build_names, key60_sql
from lamsach.identity.engine.register import ENDS_SQL, read_values
from lamsach.identity.engine.workspace import Workspace
from lamsach.identity.personal_id_structure import CENTURY_SEX
from lamsach.identity.personal_ids import read_personal_id
from lamsach.identity.places import is_place_code
from lamsach.identity.tables import InputTable, reading, require_unique

#: Fields whose value is one key: the same key is the same number, telephone or card.
KEY_FIELDS: Final = ("number", "former", "phone", "insurance", "passport")

#: What is known of a country before its records are counted: see `_count`.
UNRECORDED: Final = 10_000
YEARS: Final = 90
PROVINCES: Final = 63
COMMUNES: Final = 10_600
#: Shorter texts are no number of a card or passport.
SHORTEST: Final = 6
_PLAIN_NUMBER: Final = "length(raw) in (9, 12) and regexp_full_match(raw, '[0-9]*')"
#: Letters of the folded name in order of the alphabet: alike for words moved or glued.
_LETTERS: Final = "list_aggregate(list_sort(string_split(replace(folded, ' ', ''), '')), \
'string_agg', '')"


def read_records(workspace: Workspace, persons: InputTable) -> None:
    """Read every record of `persons` into the tables named above.

    Raises InputError when a `person_id` stands twice or a file cannot be read.
    """

    def unique(connection: duckdb.DuckDBPyConnection) -> None:
        require_unique(connection, persons, "person_id")

    def names(connection: duckdb.DuckDBPyConnection) -> None:
        _read_names(connection, persons.view)

    def fields(connection: duckdb.DuckDBPyConnection) -> None:
        _read_fields(connection, persons.view)

    with reading(persons):
        workspace.step("check the records' keys", unique)
        workspace.step("read the names", names)
        workspace.step("read the fields", fields)
    workspace.step("count names, days and places", _count)


def _read_names(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    connection.execute(
        f"""
        create or replace temp table raw_names as
        select coalesce(full_name, '') as raw, count(*) as n from {view} group by all
        """
    )
    build_names(connection, "raw_names", "read_names")
    connection.execute("create schema if not exists register")
    connection.execute(
        f"""
        create or replace table register.names as
        select *, strlen(canonical) - strlen(folded) as marks,
          {_others("sum(n) over (partition by canonical)")} as n_same,
          {_others("sum(n) over (partition by fold_key)")} as n_fold,
          {_others("sum(n) over (partition by sound_key)")} as n_sound,
          {_others("sum(n) over (partition by ends_key)")} as n_ends
        from (
          select *, {key60_sql("folded")} as fold_key, {key60_sql("sound")} as sound_key,
            {key60_sql(ENDS_SQL)} as ends_key,
            {key60_sql("split_part(sound, ' ', -1)")} as given_key,
            {key60_sql(_LETTERS)} as letters_key
          from read_names
        )
        """
    )
    connection.execute("drop table raw_names")
    connection.execute("drop table read_names")


def _others(count: str) -> str:
    """SQL for a count without one of the two records of a pair, for both may be one person.

    The engine's terms leave the other one out themselves.
    """
    return f"cast(greatest({count} - 1, 1) as integer)"


def _read_numbers(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    """Read the distinct numbers as typed: plain ones in SQL, the others by the library."""
    connection.execute(
        f"""
        create or replace temp table typed_numbers as
        select coalesce(personal_id, '') as raw from {view} group by all
        """
    )
    odd = connection.sql(
        f"select raw from typed_numbers where not ({_PLAIN_NUMBER})"
    ).to_arrow_table()["raw"]
    readings = [read_personal_id(text) for text in odd.to_pylist()]
    arrow = pa.table(  # noqa: F841 - DuckDB reads it by name
        {
            "raw": odd,
            "digits": pa.array([r.digits for r in readings], pa.string()),
            "kind": pa.array([r.kind for r in readings], pa.string()),
            "rounded": pa.array([r.rounded_length > 0 for r in readings], pa.bool_()),
        }
    )
    connection.execute(
        f"""
        create or replace temp table numbers as
        select raw, raw as digits, false as rounded,
          case when length(raw) = 12 then 'personal_id' else 'cmnd' end as kind
        from typed_numbers where {_PLAIN_NUMBER}
        union all by name select * from arrow
        """
    )
    connection.execute("drop table typed_numbers")


def _read_fields(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    read_values(connection, view, "births", "sexes")
    _read_numbers(connection, view)
    connection.execute(
        f"""
        create or replace table records as
        with typed as (
          select row_number() over () as row, p.person_id,
            n.name_id, n.form as name_form, n.sound_key, n.ends_key, n.given_key, n.letters_key,
            b.year as t_year, b.month as t_month, b.day as t_day, s.sex as t_sex,
            case when i.kind in ('personal_id', 'cmnd', 'damaged') and not i.rounded
              then i.digits else '' end as digits,
            i.kind, coalesce(try_cast(p.province_code as integer), 0) as t_province,
            coalesce(try_cast(p.district_code as integer), 0) as t_district,
            coalesce(try_cast(p.commune_code as integer), 0) as t_commune,
            {_phone("coalesce(p.phone, '')")} as phone_digits,
            {_phone("case when i.kind = 'phone' then i.digits else '' end")} as other_phone,
            {_alphanumeric("p.insurance_number")} as card,
            {_alphanumeric("p.passport_number")} as passport_text
          from {view} p
          join register.names n on n.raw = coalesce(p.full_name, '')
          join births b on b.raw = coalesce(p.birth_date, '')
          join sexes s on s.raw = coalesce(p.sex, '')
          join numbers i on i.raw = coalesce(p.personal_id, '')
        ), keyed as (
          select *,
            case when phone_digits <> '' then phone_digits else other_phone end as telephone,
            case when {_is_digits("digits")} and length(digits) between 10 and 12 then digits
              else '' end as long_digits,
            case when {_is_digits("digits")} and length(digits) = 9 then digits
              when {_is_digits("digits")} and length(digits) = 8 then concat('0', digits)
              else '' end as former_digits
          from typed
        )
        select row, person_id, name_id, name_form, sound_key, ends_key, given_key, letters_key,
          t_year, t_month, t_day, t_sex, digits as t_digits, kind as t_kind,
          t_province, t_district, t_commune,
          coalesce(try_cast(long_digits as bigint), 0) as number,
          coalesce(try_cast(former_digits as bigint), 0) as former,
          coalesce(try_cast(telephone as bigint), 0) as phone,
          case when length(card) >= {SHORTEST} then {key60_sql("right(card, 10)")} else 0 end
            as insurance,
          case when length(passport_text) >= {SHORTEST} then {key60_sql("passport_text")} else 0 end
            as passport,
          {_number_situation()} as t_situation
        from keyed
        """
    )
    connection.execute("drop table numbers")
    shared = " union all ".join(
        f"select '{field}' as field, {field} as key, count(distinct given_key)::integer as bearers"
        f" from records where {field} > 0 group by {field} having count(*) > 1"
        for field in KEY_FIELDS
    )
    connection.execute(f"create or replace table shared as {shared}")


def _is_digits(text: str) -> str:
    return f"({text} <> '' and translate({text}, '0123456789', '') = '')"


def _phone(text: str) -> str:
    """A telephone number's digits as dialled at home; '' for what is none.

    A number of one digit repeated is what clerks type to get past a compulsory field.
    """
    digits = f"regexp_replace({text}, '[^0-9]', '', 'g')"
    national = f"regexp_replace({digits}, '^(00)?84', '0')"
    repeated = f"translate(substr({national}, 2), substr({national}, 2, 1), '') = ''"
    return (
        f"case when length({national}) between 9 and 12 and not {repeated} then {national} "
        "else '' end"
    )


def _alphanumeric(column: str) -> str:
    return f"regexp_replace(upper(coalesce({column}, '')), '[^0-9A-Z]', '', 'g')"


def _number_situation() -> str:
    """SQL for what a record's number is: it decides which levels mean what.

    `own`: 12 digits that agree with the bearer's sex and year of birth, as far as those are given;
    `borrowed`: 12 digits that contradict them (a parent's, or a mistake in the birth date);
    `former`: a CMND; `damaged`: what could have been a number; `none`.
    """
    places = ", ".join(f"'{n:03}'" for n in range(1000) if is_place_code(f"{n:03}"))
    years = " ".join(f"when '{d}' then {century}" for d, (century, _) in CENTURY_SEX.items())
    sexes = " ".join(f"when '{d}' then '{sex}'" for d, (_, sex) in CENTURY_SEX.items())
    digit = "substr(digits, 4, 1)"
    year = f"(case {digit} {years} end + cast(substr(digits, 5, 2) as integer))"
    return f"""
      case when length(long_digits) = 12 then
          case when substr(digits, 1, 3) not in ({places}) then 'damaged'
            when t_year > 0 and t_year <> {year} then 'borrowed'
            when t_sex <> '' and t_sex <> case {digit} {sexes} end then 'borrowed'
            else 'own' end
        when former_digits <> '' and kind in ('cmnd', 'damaged') then 'former'
        when digits <> '' then 'damaged'
        else 'none' end
    """


def _count(connection: duckdb.DuckDBPyConnection) -> None:
    """The counts that `engine.terms` and `engine.learn` read, made of the records themselves.

    UNRECORDED people are counted with them, of whom no more is known than that their births are
    spread over YEARS years and their homes over PROVINCES provinces and COMMUNES communes: so that
    two records alike among ten are not taken for a custom of the country.
    """
    a_day, a_year = UNRECORDED / (YEARS * 365), UNRECORDED / YEARS
    for name, query in {
        "people": "select distinct number as id from records where t_situation = 'own'",
        "name_places": f"""
          select n.fold_key, r.t_province as province, {_others("count(*)")} as n
          from records r join register.names n using (name_id) group by all""",
        "name_decades": f"""
          select n.fold_key, r.t_year // 10 as decade, {_others("count(*)")} as n
          from records r join register.names n using (name_id) group by all""",
        "birth_days": f"""
          select birth, sum(n) as n from (
            select t_year * 10000 + t_month * 100 + t_day as birth, count(*) + {a_day} as n
            from records group by all
            union all
            select year * 10000, {a_year} from range(2020 - {YEARS}, 2020) y(year)
          ) group by birth""",
        "residences": f"""
          select t_province as province, t_district as district, t_commune as commune,
            count(*) + {UNRECORDED / COMMUNES} as n
          from records group by all
          union all
          select distinct t_province, -1, -1, {UNRECORDED / PROVINCES} from records""",
        "totals": f"select count(*) + {UNRECORDED} as people from records",
        "years": """
          select coalesce(log2(sum(n * n) / pow(sum(n), 2)), 0) as same_year
          from (select count(*)::double as n from records where t_year > 0 group by t_year)""",
    }.items():
        connection.execute(f"create or replace table register.{name} as {query}")
    connection.execute("create or replace view person_names as from register.names")

"""Compare: the levels at which the fields of two records agree.

Both sides are as typed. The rules of the engine compare what was typed with what is held, so each
field is turned first: the side that says less is taken as typed, the fuller one as held. Ties fall
by the values themselves, never by the order of the rows.

Tables: `found_levels(row, id, …)`, where `row` and `id` are the two rows of a pair (the names that
`engine.terms` asks for), and `found_names`, the distinct pairs of names.
"""

from __future__ import annotations

from typing import Final

import duckdb

from lamsach.identity import rules
from lamsach.identity.deduplicate.events import event_levels
from lamsach.identity.engine.compare_names import compare_name_pairs
from lamsach.identity.engine.workspace import Workspace

#: From so many years on, another birth date is another generation's rather than a slip.
GENERATION: Final = 14
#: A number or card that is borne under more given names says less than that it is one person's.
CROWD: Final = 3


def compare_pairs(workspace: Workspace, with_events: bool) -> None:
    """Make `found_levels` of the pairs in `found`."""

    def levels(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(_levels_sql(with_events))

    workspace.step("compare the names", _compare_names)
    workspace.step("compare the fields", levels)


def _compare_names(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        """
        create or replace temp table name_pairs as
        select case when l_typed then x else y end as typed,
          case when l_typed then y else x end as register
        from (
          select distinct least(l.name_id, r.name_id) as x, greatest(l.name_id, r.name_id) as y
          from found join records l on l.row = a join records r on r.row = b
        )
        join register.names l on l.name_id = x
        join register.names r on r.name_id = y,
        lateral (
          select l.form = 'damaged' as l_damaged, r.form = 'damaged' as r_damaged
        ),
        lateral (
          select case when l_damaged <> r_damaged then l_damaged
            when l.marks <> r.marks then l.marks < r.marks else l.raw <= r.raw end as l_typed
        )
        """
    )
    compare_name_pairs(connection, "found_names", typed_names="register.names")


def _birth_rank(side: str) -> str:
    """How much a birth date says: nothing, a year, a month, 1 January, a day."""
    return (
        f"case when {side}.t_year = 0 and {side}.t_month = 0 then 0 when {side}.t_month = 0 then 1 "
        f"when {side}.t_day = 0 then 2 when {side}.t_month = 1 and {side}.t_day = 1 then 3 "
        "else 4 end"
    )


def _residence_rank(side: str) -> str:
    parts = (
        f"cast({side}.t_{unit} > 0 as integer)" for unit in ("province", "district", "commune")
    )
    return " + ".join(parts)


def _key_level(field: str, crowded: bool) -> str:
    """SQL for the level of a field whose value is one key."""
    crowd = f"when {field}_n > {CROWD} then 'crowded' " if crowded else ""
    return (
        f"case when l.{field} = 0 or r.{field} = 0 then 'missing' "
        f"when l.{field} <> r.{field} then 'differs' {crowd}else 'same' end"
    )


def _turned(columns: tuple[str, ...], left_is_typed: str) -> str:
    parts = []
    for column in columns:
        parts.append(f"case when {left_is_typed} then l.{column} else r.{column} end as {column}")
        held = column.replace("t_", "g_", 1)
        parts.append(f"case when {left_is_typed} then r.{column} else l.{column} end as {held}")
    return ", ".join(parts)


def _levels_sql(with_events: bool) -> str:
    shared = "\n".join(
        f"left join shared s_{field} on s_{field}.field = '{field}' and s_{field}.key = l.{field}"
        f" and l.{field} = r.{field}"
        for field in ("number", "former", "phone", "insurance", "passport")
    )
    counts = ", ".join(
        f"coalesce(s_{field}.bearers, 1) as {field}_n"
        for field in ("number", "former", "phone", "insurance", "passport")
    )
    births = _turned(("t_year", "t_month", "t_day"), "birth_turn")
    numbers = _turned(("t_digits", "t_kind", "t_situation"), "number_turn")
    happened = (
        f"left join ({event_levels('found')}) e on e.a = row and e.b = id" if with_events else ""
    )
    event_level = "coalesce(e.event_level, 'missing')" if with_events else "'missing'"
    return f"""
    create or replace table found_levels as
    with pair as (
      select f.a as row, f.b as id, {counts},
        coalesce(n.typed, m.typed) = l.name_id as l_typed,
        coalesce(n.typed, m.typed) as t_name, coalesce(n.register, m.register) as name_id,
        coalesce(n.level, m.level, 'different') as name_level, coalesce(n.codes, m.codes) as codes,
        case when coalesce(n.typed, m.typed) = l.name_id then l.name_form else r.name_form end
          as name_form,
        case when l.name_form = 'missing' or r.name_form = 'missing' then true else false end
          as nameless,
        case when {_birth_rank("l")} <> {_birth_rank("r")}
            then {_birth_rank("l")} < {_birth_rank("r")}
          else (l.t_year, l.t_month, l.t_day) <= (r.t_year, r.t_month, r.t_day) end as birth_turn,
        case when length(l.t_digits) <> length(r.t_digits) then
            (case when length(l.t_digits) = 12 then 20 else length(l.t_digits) end)
            < (case when length(r.t_digits) = 12 then 20 else length(r.t_digits) end)
          else l.t_digits <= r.t_digits end as number_turn,
        {births}, {numbers},
        l.former > 0 and l.former = r.former as same_former,
        l.number > 0 and r.number > 0 and abs(l.number - r.number) in (1, 2) as consecutive,
        l.t_sex as l_sex, r.t_sex as r_sex,
        case when residence_turn then l.t_province else r.t_province end as t_province,
        case when residence_turn then l.t_district else r.t_district end as t_district,
        case when residence_turn then l.t_commune else r.t_commune end as t_commune,
        case when residence_turn then r.t_province else l.t_province end as g_province,
        case when residence_turn then r.t_district else l.t_district end as g_district,
        case when residence_turn then r.t_commune else l.t_commune end as g_commune,
        {_key_level("phone", crowded=False)} as phone_level,
        {_key_level("insurance", crowded=True)} as insurance_level,
        {_key_level("passport", crowded=True)} as passport_level
      from found f join records l on l.row = f.a join records r on r.row = f.b
      {shared}
      left join found_names n on n.typed = l.name_id and n.register = r.name_id
      left join found_names m on m.typed = r.name_id and m.register = l.name_id
        and l.name_id <> r.name_id,
      lateral (
        select case when {_residence_rank("l")} <> {_residence_rank("r")}
            then {_residence_rank("l")} < {_residence_rank("r")}
          else l.t_commune <= r.t_commune end as residence_turn
      )
    ), levels as (
      select *, g_digits as g_id, '' as g_previous, {rules.birth_form.sql()} as birth_form,
        {rules.BIRTH.case.sql()} as {rules.BIRTH.name},
        {rules.residence_level.sql()} as residence_level
      from pair
    ), numbered as (
      select *, {rules.NUMBER.case.sql()} as {rules.NUMBER.name},
        {rules.BIRTH.level.sql()} as plain_birth
      from levels
    )
    select row, id, t_name, name_id, g_year * 10000 + g_month * 100 + g_day as birth,
      g_province, g_district, g_commune, codes, name_form,
      case when nameless then 'missing' else name_level end as name_level, birth_form,
      case when plain_birth = 'other' and t_year > 0 and g_year > 0
          and abs(t_year - g_year) >= {GENERATION} then 'generation'
        else plain_birth end as birth_level,
      case when l_sex = '' or r_sex = '' then 'missing' when l_sex = r_sex then 'same'
        else 'differs' end as sex_level,
      residence_level,
      case when t_situation = 'own' and g_situation = 'own' then 'own'
        when t_situation in ('own', 'borrowed') and g_situation in ('own', 'borrowed')
          then 'borrowed'
        when t_situation = 'former' and g_situation = 'former' then 'former'
        when t_situation in ('former', 'none') or g_situation in ('former', 'none') then 'none'
        else 'damaged' end as id_form,
      case when t_digits = '' or g_digits = '' then 'missing'
        when t_situation = 'former' and g_situation = 'former' and same_former then
          case when former_n > {CROWD} then 'crowded' else 'same' end
        when t_situation = 'former' and g_situation = 'former' then 'other'
        when t_situation = 'former' or g_situation = 'former' then 'missing'
        when t_digits = g_digits and number_n > {CROWD} then 'crowded'
        else {rules.NUMBER.level.sql()} end as id_level,
      {rules.BIRTH.name}, {rules.NUMBER.name},
      consecutive, phone_level, insurance_level, passport_level,
      {event_level} as event_level,
      number_n, former_n, phone_n, insurance_n, passport_n
    from numbered {happened}
    """

"""Search: which register persons could a record be.

A block is a set of keys on which a record and its register person must agree to be brought
together; a record needs one block only, so that each damage leaves another way in. The blocks are
data: each engine joins on them as it does best.

Tables left: `owners(row, id)`, pairs of a record and the register person whose number it bears;
`found(row, id, …)`, pairs brought together by a block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb

from lamsach.identity.engine.workspace import Workspace
from lamsach.identity.rules import NUMBER
from lamsach.identity.rules.expressions import (
    Expression,
    any_of,
    column,
    last,
    length,
    number,
    one_of,
    part,
    when,
    within_edits,
)

_year, _month, _day = column("t_year"), column("t_month"), column("t_day")
_birth = _year * 10_000 + _month * 100 + _day
_swapped_birth = _year * 10_000 + _day * 100 + _month
_is_full = (_month > 0) & (_day > 0)
_is_coarse = any_of(_month == 0, _day == 0, (_month == 1) & (_day == 1)) & (_year > 0)
_province, _district, _commune = (column(f"t_{a}") for a in ("province", "district", "commune"))
_sound, _ends = column("sound_key"), column("ends_key")
_digits = column("t_digits")
#: A number long enough to hold most of a personal identification number.
_is_long = (length(_digits) >= 9) & (column("t_kind") != "cmnd")
_number_start, _number_end = number(part(_digits, 1, 9)), number(last(_digits, 6))

_g_birth, _g_id = column("birth"), column("id")
_g_province, _g_district, _g_commune = (column(a) for a in ("province", "district", "commune"))

#: The number by which a record may have an owner: 12 digits, or 10 and 11 that lost their zeros.
owner_number: Final[Expression] = when(
    (length(_digits) >= 10) & (length(_digits) <= 12), number(_digits)
).otherwise(0)


#: Levels of a number that say nothing for a pair.
FAR: Final = ("other", "missing")
_near_cases: Final = tuple(
    place for place, outcome in enumerate(NUMBER.outcomes) if outcome.level not in FAR
)
_same_commune = (_commune > 0) & (_commune == column("g_commune"))
#: Over the columns of the rule of numbers and `id_case`, and the communes: whether the number as a
#: whole is near, or the commune is the record's. Numbers were given out in order, so that in a
#: nation thousands share the first nine digits or the last six.
is_near: Final[Expression] = any_of(one_of(column(NUMBER.name), _near_cases), _same_commune)
#: What follows from it, and is cheap to ask first: a number of 12 digits that is near is no further
#: than an exchange.
may_be_near: Final[Expression] = any_of(
    column("t_kind") != "personal_id",
    length(_digits) != 12,
    within_edits(_digits, column("g_id"), 2),
    _same_commune,
)


@dataclass(frozen=True, slots=True)
class Block:
    """Keys of a record beside keys of a register person, and the records it is meant for.

    `near`: of those only whom `is_near` holds of.
    """

    name: str
    typed: tuple[Expression, ...]
    register: tuple[Expression, ...]
    only: Expression
    near: bool = False


BLOCKS: Final = (
    Block("name and birth", (_sound, _birth), (_sound, _g_birth), _is_full),
    Block(
        "name and swapped birth",
        (_sound, _swapped_birth),
        (_sound, _g_birth),
        _is_full & (_day <= 12) & (_day != _month),
    ),
    Block("name and commune", (_sound, _commune), (_sound, _g_commune), _commune > 0),
    Block(
        "name, year and district",
        (_sound, _year, _district),
        (_sound, _g_birth // 10_000, _g_district),
        (_year > 0) & (_district > 0),
    ),
    Block(
        "name, year and province",
        (_sound, _year, _province),
        (_sound, _g_birth // 10_000, _g_province),
        (_province > 0) & _is_coarse,
    ),
    Block(
        "birth and commune",
        (_birth, _commune),
        (_g_birth, _g_commune),
        (_commune > 0) & _is_full,
    ),
    Block(
        "first and last word, birth and province",
        (_ends, _birth, _province),
        (_ends, _g_birth, _g_province),
        (_province > 0) & _is_full,
    ),
    Block(
        "first and last word, year and commune",
        (_ends, _year, _commune),
        (_ends, _g_birth // 10_000, _g_commune),
        (_commune > 0) & (_year > 0),
    ),
    Block(
        "former number",
        (number(_digits),),
        (column("previous"),),
        any_of(length(_digits) == 8, length(_digits) == 9) & (number(_digits) > 0),
    ),
    Block(
        "number but for its end, and birth",
        (_number_start, _birth),
        (_g_id // 1000, _g_birth),
        _is_long,
        near=True,
    ),
    Block(
        "number but for its end, and name",
        (_number_start, _sound),
        (_g_id // 1000, _sound),
        _is_long,
        near=True,
    ),
    Block(
        "end of the number, and birth",
        (_number_end, _birth),
        (_g_id % 1_000_000, _g_birth),
        _is_long,
        near=True,
    ),
    Block(
        "end of the number, and name",
        (_number_end, _sound),
        (_g_id % 1_000_000, _sound),
        _is_long,
        near=True,
    ),
)

_OWNER: Final = "owner"
PAIR_COLUMNS: Final = (
    "g.id, g.previous, g.name_id, g.birth, g.sex, g.province, g.district, g.commune"
)


#: The numbers of a register person `g` as the rule of numbers reads them.
WRITTEN_NUMBERS: Final = """
  lpad(cast(g.id as varchar), 12, '0') as g_id,
  case when g.previous > 0 then lpad(cast(g.previous as varchar), 9, '0') else '' end as g_previous
"""


def find_owners(workspace: Workspace) -> None:
    """Pair each record with the register person whose number it bears (zeros restored)."""

    def owners(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            f"""
            create or replace table owners as
            select p.row, {PAIR_COLUMNS}
            from rest p join register.people g
              on g.id = p.t_number and p.t_number > 0
            """
        )

    workspace.step("find the owners of the numbers", owners)


def block_join(place: int, records: str, people: str) -> str:
    """SQL for the pairs `(row, id, …)` that the block at this place of BLOCKS brings.

    Each pair is brought by one block only, the first that can, and none that is the owner of the
    record's number: `owners` has those.
    """
    block = BLOCKS[place]
    typed, register, apart = [], [], [f"g.id <> p.{_OWNER}"]
    for i, other in enumerate(BLOCKS[: place + 1]):
        keys = [f"k{i}_{j}" for j in range(len(other.typed))]
        typed += [f"{e.sql()} as {k}" for e, k in zip(other.typed, keys, strict=True)]
        register += [f"{e.sql()} as {k}" for e, k in zip(other.register, keys, strict=True)]
        agree = " and ".join(f"p.{k} = g.{k}" for k in keys)
        if i < place:
            typed.append(f"{other.only.sql()} as is_for_{i}")
            apart.append(f"not (p.is_for_{i} and {agree})")
    joined = f"""
      from (
        select row, t_digits, t_kind, t_commune, {owner_number.sql()} as {_OWNER},
          {", ".join(typed)}
        from {records} where {block.only.sql()}
      ) p
      join (select *, {", ".join(register)} from {people}) g on {agree}
      where {" and ".join(apart)}
    """
    if not block.near:
        return f"select p.row, {PAIR_COLUMNS} {joined}"
    case = f"cast({NUMBER.case.sql()} as utinyint) as {NUMBER.name}"
    return f"""
      select * exclude (t_digits, t_kind, t_commune, g_commune, g_id, g_previous, {NUMBER.name})
      from (
        select *, {case}
        from (
          select p.row, {PAIR_COLUMNS}, p.t_digits, p.t_kind, p.t_commune,
            g.commune as g_commune, {WRITTEN_NUMBERS} {joined}
        ) where {may_be_near.sql()}
      ) where {is_near.sql()}
    """


def find_candidates(workspace: Workspace) -> None:
    """Pair the records in `searched` with all register persons that a block brings together."""

    def candidates(connection: duckdb.DuckDBPyConnection) -> None:
        first, *others = (
            block_join(place, "searched", "register.people") for place in range(len(BLOCKS))
        )
        connection.execute("create or replace table found as " + first)
        for join in others:
            connection.execute("insert into found " + join)

    workspace.step("find candidates", candidates)

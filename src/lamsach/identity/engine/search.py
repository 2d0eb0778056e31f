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

_BIRTH: Final = "t_year * 10000 + t_month * 100 + t_day"
_FULL: Final = "t_month > 0 and t_day > 0"
_COARSE: Final = "(t_month = 0 or t_day = 0 or (t_month = 1 and t_day = 1)) and t_year > 0"
#: A number long enough to hold most of a personal identification number.
_LONG_NUMBER: Final = "length(t_digits) >= 9 and t_kind <> 'cmnd'"
_NUMBER_START: Final = "cast(substr(t_digits, 1, 9) as bigint)"
_NUMBER_END: Final = "cast(substr(t_digits, -6) as bigint)"
_ID_START: Final = "id // 1000"


@dataclass(frozen=True, slots=True)
class Block:
    """Keys of a record beside keys of a register person, and the records it is meant for."""

    name: str
    typed: tuple[str, ...]
    register: tuple[str, ...]
    only: str


BLOCKS: Final = (
    Block("name and birth", ("sound_key", _BIRTH), ("sound_key", "birth"), _FULL),
    Block(
        "name and swapped birth",
        ("sound_key", "t_year * 10000 + t_day * 100 + t_month"),
        ("sound_key", "birth"),
        f"{_FULL} and t_day <= 12 and t_day <> t_month",
    ),
    Block(
        "name and commune", ("sound_key", "t_commune"), ("sound_key", "commune"), "t_commune > 0"
    ),
    Block(
        "name, year and district",
        ("sound_key", "t_year", "t_district"),
        ("sound_key", "birth // 10000", "district"),
        "t_year > 0 and t_district > 0",
    ),
    Block(
        "name, year and province",
        ("sound_key", "t_year", "t_province"),
        ("sound_key", "birth // 10000", "province"),
        f"t_province > 0 and {_COARSE}",
    ),
    Block(
        "birth and commune",
        (_BIRTH, "t_commune"),
        ("birth", "commune"),
        f"t_commune > 0 and {_FULL}",
    ),
    Block(
        "first and last word, birth and province",
        ("ends_key", _BIRTH, "t_province"),
        ("ends_key", "birth", "province"),
        f"t_province > 0 and {_FULL}",
    ),
    Block(
        "first and last word, year and commune",
        ("ends_key", "t_year", "t_commune"),
        ("ends_key", "birth // 10000", "commune"),
        "t_commune > 0 and t_year > 0",
    ),
    Block(
        "former number",
        ("cast(t_digits as bigint)",),
        ("previous",),
        "length(t_digits) in (8, 9) and t_digits <> '' and cast(t_digits as bigint) > 0",
    ),
    Block(
        "number but for its end, and birth",
        (_NUMBER_START, _BIRTH),
        (_ID_START, "birth"),
        _LONG_NUMBER,
    ),
    Block(
        "number but for its end, and name",
        (_NUMBER_START, "sound_key"),
        (_ID_START, "sound_key"),
        _LONG_NUMBER,
    ),
    Block(
        "end of the number, and birth",
        (_NUMBER_END, _BIRTH),
        ("id % 1000000", "birth"),
        _LONG_NUMBER,
    ),
    Block(
        "end of the number, and name",
        (_NUMBER_END, "sound_key"),
        ("id % 1000000", "sound_key"),
        _LONG_NUMBER,
    ),
)

PAIR_COLUMNS: Final = (
    "g.id, g.previous, g.name_id, g.birth, g.sex, g.province, g.district, g.commune"
)


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


def find_candidates(workspace: Workspace) -> None:
    """Pair the records in `searched` with all register persons that a block brings together."""

    def candidates(connection: duckdb.DuckDBPyConnection) -> None:
        joins = []
        for block in BLOCKS:
            keys = [f"k{i}" for i in range(len(block.typed))]
            typed = ", ".join(f"{e} as {k}" for e, k in zip(block.typed, keys, strict=True))
            register = ", ".join(f"{e} as {k}" for e, k in zip(block.register, keys, strict=True))
            on = " and ".join(f"p.{k} = g.{k}" for k in keys)
            joins.append(
                f"""
                select p.row, {PAIR_COLUMNS}
                from (select row, {typed} from searched where {block.only}) p
                join (select *, {register} from register.people) g on {on}
                """
            )
        connection.execute("create or replace temp table brought as " + joins[0])
        for join in joins[1:]:
            connection.execute("insert into brought " + join)
        connection.execute(
            """
            create or replace table found as
            select row, id, any_value(columns(* exclude (row, id)))
            from brought anti join owners using (row, id)
            group by row, id
            """
        )
        connection.execute("drop table brought")

    workspace.step("find candidates", candidates)

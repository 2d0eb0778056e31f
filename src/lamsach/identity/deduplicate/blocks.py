"""Blocks: which records are brought together at all.

A block is a set of keys on which two records must agree; they need one block only, so that each
damage leaves another way in. Left behind: `found(a, b)`, pairs of rows with a < b.

This room knows nothing of how pairs are weighed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import duckdb

from lamsach.identity.engine.workspace import Workspace

_BIRTH: Final = "t_year * 10000 + t_month * 100 + t_day"
_SWAPPED: Final = "t_year * 10000 + least(t_month, t_day) * 100 + greatest(t_month, t_day)"
_NAMED: Final = "name_form not in ('missing', 'placeholder')"
_FULL: Final = "t_month > 0 and t_day > 0"

#: Many records under one key are no evidence (a clerk's own telephone number for all who have
#: none) and a square of pairs: such keys are left to the other blocks.
LARGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Block:
    """Keys on which two records must agree, and the records it is meant for."""

    name: str
    keys: tuple[str, ...]
    only: str
    largest: int = LARGEST


BLOCKS: Final = (
    Block("number", ("number",), "number > 0", 50),
    Block("former number", ("former",), "former > 0", 50),
    Block("insurance number", ("insurance",), "insurance <> 0", 50),
    Block("passport", ("passport",), "passport <> 0", 50),
    Block("telephone and given name", ("phone", "given_key"), f"phone > 0 and {_NAMED}", 50),
    Block("telephone and letters", ("phone", "letters_key"), f"phone > 0 and {_NAMED}", 50),
    Block("telephone and birth", ("phone", _BIRTH), "phone > 0 and t_year > 0", 50),
    Block("name and birth", ("sound_key", _BIRTH), f"{_NAMED} and t_year > 0 and {_FULL}"),
    Block(
        "name and swapped birth",
        ("sound_key", _SWAPPED),
        f"{_NAMED} and t_year > 0 and {_FULL} and t_month <= 12 and t_day <= 12",
    ),
    Block("letters of the name and birth", ("letters_key", _BIRTH), f"{_NAMED} and {_FULL}"),
    Block("name and commune", ("sound_key", "t_commune"), f"{_NAMED} and t_commune > 0"),
    Block(
        "letters of the name and commune",
        ("letters_key", "t_commune"),
        f"{_NAMED} and t_commune > 0",
    ),
    Block(
        "name, year and district",
        ("sound_key", "t_year", "t_district"),
        f"{_NAMED} and t_year > 0 and t_district > 0",
    ),
    Block(
        "first and last word, birth and province",
        ("ends_key", _BIRTH, "t_province"),
        f"{_NAMED} and {_FULL} and t_province > 0",
    ),
    Block(
        "first and last word, year and commune",
        ("ends_key", "t_year", "t_commune"),
        f"{_NAMED} and t_year > 0 and t_commune > 0",
    ),
    Block(
        "given name, birth and commune",
        ("given_key", _BIRTH, "t_commune"),
        f"{_NAMED} and {_FULL} and t_commune > 0",
    ),
    Block(
        "number but for its end, and name",
        ("number // 1000", "sound_key"),
        f"number > 0 and {_NAMED}",
    ),
    Block(
        "number but for its end, and birth",
        ("number // 1000", _BIRTH),
        f"number > 0 and t_year > 0 and {_FULL}",
    ),
    Block(
        "end of the number, and name",
        ("number % 1000000", "sound_key"),
        f"number > 0 and {_NAMED}",
    ),
    Block(
        "end of the number, and birth",
        ("number % 1000000", _BIRTH),
        f"number > 0 and t_year > 0 and {_FULL}",
    ),
)


def find_pairs(workspace: Workspace, with_events: bool) -> None:
    """Make the table `found` of all pairs that a block brings together.

    `with_events`: two records at one event with one birth date are brought together too (table
    `events`, see that room).
    """

    def pairs(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("create or replace temp table brought (a bigint, b bigint)")
        for block in BLOCKS:
            keys = ", ".join(f"({key})" for key in block.keys)
            _bring(
                connection,
                f"select row, hash({keys}) as key from records where {block.only}",
                block.largest,
            )
        if with_events:
            _bring(
                connection,
                f"""
                select distinct row, hash(kind, day, place, {_BIRTH}) as key
                from events join records using (row) where t_year > 0 and {_FULL}
                """,
                LARGEST,
            )
        connection.execute("create or replace table found as select distinct a, b from brought")
        connection.execute("drop table brought")

    workspace.step("bring together", pairs)


def _bring(connection: duckdb.DuckDBPyConnection, keyed: str, largest: int) -> None:
    connection.execute(f"create or replace temp table keyed as {keyed}")
    connection.execute(
        f"""
        insert into brought
        with several as (
          select key from keyed group by key having count(*) between 2 and {largest}
        ), kept as (select * from keyed semi join several using (key))
        select l.row, r.row from kept l join kept r on r.key = l.key and l.row < r.row
        """
    )
    connection.execute("drop table keyed")

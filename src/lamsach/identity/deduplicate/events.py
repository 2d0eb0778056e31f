"""Events: what happened to the persons, and what it says when two records share it.

An event is of a kind, on a day, at a place; it may bear a number in a series. One event recorded
for two records of one age in one place is what duplicates leave behind; but a village is called up
together, so that chance is counted among people of one commune and one year of birth.

Tables: `events(row, kind, day, place, number)`; per pair the level of EVENT_LEVELS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from lamsach.identity.births import parse_birth
from lamsach.identity.engine.workspace import Workspace
from lamsach.identity.tables import InputTable, Schema, reading

__all__ = ["EVENT_LEVELS", "EventSource", "chance_of_events", "event_levels", "read_events"]

#: `same`: one kind, day and place. `same_day`: one number in the series on one day, elsewhere.
#: `repeats`: one number in the series on different days. `apart`: no number in common (the first
#: of the series in one record, the second in the other).
EVENT_LEVELS: Final = ("same", "same_day", "repeats", "apart", "missing")
#: Pairs of strangers in whom chance is counted, for each closeness of residence.
SAMPLE_PAIRS: Final = 200_000
#: What is supposed of strangers before any are counted, and how many pairs that weighs.
SUPPOSED: Final = {"same": 0.05, "same_day": 0.005, "repeats": 0.8, "apart": 0.145}
SUPPOSED_PAIRS: Final = 50


@dataclass(frozen=True, slots=True)
class EventSource:
    """Files with events of the persons, and which columns of theirs mean what.

    `columns` names the columns for `person_id`, `kind`, `day`, `place` and `number`.
    """

    sources: Sequence[str]
    schema: Schema
    columns: Mapping[str, str]


def read_events(workspace: Workspace, table: InputTable, columns: Mapping[str, str]) -> None:
    """Make the table `events` of those events whose person is among the records.

    A day that cannot be read, or no kind or place, is no event: it can be shared by anybody.
    """

    def events(connection: duckdb.DuckDBPyConnection) -> None:
        days = connection.sql(
            f"select distinct {columns['day']} as raw from {table.view}"
        ).to_arrow_table()["raw"]
        texts = [text or "" for text in days.to_pylist()]
        parsed = [parse_birth(text.strip()[:10]) for text in texts]
        arrow = pa.table(  # noqa: F841 - DuckDB reads it by name
            {
                "raw": pa.array(texts, pa.string()),
                "day": pa.array(
                    [
                        b.year * 10000 + b.month * 100 + b.day
                        if b.year and b.month and b.day
                        else 0
                        for b in parsed
                    ],
                    pa.int32(),
                ),
            }
        )
        connection.execute(
            f"""
            create or replace table events as
            select distinct r.row, upper(trim(e.{columns["kind"]})) as kind, d.day,
              upper(trim(e.{columns["place"]})) as place,
              coalesce(try_cast(e.{columns["number"]} as integer), 0) as number
            from {table.view} e
            join records r on r.person_id = e.{columns["person_id"]}
            join (select distinct * from arrow) d on d.raw = coalesce(e.{columns["day"]}, '')
            where d.day > 0 and trim(e.{columns["kind"]}) <> '' and trim(e.{columns["place"]}) <> ''
            """
        )

    with reading(table):
        workspace.step("read the events", events)


def event_levels(pairs: str) -> str:
    """SQL for `(a, b, event_level)` of the pairs `(a, b)` of a table; without events no row.

    >>> "event_level" in event_levels("found")
    True
    """
    return f"""
      select a, b,
        case when bool_or(l.kind = r.kind and l.day = r.day and l.place = r.place) then 'same'
          when bool_or(l.number > 0 and l.number = r.number and l.day = r.day) then 'same_day'
          when bool_or(l.number > 0 and l.number = r.number) then 'repeats'
          else 'apart' end as event_level
      from {pairs} join events l on l.row = a join events r on r.row = b
      group by a, b
    """


def chance_of_events(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, float]]:
    """P(level) among strangers of one year of birth, by how close they live.

    Counted on neighbours in a random order of the people of one year and commune (district,
    province, nation).
    """
    result: dict[str, dict[str, float]] = {}
    for form, places in {
        "commune": "t_commune",
        "district": "t_district",
        "province": "t_province",
        "differs": "0",
    }.items():
        connection.execute(
            f"""
            create or replace temp table strangers as
            with ordered as (
              select row, lead(row) over near as b, lead({places}) over near as place,
                lead(t_year) over near as year, {places} as own_place, t_year,
                md5(person_id) as drawn
              from records semi join events using (row)
              window near as (order by {places}, t_year, md5(person_id))
            )
            select row as a, b from ordered
            where place = own_place and year = t_year
            order by drawn limit {SAMPLE_PAIRS}
            """
        )
        rows = connection.execute(
            f"select event_level, count(*) from ({event_levels('strangers')}) group by 1"
        ).fetchall()
        counts = {level: SUPPOSED_PAIRS * share for level, share in SUPPOSED.items()}
        for level, n in rows:
            counts[level] += n
        total = sum(counts.values())
        result[form] = {level: n / total for level, n in counts.items()}
    connection.execute("drop table if exists strangers")
    result["missing"] = result["differs"]
    return result

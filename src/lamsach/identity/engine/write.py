"""Write: the answers as the contract's files.

`differences` says how a record compares with the register person it was matched with; the number's
own difference needs one more look: whose it is, if anybody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from lamsach.identity.engine.decide import MOST_CANDIDATES, PLAUSIBLE
from lamsach.identity.rules import BIRTH, NUMBER, SEX
from lamsach.identity.rules.expressions import column, number

#: Identifiers are all distinct: a dictionary of them is only work, and the quickest level packs
#: them no worse.
_PARQUET: Final = (
    "(format parquet, compression zstd, compression_level 1, row_group_size 500000, "
    "dictionary_size_limit 2000)"
)


#: Levels of a number so near that it can be a slip and still be somebody else's.
SLIPS: Final = ("digit", "transposed")

#: What the health side may know of an outcome (contracts §1).
HEALTH_ANSWER: Final = """
  case when outcome = 'exempt' then 'exempt' when outcome = 'authenticated' then 'right'
    when not comparable then 'not_checkable' else 'wrong' end
"""


def describe_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `described(row, id, differences)` for the candidates that are told of."""
    id_codes = f"""
      case when id_level = 'other' and typed_owner then 'personal_id.other_person'
        when id_level in {SLIPS} and typed_owner
          then concat({NUMBER.codes.sql()}, ' personal_id.other_person')
        else {NUMBER.codes.sql()} end
    """
    connection.execute(
        f"""
        create or replace table described as
        with told as (
          select row, id from candidates
          where place <= {MOST_CANDIDATES} and probability >= {PLAUSIBLE}
        ), levels as (
          select l.*, n.codes as name_codes from owners_levels l semi join told using (row, id)
            left join owners_names n on n.typed = l.t_name and n.register = l.name_id
          union all by name
          select l.*, n.codes as name_codes from found_levels l semi join told using (row, id)
            left join found_names n on n.typed = l.t_name and n.register = l.name_id
        ), former as (
          select distinct r.row from rest r join register.people g
            on g.previous > 0 and g.previous = {number(column("r.t_digits")).sql()}
          where r.t_kind = 'cmnd'
        ), numbered as (
          select l.*, o.row is not null or f.row is not null as typed_owner
          from levels l join rest r using (row)
          left join (select distinct row from owners) o on o.row = l.row
          left join former f on f.row = l.row
        )
        select row, id,
          list_concat(coalesce(name_codes, []::varchar[]), list_filter(string_split(
            concat_ws(' ', {BIRTH.codes.sql()}, {SEX.codes.sql()}, {id_codes}), ' '
          ), lambda code: code <> '')) as differences
        from numbered
        """
    )


#: Where answers lie: the tables' schema, and which of its rows no longer count.
Part = tuple[str, str]
#: A run's own answers; the answers of the last whole run that a change leaves as they were.
OWN: Final[Part] = ("", "")
KEPT: Final[Part] = ("base.", "not in (select row from dropped)")


def show_answers(connection: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> None:
    """View `answers`, one row a person, over all parts of a run."""
    queries = " union all ".join(_answers_sql(*part) for part in parts)
    connection.execute(f"create or replace temp view answers as {queries}")


def _answers_sql(schema: str, kept: str, *, described: bool = True) -> str:
    checked, row = (f"and {column} {kept}" if kept else "" for column in ("p.rowid", "d.row"))
    differences, description = "[]", ""
    if described:
        differences = (
            "case when d.outcome = 'correctable' then coalesce(s.differences, []) else [] end"
        )
        description = f"left join {schema}described s on s.row = d.row and s.id = d.id"
    return f"""
      select person_id, 'authenticated' as outcome, 'well_formed' as id_status, id,
        1.0::double as probability, []::varchar[] as differences, 0::integer as rivals,
        true as comparable, stated_province as province_code, stated_commune as commune_code
      from {schema}checked p where id is not null {checked}
      union all
      select p.person_id, 'exempt', coalesce(i.id_status, 'well_formed'), null, null, [], 0, true,
        p.stated_province, p.stated_commune
      from {schema}checked p left join {schema}odd_numbers i on i.raw = coalesce(p.personal_id, '')
      where p.is_foreign {checked}
      union all
      select d.person_id, d.outcome, d.id_status, d.id, d.probability, {differences},
        d.rivals, d.comparable, d.stated_province, d.stated_commune
      from {schema}decided d {description}
      where true {row}
    """


def write_results(connection: duckdb.DuckDBPyConnection, side: str, file: Path) -> None:
    """Write `results.parquet` for the police side, or what the health side may know."""
    if side == "health":
        columns = f"person_id, {HEALTH_ANSWER} as answer, id_status"
    else:
        columns = """
          person_id, outcome, id_status,
          case when id is not null then lpad(cast(id as varchar), 12, '0') end
            as matched_personal_id,
          probability, differences, rivals
        """
    connection.execute(f"copy (select {columns} from answers) to '{_quoted(file)}' {_PARQUET}")


def write_candidates(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], file: Path
) -> None:
    """Write `candidates.parquet`: at most five register persons a record, best first."""
    queries = " union all ".join(
        f"""
        select {at} as part, d.row, c.place, d.person_id,
          lpad(cast(c.id as varchar), 12, '0') as personal_id, c.probability, s.differences
        from {schema}candidates c join {schema}decided d using (row)
        join {schema}described s on s.row = c.row and s.id = c.id
        where d.outcome in ('correctable', 'ambiguous')
          and c.place <= {MOST_CANDIDATES} and c.probability >= {PLAUSIBLE}
          {f"and d.row {kept}" if kept else ""}
        """
        for at, (schema, kept) in enumerate(parts)
    )
    connection.execute(
        f"""
        copy (
          select person_id, personal_id, probability, differences from ({queries})
          order by part, row, place
        ) to '{_quoted(file)}' {_PARQUET}
        """
    )


def answers_by_place(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], side: str
) -> pa.Table:
    """Counts by province_code, commune_code, outcome (or answer) and id_status, for the summary."""
    answer = f"{HEALTH_ANSWER} as answer" if side == "health" else "outcome"
    queries = " union all ".join(_answers_sql(*part, described=False) for part in parts)
    return connection.sql(
        f"""
        select province_code, commune_code, {answer}, id_status, count(*) as n
        from ({queries}) group by all
        """
    ).to_arrow_table()


def codes_by_place(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Counts by province_code, commune_code and difference code, for the summary."""
    return connection.sql(
        """
        select province_code, commune_code, code, count(*) as n
        from (select province_code, commune_code, unnest(differences) as code from answers
              where outcome = 'correctable')
        group by all
        """
    ).to_arrow_table()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

"""Write: clusters and pairs as the contract's files, with the evidence in readable codes.

A record's probability in `clusters.parquet` is that it stands in the right cluster: of one that
was joined, the greatest of its links; of one left alone, what the likeliest pair leaves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from lamsach.identity import rules
from lamsach.identity.names import NAME_CODES

_PARQUET: Final = "(format parquet, compression zstd, row_group_size 500000)"

#: Every code that `evidence` can hold: what agrees, then what differs and how.
EVIDENCE_CODES: Final = (
    "personal_id.same",
    *(f"personal_id.{level}" for level in ("leading_zero", "transposed", "digit", "length")),
    *("personal_id.conflict", "personal_id.other", "personal_id.not_of_bearer"),
    "previous_id.same",
    "name.same",
    *NAME_CODES,
    "birth_date.same",
    *dict.fromkeys(code for outcome in rules.BIRTH.outcomes for code in outcome.codes),
    *("sex.same", "sex"),
    *("phone.same", "insurance_number.same", "passport_number.same"),
    *(f"residence.{level}" for level in rules.RESIDENCE_LEVELS if level != "missing"),
    *("event.same", "event.same_day"),
)
_BIRTH_CODES: Final = rules.BIRTH.codes.sql()
#: Codes of what differs in a number, without those that speak of a register.
_DIGIT_LEVELS: Final = ("leading_zero", "transposed", "digit", "length")


def _key_code(name: str, level: str) -> str:
    return f"case when {level} in ('same', 'crowded') then '{name}.same' end"


#: SQL for the evidence of a pair: what agrees is named as such, what differs by its code.
_EVIDENCE: Final = f"""
  list_filter(
    list_concat(
      [case
        when id_level in ('same', 'crowded') and id_form = 'former' then 'previous_id.same'
        when id_level in ('same', 'crowded') then 'personal_id.same'
        when id_level in {_DIGIT_LEVELS} then concat('personal_id.', id_level)
        when id_level = 'other' and id_form = 'own' then 'personal_id.conflict'
        when id_level = 'other' then 'personal_id.other' end,
      case when id_form = 'borrowed' then 'personal_id.not_of_bearer' end],
      case when name_level = 'same' then ['name.same'] else codes end,
      case when birth_level = 'same' then ['birth_date.same']
        when birth_level = 'missing' then []
        else string_split({_BIRTH_CODES}, ' ') end,
      [case when sex_level = 'same' then 'sex.same' when sex_level = 'differs' then 'sex' end,
      {_key_code("phone", "phone_level")},
      {_key_code("insurance_number", "insurance_level")},
      {_key_code("passport_number", "passport_level")},
      case when residence_level <> 'missing' then concat('residence.', residence_level) end,
      case when event_level in ('same', 'same_day') then concat('event.', event_level) end]
    ),
    lambda code: code is not null and code <> ''
  )
"""


def write_pairs(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Write `pairs.parquet`, in order of the two person_ids."""
    connection.execute(
        f"""
        copy (
          select least(l.person_id, r.person_id) as person_id_l,
            greatest(l.person_id, r.person_id) as person_id_r,
            probability, verdict, {_EVIDENCE} as evidence
          from decided d join records l on l.row = d.a join records r on r.row = d.b
          order by person_id_l, person_id_r
        ) to '{_quoted(file)}' {_PARQUET}
        """
    )


def write_clusters(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Write `clusters.parquet`: every record once; `cluster_id` is its least person_id."""
    connection.execute(
        f"""
        copy (
          with named as (
            select label, min(person_id) as cluster_id from labels join records using (row)
            group by label
          ), sides as (
            select a as row, probability, verdict from decided
            union all select b, probability, verdict from decided
          ), best as (
            select row, max(probability) filter (verdict = 'match') as joined,
              max(probability) as likeliest
            from sides group by row
          )
          select person_id, coalesce(cluster_id, person_id) as cluster_id,
            round(coalesce(joined, 1 - likeliest, 1.0), 6) as probability
          from records left join labels using (row) left join named using (label)
            left join best using (row)
        ) to '{_quoted(file)}' {_PARQUET}
        """
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

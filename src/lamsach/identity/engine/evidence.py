"""Evidence: what each field of a proposed pair weighed, for the sheet that explains it.

The weights are those the run decided with, taken apart by field; the sum is what was compared
with the rivals' and with "none of these". Only pairs that are told of are taken apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from lamsach.identity.engine.decide import OWNED_LEVELS, load_weights, weight_joins
from lamsach.identity.engine.learn import FIELDS
from lamsach.identity.engine.model import (
    Model,
    owner_weights,
    search_weights,
)
from lamsach.identity.engine.write import Part

_COUNTED: Final = {"name": "name_term", "birth": "birth_term", "residence": "residence_term"}
#: The fields of the contract by the engine's fields.
COLUMNS: Final = {
    "name": "full_name",
    "birth": "birth_date",
    "sex": "sex",
    "id": "personal_id",
    "residence": "residence",
    "claim": "claim",
}


def take_apart(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Table `evidence(row, id, full_name, …)`: millibits by field of the pairs in `described`.

    What is left of the weight stands for the number: an owner's odds that a number is its bearer's
    own, and what makes two twins alike.
    """
    load_weights(connection, "owner_fields", owner_weights(model.owner))
    load_weights(connection, "search_fields", search_weights(model.search, model.search.same))
    owned = ", ".join(f"coalesce(w_{name}.weight, 0) as {COLUMNS[name]}" for name in FIELDS)
    number = " - ".join(("weight", *(f"coalesce(w_{name}.weight, 0)" for name in FIELDS)))
    found = ", ".join(
        f"coalesce(w_{name}.weight, 0) - {_COUNTED.get(name, '0')} as {COLUMNS[name]}"
        for name in FIELDS
    )
    counted = " + ".join(_COUNTED.values())
    connection.execute(
        f"""
        create or replace table evidence as
        select l.row, l.id, {owned}, l.{number} as personal_id
        from (
          select o.*, '' as situation, weight
          from owners_levels o semi join described using (row, id) join weighed using (row, id)
          where id_level in {OWNED_LEVELS}
        ) l
        {weight_joins("owner_fields", FIELDS)}
        union all by name
        select l.row, l.id, {found}, l.{number} + {counted} as personal_id
        from (
          select f.*, s.situation, name_term, birth_term, residence_term, weight
          from found_levels f semi join described using (row, id) join weighed using (row, id)
          join found_terms using (row, id) join searched s using (row)
        ) l
        {weight_joins("search_fields", FIELDS)}
        """
    )


def write_evidence(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], file: Path
) -> None:
    """Write `evidence.parquet`: person_id, personal_id of the pair, millibits by field."""
    columns = ", ".join(f"e.{name} as {name}_weight" for name in COLUMNS.values())
    queries = " union all ".join(
        f"""
        select d.person_id, lpad(cast(e.id as varchar), 12, '0') as personal_id, {columns}
        from {schema}evidence e join {schema}decided d using (row)
        where d.outcome in ('correctable', 'ambiguous') {f"and d.row {kept}" if kept else ""}
        """
        for schema, kept in parts
    )
    path = str(file).replace("'", "''")
    connection.execute(f"copy ({queries}) to '{path}' (format parquet, compression zstd)")

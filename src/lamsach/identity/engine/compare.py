"""Compare: the levels at which the fields of each pair agree.

Adds to a table of pairs (`owners`, `found`) the levels of the rules as `…_levels`: `name_level`,
`birth_level`, `sex_level`, `id_level`, `residence_level`, the forms in which name and birth were
typed, the cases of the rules that hold (`…_case`, from which the difference codes follow), and
`claimed`: whether another record already agrees with this register person as written.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import duckdb
import pyarrow as pa

from lamsach.identity.engine.dictionary import BATCH_ROWS
from lamsach.identity.engine.workspace import Workspace
from lamsach.identity.names import compare_names, compare_plain
from lamsach.identity.rules import BIRTH, NUMBER, SEX, Decision, birth_form, residence_level
from lamsach.identity.rules.expressions import Expression, column, one_of, when

_SCHEMA: Final = pa.schema(
    [
        ("typed", pa.int32()),
        ("register", pa.int32()),
        ("level", pa.string()),
        ("codes", pa.list_(pa.string())),
    ]
)


#: The level of two names that can be told from how they were read (`t` typed, `g` register), or ''.
name_at_sight: Final[Expression] = (
    when(one_of(column("t.form"), ("damaged", "placeholder")), "")
    .when(column("t.canonical") == column("g.canonical"), "same")
    .when(
        (column("t.form") == "unmarked") & (column("t.folded") == column("g.folded")),
        "accents",
    )
    .otherwise("")
)
CODES_AT_SIGHT: Final[dict[str, tuple[str, ...]]] = {"same": (), "accents": ("name.accents",)}


def compare_pairs(workspace: Workspace, pairs: str) -> None:
    """Compare the pairs of a table; the result is the table `<pairs>_levels`."""

    def names(connection: duckdb.DuckDBPyConnection) -> None:
        _compare_names(connection, pairs)

    def levels(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            f"""
            create or replace table {pairs}_levels as
            with pair as (
              select p.row, p.t_year, p.t_month, p.t_day, p.t_sex, p.t_digits, p.t_kind,
                p.t_province, p.t_district, p.t_commune, p.name_form, p.name_id as t_name,
                g.id, g.name_id, g.birth // 10000 as g_year, g.birth // 100 % 100 as g_month,
                g.birth % 100 as g_day, g.birth, g.sex as g_sex,
                g.province as g_province, g.district as g_district, g.commune as g_commune,
                lpad(cast(g.id as varchar), 12, '0') as g_id,
                case when g.previous > 0 then lpad(cast(g.previous as varchar), 9, '0') else '' end
                  as g_previous
              from {pairs} g join rest p using (row)
            ), ruled as (
              select *, {_case(BIRTH)}, {_case(SEX)}, {_case(NUMBER)} from pair
            )
            select pair.row, pair.id, pair.t_name, pair.name_id, pair.birth, pair.name_form,
              pair.t_kind, pair.t_year, g_province, g_district, g_commune,
              {birth_form.sql()} as birth_form,
              coalesce(n.level, 'different') as name_level,
              {BIRTH.level.sql()} as birth_level,
              {SEX.level.sql()} as sex_level,
              {NUMBER.level.sql()} as id_level,
              birth_case, sex_case, id_case,
              {residence_level.sql()} as residence_level,
              case when c.id is null then 'free' else 'claimed' end as claim_level
            from ruled as pair
            left join {pairs}_names n on n.typed = pair.t_name and n.register = pair.name_id
            left join (select distinct id from checked where id is not null) c on c.id = pair.id
            """
        )

    workspace.step(f"compare the names of {pairs}", names)
    workspace.step(f"compare the fields of {pairs}", levels)


def _case(rule: Decision) -> str:
    return f"cast({rule.case.sql()} as utinyint) as {rule.name}"


def _compare_names(connection: duckdb.DuckDBPyConnection, pairs: str) -> None:
    connection.execute(
        f"""
        create or replace temp table name_pairs as
        select t.name_id as typed, g.name_id as register,
          {name_at_sight.sql()} as level,
          t.is_plain and g.is_plain as are_plain,
          case when t.is_plain and g.is_plain then t.canonical else t.raw end as typed_text,
          case when t.is_plain and g.is_plain then g.canonical else g.raw end as register_text
        from (select distinct p.name_id as typed, g.name_id as register
              from {pairs} g join rest p using (row)) d
        join person_names t on t.name_id = d.typed
        join register.names g on g.name_id = d.register
        """
    )
    connection.execute(
        f"""
        create or replace table {pairs}_names as
        select typed, register, level,
          case when level = 'accents' then {list(CODES_AT_SIGHT["accents"])}
            else []::varchar[] end as codes
        from name_pairs where level <> ''
        """
    )
    rows = connection.sql(
        """
        select typed, register, are_plain, typed_text, register_text
        from name_pairs where level = ''
        """
    ).to_arrow_table()
    arrow = compare_name_pairs(rows)  # noqa: F841 - DuckDB reads it by name
    connection.execute(f"insert into {pairs}_names select * from arrow")
    connection.execute("drop table name_pairs")


def compare_name_pairs(rows: pa.Table) -> pa.Table:
    """Compare distinct pairs of names: here when they are few, in two processes when many.

    `rows`: typed, register, are_plain, typed_text, register_text. Returns typed, register, level,
    codes.
    """
    batches = rows.to_batches(max_chunksize=BATCH_ROWS)
    if rows.num_rows > 4 * BATCH_ROWS:
        import multiprocessing  # noqa: PLC0415 - only bulk runs need processes

        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            compared = list(pool.map(compare_batch, batches))
    else:
        compared = [compare_batch(batch) for batch in batches]
    return pa.Table.from_batches(compared, _SCHEMA)


def compare_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Compare a batch of distinct pairs of names (typed, register, their texts)."""
    levels: list[str] = []
    codes: list[Sequence[str]] = []
    for plain, typed, register in zip(
        batch["are_plain"].to_pylist(),
        batch["typed_text"].to_pylist(),
        batch["register_text"].to_pylist(),
        strict=True,
    ):
        comparison = (compare_plain if plain else compare_names)(typed, register)
        levels.append(comparison.level)
        codes.append(comparison.codes)
    return pa.RecordBatch.from_arrays(
        [batch["typed"], batch["register"], pa.array(levels), pa.array(codes, _SCHEMA[3].type)],
        schema=_SCHEMA,
    )

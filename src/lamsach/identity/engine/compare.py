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
from lamsach.identity.names import compare_names, compare_plain, known_name, plain_name
from lamsach.identity.rules import BIRTH, NUMBER, SEX, Decision, birth_form, residence_level
from lamsach.identity.rules.expressions import Expression, any_of, column, one_of, when

_SCHEMA: Final = pa.schema(
    [
        ("typed", pa.int32()),
        ("register", pa.int32()),
        ("level", pa.string()),
        ("codes", pa.list_(pa.string())),
    ]
)


#: What two names are that can be told from how they were read (`t` typed, `g` register), or ''.
name_at_sight: Final[Expression] = (
    when(
        (column("t.form") == "damaged")
        & (column("t.canonical") == column("g.canonical"))
        & (column("g.damage") == ""),
        column("t.damage"),
    )
    .when(
        any_of(one_of(column("t.form"), ("damaged", "placeholder")), column("g.damage") != ""), ""
    )
    .when(column("t.canonical") == column("g.canonical"), "same")
    .when(
        (column("t.form") == "unmarked") & (column("t.folded") == column("g.folded")),
        "accents",
    )
    .otherwise("")
)
#: The level and codes of each.
AT_SIGHT: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "same": ("same", ()),
    "accents": ("accents", ("name.accents",)),
    "encoding": ("damage", ("name.encoding",)),
    "typing": ("damage", ("name.typing",)),
    "different": ("different", ("name.other",)),
}


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
            left join (
              select distinct id from claims where id in (select id from {pairs})
            ) c on c.id = pair.id
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
        select t.name_id as typed, g.name_id as register, {NAME_PAIR_COLUMNS}
        from (select distinct p.name_id as typed, g.name_id as register
              from {pairs} g join rest p using (row)) d
        join person_names t on t.name_id = d.typed
        join register.names g on g.name_id = d.register
        """
    )
    compare_name_pairs(connection, f"{pairs}_names")


#: Nothing in two names is alike (`names.is_usual_word`): so most whom a birth brings together.
_SHARES_NOTHING: Final = """
  t.is_usual and g.is_usual
  and not list_has_any(string_split(t.sound, ' '), string_split(g.sound, ' '))
  and replace(t.folded, ' ', '') <> replace(g.folded, ' ', '')
"""
#: What the comparison of two names needs of them, in a table `name_pairs(typed, register, …)`.
NAME_PAIR_COLUMNS: Final = f"""
  case when {name_at_sight.sql()} <> '' then {name_at_sight.sql()}
    when {_SHARES_NOTHING} then 'different' else '' end as seen,
  t.is_plain and g.is_plain as are_plain,
  t.raw as typed_raw, t.canonical as typed_canonical,
  t.damage as typed_damage, t.form = 'placeholder' as typed_placeholder,
  g.is_plain as register_is_plain,
  case when g.is_plain then g.canonical else g.raw end as register_text
"""


_COMPARED: Final = (
    "are_plain",
    "typed_raw",
    "typed_canonical",
    "typed_damage",
    "typed_placeholder",
    "register_is_plain",
    "register_text",
)


def compare_name_pairs(connection: duckdb.DuckDBPyConnection, into: str) -> None:
    """Table `into(typed, register, level, codes)` from the distinct pairs in `name_pairs`.

    What is not told at sight is compared by the library: here when it is little, in two processes
    when it is much. The table of pairs is dropped.
    """
    levels = " ".join(f"when '{seen}' then '{level}'" for seen, (level, _) in AT_SIGHT.items())
    codes = " ".join(
        f"when '{seen}' then {list(codes)}" for seen, (_, codes) in AT_SIGHT.items() if codes
    )
    connection.execute(
        f"""
        create or replace table {into} as
        select typed, register, case seen {levels} end as level,
          case seen {codes} else []::varchar[] end as codes
        from name_pairs where seen <> ''
        """
    )
    # One typed name's pairs stand together, so that it is read once.
    rows = connection.sql(
        f"""
        select typed, register, {", ".join(_COMPARED)}
        from name_pairs where seen = '' order by are_plain, typed
        """
    ).to_arrow_table()
    batches = rows.to_batches(max_chunksize=BATCH_ROWS)
    if rows.num_rows > 4 * BATCH_ROWS:
        import multiprocessing  # noqa: PLC0415 - only bulk runs need processes

        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            compared = list(pool.map(compare_batch, batches))
    else:
        compared = [compare_batch(batch) for batch in batches]
    arrow = pa.Table.from_batches(compared, _SCHEMA)  # noqa: F841 - DuckDB reads it by name
    connection.execute(f"insert into {into} select * from arrow")
    connection.execute("drop table name_pairs")


def compare_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Compare a batch of distinct pairs of names (typed, register, their texts)."""
    levels: list[str] = []
    codes: list[Sequence[str]] = []
    for are_plain, raw, canonical, damage, placeholder, is_plain, register in zip(
        *(batch[name].to_pylist() for name in _COMPARED), strict=True
    ):
        if are_plain:
            comparison = compare_plain(canonical, register)
        else:
            typed = known_name(raw, canonical, damage, placeholder=placeholder)
            comparison = compare_names(typed, plain_name(register) if is_plain else register)
        levels.append(comparison.level)
        codes.append(comparison.codes)
    return pa.RecordBatch.from_arrays(
        [batch["typed"], batch["register"], pa.array(levels), pa.array(codes, _SCHEMA[3].type)],
        schema=_SCHEMA,
    )

"""Compare: the levels at which the fields of each pair agree.

Adds to a table of pairs (`owners`, `found`) the levels of the rules as `…_levels`: `name_level`,
`birth_level`, `sex_level`, `id_level`, `residence_level`, the forms in which name and birth were
typed, the cases of the rules that hold (`…_case`, from which the difference codes follow), and
`claimed`: whether another record already agrees with this register person as written.
"""

from __future__ import annotations

import duckdb

from lamsach.identity.engine.compare_names import compare_name_pairs
from lamsach.identity.engine.search import WRITTEN_NUMBERS
from lamsach.identity.engine.workspace import Workspace
from lamsach.identity.rules import BIRTH, NUMBER, SEX, Decision, birth_form, residence_level


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
                {WRITTEN_NUMBERS}
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
        select distinct p.name_id as typed, g.name_id as register
        from {pairs} g join rest p using (row)
        """
    )
    compare_name_pairs(connection, f"{pairs}_names")

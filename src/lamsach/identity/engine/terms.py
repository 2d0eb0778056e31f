"""Terms: how likely a pair would agree as it does by chance, counted in the register itself.

For each pair found: the probability, in thousandths of a bit (negative), that some other register
person agrees with the record at the same level in name, birth and residence. A name's bearers
cluster in provinces and decades; both are counted, leaving the candidate itself out.
"""

from __future__ import annotations

from typing import Final

import duckdb

from lamsach.identity.engine.workspace import Workspace

#: Weight of the whole register beside a name's own bearers when few bear it.
PRIOR_BEARERS: Final = 3

#: Levels whose chance is counted, by the column of the register's names that counts it.
COUNTED_NAMES: Final = {
    "same": "n_same",
    "accents": "n_fold",
    "damage": "n_fold",
    "spelling": "n_sound",
    "order": "n_fold",
    "glued": "n_fold",
    "missing_part": "n_ends",
    "extra_part": "n_ends",
}


def _millibits(ratio: str) -> str:
    return f"cast(round(1000 * log2({ratio})) as integer)"


def count_terms(workspace: Workspace, pairs: str) -> None:
    """Make the table `<pairs>_terms`: `row, id, name_term, birth_term, residence_term`."""

    def terms(connection: duckdb.DuckDBPyConnection) -> None:
        bearers = " ".join(f"when '{k}' then n.{c}" for k, c in COUNTED_NAMES.items())
        connection.execute(
            f"""
            create or replace table {pairs}_terms as
            with
            total as (select people from register.totals),
            years as (
              select birth // 10000 as year, sum(n) as n from register.birth_days group by all),
            months as (
              select birth // 100 as month, sum(n) as n from register.birth_days group by all),
            decades as (
              select birth // 100000 as decade, sum(n) as n from register.birth_days group by all),
            provinces as (
              select province, sum(n) as n from register.residences group by all),
            districts as (
              select province, district, sum(n) as n from register.residences group by all),
            communes as (
              select province, district, commune, sum(n) as n from register.residences
              group by all),
            counted as (
              select l.row, l.id, total.people, l.birth_level, l.residence_level,
                case l.name_level {bearers} else 0 end as bearers,
                n.n_fold,
                (case when l.name_level in ({_quoted(COUNTED_NAMES)})
                   then coalesce(np.n, 1) - 1 else 0 end
                  + {PRIOR_BEARERS} * provinces.n / people)
                / (case when l.name_level in ({_quoted(COUNTED_NAMES)}) then n.n_fold - 1 else 0 end
                  + {PRIOR_BEARERS}) as in_province,
                (case when l.name_level in ({_quoted(COUNTED_NAMES)})
                   then coalesce(nd.n, 1) - 1 else 0 end
                  + {PRIOR_BEARERS} * decades.n / people)
                / (case when l.name_level in ({_quoted(COUNTED_NAMES)}) then n.n_fold - 1 else 0 end
                  + {PRIOR_BEARERS}) as in_decade,
                years.n / decades.n as in_year,
                months.n / decades.n as in_month,
                days.n / decades.n as on_day,
                communes.n / provinces.n as in_commune,
                districts.n / provinces.n as in_district
              from {pairs}_levels l
              cross join total
              join register.names n on n.name_id = l.name_id
              left join register.name_places np
                on np.fold_key = n.fold_key and np.province = l.g_province
              left join register.name_decades nd
                on nd.fold_key = n.fold_key and nd.decade = l.birth // 100000
              join provinces on provinces.province = l.g_province
              join districts on districts.province = l.g_province
                and districts.district = l.g_district
              join communes on communes.province = l.g_province
                and communes.district = l.g_district and communes.commune = l.g_commune
              join register.birth_days days on days.birth = l.birth
              join years on years.year = l.birth // 10000
              join months on months.month = l.birth // 100
              join decades on decades.decade = l.birth // 100000
            ),
            chances as (
              select row, id,
                case when bearers > 0 then bearers / people else 1 end as name_chance,
                case birth_level
                  when 'same' then in_decade * on_day
                  when 'swapped' then in_decade * on_day
                  when 'year_only' then in_decade * in_year
                  when 'placeholder' then in_decade * in_year
                  when 'partial' then in_decade * in_month
                  when 'day' then in_decade * in_month
                  when 'month' then in_decade * in_year / 30
                  when 'year' then 1 / 365
                  when 'two_parts' then in_decade * in_year
                  else 1 end as birth_chance,
                case residence_level
                  when 'commune' then in_province * in_commune
                  when 'district' then in_province * greatest(in_district - in_commune, 0.001)
                  when 'province' then in_province * greatest(1 - in_district, 0.001)
                  else 1 end as residence_chance
              from counted
            )
            select row, id, {_millibits("least(name_chance, 1)")} as name_term,
              {_millibits("least(birth_chance, 1)")} as birth_term,
              {_millibits("least(residence_chance, 1)")} as residence_term
            from chances
            """
        )

    workspace.step(f"count the terms of {pairs}", terms)


def _quoted(names: object) -> str:
    return ", ".join(f"'{name}'" for name in names)  # type: ignore[attr-defined]

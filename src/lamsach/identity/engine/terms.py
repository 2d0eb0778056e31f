"""Terms: how likely a pair would agree as it does by chance, counted in the register itself.

For each pair found: the probability, in thousandths of a bit (negative), that some other register
person agrees with the record at the same level in name, birth and residence. A name's bearers
cluster in provinces and decades; both are counted, leaving the candidate itself out. The formulas
are expressions over counts: the bulk run joins the counts to its pairs, `Matcher` asks for them.
"""

from __future__ import annotations

from typing import Final

import duckdb

from lamsach.identity.engine.workspace import Workspace
from lamsach.identity.rules.expressions import (
    Expression,
    any_of,
    column,
    greatest,
    in_millibits,
    least,
    when,
)

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

#: What is counted in the register for a pair: all people; the bearers of the candidate's name, at
#: four widths and, of its folded form, in the candidate's province and decade; the people born on
#: the candidate's day, in its month, year and decade; those living in its commune, district and
#: province.
COUNTS: Final = (
    "people",
    "n_same",
    "n_fold",
    "n_sound",
    "n_ends",
    "n_place",
    "n_decade",
    "on_day",
    "in_month",
    "in_year",
    "in_decade",
    "in_commune",
    "in_district",
    "in_province",
)

_name, _birth, _residence = (column(f"{f}_level") for f in ("name", "birth", "residence"))
_people = column("people")
_is_counted = any_of(*(_name == level for level in COUNTED_NAMES))


def _bearers() -> Expression:
    first, *others = ((_name == level, column(n)) for level, n in COUNTED_NAMES.items())
    case = when(*first)
    for condition, count in others:
        case = case.when(condition, count)
    return case.otherwise(0)


def _among_bearers(near: str, all_near: str) -> Expression:
    """The share of a name's other bearers who are near (in a province, a decade)."""
    others = when(_is_counted, column("n_fold") - 1).otherwise(0)
    there = when(_is_counted, column(near) - 1).otherwise(0)
    return (there + column(all_near) * PRIOR_BEARERS / _people) / (others + PRIOR_BEARERS)


#: Shares of people, over the levels and COUNTS of a pair.
SHARES: Final = {
    "bearers": _bearers(),
    "share_of_province": _among_bearers("n_place", "in_province"),
    "share_of_decade": _among_bearers("n_decade", "in_decade"),
    "share_of_year": column("in_year") / column("in_decade"),
    "share_of_month": column("in_month") / column("in_decade"),
    "share_of_day": column("on_day") / column("in_decade"),
    "share_of_commune": column("in_commune") / column("in_province"),
    "share_of_district": column("in_district") / column("in_province"),
}

_same_decade, _same_place = column("share_of_decade"), column("share_of_province")
_same_year, _same_month = column("share_of_year"), column("share_of_month")
_same_day = column("share_of_day")
_commune, _district = column("share_of_commune"), column("share_of_district")

_name_chance: Final = when(column("bearers") > 0, column("bearers") / _people).otherwise(1)
_birth_chance: Final = (
    when(any_of(_birth == "same", _birth == "swapped"), _same_decade * _same_day)
    .when(any_of(_birth == "year_only", _birth == "placeholder"), _same_decade * _same_year)
    .when(any_of(_birth == "partial", _birth == "day"), _same_decade * _same_month)
    .when(_birth == "month", _same_decade * _same_year / 30)
    .when(_birth == "year", Expression("ratio", (1, 365)))
    .when(_birth == "two_parts", _same_decade * _same_year)
    .otherwise(1)
)
_residence_chance: Final = (
    when(_residence == "commune", _same_place * _commune)
    .when(_residence == "district", _same_place * greatest(_district - _commune, 0.001))
    .when(
        _residence == "province", _same_place * greatest(Expression("sub", (1, _district)), 0.001)
    )
    .otherwise(1)
)

#: The terms in millibits, over the levels of a pair, `people` and SHARES.
TERMS: Final = {
    "name_term": in_millibits(least(_name_chance, 1)),
    "birth_term": in_millibits(least(_birth_chance, 1)),
    "residence_term": in_millibits(least(_residence_chance, 1)),
}


def _columns(expressions: dict[str, Expression]) -> str:
    return ",\n".join(f"{expression.sql()} as {name}" for name, expression in expressions.items())


def count_terms(workspace: Workspace, pairs: str) -> None:
    """Make the table `<pairs>_terms`: `row, id, name_term, birth_term, residence_term`."""

    def terms(connection: duckdb.DuckDBPyConnection) -> None:
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
              select l.row, l.id, l.name_level, l.birth_level, l.residence_level,
                total.people, n.n_same, n.n_fold, n.n_sound, n.n_ends,
                coalesce(np.n, 1) as n_place, coalesce(nd.n, 1) as n_decade,
                days.n as on_day, months.n as in_month, years.n as in_year,
                decades.n as in_decade, communes.n as in_commune, districts.n as in_district,
                provinces.n as in_province
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
            shares as (
              select row, id, name_level, birth_level, residence_level, people, {_columns(SHARES)}
              from counted
            )
            select row, id, {_columns(TERMS)}
            from shares
            """
        )

    workspace.step(f"count the terms of {pairs}", terms)

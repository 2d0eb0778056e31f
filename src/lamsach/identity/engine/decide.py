"""Decide: weigh the evidence of each pair, count the rivals, answer for each record.

A record's candidates share one probability with each other and with "none of these": the weights
are sums of integers (thousandths of a bit), probability is one function of them, rounded, and ties
fall by number. `posterior` is that function for one record; the bulk run does the same in SQL.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import duckdb

from lamsach.identity.engine.learn import CLOSE, FIELDS, FORMS_SQL
from lamsach.identity.engine.model import (
    ID_SITUATIONS,
    LOOKALIKES,
    Model,
    Owner,
    absent_weight,
    lookalike_offset,
    millibits,
    owner_advance,
    owner_weights,
    search_weights,
)
from lamsach.identity.rules.expressions import (
    Expression,
    any_of,
    column,
    number,
    one_of,
    part,
    when,
)

#: Below this a register person is no candidate at all.
PLAUSIBLE: Final = 0.05
#: From this on another register person counts as a rival.
RIVAL: Final = 0.001
#: No proposal is more certain than this: what no field can show stays possible.
CERTAIN: Final = 0.99998
DIGITS: Final = 6
MOST_CANDIDATES: Final = 5

#: Levels of a number at which its owner is taken for the bearer unless the fields speak against it.
OWNED_LEVELS: Final = ("same", "leading_zero")
SAFE_BIRTHS: Final = ("same", "swapped")
#: Births that are safe beside a residence that agrees; a neighbour's number may bear the name too.
COARSE_BIRTHS: Final = ("year_only", "placeholder", "partial")


_id, _name = column("id_level"), column("name_level")
_birth, _sex = column("birth_level"), column("sex_level")

#: Its number's owner agrees with a record in all that carries information.
agrees: Final[Expression] = (
    (_id == "same")
    & (_name == "same")
    & (_birth == "same")
    & (_sex == "same")
    & (column("name_form") != "missing")
)
#: Its number's owner explains a record so well that nobody else is looked for.
settles: Final[Expression] = (
    one_of(_id, OWNED_LEVELS)
    & one_of(_name, CLOSE)
    & any_of(
        one_of(_birth, SAFE_BIRTHS),
        one_of(_birth, COARSE_BIRTHS) & (column("residence_level") == "commune"),
    )
    & (column("claim_level") == "free")
)
_year, _digits = column("t_year"), column("t_digits")
#: A number that nobody has, but which tells the sex and year of birth that the record tells: it
#: may well be the bearer's own, and the bearer not in the register.
_fits_bearer: Final[Expression] = (
    (number(part(_digits, 5, 2)) == _year - when(_year < 2000, 1900).otherwise(2000))
    & (
        number(part(_digits, 4, 1))
        == when(_year < 2000, 0).otherwise(2) + when(column("t_sex") == "F", 1).otherwise(0)
    )
    & (column("t_sex") != "")
)
#: What the number of a record is (ID_SITUATIONS); `has_owner`: a register person has it.
situation: Final[Expression] = (
    when(column("has_owner"), "owned")
    .when((column("t_kind") == "personal_id") & _fits_bearer, "fitting")
    .when(column("t_kind") == "personal_id", "unknown")
    .when(column("t_kind") == "cmnd", "former")
    .when(column("t_digits") == "", "missing")
    .otherwise("damaged")
)
#: Twins: the number and birth of one (`o`, the owner), the name of the other (`f`, found).
#: Whose record it is no field tells.
are_siblings: Final[Expression] = (
    (column("o.birth_level") == "same")
    & (column("f.birth_level") == "same")
    & ~one_of(column("o.name_level"), CLOSE)
    & one_of(column("f.name_level"), CLOSE)
    & (column("o.g_commune") == column("f.g_commune"))
)


def posterior(weights: Sequence[int], none: int, alike: Sequence[int] = ()) -> list[float]:
    """Probabilities of candidates from their weights (millibits) and that of "none of these".

    `alike`: weights of "none of these, and one of them is a lookalike of the absent person".

    >>> posterior([30_000, 10_000], 20_000)
    [0.999023, 1e-06]
    >>> posterior([30_000], 20_000, alike=[30_000])
    [0.499756]
    """
    top = max([*weights, none])
    powers = [_power(weight - top) for weight in weights]
    total = math.fsum([*powers, *(_power(w - top) for w in alike), _power(none - top)])
    return [min(_rounded(power / total), CERTAIN) for power in powers]


def _power(weight: int) -> float:
    return math.pow(2.0, weight / 1000)


def _rounded(probability: float) -> float:
    """To DIGITS, halves away from zero, as the engines round."""
    scale = 10.0**DIGITS
    whole = math.floor(probability * scale)
    return (whole + (probability * scale - whole >= 0.5)) / scale


def weigh_owners(connection: duckdb.DuckDBPyConnection, owner: Owner, people: int) -> None:
    """Table `owner_weights(row, id, weight)`: how far each number's owner is its bearer."""
    load_weights(connection, "owner_fields", owner_weights(owner))
    advances = [(d, owner_advance(owner, d, people)) for d in owner.borrowed]
    connection.execute("create or replace temp table advances (decade varchar, weight integer)")
    connection.executemany("insert into advances values (?, ?)", advances)
    connection.execute(
        f"""
        create or replace table owner_weights as
        select l.row, l.id, {_sum(FIELDS)}
          + coalesce(a.weight, {owner_advance(owner, "", people)}) as weight
        from (select *, '' as situation from owners_levels
              where id_level in {OWNED_LEVELS}) l
        {weight_joins("owner_fields", FIELDS)}
        left join advances a on a.decade = cast(l.t_year // 10 as varchar)
        """
    )


def choose_searched(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `searched`: the records whose number does not settle who they are."""
    connection.execute(
        f"""
        create or replace table searched as
        select r.row, r.name_id, r.sound_key, r.ends_key, t_year, t_month, t_day, t_digits, t_kind,
          t_province, t_district, t_commune,
          {situation.sql()} as situation
        from (
          select r.*, o.row is not null as has_owner from rest r left join owners o using (row)
        ) r
        where r.row not in (select row from owners_levels where {settles.sql()})
        """
    )


def weigh_candidates(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Table `weighed(row, id, situation, weight, …)`: every candidate of a record on one scale.

    One more column a kind of lookalike: the weight of "absent, and this is a lookalike".
    """
    fields = (*FIELDS, "id")
    search = model.search
    load_weights(connection, "search_fields", search_weights(search, search.same))
    columns, joins = [], [weight_joins("search_fields", fields)]
    for kind in LOOKALIKES:
        load_weights(connection, f"{kind}_fields", search_weights(search, search.lookalike[kind]))
        joins.append(weight_joins(f"{kind}_fields", fields, kind))
        offsets = {s: lookalike_offset(model, kind, s) for s in ID_SITUATIONS}
        columns.append(f"{_sum(fields, kind)} - terms + {_by_situation(offsets)} as {kind}")
    found = millibits(1 - search.absent["owned"])
    connection.execute(
        f"""
        create or replace table weighed as
        select l.row, l.id, situation, {_sum(fields)} - terms as weight, {", ".join(columns)}
        from (
          select f.*, s.situation, name_term + birth_term + residence_term as terms
          from found_levels f join found_terms using (row, id) join searched s using (row)
        ) l
        {" ".join(joins)}
        union all by name
        select row, id, 'owned' as situation,
          weight - ({found}) as weight
        from owner_weights
        """
    )
    # Whose record it is of two twins no field tells: neither may be the better proposal.
    connection.execute(
        f"""
        update weighed set weight = even.weight
        from (
          select row, id, max(weight) as weight from (
            select o.row, unnest([o.id, f.id]) as id,
              unnest([greatest(a.weight, b.weight), greatest(a.weight, b.weight)]) as weight
            from owners_levels o join found_levels f using (row)
            join weighed a on a.row = o.row and a.id = o.id
            join weighed b on b.row = f.row and b.id = f.id
            where {are_siblings.sql()}
          ) group by all
        ) even
        where weighed.row = even.row and weighed.id = even.id
        """
    )


def decide(connection: duckdb.DuckDBPyConnection, model: Model, threshold: float) -> None:
    """Tables `candidates(row, id, probability, place)` and `decided(row, …)`.

    What is written of a record is in `decided`, so that writing does not look for it once more.
    """
    none = _by_situation({s: absent_weight(model, s) for s in ID_SITUATIONS})
    alike = [f"coalesce(pow(2.0, ({kind} - top) / 1000.0), 0)" for kind in LOOKALIKES]
    connection.execute(
        f"""
        create or replace table candidates as
        with situated as (
          select *, {none} as none from weighed
        ), topped as (
          select *, greatest(max(weight) over (partition by row), none) as top from situated
        ), powers as (
          select row, id, pow(2.0, (weight - top) / 1000.0) as power,
            pow(2.0, (none - top) / 1000.0) as none, {" + ".join(alike)} as alike
          from topped
        ), shares as (
          select row, id, least({CERTAIN}, round(
            power / (sum(power + alike) over (partition by row) + none), {DIGITS})) as probability
          from powers
        )
        select row, id, probability,
          row_number() over (partition by row order by probability desc, id) as place
        from shares where probability >= {RIVAL}
        """
    )
    connection.execute(
        f"""
        create or replace table decided as
        with best as (
          select row, max(probability) as probability, arg_min(id, place) as id,
            count(*) - 1 as rivals
          from candidates group by row
        )
        select r.row, r.person_id, r.id_status, r.comparable, r.stated_province, r.stated_commune,
          case when a.row is not null then 'authenticated'
            when b.probability >= {threshold} then 'correctable'
            when b.probability >= {PLAUSIBLE} then 'ambiguous'
            else 'unmatched' end as outcome,
          case when a.row is not null then a.id
            when b.probability >= {threshold} then b.id end as id,
          case when a.row is not null then 1.0
            when b.probability >= {threshold} then b.probability end as probability,
          cast(case when a.row is null and b.probability >= {PLAUSIBLE} then b.rivals else 0 end
            as integer) as rivals
        from rest r left join best b using (row)
        left join (
          select row, id from owners_levels where {agrees.sql()}
        ) a using (row)
        """
    )


def load_weights(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[str, str, str, int]]
) -> None:
    """Fill a temporary table `(field, form, level, weight)` with a model's weights."""
    connection.execute(
        f"create or replace temp table {table} "
        "(field varchar, form varchar, level varchar, weight integer)"
    )
    connection.executemany(f"insert into {table} values (?, ?, ?, ?)", rows)


def _by_situation(weights: dict[str, int]) -> str:
    branches = " ".join(f"when '{situation}' then {w}" for situation, w in weights.items())
    return f"(case situation {branches} end)"


def _sum(fields: Sequence[str], prefix: str = "w") -> str:
    return " + ".join(f"coalesce({prefix}_{name}.weight, 0)" for name in fields)


def weight_joins(table: str, fields: Sequence[str], prefix: str = "w") -> str:
    """Joins of pairs `l` with a table of weights, one a field: `w_name.weight`, …"""
    return "\n".join(
        f"""left join (select form, level, weight from {table} where field = '{name}')
          {prefix}_{name} on {prefix}_{name}.form = {FORMS_SQL[name]}
          and {prefix}_{name}.level = l.{name}_level"""
        for name in fields
    )

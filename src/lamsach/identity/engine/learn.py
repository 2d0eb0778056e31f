"""Learning: the patterns of a run become its model.

Reads the compared pairs of a workspace, hands counts to `estimate`, returns a `Model`. Large runs
learn from a sample of their records; what is read is counts and levels, never a name.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from lamsach.identity.engine import defaults, estimate
from lamsach.identity.engine.compare_names import compare_name_pairs
from lamsach.identity.engine.model import Levels, Owner, Search
from lamsach.identity.rules.expressions import column, concat, one_of, when

SAMPLE_RECORDS: Final = 150_000
SAMPLE_NAMES: Final = 20_000
SAMPLE_NUMBERS: Final = 5_000
#: How many pairs of numbers the chance of a slip counts for beside those of the register.
PRIOR_PAIRS_OF_NUMBERS: Final = 10_000
FIELDS: Final = ("name", "birth", "sex", "residence", "claim")

#: Levels at which two names can be one person's name, written with some damage.
CLOSE: Final = (
    "same",
    "accents",
    "damage",
    "spelling",
    "order",
    "missing_part",
    "extra_part",
    "glued",
)
#: The form within which each field's level is weighed, over the columns of a pair.
FORMS: Final = {
    "name": column("name_form"),
    "birth": column("birth_form"),
    "sex": when(one_of(column("name_level"), CLOSE), "close").otherwise("far"),
    "residence": concat(""),
    "claim": concat(""),
    "id": column("situation"),
}
FORMS_SQL: Final = {name: form.sql() for name, form in FORMS.items()}

_CELLS: Final = ", ".join(
    f"case when {name}_level <> 'missing' then concat({FORMS_SQL[name]}, '|', {name}_level) end"
    f" as {name}"
    for name in FIELDS
)


def learn_owner(connection: duckdb.DuckDBPyConnection) -> Owner:
    """Estimate the tables for records and the owners of their numbers.

    Those who agree as written are true pairs too; without them errors would look common. They
    enter as one pattern for each decade, in the proportion of births among the others.
    """
    patterns = connection.sql(
        f"""
        with compared as (
          select cast(t_year // 10 as varchar) as decade, {_CELLS} from owners_levels
        ), exact as (
          select count(*) as n from checked where id is not null
        )
        select decade, count(*)::double as n, {", ".join(FIELDS)} from compared group by all
        union all
        select decade, count(*) * exact.n / sum(count(*)) over (), 'marked|same', 'full|same',
          'close|same', null, null
        from compared, exact where exact.n > 0 group by decade, exact.n
        """
    ).to_arrow_table()
    data = estimate.encode(
        FIELDS,
        {name: patterns[name] for name in FIELDS},
        patterns["n"].to_numpy(),
        patterns["decade"],
    )
    found = estimate.two_classes(data, defaults.SAME, defaults.OTHER, defaults.BORROWED)
    return Owner(same=found.first, other=found.second, borrowed=found.share_of_second)


def name_chances(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, float]]:
    """How often names of two different people agree at the levels that are not counted."""
    forms: dict[str, dict[str, float]] = {}
    typed = _names_drawn(connection, "person_names", "name_id, form, n")
    register = _names_drawn(connection, "register.names", "name_id, n")
    if not typed or not register:
        return {}
    draw = random.Random(1)
    names = draw.choices([name for name, _ in register], [n for _, n in register], k=SAMPLE_NAMES)
    records = draw.choices(typed, [n for *_, n in typed], k=SAMPLE_NAMES)
    pairs = Counter(
        (name, form, other) for (name, form, _), other in zip(records, names, strict=True)
    )
    arrow = pa.table(  # noqa: F841 - DuckDB reads it by name
        {
            "typed": pa.array([name for name, *_ in pairs], pa.int32()),
            "register": pa.array([other for *_, other in pairs], pa.int32()),
        }
    )
    connection.execute("create or replace temp table name_pairs as from arrow")
    compare_name_pairs(connection, "chance_names")
    compared = connection.execute("select typed, register, level from chance_names").fetchall()
    connection.execute("drop table chance_names")
    level_of = {(name, other): level for name, other, level in compared}
    for (name, form, other), count in pairs.items():
        level = level_of[name, other]
        levels = forms.setdefault(form, dict.fromkeys(defaults.NAME_CHANCE, 0.0))
        if level in levels:
            levels[level] += count
    return {
        form: {
            level: (count + 50 * defaults.NAME_CHANCE[level]) / (sum(levels.values()) + 50)
            for level, count in levels.items()
        }
        for form, levels in forms.items()
    }


def _names_drawn(
    connection: duckdb.DuckDBPyConnection, table: str, columns: str
) -> list[tuple[Any, ...]]:
    """SAMPLE_NAMES of a table of names, drawn by what they are: the same in every run."""
    count = connection.execute(f"select count(*) from {table}").fetchall()[0][0]
    # Sorting a nation's names for the first few takes longer than to put most aside first.
    least = min(2 * SAMPLE_NAMES / max(count, 1), 1)
    for below in (f"{int(least * 0xFFFFFFFF):08x}", "g"):
        drawn = connection.execute(
            f"select {columns} from {table} where md5(raw) < ? order by md5(raw) limit ?",
            [below, SAMPLE_NAMES],
        ).fetchall()
        if len(drawn) == SAMPLE_NAMES:
            break
    return drawn


def learn_search(connection: duckdb.DuckDBPyConnection, owner: Owner, people: int) -> Search:
    """Estimate the tables for pairs found by search, from a sample of the records.

    Which records, and in which order, their identifiers decide: rows come in another order in
    every run.
    """
    records = connection.execute("select count(*) from searched").fetchall()[0][0]
    every = max(1, records // SAMPLE_RECORDS)
    fields = (*FIELDS, "id")
    labels = list(defaults.ABSENT)
    connection.execute(
        f"""
        create or replace temp table sample as
        select row, situation, row_number() over (order by draw, row) - 1 as record
        from (
          select row, situation, hash(person_id) as draw from searched join rest using (row)
        ) where draw % {every} = 0
        """
    )
    situations = connection.execute("select situation from sample order by record").fetchall()
    pairs = connection.sql(
        f"""
        select record, (name_term + birth_term + residence_term) / 1000 as counted,
          null::double as fixed, concat(situation, '|', id_level) as id, {_CELLS}
        from found_levels l join found_terms using (row, id) join sample s using (row)
        union all by name
        select record, 0 as counted, weight / 1000 as fixed
        from owner_weights join sample using (row)
        order by all
        """
    ).to_arrow_table()
    count = pairs.num_rows
    same: dict[str, Levels] = {**defaults.SAME, **owner.same, "id": defaults.ID_SAME}
    same["name"] = _with_forms(owner.same["name"], defaults.SAME["name"])
    same["birth"] = _with_forms(owner.same["birth"], defaults.SAME["birth"])
    former = 2 / people
    numbers = number_chances(connection)
    chance: dict[str, Levels] = {
        "name": _with_forms(name_chances(connection), {"": defaults.NAME_CHANCE}),
        "sex": defaults.OTHER["sex"],
        "claim": defaults.OTHER["claim"],
        "id": {
            s: {**numbers, **(defaults.CMND_SLIPS if s == "former" else {}), "previous_id": former}
            for s in labels
        },
    }
    data = estimate.Candidates(
        record=pairs["record"].to_numpy(),
        patterns=estimate.encode(
            fields,
            {name: pairs[name] for name in fields},
            np.ones(count),
            pa.chunked_array([pa.array([""] * count)]),
        ),
        counted=pairs["counted"].to_numpy(),
        fixed=pairs["fixed"].to_numpy(),
        situation=np.array([labels.index(s) for (s,) in situations], np.int64),
        situations=labels,
        people=people,
    )
    lookalike: dict[str, dict[str, Levels]] = {
        kind: dict(tables) for kind, tables in defaults.LOOKALIKE.items()
    }
    lookalike["namesake"]["name"] = same["name"]
    found = estimate.search_classes(
        data,
        same,
        chance,
        estimated_chance=("sex", "claim"),
        absent=defaults.ABSENT,
        lookalike=lookalike,
        lookalike_share=defaults.LOOKALIKE_SHARE,
    )
    return Search(
        same={name: _complete(found.same[name], same[name]) for name in fields},
        chance={
            "name": chance["name"],
            "sex": _complete(found.chance["sex"], defaults.OTHER["sex"]),
            "claim": _complete(found.chance["claim"], defaults.OTHER["claim"]),
            "id": chance["id"],
        },
        absent=found.absent,
        lookalike={
            kind: {name: _complete(found.lookalike[kind][name], table[name]) for name in fields}
            for kind, table in lookalike.items()
        },
        lookalike_share=found.lookalike_share,
    )


def number_chances(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """How often somebody of the same province, sex and year has a number as near as a slip.

    Numbers were given out in order, so that neighbours stand close: counted on a sample, and held
    near what chance would give where the register is small.
    """
    near = connection.execute(
        f"""
        with sample as (
          select id, id // 1000000 as cell, lpad(cast(id % 1000000 as varchar), 6, '0') as tail
          from register.people order by hash(id) limit {SAMPLE_NUMBERS}
        ), slips as (
          select id, 'digit' as level,
            cell * 1000000 + cast(concat(left(tail, k), d, substr(tail, k + 2)) as bigint) as slip
          from sample, range(6) p(k), range(10) q(d)
          union all
          select id, 'transposed', cell * 1000000 + cast(
            concat(left(tail, k), tail[k + 2], tail[k + 1], substr(tail, k + 3)) as bigint)
          from sample, range(5) p(k)
          union all
          select id, 'length', cell * 1000000 + cast(tail as bigint) // 100 * 100 + k
          from sample, range(100) p(k)
        ), cells as (
          select id // 1000000 as cell, count(*) as n from register.people group by all
        )
        select level, count(p.id),
          (select coalesce(sum(n - 1), 0) from sample join cells using (cell))
        from slips left join register.people p on p.id = slips.slip and slips.slip <> slips.id
        group by level
        """
    ).fetchall()
    counts = {level: (int(slips), int(pairs)) for level, slips, pairs in near}
    chances = {}
    for level, floor in defaults.NUMBER_SLIPS.items():
        slips, pairs = counts.get(level, (0, 0))
        chance = (slips + PRIOR_PAIRS_OF_NUMBERS * floor) / (pairs + PRIOR_PAIRS_OF_NUMBERS)
        chances[level] = min(max(chance, floor), 1.0)
    return chances


def _with_forms(learned: Levels, default: Levels) -> dict[str, dict[str, float]]:
    return {form: dict(levels) for form, levels in {**default, **learned}.items()}


def _complete(learned: Levels, default: Levels) -> dict[str, dict[str, float]]:
    """The learned probabilities, with defaults where a form or level was never seen."""
    result = {form: dict(levels) for form, levels in default.items()}
    for form, levels in learned.items():
        result[form] = {**result.get(form, {}), **levels}
    return result


def complete_owner(owner: Owner) -> Owner:
    """The owner's tables with the defaults for forms and levels that were not seen."""
    same, other = {}, {}
    for name in FIELDS:
        same[name] = _complete(owner.same.get(name, {}), defaults.SAME[name])
        other[name] = _complete(owner.other.get(name, {}), defaults.OTHER[name])
        for form in {*same[name], *other[name]}:
            levels = {*same[name].get(form, {}), *other[name].get(form, {})}
            for table, fallback in ((same, defaults.SAME), (other, defaults.OTHER)):
                known = table[name].setdefault(form, {})
                base = fallback[name].get(form) or fallback[name].get("", {})
                for level in levels:
                    known.setdefault(level, base.get(level, 0.001))
    return Owner(same=same, other=other, borrowed=owner.borrowed)


#: A model that knows owners only.
NO_SEARCH: Final = Search(
    same={}, chance={}, absent=dict(defaults.ABSENT), lookalike={}, lookalike_share={}
)

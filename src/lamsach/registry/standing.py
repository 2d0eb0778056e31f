"""Standing: what stands in the way of each person's passport, and who acts next.

Upper floors register obstacles, each a SQL query that returns the people it holds for; the first
in the order of ranks is a person's standing. One statement projects any number of people, in the
transaction of whatever changed them, and the same statement rebuilds the whole table, in parts.
What several obstacles read is a `Reading`, made once a statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connections
from django.utils.functional import Promise

from lamsach.clock import now, today

__all__ = [
    "STATIONS",
    "Obstacle",
    "Reading",
    "obstacles",
    "rebuild_standing",
    "refresh_standing",
    "register_obstacle",
]

_REGISTERED: Final[dict[str, Obstacle]] = {}
#: People of one statement: beyond it, sorting leaves the memory and plans grow worse.
_AT_ONCE: Final = 50_000
_PART: Final = 200_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A table that several obstacles read: made once, however many do.

    `sql` reads the people asked about from `asked(id)`, and the readings that it rests on by name.
    """

    name: str
    sql: str
    rests_on: tuple[Reading, ...] = ()


#: The station that is responsible for a unit today (the lowest identifier, where a split commune
#: has several), for the units where the people asked about live: `station_of(unit_id, office_id)`.
STATIONS: Final = Reading(
    "station_of",
    """
    select c.covered_id as unit_id, min(o.id) as office_id
    from (
        select distinct p.residence_id from asked
        join registry_person p on p.id = asked.id and p.id between %(first)s and %(last)s
    ) home
    join places_coverage c on c.covered_id = home.residence_id
    join places_territory t on t.unit_id = c.covering_id and t.period @> %(today)s::date
    join places_office o on o.id = t.office_id and o.kind = 'station'
        and (o.closed_on is null or o.closed_on > %(today)s::date)
    group by c.covered_id
    """,
)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that can stand in the way.

    `people` is SQL that returns `(person_id, office_id)` for the people it holds for, `office_id`
    the office that acts next or null. It reads the people asked about from a table `asked(id)`,
    the tables of `reads` by name, and may use the parameters %(today)s and %(now)s, and %(first)s
    and %(last)s, between which the keys asked about lie: where these are many in a row, a table is
    read from there to there. People for whom an obstacle of a lower rank holds need not be among
    them. `label` and `next_step` are what pages say.
    """

    code: str
    rank: int
    people: str
    label: str | Promise
    next_step: str | Promise
    reads: tuple[Reading, ...] = ()


def register_obstacle(obstacle: Obstacle) -> None:
    """Add an obstacle; once a code and once a rank. Raises ValueError for a second one."""
    for known in _REGISTERED.values():
        same = known.code == obstacle.code
        if (same and known.people != obstacle.people) or (not same and known.rank == obstacle.rank):
            raise ValueError(f"{obstacle.code}: {known.code} has this code or rank already")
    _REGISTERED[obstacle.code] = obstacle


def obstacles() -> tuple[Obstacle, ...]:
    """All obstacles, the first along the way first."""
    return tuple(sorted(_REGISTERED.values(), key=lambda one: one.rank))


def refresh_standing(people: Iterable[int], *, using: str = "default") -> None:
    """Project these people's standing anew; to be called inside the action that changed them."""
    identifiers = sorted(set(people))
    for start in range(0, len(identifiers), _AT_ONCE):
        asked = "select unnest(%(people)s::bigint[]) as id"
        part = identifiers[start : start + _AT_ONCE]
        _project(asked, {"people": part, "first": part[0], "last": part[-1]}, using)


def rebuild_standing(*, after: int = 0, using: str = "default") -> None:
    """Project everyone's standing anew, as a recount does; or of those with keys above `after`."""
    asked = "select id from registry_person where id between %(first)s and %(last)s"
    while True:
        with connections[using].cursor() as cursor:
            cursor.execute(
                "select max(id) from (select id from registry_person where id > %s"
                " order by id limit %s) as part",
                [after, _PART],
            )
            (last,) = cursor.fetchone()
        if last is None:
            return
        _project(asked, {"first": after + 1, "last": last}, using)
        after = last


def _readings(needed: Iterable[Reading]) -> dict[str, str]:
    """The SQL of readings by name, each behind what it rests on."""
    found: dict[str, str] = {}
    for one in needed:
        found |= _readings(one.rests_on)
        if found.setdefault(one.name, one.sql) != one.sql:
            raise ValueError(f"{one.name}: two readings have this name")
    return found


def _project(asked: str, parameters: Mapping[str, Any], using: str) -> None:
    """One statement: each person's first obstacle; `since` stays while the standing does.

    A person for whom no obstacle holds has no row: nothing is known to stand in their way. Rows
    that change are locked first and in one order, so that two projections never wait for each other
    in a circle; rows that stay as they are are not touched. What was there is changed, what was not
    (or has gone meanwhile) is inserted: changing costs less.
    """
    known = obstacles()
    found = " union all ".join(
        f"select person_id, office_id, {one.rank} as rank, '{one.code}' as obstacle"
        f" from ({one.people}) as obstacle_{one.rank}(person_id, office_id)"
        for one in known
    )
    if not found:
        found = "select null::bigint, null::bigint, 0, '' where false"
    made = _readings(reading for one in known for reading in one.reads)
    readings = "".join(f"{name} as materialized ({sql}),\n" for name, sql in made.items())
    statement = f"""
        with asked as materialized ({asked}),
        {readings}
        found(person_id, office_id, rank, obstacle) as ({found}),
        first as (
            select distinct on (person_id) person_id, office_id, rank, obstacle
            from found order by person_id, rank, office_id
        ),
        compared as materialized (
            select asked.id as person_id, f.office_id, f.rank, f.obstacle, p.residence_id,
                s.person_id is not null as was
            from asked
            left join first f on f.person_id = asked.id
            left join registry_person p
                on p.id = asked.id and p.id between %(first)s and %(last)s
            left join registry_standing s
                on s.person_id = asked.id and s.person_id between %(first)s and %(last)s
            where (s.rank, s.obstacle, s.responsible_id) is distinct from
                (f.rank, f.obstacle, f.office_id)
            or f.rank is not null and s.residence_id is distinct from p.residence_id
        ),
        locked as materialized (
            select s.person_id from registry_standing s
            where s.person_id in (select person_id from compared where was)
            order by s.person_id for update of s
        ),
        gone as (
            delete from registry_standing s using compared c
            where s.person_id = c.person_id and c.rank is null
            and (select count(*) from locked) >= 0
        ),
        changed as (
            update registry_standing s set
                since = case when s.obstacle = c.obstacle then s.since else %(now)s end,
                rank = c.rank, obstacle = c.obstacle,
                responsible_id = c.office_id, residence_id = c.residence_id
            from compared c
            where s.person_id = c.person_id and c.was and c.rank is not null
            and (select count(*) from locked) >= 0
            returning s.person_id
        )
        insert into registry_standing as s
            (person_id, rank, obstacle, responsible_id, since, residence_id)
        select c.person_id, c.rank, c.obstacle, c.office_id, %(now)s, c.residence_id
        from compared c
        where c.rank is not null
        and not exists (select from changed where changed.person_id = c.person_id)
        order by c.person_id
        on conflict (person_id) do update set
            since = case when s.obstacle = excluded.obstacle then s.since else excluded.since end,
            rank = excluded.rank, obstacle = excluded.obstacle,
            responsible_id = excluded.responsible_id, residence_id = excluded.residence_id
    """
    with connections[using].cursor() as cursor:
        cursor.execute(statement, {"now": now(), "today": today(), **parameters})

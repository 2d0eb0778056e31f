"""Standing: what stands in the way of each person's passport, and who acts next.

Upper floors register obstacles, each a SQL query that returns the people it holds for; the first
in the order of ranks is a person's standing. Beside it they may keep tables of their own that
follow from people's records (`Projection`). One statement projects any number of people, in the
transaction of whatever changed them, and the same statement rebuilds all tables, in parts. What
several of them read is a `Reading`, made once a statement.

The people are locked before the statement that projects them begins: of two transactions that
change one person, the second projects when the first has ended, and so sees what both changed.
Whoever locks people, or what belongs to them, together with anything else (passports, statements,
what is due) locks the people first, by `hold_people`: then nobody waits for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connections
from django.utils.functional import Promise

from lamsach.clock import now, today
from lamsach.ledger.actions import action

__all__ = [
    "STATIONS",
    "Obstacle",
    "Projection",
    "Reading",
    "hold_people",
    "obstacles",
    "project_new",
    "rebuild_standing",
    "refresh_standing",
    "register_obstacle",
    "register_projection",
]

_REGISTERED: Final[dict[str, Obstacle]] = {}
_PROJECTIONS: Final[dict[str, Projection]] = {}
#: People of one statement: beyond it, sorting leaves the memory and plans grow worse, and others
#: wait long for the people whom it holds.
_AT_ONCE: Final = 50_000
#: The same where nobody waits.
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


@dataclass(frozen=True, slots=True)
class Projection:
    """A table of an upper floor whose rows follow from people's records.

    `rows` is SQL that returns `(person_id, key, *columns)` for the rows that there shall be of the
    people asked about; it reads what an obstacle reads. The table has these columns, the key unique
    and the person indexed. A row is there or it is not: its columns never change.
    """

    table: str
    key: str
    columns: tuple[str, ...]
    rows: str
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


def register_projection(projection: Projection) -> None:
    """Have a table kept beside the standing; once a table. Raises ValueError for a second one."""
    if _PROJECTIONS.setdefault(projection.table, projection) != projection:
        raise ValueError(f"{projection.table}: something else is projected into this table already")


def hold_people(people: Iterable[int], *, using: str = "default") -> None:
    """Lock people until the transaction ends: nobody else changes or projects them meanwhile.

    To be called before anything else about them is locked. What refers to them may come in.
    """
    _hold("id = any(%(people)s::bigint[])", {"people": sorted(set(people))}, using)


def refresh_standing(people: Iterable[int], *, using: str = "default") -> None:
    """Project these people anew, their standing and what is kept beside it.

    To be called inside the action that changed them, behind the last change.
    """
    identifiers = sorted(set(people))
    for start in range(0, len(identifiers), _AT_ONCE):
        part = identifiers[start : start + _AT_ONCE]
        hold_people(part, using=using)
        span = {"first": part[0], "last": part[-1]}
        _project("select unnest(%(people)s::bigint[]) as id", {"people": part, **span}, using)


def rebuild_standing(*, using: str = "default") -> None:
    """Project everyone anew, as a recount does: some people at a time, each time an action.

    Safe at any time and any number of times; others wait no longer than one part takes.
    """
    after: int | None = 0
    while after is not None:
        with action(using=using):
            after = _project_next(after, _AT_ONCE, using, hold=True)


def project_new(*, after: int, using: str = "default") -> None:
    """Project the people with keys above `after`, who came in with the transaction under way.

    Nobody else sees them yet, so that nobody is locked.
    """
    last: int | None = after
    while last is not None:
        last = _project_next(last, _PART, using, hold=False)


_BETWEEN: Final = "id between %(first)s and %(last)s"


def _project_next(after: int, most: int, using: str, *, hold: bool) -> int | None:
    """Project the next people behind a key; the last one's key, None when there was nobody."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "select max(id) from (select id from registry_person where id > %s"
            " order by id limit %s) as part",
            [after, most],
        )
        (last,) = cursor.fetchone()
    if last is None:
        return None
    part = {"first": after + 1, "last": last}
    if hold:
        _hold(_BETWEEN, part, using)
    _project(f"select id from registry_person where {_BETWEEN}", part, using)
    return int(last)


def _hold(which: str, parameters: Mapping[str, Any], using: str) -> None:
    """Lock people in the order of their keys, so that two who do never wait in a circle.

    A statement of its own: the next one sees what those who were waited for have committed.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            "select count(*) from (select id from registry_person"
            f" where {which} order by id for no key update) as held",
            parameters,
        )


def _readings(needed: Iterable[Reading]) -> dict[str, str]:
    """The SQL of readings by name, each behind what it rests on."""
    found: dict[str, str] = {}
    for one in needed:
        found |= _readings(one.rests_on)
        if found.setdefault(one.name, one.sql) != one.sql:
            raise ValueError(f"{one.name}: two readings have this name")
    return found


def _kept(place: int, one: Projection) -> str:
    """The steps of the statement that bring one table to its wanted rows, by differences.

    Whatever the planner believes of them (there may be no statistics yet, or old ones), rows are
    looked up by person and by key, and compared as sets: never row with row.
    """
    columns = ", ".join(("person_id", one.key, *one.columns))
    return f"""
        rows_{place}({columns}) as materialized ({one.rows}),
        there_{place} as materialized (
            select t.* from asked cross join lateral (
                select {columns} from {one.table} where person_id = asked.id offset 0
            ) t
        ),
        gone_{place} as (
            delete from {one.table} where {one.key} = any(array(
                select {one.key} from there_{place} except select {one.key} from rows_{place}
            ))
        ),
        come_{place} as (
            insert into {one.table} ({columns})
            select {columns} from rows_{place} except select {columns} from there_{place}
            order by {one.key}
        ),"""


def _project(asked: str, parameters: Mapping[str, Any], using: str) -> None:
    """One statement: each person's first obstacle; `since` stays while the standing does.

    A person for whom no obstacle holds has no row: nothing is known to stand in their way. Rows
    that stay as they are are not touched. What was there is changed, what was not is inserted:
    changing costs less.
    """
    known = obstacles()
    found = " union all ".join(
        f"select person_id, office_id, {one.rank} as rank, '{one.code}' as obstacle"
        f" from ({one.people}) as obstacle_{one.rank}(person_id, office_id)"
        for one in known
    )
    if not found:
        found = "select null::bigint, null::bigint, 0, '' where false"
    beside = tuple(_PROJECTIONS.values())
    reads = [one.reads for one in known] + [one.reads for one in beside]
    made = _readings(reading for those in reads for reading in those)
    readings = "".join(f"{name} as materialized ({sql}),\n" for name, sql in made.items())
    kept = "".join(_kept(place, one) for place, one in enumerate(beside))
    statement = f"""
        with asked as materialized ({asked}),
        {readings}
        {kept}
        found(person_id, office_id, rank, obstacle) as ({found}),
        first as (
            select distinct on (person_id) person_id, office_id, rank, obstacle
            from found order by person_id, rank, office_id
        ),
        compared as materialized (
            select asked.id as person_id, f.office_id, f.rank, f.obstacle, p.residence_id
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
        gone as (
            delete from registry_standing s using compared c
            where s.person_id = c.person_id and c.rank is null
        ),
        changed as (
            update registry_standing s set
                since = case when s.obstacle = c.obstacle then s.since else %(now)s end,
                rank = c.rank, obstacle = c.obstacle,
                responsible_id = c.office_id, residence_id = c.residence_id
            from compared c
            where s.person_id = c.person_id and c.rank is not null
            returning s.person_id
        )
        insert into registry_standing
            (person_id, rank, obstacle, responsible_id, since, residence_id)
        select c.person_id, c.rank, c.obstacle, c.office_id, %(now)s, c.residence_id
        from compared c
        where c.rank is not null
        and not exists (select from changed where changed.person_id = c.person_id)
        order by c.person_id
    """
    with connections[using].cursor() as cursor:
        cursor.execute(statement, {"now": now(), "today": today(), **parameters})

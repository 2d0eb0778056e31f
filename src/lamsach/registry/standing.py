"""Standing: what stands in the way of each person's passport, and who acts next.

Upper floors register obstacles, each a SQL query that returns the people it holds for; the first
in the order of ranks is a person's standing. One statement projects any number of people, in the
transaction of whatever changed them, and the same statement rebuilds the whole table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db import connections
from django.utils.functional import Promise

from lamsach.clock import now, today

__all__ = ["Obstacle", "obstacles", "rebuild_standing", "refresh_standing", "register_obstacle"]

_REGISTERED: Final[dict[str, Obstacle]] = {}
#: Above this number of people the planner does better without the list of them.
_AT_ONCE: Final = 50_000

#: SQL: the station that is responsible for a person's residence today (the lowest identifier,
#: where a split commune has several); to be used with the person's table as `p`.
STATION_OF_RESIDENCE: Final = """(
    select min(o.id) from places_coverage c
    join places_territory t on t.unit_id = c.covering_id and t.period @> %(today)s::date
    join places_office o on o.id = t.office_id and o.kind = 'station'
        and (o.closed_on is null or o.closed_on > %(today)s::date)
    where c.covered_id = p.residence_id
)"""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that can stand in the way.

    `people` is SQL that returns `(person_id, office_id)` for the people it holds for, `office_id`
    the office that acts next or null. It reads the people asked about from a table `asked(id)` and
    may use the parameters %(today)s and %(now)s. `label` and `next_step` are what pages say.
    """

    code: str
    rank: int
    people: str
    label: str | Promise
    next_step: str | Promise


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
        _project(asked, {"people": identifiers[start : start + _AT_ONCE]}, using)


def rebuild_standing(*, using: str = "default") -> None:
    """Project everyone's standing anew, as a recount does."""
    _project("select id from registry_person", {}, using)


def _project(asked: str, parameters: dict[str, list[int]], using: str) -> None:
    """One statement: each person's first obstacle; `since` stays while the standing does.

    A person for whom no obstacle holds has no row: nothing is known to stand in their way. Rows are
    locked first and in one order, so that two projections never wait for each other in a circle.
    """
    found = " union all ".join(
        f"select person_id, office_id, {one.rank} as rank, '{one.code}' as obstacle"
        f" from ({one.people}) as obstacle_{one.rank}(person_id, office_id)"
        for one in obstacles()
    )
    if not found:
        found = "select null::bigint, null::bigint, 0, '' where false"
    statement = f"""
        with asked as materialized ({asked}),
        found(person_id, office_id, rank, obstacle) as ({found}),
        first as (
            select distinct on (person_id) person_id, office_id, rank, obstacle
            from found order by person_id, rank, office_id
        ),
        locked as materialized (
            select s.person_id from registry_standing s join asked on asked.id = s.person_id
            order by s.person_id for update of s
        ),
        gone as (
            delete from registry_standing s using asked
            where s.person_id = asked.id
            and not exists (select from first where first.person_id = asked.id)
        )
        insert into registry_standing as s
            (person_id, rank, obstacle, responsible_id, since, residence_id)
        select f.person_id, f.rank, f.obstacle, f.office_id, %(now)s, p.residence_id
        from first f join registry_person p on p.id = f.person_id
        where (select count(*) from locked) >= 0
        order by f.person_id
        on conflict (person_id) do update set
            since = case when s.obstacle = excluded.obstacle then s.since else excluded.since end,
            rank = excluded.rank, obstacle = excluded.obstacle,
            responsible_id = excluded.responsible_id, residence_id = excluded.residence_id
        where (s.rank, s.obstacle, s.responsible_id, s.residence_id) is distinct from
            (excluded.rank, excluded.obstacle, excluded.responsible_id, excluded.residence_id)
    """
    with connections[using].cursor() as cursor:
        cursor.execute(statement, {"now": now(), "today": today(), **parameters})

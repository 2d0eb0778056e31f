"""Writing places: load the catalogues and successions, open and close offices, give territory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import connections
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Func, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from lamsach.clock import today
from lamsach.identity import places as registration
from lamsach.identity import units as catalogues
from lamsach.ledger.actions import Action, Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.places.keys import search_key
from lamsach.places.models import Coverage, Office, Succession, Territory, Unit, UnitLevel

__all__ = [
    "NewOffice",
    "change_office",
    "close_office",
    "end_territory",
    "give_territory",
    "load_successions",
    "load_units",
    "open_office",
    "open_offices",
    "withdraw_territory",
]

# The 34 provinces and 3,321 communes of Decision 19/2025/QĐ-TTg began on this day.
REFORM = date(2025, 7, 1)

_LEVELS = {2: UnitLevel.PROVINCE, 3: UnitLevel.DISTRICT, 5: UnitLevel.COMMUNE}


def load_units(*, actor: Actor, using: str = "default") -> int:
    """Fill the units of both catalogues and what the catalogues themselves say of succession.

    Provinces: who took whom in (Decision 19/2025/QĐ-TTg). Communes: where both catalogues hold
    one code within such provinces, the later commune has in it what bore the code before; all other
    communes' successors come with `load_successions`. Running it again changes nothing. Returns how
    many units are there.
    """
    with action(using=using) as act:
        units = Unit.objects.using(using)
        if not units.exists():
            for catalogue in ("2022", "2025"):
                _load_catalogue(catalogue, using)
            _load_own_successions(using)
            _rebuild_coverage(using)
            act.record(Verb.UNITS_LOAD, actor=actor, facts={"units": units.count()})
        return units.count()


def _load_catalogue(catalogue: catalogues.Catalogue, using: str) -> None:
    known: dict[str, Unit] = {}
    period = (None, REFORM) if catalogue == "2022" else (REFORM, None)
    for level in (2, 3, 5):
        rows = [
            Unit(
                catalogue=catalogue,
                code=one.code,
                level=_LEVELS[level],
                name=one.name,
                above=known[one.above] if one.above else None,
                valid_from=period[0],
                valid_until=period[1],
            )
            for one in catalogues.all_units(catalogue)
            if len(one.code) == level
        ]
        for made in Unit.objects.using(using).bulk_create(rows, batch_size=2000):
            known[made.code] = made


def _load_own_successions(using: str) -> None:
    old = _by_code("2022", using)
    new = _by_code("2025", using)
    found = []
    for province in catalogues.provinces("2022"):
        for later in catalogues.provinces("2025"):
            if registration.same_province("0" + province, later, units="2025"):
                found.append((old[province], new[later]))
    followed = set(found)
    for code in catalogues.communes("2025"):
        before = catalogues.province_of(code, "2022")
        now_in = catalogues.province_of(code, "2025")
        if before and (old[before], new[now_in]) in followed:
            found.append((old[code], new[code]))
    rows = [Succession(predecessor_id=one, successor_id=two, usual=True) for one, two in found]
    Succession.objects.using(using).bulk_create(rows, batch_size=2000)


def _by_code(catalogue: str, using: str) -> dict[str, int]:
    rows = Unit.objects.using(using).filter(catalogue=catalogue)
    return dict(rows.values_list("code", "id"))


def load_successions(
    *, rows: Iterable[tuple[str, str, bool]], actor: Actor, using: str = "default"
) -> int:
    """Replace the communes' successions: rows (code of 2022, code of 2025, is it the usual one).

    Rows are of one official table of who went where. Returns how many; raises `ValidationError`
    that names the first code which no catalogue holds, and then changes nothing.
    """
    with action(using=using) as act:
        old, new = _by_code("2022", using), _by_code("2025", using)
        made = []
        for before, after, usual in rows:
            if before not in old or after not in new:
                raise ValidationError(
                    _("No commune has the code %(before)s (2022) or %(after)s (2025)."),
                    params={"before": before, "after": after},
                )
            made.append(
                Succession(predecessor_id=old[before], successor_id=new[after], usual=usual)
            )
        # By a list of keys, not by a join: the tables were filled a moment ago, and a planner that
        # has not counted them yet would join row by row.
        communes = Unit.objects.using(using).filter(level=UnitLevel.COMMUNE).values("pk")
        Succession.objects.using(using).filter(predecessor__in=communes).delete()
        Succession.objects.using(using).bulk_create(made, batch_size=2000)
        _rebuild_coverage(using)
        act.record(Verb.UNITS_LOAD, actor=actor, facts={"successions": len(made)})
    return len(made)


# A unit covers itself, all below it, and what usually went into any of these. A province that
# another took in is covered with all below it, even where a commune's own successor is not known.
_COVERAGE = """
insert into places_coverage (covering_id, covered_id)
with recursive step (upper, lower) as (
    select above_id, id from places_unit where above_id is not null
    union all
    select successor_id, predecessor_id from places_succession where usual
), reach (upper, lower) as (
    select id, id from places_unit
    union
    select reach.upper, step.lower from reach join step on step.upper = reach.lower
)
select upper, lower from reach
"""


def _rebuild_coverage(using: str) -> None:
    Coverage.objects.using(using).all().delete()
    with connections[using].cursor() as cursor:
        cursor.execute(_COVERAGE)


def open_office(
    *,
    kind: str,
    name: str,
    actor: Actor,
    territory: Iterable[Unit] = (),
    code: str = "",
    above: Office | None = None,
    opened_on: date | None = None,
    using: str = "default",
) -> Office:
    """Open an office, responsible for some units from its first day."""
    new = NewOffice(kind, name, opened_on or today(), tuple(territory), code, above)
    return open_offices(rows=[new], actor=actor, using=using)[0]


@dataclass(frozen=True, slots=True)
class NewOffice:
    """An office to open, and the units it is responsible for from its first day."""

    kind: str
    name: str
    opened_on: date
    territory: tuple[Unit, ...] = ()
    code: str = ""
    above: Office | None = None


def open_offices(
    *, rows: Sequence[NewOffice], actor: Actor, using: str = "default", job: str = ""
) -> list[Office]:
    """Open many offices by a constant number of statements, each with events of its own.

    The events of a bulk `job` have a chain of their own, so that no office waits for it.
    """
    with action(using=using) as act:
        made = Office.objects.using(using).bulk_create(
            Office(
                kind=one.kind,
                name=one.name,
                name_key=search_key(one.name),
                code=one.code,
                above=one.above,
                opened_on=one.opened_on,
            )
            for one in rows
        )
        given = [
            Territory(office=office, unit=unit, period=DateRange(office.opened_on, None))
            for office, one in zip(made, rows, strict=True)
            for unit in one.territory
        ]
        Territory.objects.using(using).bulk_create(given)
        for office in made:
            act.record(
                Verb.OFFICE_OPEN,
                actor=actor,
                office=str(office.public_id),
                subject=("office", office.public_id),
                facts={"kind": str(office.kind), "name": office.name},
                job=job,
            )
        for territory in given:
            _record_given(act, territory, actor, job)
    return made


def give_territory(
    *,
    office: Office,
    unit: Unit,
    actor: Actor,
    since: date | None = None,
    using: str = "default",
) -> Territory:
    """Make an office responsible for a unit, from a day on (the office's first unless given)."""
    with action(using=using) as act:
        given = Territory.objects.using(using).create(
            office=office, unit=unit, period=DateRange(since or office.opened_on, None)
        )
        _record_given(act, given, actor)
    return given


def _record_given(act: Action, given: Territory, actor: Actor, job: str = "") -> None:
    act.record(
        Verb.TERRITORY_GIVE,
        actor=actor,
        office=str(given.office.public_id),
        subject=("office", given.office.public_id),
        facts={"catalogue": given.unit.catalogue, "unit": given.unit.code},
        job=job,
    )


def change_office(
    *, office: Office, name: str, above: Office | None, actor: Actor, using: str = "default"
) -> bool:
    """Give an office another name or another office above it; False when it is so already.

    Raises `ValidationError` when the office would stand above itself.
    """
    upper = above
    while upper is not None:
        if upper.pk == office.pk:
            raise ValidationError(_("An office cannot stand above itself."))
        upper = upper.above
    with action(using=using) as act:
        now_there = Office.objects.using(using).select_for_update(of=["self"]).get(pk=office.pk)
        changed = (now_there.name, now_there.above_id) != (name, above.pk if above else None)
        if changed:
            Office.objects.using(using).filter(pk=office.pk).update(
                name=name, name_key=search_key(name), above=above
            )
            act.record(
                Verb.OFFICE_CHANGE,
                actor=actor,
                office=str(office.public_id),
                subject=("office", office.public_id),
                facts={
                    "name": name,
                    "above": str(above.public_id) if above else None,
                },
            )
    office.refresh_from_db()
    return changed


def end_territory(
    *, territory: Territory, until: date, actor: Actor, using: str = "default"
) -> None:
    """End an office's responsibility for a unit on a day (that day excluded)."""
    with action(using=using) as act:
        _end_period(Territory.objects.using(using).filter(pk=territory.pk), until)
        office = territory.office
        act.record(
            Verb.TERRITORY_END,
            actor=actor,
            office=str(office.public_id),
            subject=("office", office.public_id),
            facts={"catalogue": territory.unit.catalogue, "unit": territory.unit.code},
        )


def withdraw_territory(*, territory: Territory, actor: Actor, using: str = "default") -> None:
    """Take back a responsibility that has not begun, or began today."""
    with action(using=using) as act:
        office, unit = territory.office, territory.unit
        Territory.objects.using(using).filter(pk=territory.pk).delete()
        act.record(
            Verb.TERRITORY_END,
            actor=actor,
            office=str(office.public_id),
            subject=("office", office.public_id),
            facts={"catalogue": unit.catalogue, "unit": unit.code},
        )


def _end_period(territories: QuerySet[Territory], until: date) -> None:
    lower = Func(F("period"), function="lower")
    territories.update(period=Func(lower, Value(until), function="daterange"))


def name_successor(
    *, office: Office, successor: Office, actor: Actor, using: str = "default"
) -> None:
    """Name the office that has taken the place of a closed one."""
    with action(using=using) as act:
        Office.objects.using(using).filter(pk=office.pk).update(successor=successor)
        act.record(
            Verb.OFFICE_CHANGE,
            actor=actor,
            office=str(office.public_id),
            subject=("office", office.public_id),
            facts={"successor": str(successor.public_id)},
        )
    office.refresh_from_db()


def close_office(
    *,
    office: Office,
    on: date,
    actor: Actor,
    successor: Office | None = None,
    using: str = "default",
) -> None:
    """Close an office; its territory ends, and its successor, if any, is named."""
    with action(using=using) as act:
        Office.objects.using(using).filter(pk=office.pk).update(closed_on=on, successor=successor)
        open_ended = Territory.objects.using(using).filter(office=office, period__contains=on)
        _end_period(open_ended, on)
        act.record(
            Verb.OFFICE_CLOSE,
            actor=actor,
            office=str(office.public_id),
            subject=("office", office.public_id),
            facts={"successor": str(successor.public_id) if successor else None},
        )
    office.refresh_from_db()

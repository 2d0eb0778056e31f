"""People and doses that a viewer may see, and what stands in a person's way."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Q, QuerySet
from django.utils.functional import Promise

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role, View
from lamsach.accounts.scope import Scope, scope_of
from lamsach.places.models import Office
from lamsach.registry.actions.reading import note_reading
from lamsach.registry.models import Dose, Person, Standing
from lamsach.registry.queries.conditions import (
    full_doses_condition,
    people_condition,
    presented_condition,
)
from lamsach.registry.standing import obstacles
from lamsach.registry.visibility import OPENABLE
from lamsach.registry.workflow import MAY_UNMASK

__all__ = [
    "DoseLine",
    "StandingLine",
    "dose_for",
    "dose_lines",
    "doses_for",
    "masked_among",
    "may_search",
    "may_unmask",
    "offices_for_step",
    "person_for",
    "persons_for",
    "standing_of",
    "waiting_for",
]

_OF_PEOPLE: Final = (
    View.OWN_DOSES,
    View.RESIDENTS,
    View.RESIDENTS_AND_VACCINATED,
    View.ALL_MASKED,
    *OPENABLE,
)


def persons_for(viewer: Officer) -> QuerySet[Person]:
    """The people whom the viewer's posts open; those who were presented are not among them."""
    return Person.objects.filter(people_condition(scope_of(viewer)))


def doses_for(viewer: Officer) -> QuerySet[Dose]:
    """The doses that the viewer sees fully, withdrawn ones too."""
    return Dose.objects.filter(full_doses_condition(scope_of(viewer)))


def person_for(viewer: Officer, public_id: uuid.UUID) -> Person | None:
    """One person, open to the viewer by their posts or presented to them lately; it is logged.

    None when there is no such person or the viewer may not see them: nobody can tell which.
    """
    scope = scope_of(viewer)
    allowed = people_condition(scope) | presented_condition(viewer)
    person = (
        Person.objects.filter(allowed, public_id=public_id)
        .select_related("residence__above__above", "entered_by")
        .first()
    )
    if person is not None:
        note_reading(officer=viewer, scope=scope, person=person)
    return person


def dose_for(viewer: Officer, public_id: uuid.UUID) -> Dose | None:
    """One dose that the viewer sees fully."""
    return (
        doses_for(viewer).select_related("person", "facility").filter(public_id=public_id).first()
    )


@dataclass(frozen=True, slots=True)
class DoseLine:
    """A dose as a viewer sees it: fully, or date and vaccine alone (`dose` is None then)."""

    vaccinated_on: date
    vaccine_code: str
    dose: Dose | None


def dose_lines(viewer: Officer, person: Person) -> list[DoseLine]:
    """All doses of a person who is open to the viewer, the first dose first."""
    doses = (
        Dose.objects.filter(person=person)
        .select_related("facility", "campaign", "entered_by")
        .order_by("vaccinated_on", "dose_number", "id")
    )
    fully = set(
        Dose.objects.filter(full_doses_condition(scope_of(viewer)), person=person).values_list(
            "pk", flat=True
        )
    )
    return [
        DoseLine(one.vaccinated_on, one.vaccine_code, one if one.pk in fully else None)
        for one in doses
        if one.pk in fully or one.withdrawn_at is None
    ]


@dataclass(frozen=True, slots=True)
class StandingLine:
    """What stands in a person's way, in words, who acts next, and since when."""

    code: str
    label: str | Promise
    next_step: str | Promise
    responsible: Office | None
    since: datetime


def standing_of(people: Sequence[Person]) -> dict[int, StandingLine]:
    """The standing of people who are open to the viewer, by key; none for whom nothing is known."""
    words = {one.code: one for one in obstacles()}
    rows = Standing.objects.filter(person__in=people).select_related("responsible")
    return {
        row.person_id: StandingLine(
            row.obstacle,
            words[row.obstacle].label if row.obstacle in words else row.obstacle,
            words[row.obstacle].next_step if row.obstacle in words else "",
            row.responsible,
            row.since,
        )
        for row in rows
    }


def waiting_for(
    viewer: Officer, *, obstacle: str = "", after: uuid.UUID | None = None
) -> QuerySet[Standing]:
    """The people for whom one of the viewer's offices acts next, along the way and by waiting time.

    `after` is the last person of the page before.
    """
    scope = scope_of(viewer)
    offices = {one.office_id for one in scope.grants}
    opened = Person.objects.filter(people_condition(scope))
    mine = Standing.objects.filter(responsible__in=offices, person__in=opened)
    if obstacle:
        mine = mine.filter(obstacle=obstacle)
    last = mine.filter(person__public_id=after).first() if after else None
    if last:
        same = Q(rank=last.rank)
        mine = mine.filter(
            Q(rank__gt=last.rank)
            | same & Q(since__gt=last.since)
            | same & Q(since=last.since, person__gt=last.person_id),
            rank__gte=last.rank,
        )
    return mine.select_related("person__residence").order_by("rank", "since", "person")


def masked_among(viewer: Officer, people: Sequence[Person]) -> set[int]:
    """The keys of those whom the viewer sees masked: by the ministry's view and no other."""
    scope = scope_of(viewer)
    if not scope.has(View.ALL_MASKED):
        return set()
    others = Scope(
        scope.actor, scope.day, tuple(one for one in scope.grants if one.view != View.ALL_MASKED)
    )
    near = people_condition(others) | presented_condition(viewer)
    keys = {one.pk for one in people}
    return keys - set(Person.objects.filter(near, pk__in=keys).values_list("pk", flat=True))


def may_unmask(viewer: Officer, person: Person) -> bool:
    """Whether the viewer may see this person's numbers whole, for a purpose."""
    return scope_of(viewer).may(*MAY_UNMASK) and not masked_among(viewer, [person])


def may_search(viewer: Officer) -> bool:
    """Whether any of the viewer's posts opens people at all."""
    return scope_of(viewer).has(*_OF_PEOPLE)


def offices_for_step(viewer: Officer, roles: Collection[Role]) -> list[Office]:
    """The viewer's offices in which they have one of the roles that a step asks for."""
    grants = scope_of(viewer).grants
    wanted = {one.office_id for one in grants if one.role in roles}
    return list(Office.objects.filter(pk__in=wanted).order_by("name"))

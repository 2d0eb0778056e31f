"""People and doses that a viewer may see, and what stands in a person's way."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils.functional import Promise

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import View
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
from lamsach.registry.workflow import MAY_UNMASK

__all__ = [
    "DoseLine",
    "StandingLine",
    "dose_for",
    "dose_lines",
    "doses_for",
    "may_unmask",
    "person_for",
    "persons_for",
    "sees_masked",
    "standing_of",
    "waiting_for",
]


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


def waiting_for(viewer: Officer) -> QuerySet[Standing]:
    """The people for whom one of the viewer's offices acts next, those waiting longest first."""
    scope = scope_of(viewer)
    offices = {one.office_id for one in scope.grants}
    mine = Standing.objects.filter(responsible__in=offices)
    return mine.filter(_through_person(scope)).select_related("person").order_by("since", "person")


def _through_person(scope: Scope) -> Q:
    return Q(person__in=Person.objects.filter(people_condition(scope)))


def sees_masked(viewer: Officer, person: Person) -> bool:
    """Whether the viewer sees this person by the ministry's view alone: masked, whole nowhere."""
    scope = scope_of(viewer)
    if not scope.has(View.ALL_MASKED):
        return False
    others = Scope(
        scope.actor, scope.day, tuple(one for one in scope.grants if one.view != View.ALL_MASKED)
    )
    near = people_condition(others) | presented_condition(viewer)
    return not Person.objects.filter(near, pk=person.pk).exists()


def may_unmask(viewer: Officer, person: Person) -> bool:
    """Whether the viewer may see this person's numbers whole, for a purpose."""
    return scope_of(viewer).may(*MAY_UNMASK) and not sees_masked(viewer, person)

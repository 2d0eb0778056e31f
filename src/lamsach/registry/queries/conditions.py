"""The gate to people and doses: what a scope opens, as conditions on the tables (users.md).

The only place where a view becomes a condition; every query of this package, and every action that
asks who may, goes through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import View
from lamsach.accounts.scope import Scope
from lamsach.clock import now
from lamsach.places.models import Office, Territory
from lamsach.registry.models import Dose, Presentation
from lamsach.registry.visibility import registered

__all__ = [
    "OPEN_FOR",
    "full_doses_condition",
    "nobody",
    "people_condition",
    "people_ways",
    "presented_condition",
]

#: How long a person who was presented stays open to that officer.
OPEN_FOR: Final = timedelta(minutes=30)


def nobody() -> Q:
    """The condition that nothing meets."""
    return Q(pk__in=[])


def everybody() -> Q:
    """The condition that every row meets; an empty `Q` would vanish when it is joined by "or"."""
    return Q(pk__isnull=False)


def people_condition(scope: Scope) -> Q:
    """Which people a scope opens; for conditions on few people, whom other conditions name."""
    condition = nobody()
    for way in _ways(scope, lambda places: places):
        condition |= way
    return condition


def people_ways(scope: Scope) -> list[Q]:
    """The ways by which a scope opens people; a person is open by any of them.

    For searches among all people: each way alone is answered by an index, all in one condition by
    none. Places are read here, so that the planner knows which and how many they are.
    """
    return _ways(scope, list)


def _ways(scope: Scope, read: Callable[[QuerySet[Any, int]], Iterable[int]]) -> list[Q]:
    if scope.has(View.ALL_MASKED):
        return [everybody()]
    ways = []
    if scope.has(View.OWN_DOSES):
        # A dose that was withdrawn was entered there too: the facility can still put things right.
        own = Dose.objects.filter(entered_by__in=scope.office_ids(View.OWN_DOSES))
        ways.append(Q(Exists(own.filter(person=OuterRef("pk")))))
    if scope.has(View.RESIDENTS):
        ways.append(Q(residence__in=read(scope.units(View.RESIDENTS))))
    if scope.has(View.RESIDENTS_AND_VACCINATED):
        ways.append(Q(residence__in=read(scope.units(View.RESIDENTS_AND_VACCINATED))))
        offices = _offices_within(scope).values_list("pk", flat=True)
        there = Dose.objects.filter(withdrawn_at=None, facility__in=read(offices))
        ways.append(Q(Exists(there.filter(person=OuterRef("pk")))))
    return [*ways, *registered(scope)]


def full_doses_condition(scope: Scope) -> Q:
    """Which doses a scope opens fully; of others on an open record, date and vaccine alone."""
    condition = nobody()
    if scope.has(View.ALL_MASKED):
        return everybody()
    if scope.has(View.OWN_DOSES):
        condition |= Q(entered_by__in=scope.office_ids(View.OWN_DOSES))
    if scope.has(View.RESIDENTS):
        condition |= Q(person__residence__in=scope.units(View.RESIDENTS))
    if scope.has(View.RESIDENTS_AND_VACCINATED):
        units = scope.units(View.RESIDENTS_AND_VACCINATED)
        condition |= Q(person__residence__in=units) | Q(facility__in=_offices_within(scope))
    return condition


def presented_condition(viewer: Officer) -> Q:
    """Which people were presented to an officer a short while ago."""
    lately = Presentation.objects.filter(officer=viewer, at__gt=now() - OPEN_FOR)
    return Q(Exists(lately.filter(person=OuterRef("pk"))))


def _offices_within(scope: Scope) -> QuerySet[Office]:
    """The offices that stand in the territory: that are, or were, responsible for a unit of it."""
    there = Territory.objects.filter(unit__in=scope.units(View.RESIDENTS_AND_VACCINATED))
    return Office.objects.filter(pk__in=there.values("office"))

"""The gate to people and doses: what a scope opens, as conditions on the tables (users.md).

The only place where a view becomes a condition; every query of this package, and every action that
asks who may, goes through it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

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
    """Which people a scope opens."""
    condition = nobody()
    if scope.has(View.ALL_MASKED):
        return everybody()
    if scope.has(View.OWN_DOSES):
        # A dose that was withdrawn was entered there too: the facility can still put things right.
        own = Dose.objects.filter(entered_by__in=scope.office_ids(View.OWN_DOSES))
        condition |= Q(Exists(own.filter(person=OuterRef("pk"))))
    if scope.has(View.RESIDENTS):
        condition |= Q(residence__in=scope.units(View.RESIDENTS))
    if scope.has(View.RESIDENTS_AND_VACCINATED):
        condition |= Q(residence__in=scope.units(View.RESIDENTS_AND_VACCINATED))
        there = Dose.objects.filter(withdrawn_at=None, facility__in=_offices_within(scope))
        condition |= Q(Exists(there.filter(person=OuterRef("pk"))))
    for more in registered(scope):
        condition |= more
    return condition


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

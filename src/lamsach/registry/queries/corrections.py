"""Corrections that a viewer may see: those of people and doses open to them, and their own."""

from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet

from lamsach.accounts.models import Officer
from lamsach.accounts.scope import Scope, scope_of
from lamsach.places.models import Office
from lamsach.registry.models import Correction, CorrectionState, Dose, Person
from lamsach.registry.queries.conditions import full_doses_condition, people_condition
from lamsach.registry.workflow import CORRECTION_STEPS

__all__ = [
    "correction_for",
    "corrections_for",
    "decidable_for",
    "facility_names",
    "offices_deciding",
]


def corrections_for(viewer: Officer) -> QuerySet[Correction]:
    """The corrections of open people; a dose's only where the viewer sees that dose fully."""
    return _readable(_within(scope_of(viewer)) | Q(requested_by=viewer))


def _within(scope: Scope) -> Q:
    people = Person.objects.filter(people_condition(scope))
    doses = Dose.objects.filter(full_doses_condition(scope))
    return Q(person__in=people) & (Q(dose=None) | Q(dose__in=doses))


def _readable(condition: Q) -> QuerySet[Correction]:
    return Correction.objects.filter(condition).select_related(
        "person__residence", "dose", "requested_by", "requested_from", "decided_by"
    )


def correction_for(viewer: Officer, public_id: uuid.UUID) -> Correction | None:
    """One correction that the viewer may see."""
    return corrections_for(viewer).filter(public_id=public_id).first()


def decidable_for(viewer: Officer) -> QuerySet[Correction]:
    """The corrections that wait for a decision which the viewer may take, the oldest first."""
    scope = scope_of(viewer)
    roles = CORRECTION_STEPS[CorrectionState.REQUESTED, "approve"].roles
    grants = tuple(one for one in scope.grants if one.role in roles)
    open_there = _within(Scope(scope.actor, scope.day, grants))
    waiting = _readable(open_there).filter(state=CorrectionState.REQUESTED)
    return waiting.exclude(requested_by=viewer).order_by("id")


def offices_deciding(viewer: Officer, correction: Correction) -> list[Office]:
    """The viewer's offices in which a role of theirs may decide this correction."""
    scope = scope_of(viewer)
    roles = CORRECTION_STEPS[CorrectionState.REQUESTED, "approve"].roles
    if correction.requested_by_id == viewer.pk:
        return []
    found = []
    for office in Office.objects.filter(
        pk__in={one.office_id for one in scope.grants if one.role in roles}
    ).order_by("name"):
        grants = (one for one in scope.grants if one.office_id == office.pk and one.role in roles)
        inside = Scope(scope.actor, scope.day, tuple(grants))
        if Correction.objects.filter(_within(inside), pk=correction.pk).exists():
            found.append(office)
    return found


def facility_names(correction: Correction) -> dict[str, str]:
    """The names of the facilities that a correction speaks of, by public identifier."""
    named = [uuid.UUID(one) for one in correction.changes.get("facility", [])]
    rows = Office.objects.filter(public_id__in=named).values_list("public_id", "name")
    return {str(public): name for public, name in rows}

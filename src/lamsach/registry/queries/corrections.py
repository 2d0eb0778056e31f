"""Corrections that a viewer may see: those of people and doses open to them, and their own."""

from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet

from lamsach.accounts.models import Officer
from lamsach.accounts.scope import scope_of
from lamsach.registry.models import Correction, CorrectionState, Dose, Person
from lamsach.registry.queries.conditions import full_doses_condition, people_condition
from lamsach.registry.workflow import CORRECTION_STEPS

__all__ = ["correction_for", "corrections_for", "decidable_for"]


def corrections_for(viewer: Officer) -> QuerySet[Correction]:
    """The corrections of open people; a dose's only where the viewer sees that dose fully."""
    scope = scope_of(viewer)
    people = Person.objects.filter(people_condition(scope))
    doses = Dose.objects.filter(full_doses_condition(scope))
    return Correction.objects.filter(
        Q(person__in=people) & (Q(dose=None) | Q(dose__in=doses)) | Q(requested_by=viewer)
    ).select_related("person", "dose", "requested_by", "requested_from", "decided_by")


def correction_for(viewer: Officer, public_id: uuid.UUID) -> Correction | None:
    """One correction that the viewer may see."""
    return corrections_for(viewer).filter(public_id=public_id).first()


def decidable_for(viewer: Officer) -> QuerySet[Correction]:
    """The corrections that wait, that the viewer did not request and has a role to decide."""
    roles = CORRECTION_STEPS[CorrectionState.REQUESTED, "approve"].roles
    if not scope_of(viewer).may(*roles):
        return Correction.objects.none()
    waiting = corrections_for(viewer).filter(state=CorrectionState.REQUESTED)
    return waiting.exclude(requested_by=viewer).order_by("id")

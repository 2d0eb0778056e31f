"""What reading leaves behind: every opened record, search, presented person and unmasked number.

The ledger learns who looked at whom, when, from which office and for what; of what was typed into
a search it learns which fields were used and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.refusals import ConflictError
from lamsach.accounts.scope import Scope
from lamsach.clock import now
from lamsach.ledger.actions import action
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.registry.models import Person, Presentation
from lamsach.registry.workflow import MAY_PRESENT

__all__ = ["UnmaskPurpose", "note_reading", "note_search", "present", "unmask"]

#: Attempts to present somebody who is not there, before an officer must wait.
MISSES_ALLOWED: Final = 10
_WAIT: Final = timedelta(hours=1)
#: Pages of one record that are opened one after the other are one reading.
_VISIT: Final = timedelta(minutes=10)


class UnmaskPurpose(models.TextChoices):
    """Why an officer needs a number whole."""

    IDENTITY = "identity", _("Compare with the document the person shows")
    CONTACT = "contact", _("Reach the person")
    CORRECTION = "correction", _("Prepare or decide a correction")
    INSPECTION = "inspection", _("Inspection")


def _office(scope: Scope) -> str:
    return scope.grants[0].office_public_id if scope.grants else ""


def note_reading(*, officer: Officer, scope: Scope, person: Person) -> None:
    """Record that an officer opened a person's record; once a visit of a few minutes."""
    before = Event.objects.filter(
        subject_kind="person",
        subject_id=str(person.public_id),
        at__gt=now() - _VISIT,
        actor=str(actor_of(officer)),
        verb=Verb.PERSON_READ,
    )
    if before.exists():
        return
    with action() as act:
        act.record(
            Verb.PERSON_READ,
            actor=actor_of(officer),
            office=_office(scope),
            subject=("person", person.public_id),
            facts={"roles": sorted({one.role.value for one in scope.grants})},
        )


def note_search(*, officer: Officer, scope: Scope, fields: Iterable[str], found: int) -> None:
    """Record that an officer looked for people: by which fields, and how many were shown."""
    with action() as act:
        act.record(
            Verb.PERSON_SEARCH,
            actor=actor_of(officer),
            office=_office(scope),
            facts={"fields": sorted(fields), "found": found},
        )


def present(*, officer: Officer, scope: Scope, person: Person | None, how: str) -> None:
    """Open a person who stands before the officer; `how` is `card` or `typed`.

    A miss is recorded too. Raises `PermissionDenied` for roles that serve nobody face to face and
    `ConflictError` after too many misses: who guesses numbers and births has to wait.
    """
    if not scope.may(*MAY_PRESENT):
        raise PermissionDenied
    misses = Event.objects.filter(
        actor=str(actor_of(officer)),
        verb=Verb.PERSON_PRESENT,
        at__gt=now() - _WAIT,
        facts__found=0,
    )
    if misses.count() >= MISSES_ALLOWED:
        raise ConflictError(
            _("Nobody was found too many times. Wait an hour, or ask for help in your office.")
        )
    with action() as act:
        if person is not None:
            Presentation.objects.create(person=person, officer=officer, at=now())
        act.record(
            Verb.PERSON_PRESENT,
            actor=actor_of(officer),
            office=_office(scope),
            subject=("person", person.public_id) if person else ("", ""),
            facts={"how": how, "found": 1 if person else 0},
        )


def unmask(*, officer: Officer, scope: Scope, person: Person, purpose: UnmaskPurpose) -> None:
    """Record that an officer saw a person's numbers whole, and what for."""
    with action() as act:
        act.record(
            Verb.PERSON_UNMASK,
            actor=actor_of(officer),
            office=_office(scope),
            subject=("person", person.public_id),
            purpose=purpose.value,
        )

"""The history of a record, readable: every event of the ledger about a person and their doses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from lamsach.accounts.models import Officer
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office
from lamsach.registry.actions.reading import UnmaskPurpose
from lamsach.registry.fields import DOSE_FIELDS, PERSON_FIELDS
from lamsach.registry.models import Dose, Person
from lamsach.registry.trail import in_words

__all__ = ["Line", "history_of"]

_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what was done, when, by whom (a name where the actor is an officer) and where.

    `details` name the fields of a correction, or what a number was shown for.
    """

    number: int
    at: datetime
    verb: str
    actor: str
    office: str
    words: str
    details: str


def history_of(viewer: Officer, person: Person, *, before: int | None = None) -> list[Line]:
    """The newest events about a person who is open to the viewer, up to 100, newest first.

    `before` is the number of the last line of the page before.
    """
    del viewer  # the person was opened to them by `person_for`; the trail is open with the record
    doses = Dose.objects.filter(person=person).values_list("public_id", flat=True)
    events = Event.objects.filter(
        Q(subject_kind="person", subject_id=str(person.public_id))
        | Q(subject_kind="dose", subject_id__in=[str(one) for one in doses])
    )
    if before is not None:
        events = events.filter(pk__lt=before)
    rows = list(events.order_by("-pk")[:_AT_ONCE])
    officers = {row.actor.removeprefix("officer:") for row in rows if row.actor[:8] == "officer:"}
    names = dict(_names(Officer, officers, "full_name"))
    offices = dict(_names(Office, {row.office for row in rows if row.office}, "name"))
    return [
        Line(
            row.pk,
            row.at,
            row.verb,
            names.get(row.actor.removeprefix("officer:"), row.actor),
            offices.get(row.office, row.office),
            str(in_words(row.verb)),
            _details(row),
        )
        for row in rows
    ]


def _details(row: Event) -> str:
    if row.verb == Verb.PERSON_UNMASK and row.purpose in UnmaskPurpose.values:
        return str(UnmaskPurpose(row.purpose).label)
    labels = {**PERSON_FIELDS, **DOSE_FIELDS}
    fields = row.facts.get("fields", [])
    return ", ".join(str(labels[name].label) for name in fields if name in labels)


def _names(
    model: type[Officer] | type[Office], identifiers: set[str], column: str
) -> list[tuple[str, str]]:
    known = {UUID(one) for one in identifiers}
    rows = model._default_manager.filter(public_id__in=known).values_list("public_id", column)
    return [(str(public), name) for public, name in rows]

"""Reading passports: a person's, for who may see the person; the published lists, for everyone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from lamsach.accounts.models import Officer
from lamsach.clock import now
from lamsach.passports.models import (
    LogEntry,
    LogKind,
    Passport,
    PassportDose,
    PublishedFile,
    Refusal,
)
from lamsach.registry.models import Person
from lamsach.registry.queries import persons_for

__all__ = [
    "current_passport",
    "doses_under",
    "passport_for",
    "passport_for_evidence",
    "passports_of",
    "place_in_log",
    "published",
    "published_content",
    "refusals_of",
]


def current_passport(person: Person) -> Passport | None:
    """The person's passport that counts now: the newest that is neither expired nor replaced.

    For rooms that have established who asks (the person themself, an officer who sees them).
    """
    rows = Passport.objects.filter(person=person, superseded_at=None, expires_at__gt=now())
    return rows.order_by("-id").first()


def passports_of(person: Person) -> QuerySet[Passport]:
    """All passports of a person, the newest first."""
    return Passport.objects.filter(person=person).select_related("campaign").order_by("-id")


def passport_for(viewer: Officer, public_id: UUID | str) -> Passport | None:
    """One passport, if the viewer may see its person."""
    rows = Passport.objects.filter(public_id=public_id, person__in=persons_for(viewer))
    return rows.select_related("person", "campaign", "signer", "answer").first()


def refusals_of(person: Person) -> Sequence[Refusal]:
    """Why the issuing desk refuses a person's passport as the record stands."""
    return list(Refusal.objects.filter(person=person).order_by("id"))


def passport_for_evidence(identifier: UUID | str) -> Passport | None:
    """One passport by its public identifier or its certificate code.

    For who runs the installation, whom no post lets through; what is given out is recorded.
    """
    by = {"public_id": identifier} if isinstance(identifier, UUID) else {"uvci": identifier}
    return Passport.objects.filter(**by).select_related("signer", "answer").first()


def doses_under(passport: Passport) -> QuerySet[PassportDose]:
    """The doses that a passport rests on, with the statements that were signed about them."""
    rows = PassportDose.objects.filter(passport=passport).order_by("dose__vaccinated_on", "id")
    return rows.select_related("dose", "statement__batch__office", "statement__batch__certificate")


def place_in_log(passport: Passport) -> int | None:
    """Where the issue of a passport stands in the public log, once it is in."""
    row = LogEntry.objects.filter(passport=passport, kind=LogKind.ISSUED).first()
    return row.position if row is not None else None


def published_content(name: str) -> PublishedFile | None:
    """A list that verifiers fetch, with its content."""
    return PublishedFile.objects.filter(name=name).first()


def published(name: str) -> PublishedFile | None:
    """A list that verifiers fetch, without its content."""
    return PublishedFile.objects.filter(name=name).defer("content").first()

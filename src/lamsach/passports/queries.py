"""Reading passports: a person's, for who may see the person; the published lists, for everyone."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.clock import now
from lamsach.passports.models import (
    LogEntry,
    LogKind,
    Passport,
    PassportDose,
    PassportSigner,
    PublishedFile,
    Refusal,
)
from lamsach.registry.models import Person
from lamsach.registry.queries import persons_for

__all__ = [
    "COUNTED",
    "count_resting_on",
    "current_passport",
    "doses_under",
    "may_distrust",
    "may_see_signers",
    "passport_for",
    "passport_for_evidence",
    "passports_of",
    "place_in_log",
    "published",
    "published_content",
    "refusals_of",
    "signer_for",
    "signers_for",
]

COUNTED: Final = 10_000  # beyond this a page says "more than"


def current_passport(person: Person) -> Passport | None:
    """The person's passport that counts now: not expired, not replaced, its key trusted.

    For rooms that have established who asks (the person themself, an officer who sees them).
    """
    rows = Passport.objects.filter(
        person=person, superseded_at=None, expires_at__gt=now(), signer__distrusted_at=None
    )
    return rows.order_by("-id").first()


def passports_of(person: Person) -> QuerySet[Passport]:
    """All passports of a person, the newest first."""
    return (
        Passport.objects.filter(person=person).select_related("campaign", "signer").order_by("-id")
    )


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


def may_see_signers(viewer: Officer) -> bool:
    """Whether the viewer sees the keys that sign passports: who keeps, and who audits them."""
    return scope_of(viewer).may(Role.MINISTRY, Role.ADMINISTRATOR, Role.AUDITOR)


def may_distrust(viewer: Officer) -> bool:
    """Whether the viewer may take a key off the trust list."""
    return scope_of(viewer).may(Role.MINISTRY, Role.ADMINISTRATOR)


def signers_for(viewer: Officer) -> QuerySet[PassportSigner]:
    """The keys that sign or signed passports, the newest first."""
    rows = PassportSigner.objects.order_by("-id")
    return rows if may_see_signers(viewer) else rows.none()


def signer_for(viewer: Officer, name: str) -> PassportSigner | None:
    """One key by the identifier that addresses bear."""
    try:
        kid = b64encode(bytes.fromhex(name)).decode()
    except ValueError:
        return None
    return signers_for(viewer).filter(kid=kid).first()


def count_resting_on(signer: PassportSigner) -> int:
    """How many passports that count now rest on a key; at most one more than `COUNTED`."""
    rows = Passport.objects.filter(signer=signer, superseded_at=None, expires_at__gt=now())
    return rows[: COUNTED + 1].count()

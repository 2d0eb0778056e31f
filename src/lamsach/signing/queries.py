"""Reading batches: an office's head sees its own, with a sample; ministry and auditors, counts.

Statements about doses leave this room only as evidence, or as the sample that the signer looks at
before the PIN.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.clock import now
from lamsach.esign.certificates import Authorities
from lamsach.esign.signatures import Verification, verify_cms
from lamsach.places.models import Office
from lamsach.registry.models import Dose
from lamsach.signing import sql
from lamsach.signing.models import BatchState, DoseStatement, SignerCertificate, SigningBatch
from lamsach.signing.trust import authorities

__all__ = [
    "Desk",
    "SampleDose",
    "batch_for",
    "batches_for",
    "desks_of",
    "own_certificate",
    "sample_of",
    "signed_doses",
    "statements_of",
    "verify_batch",
]

COUNTED: Final = 10_000  # beyond this a page says "more than"
_SAMPLE: Final = 8


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits at an office for its head: doses, the batch that is prepared, the last one."""

    office: Office
    awaiting: int
    more: bool
    prepared: SigningBatch | None
    last: SigningBatch | None


@dataclass(frozen=True, slots=True)
class SampleDose:
    """A dose of a batch, for the eyes of its signer."""

    person: str
    birth_date: str
    dose: Dose


def desks_of(viewer: Officer) -> list[Desk]:
    """The offices that the viewer signs for, and what waits there."""
    heads = {g.office_id for g in scope_of(viewer).grants if g.role is Role.FACILITY_HEAD}
    found = []
    for office in Office.objects.filter(id__in=heads).order_by("name"):
        awaiting = sql.count_awaiting(office.pk, COUNTED + 1)
        own = SigningBatch.objects.filter(office=office)
        found.append(
            Desk(
                office=office,
                awaiting=min(awaiting, COUNTED),
                more=awaiting > COUNTED,
                prepared=own.filter(state=BatchState.PREPARED).first(),
                last=own.filter(state=BatchState.SIGNED).order_by("-id").first(),
            )
        )
    return found


def own_certificate(viewer: Officer) -> SignerCertificate | None:
    """The certificate that is bound to the viewer."""
    return SignerCertificate.objects.filter(officer=viewer, unbound_at=None).first()


def batches_for(viewer: Officer) -> QuerySet[SigningBatch]:
    """The batches that the viewer may see, the newest first."""
    scope = scope_of(viewer)
    if scope.may(Role.MINISTRY, Role.AUDITOR):
        seen = Q()
    else:
        offices = {g.office_id for g in scope.grants if g.role is Role.FACILITY_HEAD}
        seen = Q(office__in=offices)
    rows = SigningBatch.objects.filter(seen).defer("manifest", "signature")
    return rows.select_related("office", "officer", "certificate").order_by("-id")


def batch_for(viewer: Officer, public_id: UUID | str) -> SigningBatch | None:
    """One batch, if the viewer may see it."""
    return batches_for(viewer).filter(public_id=public_id).first()


def sample_of(batch: SigningBatch) -> list[SampleDose]:
    """Some doses of a batch, drawn at random but the same each time it is looked at."""
    draw = random.Random(batch.public_id.int)
    places = draw.sample(range(batch.count), min(_SAMPLE, batch.count))
    rows = DoseStatement.objects.filter(batch=batch, index__in=places).order_by("index")
    return [
        SampleDose(row.dose.person.full_name, row.dose.person.birth_date, row.dose)
        for row in rows.select_related("dose__person", "dose__facility")
    ]


def verify_batch(batch: SigningBatch, trusted: Authorities | None = None) -> Verification:
    """Verify a signed batch anew: the stored signature on the stored manifest."""
    if batch.signature is None:
        raise ValueError("this batch is not signed")
    return verify_cms(bytes(batch.signature), bytes(batch.manifest), trusted or authorities())


def signed_doses() -> QuerySet[Dose]:
    """The doses that are signed as they are now."""
    good = DoseStatement.objects.filter(
        dose=OuterRef("pk"),
        voided_at=None,
        dose_version=OuterRef("version"),
        batch__state=BatchState.SIGNED,
    )
    return Dose.objects.filter(Exists(good), withdrawn_at=None)


def statements_of(doses: Sequence[int]) -> dict[int, DoseStatement]:
    """The statement that counts for each of these doses, with its batch."""
    rows = DoseStatement.objects.filter(
        dose__in=doses, voided_at=None, batch__state=BatchState.SIGNED
    )
    return {row.dose_id: row for row in rows.select_related("batch__certificate", "batch__office")}


def days_left(certificate: SignerCertificate, at: datetime | None = None) -> int:
    """How many whole days a certificate has left; 0 when it is over."""
    return max(0, (certificate.valid_until - (at or now())).days)


def shown_counts(batch: SigningBatch) -> dict[str, Any]:
    """The counts of a batch as its page shows them: the days at most a month of them."""
    days = list(batch.counts["days"].items())
    earlier = sum(count for _day, count in days[:-31])
    return {**batch.counts, "days": days[-31:], "earlier": earlier}

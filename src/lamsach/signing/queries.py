"""Reading batches: an office's head sees its own, with a sample; ministry and auditors, counts.

Statements about doses leave this room only as evidence, or as the sample that the signer looks at
before the PIN. Who signs with which certificate is for administrators and auditors.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from lamsach.accounts.models import Officer, Post
from lamsach.accounts.roles import Role
from lamsach.accounts.scope import scope_of
from lamsach.clock import now, today
from lamsach.esign.certificates import Authorities
from lamsach.esign.signatures import Verification, verify_cms
from lamsach.hcert.vaccines import PRODUCTS
from lamsach.ledger.actions import action
from lamsach.places.models import Office
from lamsach.registry.actions import note_reading
from lamsach.registry.models import Dose, Person, Presence
from lamsach.registry.queries import dose_lines
from lamsach.signing import sql
from lamsach.signing.models import BatchState, DoseStatement, SignerCertificate, SigningBatch
from lamsach.signing.trust import authorities

__all__ = [
    "COUNTED",
    "OPEN_SIGNERS",
    "Desk",
    "SampleDose",
    "SignatureLine",
    "Signer",
    "batch_for",
    "batches_for",
    "desks_of",
    "may_see_signers",
    "office_for",
    "open_signers",
    "own_certificate",
    "past_certificates",
    "sample_for",
    "shown_counts",
    "signature_lines",
    "signed_doses",
    "signer_for",
    "signers_for",
    "statements_of",
    "unsigned_at",
    "verify_batch",
    "with_certificates",
]

COUNTED: Final = 10_000  # beyond this a page says "more than"
OPEN_SIGNERS: Final = 100  # the same for signers
_SAMPLE: Final = 8
_SIGNING: Final = (Role.FACILITY_HEAD, Role.COMMUNE_POLICE)  # doses; cleansing lists
_ENDING: Final = timedelta(days=30)


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
    vaccine: str
    dose: Dose


def desks_of(viewer: Officer) -> list[Desk]:
    """The offices that the viewer signs for, and what waits there."""
    heads = {g.office_id for g in scope_of(viewer).grants if g.role is Role.FACILITY_HEAD}
    found = []
    for office in Office.objects.filter(id__in=heads).order_by("name"):
        own = SigningBatch.objects.filter(office=office).defer("manifest", "signature")
        prepared = own.filter(state=BatchState.PREPARED).first()
        waiting_at = () if prepared else sql.signs_for(office.pk)
        awaiting = sql.count_awaiting(waiting_at, COUNTED + 1) if waiting_at else 0
        found.append(
            Desk(
                office=office,
                awaiting=min(awaiting, COUNTED),
                more=awaiting > COUNTED,
                prepared=prepared,
                last=own.filter(state=BatchState.SIGNED).order_by("-id").first(),
            )
        )
    return found


def unsigned_at(office: Office) -> int:
    """How many doses that an office has to sign nobody has signed, whether that is possible yet.

    Counted up to one more than `COUNTED`: for the rare page that closes an office.
    """
    return sql.count_unsigned(sql.signs_for(office.pk), COUNTED + 1)


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


def office_for(viewer: Officer, public_id: str) -> Office | None:
    """One of the offices that the viewer signs for."""
    heads = {g.office_id for g in scope_of(viewer).grants if g.role is Role.FACILITY_HEAD}
    try:
        return Office.objects.filter(id__in=heads, public_id=UUID(public_id)).first()
    except ValueError:
        return None


def sample_for(viewer: Officer, batch: SigningBatch) -> list[SampleDose]:
    """Some doses of a batch, for its signer; drawn at random, the same each time. It is logged."""
    draw = random.Random(batch.public_id.int)
    places = draw.sample(range(batch.count), min(_SAMPLE, batch.count))
    rows = DoseStatement.objects.filter(batch=batch, index__in=places).order_by("index")
    scope = scope_of(viewer)
    found = []
    with action():
        for row in rows.select_related("dose__person", "dose__facility"):
            person = row.dose.person
            note_reading(officer=viewer, scope=scope, person=person)
            vaccine = product_name(row.dose.vaccine_code)
            born = "/".join(reversed(person.birth_date.split("-")))
            found.append(SampleDose(person.full_name, born, vaccine, row.dose))
    return found


def verify_batch(batch: SigningBatch, trusted: Authorities | None = None) -> Verification:
    """Verify a signed batch anew: the stored signature on the stored manifest."""
    if batch.signature is None:
        raise ValueError("this batch is not signed")
    return verify_cms(bytes(batch.signature), bytes(batch.manifest), trusted or authorities())


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """Whether one dose of a person is signed: by which office and when, or who has to."""

    vaccinated_on: date
    office: str
    signed_at: datetime | None
    prepared: bool


def signature_lines(viewer: Officer, person: Person) -> list[SignatureLine]:
    """The doses of a person who is open to the viewer, and what is signed of them."""
    doses = [one.dose for one in dose_lines(viewer, person) if one.dose is not None]
    doses = [one for one in doses if one.withdrawn_at is None]
    rows = DoseStatement.objects.filter(dose__in=doses, voided_at=None).select_related(
        "batch__office"
    )
    statements = {row.dose_id: row for row in rows if row.batch.state != BatchState.ABANDONED}
    lines = []
    for dose in doses:
        row = statements.get(dose.pk)
        at = row.batch.closed_at if row and row.batch.state == BatchState.SIGNED else None
        office = row.batch.office.name if row else dose.entered_by.name
        lines.append(SignatureLine(dose.vaccinated_on, office, at, row is not None and at is None))
    return lines


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


def product_name(code: str) -> str:
    """The name of a vaccine product, or its code where it has none here."""
    product = PRODUCTS.get(code)
    return product.name if product else code


def shown_counts(batch: SigningBatch) -> dict[str, Any]:
    """The counts of a batch as its page shows them: the days at most a month of them."""
    days = list(batch.counts["days"].items())
    earlier = sum(count for _day, count in days[:-31])
    presence = [(Presence(one).label, count) for one, count in batch.counts["presence"].items()]
    vaccines = [(product_name(code), count) for code, count in batch.counts["vaccines"].items()]
    return {
        **batch.counts,
        "days": [(date.fromisoformat(day), count) for day, count in days[-31:]],
        "earlier": earlier,
        "presence": presence,
        "vaccines": vaccines,
    }


@dataclass(frozen=True, slots=True)
class Signer:
    """An officer who signs or has signed: the posts they sign in, the certificate that is theirs.

    `state` says what an administrator should know: "none", "expired", "ending", "locked" or "good";
    an officer without such a post and with a certificate is "idle".
    """

    officer: Officer
    posts: tuple[Post, ...]
    certificate: SignerCertificate | None

    @property
    def state(self) -> str:
        """How the officer stands with their certificate."""
        if self.certificate is None:
            return "none"
        if not self.posts:
            return "idle"
        moment = now()
        if not self.certificate.is_valid(moment):
            return "expired"
        if self.certificate.is_locked:
            return "locked"
        return "ending" if self.certificate.valid_until < moment + _ENDING else "good"


def may_see_signers(viewer: Officer) -> bool:
    """Whether the viewer sees who signs with what: administrators, who bind, and auditors."""
    return scope_of(viewer).may(Role.ADMINISTRATOR, Role.AUDITOR)


def signers_for(
    viewer: Officer, *, shown: str = "", name: str = "", after: str = ""
) -> QuerySet[Officer]:
    """Officers with a post in which one signs, or with a certificate, by account name.

    `shown` is "" for all, "without", "ending" (or past) or "idle" (no such post any more).
    """
    if not may_see_signers(viewer):
        return Officer.objects.none()
    signing, holding = Exists(_posts()), Exists(_bound())
    conditions = {
        "without": signing & ~holding,
        "ending": signing & Exists(_bound(valid_until__lt=now() + _ENDING)),
        "idle": holding & ~signing,
    }
    rows = Officer.objects.filter(conditions.get(shown, signing | holding))
    if name:
        rows = rows.filter(username__startswith=name.strip().lower())
    return rows.filter(username__gt=after).order_by("username")


def _posts() -> QuerySet[Post]:
    rows = Post.objects.filter(role__in=_SIGNING, period__contains=today())
    return rows.filter(officer=OuterRef("pk"), officer__is_active=True)


def _bound(**conditions: object) -> QuerySet[SignerCertificate]:
    rows = SignerCertificate.objects.filter(unbound_at=None, **conditions)
    return rows.filter(officer=OuterRef("pk"))


def open_signers(viewer: Officer) -> int:
    """How many signers lack a certificate that lasts another 30 days; at most `OPEN_SIGNERS`."""
    without = signers_for(viewer, shown="without")[:OPEN_SIGNERS].count()
    ending = signers_for(viewer, shown="ending")[:OPEN_SIGNERS].count()
    return min(without + ending, OPEN_SIGNERS)


def signer_for(viewer: Officer, public_id: UUID) -> Signer | None:
    """One signer, if the viewer may see who signs."""
    found = with_certificates(signers_for(viewer).filter(public_id=public_id))
    return found[0] if found else None


def with_certificates(officers: QuerySet[Officer]) -> list[Signer]:
    """Officers with their signing posts of today and their certificates, by three statements."""
    rows = list(officers)
    posts: dict[int, list[Post]] = {}
    held = Post.objects.filter(officer__in=rows, role__in=_SIGNING, period__contains=today())
    for post in held.select_related("office").order_by("office__name", "pk"):
        posts.setdefault(post.officer_id, []).append(post)
    bound = SignerCertificate.objects.filter(officer__in=rows, unbound_at=None)
    certificates = {one.officer_id: one for one in bound.defer("certificate")}
    return [Signer(one, tuple(posts.get(one.pk, ())), certificates.get(one.pk)) for one in rows]


def past_certificates(officer: Officer) -> QuerySet[SignerCertificate]:
    """The certificates that were an officer's before, the newest first."""
    rows = SignerCertificate.objects.filter(officer=officer, unbound_at__isnull=False)
    return rows.defer("certificate").order_by("-id")[:20]

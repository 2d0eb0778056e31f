"""Tables of passports: who signs them, the passports, what each rests on, what the log says.

A passport is never changed: it is superseded by a later one or revoked, and what it shows stays
with it. Which one counts is derived.
"""

from __future__ import annotations

import uuid
from base64 import b64decode
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lamsach.authentication.models import Answer
from lamsach.registry.models import Campaign, Dose, Person
from lamsach.signing.models import DoseStatement

__all__ = [
    "Distrust",
    "Due",
    "Lane",
    "LogEntry",
    "LogKind",
    "Passport",
    "PassportDose",
    "PassportSigner",
    "PublishedFile",
    "Reason",
    "Refusal",
]


class PassportSigner(models.Model):
    """A key of the ministry that signs or signed passports, by its certificate.

    It stays on the trust list as long as it is here and not `distrusted_at`.
    """

    kid = models.TextField(unique=True)  # base64, as trust lists write it
    certificate = models.BinaryField()
    algorithm = models.TextField()
    country = models.TextField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    added_at = models.DateTimeField()
    distrusted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(algorithm__in=["ES256", "PS256"]), name="passport_signer_algorithm"
            ),
        ]

    def __str__(self) -> str:
        return self.kid

    @property
    def name(self) -> str:
        """The key's identifier as addresses bear it."""
        return b64decode(self.kid).hex()

    def is_in_use(self, at: datetime) -> bool:
        """Whether it is trusted and within its own dates."""
        return self.distrusted_at is None and self.valid_from <= at <= self.valid_until


class Distrust(models.TextChoices):
    """Why a key is no longer trusted; kept in the ledger."""

    COMPROMISED = "compromised", _("Somebody else may have used it")
    LOST = "lost", _("It is lost or destroyed")
    RETIRED = "retired", _("It was replaced by another")


class Reason(models.TextChoices):
    """Why a passport was revoked."""

    CORRECTED = "corrected", _("Something it shows was corrected")
    WITHDRAWN = "withdrawn", _("The doses it rests on are no longer enough")
    FRAUD = "fraud", _("Fraud")


class Passport(models.Model):
    """A passport (hộ chiếu vắc xin): an issued certificate, what it shows and what it rests on.

    The eleven fields of 5772/QĐ-BYT stand in columns as they were issued: nationality is not in
    the QR code, and a later one is compared with this one field by field. `superseded_at` ends its
    being the person's current one; a revocation takes effect at its own time.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="passports")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+")
    uvci = models.TextField(unique=True)
    hc1 = models.TextField()
    signature_hash = models.BinaryField()  # under which revocation lists name it
    signer = models.ForeignKey(PassportSigner, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    # What it shows.
    full_name = models.TextField()
    birth_date = models.TextField()
    nationality = models.TextField()
    travel_name = models.TextField(blank=True)
    disease = models.TextField()
    dose_number = models.SmallIntegerField()
    series = models.SmallIntegerField()
    vaccinated_on = models.DateField()
    country = models.TextField()
    vaccine = models.TextField()
    product = models.TextField()
    manufacturer = models.TextField()
    issued_by = models.TextField()

    # What it rests on, beside its doses.
    answer = models.ForeignKey(Answer, models.PROTECT, related_name="+")

    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="replaced_by_one"
    )
    superseded_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revocation_effective_at = models.DateTimeField(null=True)
    revocation_reason = models.TextField(choices=Reason, blank=True)
    revocation_grounds = models.TextField(blank=True)
    #: When somebody allowed a new passport after a fraud; until then none is issued.
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "campaign"],
                condition=Q(superseded_at=None),
                name="passport_one_current",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("issued_at")), name="passport_validity"
            ),
            models.CheckConstraint(
                condition=Q(
                    revoked_at=None,
                    revocation_effective_at=None,
                    revocation_reason="",
                    revocation_grounds="",
                )
                | Q(
                    revoked_at__isnull=False,
                    superseded_at__isnull=False,
                    revocation_effective_at__gte=F("revoked_at"),
                    revocation_reason__in=Reason.values,
                ),
                name="passport_revocation",
            ),
            models.CheckConstraint(
                condition=~Q(revocation_reason="fraud") | ~Q(revocation_grounds=""),
                name="passport_fraud_grounds",
            ),
            models.CheckConstraint(
                condition=Q(dose_number__gte=1, series__gte=1), name="passport_doses"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="passport_by_person"),
            models.Index(
                fields=["expires_at"], condition=Q(superseded_at=None), name="passport_expiring"
            ),
            models.Index(
                fields=["revocation_effective_at"],
                condition=Q(revoked_at__isnull=False),
                name="passport_revoked",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    def state(self, at: datetime) -> str:
        """What it is worth at a moment: valid, expired, revoked, or of a key nobody trusts."""
        effective = self.revocation_effective_at
        if effective is not None and effective <= at:
            return "revoked"
        if self.signer.distrusted_at is not None:
            return "distrusted"
        return "valid" if at < self.expires_at else "expired"


class PassportDose(models.Model):
    """That a passport rests on a dose, by the statement that its facility signed."""

    passport = models.ForeignKey(Passport, models.PROTECT, related_name="doses")
    dose = models.ForeignKey(Dose, models.PROTECT, related_name="+")
    statement = models.ForeignKey(DoseStatement, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["passport", "dose"], name="passport_dose_once"),
        ]

    def __str__(self) -> str:
        return f"{self.passport_id}: {self.dose_id}"


class LogKind(models.TextChoices):
    """What the transparency log is told."""

    ISSUED = "issued", _("Issued")
    REVOKED = "revoked", _("Revoked")


class LogEntry(models.Model):
    """An entry of the public log: a salted digest, and its place once it was given one.

    The place is committed here before the entry is appended, so that a keeper who is killed in
    between knows what to append and never appends twice.
    """

    passport = models.ForeignKey(Passport, models.PROTECT, related_name="log_entries")
    kind = models.TextField(choices=LogKind)
    salt = models.BinaryField()
    digest = models.BinaryField()
    position = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["passport", "kind"], name="log_entry_once"),
            models.CheckConstraint(condition=Q(kind__in=LogKind.values), name="log_entry_kind"),
            models.CheckConstraint(
                condition=Q(position=None) | Q(position__gte=0), name="log_entry_position"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(position=None), name="log_entry_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.passport_id}"


class Lane(models.IntegerChoices):
    """Who waits for it: somebody at a screen, or nobody in particular."""

    QUICK = 0, _("At once")
    BULK = 1, _("In bulk")


class Due(models.Model):
    """That a person's passport is to be looked at: issued, issued anew, or revoked.

    The desk takes a row away in the transaction that does what it asks for.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+")
    lane = models.SmallIntegerField(choices=Lane)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "campaign"], name="due_once"),
            models.CheckConstraint(condition=Q(lane__in=Lane.values), name="due_lane"),
        ]
        indexes = [models.Index(fields=["lane", "id"], name="due_in_order")]

    def __str__(self) -> str:
        return f"{self.person_id}/{self.campaign_id}"


class Refusal(models.Model):
    """That the issuing desk refuses a person's passport as the record stands, and why.

    It goes when the record changes: the next attempt says again whether it can be issued.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+")
    code = models.TextField()
    message_vi = models.TextField()
    message_en = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "campaign"], name="refusal_once"),
        ]

    def __str__(self) -> str:
        return self.code


class PublishedFile(models.Model):
    """A list as verifiers fetch it; a new one takes the old one's place whole."""

    name = models.TextField(primary_key=True)
    content = models.BinaryField()
    digest = models.TextField()
    changed_at = models.DateTimeField()
    made_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

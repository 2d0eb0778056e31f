"""Tables of signing: whose certificate signs, batches, the statement about each dose, what waits.

What will be signed is stored before it is signed: a batch holds its manifest and each dose its
statement and receipt from the moment the batch is prepared. No key and no PIN is ever here.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.models import Officer
from lamsach.clock import now
from lamsach.places.models import Office
from lamsach.registry.models import Correction, Dose, Person

__all__ = ["AwaitingDose", "BatchState", "DoseStatement", "SignerCertificate", "SigningBatch"]


class SignerCertificate(models.Model):
    """That a certificate (chứng thư số) is an officer's own, from one moment to another.

    `key` says where its key lies for signing on this server: `file:NAME.p12` in the key folder, a
    PKCS#11 URI, or nothing, for a key that is only at the officer's own desk.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="certificates")
    fingerprint = models.TextField()
    certificate = models.BinaryField()
    holder = models.TextField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    key = models.TextField(blank=True)
    daily_ceiling = models.IntegerField()
    bound_at = models.DateTimeField()
    unbound_at = models.DateTimeField(null=True)
    failed_tries = models.SmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["officer"], condition=Q(unbound_at=None), name="signer_one_certificate"
            ),
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(unbound_at=None), name="signer_one_officer"
            ),
            models.CheckConstraint(
                condition=Q(fingerprint__regex=r"^[0-9a-f]{64}$"), name="signer_fingerprint"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="signer_validity"
            ),
            models.CheckConstraint(condition=Q(daily_ceiling__gt=0), name="signer_ceiling"),
            models.CheckConstraint(condition=Q(failed_tries__gte=0), name="signer_failed"),
            models.CheckConstraint(
                condition=Q(key="")
                | Q(key__regex=r"^file:[A-Za-z0-9][A-Za-z0-9._-]{0,100}$")
                | Q(key__startswith="pkcs11:"),
                name="signer_key",
            ),
        ]

    def __str__(self) -> str:
        return self.holder

    @property
    def is_locked(self) -> bool:
        """Whether too many wrong PINs keep the key shut for now."""
        return self.locked_until is not None and self.locked_until > now()

    def is_valid(self, at: datetime) -> bool:
        """Whether the certificate is within its own dates and still this officer's."""
        return self.unbound_at is None and self.valid_from <= at <= self.valid_until


class BatchState(models.TextChoices):
    """A batch is prepared, and then signed or abandoned; neither can be undone."""

    PREPARED = "prepared", _("Waiting for the signature")
    SIGNED = "signed", _("Signed")
    ABANDONED = "abandoned", _("Abandoned")


class SigningBatch(models.Model):
    """A batch (lô ký số): doses signed by one signature over their Merkle root.

    `counts` says what the signer is shown: by vaccine, by day, by presence evidence, how many came
    in since the day before and how many came back after a correction.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    officer = models.ForeignKey(Officer, models.PROTECT, related_name="+")
    state = models.TextField(choices=BatchState, default=BatchState.PREPARED)
    count = models.IntegerField()
    counts = models.JSONField()
    manifest = models.BinaryField()
    prepared_at = models.DateTimeField()
    certificate = models.ForeignKey(SignerCertificate, models.PROTECT, null=True, related_name="+")
    signature = models.BinaryField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["office"], condition=Q(state="prepared"), name="batch_one_prepared"
            ),
            models.CheckConstraint(
                condition=Q(state="prepared", signature=None, certificate=None, closed_at=None)
                | Q(state="abandoned", signature=None, certificate=None, closed_at__isnull=False)
                | Q(
                    state="signed",
                    signature__isnull=False,
                    certificate__isnull=False,
                    closed_at__isnull=False,
                ),
                name="batch_state",
            ),
            models.CheckConstraint(condition=Q(count__gt=0), name="batch_count"),
        ]
        indexes = [
            models.Index(fields=["office", "-id"], name="batch_by_office"),
            models.Index(fields=["officer", "closed_at"], name="batch_by_officer"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class DoseStatement(models.Model):
    """The dose statement: what is signed about one version of a dose, and its receipt.

    It counts when its batch is signed and it is not voided; a dose has one such at most.
    """

    batch = models.ForeignKey(SigningBatch, models.PROTECT, related_name="statements")
    index = models.IntegerField()
    dose = models.ForeignKey(Dose, models.PROTECT, related_name="statements")
    dose_version = models.IntegerField()
    statement = models.BinaryField()
    salt = models.BinaryField()
    proof = models.BinaryField()
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey(Correction, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dose"], condition=Q(voided_at=None), name="statement_one_valid"
            ),
            models.UniqueConstraint(fields=["batch", "index"], name="statement_place"),
            models.CheckConstraint(
                condition=Q(voided_by=None) | Q(voided_at__isnull=False), name="statement_voided"
            ),
        ]
        indexes = [models.Index(fields=["voided_by"], name="statement_by_correction")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.index}"


class AwaitingDose(models.Model):
    """A dose that waits for a signature (mũi tiêm chờ ký); derived, rebuildable.

    Kept by `lamsach.registry.standing` with the person's standing. `office` is the one that entered
    the dose: who signs in its place today is read from the offices. A dose stays here while it is
    in a batch that is prepared, until the batch is signed. Nothing is signed because of a row here:
    it only says where to look. The rows are taken from doses, whose own foreign keys hold: checking
    them once more took a quarter of the time of projecting people.
    """

    dose = models.OneToOneField(
        Dose, models.CASCADE, primary_key=True, related_name="+", db_constraint=False
    )
    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_constraint=False)
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    entered_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["office", "entered_at", "dose"], name="awaiting_by_office"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

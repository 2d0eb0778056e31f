"""Tables of intake: files that came, what their check found, and who was typed where.

A batch's rows are not kept here: its file is, encrypted, and is read again when it is applied. What
the check found is kept as codes and row numbers.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.models import Officer
from lamsach.files.models import StoredFile
from lamsach.jobs.models import Job
from lamsach.places.models import Office
from lamsach.registry.models import Campaign, Person

__all__ = ["Batch", "BatchState", "TypedPerson"]


class BatchState(models.TextChoices):
    """Where a file stands."""

    CHECKING = "checking", _("Being checked")
    REFUSED = "refused", _("Refused")
    CHECKED = "checked", _("Checked, nothing entered yet")
    DISCARDED = "discarded", _("Discarded")
    APPLYING = "applying", _("Being entered")
    APPLIED = "applied", _("Entered")


class Batch(models.Model):
    """A file that a facility sent (tệp nhập): checked whole, then applied once.

    `good_rows` has a bit for each row of the sheet that the check let pass: exactly these go in.
    `returned` is the workbook with the bad ones; `returned_from` the batch whose returned workbook
    this one is.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    file_name = models.TextField()
    uploaded_by = models.ForeignKey(Officer, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    state = models.TextField(choices=BatchState, default=BatchState.CHECKING)
    refusal = models.TextField(blank=True)
    checked_at = models.DateTimeField(null=True)
    rows = models.IntegerField(default=0)
    bad = models.IntegerField(default=0)
    problems = models.JSONField(default=dict)
    remarks = models.JSONField(default=dict)
    first_problems = models.JSONField(default=list)
    good_rows = models.BinaryField(default=bytes)
    returned = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    returned_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    applied_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=BatchState.values), name="intake_batch_state"
            ),
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(refusal="") | ~Q(state="refused") & Q(refusal=""),
                name="intake_batch_refusal",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["checking", "refused"], checked_at=None)
                | Q(state__in=["checked", "discarded", "applying", "applied"])
                & Q(checked_at__isnull=False),
                name="intake_batch_checked",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["applying", "applied"], applied_by__isnull=False)
                | ~Q(state__in=["applying", "applied"]) & Q(applied_by=None),
                name="intake_batch_applied",
            ),
            models.CheckConstraint(
                condition=Q(rows__gte=0, bad__gte=0), name="intake_batch_counts"
            ),
        ]
        indexes = [models.Index(fields=["office", "-id"], name="intake_by_office")]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def good(self) -> int:
        """How many rows go in."""
        return self.rows - self.bad


class TypedPerson(models.Model):
    """That an office once typed a person so, and whose record that is.

    The same row again is the same person, whatever else they are called elsewhere. Only keyed
    digests: of everything typed, of name and birth, of the number.
    """

    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    typed = models.BinaryField()
    name_and_birth = models.BinaryField()
    number = models.BinaryField(null=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "typed"], name="typed_person_once"),
        ]
        indexes = [
            models.Index(fields=["office", "name_and_birth"], name="typed_person_by_name"),
            models.Index(fields=["person"], name="typed_person_by_person"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

"""Tables of authentication: runs over many people, and the answers about each.

An answer is never changed. Which one holds is derived: the newest about a person's present
version. The identity statement is the register's own signed text (salted digests of the four
fields), so no register value is here.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from lamsach.accounts.models import Officer
from lamsach.places.models import Office
from lamsach.registry.models import Person

__all__ = ["Answer", "AnswerKind", "Purpose", "Run"]


class AnswerKind(models.TextChoices):
    """What the health side may hear of the register, and the checks made before asking."""

    RIGHT = "right", _("Right")
    WRONG = "wrong", _("Wrong")
    NOT_CHECKABLE = "not_checkable", _("Cannot be checked")
    ID_MISSING = "id_missing", _("No number")
    ID_MALFORMED = "id_malformed", _("Number of wrong format")
    EXEMPT = "exempt", _("Exempt")


class Purpose(models.TextChoices):
    """What a question was asked for; the register keeps it with the question."""

    ENTRY = "entry", _("A new or imported record")
    CORRECTION = "correction", _("A corrected record")
    CAMPAIGN = "campaign", _("A run over a campaign's records")


class Run(models.Model):
    """A run: many people asked about at once, from database to database."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    purpose = models.TextField(choices=Purpose)
    started_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+")
    office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    people = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.public_id)


class Answer(models.Model):
    """One answer about one person as they were recorded in `person_version`."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="answers", db_index=False)
    person_version = models.IntegerField()
    kind = models.TextField(choices=AnswerKind)
    purpose = models.TextField(choices=Purpose)
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="answers", db_index=False)
    at = models.DateTimeField()
    #: The register's statement (canonical JSON), its signature and the salt that opens its digests;
    #: with right answers only.
    statement = models.BinaryField(null=True)
    signature = models.BinaryField(null=True)
    salt = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AnswerKind.values), name="answer_kind"),
            models.CheckConstraint(
                condition=Q(kind="right", statement__isnull=False, signature__isnull=False)
                | ~Q(kind="right") & Q(statement=None, signature=None),
                name="answer_statement",
            ),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="answer_purpose"),
        ]
        indexes = [models.Index(fields=["person", "-id"], name="answer_newest")]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.kind}"

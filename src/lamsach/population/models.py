"""Tables of the register's side: its people, what was asked, proposed and confirmed, limits.

They lie in the register's own database. The log of questions holds keyed digests alone: who reads
it learns of nobody; nothing in it is ever changed.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

__all__ = [
    "Confirmation",
    "LegalGround",
    "LoggedQuestion",
    "ProposalRow",
    "RegisterPerson",
    "RegisterVersion",
    "StoppedAccount",
    "Usage",
]

_LARGEST_NUMBER = 10**12


class RegisterVersion(models.Model):
    """One state of the register: when it was loaded, how many people it holds."""

    loaded_at = models.DateTimeField()
    people = models.BigIntegerField()
    catalogue = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(catalogue__in=["2022", "2025"]), name="version_catalogue"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """How statements call it."""
        return f"{self.loaded_at:%Y-%m-%d}.{self.pk}"


class RegisterPerson(models.Model):
    """A citizen (công dân) as the register holds them: the contract's REGISTER columns.

    `name_key` (base letters without spaces) and `birth` (yyyymmdd, 00 for what is not known) tell
    how many people a name and birth can mean.
    """

    number = models.BigIntegerField(primary_key=True)
    previous_number = models.BigIntegerField(null=True)
    full_name = models.TextField()
    birth_date = models.TextField(db_collation="C")
    sex = models.TextField()
    province_code = models.TextField(blank=True)
    district_code = models.TextField(blank=True)
    commune_code = models.TextField(blank=True)
    name_key = models.TextField(db_collation="C")
    birth = models.IntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gte=0, number__lt=_LARGEST_NUMBER), name="register_number"
            ),
        ]
        indexes = [models.Index(fields=["name_key", "birth"], name="register_by_name")]

    def __str__(self) -> str:
        return "a register person"  # this lands in logs and errors


class LegalGround(models.Model):
    """A legal ground (căn cứ pháp lý) on which the register has answered for a purpose."""

    purpose = models.TextField()
    text = models.TextField()
    first_used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "text"], name="ground_once"),
            models.CheckConstraint(condition=~Q(text=""), name="ground_text"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.text}"


class LoggedQuestion(models.Model):
    """A question as it was answered, by keyed digests, and the ground on which it was.

    `fields` is the digest of the four fields; `probe` of name and birth, `guess` of the number,
    both 0 where no number that could be right was told: what two questions have in common shows,
    what it is does not.
    """

    job = models.TextField()
    reference = models.UUIDField()
    at = models.DateTimeField()
    actor = models.TextField()
    office = models.TextField(blank=True)
    purpose = models.TextField()
    answer = models.TextField()
    # A run logs millions: the database looks once a statement whether version and ground are there
    # (migration 0003), not once a row.
    version = models.ForeignKey(
        RegisterVersion,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    ground = models.ForeignKey(
        LegalGround,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    fields = models.BinaryField()
    probe = models.BigIntegerField()
    guess = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "job"], name="question_once"),
            models.CheckConstraint(
                condition=Q(answer__in=["right", "wrong", "not_checkable", "refused"]),
                name="question_answer",
            ),
            models.CheckConstraint(
                condition=Q(answer="refused") | Q(ground__isnull=False), name="question_ground"
            ),
        ]
        indexes = [
            models.Index(fields=["probe", "at"], condition=~Q(probe=0), name="question_by_probe"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.reference}"


class Usage(models.Model):
    """How many questions an account (an officer in an office) has asked on a day, and an office.

    The row whose `actor` is empty is the office's.
    """

    office = models.TextField(blank=True)
    actor = models.TextField(blank=True)
    day = models.DateField()
    questions = models.IntegerField(default=0)
    wrong = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "actor", "day"], name="usage_once"),
        ]

    def __str__(self) -> str:
        return f"{self.actor or self.office} {self.day}"


class StoppedAccount(models.Model):
    """That an account gets no more answers, since when, until somebody re-opened it."""

    actor = models.TextField()
    office = models.TextField(blank=True)
    stopped_at = models.DateTimeField()
    job = models.TextField()
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.TextField(blank=True)
    grounds = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["actor", "office"], condition=Q(reopened_at=None), name="stopped_once"
            ),
            models.CheckConstraint(
                condition=Q(reopened_at=None)
                | Q(reopened_at__isnull=False) & ~Q(reopened_by="") & ~Q(grounds=""),
                name="stopped_reopened",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.stopped_at}"


class ProposalRow(models.Model):
    """What the engine proposes for a record, as of its newest question.

    `candidates` is a list of {number, probability, differences}, best first.
    """

    reference = models.UUIDField(primary_key=True)
    job = models.TextField()
    at = models.DateTimeField()
    status = models.TextField()
    candidates = models.JSONField()
    rivals = models.IntegerField()
    household = models.TextField(blank=True)
    version = models.ForeignKey(RegisterVersion, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["correctable", "ambiguous", "unmatched"]),
                name="proposal_status",
            ),
        ]

    def __str__(self) -> str:
        return str(self.reference)


class Confirmation(models.Model):
    """That an officer confirmed a record to be a register person, whose fields left thereby."""

    reference = models.UUIDField()
    number = models.BigIntegerField()
    officer = models.TextField()
    office = models.TextField(blank=True)
    at = models.DateTimeField()
    version = models.ForeignKey(RegisterVersion, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["reference", "at"], name="confirmation_by_reference")]

    def __str__(self) -> str:
        return str(self.reference)

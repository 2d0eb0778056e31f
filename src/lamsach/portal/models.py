"""Tables of the public pages: look-ups of a record, messages on their way, counts of attempts.

None of them keeps what a visitor typed in readable form, nor the code that was sent: a look-up's
fields are sealed until they are answered, codes and cookies are keyed digests.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from lamsach.registry.models import Person

__all__ = ["Channel", "Lookup", "Message", "Tally"]


class Lookup(models.Model):
    """One request to see a record (tra cứu): asked, answered with a code or with nothing, opened.

    `person` is null until a worker has looked, and stays so when there is no such record or nobody
    to send a code to: whoever asked cannot tell the difference.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    asked = models.BinaryField(null=True)  # sealed; gone once it is answered
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    language = models.TextField()
    answered_at = models.DateTimeField(null=True)
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+")
    code = models.BinaryField(null=True)
    tries = models.SmallIntegerField(default=0)
    session = models.BinaryField(null=True, unique=True)
    opened_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tries__gte=0, tries__lte=5), name="lookup_tries"),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(asked=None), name="lookup_forgets"
            ),
            models.CheckConstraint(
                condition=Q(session=None, opened_at=None, closes_at=None)
                | Q(session__isnull=False, opened_at__isnull=False, closes_at__isnull=False)
                & Q(person__isnull=False),
                name="lookup_opened",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(answered_at=None), name="lookup_waiting"),
            models.Index(fields=["person", "asked_at"], name="lookup_by_person"),
            models.Index(fields=["expires_at"], name="lookup_by_end"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Channel(models.TextChoices):
    """How a message reaches somebody."""

    PHONE = "phone"
    EMAIL = "email"


class Message(models.Model):
    """A message to the contact on a record; its text and its receiver are sealed.

    Where no gateway is set it stays here, as the outbox of an installation without one. A text is
    of no use after `expires_at`, and is swept away.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.TextField(choices=Channel)
    sealed = models.BinaryField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="message_channel"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(sent_at=None), name="message_waiting"),
            models.Index(fields=["expires_at"], name="message_by_end"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class Tally(models.Model):
    """How often somebody, known by a keyed digest, did something in a span of time."""

    name = models.TextField()
    digest = models.BinaryField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "digest", "since"], name="tally_once"),
            models.CheckConstraint(condition=Q(count__gte=1), name="tally_count"),
        ]
        indexes = [models.Index(fields=["until"], name="tally_by_end")]

    def __str__(self) -> str:
        return self.name

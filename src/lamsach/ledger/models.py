"""Tables of the ledger: shards with their heads, events, salts, exported heads.

The migration makes the database refuse every change of an event; nothing here knows how a chain is
made or checked.
"""

from __future__ import annotations

from django.db import models

__all__ = ["Event", "HeadsExport", "Salt", "Shard"]


class Shard(models.Model):
    """One chain of events, and its head: the number and digest of its last event."""

    name = models.TextField(unique=True)
    number = models.BigIntegerField(default=0)
    digest = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(number__gte=0), name="shard_number"),
        ]

    def __str__(self) -> str:
        return self.name


class Event(models.Model):
    """A line of the ledger (sự kiện). `facts` hold no personal data: these are `content`.

    Of content the ledger keeps a salted digest alone; who holds the content can prove it is what
    was recorded as long as the salt is there.
    """

    shard = models.ForeignKey(Shard, models.PROTECT)
    number = models.BigIntegerField()
    at = models.DateTimeField()
    verb = models.TextField()
    actor = models.TextField()
    on_behalf_of = models.TextField(blank=True)
    office = models.TextField(blank=True)
    purpose = models.TextField(blank=True)
    subject_kind = models.TextField(blank=True)
    subject_id = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    content_digest = models.BinaryField(null=True)
    previous = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shard", "number"], name="event_place"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="event_number"),
            models.CheckConstraint(
                condition=models.Q(verb__regex=r"^[a-z_]+:[a-z_]+:[a-z_]+$"), name="event_verb"
            ),
            models.CheckConstraint(
                condition=models.Q(actor__regex=r"^(officer|system|citizen|partner):.+$"),
                name="event_actor",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "at"], name="event_subject"),
            models.Index(fields=["actor", "at"], name="event_actor_at"),
            models.Index(fields=["office", "at"], name="event_office_at"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.number}"


class Salt(models.Model):
    """The salt of an event's content; deleted when the content is erased."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True)
    salt = models.BinaryField()

    def __str__(self) -> str:
        return str(self.event_id)


class HeadsExport(models.Model):
    """The heads of all shards at a moment, and the signed note over them."""

    at = models.DateTimeField()
    heads = models.TextField()
    note = models.TextField()

    def __str__(self) -> str:
        return self.at.isoformat()

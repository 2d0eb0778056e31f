"""Tables of background work: one row a job, with how far it is.

What the row says (`cursor`, `done`) is committed with the effect of each step; the queue that hands
jobs to workers is procrastinate's and knows nothing but the job's identifier.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lamsach.ledger.actions import Actor
from lamsach.places.models import Office

__all__ = ["Job", "JobState"]


class JobState(models.TextChoices):
    """Where a job stands."""

    WAITING = "waiting", _("Waiting to begin")
    RUNNING = "running", _("Under way")
    DONE = "done", _("Finished")
    FAILED = "failed", _("Stopped")


class Job(models.Model):
    """A job (công việc nền): what is to be done, for whom, and how far it is.

    `key` makes asking twice for the same work one job. `subject` is what it works on; two jobs
    about one subject never step at the same time. `cursor` is where the next step goes on.
    `problem` holds the sentence of why it stopped, by language.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    task = models.TextField()
    key = models.TextField(unique=True)
    subject_kind = models.TextField(blank=True)
    subject_id = models.TextField(blank=True)
    arguments = models.JSONField(default=dict)
    cursor = models.JSONField(default=dict)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    state = models.TextField(choices=JobState, default=JobState.WAITING)
    problem = models.JSONField(default=dict)
    actor = models.TextField()
    office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    #: How often a worker has died at this job since it last got on.
    rescues = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state"),
            models.CheckConstraint(
                condition=Q(state__in=["done", "failed"], finished_at__isnull=False)
                | Q(state__in=["waiting", "running"], finished_at=None),
                name="job_finished",
            ),
            models.CheckConstraint(
                condition=Q(state="failed") & ~Q(problem={}) | ~Q(state="failed") & Q(problem={}),
                name="job_problem",
            ),
            models.CheckConstraint(condition=Q(done__gte=0), name="job_done"),
        ]
        indexes = [
            models.Index(fields=["actor", "-id"], name="job_by_actor"),
            models.Index(fields=["state", "updated_at"], name="job_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.public_id}"

    @property
    def by(self) -> Actor:
        """Who asked for it, as the ledger writes them."""
        kind, _, identifier = self.actor.partition(":")
        return Actor(kind, identifier)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be done."""
        return self.state in (JobState.DONE, JobState.FAILED)

    @property
    def problem_sentence(self) -> str:
        """Why it stopped, in the present language; empty unless it did."""
        chosen = self.problem.get(get_language() or "en") or self.problem.get("en", "")
        return str(chosen)

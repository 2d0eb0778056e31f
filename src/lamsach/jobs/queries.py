"""Reading jobs: an officer sees those they asked for, and those of the offices they work in.

Whether anybody is there to do them is read from the signs of life that workers leave in the queue.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now
from procrastinate.contrib.django.models import ProcrastinateWorker

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.scope import scope_of
from lamsach.jobs.models import Job

__all__ = ["idle_since", "job_for", "jobs_for"]


def jobs_for(viewer: Officer) -> QuerySet[Job]:
    """The jobs that the viewer may see, the newest first."""
    offices = {grant.office_id for grant in scope_of(viewer).grants}
    mine = Q(actor=str(actor_of(viewer))) | Q(office__in=offices)
    return Job.objects.filter(mine).order_by("-id")


def job_for(viewer: Officer, public_id: uuid.UUID) -> Job | None:
    """One job; None when there is none or the viewer may not see it."""
    return jobs_for(viewer).filter(public_id=public_id).first()


def idle_since(job: Job) -> datetime | None:
    """Since when no worker lives that could go on with a job; None when one does, or it is over."""
    if job.is_over:
        return None
    silence = timedelta(seconds=settings.WORKER_PATIENCE)
    workers = ProcrastinateWorker.objects.all()
    if workers.filter(last_heartbeat__gt=Now() - silence).exists():
        return None
    last: datetime | None = workers.aggregate(last=Max("last_heartbeat"))["last"]
    return last or job.updated_at  # who ended in order left no sign

"""Reading jobs: an officer sees those they asked for, and those of the offices they work in."""

from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.accounts.scope import scope_of
from lamsach.jobs.models import Job

__all__ = ["job_for", "jobs_for"]


def jobs_for(viewer: Officer) -> QuerySet[Job]:
    """The jobs that the viewer may see, the newest first."""
    offices = {grant.office_id for grant in scope_of(viewer).grants}
    mine = Q(actor=str(actor_of(viewer))) | Q(office__in=offices)
    return Job.objects.filter(mine).order_by("-id")


def job_for(viewer: Officer, public_id: uuid.UUID) -> Job | None:
    """One job; None when there is none or the viewer may not see it."""
    return jobs_for(viewer).filter(public_id=public_id).first()

"""The two things that the queue itself runs: a job by its identifier, and the clock's own jobs.

Failures are tried again with growing pauses: for a day when it is the database or the disk that
fails, a few times when it is anything else, which then ends the job with a sentence.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.db import InterfaceError, OperationalError, connections
from django.utils.translation import gettext_lazy as _
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job as QueuedJob

from lamsach.clock import now
from lamsach.jobs import actions, registry
from lamsach.jobs.models import Job
from lamsach.ledger.actions import Actor, action

__all__ = ["CLOCK_TASK", "run_job", "start_periodic_job", "tidy"]

CLOCK_TASK: Final = "lamsach.clock"
_FIRST_PAUSE, _LONGEST_PAUSE = 2, 300  # seconds
_ATTEMPTS: Final = 5
_ATTEMPTS_WHEN_DOWN: Final = 300  # with the longest pause, more than a day
_KEPT_DAYS: Final = 30

log = logging.getLogger(__name__)


def _is_down(error: BaseException) -> bool:
    """Whether it is what lies below that fails, and will come back: database, disk, network."""
    return isinstance(error, OperationalError | InterfaceError | OSError)


def _gives_up(error: BaseException, attempts: int) -> bool:
    return attempts + 1 >= (_ATTEMPTS_WHEN_DOWN if _is_down(error) else _ATTEMPTS)


class _Patience(BaseRetryStrategy):
    def get_retry_decision(
        self, *, exception: BaseException, job: QueuedJob
    ) -> RetryDecision | None:
        """Try again after a pause, twice as long each time."""
        if _gives_up(exception, job.attempts):
            return None
        pause = min(_FIRST_PAUSE * 2 ** min(job.attempts, 10), _LONGEST_PAUSE)
        return RetryDecision(retry_in={"seconds": pause})


@app.task(name=actions.QUEUED_TASK, pass_context=True, retry=_Patience())
def run_job(context: JobContext, job: str) -> None:
    """Carry out a job, in a worker's thread with connections of its own."""
    try:
        row = Job.objects.filter(public_id=job).first()
        if row is None:
            return
        try:
            actions.carry_out(row)
        except Exception as error:
            if _gives_up(error, context.job.attempts):
                log.exception("job %s stops", row.task)
                actions.fail_job(
                    row,
                    sentence=_("Something went wrong on our side; tell the administrator."),
                )
                return
            raise
    finally:
        connections.close_all()


@app.task(name=CLOCK_TASK, queue=registry.QUICK, retry=_Patience())
def start_periodic_job(name: str, timestamp: int) -> None:
    """Start the job that the clock asks for; the same moment again is the same job."""
    try:
        with action() as act:
            actions.start_job(act, name, key=f"{name}@{timestamp}", actor=Actor.system(name))
    finally:
        connections.close_all()


@registry.periodic("30 19 * * *", "jobs.tidy", label=_("Clearing away of old jobs"))
def tidy(job: Job) -> None:
    """Remove the rows of the clock's own jobs that were done long ago; the ledger keeps its word.

    Jobs that people asked for stay: their pages may still be open somewhere.
    """
    with actions.step(job) as here:
        old = Job.objects.filter(
            task__in=registry.periodics(),
            state="done",
            finished_at__lt=now() - timedelta(days=_KEPT_DAYS),
        )
        count, _by_model = old.delete()
        here.advance(count)

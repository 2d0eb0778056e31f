"""The two things that the queue itself runs: a job by its identifier, and the clock's own jobs.

Two of these are the ground floor's: old jobs are cleared away, and the ledger below, which knows no
jobs, has its heads signed and exported.

Failures are tried again with growing pauses: for a day when it is the database or the disk that
fails, a few times when it is anything else, which then ends the job with a sentence.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.utils.translation import gettext_lazy as _
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.jobs import Job as QueuedJob

from lamsach.clock import now
from lamsach.jobs import actions, registry
from lamsach.jobs.models import Job
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.heads import export_heads, write_export
from lamsach.ledger.keys import heads_key
from lamsach.ledger.models import HeadsExport

__all__ = ["CLOCK_TASK", "export_ledger_heads", "run_job", "start_periodic_job", "tidy"]

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


@registry.periodic("0 18 * * *", "ledger.heads", label=_("Sealing of the ledger"))
def export_ledger_heads(job: Job) -> None:
    """Sign where the ledger's chains stand and write it for others to keep, once a day.

    Each side has a folder below LEDGER_HEADS: the register's too where its database is reached from
    here, because then nobody else would. A job that is broken off goes on with the export that it
    has made; one of the register's may be made twice then, which says nothing wrong.
    """
    sides = {"health": "default"}
    if "population" in connections and not settings.REGISTER_GATEWAY_URL:
        sides["register"] = "population"
    for side, alias in sides.items():
        with actions.step(job) as here:
            if side in here.cursor:
                continue
            export = export_heads(heads_key(), actor=Actor.system("ledger.heads"), using=alias)
            here.advance(0, cursor={**here.cursor, side: export.pk}, total=len(sides))
    for side, alias in sides.items():
        export = HeadsExport.objects.using(alias).get(pk=job.cursor[side])
        write_export(export, Path(settings.LEDGER_HEADS) / side)
        with actions.step(job) as here:
            here.advance(1 if job.done < len(sides) else 0)

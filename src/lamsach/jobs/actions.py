"""Writing jobs: start one inside an action, step by step do it, end it.

A job and its place in the queue commit with the action that asks for it. A step is one transaction
under a lock of the job's subject: its effect and how far the job is commit together or not at all,
so that a job which is broken off anywhere, or runs twice at once because a worker that was thought
dead wakes up, loses and doubles nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import connections
from django.db.models import F
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from lamsach.clock import now
from lamsach.jobs import registry
from lamsach.jobs.models import Job, JobState
from lamsach.ledger.actions import Action, Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office

__all__ = [
    "JobOverError",
    "Step",
    "carry_out",
    "count_rescue",
    "fail_job",
    "retry_job",
    "start_job",
    "step",
]

#: The one task that the queue knows.
QUEUED_TASK: Final = "lamsach.job"
#: A job at which so many workers have died in a row, without getting on, is what kills them.
RESCUES_ALLOWED: Final = 10


class JobOverError(Exception):
    """A step of a job that somebody else has ended in the meantime."""


@dataclass
class Step:
    """One step under way: where it begins, and what it has to say of how far it came."""

    act: Action
    job: Job

    @property
    def cursor(self) -> Any:
        """Where to go on, as the last step left it; empty at the beginning."""
        return self.job.cursor

    def advance(self, count: int, *, cursor: Any = None, total: int | None = None) -> None:
        """Say that `count` more are done, where the next step begins, and of how many in all."""
        self.job.done += count
        if cursor is not None:
            self.job.cursor = cursor
        if total is not None:
            self.job.total = total


def start_job(
    act: Action,
    task_name: str,
    *,
    key: str,
    actor: Actor,
    subject: tuple[str, object] = ("", ""),
    arguments: Mapping[str, Any] | None = None,
    office: Office | None = None,
    total: int | None = None,
) -> Job:
    """Start a job inside an open action; it begins once the action has committed.

    The same key again returns the job that is there already. `arguments` are JSON without personal
    data. Raises ValueError for a name that no floor has registered.
    """
    kind = registry.work(task_name)
    if kind is None:
        raise ValueError(f"no floor has registered the work {task_name}")
    moment = now()
    job, made = Job.objects.using(act.using).get_or_create(
        key=key,
        defaults={
            "task": task_name,
            "subject_kind": subject[0],
            "subject_id": str(subject[1]),
            "arguments": dict(arguments or {}),
            "actor": str(actor),
            "office": office,
            "total": total,
            "created_at": moment,
            "updated_at": moment,
        },
    )
    if made:
        _enqueue(job, kind.queue, act.using)
        act.record(
            Verb.JOB_START,
            actor=actor,
            office=str(office.public_id) if office else "",
            subject=("job", job.public_id),
            facts={"task": task_name},
        )
    return job


def _enqueue(job: Job, queue: str, using: str) -> None:
    """Put a job into the queue, over the connection and in the transaction of the action."""
    manager = JobManager(DjangoConnector(using))
    configure_task(
        name=QUEUED_TASK,
        job_manager=manager,
        queue=queue,
        lock=f"job/{job.public_id}",
        task_kwargs={"job": str(job.public_id)},
    ).defer()


@contextmanager
def step(job: Job, *, using: str = "default") -> Iterator[Step]:
    """One step of a job: an action under the lock of the job's subject.

    Nothing of it remains when it fails. `job` is brought up to date when it ends well. Raises
    `JobOverError` when the job has ended meanwhile.

    Example: `with step(job) as here: …; here.advance(len(rows), cursor={"after": rows[-1].id})`
    """
    name = f"{job.subject_kind}/{job.subject_id}" if job.subject_kind else f"job/{job.public_id}"
    with action(using=using) as act:
        with connections[using].cursor() as cursor:
            cursor.execute(
                "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"lamsach job {name}"]
            )
        fresh = Job.objects.using(using).select_for_update().get(pk=job.pk)
        if fresh.is_over:
            raise JobOverError(str(job.public_id))
        here = Step(act, fresh)
        yield here
        fresh.updated_at = now()
        fresh.rescues = 0
        fresh.save(update_fields=["cursor", "done", "total", "updated_at", "rescues"])
    for name in ("cursor", "done", "total", "updated_at", "rescues"):
        setattr(job, name, getattr(fresh, name))


def carry_out(job: Job, *, using: str = "default") -> None:
    """Do a job, or what is left of it; doing an ended one does nothing.

    Whatever its function raises passes through, so that the queue tries again later, but for a
    `JobProblem`, which ends it.
    """
    kind = registry.work(job.task)
    began = Job.objects.using(using).filter(pk=job.pk, state=JobState.WAITING)
    began.update(state=JobState.RUNNING, updated_at=now())
    job.refresh_from_db()
    if job.is_over:
        return
    if kind is None:
        fail_job(
            job,
            sentence=_("The program that runs does not know this work; tell the administrator."),
            using=using,
        )
        return
    try:
        kind.function(job)
    except JobOverError:
        return
    except registry.JobProblem as problem:
        fail_job(job, sentence=problem.sentence, using=using)
        return
    running = Job.objects.using(using).filter(pk=job.pk, state=JobState.RUNNING)
    running.update(state=JobState.DONE, finished_at=now(), updated_at=now(), rescues=0)
    job.refresh_from_db()


def fail_job(job: Job, *, sentence: str | Promise, using: str = "default") -> None:
    """End a job that cannot go on, with a sentence for who asked for it."""
    said = {}
    for language in ("vi", "en"):
        with translation.override(language):
            said[language] = str(sentence)
    open_ones = Job.objects.using(using).filter(
        pk=job.pk, state__in=[JobState.WAITING, JobState.RUNNING]
    )
    open_ones.update(state=JobState.FAILED, problem=said, finished_at=now(), updated_at=now())
    job.refresh_from_db()


def retry_job(*, job: Job, actor: Actor, using: str = "default") -> bool:
    """Let a job that stopped go on from where it was; False when it has not stopped."""
    with action(using=using) as act:
        stopped = Job.objects.using(using).filter(pk=job.pk, state=JobState.FAILED)
        changed = stopped.update(
            state=JobState.WAITING, problem={}, finished_at=None, updated_at=now(), rescues=0
        )
        if changed:
            kind = registry.work(job.task)
            _enqueue(job, kind.queue if kind else registry.QUICK, using)
            act.record(
                Verb.JOB_RETRY,
                actor=actor,
                office=str(job.office.public_id) if job.office else "",
                subject=("job", job.public_id),
                facts={"task": job.task},
            )
    job.refresh_from_db()
    return bool(changed)


def count_rescue(*, public_id: str, using: str = "default") -> None:
    """Count that a worker died at a job; when that was too often, the job ends."""
    rows = Job.objects.using(using).filter(public_id=public_id)
    rows.update(rescues=F("rescues") + 1)
    for job in rows.filter(rescues__gt=RESCUES_ALLOWED):
        fail_job(
            job,
            sentence=_("The worker broke down at this work several times; tell the administrator."),
            using=using,
        )

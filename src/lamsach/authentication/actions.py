"""Asking the register, and keeping what it answers.

Questions travel in jobs: no transaction spans the two authorities. A job's question bears the job's
name, so that asking twice is asking once; its answers are written with the step that received them.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lamsach.accounts.actions import actor_of
from lamsach.accounts.models import Officer
from lamsach.authentication.hooks import after_answers
from lamsach.authentication.models import Answer, AnswerKind, Purpose, Run
from lamsach.clock import now
from lamsach.jobs.actions import start_job
from lamsach.jobs.models import Job
from lamsach.ledger.actions import Action, Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.places.models import Office
from lamsach.registry.fields import FOUR
from lamsach.registry.models import Campaign, Correction
from lamsach.registry.standing import refresh_standing

__all__ = [
    "Heard",
    "answers_have_come",
    "ask_about",
    "ask_again_after",
    "finish_run",
    "keep_answers",
    "start_run",
]

#: People in one job of single questions; more become several jobs.
MOST_IN_A_JOB: Final = 5000
_SYSTEM: Final = "authentication"


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer as it came: about whom as they were, what, and with `right` the register's
    signed statement and the salt that opens it."""

    person: int
    person_version: int
    kind: AnswerKind
    statement: bytes | None = None
    signature: bytes | None = None
    salt: bytes | None = None


def ask_about(
    act: Action,
    people: Sequence[int],
    purpose: Purpose,
    *,
    actor: Actor,
    office: Office | None = None,
) -> list[Job]:
    """Have the register asked about people, once the action has committed."""
    jobs = []
    for start in range(0, len(people), MOST_IN_A_JOB):
        part = list(people[start : start + MOST_IN_A_JOB])
        jobs.append(
            start_job(
                act,
                "authentication.ask",
                key=f"authentication.ask/{uuid.uuid4()}",
                arguments={"people": part, "purpose": purpose.value},
                actor=actor,
                office=office,
                total=len(part),
            )
        )
    return jobs


def ask_again_after(act: Action, corrections: Sequence[Correction]) -> None:
    """A corrected person is asked about anew; the answer about the former version holds no more.

    Whoever asked for the correction asks the register: guesses by correction are theirs.
    """
    touched = {
        one.person_id: one for one in corrections if one.dose_id is None and FOUR & set(one.changes)
    }
    askers = defaultdict(list)
    for person, one in sorted(touched.items()):
        askers[one.requested_by, one.requested_from].append(person)
    for (officer, office), people in askers.items():
        ask_about(act, people, Purpose.CORRECTION, actor=actor_of(officer), office=office)


def start_run(
    *,
    purpose: Purpose = Purpose.CAMPAIGN,
    officer: Officer | None = None,
    office: Office | None = None,
    campaign: Campaign | None = None,
    only_unasked: bool = False,
) -> Run:
    """Start a run over everyone, or those with doses of a campaign, or those nobody asked about.

    `officer` and `office` are who asks for it; without them it is the system, at night.
    """
    actor = actor_of(officer) if officer else Actor.system(_SYSTEM)
    with action() as act:
        run = Run.objects.create(
            purpose=purpose, started_by=officer, office=office, started_at=now()
        )
        start_job(
            act,
            "authentication.run",
            key=f"authentication.run/{run.public_id}",
            subject=("run", run.public_id),
            arguments={
                "run": str(run.public_id),
                "campaign": campaign.pk if campaign else None,
                "only_unasked": only_unasked,
            },
            actor=actor,
            office=office,
        )
        act.record(
            Verb.RUN_START,
            actor=actor,
            office=str(office.public_id) if office else "",
            subject=("run", run.public_id),
            facts={"purpose": purpose.value, "campaign": campaign.code if campaign else ""},
        )
    return run


def keep_answers(act: Action, job: Job, heard: Sequence[Heard], purpose: Purpose) -> None:
    """Write answers, and what follows from them, in the action of a job's step."""
    if not heard:
        return
    moment = now()
    Answer.objects.using(act.using).bulk_create(
        [
            Answer(
                person_id=one.person,
                person_version=one.person_version,
                kind=one.kind,
                purpose=purpose,
                at=moment,
                statement=one.statement,
                signature=one.signature,
                salt=one.salt,
            )
            for one in heard
        ],
        batch_size=MOST_IN_A_JOB,
    )
    answers_have_come(act, job, [one.person for one in heard])


def answers_have_come(act: Action, job: Job, people: Sequence[int]) -> None:
    """What follows when answers about these people stand in the table."""
    after_answers(act, people)
    refresh_standing(people, using=act.using)
    act.record(
        Verb.ANSWER_RECEIVE,
        actor=Actor.system(_SYSTEM),
        subject=("job", job.public_id),
        facts={"people": len(people)},
        job=str(job.public_id),
    )


def finish_run(act: Action, run: Run, counts: dict[str, int]) -> None:
    """Say that a run has ended, and what it found."""
    Run.objects.using(act.using).filter(pk=run.pk).update(
        finished_at=now(), people=sum(counts.values()), counts=counts
    )
    act.record(
        Verb.RUN_FINISH,
        actor=Actor.system(_SYSTEM),
        subject=("run", run.public_id),
        facts=dict(counts),
    )

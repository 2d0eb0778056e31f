"""Background work: single questions, runs over many people, and the nightly look for who is left.

A question is asked outside any transaction and bears the job's name, so that the register answers
it once however often it is put; what it answers is written with the step that moves the job on.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from lamsach.authentication import actions
from lamsach.authentication.bulk import CATALOGUE, RunFiles, sweep
from lamsach.authentication.checks import answer_kind
from lamsach.authentication.models import AnswerKind, Purpose, Run
from lamsach.authentication.queries import unasked_exist
from lamsach.clock import now
from lamsach.jobs.actions import step
from lamsach.jobs.models import Job
from lamsach.jobs.registry import background, periodic
from lamsach.places.models import UnitLevel
from lamsach.population import gateway
from lamsach.registry.models import Person

__all__ = ["ask", "nightly", "run"]

#: People in one question of a job, and answers written by one step of a run.
_TOGETHER: Final = 500
_STEP: Final = 50_000


@background("authentication.ask", label=_("Question to the population register"))
def ask(job: Job) -> None:
    """Ask about the people of a job, some at a time."""
    people = job.arguments["people"]
    purpose = Purpose(job.arguments["purpose"])
    while (begin := job.cursor.get("next", 0)) < len(people):
        part = people[begin : begin + _TOGETHER]
        heard = _ask(job, part, f"{job.public_id}/{begin}", purpose)
        with step(job) as here:
            if here.cursor.get("next", 0) == begin:  # nobody else has written it meanwhile
                actions.keep_answers(here.act, job, heard, purpose)
                here.advance(len(part), cursor={"next": begin + len(part)})


def _ask(job: Job, part: list[int], name: str, purpose: Purpose) -> list[actions.Heard]:
    people = list(
        Person.objects.filter(pk__in=part).select_related("residence__above__above").order_by("pk")
    )
    questions = [_question(one) for one in people if not one.is_foreigner]
    office = str(job.office.public_id) if job.office else ""
    replies = gateway.ask(
        questions, actor=job.actor, office=office, purpose=purpose.value, job=name
    )
    said = {one.reference: one for one in replies}
    heard = []
    for person in people:
        reply = said.get(str(person.reference))
        if not person.is_foreigner and (reply is None or reply.kind == "refused"):
            continue  # not checked yet: asked again another night
        kind = answer_kind(
            exempt=person.is_foreigner,
            id_status=person.id_status,
            said=reply.kind if reply else "",
        )
        right = reply is not None and kind == AnswerKind.RIGHT
        heard.append(
            actions.Heard(
                person=person.pk,
                person_version=person.version,
                kind=kind,
                statement=reply.statement if reply and right else None,
                signature=reply.signature if reply and right else None,
                salt=reply.salt if reply and right else None,
            )
        )
    return heard


def _question(person: Person) -> gateway.Question:
    codes = {"province": "", "district": "", "commune": ""}
    unit = person.residence
    while unit is not None and unit.catalogue == CATALOGUE:
        codes[UnitLevel(unit.level).name.lower()] = unit.code
        unit = unit.above
    return gateway.Question(
        reference=str(person.reference),
        full_name=person.full_name,
        birth_date=person.birth_date,
        sex=person.sex,
        personal_id=person.personal_id,
        phone=person.phone,
        **{f"{name}_code": code for name, code in codes.items()},
    )


@background("authentication.run", label=_("Authentication of many people"), bulk=True)
def run(job: Job) -> None:
    """A run: people out, one question to the register, answers in, a part at a time."""
    row = Run.objects.get(public_id=job.arguments["run"])
    files = RunFiles(row)
    total = files.export(
        campaign=job.arguments["campaign"], only_unasked=job.arguments["only_unasked"]
    )
    with step(job) as here:
        here.advance(0, total=total)
    if not files.answers.exists():
        gateway.ask_in_bulk(
            files.questions,
            files.answers,
            actor=job.actor,
            office=str(job.office.public_id) if job.office else "",
            purpose=row.purpose,
            job=str(job.public_id),
        )
    count = files.join(now())
    while (begin := job.cursor.get("next", 0)) < count:
        people, rows = files.part(begin, _STEP)
        with step(job) as here:
            if here.cursor.get("next", 0) == begin:
                files.write(rows, here.act.using)
                actions.answers_have_come(here.act, job, people)
                here.advance(len(people), cursor={"next": begin + len(people)})
    counts = files.counts()
    with step(job) as here:
        if not here.cursor.get("finished"):
            actions.finish_run(here.act, row, counts)
            here.advance(0, cursor={"next": count, "finished": True})
    files.delete()


@periodic("0 17 * * *", "authentication.nightly", label=_("Nightly question to the register"))
def nightly(job: Job) -> None:
    """At midnight in Vietnam: ask about everyone nobody has an answer about, and clear away."""
    with step(job) as here:
        if not here.cursor.get("started"):
            finished = Run.objects.exclude(finished_at=None).values_list("public_id", flat=True)
            sweep({str(one) for one in finished})
            if unasked_exist():
                actions.start_run(only_unasked=True)
            here.advance(1, cursor={"started": True})

"""Asking: single questions answered, logged, limited; one transaction of the register's side.

Safe to repeat: a question that was answered under the same job is answered the same again, from
the log. What the health side is told, and nothing more, leaves this room.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast
from uuid import UUID

from lamsach.clock import now
from lamsach.ledger.actions import Action, Actor, action
from lamsach.ledger.verbs import Verb
from lamsach.population import limits
from lamsach.population.answers import answer, owner_number
from lamsach.population.database import register_database
from lamsach.population.grounds import ground_of, note_groundless
from lamsach.population.keys import fields_digest, identity_signer, statement_salt
from lamsach.population.messages import (
    Kind,
    Question,
    QuestionError,
    Reply,
    Version,
    checked_reference,
)
from lamsach.population.models import (
    LoggedQuestion,
    RegisterPerson,
    RegisterVersion,
    StoppedAccount,
)
from lamsach.population.proposing import drop_proposals, propose
from lamsach.population.statements import sign
from lamsach.population.terms import Who, actor_of

__all__ = ["ask", "present_version", "register_version", "reopen_account", "stopped_accounts"]

MOST_QUESTIONS: Final = 1000


def present_version() -> RegisterVersion | None:
    """The register as last loaded; None before the first time."""
    return RegisterVersion.objects.using(register_database()).order_by("-pk").first()


def register_version() -> Version:
    """Which register answers at present."""
    version = present_version()
    if version is None:
        return Version(name="", people=0, catalogue="2022")
    return Version(name=version.name, people=version.people, catalogue=version.catalogue)


def ask(
    questions: Sequence[Question], *, actor: str, office: str, purpose: str, job: str
) -> list[Reply]:
    """See `gateway.ask`."""
    asker = Who(actor, office, purpose, job)
    references = [checked_reference(one.reference) for one in questions]
    if len(set(references)) < len(references):
        raise QuestionError("a record is asked about once at a time")
    if len(questions) > MOST_QUESTIONS:
        raise QuestionError(f"ask about {MOST_QUESTIONS} records at most, or in bulk")
    with action(using=register_database()) as act:
        budget = limits.Budget.locked(actor=actor, office=office)
        known = {
            row.reference: row
            for row in LoggedQuestion.objects.using(register_database())
            .filter(job=job, reference__in=references)
            .select_related("version", "ground")
        }
        new = {
            reference: question
            for reference, question in zip(references, questions, strict=True)
            if reference not in known
        }
        known |= _answer_new(act, asker, new, budget)
        replies = [
            _reply(known[reference], question)
            for reference, question in zip(references, questions, strict=True)
        ]
    # Outside the lock of the office's budget: a proposal takes longer than an answer.
    _propose(asker, dict(zip(references, questions, strict=True)))
    return replies


def _propose(asker: Who, questions: Mapping[UUID, Question]) -> None:
    """Keep the proposals of what is wrong and drop those of what is right.

    Of a record's questions the newest counts: a job that is done again must not bring back what a
    later one has settled.
    """
    logged = LoggedQuestion.objects.using(register_database())
    newest = logged.filter(reference__in=questions).order_by("reference", "-id")
    present = [one for one in newest.distinct("reference") if one.job == asker.job]
    drop_proposals([one.reference for one in present if one.answer == "right"])
    version = present_version()
    wrong = [one.reference for one in present if one.answer in ("wrong", "not_checkable")]
    if version is not None and wrong:
        propose([questions[one] for one in wrong], who=asker, version=version)


def _answer_new(
    act: Action, asker: Who, new: Mapping[UUID, Question], budget: limits.Budget
) -> dict[UUID, LoggedQuestion]:
    """Answer and log what was not asked under this job before."""
    if not new:
        return {}
    ground = ground_of(asker.purpose)
    if ground is None:
        return _groundless(act, asker, new)
    version, moment = present_version(), now()
    probes = {reference: limits.probe_of(question) for reference, question in new.items()}
    is_shut, withheld = _guesses_too_much(act, asker, list(probes.values()))
    owners = _owners(new.values())
    logged: dict[UUID, LoggedQuestion] = {}
    for reference, question in new.items():
        probe = probes[reference]
        kind: Kind = "refused"
        if version and not is_shut and probe.probe not in withheld and not budget.is_spent:
            number = owner_number(question.personal_id)
            kind = answer(question, owners.get(number) if number is not None else None)
            budget.spend(wrong_guess=bool(probe.probe) and kind == "wrong")
        logged[reference] = LoggedQuestion(
            job=asker.job,
            reference=reference,
            at=moment,
            actor=asker.actor,
            office=asker.office,
            purpose=asker.purpose,
            answer=kind,
            version=version,
            ground=ground,
            fields=fields_digest(question.four_fields.values()),
            probe=probe.probe,
            guess=probe.guess,
        )
    LoggedQuestion.objects.using(register_database()).bulk_create(logged.values(), batch_size=1000)
    budget.save()
    act.record(
        Verb.REGISTER_ASK,
        actor=actor_of(asker.actor),
        office=asker.office,
        purpose=asker.purpose,
        subject=("job", asker.job),
        facts={**Counter(one.answer for one in logged.values()), "ground": ground.text},
    )
    return logged


def _groundless(
    act: Action, asker: Who, new: Mapping[UUID, Question]
) -> dict[UUID, LoggedQuestion]:
    """Refuse what no law allows to be answered; nothing is looked up, nothing counts as tried."""
    moment = now()
    logged = {
        reference: LoggedQuestion(
            job=asker.job,
            reference=reference,
            at=moment,
            actor=asker.actor,
            office=asker.office,
            purpose=asker.purpose,
            answer="refused",
            fields=fields_digest(question.four_fields.values()),
            probe=0,
            guess=0,
        )
        for reference, question in new.items()
    }
    LoggedQuestion.objects.using(register_database()).bulk_create(logged.values(), batch_size=1000)
    note_groundless(
        act,
        actor=actor_of(asker.actor),
        office=asker.office,
        purpose=asker.purpose,
        questions=len(logged),
        job=asker.job,
    )
    return logged


def _owners(questions: Iterable[Question]) -> dict[int, RegisterPerson]:
    told = {owner_number(one.personal_id) for one in questions}
    numbers = [number for number in told if number is not None]
    people = RegisterPerson.objects.using(register_database())
    return {one.number: one for one in people.filter(number__in=numbers)}


def _guesses_too_much(
    act: Action, asker: Who, probes: Sequence[limits.Probe]
) -> tuple[bool, set[int]]:
    """Whether the account is (now) stopped, and the probes that nobody gets answered any more."""
    who = {"actor": asker.actor, "office": asker.office}
    if limits.is_stopped(**who):
        return True, set()
    asked: dict[int, set[int]] = {}
    for one in probes:
        if one.probe:
            asked.setdefault(one.probe, set()).add(one.guess)
    namesakes = limits.count_namesakes(probes)
    since = limits.reopened_at(**who)
    own = limits.tried(list(asked), account=(asker.actor, asker.office), since=since)
    for probe, guesses in asked.items():
        before = own.get(probe, set())
        if guesses - before and len(before | guesses) > limits.allowance(namesakes[probe]):
            _stop(act, asker)
            return True, set()
    everybody = limits.tried(list(asked), account=None)
    return False, {
        probe
        for probe, guesses in asked.items()
        if guesses - (before := everybody.get(probe, set()))
        and len(before | guesses) > limits.allowance(namesakes[probe], everywhere=True)
    }


def _stop(act: Action, asker: Who) -> None:
    StoppedAccount.objects.using(register_database()).create(
        actor=asker.actor, office=asker.office, stopped_at=now(), job=asker.job
    )
    act.record(
        Verb.REGISTER_STOP,
        actor=actor_of(asker.actor),
        office=asker.office,
        purpose=asker.purpose,
        subject=("job", asker.job),
        facts={"reason": "varying numbers for one name and birth"},
    )


def _reply(row: LoggedQuestion, question: Question) -> Reply:
    """What the asker hears; a statement is the same each time it is made."""
    fields = question.four_fields
    if bytes(row.fields) != fields_digest(fields.values()):
        # Corrected since: whatever corrected it asks anew under a job of its own.
        return Reply(question.reference, "refused")
    ground = row.ground.text if row.ground and row.answer != "refused" else ""
    if row.answer != "right" or row.version is None:
        return Reply(question.reference, cast(Kind, row.answer), ground=ground)
    reference = str(row.reference)
    salt = statement_salt(row.job, reference)
    statement, signature = sign(
        identity_signer(),
        reference=reference,
        salt=salt,
        fields=fields,
        purpose=row.purpose,
        register_version=row.version.name,
        at=row.at,
    )
    return Reply(question.reference, "right", statement, signature, salt, ground)


def stopped_accounts() -> list[StoppedAccount]:
    """The accounts that get no answers, the newest first."""
    rows = StoppedAccount.objects.using(register_database()).filter(reopened_at=None)
    return list(rows.order_by("-stopped_at"))


def reopen_account(*, actor: str, office: str, by: str, grounds: str) -> bool:
    """Let an account ask again; False when it was not stopped."""
    using = register_database()
    with action(using=using) as act:
        stopped = StoppedAccount.objects.using(using).filter(
            actor=actor, office=office, reopened_at=None
        )
        changed = stopped.update(reopened_at=now(), reopened_by=by, grounds=grounds)
        if changed:
            act.record(
                Verb.REGISTER_REOPEN,
                actor=Actor.system(by),
                office=office,
                facts={"account": actor},
            )
    return bool(changed)

"""Proposals: whom the engine believes a record to be; for police posts, confirmed by officers.

A proposal is made when a question was answered with anything but right, kept on the register's
side, and shown field by field only where the asking post is responsible for the register person's
residence. Nothing of a register person leaves without an officer's name beside it in the ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, cast
from uuid import UUID

from lamsach.clock import now
from lamsach.identity import Record
from lamsach.ledger.actions import Action, action
from lamsach.ledger.verbs import Verb
from lamsach.population.database import register_database
from lamsach.population.extract import matcher
from lamsach.population.grounds import CONFIRMATION, PROPOSAL, ground_of, note_groundless
from lamsach.population.keys import keyed
from lamsach.population.messages import (
    Candidate,
    ConfirmedFields,
    Overview,
    Proposal,
    Question,
    QuestionError,
    checked_reference,
)
from lamsach.population.models import (
    Confirmation,
    ProposalRow,
    RegisterPerson,
    RegisterVersion,
)
from lamsach.population.terms import Who, actor_of

__all__ = [
    "HOUSEHOLD_DIGITS",
    "confirm",
    "drop_proposals",
    "household_key",
    "overview",
    "phone_digits",
    "proposals",
    "propose",
]

MOST_SHOWN: Final = 200
MOST_LISTED: Final = 20_000
#: Digits of a telephone number that tell one household from another.
HOUSEHOLD_DIGITS: Final = 9
Status = Literal["correctable", "ambiguous", "unmatched"]

#: Differences of a number from which the person's own could not be told.
_NEW_NUMBER: Final = frozenset(
    f"personal_id.{code}" for code in ("missing", "length", "other_person", "not_in_register")
)


def household_key(phone: str, commune: str) -> str:
    """What records of one telephone number, whose proposals live in one commune, have in common."""
    digits = phone_digits(phone)
    return keyed(b"household", digits, commune)[:12].hex() if digits and commune else ""


def phone_digits(phone: str) -> str:
    """A telephone number without what stands before it: the country's code, or a zero."""
    return "".join(filter(str.isdigit, phone))[-HOUSEHOLD_DIGITS:]


def propose(questions: Collection[Question], *, who: Who, version: RegisterVersion) -> None:
    """Make and keep the proposals of records that are not right; safe to repeat."""
    using = register_database()
    match = matcher(version)
    if match is None or not questions:
        return
    found = {
        checked_reference(one.reference): (one, match.match(_record(one))) for one in questions
    }
    best = {
        reference: int(answer.candidates[0].personal_id)
        for reference, (_, answer) in found.items()
        if answer.candidates
    }
    communes = dict(
        RegisterPerson.objects.using(using)
        .filter(number__in=best.values())
        .values_list("number", "commune_code")
    )
    rows = [
        ProposalRow(
            reference=reference,
            job=who.job,
            at=now(),
            status=answer.outcome,
            candidates=[
                {
                    "number": int(one.personal_id),
                    "probability": one.probability,
                    "differences": list(one.differences),
                }
                for one in answer.candidates
            ],
            rivals=answer.rivals,
            household=household_key(question.phone, communes.get(best.get(reference, -1), "")),
            version=version,
        )
        for reference, (question, answer) in found.items()
        if answer.outcome in ("correctable", "ambiguous", "unmatched")
    ]
    ProposalRow.objects.using(using).bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["reference"],
        update_fields=["job", "at", "status", "candidates", "rivals", "household", "version"],
    )


def drop_proposals(references: Collection[UUID]) -> None:
    """Forget the proposals of records that are right by now."""
    ProposalRow.objects.using(register_database()).filter(reference__in=references).delete()


def _record(question: Question) -> Record:
    return Record(
        personal_id=question.personal_id,
        full_name=question.full_name,
        birth_date=question.birth_date,
        sex=question.sex,
        province_code=question.province_code,
        district_code=question.district_code,
        commune_code=question.commune_code,
    )


def proposals(
    references: Sequence[str], *, officer: str, office: str, units: Sequence[str]
) -> Mapping[str, Proposal]:
    """See `gateway.proposals`."""
    if len(references) > MOST_SHOWN:
        raise QuestionError(f"ask for {MOST_SHOWN} proposals at a time")
    with action(using=register_database()) as act:
        ground = ground_of(PROPOSAL)
        if ground is None:
            _refuse(act, officer, office, PROPOSAL, len(references))
            return {}
        rows = _rows(references)
        people = _people(rows)
        here = frozenset(units)
        shown = {str(row.reference): _shown(row, people, here) for row in rows}
        if shown:
            act.record(
                Verb.PROPOSAL_READ,
                actor=actor_of(officer),
                office=office,
                facts={"references": sorted(shown), "ground": ground.text},
            )
    return {one: shown[key] for one in references if (key := str(UUID(one))) in shown}


def overview(
    references: Sequence[str], *, officer: str, office: str, units: Sequence[str]
) -> Mapping[str, Overview]:
    """See `gateway.overview`."""
    if len(references) > MOST_LISTED:
        raise QuestionError(f"ask for {MOST_LISTED} records at a time")
    with action(using=register_database()) as act:
        ground = ground_of(PROPOSAL)
        if ground is None:
            _refuse(act, officer, office, PROPOSAL, len(references))
            return {}
        rows = _rows(references)
        people = _people(rows, first_only=True)
        here = frozenset(units)
        told = {
            str(row.reference): Overview(
                reference=str(row.reference),
                status=cast(Status, row.status),
                rivals=row.rivals,
                household=row.household,
                is_here=any(_lives(people.get(one["number"]), here) for one in row.candidates[:1]),
            )
            for row in rows
        }
        if told:
            act.record(
                Verb.PROPOSAL_READ,
                actor=actor_of(officer),
                office=office,
                facts={"listed": len(told), "ground": ground.text},
            )
    return {one: told[key] for one in references if (key := str(UUID(one))) in told}


def confirm(
    reference: str, candidate: str, *, officer: str, office: str, units: Sequence[str]
) -> ConfirmedFields:
    """See `gateway.confirm`."""
    using, actor = register_database(), actor_of(officer)
    ground = ground_of(CONFIRMATION)
    if ground is None:
        with action(using=using) as act:
            _refuse(act, officer, office, CONFIRMATION, 1)
        raise LookupError("the register has no legal ground to let a person's fields leave")
    with action(using=using) as act:
        row = _locked_row(reference)
        numbers: list[int] = [one["number"] for one in row.candidates] if row else []
        number = next((n for n in numbers if row and _key(row, n) == candidate), None)
        people = RegisterPerson.objects.using(using)
        person = None if number is None else people.filter(number=number).first()
        if row is None or person is None or not _lives(person, frozenset(units)):
            raise LookupError("the proposal has no such candidate any more; load the page again")
        last = Confirmation.objects.using(using).filter(reference=row.reference).last()
        if last is None or (last.number, last.officer) != (person.number, officer):
            Confirmation.objects.using(using).create(
                reference=row.reference,
                number=person.number,
                officer=officer,
                office=office,
                at=now(),
                version=row.version,
            )
            act.record(
                Verb.PROPOSAL_CONFIRM,
                actor=actor,
                office=office,
                subject=("reference", row.reference),
                facts={"rivals": row.rivals, "ground": ground.text},
                content={"number": f"{person.number:012}"},
            )
    return ConfirmedFields(
        reference=reference,
        full_name=person.full_name,
        birth_date=person.birth_date,
        sex=person.sex,
        personal_id=f"{person.number:012}",
        register_version=_version_name(row),
    )


def _refuse(act: Action, officer: str, office: str, purpose: str, questions: int) -> None:
    note_groundless(
        act, actor=actor_of(officer), office=office, purpose=purpose, questions=questions
    )


def _locked_row(reference: str) -> ProposalRow | None:
    return (
        ProposalRow.objects.using(register_database())
        .select_for_update(of=("self",))
        .select_related("version")
        .filter(reference=checked_reference(reference))
        .first()
    )


def _rows(references: Sequence[str]) -> list[ProposalRow]:
    rows = ProposalRow.objects.using(register_database()).select_related("version")
    return list(rows.filter(reference__in=[checked_reference(one) for one in references]))


def _people(rows: Sequence[ProposalRow], *, first_only: bool = False) -> dict[int, RegisterPerson]:
    numbers = {one["number"] for row in rows for one in row.candidates[: 1 if first_only else None]}
    people = RegisterPerson.objects.using(register_database()).filter(number__in=numbers)
    return {one.number: one for one in people}


def _lives(person: RegisterPerson | None, units: frozenset[str]) -> bool:
    """Whether one of the units is a register person's residence or holds it."""
    if person is None:
        return False
    residence = {person.province_code, person.district_code, person.commune_code} - {""}
    return bool(residence & units)


def _key(row: ProposalRow, number: int) -> str:
    return keyed(b"candidate", str(row.reference), row.job, str(number))[:16].hex()


def _version_name(row: ProposalRow) -> str:
    return row.version.name if row.version else ""


def _shown(
    row: ProposalRow, people: Mapping[int, RegisterPerson], units: frozenset[str]
) -> Proposal:
    """A proposal as a post sees it that is responsible for these units."""
    told = [(one, people[one["number"]]) for one in row.candidates if one["number"] in people]
    here = [(one, person) for one, person in told if _lives(person, units)]
    elsewhere = [person for _, person in told if not _lives(person, units)]
    best_is_here = bool(told) and told[0] in here
    return Proposal(
        reference=str(row.reference),
        status=cast(Status, row.status),
        candidates=tuple(
            Candidate(
                key=_key(row, person.number),
                full_name=person.full_name,
                birth_date=person.birth_date,
                sex=person.sex,
                personal_id=f"{person.number:012}",
                previous_id=f"{person.previous_number:09}" if person.previous_number else "",
                province_code=person.province_code,
                district_code=person.district_code,
                commune_code=person.commune_code,
                probability=one["probability"],
                differences=tuple(one["differences"]),
                number_is_new=not _NEW_NUMBER.isdisjoint(one["differences"]),
            )
            for one, person in here
        ),
        rivals=row.rivals,
        household=row.household,
        elsewhere=len(elsewhere),
        elsewhere_commune=elsewhere[0].commune_code if elsewhere and not best_is_here else "",
        register_version=_version_name(row),
        best_is_here=best_is_here,
    )

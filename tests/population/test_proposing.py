"""Proposals: shown to the post that is responsible, and leaving only when confirmed."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest

from lamsach.ledger.models import Event
from lamsach.population import gateway
from lamsach.population.gateway import Proposal, Question
from lamsach.population.models import Confirmation, ProposalRow, RegisterPerson, RegisterVersion

from .conftest import questions_of

pytestmark = [pytest.mark.db, pytest.mark.django_db(databases=["default", "population"])]

POLICE = {"officer": "officer:police", "office": "commune-police"}


def ask(question: Question, job: str = "") -> str:
    (reply,) = gateway.ask(
        [question], actor="officer:clerk", office="f", purpose="entry", job=job or str(uuid4())
    )
    return reply.kind


@pytest.fixture
def lost(nation: Path, loaded: RegisterVersion) -> tuple[Question, str]:
    """A record that is correctable and whose number somebody mistyped; and the true number."""
    ((person, number),) = duckdb.sql(
        f"""
        select person_id, true_personal_id from read_parquet('{nation}/truth.parquet')
        where outcome_class = 'wrong' and list_contains(differences, 'personal_id.digit')
        order by person_id limit 1
        """
    ).fetchall()
    return questions_of(nation)[person], number


def only(reference: str, units: list[str]) -> Proposal:
    return gateway.proposals([reference], units=units, **POLICE)[reference]


def test_the_post_of_the_registers_residence_sees_the_proposal(
    lost: tuple[Question, str],
) -> None:
    question, number = lost
    assert ask(question) == "wrong"
    person = RegisterPerson.objects.using("population").get(number=int(number))
    for unit in (person.commune_code, person.district_code, person.province_code):
        proposal = only(question.reference, ["00001", unit])
        assert proposal.status == "correctable"
        assert proposal.best is not None
        assert proposal.best.personal_id == number
        assert "personal_id.digit" in proposal.best.differences
        assert proposal.best.full_name == person.full_name


def test_another_post_sees_nothing_of_the_person(lost: tuple[Question, str]) -> None:
    question, number = lost
    ask(question)
    person = RegisterPerson.objects.using("population").get(number=int(number))
    proposal = only(question.reference, ["00001"])
    assert (proposal.best, proposal.candidates) == (None, ())
    assert proposal.elsewhere >= 1
    told = str(asdict(proposal))
    for secret in (person.full_name, number, number[3:], person.birth_date):
        assert secret not in told
    with pytest.raises(LookupError):
        seen = only(question.reference, [person.commune_code])
        assert seen.best is not None
        gateway.confirm(question.reference, seen.best.key, units=["00001"], **POLICE)
    assert not Confirmation.objects.using("population").exists()


def test_the_four_fields_leave_when_an_officer_confirms(lost: tuple[Question, str]) -> None:
    question, number = lost
    ask(question)
    person = RegisterPerson.objects.using("population").get(number=int(number))
    units = [person.commune_code]
    proposal = only(question.reference, units)
    assert proposal.best is not None
    for _ in range(2):  # safe to repeat
        fields = gateway.confirm(question.reference, proposal.best.key, units=units, **POLICE)
        assert (fields.full_name, fields.birth_date, fields.sex, fields.personal_id) == (
            person.full_name, person.birth_date, person.sex, number,
        )  # fmt: skip
    kept = Confirmation.objects.using("population").get()
    assert (kept.number, kept.officer) == (int(number), "officer:police")
    said = Event.objects.using("population").get(verb="register:proposal:confirm")
    assert said.subject_id == question.reference
    assert number not in str(said.facts)
    assert number not in proposal.best.key


def test_a_candidate_of_an_older_question_cannot_be_confirmed(
    lost: tuple[Question, str],
) -> None:
    question, number = lost
    ask(question)
    person = RegisterPerson.objects.using("population").get(number=int(number))
    units = [person.commune_code]
    before = only(question.reference, units)
    assert before.best is not None
    ask(replace(question, sex="F" if question.sex != "F" else "M"))
    with pytest.raises(LookupError):
        gateway.confirm(question.reference, before.best.key, units=units, **POLICE)


def test_a_record_that_is_right_has_no_proposal_any_more(lost: tuple[Question, str]) -> None:
    question, number = lost
    person = RegisterPerson.objects.using("population").get(number=int(number))
    ask(question, job="first")
    right = replace(
        question,
        full_name=person.full_name,
        birth_date=person.birth_date,
        sex=person.sex,
        personal_id=number,
    )
    assert ask(right, job="second") == "right"
    assert gateway.proposals([question.reference], units=["70"], **POLICE) == {}
    assert ask(question, job="first") == "wrong"  # the first job is done again, late
    assert not ProposalRow.objects.using("population").exists()


def test_a_job_done_again_late_does_not_bring_back_its_proposal(
    lost: tuple[Question, str],
) -> None:
    question, _ = lost
    ask(question, job="first")
    ask(replace(question, sex="F" if question.sex != "F" else "M"), job="second")
    before = ProposalRow.objects.using("population").get()
    ask(question, job="first")
    after = ProposalRow.objects.using("population").get()
    assert (after.job, after.candidates) == ("second", before.candidates)


def test_reading_is_logged_on_the_registers_side(lost: tuple[Question, str]) -> None:
    question, _ = lost
    ask(question)
    only(question.reference, ["70"])
    gateway.overview([question.reference], units=["70"], **POLICE)
    events = Event.objects.using("population").filter(verb="register:proposal:read")
    # A table has no order of its own.
    listed, seen = sorted(events, key=lambda one: "references" in one.facts)
    assert seen.actor == "officer:police"
    assert seen.facts.pop("ground") == listed.facts.pop("ground") == "2262/BYT-CNTT, 04/5/2022"
    assert seen.facts == {"references": [question.reference]}
    assert listed.facts == {"listed": 1}
    assert not Event.objects.using("default").exists()


def test_the_overview_orders_a_list_and_tells_of_nobody(
    nation: Path, loaded: RegisterVersion, count_queries: Any
) -> None:
    questions = [replace(one, phone="0912345678") for one in questions_of(nation, 400).values()]
    gateway.ask(questions, actor="system:night", office="", purpose="campaign", job="j")
    references = [one.reference for one in questions]
    gateway.overview(references[:1], units=["70"], **POLICE)  # opens the office's ledger
    with count_queries("population") as seen:
        listed = gateway.overview(references, units=["70"], **POLICE)
    with count_queries("population") as seen_of_few:
        gateway.overview(references[:40], units=["70"], **POLICE)
    assert len(seen) == len(seen_of_few) <= 10
    assert {one.status for one in listed.values()} >= {"correctable"}
    assert set(listed) == {
        str(one) for one in ProposalRow.objects.using("population").values_list("pk", flat=True)
    }
    correctable = [one for one in listed.values() if one.status == "correctable"]
    assert all(one.is_here for one in correctable)
    assert len({one.household for one in correctable}) > 1
    detail = gateway.proposals([correctable[0].reference], units=["70"], **POLICE)
    assert detail[correctable[0].reference].household == correctable[0].household

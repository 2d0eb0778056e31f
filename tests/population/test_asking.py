"""What the health side hears when it asks, and that asking twice is asking once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from lamsach.population import gateway
from lamsach.population.gateway import Question, QuestionError, Reply
from lamsach.population.keys import identity_keys
from lamsach.population.models import LoggedQuestion, RegisterVersion
from lamsach.population.statements import verify

from .conftest import AN, BAO, about

pytestmark = [pytest.mark.db, pytest.mark.django_db(databases=["default", "population"])]

CLERK = "officer:clerk"


def ask(questions: Sequence[Question], **told: str) -> list[Reply]:
    usual = {"actor": CLERK, "office": "facility", "purpose": "entry", "job": str(uuid4())}
    return gateway.ask(questions, **{**usual, **told})


def kinds(questions: Sequence[Question], **told: str) -> list[str]:
    return [reply.kind for reply in ask(questions, **told)]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "right"),
        ({"full_name": "NGUYỄN  văn an"}, "right"),
        ({"birth_date": "04/05/1963"}, "right"),
        ({"sex": "Nam"}, "right"),
        ({"personal_id": "070 063 000 123"}, "right"),
        ({"full_name": "Nguyen Van An"}, "wrong"),
        ({"full_name": "Nguyễn Văn Ân"}, "wrong"),
        ({"birth_date": "05/04/1963"}, "wrong"),
        ({"birth_date": "1963"}, "wrong"),
        ({"sex": "F"}, "wrong"),
        ({"personal_id": "070063000124"}, "wrong"),
        ({"personal_id": "70063000123"}, "wrong"),
        ({"personal_id": ""}, "wrong"),
        ({"personal_id": BAO.personal_id}, "wrong"),
        ({"full_name": ""}, "not_checkable"),
        ({"birth_date": ""}, "not_checkable"),
        ({"sex": ""}, "not_checkable"),
    ],
)
def test_the_four_fields_decide(
    register: Callable[..., RegisterVersion], changes: dict[str, str], kind: str
) -> None:
    register(AN, BAO)
    assert kinds([about(AN, **changes)]) == [kind]


def test_a_right_answer_comes_with_the_registers_signed_word(
    register: Callable[..., RegisterVersion],
) -> None:
    version = register(AN, BAO)
    question = about(AN, full_name="nguyễn văn an")
    (reply,) = ask([question])
    assert reply.statement is not None
    assert reply.signature is not None
    assert reply.salt is not None
    said = verify(reply.statement, reply.signature, identity_keys())
    assert (said.reference, said.register_version) == (question.reference, version.name)
    assert said.is_about(reply.salt, question.four_fields)
    assert not said.is_about(reply.salt, AN.four_fields)  # as asked, not as the register writes it
    for value in question.four_fields.values():
        if len(value) > 1:
            assert value.encode() not in reply.statement


def test_other_answers_come_with_nothing(register: Callable[..., RegisterVersion]) -> None:
    register(AN, BAO)
    (reply,) = ask([about(AN, sex="F")])
    assert reply == Reply(reply.reference, "wrong", None, None, None, reply.ground)


def test_the_same_job_hears_the_same_again(
    register: Callable[..., RegisterVersion], clock_at: Any
) -> None:
    register(AN)
    questions, job = [about(AN), about(AN, sex="F")], str(uuid4())
    first = ask(questions, job=job)
    assert ask(questions, job=job) == first
    assert ask([questions[1], about(BAO), questions[0]], job=job)[::2] == first[::-1]
    assert LoggedQuestion.objects.using("population").filter(job=job).count() == 3


def test_another_job_is_another_question(register: Callable[..., RegisterVersion]) -> None:
    register(AN)
    question = about(AN)
    one, other = ask([question])[0], ask([question])[0]
    assert one.kind == other.kind == "right"
    assert one.salt != other.salt


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": "curiosity"},
        {"job": ""},
        {"actor": "clerk"},
        {"actor": "citizen:1"},
    ],
)
def test_a_question_without_ground_is_no_question(
    register: Callable[..., RegisterVersion], wrong: dict[str, str]
) -> None:
    register(AN)
    with pytest.raises(QuestionError):
        ask([about(AN)], **wrong)


def test_a_record_is_asked_about_once_a_job(register: Callable[..., RegisterVersion]) -> None:
    register(AN)
    question, job = about(AN), str(uuid4())
    with pytest.raises(QuestionError):
        ask([question, question])
    assert kinds([question], job=job) == ["right"]
    assert kinds([replace(question, sex="F")], job=job) == ["refused"]
    assert kinds([question], job=job) == ["right"]


def test_an_empty_register_does_not_answer(db: None) -> None:
    assert kinds([about(AN)]) == ["refused"]
    assert gateway.register_version().people == 0


def test_two_names_that_say_nothing_do_not_agree(register: Callable[..., RegisterVersion]) -> None:
    register(replace(AN, full_name=""))
    assert kinds([about(AN, full_name="-")]) == ["wrong"]

"""The register answers by a law for each purpose, writes which, and refuses what has none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.population import gateway
from lamsach.population.models import LegalGround, LoggedQuestion, RegisterVersion
from lamsach.site import environment

from .conftest import AN, BAO, about

pytestmark = pytest.mark.db

WHO = {"actor": "officer:alice", "office": "station"}
POST = {"officer": "officer:police", "office": "post", "units": ["25195"]}


def events(verb: Verb) -> list[tuple[str, dict[str, Any]]]:
    rows = Event.objects.using("population").filter(verb=verb).order_by("id")
    return list(rows.values_list("purpose", "facts"))


@pytest.mark.django_db(databases=["default", "population"])
def test_each_answer_bears_its_ground_and_keeps_it_when_the_law_changes(
    register: Callable[..., RegisterVersion], settings: Any
) -> None:
    register(AN, BAO)
    settings.REGISTER_GROUNDS = {"entry": "Luật A, Điều 9"}
    right, wrong = about(AN), about(BAO, sex="M")
    replies = gateway.ask([right, wrong], **WHO, purpose="entry", job="one")
    assert [(one.kind, one.ground) for one in replies] == [
        ("right", "Luật A, Điều 9"),
        ("wrong", "Luật A, Điều 9"),
    ]
    settings.REGISTER_GROUNDS = {"entry": "Luật B"}
    assert gateway.ask([right], **WHO, purpose="entry", job="one")[0].ground == "Luật A, Điều 9"
    assert gateway.ask([right], **WHO, purpose="entry", job="two")[0].ground == "Luật B"
    assert [facts["ground"] for _, facts in events(Verb.REGISTER_ASK)] == [
        "Luật A, Điều 9",
        "Luật B",
    ]
    logged = LoggedQuestion.objects.using("population").order_by("id")
    assert [one.ground.text for one in logged if one.ground] == [
        "Luật A, Điều 9",
        "Luật A, Điều 9",
        "Luật B",
    ]


@pytest.mark.django_db(databases=["default", "population"])
def test_a_purpose_without_a_ground_is_not_answered_and_nothing_is_looked_up(
    register: Callable[..., RegisterVersion], settings: Any
) -> None:
    register(AN)
    settings.REGISTER_GROUNDS = {"correction": "Luật A"}
    guesses = [about(AN, personal_id=f"0700630001{number:02}") for number in range(20)]
    replies = gateway.ask([*guesses, about(AN)], **WHO, purpose="entry", job="one")
    assert {(one.kind, one.ground, one.statement) for one in replies} == {("refused", "", None)}
    assert events(Verb.REGISTER_REFUSE) == [
        ("entry", {"reason": "no legal ground", "questions": 21})
    ]
    assert not events(Verb.REGISTER_ASK)
    # What was not looked up was no guess: the account is not stopped, and other purposes go on.
    (reply,) = gateway.ask([about(AN)], **WHO, purpose="correction", job="two")
    assert reply.kind == "right"


@pytest.mark.django_db(databases=["default", "population"])
def test_the_database_takes_no_answer_without_a_ground(
    register: Callable[..., RegisterVersion],
) -> None:
    register(AN)
    gateway.ask([about(AN)], **WHO, purpose="entry", job="one")
    with pytest.raises(IntegrityError, match="question_ground"), transaction.atomic("population"):
        LoggedQuestion.objects.using("population").update(ground=None)
    assert LegalGround.objects.using("population").count() == 1


@pytest.mark.django_db(databases=["default", "population"])
@pytest.mark.parametrize("name", ["version", "ground"])
def test_what_logged_questions_name_is_there_and_stays(
    register: Callable[..., RegisterVersion], name: str
) -> None:
    register(AN, BAO)
    gateway.ask([about(AN), about(BAO)], **WHO, purpose="entry", job="one")
    logged = LoggedQuestion.objects.using("population")
    rows = list(logged.all())
    named = getattr(rows[0], name)
    with pytest.raises(IntegrityError, match="names"), transaction.atomic("population"):
        logged.filter(pk=rows[0].pk).update(**{f"{name}_id": named.pk + 1})
    for row in rows:
        row.pk, row.job = None, "two"
    setattr(rows[1], f"{name}_id", named.pk + 1)
    with pytest.raises(IntegrityError, match="names"), transaction.atomic("population"):
        logged.bulk_create(rows)
    setattr(rows[1], f"{name}_id", named.pk)
    logged.bulk_create(rows)
    table = type(named)._meta.db_table
    with connections["population"].cursor() as cursor:
        for change in (f"delete from {table}", f"update {table} set id = id + 1"):
            refused = pytest.raises(IntegrityError, match=f"name this {name}")
            with refused, transaction.atomic("population"):
                cursor.execute(change)
        cursor.execute(f"update {table} set id = id where id = %s", [named.pk])


@pytest.mark.django_db(databases=["default", "population"])
def test_proposals_and_what_is_confirmed_need_a_ground_of_their_own(
    register: Callable[..., RegisterVersion], settings: Any
) -> None:
    settings.REGISTER_GROUNDS = {"entry": "Luật A"}
    reference = BAO.reference
    assert gateway.proposals([reference], **POST) == {}
    assert gateway.overview([reference], **POST) == {}
    with pytest.raises(LookupError, match="legal ground"):
        gateway.confirm(reference, "x", **POST)
    assert [(purpose, facts["questions"]) for purpose, facts in events(Verb.REGISTER_REFUSE)] == [
        ("proposal", 1),
        ("proposal", 1),
        ("confirmation", 1),
    ]


def test_grounds_come_from_a_file_that_may_leave_purposes_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert set(environment.register_grounds()) == {
        *gateway.PURPOSES, "proposal", "confirmation",
    }  # fmt: skip
    file = tmp_path / "grounds.toml"
    monkeypatch.setenv("REGISTER_GROUNDS_FILE", str(file))
    file.write_text('entry = " Nghị định 37/2021/NĐ-CP "\n', encoding="utf-8")
    assert environment.register_grounds() == {"entry": "Nghị định 37/2021/NĐ-CP"}
    for wrong in ('marriage = "x"', "entry = 3", 'entry = " "', "entry ="):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(environment.SettingError, match="REGISTER_GROUNDS_FILE"):
            environment.register_grounds()
    file.unlink()
    with pytest.raises(environment.SettingError, match="REGISTER_GROUNDS_FILE"):
        environment.register_grounds()


@pytest.mark.usefixtures("committed")
def test_what_was_answered_before_grounds_were_written_says_so(
    fill: Callable[..., RegisterVersion], superuser: Any
) -> None:
    """The migration on tables that have rows."""
    from importlib import import_module

    fill(AN)
    gateway.ask([about(AN)], **WHO, purpose="entry", job="one")
    connections["population"].close()
    with superuser("lamsach_register") as opened:
        constraint = "alter table population_loggedquestion drop constraint question_ground"
        opened.execute(constraint)
        opened.execute("update population_loggedquestion set ground_id = null")
        opened.execute("delete from population_legalground")
        before = import_module("lamsach.population.migrations.0002_legal_grounds").BEFORE
        opened.execute(f"begin; {before} commit")
        opened.execute(
            "alter table population_loggedquestion add constraint question_ground"
            " check (answer = 'refused' or ground_id is not null)"
        )
    assert LoggedQuestion.objects.using("population").get().ground_id is not None

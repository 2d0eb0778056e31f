"""What is done is in the ledger, and nothing that was not; the database refuses to change it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from lamsach.esign.transparency import NoteKey
from lamsach.ledger.actions import Actor, NotRecordableError, action, destroy_salts
from lamsach.ledger.chain import content_digest, shard_name
from lamsach.ledger.models import Event, Salt, Shard
from lamsach.ledger.verbs import Verb
from lamsach.ledger.verifying import verify_ledger

pytestmark = pytest.mark.db

SOMEBODY = Actor("officer", "a-1")
KEY = NoteKey.generate("lamsach/ledger/health")
KNOWN = [KEY.verifier]


def say(office: str = "office-1", **more: Any) -> None:
    """One action with one event."""
    with action() as act:
        act.record(Verb.PERSON_READ, actor=SOMEBODY, office=office, **more)


@pytest.mark.django_db
def test_an_action_leaves_its_event_in_the_chain_of_its_office() -> None:
    say(facts={"fields": ["name"]}, subject=("person", "p-1"))
    event = Event.objects.get(verb=Verb.PERSON_READ)
    assert event.shard.name == shard_name("office-1")
    assert (event.actor, event.subject_id) == ("officer:a-1", "p-1")
    assert bytes(event.shard.digest) == bytes(event.digest)
    assert verify_ledger(KNOWN) == []


def test_a_failed_action_leaves_nothing(committed: None) -> None:
    with pytest.raises(RuntimeError), action() as act:
        act.record(Verb.PERSON_READ, actor=SOMEBODY)
        raise RuntimeError
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_an_inner_action_that_fails_takes_its_events_with_it() -> None:
    with action() as outer:
        outer.record(Verb.PERSON_READ, actor=SOMEBODY, subject=("person", "kept"))
        with pytest.raises(RuntimeError), action() as inner:
            inner.record(Verb.PERSON_READ, actor=SOMEBODY, subject=("person", "gone"))
            raise RuntimeError
        with action() as inner:
            inner.record(Verb.PERSON_READ, actor=SOMEBODY, subject=("person", "kept too"))
    said = Event.objects.filter(verb=Verb.PERSON_READ).order_by("number")
    assert [one.subject_id for one in said] == ["kept", "kept too"]


def test_an_action_may_not_begin_inside_a_bare_transaction(committed: None) -> None:
    with pytest.raises(RuntimeError), transaction.atomic(), action():
        pass


@pytest.mark.django_db
@pytest.mark.parametrize("facts", [{"share": 0.5}, {"n": 2**60}, {"s": "\0"}, {"x": object()}])
def test_facts_that_would_not_come_back_exactly_are_refused(facts: Any) -> None:
    with pytest.raises(NotRecordableError):
        say(facts=facts)


@pytest.mark.django_db
def test_of_content_only_a_salted_digest_is_kept_and_the_salt_can_be_forgotten() -> None:
    content = {"personal_id": "070093000001"}
    say(subject=("person", "p-1"), content=content)
    event = Event.objects.get(verb=Verb.PERSON_READ)
    assert "070093000001" not in str(event.__dict__)
    salt = bytes(Salt.objects.get(event=event).salt)
    assert bytes(event.content_digest or b"") == content_digest(content, salt)
    assert destroy_salts(subject=("person", "p-1")) == 1
    assert not Salt.objects.exists()
    assert verify_ledger(KNOWN) == []


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_event set actor = 'officer:x'",
        "delete from ledger_event",
        "truncate ledger_event cascade",
        "delete from ledger_shard",
        "truncate ledger_shard cascade",
        "delete from ledger_headsexport",
        "update ledger_headsexport set heads = ''",
        "update ledger_shard set number = 0",
    ],
)
@pytest.mark.parametrize("role", ["lamsach", "lamsach_owner", "postgres"])
def test_the_database_refuses_changes_to_the_application_the_owner_and_the_keeper(
    committed: None, server: Any, statement: str, role: str
) -> None:
    import psycopg

    say()
    from lamsach.ledger.heads import export_heads

    export_heads(KEY, actor=Actor.system("test"))
    with (
        psycopg.connect(server.url("lamsach", role)) as opened,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        opened.execute("set session_replication_role = replica") if role == "postgres" else None
        opened.execute(statement)
    assert verify_ledger(KNOWN) == []


@pytest.mark.django_db
def test_the_application_has_no_privilege_on_events_but_to_add_and_read() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select has_table_privilege('ledger_event', p)"
            " from unnest(array['INSERT','SELECT','UPDATE','DELETE','TRUNCATE']) with"
            " ordinality as t(p, n) order by n"
        )
        assert [row[0] for row in cursor.fetchall()] == [True, True, False, False, False]
    say()
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.all().delete()


def test_many_threads_write_and_every_chain_holds(committed: None) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(10):
                with action() as act:
                    # Two offices in one action, in either order: no circle of waiting.
                    offices = [f"office-{(number + step) % 4}" for step in (turn % 2, 1 - turn % 2)]
                    for office in offices:
                        act.record(Verb.PERSON_READ, actor=SOMEBODY, office=office)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert Event.objects.filter(verb=Verb.PERSON_READ).count() == 160
    assert verify_ledger(KNOWN) == []


def test_offices_do_not_wait_for_each_other(committed: None) -> None:
    """While one office's action is open, having recorded but not ended, another's ends."""
    first, second = (
        "office-1",
        next(f"o-{n}" for n in range(99) if shard_name(f"o-{n}") != shard_name("office-1")),
    )
    say(first), say(second)  # both shards are there
    recorded, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with action() as act:
            act.record(Verb.PERSON_READ, actor=SOMEBODY, office=first)
            recorded.set()
            may_end.wait(30)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert recorded.wait(30)
    with connection.cursor() as cursor:
        cursor.execute("set lock_timeout = '2s'")
    say(second)
    say(first)  # even the same office: the head is locked only at the end
    may_end.set()
    thread.join(30)
    assert Event.objects.filter(verb=Verb.PERSON_READ).count() == 5
    assert verify_ledger(KNOWN) == []


@pytest.mark.django_db
def test_an_action_of_many_events_takes_few_statements(count_queries: Any) -> None:
    say()
    with count_queries() as seen, action() as act:
        for number in range(200):
            act.record(
                Verb.PERSON_READ, actor=SOMEBODY, office="office-1", subject=("person", number)
            )
    assert len(seen) <= 7
    assert Shard.objects.get(name=shard_name("office-1")).number == 201


@pytest.mark.parametrize("verb", list(Verb))
def test_every_verb_is_subject_noun_verb(verb: Verb) -> None:
    assert len(verb.value.split(":")) == 3
    assert verb.value == verb.value.lower()

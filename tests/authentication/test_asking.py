"""The register is asked once about each version of a person, and what it says decides who acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lamsach.authentication import hooks, tasks
from lamsach.authentication.actions import ask_about, start_run
from lamsach.authentication.bulk import RunFiles, part_of
from lamsach.authentication.models import Answer, AnswerKind, Purpose, Run
from lamsach.authentication.queries import answers_about, newest_answer, right_answers
from lamsach.clock import now
from lamsach.jobs.models import Job, JobState
from lamsach.ledger.actions import Actor, action
from lamsach.registry.actions import approve_corrections, request_correction
from lamsach.registry.models import Person, Standing
from lamsach.registry.standing import rebuild_standing, refresh_standing

pytestmark = pytest.mark.db

NUMBER = "070163000001"
SYSTEM = Actor.system("test")


def ask(*people: Person, purpose: Purpose = Purpose.ENTRY) -> None:
    with action() as act:
        ask_about(act, [one.pk for one in people], purpose, actor=SYSTEM)


def obstacle(person: Person) -> str:
    found = Standing.objects.filter(person=person).first()
    return found.obstacle if found else ""


def kinds() -> list[str]:
    return list(Answer.objects.order_by("person_id", "id").values_list("kind", flat=True))


def correct(country: Any, person: Person, **changes: str) -> None:
    asked = request_correction(
        officer=country.alice,
        office=country.facility,
        person=person,
        changes=changes,
        grounds="CCCD",
    )
    approve_corrections(officer=country.bob, office=country.facility, corrections=[asked])


def test_a_right_person_is_no_longer_in_the_way(
    country: Any, register: Any, run_jobs: Callable[[], int]
) -> None:
    person = country.person(personal_id=NUMBER)
    assert obstacle(person) == "not_checked"
    register.right = {NUMBER}
    ask(person)
    run_jobs()
    assert kinds() == ["right"]
    assert obstacle(person) not in {"not_checked", "wrong"}
    held = newest_answer(person)
    assert held is not None
    assert bytes(held.salt or b"") == b"salt"
    assert list(right_answers()) == [held]


def test_what_is_wrong_is_for_the_station_of_the_residence(
    country: Any, register: Any, run_jobs: Callable[[], int]
) -> None:
    here = country.person(personal_id=NUMBER)
    nowhere = country.person(personal_id="070163000002", residence=None)
    ask(here, nowhere)
    run_jobs()
    assert kinds() == ["wrong", "wrong"]
    rows = {one.person_id: one for one in Standing.objects.select_related("responsible")}
    assert (rows[here.pk].obstacle, rows[here.pk].responsible) == ("wrong", country.station)
    assert rows[nowhere.pk].responsible == country.facility


@pytest.mark.parametrize(
    ("typed", "kind"), [("", "id_missing"), ("12345", "id_malformed"), (NUMBER, "wrong")]
)
def test_the_three_piles(
    country: Any, register: Any, run_jobs: Callable[[], int], typed: str, kind: str
) -> None:
    person = country.person(personal_id=typed)
    ask(person)
    run_jobs()
    assert kinds() == [kind]
    assert obstacle(person) == kind
    assert len(register.asked) == 1  # the police find a proposal even without a number


def test_foreigners_are_never_asked_about(
    country: Any, register: Any, run_jobs: Callable[[], int]
) -> None:
    person = country.person(nationality="FR", personal_id="", passport_number="X123")
    ask(person)
    run_jobs()
    assert kinds() == ["exempt"]
    assert register.asked == []
    assert right_answers().filter(person=person).exists()
    start_run()
    run_jobs()
    assert register.bulk == [[]]
    assert kinds() == ["exempt", "exempt"]


def test_a_correction_asks_again_and_the_old_answer_holds_no_more(
    country: Any, register: Any, run_jobs: Callable[[], int]
) -> None:
    person = country.person(full_name="Nguyễn Thị Bửu", personal_id=NUMBER)
    ask(person)
    run_jobs()
    register.right = {NUMBER}
    correct(country, person, full_name="Nguyễn Thị Bảo")
    person.refresh_from_db()
    assert newest_answer(person) is None
    assert obstacle(person) == "not_checked"
    run_jobs()
    assert kinds() == ["wrong", "right"]
    assert register.asked[-1][1].full_name == "Nguyễn Thị Bảo"
    assert Answer.objects.latest("id").purpose == Purpose.CORRECTION
    job = Job.objects.filter(task="authentication.ask").latest("id")
    assert job.actor == f"officer:{country.alice.public_id}"  # whose guess it would be
    assert job.office == country.facility


def test_a_changed_address_asks_nobody(
    country: Any, register: Any, run_jobs: Callable[[], int]
) -> None:
    person = country.person()
    correct(country, person, address="Ấp 3")
    assert run_jobs() == 0


def test_a_refusal_looks_like_not_checked_yet_and_is_asked_again_at_night(
    country: Any, register: Any, run_jobs: Callable[[], int]
) -> None:
    person = country.person(personal_id=NUMBER)
    register.refused = {NUMBER}
    ask(person)
    run_jobs()
    assert kinds() == []
    assert obstacle(person) == "not_checked"
    register.refused, register.right = set(), {NUMBER}
    with action() as act:
        from lamsach.jobs.actions import start_job

        start_job(act, "authentication.nightly", key="night", actor=SYSTEM)
    run_jobs()
    assert kinds() == ["right"]


def test_a_question_bears_its_jobs_name_and_a_step_that_came_twice_is_written_once(
    country: Any, register: Any, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_TOGETHER", 2)
    people = [country.person(personal_id=f"0701630000{at:02}") for at in range(5)]
    ask(*people)
    job = Job.objects.get(task="authentication.ask")
    broken = []

    def breaks(*given: Any) -> None:
        if not broken:
            broken.append(given)
            raise ConnectionError

    monkeypatch.setattr(hooks, "_REGISTERED", [breaks])
    with pytest.raises(ConnectionError):
        tasks.ask(job)
    assert kinds() == []
    tasks.ask(Job.objects.get(pk=job.pk))
    tasks.ask(Job.objects.get(pk=job.pk))
    assert len(kinds()) == 5
    names = [name for name, _ in register.asked]
    assert names[0] == names[2] == f"{job.public_id}/0"  # asked again under the same name
    assert len(set(names)) == 3


def test_who_listens_hears_of_the_people_in_the_same_transaction(
    country: Any, register: Any, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Any] = []
    monkeypatch.setattr(hooks, "_REGISTERED", [])
    hooks.register_after_answers(lambda _act, people: said.append(list(people)))
    people = [country.person(personal_id=f"0701630000{at:02}") for at in range(3)]
    ask(*people)
    run_jobs()
    assert said == [[one.pk for one in people]]


def test_a_run_answers_for_everyone_and_leaves_no_file(
    country: Any, register: Any, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_STEP", 2)
    numbers = ["070163000001", "070163000002", "", "x12", "070163000005"]
    people = [country.person(personal_id=one) for one in numbers]
    country.person(nationality="FR", personal_id="", passport_number="X1")
    register.right, register.refused = {numbers[0]}, {numbers[4]}
    run = start_run(officer=country.dung, office=country.station)
    run_jobs()
    assert kinds() == ["right", "wrong", "id_missing", "id_malformed", "exempt"]
    assert obstacle(people[1]) == "wrong"
    assert obstacle(people[4]) == "not_checked"
    run.refresh_from_db()
    assert run.finished_at is not None
    assert run.people == 5
    assert run.counts == dict.fromkeys(kinds(), 1)
    assert not RunFiles(run).questions.exists()
    RunFiles(run).delete()
    asked = {one["person_id"]: one for one in register.bulk[0]}
    first = asked[str(people[0].reference)]
    assert (first["province_code"], first["district_code"], first["commune_code"]) == (
        "70", "689", "25195",
    )  # fmt: skip
    assert first["office"] == str(country.facility.public_id)
    assert not {"record", "record_version", "id"} & set(first)  # what is ours stays here


def test_a_run_that_is_broken_off_goes_on_and_doubles_nothing(
    country: Any, register: Any, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_STEP", 2)
    for at in range(5):
        country.person(personal_id=f"0701630000{at:02}")
    start_run()
    job = Job.objects.get(task="authentication.run")
    calls: list[int] = []

    def breaks(_act: Any, people: Any) -> None:
        calls.append(len(people))
        if len(calls) == 2:
            raise ConnectionError

    monkeypatch.setattr(hooks, "_REGISTERED", [breaks])
    with pytest.raises(ConnectionError):
        tasks.run(job)
    assert len(kinds()) == 2
    tasks.run(Job.objects.get(pk=job.pk))
    assert len(kinds()) == 5
    assert len(register.bulk) == 1  # the register was asked once
    assert Run.objects.get().people == 5


def test_any_bytes_of_a_statement_come_in_as_they_are(country: Any) -> None:
    """The register's side writes what it writes: quotes, backslashes, no text at all."""
    said = [
        b'{"a":"b"}',
        "{Lê\n\t,}".encode(),
        b"a\\b",
        b"\\x41",
        b"\xff\xfe",
        b"a\0b",
        b"",
        b"'\"",
    ]
    person, run = country.person(personal_id=NUMBER), Run.objects.create(started_at=now())
    count = len(said)
    rows = pa.table(
        {
            "person_id": [person.pk] * count,
            "person_version": [1] * count,
            "kind": ["right"] * count,
            "purpose": ["campaign"] * count,
            "run_id": [run.pk] * count,
            "at": [now().isoformat()] * count,
            "statement": pa.array(said, pa.binary()),
            "signature": pa.array(said[::-1], pa.binary()),
            "salt": pa.array([None, *said[1:]], pa.binary()),
        }
    )
    RunFiles.write(rows, "default")
    kept = list(Answer.objects.order_by("id"))
    assert [bytes(one.statement) for one in kept if one.statement is not None] == said
    assert [bytes(one.signature) for one in kept if one.signature is not None] == said[::-1]
    assert kept[0].salt is None
    assert [bytes(one.salt) for one in kept[1:] if one.salt is not None] == said[1:]


@given(
    rows=st.integers(1, 60), group=st.integers(1, 20), begin=st.integers(0, 59),
    size=st.integers(1, 70),
)  # fmt: skip
def test_a_part_of_a_run_is_looked_up_wherever_it_begins(
    tmp_path_factory: pytest.TempPathFactory, rows: int, group: int, begin: int, size: int
) -> None:
    file = tmp_path_factory.mktemp("run") / "rows.parquet"
    pq.write_table(pa.table({"person_id": range(rows)}), file, row_group_size=group)
    begin %= rows
    assert (
        part_of(file, begin, size)["person_id"].to_pylist()
        == list(range(rows))[begin : begin + size]
    )


def test_a_run_over_a_campaign_leaves_the_others_out(
    country: Any, register: Any, run_jobs: Callable[[], int]
) -> None:
    with_dose = country.person(personal_id=NUMBER)
    country.person(personal_id="070163000009", dose=False)
    start_run(campaign=country.campaign)
    run_jobs()
    assert [one["person_id"] for one in register.bulk[0]] == [str(with_dose.reference)]


def test_answers_are_evidence(country: Any, register: Any, run_jobs: Callable[[], int]) -> None:
    ask(country.person())
    run_jobs()
    for change in (
        lambda: Answer.objects.update(kind=AnswerKind.EXEMPT),
        lambda: Answer.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="evidence"), transaction.atomic():
            change()
    assert kinds() == ["wrong"]


def test_only_who_sees_the_person_sees_the_answers(
    country: Any, register: Any, run_jobs: Callable[[], int]
) -> None:
    person = country.person()
    ask(person)
    run_jobs()
    assert answers_about(country.alice, person).count() == 1
    assert answers_about(country.charlie, person).count() == 0


def test_any_number_of_answers_takes_the_same_number_of_statements(
    country: Any, register: Any, run_jobs: Callable[[], int], count_queries: Any
) -> None:
    taken = []
    for size in (2, 40):
        people = [country.person(personal_id=f"07016300{size:02}{at:02}") for at in range(size)]
        ask(*people)
        job = Job.objects.filter(state=JobState.WAITING).get()
        with count_queries() as seen:
            tasks.ask(job)
        Job.objects.filter(pk=job.pk).update(state=JobState.DONE, finished_at=job.created_at)
        taken.append(len(seen))
    assert taken[0] == taken[1]


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_after_anything_the_standing_is_what_a_recount_says(
    country: Any, register: Any, run_jobs: Callable[[], int], data: st.DataObject
) -> None:
    people = [country.person(personal_id=f"0701630000{at:02}") for at in range(3)]
    for _ in range(data.draw(st.integers(1, 5))):
        what = data.draw(st.sampled_from(["ask", "correct", "jobs", "right", "refuse", "run"]))
        one = data.draw(st.sampled_from(people))
        one.refresh_from_db()
        if what == "ask":
            ask(one)
        elif what == "correct":
            number = data.draw(st.sampled_from(["", "070163000077", "070163000078"]))
            if number != one.personal_id:
                correct(country, one, personal_id=number)
        elif what == "jobs":
            run_jobs()
        elif what == "run":
            start_run(only_unasked=data.draw(st.booleans()))
        elif what == "right":
            register.right = {one.personal_id}
        else:
            register.refused = {one.personal_id}
    kept = set(Standing.objects.values_list("person_id", "rank", "obstacle", "responsible_id"))
    rebuild_standing()
    assert kept == set(
        Standing.objects.values_list("person_id", "rank", "obstacle", "responsible_id")
    )
    refresh_standing([one.pk for one in people])
    run_jobs()

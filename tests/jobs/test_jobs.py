"""Jobs commit with their actions; their steps lose and double nothing; their page says how far."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob

from lamsach.accounts.actions import actor_of, create_officer, give_post
from lamsach.accounts.models import Officer
from lamsach.accounts.roles import Role
from lamsach.clock import now
from lamsach.jobs import registry
from lamsach.jobs.actions import (
    RESCUES_ALLOWED,
    JobOverError,
    carry_out,
    count_rescue,
    fail_job,
    retry_job,
    start_job,
    step,
)
from lamsach.jobs.models import Job, JobState
from lamsach.jobs.queries import job_for
from lamsach.jobs.tasks import tidy
from lamsach.ledger.actions import Actor, action
from lamsach.ledger.models import Event
from lamsach.ledger.verbs import Verb
from lamsach.places.actions import open_office
from lamsach.places.models import Office, OfficeKind

pytestmark = pytest.mark.db

SYSTEM = Actor.system("test")
SIZE = 25


@pytest.fixture
def counting() -> Iterator[list[int]]:
    """Work that counts to SIZE by tens; where `failing` says so, it breaks off once."""
    failing: list[int] = []

    def count(job: Job) -> None:
        while True:
            with step(job) as here:
                begin = here.cursor.get("next", 0)
                if begin >= SIZE:
                    return
                size = min(10, SIZE - begin)
                here.advance(size, cursor={"next": begin + size}, total=SIZE)
                here.act.record(Verb.PERSON_READ, actor=job.by, facts={"from": begin})
                if failing and begin >= failing[0]:
                    failing.clear()
                    raise RuntimeError

    registry.background("test.count", label="Counting", result=lambda _job: "/there")(count)
    yield failing
    registry._WORK.pop("test.count")


def start(key: str = "one", **more: Any) -> Job:
    with action() as act:
        return start_job(act, "test.count", key=key, actor=more.pop("actor", SYSTEM), **more)


@pytest.mark.django_db
def test_a_job_runs_to_its_end(counting: list[int], run_jobs: Callable[[], int]) -> None:
    job = start(subject=("file", "f-1"), arguments={"file": "f-1"})
    assert job.state == JobState.WAITING
    assert run_jobs() == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (JobState.DONE, SIZE, SIZE)
    said = Event.objects.filter(verb=Verb.PERSON_READ).order_by("id")
    assert [one.facts["from"] for one in said] == [0, 10, 20]
    assert run_jobs() == 0
    carry_out(job)  # a second worker finds nothing to do
    assert Event.objects.filter(verb=Verb.PERSON_READ).count() == 3


@pytest.mark.django_db
def test_the_same_key_is_the_same_job(counting: list[int], run_jobs: Callable[[], int]) -> None:
    assert start() == start()
    assert run_jobs() == 1
    assert start().state == JobState.DONE
    assert run_jobs() == 0
    assert Event.objects.filter(verb=Verb.JOB_START).count() == 1


def test_a_job_of_an_action_that_fails_was_never_asked_for(
    committed: None, counting: list[int]
) -> None:
    with pytest.raises(RuntimeError), action() as act:
        start_job(act, "test.count", key="one", actor=SYSTEM)
        raise RuntimeError
    assert not Job.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_a_step_that_fails_leaves_nothing_and_is_done_again(
    committed: None, counting: list[int], run_jobs: Callable[[], int]
) -> None:
    counting.append(10)
    job = start()
    with pytest.raises(RuntimeError):
        run_jobs()
    job.refresh_from_db()
    assert (job.state, job.done, job.cursor) == (JobState.RUNNING, 10, {"next": 10})
    assert Event.objects.filter(verb=Verb.PERSON_READ).count() == 1
    carry_out(job)
    said = Event.objects.filter(verb=Verb.PERSON_READ).order_by("id")
    assert [one.facts["from"] for one in said] == [0, 10, 20]
    assert job.state == JobState.DONE


def test_a_worker_that_was_thought_dead_and_wakes_doubles_nothing(
    committed: None, counting: list[int]
) -> None:
    job = start()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            carry_out(Job.objects.get(pk=job.pk))
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
    assert failures == []
    job.refresh_from_db()
    assert (job.state, job.done) == (JobState.DONE, SIZE)
    assert Event.objects.filter(verb=Verb.PERSON_READ).count() == 3


def test_two_jobs_about_one_subject_never_step_at_the_same_time(
    committed: None, counting: list[int]
) -> None:
    first, second = start("one", subject=("file", "f")), start("two", subject=("file", "f"))
    elsewhere = start("three", subject=("file", "g"))
    inside, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        with step(first):
            inside.set()
            may_end.wait(30)
        connection.close()

    def waiting() -> None:
        with step(second):
            ended.set()
        connection.close()

    threads = [threading.Thread(target=slow), threading.Thread(target=waiting)]
    threads[0].start()
    assert inside.wait(30)
    threads[1].start()
    with step(elsewhere) as here:  # another subject waits for nobody
        here.advance(1)
    assert not ended.wait(0.5)
    may_end.set()
    assert ended.wait(30)
    for one in threads:
        one.join(30)


@pytest.mark.django_db
def test_an_ended_job_takes_no_more_steps(counting: list[int]) -> None:
    job = start()
    fail_job(job, sentence="no more")
    with pytest.raises(JobOverError), step(job):
        pass
    carry_out(job)
    assert job.done == 0


@pytest.mark.django_db
def test_a_problem_ends_a_job_in_both_languages_and_it_can_go_on(
    run_jobs: Callable[[], int],
) -> None:
    problems: list[object] = [gettext_lazy("Finished")]

    def work(_job: Job) -> None:
        if problems:
            raise registry.JobProblem(problems.pop())  # type: ignore[arg-type]

    registry.background("test.problem")(work)
    try:
        with action() as act:
            job = start_job(act, "test.problem", key="p", actor=SYSTEM)
        run_jobs()
        job.refresh_from_db()
        assert job.state == JobState.FAILED
        with translation.override("en"):
            assert job.problem_sentence == "Finished"
        with translation.override("vi"):
            assert job.problem_sentence == "Đã xong"
        assert retry_job(job=job, actor=SYSTEM)
        assert not retry_job(job=job, actor=SYSTEM)
        run_jobs()
        job.refresh_from_db()
        assert job.state == JobState.DONE
        assert Event.objects.filter(verb=Verb.JOB_RETRY).count() == 1
    finally:
        registry._WORK.pop("test.problem")


@pytest.mark.django_db
def test_a_job_that_kills_its_workers_is_given_up(counting: list[int]) -> None:
    job = start()
    for _ in range(RESCUES_ALLOWED):
        count_rescue(public_id=str(job.public_id))
    job.refresh_from_db()
    assert job.state == JobState.WAITING
    with step(job) as here:  # it got on: the count begins anew
        here.advance(1)
    for _ in range(RESCUES_ALLOWED + 1):
        count_rescue(public_id=str(job.public_id))
    job.refresh_from_db()
    assert job.state == JobState.FAILED


@pytest.mark.django_db
def test_work_that_nobody_knows(counting: list[int], run_jobs: Callable[[], int]) -> None:
    with pytest.raises(ValueError, match="nothing"), action() as act:
        start_job(act, "nothing", key="n", actor=SYSTEM)
    job = start()
    Job.objects.update(task="of.an.older.release")
    run_jobs()
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    with pytest.raises(ValueError, match=r"test\.count"):
        registry.background("test.count")(lambda _job: None)


@pytest.mark.django_db
def test_old_jobs_of_the_clock_are_cleared_away_and_no_others(
    counting: list[int], run_jobs: Callable[[], int], clock_at: Any
) -> None:
    with clock_at(now() - timedelta(days=40)):
        asked = start()
        with action() as act:
            timed = start_job(act, "jobs.tidy", key="jobs.tidy@1", actor=SYSTEM)
        run_jobs()
    with action() as act:
        present = start_job(act, "jobs.tidy", key="jobs.tidy@2", actor=SYSTEM)
    tidy(present)
    assert Job.objects.filter(pk=asked.pk).exists()
    assert not Job.objects.filter(pk=timed.pk).exists()
    assert present.done == 1


def test_down_below_is_waited_for_much_longer_than_a_mistake() -> None:
    from lamsach.jobs.tasks import _gives_up

    assert _gives_up(KeyError(), 4)
    assert not _gives_up(KeyError(), 3)
    assert not _gives_up(OperationalError(), 200)
    assert not _gives_up(OSError(28, "No space left on device"), 200)


def officer(name: str) -> Officer:
    return create_officer(username=name, full_name=name, by=SYSTEM)[0]


def office() -> Office:
    return open_office(kind=OfficeKind.STATION, name="Trạm", actor=SYSTEM)


@pytest.mark.django_db
def test_who_asked_sees_it_and_their_office_and_charlie_never(counting: list[int]) -> None:
    alice, bob, charlie = officer("alice"), officer("bob"), officer("charlie")
    here, elsewhere = office(), office()
    give_post(officer=bob, office=here, role=Role.STATION, by=SYSTEM)
    give_post(officer=charlie, office=elsewhere, role=Role.STATION, by=SYSTEM)
    job = start(actor=actor_of(alice), office=here)
    assert job_for(alice, job.public_id) == job
    assert job_for(bob, job.public_id) == job
    assert job_for(charlie, job.public_id) is None


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Officer], Client]:
    def enter(who: Officer) -> Client:
        who.must_change_password = False
        who.save(update_fields=["must_change_password"])
        monkeypatch.setattr("lamsach.accounts.middleware.has_second_factor", lambda *_: True)
        client = Client()
        client.force_login(who)
        return client

    return enter


@pytest.mark.django_db
def test_the_page_says_how_far_it_is_and_can_be_closed(
    counting: list[int], run_jobs: Callable[[], int], signed_in: Callable[[Officer], Client]
) -> None:
    alice = officer("alice")
    job = start(actor=actor_of(alice))
    client, address = signed_in(alice), f"/jobs/{job.public_id}"
    page = client.get(address).content.decode()
    assert "Có thể đóng trang này" in page
    assert 'hx-trigger="every 2s"' in page
    assert "django_htmx/htmx" in page  # which is what asks
    assert f'href="{address}"' in page  # without JavaScript: load again
    part = client.get(address, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    run_jobs()
    page = client.get(address).content.decode()
    assert 'href="/there"' in page
    assert "hx-trigger" not in page
    charlie = signed_in(officer("charlie"))
    assert charlie.get(address).status_code == 404
    assert charlie.post(f"{address}/again").status_code == 404
    assert client.get(f"/jobs/{uuid.uuid4()}").status_code == 404


@pytest.mark.django_db
def test_a_stopped_job_goes_on_by_a_button(
    counting: list[int], run_jobs: Callable[[], int], signed_in: Callable[[Officer], Client]
) -> None:
    alice = officer("alice")
    job = start(actor=actor_of(alice))
    fail_job(job, sentence="Tệp không còn")
    client = signed_in(alice)
    assert "Tệp không còn" in client.get(f"/jobs/{job.public_id}").content.decode()
    assert client.post(f"/jobs/{job.public_id}/again").status_code == 302
    run_jobs()
    job.refresh_from_db()
    assert job.state == JobState.DONE

"""Signing and issuing killed at any point: no dose is signed twice, no passport lost or doubled."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection
from signing_making import PIN, Head

from lamsach.ledger.verifying import verify_ledger
from lamsach.passports.log_keeper import append_waiting, log_reader
from lamsach.passports.models import Due, LogEntry, Passport, PassportDose
from lamsach.registry.models import Dose, Person, Standing
from lamsach.signing.models import BatchState, DoseStatement, SigningBatch
from lamsach.signing.queries import signed_doses, verify_batch

pytestmark = [pytest.mark.db, pytest.mark.usefixtures("committed", "ministry", "fresh_log")]

DESK = Path(__file__).with_name("killed_desk.py")
KILLS = int(os.environ.get("LAMSACH_KILLS", "20"))
PEOPLE = 20 * KILLS


@pytest.fixture
def desk(head: Head) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts a signing head or an issuing worker."""
    started = []

    def begin(kind: str) -> subprocess.Popen[bytes]:
        surroundings = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "lamsach.site.settings",
            "LAMSACH_WORKER_PATIENCE": "1",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "HEAD": str(head.officer.pk),
            "OFFICE": str(head.office.pk),
            "PIN": PIN,
        }
        process = subprocess.Popen([sys.executable, str(DESK), kind], env=surroundings)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "nothing goes on"
        sleep(0.02)


def signed() -> int:
    return SigningBatch.objects.filter(state=BatchState.SIGNED).count()


def test_twenty_kills_of_signing_and_issuing(
    vaccinated: Callable[..., Person], desk: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    chance = random.Random(1908)
    for _ in range(PEOPLE):
        vaccinated()
    running = {kind: desk(kind) for kind in ("sign", "work")}
    for _ in range(KILLS // 2):
        before = signed(), Passport.objects.count()
        wait_for(lambda before=before: signed() > before[0])  # type: ignore[misc]
        wait_for(lambda before=before: Passport.objects.count() > before[1])  # type: ignore[misc]
        for kind in ("sign", "work"):
            sleep(chance.uniform(0, 0.1))
            running[kind].kill()
            running[kind].wait()
            running[kind] = desk(kind)
    assert signed_doses().count() < 2 * PEOPLE, "all was signed before the last kill: more people"
    assert running["sign"].wait(600) == 0
    wait_for(lambda: Passport.objects.count() >= PEOPLE, 600)
    wait_for(lambda: not Due.objects.exists())
    running["work"].kill()
    running["work"].wait()
    append_waiting()  # what the last worker was killed before
    nothing_is_lost_or_doubled()


def nothing_is_lost_or_doubled() -> None:
    assert signed_doses().count() == Dose.objects.count() == DoseStatement.objects.count()
    assert not SigningBatch.objects.exclude(state=BatchState.SIGNED).exists()
    assert all(verify_batch(one).valid for one in SigningBatch.objects.all())
    people = list(Passport.objects.order_by("person").values_list("person", flat=True))
    assert people == list(Person.objects.order_by("id").values_list("id", flat=True))
    assert PassportDose.objects.count() == Dose.objects.count()
    assert not Passport.objects.exclude(superseded_at=None).exists()
    assert not Standing.objects.exists()
    entries = list(LogEntry.objects.order_by("position"))
    assert [one.position for one in entries] == list(range(PEOPLE))
    reader = log_reader()
    checkpoint = reader.checkpoint()
    assert checkpoint.size == PEOPLE
    reader.audit(checkpoint)
    for one in random.Random(5772).sample(entries, 10):
        assert one.position is not None
        reader.inclusion(bytes(one.digest), one.position, checkpoint)
    assert not list(verify_ledger([]))
    connection.close()


def test_a_keeper_of_the_log_killed_at_any_write_appends_everything_once(
    vaccinated: Any, sign: Any, run_jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keeper stops at each of its writes in turn; the next one goes on from there."""
    from lamsach.esign.transparency import Log

    for _ in range(3):
        vaccinated()
    sign()
    append = Log.append

    class KilledError(BaseException):
        pass

    for after in (False, True):
        vaccinated()
        sign()

        def killed(self: Log, digests: Any, *, at: Any = None, late: bool = after) -> range:
            if late:
                append(self, digests, at=at)
            raise KilledError

        monkeypatch.setattr(Log, "append", killed)
        with pytest.raises(KilledError):
            run_jobs()
        monkeypatch.setattr(Log, "append", append)
        append_waiting()
    count = Passport.objects.count()
    assert sorted(LogEntry.objects.values_list("position", flat=True)) == list(range(count))
    assert log_reader().checkpoint().size == count
    log_reader().audit(log_reader().checkpoint())


def test_a_log_ahead_of_the_database_is_not_appended_to(
    vaccinated: Any, sign: Any, run_jobs: Any
) -> None:
    from lamsach.passports.log_keeper import LogOutOfStepError

    vaccinated()
    sign()
    run_jobs()
    LogEntry.objects.all().delete()  # the database was restored from an older copy
    before = log_reader().checkpoint()
    with pytest.raises(LogOutOfStepError):
        append_waiting()
    assert log_reader().checkpoint() == before

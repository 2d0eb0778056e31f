"""A worker killed at any point loses nothing and doubles nothing, and its work goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import connection

from lamsach.jobs import registry
from lamsach.jobs.actions import start_job
from lamsach.jobs.models import Job, JobState
from lamsach.ledger.actions import Actor, action
from lamsach.site.embedded import EmbeddedServer

pytestmark = pytest.mark.db

WORKER = Path(__file__).with_name("killed_worker.py")
KILLS = int(os.environ.get("LAMSACH_KILLS", "20"))
TOTAL = 40 * KILLS * 3


@pytest.fixture
def table(committed: None, server: EmbeddedServer, superuser: Any) -> Iterator[None]:
    with superuser() as opened:
        opened.execute("create table test_rows (number bigint, worker bigint)")
        opened.execute("grant select, insert on test_rows to lamsach")
    registry.background("test.rows")(lambda _job: None)
    yield
    registry._WORK.pop("test.rows")
    connection.close()
    with superuser() as opened:
        opened.execute("drop table test_rows")


@pytest.fixture
def worker() -> Iterator[Callable[[], int]]:
    """Begets workers that count as dead after a second of silence; the number of each process."""
    surroundings = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "lamsach.site.settings",
        "LAMSACH_WORKER_PATIENCE": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    parent = subprocess.Popen(
        [sys.executable, str(WORKER)],
        env=surroundings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert parent.stdin
    assert parent.stdout
    begotten = []

    def beget() -> int:
        assert parent.stdin
        assert parent.stdout
        parent.stdin.write("\n")
        begotten.append(int(parent.stdout.readline()))
        return begotten[-1]

    with parent:
        yield beget
        for number in begotten:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        parent.kill()


def done() -> int:
    # Workers do the clock's own jobs of all floors as well.
    return Job.objects.values_list("done", flat=True).get(key="kill")


def latest() -> int:
    """The process that did the newest step."""
    with connection.cursor() as cursor:
        cursor.execute("select worker from test_rows order by number desc limit 1")
        return int(cursor.fetchone()[0])


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "nothing goes on"
        sleep(0.02)


def test_twenty_kills_lose_nothing_and_double_nothing(
    table: None, worker: Callable[[], int]
) -> None:
    chance = random.Random(20)
    with action() as act:
        job = start_job(
            act,
            "test.rows",
            key="kill",
            actor=Actor.system("test"),
            arguments={"total": TOTAL},
            total=TOTAL,
        )
    worker(), worker()
    for _ in range(KILLS):
        before = done()
        wait_for(lambda before=before: done() > before)  # type: ignore[misc]
        sleep(chance.uniform(0, 0.3))
        os.kill(latest(), signal.SIGKILL)
        worker()
    assert done() < TOTAL, "the work was over before the last kill; make it longer"
    wait_for(lambda: Job.objects.get(pk=job.pk).is_over, 120 + 10 * KILLS)
    assert Job.objects.get(pk=job.pk).state == JobState.DONE
    with connection.cursor() as cursor:
        cursor.execute("select number from test_rows order by number")
        assert [number for (number,) in cursor.fetchall()] == list(range(TOTAL))

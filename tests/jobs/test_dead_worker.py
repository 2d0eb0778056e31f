"""A page of work on which nobody works says so, and since when; a new worker goes on with it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from lamsach.accounts.actions import actor_of, create_officer
from lamsach.jobs.actions import start_job
from lamsach.jobs.models import Job
from lamsach.jobs.queries import idle_since
from lamsach.ledger.actions import Actor, action

from .test_kills import done, table, wait_for, worker

__all__ = ["table", "worker"]  # fixtures

pytestmark = pytest.mark.db

NOBODY = "không có tiến trình nào làm việc này"


def test_the_page_says_that_nobody_works_on_it_and_since_when(
    table: None, worker: Callable[[], int], signed_in: Any, settings: Any
) -> None:
    settings.WORKER_PATIENCE = 3  # the workers' own is a second
    alice, _ = create_officer(username="alice", full_name="Alice", by=Actor.system("test"))
    alice.must_change_password = False
    alice.save(update_fields=["must_change_password"])
    client = signed_in(alice)
    with action() as act:
        job = start_job(
            act, "test.rows", key="kill", actor=actor_of(alice), arguments={"total": 90_000}
        )
    begun = timezone.now()

    def page() -> str:
        text: str = client.get(f"/jobs/{job.public_id}").content.decode()
        return text

    def since() -> datetime | None:
        return idle_since(Job.objects.get(pk=job.pk))

    assert NOBODY in page(), "there was never a worker"
    number = worker()
    wait_for(lambda: done() > 0)
    assert since() is None
    assert NOBODY not in page()
    killed = timezone.now()
    os.kill(number, signal.SIGKILL)
    wait_for(lambda: since() is not None)
    told = since()
    assert told is not None
    assert begun < told <= killed + timedelta(seconds=1)
    assert timezone.localtime(told).strftime("%H:%M:%S %d/%m/%Y") in page()
    before = done()
    worker()
    wait_for(lambda: done() > before)
    assert NOBODY not in page()

"""The commune of `cleansing_making` and the register's double, as fixtures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cleansing_making import Commune, RegisterDouble, make_commune

from lamsach.cleansing import register as door
from lamsach.jobs.actions import carry_out
from lamsach.jobs.models import Job


@pytest.fixture
def commune(db: None) -> Commune:
    """The commune, gone after the test."""
    return make_commune()


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> RegisterDouble:
    """The register's double, in the gateway's place."""
    made = RegisterDouble()
    monkeypatch.setattr(door, "gateway", made)
    return made


@pytest.fixture
def apply_lists() -> Callable[[], None]:
    """Does the jobs of this floor; that the register is asked again waits in the queue."""

    def drain() -> None:
        for job in Job.objects.filter(task="cleansing.apply", state="waiting"):
            carry_out(job)

    return drain

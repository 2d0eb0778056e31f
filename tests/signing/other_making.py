"""Somebody else who does something at the same time: what tests of two transactions need."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

from django.db import connections


class Other(threading.Thread):
    """Does something at the same time, in connections of its own."""

    def __init__(self, does: Callable[[], object], *, may_fail: tuple[type[Exception], ...] = ()):
        super().__init__()
        self.does, self.may_fail, self.ended = does, may_fail, threading.Event()
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            with suppress(*self.may_fail):
                self.does()
        except BaseException as error:
            self.error = error
        finally:
            self.ended.set()
            connections.close_all()

    def until_it_ends_or_waits(self, superuser: Any) -> None:
        limit = monotonic() + 30
        with superuser() as looking:
            waiting = "select exists (select from pg_locks where not granted)"
            while not (self.ended.is_set() or looking.execute(waiting).fetchone()[0]):
                assert monotonic() < limit, "neither ends nor waits"
                sleep(0.01)

    def well(self) -> None:
        self.join(30)
        assert self.error is None, self.error

"""The one clock: what time it is, for everything that records or compares a moment.

Moments are aware and in UTC; they are shown, and days counted, in Vietnam's time. Tests move the
clock with `moved`. This room knows no database and no deadline.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["VIETNAM", "moved", "now", "today"]

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")

_moved_by: ContextVar[timedelta] = ContextVar("moved_by", default=timedelta(0))


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) + _moved_by.get()


def today() -> date:
    """The present day in Vietnam.

    >>> with moved(datetime(2022, 4, 19, 18, 0, tzinfo=UTC)):
    ...     today()
    datetime.date(2022, 4, 20)
    """
    return now().astimezone(VIETNAM).date()


@contextmanager
def moved(to: datetime) -> Iterator[None]:
    """Let the clock show `to` (aware) and run on from there, for what is done inside.

    The clock moves for this thread (or task) alone; a thread started inside begins with the real
    time. Raises ValueError for a moment without a time zone.
    """
    if to.tzinfo is None:
        raise ValueError("a moment needs a time zone; write datetime(…, tzinfo=UTC)")
    token = _moved_by.set(to - datetime.now(UTC))
    try:
        yield
    finally:
        _moved_by.reset(token)

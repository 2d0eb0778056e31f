"""What a long run says about how far it has come.

The engine speaks through `Progress` and does not know who listens: a terminal, a log, nobody.
This room knows nothing of terminals.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import duckdb

__all__ = ["Progress", "SilentProgress", "watching"]

_POLL_SECONDS = 0.2


class Progress(Protocol):
    """A listener to the steps of a run, told in this order: step, advance…, done."""

    def step(self, name: str, number: int, of: int, rows: int | None) -> None:
        """Step `number` (from 1) `of` so many begins and will go over `rows` rows, if known."""

    def advance(self, fraction: float) -> None:
        """So much of the step is behind us, from 0.0 to 1.0; never told less than before."""

    def done(self, rows: int | None) -> None:
        """The step has ended, having made or read so many rows, if that means anything."""


class SilentProgress:
    """A listener that does nothing with what it hears.

    >>> SilentProgress().step("exact", 3, 9, 82_300_000)
    """

    def step(self, name: str, number: int, of: int, rows: int | None) -> None:
        """Hear that a step begins."""

    def advance(self, fraction: float) -> None:
        """Hear how far it has come."""

    def done(self, rows: int | None) -> None:
        """Hear that it has ended."""


@contextmanager
def watching(
    connection: duckdb.DuckDBPyConnection,
    progress: Progress,
    *,
    start: float = 0.0,
    end: float = 1.0,
) -> Iterator[None]:
    """Report the engine's own progress with the queries that run inside the block.

    The queries' progress from 0 to 100 % is told as `start` to `end` of the step, so that a
    step of several queries can share its bar out. Costs one poll in a fifth of a second.

    >>> import duckdb
    >>> with duckdb.connect() as connection, watching(connection, SilentProgress()):
    ...     connection.execute("select count(*) from range(1000)").fetchone()
    (1000,)
    """
    if isinstance(progress, SilentProgress):
        yield
        return
    # The engine keeps count only when asked to, and would draw a bar of its own.
    connection.execute("set enable_progress_bar = true")
    connection.execute("set enable_progress_bar_print = false")
    ended = threading.Event()

    def poll() -> None:
        furthest = 0.0
        while not ended.wait(_POLL_SECONDS):
            percent = connection.query_progress()
            if percent > furthest:
                furthest = min(percent, 100.0)
                progress.advance(start + (end - start) * furthest / 100.0)

    thread = threading.Thread(target=poll, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    progress.advance(end)

"""Progress on a terminal: one line a step with its name, its rows and a bar; nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lamsach.identity.progress import Progress, SilentProgress

if TYPE_CHECKING:
    from rich.progress import TaskID

__all__ = ["TerminalProgress", "terminal_progress"]


class TerminalProgress:
    """Draws the steps of a run with rich on a console of standard error."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - `--help` stays quick
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[rows]}"),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None

    def start(self) -> None:
        """Begin to draw."""
        self._bars.start()

    def stop(self) -> None:
        """Draw no more and leave the lines of the finished steps."""
        self._bars.stop()

    def step(self, name: str, number: int, of: int, rows: int | None) -> None:
        """Open a line for a step."""
        self._task = self._bars.add_task(f"{number:>2}/{of} {name}", total=1.0, rows=_rows(rows))

    def advance(self, fraction: float) -> None:
        """Lengthen the bar of the step at hand."""
        if self._task is not None:
            self._bars.update(self._task, completed=fraction)

    def done(self, rows: int | None) -> None:
        """Fill the bar of the step at hand."""
        if self._task is not None:
            self._bars.update(self._task, completed=1.0)
            if rows is not None:
                self._bars.update(self._task, rows=_rows(rows))
            self._bars.stop_task(self._task)
            self._task = None


def _rows(rows: int | None) -> str:
    """A number of rows for the end of a line.

    >>> _rows(82_300_000), _rows(None)
    ('82,300,000 rows', '')
    """
    return "" if rows is None else f"{rows:,} rows"


@contextmanager
def terminal_progress() -> Iterator[Progress]:
    """A listener that draws while the block runs, if standard error is a terminal."""
    if not sys.stderr.isatty():
        yield SilentProgress()
        return
    progress = TerminalProgress()
    progress.start()
    try:
        yield progress
    finally:
        progress.stop()

"""Workspace: the folder and embedded database in which the steps of a run leave their results.

A finished step is a row in `steps`, written in the step's own transaction: after a kill the run
goes on from the last finished step. This room knows nothing of what a step does.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from lamsach.identity.errors import ResourceError
from lamsach.identity.progress import Progress, watching

#: What DuckDB says when another process holds the file; such a file is neither old nor damaged.
_IN_USE: Final = "Conflicting lock is held"


@dataclass(slots=True)
class StepCounter:
    """Which step of how many a run is at, over all its workspaces."""

    of: int
    at: int = 0

    def next(self) -> int:
        """The number of the step that begins now, from 1."""
        self.at += 1
        return self.at


class Workspace:
    """One DuckDB file with steps that are done once.

    `identity` names what the results rest on (inputs, versions, options): a workspace that was
    made for something else is emptied first.
    """

    def __init__(
        self,
        file: Path,
        *,
        identity: str,
        threads: int,
        memory_limit: str,
        progress: Progress,
        steps: StepCounter,
        attach: dict[str, Path] | None = None,
    ) -> None:
        self.file = file
        self.progress = progress
        self.steps = steps
        #: (step, seconds, peak resident bytes so far) of the steps done now
        self.stages: list[tuple[str, float, int]] = []
        spill = file.parent / "spill"
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.connection = self._open(identity)
        self.connection.execute(f"set threads = {threads}")
        self.connection.execute(f"set memory_limit = '{memory_limit}'")
        self.connection.execute(f"set temp_directory = '{_quoted(spill)}'")
        self.connection.execute("set preserve_insertion_order = false")
        self.connection.execute("set enable_progress_bar = false")
        self.connection.execute("set autoinstall_known_extensions = false")
        self.connection.execute("set autoload_known_extensions = false")
        for name, path in (attach or {}).items():
            self.connection.execute(f"attach '{_quoted(path)}' as {name} (read_only)")
        file.chmod(0o600)

    def _open(self, identity: str) -> duckdb.DuckDBPyConnection:
        try:
            connection, known = self._connect()
        except duckdb.Error as error:  # made by another version, or damaged
            if _IN_USE in str(error):
                raise ResourceError(
                    "another run is at work in this folder",
                    where=str(self.file.parent),
                    advice="wait until it has ended, or choose another folder",
                ) from error
        else:
            if known is None:
                connection.execute("insert into purpose values (?)", [identity])
            if known in (None, identity):
                return connection
            connection.close()
        for leftover in (self.file, self.file.with_name(self.file.name + ".wal")):
            leftover.unlink(missing_ok=True)
        connection, _ = self._connect()
        connection.execute("insert into purpose values (?)", [identity])
        return connection

    def _connect(self) -> tuple[duckdb.DuckDBPyConnection, str | None]:
        """The database with its own two tables, and what its results rest on if it has any."""
        connection = duckdb.connect(str(self.file))
        try:
            connection.execute("create table if not exists steps (name varchar, seconds double)")
            connection.execute("create table if not exists purpose (identity varchar)")
            known = connection.execute("select identity from purpose").fetchone()
        except duckdb.Error:
            connection.close()
            raise
        return connection, known[0] if known else None

    def is_done(self, name: str) -> bool:
        """True when the step was finished, now or in an earlier run."""
        rows = self.connection.execute("select 1 from steps where name = ?", [name]).fetchall()
        return bool(rows)

    def step(self, name: str, work: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
        """Run a step once; its tables and its mark are committed together."""
        number = self.steps.next()
        if self.is_done(name):
            return
        started = time.monotonic()
        self.progress.step(name, number, self.steps.of, None)
        self.connection.execute("begin")
        try:
            with watching(self.connection, self.progress):
                work(self.connection)
            elapsed = time.monotonic() - started
            self.connection.execute("insert into steps values (?, ?)", [name, elapsed])
            self.connection.execute("commit")
        except BaseException:
            self.connection.execute("rollback")
            raise
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self.stages.append((name, round(elapsed, 3), peak))
        self.progress.done(None)

    def value(self, query: str, parameters: list[Any] | None = None) -> Any:
        """The one value that a query returns."""
        rows = self.connection.execute(query, parameters or []).fetchall()
        return rows[0][0] if rows else None

    def close(self) -> None:
        """Close the database; what the steps left stays for the next run."""
        self.connection.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

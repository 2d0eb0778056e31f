"""Deduplicate: find persons who are recorded more than once, without a register.

The steps read like the work: read the records, bring together those that share something, compare
them field by field, learn what the evidence weighs, weigh it, decide, write. Nothing here knows
what the records are kept for; events that two records share are evidence whatever they are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb

from lamsach import __version__
from lamsach.identity.deduplicate import write
from lamsach.identity.deduplicate.blocks import find_pairs
from lamsach.identity.deduplicate.compare import compare_pairs
from lamsach.identity.deduplicate.decide import VERDICTS, decide_pairs
from lamsach.identity.deduplicate.events import EventSource, read_events
from lamsach.identity.deduplicate.records import read_records
from lamsach.identity.deduplicate.weigh import weigh_pairs
from lamsach.identity.engine.terms import count_terms
from lamsach.identity.engine.workspace import StepCounter, Workspace
from lamsach.identity.outputs import OutputDirectory
from lamsach.identity.progress import Progress, SilentProgress
from lamsach.identity.rules import RULES_VERSION
from lamsach.identity.tables import PERSONS_SCHEMA, open_table

__all__ = ["EventSource", "Options", "Summary", "deduplicate"]

#: The version of the evidence and its weights: what another made is made anew.
DEDUPLICATE_VERSION: Final = "1"
STEPS: Final = 11
_FILES: Final = ("clusters.parquet", "pairs.parquet", "model.json", "summary.json")


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes about its work; `threshold`: probability from which a pair is a match."""

    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    memory_limit: str = "12GB"
    temp_dir: Path | None = None
    threshold: float = 0.99


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run found: records, persons, clusters of several records, pairs by verdict."""

    records: int
    persons: int
    clusters: int
    pairs: Mapping[str, int]
    seconds: float


def deduplicate(
    persons: Sequence[str],
    out: Path,
    events: EventSource | None = None,
    options: Options | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Find who is recorded more than once in `persons`, into the folder `out` (contracts §2).

    `persons`: Parquet or CSV files or globs with the columns of PERSONS. Raises `InputError` for
    what cannot be read and `ResourceError` for a full disk or too little memory. An unchanged run
    is not repeated; a killed one goes on from its last finished step.
    """
    return _Run(persons, out, events, options or Options(), progress or SilentProgress()).run()


class _Run:
    """One run: what it rests on, where its workspace lies, what its steps are given."""

    def __init__(
        self,
        persons: Sequence[str],
        out: Path,
        events: EventSource | None,
        options: Options,
        progress: Progress,
    ) -> None:
        self.persons, self.events = persons, events
        self.out, self.options, self.progress = out, options, progress
        self.started = time.monotonic()
        self.folder = (options.temp_dir or out / ".work").absolute()

    def run(self) -> Summary:
        identity = self._identity()
        known = self._unchanged(identity)
        if known is not None:
            return known
        with OutputDirectory(self.out) as output:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with Workspace(
                self.folder / "duplicates.duckdb",
                identity=identity,
                threads=self.options.threads,
                memory_limit=self.options.memory_limit,
                progress=self.progress,
                steps=StepCounter(STEPS + (self.events is not None)),
            ) as workspace:
                model = self._answer(workspace)
                summary = self._write(workspace, output, model, identity)
                file = workspace.file
        # What was answered needs the work no longer; it is as secret as the inputs.
        for leftover in (file, file.with_name(file.name + ".wal")):
            leftover.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # another run's work may lie there
            self.folder.rmdir()
        return summary

    def _identity(self) -> str:
        with duckdb.connect() as opening:
            prints = [open_table(opening, PERSONS_SCHEMA, self.persons, "persons_in").fingerprint]
            if self.events is not None:
                table = open_table(opening, self.events.schema, self.events.sources, "events_in")
                prints.append(table.fingerprint)
        parts = [__version__, RULES_VERSION, DEDUPLICATE_VERSION, self.options.threshold, *prints]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _unchanged(self, identity: str) -> Summary | None:
        """The summary of an earlier run on the same inputs whose files are all as it left them."""
        try:
            told = json.loads((self.out / "summary.json").read_text(encoding="utf-8"))
            sizes = {name: (self.out / name).stat().st_size for name in told["bytes"]}
        except (OSError, ValueError, KeyError):
            return None
        if told.get("identity") != identity or sizes != told["bytes"]:
            return None
        return Summary(**{**told["found"], "seconds": time.monotonic() - self.started})

    def _answer(self, workspace: Workspace) -> str:
        connection = workspace.connection
        read_records(workspace, open_table(connection, PERSONS_SCHEMA, self.persons, "persons_in"))
        if self.events is not None:
            table = open_table(connection, self.events.schema, self.events.sources, "events_in")
            read_events(workspace, table, self.events.columns)
        with_events = self.events is not None
        find_pairs(workspace, with_events)
        compare_pairs(workspace, with_events)
        count_terms(workspace, "found")
        model = weigh_pairs(workspace, with_events)
        decide_pairs(workspace, self.options.threshold)
        return model.to_json()

    def _write(
        self, workspace: Workspace, output: OutputDirectory, model: str, identity: str
    ) -> Summary:
        connection = workspace.connection
        clusters, pairs, learned, summary = (output.file(name) for name in _FILES)
        write.write_clusters(connection, clusters)
        write.write_pairs(connection, pairs)
        learned.write_text(model, encoding="utf-8")
        records, persons, several = connection.execute(
            """
            select (select count(*) from records),
              (select count(*) from records) - count(*) + count(distinct label),
              (select count(*) from (select label from labels group by label having count(*) > 1))
            from labels
            """
        ).fetchall()[0]
        verdicts = connection.execute("select verdict, count(*) from decided group by 1").fetchall()
        found: dict[str, Any] = {
            "records": records,
            "persons": persons,
            "clusters": several,
            "pairs": {**dict.fromkeys(VERDICTS, 0), **dict(verdicts)},
        }
        told = {
            "identity": identity,
            "found": found,
            "bytes": {file.name: file.stat().st_size for file in (clusters, pairs, learned)},
            "versions": {"engine": __version__, "rules": RULES_VERSION},
            "stages": [
                {"name": name, "seconds": seconds, "peak_memory_bytes": peak}
                for name, seconds, peak in workspace.stages
            ],
            "seconds": round(time.monotonic() - self.started, 3),
            "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
        summary.write_text(json.dumps(told, indent=1), encoding="utf-8")
        return Summary(**found, seconds=time.monotonic() - self.started)

"""The engine: authenticate a nation's records against its register, and propose what is right.

The steps read like the procedure: read and check, prepare keys, compare as written, explain those
whose number is found, find the others, weigh, decide, write.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import duckdb
from pyarrow import parquet

from lamsach import __version__
from lamsach.identity.engine import change, evidence, write
from lamsach.identity.engine.answer import answer
from lamsach.identity.engine.model import Model
from lamsach.identity.engine.persons import check_persons
from lamsach.identity.engine.register import PREPARED_VERSION, prepare_register
from lamsach.identity.engine.workspace import StepCounter, Workspace
from lamsach.identity.outputs import OutputDirectory
from lamsach.identity.progress import Progress, SilentProgress
from lamsach.identity.rules import RULES_VERSION
from lamsach.identity.summary import write_summary
from lamsach.identity.tables import (
    PERSONS_SCHEMA,
    REGISTER_SCHEMA,
    InputTable,
    Schema,
    open_table,
)

__all__ = ["Options", "Summary", "authenticate"]

#: Steps of a whole run, and of one that answers a change.
STEPS: Final = 18
CHANGE_STEPS: Final = 16


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes about its work (contracts §1)."""

    side: Literal["police", "health"] = "police"
    engine: Literal["duckdb"] = "duckdb"
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    memory_limit: str = "12GB"
    temp_dir: Path | None = None
    units: Literal["2022", "2025"] = "2022"
    threshold: float = 0.99
    candidates: bool = True


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run found: persons by outcome, seconds, and the page that shows it."""

    counts: Mapping[str, int]
    seconds: float
    html: Path


def authenticate(
    persons: Sequence[str],
    register: Sequence[str],
    out: Path,
    options: Options | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Authenticate PERSONS against REGISTER into the folder `out` (contracts §1).

    `persons`, `register`: Parquet or CSV files or globs. Raises `InputError` for what cannot be
    read and `ResourceError` for a full disk or too little memory. An unchanged run is not
    repeated; a killed one goes on from its last finished step.
    """
    return _Run(persons, register, out, options or Options(), progress or SilentProgress()).run()


class _Run:
    """One run: where its workspaces lie and what each step is given."""

    def __init__(
        self,
        persons: Sequence[str],
        register: Sequence[str],
        out: Path,
        options: Options,
        progress: Progress,
    ) -> None:
        self.sources = (persons, register)
        self.out, self.options, self.progress = out, options, progress
        self.started, self.started_at = time.monotonic(), datetime.now(UTC)
        # Beside the output, not in it: an output made for the health side is handed over.
        beside = out.absolute().with_name(out.absolute().name + ".work")
        self.folder = (options.temp_dir or beside).absolute()
        self.steps = StepCounter(STEPS)
        self.stages: list[tuple[str, float, int]] = []

    def run(self) -> Summary:
        with duckdb.connect() as opening:
            # Both are looked at before any work: a wrong path should not cost an hour.
            tables = (
                open_table(opening, PERSONS_SCHEMA, self.sources[0], "persons_input"),
                open_table(opening, REGISTER_SCHEMA, self.sources[1], "register_input"),
            )
        register_identity = _identity(PREPARED_VERSION, tables[1].fingerprint)
        options = {
            "threshold": self.options.threshold,
            "units": self.options.units,
            "engine": self.options.engine,
        }
        kind = _identity(__version__, RULES_VERSION, PREPARED_VERSION, options)
        run_identity = _identity(kind, tables[0].fingerprint, register_identity)
        written = _identity(run_identity, self.options.side, self.options.candidates)
        if (summary := self._finished(written)) is not None:
            return summary
        with OutputDirectory(self.out) as output:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            base = change.find_base(self._file("run"), self._file("register"), kind)
            if base is not None and base.run != run_identity:
                summary = self._answer_change(
                    base, output, run_identity, register_identity, written
                )
                if summary is not None:
                    return summary
            self.steps = StepCounter(STEPS)
            with self._workspace("register", register_identity) as workspace:
                register = self._open(workspace, REGISTER_SCHEMA)
                prepare_register(workspace, register)
                self.stages += workspace.stages
            attached = {"register": self._file("register")}
            with self._workspace("run", run_identity, attached) as workspace:
                persons = self._open(workspace, PERSONS_SCHEMA)
                check_persons(workspace, persons)
                model = answer(workspace, self.options.threshold)
                change.mark_finished(workspace, kind, register_identity)
                self._file("change").unlink(missing_ok=True)
                self.stages += workspace.stages
                write.show_answers(workspace.connection, [write.OWN])
                return self._write(
                    workspace, output, model, (persons, register), written, [write.OWN]
                )

    def _answer_change(
        self,
        base: change.Base,
        output: OutputDirectory,
        run_identity: str,
        register_identity: str,
        written: str,
    ) -> Summary | None:
        """Answer from the last whole run; None when so much changed that a new one is better."""
        self.steps = StepCounter(CHANGE_STEPS)
        same_register = base.register == register_identity
        attached = {
            "base": self._file("run"),
            "register" if same_register else "base_register": self._file("register"),
        }
        with self._workspace("change", run_identity, attached) as workspace:
            register = self._open(workspace, REGISTER_SCHEMA)
            persons = self._open(workspace, PERSONS_SCHEMA)
            if not change.find_changes(workspace, persons, register, same_register=same_register):
                return None
            model = answer(workspace, self.options.threshold, base.model)
            self.stages += workspace.stages
            parts = [write.KEPT, write.OWN]
            write.show_answers(workspace.connection, parts)
            return self._write(workspace, output, model, (persons, register), written, parts)

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.duckdb"

    def _finished(self, written: str) -> Summary | None:
        """What an earlier run left when nothing has changed since; nothing else is looked at."""
        try:
            summary = json.loads((self.out / "summary.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        names = ["results.parquet", "summary.html"]
        if self.options.side == "police":
            names += ["model.json", *(["candidates.parquet"] if self.options.candidates else [])]
        if summary.get("run") != written or not all((self.out / n).is_file() for n in names):
            return None
        return self._summary(summary)

    def _summary(self, summary: Mapping[str, Any]) -> Summary:
        counts = summary["outcomes" if self.options.side == "police" else "answers"]
        seconds = time.monotonic() - self.started
        return Summary(counts=counts, seconds=seconds, html=self.out / "summary.html")

    def _open(self, workspace: Workspace, schema: Schema) -> InputTable:
        index, view = (0, "persons_input") if schema is PERSONS_SCHEMA else (1, "register_input")
        return open_table(workspace.connection, schema, self.sources[index], view)

    def _workspace(
        self, name: str, identity: str, attach: dict[str, Path] | None = None
    ) -> Workspace:
        return Workspace(
            self._file(name),
            identity=identity,
            threads=self.options.threads,
            memory_limit=self.options.memory_limit,
            progress=self.progress,
            steps=self.steps,
            attach=attach,
        )

    def _write(
        self,
        workspace: Workspace,
        output: OutputDirectory,
        model: Model,
        inputs: tuple[InputTable, InputTable],
        written: str,
        parts: Sequence[write.Part],
    ) -> Summary:
        connection = workspace.connection
        police = self.options.side == "police"
        results = output.file("results.parquet")
        write.write_results(connection, self.options.side, results)
        if police and self.options.candidates:
            write.write_candidates(connection, parts, output.file("candidates.parquet"))
            evidence.write_evidence(connection, parts, output.file("evidence.parquet"))
        else:
            output.drop("candidates.parquet")
            output.drop("evidence.parquet")
        if police:
            output.file("model.json").write_text(model.to_json(), encoding="utf-8")
        else:
            output.drop("model.json")
        rows = (
            parquet.read_metadata(results).num_rows,
            workspace.value("select count(*) from register.people"),
        )
        summary = write_summary(
            connection,
            results,
            "answers",
            out_json=output.file("summary.json"),
            out_html=output.file("summary.html"),
            meta={
                "run": written,
                "inputs": {
                    name: {"paths": [str(Path(f.path).absolute()) for f in table.files], "rows": n}
                    for name, table, n in zip(("persons", "register"), inputs, rows, strict=True)
                    if police or name == "persons"
                },
                "options": {**asdict(self.options), "temp_dir": None},
                "versions": {
                    "engine": __version__,
                    "rules": RULES_VERSION,
                    "model": model.version,
                    "duckdb": duckdb.__version__,
                },
                "stages": [
                    {"name": name, "seconds": spent, "peak_memory_bytes": peak}
                    for name, spent, peak in self.stages
                ],
                "seconds": round(time.monotonic() - self.started, 3),
                "started_at": self.started_at.isoformat(timespec="seconds"),
                "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            },
            counts=write.answers_by_place(connection, parts, self.options.side),
            codes=write.codes_by_place(connection) if police else None,
        )
        return self._summary(summary)


def _identity(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()

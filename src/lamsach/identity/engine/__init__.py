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

from lamsach import __version__
from lamsach.identity.engine import decide, evidence, learn, write
from lamsach.identity.engine.compare import compare_pairs
from lamsach.identity.engine.model import Model
from lamsach.identity.engine.persons import check_persons
from lamsach.identity.engine.register import PREPARED_VERSION, prepare_register
from lamsach.identity.engine.search import find_candidates, find_owners
from lamsach.identity.engine.terms import count_terms
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

STEPS: Final = 20


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
        run_identity = _identity(
            __version__, RULES_VERSION, tables[0].fingerprint, register_identity, options
        )
        written = _identity(run_identity, self.options.side, self.options.candidates)
        if (summary := self._finished(written)) is not None:
            return summary
        with OutputDirectory(self.out) as output:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._workspace("register", register_identity) as workspace:
                register = self._open(workspace, REGISTER_SCHEMA)
                prepare_register(workspace, register)
                self.stages += workspace.stages
                register_file = workspace.file
            with self._workspace("run", run_identity, {"register": register_file}) as workspace:
                persons = self._open(workspace, PERSONS_SCHEMA)
                model = self._answer(workspace, persons)
                self.stages += workspace.stages
                return self._write(workspace, output, model, (persons, register), written)

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
            self.folder / f"{name}.duckdb",
            identity=identity,
            threads=self.options.threads,
            memory_limit=self.options.memory_limit,
            progress=self.progress,
            steps=self.steps,
            attach=attach,
        )

    def _answer(self, workspace: Workspace, persons: InputTable) -> Model:
        check_persons(workspace, persons)
        find_owners(workspace)
        compare_pairs(workspace, "owners")
        people = max(int(workspace.value("select people from register.totals")), 1)

        def owners(connection: duckdb.DuckDBPyConnection) -> None:
            owner = learn.complete_owner(learn.learn_owner(connection))
            decide.weigh_owners(connection, owner, people)
            decide.choose_searched(connection)
            model = Model(register_people=people, owner=owner, search=learn.NO_SEARCH)
            connection.execute(
                "create or replace table owner_model as select ? as json", [model.to_json()]
            )

        workspace.step("explain those whose number is found", owners)
        find_candidates(workspace)
        compare_pairs(workspace, "found")
        count_terms(workspace, "found")

        def weigh(connection: duckdb.DuckDBPyConnection) -> None:
            text = connection.execute("select json from owner_model").fetchall()[0][0]
            owner = Model.from_json(text).owner
            search = learn.learn_search(connection, owner, people)
            model = Model(register_people=people, owner=owner, search=search)
            connection.execute(
                "create or replace table model as select ? as json", [model.to_json()]
            )
            decide.weigh_candidates(connection, model)

        workspace.step("weigh the evidence", weigh)
        model = Model.from_json(workspace.value("select json from model"))

        def decided(connection: duckdb.DuckDBPyConnection) -> None:
            decide.decide(connection, model, self.options.threshold)
            write.describe_pairs(connection)
            evidence.take_apart(connection, model)

        workspace.step("decide", decided)
        return model

    def _write(
        self,
        workspace: Workspace,
        output: OutputDirectory,
        model: Model,
        inputs: tuple[InputTable, InputTable],
        written: str,
    ) -> Summary:
        connection = workspace.connection
        police = self.options.side == "police"
        results = output.file("results.parquet")
        write.write_results(connection, self.options.side, results)
        if police and self.options.candidates:
            write.write_candidates(connection, output.file("candidates.parquet"))
            evidence.write_evidence(connection, output.file("evidence.parquet"))
        else:
            output.drop("candidates.parquet")
            output.drop("evidence.parquet")
        if police:
            output.file("model.json").write_text(model.to_json(), encoding="utf-8")
        else:
            output.drop("model.json")
        rows = (
            workspace.value("select count(*) from checked"),
            workspace.value("select people from register.totals"),
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
            counts=write.answers_by_place(connection, self.options.side),
            codes=write.codes_by_place(connection) if police else None,
        )
        return self._summary(summary)


def _identity(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()

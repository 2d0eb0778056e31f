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
from pathlib import Path
from typing import Any, Final, Literal

import duckdb

from lamsach import __version__
from lamsach.identity.engine import decide, learn, write
from lamsach.identity.engine.compare import compare_pairs
from lamsach.identity.engine.model import Model, Owner
from lamsach.identity.engine.persons import check_persons
from lamsach.identity.engine.register import PREPARED_VERSION, prepare_register
from lamsach.identity.engine.search import find_candidates, find_owners
from lamsach.identity.engine.terms import count_terms
from lamsach.identity.engine.workspace import StepCounter, Workspace
from lamsach.identity.outputs import OutputDirectory
from lamsach.identity.progress import Progress, SilentProgress
from lamsach.identity.rules import RULES_VERSION
from lamsach.identity.summary import write_summary
from lamsach.identity.tables import PERSONS_SCHEMA, REGISTER_SCHEMA, InputTable, open_table

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
    options = options or Options()
    started = time.monotonic()
    with duckdb.connect() as opening:
        tables = (
            open_table(opening, PERSONS_SCHEMA, persons, "persons_input"),
            open_table(opening, REGISTER_SCHEMA, register, "register_input"),
        )
    del tables
    return _Run(persons, register, out, options, progress or SilentProgress(), started).run()


class _Run:
    """One run: where its workspaces lie and what each step is given."""

    def __init__(
        self,
        persons: Sequence[str],
        register: Sequence[str],
        out: Path,
        options: Options,
        progress: Progress,
        started: float,
    ) -> None:
        self.sources = (persons, register)
        self.out, self.options, self.progress, self.started = out, options, progress, started
        self.folder = (options.temp_dir or out / ".work").absolute()
        self.steps = StepCounter(STEPS)

    def run(self) -> Summary:
        with OutputDirectory(self.out) as output:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            register, register_file, prepared = self._prepare_register()
            with self._workspace(
                "run",
                "run",
                {"register": register_file},
            ) as workspace:
                persons = open_table(
                    workspace.connection, PERSONS_SCHEMA, self.sources[0], "persons_input"
                )
                model = self._answer(workspace, persons)
                return self._write(workspace, output, model, persons, register, prepared)

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

    def _prepare_register(self) -> tuple[InputTable, Path, list[tuple[str, float, int]]]:
        with duckdb.connect() as opening:
            fingerprint = open_table(
                opening, REGISTER_SCHEMA, self.sources[1], "register_input"
            ).fingerprint
        identity = _identity("register", PREPARED_VERSION, fingerprint)
        with self._workspace("register", identity) as workspace:
            register = open_table(
                workspace.connection, REGISTER_SCHEMA, self.sources[1], "register_input"
            )
            prepare_register(workspace, register)
            return register, workspace.file, list(workspace.stages)

    def _answer(self, workspace: Workspace, persons: InputTable) -> Model:
        check_persons(workspace, persons)
        find_owners(workspace)
        compare_pairs(workspace, "owners")
        people = int(workspace.value("select people from register.totals"))

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

        workspace.step("decide", decided)
        return model

    def _write(
        self,
        workspace: Workspace,
        output: OutputDirectory,
        model: Model,
        persons: InputTable,
        register: InputTable,
        prepared: list[tuple[str, float, int]],
    ) -> Summary:
        connection = workspace.connection
        results = output.file("results.parquet")
        write.write_results(connection, self.options.side, results)
        if self.options.side == "police":
            if self.options.candidates:
                write.write_candidates(connection, output.file("candidates.parquet"))
            output.file("model.json").write_text(model.to_json(), encoding="utf-8")
        stages = [
            {"name": name, "seconds": spent, "peak_memory_bytes": peak}
            for name, spent, peak in [*prepared, *workspace.stages]
        ]
        police = self.options.side == "police"
        summary = write_summary(
            connection,
            results,
            "answers",
            out_json=output.file("summary.json"),
            out_html=output.file("summary.html"),
            meta={
                "inputs": {"persons": _input(persons), "register": _input(register)},
                "options": {**asdict(self.options), "temp_dir": None},
                "versions": {"engine": __version__, "rules": RULES_VERSION},
                "stages": stages,
                "seconds": round(time.monotonic() - self.started, 3),
                "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            },
            counts=write.answers_by_place(connection, self.options.side),
            codes=write.codes_by_place(connection) if police else None,
        )
        return Summary(
            counts=summary["outcomes" if police else "answers"],
            seconds=time.monotonic() - self.started,
            html=self.out / "summary.html",
        )


def _input(table: InputTable) -> dict[str, Any]:
    return {"paths": [str(Path(f.path).absolute()) for f in table.files], "rows": table.rows}


def _identity(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()

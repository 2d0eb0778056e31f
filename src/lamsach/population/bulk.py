"""Runs: the engine asked about all records of a file, its answers logged, proposed and signed.

Columns from file to file; the statements alone are made one by one. Records are told in parts, each
with its log and its proposals in one transaction. A run that was broken off goes on:
the engine from its last step, the parts from what the log holds of the job. The answers to a run
are the same as to single questions; so are the limits on guessing, by office.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lamsach.identity.engine import authenticate
from lamsach.ledger.actions import action
from lamsach.population import bulk_limits, limits
from lamsach.population.asking import present_version
from lamsach.population.bulk_gathering import gather, make_ready
from lamsach.population.bulk_logging import log_part
from lamsach.population.bulk_signing import sign_many
from lamsach.population.database import register_database
from lamsach.population.extract import engine_options, keep_model, prepared_alone
from lamsach.population.grounds import ground_of, note_groundless
from lamsach.population.keys import identity_signer, keyed
from lamsach.population.messages import BulkResult, QuestionError
from lamsach.population.models import LegalGround, RegisterVersion
from lamsach.population.terms import Who, actor_of

__all__ = ["ask_in_bulk"]

#: Records of one transaction.
_PART: Final = 50_000
_ANSWERS: Final = pa.schema(
    [
        ("reference", pa.string()),
        ("answer", pa.string()),
        ("statement", pa.binary()),
        ("signature", pa.binary()),
        ("salt", pa.binary()),
    ]
)


def ask_in_bulk(
    persons: Path, answers: Path, *, actor: str, office: str, purpose: str, job: str
) -> BulkResult:
    """See `gateway.ask_in_bulk`."""
    who = Who(actor, office, purpose, job)
    version = present_version()
    _check_references(persons)
    ground = ground_of(purpose)
    if version is None or ground is None or limits.is_stopped(actor=actor, office=office):
        refused = _refuse_all(persons, answers)
        if ground is None:
            with action(using=register_database()) as act:
                note_groundless(
                    act,
                    actor=actor_of(actor),
                    office=office,
                    purpose=purpose,
                    questions=refused.counts["refused"],
                    job=job,
                )
        return refused
    with prepared_alone(version) as folder:
        run = folder / "runs" / keyed(b"run", job)[:8].hex()
        run.parent.mkdir(mode=0o700, exist_ok=True)
        authenticate(
            [str(persons)], [str(folder / "register.parquet")], run, engine_options(version)
        )
        work = run / "work.duckdb"
        work.unlink(missing_ok=True)
        with duckdb.connect(str(work)) as connection:
            rows = gather(connection, persons, run, who)
            keep_model(version, run, rows)
            bulk_limits.refuse_guesses(connection, who, folder / "engine")
            make_ready(connection, who)
            counts = _answer(connection, who, version, ground, answers)
        shutil.rmtree(run)
        for name in ("run.duckdb", "change.duckdb"):  # they hold what was asked
            (folder / "engine" / name).unlink(missing_ok=True)
    return BulkResult(counts, ground.text)


def _check_references(persons: Path) -> None:
    with duckdb.connect() as connection:
        odd = connection.execute(
            "select count(*) from read_parquet(?)"
            " where person_id is distinct from cast(try_cast(person_id as uuid) as varchar)",
            [str(persons)],
        ).fetchall()
    if odd[0][0]:
        raise QuestionError(f"{odd[0][0]} references of a run are no UUIDs")


def _refuse_all(persons: Path, answers: Path) -> BulkResult:
    references = pq.read_table(persons, columns=["person_id"])["person_id"].cast(pa.string())
    with _Answers(answers) as writer:
        nobody = pa.nulls(len(references), pa.binary())
        refused = pa.repeat("refused", len(references))
        columns = [references, refused, nobody, nobody, nobody]
        writer.write(pa.table(columns, schema=_ANSWERS))
    return BulkResult({"refused": len(references)})


def _answer(
    connection: duckdb.DuckDBPyConnection,
    who: Who,
    version: RegisterVersion,
    ground: LegalGround,
    answers: Path,
) -> dict[str, int]:
    """Log, propose and sign part by part; how many were answered how."""
    counts: Counter[str] = Counter()
    rows = connection.execute("select count(*) from told").fetchall()[0][0]
    with _Answers(answers) as writer:
        for begin in range(0, rows, _PART):
            logged = _log(connection, begin, who, version, ground)
            counts.update(_counted(logged["answer"]))
            writer.write(_signed(logged, who))
    return dict(counts)


def _log(
    connection: duckdb.DuckDBPyConnection,
    begin: int,
    who: Who,
    version: RegisterVersion,
    ground: LegalGround,
) -> pa.Table:
    part = connection.sql(
        f"from told where row >= {begin} and row < {begin + _PART} order by row"
    ).to_arrow_table()
    return log_part(part, who, version, ground)


def _signed(logged: pa.Table, who: Who) -> pa.Table:
    """The answers of a part, with a statement, its signature and salt for each that is right."""
    is_right = pc.equal(logged["answer"], "right")
    signed = sign_many(identity_signer(), logged.filter(is_right), who.purpose)
    # A row's place among those that are right, null for the others.
    counted = pc.cumulative_sum(is_right.cast(pa.int64()))
    places = pc.if_else(is_right, pc.subtract(counted, 1), pa.scalar(None, pa.int64()))
    columns = [column.take(places) for column in signed]
    return pa.table([logged["reference"], logged["answer"], *columns], schema=_ANSWERS)


def _counted(column: pa.ChunkedArray) -> dict[str, int]:
    return {one["values"]: one["counts"] for one in column.value_counts().to_pylist()}


class _Answers:
    """A Parquet file for its owner alone that appears under its name when it is whole."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._beside = file.with_name(f".{file.name}.new")

    def __enter__(self) -> Any:
        self._beside.unlink(missing_ok=True)
        descriptor = os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._target = os.fdopen(descriptor, "wb")
        self._writer = pq.ParquetWriter(self._target, _ANSWERS, compression="zstd")
        return self._writer

    def __exit__(self, kind: object, *_error: object) -> None:
        self._writer.close()
        self._target.close()
        if kind is None:
            self._beside.replace(self._file)
        else:
            self._beside.unlink()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

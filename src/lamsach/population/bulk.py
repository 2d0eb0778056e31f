"""Runs: the engine asked about all records of a file, its answers logged, proposed and signed.

Columns from file to file; what must be done row by row (keyed digests, statements) is done in
parts, each with its log and its proposals in one transaction. A run that was broken off goes on:
the engine from its last step, the parts from what the log holds of the job. The answers to a run
are the same as to single questions; so are the limits on guessing, by office.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import connections

from lamsach.clock import now
from lamsach.identity.engine import authenticate
from lamsach.ledger.actions import action
from lamsach.ledger.verbs import Verb
from lamsach.population import bulk_limits, limits
from lamsach.population.asking import present_version
from lamsach.population.bulk_signing import Signed, Signing, Wanted, signing
from lamsach.population.copying import copy_table
from lamsach.population.database import register_database
from lamsach.population.extract import engine_options, keep_model, prepared_alone
from lamsach.population.grounds import ground_of, note_groundless
from lamsach.population.keys import fields_digest, identity_signer, keyed, statement_salt
from lamsach.population.messages import BulkResult, QuestionError
from lamsach.population.models import LegalGround, LoggedQuestion, ProposalRow, RegisterVersion
from lamsach.population.proposing import household_key
from lamsach.population.statements import FIELDS
from lamsach.population.terms import Who, actor_of

__all__ = ["ask_in_bulk"]

#: Records of one transaction.
_PART: Final = 50_000
_LOG: Final = LoggedQuestion._meta.db_table
_PROPOSALS: Final = ProposalRow._meta.db_table
_ANSWERS: Final = pa.schema(
    [
        ("reference", pa.string()),
        ("answer", pa.string()),
        ("statement", pa.binary()),
        ("signature", pa.binary()),
        ("salt", pa.binary()),
    ]
)
_ASKED: Final = (
    "full_name", "birth_date", "sex", "personal_id", "commune_code", "phone", "office",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Logged:
    """How a record's question stands in the log."""

    answer: str
    at: datetime
    version: str


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
            rows = _gather(connection, persons, run, who)
            keep_model(version, run, rows)
            bulk_limits.refuse_guesses(connection, who, folder / "engine")
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
    references = pq.read_table(persons, columns=["person_id"])["person_id"].to_pylist()
    with _Answers(answers) as writer:
        writer.write(_table(references, ["refused"] * len(references), {}))
    return BulkResult({"refused": len(references)})


def _gather(connection: duckdb.DuckDBPyConnection, persons: Path, run: Path, who: Who) -> int:
    """Tables `asked`, a row a record with its answer, and `proposed`; how many records there are.

    The answers are those that the health side may know (contracts, section 1).
    """
    source = f"read_parquet('{_quoted(persons)}')"
    described = connection.execute(f"describe select * from {source}").fetchall()
    there = {row[0] for row in described}
    columns = ", ".join(
        f"coalesce(cast(p.{name} as varchar), '') as {name}" if name in there else f"'' as {name}"
        for name in _ASKED
    )
    connection.execute(
        f"""
        create table asked as
        select row_number() over () - 1 as row, * replace (
          case when office = '' then ? else office end as office
        ), case when outcome = 'exempt' then 'exempt' when outcome = 'authenticated' then 'right'
            when full_name = '' or birth_date = '' or sex = '' then 'not_checkable'
            else 'wrong' end as answer
        from (
          select person_id as reference, {columns}, r.outcome, r.rivals
          from {source} p join read_parquet('{_quoted(run / "results.parquet")}') r
            using (person_id)
        )
        """,
        [who.office],
    )
    connection.execute(
        f"""
        create table proposed as
        select person_id as reference, cast(to_json(list({{
            number: cast(personal_id as bigint), probability: probability,
            differences: differences
          }} order by file_row_number)) as varchar) as candidates,
          first(personal_id order by file_row_number) as best
        from read_parquet('{_quoted(run / "candidates.parquet")}', file_row_number = true)
        group by person_id
        """
    )
    connection.execute(
        f"""
        create table communes as
        select b.reference, coalesce(g.commune_code, '') as commune
        from proposed b join read_parquet('{_quoted(run.parents[1] / "register.parquet")}') g
          on g.personal_id = b.best
        """
    )
    return int(connection.execute("select count(*) from asked").fetchall()[0][0])


def _answer(
    connection: duckdb.DuckDBPyConnection,
    who: Who,
    version: RegisterVersion,
    ground: LegalGround,
    answers: Path,
) -> dict[str, int]:
    """Log, propose and sign part by part; how many were answered how."""
    counts: Counter[str] = Counter()
    with _Answers(answers) as writer, signing(identity_signer()) as signer:
        pending: list[Callable[[], pa.Table]] = []  # a part is signed while the next is logged
        for part in _parts(connection):
            logged = _log(part, who, version, ground)
            told = [logged[one].answer for one in part["reference"]]
            counts.update(told)
            pending.append(_signed_table(part["reference"], told, part, logged, who, signer))
            if len(pending) > 1:
                writer.write(pending.pop(0)())
        for rest in pending:
            writer.write(rest())
    return dict(counts)


def _parts(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, list[Any]]]:
    """The records, some at a time, as columns."""
    rows = connection.execute("select count(*) from asked").fetchall()[0][0]
    for begin in range(0, rows, _PART):
        part = connection.sql(
            f"""
            select a.*, case when g.refused then 'refused' else a.answer end as reply,
              coalesce(g.probe, 0) as probe, coalesce(g.guess, 0) as guess,
              coalesce(p.candidates, '[]') as candidates, coalesce(c.commune, '') as commune
            from asked a
            left join guesses g using (row)
            left join proposed p using (reference)
            left join communes c using (reference)
            where a.row >= {begin} and a.row < {begin + _PART} order by a.row
            """
        )
        yield part.to_arrow_table().to_pydict()


def _log(
    part: Mapping[str, Sequence[Any]], who: Who, version: RegisterVersion, ground: LegalGround
) -> dict[str, _Logged]:
    """Log a part's questions and keep its proposals, in one transaction; what the log says."""
    moment = now()
    fields = [fields_digest(four).hex() for four in zip(*(part[f] for f in FIELDS), strict=True)]
    asked = pa.table(
        {"reference": part["reference"], "office": part["office"], "answer": part["reply"]}
        | {"fields": fields, "probe": part["probe"], "guess": part["guess"]}
    )
    asked = asked.filter(pc.not_equal(asked["answer"], "exempt"))
    using = register_database()
    with action(using=using) as act, connections[using].cursor() as cursor:
        cursor.execute(
            "create temporary table asked_now (reference uuid, office text, answer text,"
            " fields text, probe bigint, guess bigint) on commit drop"
        )
        copy_table(cursor, "asked_now", asked)
        before = _logged_before(cursor, who)
        cursor.execute(
            f"""
            insert into {_LOG} (job, reference, at, actor, office, purpose, answer, version_id,
              ground_id, fields, probe, guess)
            select %s, reference, %s, %s, office, %s, answer, %s, %s, decode(fields, 'hex'),
              probe, guess
            from asked_now
            """,
            [who.job, moment, who.actor, who.purpose, version.pk, ground.pk],
        )
        _propose(cursor, part, before, who, version, moment)
        new = {one: _Logged(one, moment, version.name) for one in set(part["reply"])}
        logged = {
            reference: before.get(reference) or new[answer]
            for reference, answer in zip(part["reference"], part["reply"], strict=True)
        }
        counts = Counter(one.answer for key, one in logged.items() if key not in before)
        counts.pop("exempt", None)
        cursor.execute("drop table asked_now")
        if counts:
            act.record(
                Verb.REGISTER_ASK,
                actor=actor_of(who.actor),
                office=who.office,
                purpose=who.purpose,
                subject=("job", who.job),
                facts={**counts, "ground": ground.text},
                job=who.job,
            )
    return logged


def _logged_before(cursor: Any, who: Who) -> dict[str, _Logged]:
    """What was answered to this job before it was broken off; `asked_now` keeps the rest."""
    cursor.execute(
        f"""
        delete from asked_now a using {_LOG} q where q.reference = a.reference and q.job = %s
        returning q.reference,
          case when q.fields = decode(a.fields, 'hex') then q.answer else 'refused' end,
          q.at, q.version_id
        """,
        [who.job],
    )
    rows = cursor.fetchall()
    versions = RegisterVersion.objects.using(register_database())
    names = {one.pk: one.name for one in versions.filter(pk__in={row[3] for row in rows})}
    return {
        str(reference): _Logged(answer, at, names.get(version, ""))
        for reference, answer, at, version in rows
    }


def _propose(
    cursor: Any,
    part: Mapping[str, Sequence[Any]],
    before: Collection[str],
    who: Who,
    version: RegisterVersion,
    moment: datetime,
) -> None:
    """Keep the proposals of what is wrong and drop those of what is right."""
    cursor.execute(
        f"delete from {_PROPOSALS} p using asked_now a"
        " where p.reference = a.reference and a.answer = 'right'"
    )
    cursor.execute(
        "create temporary table proposed_now (reference uuid, status text, candidates jsonb,"
        " rivals int, household text) on commit drop"
    )
    rows = [
        (reference, outcome, candidates, rivals, household_key(phone, commune))
        for reference, reply, outcome, candidates, rivals, phone, commune in zip(
            part["reference"], part["reply"], part["outcome"], part["candidates"], part["rivals"],
            part["phone"], part["commune"], strict=True,
        )
        if reply in ("wrong", "not_checkable") and reference not in before
    ]  # fmt: skip
    if rows:
        names = ("reference", "status", "candidates", "rivals", "household")
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
        copy_table(cursor, "proposed_now", pa.table(columns))
    cursor.execute(
        f"""
        insert into {_PROPOSALS} (reference, job, at, status, candidates, rivals, household,
          version_id)
        select reference, %s, %s, status, candidates, rivals, household, %s from proposed_now
        on conflict (reference) do update set job = excluded.job, at = excluded.at,
          status = excluded.status, candidates = excluded.candidates, rivals = excluded.rivals,
          household = excluded.household, version_id = excluded.version_id
        """,
        [who.job, moment, version.pk],
    )
    cursor.execute("drop table proposed_now")


def _signed_table(
    references: Sequence[str],
    told: Sequence[str],
    part: Mapping[str, Sequence[Any]],
    logged: Mapping[str, _Logged],
    who: Who,
    signer: Signing,
) -> Callable[[], pa.Table]:
    """The answers of a part, with a statement, its signature and salt for each that is right."""
    places = [place for place, answer in enumerate(told) if answer == "right"]
    wanted: list[Wanted] = []
    for place in places:
        reference = references[place]
        how = logged[reference]
        fields = tuple(part[name][place] for name in FIELDS)
        salt = statement_salt(who.job, reference)
        wanted.append((reference, salt, fields, who.purpose, how.version, how.at))
    signed = signer.begin(wanted)
    return lambda: _table(references, told, dict(zip(places, signed(), strict=True)))


def _table(
    references: Sequence[str],
    answers: Sequence[str],
    signed: Mapping[int, Signed],
) -> pa.Table:
    nothing = (None, None, None)
    three = [signed.get(place, nothing) for place in range(len(references))]
    return pa.table(
        [list(references), list(answers), *([row[i] for row in three] for i in range(3))],
        schema=_ANSWERS,
    )


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

"""A part of a run in the register's tables: questions logged, proposals kept, one transaction.

What a part's records were answered before its run was broken off stands in the log and is told
again. Columns in, columns out; knows neither engine nor statements.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connections

from lamsach.clock import now
from lamsach.ledger.actions import action
from lamsach.ledger.verbs import Verb
from lamsach.population.copying import copy_table
from lamsach.population.database import register_database
from lamsach.population.models import LegalGround, LoggedQuestion, ProposalRow, RegisterVersion
from lamsach.population.statements import as_said
from lamsach.population.terms import Who, actor_of

__all__ = ["log_part"]

_LOG: Final = LoggedQuestion._meta.db_table
_PROPOSALS: Final = ProposalRow._meta.db_table
_PROPOSED: Final = ("reference", "status", "candidates", "rivals", "household")
_WITHOUT_ANSWER: Final = pa.array(["wrong", "not_checkable"])


def log_part(part: pa.Table, who: Who, version: RegisterVersion, ground: LegalGround) -> pa.Table:
    """Log a part's questions and keep its proposals; the part with what the log says of each.

    `part`: rows of the run's table `told` in the order of references. Columns are added: `answer`,
    `at` and `version`, as statements say them.
    """
    moment, using = now(), register_database()
    with action(using=using) as act, connections[using].cursor() as cursor:
        before = _logged_before(cursor, part, who)
        known = pc.is_in(part["reference"], pa.array(list(before), pa.string()))
        new = part.filter(pc.invert(known))
        asked = new.filter(pc.not_equal(new["reply"], "exempt"))
        _write_log(cursor, asked, who, version, ground, moment)
        _propose(cursor, asked, who, version, moment)
        counts = {one["values"]: one["counts"] for one in asked["reply"].value_counts().to_pylist()}
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
    return _as_logged(part, before, version, moment)


def _logged_before(cursor: Any, part: pa.Table, who: Who) -> dict[str, tuple[str, str, str]]:
    """What was answered to this job before it was broken off: answer, moment, version."""
    span = pc.min_max(part["reference"]).as_py()
    cursor.execute(
        f"""
        select q.reference, q.answer, q.fields, q.at, q.version_id from {_LOG} q
        where q.reference between %s and %s and q.job = %s
        """,
        [span["min"], span["max"], who.job],
    )
    rows = cursor.fetchall()
    if not rows:
        return {}
    asked = dict(zip(part["reference"].to_pylist(), part["fields"].to_pylist(), strict=True))
    versions = RegisterVersion.objects.using(register_database())
    names = {one.pk: one.name for one in versions.filter(pk__in={row[4] for row in rows})}
    before = {}
    for reference, answer, fields, at, version in rows:
        if digest := asked.get(str(reference)):
            told = answer if bytes(fields).hex() == digest else "refused"
            before[str(reference)] = told, as_said(at), names.get(version, "")
    return before


def _write_log(
    cursor: Any,
    asked: pa.Table,
    who: Who,
    version: RegisterVersion,
    ground: LegalGround,
    moment: datetime,
) -> None:
    rows = asked.num_rows
    same = {
        "job": who.job,
        "at": moment.isoformat(),
        "actor": who.actor,
        "purpose": who.purpose,
        "version_id": version.pk,
        "ground_id": ground.pk,
    }
    columns = {
        "reference": asked["reference"],
        "office": asked["office"],
        "answer": asked["reply"],
        "fields": pc.binary_join_element_wise("\\x", asked["fields"], ""),
        "probe": asked["probe"],
        "guess": asked["guess"],
        **{name: pa.repeat(value, rows) for name, value in same.items()},
    }
    copy_table(cursor, _LOG, pa.table(columns))


def _propose(
    cursor: Any, asked: pa.Table, who: Who, version: RegisterVersion, moment: datetime
) -> None:
    """Keep the proposals of what is wrong and drop those of what is right."""
    right = asked.filter(pc.equal(asked["reply"], "right"))["reference"]
    if len(right):
        span = pc.min_max(right).as_py()
        cursor.execute(
            f"select reference::text from {_PROPOSALS} where reference between %s and %s",
            [span["min"], span["max"]],
        )
        kept = pa.array([reference for (reference,) in cursor.fetchall()], pa.string())
        settled = kept.filter(pc.is_in(kept, right.combine_chunks())).to_pylist()
        if settled:
            cursor.execute(f"delete from {_PROPOSALS} where reference = any(%s::uuid[])", [settled])
    wrong = asked.filter(pc.is_in(asked["reply"], _WITHOUT_ANSWER))
    if not wrong.num_rows:
        return
    cursor.execute(
        "create temporary table proposed_now (reference uuid, status text, candidates text,"
        " rivals int, household text) on commit drop"
    )
    renamed = wrong.rename_columns({"outcome": "status"})
    copy_table(cursor, "proposed_now", renamed.select(_PROPOSED))
    cursor.execute(
        f"""
        insert into {_PROPOSALS} (reference, job, at, status, candidates, rivals, household,
          version_id)
        select reference, %s, %s, status, candidates::jsonb, rivals, household, %s
        from proposed_now
        on conflict (reference) do update set job = excluded.job, at = excluded.at,
          status = excluded.status, candidates = excluded.candidates, rivals = excluded.rivals,
          household = excluded.household, version_id = excluded.version_id
        """,
        [who.job, moment, version.pk],
    )
    cursor.execute("drop table proposed_now")


def _as_logged(
    part: pa.Table,
    before: dict[str, tuple[str, str, str]],
    version: RegisterVersion,
    moment: datetime,
) -> pa.Table:
    """A part with answer, moment and version of each record as the log has them."""
    said = as_said(moment), version.name
    if before:
        told = zip(part["reference"].to_pylist(), part["reply"].to_pylist(), strict=True)
        logged = [before.get(reference) or (reply, *said) for reference, reply in told]
        columns = [pa.array(column, pa.string()) for column in zip(*logged, strict=True)]
    else:
        columns = [part["reply"], *(pa.repeat(one, part.num_rows) for one in said)]
    for name, column in zip(("answer", "at", "version"), columns, strict=True):
        part = part.append_column(name, column)
    return part

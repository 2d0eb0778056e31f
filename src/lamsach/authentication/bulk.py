"""A run's files: the record's people out of the database, the register's answers into it.

Columns all the way: COPY writes and reads, DuckDB joins between them. The register's side is given
the contract's PERSONS table, with the opaque reference as its key and no foreigner in it; which row
of ours a reference means stays here. Files are the owner's alone and are deleted with their folder.
"""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import connections

from lamsach.authentication.models import Answer, AnswerKind, Run
from lamsach.authentication.queries import HOLDING_KIND
from lamsach.registry.actions.copying import copy_rows
from lamsach.registry.models import IdStatus

__all__ = ["CATALOGUE", "RunFiles", "part_of", "sweep"]

#: The catalogue of the codes that a run's questions give; a residence of another has none there.
CATALOGUE: Final = "2022"
#: At the quickest level: what is in these files is read once.
_PARQUET: Final = "(format parquet, compression zstd, compression_level 1)"
#: Rows of a file that are read together: a part of them is looked up without reading all.
_ROW_GROUP: Final = 10_240
_SIGNED: Final = ("statement", "signature", "salt")
_TEXT: Final = "try(decode(statement))"
#: A statement as COPY reads bytes: a text without backslashes is half as long as its digits.
_STATEMENT_LINE: Final = f"""
    case when not contains({_TEXT}, '\\') and not contains({_TEXT}, chr(0)) then {_TEXT}
    else '\\x' || hex(statement) end"""


def _folder() -> Path:
    return Path(settings.DATA_FOLDER) / "runs"


def sweep(finished: set[str]) -> None:
    """Delete what runs left that have finished (a worker was killed between the two)."""
    for left in _folder().glob("*"):
        if left.name in finished:
            shutil.rmtree(left, ignore_errors=True)


class RunFiles:
    """The files of one run, in a folder of its own."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.folder = _folder() / str(run.public_id)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.questions = self.folder / "questions.parquet"
        self.answers = self.folder / "answers.parquet"
        self._asked = self.folder / "asked.parquet"
        self._rows = self.folder / "rows.parquet"

    def export(self, *, campaign: int | None, only_unasked: bool, using: str = "default") -> int:
        """Write the questions, once; how many people the run is about."""
        if not self._asked.exists():
            people = self.folder / "people.csv"
            query = _people_sql(campaign=campaign, only_unasked=only_unasked)
            descriptor = os.open(people, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with (
                os.fdopen(descriptor, "wb") as file,
                connections[using].cursor() as cursor,
                cursor.copy(f"copy ({query}) to stdout (format csv, header)") as copy,
            ):
                for block in copy:
                    file.write(block)
            self._split(people)
            people.unlink()
        with duckdb.connect() as connection:
            return _count(connection, f"read_parquet('{_quoted(self._asked)}')")

    def _split(self, people: Path) -> None:
        """From one export: the questions, and what of ours each reference means."""
        half = self._asked.with_suffix(".part")
        with duckdb.connect() as connection:
            connection.execute(
                f"create table people as from read_csv('{_quoted(people)}', all_varchar = true,"
                " header = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true)"
            )
            connection.execute(
                "copy (select * exclude (record, record_version, exempt, id_status) from people"
                f" where exempt = 'f') to '{_quoted(self.questions)}'"
                f" {_PARQUET}"
            )
            connection.execute(
                "copy (select person_id as reference, record::bigint as record,"
                " record_version::integer as record_version, exempt = 't' as exempt, id_status"
                f" from people) to '{_quoted(half)}' {_PARQUET}"
            )
        for file in (self.questions, half):
            file.chmod(0o600)
        half.rename(self._asked)

    def join(self, at: datetime) -> int:
        """Put the answers that came beside our rows, as the table wants them; how many there are.

        A person of whom the register said nothing (a refusal) has no answer.
        """
        if not self._rows.exists():
            half = self._rows.with_suffix(".part")
            signed = ", ".join(
                f"case when answer = '{AnswerKind.RIGHT}' and not exempt then {name} end as {name}"
                for name in _SIGNED
            )
            with duckdb.connect() as connection:
                connection.execute(
                    f"""
                    copy (
                        select record as person_id, record_version as person_version,
                            case when exempt then '{AnswerKind.EXEMPT}'
                                when answer = '{AnswerKind.RIGHT}' then answer
                                when id_status = '{IdStatus.MISSING}' then '{AnswerKind.ID_MISSING}'
                                when id_status = '{IdStatus.MALFORMED}'
                                then '{AnswerKind.ID_MALFORMED}'
                                else answer end as kind,
                            '{self.run.purpose}' as purpose, {self.run.pk} as run_id,
                            '{at.isoformat()}' as "at",
                            {signed}
                        from read_parquet('{_quoted(self._asked)}') q
                        left join read_parquet('{_quoted(self.answers)}') r using (reference)
                        where exempt or answer <> 'refused'
                        order by person_id
                    ) to '{_quoted(half)}'
                      (format parquet, compression zstd, compression_level 1,
                      row_group_size {_ROW_GROUP})
                    """
                )
            half.chmod(0o600)
            half.rename(self._rows)
        with duckdb.connect() as connection:
            return _count(connection, f"read_parquet('{_quoted(self._rows)}')")

    def part(self, begin: int, size: int) -> tuple[list[int], pa.Table]:
        """The people of some answers from place `begin` on, and their rows."""
        part = part_of(self._rows, begin, size)
        return part["person_id"].to_pylist(), part

    @staticmethod
    def write(rows: pa.Table, using: str) -> None:
        """Write a part's rows into the table of answers."""
        with duckdb.connect() as connection:
            lines = connection.sql(
                f"select * replace ({_STATEMENT_LINE} as statement,"
                " '\\x' || hex(signature) as signature, '\\x' || hex(salt) as salt) from rows"
            ).to_arrow_table()
        copy_rows(using, Answer._meta.db_table, [lines])

    def counts(self) -> dict[str, int]:
        """How many answers of each kind there are."""
        with duckdb.connect() as connection:
            rows = connection.execute(
                f"select kind, count(*) from read_parquet('{_quoted(self._rows)}') group by kind"
            ).fetchall()
        return {str(kind): int(count) for kind, count in rows}

    def delete(self) -> None:
        """Delete the run's files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _people_sql(*, campaign: int | None, only_unasked: bool) -> str:
    """The people that a run is about, as the contract's PERSONS with what is ours beside it."""
    conditions = ["true"]
    if campaign is not None:
        conditions.append(
            "exists (select from registry_dose d where d.person_id = p.id"
            f" and d.campaign_id = {int(campaign)} and d.withdrawn_at is null)"
        )
    if only_unasked:
        conditions.append(f"{HOLDING_KIND} is null")
    code = "case when u.catalogue = '{0}' then (case {1} end) end"
    places = {
        "province": "when u.level = 1 then u.code when u.level = 2 then a.code else b.code",
        "district": "when u.level = 2 then u.code when u.level = 3 then a.code",
        "commune": "when u.level = 3 then u.code",
    }
    codes = ", ".join(
        f"{code.format(CATALOGUE, tiers)} as {name}_code" for name, tiers in places.items()
    )
    return f"""
        select p.reference as person_id, p.personal_id, p.full_name, p.birth_date, p.sex,
            p.nationality, p.passport_number, p.phone, p.insurance_number, {codes},
            p.id as record, p.version as record_version, p.nationality <> 'VN' as exempt,
            p.id_status, o.public_id as office
        from registry_person p
        join places_office o on o.id = p.entered_by_id
        left join places_unit u on u.id = p.residence_id
        left join places_unit a on a.id = u.above_id
        left join places_unit b on b.id = a.above_id
        where {" and ".join(conditions)}
    """


def part_of(file: Path, begin: int, size: int) -> pa.Table:
    """Some rows of a Parquet file from place `begin` on; of the others few are read."""
    with pq.ParquetFile(file) as opened:
        place, skipped, groups = 0, 0, []
        for group in range(opened.num_row_groups):
            rows = opened.metadata.row_group(group).num_rows
            if place + rows <= begin:
                skipped += rows
            elif place < begin + size:
                groups.append(group)
            place += rows
        return opened.read_row_groups(groups).slice(begin - skipped, size)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"select count(*) from {table}").fetchall()[0][0])


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

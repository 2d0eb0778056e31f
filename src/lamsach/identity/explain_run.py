"""The files of a finished run, as `explain` reads them: one record's answer and rows.

Reads the folder that a run wrote (summary, results, candidates) and, from the inputs that the
summary names, the rows asked for, with the engine's own filters: a nation's files are not loaded.
Must not compare anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import duckdb

from lamsach.identity.errors import InputError
from lamsach.identity.tables import (
    PERSONS_SCHEMA,
    REGISTER_SCHEMA,
    InputTable,
    open_table,
    reading,
)

#: A row of an input: the contract's columns as text, '' where nothing is given.
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A record's row of results.parquet."""

    outcome: str
    id_status: str
    matched_personal_id: str | None
    probability: float | None
    rivals: int
    differences: Sequence[str]


#: Fields that a run weighs; `claim` is whether another record already agrees as written.
WEIGHED: Final = ("full_name", "birth_date", "sex", "personal_id", "residence", "claim")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row of candidates.parquet: a register person that a record may be."""

    personal_id: str
    probability: float
    differences: Sequence[str]


class RunFiles:
    """A finished run of the register's side, open for reading: a context manager.

    Raises InputError when the folder holds no run, or one for the health side.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.summary = _read_summary(directory)
        self._con = duckdb.connect()
        self._tables: dict[str, InputTable] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._con.close()

    def answer(self, person_id: str) -> Answer:
        """The answer for a record; InputError if the run does not know it."""
        columns = (
            "outcome, id_status, matched_personal_id, probability, coalesce(rivals, 0), differences"
        )
        rows = self._select("results.parquet", columns, person_id)
        if not rows:
            raise InputError(
                f"there is no record {person_id} in this run", file=str(self.directory)
            )
        return Answer(*rows[0])

    def candidates(self, person_id: str) -> list[Candidate]:
        """The register persons proposed or held possible, best first; none if none were kept."""
        if not (self.directory / "candidates.parquet").exists():
            return []
        columns = "personal_id, probability, differences"
        rows = self._select("candidates.parquet", columns, person_id)
        found = [Candidate(*row) for row in rows]
        return sorted(found, key=lambda one: (-one.probability, one.personal_id))

    def weights(self, person_id: str) -> dict[str, dict[str, float]]:
        """What each field weighed in the run, in bits, by the register person's number."""
        if not (self.directory / "evidence.parquet").exists():
            return {}
        columns = ", ".join(f"{field}_weight" for field in WEIGHED)
        rows = self._select("evidence.parquet", f"personal_id, {columns}", person_id)
        return {
            row[0]: {f: w / 1000 for f, w in zip(WEIGHED, row[1:], strict=True)} for row in rows
        }

    def persons(self, keys: Sequence[str]) -> dict[str, Row]:
        """Rows of PERSONS by person_id; InputError if one is no longer there."""
        return self._all_of("persons", keys)

    def register(self, numbers: Sequence[str]) -> dict[str, Row]:
        """Rows of REGISTER by personal_id; InputError if one is no longer there."""
        return self._all_of("register", numbers)

    def _select(self, name: str, columns: str, person_id: str) -> list[tuple[Any, ...]]:
        file = self.directory / name
        if not file.exists():
            raise InputError("is missing; run authenticate again", file=str(file))
        try:
            return self._con.execute(
                f"select {columns} from read_parquet(?) where person_id = ?",
                [str(file), person_id],
            ).fetchall()
        except duckdb.Error as error:
            raise InputError("cannot be read; run authenticate again", file=str(file)) from error

    def _all_of(self, name: str, keys: Sequence[str]) -> dict[str, Row]:
        rows = self._rows(name, keys)
        if rows.keys() != set(keys):
            raise InputError(f"the {name} are no longer those of this run; run authenticate again")
        return rows

    def _rows(self, name: str, keys: Sequence[str]) -> dict[str, Row]:
        if not keys:
            return {}
        table = self._open(name)
        key = table.schema.required[0]
        columns = table.schema.names
        # A list of constants: DuckDB holds it against the statistics of a Parquet row group.
        wanted = ", ".join("?" for _ in keys)
        with reading(table):
            found = self._con.execute(
                f"select {', '.join(columns)} from {table.view} where {key} in ({wanted})",
                list(keys),
            ).fetchall()
        at = columns.index(key)
        return {
            row[at]: {column: value or "" for column, value in zip(columns, row, strict=True)}
            for row in found
        }

    def _open(self, name: str) -> InputTable:
        if name not in self._tables:
            schema = {"persons": PERSONS_SCHEMA, "register": REGISTER_SCHEMA}[name]
            paths = self.summary.get("inputs", {}).get(name, {}).get("paths")
            if not paths:
                raise InputError(
                    f"the run's summary does not name its {name}; run authenticate again",
                    file=str(self.directory),
                )
            self._tables[name] = open_table(self._con, schema, paths, f"explain_{name}")
        return self._tables[name]


def _read_summary(directory: Path) -> dict[str, Any]:
    file = directory / "summary.json"
    try:
        summary: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise InputError(
            "holds no finished run; give the folder that `lamsach authenticate --out` wrote",
            file=str(directory),
        ) from None
    except ValueError:
        raise InputError("is no summary of a run; run authenticate again", file=str(file)) from None
    if summary.get("side") == "health":
        raise InputError(
            "holds the health side's answers: proposals and their grounds are kept on the"
            " register's side only",
            file=str(directory),
        )
    return summary

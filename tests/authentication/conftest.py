"""The record's small country, and a register that answers as a test says."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from lamsach.population import gateway

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "registry"))

from registry_making import Country, make_country


@pytest.fixture
def country(db: None) -> Country:
    """The country, gone after the test."""
    return make_country()


class Register:
    """Stands at the door in the register's place: who is right is told to it, the rest is wrong."""

    def __init__(self) -> None:
        self.right: set[str] = set()
        self.refused: set[str] = set()
        self.asked: list[tuple[str, gateway.Question]] = []
        self.bulk: list[list[dict[str, Any]]] = []

    def _kind(self, number: str) -> str:
        if number in self.refused:
            return "refused"
        return "right" if number in self.right else "wrong"

    def ask(
        self, questions: Sequence[gateway.Question], *, job: str, **_who: str
    ) -> list[gateway.Reply]:
        self.asked += [(job, one) for one in questions]
        return [
            gateway.Reply(one.reference, kind, b"{}", b"signed", b"salt")  # type: ignore[arg-type]
            if (kind := self._kind(one.personal_id)) == "right"
            else gateway.Reply(one.reference, kind)  # type: ignore[arg-type]
            for one in questions
        ]

    def ask_in_bulk(
        self, persons: Path, answers: Path, *, job: str, **_who: str
    ) -> gateway.BulkResult:
        assert job
        with duckdb.connect() as connection:
            people = pq.read_table(persons).to_pylist()
            self.bulk.append(people)
            connection.execute(
                "create table said (reference varchar, answer varchar, statement blob,"
                " signature blob, salt blob)"
            )
            for one in people:
                kind = self._kind(one["personal_id"])
                signed = [b"{}", b"signed", b"salt"] if kind == "right" else [None] * 3
                connection.execute(
                    "insert into said values (?, ?, ?, ?, ?)", [one["person_id"], kind, *signed]
                )
            connection.execute(f"copy said to '{answers}' (format parquet)")
        counts: Mapping[str, int] = {"all": len(people)}
        return gateway.BulkResult(counts)


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    made = Register()
    monkeypatch.setattr(gateway, "ask", made.ask)
    monkeypatch.setattr(gateway, "ask_in_bulk", made.ask_in_bulk)
    return made

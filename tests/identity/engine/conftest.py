"""Small tables written by hand, and what the engine answers about them."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from lamsach.identity.engine import Options, authenticate

Row = Mapping[str, str]
Answer = dict[str, Any]

PERSON_COLUMNS = (
    "person_id",
    "personal_id",
    "full_name",
    "birth_date",
    "sex",
    "nationality",
    "phone",
    "province_code",
    "district_code",
    "commune_code",
)
REGISTER_COLUMNS = (
    "personal_id",
    "previous_id",
    "full_name",
    "birth_date",
    "sex",
    "province_code",
    "district_code",
    "commune_code",
)


class Answers:
    """The files of one run, by person."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.rows: list[Answer] = parquet.read_table(out / "results.parquet").to_pylist()
        self.by_person: dict[str, Answer] = {row["person_id"]: row for row in self.rows}
        told = out / "candidates.parquet"
        self.told: list[Answer] = parquet.read_table(told).to_pylist() if told.exists() else []

    def __getitem__(self, person: str) -> Answer:
        return self.by_person[person]

    def candidates(self, person: str) -> list[str]:
        """The register persons told of for a person, best first."""
        return [row["personal_id"] for row in self.told if row["person_id"] == person]


Run = Callable[..., Answers]


def write_table(file: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Authenticate rows against rows; every run has a folder of its own.

    `after`: an earlier run on the same rows, whose finished steps serve this one too.
    """
    numbers = itertools.count()

    def authenticated(
        persons: Iterable[Row],
        register: Iterable[Row],
        after: Answers | None = None,
        **options: Any,
    ) -> Answers:
        number = next(numbers)
        if after is None:
            folder = tmp_path_factory.mktemp(f"run{number}")
            write_table(folder / "persons.csv", PERSON_COLUMNS, persons)
            write_table(folder / "register.csv", REGISTER_COLUMNS, register)
        else:
            folder = after.out.parent
        out = folder / f"out{number}"
        authenticate(
            [str(folder / "persons.csv")],
            [str(folder / "register.csv")],
            out,
            Options(threads=1, memory_limit="1GB", temp_dir=folder / "work", **options),
        )
        return Answers(out)

    return authenticated

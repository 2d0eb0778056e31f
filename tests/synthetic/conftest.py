"""Small made-up nations that the tests of this folder look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from lamsach.synthetic import synthesize_nation


@dataclass(frozen=True)
class Nation:
    """A made-up nation's folder, and SQL over its files as tables of their names."""

    folder: Path

    def sql(self, query: str) -> list[tuple]:
        with duckdb.connect() as connection:
            for file in self.folder.glob("*.parquet"):
                connection.execute(f"create view {file.stem} as from '{file}'")
            return connection.execute(query).fetchall()

    def one(self, query: str) -> float:
        return self.sql(query)[0][0]


@pytest.fixture(scope="session")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Nation:
    """A hundred thousand people with the errors of April 2022."""
    folder = tmp_path_factory.mktemp("nation")
    synthesize_nation(100_000, 7, folder)
    return Nation(folder)


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Nation:
    """Thirty thousand people of Bình Phước."""
    folder = tmp_path_factory.mktemp("province")
    synthesize_nation(30_000, 7, folder, province="70")
    return Nation(folder)

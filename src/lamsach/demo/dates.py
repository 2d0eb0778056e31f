"""Dates of the demonstration: 19 April 2022, the day of 1975/BYT-CNTT, was five days ago.

Doses move by whole days, so that their order and intervals stay; births do not move, because
personal numbers say the year.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Final

import duckdb

__all__ = ["FIRST_DAY", "move_doses", "moved_by"]

FIRST_DAY: Final = date(2021, 3, 8)  # Vietnam's first vaccinations
_THE_DAY: Final = date(2022, 4, 19)


def moved_by(today: date) -> timedelta:
    """How far dates of the campaign move when the demonstration is made on `today`.

    >>> moved_by(date(2022, 4, 24)).days
    0
    """
    return today - timedelta(days=5) - _THE_DAY


def move_doses(doses: Path, to: Path, by: timedelta) -> None:
    """Write `doses` with their days moved; doses of days to come are left out."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select * replace (
                    strftime(vaccinated_on::date + {by.days}, '%Y-%m-%d') as vaccinated_on
                )
                from read_parquet('{_quoted(doses)}')
                where vaccinated_on::date <= date '{_THE_DAY + timedelta(days=5)}'
            ) to '{_quoted(to)}' (format parquet, compression zstd)
            """
        )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

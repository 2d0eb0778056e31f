"""How many others in a register agree with a person: the namesake density, measured.

The table to compare with is that of the nation (`NATION`): what 98 million people have.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

# Keys, and how many other people agree with one whose birth is known to the day.
NATION = {
    ("full_name", "birth_date"): 0.25,
    ("full_name", "birth_date", "province_code"): 0.007,
    ("full_name", "year"): 45.0,
    ("full_name", "year", "commune_code"): 0.008,
    ("full_name", "commune_code"): 0.5,
}


def namesakes(register: Path) -> dict[tuple[str, ...], float]:
    """The mean number of other people who agree on each key of `NATION`, over full births.

    >>> import tempfile
    >>> from lamsach.synthetic import nation
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = nation.synthesize_nation(2000, 1, Path(folder), doses=False)
    ...     found = namesakes(Path(folder) / "register.parquet")
    >>> found["full_name", "year"] > found["full_name", "birth_date"]
    True
    """
    with duckdb.connect() as connection:
        connection.execute(
            "create table people as select full_name, birth_date, substr(birth_date, 1, 4) as year,"
            " province_code, commune_code from read_parquet(?)",
            [str(register)],
        )
        return {key: _others(connection, key) for key in NATION}


def _others(connection: duckdb.DuckDBPyConnection, key: tuple[str, ...]) -> float:
    columns = ", ".join(key)
    found = connection.execute(
        f"""select sum(known * (n - 1)) / sum(known) from (
            select count(*) as n, count(*) filter (length(birth_date) = 10) as known
            from people group by {columns})"""
    ).fetchall()
    return float(found[0][0])

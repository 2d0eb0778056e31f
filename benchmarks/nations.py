"""Nations to measure on: made by the product's own command, cut to size, changed by one per cent.

Every step runs in a child process, so that the measuring process stays small. `person_id` is
random hex: a share of the records is those below a limit.

Usage: python -m benchmarks.nations cut|persons|register …, as `cut`, `changed_persons` and
`changed_register` below call it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb

from benchmarks.measuring import CORES, Measurement, measure

__all__ = ["changed_persons", "changed_register", "cut", "lamsach", "make", "python"]

CHANGED = 0.01
_PARQUET = "(format parquet, compression zstd)"


def lamsach() -> Path:
    """The command as it is installed beside this interpreter."""
    return Path(sys.executable).with_name("lamsach")


def python(module: str) -> list[str | Path]:
    """A module of the benchmarks as a command."""
    return [sys.executable, "-m", f"benchmarks.{module}"]


def make(folder: Path, *, people: int, mix: str, seed: int) -> Measurement:
    """Make a nation of `people` in the register, and its records, in `folder`."""
    shutil.rmtree(folder, ignore_errors=True)
    return measure(
        lamsach(),
        "synthesize",
        *("--people", people, "--seed", seed, "--mix", mix),
        *("--no-doses", "--out", folder),
    )


def cut(nation: Path, persons: int) -> None:
    """Keep about `persons` of a nation's records, drawn at random; the register stays whole."""
    measure(*python("nations"), "cut", nation, persons)


def changed_persons(nation: Path, out: Path) -> None:
    """Write the nation's persons with one in a hundred brought in line with the register."""
    measure(*python("nations"), "persons", nation, out)


def changed_register(nation: Path, out: Path) -> None:
    """Write the nation's register with one citizen in a hundred moved to another's commune."""
    measure(*python("nations"), "register", nation, out)


def _below(share: float) -> str:
    """The first eight hex digits below which a share of random identifiers lies.

    >>> _below(0.5)
    '80000000'
    """
    return f"{min(int(share * 2**32), 2**32 - 1):08x}"


def _cut(connection: duckdb.DuckDBPyConnection, nation: Path, persons: int) -> None:
    file = nation / "persons.parquet"
    total = connection.execute("select count(*) from read_parquet(?)", [str(file)]).fetchall()[0][0]
    if total <= persons:
        return
    limit = _below(persons / total)
    for name in ("persons", "truth"):
        whole, part = nation / f"{name}.parquet", nation / f"{name}.part"
        connection.execute(
            f"copy (from read_parquet('{whole}') where person_id < '{limit}')"
            f" to '{part}' {_PARQUET}"
        )
        part.rename(whole)


def _persons(connection: duckdb.DuckDBPyConnection, nation: Path, out: Path) -> None:
    connection.execute(
        f"""copy (
            select p.* replace (
                coalesce(r.personal_id, p.personal_id) as personal_id,
                coalesce(r.full_name, p.full_name) as full_name,
                coalesce(r.birth_date, p.birth_date) as birth_date,
                coalesce(r.sex, p.sex) as sex)
            from read_parquet('{nation}/persons.parquet') p
            left join (
                select t.person_id, g.personal_id, g.full_name, g.birth_date, g.sex
                from read_parquet('{nation}/truth.parquet') t
                    join read_parquet('{nation}/register.parquet') g
                    on g.personal_id = t.true_personal_id
                where t.person_id < '{_below(CHANGED)}'
            ) r using (person_id)
        ) to '{out}' {_PARQUET}"""
    )


def _register(connection: duckdb.DuckDBPyConnection, nation: Path, out: Path) -> None:
    register = f"read_parquet('{nation}/register.parquet')"
    moving = f"hash(personal_id) % {round(1 / CHANGED)} = 0"
    connection.execute(
        f"""copy (
            select r.* replace (
                coalesce(m.province_code, r.province_code) as province_code,
                coalesce(m.district_code, r.district_code) as district_code,
                coalesce(m.commune_code, r.commune_code) as commune_code)
            from {register} r left join (
                select personal_id, lead(province_code) over turn as province_code,
                    lead(district_code) over turn as district_code,
                    lead(commune_code) over turn as commune_code
                from {register} where {moving}
                window turn as (order by md5(personal_id))
            ) m using (personal_id)
        ) to '{out}' {_PARQUET}"""
    )


def main(what: str, nation: str, last: str) -> None:
    with duckdb.connect(
        config={"threads": CORES, "memory_limit": "10GB", "temp_directory": f"{nation}/.spill"}
    ) as connection:
        if what == "cut":
            _cut(connection, Path(nation), int(last))
        elif what == "persons":
            _persons(connection, Path(nation), Path(last))
        else:
            _register(connection, Path(nation), Path(last))


if __name__ == "__main__":
    main(*sys.argv[1:])

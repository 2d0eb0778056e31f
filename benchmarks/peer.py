"""The peer: Splink installed apart, run on the same files, its links put into the contract's form.

So that one scorer counts both. What Splink proposes at a probability of 0.99 or more is taken as
a link, as ours are.

Usage: python -m benchmarks.peer LINKS PERSONS COLUMN ANSWERS, as `run` below calls it.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

import duckdb

from benchmarks.measuring import CORES, Measurement, measure
from benchmarks.nations import python

__all__ = ["VARIANTS", "install", "run"]

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements" / "bench.txt"
#: The column of splink_baseline.py that each way of reading Splink's answers takes.
VARIANTS = {"Splink": "probability", "Splink, shared": "shared_probability"}
_THRESHOLD = 0.99
_TOLD = 0.5


def install(folder: Path) -> Path:
    """Install Splink into a virtual environment under `folder`; its interpreter."""
    stamp = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    interpreter, done = folder / "bin" / "python", folder / "installed"
    if not (done.exists() and done.read_text() == stamp):
        shutil.rmtree(folder, ignore_errors=True)
        measure(sys.executable, "-m", "venv", folder)
        measure(
            *(interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--require-hashes", "-r", REQUIREMENTS),
        )
        done.write_text(stamp)
    return interpreter


def run(interpreter: Path, nation: Path, out: Path) -> Measurement:
    """Run Splink on a nation's files; answers of each variant lie in folders under `out`."""
    out.mkdir(parents=True, exist_ok=True)
    persons, links = nation / "persons.parquet", out / "links.parquet"
    script = Path(__file__).with_name("splink_baseline.py")
    taken = measure(interpreter, script, persons, nation / "register.parquet", links)
    for column in VARIANTS.values():
        measure(*python("peer"), links, persons, column, out / column)
    return taken


def main(links: str, persons: str, column: str, answers: str) -> None:
    """Write Splink's links as results and candidates of the contract."""
    Path(answers).mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": CORES}) as connection:
        connection.execute(
            f"""create temp table linked as
            select person_id, l.personal_id, {column} as p,
                case when p >= {_THRESHOLD} then 'correctable' when p >= {_TOLD} then 'ambiguous'
                    else 'unmatched' end as outcome
            from read_parquet('{persons}') left join read_parquet('{links}') l using (person_id)"""
        )
        connection.execute(
            f"""copy (
                select person_id, outcome,
                    case when outcome = 'correctable' then personal_id end as matched_personal_id,
                    case when outcome = 'correctable' then p end as probability,
                    []::varchar[] as differences
                from linked
            ) to '{answers}/results.parquet' (format parquet)"""
        )
        connection.execute(
            f"""copy (
                select person_id, personal_id, p as probability
                from linked where outcome <> 'unmatched'
            ) to '{answers}/candidates.parquet' (format parquet)"""
        )


if __name__ == "__main__":
    main(*sys.argv[1:])

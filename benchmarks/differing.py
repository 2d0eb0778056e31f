"""Differing: in how many rows two files of answers on the same persons are not the same.

Usage: python -m benchmarks.differing RESULTS RESULTS
"""

from __future__ import annotations

import sys

import duckdb

from benchmarks.measuring import CORES

_TOLD = ("outcome", "matched_personal_id", "probability", "differences", "rivals")


def differing(one: str, other: str) -> int:
    """Rows of two `results.parquet` that tell something else, or are in one of them alone."""
    otherwise = " or ".join(f"a.{name} is distinct from b.{name}" for name in _TOLD)
    with duckdb.connect(config={"threads": CORES, "memory_limit": "10GB"}) as connection:
        found = connection.execute(
            f"""select count(*) from read_parquet(?) a full join read_parquet(?) b
                using (person_id) where {otherwise}""",
            [one, other],
        ).fetchall()
    return int(found[0][0])


if __name__ == "__main__":
    print(differing(*sys.argv[1:]))

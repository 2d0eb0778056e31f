"""The whole of a made-up nation, written as files: chunk by chunk, in bounded memory.

The same people, seed, province and mix give the same data, whatever the number of threads:
chunks draw from streams of their own and are written in their order.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from . import doses as dose_room
from . import households, mixes, places, records, truth
from . import people as people_room
from .mixes import DEFAULT, MIXES, Mix

FILES = ("register", "persons", "doses", "truth")
# Columns of many repeated texts; the others are cheaper as they are.
_DICTIONARIES = ("sex", "birth_date", "province_code", "district_code", "commune_code",
                 "nationality", "outcome_class", "trap", "ethnic_group", "region",
                 "facility_code", "habit", "dose_number", "vaccine_code", "lot",
                 "vaccinated_on", "differences.list.element", "age", "full_name")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """How much was made: rows by file, and records by outcome class."""

    rows: dict[str, int]
    classes: dict[str, int]


def synthesize_nation(
    people: int,
    seed: int,
    out: Path,
    *,
    province: str | None = None,
    mix: str = DEFAULT,
    doses: bool = True,
    threads: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Makes a nation (or a province) of `people` in the register, and its records.

    Writes register, persons, doses, truth and facilities as Parquet, and README.txt, into the
    folder `out`; each file appears under its name when all are whole. `progress` is told the
    chunks done and their number. Raises ValueError for too few people, an unknown mix or
    province, and OSError where `out` cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = synthesize_nation(1000, 1, Path(folder))
    >>> made.rows["register"]
    1000
    """
    if people < 200:
        raise ValueError(f"{people} people are too few to make a nation of: at least 200")
    if mix not in MIXES:
        raise ValueError(f"no mix of errors is called {mix!r}: there are {', '.join(MIXES)}")
    made = _world(people, seed, province, MIXES[mix])
    out.mkdir(parents=True, exist_ok=True)
    kept = [name for name in FILES if doses or name != "doses"]
    parts = {name: out / f".{name}.parquet.part" for name in (*kept, "facilities")}
    rows: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    writers: dict[str, pq.ParquetWriter] = {}
    try:
        for done, chunk in enumerate(_chunks(made, kept, threads), start=1):
            for name, table in chunk.items():
                if name not in writers:
                    writers[name] = _writer(parts[name], table.schema)
                writers[name].write_table(table, row_group_size=len(table))
                rows[name] += len(table)
            for value in chunk["truth"]["outcome_class"].value_counts().to_pylist():
                classes[value["values"]] += value["counts"]
            if progress:
                progress(done, made.plan.chunks)
        facilities = _facilities(made)
        rows["facilities"] = len(facilities)
        pq.write_table(facilities, parts["facilities"], compression="zstd")
        for writer in writers.values():
            writer.close()
        summary = Summary(dict(rows), {name: classes[name] for name in truth.CLASSES})
        (out / "README.txt").write_text(
            _readme(people, seed, province, mix, summary), encoding="utf-8"
        )
        for name, part in parts.items():
            part.replace(out / f"{name}.parquet")
    finally:
        for writer in writers.values():
            writer.close()
        for part in parts.values():
            part.unlink(missing_ok=True)
    return summary


def _world(numbers: int, seed: int, province: str | None, mix: Mix) -> records.World:
    where = places.build(province, mix.remoteness)
    plan = people_room.design(
        numbers,
        seed,
        where,
        households.fit(),
        absent_share=mix.absent,
        heaping=mix.heaping,
    )
    return records.world(plan, mix, places.facilities(where))


def _chunks(made: records.World, kept: list[str], threads: int) -> Iterator[dict[str, pa.Table]]:
    """The tables of each chunk in order, a few ahead of the reader."""

    def work(chunk: int) -> dict[str, pa.Table]:
        crowd = people_room.make(made.plan, chunk)
        part = records.make(made, crowd)
        tables = {"register": records.register(made, crowd), "persons": part.persons}
        if "doses" in kept:
            tables["doses"] = dose_room.make(made, chunk, part)
        return {**tables, "truth": part.truth}

    with ThreadPoolExecutor(max(1, threads)) as pool:
        ahead: deque[Future[dict[str, pa.Table]]] = deque()
        for chunk in range(made.plan.chunks):
            ahead.append(pool.submit(work, chunk))
            if len(ahead) > max(1, threads):
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    names = {f.name for f in schema} | {"differences.list.element"}
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[c for c in _DICTIONARIES if c in names],
        write_statistics=False,
    )


def _facilities(made: records.World) -> pa.Table:
    all_, where = made.facilities, made.plan.places
    used = [i for i, volume in enumerate(all_.volume) if volume > 0]

    def codes(of: list[str], index: list[int]) -> list[str | None]:
        return [of[i] if i >= 0 else None for i in index]

    return pa.table(
        {
            "facility_code": [all_.code[i] for i in used],
            "name": [all_.name[i] for i in used],
            "kind": [all_.kind[i] for i in used],
            "province_code": codes(where.province_code, all_.province[used].tolist()),
            "district_code": codes(where.district_code, all_.district[used].tolist()),
            "commune_code": codes(where.commune_code, all_.commune[used].tolist()),
            "habit": [mixes.HABIT_NAMES[h] for h in made.habits.habit[used].tolist()],
        }
    )


def _readme(numbers: int, seed: int, province: str | None, mix: str, summary: Summary) -> str:
    persons = summary.rows["persons"]
    sizes = "\n".join(f"  {name}: {count:,} rows" for name, count in summary.rows.items())
    shares = "\n".join(
        f"  {name}: {count:,} ({count / persons:.1%})" for name, count in summary.classes.items()
    )
    where = f"province {province}" if province else "the nation"
    return f"""A nation that no one lives in. Nobody in these files exists.

Made by lamsach synthesize: {numbers:,} people of {where}, seed {seed}, mix of errors {mix}.
The same numbers make the same data.

Files
{sizes}

Person records by what the register would say
{shares}

truth.parquet and the habits in facilities.parquet are the truth: what is tested must not read
them. A record is {truth.CLASSES[0]} when name, birth, sex and number agree with the register.
"""

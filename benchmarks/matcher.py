"""The matcher: milliseconds for one record, beside the floor of one look-up by primary key.

Prepares the look-up from what a bulk run left and asks for a sample of its records, one after
another in one process; every answer is held against the bulk run's. Records that agree with the
register as written are shown apart: they cost one look-up, the others all of them.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import duckdb

from benchmarks.measuring import CORES
from benchmarks.report import Table
from lamsach.identity import Answer, DuckDBSource, Matcher, Model, Record, prepare_lookup

__all__ = ["run"]

_Result = TypeVar("_Result")
#: By the clock and of the processor: the second does not count what else the machine does.
_Seconds = tuple[float, float]

RECORDS = 1_500
_WARM_UP = 200
_FIELDS = [field.name for field in dataclasses.fields(Record)]
_ANSWER = "outcome, id_status, matched_personal_id, probability, differences, rivals"


def run(persons: Path, answers: Path, records: int = RECORDS) -> Table:
    """Measure on PERSONS and the folder of answers of a bulk run, whose work lies beside it."""
    work = answers.with_name(answers.name + ".work")
    with tempfile.TemporaryDirectory(dir=work) as made:
        started = time.monotonic()
        lookup = prepare_lookup(work / "register.duckdb", work / "run.duckdb", threads=CORES)
        prepared = time.monotonic() - started
        floor = _floor(work / "register.duckdb", Path(made) / "floor.duckdb", records)
        sample = _sample(persons, answers / "results.parquet", records)
        model = Model.from_json((answers / "model.json").read_text(encoding="utf-8"))
        with DuckDBSource(lookup) as source:
            matcher = Matcher(source, model)
            for record, _ in sample[:_WARM_UP]:
                matcher.match(record)
            times, differing = [], 0
            for record, bulk in sample:
                spent, answer = _timed(lambda record=record: matcher.match(record))
                times.append(spent)
                differing += dataclasses.replace(answer, candidates=()) != bulk
        exact = [bulk.outcome == "authenticated" for _, bulk in sample]
        rows = [
            _row("floor: one look-up by primary key", floor, floor),
            _row("authenticated", [t for t, e in zip(times, exact, strict=True) if e], floor),
            _row("all others", [t for t, e in zip(times, exact, strict=True) if not e], floor),
        ]
        size = lookup.stat().st_size / 2**20
    title = (
        f"One record at a time ({len(sample):,} records; {differing} answers differ from the bulk "
        f"run's; look-up prepared in {prepared:.0f} s, {size:,.0f} MiB)"
    )
    clock, processor = ("median", "99 %"), ("median (CPU)", "99 % (CPU)")
    header = ("milliseconds", *clock, *processor, "× the floor", "records")
    return Table(title, header, tuple(rows))


def _floor(register: Path, file: Path, records: int) -> list[_Seconds]:
    """Seconds of look-ups of random people by primary key, in a file of their own."""
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"attach '{register}' as register (read_only)")
        connection.execute("create table people as from register.people")
        connection.execute("alter table people add primary key (id)")
        drawn = connection.execute(
            f"select id from people using sample {records + _WARM_UP} (reservoir, 1)"
        ).fetchall()
    with duckdb.connect(str(file), read_only=True, config={"threads": 1}) as connection:
        ask = "select * from people where id = ?"
        times = [_timed(lambda n=n: connection.execute(ask, [n]).fetchall())[0] for (n,) in drawn]
    return times[_WARM_UP:]


def _sample(persons: Path, results: Path, records: int) -> list[tuple[Record, Answer]]:
    """Records with the bulk run's answers, one in three of them authenticated."""
    with duckdb.connect() as connection:
        view = connection.read_parquet(str(persons))
        fields = ", ".join(f"coalesce(p.{f}, '')" if f in view.columns else "''" for f in _FIELDS)
        rows = connection.execute(
            f"""
            select {fields}, {_ANSWER}
            from '{persons}' p join '{results}' r using (person_id)
            qualify row_number() over (
              partition by outcome = 'authenticated' order by md5(person_id)
            ) <= case when outcome = 'authenticated' then 1 else 2 end * {records} / 3
            order by md5(person_id)
            """
        ).fetchall()
    sample = []
    for row in rows:
        outcome, id_status, matched, probability, differences, rivals = row[len(_FIELDS) :]
        answer = Answer(outcome, id_status, matched, probability, tuple(differences), rivals)
        sample.append((Record(*row[: len(_FIELDS)]), answer))
    return sample


def _timed(work: Callable[[], _Result]) -> tuple[_Seconds, _Result]:
    started, processor = time.perf_counter(), time.process_time()
    result = work()
    return (time.perf_counter() - started, time.process_time() - processor), result


def _row(name: str, taken: Sequence[_Seconds], floor: Sequence[_Seconds]) -> tuple[str, ...]:
    clock, processor = (sorted(column) for column in zip(*taken, strict=True))
    base = sorted(spent for _, spent in floor)
    cells = [_at(times, share) for times in (clock, processor) for share in (0.5, 0.99)]
    ratio = processor[len(processor) // 2] / base[len(base) // 2]
    return (name, *cells, f"{ratio:.1f}", f"{len(taken):,}")


def _at(ordered: Sequence[float], share: float) -> str:
    return f"{ordered[int(len(ordered) * share)] * 1000:.2f}"

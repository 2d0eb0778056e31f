"""The engine's copy of the register: exported once a version, prepared for runs and look-ups.

Under the data folder, `register/<version>/`, for its owner alone: `register.parquet`, the engine's
prepared register, a look-up for single records, the model of the largest run so far. All of it can
be thrown away: it is made anew from the register's table.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.db import connections

from lamsach.identity import DuckDBSource, Matcher, Model, prepare_lookup
from lamsach.identity.engine import Options, authenticate
from lamsach.identity.tables import PERSONS_SCHEMA
from lamsach.population.database import register_database
from lamsach.population.models import RegisterPerson, RegisterVersion

__all__ = ["engine_options", "keep_model", "matcher", "prepare_extract", "prepared_alone"]

_local = threading.local()


def _base() -> Path:
    folder: Path = settings.DATA_FOLDER / "register"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def folder_of(version: RegisterVersion) -> Path:
    """Where a version's files are: by its moment, too, for a database that began anew."""
    return _base() / f"{version.name}-{version.loaded_at:%H%M%S%f}"


@contextmanager
def prepared_alone(version: RegisterVersion) -> Iterator[Path]:
    """The folder of a version, prepared; nobody else prepares or runs the engine in it inside."""
    with (_base() / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        prepare_extract(version)
        yield folder_of(version)


def engine_options(version: RegisterVersion) -> Options:
    """How the engine runs against a version."""
    return Options(
        side="police",
        units="2025" if version.catalogue == "2025" else "2022",
        temp_dir=folder_of(version) / "engine",
    )


def prepare_extract(version: RegisterVersion) -> Path:
    """Export and prepare a version unless it is there; the folder. Others' files go."""
    folder = folder_of(version)
    if (folder / "model.json").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    _export(folder / "register.parquet", folder / "register.csv")
    nobody = folder / "nobody.parquet"
    pq.write_table(
        pa.table({name: pa.array([], pa.string()) for name in PERSONS_SCHEMA.names}), nobody
    )
    empty_run = folder / "nobody"
    authenticate(
        [str(nobody)], [str(folder / "register.parquet")], empty_run, engine_options(version)
    )
    engine = folder / "engine"
    prepare_lookup(engine / "register.duckdb")
    (engine / "run.duckdb").unlink()
    nobody.unlink()
    (empty_run / "model.json").replace(folder / "model.json")
    shutil.rmtree(empty_run)
    for other in _base().iterdir():
        if other.is_dir() and other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def _export(file: Path, between: Path) -> None:
    """The register's table as Parquet in the contract's REGISTER form."""
    columns = """
      lpad(number::text, 12, '0') as personal_id,
      coalesce(lpad(previous_number::text, 9, '0'), '') as previous_id,
      full_name, birth_date, sex, province_code, district_code, commune_code
    """
    table = RegisterPerson._meta.db_table
    descriptor = os.open(between, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with (
        os.fdopen(descriptor, "wb") as target,
        connections[register_database()].cursor() as cursor,
        cursor.copy(
            f"copy (select {columns} from {table} order by number)"
            " to stdout (format csv, header, force_quote *)"
        ) as copy,
    ):
        for block in copy:
            target.write(block)
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
        with duckdb.connect() as connection:
            connection.execute(
                f"""
                copy (from read_csv('{_quoted(between)}', all_varchar = true, header = true,
                  delim = ',', quote = '"', escape = '"', nullstr = '\\N'))
                to '{_quoted(file)}' (format parquet, compression zstd)
                """
            )
    finally:
        between.unlink()


def keep_model(version: RegisterVersion, run: Path, rows: int) -> None:
    """Let single records be weighed as the largest run on this version weighed its own.

    Its model, and whom its records agree with as written, come into the look-up.
    """
    folder = folder_of(version)
    seen = folder / "model.rows"
    if rows < 1000 or (seen.exists() and int(seen.read_text()) > rows):
        return
    run_file = folder / "engine" / "run.duckdb"
    prepare_lookup(folder / "engine" / "register.duckdb", run_file if run_file.exists() else None)
    beside = folder / "model.json.new"
    shutil.copyfile(run / "model.json", beside)
    beside.replace(folder / "model.json")
    seen.write_text(str(rows))


def matcher(version: RegisterVersion) -> Matcher | None:
    """A matcher of single records for this thread; None while the version is not prepared."""
    folder = folder_of(version)
    lookup = folder / "engine" / "lookup.duckdb"
    try:
        made = (folder.name, lookup.stat().st_ino, (folder / "model.json").stat().st_ino)
    except FileNotFoundError:
        return None
    held = getattr(_local, "matcher", None)
    if held is None or held[0] != made:
        if held is not None:
            held[1].source.close()
        model = Model.from_json((folder / "model.json").read_text(encoding="utf-8"))
        held = _local.matcher = (made, Matcher(DuckDBSource(lookup), model))
    found: Matcher = held[1]
    return found


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")

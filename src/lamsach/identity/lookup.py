"""Lookup: a prepared register sorted for one record at a time, in a DuckDB file of its own.

The bulk run joins whole tables and needs no order; one record needs the few rows beside its keys.
Each way in is a copy of the register's people sorted by its leading key, in small row groups:
their ranges tell which few to read, so that no index has to be built, loaded or kept in memory.
The file is made by a deliberate call and stands alone; it compares and weighs nothing.

Tables: `people` (by number, with the engine's hash of what is written), `by_<key>` for LEADING,
`names` (numbered anew, so that names that sound alike stand together), `births`, `residences`,
`prepared(version, identity, people)`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import duckdb

from lamsach.identity.candidates import (
    BlockKey,
    NumberOwner,
    RegisterName,
    RegisterPerson,
    Totals,
    Written,
)
from lamsach.identity.engine.search import Block

__all__ = ["LOOKUP_VERSION", "DuckDBSource", "prepare_lookup"]

#: The version of the tables above: a file of another version must be made anew.
LOOKUP_VERSION: Final = "1"

#: Keys that are rare enough to lead, and the order of the rows within one; a block is looked up
#: by the first that it has.
LEADING: Final = {
    "sound_key": "birth",
    "ends_key": "birth",
    "previous": "id",
    "birth": "commune",
}

_ROW_GROUP: Final = 16_384  # the least that a look-up reads
_PERSON: Final = ", ".join(RegisterPerson._fields)
_NAME: Final = ", ".join(RegisterName._fields)
_KEPT_NAMES: Final = 100_000


def prepare_lookup(
    register_file: Path,
    run_file: Path | None = None,
    *,
    memory_limit: str = "4GB",
    threads: int = 2,
) -> Path:
    """Make `lookup.duckdb` beside a prepared register and return its path.

    `register_file`: the `register.duckdb` of a run; `run_file`: its `run.duckdb`, from which the
    claims are taken (the register persons with whom a record agrees as written); without it
    nobody is claimed. The file appears under its name when it is whole, readable by its owner.

    >>> prepare_lookup(Path("no/register.duckdb"))
    Traceback (most recent call last):
    ...
    FileNotFoundError: no/register.duckdb
    """
    for file in (register_file, run_file):
        if file and not file.is_file():
            raise FileNotFoundError(file)
    made = register_file.with_name("lookup.duckdb")
    building = made.with_name(made.name + ".new")
    building.unlink(missing_ok=True)
    try:
        with duckdb.connect() as connection:
            connection.execute(f"set memory_limit = '{memory_limit}'")
            connection.execute(f"set threads = {threads}")
            connection.execute(f"set temp_directory = {_text(building.with_suffix('.spill'))}")
            connection.execute(f"attach {_text(register_file)} as register (read_only)")
            if run_file:
                connection.execute(f"attach {_text(run_file)} as run (read_only)")
            connection.execute(f"attach {_text(building)} as lookup (row_group_size {_ROW_GROUP})")
            building.chmod(0o600)
            _build(connection, claims="run.checked" if run_file else "(select null::bigint as id)")
            connection.execute("detach lookup")
        building.replace(made)
    finally:
        building.unlink(missing_ok=True)
        building.with_name(building.name + ".wal").unlink(missing_ok=True)
    return made


def _build(connection: duckdb.DuckDBPyConnection, claims: str) -> None:
    connection.execute(
        """
        create table lookup.names as
        select cast(row_number() over (order by sound_key, fold_key, raw) as integer) as name_id,
          name_id as register_id, raw, canonical, folded, is_plain,
          n_same, n_fold, n_sound, n_ends, coalesce(p.counts, map()) as places,
          coalesce(d.counts, map()) as decades
        from register.names
        left join (
          select fold_key, map_from_entries(list((province, n))) as counts
          from register.name_places group by fold_key) p using (fold_key)
        left join (
          select fold_key, map_from_entries(list((decade, n))) as counts
          from register.name_decades group by fold_key) d using (fold_key)
        order by name_id
        """
    )
    connection.execute(
        f"""
        create temp table everybody as
        select p.id, p.previous, n.name_id, p.birth, p.sex, p.province, p.district, p.commune,
          c.id is not null as claimed, p.text_hash, p.sound_key, p.ends_key
        from register.people p
        join lookup.names n on n.register_id = p.name_id
        left join (select distinct id from {claims} where id is not null) c on c.id = p.id
        """
    )
    connection.execute(
        f"create table lookup.people as select {_PERSON}, text_hash from everybody order by id"
    )
    for leading, then in LEADING.items():
        keys = "" if leading in RegisterPerson._fields else f"{leading}, "
        connection.execute(
            f"""
            create table lookup.by_{leading} as
            select {keys}{_PERSON} from everybody where {leading} <> 0 order by {leading}, {then}
            """
        )
    connection.execute("create table lookup.births as from register.birth_days")
    connection.execute("create table lookup.residences as from register.residences")
    connection.execute(
        """
        create table lookup.prepared as
        select ? as version, p.identity, t.people from register.purpose p, register.totals t
        """,
        [LOOKUP_VERSION],
    )


class DuckDBSource:
    """A register in the file that `prepare_lookup` made; a context manager.

    For one thread at a time: each thread opens its own. Raises FileNotFoundError when there is no
    such file, ValueError when it was made by another version.
    """

    def __init__(self, lookup_file: Path) -> None:
        if not lookup_file.is_file():
            raise FileNotFoundError(lookup_file)
        self._con = duckdb.connect(
            str(lookup_file), read_only=True, config={"threads": 1, "memory_limit": "2GB"}
        )
        version, self.identity, self._people = self._con.execute(
            "select version, identity, people from prepared"
        ).fetchall()[0]
        if version != LOOKUP_VERSION:
            self._con.close()
            raise ValueError(
                f"{lookup_file} is of version {version}, this engine reads {LOOKUP_VERSION}: "
                "make it anew with prepare_lookup"
            )
        self._names: dict[int, RegisterName] = {}

    def close(self) -> None:
        """Close the file."""
        self._con.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def totals(self) -> Totals:
        """How many people there are, by birth and residence."""
        births = self._con.execute("select birth, n from births").fetchall()
        places = self._con.execute("select province, district, commune, n from residences")
        residences = {(p, d, c): n for p, d, c, n in places.fetchall()}
        return Totals(self._people, dict(births), residences)

    def owner(self, number: int, written: Written) -> NumberOwner | None:
        """The register person with this number, and whether the rest is written alike."""
        rows = self._con.execute(
            f"select text_hash = hash(?, ?, ?), {_PERSON} from people where id = {number}",
            written,
        ).fetchall()
        return NumberOwner(RegisterPerson._make(rows[0][1:]), rows[0][0]) if rows else None

    def found(self, keys: Sequence[BlockKey]) -> Sequence[RegisterPerson]:
        """Everybody whom one of the blocks brings: one look-up for each leading key's value."""
        wanted: dict[tuple[str, int], list[str]] = {}
        for block, values in keys:
            leading, at = _leading(block)
            others = [
                f"{e.sql()} = {value}"
                for i, (e, value) in enumerate(zip(block.register, values, strict=True))
                if i != at
            ]
            wanted.setdefault((leading, values[at]), []).append(" and ".join(others) or "true")
        people: dict[int, RegisterPerson] = {}
        for (leading, value), conditions in wanted.items():
            either = " or ".join(f"({condition})" for condition in conditions)
            rows = self._con.execute(
                f"select {_PERSON} from by_{leading} where {leading} = {value} and ({either})"
            ).fetchall()
            for row in rows:
                people[row[0]] = RegisterPerson._make(row)
        return list(people.values())

    def names(self, name_ids: Collection[int]) -> Mapping[int, RegisterName]:
        """The names with these ids; those asked for lately are remembered."""
        unknown = [name_id for name_id in name_ids if name_id not in self._names]
        if unknown:
            if len(self._names) > _KEPT_NAMES:
                self._names.clear()
                unknown = list(name_ids)
            rows = self._con.execute(
                f"select {_NAME} from names where name_id in ({', '.join(map(str, unknown))})"
            ).fetchall()
            for row in rows:
                self._names[row[0]] = RegisterName._make(row)
        return {name_id: self._names[name_id] for name_id in name_ids}


def _leading(block: Block) -> tuple[str, int]:
    """The key by which a block is looked up, and its place among the block's keys."""
    columns = [e.operands[0] if e.operation == "column" else "" for e in block.register]
    for leading in LEADING:
        if leading in columns:
            return leading, columns.index(leading)
    raise ValueError(f"the block {block.name!r} has no key by which it can be looked up")


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"

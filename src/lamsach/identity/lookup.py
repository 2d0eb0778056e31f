"""Lookup: a prepared register sorted for one record at a time, in a DuckDB file of its own.

The bulk run joins whole tables and needs no order; one record needs the few rows beside its keys.
Each way in is a copy of the register's people sorted by its leading key, in small row groups:
their ranges tell which few to read, so that no index has to be built, loaded or kept in memory.
The file is made by a deliberate call and stands alone; it compares and weighs nothing.

Every row holds all that is asked of a person, so that nothing has to be joined.

Tables: `people` (by number, with the engine's hash of what is written), `by_<key>` for LEADING,
`births`, `residences`, `prepared(version, identity, people)`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import duckdb

from lamsach.identity.candidates import (
    BlockKey,
    NumberOwner,
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

_OPTIMIZERS: Final = ("filter_pushdown", "unused_columns")
_ROW_GROUP: Final = 16_384  # the least that a look-up reads
_PERSON: Final = ", ".join(RegisterPerson._fields)


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
        f"""
        create temp table everybody as
        select p.id, p.previous, p.birth, p.sex, p.province, p.district, p.commune, n.raw as name,
          n.n_same, n.n_fold, n.n_sound, n.n_ends, coalesce(np.n, 1) as n_place,
          coalesce(nd.n, 1) as n_decade, c.id is not null as claimed,
          p.text_hash, p.sound_key, p.ends_key
        from register.people p
        join register.names n using (name_id)
        left join register.name_places np
          on np.fold_key = n.fold_key and np.province = p.province
        left join register.name_decades nd
          on nd.fold_key = n.fold_key and nd.decade = p.birth // 100000
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
        self._statements: dict[tuple[str, ...], str] = {}
        self._con.execute(f"set disabled_optimizers = '{','.join(self._needless_optimizers())}'")

    def _needless_optimizers(self) -> list[str]:
        """A look-up of one table takes longer to plan than to run: only filters are pushed down."""
        rows = self._con.execute("select name from duckdb_optimizers()").fetchall()
        return [name for (name,) in rows if name not in _OPTIMIZERS]

    def close(self) -> None:
        """Close the file."""
        self._con.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
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
            f"select text_hash = hash(?, ?, ?), {_PERSON} from people where id = {int(number)}",
            written,
        ).fetchall()
        return NumberOwner(RegisterPerson._make(rows[0][1:]), rows[0][0]) if rows else None

    def found(self, keys: Sequence[BlockKey]) -> Sequence[RegisterPerson]:
        """Everybody whom one of the blocks brings: one look-up for each leading key's value."""
        by_leading: dict[tuple[str, int], list[tuple[Block, list[int]]]] = {}
        for block, values in keys:
            leading, at = _leading(block)
            others = [value for i, value in enumerate(values) if i != at]
            by_leading.setdefault((leading, values[at]), []).append((block, others))
        people: dict[int, RegisterPerson] = {}
        for (leading, value), members in by_leading.items():
            statement = self._prepared(leading, tuple(block for block, _ in members))
            parameters = [value, *(other for _, others in members for other in others)]
            rows = self._con.execute(
                f"execute {statement}({', '.join(map(str, parameters))})"
            ).fetchall()
            for row in rows:
                people[row[0]] = RegisterPerson._make(row)
        return list(people.values())

    def _prepared(self, leading: str, blocks: tuple[Block, ...]) -> str:
        """The statement that looks up these blocks by their leading key, planned once."""
        names = (leading, *(block.name for block in blocks))
        if names not in self._statements:
            places = itertools.count(2)
            either = []
            for block in blocks:
                others = [e for i, e in enumerate(block.register) if i != _leading(block)[1]]
                conditions = [f"{e.sql()} = ${next(places)}" for e in others]
                either.append(f"({' and '.join(conditions) or 'true'})")
            statement = f"look_up_{len(self._statements)}"
            self._con.execute(
                f"prepare {statement} as select {_PERSON} from by_{leading} "
                f"where {leading} = $1 and ({' or '.join(either)})"
            )
            self._statements[names] = statement
        return self._statements[names]


def _leading(block: Block) -> tuple[str, int]:
    """The key by which a block is looked up, and its place among the block's keys."""
    columns = [e.operands[0] if e.operation == "column" else "" for e in block.register]
    for leading in LEADING:
        if leading in columns:
            return leading, columns.index(leading)
    raise ValueError(f"the block {block.name!r} has no key by which it can be looked up")


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"

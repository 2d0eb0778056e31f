"""Compare names: the level and codes of each distinct pair of a typed name and a register's.

Most pairs are plain names, and are compared by the pattern of their words; what is told from how a
name was read is told in SQL; the rest, some damage in it, the library compares one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamsach.identity.engine.name_patterns import Names, Patterns, Vocabulary
from lamsach.identity.names import (
    NameComparison,
    compare_names,
    compare_plain,
    known_name,
    plain_name,
)
from lamsach.identity.rules.expressions import Expression, any_of, column, one_of, when

#: Pairs that are compared at a time.
BATCH_PAIRS: Final = 100_000
_SLOW_BATCH: Final = 20_000

#: What two names are that can be told from how they were read (`t` typed, `g` register), or ''.
name_at_sight: Final[Expression] = (
    when(
        (column("t.form") == "damaged")
        & (column("t.canonical") == column("g.canonical"))
        & (column("g.damage") == ""),
        column("t.damage"),
    )
    .when(
        any_of(one_of(column("t.form"), ("damaged", "placeholder")), column("g.damage") != ""), ""
    )
    .when(column("t.canonical") == column("g.canonical"), "same")
    .when(
        (column("t.form") == "unmarked") & (column("t.folded") == column("g.folded")),
        "accents",
    )
    .otherwise("")
)
#: The level and codes of each.
AT_SIGHT: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "same": ("same", ()),
    "accents": ("accents", ("name.accents",)),
    "encoding": ("damage", ("name.encoding",)),
    "typing": ("damage", ("name.typing",)),
}

#: What the comparison of two names needs of them.
_COMPARED: Final = {
    "are_plain": "t.is_plain and g.is_plain",
    "typed_raw": "t.raw",
    "typed_canonical": "t.canonical",
    "typed_damage": "t.damage",
    "typed_placeholder": "t.form = 'placeholder'",
    "register_is_plain": "g.is_plain",
    "register_text": "case when g.is_plain then g.canonical else g.raw end",
}


def compare_name_pairs(
    connection: duckdb.DuckDBPyConnection,
    into: str,
    typed_names: str = "person_names",
    register_names: str = "register.names",
) -> None:
    """Table `into(typed, register, level, codes)` of the distinct pairs in `name_pairs`.

    `name_pairs(typed, register)` holds numbers of names in `typed_names` and `register_names`
    (see `dictionary.build_names`), and is dropped.
    """
    sides = (("typed", typed_names), ("register", register_names))
    connection.execute(
        f"create or replace table {into} "
        "(typed integer, register integer, level varchar, codes varchar[])"
    )
    odd = f"""
      select typed, register from name_pairs where typed in (
        select name_id from {typed_names} where not is_plain)
      union
      select typed, register from name_pairs where register in (
        select name_id from {register_names} where not is_plain)
    """
    rows = _told_at_sight(connection, into, sides, odd)
    with _Library(rows) as library:
        # While others compare the odd pairs, the plain ones are told here.
        _compare_plain(connection, into, sides)
        for batch, compared in library.compared():
            _keep_compared(connection, into, batch, compared)
    rows = _told_at_sight(connection, into, sides, "from left_pairs")
    for batch in rows.to_batches():
        _keep_compared(connection, into, batch, compare_batch(batch))
    for table in ("name_pairs", "left_pairs"):
        connection.execute(f"drop table {table}")


def _compare_plain(
    connection: duckdb.DuckDBPyConnection, into: str, sides: Sequence[tuple[str, str]]
) -> None:
    """Tell the pairs of plain names by their patterns; those not told go to `left_pairs`."""
    (_, typed_names), (_, register_names) = sides
    plain = connection.sql(
        f"""
        select typed, register from name_pairs d
        semi join (select name_id from {typed_names} where is_plain) t on t.name_id = d.typed
        semi join (select name_id from {register_names} where is_plain) g
          on g.name_id = d.register
        """
    ).to_arrow_table()
    pairs = [np.asarray(plain[side]) for side, _ in sides]
    vocabulary = Vocabulary()
    names = []
    for side, table in sides:
        texts = connection.sql(
            f"""
            select name_id, canonical from {table} n
            semi join (select distinct {side} from name_pairs) d on d.{side} = n.name_id
            where is_plain
            """
        ).to_arrow_table()
        names.append(_numbered(vocabulary, texts))
    patterns = Patterns(vocabulary)
    left = [np.zeros((2, 0), np.int32)]
    for start in range(0, plain.num_rows, BATCH_PAIRS):
        typed, register = (ids[start : start + BATCH_PAIRS] for ids in pairs)
        places = patterns.compare(names[0].take(typed), names[1].take(register))
        told = places >= 0
        _keep(connection, into, patterns.comparisons, (typed[told], register[told], places[told]))
        left.append(np.stack([typed[~told], register[~told]]))
    columns = np.concatenate(left, axis=1)
    arrow = pa.table(dict(zip(("typed", "register"), columns, strict=True)))  # noqa: F841
    connection.execute("create or replace temp table left_pairs as from arrow")


def _numbered(vocabulary: Vocabulary, texts: pa.Table) -> Names:
    """The names of a table at the places that are their numbers."""
    read, ids = vocabulary.read(texts["canonical"]), np.asarray(texts["name_id"])
    size = int(ids.max(initial=-1)) + 1
    words = np.full((size, read.words.shape[1]), -1, np.int32)
    counts = np.zeros(size, np.int32)
    words[ids], counts[ids] = read.words, read.counts
    return Names(words, counts)


def _keep(
    connection: duckdb.DuckDBPyConnection,
    into: str,
    comparisons: Sequence[NameComparison],
    columns: tuple[npt.NDArray[np.integer], ...],
) -> None:
    """Write pairs (typed, register, place of the comparison)."""
    typed, register, places = columns
    kinds = pa.table(  # noqa: F841 - DuckDB reads it by name
        {
            "place": pa.array(range(len(comparisons)), pa.int64()),
            "level": pa.array([c.level for c in comparisons], pa.string()),
            "codes": pa.array([list(c.codes) for c in comparisons], pa.list_(pa.string())),
        }
    )
    arrow = pa.table(  # noqa: F841 - DuckDB reads it by name
        {"typed": typed, "register": register, "place": places}
    )
    connection.execute(
        f"insert into {into} "
        "select typed, register, level, codes from arrow join kinds using (place)"
    )


def _told_at_sight(
    connection: duckdb.DuckDBPyConnection,
    into: str,
    sides: Sequence[tuple[str, str]],
    pairs: str,
) -> pa.Table:
    """Keep those pairs that are told from how the names were read; the others, with their texts."""
    (_, typed_names), (_, register_names) = sides
    columns = ", ".join(f"{sql} as {name}" for name, sql in _COMPARED.items())
    connection.execute(
        f"""
        create or replace temp table other_pairs as
        select typed, register, {name_at_sight.sql()} as seen, {columns}
        from ({pairs}) d
        join {typed_names} t on t.name_id = d.typed
        join {register_names} g on g.name_id = d.register
        """
    )
    seen = [NameComparison(level, codes, 0.0) for level, codes in AT_SIGHT.values()]
    at = " ".join(f"when '{what}' then {place}" for place, what in enumerate(AT_SIGHT))
    told = connection.sql(
        f"select typed, register, case seen {at} end as place from other_pairs where seen <> ''"
    ).to_arrow_table()
    _keep(connection, into, seen, tuple(np.asarray(told[name]) for name in told.column_names))
    # One typed name's pairs stand together, so that it is read once.
    rows = connection.sql(
        f"""
        select typed, register, {", ".join(_COMPARED)}
        from other_pairs where seen = '' order by are_plain, typed
        """
    ).to_arrow_table()
    connection.execute("drop table other_pairs")
    return rows


def _keep_compared(
    connection: duckdb.DuckDBPyConnection,
    into: str,
    batch: pa.RecordBatch,
    compared: Sequence[NameComparison],
) -> None:
    kinds = list(dict.fromkeys(compared))
    place = {comparison: i for i, comparison in enumerate(kinds)}
    places = np.array([place[comparison] for comparison in compared], np.int64)
    columns = (np.asarray(batch["typed"]), np.asarray(batch["register"]), places)
    _keep(connection, into, kinds, columns)


class _Library:
    """Compares pairs by their texts: when they are many, in two processes from the start."""

    def __init__(self, rows: pa.Table) -> None:
        self.batches = rows.to_batches(max_chunksize=_SLOW_BATCH)
        self.pool: ProcessPoolExecutor | None = None
        self.results: Iterator[list[NameComparison]] = map(compare_batch, self.batches)
        if rows.num_rows > 4 * _SLOW_BATCH:
            import multiprocessing  # noqa: PLC0415 - only bulk runs need processes

            self.pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
            self.results = self.pool.map(compare_batch, self.batches)

    def compared(self) -> Iterator[tuple[pa.RecordBatch, list[NameComparison]]]:
        """The pairs and their comparisons, batch by batch."""
        return zip(self.batches, self.results, strict=True)

    def __enter__(self) -> _Library:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool:
            self.pool.shutdown(cancel_futures=True)


def compare_batch(batch: pa.RecordBatch) -> list[NameComparison]:
    """Compare a batch of distinct pairs of names, given by their texts."""
    compared = []
    for are_plain, raw, canonical, damage, placeholder, is_plain, register in zip(
        *(batch[name].to_pylist() for name in _COMPARED), strict=True
    ):
        if are_plain:
            comparison = compare_plain(canonical, register)
        else:
            typed = known_name(raw, canonical, damage, placeholder=placeholder)
            comparison = compare_names(typed, plain_name(register) if is_plain else register)
        compared.append(comparison)
    return compared

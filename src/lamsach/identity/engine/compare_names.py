"""Compare names: the level and codes of each distinct pair of a typed name and a register's.

Most pairs are plain names, and are compared by the pattern of their words; what is told from how a
name was read is told in SQL; the rest, some damage in it, the library compares one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamsach.identity.engine.name_patterns import LEFT, Patterns
from lamsach.identity.engine.vocabulary import Names, Vocabulary
from lamsach.identity.names import (
    NameComparison,
    compare_names,
    compare_plain,
    is_told_by_words,
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
    "typed_is_whole": "t.form not in ('damaged', 'placeholder')",
    "register_text": "case when g.is_plain then g.canonical else g.raw end",
}
#: Where both hold, a pair may be told by its words.
_BY_WORDS: Final = ("register_is_plain", "typed_is_whole")


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
    by_words = np.asarray(pc.fill_null(pc.and_(*(rows[name] for name in _BY_WORDS)), False))
    with _Library(rows.num_rows) as library:
        # While others compare the pairs with damage in them, the others are told here.
        library.compare(rows.filter(pa.array(~by_words)))
        names = _plain_names(connection, sides)
        library.compare(_compare_odd(connection, into, names, rows.filter(pa.array(by_words))))
        _compare_plain(connection, into, names, sides)
        for batch, compared in library.compared():
            _keep_compared(connection, into, batch, compared)
    rows = _told_at_sight(connection, into, sides, "from left_pairs")
    for batch in rows.to_batches():
        _keep_compared(connection, into, batch, compare_batch(batch))
    for table in ("name_pairs", "left_pairs"):
        connection.execute(f"drop table {table}")


@dataclass(frozen=True, slots=True)
class _PlainNames:
    """The plain names of the pairs, at the places that are their numbers."""

    patterns: Patterns
    typed: Names
    register: Names


def _plain_names(
    connection: duckdb.DuckDBPyConnection, sides: Sequence[tuple[str, str]]
) -> _PlainNames:
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
        names.append(_numbered(vocabulary.read(texts["canonical"]), np.asarray(texts["name_id"])))
    return _PlainNames(Patterns(vocabulary), *names)


def _compare_plain(
    connection: duckdb.DuckDBPyConnection,
    into: str,
    names: _PlainNames,
    sides: Sequence[tuple[str, str]],
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
    patterns = names.patterns
    left = [np.zeros((2, 0), np.int32)]
    for start in range(0, plain.num_rows, BATCH_PAIRS):
        typed, register = (ids[start : start + BATCH_PAIRS] for ids in pairs)
        places = patterns.compare(names.typed.take(typed), names.register.take(register))
        told = places >= 0
        _keep(connection, into, patterns.comparisons, (typed[told], register[told], places[told]))
        left.append(np.stack([typed[~told], register[~told]]))
    columns = np.concatenate(left, axis=1)
    arrow = pa.table(dict(zip(("typed", "register"), columns, strict=True)))  # noqa: F841
    connection.execute("create or replace temp table left_pairs as from arrow")


def _compare_odd(
    connection: duckdb.DuckDBPyConnection, into: str, names: _PlainNames, rows: pa.Table
) -> pa.Table:
    """Tell odd names beside plain ones by the same patterns; the pairs that are not told."""
    ids, first = np.unique(np.asarray(rows["typed"]), return_index=True)
    texts = rows.take(pa.array(first))
    said = [
        is_told_by_words(raw, canonical.split())
        for raw, canonical in zip(
            texts["typed_raw"].to_pylist(), texts["typed_canonical"].to_pylist(), strict=True
        )
    ]
    texts, ids = texts.filter(pa.array(said, pa.bool_())), ids[np.array(said, np.bool_)]
    patterns = names.patterns
    odd = _numbered(patterns.vocabulary.read_odd(texts["typed_canonical"]), ids)
    left = []
    for batch in rows.to_batches(max_chunksize=BATCH_PAIRS):
        typed, register = np.asarray(batch["typed"]), np.asarray(batch["register"])
        known = np.flatnonzero(np.isin(typed, ids))
        places = np.full(batch.num_rows, LEFT, np.int64)
        places[known] = patterns.compare_odd(
            odd.take(typed[known]),
            names.register.take(register[known]),
            partial(_compare_row, batch.take(pa.array(known))),
        )
        told = places != LEFT
        _keep(connection, into, patterns.comparisons, (typed[told], register[told], places[told]))
        left.append(batch.filter(pa.array(~told)))
    return pa.Table.from_batches(left, rows.schema)


def _compare_row(batch: pa.RecordBatch, place: int) -> NameComparison:
    return compare_batch(batch.slice(place, 1))[0]


def _numbered(read: Names, ids: npt.NDArray[np.integer]) -> Names:
    """Names at the places that are their numbers."""
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
    """Compares pairs by their texts: when they may be many, in two processes from the start."""

    def __init__(self, most: int) -> None:
        self.batches: list[pa.RecordBatch] = []
        self.results: list[Iterator[list[NameComparison]]] = []
        self.pool: ProcessPoolExecutor | None = None
        if most > 4 * _SLOW_BATCH:
            import multiprocessing  # noqa: PLC0415 - only bulk runs need processes

            self.pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))

    def compare(self, rows: pa.Table) -> None:
        """Begin with these pairs."""
        batches = rows.to_batches(max_chunksize=_SLOW_BATCH)
        self.batches += batches
        run = self.pool.map if self.pool else map
        self.results.append(run(compare_batch, batches))

    def compared(self) -> Iterator[tuple[pa.RecordBatch, list[NameComparison]]]:
        """The pairs and their comparisons, batch by batch."""
        return zip(self.batches, chain.from_iterable(self.results), strict=True)

    def __enter__(self) -> _Library:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool:
            self.pool.shutdown(cancel_futures=True)


def compare_batch(batch: pa.RecordBatch) -> list[NameComparison]:
    """Compare a batch of distinct pairs of names, given by their texts."""
    compared = []
    for are_plain, raw, canonical, damage, placeholder, is_plain, _, register in zip(
        *(batch[name].to_pylist() for name in _COMPARED), strict=True
    ):
        if are_plain:
            comparison = compare_plain(canonical, register)
        else:
            typed = known_name(raw, canonical, damage, placeholder=placeholder)
            comparison = compare_names(typed, plain_name(register) if is_plain else register)
        compared.append(comparison)
    return compared

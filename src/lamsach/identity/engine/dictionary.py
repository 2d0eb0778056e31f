"""Dictionary: every distinct name, read once.

Names repeat: 98 million people share a few million names made of a few ten thousand words. Words
are read by the library once each, and names put together from their words in SQL; only names that
say something as a whole are read whole: those that may be bytes of another encoding, those with
signs in them, newborns'. `names.read_name` promises that both ways give the same answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from typing import Final

import duckdb
import pyarrow as pa

from lamsach.identity.names import (
    ODD_CAPITAL,
    PLACEHOLDER_STARTS,
    Name,
    normalize_word,
    read_name,
    untyped_word,
    word_forms,
)

MAX_PLAIN_WORDS: Final = 6
BATCH_ROWS: Final = 50_000
_SPACES: Final = r"[\s\x{00a0}]+"

#: Names that cannot be another encoding's bytes, nor VIQR: plain letters alone, or letters of which
#: one is Vietnamese and not in Windows-1252. Their words are read one by one (`names.repair`).
_WORD_BY_WORD: Final = (
    r"[a-zA-Z ]+|['\p{L}\p{M} ]*[ăĂđĐĩĨũŨơƠưƯẠ-ỹ\x{0300}-\x{036f}]['\p{L}\p{M} ]*"
).replace("'", "''")
_LONGEST: Final = 160

NAME_FORMS: Final = ("marked", "unmarked", "damaged", "placeholder", "missing")

#: What was read of a batch: one row of texts and flags for each.
Rows = Sequence[tuple[str | bool, ...]]


def key60(text: str) -> int:
    """The first 60 bits of md5: the hash on which all engines agree.

    >>> key60("nguyen van an")
    713613438918913770
    """
    return int(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:15], 16)


def key60_sql(text: str) -> str:
    """`key60` of a SQL text expression."""
    return f"cast(concat('0x', substr(md5({text}), 1, 15)) as bigint)"


@lru_cache(maxsize=200_000)
def sound_of(word: str) -> str:
    """The sound key of one word."""
    return word_forms(word).sound


def name_form(name: Name) -> str:
    """Which of NAME_FORMS a name as typed is: it decides which differences are to be expected."""
    if not name.canonical:
        return "missing"
    if name.placeholder:
        return "placeholder"
    if name.damage:
        return "damaged"
    return "unmarked" if name.canonical == name.folded else "marked"


def name_columns(raw: str) -> tuple[str, str, str, str, str, bool]:
    """A name read whole: canonical, folded, sound, form, damage, is_plain (see `build_names`).

    >>> name_columns("NGUYEN  Van A")
    ('nguyen van a', 'nguyen van a', 'quyen van a', 'unmarked', '', True)
    """
    name = read_name(raw)
    sound = " ".join(sound_of(word) for word in name.words)
    return name.canonical, name.folded, sound, name_form(name), name.damage, name.plain


def _read_batch(batch: Sequence[str]) -> Rows:
    return [name_columns(raw) for raw in batch]


def _words_batch(batch: Sequence[str]) -> Rows:
    rows = []
    for word in batch:
        clean = normalize_word(word)
        untyped = untyped_word(clean)
        forms = word_forms(untyped or clean)
        is_syllable = word_forms(word).is_syllable
        texts = forms.canonical, forms.folded, forms.sound
        rows.append((*texts, is_syllable, bool(untyped)))
    return rows


def build_names(connection: duckdb.DuckDBPyConnection, raw_table: str, into: str) -> None:
    """Read the distinct names of `raw_table(raw, n)` into the table `into`.

    Columns of `into`: `name_id` (int), `raw`, `n`, `canonical`, `folded`, `sound` (texts of words),
    `form` (one of NAME_FORMS), `damage` and `is_plain` (the library's `Name.damage`, `.plain`).
    """
    connection.execute(
        f"""
        create or replace temp table name_words as
        select row_number() over () as name_id, raw, n,
          string_split(trim(regexp_replace(lower(nfc_normalize(raw)), '{_SPACES}', ' ', 'g')), ' ')
            as words
        from {raw_table}
        """
    )
    words = connection.sql(
        f"""
        select distinct unnest(words) as word from name_words
        where len(words) <= {MAX_PLAIN_WORDS}
        """
    ).to_arrow_table()["word"]
    with _Readers(len(words)) as readers:
        _load(
            connection,
            "word_forms",
            ("word", "canonical", "folded", "sound", "is_syllable", "is_typed"),
            words.to_pylist(),
            readers.words,
        )
    joins = "\n".join(
        f"left join word_forms w{i} on w{i}.word = words[{i}]"
        for i in range(1, MAX_PLAIN_WORDS + 1)
    )

    def joined(field: str) -> str:
        parts = ", ".join(f"nullif(w{i}.{field}, '')" for i in range(1, MAX_PLAIN_WORDS + 1))
        return f"concat_ws(' ', {parts})"

    plain = " and ".join(
        f"coalesce(w{i}.is_syllable, len(words) < {i})" for i in range(1, MAX_PLAIN_WORDS + 1)
    )
    typed = " or ".join(f"coalesce(w{i}.is_typed, false)" for i in range(1, MAX_PLAIN_WORDS + 1))
    connection.execute(
        f"""
        create or replace temp table joined_names as
        select *, is_short and is_all_syllables and not has_odd_capital as is_plain,
          is_short and (is_all_syllables or length(raw) <= {_LONGEST}
            and regexp_full_match(raw, '{_WORD_BY_WORD}')) as is_read,
          not is_all_syllables and has_typed as is_typed
        from (
          select name_id, raw, n, {joined("canonical")} as canonical, {joined("folded")} as folded,
            {joined("sound")} as sound, {plain} as is_all_syllables, {typed} as has_typed,
            len(words) <= {MAX_PLAIN_WORDS} and coalesce(w1.canonical, '') <> ''
              and w1.folded not in {tuple(sorted(PLACEHOLDER_STARTS))} as is_short,
            regexp_matches(raw, '{ODD_CAPITAL.pattern}') as has_odd_capital
          from name_words {joins}
        )
        """
    )
    odd = connection.sql("select raw from joined_names where not is_read").to_arrow_table()
    with _Readers(odd.num_rows) as readers:
        _load(
            connection,
            "odd_names",
            ("raw", "canonical", "folded", "sound", "form", "damage", "is_plain"),
            odd["raw"].to_pylist(),
            readers.names,
        )
    connection.execute(
        f"""
        create or replace table {into} as
        select cast(name_id as integer) as name_id, raw, n, canonical, folded, sound,
          case when is_typed then 'damaged' when canonical = folded then 'unmarked'
            else 'marked' end as form,
          case when is_typed then 'typing' else '' end as damage, is_plain
        from joined_names where is_read
        union all
        select cast(name_id as integer), raw, p.n, o.canonical, o.folded, o.sound, o.form,
          o.damage, o.is_plain
        from joined_names p join odd_names o using (raw) where not p.is_read
        """
    )
    for table in ("name_words", "joined_names", "word_forms", "odd_names"):
        connection.execute(f"drop table {table}")


class _Readers:
    """Reads batches here when they are few, in two processes when they are many."""

    def __init__(self, rows: int) -> None:
        import multiprocessing  # noqa: PLC0415 - only bulk runs need processes

        self.pool = (
            ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
            if rows > 4 * BATCH_ROWS
            else None
        )

    def words(self, batches: Iterable[Sequence[str]]) -> Iterable[Rows]:
        """What `word_forms` says of each word, a batch at a time."""
        return self._read(_words_batch, batches)

    def names(self, batches: Iterable[Sequence[str]]) -> Iterable[Rows]:
        """What `read_name` says of each name, a batch at a time."""
        return self._read(_read_batch, batches)

    def _read(
        self, read: Callable[[Sequence[str]], Rows], batches: Iterable[Sequence[str]]
    ) -> Iterable[Rows]:
        return self.pool.map(read, batches) if self.pool else map(read, batches)

    def __enter__(self) -> _Readers:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool:
            self.pool.shutdown(cancel_futures=True)


def _load(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: tuple[str, ...],
    keys: Sequence[str],
    read: Callable[[Iterable[Sequence[str]]], Iterable[Rows]],
) -> None:
    """Fill a temporary table with the keys and what was read of each, batch by batch."""
    kinds = ["boolean" if c.startswith("is_") else "varchar" for c in columns]
    declared = ", ".join(f"{c} {k}" for c, k in zip(columns, kinds, strict=True))
    connection.execute(f"create or replace temp table {table} ({declared})")
    batches = [keys[i : i + BATCH_ROWS] for i in range(0, len(keys), BATCH_ROWS)]
    for batch, rows in zip(batches, read(batches), strict=True):
        fields = [list(field) for field in zip(*rows, strict=True)]
        arrow = pa.table(dict(zip(columns, [batch, *fields], strict=True)))  # noqa: F841
        connection.execute(f"insert into {table} select * from arrow")

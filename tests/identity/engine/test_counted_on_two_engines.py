"""Blocks, terms and readings of numbers: SQL and Python give the same for any values."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from lamsach.identity.engine.persons import area_code, is_foreign, plain_number
from lamsach.identity.engine.search import BLOCKS, owner_number
from lamsach.identity.engine.terms import COUNTED_NAMES, COUNTS, SHARES, TERMS
from lamsach.identity.rules import BIRTH
from lamsach.identity.rules.expressions import Expression

ROWS = 20_000
_DRAW = random.Random(7)


def _in_sql(expressions: Sequence[Expression], rows: Mapping[str, list[Any]]) -> list[tuple[Any]]:
    table = pa.table({**rows, "place": range(len(next(iter(rows.values()))))})
    with duckdb.connect() as connection:
        connection.register("rows", table)
        columns = ", ".join(f"{e.sql()} as e{i}" for i, e in enumerate(expressions))
        return connection.execute(f"select {columns} from rows order by place").fetchall()


def _assert_alike(expressions: Sequence[Expression], rows: Mapping[str, list[Any]]) -> None:
    functions = [e.function(*rows) for e in expressions]
    ours = [tuple(f(*row) for f in functions) for row in zip(*rows.values(), strict=True)]
    assert _in_sql(expressions, rows) == ours


def _digits() -> str:
    return "".join(_DRAW.choices("00112345O", k=_DRAW.choice((0, 3, 8, 9, 10, 11, 12, 12, 13, 20))))


def test_blocks_and_their_keys() -> None:
    rows: dict[str, list[Any]] = {
        "sound_key": [_DRAW.randrange(2**60) for _ in range(ROWS)],
        "ends_key": [_DRAW.randrange(2**60) for _ in range(ROWS)],
        "t_year": _DRAW.choices((0, 1021, 1963, 2004), k=ROWS),
        "t_month": _DRAW.choices((0, 1, 5, 12, 13), k=ROWS),
        "t_day": _DRAW.choices((0, 1, 5, 12, 31, 99), k=ROWS),
        "t_digits": [_digits() for _ in range(ROWS)],
        "t_kind": _DRAW.choices(("personal_id", "cmnd", "damaged"), k=ROWS),
        "t_province": _DRAW.choices((0, 1, 79), k=ROWS),
        "t_district": _DRAW.choices((0, 1, 790), k=ROWS),
        "t_commune": _DRAW.choices((0, 1, 27000), k=ROWS),
        "id": [_DRAW.randrange(10**12) for _ in range(ROWS)],
        "previous": [_DRAW.randrange(10**9) for _ in range(ROWS)],
        "birth": [_DRAW.randrange(19000000, 20220425) for _ in range(ROWS)],
        "province": _DRAW.choices((0, 1, 79), k=ROWS),
        "district": _DRAW.choices((0, 1, 790), k=ROWS),
        "commune": _DRAW.choices((0, 1, 27000), k=ROWS),
    }
    expressions = [e for block in BLOCKS for e in (block.only, *block.typed, *block.register)]
    _assert_alike([*expressions, owner_number], rows)


def test_terms() -> None:
    people = 98_000_000
    rows: dict[str, list[Any]] = {
        "name_level": _DRAW.choices((*COUNTED_NAMES, "one_other", "different"), k=ROWS),
        "birth_level": _DRAW.choices(BIRTH.levels, k=ROWS),
        "residence_level": _DRAW.choices(("commune", "district", "province", "differs"), k=ROWS),
        **{c: [1 + int(people ** _DRAW.random()) for _ in range(ROWS)] for c in COUNTS},
        "people": [people] * ROWS,
    }
    shares = [e.function("name_level", *COUNTS) for e in SHARES.values()]
    counts = zip(*(rows[c] for c in ("name_level", *COUNTS)), strict=True)
    ours = [tuple(share(*row) for share in shares) for row in counts]
    counted = {c: rows[c] for c in ("name_level", *COUNTS)}
    assert _in_sql(list(SHARES.values()), counted) == ours
    levels = {c: rows[c] for c in ("name_level", "birth_level", "residence_level", "people")}
    shared = dict(zip(SHARES, map(list, zip(*ours, strict=True)), strict=True))
    _assert_alike(list(TERMS.values()), {**levels, **shared})


def test_areas_numbers_and_nationalities_as_they_are_read() -> None:
    areas = {"079": 79, " 79 ": 79, "79.0": 79, "79.6": 0, "-3": 0, "1e1": 0, "٣": 0, "": 0}
    assert {text: area_code(text) for text in areas} == areas
    numbers = {"001093012345": 1093012345, "00109301234": 0, " 01093012345": 0, "O0109301234": 0}
    assert {text: plain_number(text) for text in numbers} == numbers
    texts = ["", "VN", "vnm", "Việt Nam", "VIỆT NAM", " vn\u00a0", "\u3000VN", "\tVN", "LA", "VN."]
    with duckdb.connect() as connection:
        trimmed = [
            connection.execute("select lower(trim(?))", [text]).fetchall()[0][0] for text in texts
        ]
    vietnamese = {"", "vn", "vnm", "viet nam", "việt nam", "vietnam"}
    assert [is_foreign(text) for text in texts] == [t not in vietnamese for t in trimmed]

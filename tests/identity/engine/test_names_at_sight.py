"""What the bulk run tells of two names at sight is what the library says of them."""

from __future__ import annotations

from itertools import product

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from lamsach.identity.engine.compare import AT_SIGHT, NAME_PAIR_COLUMNS
from lamsach.identity.engine.dictionary import build_names
from lamsach.identity.names import compare_names

WORDS = (
    "Nguyễn", "nguyen", "Nguyeexn", "NguyÔn", "Trần", "Ngô", "Văn", "Thị", "Thò", "Hoàng", "Hồng",
    "Khải", "khai", "Phỉ", "Bản", "Khủ", "Khoa", "Y", "H'", "H", "Niê", "êban", "An", "Anan", "A",
    "Bình", "binhan", "xyz", "con", "bà", "Huỳnh", "Lan", "Đức", "Duc", "Vawn", "ThÞ",
)  # fmt: skip
names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@settings(max_examples=25, deadline=None)
@given(st.lists(names, min_size=6, max_size=24, unique=True))
def test_sight_and_library_agree(raws: list[str]) -> None:
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute("create table raw_names (raw varchar, n bigint)")
        connection.executemany("insert into raw_names values (?, 1)", [[raw] for raw in raws])
        build_names(connection, "raw_names", "read")
        told = connection.execute(f"select t.raw, g.raw, {NAME_PAIR_COLUMNS} from read t, read g")
        seen = {(row[0], row[1]): row[2] for row in told.fetchall()}
    assert seen.keys() == set(product(raws, raws))
    for (typed, register), what in seen.items():
        if what:
            comparison = compare_names(typed, register)
            assert AT_SIGHT[what] == (comparison.level, comparison.codes), (typed, register)


def test_most_strangers_are_told_apart_at_sight() -> None:
    raws = ["Nguyễn Lan", "Trần Bình", "Ngô Đức"]
    with duckdb.connect() as connection:
        connection.execute("create table raw_names as select unnest(?) as raw, 1 as n", [raws])
        build_names(connection, "raw_names", "read")
        seen = connection.execute(
            f"select {NAME_PAIR_COLUMNS} from read t, read g where t.raw < g.raw"
        ).fetchall()
    assert [row[0] for row in seen] == ["different"] * 3

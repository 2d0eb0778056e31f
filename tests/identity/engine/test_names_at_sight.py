"""What the bulk run says of pairs of names, all at once, is what the library says of each."""

from __future__ import annotations

from itertools import product

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lamsach.identity.engine import compare_names as room
from lamsach.identity.engine.compare_names import compare_name_pairs
from lamsach.identity.engine.dictionary import build_names
from lamsach.identity.names import compare_names

WORDS = (
    "Nguyễn", "nguyen", "Nguyeexn", "NguyÔn", "Trần", "Ngô", "Văn", "Thị", "Thò", "Hoàng", "Hồng",
    "Khải", "khai", "Phỉ", "Bản", "Khủ", "Khoa", "Y", "H'", "H", "Niê", "êban", "An", "Anan", "A",
    "Bình", "binhan", "xyz", "con", "bà", "Huỳnh", "Lan", "Đức", "Duc", "Vawn", "ThÞ", "Khúc",
    "Duyệt", "triet", "Hoa", "Hòa", "Hào", "Loan", "Lo", "Oanh", "hoan", "Phước", "Phúc", "Vũ",
    "Võ", "Thủy", "Thúy", "Sương", "Xương", "Dũng", "Giũng", "Thu", "Thanh", "Than", "Minh",
)  # fmt: skip
names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(" ".join)


def said_of_all(raws: list[str]) -> dict[tuple[str, str], tuple[str, tuple[str, ...]]]:
    """Each of the names beside each, compared as the bulk run compares them."""
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute("create table raw_names (raw varchar, n bigint)")
        connection.executemany("insert into raw_names values (?, 1)", [[raw] for raw in raws])
        build_names(connection, "raw_names", "read")
        connection.execute(
            """
            create temp table name_pairs as
            select t.name_id as typed, g.name_id as register from read t, read g
            """
        )
        compare_name_pairs(connection, "said", "read", "read")
        rows = connection.execute(
            """
            select t.raw, g.raw, level, codes
            from said join read t on t.name_id = typed join read g on g.name_id = register
            """
        ).fetchall()
    assert len(rows) == len(raws) ** 2
    return {(typed, register): (level, tuple(codes)) for typed, register, level, codes in rows}


@settings(max_examples=40)
@given(st.lists(names, min_size=6, max_size=24, unique=True))
@example(["Hoàng Thị An", "Hồng Thị An", "Thò An", "Thị An", "Trần Thị", "Trần Thò"])
@example(["Lê Hoa An", "Lê Hoàn", "Lê Hoan", "Lo An", "Loan", "Trần Lo An Bình", "Trần Loan Bình"])
@example(["Phi Lan", "Khoa Lan", "Y Lan", "Khúc An Lan", "Duyệt An Lan", "Duyệt Lan", "An Lan"])
@example([" ".join(["An"] * n) for n in range(1, 9)] + ["Lan " * 5 + "An", "An Bình Hoa Vũ Thu"])
def test_what_is_said_of_all_is_what_the_library_says_of_each(raws: list[str]) -> None:
    said = said_of_all(raws)
    assert said.keys() == set(product(raws, raws))
    for (typed, register), what in said.items():
        comparison = compare_names(typed, register)
        assert what == (comparison.level, comparison.codes), (typed, register)


def test_the_library_is_asked_for_few_of_many_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    compare = room.compare_batch
    monkeypatch.setattr(
        room, "compare_batch", lambda batch: asked.append(batch.num_rows) or compare(batch)
    )
    given_names = ("Lan", "Hoa", "Hòa", "Bình", "Đức", "Phúc", "Phước", "Thu", "An", "Mai")
    raws = [f"{a} {b} {c}" for a in ("Nguyễn", "Trần") for b in given_names for c in given_names]
    said_of_all(raws)
    assert sum(asked) < len(raws) ** 2 / 1000

"""The dictionary of names: put together in SQL, or read by the library, the answer is the same."""

from __future__ import annotations

import unicodedata

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from lamsach.identity.engine.dictionary import (
    MAX_PLAIN_WORDS,
    NAME_FORMS,
    build_names,
    key60,
    key60_sql,
    name_form,
    sound_of,
)
from lamsach.identity.names import read_name

NAMES = (
    "",
    " ",
    "\u00a0",
    "Nguyễn Văn Đức",
    "NGUYỄN VĂN ĐỨC",
    "nguyễn  văn\u00a0đức ",
    "Nguyen Van Duc",
    "Hòa Hoà Thúy Thuý",
    "NguyÔn ThÞ Hoa",
    "Nguyeexn Vawn Ddusc",
    "Nguye64n Va8n D9u71c",
    "Nguyá»…n VÄƒn Äá»©c",
    "Ðặng Thị Lý",
    "Y Moan Êñuôl",
    "H' Hen Niê",
    "H'Hen Niê",
    "Ksor H Nga",
    "Con bà Nguyễn Thị Hoa",
    "CB Nguyễn Thị Hoa",
    "con ba Lan",
    "Bé Trần Thị Mai",
    "Nguyễn Văn A",
    "NguyễnVănĐức",
    "nguyenvanduc",
    "Lê Thị Thu Hà An Bình Minh Châu",
    "A B C D E F G H",
    "Trần-Lê Văn (Tèo)",
    "Trần Văn Ba 3",
    "x",
    "?",
    "123",
    "Nguyễn_Văn",
    "Tôn Nữ Hoàng Oanh",
    "Công Tằng Tôn Nữ Diệu Huyền",
    "Quách Thị Ỷ",
    "Quảng Thị Giêng",
)
SYLLABLES = (
    "nguyễn", "văn", "thị", "đức", "hoà", "hòa", "lý", "quý", "thuở", "ươm", "y", "hà", "nga",
    "Đinh", "TRẦN", "xyz", "h'", "êban", "con", "bà", "vawn", "ThÞ", "nguyen", "duc", "oe",
)  # fmt: skip

names = st.lists(st.sampled_from(SYLLABLES), max_size=8).map(" ".join)
forms = st.sampled_from(["NFC", "NFD"])


def built(raws: list[str]) -> dict[str, tuple[str, str, str, str]]:
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        connection.execute("create table raw_names (raw varchar, n bigint)")
        rows = [(raw, at + 1) for at, raw in enumerate(dict.fromkeys(raws))]
        connection.executemany("insert into raw_names values (?, ?)", rows)
        build_names(connection, "raw_names", "read")
        answers = connection.execute(
            "select raw, n, name_id, canonical, folded, sound, form from read"
        ).fetchall()
        temporary = connection.execute(
            "select table_name from duckdb_tables() where temporary"
        ).fetchall()
    assert temporary == []
    assert {(raw, n) for raw, n, *_ in answers} == set(rows)
    assert len({name_id for _, _, name_id, *_ in answers}) == len(rows)
    return {raw: tuple(read) for raw, _, _, *read in answers}  # type: ignore[misc]


def expected(raw: str) -> tuple[str, str, str, str]:
    name = read_name(raw)
    sound = " ".join(sound_of(word) for word in name.words)
    return name.canonical, name.folded, sound, name_form(name)


def test_a_mix_of_names_is_read_as_the_library_reads_each() -> None:
    raws = [unicodedata.normalize(form, raw) for raw in NAMES for form in ("NFC", "NFD")]
    answers = built(raws)
    assert answers == {raw: expected(raw) for raw in raws}
    assert {form for *_, form in answers.values()} <= set(NAME_FORMS)
    assert max(len(folded.split()) for _, folded, _, _ in answers.values()) > MAX_PLAIN_WORDS


@settings(max_examples=10)
@given(st.lists(st.tuples(names, forms), min_size=20, max_size=60))
def test_any_words_together_are_read_as_the_library_reads_them(
    drawn: list[tuple[str, str]],
) -> None:
    raws = [unicodedata.normalize(form, raw) for raw, form in drawn]
    assert built(raws) == {raw: expected(raw) for raw in raws}


@settings(max_examples=20)
@given(st.lists(st.text(max_size=30).filter(lambda t: "\0" not in t), min_size=1, max_size=40))
def test_keys_are_those_of_the_engine(texts: list[str]) -> None:
    with duckdb.connect() as connection:
        for text in texts:
            answer = connection.execute(f"select {key60_sql('t')} from (select ? as t)", [text])
            assert answer.fetchall() == [(key60(text),)]


def test_a_key_is_sixty_bits_of_md5() -> None:
    assert key60("") == 0xD41D8CD98F00B20
    assert 0 <= key60("nguyen van an") < 2**60

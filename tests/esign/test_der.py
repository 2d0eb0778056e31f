from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.esign.der import check_sound


def element(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2)
    return bytes([tag]) + length + content


def endless(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + b"\x80" + content + b"\0\0"


def grown(children: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    parts = st.lists(children, max_size=4).map(b"".join)
    tags = st.sampled_from([0x30, 0x31, 0xA0, 0xA3, 0x24])
    return st.builds(element, tags, parts) | st.builds(endless, tags, parts)


LEAVES = st.sampled_from(
    [b"\x05\x00", b"\x02\x01\x05", b"\x04\x00", b"\x80\x01a", b"\x9f\x81\x01\x00"]
)
TREES = st.recursive(LEAVES, grown, max_leaves=12)


@given(TREES)
def test_sound_encodings_pass(encoded: bytes) -> None:
    check_sound(encoded)


@given(st.builds(element, st.just(0x30), TREES), st.data())
def test_what_breaks_off_is_refused(encoded: bytes, data: st.DataObject) -> None:
    with pytest.raises(ValueError, match="breaks off"):
        check_sound(encoded[: data.draw(st.integers(1, len(encoded) - 1))])


@given(st.binary(max_size=60))
def test_any_bytes_pass_or_are_refused(data: bytes) -> None:
    with suppress(ValueError):
        check_sound(data)


@pytest.mark.parametrize(
    "encoded", ["0580", "050100", "22030201", "1000", "2500", "0480000000", "30800500", "30050500"]
)
def test_malformed_tags_and_lengths_are_refused(encoded: str) -> None:
    with pytest.raises(ValueError, match=r"malformed|breaks off"):
        check_sound(bytes.fromhex(encoded))


def test_many_small_elements_take_time_in_proportion() -> None:
    def seconds(count: int) -> float:
        start = time.process_time()
        check_sound(b"\x05\x00" * count)
        return time.process_time() - start

    seconds(1000)
    # Eight times as many; were each read from a copy of the rest, sixty-four times as long.
    assert seconds(800_000) < 30 * seconds(100_000)


def test_nesting_without_end_is_refused() -> None:
    for deep in (b"\x30\x80" * 1000, b"\x30\x02" * 1000):
        with pytest.raises(ValueError, match=r"nested too deep|breaks off"):
            check_sound(deep)

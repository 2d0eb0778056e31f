"""Both filters, bit for bit as the reference has them, and never a "no" to what was put in."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamsach.hcert.revocation import BloomFilter, HashList, RevocationError
from lamsach.hcert.revocation.filters import bloom_index

hashes = st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=40, unique=True)


def many(count: int, seed: str = "") -> list[bytes]:
    return [hashlib.sha256(f"{seed}{n}".encode()).digest()[:16] for n in range(count)]


def test_figures_of_the_reference() -> None:
    """From the reference's own unit tests."""
    assert bloom_index(b"\x0b", 1, 100) == 75
    assert bloom_index(b"\x01", 1, 1) == 0
    made = BloomFilter.empty(10_000, 0.00001)
    assert (made.k, 8 * len(made.bits)) == (17, 239_680)
    small = BloomFilter(1, 0.5, 1, 0, bytearray(4))
    small.add(bytes([0, 5, 33, 44]))
    assert int.from_bytes(small.bits, "big") == 0x8000_0000 >> 26
    assert bytes([0, 5, 88, 44]) not in small


@pytest.mark.vectors
def test_bits_of_the_reference(shared_data: Path) -> None:
    file = shared_data / "dcc" / "revocation" / "bloomfilter-filter-test.json"
    for case in json.loads(file.read_text(encoding="utf-8")):
        made = BloomFilter.empty(len(case["data"]), case["p"])
        elements = [text.encode() for text in case["data"]]
        for element, written in zip(elements, case["written"], strict=True):
            if written:
                made.add(element)
        words = struct.unpack(f">{len(made.bits) // 4}i", made.bits)
        assert list(words) == json.loads(base64.b64decode(case["filter"]))
        assert [int(element in made) for element in elements] == json.loads(case["exists"])


@pytest.mark.vectors
def test_indices_of_the_older_reference(shared_data: Path) -> None:
    """testcase1 is a plain list of bits with k 1, from before the words."""
    file = shared_data / "dcc" / "revocation" / "bloomfilter-testcase1.json"
    for case in json.loads(file.read_text(encoding="utf-8")):
        bits = json.loads(base64.b64decode(case["filter"]))
        put = [text for text, written in zip(case["data"], case["written"], strict=True) if written]
        found = {bloom_index(text.encode(), 0, len(bits)) for text in put}
        assert found == {place for place, bit in enumerate(bits) if bit}


def test_the_header_of_a_bloom_filter() -> None:
    made = BloomFilter.of(many(3), 1e-12)
    version, k, function, p, capacity, count, words = struct.unpack(
        ">hbbfiii", made.to_bytes()[:20]
    )
    assert (version, k, function, capacity, count) == (1, made.k, 0, 3, 3)
    assert p == pytest.approx(1e-12)
    assert len(made.to_bytes()) == 20 + 4 * words


def test_the_readmes_order_of_the_header_is_read_too() -> None:
    made = BloomFilter.of(many(3), 1e-12)
    data = bytearray(made.to_bytes())
    data[2], data[3] = data[3], data[2]
    assert BloomFilter.from_bytes(bytes(data)) == made


@given(hashes, st.sampled_from([0.1, 1e-6, 1e-12]))
def test_what_was_put_in_is_found(entries: list[bytes], p: float) -> None:
    bloom = BloomFilter.from_bytes(BloomFilter.of(entries, p).to_bytes())
    listed = HashList.from_bytes(HashList.of(entries, p).to_bytes())
    for entry in entries:
        assert entry in bloom
        assert entry in listed


def test_strangers_are_rarely_taken_for_known() -> None:
    known, strangers = many(500), many(5000, "other")
    loose, tight = BloomFilter.of(known, 0.01), BloomFilter.of(known, 1e-12)
    assert 0 < sum(entry in loose for entry in strangers) < 100
    assert not any(entry in tight for entry in strangers)
    listed = HashList.of(known, 1e-12)
    assert not any(entry in listed for entry in strangers)


def test_prefixes_are_as_long_as_needed() -> None:
    assert HashList.of(many(1), 0.5).size == 4
    assert HashList.of(many(1000), 1e-12).size == 7  # 10 + 40 bits
    assert HashList.of(many(1000), 1e-12, known_bits=12).size == 8
    assert HashList.of(many(1000), 1e-37).size == 16


def test_the_form_of_a_hash_list() -> None:
    data = HashList.of([b"\xff" * 16, b"\x01" * 16, b"\x80" * 16], 0.5).to_bytes()
    assert struct.unpack(">hfib", data[:11]) == (1, 0.5, 3, 4)
    assert data[11:] == b"\x01" * 4 + b"\x80" * 4 + b"\xff" * 4  # unsigned order


def test_a_list_in_the_references_signed_order_is_read() -> None:
    """Its prefixes that begin with FF and 80 or more have lost the FF and gained a zero."""
    header = struct.pack(">hfib", 1, 1e-6, 3, 4)
    body = b"\x80\x00\x00\x01" + b"\x00\x90\x01\x02" + b"\x01\x02\x03\x04"
    listed = HashList.from_bytes(header + body)
    assert b"\x80\x00\x00\x01" + bytes(12) in listed
    assert b"\xff\x90\x01\x02" + bytes(12) in listed
    assert b"\xff\x10\x01\x02" + bytes(12) not in listed
    assert b"\xff\x91\x01\x02" + bytes(12) not in listed


@pytest.mark.parametrize("kind", [BloomFilter, HashList])
def test_damaged_files_are_refused(kind: type[BloomFilter] | type[HashList]) -> None:
    data = kind.of(many(3), 1e-6).to_bytes()
    for broken in (b"", data[:5], data[:-1], data + b"\0", b"\0\2" + data[2:], b"\xff" * len(data)):
        with pytest.raises(RevocationError):
            kind.from_bytes(broken)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for kind in (BloomFilter, HashList):
        try:
            made = kind.from_bytes(data)
        except RevocationError:
            continue
        assert isinstance(bytes(16) in made, bool)


def test_senseless_sizes_are_refused() -> None:
    for capacity, p in ((0, 0.1), (1, 0.0), (1, 1.0), (2**31, 1e-30), (1, 1e-38)):
        with pytest.raises(RevocationError):
            BloomFilter.empty(capacity, p)
    with pytest.raises(RevocationError):
        HashList.of([], 0.1)
